"""Which filters each event passes, found once for each different event.

Conditions test only a few columns, and those take few different values: a handful of types, four
answers, and of a number only on which side of the tested values it lies. So events are sorted into
*likenesses*, all events of which answer every test alike, and each filter is asked of one event of
each likeness instead of all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from triage.conditions import (
    All,
    Answer,
    Answers,
    AnyOf,
    Categories,
    Column,
    Condition,
    Days,
    Not,
    Numbers,
    SomeOf,
    Test,
    Truth,
    evaluate,
    fields_of,
    take,
    tests_of,
)

__all__ = ["filters_passed"]

Codes = npt.NDArray[np.int32]

DENSE = 2**20
"""Likenesses are numbered through a table as long as all their combinations stay below this."""


def filters_passed(
    filters: Sequence[Condition | None], columns: Mapping[str, Column], n_events: int
) -> tuple[Codes, npt.NDArray[np.bool_]]:
    """Return which filters each event passes.

    Parameters
    ----------
    filters : sequence of Condition or None
        None is passed by every event.
    columns : mapping of str to Column
        Of length n_events.
    n_events : int

    Returns
    -------
    likeness : ndarray of int32, shape (n_events,)
        A number for each event; events of one number answer every test alike.
    passed : ndarray of bool, shape (n_filters, n_likenesses)
        Whether the events of a likeness pass a filter.
    """
    asked = [condition for condition in filters if condition is not None]
    turned = {field for condition in asked for field in _under_not(condition)}
    likeness = np.zeros(n_events, dtype=np.int32)
    n_likenesses = min(n_events, 1)
    for field in sorted({field for condition in asked for field in fields_of(condition)}):
        tests = [test for one in asked for test in tests_of(one) if test.field == field]
        codes, n_codes = _codes(columns[field], dict.fromkeys(tests), field not in turned)
        likeness, n_likenesses = _combined(likeness, n_likenesses, codes, n_codes)
    examples = np.empty(n_likenesses, dtype=np.int64)
    examples[likeness] = np.arange(n_events)
    some = {field: take(column, examples) for field, column in columns.items()}
    passed = np.ones((len(filters), n_likenesses), dtype=bool)
    for position, condition in enumerate(filters):
        if condition is not None:
            passed[position] = evaluate(condition, some).truth == Truth.YES
    return likeness, passed


def _under_not(condition: Condition) -> Iterator[str]:
    """Yield the fields whose tests are turned round somewhere: of these, no is not unknown."""
    match condition:
        case Not(part):
            yield from fields_of(part)
        case All(parts) | AnyOf(parts) | SomeOf(_, parts):
            for part in parts:
                yield from _under_not(part)


def _codes(column: Column, tests: Iterable[Test], only_yes: bool) -> tuple[Codes, int]:
    """Return numbers from 0 that differ where a test tells values apart.

    Where only a yes counts, values that are refused and values that are not known are alike.
    """
    every: Column
    match column:
        case Categories(codes, names):
            every = Categories(np.arange(-1, len(names), dtype=np.int32), names)
            places = codes.astype(np.int64) + 1
        case Answers(answers):
            every, places = Answers(np.arange(len(Answer), dtype=np.int8)), answers.astype(np.int64)
        case Numbers(values):
            every_value = (value for test in tests for value in test.value)
            tested = {float(value) for value in every_value if isinstance(value, int | float)}
            return _sides(values, np.isnan(values), sorted(tested))
        case Days():
            raise TypeError("an event has no dates that a filter may test")
    truths = np.asarray([evaluate(test, {test.field: every}).truth for test in tests])
    told = truths == Truth.YES if only_yes else truths
    _, kinds = np.unique(told, axis=1, return_inverse=True)
    return kinds.astype(np.int32)[places], int(kinds.max()) + 1


def _sides(
    values: npt.NDArray[np.float64], unknown: npt.NDArray[np.bool_], tested: Sequence[float]
) -> tuple[Codes, int]:
    sides = np.searchsorted(tested, values, "left") + np.searchsorted(tested, values, "right") + 1
    sides[unknown] = 0
    return sides.astype(np.int32), 2 * len(tested) + 2


def _combined(one: Codes, n_one: int, other: Codes, n_other: int) -> tuple[Codes, int]:
    """Return a number for each pair of codes that occurs."""
    pair = one.astype(np.int64) * n_other + other
    if n_one * n_other > DENSE:
        different, number = np.unique(pair, return_inverse=True)
        return number.astype(np.int32), len(different)
    occurs = np.zeros(n_one * n_other, dtype=bool)
    occurs[pair] = True
    number_of = np.cumsum(occurs, dtype=np.int32) - 1
    return number_of[pair], int(occurs.sum())
