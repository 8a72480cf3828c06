"""The line at capacity: who stands above it, by order or on a place that is kept."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from triage.ranking.tiers import Tier

__all__ = ["audit_sample", "draw_line"]

Marks = npt.NDArray[np.bool_]


def draw_line(
    tiers: npt.NDArray[np.int8], may_be_kept_for: Marks, *, capacity: int, reserved_places: int
) -> tuple[Marks, Marks]:
    """Return who is within the panel's capacity, and who of these on a place kept for them.

    Parameters
    ----------
    tiers : ndarray of int8, shape (n,)
        From the top of the list to its end.
    may_be_kept_for : ndarray of bool, shape (n,)
        On whom a rule of the effect ``reserve`` fires: those without a history with the police.
    capacity : int
    reserved_places : int
        How many of the places are kept for such referrals.

    Returns
    -------
    within, reserved : ndarray of bool, shape (n,)

    Notes
    -----
    As many as there is room for are within, by their order. Where fewer of them than there are
    places kept may have one, the next such referrals below are brought in, each for the last
    referral within that stands there by its score. Nobody's order or tier changes, and nobody whom
    a rule has raised gives up a place; so where rules have raised all, no place is left to keep.

    Examples
    --------
    >>> tiers = np.array([1, 3, 3, 3, 3], dtype=np.int8)
    >>> unknown_to_police = np.array([False, False, False, False, True])
    >>> within, _ = draw_line(tiers, unknown_to_police, capacity=3, reserved_places=1)
    >>> within.tolist()
    [True, True, False, False, True]
    """
    within = np.arange(len(tiers)) < capacity
    wanted = max(reserved_places - int((within & may_be_kept_for).sum()), 0)
    give = np.flatnonzero(within & ~may_be_kept_for & (tiers == Tier.SCORED))[::-1][:wanted]
    take = np.flatnonzero(~within & may_be_kept_for)[: len(give)]
    reserved = np.zeros(len(tiers), dtype=bool)
    reserved[take] = True
    within[give[: len(take)]] = False
    return within | reserved, reserved


def audit_sample(
    referral_ids: Sequence[str], within: Marks, *, size: int, seed: Sequence[int]
) -> Marks:
    """Return a sample drawn by lot from below the line, which is for the record alone.

    What becomes of those whom nobody heard is seldom looked at. A few of them, looked into by
    people who do not know where they stood, say what a list has missed.

    Parameters
    ----------
    referral_ids : sequence of str, shape (n,)
    within : ndarray of bool, shape (n,)
    size : int
        How many; all that there are, where there are fewer.
    seed : sequence of int
        The same seed and referrals give the same sample, whatever their order.

    Returns
    -------
    ndarray of bool, shape (n,)
    """
    below = sorted(np.flatnonzero(~within).tolist(), key=lambda place: referral_ids[place])
    drawn = np.random.default_rng(list(seed)).permutation(len(below))[:size]
    sample = np.zeros(len(within), dtype=bool)
    sample[[below[place] for place in drawn]] = True
    return sample
