"""How sure a score and a place on the list are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import t as student

from triage.ranking.bands import bands
from triage.ranking.line import draw_line
from triage.ranking.places import order_of
from triage.ranking.tiers import exclusions_of, tiers_of
from triage.rules import RESERVE, Trace

__all__ = ["Certainty", "certainty"]

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Certainty:
    """How sure each referral's score and place are.

    Parameters
    ----------
    low, high : ndarray of float64, shape (n_rows,)
        Interval around the score, in its own unit; NaN where there is no ensemble.
    chance_within_capacity : ndarray of float64, shape (n_rows,)
        Share of the ensemble's lists on which the referral is within the panel's capacity; NaN
        where it is not for this panel, or where there is no ensemble.
    band_first, band_last : ndarray of int32, shape (n_rows,)
        The places of its band, see :func:`triage.ranking.bands`; 0 where it is not for this panel.
    n_members : int
        How many members the ensemble has; 0 where there are fewer than two, which tell nothing.
    """

    low: Floats
    high: Floats
    chance_within_capacity: Floats
    band_first: npt.NDArray[np.int32]
    band_last: npt.NDArray[np.int32]
    n_members: int


def certainty(
    referral_ids: Sequence[str],
    scores: Floats,
    ensemble: Floats,
    trace: Trace,
    *,
    capacity: int,
    reserved_places: int = 0,
    told_apart: float = 0.8,
    level: float = 0.9,
) -> Certainty:
    """Return how far scores and places would move, had a model learned from other people.

    Parameters
    ----------
    referral_ids : sequence of str, shape (n_rows,)
    scores : ndarray of float64, shape (n_rows,)
        Those that the list is ranked by.
    ensemble : ndarray of float64, shape (n_members, n_rows)
        The scores that each member gives; see :meth:`triage.learning.Trained.ensemble_scores`.
        With fewer than two, nothing is said of scores and chances.
    trace : Trace
        Of the rules, which give every member's list the same tiers.
    capacity, reserved_places : int
    told_apart : float
        How likely the order of two places must be right for them not to share a band.
    level : float
        Of the intervals.

    Raises
    ------
    ValueError
        The arguments do not belong together.

    Notes
    -----
    The interval is the score and, on either side, the members' standard deviation times Student's
    quantile for one degree of freedom fewer than there are members. It tells what the draw of
    people to learn from does to a score; not what a change of the world would do.
    """
    n_members, n_rows = ensemble.shape
    if not len(referral_ids) == len(scores) == n_rows == trace.n_rows:
        raise ValueError(
            f"{len(referral_ids)} referrals, {len(scores)} scores, {n_members} members' scores of "
            f"{n_rows} and {trace.n_rows} rows of rules do not belong together"
        )
    excluded = exclusions_of(trace)
    ranked = np.array([row for row in range(n_rows) if row not in excluded], np.int64)
    ids, tiers = np.asarray(referral_ids, dtype=object)[ranked], tiers_of(trace)[ranked]
    spread, chance = np.full(n_rows, np.nan), np.full(n_rows, np.nan)
    if n_members >= 2:
        spread = ensemble.std(axis=0, ddof=1) * student.ppf((1 + level) / 2, n_members - 1)
        within, may_be_kept_for = np.zeros(len(ranked)), trace.fires(RESERVE)[ranked]
        for member in ensemble:
            order = order_of(tiers, member[ranked], ids)
            above, _ = draw_line(
                tiers[order],
                may_be_kept_for[order],
                capacity=capacity,
                reserved_places=reserved_places,
            )
            within[order] += above
        chance[ranked] = within / n_members
    order = order_of(tiers, scores[ranked], ids)
    rows = ranked[order]
    band_first, band_last = np.zeros(n_rows, np.int32), np.zeros(n_rows, np.int32)
    band_first[rows], band_last[rows] = bands(
        tiers[order], scores[rows], ensemble[:, rows], level=told_apart
    )
    return Certainty(
        scores - spread,
        scores + spread,
        chance,
        band_first,
        band_last,
        n_members if n_members >= 2 else 0,
    )
