"""Every person's events in order, as flat arrays."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from triage.conditions import Answers, Categories, Column, Numbers
from triage.harm import Scale
from triage.records import NEVER, CaseHistories, Finder, StoredHistories
from triage.timeline.arranging import arranged, gather
from triage.timeline.events import EventArrays, Wanted, read_events

__all__ = [
    "Moments",
    "PartOfPeople",
    "Timeline",
    "build_timeline",
    "day_of",
    "moments_of",
    "on_scale",
    "timeline_of",
]

Days = npt.NDArray[np.int32]
Codes = npt.NDArray[np.int32]
Positions = npt.NDArray[np.int64]

EPOCH = datetime.date(1970, 1, 1)


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

    def in_order(self) -> npt.NDArray[np.int64]:
        """Return the moments by person and day; those that are alike keep their order."""
        same = self.person[1:] == self.person[:-1]
        rises = (self.person[1:] > self.person[:-1]) | (same & (self.day[1:] >= self.day[:-1]))
        if rises.all():
            return np.arange(len(self))
        n_people = int(self.person.max(initial=-1)) + 1
        nothing_left_out = np.zeros(0, dtype=bool)
        order, _ = arranged(self.person, self.day, self.day, nothing_left_out, n_people)
        return np.asarray(order, dtype=np.int64)


@dataclass(frozen=True)
class Timeline:
    """The events of n_people people, sorted by person, day, known day, source and event id.

    Parameters
    ----------
    person_ids : pyarrow.Array of string, shape (n_people,)
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
    fingerprints : mapping of str to ndarray of uint64, shape (n_events,)
        Columns of which no more is asked than how many different values there are, see
        :func:`triage.records.texts.fingerprints`.
    rows : ndarray of int32, shape (n_events,)
        Where each event stands in the case histories.
    table : pyarrow.Table or None
        ``event_id`` and ``source`` of all events, in the order of the case histories; None where
        these were not read.
    """

    person_ids: pa.Array
    starts: npt.NDArray[np.int64]
    happened: Days
    known: Days
    replaced: Days
    ended: Days
    columns: Mapping[str, Column]
    fingerprints: Mapping[str, npt.NDArray[np.uint64]]
    rows: npt.NDArray[np.int32]
    table: pa.Table | None

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
        if self.table is None:
            raise ValueError("the ids of these events were not read")
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


@dataclass(frozen=True)
class PartOfPeople:
    """The timelines of the people from the position ``first`` to the one before ``beyond``."""

    first: int
    timeline: Timeline

    @property
    def beyond(self) -> int:
        """The position of the first person after them."""
        return self.first + self.timeline.n_people


def build_timeline(
    histories: CaseHistories | StoredHistories,
    scale: Scale,
    *,
    fields: Collection[str] | None = None,
    fingerprinted: Collection[str] = (),
    threads: int = 1,
) -> Timeline:
    """Return the timelines of all people of these case histories.

    Parameters
    ----------
    histories : CaseHistories or StoredHistories
    scale : Scale
        What the column ``harm_days`` counts in.
    fields : collection of str, optional
        The columns that will be tested or measured; by default, all.
    fingerprinted : collection of str
        Those of the fields of which no more is asked than how many different values there are:
        they are not among ``columns``, but among ``fingerprints``.
    threads : int

    Raises
    ------
    ExtractError
        Stored events are not what they have to be.
    UnsortedError
        Stored events are not in their order.
    """
    columns = set(histories.vocabulary.event_fields() if fields is None else fields)
    wanted = Wanted(
        histories.vocabulary, sorted(columns - set(fingerprinted)), sorted(fingerprinted)
    )
    events = read_events(histories, wanted, threads)
    table = None
    if isinstance(histories, CaseHistories):
        table = histories.events.select(["event_id", "source"])
    return timeline_of(events, wanted, histories.people["person_id"], scale, table, threads)


def timeline_of(
    events: EventArrays,
    wanted: Wanted,
    person_ids: pa.ChunkedArray,
    scale: Scale,
    table: pa.Table | None,
    threads: int,
) -> Timeline:
    """Return timelines of events that were read; their arrays are used up on the way."""
    arrays, n_people = events.arrays, len(person_ids)
    person = arrays.pop("person_id", np.zeros(0, np.int32))
    happened = arrays.pop("happened_on", np.zeros(0, np.int32))
    known = arrays.pop("known_on", np.zeros(0, np.int32))
    stands = ~arrays.pop("withdrawn", np.ones(0, bool))
    order, starts = arranged(person, happened, known, stands, n_people)
    del person
    never = np.broadcast_to(np.int32(NEVER), len(order))
    with ThreadPoolExecutor(max_workers=threads) as pool:
        names = list(arrays)
        gathered = pool.map(lambda name: _gathered(arrays.pop(name), order), names)
        ordered = dict(zip(names, gathered, strict=True))
        happened, known = pool.map(_gathered, (happened, known), (order, order))
    return Timeline(
        person_ids=person_ids.combine_chunks(),
        starts=starts,
        happened=happened,
        known=known,
        replaced=ordered.get("replaced", never),
        ended=ordered.get("ended_on", never),
        columns={
            name: _column(name, ordered, wanted, events.texts, scale) for name in wanted.columns
        },
        fingerprints={
            name: ordered.get(name, np.zeros(0, np.uint64)) for name in wanted.fingerprinted
        },
        rows=order,
        table=table,
    )


def on_scale(timeline: Timeline, scale: Scale, day: int) -> Timeline:
    """Return timelines whose harm is counted on another scale, in the days of the first.

    Scales differ in how large a day is, and a model and its rules have learned or were given the
    days of one. So the other scale's days are multiplied by one number, such that all that had
    happened and was known before the day is as harmful in total on either; what changes is how
    harm is spread over kinds of events.

    Parameters
    ----------
    timeline : Timeline
        With the columns ``harm_class`` and ``harm_days``.
    scale : Scale
    day : int
        As-of date, in days since 1970-01-01.

    Examples
    --------
    Harm of 20 and 10 days on one scale, 100 and 200 on the other, becomes 10 and 20.
    """
    classes, before = timeline.columns["harm_class"], timeline.columns["harm_days"]
    if not isinstance(classes, Categories) or not isinstance(before, Numbers):
        raise TypeError("a timeline's harm is in its columns harm_class and harm_days")
    days = scale.harm_days(classes)
    there = (timeline.happened < day) & (timeline.known < day) & (timeline.replaced >= day)
    total, other = float(before.values[there].sum()), float(days[there].sum())
    counted = Numbers(days * (total / other if total and other else 1.0))
    return replace(timeline, columns={**timeline.columns, "harm_days": counted})


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
    position = Finder(timeline.person_ids).positions(wanted)
    if (position < 0).any():
        raise KeyError("a person who is in no people source was asked about")
    return Moments(position, np.full(len(position), days, dtype=np.int32))


def _gathered(values: npt.NDArray[Any], order: npt.NDArray[np.int32]) -> npt.NDArray[Any]:
    out = np.empty(len(order), values.dtype)
    gather(values, order, out)
    return out


def _column(
    name: str,
    ordered: Mapping[str, npt.NDArray[Any]],
    wanted: Wanted,
    texts: Mapping[str, Sequence[str]],
    scale: Scale,
) -> Column:
    kind = wanted.vocabulary.event_fields()[name]
    if name == "harm_days":
        classes = wanted.vocabulary.harm_classes
        codes = ordered.get("harm_class", np.zeros(0, np.int8))
        return Numbers(scale.harm_days(Categories(codes, classes)))
    values = ordered.get(name, np.zeros(0, np.float64 if kind == "number" else np.int8))
    if kind == "answer":
        return Answers(values)
    if kind == "number":
        return Numbers(values)
    return Categories(values, texts[name] if kind == "text" else list(kind))
