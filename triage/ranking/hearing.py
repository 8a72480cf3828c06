"""Linked cases told together, in the order in which a panel hears them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

__all__ = ["Hearing", "stand_together"]


@dataclass(frozen=True)
class Hearing:
    """In which order cases are told.

    Parameters
    ----------
    order : tuple of int
        Positions on the ranking, as they are told.
    beside : mapping of int to int
        Those that stand after a linked case instead of at their own place → that case.
    """

    order: tuple[int, ...]
    beside: Mapping[int, int]


def stand_together(groups: Sequence[object], links: Collection[tuple[int, int]]) -> Hearing:
    """Return the order in which cases are told if linked ones stand together.

    Each case that no other has brought with it is told at its place, and after it all that are
    linked to it, or to any of those, in the order of their places. It happens within a group alone:
    cases of one tier on one side of the line. So an urgent case is never told after one that is
    not, and a link brings nobody within capacity and puts nobody out of it.

    Parameters
    ----------
    groups : sequence, shape (n,)
        The tier and the side of the line of each place, from the top.
    links : collection of (int, int)
        Positions of linked cases, either way round.

    Examples
    --------
    >>> told = stand_together(["a", "a", "a", "a", "b"], [(0, 2), (1, 4)])
    >>> told.order, dict(told.beside)
    ((0, 2, 1, 3, 4), {2: 0})

    The last is linked to the second, but is of another group.
    """
    linked: dict[int, set[int]] = {}
    for one, other in links:
        if one != other and groups[one] == groups[other]:
            linked.setdefault(one, set()).add(other)
            linked.setdefault(other, set()).add(one)
    order: list[int] = []
    beside: dict[int, int] = {}
    told: set[int] = set()
    for place in range(len(groups)):
        if place in told:
            continue
        block = [place]
        reached = {place}
        while following := sorted({one for at in block for one in linked.get(at, ())} - reached):
            for one in following:
                beside[one] = min(linked[one] & reached)
            block += following
            reached |= set(following)
        order += [place, *sorted(block[1:])]
        told |= reached
    return Hearing(tuple(order), beside)
