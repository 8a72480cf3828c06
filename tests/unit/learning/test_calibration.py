"""The straight line on the log-odds."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

from triage.learning import UNCALIBRATED, calibrate
from triage.learning.calibration import fit_line


def outcomes(log_odds, seed=0):
    chances = np.random.default_rng(seed).random(len(log_odds))
    return (chances < expit(log_odds)).astype(float)


def test_scores_that_are_twice_too_extreme_are_halved():
    right = np.random.default_rng(1).normal(-1, 1.5, 20_000)
    line = calibrate(2 * right + 1, outcomes(right))
    assert line.slope == pytest.approx(0.5, abs=0.02)
    assert line.intercept == pytest.approx(-0.5, abs=0.05)
    assert line.rows == 20_000


def test_the_slope_stays_above_0_and_the_order_stays():
    scores = np.random.default_rng(1).normal(size=2000)
    y = outcomes(-2 * scores)
    line = calibrate(scores, y)
    assert line.slope == 0.01
    assert (np.argsort(line(scores)) == np.argsort(scores)).all()
    assert expit(line(scores)).mean() == pytest.approx(y.mean(), abs=0.01)


def test_few_rows_bend_the_line_little():
    scores = np.array([-2.0, -1.0, 0.0, 1.0])
    line = calibrate(scores, np.array([1.0, 0.0, 0.0, 0.0]))
    assert 0.3 < line.slope < 1.5


def test_constant_scores_still_give_the_base_rate():
    line = calibrate(np.full(50, -1.0), np.repeat([1.0, 0.0], [10, 40]))
    assert expit(line(np.array([-1.0])))[0] == pytest.approx(0.2, abs=0.02)


def test_a_line_without_a_prior_is_plain_logistic_regression():
    x = np.random.default_rng(2).normal(3, 5, 500)
    y = outcomes(0.4 * x - 2)
    slope, intercept = fit_line(x, y)
    theirs = LogisticRegression(C=np.inf, tol=1e-10).fit(x[:, None], y)
    assert slope == pytest.approx(theirs.coef_[0, 0], rel=1e-5)
    assert intercept == pytest.approx(theirs.intercept_[0], rel=1e-5)


def test_there_is_no_line_where_scores_part_the_outcomes_or_are_constant():
    assert np.isnan(fit_line(np.arange(10.0), np.repeat([0.0, 1.0], 5))).all()
    assert np.isnan(fit_line(np.ones(4), np.array([0.0, 1, 0, 1]))).all()


def test_uncalibrated_changes_nothing():
    assert UNCALIBRATED(np.array([1.5, -2.0])).tolist() == [1.5, -2.0]
