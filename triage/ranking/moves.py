"""How places moved from one list to the next, and by what: counterfactual lists, one a cause."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from triage.ranking.places import order_of

__all__ = ["Standings", "causes_of_moves", "places_among"]

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Positions = npt.NDArray[np.int64]
Tiers = npt.NDArray[np.int8]


@dataclass(frozen=True)
class Standings:
    """By what some referrals are ordered.

    Parameters
    ----------
    tiers : ndarray of int8, shape (n,)
    scores : ndarray of float64, shape (n,)
    """

    tiers: Tiers
    scores: Floats

    def take(self, rows: Positions) -> Standings:
        """Return those of some rows."""
        return Standings(self.tiers[rows], self.scores[rows])


def places_among(
    field: Standings, ids: Sequence[str], there: Bools, rows: Positions, own: Standings
) -> Positions:
    """Return the place that each referral would have among the others of a list.

    Parameters
    ----------
    field : Standings, of n_field rows
        The list.
    ids : sequence of str, shape (n_field,)
        Settle ties.
    there : ndarray of bool, shape (n_field,)
        Who is ranked on it.
    rows : ndarray of int64, shape (n,)
        Where each referral stands in the field; its own row there does not count.
    own : Standings, of n rows
        How each would stand, one at a time, all others being as they are in the field.

    Returns
    -------
    ndarray of int64, shape (n,)
        From 1.

    Examples
    --------
    >>> tiers, scores = np.array([3, 3, 3], np.int8), np.array([0.9, 0.5, 0.1])
    >>> own = Standings(np.array([3], np.int8), np.array([0.7]))
    >>> places_among(Standings(tiers, scores), "abc", np.ones(3, bool), np.array([2]), own)
    array([2])
    """
    n_field, names = len(field.tiers), np.asarray(list(ids), dtype=object)
    order = order_of(
        np.concatenate([field.tiers, own.tiers]),
        np.concatenate([field.scores, own.scores]),
        np.concatenate([names, names[rows]]),
    )
    counted = np.concatenate([there, np.zeros(len(rows), dtype=bool)])
    position = np.empty(len(order), dtype=np.int64)
    position[order] = np.arange(len(order))
    before = np.cumsum(counted[order]) - counted[order]
    here = position[n_field:]
    itself = there[rows] & (position[rows] < here)
    return np.asarray(before[here] - itself + 1, dtype=np.int64)


def causes_of_moves(
    ids: Sequence[str],
    rows: Positions,
    rank_then: Positions,
    rank_now: Positions,
    fields: Mapping[str, tuple[Standings, Bools]],
    own: Mapping[str, Standings],
) -> dict[str, Positions]:
    """Return how many places each cause raised each referral that stands on two lists.

    Parameters
    ----------
    ids : sequence of str, shape (n_then,)
        The referrals of the earlier list.
    rows : ndarray of int64, shape (n,)
        Which of them stand on both lists.
    rank_then, rank_now : ndarray of int64, shape (n,)
        Their places as they were and are told.
    fields : mapping of str to (Standings, ndarray of bool)
        The earlier list as it stood, and then as it would have stood after each cause that moves
        everybody, in order; with who would be ranked. The first is no cause.
    own : mapping of str to Standings
        How the referrals would stand after each cause that is their own, in order, the last being
        how they stand now.

    Returns
    -------
    dict of str to ndarray of int64, shape (n,)
        For each cause but the first of ``fields``, and last for ``others``: the places gained, lost
        where below 0. They sum to ``rank_then − rank_now`` exactly.

    Notes
    -----
    Each place is one on a list that was ranked again, so each cause is a difference of two places
    and the differences telescope. ``others`` is what is left between a referral as it is now among
    the others as they were, and the list as it is: who came, who went, and how the rest moved.
    """
    (_, start), *moving = fields.items()
    field, there = start
    place = places_among(field, ids, there, rows, field.take(rows))
    gained: dict[str, Positions] = {}
    for cause, (field, there) in moving:
        after = places_among(field, ids, there, rows, field.take(rows))
        gained[cause], place = place - after, after
    for cause, standing in own.items():
        after = places_among(field, ids, there, rows, standing)
        gained[cause], place = place - after, after
    return gained | {"others": rank_then - rank_now - sum(gained.values())}
