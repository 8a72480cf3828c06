"""What a training found out about each model: against the champion, by group, with alarms."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from triage.errors import ConfigurationError
from triage.fairness import (
    NOT_KNOWN,
    GroupCalibration,
    by_group,
    calibration_by_group,
    calibration_told,
)
from triage.features import catalogue
from triage.learning import (
    AboutData,
    AboutFeature,
    AboutModel,
    AboutOutcome,
    Assessed,
    CalibrationFigures,
    Comparison,
    CurvePoint,
    Evaluation,
    Examples,
    Experiment,
    GroupFigures,
    KeptFits,
    Other,
    Result,
    ToldAlarm,
    Trained,
    figure_of,
    forward_scores,
    shapes_of,
)
from triage.records import CaseHistories
from triage.registry import Registry, Version
from triage.timeline import Moments, training_days
from triage.workflows.grouping import grouped_by
from triage.workflows.project import Project, code_version
from triage.workflows.windows import Window, baseline_of

__all__ = ["Rival", "Trials", "champion_of", "evaluate_models", "rival_of"]

Floats = npt.NDArray[np.float64]
DRAWS = 200
"""How often people are drawn again for the curves of a card."""

DATA_ALARMS = ("overlap", "immature_outcomes", "same_dyad")


@dataclass(frozen=True)
class Rival:
    """Who ranks now, as it would have done in the same test periods.

    Parameters
    ----------
    role : {"champion", "fallback"}
    version : int or None
    title : str
    scores : ndarray of float64, shape (n_tested,)
    """

    role: str
    version: int | None
    title: str
    scores: Floats


@dataclass(frozen=True)
class Trials:
    """What all evaluations of one training share.

    Parameters
    ----------
    histories : CaseHistories
    inputs : mapping of str to str
        What was read → its SHA-256.
    examples : Examples
    experiment : Experiment
    alarms : sequence of ToldAlarm
    observed_until : date
    rival : Rival or None
    window : Window or None
        What came in during the last days; None where nothing is kept of it.
    """

    histories: CaseHistories
    inputs: Mapping[str, str]
    examples: Examples
    experiment: Experiment
    alarms: Sequence[ToldAlarm]
    observed_until: datetime.date
    rival: Rival | None
    window: Window | None = None


def champion_of(registry: Registry) -> tuple[Version, Trained | None] | None:
    """Return the champion and its model, None in place of one that another release wrote.

    It is asked before long work, which then needs no server until its end.
    """
    champion = registry.champion()
    if champion is None:
        return None
    try:
        return champion, registry.load(champion.number)
    except ConfigurationError:
        return champion, None


def rival_of(
    project: Project,
    champion: tuple[Version, Trained | None] | None,
    examples: Examples,
    experiment: Experiment,
    kept: KeptFits | None = None,
) -> tuple[Rival | None, tuple[str, ...]]:
    """Return who ranks now on the rows that were tested, and what stands against comparing.

    A champion that learned is fitted again for each test period, on what had settled before it:
    its kept model has seen the answers.
    """
    if champion is None:
        return _fallback(project, experiment), ()
    version, trained = champion
    try:
        scores = _champion_scores(trained, examples, experiment, kept)
    except (ConfigurationError, ValueError):
        told = (
            f"The champion, version {version.number}, could not be fitted to these test periods: "
            "its features or its estimator are no longer made. Nothing is compared with it."
        )
        return None, (told,)
    return Rival("champion", version.number, version.title, scores), ()


def _fallback(project: Project, experiment: Experiment) -> Rival | None:
    for result in experiment.results:
        if result.name == project.panel.gates.fallback:
            return Rival("fallback", None, result.trained.spec.title, result.scores)
    return None


def _champion_scores(
    trained: Trained | None, examples: Examples, experiment: Experiment, kept: KeptFits | None
) -> Floats:
    if trained is None:
        raise ValueError("written by another release")
    for result in experiment.results:
        if result.trained.spec == trained.spec:
            return result.scores
    if not trained.learned:
        return trained.score(examples.matrix.take(experiment.tested))
    trained.select(examples.matrix)  # refuses where features are gone
    return forward_scores(trained.spec, examples, training=experiment.training, kept=kept)


def evaluate_models(project: Project, trials: Trials) -> dict[str, Evaluation]:
    """Return the evaluation of every model of a training, by the model's name."""
    experiment, examples = trials.experiment, trials.examples
    tested = Assessed(experiment, examples.moments, examples.labels)
    captured = {one.name: tested.harm_captured(one.scores) for one in experiment.results}
    words = _words(project)
    return {
        result.name: Evaluation(
            synthetic=project.panel.synthetic,
            code_version=code_version(),
            capacity=experiment.capacity,
            lists=result.pooled.lists,
            harm_scale=project.scale.title,
            model=_about(result),
            outcome=_outcome(result, experiment),
            data=_data(trials),
            features=[words[name] for name in result.trained.feature_names],
            measures=tested.measures(result),
            curve=_curve(project, tested, result),
            groups=_groups(project, trials, tested, result),
            calibration_by_group=_calibrations(project, trials, tested, result),
            shapes=shapes_of(
                result.trained,
                examples.matrix.take(_latest_of_each(examples.moments)),
                smallest=project.panel.smallest_group,
            ),
            others=[
                Other(
                    title=other.trained.spec.title,
                    kind=other.trained.spec.kind,
                    harm_captured=captured[other.name],
                    auc=other.pooled.auc,
                )
                for other in experiment.results
                if other is not result
            ],
            against=_against(tested, result, trials.rival),
            alarms=[alarm for alarm in trials.alarms if _concerns(alarm, result)],
            notes=list(result.trained.notes),
            baseline=None
            if trials.window is None
            else baseline_of(project, trials.window, result.trained, examples),
        )
        for result in experiment.results
    }


