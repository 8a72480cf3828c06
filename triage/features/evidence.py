"""The events behind a value."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from triage.conditions import Categories, Numbers, Truth, evaluate, fields_of, take
from triage.features.definitions import Feature
from triage.timeline import Timeline, find_links, linked_timeline

__all__ = ["evidence"]

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
        of a ratio; those that have not ended. Of a feature of linked people they are events of
        other people. Empty where nothing was found, and for an attribute.
    """
    if feature.measure == "attribute":
        return np.empty(0, dtype=np.int64)
    if feature.linked_by is not None:
        return _of_linked(feature, feature.linked_by, timeline, person, day)
    events = timeline.usable(person, day)
    longest = feature.window_days if feature.earlier_days is None else feature.earlier_days
    if longest is not None:
        events = events[day - timeline.happened[events] <= longest]
    if feature.where is not None and len(events):
        columns = {name: take(column, events) for name, column in timeline.columns.items()}
        events = events[evaluate(feature.where, columns).truth == Truth.YES]
    return _behind(feature, timeline, events, day) if len(events) else events


def _of_linked(
    feature: Feature, linked_by: str, timeline: Timeline, person: int, day: int
) -> Positions:
    people = np.asarray([person])
    fields = frozenset() if feature.where is None else fields_of(feature.where)
    if feature.of is not None:
        fields |= {feature.of}
    links = find_links(timeline, linked_by, people)
    there = linked_timeline(timeline, people, links, fields=fields)
    return there.positions[evidence(replace(feature, linked_by=None), there.timeline, 0, day)]


def _behind(feature: Feature, timeline: Timeline, events: Positions, day: int) -> Positions:
    match feature.measure:
        case "sum" | "maximum" | "latest" | "change" | "rate_ratio" if feature.of is not None:
            return _with_number(feature, timeline, events)
        case "distinct" | "repeats":
            column = timeline.columns[str(feature.of)]
            assert isinstance(column, Categories)  # noqa: S101 - read_pipelines checked it
            return np.asarray(events[column.codes[events] >= 0])
        case "days_since_last":
            return events[-1:]
        case "days_since_first":
            return events[:1]
        case "active":
            return np.asarray(events[timeline.ended[events] >= day])
        case _:
            return events


def _with_number(feature: Feature, timeline: Timeline, events: Positions) -> Positions:
    column = timeline.columns[str(feature.of)]
    assert isinstance(column, Numbers)  # noqa: S101 - read_pipelines checked it
    events = events[~np.isnan(column.values[events])]
    match feature.measure:
        case "maximum":
            values = column.values[events]
            return np.asarray(events[values == values.max(initial=-np.inf)])
        case "latest":
            return events[-1:]
        case "change":
            return events[-2:] if len(events) > 1 else events[:0]
        case _:
            return events
