"""Every person's events in order, as flat arrays."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from triage.conditions import Answers, Categories, Column, Numbers
from triage.harm import Scale
from triage.records import CaseHistories
from triage.timeline.arrays import codes_of, days_of, encoded_of, numbers_of

__all__ = ["NEVER", "Moments", "Timeline", "build_timeline", "day_of", "moments_of"]

Days = npt.NDArray[np.int32]
Codes = npt.NDArray[np.int32]
Positions = npt.NDArray[np.int64]

NEVER = int(np.iinfo(np.int32).max)
"""The day that stands for "not yet": an end that has not come, a fact that never became known."""

EPOCH = datetime.date(1970, 1, 1)

DAY_BITS = 20
"""Any two days of a case history lie less than 2**DAY_BITS days (2,870 years) apart."""


@dataclass(frozen=True)
class Moments:
    """Questions asked of timelines: one person and one as-of date each.

    Parameters
    ----------
    person : ndarray of int32, shape (n,)
        Position of the person in ``Timeline.person_ids``.
    day : ndarray of int32, shape (n,)
        As-of date, in days since 1970-01-01.
    """

    person: npt.NDArray[np.int32]
    day: Days

    def __len__(self) -> int:
        return len(self.person)


@dataclass(frozen=True)
class Timeline:
    """The events of n_people people, sorted by person, day, known day, source and event id.

    Parameters
    ----------
    person_ids : ndarray of str, shape (n_people,)
        Sorted.
    starts : ndarray of int64, shape (n_people + 1,)
        Person ``p`` has the events ``starts[p]:starts[p + 1]``.
    happened, known, ended : ndarray of int32, shape (n_events,)
        Days since 1970-01-01; ``NEVER`` where not known to the record, or not ended.
    replaced : ndarray of int32, shape (n_events,)
        The day on which a correction or a withdrawal of the event became known; ``NEVER`` where
        none did. Each version of an event stands for itself; withdrawals do not stand at all.
    columns : mapping of str to Column
        What conditions may test of an event.
    rows : ndarray of int64, shape (n_events,)
        Where each event stands in ``table``.
    table : pyarrow.Table
        ``event_id`` and ``source`` of all events, in the order of the case histories.
    """

    person_ids: npt.NDArray[np.str_]
    starts: npt.NDArray[np.int64]
    happened: Days
    known: Days
    replaced: Days
    ended: Days
    columns: Mapping[str, Column]
    rows: npt.NDArray[np.int64]
    table: pa.Table

    @property
    def n_people(self) -> int:
        """How many people there are, with events or without."""
        return len(self.person_ids)

    @property
    def n_events(self) -> int:
        """How many events there are."""
        return len(self.happened)

    @cached_property
    def records(self) -> pa.Table:
        """``event_id`` and ``source`` of each event, in the order of the timeline."""
        return self.table.take(pa.array(self.rows))

    def naming(self, column: str) -> tuple[Codes, Positions, Positions]:
        """Return the names that a column holds, and the events by name.

        Returns
        -------
        codes : ndarray of int32, shape (n_events,)
            −1 where nothing is named.
        by_name : ndarray of int64, shape (n_events,)
            The events in the order of their codes.
        first : ndarray of int64, shape (n_names + 1,)
            The name ``c`` is named by the events ``by_name[first[c]:first[c + 1]]``.
        """
        if column not in self._naming:
            named = self.columns[column]
            if not isinstance(named, Categories):
                raise TypeError(f"the event column {column} does not hold names")
            by_name = np.argsort(named.codes, kind="stable")
            first = np.searchsorted(named.codes[by_name], np.arange(len(named.names) + 1))
            self._naming[column] = (named.codes, by_name, first)
        return self._naming[column]

    @cached_property
    def _naming(self) -> dict[str, tuple[Codes, Positions, Positions]]:
        return {}

    def usable(self, person: int, day: int) -> npt.NDArray[np.int64]:
        """Return the positions of a person's events that may answer a question of that day.

        Both dates lie strictly before the day, and a later version was not known before it; the
        oldest event comes first.
        """
        events = np.arange(self.starts[person], self.starts[person + 1])
        there = (self.happened[events] < day) & (self.known[events] < day)
        return events[there & (self.replaced[events] >= day)]


def day_of(date: datetime.date) -> int:
    """Return a date as days since 1970-01-01.

    Examples
    --------
    >>> day_of(datetime.date(1970, 1, 31))
    30
    """
    return (date - EPOCH).days


def build_timeline(
    histories: CaseHistories, scale: Scale, *, fields: Collection[str] | None = None
) -> Timeline:
    """Return the timelines of all people of these case histories.

    Parameters
    ----------
    histories : CaseHistories
        Canonical tables: events in the order of source, event id and known date, all of people in
        ``people``.
    scale : Scale
        What the column ``harm_days`` counts in.
    fields : collection of str, optional
        The columns that will be tested or measured; by default, all.
    """
    events, names = histories.events, histories.vocabulary.event_fields()
    person = codes_of(events["person_id"], histories.people["person_id"])
    happened = days_of(events["happened_on"], NEVER)
    known = days_of(events["known_on"], NEVER)
    replaced = _replaced(events, known)
    order = _order(person, happened, known, np.flatnonzero(~events["withdrawn"].to_numpy()))
    columns = {
        name: _column(events, name, names[name], scale, order)
        for name in (names if fields is None else sorted(fields))
    }
    return Timeline(
        person_ids=np.asarray(histories.people["person_id"].to_numpy(), dtype=np.str_),
        starts=np.searchsorted(person[order], np.arange(len(histories.people) + 1)),
        happened=happened[order],
        known=known[order],
        replaced=replaced[order],
        ended=days_of(events["ended_on"], NEVER)[order],
        columns=columns,
        rows=order,
        table=events.select(["event_id", "source"]),
    )


def moments_of(
    timeline: Timeline, person_ids: Sequence[str] | pa.ChunkedArray, days: Days | int
) -> Moments:
    """Return the moments of these people on these days.

    Parameters
    ----------
    timeline : Timeline
    person_ids : sequence of str or pyarrow.ChunkedArray, shape (n,)
        People of the timeline.
    days : ndarray of int32, shape (n,), or int
        As-of dates, in days since 1970-01-01.

    Raises
    ------
    KeyError
        A person is not in the timeline.
    """
    wanted = person_ids if isinstance(person_ids, pa.ChunkedArray) else pa.array(person_ids)
    position = codes_of(wanted, pa.array(timeline.person_ids.tolist(), pa.string()))
    if (position < 0).any():
        raise KeyError("a person who is in no people source was asked about")
    return Moments(position, np.broadcast_to(np.asarray(days, dtype=np.int32), len(position)))


def _order(
    person: npt.NDArray[np.int32], happened: Days, known: Days, rows: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """Return these rows by person, happened day and known day; others keep their order."""
    day, known_day = _from_zero(happened[rows]), _from_zero(known[rows])
    key = (person[rows].astype(np.int64) << 2 * DAY_BITS) | (day << DAY_BITS) | known_day
    return rows[np.argsort(key, kind="stable")]


def _from_zero(days: Days) -> npt.NDArray[np.int64]:
    dated = days[days != NEVER]
    first = int(dated.min(initial=0))
    return np.where(days == NEVER, 2**DAY_BITS - 1, days.astype(np.int64) - first)


def _replaced(events: pa.Table, known: Days) -> Days:
    """Return the known day of the next version of each event, ``NEVER`` where there is none."""
    replaced = np.full(len(known), NEVER, dtype=np.int32)
    last = max(len(known) - 1, 0)
    same = np.ones(last, dtype=bool)
    for name in ("event_id", "source"):
        if same.any():
            values = events[name]
            same &= pc.equal(values.slice(0, last), values.slice(1)).to_numpy()
    earlier = np.flatnonzero(same)
    replaced[earlier] = known[earlier + 1]
    return replaced


def _column(
    events: pa.Table,
    name: str,
    kind: Sequence[str] | str,
    scale: Scale,
    order: npt.NDArray[np.int64],
) -> Column:
    if name == "harm_days":
        classes = list(scale.classes)
        codes = codes_of(events["harm_class"], pa.array(classes, pa.string()))
        return Numbers(scale.harm_days(Categories(codes[order], classes)))
    if kind == "answer":
        return Answers(events[name].to_numpy()[order])
    if kind == "number":
        return Numbers(numbers_of(events[name])[order])
    if kind == "text":
        codes, values = encoded_of(events[name])
        return Categories(codes[order], values)
    return Categories(codes_of(events[name], pa.array(kind, pa.string()))[order], list(kind))
