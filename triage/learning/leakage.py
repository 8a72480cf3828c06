"""Skill that should not be there: in a single feature, or in outcomes dealt out by lot."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.metrics import roc_auc_score

from triage.learning.estimators import make_estimator
from triage.learning.examples import Examples
from triage.learning.fitting import differs
from triage.timeline import Fold

__all__ = ["Skill", "shuffled_skill", "single_feature_skills", "skill_of", "standard_error"]

Floats = npt.NDArray[np.float64]
BINS = 20
Z = 3.290527
"""Intervals are of 99.9%: many features are looked at, and honest ones should not be accused."""

QUICK = {"max_iter": 60, "learning_rate": 0.1}
"""Parameters of the trees that look for skill: it need not be the best, only to find any."""


@dataclass(frozen=True)
class Skill:
    """How well something ranks outcomes that came after it.

    Parameters
    ----------
    auc : float
        Probability that a positive stands above a negative, ties counting half.
    low, high : float
        Interval around it.
    """

    auc: float
    low: float
    high: float


def single_feature_skills(examples: Examples, folds: Sequence[Fold]) -> dict[str, Skill]:
    """Return how well each feature alone ranks the outcomes of the test periods.

    A feature's values are cut into at most 20 groups of like size, and a group of those where it
    is not known; each group scores what share of it had the outcome in training. So a feature
    is found out whatever its direction, and also where only its absence tells.

    Parameters
    ----------
    examples : Examples
    folds : sequence of Fold
        Of :func:`triage.learning.make_folds`.

    Returns
    -------
    dict of str to Skill
        By feature, with intervals of 99.9%.

    References
    ----------
    Hanley, J. and McNeil, B. (1982). The meaning and use of the area under a receiver operating
    characteristic (ROC) curve. Radiology 143, 29–36.
    """
    y = examples.labels.values
    tested = np.concatenate([fold.test for fold in folds])
    skills = {}
    for name in examples.matrix.names:
        values = examples.matrix.column(name)
        scores = [_rates(values[fold.train], y[fold.train], values[fold.test]) for fold in folds]
        skills[name] = skill_of(y[tested], np.concatenate(scores))
    return skills


def shuffled_skill(examples: Examples, folds: Sequence[Fold], *, shuffles: int, seed: int) -> Skill:
    """Return how well quick boosted trees rank outcomes that were dealt out by lot.

    Parameters
    ----------
    examples : Examples
    folds : sequence of Fold
        The last one is used: it has most to learn from.
    shuffles : int
        How often outcomes are dealt, among the rows to learn from and among those to test on.
    seed : int

    Returns
    -------
    Skill
        The mean over all shuffles, with an interval of 99.9%: nothing that is sound leaves .5 out
        more than once in a thousand times.
    """
    fold = folds[-1]
    random = np.random.default_rng(seed)
    y = examples.labels.values
    taught = [differs(column[fold.train]) for column in examples.matrix.values.T]
    values = examples.matrix.values[:, taught]
    aucs = []
    for _ in range(shuffles if any(taught) else 0):
        dealt = y.copy()
        for rows in (fold.train, fold.test):
            dealt[rows] = random.permutation(y[rows])
        trees = make_estimator("hist_gradient_boosting", QUICK, None, seed)
        trees.fit(values[fold.train], dealt[fold.train].astype(np.int64))
        scores = trees.decision_function(values[fold.test])
        aucs.append(float(roc_auc_score(dealt[fold.test], scores)))
    positives = float(y[fold.test].sum())
    negatives = len(fold.test) - positives
    error = math.sqrt((positives + negatives + 1) / (12 * positives * negatives * shuffles))
    mean = sum(aucs) / shuffles if aucs else 0.5
    return Skill(mean, mean - Z * error, mean + Z * error)


def _rates(values: Floats, y: Floats, wanted: Floats) -> Floats:
    """Return the share of positives in the group of each wanted value, shrunk a little."""
    known = values[~np.isnan(values)]
    cuts = np.unique(np.quantile(known, np.linspace(0, 1, BINS + 1)[1:-1])) if len(known) else known
    groups = _groups(values, cuts)
    size = len(cuts) + 2
    share = y.mean()
    rates = (np.bincount(groups, y, size) + share) / (np.bincount(groups, minlength=size) + 1.0)
    return np.asarray(rates[_groups(wanted, cuts)])


def _groups(values: Floats, cuts: Floats) -> npt.NDArray[np.int64]:
    groups = np.searchsorted(cuts, values, side="left")
    return np.where(np.isnan(values), len(cuts) + 1, groups)


def skill_of(y: Floats, scores: Floats, *, z: float = Z) -> Skill:
    """Return how well scores rank outcomes, with Hanley and McNeil's interval.

    Parameters
    ----------
    y, scores : ndarray of float64, shape (n,)
    z : float
        Half the interval's length in standard errors; by default for 99.9%.
    """
    auc = float(roc_auc_score(y, scores))
    error = z * standard_error(auc, y)
    return Skill(auc, max(auc - error, 0.0), min(auc + error, 1.0))


def standard_error(auc: float, y: Floats) -> float:
    """Return Hanley and McNeil's standard error of an AUC of these outcomes."""
    positives = float(y.sum())
    negatives = len(y) - positives
    first, second = auc / (2 - auc), 2 * auc**2 / (1 + auc)
    variance = (
        auc * (1 - auc) + (positives - 1) * (first - auc**2) + (negatives - 1) * (second - auc**2)
    ) / (positives * negatives)
    return math.sqrt(max(variance, 0.0))
