"""Splits that run forward in time, so that no test looks into what its model was taught by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from triage.errors import LearningError, Problem

__all__ = ["Fold", "check_forward", "forward_folds"]

Rows = npt.NDArray[np.int64]
Days = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Fold:
    """One period of testing, and all that could be learned before it began.

    Parameters
    ----------
    number : int
        From 1, the earliest period.
    test_from, test_until : int
        The period's first day, and the first day after it (days since 1970-01-01).
    train, test : ndarray of int64
        Positions of the moments to learn from and of those to test on, each in rising order.
    """

    number: int
    test_from: int
    test_until: int
    train: Rows
    test: Rows


def forward_folds(
    days: Days, *, matures_in_days: int, folds: int, test_days: int
) -> tuple[Fold, ...]:
    """Return test periods one after another, the last ending with the last moment.

    Parameters
    ----------
    days : ndarray of int32, shape (n,)
        As-of dates of moments whose outcome is known, in days since 1970-01-01.
    matures_in_days : int
        Days from an as-of date until its outcome is settled, at least 1.
    folds : int
        How many test periods.
    test_days : int
        Length of each.

    Returns
    -------
    tuple of Fold
        A fold trains on every moment whose outcome had settled when its test period began.
        Nothing is said of whether there are any.

    Examples
    --------
    >>> days = np.arange(0, 100, 10, dtype=np.int32)
    >>> for fold in forward_folds(days, matures_in_days=30, folds=2, test_days=20):
    ...     print(days[fold.train], "then", days[fold.test])
    [ 0 10 20] then [60 70]
    [ 0 10 20 30 40] then [80 90]
    """
    end = int(days.max()) + 1 if len(days) else 0
    starts = [end - test_days * (folds - number) for number in range(folds)]
    return tuple(
        Fold(
            number=number,
            test_from=start,
            test_until=start + test_days,
            train=np.flatnonzero(days.astype(np.int64) + matures_in_days <= start),
            test=np.flatnonzero((days >= start) & (days < start + test_days)),
        )
        for number, start in enumerate(starts, start=1)
    )


def check_forward(folds: Sequence[Fold], days: Days, *, matures_in_days: int) -> None:
    """Raise where a fold's model was taught by anything that its test period knows.

    This looks at the moments themselves and shares nothing with :func:`forward_folds`.

    Parameters
    ----------
    folds : sequence of Fold
    days : ndarray of int32, shape (n,)
    matures_in_days : int

    Raises
    ------
    LearningError
        A training outcome settled after the first test moment, a moment is in training and test,
        or a moment is tested twice.
    """
    problems = []
    tested: set[int] = set()
    for fold in folds:
        where = f"fold {fold.number}"
        train, test = set(fold.train.tolist()), set(fold.test.tolist())
        first_test = min((int(days[row]) for row in test), default=None)
        late = [
            row
            for row in train
            if first_test is not None and int(days[row]) + matures_in_days > first_test
        ]
        if late:
            problems.append(
                Problem(
                    where,
                    "outcomes to learn from must have settled before the first test moment",
                    f"{len(late)} that settled later",
                    "This is leakage; do not use these figures.",
                )
            )
        if both := len(train & test):
            problems.append(
                Problem(where, "no moment may be in training and in test", f"{both} in both")
            )
        if again := len(tested & test):
            problems.append(Problem(where, "a moment is tested once", f"{again} tested before"))
        tested |= test
    if problems:
        raise LearningError(problems)
