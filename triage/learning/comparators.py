"""Rankers whose points people have set: what panels use today."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from triage.conditions import Numbers, Truth, evaluate
from triage.features import FeatureMatrix
from triage.learning.specs import ModelSpec, Term

__all__ = ["points_by_feature"]

Floats = npt.NDArray[np.float64]


def points_by_feature(spec: ModelSpec, X: FeatureMatrix) -> Floats:
    """Return the points that each feature gives each row.

    Parameters
    ----------
    spec : ModelSpec
        A comparator.
    X : FeatureMatrix
        Only with the features that the comparator names.

    Returns
    -------
    ndarray of float64, shape (n_rows, n_features)
        They sum to the row's score. Where ``requires`` is not known to hold, each term gives its
        lowest points.
    """
    points = np.zeros(X.values.shape, order="F")
    admitted = _admitted(spec, X)
    for term in spec.points or ():
        column = X.names.index(term.feature)
        given = _given(term, X.column(term.feature))
        points[:, column] += np.where(admitted, given, _lowest(term))
    return points


def _admitted(spec: ModelSpec, X: FeatureMatrix) -> npt.NDArray[np.bool_]:
    if spec.condition is None:
        return np.ones(len(X), dtype=bool)
    columns = {name: Numbers(X.column(name)) for name in X.names}
    return np.asarray(evaluate(spec.condition, columns).truth == Truth.YES)


def _given(term: Term, values: Floats) -> Floats:
    if term.bands is None:
        capped = values if term.at_most is None else np.minimum(values, term.at_most)
        return np.nan_to_num(capped * (term.weight or 0.0), nan=0.0)
    points = np.zeros(len(values))
    open_rows = ~np.isnan(values)
    points[~open_rows] = _lowest(term)
    for band in term.bands:
        held = open_rows.copy()
        if band.at_least is not None:
            held &= values >= band.at_least
        if band.at_most is not None:
            held &= values <= band.at_most
        points[held] = band.points
        open_rows &= ~held
    return points


def _lowest(term: Term) -> float:
    return min([0.0, *(band.points for band in term.bands or ())])
