"""What is known of a person, and their score, never depend on who else is on the list.

Where a model needs a value for what is not known, it is the median of those it learned from, and
frozen with the model.
"""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.generative.test_kernel_and_referee import AS_OF, FEATURES, SCALE, VOCABULARY, events
from tests.unit.learning import builders
from triage.features import FeatureMatrix, compute, make_plan
from triage.learning import ModelSpec, train
from triage.learning.fitting import Data, Fit, Job, fit
from triage.records import build_histories
from triage.timeline import build_timeline, day_of, moments_of

SPECS = (builders.net(), *map(builders.of_trees, builders.TREES))
N, N_TRAIN = 600, 400


def data(values: Any) -> Data:
    rng = np.random.default_rng(5)
    y = (rng.random(N) < 1 / (1 + np.exp(1 - np.nan_to_num(values[:, 0])))).astype(float)
    names = ("one", "two", "three")
    return Data(values, y, y * 10, y * 30, 365, names, (1, 0, -1), (False, False, True))


def with_gaps(seed: int) -> Any:
    rng = np.random.default_rng(seed)
    values = np.asfortranarray(rng.exponential(2.0, (N, 3)))
    values[rng.random((N, 3)) < 0.3] = np.nan
    return values


def fitted(spec: ModelSpec, values: Any) -> Fit:
    rows = np.arange(N)
    rehearsal = (rows[:300], rows[300:N_TRAIN])
    learned, asked = rows[:N_TRAIN], rows[N_TRAIN:]
    job = Job(spec, (0, 1, 2), "here", learned, asked, rehearsal, seed=1, keep=True)
    done = fit(job, data(values))
    assert done.problem is None
    return done


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
def test_what_is_foretold_of_a_person_is_the_same_whoever_else_is_asked_about(
    spec: ModelSpec,
) -> None:
    values = with_gaps(1)
    others = values.copy(order="F")
    others[N_TRAIN + 1 :] = 1000 * with_gaps(2)[N_TRAIN + 1 :]
    before, after = fitted(spec, values), fitted(spec, others)
    assert before.calibration == after.calibration
    assert before.base_log_odds[0] == after.base_log_odds[0]
    assert (before.base_log_odds[1:] != after.base_log_odds[1:]).any()


def test_a_gap_counts_as_the_median_of_those_learned_from() -> None:
    values = with_gaps(1)
    learned = np.log1p(values[:N_TRAIN, 0])
    estimator: Any = fitted(builders.net(), values).estimator
    assert estimator.medians_[0] == np.nanmedian(learned)
    assert estimator.medians_[0] != np.nanmedian(np.log1p(values[:, 0]))


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
def test_a_score_is_the_same_alone_and_among_others(spec: ModelSpec) -> None:
    examples = builders.invented(800)
    trained = train([spec], examples, capacity=10, training=builders.settings()).results[0].trained
    together = trained.log_odds(examples.matrix)
    gaps = np.flatnonzero(np.isnan(examples.matrix.column("gappy")))
    for row in [0, *gaps[:3], len(together) - 1]:
        alone: FeatureMatrix = examples.matrix.take(np.asarray([row]))
        assert trained.log_odds(alone)[0] == pytest.approx(together[row], rel=0, abs=1e-12)


@settings(max_examples=20)
@given(st.lists(events, min_size=3, max_size=20))
def test_features_of_a_person_are_the_same_alone_and_among_others(
    drawn: list[dict[str, Any]],
) -> None:
    rows = [
        {**event, "event_id": f"e{number}", "source": "police", "withdrawn": False}
        for number, event in enumerate(drawn)
    ]
    rows = [{key: value for key, value in row.items() if key != "corrects"} for row in rows]
    made = []
    for people in (("a",), ("a", "b")):
        histories = build_histories(
            VOCABULARY,
            people=[{"person_id": person} for person in people],
            events=[row for row in rows if row["person_id"] in people],
        )
        timeline = build_timeline(histories, SCALE)
        asked = list(itertools.product(people, [day_of(AS_OF)]))
        moments = moments_of(timeline, [person for person, _ in asked], day_of(AS_OF))
        made.append(compute(make_plan(FEATURES), timeline, moments, threads=1).values[0])
    assert made[0].tobytes() == made[1].tobytes()
