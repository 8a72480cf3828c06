"""Estimators made of trees: what each score means, and that horizons cannot cross."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from scipy.special import expit
from sklearn.ensemble import HistGradientBoostingClassifier

from tests.unit.learning.builders import OUTCOME, TREES, invented, labels, net, of_trees, settings
from triage.errors import LearningError
from triage.features import FeatureMatrix
from triage.learning import AveragedBoosting, HazardBoosting, train


def trained(spec, examples=None):
    given = invented(3000) if examples is None else examples
    return train([spec], given, capacity=8, training=settings()).results[0].trained


@pytest.mark.parametrize("name", TREES)
def test_each_finds_what_was_planted_and_says_how_likely_it_is(name):
    examples = invented(4000)
    model = trained(of_trees(name), examples)
    probability = model.probability(examples.matrix)
    assert probability.mean() == pytest.approx(model.base_rate, rel=0.15)
    result = train([of_trees(name)], examples, capacity=8, training=settings()).results[0]
    assert 0.65 < result.pooled.auc < 0.9
    assert result.pooled.calibration_slope == pytest.approx(1, abs=0.35)


@pytest.mark.parametrize("name", TREES)
def test_the_same_seed_gives_the_same_scores_and_another_does_not(name):
    parameters = {**TREES[name], "max_features": 0.5}
    one, same, other = (
        train(
            [of_trees(name, parameters=parameters)],
            invented(),
            capacity=8,
            training=settings(seed=seed),
        )
        .results[0]
        .scores
        for seed in (1, 1, 2)
    )
    assert (one == same).all()
    assert (one != other).any()


def test_an_additive_model_is_a_curve_for_each_feature():
    model = trained(of_trees("additive_boosting"))
    X = invented(80, seed=8).matrix
    moved = X.values.copy(order="F")
    moved[:, 0] += 2
    step = model.score(FeatureMatrix(moved, X.features)) - model.score(X)
    for value in np.unique(X.column("more")):
        assert np.ptp(step[X.column("more") == value]) < 1e-9
    mixed = trained(of_trees("hist_gradient_boosting"))
    step = mixed.score(FeatureMatrix(moved, X.features)) - mixed.score(X)
    assert max(np.ptp(step[X.column("more") == v]) for v in np.unique(X.column("more"))) > 0.01


def test_an_average_is_half_of_what_each_of_the_two_says():
    rng = np.random.default_rng(2)
    X = rng.normal(size=(800, 3))
    X[rng.random(X.shape) < 0.1] = np.nan
    y = (np.nan_to_num(X[:, 0] * X[:, 1]) + rng.normal(size=800) > 0.5).astype(np.int64)
    with_interplay, without = {"max_iter": 20, "random_state": 1}, {"max_iter": 9, "max_depth": 2}
    model = AveragedBoosting(with_interplay, without).fit(X, y)
    one = HistGradientBoostingClassifier(**with_interplay).fit(X, y)
    other = HistGradientBoostingClassifier(**without, interaction_cst="no_interactions").fit(X, y)
    mean = (one.decision_function(X) + other.decision_function(X)) / 2
    np.testing.assert_allclose(model.decision_function(X), mean, atol=1e-12)
    assert np.abs(one.decision_function(X) - other.decision_function(X)).max() > 0.1


def test_a_forest_without_directions_or_gaps_is_scikit_learns():
    from sklearn.ensemble import RandomForestClassifier

    from triage.learning import Forest

    rng = np.random.default_rng(2)
    X = rng.normal(size=(800, 3))
    y = (X[:, 0] + rng.normal(size=800) > 1).astype(np.int64)
    ours = Forest(n_estimators=1, max_depth=3, max_features=1.0, random_state=4).fit(X, y)
    theirs = RandomForestClassifier(
        1, max_depth=3, min_samples_leaf=20, max_features=1.0, random_state=4
    ).fit(X, y)
    share = np.clip(theirs.predict_proba(X)[:, 1], y.mean() / 10, 1 - y.mean() / 10)
    assert expit(ours.decision_function(X)) == pytest.approx(share)
    assert (ours.predict(X) == (share > 0.5)).all()


def test_expected_harm_ranks_the_graver_of_two_that_are_as_likely():
    examples = invented(4000)
    rng = np.random.default_rng(3)
    y = (rng.random(4000) < 0.3).astype(float)
    grave = examples.matrix.column("more") > 2
    changed = dataclasses.replace(examples, labels=labels(y, y * np.where(grave, 2000.0, 100.0)))
    by_harm = trained(of_trees("expected_harm"), changed).score(examples.matrix)
    by_chance = trained(of_trees("hist_gradient_boosting"), changed).score(examples.matrix)
    assert by_harm[grave].min() > by_harm[~grave].max()
    assert not by_chance[grave].min() > by_chance[~grave].max()
    capped = of_trees("expected_harm", parameters={**TREES["expected_harm"], "cap_days": 100})
    with_cap = trained(capped, changed).score(examples.matrix)
    assert not with_cap[grave].min() > with_cap[~grave].max()


def test_expected_harm_without_any_harm_is_refused():
    examples = invented()
    y = examples.labels.values
    nothing = dataclasses.replace(examples, labels=labels(y, np.zeros(len(y))))
    with pytest.raises(LearningError, match=r"'expected_harm'.* some harm must have followed"):
        trained(of_trees("expected_harm"), nothing)


def when_it_came(n=6000):
    """Return examples in which four in five of the outcomes come within the first 30 days."""
    examples = invented(n)
    y = examples.labels.values
    rng = np.random.default_rng(6)
    early = rng.random(n) < 0.8
    days = np.where(early, rng.integers(0, 30, n), rng.integers(30, 90, n)).astype(float)
    return dataclasses.replace(
        examples, labels=labels(y, examples.labels.harm_days, until=np.where(y > 0, days, np.nan))
    )


def test_figures_by_several_days_never_cross_and_are_borne_out():
    examples = when_it_came()
    model = trained(of_trees("hazard"), examples)
    assert model.horizons == (30, 60, 90)
    figures = model.by_horizon(examples.matrix)
    assert (np.diff(figures, axis=1) > 0).all()
    assert (figures[:, -1] == model.probability(examples.matrix)).all()
    days = examples.labels.days_until
    for column, horizon in enumerate(model.horizons):
        assert figures[:, column].mean() == pytest.approx((days < horizon).mean(), rel=0.1)
    upper = figures[:, -1] > np.median(figures[:, -1])
    for rows in (upper, ~upper):
        share = figures[rows, 0].mean() / figures[rows, -1].mean()
        assert share == pytest.approx((days[rows] < 30).sum() / (days[rows] < 90).sum(), abs=0.08)


@pytest.mark.parametrize("probability", [0.0, 1e-12, 0.5, 1 - 1e-9, 1.0])
def test_figures_do_not_cross_at_the_ends_either(probability):
    model = trained(of_trees("hazard"), when_it_came(1500))
    (figures,) = model.estimator.by_horizon(np.array([probability]))
    assert figures[-1] == probability
    assert (np.diff(figures) >= 0).all()
    assert figures[0] >= 0


def test_horizons_beyond_the_outcomes_own_are_dropped():
    parameters = {**TREES["hazard"], "horizons": [30, 90, 3650]}
    model = trained(of_trees("hazard", parameters=parameters), when_it_came(1500))
    assert OUTCOME.horizon_days == 90
    assert model.horizons == (30, 90)
    assert isinstance(model.estimator, HazardBoosting)


def test_a_model_of_one_horizon_has_one_figure():
    X = invented(20).matrix
    model = trained(net())
    assert model.horizons == (90,)
    assert (model.by_horizon(X)[:, 0] == model.probability(X)).all()
