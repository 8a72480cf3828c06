"""Computing features: a plan bound to a timeline, run over moments in threads."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from triage.conditions import (
    UNKNOWN_DAY,
    Answer,
    Answers,
    Categories,
    Column,
    Condition,
    Days,
    Numbers,
)
from triage.features.definitions import Feature
from triage.features.filters import filters_passed
from triage.features.kernel import GRID, Operation, grid_sum, numbered_within_people, scan
from triage.features.matrix import FeatureMatrix
from triage.features.plan import LinkedPart, Plan
from triage.features.walks import Facts, Passing, walk
from triage.timeline import (
    NEVER,
    Links,
    Moments,
    Timeline,
    find_links,
    linked_timeline,
    of_those_asked,
)

__all__ = [
    "Bound",
    "attribute_values",
    "bind",
    "compute",
    "linked_values",
    "processors",
]

LARGEST = 2.0**53 / GRID
"""Sums of numbers whose sizes stay below this together are exact."""

ROWS_AT_ONCE = 2**11
"""Rows that a thread makes before it takes the next ones."""

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Bound:
    """A plan whose filters and columns were found in one timeline.

    Parameters
    ----------
    plan : Plan
    timeline : Timeline
    arguments : tuple
        What the kernel takes of both.
    different : int
        The greatest number of different names of one person.
    walks : list of (int, tuple)
        The column of each feature of order, and what its walk takes of both.
    """

    plan: Plan
    timeline: Timeline
    arguments: tuple[Any, ...]
    different: int
    walks: list[tuple[int, Any]]

    def fill(
        self,
        moments: Moments,
        first: int,
        last: int,
        out: Array,
        pool: ThreadPoolExecutor,
        offset: int = 0,
    ) -> None:
        """Set ``out[:, offset:]`` to the features, made of events, of moments first to last."""
        person, day = np.ascontiguousarray(moments.person), np.ascontiguousarray(moments.day)

        def run(row: int) -> None:
            here = offset + row - first
            scan(  # type: ignore[call-arg]
                person,
                day,
                *self.arguments,
                np.zeros((len(self.plan.steps), self.different), dtype=np.uint64),
                row,
                min(row + ROWS_AT_ONCE, last),
                out,
                here,
            )
            rows = slice(row, min(row + ROWS_AT_ONCE, last))
            for column, asked in self.walks:
                its_own = out[column, here : here + rows.stop - row]
                walk(*asked, person[rows], day[rows], its_own)  # type: ignore[call-arg]

        list(pool.map(run, range(first, last, ROWS_AT_ONCE)))


def compute(
    plan: Plan,
    timeline: Timeline,
    moments: Moments,
    attributes: Mapping[str, Column] | None = None,
    *,
    links: Mapping[str, Links] | None = None,
    threads: int | None = None,
) -> FeatureMatrix:
    """Return every feature of every moment.

    Parameters
    ----------
    plan : Plan
    timeline : Timeline
    moments : Moments
        n_rows questions, in any order.
    attributes : mapping of str to Column, optional
        Attributes of the people and referrals asked about, of length n_rows (see
        :func:`triage.timeline.attributes_at`). A feature whose attribute is not given is unknown.
    links : mapping of str to Links, optional
        Of the people asked about, by the column whose names link them, where they are known
        already; by default they are looked for in the timeline, which must then hold everybody.
    threads : int, optional
        By default, as many as there are processors.

    Returns
    -------
    FeatureMatrix
        n_rows × n_features, aligned with the moments. Only events that happened *and* were
        known strictly before a moment's day count, each in the version that was known then; an
        event of that very day does not.

    Raises
    ------
    ValueError
        Numbers so large that their sums would not be exact.
    """
    out = np.empty((len(plan.features), len(moments)))
    few, asked = of_those_asked(timeline, moments, plan.fields)
    with ThreadPoolExecutor(max_workers=threads or processors()) as pool:
        bind(plan, few).fill(asked, 0, len(asked), out, pool)
    for column, values in linked_values(plan, timeline, moments, threads, links):
        out[column] = values
    for column, its_own in attribute_values(plan, moments, attributes or {}):
        out[column] = its_own
    return FeatureMatrix(out.T, plan.features)


def linked_values(
    plan: Plan,
    timeline: Timeline,
    moments: Moments,
    threads: int | None,
    links: Mapping[str, Links] | None = None,
) -> Iterator[tuple[int, Array]]:
    """Yield the values of each feature of linked people, with its position."""
    for part in plan.linked:
        found = None if links is None else links[part.linked_by]
        made = _of_linked(part, timeline, moments, found, threads)
        yield from zip(part.columns, made.values.T, strict=True)


def _of_linked(
    part: LinkedPart,
    timeline: Timeline,
    moments: Moments,
    links: Links | None,
    threads: int | None,
) -> FeatureMatrix:
    """Return the features that are made of the events of linked people."""
    people, person = np.unique(moments.person.astype(np.int64), return_inverse=True)
    if links is None:
        links = find_links(timeline, part.linked_by, people)
    there = linked_timeline(timeline, people, links, fields=part.plan.fields).timeline
    asked = Moments(person.astype(np.int32), moments.day)
    return compute(part.plan, there, asked, threads=threads)


def processors() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def attribute_values(
    plan: Plan, moments: Moments, attributes: Mapping[str, Column]
) -> Iterator[tuple[int, Array | float]]:
    """Yield the values of each feature of an attribute, with its position: nothing of events."""
    for position, feature in enumerate(plan.features):
        if feature.measure == "attribute":
            column = attributes.get(str(feature.of))
            yield position, np.nan if column is None else _attribute(feature, column, moments)


def bind(plan: Plan, timeline: Timeline) -> Bound:
    """Find a plan's filters and columns in a timeline.

    Raises
    ------
    ValueError
        Numbers so large that their sums would not be exact.
    """
    signature, passed = filters_passed(plan.filters, timeline.columns, timeline.n_events)
    filter_of = np.asarray([step.filter for step in plan.steps], dtype=np.int64)
    its, steps = np.nonzero(passed[filter_of].T)
    rows, row_of = _numbers(plan, timeline)
    column_of = [
        row_of[step.column] if step.operation in MEASURING else step.column for step in plan.steps
    ]
    names = _stacked([_numbered(timeline, name) for name in plan.names], np.int32)
    arguments = (
        timeline.starts,
        timeline.happened,
        timeline.known,
        _present(timeline.replaced),
        _present(timeline.ended),
        signature,
        np.searchsorted(its, np.arange(passed.shape[1] + 1)).astype(np.int32),
        steps.astype(np.int32),
        np.asarray([step.operation for step in plan.steps], dtype=np.int32),
        np.asarray(column_of, dtype=np.int32),
        _stacked(rows, np.float64),
        names,
        plan.edges,
        plan.cell_of,
        plan.empty,
        plan.summed,
        plan.greatest,
        plan.outputs,
        plan.when_none,
    )
    different = int(names.max(initial=-1)) + 1
    return Bound(plan, timeline, arguments, different, _walked(plan, timeline))


MEASURING = (Operation.SUM, Operation.MAXIMUM, Operation.LATEST)


def _walked(plan: Plan, timeline: Timeline) -> list[tuple[int, Any]]:
    """Return what a walk takes of each feature of order, by the feature's position."""
    walks = plan.walks
    if not walks.each:
        return []
    passing = _passing(walks.filters, timeline)
    nothing = Passing(np.empty(0, np.int32), np.zeros(timeline.n_people + 1, np.int64))
    numbers = [_number(timeline, name, summed) for name, summed in walks.numbers]
    names = [_numbered(timeline, name) for name in walks.names]
    replaced = np.ascontiguousarray(timeline.replaced)
    found = []
    for one in walks.each:
        its_names = np.empty(0, np.int32) if one.name < 0 else names[one.name]
        facts = Facts(
            timeline.happened,
            timeline.known,
            replaced,
            np.empty(0) if one.number < 0 else numbers[one.number],
            its_names,
            int(its_names.max(initial=-1)) + 1,
        )
        others = nothing if one.companion < 0 else passing[one.companion]
        found.append((one.column, (one.asked, facts, passing[one.filter], others)))
    return found


