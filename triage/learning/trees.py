"""Estimators made of trees, each a sum whose every step can be explained exactly."""

from __future__ import annotations

import abc
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import expit, log_expit
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
)

from triage.learning.calibration import match_mean

__all__ = ["AveragedBoosting", "ExpectedHarmBoosting", "Forest", "HazardBoosting", "TreeSum"]

Floats = npt.NDArray[np.float64]
Answers = npt.NDArray[np.int64]
RAREST = 0.1
"""A leaf of a forest without a positive counts as one with this share of the base rate."""

HALVINGS = 60
WIDEST = 40.0


@dataclass(frozen=True)
class TreeSum:
    """A score as a sum over trees, as an exact explainer of trees can take it apart.

    Parameters
    ----------
    model : object
        What ``shap.TreeExplainer`` takes: an estimator of scikit-learn, or a dict of trees.
    values : ndarray, shape (n, n_columns)
        What the trees look at.
    columns : ndarray of int64, shape (n_columns,)
        Which of the model's features each column tells of; −1 where it is the same for everyone.
    offset : float
        What is added to the sum to make the score.
    """

    model: Any
    values: npt.NDArray[Any]
    columns: npt.NDArray[np.int64]
    offset: float = 0.0


class _LogOdds(ClassifierMixin, BaseEstimator, abc.ABC):  # type: ignore[misc]
    """What estimators of log-odds share."""

    classes_ = (0, 1)

    @abc.abstractmethod
    def decision_function(self, X: Floats) -> Floats:
        """Return the log-odds of 1, shape (n,)."""

    def predict_proba(self, X: Floats) -> Floats:
        """Return the probabilities of 0 and of 1, shape (n, 2)."""
        probability = expit(self.decision_function(X))
        return np.column_stack([1 - probability, probability])

    def predict(self, X: Floats) -> Answers:
        """Return 1 where 1 is likelier than 0, shape (n,)."""
        return (self.decision_function(X) > 0).astype(np.int64)


