"""Computing features: a plan bound to a timeline, run over moments in threads."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

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
from triage.features.kernel import numbered_within_people, scan
from triage.features.matrix import FeatureMatrix
from triage.features.plan import LinkedPart, Plan, Walks
from triage.features.walks import Facts, Passing, walk
from triage.timeline import Links, Moments, Timeline, find_links, linked_timeline

__all__ = ["compute"]

GRID = 2.0**20
"""Numbers are summed in units of 1/GRID, so that sums are exact in any order."""

LARGEST = 2.0**53 / GRID
"""Sums of numbers whose sizes stay below this together are exact."""


@dataclass(frozen=True)
class _Bound:
    """A plan's filters and columns, found in one timeline."""

    signature: npt.NDArray[np.int32]
    signature_starts: npt.NDArray[np.int32]
    signature_steps: npt.NDArray[np.int32]
    numbers: npt.NDArray[np.float64]
    names: npt.NDArray[np.int32]


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
    n_rows = len(moments)
    out = np.full((len(plan.features), n_rows), np.nan)
    threads = threads or os.cpu_count() or 1
    if len(plan.outputs) and n_rows:
        _run(plan, timeline, moments, out, threads)
    if plan.walks.each and n_rows:
        _run_walks(plan.walks, timeline, moments, out, threads)
    for part in plan.linked if n_rows else ():
        found = None if links is None else links[part.linked_by]
        out[list(part.columns)] = _of_linked(part, timeline, moments, found, threads).values.T
    for column, feature in enumerate(plan.features):
        attribute = (attributes or {}).get(str(feature.of))
        if feature.measure == "attribute" and attribute is not None:
            out[column] = _attribute(feature, attribute, moments)
    return FeatureMatrix(out.T, plan.features)


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


def _run(
    plan: Plan,
    timeline: Timeline,
    moments: Moments,
    out: npt.NDArray[np.float64],
    threads: int,
) -> None:
    bound = _bind(plan, timeline)
    operation = np.asarray([step.operation for step in plan.steps], dtype=np.int32)
    column = np.asarray([step.column for step in plan.steps], dtype=np.int32)
    different = int(bound.names.max(initial=-1)) + 1

    def run(first_row: int, last_row: int) -> None:
        scan(
            np.ascontiguousarray(moments.person),
            np.ascontiguousarray(moments.day),
            timeline.starts,
            timeline.happened,
            timeline.known,
            timeline.replaced,
            timeline.ended,
            bound.signature,
            bound.signature_starts,
            bound.signature_steps,
            operation,
            column,
            bound.numbers,
            bound.names,
            np.zeros((len(plan.steps), different), dtype=np.int64),
            plan.edges,
            plan.empty,
            plan.n_summed,
            plan.n_windowed,
            plan.outputs,
            plan.when_none,
            first_row,
            last_row,
            out,
        )

    _in_threads(run, len(moments), threads)


def _in_threads(run: Callable[[int, int], None], n_rows: int, threads: int) -> None:
    bounds = np.linspace(0, n_rows, min(threads, n_rows) + 1).astype(int)
    with ThreadPoolExecutor(max_workers=threads) as pool:
        list(pool.map(run, bounds[:-1].tolist(), bounds[1:].tolist()))


def _run_walks(
    walks: Walks,
    timeline: Timeline,
    moments: Moments,
    out: npt.NDArray[np.float64],
    threads: int,
) -> None:
    passing = _passing(walks.filters, timeline)
    nothing = Passing(np.empty(0, np.int32), np.zeros(timeline.n_people + 1, np.int64))
    numbers = [_numbers(timeline, name, summed) for name, summed in walks.numbers]
    names = [_numbered(timeline, name) for name in walks.names]
    rows = np.ascontiguousarray(moments.person), np.ascontiguousarray(moments.day)

    def run(first_row: int, last_row: int) -> None:
        for one in walks.each:
            facts = Facts(
                timeline.happened,
                timeline.known,
                timeline.replaced,
                np.empty(0) if one.number < 0 else numbers[one.number],
                np.empty(0, np.int32) if one.name < 0 else names[one.name],
            )
            others = nothing if one.companion < 0 else passing[one.companion]
            its_own = passing[one.filter]
            walk(one.asked, facts, its_own, others, *rows, first_row, last_row, out[one.column])

    _in_threads(run, len(moments), threads)


def _passing(filters: Sequence[Condition | None], timeline: Timeline) -> list[Passing]:
    likeness, passed = filters_passed(filters, timeline.columns, timeline.n_events)
    found = []
    for position in range(len(filters)):
        passes = np.asarray([position in some for some in passed], dtype=bool)
        events = np.flatnonzero(passes[likeness]).astype(np.int32)
        found.append(Passing(events, np.searchsorted(events, timeline.starts)))
    return found


def _bind(plan: Plan, timeline: Timeline) -> _Bound:
    signature, passed = filters_passed(plan.filters, timeline.columns, timeline.n_events)
    steps = [
        [position for position, step in enumerate(plan.steps) if step.filter in filters]
        for filters in passed
    ]
    numbers = [_numbers(timeline, name, summed) for name, summed in plan.numbers]
    names = [_numbered(timeline, name) for name in plan.names]
    return _Bound(
        signature=signature,
        signature_starts=np.cumsum([0, *map(len, steps)], dtype=np.int32),
        signature_steps=np.asarray([step for some in steps for step in some], dtype=np.int32),
        numbers=np.asarray(numbers, dtype=np.float64).reshape(len(numbers), timeline.n_events),
        names=np.asarray(names, dtype=np.int32).reshape(len(names), timeline.n_events),
    )


def _numbers(timeline: Timeline, name: str, summed: bool) -> npt.NDArray[np.float64]:
    column = timeline.columns[name]
    if not isinstance(column, Numbers):
        raise TypeError(f"the event column {name} does not hold numbers")
    return _on_grid(name, column.values) if summed else column.values


def _on_grid(name: str, values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    if np.nansum(np.abs(values)) >= LARGEST:
        raise ValueError(f"the numbers of the event column {name} are too large to be summed")
    return np.asarray(np.rint(values * GRID) / GRID + 0.0)  # never −0, the sum of nothing


def _numbered(timeline: Timeline, name: str) -> npt.NDArray[np.int32]:
    column = timeline.columns[name]
    if not isinstance(column, Categories):
        raise TypeError(f"the event column {name} does not hold names")
    return np.asarray(numbered_within_people(timeline.starts, column.codes, len(column.names)))


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
