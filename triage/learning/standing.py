"""Weights with which people who were not taken on stand for those like them who were."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from triage.features import FeatureMatrix
from triage.learning.linear import SignedLogistic

__all__ = ["MOST_WEIGHT", "standing_weights"]

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]
MOST_WEIGHT = 10.0
"""No row stands for more than so many: a few rows should not decide everything."""

PENALTY = 0.01


def standing_weights(matrix: FeatureMatrix, rows: Rows, gone: Rows) -> Floats:
    """Return how many each row stands for, itself among them.

    Parameters
    ----------
    matrix : FeatureMatrix
    rows : ndarray of int64
        Moments whose answer counts.
    gone : ndarray of int64
        Moments whose answer is unknown because the person was taken on.

    Returns
    -------
    ndarray of float64, shape (n_rows,)
        1 / (1 − the chance of being taken on), from 1 to 10; all 1 where nobody is gone.

    Notes
    -----
    Inverse probability of censoring weights. The chance is a ridge logistic regression on all
    features. It mends what the features tell of why people are taken on, and nothing else.

    References
    ----------
    Robins, J. and Finkelstein, D. (2000). Correcting for noncompliance and dependent censoring in
    an AIDS clinical trial with inverse probability of censoring weighted log-rank tests.
    Biometrics 56, 779–788.
    """
    if not len(gone) or not len(rows):
        return np.ones(len(rows))
    together = np.concatenate([rows, gone])
    taken = np.repeat([0.0, 1.0], [len(rows), len(gone)])
    model = SignedLogistic(penalty=PENALTY, l1_ratio=0.0)
    model.fit(matrix.values[together], taken)
    chance = model.predict_proba(matrix.values[rows])[:, 1]
    return np.asarray(np.minimum(1 / (1 - chance), MOST_WEIGHT))
