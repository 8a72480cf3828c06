"""Checking mapped rows: each against itself, against the others, and against the people."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from triage.conditions import UNKNOWN_DAY, Answers, Days
from triage.records.cells import Cells, Extract, Rows
from triage.records.mapping import Finding, Values, day_of
from triage.records.sources import Source

__all__ = ["Draft", "People", "check_against_people", "check_draft", "check_ids_elsewhere"]

OLDEST_YEARS = 120
ID_COLUMNS = {"people": "person_id", "events": "event_id", "referrals": "referral_id"}
MAY_COME_LATER = ("ended_on",)
"""Dates that may lie in the future: an order or a sentence is known to end."""

DayNumbers = npt.NDArray[np.int32]


@dataclass
class Draft:
    """A source's rows in canonical columns, and what is wrong with some of them.

    Parameters
    ----------
    source : Source
    extract : Extract
        Without its cells: ``columns`` hold what is needed of them.
    rows : ndarray of int64
        Positions in the extract of the rows that are for this source.
    columns : dict of str to Values
        Canonical columns, one value for each of ``rows``.
    findings : list of Finding
        Their rows are positions within ``rows``.
    notes : list of str
    """

    source: Source
    extract: Extract
    rows: Rows
    columns: dict[str, Values]
    findings: list[Finding] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def ids(self) -> Cells:
        """The column that identifies a row."""
        return self.names(ID_COLUMNS[self.source.form.table])

    def names(self, column: str) -> Cells:
        """Return a column of ids, texts or categories."""
        return cast(Cells, self.columns[column])

    def days(self, column: str) -> DayNumbers:
        """Return a column of dates as days."""
        return cast(Days, self.columns[column]).values

    def answers(self, column: str) -> npt.NDArray[np.int8]:
        """Return a column of answers as codes."""
        return cast(Answers, self.columns[column]).codes

    def told(self, column: str) -> str:
        """Return what the extract calls a canonical column."""
        mapped = self.source.form.columns.get(column)
        return mapped.column if mapped else column

    def is_mapped(self, column: str) -> bool:
        """Tell whether the extract itself holds a canonical column."""
        return column in self.source.form.columns

    def accepted(self) -> npt.NDArray[np.bool_]:
        """Return which rows have nothing wrong with them."""
        fine = np.ones(len(self.rows), dtype=bool)
        for finding in self.findings:
            fine[finding.rows] = False
        return fine


@dataclass(frozen=True)
class People:
    """Who is known, for checks of the rows that name them.

    Parameters
    ----------
    ids : pyarrow.StringArray
        Of everyone in a people source.
    births : ndarray of int32
        Their birth dates as days, ``UNKNOWN_DAY`` where unknown.
    rejected : pyarrow.StringArray
        Ids of those whose every row in the people sources was rejected.
    """

    ids: pa.StringArray
    births: DayNumbers
    rejected: pa.StringArray


def check_draft(draft: Draft, today: datetime.date) -> Iterator[Finding]:
    """Yield what is wrong within a source: repeated ids and dates that cannot be.

    Parameters
    ----------
    draft : Draft
    today : date
        No fact can be from after this day.
    """
    yield from _repeated_ids(draft)
    for name, values in draft.columns.items():
        if isinstance(values, Days) and draft.is_mapped(name):
            yield from _impossible_days(draft, name, values.values, today)
    if draft.source.form.table == "events":
        yield from _out_of_order(draft, "known_on", "known before it happened")
        yield from _out_of_order(draft, "ended_on", "over before it happened")
    if draft.source.form.table == "people":
        births = draft.days("birth_date")
        for name in draft.columns:
            if name != "birth_date" and draft.is_mapped(name):
                yield from _before_birth(draft, name, births)


def _repeated_ids(draft: Draft) -> Iterator[Finding]:
    codes = draft.ids.codes
    named = np.flatnonzero(codes >= 0)
    firsts = np.full(len(draft.ids.texts), len(codes))
    np.minimum.at(firsts, codes[named], named)
    pointers = firsts[codes[named]]
    repeated, pointers = named[pointers != named], pointers[pointers != named]
    if not len(repeated):
        return
    column = draft.told(ID_COLUMNS[draft.source.form.table])
    mend = "Line {line} has it first; take one of the two out."
    if draft.source.form.table == "events":
        repeated, pointers = _no_versions(draft, repeated, pointers)
        mend += " A correction or a withdrawal has a known date of its own."
    if len(repeated):
        yield Finding(column, "the id stands in the extract already", mend, repeated, pointers)


def _no_versions(draft: Draft, repeated: Rows, firsts: Rows) -> tuple[Rows, Rows]:
    """Return those repeated rows that correct nothing, and the row that each repeats.

    A later version is told by its own known date. One that a lag would give is no such date: it
    says when the event became known, and not when the correction did.
    """
    known = draft.days("known_on")
    undated = (known[repeated] == UNKNOWN_DAY) | (known[firsts] == UNKNOWN_DAY)
    rows = np.concatenate([np.unique(firsts), repeated])
    versions = np.column_stack([draft.ids.codes[rows], known[rows]])
    _, place, version = np.unique(versions, axis=0, return_index=True, return_inverse=True)
    same = rows[place[version.ravel()]][-len(repeated) :]
    pointers = np.where(undated, firsts, same)
    wrong = undated | (same != repeated)
    return repeated[wrong], pointers[wrong]


def _impossible_days(
    draft: Draft, name: str, days: DayNumbers, today: datetime.date
) -> Iterator[Finding]:
    known = days != UNKNOWN_DAY
    last = day_of(today)
    oldest = last - round(OLDEST_YEARS * 365.25)
    if name not in MAY_COME_LATER:
        yield from _finding(
            known & (days > last),
            draft.told(name),
            "the date is in the future",
            "Correct it; a stand-in for no date goes under 'unknown' in the source file.",
        )
    yield from _finding(
        known & (days < oldest),
        draft.told(name),
        f"the date is more than {OLDEST_YEARS} years ago",
        "Correct it; a stand-in for no date goes under 'unknown' in the source file.",
    )


def _out_of_order(draft: Draft, name: str, words: str) -> Iterator[Finding]:
    happened, later = draft.days("happened_on"), draft.days(name)
    both = (happened != UNKNOWN_DAY) & (later != UNKNOWN_DAY)
    yield from _finding(
        both & (later < happened),
        draft.told(name),
        f"the event was {words}",
        f"Correct this date or the one in '{draft.told('happened_on')}'.",
    )


def _before_birth(draft: Draft, name: str, births: DayNumbers) -> Iterator[Finding]:
    values = draft.columns[name]
    if isinstance(values, Days):
        both = (values.values != UNKNOWN_DAY) & (births != UNKNOWN_DAY)
        yield from _finding(
            both & (values.values < births),
            draft.told(name),
            "the date is before the person's birth",
            "Correct it, or the birth date in the people sources.",
        )


def check_against_people(draft: Draft, people: People) -> Iterator[Finding]:
    """Yield the rows of persons who are in no people source, or were not born yet."""
    persons = draft.names("person_id")
    positions = pc.index_in(persons.texts, people.ids).fill_null(-1).to_numpy()
    position = persons.spread(positions.astype(np.int64), -1)
    orphans = (persons.codes >= 0) & (position < 0)
    if orphans.any():
        turned_away = persons.spread(
            np.asarray(pc.is_in(persons.texts, people.rejected), dtype=bool), np.False_
        )
        yield from _finding(
            orphans & turned_away,
            draft.told("person_id"),
            "the person's own row was rejected",
            "Mend the person's row in the people source first.",
        )
        yield from _finding(
            orphans & ~turned_away,
            draft.told("person_id"),
            "the person is not in any people source",
            "Add the person to a people extract, or correct the id.",
        )
    births = np.append(people.births, np.int32(UNKNOWN_DAY))[position]
    name = "happened_on" if draft.source.form.table == "events" else "made_on"
    yield from _before_birth(draft, name, births)


def check_ids_elsewhere(draft: Draft, other: Draft) -> Iterator[Finding]:
    """Yield the rows whose id an earlier source of the same table has used."""
    taken = np.asarray(pc.is_in(draft.ids.texts, other.ids.texts), dtype=bool)
    yield from _finding(
        draft.ids.spread(taken, np.False_),
        draft.told(ID_COLUMNS[draft.source.form.table]),
        "the id stands in another source already",
        f"The source '{other.source.name}' has it; take one of the two out.",
    )


def _finding(
    wrong: npt.NDArray[np.bool_], column: str, reason: str, mend: str
) -> Iterator[Finding]:
    rows = np.flatnonzero(wrong)
    if len(rows):
        yield Finding(column, reason, mend, rows)
