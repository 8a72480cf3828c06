"""What each feature adds to a score, value by value, where a score is such a sum."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from triage.features import FeatureMatrix
from triage.learning.linear import SignedLogistic
from triage.learning.trained import Trained
from triage.workspace import Strict

__all__ = ["FeatureShape", "ShapePoint", "shapes_of"]

Floats = npt.NDArray[np.float64]
MOST_FEATURES = 12
MOST_POINTS = 25
"""Values of a feature at which its curve is told, before those that are the same are told once."""

FLAT = 1e-9
ADDITIVE = "additive_boosting"


class ShapePoint(Strict):
    """What a value of a feature adds to the log-odds, against the mean of all referrals."""

    value: float
    adds: float


class FeatureShape(Strict):
    """The curve of a feature.

    Parameters
    ----------
    feature : str
    points : list of ShapePoint
        By rising value; between two the curve may take a step anywhere.
    unknown : float or None
        What a value that is not known adds; None where too few are not known.
    """

    feature: str
    points: list[ShapePoint]
    unknown: float | None = None

    @property
    def reach(self) -> float:
        """How far apart the highest and the lowest part of the curve lie, in log-odds."""
        adds = [one.adds for one in self.points] + [self.unknown or 0.0]
        return max(adds) - min(adds)


def shapes_of(trained: Trained, X: FeatureMatrix, *, smallest: int) -> list[FeatureShape]:
    """Return the curves of a model that is a sum of one curve a feature, the widest first.

    Parameters
    ----------
    trained : Trained
    X : FeatureMatrix, shape (n, n_features)
        Referrals whose values are looked at, a row a person.
    smallest : int
        Each value that is told stands for at least so many of them.

    Returns
    -------
    list of FeatureShape
        At most twelve; empty for a model in which features work together, and for points.

    Notes
    -----
    In a sum of curves a feature adds the same whatever the others are, so each curve is read off
    one referral whose value of the feature is changed. A test asserts that they make up the score.
    """
    if not _is_additive(trained):
        return []
    seen = trained.select(X)
    shapes = [
        shape
        for column, name in enumerate(trained.feature_names)
        for shape in _shape(trained, seen, column, name, smallest)
    ]
    return sorted(shapes, key=lambda one: (-one.reach, one.feature))[:MOST_FEATURES]


def _is_additive(trained: Trained) -> bool:
    return isinstance(trained.estimator, SignedLogistic) or (
        trained.learned and trained.spec.estimator == ADDITIVE
    )


def _shape(
    trained: Trained, seen: FeatureMatrix, column: int, name: str, smallest: int
) -> Iterator[FeatureShape]:
    """Yield the curve of a feature, unless it is flat or too few values are known."""
    values = seen.values[:, column]
    known = values[~np.isnan(values)]
    parts = min(MOST_POINTS, len(known) // smallest)
    if not parts:
        return
    middles = (np.arange(parts) + 0.5) / parts
    asked = np.quantile(known, middles, method="inverted_cdf")
    n_unknown = len(values) - len(known)
    adds = _added(trained, seen, column, np.append(asked, np.nan))
    weights = np.append(np.full(parts, len(known) / parts), n_unknown)
    adds -= np.average(adds, weights=weights)
    told, first = np.unique(asked, return_index=True)
    shape = FeatureShape(
        feature=name,
        points=[
            ShapePoint(value=float(value), adds=round(float(adds[place]), 4))
            for value, place in zip(told, first, strict=True)
        ],
        unknown=round(float(adds[-1]), 4) if n_unknown >= smallest else None,
    )
    if shape.reach > FLAT and len(shape.points) + (shape.unknown is not None) > 1:
        yield shape


def _added(trained: Trained, seen: FeatureMatrix, column: int, values: Floats) -> Floats:
    """Return the scores of the first referral with other values of one feature."""
    supposed = np.repeat(seen.values[:1], len(values), axis=0)
    supposed[:, column] = values
    return trained.score(FeatureMatrix(np.asfortranarray(supposed), seen.features))
