"""What is usable at some moments, as a timeline of its own."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from triage.conditions import take
from triage.timeline.timelines import Moments, Timeline

__all__ = ["of_those_asked", "ranges", "timeline_at"]

Integers = npt.NDArray[np.int64]


def timeline_at(timeline: Timeline, moments: Moments) -> Timeline:
    """Return a timeline in which each moment is a person of its own.

    Parameters
    ----------
    timeline : Timeline
    moments : Moments
        n moments; a person may be among them several times.

    Returns
    -------
    Timeline
        Of n people, called by the numbers of the moments: each with the events that may answer a
        question of that moment, in their order, and no others. So what is on record of one can be
        changed, to see what would follow, without a change for anybody else.
    """
    first = timeline.starts[moments.person]
    counts = timeline.starts[moments.person.astype(np.int64) + 1] - first
    events, row = ranges(first, counts), np.repeat(np.arange(len(moments)), counts)
    day = moments.day[row]
    usable = (timeline.happened[events] < day) & (timeline.known[events] < day)
    usable &= timeline.replaced[events] >= day
    events, row = events[usable], row[usable]
    return replace(
        timeline,
        person_ids=pa.array([str(number) for number in range(len(moments))], pa.string()),
        starts=np.searchsorted(row, np.arange(len(moments) + 1)),
        happened=timeline.happened[events],
        known=timeline.known[events],
        replaced=timeline.replaced[events],
        ended=timeline.ended[events],
        columns={name: take(column, events) for name, column in timeline.columns.items()},
        fingerprints={name: keys[events] for name, keys in timeline.fingerprints.items()},
        rows=timeline.rows[events],
    )


def of_those_asked(
    timeline: Timeline, moments: Moments, fields: Collection[str]
) -> tuple[Timeline, Moments]:
    """Return the timelines of those alone who are asked about, and the moments among them.

    Parameters
    ----------
    timeline : Timeline
    moments : Moments
    fields : collection of str
        The columns that will be tested or measured, and those whose different values are counted.

    Returns
    -------
    timeline : Timeline
        The same where those asked about have most of the events.
    moments : Moments
    """
    asked = np.zeros(timeline.n_people, dtype=bool)
    asked[moments.person] = True
    people = np.flatnonzero(asked)
    counts = np.diff(timeline.starts)[people]
    if 2 * counts.sum() >= timeline.n_events:
        return timeline, moments
    events = ranges(timeline.starts[people], counts)
    position = np.cumsum(asked, dtype=np.int32) - np.int32(1)
    columns, keys = timeline.columns, timeline.fingerprints
    few = replace(
        timeline,
        person_ids=timeline.person_ids.take(pa.array(people)),
        starts=np.concatenate([[0], np.cumsum(counts)]),
        happened=timeline.happened[events],
        known=timeline.known[events],
        replaced=timeline.replaced[events],
        ended=timeline.ended[events],
        columns={name: take(columns[name], events) for name in sorted(columns.keys() & fields)},
        fingerprints={name: keys[name][events] for name in sorted(keys.keys() & fields)},
        rows=timeline.rows[events],
    )
    return few, Moments(position[moments.person], moments.day)


def ranges(first: Integers, counts: Integers) -> Integers:
    """Return ``counts[i]`` integers from ``first[i]`` on, for each i in turn.

    Examples
    --------
    >>> ranges(np.array([3, 8, 1]), np.array([2, 0, 1]))
    array([3, 4, 1])
    """
    before = np.cumsum(counts) - counts
    return np.repeat(first - before, counts) + np.arange(counts.sum())
