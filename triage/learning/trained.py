"""A ranker that is ready to score: learned, or added up from points."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
from scipy.special import expit
from sklearn.base import BaseEstimator

from triage.errors import ConfigurationError, Problem
from triage.features import FeatureMatrix
from triage.learning.calibration import UNCALIBRATED, Calibration
from triage.learning.comparators import points_by_feature
from triage.learning.linear import SignedLogistic
from triage.learning.recency import never_as_long_ago
from triage.learning.specs import ModelSpec

__all__ = ["Ranker", "Trained"]

Floats = npt.NDArray[np.float64]


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
