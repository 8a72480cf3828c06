"""Logistic regression with signs."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression

from triage.learning import SignedLogistic
from triage.learning.linear import NotConvergedError


def rows(n=400, gaps=0.0, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 4))
    X[:, 1] += X[:, 0]
    y = (rng.random(n) < 1 / (1 + np.exp(1 - 1.2 * X[:, 0] + 0.8 * X[:, 2]))).astype(int)
    X[rng.random(X.shape) < gaps] = np.nan
    return X, y


def test_without_signs_it_agrees_with_scikit_learn():
    X, y = rows()
    ours = SignedLogistic(penalty=0.01, l1_ratio=0.5, compress=False).fit(X, y)
    theirs = LogisticRegression(
        C=1 / (len(y) * 0.01), l1_ratio=0.5, solver="saga", tol=1e-10, max_iter=100_000
    ).fit((X - X.mean(axis=0)) / X.std(axis=0), y)
    np.testing.assert_allclose(ours.coef_, theirs.coef_[0], atol=1e-6)
    np.testing.assert_allclose(ours.intercept_, theirs.intercept_[0], atol=1e-6)


def test_with_signs_it_is_the_optimum_that_a_general_solver_finds():
    X, y = rows()
    signs, penalty, ratio = np.array([1, 1, 1, -1]), 0.005, 0.3
    ours = SignedLogistic(penalty, ratio, compress=False, monotonic_cst=list(signs)).fit(X, y)
    Z = (X - X.mean(axis=0)) / X.std(axis=0) * signs

    def objective(w):
        score = Z @ w[1:] + w[0]
        loss = (np.logaddexp(0, score) - y * score).mean()
        return loss + penalty * (ratio * w[1:].sum() + (1 - ratio) / 2 * (w[1:] @ w[1:]))

    bounds = [(None, None)] + [(0, None)] * 4
    found = minimize(objective, np.zeros(5), bounds=bounds, tol=1e-14)
    np.testing.assert_allclose(ours.coef_ * signs, found.x[1:], atol=1e-4)
    assert (ours.coef_ * signs >= 0).all()
    assert ours.coef_[2] == 0  # what would have the wrong sign has no weight


@pytest.mark.parametrize("sign", [1, -1])
def test_a_score_never_moves_against_a_direction(sign):
    X, y = rows(gaps=0.2)
    model = SignedLogistic(penalty=1e-4, monotonic_cst=[sign] * 4).fit(X, y)
    for column in range(4):
        more = X.copy()
        more[:, column] += 3
        moved = model.decision_function(more) - model.decision_function(X)
        assert (sign * moved >= 0).all()


def test_contributions_sum_to_the_score_and_are_0_on_average():
    X, y = rows(gaps=0.3)
    model = SignedLogistic(penalty=1e-3).fit(X, y)
    contributions = model.contributions(X)
    np.testing.assert_allclose(
        model.intercept_ + contributions.sum(axis=1), model.decision_function(X), atol=1e-12
    )
    np.testing.assert_allclose(contributions.mean(axis=0), 0, atol=1e-12)


def test_being_missing_can_count_either_way():
    rng = np.random.default_rng(0)
    value, missing = rng.normal(size=600), rng.random(600) < 0.4
    y = (rng.random(600) < np.where(missing, 0.8, 0.2)).astype(int)
    X = np.where(missing, np.nan, value)[:, None]
    model = SignedLogistic(penalty=1e-4, monotonic_cst=[1]).fit(X, y)
    assert model.missing_coef_[0] > 0.5
    assert SignedLogistic(penalty=1e-4).fit(X, 1 - y).missing_coef_[0] < -0.5


def test_what_never_differed_or_was_never_missing_has_no_say_later():
    X, y = rows()
    X[:, 0], X[:, 1] = 7.0, np.nan
    model = SignedLogistic().fit(X, y)
    odd = X[:1].copy()
    odd[0, 0], odd[0, 1] = 1e6, 3.0
    assert model.decision_function(odd) == model.decision_function(X[:1])
    odd[0, 2] = np.nan
    assert np.isfinite(model.decision_function(odd)).all()


def test_probabilities_are_those_of_the_log_odds():
    X, y = rows()
    model = SignedLogistic().fit(X, y)
    both = model.predict_proba(X)
    np.testing.assert_allclose(both.sum(axis=1), 1)
    np.testing.assert_allclose(np.log(both[:, 1] / both[:, 0]), model.decision_function(X))
    assert (model.predict(X) == (both[:, 1] > 0.5)).all()


def test_separable_rows_have_an_answer():
    X = np.linspace(-1, 1, 40)[:, None]
    model = SignedLogistic(penalty=1e-6, l1_ratio=0.0).fit(X, (X[:, 0] > 0).astype(int))
    assert np.isfinite(model.coef_).all()


def test_too_few_steps_are_told():
    X, y = rows()
    with pytest.raises(NotConvergedError, match="after 1 Newton steps"):
        SignedLogistic(penalty=1e-4, max_iter=1).fit(X, y)


def test_large_and_small_blocks_score_alike(monkeypatch):
    X, y = rows(gaps=0.1)
    model = SignedLogistic().fit(X, y)
    whole = model.decision_function(X)
    monkeypatch.setattr("triage.learning.linear.ROWS_A_BLOCK", 7)
    assert (model.decision_function(X) == whole).all()
