"""Law 5 for outcomes: what is not known is neither learned as "no harm" nor tested as such."""

from __future__ import annotations

import dataclasses
import datetime
from pathlib import Path

import numpy as np
import pytest

from tests.unit.learning.builders import by_points, invented, labels, net, settings
from triage.harm import read_scales
from triage.learning import train
from triage.outcomes import LabelState, follow_up_end, label, read_outcomes
from triage.records import build_histories, read_vocabulary
from triage.timeline import build_timeline, day_of, moments_of

ROOT = Path(__file__).parents[2]
VOCABULARY = read_vocabulary(ROOT / "configs/vocabulary.yaml")
SCALES = read_scales(ROOT / "configs/harm", VOCABULARY)
OUTCOMES = read_outcomes(ROOT / "configs/outcome.yaml", VOCABULARY, SCALES)
AS_OF = datetime.date(2023, 1, 1)
LATER = datetime.date(2025, 1, 1)


def answer(*events, until=LATER, **person):
    """Return the shipped primary outcome of one person on the first of 2023."""
    histories = build_histories(
        VOCABULARY,
        people=[{"person_id": "a", **person}],
        events=[{"person_id": "a", "domestic": "yes", **event} for event in events],
    )
    timeline = build_timeline(histories, SCALES["cambridge"])
    moments = moments_of(timeline, ["a"], day_of(AS_OF))
    found = label(
        OUTCOMES.primary,
        timeline,
        moments,
        observed_until=day_of(until),
        follow_up_end=follow_up_end(OUTCOMES, histories, timeline, moments),
    )
    return found.values[0], found.harm_days[0], LabelState(int(found.states[0]))


RAPE = {"type": "rape", "happened_on": "2023-06-01"}


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        pytest.param([], 0, id="nothing"),
        pytest.param([RAPE], 1, id="high harm"),
        pytest.param([{**RAPE, "type": "harassment"}], 0, id="low harm"),
        pytest.param([{**RAPE, "domestic": "no"}], 0, id="not domestic"),
        pytest.param([{**RAPE, "happened_on": "2022-12-31"}], 0, id="the day before"),
        pytest.param([{**RAPE, "happened_on": "2023-01-01"}], 1, id="the as-of date"),
        pytest.param([{**RAPE, "happened_on": "2023-12-31"}], 1, id="the last day"),
        pytest.param([{**RAPE, "happened_on": "2024-01-01"}], 0, id="the day after"),
        pytest.param([{**RAPE, "victim_id": "x"}, {**RAPE, "victim_id": "y"}], 1, id="any victim"),
    ],
)
def test_what_is_known_is_answered(events, expected):
    value, _, state = answer(*events)
    assert (value, state) == (expected, LabelState.KNOWN)


@pytest.mark.parametrize("said", ["unknown", "not_asked"])
def test_a_record_that_does_not_say_is_not_no(said):
    value, harm, state = answer({**RAPE, "domestic": said})
    assert np.isnan(value)
    assert np.isnan(harm)
    assert state == LabelState.UNKNOWN


@pytest.mark.parametrize("why", ["deceased_on", "left_area_on"])
def test_whoever_could_not_be_observed_to_the_end_is_not_no(why):
    value, _, state = answer(**{why: "2023-03-01"})
    assert np.isnan(value)
    assert state == LabelState.FOLLOW_UP_ENDED
    assert answer(**{why: "2024-01-01"})[0] == 0
    assert answer({**RAPE, "happened_on": "2023-02-01"}, **{why: "2023-03-01"})[0] == 1


def test_what_has_not_settled_is_neither_no_nor_yes():
    settled = AS_OF + datetime.timedelta(days=365 + 30)
    for events in ([], [RAPE]):
        value, _, state = answer(*events, until=settled - datetime.timedelta(days=1))
        assert np.isnan(value)
        assert state == LabelState.IMMATURE
    assert answer(until=settled)[0] == 0
    assert answer(RAPE, until=settled)[0] == 1


def test_a_fact_that_reached_the_record_too_late_is_the_same_for_old_and_new_referrals():
    late = {**RAPE, "happened_on": "2023-12-01", "known_on": "2024-02-01"}
    assert [answer(late, until=until)[0] for until in (datetime.date(2024, 2, 2), LATER)] == [0, 0]
    assert answer({**late, "known_on": "2024-01-30"})[0] == 1
    assert answer({**late, "known_on": None})[0] == 0


def test_harm_is_added_up_over_all_that_happened():
    value, harm, _ = answer(RAPE, {"type": "harassment", "happened_on": "2023-07-01"})
    assert (value, harm) == (1, 2565)


def test_models_learn_the_same_whatever_stands_in_place_of_an_unknown():
    """Rows of unknown outcome change nothing, whatever their features."""
    examples = invented()
    hidden = np.arange(0, 1500, 5)
    y = examples.labels.values.copy()
    y[hidden] = np.nan
    one = dataclasses.replace(examples, labels=labels(y))
    other = dataclasses.replace(one, matrix=examples.matrix.take(np.arange(1500)))
    other.matrix.values[hidden] = 1e6
    results = [
        train([net(), by_points()], given, capacity=8, training=settings()).results
        for given in (one, other)
    ]
    for first, second in zip(*results, strict=True):
        assert (first.scores == second.scores).all()
        np.testing.assert_equal(vars(first.pooled), vars(second.pooled))
    assert (results[0][0].trained.estimator.coef_ == results[1][0].trained.estimator.coef_).all()
