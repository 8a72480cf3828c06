"""How sure a score and a place on the list are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import t as student

from triage.ranking.places import order_of
from triage.ranking.tiers import exclusions_of, tiers_of
from triage.rules import Trace

__all__ = ["Certainty", "certainty"]

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Certainty:
    """How sure each referral's score and place are.

    Parameters
    ----------
    low, high : ndarray of float64, shape (n_rows,)
        Interval around the score, in its own unit.
    chance_within_capacity : ndarray of float64, shape (n_rows,)
        Share of the ensemble's lists on which the referral is within the panel's capacity; NaN
        where it is not for this panel.
    """

    low: Floats
    high: Floats
    chance_within_capacity: Floats


def certainty(
    referral_ids: Sequence[str],
    scores: Floats,
    ensemble: Floats,
    trace: Trace,
    *,
    capacity: int,
    level: float = 0.9,
) -> Certainty:
    """Return how far scores and places would move, had a model learned from other people.

    Parameters
    ----------
    referral_ids : sequence of str, shape (n_rows,)
    scores : ndarray of float64, shape (n_rows,)
        Those that the list is ranked by.
    ensemble : ndarray of float64, shape (n_members, n_rows)
        The scores that each member gives, at least two; see
        :meth:`triage.learning.Trained.ensemble_scores`.
    trace : Trace
        Of the rules, which give every member's list the same tiers.
    capacity : int
    level : float
        Of the intervals.

    Raises
    ------
    ValueError
        The arguments do not belong together, or there are fewer than two members.

    Notes
    -----
    The interval is the score and, on either side, the members' standard deviation times Student's
    quantile for one degree of freedom fewer than there are members. It tells what the draw of
    people to learn from does to a score; not what a change of the world would do.
    """
    n_members, n_rows = ensemble.shape
    if n_members < 2 or not len(referral_ids) == len(scores) == n_rows == trace.n_rows:
        raise ValueError(
            f"{len(referral_ids)} referrals, {len(scores)} scores, {n_members} members' scores of "
            f"{n_rows} and {trace.n_rows} rows of rules do not belong together"
        )
    spread = ensemble.std(axis=0, ddof=1) * student.ppf((1 + level) / 2, n_members - 1)
    excluded = exclusions_of(trace)
    ranked = np.array([row for row in range(n_rows) if row not in excluded], np.int64)
    ids, tiers = np.asarray(referral_ids, dtype=object)[ranked], tiers_of(trace)[ranked]
    within = np.zeros(len(ranked))
    for member in ensemble:
        within[order_of(tiers, member[ranked], ids)[:capacity]] += 1
    chance = np.full(n_rows, np.nan)
    chance[ranked] = within / n_members
    return Certainty(scores - spread, scores + spread, chance)
