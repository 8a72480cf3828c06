"""Measures by group at the cut, with small cells withheld."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.special import expit

from triage.fairness.small_cells import in_hundredths, is_small, rounded_count
from triage.learning import Assessed, GroupFigures

__all__ = ["by_group"]

Floats = npt.NDArray[np.float64]


def by_group(
    tested: Assessed,
    scores: Floats,
    groups: Sequence[str | None],
    *,
    attribute: str,
    smallest_group: int,
    learned: bool = False,
) -> list[GroupFigures]:
    """Return what the cut does to each group, in the order of their names.

    Parameters
    ----------
    tested : Assessed
    scores : ndarray of float64, shape (n,)
    groups : sequence of str or None, shape (n,)
        None where it is not known; such rows are among "all others" and no group of their own.
    attribute : str
    smallest_group : int
        Nothing is told of a group with fewer people, or where it or all others have fewer
        referrals with the outcome, or fewer without it.
    learned : bool
        Whether scores are log-odds; only then is there a probability to compare.
    """
    known = np.array([group is not None for group in groups], dtype=bool)
    names = np.array([group or "" for group in groups])
    within = tested.within(scores)
    probabilities = expit(scores) if learned else None
    return [
        _figures(
            tested, within, known & (names == name), attribute, name, smallest_group, probabilities
        )
        for name in sorted(set(names[known].tolist()))
    ]


def _figures(
    tested: Assessed,
    within: Floats,
    member: npt.NDArray[np.bool_],
    attribute: str,
    name: str,
    smallest_group: int,
    probabilities: Floats | None,
) -> GroupFigures:
    people = len(np.unique(tested.person[member]))
    own, others = tested.y * member, tested.y * ~member
    without, without_others = (1 - tested.y) * member, (1 - tested.y) * ~member
    counts = (own.sum(), others.sum(), without.sum(), without_others.sum())
    if is_small(people, *counts, smallest=smallest_group):
        return GroupFigures(attribute=attribute, group=name, told=False)
    draws = tested.draws
    return GroupFigures(
        attribute=attribute,
        group=name,
        told=True,
        rows=rounded_count(member.sum()),
        positives=rounded_count(own.sum()),
        reached=in_hundredths(draws.share(within * own, own)),
        gap=draws.difference((within * others, others), (within * own, own)),
        mistaken=in_hundredths(draws.share(within * without, without)),
        excess=draws.difference(
            (within * without, without), (within * without_others, without_others)
        ),
        foretold=None if probabilities is None else round(float(probabilities[member].mean()), 2),
        observed=round(float(tested.y[member].mean()), 2),
    )
