"""The same model taught by other draws of the same people: how sure a score is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from triage.learning.fitting import Fit, Job
from triage.learning.trained import Trained

__all__ = ["draws", "with_ensemble"]

Rows = npt.NDArray[np.int64]


def draws(rows: Rows, person: npt.NDArray[np.int32], *, count: int, seed: int) -> list[Rows]:
    """Return so many draws of as many people as there are, with replacement, as their rows.

    Parameters
    ----------
    rows : ndarray of int64
        To learn from.
    person : ndarray of int32, shape (n,)
        Whose each row of all is. All rows of one person are drawn together, for they are alike.
    count, seed : int
        A draw depends on its number and the seed, and not on how many there are.

    Examples
    --------
    >>> person = np.array([0, 0, 1, 2], dtype=np.int32)
    >>> draws(np.arange(4), person, count=2, seed=1)[1].tolist()
    [0, 1, 2, 2]
    """
    who, position = np.unique(person[rows], return_inverse=True)
    drawn = []
    for number in range(count):
        random = np.random.default_rng([seed, number])
        times = np.bincount(random.integers(0, len(who), len(who)), minlength=len(who))
        drawn.append(np.repeat(rows, times[position]))
    return drawn


def with_ensemble(
    trained: Trained,
    kept: Job,
    columns: tuple[int, ...],
    person: npt.NDArray[np.int32],
    *,
    count: int,
    work: Callable[[Sequence[Job]], Sequence[Fit]],
) -> Trained:
    """Return a model with its ensemble.

    Parameters
    ----------
    trained : Trained
    kept : Job
        The one that made its estimator.
    columns : tuple of int
        Those that its estimator looks at.
    person : ndarray of int32, shape (n,)
    count : int
        How many members are tried. One that cannot be fitted is left out, and a note says so.
    work : callable
        Does jobs.
    """
    jobs = [
        replace(
            kept,
            columns=columns,
            train=rows,
            where=f"draw {number} of people",
            seed=kept.seed + number,
            all_columns=True,
        )
        for number, rows in enumerate(draws(kept.train, person, count=count, seed=kept.seed), 1)
    ]
    fits = work(jobs)
    members = tuple(one.estimator for one in fits if one.estimator is not None)
    notes = trained.notes
    if len(members) < count:
        notes += (
            f"{count - len(members)} of {count} draws of people could not be learned from: how "
            "sure its scores are is told from the others",
        )
    return replace(trained, ensemble=members, notes=notes)
