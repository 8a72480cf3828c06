"""Law 6: features declare a direction, and every model that learned is bound by it.

The models are taught the opposite here: outcomes in which more harm comes out better. Whoever
keeps to the law must then find nothing rather than something that is wrong.
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.learning.builders import (
    OUTCOME,
    TREES,
    feature,
    labels,
    net,
    of_trees,
    settings,
)
from triage.features import FeatureMatrix
from triage.learning import Examples, ModelSpec, train
from triage.timeline import Moments

FEATURES = (
    feature("more", "raises"),
    feature("since", "lowers", measure="days_since_last"),
    feature("less", "lowers"),
    feature("free", "none"),
)
NAMES = [one.name for one in FEATURES]
LOGISTIC = net(name="plain", estimator="logistic")
SPECS = [*map(of_trees, TREES), net(parameters={"penalty": 1e-4}), LOGISTIC]


def rows(n=1200, seed=5):
    rng = np.random.default_rng(seed)
    values = np.column_stack(
        [rng.poisson(2, n), rng.integers(0, 4000, n), rng.exponential(2, n), rng.normal(size=n)]
    ).astype(float)
    values[rng.random(n) < 0.3, 1] = np.nan
    values[rng.random(n) < 0.2, 0] = np.nan
    return np.asfortranarray(values)


def examples(*, backwards):
    """Return examples whose outcomes follow the directions, or fly in their face."""
    values, rng = rows(), np.random.default_rng(1)
    since = np.nan_to_num(values[:, 1], nan=5000.0)
    toward = np.nan_to_num(values[:, 0]) - since / 2000 - values[:, 2]
    log_odds = (-toward if backwards else toward) + values[:, 3] - 1
    y = (rng.random(len(values)) < 1 / (1 + np.exp(-log_odds))).astype(float)
    days = np.linspace(19000, 20500, len(values)).astype(np.int32)
    moments = Moments(np.arange(len(values), dtype=np.int32), days)
    return Examples(FeatureMatrix(values, FEATURES), moments, labels(y), OUTCOME)


def models(*, backwards=True, specs=SPECS):
    results = train(specs, examples(backwards=backwards), capacity=8, training=settings()).results
    return {result.name: result.trained for result in results}


BACKWARDS = models()


@pytest.mark.parametrize("name", list(BACKWARDS))
@pytest.mark.parametrize(("feature_name", "sign"), [("more", 1), ("less", -1), ("since", -1)])
@given(st.integers(0, 2**16), st.floats(0, 1e6, allow_subnormal=False))
def test_more_of_what_raises_never_lowers_and_more_of_what_lowers_never_raises(
    name, feature_name, sign, seed, step
):
    values = rows(n=60, seed=seed)
    more = values.copy(order="F")
    more[:, NAMES.index(feature_name)] += step
    known = ~np.isnan(values[:, NAMES.index(feature_name)])
    model = BACKWARDS[name]
    moved = model.score(FeatureMatrix(more, FEATURES)) - model.score(
        FeatureMatrix(values, FEATURES)
    )
    assert (sign * moved[known] >= 0).all()


@pytest.mark.parametrize("name", list(BACKWARDS))
@given(st.integers(0, 2**16), st.floats(0, 40_000))
def test_a_first_event_never_lowers_a_score(name, seed, days_ago):
    never = rows(n=60, seed=seed)
    never[:, NAMES.index("since")] = np.nan
    once = never.copy(order="F")
    once[:, NAMES.index("since")] = days_ago
    model = BACKWARDS[name]
    moved = model.score(FeatureMatrix(once, FEATURES)) - model.score(FeatureMatrix(never, FEATURES))
    assert (moved >= 0).all()


def test_what_has_no_direction_is_left_to_the_data():
    values = rows(n=200, seed=9)
    more = values.copy(order="F")
    more[:, NAMES.index("free")] += 1
    for model in BACKWARDS.values():
        moved = model.score(FeatureMatrix(more, FEATURES)) - model.score(
            FeatureMatrix(values, FEATURES)
        )
        assert moved.mean() > 0.1


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
def test_a_model_that_is_set_free_would_break_the_law(spec):
    """Without this the tests above could pass because there was nothing to find."""
    free = ModelSpec.model_validate({**spec.model_dump(exclude_unset=True), "monotonic": False})
    model = models(specs=[free])[spec.name]
    values = rows(n=200, seed=9)
    more = values.copy(order="F")
    more[:, NAMES.index("less")] += 1
    moved = model.score(FeatureMatrix(more, FEATURES)) - model.score(
        FeatureMatrix(values, FEATURES)
    )
    assert moved.mean() > 0.1


def test_a_bound_model_still_learns_what_agrees_with_the_law():
    forwards, backwards = (models(backwards=way) for way in (False, True))
    low, high = rows(n=400, seed=9), rows(n=400, seed=9)
    low[:, 0], high[:, 0] = 0, 6
    for name in forwards:
        learned, refused = (
            (model.score(FeatureMatrix(high, FEATURES)) - model.score(FeatureMatrix(low, FEATURES)))
            for model in (forwards[name], backwards[name])
        )
        assert learned.mean() > 1
        assert refused.mean() == pytest.approx(0, abs=1e-3)  # a tree may find a few by chance


def test_calibration_keeps_the_order():
    values = FeatureMatrix(rows(n=200, seed=9), FEATURES)
    for model in (*BACKWARDS.values(), *models(backwards=False).values()):
        assert model.directions == (1, -1, -1, 0)
        before, after = model.base_log_odds(values), model.score(values)
        assert (np.diff(after[np.argsort(before, kind="stable")]) >= 0).all()
