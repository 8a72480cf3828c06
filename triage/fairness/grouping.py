"""Groups of people: by an attribute or bands of a number, small ones together; by two at once."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from triage.conditions import Categories, Column, Numbers
from triage.fairness.small_cells import cells_told

__all__ = [
    "NOT_KNOWN",
    "Group",
    "Partition",
    "crossed",
    "group_by",
    "groups_of",
    "groups_within",
    "people_in",
    "together",
]

Rows = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Bounds = tuple[float | None, float | None]
NOT_KNOWN = "not known"
LEFT_OUT = -1


@dataclass(frozen=True)
class Group:
    """Some of the rows, by what they have in common.

    Parameters
    ----------
    attributes, values : tuple of str
        What they are grouped by, and how; two of each for an intersection.
    rows : ndarray of bool, shape (n,)
    among : ndarray of bool, shape (n,)
        The group and everybody else whom it is compared with.
    told : frozenset of str
        The kinds of rows of which there are enough people here to be told of.
    """

    attributes: tuple[str, ...]
    values: tuple[str, ...]
    rows: Flags
    among: Flags
    told: frozenset[str] = frozenset()

    @property
    def attribute(self) -> str:
        """What they are grouped by, as in ``sex`` or ``sex × area``."""
        return " × ".join(self.attributes)

    @property
    def value(self) -> str:
        """Who they are, as in ``female`` or ``female × south``."""
        return " × ".join(self.values)


@dataclass(frozen=True)
class Partition:
    """Every row, in one group of an attribute each.

    Parameters
    ----------
    attribute : str
    words : tuple of str
        The groups.
    codes : ndarray of int64, shape (n,)
        Of each row, the place of its group in ``words``; −1 for rows that are left out.
    bounds : tuple of (float or None, float or None), optional
        Of bands of a number: where each begins and where the next one does. Neighbours are alike.
    """

    attribute: str
    words: tuple[str, ...]
    codes: Rows
    bounds: tuple[Bounds, ...] = ()


def group_by(attribute: str, column: Column, bands: Sequence[float] = ()) -> Partition:
    """Return everybody by an attribute; those of whom it is not known are a group, the last.

    Parameters
    ----------
    attribute : str
    column : Column
        Categories, or numbers with ``bands``.
    bands : sequence of float
        Where the second band of the numbers and each further one begin.

    Raises
    ------
    TypeError
        It is another kind of column, or one of numbers without bands.

    Examples
    --------
    >>> found = group_by("age", Numbers(np.array([17.0, 30.0, np.nan])), [18, 25])
    >>> [found.words[code] for code in found.codes]
    ['under 18', '25 or over', 'not known']
    """
    bounds: list[Bounds] = []
    match column:
        case Categories(codes, names):
            words = [name.replace("_", " ") for name in names]
            found = np.where(codes < 0, len(words), codes).astype(np.int64)
        case Numbers(values) if bands:
            bounds = list(itertools.pairwise([None, *bands, None]))
            words = [_band_words(*one) for one in bounds]
            placed = np.searchsorted(np.asarray(bands), values, side="right")
            found = np.where(np.isnan(values), len(words), placed).astype(np.int64)
        case _:
            raise TypeError(f"nobody can be grouped by '{attribute}'")
    used, codes_used = np.unique(found, return_inverse=True)
    return Partition(
        attribute,
        tuple([*words, NOT_KNOWN][place] for place in used.tolist()),
        codes_used.astype(np.int64),
        tuple([*bounds, (None, None)][place] for place in used.tolist()) if bounds else (),
    )


def _band_words(low: float | None, high: float | None) -> str:
    """Return what a band is called.

    Examples
    --------
    >>> _band_words(None, 18), _band_words(18, 25), _band_words(25, None)
    ('under 18', '18 to 24', '25 or over')
    """
    if low is None:
        return "any" if high is None else f"under {high:g}"
    return f"{low:g} or over" if high is None else f"{low:g} to {high - 1:g}"


def people_in(partition: Partition, person: Rows, among: Flags | None = None) -> Rows:
    """Return how many different people there are in each group, shape (n_groups,).

    Parameters
    ----------
    partition : Partition
    person : ndarray of int64, shape (n,)
    among : ndarray of bool, shape (n,), optional
        Only these rows count.
    """
    rows = partition.codes >= 0 if among is None else among & (partition.codes >= 0)
    people = int(person.max(initial=0)) + 1
    pairs = np.unique(partition.codes[rows] * people + person[rows])
    return np.bincount(pairs // people, minlength=len(partition.words)).astype(np.int64)


def together(
    partition: Partition, person: Rows, needed: Sequence[Flags], smallest: int
) -> Partition:
    """Return the groups with those that are too small to be told put together with others.

    A small group joins the next smallest one, or, where neighbours are alike, the smaller
    neighbour, until none is small: then nothing has to be withheld, and no small group can be found
    by subtraction. Those of whom it is not known are like nobody: where they are few, they are left
    out, and nobody is compared with them.

    Parameters
    ----------
    partition : Partition
    person : ndarray of int64, shape (n,)
    needed : sequence of ndarray of bool, shape (n,)
        Of each of these kinds of rows, and of all, a group must hold so many people.
    smallest : int
    """
    groups = [[place] for place in range(len(partition.words))]
    if NOT_KNOWN in partition.words and len(groups) > 1:
        place = partition.words.index(NOT_KNOWN)
        if _least(partition, person, needed)[place] < smallest:
            groups.remove([place])
    while len(groups) > 1:
        now = _joined(partition, groups)
        least, everybody = _least(now, person, needed), people_in(now, person)
        if least.min() >= smallest:
            break
        small = int(np.lexsort((everybody, least))[0])
        others = [place for place in range(len(groups)) if place != small]
        if now.bounds and now.words[small] != NOT_KNOWN:
            bands = [place for place in others if now.words[place] != NOT_KNOWN]
            others = [place for place in bands if abs(place - small) == 1] or others
        other = min(others, key=lambda place: (least[place], everybody[place], place))
        kept, gone = sorted((small, other))
        groups[kept] = sorted(groups[kept] + groups.pop(gone))
    return _joined(partition, groups)


def _least(partition: Partition, person: Rows, needed: Sequence[Flags]) -> Rows:
    """Return of each group the people of the kind of which there are fewest."""
    counts = [people_in(partition, person), *(people_in(partition, person, a) for a in needed)]
    return np.asarray(np.min(counts, axis=0))


def _joined(partition: Partition, groups: Sequence[Sequence[int]]) -> Partition:
    to = np.full(len(partition.words) + 1, LEFT_OUT, dtype=np.int64)
    for number, places in enumerate(groups):
        to[list(places)] = number
    bounds = tuple(_whole(partition, places) for places in groups) if partition.bounds else ()
    words = tuple(
        _band_words(*bounds[number])
        if bounds and NOT_KNOWN not in [partition.words[place] for place in places]
        else _or([partition.words[place] for place in places])
        for number, places in enumerate(groups)
    )
    return Partition(partition.attribute, words, to[partition.codes], bounds)


def _whole(partition: Partition, places: Sequence[int]) -> Bounds:
    return partition.bounds[places[0]][0], partition.bounds[places[-1]][1]


def _or(words: Sequence[str]) -> str:
    """Return words joined.

    Examples
    --------
    >>> _or(["asian"]), _or(["asian", "black", "not known"])
    ('asian', 'asian, black or not known')
    """
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def groups_of(
    partition: Partition, person: Rows, kinds: Mapping[str, Flags], smallest: int
) -> list[Group]:
    """Return the groups of an attribute, with what of them may be told.

    Where there is one group alone there is nobody to compare with, and none is returned.

    Parameters
    ----------
    partition : Partition
    person : ndarray of int64, shape (n,)
    kinds : mapping of str to ndarray of bool, shape (n,)
        Kinds of rows, as those with the outcome.
    smallest : int
    """
    if len(partition.words) < 2:
        return []
    counts = {name: people_in(partition, person, among) for name, among in kinds.items()}
    may = {name: cells_told(one[None, :], smallest=smallest)[0] for name, one in counts.items()}
    among = partition.codes >= 0
    return [
        Group((partition.attribute,), (words,), partition.codes == place, among, _told(may, place))
        for place, words in enumerate(partition.words)
    ]


def groups_within(
    fine: Partition, coarse: Partition, person: Rows, kinds: Mapping[str, Flags], smallest: int
) -> list[Group]:
    """Return the groups that are told together with others, each by itself, as far as may be.

    Parameters
    ----------
    fine : Partition
        Large enough as people.
    coarse : Partition
        The same, put together until each is large enough for every kind of rows.
    person : ndarray of int64, shape (n,)
    kinds : mapping of str to ndarray of bool, shape (n,)
    smallest : int
    """
    may = {name: np.zeros(len(fine.words), dtype=bool) for name in kinds}
    for name, rows in kinds.items():
        counts = people_in(fine, person, rows)
        for place in range(len(coarse.words)):
            members = np.unique(fine.codes[(coarse.codes == place) & (fine.codes >= 0)])
            may[name][members] = cells_told(counts[None, members], smallest=smallest)[0]
    among = fine.codes >= 0
    found = [
        Group((fine.attribute,), (words,), fine.codes == place, among, _told(may, place))
        for place, words in enumerate(fine.words)
        if words not in coarse.words or len(coarse.words) < 2
    ]
    return [group for group in found if group.told] if len(fine.words) > 1 else []


def crossed(
    one: Partition, other: Partition, person: Rows, kinds: Mapping[str, Flags], smallest: int
) -> list[Group]:
    """Return the intersections of two attributes with enough people to be told.

    Parameters
    ----------
    one, other : Partition
        None of their groups may be small.
    person : ndarray of int64, shape (n,)
    kinds : mapping of str to ndarray of bool, shape (n,)
        Kinds of rows; those of ``people`` are all.
    smallest : int
    """
    shape = len(one.words), len(other.words)
    if min(shape) < 2:
        return []
    among = (one.codes >= 0) & (other.codes >= 0)
    codes = np.where(among, one.codes * shape[1] + other.codes, LEFT_OUT)
    both = Partition("", ("",) * (shape[0] * shape[1]), codes)
    may = {
        name: cells_told(people_in(both, person, rows).reshape(shape), smallest=smallest).ravel()
        for name, rows in kinds.items()
    }
    return [
        Group(
            (one.attribute, other.attribute),
            (one.words[place // shape[1]], other.words[place % shape[1]]),
            codes == place,
            among,
            _told(may, place),
        )
        for place in np.flatnonzero(may["people"]).tolist()
    ]


def _told(may: Mapping[str, Flags], place: int) -> frozenset[str]:
    return frozenset(name for name, flags in may.items() if flags[place])
