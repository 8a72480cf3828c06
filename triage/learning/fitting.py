"""One fit: a spec, the rows to learn from, the rows to foretell. It runs in any process."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator
from threadpoolctl import threadpool_limits

from triage.errors import Problem
from triage.learning.calibration import UNCALIBRATED, Calibration, calibrate
from triage.learning.estimators import ESTIMATORS, make_estimator
from triage.learning.examples import Examples
from triage.learning.linear import NotConvergedError
from triage.learning.recency import is_recency, never_as_long_ago
from triage.learning.specs import ModelSpec
from triage.learning.trees import NoHarmError

__all__ = ["Data", "Fit", "Job", "data_of", "differs", "fit"]

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]
DIRECTIONS = {"raises": 1, "lowers": -1, "none": 0}
NAMED = 10
"""How many dropped features a note names."""


@dataclass(frozen=True)
class Data:
    """What all fits share; large arrays reach other processes as read-only memory maps.

    Parameters
    ----------
    values : ndarray of float64, shape (n, n_features)
    y : ndarray of float64, shape (n,)
        0 or 1.
    harm_days, days_until : ndarray of float64, shape (n,)
        As of :class:`triage.outcomes.Labels`.
    horizon_days : int
        Of the outcome.
    names : tuple of str, shape (n_features,)
    directions : tuple of {-1, 0, 1}, shape (n_features,)
    recency : tuple of bool, shape (n_features,)
        Whether each is a time since the last event (see :func:`is_recency`).
    """

    values: Floats
    y: Floats
    harm_days: Floats
    days_until: Floats
    horizon_days: int
    names: tuple[str, ...]
    directions: tuple[int, ...]
    recency: tuple[bool, ...]

    def __sizeof__(self) -> int:
        """Return how many bytes the values have: a cluster sends large arguments once."""
        arrays = (self.values, self.y, self.harm_days, self.days_until)
        return sum(array.nbytes for array in arrays)

    def told(self, name: str, rows: Rows) -> Floats | int:
        """Return what an estimator needs beside the answers: a value a row, or one for all."""
        value: Floats | int = getattr(self, name)
        return value if isinstance(value, int) else value[rows]

    def column(self, column: int, rows: Rows) -> Floats:
        """Return a feature as models see it, shape (n_rows,)."""
        values = self.values[:, column][rows]
        return never_as_long_ago(values) if self.recency[column] else values

    def take(self, rows: Rows, columns: Sequence[int]) -> Floats:
        """Return features as models see them, shape (n_rows, n_columns)."""
        taken = np.empty((len(rows), len(columns)), order="F")
        for position, column in enumerate(columns):
            taken[:, position] = self.column(column, rows)
        return taken


def data_of(examples: Examples) -> Data:
    """Return what all fits share; nothing is copied."""
    features = examples.matrix.features
    return Data(
        values=examples.matrix.values,
        y=examples.labels.values,
        harm_days=examples.labels.harm_days,
        days_until=examples.labels.days_until,
        horizon_days=examples.outcome.horizon_days,
        names=examples.matrix.names,
        directions=tuple(DIRECTIONS[feature.direction] for feature in features),
        recency=tuple(is_recency(feature) for feature in features),
    )


@dataclass(frozen=True)
class Job:
    """One fit to be done.

    Parameters
    ----------
    spec : ModelSpec
    columns : tuple of int
        The spec's features.
    where : str
        The period, for messages.
    train, test : ndarray of int64
        ``test`` may be empty.
    rehearsal : tuple of ndarray of int64, optional
        Earlier rows to learn from, and later ones to calibrate on, both within ``train``.
    seed : int
    keep : bool
        Whether the estimator itself is wanted; it would only be carried between processes.
    all_columns : bool
        Whether the estimator is told of every column, also of one that does not differ.
    """

    spec: ModelSpec
    columns: tuple[int, ...]
    where: str
    train: Rows
    test: Rows
    rehearsal: tuple[Rows, Rows] | None
    seed: int
    keep: bool = False
    all_columns: bool = False


@dataclass(frozen=True)
class Fit:
    """What came of a job.

    Parameters
    ----------
    estimator : BaseEstimator or None
        None where the job did not ask for it, or ``problem`` says why it could not be fitted.
    columns : tuple of int
        The features that it uses.
    base_log_odds : ndarray of float64, shape (n_test,)
    calibration : Calibration
        From the rehearsal, if there was one.
    notes : tuple of str
    problem : Problem or None
    """

    estimator: BaseEstimator | None
    columns: tuple[int, ...]
    base_log_odds: Floats
    calibration: Calibration = UNCALIBRATED
    notes: tuple[str, ...] = ()
    problem: Problem | None = None


def fit(job: Job, data: Data) -> Fit:
    """Return the estimator of a job and its predictions, the same in any process.

    Notes
    -----
    Features that are constant, or never known, in the rows to learn from are left out: they
    teach nothing, and a later value would be answered by chance. A note names them.
    """
    with threadpool_limits(limits=1):
        try:
            calibration = _rehearse(job, data)
            estimator, columns = _fit(job, data, job.train)
        except NotConvergedError as error:
            return _failed(
                job,
                "the fit must converge",
                str(error),
                f"Raise 'penalty' or 'max_iter' in models/{job.spec.name}.yaml.",
            )
        except NoHarmError:
            return _failed(
                job,
                "some harm must have followed in the rows to learn from",
                "none",
                "Check 'harm_from' in configs/outcome.yaml, or leave this model out.",
            )
        except _OneClassError:
            return _failed(
                job,
                "rows to learn from must be both with and without the outcome",
                "one kind alone",
                "Lower 'folds' in configs/panel.yaml, or bring in more years of referrals.",
            )
        except _NoFeatureError:
            return _failed(
                job,
                "some feature must differ between the rows to learn from",
                f"{len(job.columns)} that are constant or never known",
                "Check that the extracts reach back so far.",
            )
        return Fit(
            estimator if job.keep else None,
            columns,
            _foretell(estimator, columns, data, job.test),
            calibration,
            _dropped(job, columns, data.names),
        )


class _OneClassError(Exception):
    """All rows to learn from have the outcome, or none has."""


class _NoFeatureError(Exception):
    """No feature is left to learn from."""


def _rehearse(job: Job, data: Data) -> Calibration:
    if job.rehearsal is None:
        return UNCALIBRATED
    train, test = job.rehearsal
    estimator, columns = _fit(job, data, train)
    return calibrate(_foretell(estimator, columns, data, test), data.y[test])


def _fit(job: Job, data: Data, rows: Rows) -> tuple[BaseEstimator, tuple[int, ...]]:
    if not len(rows) or data.y[rows].min() == data.y[rows].max():
        raise _OneClassError
    columns = job.columns
    if not job.all_columns:
        columns = tuple(column for column in columns if differs(data.column(column, rows)))
    if not columns:
        raise _NoFeatureError
    return _fitted(job, data, rows, columns, job.seed), columns


def _fitted(job: Job, data: Data, rows: Rows, columns: tuple[int, ...], seed: int) -> BaseEstimator:
    directions = [data.directions[column] for column in columns] if job.spec.monotonic else None
    name = str(job.spec.estimator)
    told = {need: data.told(need, rows) for need in ESTIMATORS[name].needs}
    estimator = make_estimator(name, job.spec.parameters, directions, seed)
    estimator.fit(data.take(rows, columns), data.y[rows].astype(np.int64), **told)
    return estimator


def differs(values: Floats) -> bool:
    """Return whether a feature teaches anything: it is known somewhere, and not alike everywhere.

    Parameters
    ----------
    values : ndarray of float64, shape (n_rows,)
        Of the rows to learn from; NaN where not known.
    """
    known = values[~np.isnan(values)]
    if not len(known):
        return False
    return len(known) < len(values) or bool(known.min() < known.max())


def _foretell(estimator: BaseEstimator, columns: tuple[int, ...], data: Data, rows: Rows) -> Floats:
    if not len(rows):
        return np.empty(0)
    values = data.take(rows, columns)
    return np.asarray(estimator.decision_function(values), dtype=np.float64)


def _dropped(job: Job, columns: tuple[int, ...], names: tuple[str, ...]) -> tuple[str, ...]:
    left_out = [names[column] for column in job.columns if column not in columns]
    if not left_out:
        return ()
    shown = ", ".join(left_out[:NAMED]) + (", …" if len(left_out) > NAMED else "")
    return (
        f"{len(left_out)} of {len(job.columns)} features were left out, being constant or never "
        f"known in training: {shown}",
    )


def _failed(job: Job, must: str, got: str, mend: str) -> Fit:
    where = f"the model '{job.spec.name}', {job.where}"
    return Fit(None, (), np.empty(0), problem=Problem(where, must, got, mend))
