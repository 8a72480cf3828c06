"""Watching whether what comes in still fits what the version that ranks was trained on."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from triage.decisions import Decision, current_of
from triage.errors import Alert, NotFoundError, Problem
from triage.fairness import is_small
from triage.learning import Baseline, Evaluation, Examples
from triage.papers import MONITOR_COLUMNS, MonitorReport, monitor_csv, monitor_page, monitor_rows
from triage.records import CaseHistories
from triage.registry import Registry, Version
from triage.timeline import day_of
from triage.workflows.checking import read_accepted
from triage.workflows.making import feature_maker
from triage.workflows.progress import Progress
from triage.workflows.project import Project
from triage.workflows.questions import Asked, ask_of_all
from triage.workflows.readings import (
    Watch,
    calibration,
    readings_of,
    score_shares,
    score_words,
    settled_since,
)
from triage.workflows.recording import kept_decisions
from triage.workflows.training import answered, date_of, handling_of
from triage.workflows.verdicts import registry_of
from triage.workflows.versions import ranker_of
from triage.workflows.windows import window_of
from triage.workspace import write_whole

__all__ = ["Monitored", "monitor"]


@dataclass(frozen=True)
class Monitored:
    """What a monitor found, and where it was written.

    Parameters
    ----------
    report : MonitorReport
    page, table : Path
    """

    report: MonitorReport
    page: Path
    table: Path

    columns = MONITOR_COLUMNS
    shown = ("measure", "subject", "level", "then", "now", "told")

    @property
    def alert(self) -> Alert:
        """The gravest level that was called out: the exit code."""
        return self.report.alert

    @property
    def rows(self) -> list[dict[str, str | float | None]]:
        """One row a reading, the gravest first."""
        return monitor_rows(self.report)

    @property
    def called(self) -> list[dict[str, str | float | None]]:
        """The rows that were called out."""
        return self.rows[: len(self.report.called)]

    @property
    def told(self) -> list[str]:
        """What else the reader should know, a sentence each."""
        report = self.report
        unsure = sum(not one.sure for one in report.readings)
        return [
            f"Version {report.version} ({report.title}): {self.alert.word.upper()}. "
            f"{len(report.called)} of {len(report.readings)} readings call for somebody; "
            f"{unsure} are of too few to tell.",
            *(one.told for one in report.of("retest") if one.alert),
            *report.notes,
        ]


def monitor(
    project: Project,
    *,
    as_of: datetime.date,
    today: datetime.date,
    progress: Progress,
    keep_features: bool = True,
) -> Monitored:
    """Compare what comes in with what the version that ranks was trained on, and write a page.

    Parameters
    ----------
    project : Project
    as_of : date
        Only what was known before it is used.
    today : date
        Rows with a date after it are rejected; a retest has lapsed where it was due by it or by
        the as-of date.
    progress : Progress
    keep_features : bool
        Whether features that were kept before are used, and new ones kept.

    Raises
    ------
    NotFoundError
        Nothing ranks, or nothing to compare with was kept with the version that does.
    RejectedRowsError, ExtractError, StorageError, TamperedError
    """
    version, role = ranker_of(project)
    registry = registry_of(project)
    trained = registry.load(version.number)
    evaluation, baseline = _kept(registry, version)
    project = _with_window(project, baseline.window_days)
    checked = read_accepted(project, today=today, progress=progress)
    progress.stage("Making features of past referrals")
    histories = _as_known(checked.histories, as_of)
    asked = ask_of_all(project, histories, feature_maker(project, progress, keep=keep_features))
    progress.stage("Comparing with what it was trained on")
    window = window_of(project, histories, asked, day_of(as_of))
    watch = Watch(
        project=project,
        version=version,
        role=role,
        trained=trained,
        evaluation=evaluation,
        baseline=baseline,
        window=window,
        scores=trained.score(window.matrix),
        promotions=registry.promotions(),
        decisions=_decided(project, as_of),
        today=max(today, as_of),
    )
    examples, until = answered(project, histories, asked, handling_of(project))
    report = _report(watch, as_of, asked, examples, date_of(until))
    folder = project.workspace.results / "monitor" / str(as_of)
    page, table = folder / "monitor.html", folder / "monitor.csv"
    write_whole(page, monitor_page(report))
    write_whole(table, monitor_csv(report))
    return Monitored(report, page, table)


def _kept(registry: Registry, version: Version) -> tuple[Evaluation, Baseline]:
    evaluation = registry.evaluation(version.number)
    if evaluation.baseline is None:
        raise NotFoundError(
            Problem(
                f"version {version.number}",
                "must have been kept with what it was trained on, to compare with",
                "a version of an earlier release",
                "Run 'triage train' and 'triage promote' again.",
            )
        )
    return evaluation, evaluation.baseline


def _decided(project: Project, as_of: datetime.date) -> tuple[Decision, ...]:
    """Return the decisions that stand, of those recorded in the days before an as-of date."""
    first = as_of - datetime.timedelta(days=project.panel.monitor.window_days)
    standing = current_of(kept_decisions(project.workspace)).values()
    return tuple(
        one
        for one in standing
        if first < one.recorded_at.date() <= as_of and one.wanted.choice != "leave"
    )


def _with_window(project: Project, days: int) -> Project:
    """Return the project with the window of then: only windows of one length can be compared."""
    settings = project.panel.monitor.model_copy(update={"window_days": days})
    return replace(project, panel=project.panel.model_copy(update={"monitor": settings}))


def _as_known(histories: CaseHistories, as_of: datetime.date) -> CaseHistories:
    """Return what was on record before an as-of date, and the referrals made by then."""
    events, referrals = histories.events, histories.referrals
    known = pc.fill_null(pc.less(events["known_on"], pa.scalar(as_of)), True)
    made = pc.less_equal(referrals["made_on"], pa.scalar(as_of))
    if pc.all(known).as_py() and pc.all(made).as_py():
        return histories
    return replace(histories, events=events.filter(known), referrals=referrals.filter(made))


def _report(
    watch: Watch,
    as_of: datetime.date,
    asked: Asked,
    examples: Examples,
    observed_until: datetime.date,
) -> MonitorReport:
    baseline, window = watch.baseline, watch.window
    settled = settled_since(watch, examples)
    log_odds = watch.trained.score(asked.matrix.take(settled))
    told = calibration(watch, examples, settled, log_odds)
    then, now = score_shares(watch)
    promoted = [one.at.date() for one in watch.promotions if one.version == watch.version.number]
    since = day_of(max(promoted)) if promoted else None
    days = examples.moments.day[settled]
    positives = int(examples.labels.values[settled].sum())
    smallest = watch.project.panel.smallest_group
    return MonitorReport(
        panel=watch.project.panel,
        as_of=as_of,
        title=watch.version.title,
        version=watch.version.number,
        role=watch.role,
        until=baseline.until,
        window_days=baseline.window_days,
        referrals=len(window.rows),
        people=window.people,
        people_then=baseline.people,
        readings=tuple(readings_of(watch, told, examples, settled, log_odds)),
        score_words=score_words(baseline.scores) if len(window.rows) else (),
        scores_then=then,
        scores_now=now,
        matured=len(settled),
        matured_positives=None
        if is_small(positives, len(settled) - positives, smallest=smallest)
        else positives,
        ranked_itself=0 if since is None else int((days >= since).sum()),
        curve=told.found.bins if told is not None and told.found is not None else (),
        outcome_meaning=examples.outcome.meaning,
        horizon_days=examples.outcome.horizon_days,
        notes=tuple(_notes(watch, as_of, observed_until)),
    )


def _notes(watch: Watch, as_of: datetime.date, until: datetime.date) -> Iterator[str]:
    yield f"Outcomes are on record where they had settled before {until}."
    if as_of < watch.baseline.until:
        yield (
            f"The date lies before {watch.baseline.until}, up to which this version was trained: "
            "what is compared is older than what it is compared with."
        )
