"""The experiment: every model trained and tested forward in time, and one of them proposed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from triage.errors import LearningError
from triage.learning.calibration import calibrate
from triage.learning.ensembles import with_ensemble
from triage.learning.examples import Examples, make_folds
from triage.learning.fitting import Fit, Job, data_of
from triage.learning.jobs import KeptFits, Progress, run_jobs
from triage.learning.measures import Measures, lists_of, measure
from triage.learning.proposals import Proposal, propose
from triage.learning.searching import Searched
from triage.learning.specs import ModelSpec
from triage.learning.trained import Trained
from triage.outcomes import Outcome
from triage.timeline import NEVER, Fold
from triage.workspace import Training

__all__ = ["Experiment", "Period", "Result", "forward_scores", "train"]

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]
REHEARSED_SHARE = 0.3


@dataclass(frozen=True)
class Period:
    """One test period.

    Parameters
    ----------
    number : int
    test_from, test_until : int
        Its first day and the first day after it, in days since 1970-01-01.
    learned_from, learned_positives : int
        Referrals whose outcome had settled when it began, and those with the outcome.
    """

    number: int
    test_from: int
    test_until: int
    learned_from: int
    learned_positives: int


@dataclass(frozen=True)
class Result:
    """What became of one spec.

    Parameters
    ----------
    trained : Trained
        Fitted on every known outcome, calibrated on the forward predictions of all periods.
    by_period : tuple of Measures
    pooled : Measures
        Over all periods together.
    scores : ndarray of float64, shape (n_tested,)
        Of the rows ``Experiment.tested``: each from the model of its period.
    """

    trained: Trained
    by_period: tuple[Measures, ...]
    pooled: Measures
    scores: Floats

    @property
    def name(self) -> str:
        """The spec's name."""
        return self.trained.name


@dataclass(frozen=True)
class Experiment:
    """Every model, trained and tested forward in time on the same moments.

    Parameters
    ----------
    outcome : Outcome
    capacity : int
    training : Training
    periods : tuple of Period
    results : tuple of Result
        In the order of the specs.
    tested : ndarray of int64, shape (n_tested,)
        Positions among the examples of the rows tested, period after period.
    fingerprint : str
        Of the examples.
    proposal : Proposal
    searches : tuple of Searched
        Of the specs whose parameters were searched.
    """

    outcome: Outcome
    capacity: int
    training: Training
    periods: tuple[Period, ...]
    results: tuple[Result, ...]
    tested: Rows
    fingerprint: str
    proposal: Proposal
    searches: tuple[Searched, ...] = ()

    def result(self, name: str) -> Result:
        """Return what became of the spec of this name."""
        return next(result for result in self.results if result.name == name)

    def table(self) -> list[dict[str, Any]]:
        """Return the measures, a row a model and period, and one over all periods (``pooled``)."""
        return [
            {
                "model": result.name,
                "title": result.trained.spec.title,
                "kind": result.trained.spec.kind,
                "period": period,
                "proposed": result.name == self.proposal.name,
                **vars(measures),
            }
            for result in self.results
            for period, measures in [
                *((str(p.number), m) for p, m in zip(self.periods, result.by_period, strict=True)),
                ("pooled", result.pooled),
            ]
        ]


