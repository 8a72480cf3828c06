"""Many fits done by several workers, each of them once: what was done before is taken."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import joblib
import numpy as np
import numpy.typing as npt
from joblib.parallel import LokyBackend, get_active_backend

from triage.learning.fitting import Data, Fit, Job, fit

__all__ = ["KeptFits", "Progress", "names_of", "run_jobs"]

Progress = Callable[[int, int, str], None]
"""Called with (done, of how many, what was just done)."""

VALUES_A_PROCESS = 20_000_000
"""Another process starts for each so many values to learn from: it takes seconds to be ready."""

EVERY_WORKER = -1


class KeptFits(Protocol):
    """Where fits are kept, so that one that was made is not made again."""

    def read(self, name: str) -> Fit | None:
        """Return the fit of this name, None where there is none that can be trusted."""

    def write(self, name: str, fit: Fit) -> None:
        """Keep a fit."""


def run_jobs(
    jobs: Sequence[Job],
    data: Data,
    wanted: int,
    progress: Progress | None = None,
    kept: KeptFits | None = None,
    do: Callable[[Job, Data], Fit] = fit,
) -> list[Fit]:
    """Do all jobs, some at the same time, and return what came of them in order.

    Parameters
    ----------
    jobs : sequence of Job
    data : Data
        Processes of this machine read its large arrays from one file, mapped into their memory,
        to which none can write; a worker of a cluster gets them once.
    wanted : int
        How many processes, 0 for one each core; a cluster uses all its workers.
    progress : callable, optional
    kept : KeptFits, optional
        Has the fits of earlier calls, and gets each of these as soon as it is there, in whatever
        order they come: so a call that was killed half-way is gone on with.
    do : callable
        What is done.

    Notes
    -----
    Which workers do it is joblib's backend at the time: processes of this machine unless another
    was chosen around the call.
    """
    names = names_of(jobs, data) if kept is not None else [""] * len(jobs)
    done: dict[int, Fit] = {}

    def tell(number: int) -> None:
        if progress is not None:
            progress(len(done), len(jobs), f"{jobs[number].spec.name}, {jobs[number].where}")

    for number, name in enumerate(names):
        found = kept.read(name) if kept is not None else None
        if found is not None:
            done[number] = found
            tell(number)
    left = [number for number in range(len(jobs)) if number not in done]
    if left:
        workers = _workers([jobs[number] for number in left], wanted)
        work = joblib.Parallel(n_jobs=workers, return_as="generator_unordered", mmap_mode="r")(
            joblib.delayed(_numbered)(do, number, jobs[number], data) for number in left
        )
        for number, one in work:
            done[number] = one
            if kept is not None and one.problem is None:
                kept.write(names[number], one)
            tell(number)
    return [done[number] for number in range(len(jobs))]


def _numbered(do: Callable[[Job, Data], Fit], number: int, job: Job, data: Data) -> tuple[int, Fit]:
    return number, do(job, data)


def _workers(jobs: Sequence[Job], wanted: int) -> int:
    if not isinstance(get_active_backend()[0], LokyBackend):
        return EVERY_WORKER
    cores = joblib.cpu_count()
    values = sum(len(job.train) * len(job.columns) for job in jobs)
    worth = 1 + values // VALUES_A_PROCESS
    return int(min(wanted or cores, cores, len(jobs), worth))


def names_of(jobs: Sequence[Job], data: Data) -> list[str]:
    """Return a name for each job, the same for the same work on the same values.

    Returns
    -------
    list of str
        64 hexadecimal digits each. They depend on all that a fit looks at and on nothing else:
        neither on what the model is called, nor on features that it does not use.
    """
    columns = {
        column: _digest(data.values[:, column])
        for column in sorted({column for job in jobs for column in job.columns})
    }
    answers = [_digest(values) for values in (data.y, data.harm_days, data.days_until)]
    return [_name(job, data, columns, answers) for job in jobs]


def _name(job: Job, data: Data, columns: Mapping[int, str], answers: Sequence[str]) -> str:
    told = {
        "estimator": job.spec.estimator,
        "parameters": job.spec.parameters,
        "features": [
            (
                data.names[column],
                data.directions[column] if job.spec.monotonic else 0,
                data.recency[column],
                columns[column],
            )
            for column in job.columns
        ],
        "answers": answers,
        "horizon_days": data.horizon_days,
        "rows": [_digest(rows) for rows in (job.train, job.test, *(job.rehearsal or ()))],
        "seed": job.seed,
        "keep": job.keep,
        "all_columns": job.all_columns,
    }
    return hashlib.sha256(json.dumps(told, sort_keys=True, default=repr).encode()).hexdigest()


def _digest(values: npt.NDArray[np.float64] | npt.NDArray[np.int64]) -> str:
    return hashlib.sha256(np.ascontiguousarray(values).data).hexdigest()
