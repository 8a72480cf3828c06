"""Logistic regression whose coefficients keep to their features' directions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import expit, log1p
from sklearn.base import BaseEstimator, ClassifierMixin

from triage.learning.coordinates import descend

__all__ = ["NotConvergedError", "SignedLogistic"]

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
ROWS_A_BLOCK = 16_384
SLACK = 1e-14
"""Rounding of the objective, which near its minimum is larger than a step's gain."""


class NotConvergedError(RuntimeError):
    """The coefficients did not settle within the steps that were allowed."""


class SignedLogistic(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Elastic-net logistic regression with signs, for features with gaps and long tails.

    Parameters
    ----------
    penalty : float
        Weight λ of the penalty λ(ρ‖w‖₁ + (1 − ρ)/2 ‖w‖₂²) beside the mean log loss.
    l1_ratio : float
        ρ, from 0 (ridge) to 1 (lasso).
    compress : bool
        Whether values go through sign(x)·log(1 + |x|), which keeps their order and shortens the
        long tails of counts and days of harm.
    monotonic_cst : sequence of {-1, 0, 1}, optional
        Direction of each feature: 1 where more can only raise the score, −1 where it can only
        lower it, 0 where the data decide.
    tol : float
        Largest gap to optimality of any coefficient.
    max_iter : int
        Newton steps allowed.

    Attributes
    ----------
    coef_, missing_coef_ : ndarray of float64, shape (n_features,)
        Of the scaled value, and of its being missing.
    intercept_ : float
        The mean log-odds of the rows learned from.
    n_iter_ : int

    Raises
    ------
    NotConvergedError
        From :meth:`fit`.

    Notes
    -----
    A missing value counts as the median of the known ones, and where some were missing in
    training their being missing has a coefficient of its own, of either sign: absence of a record
    is not less of anything, so no direction is claimed for it. Each feature is turned so that more
    of it raises the score, and its coefficient is kept at 0 or above; so the law that more harm
    never lowers a score holds exactly between known values. Columns are centred, scaled and
    penalised; the intercept is free. Solved by Newton steps, each a bounded coordinate descent on
    the Hessian of the weights that are not 0 or should not be, until the Karush–Kuhn–Tucker
    conditions of all of them hold to ``tol``. The Hessian only shapes the steps: it is summed in 32
    bits, in a quarter of the time.

    References
    ----------
    Zou, H. and Hastie, T. (2005). Regularization and variable selection via the elastic net.
    Journal of the Royal Statistical Society B.
    Lee, J., Sun, Y. and Saunders, M. (2014). Proximal Newton-type methods. SIAM J. Optim.
    """

    def __init__(
        self,
        penalty: float = 1e-3,
        l1_ratio: float = 0.5,
        compress: bool = True,
        monotonic_cst: Sequence[int] | None = None,
        tol: float = 1e-7,
        max_iter: int = 100,
    ) -> None:
        self.penalty = penalty
        self.l1_ratio = l1_ratio
        self.compress = compress
        self.monotonic_cst = monotonic_cst
        self.tol = tol
        self.max_iter = max_iter

    def fit(self, X: Floats, y: npt.NDArray[Any]) -> SignedLogistic:
        """Return the estimator with coefficients for these rows.

        Parameters
        ----------
        X : ndarray of float64, shape (n, n_features)
            NaN where a value is not known.
        y : ndarray, shape (n,)
            0 or 1, both present.
        """
        values = self._compressed(X)
        self.n_features_in_ = X.shape[1]
        self.classes_ = np.array([0, 1])
        self._measure(values)
        signs = np.asarray(
            self.monotonic_cst if self.monotonic_cst is not None else [0] * X.shape[1]
        )
        known = np.flatnonzero(self.varies_)
        gaps = np.flatnonzero((self.missing_means_ > 0) & (self.missing_means_ < 1))
        solution = _minimise(
            self._design(values, known, gaps, signs),
            np.asarray(y, dtype=np.float64),
            l1=self.penalty * self.l1_ratio,
            l2=self.penalty * (1 - self.l1_ratio),
            at_least_0=np.concatenate([signs[known] != 0, np.zeros(len(gaps), dtype=bool)]),
            tol=self.tol,
            max_iter=self.max_iter,
        )
        self.coef_, self.missing_coef_ = np.zeros(X.shape[1]), np.zeros(X.shape[1])
        self.coef_[known] = solution.weights[: len(known)] * _turns(signs[known])
        self.missing_coef_[gaps] = solution.weights[len(known) :]
        self.intercept_ = solution.intercept
        self.n_iter_ = solution.steps
        return self

    def decision_function(self, X: Floats) -> Floats:
        """Return the log-odds, shape (n,)."""
        scores = np.empty(len(X))
        for start in range(0, len(X), ROWS_A_BLOCK):
            block = slice(start, start + ROWS_A_BLOCK)
            scores[block] = self.intercept_ + self.contributions(X[block]).sum(axis=1)
        return scores

    def predict_proba(self, X: Floats) -> Floats:
        """Return the probabilities of 0 and of 1, shape (n, 2)."""
        probability = expit(self.decision_function(X))
        return np.column_stack([1 - probability, probability])

    def predict(self, X: Floats) -> npt.NDArray[np.int64]:
        """Return 1 where 1 is likelier than 0, shape (n,)."""
        return (self.decision_function(X) > 0).astype(np.int64)

    def contributions(self, X: Floats) -> Floats:
        """Return what each feature adds to the log-odds, shape (n, n_features).

        Each column's mean over the rows learned from is 0, so with ``intercept_`` these are the
        exact Shapley values against those rows.
        """
        values = self._compressed(X)
        missing = np.isnan(values)
        filled = np.where(missing, self.medians_, values)
        return np.asarray(
            (filled - self.means_) / self.scales_ * self.coef_
            + (missing - self.missing_means_) / self.missing_scales_ * self.missing_coef_
        )

    def _compressed(self, X: Floats) -> Floats:
        X = np.asarray(X, dtype=np.float64)
        if not self.compress:
            return X
        values: Floats = np.abs(X)
        log1p(values, out=values)
        np.copysign(values, X, out=values)
        return values

    def _measure(self, values: Floats) -> None:
        n_features = values.shape[1]
        self.medians_, self.means_ = np.zeros(n_features), np.zeros(n_features)
        self.scales_, self.varies_ = np.ones(n_features), np.zeros(n_features, dtype=bool)
        self.missing_means_ = np.zeros(n_features)
        for column in range(n_features):
            missing = np.isnan(values[:, column])
            known = values[~missing, column]
            self.missing_means_[column] = missing.mean()
            if len(known) and known.min() < known.max():
                self.varies_[column] = True
                self.medians_[column] = np.median(known)
                filled = np.where(missing, self.medians_[column], values[:, column])
                self.means_[column], self.scales_[column] = filled.mean(), filled.std()
        spread = np.sqrt(self.missing_means_ * (1 - self.missing_means_))
        self.missing_scales_ = np.where(spread > 0, spread, 1.0)

    def _design(
        self,
        values: Floats,
        known: npt.NDArray[np.int64],
        gaps: npt.NDArray[np.int64],
        signs: npt.NDArray[np.int64],
    ) -> Floats:
        """Return turned, centred and scaled values, and then gaps, a column each."""
        design = np.empty((len(values), len(known) + len(gaps)), order="F")
        turns = _turns(signs[known])
        for position, column in enumerate(known):
            raw = values[:, column]
            filled = np.where(np.isnan(raw), self.medians_[column], raw)
            scaled = (filled - self.means_[column]) / self.scales_[column]
            design[:, position] = turns[position] * scaled
        for position, column in enumerate(gaps, start=len(known)):
            gap = np.isnan(values[:, column]) - self.missing_means_[column]
            design[:, position] = gap / self.missing_scales_[column]
        return design


def _turns(signs: npt.NDArray[np.int64]) -> Floats:
    return np.where(signs < 0, -1.0, 1.0)


@dataclass(frozen=True)
class Solution:
    weights: Floats
    intercept: float
    steps: int


def _minimise(
    design: Floats,
    y: Floats,
    *,
    l1: float,
    l2: float,
    at_least_0: Bools,
    tol: float,
    max_iter: int,
) -> Solution:
    """Return the minimum of the mean log loss and the penalty, over weights and intercept."""
    weights, intercept = np.zeros(design.shape[1]), _logit(y.mean())
    value = _objective(design, y, weights, intercept, l1, l2)
    for step in range(max_iter):
        expected = expit(design @ weights + intercept)
        slope = design.T @ (expected - y) / len(y)
        slope_0 = float((expected - y).mean())
        gaps = _gaps(slope, weights, l1, l2, at_least_0)
        if max(gaps.max(initial=0.0), abs(slope_0)) <= tol:
            return Solution(weights, intercept, step)
        some = np.flatnonzero((weights != 0) | (gaps > 0))
        curve, cross, curve_0 = _hessian(design, some, expected * (1 - expected))
        goal = descend(
            curve - np.outer(cross, cross) / curve_0,
            slope[some] - cross * (slope_0 / curve_0),
            weights[some],
            l1=l1,
            l2=l2,
            at_least_0=at_least_0[some],
        )
        move = np.zeros(len(weights))
        move[some] = goal - weights[some]
        move_0 = -(slope_0 + float(cross @ move[some])) / curve_0
        stride, found = 1.0, np.inf
        while stride > 1e-10:
            tried = weights + stride * move
            found = _objective(design, y, tried, intercept + stride * move_0, l1, l2)
            if found <= value + SLACK:
                break
            stride /= 2
        if not found <= value + SLACK:
            break
        if stride == 1:
            tried[some] = goal
        weights, intercept, value = tried, intercept + stride * move_0, found
    raise NotConvergedError(f"not within {tol:g} of the optimum after {max_iter} Newton steps")


def _objective(
    design: Floats, y: Floats, weights: Floats, intercept: float, l1: float, l2: float
) -> float:
    scores = design @ weights + intercept
    loss = np.logaddexp(0.0, scores) - y * scores
    penalty = l1 * np.abs(weights).sum() + l2 / 2 * (weights @ weights)
    return float(loss.mean() + penalty)


def _hessian(
    design: Floats, some: npt.NDArray[np.int64], weight: Floats
) -> tuple[Floats, Floats, float]:
    """Return second derivatives of the mean loss: of some weights, with the intercept, of it."""
    n = len(design)
    curve, cross = np.zeros((len(some), len(some))), np.zeros(len(some))
    for start in range(0, n, ROWS_A_BLOCK):
        rows = slice(start, start + ROWS_A_BLOCK)
        root = np.sqrt(weight[rows]).astype(np.float32)
        block = design[rows, some].astype(np.float32) * root[:, None]
        curve += block.T @ block
        cross += root @ block
    return curve / n, cross / n, float(weight.mean())


def _gaps(slope: Floats, weights: Floats, l1: float, l2: float, at_least_0: Bools) -> Floats:
    """Return each weight's breach of the Karush–Kuhn–Tucker conditions."""
    pull = slope + l2 * weights
    at_zero = np.where(at_least_0, np.maximum(-pull - l1, 0.0), np.maximum(np.abs(pull) - l1, 0.0))
    return np.where(weights == 0, at_zero, np.abs(pull + l1 * np.sign(weights)))


def _logit(share: float) -> float:
    return float(np.log(share / (1 - share)))