class Forest(_LogOdds):
    """A random forest whose score is the mean of its leaves' log-odds.

    Parameters
    ----------
    n_estimators : int
    max_depth : int
    min_samples_leaf : int
    max_features : float
        Share of columns that each split may choose from.
    monotonic_cst : sequence of {-1, 0, 1}, optional
        Direction of each feature.
    random_state : int

    Attributes
    ----------
    nodes_ : ndarray, shape (n_nodes, 4)
        Of all trees, one after another: left and right child (0 in a leaf), column, rows.
    cuts_, leaves_ : ndarray of float64, shape (n_nodes,)
        A value above the cut goes right; log-odds.
    roots_ : ndarray of int64, shape (n_estimators + 1,)
        Where each tree begins.
    medians_ : ndarray of float64, shape (n_features,)
    gaps_ : ndarray of int64
        Features of which some values were missing in training.

    Notes
    -----
    The trees are scikit-learn's. Their leaves hold shares, whose mean cannot be taken apart in
    log-odds; the mean of the leaves' log-odds can, and keeps every direction that the shares
    keep. A leaf without a positive counts as a tenth of the base rate. Directions and missing
    values do not go together there, so a missing value counts as the median of the known ones, and
    a column beside it says that it was missing. Trees compare values as 32-bit numbers, here and
    where they are explained.
    """

    def __init__(
        self,
        n_estimators: int = 100,
        max_depth: int = 8,
        min_samples_leaf: int = 20,
        max_features: float = 0.2,
        monotonic_cst: Sequence[int] | None = None,
        random_state: int = 0,
    ) -> None:
        self.n_estimators = n_estimators
        self.max_depth = max_depth
        self.min_samples_leaf = min_samples_leaf
        self.max_features = max_features
        self.monotonic_cst = monotonic_cst
        self.random_state = random_state

    def fit(self, X: Floats, y: Answers) -> Forest:
        """Return the forest that these rows teach; NaN where a value is not known."""
        self.n_features_in_ = X.shape[1]
        missing = np.isnan(X)
        self.gaps_ = np.flatnonzero(missing.any(axis=0))
        self.medians_ = np.array([_median(X[:, column]) for column in range(X.shape[1])])
        signs = [0] * X.shape[1] if self.monotonic_cst is None else list(self.monotonic_cst)
        trees = RandomForestClassifier(
            n_estimators=self.n_estimators,
            max_depth=self.max_depth,
            min_samples_leaf=self.min_samples_leaf,
            max_features=self.max_features,
            monotonic_cst=signs + [0] * len(self.gaps_) if any(signs) else None,
            random_state=self.random_state,
            n_jobs=1,
        ).fit(self._seen(X), y)
        lowest = RAREST * float(np.mean(y))
        self._keep([one.tree_ for one in trees.estimators_], lowest)
        return self

    def decision_function(self, X: Floats) -> Floats:
        """Return the log-odds, shape (n,)."""
        values = self._seen(X)
        rows, total = np.arange(len(values)), np.zeros(len(values))
        for root in self.roots_[:-1]:
            node = np.full(len(values), root)
            for _ in range(self.max_depth):
                left, right, column, _ = self.nodes_[node].T
                goes_left = values[rows, column] <= self.cuts_[node]
                child = np.where(goes_left, left, right)
                node = np.where(child > 0, root + child, node)
            total += self.leaves_[node]
        return total / (len(self.roots_) - 1)

    def tree_sum(self, X: Floats) -> TreeSum:
        """Return the score of each row as a sum over trees."""
        share = 1 / (len(self.roots_) - 1)
        trees = [
            _tree(self.nodes_[first:last], self.cuts_[first:last], self.leaves_[first:last] * share)
            for first, last in zip(self.roots_[:-1], self.roots_[1:], strict=True)
        ]
        model = {"trees": trees, "tree_output": "log_odds", "input_dtype": np.float64}
        columns = np.concatenate([np.arange(self.n_features_in_), self.gaps_])
        return TreeSum(model, self._seen(X).astype(np.float64), columns)

    def _seen(self, X: Floats) -> npt.NDArray[np.float32]:
        missing = np.isnan(X)
        filled = np.where(missing, self.medians_, X)
        return np.column_stack([filled, missing[:, self.gaps_]]).astype(np.float32)

    def _keep(self, trees: Sequence[Any], lowest: float) -> None:
        sizes = [tree.node_count for tree in trees]
        self.roots_ = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        together = [
            np.column_stack(
                [
                    np.maximum(tree.children_left, 0),
                    np.maximum(tree.children_right, 0),
                    np.maximum(tree.feature, 0),
                    tree.n_node_samples,
                ]
            )
            for tree in trees
        ]
        self.nodes_ = np.concatenate(together).astype(np.int64)
        self.cuts_ = np.concatenate([tree.threshold for tree in trees]).astype(np.float64)
        share = np.concatenate([tree.value[:, 0, 1] for tree in trees])
        share = np.clip(share, lowest, 1 - lowest)
        self.leaves_ = np.log(share / (1 - share))


def _median(values: Floats) -> float:
    known = values[~np.isnan(values)]
    return float(np.median(known)) if len(known) else 0.0


def _tree(nodes: npt.NDArray[np.int64], cuts: Floats, leaves: Floats) -> Mapping[str, Any]:
    """Return a tree in the form of its explainer, in which −1 stands for no child."""
    left, right = (np.where(nodes[:, side] > 0, nodes[:, side], -1) for side in (0, 1))
    return {
        "children_left": left.astype(np.int32),
        "children_right": right.astype(np.int32),
        "children_default": left.astype(np.int32),
        "features": np.where(left < 0, -2, nodes[:, 2]).astype(np.int32),
        "thresholds": cuts,
        "values": leaves.reshape(-1, 1),
        "node_sample_weight": nodes[:, 3].astype(np.float64),
    }


