"""A ranker that is ready to score: learned, or added up from points."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
from scipy.special import expit
from sklearn.base import BaseEstimator
from sklearn.ensemble import HistGradientBoostingClassifier

from triage.errors import ConfigurationError, LearningError, Problem
from triage.features import FeatureMatrix
from triage.learning.calibration import UNCALIBRATED, Calibration
from triage.learning.comparators import points_by_feature
from triage.learning.linear import SignedLogistic
from triage.learning.recency import never_as_long_ago
from triage.learning.specs import ModelSpec
from triage.learning.trees import (
    AveragedBoosting,
    ExpectedHarmBoosting,
    Forest,
    HazardBoosting,
    TreeSum,
)

__all__ = ["Ranker", "Trained", "UnexplainedError"]

Floats = npt.NDArray[np.float64]


class UnexplainedError(LearningError):
    """A model whose scores cannot be taken apart exactly ranks nobody."""


class Ranker(Protocol):
    """What ranking asks of any ranker."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The features that it looks at."""

    def score(self, X: FeatureMatrix) -> Floats:
        """Return a score a row, higher for those to be heard sooner."""


@dataclass(frozen=True)
class Trained:
    """A ranker that is ready to score.

    Parameters
    ----------
    spec : ModelSpec
    feature_names : tuple of str
        The features that it looks at, in the order of its columns.
    outcome, horizon_days, meaning : str, int, str
        The outcome that it was trained on, or judged by.
    base_rate : float
        Share of positives among the rows it learned from.
    rows : int
        How many they were.
    estimator : BaseEstimator or None
        None for a comparator.
    calibration : Calibration
    directions : tuple of {-1, 0, 1}
        Of each feature, as it bound the estimator; all 0 where none did.
    recency : tuple of bool
        Whether each feature is a time since the last event, of which "none on record" counts as
        long ago; all False of a comparator.
    notes : tuple of str
        What a reader of its figures should know.
    ensemble : tuple of BaseEstimator
        The same model, taught by resampled people: how far its scores would have moved, had the
        past held other people of the same kind. Empty where none was made.
    """

    spec: ModelSpec
    feature_names: tuple[str, ...]
    outcome: str
    horizon_days: int
    meaning: str
    base_rate: float
    rows: int
    estimator: BaseEstimator | None = None
    calibration: Calibration = UNCALIBRATED
    directions: tuple[int, ...] = ()
    recency: tuple[bool, ...] = ()
    notes: tuple[str, ...] = ()
    ensemble: tuple[BaseEstimator, ...] = ()

    @property
    def name(self) -> str:
        """The name of its spec."""
        return self.spec.name

    @property
    def learned(self) -> bool:
        """Whether it speaks of probability; a comparator has points alone."""
        return self.estimator is not None

    @property
    def is_linear(self) -> bool:
        """Whether its score is a sum of one term a feature (see :meth:`linear_terms`)."""
        return not self.learned or isinstance(self.estimator, SignedLogistic)

    def select(self, X: FeatureMatrix) -> FeatureMatrix:
        """Return the features that it looks at, in its order, and as it sees them.

        That is as they are, but for times since an event of which none is on record: they
        count as ten years, as do longer ones.

        Raises
        ------
        ConfigurationError
            The pipelines no longer make some of them.
        """
        missing = sorted(set(self.feature_names) - set(X.names))
        if missing:
            raise ConfigurationError(
                Problem(
                    f"the model '{self.name}'",
                    "every feature that it was trained on must still be made by a pipeline",
                    f"none for {', '.join(missing)}",
                    "Put them back into pipelines/, or run 'triage train' again.",
                )
            )
        chosen = X if X.names == self.feature_names else X.select(self.feature_names)
        if not any(self.recency):
            return chosen
        values = chosen.values.copy(order="F")
        for column in np.flatnonzero(self.recency):
            values[:, column] = never_as_long_ago(values[:, column])
        return FeatureMatrix(values, chosen.features)

    def score(self, X: FeatureMatrix) -> Floats:
        """Return a score a row, shape (n,): calibrated log-odds, or a comparator's points."""
        return self.log_odds(X) if self.learned else self.points(X).sum(axis=1)

    def base_log_odds(self, X: FeatureMatrix) -> Floats:
        """Return the estimator's own log-odds before calibration, shape (n,)."""
        if self.estimator is None:
            raise TypeError(f"'{self.name}' is a comparator and has no log-odds")
        values = self.select(X).values
        if not len(values):
            return np.empty(0)
        return np.asarray(self.estimator.decision_function(values), dtype=np.float64)

    def log_odds(self, X: FeatureMatrix) -> Floats:
        """Return calibrated log-odds of the outcome, shape (n,)."""
        return self.calibration(self.base_log_odds(X))

    def probability(self, X: FeatureMatrix) -> Floats:
        """Return the calibrated probability of the outcome within its horizon, shape (n,)."""
        return np.asarray(expit(self.log_odds(X)))

    @property
    def horizons(self) -> tuple[int, ...]:
        """The days after the as-of date of which it has figures, the outcome's own last."""
        own = self.estimator
        return own.horizons_ if isinstance(own, HazardBoosting) else (self.horizon_days,)

    def by_horizon(self, X: FeatureMatrix) -> Floats:
        """Return the probability of the outcome by each of :attr:`horizons`.

        Returns
        -------
        ndarray of float64, shape (n, n_horizons)
            Never falling along a row; the last column is :meth:`probability`.
        """
        probability = self.probability(X)
        own = self.estimator
        return (
            own.by_horizon(probability) if isinstance(own, HazardBoosting) else probability[:, None]
        )

    def ensemble_scores(self, X: FeatureMatrix) -> Floats:
        """Return the score that each member of the ensemble gives, shape (n_members, n).

        Members share the calibration of the model that is kept.
        """
        values = self.select(X).values
        scores = np.empty((len(self.ensemble), len(values)))
        for row, member in zip(scores, self.ensemble, strict=True):
            if len(values):
                row[:] = self.calibration(member.decision_function(values))
        return scores

    def tree_sum(self, X: FeatureMatrix) -> TreeSum:
        """Return :meth:`base_log_odds` as a sum over trees, for an exact explainer of trees.

        Raises
        ------
        UnexplainedError
            The estimator is none of which every score can be taken apart exactly.
        """
        values = self.select(X).values
        if isinstance(self.estimator, HistGradientBoostingClassifier):
            return TreeSum(self.estimator, values, np.arange(values.shape[1]))
        sums = (AveragedBoosting, ExpectedHarmBoosting, Forest, HazardBoosting)
        if not isinstance(self.estimator, sums):
            raise UnexplainedError(
                Problem(
                    f"the model '{self.name}'",
                    "every score must be told as the sum of what each feature adds to it",
                    f"{type(self.estimator).__name__}, of which no exact SHAP values are known",
                    "Name one of the estimators that models/*.yaml may name.",
                )
            )
        return self.estimator.tree_sum(values)

    def linear_terms(self, X: FeatureMatrix) -> tuple[Floats, float]:
        """Return what each feature adds to the base score, and the score of none of them.

        Returns
        -------
        contributions : ndarray of float64, shape (n, n_features)
            Of a linear model: of mean 0 over the rows it learned from, which makes them exact
            Shapley values. Of a comparator: its points.
        intercept : float
            Contributions and intercept sum to :meth:`base_log_odds`, or to a comparator's points.

        Raises
        ------
        TypeError
            The model is not linear.
        """
        if not self.learned:
            return self.points(X), 0.0
        if not isinstance(self.estimator, SignedLogistic):
            raise TypeError(f"'{self.name}' is not linear")
        return self.estimator.contributions(self.select(X).values), self.estimator.intercept_

    def points(self, X: FeatureMatrix) -> Floats:
        """Return a comparator's points by feature, shape (n, n_features)."""
        return points_by_feature(self.spec, self.select(X))
