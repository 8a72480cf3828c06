"""Training every model on what came after past referrals, and proposing a champion."""

from __future__ import annotations

import datetime
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from triage.conditions import Truth, evaluate
from triage.errors import LeakageError, Problem
from triage.learning import (
    Alarm,
    Evaluation,
    Examples,
    Experiment,
    ModelSpec,
    Searched,
    ToldAlarm,
    data_alarms,
    make_folds,
    points,
    score_alarms,
    search_models,
    train,
)
from triage.outcomes import (
    Handling,
    Labels,
    LabelState,
    Outcome,
    find_taken_on,
    follow_up_end,
    handle_taken_on,
    label,
)
from triage.records import CaseHistories
from triage.registry import Registry, Version
from triage.timeline import NEVER, Moments, Timeline
from triage.workflows.checking import read_accepted
from triage.workflows.clusters import on_cluster
from triage.workflows.evaluating import Trials, champion_of, evaluate_models, rival_of
from triage.workflows.making import Make, feature_maker, fit_files, made_anew
from triage.workflows.moves import ListMoves, list_moves
from triage.workflows.progress import Progress
from triage.workflows.project import Project, code_version, require_capacity
from triage.workflows.questions import Asked, ask_of_all
from triage.workflows.windows import window_of
from triage.workspace import Acknowledged, Leakage

__all__ = [
    "Trainings",
    "acknowledgement_of",
    "answered",
    "handling_of",
    "labelled",
    "observed_until",
    "past_examples",
    "require_acknowledged",
    "sent_words",
    "train_models",
]

MEASURES = (
    "harm_captured",
    "recall",
    "precision",
    "auc",
    "average_precision",
    "brier",
    "calibration_slope",
)
MAIN_SHARE = 0.05
"""A source that tells at least this share of the outcome's events is one that tells it."""


@dataclass(frozen=True)
class Trainings:
    """What came of training.

    Parameters
    ----------
    experiment : Experiment
    versions : tuple of Version
        The registered version of each model, in the order of the experiment's results.
    observed_until : date
        Outcomes are known where they had settled before this day.
    evaluations : mapping of str to Evaluation
        Of each model, by its name.
    hindrances : tuple of str
        Why nothing was compared with the champion, if so.
    moves : ListMoves or None
        Who would enter and leave the top of the last list; None where there is no list.
    taken : int
        How many fits were there from a training that had been broken off.
    earlier : tuple of int
        Versions of earlier trainings that had waited for the tracking server.
    """

    experiment: Experiment
    versions: tuple[Version, ...]
    observed_until: datetime.date
    evaluations: Mapping[str, Evaluation]
    hindrances: tuple[str, ...]
    moves: ListMoves | None
    taken: int = 0
    earlier: tuple[int, ...] = ()

    columns = ("version", "model", "kind", *MEASURES, "better_by", "proposed")

    @property
    def proposed(self) -> int:
        """The version that is proposed as champion."""
        name = self.experiment.proposal.name
        return next(version.number for version in self.versions if version.name == name)

    @property
    def rows(self) -> list[dict[str, str | int | float | bool | None]]:
        """One row a model: its measures over all test periods."""
        return [
            {
                "version": version.number,
                "model": result.name,
                "kind": result.trained.spec.kind,
                **{name: known(getattr(result.pooled, name)) for name in MEASURES},
                "better_by": self._better_by(result.name),
                "proposed": version.number == self.proposed,
            }
            for version, result in zip(self.versions, self.experiment.results, strict=True)
        ]

    def _better_by(self, name: str) -> str | None:
        against = self.evaluations[name].against
        figure = None if against is None else against.better_by
        if figure is None or figure.value is None:
            return None
        if figure.low is None or figure.high is None:
            return f"{100 * figure.value:+.1f}"
        return f"{100 * figure.value:+.1f} [{100 * figure.low:.1f}, {100 * figure.high:.1f}]"

    def _compared(self) -> Iterator[str]:
        against = self.evaluations[self.experiment.proposal.name].against
        if against is not None:
            who = "the champion" if against.role == "champion" else "the fallback"
            yield (
                f"Harm captured, better by {points(against.better_by)} than {who}, "
                f"{against.title}, on the same test periods (95%, people drawn again); "
                f"{against.turnover:.0%} of the places within capacity would go to others."
            )

    @property
    def told(self) -> list[str]:
        """What else the reader should know, a sentence each."""
        pooled = self.experiment.results[0].pooled
        outcome = self.experiment.outcome
        return [
            f"Outcome '{outcome.name}': {outcome.meaning}. {pooled.positives:,} of {pooled.rows:,} "
            f"referrals tested had it, on {pooled.lists} monthly lists of "
            f"{self.experiment.capacity}.",
            f"Outcomes are known where they had settled before {self.observed_until}: "
            "there the first of the extracts that tell them ends.",
            *(
                f"{result.name}: {note}."
                for result in self.experiment.results
                for note in result.trained.notes
            ),
            *(
                [f"{self.taken} fits of the same data, models and code were taken from cache/fits."]
                if self.taken
                else []
            ),
            *([sent_words(self.earlier)] if self.earlier else []),
            *self.hindrances,
            f"Proposed: version {self.proposed}. {self.experiment.proposal.reason}",
            *self._compared(),
            *(self.moves.told if self.moves else ()),
            f"A person decides: triage promote {self.proposed}",
        ]


