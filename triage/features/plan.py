"""A plan: all definitions as a few flat tables of operations, each done once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from triage.conditions import Condition, fields_of
from triage.features.definitions import Feature
from triage.features.kernel import LATEST_CELLS, Operation, Output
from triage.features.walks import Asked, Order
from triage.timeline import naming_column

__all__ = ["Plan", "Walk", "Walks", "make_plan"]

EVER = int(np.iinfo(np.int32).max)
Integers = npt.NDArray[np.int32]


OPERATIONS: dict[str, tuple[Operation, Output]] = {
    "count": (Operation.COUNT, Output.WINDOW),
    "sum": (Operation.SUM, Output.WINDOW),
    "maximum": (Operation.MAXIMUM, Output.WINDOW),
    "distinct": (Operation.DISTINCT, Output.WINDOW),
    "repeats": (Operation.NAMED, Output.REPEATS),
    "days_since_last": (Operation.LAST_AGE, Output.RECENT_AGE),
    "days_since_first": (Operation.FIRST_AGE, Output.WINDOW),
    "latest": (Operation.LATEST, Output.RECENT_VALUE),
    "change": (Operation.LATEST, Output.CHANGE),
    "active": (Operation.ACTIVE, Output.FLAG),
    "days_until_end": (Operation.DAYS_LEFT, Output.DAYS_LEFT),
    "rate_ratio": (Operation.COUNT, Output.RATIO),
}

ORDERS: dict[str, Order] = {
    "median_gap": Order.MEDIAN_GAP,
    "shortest_gap": Order.SHORTEST_GAP,
    "streak": Order.STREAK,
    "mean_ratio": Order.MEAN_RATIO,
    "reached": Order.REACHED,
    "new": Order.NEW,
    "most_repeated": Order.MOST_REPEATED,
    "serial": Order.SERIAL,
    "near": Order.NEAR,
    "after": Order.AFTER,
}


@dataclass(frozen=True)
class Step:
    """One operation on the events of one filter; ``column`` is −1 where it needs none."""

    operation: Operation
    filter: int
    column: int


@dataclass(frozen=True)
class LinkedPart:
    """The part of a plan that is asked of the events of linked people.

    Parameters
    ----------
    linked_by : str
        The event column whose names link people.
    columns : tuple of int
        Where its features stand in the whole matrix.
    plan : Plan
        What is made of those people's events, as of anybody's own.
    """

    linked_by: str
    columns: tuple[int, ...]
    plan: Plan


@dataclass(frozen=True)
class Walk:
    """One feature that is made of the order of events, by a walk of its own.

    Parameters
    ----------
    column : int
        Its place in the matrix.
    asked : Asked
    filter, companion : int
        Which events it looks at, and which they may lie near; −1 where none are.
    number, name : int
        The column that is measured or counted; −1 where none is.
    """

    column: int
    asked: Asked
    filter: int
    companion: int
    number: int
    name: int


@dataclass(frozen=True)
class Walks:
    """All walks, and what they look at, each standing once.

    Parameters
    ----------
    each : tuple of Walk
    filters, numbers, names : tuple
        As in a :class:`Plan`.
    """

    each: tuple[Walk, ...]
    filters: tuple[Condition | None, ...]
    numbers: tuple[tuple[str, bool], ...]
    names: tuple[str, ...]


@dataclass(frozen=True)
class Plan:
    """Everything that is to be made, with each filter, column and operation standing once.

    Parameters
    ----------
    features : tuple of Feature
        The columns of the matrix, in order.
    filters : tuple of Condition or None
        The different questions that are asked of events; None is every event.
    numbers : tuple of (str, bool)
        Event columns that are measured, and whether they are summed (and so held on the grid).
    names : tuple of str
        Event columns whose different values are counted.
    edges : ndarray of int32, shape (n_windows,)
        The windows' lengths in days, rising. Buckets lie between them; one more lies beyond.
    steps : tuple of Step
        In the order of their operations.
    cell_of : ndarray of int32, shape (n_steps, n_windows + 1)
        Where a step keeps what it makes of the events of a bucket; 0 where nothing asks.
    empty : ndarray of float64, shape (n_cells,)
        What the kernel keeps of somebody without events: a cell for each window of a step, side by
        side, and for a step that looks at the latest events one, or :data:`LATEST_CELLS`.
    summed, greatest : ndarray of int32
        The cells of windows that hold a shorter one, that of the cell before.
    outputs : ndarray of int32, shape (n_event_features, 7)
        A row a feature that is made of events: its column, the :class:`Output`, its cell, its
        second cell, its window in days (the largest integer where all history counts), and the
        places in ``edges`` of a ratio's two periods. Those of the kind ``WINDOW`` stand first.
    when_none : ndarray of float64, shape (n_event_features,)
    walks : Walks
        What the kernel does not make: the features that are made of the order of events.
    linked : tuple of LinkedPart
        One for each column by which people are linked. All the above is about features of a
        person's own events; these are plans of their own.
    """

    features: tuple[Feature, ...]
    filters: tuple[Condition | None, ...]
    numbers: tuple[tuple[str, bool], ...]
    names: tuple[str, ...]
    edges: Integers
    steps: tuple[Step, ...]
    cell_of: Integers
    empty: npt.NDArray[np.float64]
    summed: Integers
    greatest: Integers
    outputs: Integers
    when_none: npt.NDArray[np.float64]
    walks: Walks
    linked: tuple[LinkedPart, ...] = ()

    @property
    def fields(self) -> frozenset[str]:
        """The columns of events that the plan tests or measures."""
        numbers = (name for name, _ in (*self.numbers, *self.walks.numbers))
        return self._tested.union(self.names, self.walks.names, numbers)

    @property
    def fingerprinted(self) -> frozenset[str]:
        """The columns of events of which it asks no more than how many values are different."""
        return frozenset((*self.names, *self.walks.names)) - self._tested

    @property
    def _tested(self) -> frozenset[str]:
        filters = (*self.filters, *self.walks.filters)
        tested = [fields_of(condition) for condition in filters if condition is not None]
        there = [part.plan.fields | {naming_column(part.linked_by)} for part in self.linked]
        return frozenset().union(*tested, *there)


def make_plan(features: Iterable[Feature]) -> Plan:
    """Return the plan that makes these features.

    Parameters
    ----------
    features : iterable of Feature
        As :func:`triage.features.read_pipelines` returns them, or some of those.
    """
    features = tuple(features)
    of_events = [
        (column, feature)
        for column, feature in enumerate(features)
        if feature.measure in OPERATIONS and feature.linked_by is None
    ]
    needed = _Needed()
    wanted = [[needed.step(*want) for want in _wants(feature)] for _, feature in of_events]
    layout = _Layout(zip([feature for _, feature in of_events], wanted, strict=True))
    outputs = sorted(
        (
            ([column, *layout.output(feature, places)], feature.when_none)
            for (column, feature), places in zip(of_events, wanted, strict=True)
        ),
        key=lambda output: output[0][1] != Output.WINDOW,
    )
    return Plan(
        features=features,
        filters=tuple(needed.filters),
        numbers=tuple(needed.numbers),
        names=tuple(needed.names),
        edges=np.asarray(layout.edges, dtype=np.int32),
        steps=layout.steps,
        cell_of=layout.cell_of,
        empty=np.asarray(layout.empty, dtype=np.float64),
        summed=np.asarray(layout.summed, dtype=np.int32),
        greatest=np.asarray(layout.greatest, dtype=np.int32),
        outputs=np.asarray([row for row, _ in outputs], np.int32).reshape(len(outputs), 7),
        when_none=np.asarray([value for _, value in outputs], dtype=np.float64),
        walks=_walks(features),
        linked=_linked(features),
    )


def _linked(features: Sequence[Feature]) -> tuple[LinkedPart, ...]:
    columns: dict[str, list[int]] = {}
    for column, feature in enumerate(features):
        if feature.linked_by is not None:
            columns.setdefault(feature.linked_by, []).append(column)
    return tuple(
        LinkedPart(
            name,
            tuple(places),
            make_plan(replace(features[place], linked_by=None) for place in places),
        )
        for name, places in columns.items()
    )


def _walks(features: Sequence[Feature]) -> Walks:
    needed = _Needed()
    each = tuple(
        needed.walk(column, feature)
        for column, feature in enumerate(features)
        if feature.measure in ORDERS and feature.linked_by is None
    )
    return Walks(each, tuple(needed.filters), tuple(needed.numbers), tuple(needed.names))


def _wants(feature: Feature) -> list[tuple[Operation, Feature]]:
    operation, output = OPERATIONS[feature.measure]
    if output is Output.RATIO and feature.of is not None:
        return [(Operation.SUM, feature)]
    wants = [(operation, feature)]
    if output is Output.REPEATS:
        wants.append((Operation.DISTINCT, feature))
    return wants


@dataclass
class _Needed:
    """Steps and walks of a plan as they are asked for; what already stands is used again."""

    filters: list[Condition | None] = field(default_factory=list)
    numbers: list[tuple[str, bool]] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)

    def step(self, operation: Operation, feature: Feature) -> Step:
        column = -1
        if operation in (Operation.DISTINCT, Operation.NAMED):
            column = _position(self.names, feature.of)
        elif feature.of is not None:
            column = _position(self.numbers, (feature.of, operation is Operation.SUM))
        step = Step(operation, _position(self.filters, feature.where), column)
        return self.steps[_position(self.steps, step)]

    def walk(self, column: int, feature: Feature) -> Walk:
        order, of, companion = ORDERS[feature.measure], feature.of, feature.companion
        is_summed = order is Order.MEAN_RATIO
        of_number = of is not None and (is_summed or order is Order.REACHED)
        return Walk(
            column,
            _asked(order, feature),
            _position(self.filters, feature.where),
            -1 if companion is None else _position(self.filters, companion),
            _position(self.numbers, (of, is_summed)) if of_number else -1,
            _position(self.names, of) if of is not None and not of_number else -1,
        )


def _asked(order: Order, feature: Feature) -> Asked:
    lengths = (feature.recent_days, feature.period_days, feature.within_days)
    return Asked(
        order=int(order),
        window_days=EVER if feature.window_days is None else feature.window_days,
        days=next((days for days in lengths if days is not None), 0),
        more_days=feature.earlier_days or 0,
        at_least=float("nan") if feature.at_least is None else float(feature.at_least),
        when_none=feature.when_none,
    )


class _Layout:
    """Where each step's cells lie: those of the step's windows side by side, the shortest first.

    The first cell of all is nobody's: there goes what lies beyond the longest window of a step.
    """

    def __init__(self, of_events: Iterable[tuple[Feature, Sequence[Step]]]) -> None:
        windows: dict[Step, set[int]] = {}
        for feature, steps in of_events:
            for step in steps:
                windows.setdefault(step, set()).update(_windows(feature))
        self.steps = tuple(sorted(windows, key=lambda step: step.operation))
        self.edges = sorted({days for some in windows.values() for days in some} - {EVER})
        self.empty, self.summed, self.greatest = [0.0], list[int](), list[int]()
        self.cell_of = np.zeros((len(self.steps), len(self.edges) + 1), np.int32)
        self._first: dict[tuple[Step, int], int] = {}
        for place, step in enumerate(self.steps):
            if step.operation >= Operation.LAST_AGE:
                n_cells = LATEST_CELLS if step.operation is Operation.LATEST else 1
                self.cell_of[place] = len(self.empty)
                self.empty += [np.nan] * n_cells
                continue
            is_summed, shortest = step.operation < Operation.MAXIMUM, 0
            for number, days in enumerate(sorted(windows[step])):
                cell = len(self.empty)
                bucket = len(self.edges) if days == EVER else self.edges.index(days)
                self.cell_of[place, shortest : bucket + 1] = cell
                shortest = bucket + 1
                self.empty.append(-0.0 if is_summed else -np.inf)
                if number:
                    (self.summed if is_summed else self.greatest).append(cell)

    def output(self, feature: Feature, steps: Sequence[Step]) -> list[int]:
        """Return the row of ``Plan.outputs`` of a feature, its column left out."""
        output, windows = OPERATIONS[feature.measure][1], _windows(feature)
        one, other = windows[0], windows[-1]
        cells = [self._cell(steps[0], one), self._cell(steps[-1], other)]
        edges = [0, 0] if one == other else [self.edges.index(one), self.edges.index(other)]
        return [output, *cells, _window(feature), *edges]

    def _cell(self, step: Step, days: int) -> int:
        bucket = len(self.edges) if days == EVER else self.edges.index(days)
        return int(self.cell_of[self.steps.index(step), bucket])


def _window(feature: Feature) -> int:
    return EVER if feature.window_days is None else feature.window_days


def _windows(feature: Feature) -> list[int]:
    """Return the windows in days that a feature looks at: one, or the two periods of a ratio."""
    if feature.recent_days is not None and feature.earlier_days is not None:
        return [feature.recent_days, feature.earlier_days]
    return [_window(feature)]


def _position(things: list, thing: object) -> int:  # type: ignore[type-arg]
    if thing not in things:
        things.append(thing)
    return things.index(thing)
