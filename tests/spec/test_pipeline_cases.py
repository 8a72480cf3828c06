"""Invented people beside each pipeline have the feature values that are expected of them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from triage.features import Case, compute, make_plan, read_cases, read_pipelines
from triage.harm import read_scales
from triage.records import build_histories, read_vocabulary
from triage.timeline import attributes_at, build_timeline, day_of, moments_of

CHECKOUT = Path(__file__).resolve().parents[2]
VOCABULARY = read_vocabulary(CHECKOUT / "configs" / "vocabulary.yaml")
SCALE = read_scales(CHECKOUT / "configs" / "harm", VOCABULARY)["cambridge"]
PLAN = make_plan(read_pipelines(CHECKOUT / "pipelines", VOCABULARY))
CASES = list(read_cases(CHECKOUT / "pipelines"))


def values_of(case: Case) -> Mapping[str, float]:
    histories = build_histories(
        VOCABULARY,
        people=[{"person_id": "p", "birth_date": case.birth_date}],
        events=[{"person_id": "p", **event} for event in case.events],
        referrals=[{"person_id": "p", "made_on": case.as_of, **case.referral}],
    )
    timeline = build_timeline(histories, SCALE)
    moments = moments_of(timeline, ["p"], day_of(case.as_of))
    attributes = attributes_at(histories, np.array([0]), moments.day)
    made = compute(PLAN, timeline, moments, attributes, threads=1)
    return dict(zip(made.names, made.values[0].tolist(), strict=True))


@pytest.mark.parametrize(
    "case", [pytest.param(case, id=f"{file}: {case.case}") for file, case in CASES]
)
def test_a_case_has_the_values_that_are_expected_of_it(case: Case) -> None:
    made = values_of(case)
    expected = [np.nan if value is None else float(value) for value in case.expect.values()]
    np.testing.assert_allclose([made[name] for name in case.expect], expected, rtol=1e-12)


def test_every_group_of_features_is_in_some_case() -> None:
    shown = {name for _, case in CASES for name in case.expect}
    unseen = {
        feature.group
        for feature in PLAN.features
        if not any(other.name in shown for other in PLAN.features if other.group == feature.group)
    }
    assert not unseen
