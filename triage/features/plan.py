"""A plan: all definitions as a few flat tables of operations, each done once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from triage.conditions import Condition, fields_of
from triage.features.definitions import Feature
from triage.features.kernel import RECENT_CELLS, Operation, Output
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
    n_summed, n_windowed : int
        How many steps leave sums in buckets, and how many leave anything in buckets.
    empty : ndarray of float64, shape (n_cells,)
        What the kernel keeps of somebody without events: ``n_windowed`` cells for each bucket,
        then :data:`RECENT_CELLS` for each other step.
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
    n_summed: int
    n_windowed: int
    empty: npt.NDArray[np.float64]
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
    steps = tuple(sorted(needed.steps, key=lambda step: step.operation))
    layout = _Layout(_edges(feature for _, feature in of_events), steps)
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
        steps=steps,
        n_summed=layout.n_summed,
        n_windowed=layout.n_windowed,
        empty=layout.empty(),
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


def _edges(features: Iterable[Feature]) -> list[int]:
    return sorted(
        {
            days
            for feature in features
            for days in (feature.window_days, feature.recent_days, feature.earlier_days)
            if days is not None
        }
    )


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


@dataclass(frozen=True)
class _Layout:
    """Where each step's cells lie."""

    edges: Sequence[int]
    steps: tuple[Step, ...]

    @property
    def n_summed(self) -> int:
        return sum(step.operation < Operation.MAXIMUM for step in self.steps)

    @property
    def n_windowed(self) -> int:
        return sum(step.operation < Operation.LAST_AGE for step in self.steps)

    def empty(self) -> npt.NDArray[np.float64]:
        buckets = len(self.edges) + 1
        summed = [-0.0] * self.n_summed
        greatest = [-np.inf] * (self.n_windowed - self.n_summed)
        recent = [np.nan] * (RECENT_CELLS * (len(self.steps) - self.n_windowed))
        return np.asarray((summed + greatest) * buckets + recent, dtype=np.float64)

    def output(self, feature: Feature, steps: Sequence[Step]) -> list[int]:
        output = OPERATIONS[feature.measure][1]
        days = feature.window_days
        window = EVER if days is None else days
        if feature.recent_days is not None and feature.earlier_days is not None:
            recent, both = feature.recent_days, feature.earlier_days
            cells = [self._cell(steps[0], recent), self._cell(steps[0], both)]
            return [output, *cells, window, self.edges.index(recent), self.edges.index(both)]
        cells = [self._cell(step, days) for step in (steps[0], steps[-1])]
        return [output, *cells, window, 0, 0]

    def _cell(self, step: Step, days: int | None) -> int:
        place = self.steps.index(step)
        if place >= self.n_windowed:
            buckets = len(self.edges) + 1
            return buckets * self.n_windowed + (place - self.n_windowed) * RECENT_CELLS
        bucket = len(self.edges) if days is None else self.edges.index(days)
        return bucket * self.n_windowed + place


def _position(things: list, thing: object) -> int:  # type: ignore[type-arg]
    if thing not in things:
        things.append(thing)
    return things.index(thing)