class ExpectedHarmBoosting(_LogOdds):
    """Boosted trees for the harm that is to be expected: its probability times how much.

    Parameters
    ----------
    boosting : mapping
        Parameters of ``HistGradientBoostingRegressor``.
    cap_days : float, optional
        Harm above counts as this, so that one homicide does not rule everything.

    Attributes
    ----------
    boosting_ : HistGradientBoostingRegressor
    offset_ : float

    Notes
    -----
    Poisson deviance of the days of harm that followed, 0 where none did, with the logarithm as
    link: its minimum is the expected harm however the harm is spread, so that no second model of
    "harm, given harm" is needed. The logarithm of the expected harm is the score, moved so that
    as log-odds it has the base rate of the outcome; calibration makes probabilities of it.

    References
    ----------
    Gourieroux, C., Monfort, A. and Trognon, A. (1984). Pseudo maximum likelihood methods: theory.
    Econometrica 52, 681-700.
    """

    def __init__(self, boosting: Mapping[str, Any], cap_days: float | None = None) -> None:
        self.boosting = boosting
        self.cap_days = cap_days

    def fit(self, X: Floats, y: Answers, *, harm_days: Floats) -> ExpectedHarmBoosting:
        """Return the trees that the harm after these rows teaches."""
        self.n_features_in_ = X.shape[1]
        harm = harm_days if self.cap_days is None else np.minimum(harm_days, self.cap_days)
        mean = float(harm.mean())
        if not mean > 0:
            raise NoHarmError
        self.boosting_ = HistGradientBoostingRegressor(loss="poisson", **self.boosting)
        self.boosting_.fit(X, harm / mean)
        self.offset_ = match_mean(self._sum(X), float(np.mean(y)))
        return self

    def decision_function(self, X: Floats) -> Floats:
        """Return the log of the expected harm, moved to be log-odds, shape (n,)."""
        return self._sum(X) + self.offset_

    def tree_sum(self, X: Floats) -> TreeSum:
        """Return the score of each row as a sum over trees."""
        return TreeSum(self.boosting_, X, np.arange(X.shape[1]), self.offset_)

    def _sum(self, X: Floats) -> Floats:
        return np.asarray(self.boosting_._raw_predict(X).ravel(), dtype=np.float64)


class NoHarmError(ValueError):
    """No harm followed in any of the rows to learn from."""


class AveragedBoosting(_LogOdds):
    """The mean of two boosted sums of trees: one with interplay of features, and one without.

    Parameters
    ----------
    boosting, additive : mapping
        Parameters of ``HistGradientBoostingClassifier``, of trees that may look at any features
        and of trees that may each look at one alone.

    Attributes
    ----------
    boosting_ : HistGradientBoostingClassifier
        All trees of both, each leaf with half of its value.

    Notes
    -----
    The two err in different places, so their mean errs less than either. It is a sum over trees
    like each of them: it is explained as exactly, and keeps every direction that they keep. Both
    begin at the log-odds of the base rate, which is the mean's beginning too.
    """

    def __init__(self, boosting: Mapping[str, Any], additive: Mapping[str, Any]) -> None:
        self.boosting = boosting
        self.additive = additive

    def fit(self, X: Floats, y: Answers) -> AveragedBoosting:
        """Return the trees that these rows teach."""
        self.n_features_in_ = X.shape[1]
        self.boosting_ = HistGradientBoostingClassifier(**self.boosting).fit(X, y)
        additive = HistGradientBoostingClassifier(
            **self.additive, interaction_cst="no_interactions"
        ).fit(X, y)
        self.boosting_._predictors = [*self.boosting_._predictors, *additive._predictors]
        for (tree,) in self.boosting_._predictors:
            tree.nodes["value"] /= 2
        return self

    def decision_function(self, X: Floats) -> Floats:
        """Return the mean of both log-odds, shape (n,)."""
        return np.asarray(self.boosting_.decision_function(X), dtype=np.float64)

    def tree_sum(self, X: Floats) -> TreeSum:
        """Return the score of each row as a sum over trees."""
        return TreeSum(self.boosting_, X, np.arange(X.shape[1]))


