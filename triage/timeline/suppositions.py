"""Timelines as they would be if something more had happened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from triage.conditions import Answers, Categories, Column, Numbers
from triage.records import NEVER
from triage.timeline.timelines import Moments, Timeline

__all__ = ["Added", "suppose"]

Positions = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Added:
    """One event that is supposed to have happened.

    Parameters
    ----------
    event : int
        Its position in the timeline of what may be added.
    days_before : int
        How many days before the as-of date it happened and became known; at least 1.
    new_victim : bool
        Whether its victim is in no record yet; else it is the one of the latest record that names
        one.
    """

    event: int
    days_before: int
    new_victim: bool = False


def suppose(
    timeline: Timeline,
    moments: Moments,
    rows: Positions,
    added: Sequence[Sequence[Added]],
    addable: Timeline,
    *,
    later: npt.NDArray[np.int32] | None = None,
) -> tuple[Timeline, Moments]:
    """Return histories as they would be, each of a person of its own.

    Parameters
    ----------
    timeline : Timeline
        All events.
    moments : Moments, of n_rows moments
    rows : ndarray of int64, shape (n,)
        Of which moment each supposition is.
    added : sequence of n sequences of Added
        What has happened besides; nothing that did happen is ever taken away.
    addable : Timeline
        Holds the events that may be added; whose they are is not looked at.
    later : ndarray of int32, shape (n,), optional
        How many days after the moment the question is asked; by default none.

    Returns
    -------
    timeline : Timeline
        Of n people, each with the events that could be used at the moment, in the version known
        then, and what was added. Names of victims and others stand for nobody else's: links to
        other people are not in it.
    moments : Moments, shape (n,)
    """
    n = len(rows)
    usable = {
        int(row): timeline.usable(int(moments.person[row]), int(moments.day[row]))
        for row in np.unique(rows)
    }
    own = [usable[int(row)] for row in rows]
    base = np.concatenate([*own, np.empty(0, np.int64)]).astype(np.int64)
    whose = np.repeat(np.arange(n), [len(events) for events in own])
    extra = [(who, one) for who, several in enumerate(added) for one in several]
    new = np.array([one.event for _, one in extra], dtype=np.int64)
    whose_new = np.array([who for who, _ in extra], dtype=np.int64)
    back = np.array([one.days_before for _, one in extra], dtype=np.int64)
    on = (moments.day[rows[whose_new]] - back).astype(np.int32)
    person = np.concatenate([whose, whose_new])
    happened = np.concatenate([timeline.happened[base], on])
    known = np.concatenate([timeline.known[base], on])
    order = np.lexsort((known, happened, person))
    victims = _victims(timeline, base, whose, extra)
    columns = {
        name: _joined(column, base, addable.columns[name], new, order)
        for name, column in timeline.columns.items()
        if name != "victim_id"
    }
    if "victim_id" in timeline.columns:
        columns["victim_id"] = _ordered(victims, order)
    never = np.full(len(order), NEVER, dtype=np.int32)
    supposed = Timeline(
        person_ids=pa.array([f"{who:09}" for who in range(n)], pa.string()),
        starts=np.searchsorted(person[order], np.arange(n + 1)).astype(np.int64),
        happened=happened[order],
        known=known[order],
        replaced=never,
        ended=np.concatenate([timeline.ended[base], addable.ended[new]])[order],
        columns=columns,
        fingerprints={},
        rows=np.arange(len(order), dtype=np.int32),
        table=None,
    )
    days = moments.day[rows] + (0 if later is None else later)
    return supposed, Moments(np.arange(n, dtype=np.int32), days.astype(np.int32))


def _victims(
    timeline: Timeline, base: Positions, whose: Positions, extra: Sequence[tuple[int, Added]]
) -> Categories:
    """Return the victims of the events that stand, and then of those that are added."""
    column = timeline.columns.get("victim_id")
    if not isinstance(column, Categories):
        return Categories(np.full(len(base) + len(extra), -1, dtype=np.int32), [])
    used, codes = np.unique(column.codes[base], return_inverse=True)
    codes = codes.astype(np.int32) - np.int32(len(used) > 0 and used[0] < 0)
    names = [column.names[code] for code in used.tolist() if code >= 0]
    latest: Mapping[int, int] = {
        int(who): int(code)
        for who, code in zip(whose, codes, strict=True)
        if code >= 0  # the oldest comes first, so the latest is kept
    }
    nobody = len(names)
    theirs = [nobody if one.new_victim else latest.get(who, nobody) for who, one in extra]
    return Categories(
        np.concatenate([codes, np.array(theirs, dtype=np.int32)]), [*names, "somebody else"]
    )


def _joined(
    column: Column, base: Positions, addable: Column, new: Positions, order: Positions
) -> Column:
    """Return a column of the events that stand and of those that are added."""
    match column, addable:
        case Answers(there), Answers(here):
            return Answers(np.concatenate([there[base], here[new]])[order])
        case Numbers(there), Numbers(here):
            return Numbers(np.concatenate([there[base], here[new]])[order])
        case Categories(there, names), Categories(here, others):
            if list(names) == list(others):
                return Categories(np.concatenate([there[base], here[new]])[order], names)
            nothing = np.full(len(new), -1, dtype=np.int32)  # a free name: it links to nothing
            return Categories(np.concatenate([there[base], nothing])[order], names)
    raise TypeError("what is added must have the columns of what there is")


def _ordered(column: Categories, order: Positions) -> Categories:
    return Categories(column.codes[order], column.names)
