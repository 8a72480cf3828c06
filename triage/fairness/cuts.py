"""What a cut does to groups: shares of list and harm, who is missed, who is heard without cause."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from triage.fairness.draws import Draws, figure_from, ratio, share_apart
from triage.fairness.grouping import Group
from triage.learning import Figure

__all__ = [
    "CHANGE",
    "KINDS",
    "MEAN",
    "MEASURES",
    "PLACES",
    "AtTheCut",
    "Compared",
    "Measure",
    "measure_changes",
    "measure_places",
    "measure_shares",
    "measured_at_the_cut",
]

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
HALF = 0.5
PLACES = (0.1, 0.25, 0.5, 0.75, 0.9)
"""At which quantiles the places of a group are told."""

MEAN, CHANGE = "mean", "change"


@dataclass(frozen=True)
class Measure:
    """What is measured of a group.

    Parameters
    ----------
    name, title, meaning : str
    needs : tuple of str
        Kinds of rows of which there must be enough people (:data:`KINDS`).
    compared : bool
        Whether the same measure of everybody else says something to compare with.
    """

    name: str
    title: str
    meaning: str
    needs: tuple[str, ...]
    compared: bool = True


MEASURES: Mapping[str, Measure] = {
    one.name: one
    for one in (
        Measure("referrals", "Share of referrals", "of all referrals", ("people",), False),
        Measure("list", "Share of the list", "of all places within capacity", ("on",), False),
        Measure("harm", "Share of harm", "of all harm that followed", ("with",), False),
        Measure(
            "list_less_harm",
            "List less harm",
            "share of the places less share of the harm that followed: above 0, more of the list "
            "than of the harm",
            ("on", "with"),
            False,
        ),
        Measure("recall", "Recall", "of those with the outcome, within capacity", ("with",)),
        Measure(
            "missed_harm", "Missed harm", "of the harm that followed, below the line", ("with",)
        ),
        Measure(
            "precision",
            "Precision",
            "of those within capacity, with the outcome",
            ("on", "with", "without"),
        ),
        Measure(
            "false_positive",
            "False positives",
            "of those without the outcome, within capacity",
            ("without", "with"),
        ),
        Measure(
            "false_omission",
            "False omissions",
            "of those below the line, with the outcome",
            ("off", "with", "without"),
        ),
        Measure(
            "came_less_said",
            "Came less said",
            "share with the outcome less mean chance: above 0, chances are told too low",
            ("with", "without"),
        ),
    )
}
"""In the order in which they are told."""

KINDS = ("people", "on", "off", "with", "without")
"""All; within capacity; below the line; with the outcome; without it. The last two, and where
outcomes are known the two before, are of rows with a known outcome."""


@dataclass(frozen=True)
class AtTheCut:
    """Referrals on lists, and what came after.

    Parameters
    ----------
    person : ndarray of int64, shape (n,)
        From 0.
    within : ndarray of float64, shape (n,)
        The chance of a place within capacity: 1 above the line, 0 below it, between where several
        tie.
    place : ndarray of float64, shape (n,)
        Of its list: near 0 is first, near 1 is last.
    known : ndarray of bool, shape (n,)
        Whether the outcome is.
    y : ndarray of float64, shape (n,)
        1 with the outcome, 0 without it or where it is not known.
    harm_days : ndarray of float64, shape (n,)
        That followed; 0 where the outcome is not known.
    chance : ndarray of float64, shape (n,), optional
        What was said; None where the ranker counts points.
    """

    person: Rows
    within: Floats
    place: Floats
    known: Flags
    y: Floats
    harm_days: Floats
    chance: Floats | None = None

    @property
    def settled(self) -> bool:
        """Whether any outcome is known."""
        return bool(self.known.any())

    @property
    def kinds(self) -> dict[str, Flags]:
        """Rows of each of :data:`KINDS`, of whose people there must be enough."""
        on, everybody = self.within >= HALF, np.ones(len(self.person), dtype=bool)
        seen = self.known if self.settled else everybody
        return {
            "people": everybody,
            "on": on & seen,
            "off": ~on & seen,
            "with": self.known & (self.y > 0),
            "without": self.known & (self.y == 0),
        }

    def recorded_otherwise(self, y: Floats, known: Flags) -> AtTheCut:
        """Return the same cut with the outcome as others have it; of harm it says nothing."""
        nothing = np.zeros(len(y))
        return AtTheCut(
            self.person, self.within, self.place, known, y * known, nothing, self.chance
        )

    @property
    def columns(self) -> Floats:
        """What sums over rows are made of, shape (n, 9)."""
        k, w = self.known.astype(np.float64), self.within
        said = np.zeros(len(k)) if self.chance is None else self.chance
        y, harm = k * self.y, k * self.harm_days
        return np.column_stack([np.ones(len(k)), w, k, k * w, y, y * w, harm, harm * w, k * said])


@dataclass(frozen=True)
class Compared:
    """A measure of a group, and how far it lies from that of everybody else.

    Parameters
    ----------
    group : Group
    measure : str
        Of :data:`MEASURES`, or another name.
    subject : str
        What of it, as a theme or a quantile; else empty.
    told : bool
        Whether there are enough people to tell anything.
    own : Figure
        Without a value where nothing is told or there is nothing to measure.
    less_others : Figure
        The group's less that of everybody else, on the same draws.
    """

    group: Group
    measure: str
    subject: str
    told: bool
    own: Figure
    less_others: Figure


NOTHING = Figure(value=None)


def measured_at_the_cut(
    cut: AtTheCut, groups: Sequence[Group], draws: Draws, *, only: Sequence[str] = tuple(MEASURES)
) -> list[Compared]:
    """Return every measure of every group.

    Parameters
    ----------
    cut : AtTheCut, shape (n,)
    groups : sequence of Group
    draws : Draws
        Of the people of the cut.
    only : sequence of str
        Of :data:`MEASURES`.
    """
    columns = cut.columns
    everybody = _Everybody(columns, draws)
    wanted = [name for name in only if name != "came_less_said" or cut.chance is not None]
    found: list[Compared] = []
    for group in groups:
        own, all_of = draws.sums(columns, group.rows), everybody.beside(group)
        values, others = _values(own, all_of), _values(all_of - own, all_of)
        for name in wanted:
            measure = MEASURES[name]
            bases = people_beside(cut.person, cut.kinds[measure.needs[0]], group)
            found.append(_compared(measure, group, values[name], others[name], bases))
    return found


def measure_changes(
    cut: AtTheCut,
    otherwise: AtTheCut,
    groups: Sequence[Group],
    draws: Draws,
    *,
    only: Sequence[str],
) -> list[Compared]:
    """Return by how much measures of groups change where another outcome is asked of the same cut.

    Parameters
    ----------
    cut, otherwise : AtTheCut, shape (n,)
    groups : sequence of Group
    draws : Draws
    only : sequence of str
        Of :data:`MEASURES`.

    Returns
    -------
    list of Compared
        Of the subject ``change``: ``own`` is the other's less the cut's on the same draws,
        ``less_others`` by how much more that is than everybody else's change.
    """
    columns = [one.columns for one in (cut, otherwise)]
    everybody = [_Everybody(one, draws) for one in columns]
    found = []
    for group in groups:
        own = [draws.sums(one, group.rows) for one in columns]
        all_of = [one.beside(group) for one in everybody]
        mine = [_values(one, every) for one, every in zip(own, all_of, strict=True)]
        theirs = [_values(every - one, every) for one, every in zip(own, all_of, strict=True)]
        for name in only:
            told = group.told.issuperset(MEASURES[name].needs)
            changes = (after[name] - before[name] for before, after in (mine, theirs))
            found.append(_apart(group, name, CHANGE, *changes, told=told))
    return found


class _Everybody:
    """What columns add up to over a group and all whom it is compared with, summed once each."""

    def __init__(self, columns: Floats, draws: Draws) -> None:
        self._columns, self._draws = columns, draws
        self._found: dict[bytes, Floats] = {}

    def beside(self, group: Group) -> Floats:
        key = np.packbits(group.among).tobytes()
        if key not in self._found:
            self._found[key] = self._draws.sums(self._columns, group.among)
        return self._found[key]


def _values(own: Floats, everybody: Floats) -> dict[str, Floats]:
    n, w, k, kw, y, yw, harm, harm_w, said = own.T
    all_n, all_w, *_, all_harm, _, _ = everybody.T
    on_list, of_harm = ratio(w, all_w), ratio(harm, all_harm)
    return {
        "referrals": ratio(n, all_n),
        "list": on_list,
        "harm": of_harm,
        "list_less_harm": on_list - of_harm,
        "recall": ratio(yw, y),
        "missed_harm": ratio(harm - harm_w, harm),
        "precision": ratio(yw, kw),
        "false_positive": ratio(kw - yw, k - y),
        "false_omission": ratio(y - yw, k - kw),
        "came_less_said": ratio(y - said, k),
    }


def people_beside(person: Rows, kind: Flags, group: Group) -> tuple[int, int]:
    """Return how many people of a kind there are in a group, and among everybody else."""
    own, others = kind & group.rows, kind & group.among & ~group.rows
    return len(np.unique(person[own])), len(np.unique(person[others]))


def _compared(
    measure: Measure, group: Group, own: Floats, others: Floats, bases: tuple[int, int]
) -> Compared:
    if not group.told.issuperset(measure.needs):
        return Compared(group, measure.name, "", False, NOTHING, NOTHING)
    if measure.name == "list_less_harm":
        return Compared(group, measure.name, "", True, figure_from(own), figure_from(own))
    if measure.name == "came_less_said":
        return Compared(group, measure.name, "", True, figure_from(own), figure_from(own - others))
    mine, apart = share_apart(own, others, bases)
    return Compared(group, measure.name, "", True, mine, apart if measure.compared else NOTHING)


def measure_places(
    cut: AtTheCut, groups: Sequence[Group], draws: Draws, *, smallest: int
) -> list[Compared]:
    """Return where on their lists groups stand: the mean, and each of :data:`PLACES`.

    The mean is told of groups with enough people; a quantile where enough of them stand on either
    side of it.

    Parameters
    ----------
    cut : AtTheCut, shape (n,)
    groups : sequence of Group
    draws : Draws
    smallest : int
    """
    columns = np.column_stack([cut.place, np.ones(len(cut.place))])
    everybody = _Everybody(columns, draws)
    found = []
    for group in groups:
        own, all_of = draws.sums(columns, group.rows), everybody.beside(group)
        mine, theirs = (ratio(*one.T) for one in (own, all_of - own))
        told = "people" in group.told
        found.append(_apart(group, "place", MEAN, mine, theirs, told=told))
        others = group.among & ~group.rows
        own = draws.quantiles(cut.place, PLACES, group.rows)
        theirs = draws.quantiles(cut.place, PLACES, others)
        for column, share in enumerate(PLACES):
            enough = all(
                _people_on_each_side(cut, rows, value) >= smallest
                for rows, value in ((group.rows, own[0, column]), (others, theirs[0, column]))
            )
            each = own[:, column], theirs[:, column]
            found.append(_apart(group, "place", f"{share:g}", *each, told=enough and told))
    return found


def _apart(
    group: Group, measure: str, subject: str, own: Floats, others: Floats, *, told: bool
) -> Compared:
    if not told:
        return Compared(group, measure, subject, False, NOTHING, NOTHING)
    return Compared(group, measure, subject, True, figure_from(own), figure_from(own - others))


def _people_on_each_side(cut: AtTheCut, rows: Flags, value: float) -> int:
    below = len(np.unique(cut.person[rows & (cut.place <= value)]))
    above = len(np.unique(cut.person[rows & (cut.place >= value)]))
    return min(below, above)


def measure_shares(
    measure: str, parts: Mapping[str, Floats], groups: Sequence[Group], draws: Draws
) -> list[Compared]:
    """Return of what parts something is made up, by group.

    Parameters
    ----------
    measure : str
    parts : mapping of str to ndarray of float64, shape (n,)
        By subject; at least 0.
    groups : sequence of Group
    draws : Draws
    """
    columns = np.column_stack(list(parts.values()))
    everybody = _Everybody(columns, draws)
    found = []
    for group in groups:
        own = draws.sums(columns, group.rows)
        others = everybody.beside(group) - own
        shares = [ratio(one, one.sum(axis=1, keepdims=True)) for one in (own, others)]
        told = "people" in group.told
        for place, subject in enumerate(parts):
            each = (one[:, place] for one in shares)
            found.append(_apart(group, measure, subject, *each, told=told))
    return found