def train(
    specs: Sequence[ModelSpec],
    examples: Examples,
    *,
    capacity: int,
    training: Training,
    progress: Progress | None = None,
    kept: KeptFits | None = None,
    searches: Sequence[Searched] = (),
) -> Experiment:
    """Return all models of these specs, with their measures and the one that is proposed.

    Parameters
    ----------
    specs : sequence of ModelSpec
        At least one estimator.
    examples : Examples
        All past moments; those whose outcome is unknown are not learned from and not tested on.
    capacity : int
        How many of each month's list the panel hears.
    training : Training
        Test periods, seed, and how many processes may fit at the same time: never more than
        there are cores, each with one thread, and only as many as the work is worth.
    progress : callable, optional
    kept : KeptFits, optional
        Where each fit is kept as soon as it is made, and taken from where it was made before.
    searches : sequence of Searched
        How the parameters of some specs were found (:func:`search_models`); a note says so.

    Raises
    ------
    LearningError
        With everything that stands against it.

    Notes
    -----
    The model of a test period learns from what had settled when the period began, and its
    calibration from a rehearsal: the same spec fitted on the earlier part of those rows foretells
    the later part. Where the rows are too few for that it stays uncalibrated, and a note says
    so. The model that is kept learns from all rows, and its calibration from the forward
    predictions of every test period. The model that is proposed is then taught again by
    ``training.ensemble`` draws of people, which tell how sure its scores are. The same examples,
    specs and seed give the same bytes, whatever the number of processes.
    """
    folds = make_folds(examples, training)
    data = data_of(examples)
    jobs = _jobs(specs, examples, folds, training)
    tell = _of_all(progress, len(jobs) + training.ensemble)
    fits = run_jobs(jobs, data, training.jobs, tell(0), kept)
    if problems := [one.problem for one in fits if one.problem is not None]:
        raise LearningError(problems)
    fitted = iter(fits)
    with threadpool_limits(limits=1):
        results = []
        for spec in specs:
            its = [next(fitted) for _ in range(len(folds) + 1)] if spec.learns else []
            results.append(_result(spec, its, examples, folds, capacity))
        results = [_with_search(result, searches) for result in results]
    proposal = propose([(result.trained, result.pooled) for result in results], capacity)
    if training.ensemble:
        place = next(n for n, one in enumerate(results) if one.name == proposal.name)
        own = next(n for n, job in enumerate(jobs) if job.keep and job.spec.name == proposal.name)
        sure = with_ensemble(
            results[place].trained,
            jobs[own],
            fits[own].columns,
            examples.moments.person,
            count=training.ensemble,
            work=lambda more: run_jobs(more, data, training.jobs, tell(len(jobs)), kept),
        )
        results[place] = replace(results[place], trained=sure)
    return Experiment(
        outcome=examples.outcome,
        capacity=capacity,
        training=training,
        periods=tuple(_period(fold, examples.labels.values) for fold in folds),
        results=tuple(results),
        tested=np.concatenate([fold.test for fold in folds]),
        fingerprint=examples.fingerprint(),
        proposal=proposal,
        searches=tuple(searches),
    )


def _with_search(result: Result, searches: Sequence[Searched]) -> Result:
    found = [one.told for one in searches if one.model == result.name]
    notes = (*result.trained.notes, *found)
    return replace(result, trained=replace(result.trained, notes=notes))


def forward_scores(
    spec: ModelSpec,
    examples: Examples,
    *,
    training: Training,
    kept: KeptFits | None = None,
) -> Floats:
    """Return what a model's scores of the rows tested would have been, as in an experiment.

    Parameters
    ----------
    spec : ModelSpec
        Of an estimator.
    examples : Examples
    training : Training
    kept : KeptFits, optional

    Returns
    -------
    ndarray of float64, shape (n_tested,)
        Those of ``Experiment.tested``, each from the model of its period.

    Raises
    ------
    LearningError
        With everything that stands against it.
    """
    folds = make_folds(examples, training)
    jobs = [job for job in _jobs([spec], examples, folds, training) if not job.keep]
    fits = run_jobs(jobs, data_of(examples), training.jobs, None, kept)
    if problems := [one.problem for one in fits if one.problem is not None]:
        raise LearningError(problems)
    return np.concatenate([one.calibration(one.base_log_odds) for one in fits])


def _of_all(progress: Progress | None, of: int) -> Callable[[int], Progress | None]:
    """Return what makes a progress that goes on where so many jobs were done before."""
    if progress is None:
        return lambda _before: None
    return lambda before: lambda done, _of, what: progress(before + done, of, what)


def _jobs(
    specs: Sequence[ModelSpec], examples: Examples, folds: Sequence[Fold], training: Training
) -> list[Job]:
    """Return for each estimator one job a fold, and one for the model that is kept."""
    position = {name: column for column, name in enumerate(examples.matrix.names)}
    everything, nothing = np.flatnonzero(examples.labels.known), np.empty(0, dtype=np.int64)
    everything = examples.learn_from(everything, NEVER, training.seed)
    lessons = [examples.learn_from(fold.train, fold.test_from, training.seed) for fold in folds]
    rehearsals = [rehearsal_of(fold.train, examples, training.minimum_positives) for fold in folds]
    jobs = []
    for spec in specs:
        if not spec.learns:
            continue
        columns = tuple(position[name] for name in spec.choose(examples.matrix.features))
        jobs += [
            Job(
                spec,
                columns,
                f"test period {fold.number}",
                taught,
                fold.test,
                rehearsal,
                training.seed,
            )
            for fold, rehearsal, taught in zip(folds, rehearsals, lessons, strict=True)
        ]
        jobs.append(
            Job(spec, columns, "all periods", everything, nothing, None, training.seed, keep=True)
        )
    return jobs