def _passing(filters: Sequence[Condition | None], timeline: Timeline) -> list[Passing]:
    likeness, passed = filters_passed(filters, timeline.columns, timeline.n_events)
    found = []
    for position in range(len(filters)):
        events = np.flatnonzero(passed[position][likeness]).astype(np.int32)
        found.append(Passing(events, np.searchsorted(events, timeline.starts)))
    return found


def _present(days: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
    """Return days, none of them where nothing ever is replaced, or ends."""
    return np.zeros(0, dtype=np.int32) if (days == NEVER).all() else days


def _stacked(rows: Sequence[Array], dtype: npt.DTypeLike) -> Array:
    if len(rows) == 1:
        return rows[0].reshape(1, -1)
    return np.stack(rows) if rows else np.zeros((0, 0), dtype=dtype)


def _numbers(plan: Plan, timeline: Timeline) -> tuple[list[Array], list[int]]:
    """Return the numbers that are measured, each once, and where those of each column stand."""
    rows: list[Array] = []
    row_of: list[int] = []
    for name, summed in plan.numbers:
        values = _number(timeline, name, summed)
        same = (place for place, row in enumerate(rows) if row is values)
        row_of.append(next(same, len(rows)))
        if row_of[-1] == len(rows):
            rows.append(values)
    return rows, row_of


def _number(timeline: Timeline, name: str, summed: bool) -> npt.NDArray[np.float64]:
    column = timeline.columns[name]
    if not isinstance(column, Numbers):
        raise TypeError(f"the event column {name} does not hold numbers")
    return _on_grid(name, column.values) if summed else column.values


def _on_grid(name: str, values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    total, stands_there = grid_sum(values)
    if total >= LARGEST:
        raise ValueError(f"the numbers of the event column {name} are too large to be summed")
    return values if stands_there else np.rint(values * GRID) / GRID + 0.0


def _numbered(timeline: Timeline, name: str) -> npt.NDArray[np.int32]:
    keys = timeline.fingerprints.get(name)
    if keys is None:
        column = timeline.columns[name]
        if not isinstance(column, Categories):
            raise TypeError(f"the event column {name} does not hold names")
        keys = (column.codes.astype(np.int64) + 1).view(np.uint64)
    return np.asarray(numbered_within_people(timeline.starts, keys))


def _attribute(feature: Feature, column: Column, moments: Moments) -> npt.NDArray[np.float64]:
    match column:
        case Numbers(values):
            return values
        case Answers(codes):
            return np.where(codes >= Answer.UNKNOWN, np.nan, codes == Answer.YES)
        case Categories(codes, names):
            wanted = {name: code for code, name in enumerate(names)}.get(str(feature.equals), -1)
            return np.where(codes < 0, np.nan, codes == wanted)
        case Days(days):
            return np.where(days == UNKNOWN_DAY, np.nan, moments.day.astype(np.float64) - days)
