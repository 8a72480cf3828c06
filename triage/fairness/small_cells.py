"""Small cells: what is not told of few people, and cannot be found by subtracting either."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from triage.learning import Figure

__all__ = [
    "Share",
    "cells_told",
    "counts_told",
    "in_hundredths",
    "is_small",
    "never_one_alone",
    "rounded_count",
    "share_of",
    "shares_of",
]

ROUNDED_TO = 5
Counts = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Share:
    """A share of all people, as far as it may be told.

    Parameters
    ----------
    value : float or None
        In whole hundredths; None where telling it would tell of a small group.
    at_least : float or None
        What it is at least, where the value itself is not told. Neither: it is of a small group.
    smallest : int
        A group of fewer people is small.
    """

    value: float | None
    at_least: float | None = None
    smallest: int = 10

    @property
    def words(self) -> str:
        """The share in plain words.

        Examples
        --------
        >>> Share(0.25).words, Share(None, 0.97).words, Share(None).words
        ('25%', 'at least 97%', 'fewer than 10 people')
        """
        if self.value is not None:
            return f"{self.value:.0%}"
        if self.at_least is not None:
            return f"at least {self.at_least:.0%}"
        return f"fewer than {self.smallest} people"

    @property
    def least(self) -> float:
        """The length of its bar: the value, or what it is at least, or nothing."""
        return self.value or self.at_least or 0.0


def is_small(*counts: float, smallest: int) -> bool:
    """Return whether any of these counts is of too few people to be told.

    Give both those who have something and those who have not: of all but two, all is known.

    Examples
    --------
    >>> is_small(40, 12, smallest=10), is_small(40, 2, smallest=10)
    (False, True)
    """
    return min(counts) < smallest


def share_of(count: int, people: int) -> Share:
    """Return a share in whole hundredths, that is 0 or 1 only where it is nobody or everybody.

    Examples
    --------
    >>> share_of(4, 1000).value, share_of(0, 1000).value
    (0.01, 0.0)
    """
    if count in (0, people):
        return Share(count / people)
    return Share(min(max(round(count / people, 2), 0.01), 0.99))


def shares_of(counts: Counts, smallest: int) -> list[Share]:
    """Return the share of each count, withholding what tells of a small group.

    Where all that is withheld adds up to a small group, or is one alone, the largest other
    is told as "at least" so that nobody can subtract.

    Parameters
    ----------
    counts : ndarray of int64, shape (n,)
        Of people, each in one of them; not all 0.
    smallest : int

    Examples
    --------
    >>> [share.words for share in shares_of(np.array([60, 33, 7]), 10)]
    ['at least 58%', '33%', 'fewer than 10 people']
    """
    people = int(counts.sum())
    small = (counts > 0) & (counts < smallest)
    blurred = -1
    if small.any() and (small.sum() == 1 or counts[small].sum() < smallest):
        blurred = int(np.argmax(counts))
    least = int(counts[blurred] + counts[small].sum() - (smallest - 1) * small.sum())
    return [
        Share(None, 100 * max(least, smallest) // people / 100)
        if place == blurred
        else Share(None, smallest=smallest)
        if small[place]
        else share_of(count, people)
        for place, count in enumerate(counts.tolist())
    ]


def never_one_alone(told: Sequence[bool], sizes: Sequence[float]) -> list[bool]:
    """Return which of some groups may be told: where one alone is not, the smallest other is not.

    Else what is not told could be found from all groups together.

    Parameters
    ----------
    told : sequence of bool
        Which could be told if it stood alone.
    sizes : sequence of float

    Examples
    --------
    >>> never_one_alone([True, True, False], [80, 30, 12])
    [True, False, False]
    >>> never_one_alone([True, False, False], [80, 30, 12])
    [True, False, False]
    """
    may = list(told)
    if len(may) - sum(may) == 1 and any(may):
        among = [place for place, one in enumerate(may) if one]
        may[min(among, key=lambda place: sizes[place])] = False
    return may


def counts_told(counts: Sequence[int], *, smallest: int) -> list[int | None]:
    """Return which of some counts may stand beside their sum: None where one may not.

    A count of few is withheld; and, so that nobody can find it by subtraction, the next larger
    ones are as well until what is withheld is no single count and adds up to no few.

    Parameters
    ----------
    counts : sequence of int
        Of people, each in one of them.
    smallest : int

    Examples
    --------
    >>> counts_told([60, 33, 7], smallest=10)
    [60, None, None]
    >>> counts_told([60, 33, 0], smallest=10)
    [60, 33, 0]
    """
    rising = sorted(range(len(counts)), key=lambda place: counts[place])
    withheld = [place for place in rising if 0 < counts[place] < smallest]
    for place in rising:
        total = sum(counts[one] for one in withheld)
        if not withheld or (len(withheld) > 1 and total >= smallest):
            break
        if counts[place] >= smallest:
            withheld.append(place)
    return [None if place in withheld else count for place, count in enumerate(counts)]


def cells_told(counts: Counts, *, smallest: int) -> npt.NDArray[np.bool_]:
    """Return which cells of a table may stand beside the sums of its rows and of its columns.

    A cell of few is withheld; and, so that nobody can find it by subtraction, so are the
    next larger ones of its row and of its column, until what is withheld of each is no single cell
    and adds up to no few. Nobody at all is no cell.

    Parameters
    ----------
    counts : ndarray of int64, shape (n_rows, n_columns)
        Of people, each in one of them.
    smallest : int

    Examples
    --------
    >>> cells_told(np.array([[60, 33, 7], [50, 12, 40], [90, 80, 70]]), smallest=10).astype(int)
    array([[1, 0, 0],
           [1, 0, 0],
           [1, 1, 1]])
    """
    told = counts >= smallest
    while True:
        before = told.copy()
        for lines, may in ((counts, told), (counts.T, told.T)):
            for line, its in zip(lines, may, strict=True):
                _withhold_more(line, its, smallest)
        if (told == before).all():
            return told


def _withhold_more(line: Counts, may: npt.NDArray[np.bool_], smallest: int) -> None:
    """Withhold more of a line of cells where what is withheld could be found by subtraction."""
    withheld = ~may & (line > 0)
    for place in np.argsort(line, kind="stable").tolist():
        if not withheld.any() or (withheld.sum() > 1 and line[withheld].sum() >= smallest):
            return
        if may[place]:
            may[place], withheld[place] = False, True


def in_hundredths(figure: Figure) -> Figure:
    """Return a share that does not give away the count that it was made of.

    Examples
    --------
    >>> in_hundredths(Figure(value=1 / 3)).value
    0.33
    """
    return Figure(
        **{
            name: None if value is None else round(value, 2)
            for name, value in figure.model_dump().items()
        }
    )


def rounded_count(count: float) -> int:
    """Return a count to the nearest 5.

    Examples
    --------
    >>> rounded_count(12), rounded_count(13)
    (10, 15)
    """
    return ROUNDED_TO * round(float(count) / ROUNDED_TO)