def rehearsal_of(
    train: Rows, examples: Examples, minimum_positives: int
) -> tuple[Rows, Rows] | None:
    """Return an earlier and a later part of these rows, or None where either is too small.

    The later part begins where 30% of the days are left, or so much later that as many days of
    settled outcomes lie before it as in it.
    """
    days = examples.moments.day[train].astype(np.int64)
    matures = examples.outcome.matures_in_days
    first, last = int(days.min()), int(days.max()) + 1
    begin = max(last - round((last - first) * REHEARSED_SHARE), (first + last + matures) // 2)
    parts = train[days + matures <= begin], train[days >= begin]
    for part in parts:
        positives = int(examples.labels.values[part].sum())
        if positives < minimum_positives or positives == len(part):
            return None
    return parts


def _result(
    spec: ModelSpec, fits: Sequence[Fit], examples: Examples, folds: Sequence[Fold], capacity: int
) -> Result:
    tested = np.concatenate([fold.test for fold in folds])
    if spec.learns:
        *by_fold, kept = fits
        trained = _kept(spec, kept, by_fold, examples, tested)
        scores = np.concatenate([one.calibration(one.base_log_odds) for one in by_fold])
    else:
        trained = comparator_of(spec, examples)
        scores = trained.score(examples.matrix.take(tested))
    labels, lists = examples.labels, lists_of(examples.moments.day)

    def measured(part: Floats, rows: Rows) -> Measures:
        return measure(
            part,
            labels.values[rows],
            labels.harm_days[rows],
            lists[rows],
            capacity=capacity,
            log_odds=spec.learns,
        )

    ends = np.cumsum([len(fold.test) for fold in folds])[:-1]
    by_period = tuple(
        measured(part, fold.test) for part, fold in zip(np.split(scores, ends), folds, strict=True)
    )
    return Result(trained, by_period, measured(scores, tested), scores)


def _kept(
    spec: ModelSpec, kept: Fit, by_fold: Sequence[Fit], examples: Examples, tested: Rows
) -> Trained:
    data = data_of(examples)
    foretold = np.concatenate([one.base_log_odds for one in by_fold])
    return replace(
        _plain(spec, examples),
        feature_names=tuple(data.names[column] for column in kept.columns),
        estimator=kept.estimator,
        calibration=calibrate(foretold, examples.labels.values[tested]),
        directions=tuple(
            data.directions[column] if spec.monotonic else 0 for column in kept.columns
        ),
        recency=tuple(data.recency[column] for column in kept.columns),
        notes=(*kept.notes, *_uncalibrated(by_fold)),
    )


def comparator_of(spec: ModelSpec, examples: Examples) -> Trained:
    """Return a ranker by points that people have set; it learns nothing."""
    names = spec.choose(examples.matrix.features)
    return replace(
        _plain(spec, examples),
        feature_names=names,
        directions=(0,) * len(names),
        recency=(False,) * len(names),
    )


def _plain(spec: ModelSpec, examples: Examples) -> Trained:
    known = examples.labels.values[examples.labels.known]
    return Trained(
        spec=spec,
        feature_names=(),
        outcome=examples.outcome.name,
        horizon_days=examples.outcome.horizon_days,
        meaning=examples.outcome.meaning,
        base_rate=float(known.mean()),
        rows=len(known),
    )


def _uncalibrated(by_fold: Sequence[Fit]) -> tuple[str, ...]:
    numbers = [str(n) for n, one in enumerate(by_fold, 1) if not one.calibration.rows]
    if not numbers:
        return ()
    return (
        f"tested without calibration in period {', '.join(numbers)}: too little had settled "
        "before it to rehearse",
    )


def _period(fold: Fold, y: Floats) -> Period:
    return Period(
        fold.number, fold.test_from, fold.test_until, len(fold.train), int(y[fold.train].sum())
    )
