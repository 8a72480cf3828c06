"""How well a ranker would have served the panel: first at its capacity, then overall."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import expit
from sklearn.metrics import average_precision_score, roc_auc_score

from triage.learning.calibration import fit_line

__all__ = ["Measures", "lists_of", "measure", "places"]

Floats = npt.NDArray[np.float64]
Lists = npt.NDArray[np.int64]
NAN = float("nan")


@dataclass(frozen=True)
class Measures:
    """Measures of one ranker over one or more test periods.

    Parameters
    ----------
    rows, positives, lists : int
        Referrals with a known outcome, those with the outcome, and monthly lists.
    harm_captured : float
        Share of all harm that followed which followed those within capacity; NaN without harm.
    recall : float
        Share of all positives who were within capacity.
    precision : float
        Share of those within capacity who were positives.
    auc : float
        Probability that a positive scores above a negative, ties counting half.
    average_precision : float
        Mean precision over the ranks at which recall rises.
    brier : float
        Mean squared error of the probability; NaN for points.
    calibration_slope : float
        Slope of the outcome on log-odds: 1 is right, below 1 too extreme; NaN for points.

    References
    ----------
    Brier, G. (1950). Verification of forecasts expressed in terms of probability.
    Cox, D. (1958). Two further applications of a model for binary regression.
    """

    rows: int
    positives: int
    lists: int
    harm_captured: float
    recall: float
    precision: float
    auc: float
    average_precision: float
    brier: float = NAN
    calibration_slope: float = NAN

    @property
    def caught(self) -> float:
        """Share of the harm captured, or, where no harm followed at all, of the positives."""
        return self.recall if math.isnan(self.harm_captured) else self.harm_captured


def lists_of(days: npt.NDArray[np.int32]) -> Lists:
    """Return the calendar month of each as-of date, as months since 1970-01.

    A panel meets monthly: whatever their dates, those of one month share one list.
    """
    return days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)


def places(scores: Floats, lists: Lists, capacity: int) -> Floats:
    """Return each row's chance of a place within its list's capacity.

    Parameters
    ----------
    scores : ndarray of float64, shape (n,)
    lists : ndarray of int64, shape (n,)
    capacity : int

    Returns
    -------
    ndarray of float64, shape (n,)
        1 above the cut and 0 below it. Where several tie at the cut, each has the same chance,
        so that sums over these are what one expects if ties were broken by lot.

    Examples
    --------
    >>> places(np.array([3.0, 2.0, 2.0, 1.0]), np.zeros(4, dtype=np.int64), capacity=2)
    array([1. , 0.5, 0.5, 0. ])
    """
    chances = np.ones(len(scores))
    for rows in _by_list(lists):
        if len(rows) > capacity:
            here = scores[rows]
            cut = np.partition(here, len(here) - capacity)[len(here) - capacity]
            above, tied = here > cut, here == cut
            chances[rows] = above + tied * ((capacity - above.sum()) / tied.sum())
    return chances


def _by_list(lists: Lists) -> list[npt.NDArray[np.int64]]:
    order = np.argsort(lists, kind="stable")
    starts = np.flatnonzero(np.diff(lists[order])) + 1
    return np.split(order, starts) if len(order) else []


def measure(
    scores: Floats,
    y: Floats,
    harm_days: Floats,
    lists: Lists,
    *,
    capacity: int,
    log_odds: bool,
) -> Measures:
    """Return how well scores rank what followed.

    Parameters
    ----------
    scores, y, harm_days : ndarray of float64, shape (n,)
        Rows with a known outcome, 0 or 1, both present.
    lists : ndarray of int64, shape (n,)
    capacity : int
        How many of each list the panel hears.
    log_odds : bool
        Whether scores are log-odds; only then is there a probability to judge.
    """
    chances = places(scores, lists, capacity)
    caught = float(chances @ y)
    harm = float(harm_days.sum())
    return Measures(
        rows=len(y),
        positives=int(y.sum()),
        lists=len(np.unique(lists)),
        harm_captured=float(chances @ harm_days) / harm if harm > 0 else NAN,
        recall=caught / float(y.sum()),
        precision=caught / float(chances.sum()),
        auc=float(roc_auc_score(y, scores)),
        average_precision=float(average_precision_score(y, scores)),
        brier=float(((expit(scores) - y) ** 2).mean()) if log_odds else NAN,
        calibration_slope=fit_line(scores, y)[0] if log_odds else NAN,
    )