def sent_words(numbers: Sequence[int]) -> str:
    """Return which versions are registered that had waited for the tracking server."""
    return (
        f"Registered from an earlier training, which had waited for the tracking server: "
        f"version {', '.join(map(str, numbers))}."
    )


def known(value: float) -> float | None:
    """Return a measure, or None where there is none."""
    return None if math.isnan(value) else value


def train_models(
    project: Project,
    *,
    today: datetime.date,
    progress: Progress,
    keep_features: bool = True,
    search: bool = True,
    cluster: str | None = None,
) -> Trainings:
    """Train and test every model forward in time, keep them all, and propose a champion.

    Parameters
    ----------
    project : Project
    today : date
        Rows with a date after it are rejected.
    progress : Progress
    keep_features : bool
        Whether features and fits that were kept before are used, and new ones kept. Of a training
        that was killed every fit that was done is taken, so that only the others are made.
    search : bool
        Whether models with a ``search`` are searched; else their own parameters are taken.
    cluster : str, optional
        A Dask scheduler whose workers fit, in place of that of ``configs/panel.yaml``.

    Raises
    ------
    LearningError
        Nothing can be learned from these outcomes.
    LeakageError
        An alarm that nobody acknowledged; nothing is kept.
    ConfigurationError, RejectedRowsError, ExtractError, StorageError
    """
    require_capacity(project)
    registry = Registry(project.workspace, project.panel.tracking_uri)
    registry.prepare()
    earlier = registry.send_waiting()
    champion = champion_of(registry)
    checked = read_accepted(project, today=today, progress=progress)
    progress.stage("Making features of past referrals")
    make = feature_maker(project, progress, keep=keep_features)
    asked = ask_of_all(project, checked.histories, make)
    examples, until = answered(project, checked.histories, asked, handling_of(project))
    folds = make_folds(examples, project.panel.training)
    ceiling = project.panel.leakage.auc_ceiling
    alarms = data_alarms(examples, folds, auc_ceiling=ceiling, observed_until=until)
    require_acknowledged(alarms, project.panel.leakage)
    fits = fit_files(project, keep=keep_features)
    specs: Sequence[ModelSpec] = project.models
    searches: Sequence[Searched] = ()
    with on_cluster(cluster or project.panel.training.cluster):
        if search:
            specs, searches = search_models(
                specs,
                examples,
                capacity=project.panel.capacity,
                training=project.panel.training,
                progress=_told(progress, "Searching for parameters"),
                kept=fits,
            )
        experiment = train(
            specs,
            examples,
            capacity=project.panel.capacity,
            training=project.panel.training,
            progress=_told(progress, "Training models"),
            kept=fits,
            searches=searches,
        )
    too_good = score_alarms(
        {result.name: result.scores for result in experiment.results},
        examples.labels.values[experiment.tested],
        auc_ceiling=ceiling,
    )
    require_acknowledged(too_good, project.panel.leakage)
    progress.stage("Keeping the models")
    rival, hindrances = rival_of(project, champion, examples, experiment, fits)
    trials = Trials(
        histories=checked.histories,
        inputs=checked.inputs,
        examples=examples,
        experiment=experiment,
        alarms=_told_alarms((*alarms, *too_good), project.panel.leakage),
        observed_until=date_of(until),
        rival=rival,
        window=window_of(
            project, checked.histories, asked, int(examples.moments.day.max(initial=0))
        ),
    )
    evaluations = evaluate_models(project, trials)
    moves = list_moves(project, checked.histories, make, experiment)
    versions = registry.log_experiment(
        experiment, code_version=code_version(), evaluations=evaluations
    )
    if fits is not None:
        fits.forget_others()
    taken = 0 if fits is None else fits.taken
    return Trainings(
        experiment,
        tuple(versions),
        date_of(until),
        evaluations,
        hindrances,
        moves,
        taken,
        tuple(version.number for version in earlier),
    )


def require_acknowledged(alarms: Sequence[Alarm], settings: Leakage) -> None:
    """Raise where an alarm went off that nobody acknowledged.

    Raises
    ------
    LeakageError
        With every such alarm.
    """
    loud = [alarm for alarm in alarms if acknowledgement_of(alarm, settings) is None]
    if loud:
        raise LeakageError(
            Problem(
                f"alarm '{alarm.name}', {alarm.subject}",
                alarm.told,
                mend="Find out how; 'triage check --leakage' helps. If it is honest, say so under "
                f"leakage.acknowledged in configs/panel.yaml: alarm: {alarm.name}, with reason, "
                "by and on.",
            )
            for alarm in loud
        )


