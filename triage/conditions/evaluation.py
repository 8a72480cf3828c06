"""The truth of a condition on every row at once."""

from __future__ import annotations

import datetime
import enum
from collections.abc import Mapping
from dataclasses import dataclass
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
from triage.conditions.grammar import All, AnyOf, Condition, Not, Test

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
        Columns of one length.

    Notes
    -----
    Strong Kleene logic: a test of an unknown value is unknown, save for ``is_known`` and
    ``is_unknown``, and for ``is``/``in`` that name ``unknown`` or ``not_asked`` themselves.

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
            leaves.append(_test(condition, columns[condition.field]))
            return leaves[-1]
        case Not(part):
            return np.int8(Truth.YES) - _truth(part, columns, leaves)
        case All(parts):
            truths = [_truth(part, columns, leaves) for part in parts]
            return np.asarray(np.minimum.reduce(truths))
        case AnyOf(parts):
            truths = [_truth(part, columns, leaves) for part in parts]
            return np.asarray(np.maximum.reduce(truths))


def _test(test: Test, column: Column) -> Truths:
    unknown = _unknown(column)
    if test.operator == "is_unknown":
        return _truths(unknown)
    if test.operator == "is_known":
        return _truths(~unknown)
    if isinstance(column, Answers):
        codes = [Answer[str(value).upper()] for value in test.value]
        hit = np.isin(column.codes, codes)
        unknown &= ~np.bool_(any(code >= Answer.UNKNOWN for code in codes))
    elif isinstance(column, Categories):
        names = {name: code for code, name in enumerate(column.names)}
        hit = np.isin(column.codes, [names.get(str(value), -2) for value in test.value])
    else:
        hit = _compare(test, column)
    if test.operator in ("is_not", "not_in"):
        hit = ~hit
    truth = _truths(hit)
    truth[unknown] = Truth.UNKNOWN
    return truth


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
            case _:
                return np.isin(values, wanted)


def _number(value: Any) -> float:
    if isinstance(value, datetime.date):
        return float((value - datetime.date(1970, 1, 1)).days)
    return float(value)


def _unknown(column: Column) -> npt.NDArray[np.bool_]:
    match column:
        case Numbers(values):
            return np.isnan(values)
        case Categories(codes):
            return np.asarray(codes < 0)
        case Answers(codes):
            return np.asarray(codes >= Answer.UNKNOWN)
        case Days(days):
            return np.asarray(days == UNKNOWN_DAY)


def _truths(hit: npt.NDArray[np.bool_]) -> Truths:
    return np.where(hit, np.int8(Truth.YES), np.int8(Truth.NO))
