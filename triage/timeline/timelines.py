"""Every person's events in order, as flat arrays."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from triage.conditions import Answers, Categories, Column, Numbers
from triage.harm import Scale
from triage.records import CaseHistories, Vocabulary
from triage.timeline.arrays import codes_of, days_of, encoded_of, numbers_of

__all__ = ["NEVER", "Moments", "Timeline", "build_timeline", "day_of", "moments_of"]

Days = npt.NDArray[np.int32]

NEVER = int(np.iinfo(np.int32).max)
"""The day that stands for "not yet": an end that has not come, a fact that never became known."""

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
    victims : ndarray of int32, shape (n_events,)
        A number for each victim, −1 where no victim is recorded.
    columns : mapping of str to Column
        What conditions may test of an event.
    records : pyarrow.Table
        ``event_id`` and ``source`` of each event, in the order of the timeline.
    """

    person_ids: npt.NDArray[np.str_]
    starts: npt.NDArray[np.int64]
    happened: Days
    known: Days
    replaced: Days
    ended: Days
    victims: npt.NDArray[np.int32]
    columns: Mapping[str, Column]
    records: pa.Table

    @property
    def n_people(self) -> int:
        """How many people there are, with events or without."""
        return len(self.person_ids)

    @property
    def n_events(self) -> int:
        """How many events there are."""
        return len(self.happened)

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


def build_timeline(histories: CaseHistories, scale: Scale) -> Timeline:
    """Return the timelines of all people of these case histories.

    Parameters
    ----------
    histories : CaseHistories
        Canonical tables: events in the order of source, event id and known date, all of people in
        ``people``.
    scale : Scale
        What the column ``harm_days`` counts in.
    """
    people, events = histories.people, histories.events
    person = codes_of(events["person_id"], people["person_id"])
    happened = days_of(events["happened_on"], NEVER)
    known = days_of(events["known_on"], NEVER)
    replaced = _replaced(events, known)
    order = _order(person, happened, known)
    withdrawals = events["withdrawn"].to_numpy()
    if withdrawals.any():
        order = order[~withdrawals[order]]
    sorted_events = events.take(pa.array(order))
    columns = _columns(sorted_events, histories.vocabulary, scale)
    starts = np.searchsorted(person[order], np.arange(len(people) + 1)).astype(np.int64)
    return Timeline(
        person_ids=np.asarray(people["person_id"].to_numpy(), dtype=np.str_),
        starts=starts,
        happened=happened[order],
        known=known[order],
        replaced=replaced[order],
        ended=days_of(sorted_events["ended_on"], NEVER),
        victims=encoded_of(sorted_events["victim_id"])[0],
        columns=columns,
        records=sorted_events.select(["event_id", "source"]),
    )


def moments_of(timeline: Timeline, person_ids: Sequence[str], days: Days | int) -> Moments:
    """Return the moments of these people on these days.

    Parameters
    ----------
    timeline : Timeline
    person_ids : sequence of str, shape (n,)
        People of the timeline.
    days : ndarray of int32, shape (n,), or int
        As-of dates, in days since 1970-01-01.

    Raises
    ------
    KeyError
        A person is not in the timeline.
    """
    wanted = np.asarray(person_ids, dtype=np.str_)
    position = np.searchsorted(timeline.person_ids, wanted).astype(np.int32)
    found = np.take(timeline.person_ids, position, mode="clip") if timeline.n_people else wanted[:0]
    if len(found) != len(wanted) or bool((found != wanted).any()):
        raise KeyError("a person who is in no people source was asked about")
    return Moments(position, np.broadcast_to(np.asarray(days, dtype=np.int32), len(wanted)))


def _order(person: npt.NDArray[np.int32], happened: Days, known: Days) -> npt.NDArray[np.int64]:
    by_known = np.argsort(known, kind="stable")
    key = person.astype(np.int64) << 32 | (happened.astype(np.int64) + 2**31)
    return by_known[np.argsort(key[by_known], kind="stable")]


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


def _columns(events: pa.Table, vocabulary: Vocabulary, scale: Scale) -> dict[str, Column]:
    columns: dict[str, Column] = {}
    for name, kind in vocabulary.event_fields().items():
        if name == "harm_days":
            continue
        if kind == "answer":
            columns[name] = Answers(events[name].to_numpy().astype(np.int8))
        elif kind == "number":
            columns[name] = Numbers(numbers_of(events[name]))
        elif kind == "text":
            columns[name] = Categories(*encoded_of(events[name]))
        else:
            columns[name] = Categories(codes_of(events[name], pa.array(kind, pa.string())), kind)
    harm_class = columns["harm_class"]
    assert isinstance(harm_class, Categories)  # noqa: S101 - event_fields says so
    columns["harm_days"] = Numbers(scale.harm_days(harm_class))
    return columns