def _told_alarms(alarms: Sequence[Alarm], settings: Leakage) -> list[ToldAlarm]:
    return [
        ToldAlarm(**vars(alarm), reason=said.reason, by=said.by, on=said.on)
        for alarm in alarms
        if (said := acknowledgement_of(alarm, settings)) is not None
    ]


def acknowledgement_of(alarm: Alarm, settings: Leakage) -> Acknowledged | None:
    """Return who said why an alarm does not stop a training, or None where nobody did."""
    return next(
        (
            one
            for one in settings.acknowledged
            if one.alarm == alarm.name and one.subject in (None, alarm.subject)
        ),
        None,
    )


def past_examples(
    project: Project, histories: CaseHistories, make: Make = made_anew
) -> tuple[Examples, int]:
    """Return every past referral with its features and what came after.

    Returns
    -------
    examples : Examples
        Of the primary outcome.
    until : int
        See :func:`observed_until`.
    """
    asked = ask_of_all(project, histories, make)
    return answered(project, histories, asked, handling_of(project))


def handling_of(project: Project) -> Handling:
    """Return how the answers of people who were taken on count in a workspace."""
    treatment = project.outcomes.treatment
    return treatment.handled if treatment else "as_recorded"


def answered(
    project: Project, histories: CaseHistories, asked: Asked, handling: Handling
) -> tuple[Examples, int]:
    """Return what was asked with what came after, by the primary outcome.

    Parameters
    ----------
    project : Project
    histories : CaseHistories
    asked : Asked
    handling : Handling
        How the answers of people who were taken on count.
    """
    labels, until = labelled(project, histories, asked.timeline, asked.moments, handling)
    stood_for = None
    if project.outcomes.treatment is not None and handling == "weight":
        stood_for = labels.states == LabelState.TAKEN_ON
    outcome = project.outcomes.primary
    return Examples(asked.matrix, asked.moments, labels, outcome, stood_for), until


def labelled(
    project: Project,
    histories: CaseHistories,
    timeline: Timeline,
    moments: Moments,
    handling: Handling,
) -> tuple[Labels, int]:
    """Return what came after any moments, by the primary outcome.

    Parameters
    ----------
    project : Project
    histories : CaseHistories
    timeline : Timeline
    moments : Moments
    handling : Handling
        How the answers of people who were taken on count.

    Returns
    -------
    labels : Labels
    until : int
        See :func:`observed_until`.
    """
    outcome, treatment = project.outcomes.primary, project.outcomes.treatment
    until = observed_until(outcome, timeline)
    labels = label(
        outcome,
        timeline,
        moments,
        observed_until=until,
        follow_up_end=follow_up_end(project.outcomes, histories, timeline, moments),
    )
    if treatment is not None:
        taken_on = find_taken_on(treatment, outcome, timeline, moments)
        labels = handle_taken_on(labels, taken_on, handling)
    return labels, until


def observed_until(outcome: Outcome, timeline: Timeline) -> int:
    """Return the day before which the records can be taken to tell of every outcome.

    Parameters
    ----------
    outcome : Outcome
    timeline : Timeline

    Returns
    -------
    int
        The day after the first of the main sources ends, in days since 1970-01-01. A source ends
        with the last fact that it made known; a main one tells at least 5% of the events
        that the outcome looks for. What lies beyond is unobserved, which is not the same as no.
    """
    condition = outcome.any_event if outcome.any_event is not None else outcome.harm_from
    wanted = timeline.known != NEVER
    told = wanted
    if condition is not None:
        told = wanted & (evaluate(condition, timeline.columns).truth == Truth.YES)
    source = np.unique(timeline.records["source"].to_numpy().astype(np.str_), return_inverse=True)[
        1
    ]
    counts = np.bincount(source[told], minlength=source.max(initial=0) + 1)
    main = np.flatnonzero(counts >= max(1.0, MAIN_SHARE * counts.sum()))
    if not len(main):
        main = np.unique(source[wanted])
    ends = [int(timeline.known[wanted & (source == one)].max()) for one in main.tolist()]
    return min(ends, default=-1) + 1


def date_of(day: int) -> datetime.date:
    """Return a day as a date."""
    return datetime.date(1970, 1, 1) + datetime.timedelta(days=day)


def _told(progress: Progress, stage: str) -> Callable[[int, int, str], None]:
    """Return what tells of fits as a stage and its parts, a stage anew where counting begins."""
    last = 0

    def tell(done: int, of: int, _what: str) -> None:
        nonlocal last
        if not 0 < last < done:
            progress.stage(stage, of)
        last = done
        progress.advance()

    return tell
