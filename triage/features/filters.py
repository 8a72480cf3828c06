"""Which filters each event passes, found once for each different event.

Conditions test only a few columns, and those take few different values: a handful of types, four
answers, and of a number only on which side of the tested values it lies. So events are sorted into
*likenesses*, all events of which answer every test alike, and each filter is asked of one event of
each likeness instead of all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from triage.conditions import (
    Answers,
    Categories,
    Column,
    Condition,
    Days,
    Numbers,
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
) -> tuple[Codes, list[frozenset[int]]]:
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
    passed : list of frozenset of int
        Likeness → the positions of the filters that its events pass.
    """
    asked = [condition for condition in filters if condition is not None]
    likeness = np.zeros(n_events, dtype=np.int32)
    n_likenesses = min(n_events, 1)
    for field in sorted({field for condition in asked for field in fields_of(condition)}):
        codes, n_codes = _codes(columns[field], _tested(asked, field))
        likeness, n_likenesses = _combined(likeness, n_likenesses, codes, n_codes)
    examples = np.empty(n_likenesses, dtype=np.int64)
    examples[likeness] = np.arange(n_events)
    some = {field: take(column, examples) for field, column in columns.items()}
    passed: list[set[int]] = [set() for _ in range(n_likenesses)]
    for position, condition in enumerate(filters):
        truth = None if condition is None else evaluate(condition, some).truth
        for number in range(n_likenesses) if truth is None else np.flatnonzero(truth == Truth.YES):
            passed[number].add(position)
    return likeness, [frozenset(some) for some in passed]


def _tested(conditions: Iterable[Condition], field: str) -> list[float]:
    values = {
        value
        for condition in conditions
        for test in tests_of(condition)
        if test.field == field
        for value in test.value
    }
    return sorted(float(value) for value in values if isinstance(value, int | float))


def _codes(column: Column, tested: Sequence[float]) -> tuple[Codes, int]:
    """Return numbers from 0 that differ wherever a test can tell values apart."""
    match column:
        case Categories(codes, names):
            return codes + 1, len(names) + 1
        case Answers(answers):
            return answers.astype(np.int32), 4
        case Numbers(values):
            return _sides(values, np.isnan(values), tested)
        case Days():
            raise TypeError("an event has no dates that a filter may test")


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