class HazardBoosting(_LogOdds):
    """Boosted trees for when an outcome comes: one model of every horizon, none crossing another.

    Parameters
    ----------
    boosting : mapping
        Parameters of ``HistGradientBoostingClassifier``.
    horizons : sequence of int
        Days after the as-of date at which figures are wanted; those of the outcome's own horizon
        and beyond are dropped, and its own is the last.

    Attributes
    ----------
    boosting_ : HistGradientBoostingClassifier
    horizons_ : tuple of int
    levels_ : ndarray of float64, shape (n_horizons,)
        What makes the features' score the log-odds of each interval's hazard.
    offset_ : float

    Notes
    -----
    Every row is asked once for each interval that its person entered without the outcome: did it
    come within it? The interval is one more column, which may share no tree with a feature. So the
    log-odds of each interval's hazard are one score of the features and a level of the interval:
    the score ranks alike at every horizon and can be explained exactly, and the probability by a
    day is one minus a product of shares that stay, which can only grow with the days. Boosting
    shrinks what it learns, levels too, so they are fitted again when the trees stand.

    References
    ----------
    Singer, J. and Willett, J. (1993). It's about time: using discrete-time survival analysis to
    study duration and the timing of events. Journal of Educational Statistics 18, 155-195.
    """

    def __init__(self, boosting: Mapping[str, Any], horizons: Sequence[int] = (30, 90)) -> None:
        self.boosting = boosting
        self.horizons = horizons

    def fit(
        self, X: Floats, y: Answers, *, days_until: Floats, horizon_days: int
    ) -> HazardBoosting:
        """Return the trees that these rows teach.

        Parameters
        ----------
        X : ndarray of float64, shape (n, n_features)
        y : ndarray of int64, shape (n,)
        days_until : ndarray of float64, shape (n,)
            Days from the as-of date to the first event that answers 1; NaN where there was none.
        horizon_days : int
            Of the outcome.
        """
        self.n_features_in_ = X.shape[1]
        earlier = sorted({int(one) for one in self.horizons if one < horizon_days})
        self.horizons_ = (*earlier, horizon_days)
        came = np.searchsorted(self.horizons_, days_until, side="right")
        came = np.where(y > 0, np.minimum(came, len(earlier)), len(self.horizons_))
        entered = np.minimum(came, len(earlier)) + 1
        rows = np.repeat(np.arange(len(X)), entered)
        interval = np.arange(len(rows)) - np.repeat(np.cumsum(entered) - entered, entered)
        values = np.empty((len(rows), X.shape[1] + 1), order="F")
        for column in range(X.shape[1]):
            values[:, column] = X[rows, column]
        values[:, -1] = interval
        given = dict(self.boosting)
        signs = given.pop("monotonic_cst", None)
        self.boosting_ = HistGradientBoostingClassifier(
            **given,
            monotonic_cst=None if signs is None else [*signs, 0],
            interaction_cst=[tuple(range(X.shape[1])), (X.shape[1],)],
        ).fit(values, (interval == came[rows]).astype(np.int64))
        scores = self._hazard(X)
        self.levels_ = np.array(
            [
                _level(scores[came >= one], came[came >= one] == one)
                for one in range(len(earlier) + 1)
            ]
        )
        self.offset_ = match_mean(scores, float(np.mean(y)))
        return self

    def decision_function(self, X: Floats) -> Floats:
        """Return the last interval's log-odds, moved to those of the whole horizon, shape (n,)."""
        return self._hazard(X) + self.offset_

    def tree_sum(self, X: Floats) -> TreeSum:
        """Return the score of each row as a sum over trees."""
        columns = np.append(np.arange(X.shape[1]), -1)
        return TreeSum(self.boosting_, self._within(X), columns, self.offset_)

    def by_horizon(self, probability: Floats) -> Floats:
        """Return the probabilities by each horizon that go with one by the last.

        Parameters
        ----------
        probability : ndarray of float64, shape (n,)
            Of the outcome within its own horizon, calibrated.

        Returns
        -------
        ndarray of float64, shape (n, n_horizons)
            Rising along each row; the last column is ``probability``.
        """
        stay = np.log1p(-np.clip(probability, 0.0, 1 - 1e-15))
        low, high = np.full(len(stay), -WIDEST), np.full(len(stay), WIDEST)
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            too_high = self._log_staying(middle)[:, -1] < stay
            low, high = np.where(too_high, low, middle), np.where(too_high, middle, high)
        shares = -np.expm1(self._log_staying((low + high) / 2))
        shares = np.minimum(shares, probability[:, None])
        shares[:, -1] = probability
        return np.asarray(shares)

    def _log_staying(self, scores: Floats) -> Floats:
        return np.cumsum(log_expit(-(scores[:, None] + self.levels_)), axis=1)

    def _hazard(self, X: Floats) -> Floats:
        return np.asarray(self.boosting_.decision_function(self._within(X)), dtype=np.float64)

    def _within(self, X: Floats) -> Floats:
        return np.column_stack([X, np.full(len(X), len(self.horizons_) - 1)])


def _level(scores: Floats, came: npt.NDArray[np.bool_]) -> float:
    """Return what makes scores the log-odds of an interval's hazard, of those who entered it."""
    share = float(came.mean()) if len(came) else 0.0
    least = 0.5 / (len(came) + 1)
    return match_mean(scores, min(max(share, least), 1 - least)) if len(came) else 0.0
