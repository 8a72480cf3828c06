"""A score taken apart into what each feature adds to it."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from triage.features import Feature, FeatureMatrix
from triage.learning import Trained

__all__ = ["Contributions", "NotAdditiveError", "explain"]

Floats = npt.NDArray[np.float64]

TOLERANCE = 1e-6
"""How far a sum may lie from its score, in log-odds (or points)."""


class NotAdditiveError(ArithmeticError):
    """Contributions do not sum to the scores; an error of the engine, not of its user."""


@dataclass(frozen=True)
class Contributions:
    """What each feature adds to each score.

    Parameters
    ----------
    values : ndarray of float64, shape (n_rows, n_features)
        In calibrated log-odds; in points for a comparator.
    base : float
        The score before anything is known of a referral: the mean over what was learned from.
    scores : ndarray of float64, shape (n_rows,)
        What the values of a row and the base sum to.
    features : tuple of Feature, shape (n_features,)
        Those that the model looks at.
    """

    values: Floats
    base: float
    scores: Floats
    features: tuple[Feature, ...]

    def __post_init__(self) -> None:
        if self.values.shape != (len(self.scores), len(self.features)):
            raise ValueError(
                f"{self.values.shape} contributions for {len(self.scores)} rows and "
                f"{len(self.features)} features"
            )
        _assert_additive(self.values, self.base, self.scores)

    def __len__(self) -> int:
        return len(self.scores)


def explain(trained: Trained, X: FeatureMatrix) -> Contributions:
    """Return what each feature adds to the score of each row.

    Parameters
    ----------
    trained : Trained
        A model of this project's estimators, or a comparator.
    X : FeatureMatrix
        With at least the features that the model looks at.

    Raises
    ------
    NotAdditiveError
        On some row, base and contributions do not sum to the score.
    UnexplainedError
        The estimator is none whose scores can be taken apart exactly.

    Notes
    -----
    For trees: path-dependent TreeSHAP, the Shapley values of the trees' own conditional
    expectations, exact in log-odds. For linear models: coefficient × (value − mean), the Shapley
    values against the rows that were learned from. Both are multiplied by the calibration's slope;
    its intercept goes to the base.

    References
    ----------
    Lundberg, S. et al. (2020). From local explanations to global understanding with explainable
    AI for trees. Nature Machine Intelligence 2, 56-67.
    """
    chosen = trained.select(X)
    values, base = trained.linear_terms(chosen) if trained.is_linear else _of_trees(trained, chosen)
    line = trained.calibration
    return Contributions(
        values=line.slope * values,
        base=line.slope * base + line.intercept,
        scores=np.asarray(trained.score(chosen), dtype=np.float64),
        features=chosen.features,
    )


def _of_trees(trained: Trained, X: FeatureMatrix) -> tuple[Floats, float]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PendingDeprecationWarning)  # of its plots, not used here
        import shap  # takes seconds to load, and only trees need it

    total = trained.tree_sum(X)
    explainer = shap.TreeExplainer(total.model, feature_perturbation="tree_path_dependent")
    base = float(np.asarray(explainer.expected_value).reshape(-1)[0]) + total.offset
    if not len(X):
        return np.empty((0, len(X.features))), base
    # Our own assertion follows; the library's passes where contributions are wrong.
    seen = np.ascontiguousarray(total.values)
    parts = np.asarray(explainer.shap_values(seen, check_additivity=False), dtype=np.float64)
    parts = parts.reshape(seen.shape)
    values = np.zeros((len(X), len(X.features)))
    for column, feature in enumerate(total.columns):
        if feature >= 0:
            values[:, feature] += parts[:, column]
        else:  # a column that is the same for everyone moves all scores alike
            base += float(parts[0, column])
    return values, base


def _assert_additive(values: Floats, base: float, scores: Floats) -> None:
    off = np.abs(base + values.sum(axis=1) - scores)
    wrong = int(np.count_nonzero(~(off <= TOLERANCE)))
    if wrong:
        raise NotAdditiveError(
            f"contributions do not sum to the score on {wrong} of {len(scores)} rows "
            f"(largest difference {np.max(off):.3g})"
        )
