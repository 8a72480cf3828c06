"""Scores as they would have been given: each date's model learned from what had settled by then."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from triage.errors import LearningError
from triage.learning.examples import Examples
from triage.learning.experiments import comparator_of, rehearsal_of
from triage.learning.fitting import Job, data_of
from triage.learning.jobs import Progress, run_jobs
from triage.learning.specs import ModelSpec
from triage.timeline import Fold, check_forward
from triage.workspace import Training

__all__ = ["Occasion", "can_learn", "replay"]

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Occasion:
    """A day on which models are trained, and the lists that they rank until the next.

    Parameters
    ----------
    day : int
        Days since 1970-01-01.
    learn_from : ndarray of int64
        Rows of examples whose outcome had settled by that day.
    foretell : ndarray of int64
        Rows to be scored, all of that day or later.
    """

    day: int
    learn_from: Rows
    foretell: Rows


def can_learn(occasion: Occasion, examples: Examples, minimum_positives: int) -> bool:
    """Whether there are enough with the outcome, and some without it, to learn from."""
    positives = int(examples.labels.values[occasion.learn_from].sum())
    return minimum_positives <= positives < len(occasion.learn_from)


def replay(
    specs: Sequence[ModelSpec],
    examples: Examples,
    occasions: Sequence[Occasion],
    training: Training,
    *,
    progress: Progress | None = None,
) -> Mapping[str, Floats]:
    """Return by spec the score that each row would have had, shape (n,).

    Parameters
    ----------
    specs : sequence of ModelSpec
    examples : Examples
    occasions : sequence of Occasion
        Each with enough to learn from; see :func:`can_learn`.
    training : Training
    progress : callable, optional

    Returns
    -------
    mapping of str to ndarray of float64, shape (n,)
        Log-odds, calibrated on a rehearsal of what each model learned from, or points; NaN in
        rows that no occasion foretells.

    Raises
    ------
    LearningError
        A model cannot be fitted, or something to learn from had not settled by its occasion.
    """
    _check(occasions, examples)
    foretold = np.concatenate([occasion.foretell for occasion in occasions])
    learning = [spec for spec in specs if spec.learns]
    jobs = _jobs(learning, examples, occasions, training)
    fits = run_jobs(jobs, data_of(examples), training.jobs, progress) if jobs else []
    if problems := [one.problem for one in fits if one.problem is not None]:
        raise LearningError(problems)
    scores = {spec.name: np.full(len(examples.moments), np.nan) for spec in specs}
    for job, one in zip(jobs, fits, strict=True):
        scores[job.spec.name][job.test] = one.calibration(one.base_log_odds)
    with threadpool_limits(limits=1):
        for spec in specs:
            if not spec.learns:
                points = comparator_of(spec, examples).score(examples.matrix.take(foretold))
                scores[spec.name][foretold] = points
    return scores


def _jobs(
    specs: Sequence[ModelSpec],
    examples: Examples,
    occasions: Sequence[Occasion],
    training: Training,
) -> list[Job]:
    position = {name: column for column, name in enumerate(examples.matrix.names)}
    rehearsals = [
        rehearsal_of(occasion.learn_from, examples, training.minimum_positives)
        for occasion in occasions
    ]
    lessons = [
        examples.learn_from(occasion.learn_from, occasion.day, training.seed)
        for occasion in occasions
    ]
    return [
        Job(
            spec,
            tuple(position[name] for name in spec.choose(examples.matrix.features)),
            f"trained on {np.datetime64(occasion.day, 'D')}",
            taught,
            occasion.foretell,
            rehearsal,
            training.seed,
        )
        for spec in specs
        for occasion, rehearsal, taught in zip(occasions, rehearsals, lessons, strict=True)
    ]


def _check(occasions: Sequence[Occasion], examples: Examples) -> None:
    """Raise where anything was learned that was not settled: asked of the moments themselves."""
    folds = [
        Fold(number, one.day, one.day, one.learn_from, one.foretell)
        for number, one in enumerate(occasions, start=1)
    ]
    check_forward(folds, examples.moments.day, matures_in_days=examples.outcome.matures_in_days)
