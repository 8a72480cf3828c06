"""The events behind a value."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from triage.conditions import Categories, Condition, Numbers, Truth, evaluate, fields_of, take
from triage.features.definitions import Feature
from triage.timeline import Linked, Timeline, find_links, linked_timeline

__all__ = ["evidence", "evidence_of_each"]

Positions = npt.NDArray[np.int64]


def evidence(feature: Feature, timeline: Timeline, person: int, day: int) -> Positions:
    """Return the events that a feature's value was made of.

    Parameters
    ----------
    feature : Feature
    timeline : Timeline
    person : int
        Position of the person in ``timeline.person_ids``.
    day : int
        As-of date, in days since 1970-01-01.

    Returns
    -------
    ndarray of int64
        Positions in the timeline, oldest first: the events counted or summed; those that hold
        the maximum; the first or the last; the two values of a change; the events of both periods
        of a ratio; those that have not ended; all between which the median gap lies, or the two of
        the shortest; those of an unbroken streak; those that reached a number, or came nearest;
        those of the name that has most, or of all names; those that lie near others or after them,
        each with the nearest such other. Of a feature of linked people they are events of other
        people. Empty where nothing was found, and for an attribute.
    """
    if feature.measure == "attribute":
        return np.empty(0, dtype=np.int64)
    if feature.linked_by is not None:
        return _of_linked(feature, feature.linked_by, timeline, person, day)
    usable = timeline.usable(person, day)
    passing = _passing(feature.where, timeline, usable)
    longest = feature.window_days if feature.earlier_days is None else feature.earlier_days
    age = day - timeline.happened[passing]
    events = passing if longest is None else np.asarray(passing[age <= longest])
    if feature.companion is not None:
        return _with_companions(feature, timeline, events, usable)
    if feature.measure == "new":
        return _newly_named(feature, timeline, events, passing)
    return _behind(feature, timeline, events, day) if len(events) else events


def evidence_of_each(
    feature: Feature, timeline: Timeline, people: Positions, days: npt.NDArray[np.int32]
) -> list[Positions]:
    """Return :func:`evidence` of several people, with each filter and each link looked for once.

    Parameters
    ----------
    feature : Feature
    timeline : Timeline
    people : ndarray of int64, shape (n,)
        Positions in ``timeline.person_ids``.
    days : ndarray of int32, shape (n,)
        As-of dates, in days since 1970-01-01.

    Returns
    -------
    list of n ndarrays of int64
    """
    if not len(people):
        return []
    if feature.linked_by is not None:
        own = np.unique(people)
        there = _linked(feature, feature.linked_by, timeline, own)
        local = replace(feature, linked_by=None)
        at = np.searchsorted(own, people)
        return [there.positions[one] for one in evidence_of_each(local, there.timeline, at, days)]
    moments = list(zip(people.tolist(), days.tolist(), strict=True))
    if feature.measure == "attribute" or feature.companion is not None or feature.measure == "new":
        return [evidence(feature, timeline, person, day) for person, day in moments]
    usable = [timeline.usable(person, day) for person, day in moments]
    ends = np.cumsum([len(events) for events in usable])
    every = np.concatenate([np.empty(0, np.int64), *usable])
    kept = np.isin(every, _passing(feature.where, timeline, np.unique(every)))
    longest = feature.window_days if feature.earlier_days is None else feature.earlier_days
    if longest is not None:
        kept &= np.repeat(days, [len(one) for one in usable]) - timeline.happened[every] <= longest
    found = []
    for (_, day), start, end in zip(moments, [0, *ends[:-1].tolist()], ends.tolist(), strict=True):
        events = every[start:end][kept[start:end]]
        found.append(_behind(feature, timeline, events, day) if len(events) else events)
    return found


def _passing(where: Condition | None, timeline: Timeline, events: Positions) -> Positions:
    if where is None or not len(events):
        return events
    columns = {name: take(column, events) for name, column in timeline.columns.items()}
    return np.asarray(events[evaluate(where, columns).truth == Truth.YES])


def _of_linked(
    feature: Feature, linked_by: str, timeline: Timeline, person: int, day: int
) -> Positions:
    there = _linked(feature, linked_by, timeline, np.asarray([person]))
    return there.positions[evidence(replace(feature, linked_by=None), there.timeline, 0, day)]


def _linked(feature: Feature, linked_by: str, timeline: Timeline, people: Positions) -> Linked:
    """Return what a feature looks at of those who are linked to people, rising and each once."""
    asked = [one for one in (feature.where, feature.companion) if one is not None]
    measured = [] if feature.of is None else [feature.of]
    fields = frozenset(measured).union(*map(fields_of, asked))
    links = find_links(timeline, linked_by, people)
    return linked_timeline(timeline, people, links, fields=fields)


def _behind(feature: Feature, timeline: Timeline, events: Positions, day: int) -> Positions:
    match feature.measure:
        case "distinct" | "repeats" | "serial":
            return np.asarray(events[_names(feature, timeline, events) >= 0])
        case "most_repeated":
            return _most_repeated(feature, timeline, events)
        case "shortest_gap":
            gaps = np.diff(timeline.happened[events])
            last = len(gaps) - 1 - int(gaps[::-1].argmin()) if len(gaps) else 0
            return events[last : last + 2]
        case "streak":
            return _unbroken(feature, timeline, events, day)
        case "days_since_last":
            return events[-1:]
        case "days_since_first":
            return events[:1]
        case "active" | "days_until_end":
            return np.asarray(events[timeline.ended[events] >= day])
        case "median_gap":
            return events
        case _:
            return events if feature.of is None else _with_number(feature, timeline, events)


def _with_number(feature: Feature, timeline: Timeline, events: Positions) -> Positions:
    column = timeline.columns[str(feature.of)]
    assert isinstance(column, Numbers)  # noqa: S101 - read_pipelines checked it
    events = events[~np.isnan(column.values[events])]
    match feature.measure:
        case "maximum" | "reached":
            values = column.values[events]
            most = values.max(initial=-np.inf)
            least = most if feature.at_least is None else min(feature.at_least, most)
            return np.asarray(events[values >= least])
        case "latest":
            return events[-1:]
        case "change":
            return events[-2:] if len(events) > 1 else events[:0]
        case _:
            return events


def _names(feature: Feature, timeline: Timeline, events: Positions) -> npt.NDArray[np.int32]:
    column = timeline.columns[str(feature.of)]
    assert isinstance(column, Categories)  # noqa: S101 - read_pipelines checked it
    return np.asarray(column.codes[events])


def _most_repeated(feature: Feature, timeline: Timeline, events: Positions) -> Positions:
    """Return the events of the name that has most of them; of several such, of the latest."""
    names = _names(feature, timeline, events)
    events, names = events[names >= 0], names[names >= 0]
    if not len(events):
        return events
    counts = np.bincount(names)
    has_most = counts[names] == counts.max()
    return np.asarray(events[names == names[has_most][-1]])


def _newly_named(
    feature: Feature, timeline: Timeline, events: Positions, passing: Positions
) -> Positions:
    names = _names(feature, timeline, events)
    before = _names(feature, timeline, np.setdiff1d(passing, events))
    return np.asarray(events[(names >= 0) & ~np.isin(names, before)])


def _unbroken(feature: Feature, timeline: Timeline, events: Positions, day: int) -> Positions:
    period = (day - timeline.happened[events] - 1) // (feature.period_days or 1)
    held = np.unique(period)
    unbroken = int((held == np.arange(len(held))).sum())  # a gap puts all later ones out of step
    return np.asarray(events[period < unbroken])


def _with_companions(
    feature: Feature, timeline: Timeline, events: Positions, usable: Positions
) -> Positions:
    """Return the events that have a companion, each with its nearest; of two, the earlier."""
    others = _passing(feature.companion, timeline, usable)
    happened, of_others = timeline.happened[events], timeline.happened[others]
    is_near = feature.measure == "near"
    earlier = np.searchsorted(others, events) if is_near else np.searchsorted(of_others, happened)
    nearest = earlier - 1
    apart = _days_apart(happened, of_others, nearest)
    if is_near:
        later = np.searchsorted(others, events, side="right")
        of_later = _days_apart(happened, of_others, later)
        nearest = np.where(of_later < apart, later, nearest)
        apart = np.minimum(apart, of_later)
    found = apart <= (feature.within_days or 0)
    return np.union1d(events[found], others[nearest[found]])


def _days_apart(
    happened: npt.NDArray[np.int32], of_others: npt.NDArray[np.int32], places: Positions
) -> npt.NDArray[np.float64]:
    """Return the days between events and others at these places, infinite where there is none."""
    apart = np.full(len(happened), np.inf)
    there = (places >= 0) & (places < len(of_others))
    apart[there] = np.abs(happened[there] - of_others[places[there]])
    return apart
