"""A plan: all definitions as a few flat tables of operations, each done once."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from triage.conditions import Condition
from triage.features.definitions import Feature

__all__ = ["Operation", "Plan", "make_plan"]

EVER = int(np.iinfo(np.int32).max)
Integers = npt.NDArray[np.int32]


class Operation(enum.IntEnum):
    """What the kernel does with each event of a filter.

    The first four take a number of the event (a count takes none), the next two a name.
    """

    COUNT = 0
    SUM = 1
    MAXIMUM = 2
    LATEST = 3
    DISTINCT = 4
    NAMED = 5
    LAST_AGE = 6
    FIRST_AGE = 7
    ACTIVE = 8


class Output(enum.IntEnum):
    """How the kernel makes a feature of what its operations left."""

    WINDOW = 0
    RECENT_AGE = 1
    RECENT_VALUE = 2
    CHANGE = 3
    FLAG = 4
    REPEATS = 5
    RATIO = 6


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
    "rate_ratio": (Operation.COUNT, Output.RATIO),
}


@dataclass(frozen=True)
class Step:
    """One operation on the events of one filter; ``column`` is −1 where it needs none."""

    operation: Operation
    filter: int
    column: int


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
        Operations.
    outputs : ndarray of int32, shape (n_event_features, 6)
        A row a feature that is made of events: its column, the :class:`Output`, its step, its
        second step (−1 where none), its bucket, its second bucket (−1 where none).
    window_days : ndarray of int32, shape (n_event_features,)
        The window of each, the largest integer where all history counts.
    when_none : ndarray of float64, shape (n_event_features,)
    """

    features: tuple[Feature, ...]
    filters: tuple[Condition | None, ...]
    numbers: tuple[tuple[str, bool], ...]
    names: tuple[str, ...]
    edges: Integers
    steps: tuple[Step, ...]
    outputs: Integers
    window_days: Integers
    when_none: npt.NDArray[np.float64]


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
        if feature.measure != "attribute"
    ]
    edges = sorted(
        {
            days
            for _, feature in of_events
            for days in (feature.window_days, feature.recent_days, feature.earlier_days)
            if days is not None
        }
    )
    draft = _Draft(edges=edges)
    outputs = [[column, *draft.output(feature)] for column, feature in of_events]
    return Plan(
        features=features,
        filters=tuple(draft.filters),
        numbers=tuple(draft.numbers),
        names=tuple(draft.names),
        edges=np.asarray(edges, dtype=np.int32),
        steps=tuple(draft.steps),
        outputs=np.asarray(outputs, dtype=np.int32).reshape(len(outputs), 6),
        window_days=np.asarray(
            [feature.window_days or EVER for _, feature in of_events], dtype=np.int32
        ),
        when_none=np.asarray([feature.when_none for _, feature in of_events], dtype=np.float64),
    )


@dataclass
class _Draft:
    """The tables of a plan as they grow; what already stands is used again."""

    edges: Sequence[int]
    filters: list[Condition | None] = field(default_factory=list)
    numbers: list[tuple[str, bool]] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)

    def output(self, feature: Feature) -> list[int]:
        operation, output = OPERATIONS[feature.measure]
        if feature.measure == "rate_ratio":
            step = self._step(Operation.SUM if feature.of else operation, feature)
            recent, earlier = feature.recent_days, feature.earlier_days
            return [output, step, -1, self._bucket(recent), self._bucket(earlier)]
        second = self._step(Operation.DISTINCT, feature) if output is Output.REPEATS else -1
        step = self._step(operation, feature)
        return [output, step, second, self._bucket(feature.window_days), -1]

    def _step(self, operation: Operation, feature: Feature) -> int:
        column = -1
        if operation in (Operation.DISTINCT, Operation.NAMED):
            column = _position(self.names, feature.of)
        elif feature.of is not None:
            column = _position(self.numbers, (feature.of, operation is Operation.SUM))
        return _position(
            self.steps, Step(operation, _position(self.filters, feature.where), column)
        )

    def _bucket(self, days: int | None) -> int:
        return len(self.edges) if days is None else self.edges.index(days)


def _position(things: list, thing: object) -> int:  # type: ignore[type-arg]
    if thing not in things:
        things.append(thing)
    return things.index(thing)