def _latest_of_each(moments: Moments) -> npt.NDArray[np.int64]:
    """Return the row of each person's last moment, so that a count of rows is one of people."""
    order = np.lexsort((moments.day, moments.person))
    last = np.append(np.diff(moments.person[order]) != 0, True)
    return np.sort(order[last])


def _concerns(alarm: ToldAlarm, result: Result) -> bool:
    return alarm.name in DATA_ALARMS or alarm.subject in (
        result.name,
        *result.trained.feature_names,
    )


def _against(tested: Assessed, result: Result, rival: Rival | None) -> Comparison | None:
    if rival is None:
        return None
    return Comparison(
        role=rival.role,
        version=rival.version,
        title=rival.title,
        better_by=tested.better_by(result.scores, rival.scores),
        turnover=tested.turnover(result.scores, rival.scores),
    )


def _groups(
    project: Project, trials: Trials, tested: Assessed, result: Result
) -> list[GroupFigures]:
    found = []
    for attribute, groups in _judged(project, trials, tested):
        found += by_group(
            tested,
            result.scores,
            groups,
            attribute=attribute,
            smallest_group=project.panel.smallest_group,
            learned=result.trained.learned,
        )
    return found


def _judged(
    project: Project, trials: Trials, tested: Assessed
) -> Iterator[tuple[str, list[str | None]]]:
    """Yield each attribute that is judged, and the group of each row that was tested."""
    rows, days = training_days(trials.histories.referrals, project.panel.cohort)
    grouped = grouped_by(project, trials.histories, rows[tested.rows], days[tested.rows])
    for one in grouped:
        if one.attribute in project.fairness.judged:
            words = [None if word == NOT_KNOWN else word for word in one.words]
            yield one.attribute, [words[code] for code in one.codes.tolist()]


def _curve(project: Project, tested: Assessed, result: Result) -> list[CurvePoint]:
    if not result.trained.learned:
        return []
    smallest = project.panel.smallest_group
    found = calibration_told(
        result.scores, tested.heard, smallest=smallest, resamples=DRAWS, seed=tested.seed
    )
    return _points(found)


def _calibrations(
    project: Project, trials: Trials, tested: Assessed, result: Result
) -> list[CalibrationFigures]:
    if not result.trained.learned:
        return []
    found: list[GroupCalibration] = []
    for attribute, groups in _judged(project, trials, tested):
        found += calibration_by_group(
            result.scores,
            tested.heard,
            groups,
            attribute=attribute,
            smallest=project.panel.smallest_group,
            resamples=DRAWS,
            seed=tested.seed,
        )
    return [_calibration(one) for one in found]


def _calibration(one: GroupCalibration) -> CalibrationFigures:
    if one.observed is None or one.found is None:
        return CalibrationFigures(attribute=one.attribute, group=one.value, told=False)
    return CalibrationFigures(
        attribute=one.attribute,
        group=one.value,
        told=True,
        people=one.people,
        foretold=round(one.expected, 3),
        observed=figure_of(one.observed),
        slope=figure_of(one.found.slope),
        intercept=figure_of(one.found.intercept),
        curve=_points(one),
    )


def _points(one: GroupCalibration) -> list[CurvePoint]:
    return [
        CurvePoint(rows=alike.people, foretold=alike.expected, observed=figure_of(alike.observed))
        for alike in (() if one.found is None else one.found.bins)
    ]


def _words(project: Project) -> dict[str, AboutFeature]:
    return {
        entry.feature.name: AboutFeature(
            name=entry.feature.name,
            theme=entry.feature.theme_title,
            words=entry.example,
            direction=entry.feature.direction,
        )
        for entry in catalogue(project.features, project.vocabulary)
    }


def _about(result: Result) -> AboutModel:
    spec = result.trained.spec
    return AboutModel(
        name=spec.name,
        title=spec.title,
        purpose=spec.purpose,
        kind=spec.kind,
        source=spec.source,
        estimator=spec.estimator or "points that people have set",
        parameters={name: str(value) for name, value in spec.parameters.items()},
        monotonic=spec.monotonic,
    )


def _outcome(result: Result, experiment: Experiment) -> AboutOutcome:
    outcome = experiment.outcome
    return AboutOutcome(
        name=outcome.name,
        meaning=outcome.meaning,
        horizon_days=outcome.horizon_days,
        settles_in_days=outcome.settles_in_days,
        base_rate=result.trained.base_rate,
    )


def _data(trials: Trials) -> AboutData:
    examples, experiment = trials.examples, trials.experiment
    known = examples.labels.known
    days = examples.moments.day[known].astype("datetime64[D]")
    y = examples.labels.values
    return AboutData(
        fingerprint=experiment.fingerprint,
        inputs=dict(trials.inputs),
        referrals=len(y),
        learned=int(known.sum()),
        people=len(np.unique(examples.moments.person[known])),
        positives=int(y[known].sum()),
        tested=len(experiment.tested),
        tested_positives=int(y[experiment.tested].sum()),
        first=days.min().item(),
        last=days.max().item(),
        observed_until=trials.observed_until,
        periods=[(_date(one.test_from), _date(one.test_until - 1)) for one in experiment.periods],
    )


def _date(day: int) -> datetime.date:
    return datetime.date(1970, 1, 1) + datetime.timedelta(days=day)
