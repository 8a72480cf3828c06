"""Typed columns, each with its own way to say that a value is not known."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["UNKNOWN_DAY", "Answer", "Answers", "Categories", "Column", "Days", "Numbers", "take"]

UNKNOWN_DAY = np.iinfo(np.int32).min
"""The day that stands for a date that is not known."""


class Answer(enum.IntEnum):
    """What a record says to a yes-or-no question; unknown is not no, and not asked is neither."""

    NO = 0
    YES = 1
    UNKNOWN = 2
    NOT_ASKED = 3

    @property
    def word(self) -> str:
        """The answer as it stands in YAML: ``no``, ``yes``, ``unknown`` or ``not_asked``."""
        return self.name.lower()


@dataclass(frozen=True)
class Numbers:
    """Numbers; NaN where unknown. ``values``: float64, shape (n,)."""

    values: npt.NDArray[np.float64]


@dataclass(frozen=True)
class Categories:
    """One of a list of names; code −1 where unknown. ``codes``: integers, shape (n,)."""

    codes: npt.NDArray[np.int32]
    names: Sequence[str]


@dataclass(frozen=True)
class Answers:
    """Answers to a yes-or-no question. ``codes``: :class:`Answer`, int8, shape (n,)."""

    codes: npt.NDArray[np.int8]


@dataclass(frozen=True)
class Days:
    """Dates as days since 1970-01-01, ``UNKNOWN_DAY`` where unknown. ``values``: int32, (n,)."""

    values: npt.NDArray[np.int32]


Column = Numbers | Categories | Answers | Days


def take(column: Column, rows: npt.NDArray[np.int64]) -> Column:
    """Return some rows of a column."""
    match column:
        case Numbers(values):
            return Numbers(values[rows])
        case Categories(codes, names):
            return Categories(codes[rows], names)
        case Answers(answers):
            return Answers(answers[rows])
        case Days(days):
            return Days(days[rows])
