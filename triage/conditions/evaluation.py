"""The truth of a condition on every row at once."""

from __future__ import annotations

import datetime
import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np
import numpy.typing as npt

from triage.conditions.columns import (
    UNKNOWN_DAY,
    Answer,
    Answers,
    Categories,
    Column,
    Days,
    Numbers,
)
from triage.conditions.grammar import All, AnyOf, Condition, Not, ParameterName, SomeOf, Test

__all__ = ["Evaluation", "Truth", "Truths", "evaluate"]

Truths = npt.NDArray[np.int8]


class Truth(enum.IntEnum):
    """Three truths in Kleene's order: *all* is a minimum, *any* a maximum."""

    NO = 0
    UNKNOWN = 1
    YES = 2


@dataclass(frozen=True)
class Evaluation:
    """What became of a condition on each of n rows.

    Parameters
    ----------
    truth : ndarray of int8, shape (n,)
        A :class:`Truth` a row.
    leaves : tuple of ndarray of int8, each of shape (n,)
        The truth of each leaf, in the order of :func:`triage.conditions.tests_of`.
    """

    truth: Truths
    leaves: tuple[Truths, ...]


def evaluate(condition: Condition, columns: Mapping[str, Column]) -> Evaluation:
    """Return the truth of a condition, and of each of its leaves, on every row.

    Parameters
    ----------
    condition : Condition
        One that fits the columns (see :func:`triage.conditions.mismatches`).
    columns : mapping of str to Column
        Columns of one length: all that :func:`triage.conditions.columns_of` names.

    Notes
    -----
    Strong Kleene logic: a test of an unknown value is unknown, save for ``is_known`` and
    ``is_unknown``, and for ``is``/``in`` that name ``unknown`` or ``not_asked`` themselves.

    *At least n of* is the n-th highest truth among the parts.

    Raises
    ------
    TypeError
        The name of a parameter stands where a value must (see
        :func:`triage.conditions.with_parameters`).

    References
    ----------
    Kleene, S. C. (1952). Introduction to Metamathematics, §64.
    """
    leaves: list[Truths] = []
    truth = _truth(condition, columns, leaves)
    return Evaluation(truth, tuple(leaves))


def _truth(condition: Condition, columns: Mapping[str, Column], leaves: list[Truths]) -> Truths:
    match condition:
        case Test():
            leaves.append(_test(*_compared(condition, columns)))
            return leaves[-1]
        case Not(part):
            return np.int8(Truth.YES) - _truth(part, columns, leaves)
        case All(parts):
            return reduce(np.minimum, [_truth(part, columns, leaves) for part in parts])
        case AnyOf(parts):
            return reduce(np.maximum, [_truth(part, columns, leaves) for part in parts])
        case SomeOf(number, parts):
            truths = np.stack([_truth(part, columns, leaves) for part in parts])
            place = len(parts) - number
            return np.asarray(np.partition(truths, place, axis=0)[place])


def _compared(test: Test, columns: Mapping[str, Column]) -> tuple[Test, Column]:
    """Return a test of a value, and the column that it is asked of: a field's, or a difference."""
    if any(isinstance(value, ParameterName) for value in test.value):
        raise TypeError(f"a parameter stands in '{test}', and not its value")
    other = test.than or test.earlier
    if not other:
        return test, columns[test.field]
    now, then = columns[test.field], columns[other]
    if not isinstance(now, Numbers) or not isinstance(then, Numbers):
        raise TypeError(f"'{test}' is of columns that do not hold numbers")
    difference = Numbers(now.values - then.values)
    return (Test(test.field, test.operator, (0,)) if test.than else test), difference


def _test(test: Test, column: Column) -> Truths:
    if isinstance(column, Answers):
        return _truth_of_each_answer(test)[column.codes]
    if isinstance(column, Categories):
        return _truth_of_each_name(test, column.names)[column.codes]
    unknown = _unknown(column)
    if test.operator == "is_unknown":
        return _truths(unknown)
    if test.operator == "is_known":
        return _truths(~unknown)
    truth = _truths(_compare(test, column))
    np.copyto(truth, np.int8(Truth.UNKNOWN), where=unknown)
    return truth


def _truth_of_each_answer(test: Test) -> Truths:
    """Return the truth for each :class:`Answer`."""
    named = [Answer[str(value).upper()] for value in test.value]
    names_unknown = any(answer >= Answer.UNKNOWN for answer in named)
    return np.array(
        [
            _of_one(test, answer in named, answer < Answer.UNKNOWN, told=names_unknown)
            for answer in Answer
        ],
        dtype=np.int8,
    )


def _truth_of_each_name(test: Test, names: Sequence[str]) -> Truths:
    """Return the truth for each name, and at the end (position −1) for an unknown one."""
    truths = np.full(len(names) + 1, _of_one(test, False, True), dtype=np.int8)
    named = frozenset(test.value)
    truths[[code for code, name in enumerate(names) if name in named]] = _of_one(test, True, True)
    truths[-1] = _of_one(test, False, False)
    return truths


def _of_one(test: Test, hit: bool, known: bool, *, told: bool = False) -> Truth:
    """Return the truth of a test of one value.

    Parameters
    ----------
    hit : bool
        Whether it is among those tested against.
    known : bool
    told : bool
        Whether the test itself names what is unknown, and so has an answer.
    """
    match test.operator:
        case "is_known":
            says = known
        case "is_unknown":
            says = not known
        case _ if not known and not told:
            return Truth.UNKNOWN
        case "is_not" | "not_in":
            says = not hit
        case _:
            says = hit
    return Truth.YES if says else Truth.NO


def _compare(test: Test, column: Numbers | Days) -> npt.NDArray[np.bool_]:
    values: npt.NDArray[Any] = column.values
    wanted = [_number(value) for value in test.value]
    with np.errstate(invalid="ignore"):
        match test.operator:
            case "at_least":
                return np.asarray(values >= wanted[0])
            case "at_most":
                return np.asarray(values <= wanted[0])
            case "above":
                return np.asarray(values > wanted[0])
            case "below":
                return np.asarray(values < wanted[0])
            case "between":
                return np.asarray((values >= wanted[0]) & (values <= wanted[1]))
            case "is_not" | "not_in":
                return np.isin(values, wanted, invert=True)
            case _:
                return np.isin(values, wanted)


def _number(value: Any) -> float:
    if isinstance(value, datetime.date):
        return float((value - datetime.date(1970, 1, 1)).days)
    return float(value)


def _unknown(column: Numbers | Days) -> npt.NDArray[np.bool_]:
    if isinstance(column, Numbers):
        return np.isnan(column.values)
    return np.asarray(column.values == UNKNOWN_DAY)


def _truths(hit: npt.NDArray[np.bool_]) -> Truths:
    return np.left_shift(hit.view(np.int8), 1)
