"""Watching whether what comes in still fits what the version that ranks was trained on."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from scipy.special import expit

from triage.conditions import Truth
from triage.decisions import Decision, current_of
from triage.errors import Alert, NotFoundError, Problem
from triage.fairness import GroupCalibration, calibration_told, is_small, shares_of
from triage.features import FeatureMatrix, bar_places, bar_words
from triage.learning import (
    BarCounts,
    Baseline,
    Drawn,
    Evaluation,
    Examples,
    Expectation,
    Figure,
    Heard,
    Measured,
    Reading,
    Resamples,
    Trained,
    distance,
    effective_people,
    level_of,
    share_between,
    share_shift,
    shift,
    times,
    times_more,
    wilson_interval,
)
from triage.papers import MONITOR_COLUMNS, MonitorReport, monitor_csv, monitor_page, monitor_rows
from triage.records import CaseHistories
from triage.registry import Promotion, Registry, Version
from triage.timeline import day_of
from triage.workflows.checking import read_accepted
from triage.workflows.making import feature_maker
from triage.workflows.progress import Progress
from triage.workflows.project import Project
from triage.workflows.questions import Asked, ask_of_all
from triage.workflows.recording import kept_decisions
from triage.workflows.training import answered, date_of, handling_of
from triage.workflows.verdicts import registry_of
from triage.workflows.versions import Role, ranker_of
from triage.workflows.windows import (
    NOT_ASKED,
    REFERRALS,
    UNKNOWN,
    Field,
    Window,
    condition_digest,
    expectation,
    window_of,
)
from triage.workspace import Levels, Monitor, write_whole

__all__ = ["Monitored", "monitor"]

Rows = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
NAN = float("nan")
NOT_TOLD = Measured(NAN, NAN, NAN)


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


@dataclass(frozen=True)
class _Watch:
    """All that the readings are made from."""

    project: Project
    version: Version
    role: Role
    trained: Trained
    evaluation: Evaluation
    baseline: Baseline
    window: Window
    scores: Floats
    promotions: tuple[Promotion, ...]
    decisions: tuple[Decision, ...]
    today: datetime.date

    @property
    def settings(self) -> Monitor:
        return self.project.panel.monitor

    @property
    def enough(self) -> bool:
        people = min(self.window.people, self.baseline.people)
        return people >= self.settings.fewest_people

    @property
    def seed(self) -> int:
        return self.project.panel.training.seed


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
    watch = _Watch(
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
    watch: _Watch,
    as_of: datetime.date,
    asked: Asked,
    examples: Examples,
    observed_until: datetime.date,
) -> MonitorReport:
    baseline, window = watch.baseline, watch.window
    settled = _settled(watch, examples)
    log_odds = watch.trained.score(asked.matrix.take(settled))
    told = _calibration(watch, examples, settled, log_odds)
    then, now = _score_shares(watch)
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
        readings=(
            *_standing(watch),
            *_calibration_readings(watch, told, examples, settled, log_odds),
            *_score_readings(watch),
            *_expected(watch),
            *_sources(watch),
            *_fields(watch),
            *_inputs(watch),
            *_rules(watch),
            *_overrides(watch),
            *_departures(watch),
        ),
        score_words=_score_words(baseline.scores) if len(window.rows) else (),
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


def _notes(watch: _Watch, as_of: datetime.date, until: datetime.date) -> Iterator[str]:
    yield f"Outcomes are on record where they had settled before {until}."
    if as_of < watch.baseline.until:
        yield (
            f"The date lies before {watch.baseline.until}, up to which this version was trained: "
            "what is compared is older than what it is compared with."
        )


def _standing(watch: _Watch) -> Iterator[Reading]:
    version = watch.version
    if watch.role == "fallback":
        told = f"No version is champion: the rules and {version.title} rank. Train and promote one."
        yield _plain("champion", "", Alert.LOOK, told)
        return
    due = version.retest_on
    if due is not None and due <= watch.today:
        told = (
            f"LAPSED: version {version.number} should have been tested again by {due}. Do not rely "
            "on it until it is: triage train, triage promote."
        )
        yield _plain("retest", "", Alert.RETEST, told)
    elif due is not None:
        told = f"Version {version.number} is to be tested again by {due}."
        yield _plain("retest", "", Alert.NOTHING, told)


def _plain(measure: str, subject: str, alert: Alert, told: str) -> Reading:
    return Reading(measure, subject, "", "", NOT_TOLD, alert, True, told)


def _reading(
    watch: _Watch,
    measure: str,
    subject: str,
    found: Measured,
    *,
    then: str,
    now: str,
    told: str,
    enough: bool,
) -> Reading:
    levels: Levels = getattr(watch.settings, measure)
    alert, sure = level_of(found, levels, enough=enough)
    return Reading(measure, subject, then, now, found, alert, sure, told)


def _settled(watch: _Watch, examples: Examples) -> Rows:
    """Return the rows that settled after what the version learned from."""
    ended = day_of(watch.evaluation.data.observed_until)
    days = examples.moments.day.astype(np.int64) + examples.outcome.matures_in_days
    return np.flatnonzero(examples.labels.known & (days > ended))


def _calibration(
    watch: _Watch, examples: Examples, rows: Rows, log_odds: Floats
) -> GroupCalibration | None:
    if not watch.trained.learned or not len(rows):
        return None
    n = len(rows)
    heard = Heard(
        person=np.unique(examples.moments.person[rows], return_inverse=True)[1],
        lists=np.zeros(n, dtype=np.int64),
        weight=np.ones(n),
        y=examples.labels.values[rows],
        harm_days={},
        unseen=np.zeros(n, dtype=bool),
        lead_days=np.full(n, np.nan),
    )
    return calibration_told(
        log_odds,
        heard,
        smallest=watch.project.panel.smallest_group,
        resamples=watch.settings.resamples,
        seed=watch.seed,
    )


def _calibration_readings(
    watch: _Watch,
    told: GroupCalibration | None,
    examples: Examples,
    rows: Rows,
    log_odds: Floats,
) -> Iterator[Reading]:
    if not watch.trained.learned:
        return
    if told is None or told.found is None:
        words = (
            "Whether its chances come true cannot be told yet: too few referrals from which it did "
            "not learn have settled, or too few of them with the outcome."
        )
        yield Reading("calibration_ratio", "", "", "", NOT_TOLD, Alert.NOTHING, False, words)
        return
    person, y = examples.moments.person[rows], examples.labels.values[rows]
    enough = len(np.unique(person)) >= watch.settings.fewest_people
    ratio = _measured(Resamples(person, seed=watch.seed).share(y, expit(log_odds)))
    slope, intercept = told.found.slope, told.found.intercept
    yield _reading(
        watch,
        "calibration_ratio",
        "",
        times(ratio),
        then="1.00",
        now=_figure(ratio),
        told=f"For each that was foretold, {_figure(ratio)} came: 1 is right, above 1 more came.",
        enough=enough,
    )
    yield _reading(
        watch,
        "calibration_slope",
        "",
        distance(slope, 1.0),
        then="1.00",
        now=_figure(slope),
        told=f"Slope {_figure(slope)}: 1 is right, below 1 chances are told too extreme.",
        enough=enough,
    )
    yield _reading(
        watch,
        "calibration_intercept",
        "",
        distance(intercept, 0.0),
        then="0.00",
        now=_figure(intercept),
        told=f"Intercept {_figure(intercept)}: 0 is right, below 0 chances are told too high.",
        enough=enough,
    )


def _measured(figure: Figure) -> Measured:
    return Measured(
        *(NAN if end is None else end for end in (figure.value, figure.low, figure.high))
    )


def _figure(found: Measured) -> str:
    if found.value != found.value:
        return "not told"
    return f"{found.value:.2f} ({found.low:.2f} to {found.high:.2f})".replace("-", "−")


def _percent(found: Measured) -> str:
    if found.value != found.value:
        return "not told"
    return f"{found.value:.0%} ({found.low:.0%} to {found.high:.0%})"


def _score_counts(watch: _Watch) -> Floats:
    edges = watch.baseline.scores.edges
    drawn = Drawn(watch.window.person, resamples=watch.settings.resamples, seed=watch.seed)
    return drawn.counts(bar_places(watch.scores, edges), len(edges))


def _score_shares(watch: _Watch) -> tuple[tuple[Measured, ...], tuple[Measured, ...]]:
    if not len(watch.scores):
        return (), ()
    then = np.asarray(watch.baseline.scores.counts[1:], dtype=np.float64)
    now = _score_counts(watch)
    shares = now / now.sum(axis=1, keepdims=True)
    low, high = np.quantile(shares[1:], [0.025, 0.975], axis=0)
    return (
        tuple(Measured(float(share), NAN, NAN) for share in then / then.sum()),
        tuple(map(Measured, shares[0].tolist(), low.tolist(), high.tolist())),
    )


def _score_words(bars: BarCounts) -> tuple[str, ...]:
    number = len(bars.edges)
    return tuple(
        "lowest" if place == 0 else "highest" if place == number - 1 else str(place + 1)
        for place in range(number)
    )


def _score_readings(watch: _Watch) -> Iterator[Reading]:
    found = NOT_TOLD
    if len(watch.scores):
        then = np.asarray(watch.baseline.scores.counts[1:], dtype=np.float64)
        found = shift(
            _score_counts(watch), then, effective=watch.baseline.effective, seed=watch.seed
        )
    yield _reading(
        watch,
        "scores",
        "",
        found,
        then="0",
        now=_figure(found),
        told=f"Stability index of the score {_figure(found)}: 0 is as at training, 0.25 and more "
        "is another population, or another way of recording.",
        enough=watch.enough,
    )


def _expected(watch: _Watch) -> Iterator[Reading]:
    then = watch.baseline.expected
    if then is None:
        return
    panel = watch.project.panel
    now = expectation(watch.window, watch.scores, panel.capacity, watch.seed)
    if now is None:
        told = "Nobody was heard in these days: nothing can be expected of the lists."
        yield Reading("expected", "", "", "", NOT_TOLD, Alert.NOTHING, False, told)
        return
    fall = share_shift(_measured(then.reached), _measured(now.reached))
    found = Measured(*(max(0.0, end) for end in (fall.value, fall.low, fall.high)))
    yield _reading(
        watch,
        "expected",
        "",
        found,
        then=_percent(_measured(then.reached)),
        now=_percent(_measured(now.reached)),
        told=_expected_words(watch, then, now),
        enough=watch.enough,
    )


def _expected_words(watch: _Watch, then: Expectation, now: Expectation) -> str:
    tested = watch.evaluation.figure("recall")
    measured = f" Measured when it was tested: {_percent(_measured(tested))}."
    return (
        "By its own chances, of all to whom the outcome will come, "
        f"{_percent(_measured(now.reached))} stand within capacity; at training "
        f"{_percent(_measured(then.reached))}. Of all referrals {_percent(_measured(now.rate))} "
        f"are expected to have it; at training {_percent(_measured(then.rate))}.{measured}"
    )


def _sources(watch: _Watch) -> Iterator[Reading]:
    base, window = watch.baseline, watch.window
    then = {one.source: (one.records, one.effective) for one in base.sources}
    then[REFERRALS] = (base.referrals, base.effective)
    people: Mapping[str, npt.NDArray[np.integer]] = {**window.records, REFERRALS: window.person}
    for source in [*then, *(name for name in people if name not in then)]:
        before, worth = then.get(source, (0, 0.0))
        person = people.get(source, np.zeros(0, dtype=np.int64))
        found = times_more(
            len(person), before, effective_now=effective_people(person), effective_then=worth
        )
        if not before and not len(person):
            continue
        enough = max(worth, effective_people(person)) >= watch.settings.fewest_people
        yield _reading(
            watch,
            "sources",
            source,
            times(found),
            then=f"{before:,}",
            now=f"{len(person):,}",
            told=_source_words(len(person), before),
            enough=enough,
        )


def _source_words(now: int, then: int) -> str:
    if not now:
        return (
            f"No record in these days, and {then:,} before: is the extract still sent, and whole?"
        )
    if not then:
        return "No record before training: the version never saw what it says."
    ratio = now / then
    return f"{ratio:.2f} records for each one then."


def _fields(watch: _Watch) -> Iterator[Reading]:
    then = {(one.source, one.field): one for one in watch.baseline.values}
    worth = {one.source: one.effective for one in watch.baseline.sources}
    worth[REFERRALS] = watch.baseline.effective
    for field in watch.window.fields:
        before = then.get((field.source, field.name))
        if before is None or not len(field.codes) or not before.counts:
            continue
        if {*field.counts, *before.counts} <= {NOT_ASKED, UNKNOWN}:
            continue  # no column of the source says it
        yield from _field(watch, field, before.counts, set(before.seen), worth[field.source])


def _field(
    watch: _Watch, field: Field, then: Mapping[str, int], seen: set[str], worth: float
) -> Iterator[Reading]:
    subject, now = f"{field.source}, {field.name}", field.counts
    blank = (UNKNOWN, NOT_ASKED)
    effective = effective_people(field.person)
    fewest = watch.settings.fewest_people
    enough = min(effective, worth) >= fewest
    totals = sum(now.values()), sum(then.values())
    share_now, share_then = (
        share_between(sum(counts.get(one, 0) for one in blank), total, people)
        for counts, total, people in zip((now, then), totals, (effective, worth), strict=True)
    )
    yield _reading(
        watch,
        "unknown",
        subject,
        distance(share_shift(share_now, share_then), 0.0),
        then=_percent(share_then),
        now=_percent(share_now),
        told=f"Unknown or not asked: {_percent(share_now)} of records, {_percent(share_then)} at "
        "training.",
        enough=enough,
    )
    either = [value for value in dict.fromkeys([*field.values, *then]) if value not in blank]
    known = [value for value in either if now.get(value) or then.get(value)]
    if len(known) < 2:
        return
    told_now = np.isin(
        field.codes, [field.values.index(one) for one in known if one in field.values]
    )
    people = effective_people(field.person[told_now])
    counted = {one: now.get(one, 0) for one in known}
    new = [value for value in known if counted[value] and value not in seen]
    share_new = share_between(sum(counted[one] for one in new), sum(counted.values()), people)
    if new:
        yield _reading(
            watch,
            "new_values",
            subject,
            share_new,
            then="0%",
            now=_percent(share_new),
            told=f"Never seen at training: {', '.join(new)}.",
            enough=people >= fewest,
        )
    before = np.array([then.get(one, 0) for one in known], dtype=np.float64)
    place = np.array([known.index(v) if v in known else -1 for v in field.values])
    drawn = Drawn(field.person[told_now], resamples=watch.settings.resamples, seed=watch.seed)
    found = NOT_TOLD
    if told_now.any() and before.sum():
        found = shift(
            drawn.counts(place[field.codes[told_now]], len(known)),
            before,
            effective=worth * before.sum() / totals[1],
            seed=watch.seed,
        )
    yield _reading(
        watch,
        "values",
        subject,
        found,
        **_most(watch, known, list(counted.values()), before.tolist()),
        enough=enough and min(people, before.sum()) >= fewest,
    )


def _most(watch: _Watch, words: list[str], now: list[int], then: list[float]) -> dict[str, str]:
    """Return which value makes the most of a shift: then, now, told; without a word of few."""
    smallest = watch.project.panel.smallest_group
    counts = np.array([now, then], dtype=np.int64)
    if counts.sum(axis=1).min() < smallest:
        return {"then": "", "now": "", "told": "Too few to tell."}
    p, q = (one / one.sum() for one in counts + 0.5)
    place = int(np.argmax((p - q) * np.log(p / q)))
    told_now, told_then = (shares_of(one, smallest)[place].words for one in counts)
    return {
        "then": f"“{words[place]}” {told_then}",
        "now": f"“{words[place]}” {told_now}",
        "told": f"Most of it: “{words[place]}” went from {told_then} to {told_now}.",
    }


def _inputs(watch: _Watch) -> Iterator[Reading]:
    matrix, settings = watch.window.matrix, watch.settings
    drawn = Drawn(watch.window.person, resamples=settings.resamples, seed=watch.seed)
    for bars in watch.baseline.inputs:
        values = matrix.column(bars.name)
        codes = _codes(values, bars.edges)
        number = max(2, len(bars.edges) + 1)
        then = np.zeros(number)
        then[: len(bars.counts)] = bars.counts
        now = drawn.counts(codes, number)
        found = NOT_TOLD
        if len(values):
            found = shift(now, then, effective=watch.baseline.effective, seed=watch.seed)
        words = _bar_words(matrix, bars, values)
        yield _reading(
            watch,
            "inputs",
            bars.name,
            found,
            **_most(watch, words, now[0].astype(int).tolist(), then.tolist()),
            enough=watch.enough,
        )


def _codes(values: Floats, edges: list[float]) -> Rows:
    """Return 0 where a value is not known, and else the place of its bar from 1."""
    known = ~np.isnan(values)
    codes = np.zeros(len(values), dtype=np.int64)
    codes[known] = 1 + bar_places(values[known], edges) if edges else 1
    return codes


def _bar_words(matrix: FeatureMatrix, bars: BarCounts, values: Floats) -> list[str]:
    feature = matrix.features[matrix.names.index(bars.name)]
    if not bars.edges:
        return ["not known", "known"]
    return ["not known", *bar_words(feature, bars.edges, values)]


def _rules(watch: _Watch) -> Iterator[Reading]:
    trace, base = watch.window.trace, watch.baseline
    then = {one.rule: one for one in base.rules}
    effective = effective_people(watch.window.person)
    for place, rule in enumerate(trace.rules):
        before = then.get(rule.id)
        fired = int((trace.truths[:, place] == Truth.YES).sum())
        now = share_between(fired, trace.n_rows, effective)
        if before is None or before.condition != condition_digest(rule):
            why = "was not in force at training" if before is None else "was changed since"
            told = f"The rule {why}: not compared."
            yield Reading(
                "rules", rule.title, "", _percent(now), NOT_TOLD, Alert.NOTHING, True, told
            )
            continue
        was = share_between(before.fired, base.referrals, base.effective)
        yield _reading(
            watch,
            "rules",
            rule.title,
            distance(share_shift(now, was), 0.0),
            then=_percent(was),
            now=_percent(now),
            told=f"Fires on {_percent(now)} of referrals, on {_percent(was)} at training.",
            enough=watch.enough,
        )


def _overrides(watch: _Watch) -> Iterator[Reading]:
    promoted = [one for one in watch.promotions if one.action == "promote"]
    if not promoted:
        return
    over = sum(bool(one.failed) for one in promoted)
    low, high = wilson_interval(over, len(promoted))
    found = Measured(over / len(promoted), low, high)
    yield _reading(
        watch,
        "overrides",
        "",
        found,
        then="",
        now=f"{over} of {len(promoted)}",
        told=f"{over} of {len(promoted)} promotions were made against a gate, with --because.",
        enough=True,
    )


def _departures(watch: _Watch) -> Iterator[Reading]:
    of = len(watch.decisions)
    if not of:
        return
    departed = sum(one.wanted.departs for one in watch.decisions)
    found = share_between(departed, of, of)
    yield _reading(
        watch,
        "departures",
        "",
        found,
        then="",
        now=_percent(found),
        told=f"The panel decided otherwise than ranked in {departed} of {of} decisions.",
        enough=of >= watch.settings.fewest_people,
    )
