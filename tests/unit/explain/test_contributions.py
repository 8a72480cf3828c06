"""Contributions are exact, or they are not told."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from sklearn.neighbors import KNeighborsClassifier

from tests.unit.learning.builders import (
    TREES,
    boosting,
    by_points,
    invented,
    matrix,
    net,
    of_trees,
    settings,
)
from triage.explain import Contributions, NotAdditiveError, explain
from triage.features import FeatureMatrix
from triage.learning import Trained, UnexplainedError, train


def trained(spec):
    experiment = train([spec, net(name="other")], invented(), capacity=8, training=settings())
    return experiment.result(spec.name).trained


@pytest.fixture(scope="module", params=["net", "logistic", "points", *TREES])
def model(request) -> Trained:
    specs = {
        **{name: of_trees(name) for name in TREES},
        "net": net(),
        "logistic": net(name="logistic", estimator="logistic"),
        "points": by_points(),
    }
    return trained(specs[request.param])


def rows(number=60) -> FeatureMatrix:
    return invented(number, seed=9).matrix


def test_base_and_contributions_sum_to_every_score(model):
    X = rows()
    found = explain(model, X)
    assert found.values.shape == (60, len(model.feature_names))
    assert found.scores == pytest.approx(model.score(X))
    assert np.abs(found.base + found.values.sum(axis=1) - model.score(X)).max() < 1e-9


def test_no_row_is_a_row_too_few_to_mind(model):
    found = explain(model, rows().take(np.array([], dtype=np.int64)))
    assert found.values.shape == (0, len(model.feature_names))
    assert len(found) == 0


def test_other_features_and_another_order_change_nothing(model):
    X = rows()
    more = FeatureMatrix(
        np.asfortranarray(np.column_stack([np.arange(60.0), X.values[:, ::-1]])),
        (*matrix(extra=[0.0]).features, *X.features[::-1]),
    )
    assert np.array_equal(explain(model, more).values, explain(model, X).values)


def brute_force(model: Trained, X: FeatureMatrix, background: FeatureMatrix, row: int):
    """Return the Shapley values of a linear model from their definition, coalition by coalition."""
    n = len(X.features)
    values = np.zeros(n)

    def payoff(members: int) -> float:
        mixed = background.values.copy(order="F")
        for feature in range(n):
            if members >> feature & 1:
                mixed[:, feature] = X.values[row, feature]
        return float(model.log_odds(FeatureMatrix(mixed, X.features)).mean())

    payoffs = [payoff(members) for members in range(1 << n)]
    factorial = [1, 1, 2, 6, 24]
    for feature in range(n):
        for members in range(1 << n):
            if not members >> feature & 1:
                size = members.bit_count()
                weight = factorial[size] * factorial[n - size - 1] / factorial[n]
                values[feature] += weight * (payoffs[members | 1 << feature] - payoffs[members])
    return values


def test_of_a_linear_model_they_are_the_shapley_values_against_what_it_learned_from():
    model, background = trained(net()), invented().matrix
    X = rows(5)
    found = explain(model, X)
    for row in range(5):
        assert found.values[row] == pytest.approx(brute_force(model, X, background, row), abs=1e-8)


def test_the_base_of_trees_is_their_mean_over_what_they_learned_from():
    model = trained(boosting())
    assert explain(model, rows()).base == pytest.approx(
        model.log_odds(invented().matrix).mean(), abs=1e-6
    )


def test_calibration_scales_contributions_and_moves_the_base():
    model = trained(boosting())
    plain = dataclasses.replace(model, calibration=type(model.calibration)(1.0, 0.0))
    steep = dataclasses.replace(model, calibration=type(model.calibration)(2.0, -0.5))
    before, after = explain(plain, rows()), explain(steep, rows())
    assert after.values == pytest.approx(2 * before.values)
    assert after.base == pytest.approx(2 * before.base - 0.5)


def test_a_model_that_ignores_a_feature_gives_it_nothing():
    model = trained(net(features=["more", "less"]))
    assert model.feature_names == ("more", "less")
    assert [feature.name for feature in explain(model, rows()).features] == ["more", "less"]


def test_a_model_that_nobody_can_take_apart_ranks_nobody():
    model = trained(boosting())
    X = rows()
    neighbours = KNeighborsClassifier().fit(
        np.nan_to_num(model.select(X).values), np.arange(60) % 2
    )
    neighbours.decision_function = lambda values: np.zeros(len(values))
    strange = dataclasses.replace(model, estimator=neighbours)
    with pytest.raises(
        UnexplainedError, match=r"'boosting'.* got KNeighborsClassifier, of which no"
    ):
        explain(strange, X)


def test_a_missing_value_of_a_forest_is_told_under_its_feature():
    model = trained(of_trees("random_forest", parameters={"n_estimators": 30, "max_features": 1.0}))
    known = rows(1)
    gap = model.feature_names.index("gappy")
    missing = known.values.copy(order="F")
    missing[0, gap] = np.nan
    before, after = (explain(model, X) for X in (known, FeatureMatrix(missing, known.features)))
    assert after.values[0, gap] != before.values[0, gap]
    assert after.base == before.base


@pytest.mark.parametrize("off", [2e-6, -1.0, float("nan")])
def test_a_score_that_is_not_their_sum_stops_the_list(off):
    X = rows(3)
    scores = np.array([4.0, 4.0 + off, 4.0])
    with pytest.raises(NotAdditiveError, match=r"do not sum to the score on 1 of 3 rows"):
        Contributions(np.ones((3, 4)), 0.0, scores, X.features)


def test_contributions_fit_their_rows_and_features():
    X = rows(3)
    with pytest.raises(ValueError, match=r"\(3, 2\) contributions for 3 rows and 4 features"):
        Contributions(np.ones((3, 2)), 0.0, np.full(3, 2.0), X.features)
