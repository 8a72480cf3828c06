"""The page about a monitor: whether what ranks now still fits what comes in."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from markupsafe import Markup

from triage.conditions import date_words
from triage.errors import Alert
from triage.papers.html_pages import drawn
from triage.papers.plots import Course, between, calibration_plot, course_plot, percent
from triage.papers.told import Section, Table, ToldPage, told_page
from triage.papers.wording import horizon_words, number_of
from triage.workspace import Panel, csv_text

if TYPE_CHECKING:  # learning takes seconds to import
    from triage.learning import Bin, Measured, Reading

__all__ = ["MONITOR_COLUMNS", "MonitorReport", "monitor_csv", "monitor_page", "monitor_rows"]

MONITOR_COLUMNS = (
    "measure",
    "subject",
    "level",
    "then",
    "now",
    "value",
    "low",
    "high",
    "told",
)
MOST_TOLD = 12
"""So many of a measure are told on the page where nothing is called out; the CSV has all."""

MEASURES = {
    "champion": "Who ranks",
    "retest": "Retest",
    "calibration_ratio": "Outcomes against chances",
    "calibration_slope": "Slope of outcomes on scores",
    "calibration_intercept": "Level of chances",
    "scores": "Scores",
    "expected": "Expected within capacity",
    "sources": "Records of a source",
    "unknown": "Unknown or not asked",
    "new_values": "Values never seen",
    "values": "Values of a field",
    "inputs": "Feature",
    "rules": "Rule",
    "overrides": "Gates overridden",
    "departures": "Decided otherwise",
}
CALLS = {
    Alert.NOTHING: "NOTHING calls for anybody.",
    Alert.LOOK: "LOOK: somebody should find out why.",
    Alert.RETEST: "RETEST: train and test again before relying on it further.",
    Alert.STOP: "STOP: make no list with it until it was trained and tested again.",
}
UNITS = {
    "inputs": "stability index",
    "scores": "stability index",
    "values": "stability index",
    "unknown": "change of the share",
    "new_values": "share of values",
    "sources": "times fewer, or more",
    "rules": "change of the share",
    "calibration_slope": "distance from 1",
    "calibration_intercept": "distance from 0, log-odds",
    "calibration_ratio": "times fewer, or more",
    "expected": "fall of the share",
    "overrides": "share of promotions",
    "departures": "share of decisions",
}


@dataclass(frozen=True)
class MonitorReport:
    """All that a monitor found.

    Parameters
    ----------
    panel : Panel
    as_of : date
    title, version, role : str, int, str
        Of what ranks: its title, its number, ``champion`` or ``fallback``.
    until : date
        The end of what it was trained on.
    window_days : int
    referrals, people, people_then : int
        Heard in the window, and people in the window before training.
    readings : tuple of Reading
    score_words : tuple of str
        The bars of the score, from the highest.
    scores_then, scores_now : tuple of Measured
        The share of referrals in each.
    matured, ranked_itself : int
        Referrals whose outcome settled since and that it did not learn from, and those of them
        that were heard since it was promoted.
    matured_positives : int or None
        Those with the outcome; None where they are too few to be told.
    curve : tuple of Bin
        What was said of them, and what came; empty where they are too few.
    outcome_meaning : str
    horizon_days : int
    notes : tuple of str
    """

    panel: Panel
    as_of: datetime.date
    title: str
    version: int
    role: str
    until: datetime.date
    window_days: int
    referrals: int
    people: int
    people_then: int
    readings: tuple[Reading, ...]
    score_words: tuple[str, ...]
    scores_then: tuple[Measured, ...]
    scores_now: tuple[Measured, ...]
    matured: int
    matured_positives: int | None
    ranked_itself: int
    curve: tuple[Bin, ...]
    outcome_meaning: str
    horizon_days: int
    notes: tuple[str, ...]

    @property
    def alert(self) -> Alert:
        """The gravest level that was called out."""
        return max((one.alert for one in self.readings), default=Alert.NOTHING)

    @property
    def called(self) -> list[Reading]:
        """What was called out, the gravest first."""
        order = list(MEASURES)
        found = [one for one in self.readings if one.alert]
        return sorted(found, key=lambda one: (-one.alert, order.index(one.measure)))

    def of(self, *measures: str) -> list[Reading]:
        """Return the readings of some measures."""
        return [one for one in self.readings if one.measure in measures]


def monitor_rows(report: MonitorReport) -> list[dict[str, str | float | None]]:
    """Return every reading as a row, the gravest first."""
    order = list(MEASURES)
    readings = sorted(
        report.readings, key=lambda one: (-one.alert, one.sure, order.index(one.measure))
    )
    return [
        {
            "measure": one.measure,
            "subject": one.subject,
            "level": one.level,
            "then": one.then,
            "now": one.now,
            **{
                name: None if value != value or abs(value) == float("inf") else round(value, 6)
                for name, value in vars(one.found).items()
            },
            "told": one.told,
        }
        for one in readings
    ]


def monitor_csv(report: MonitorReport) -> str:
    """Return every reading as CSV, the gravest first."""
    return csv_text(MONITOR_COLUMNS, monitor_rows(report))


def monitor_page(report: MonitorReport) -> bytes:
    """Return a monitor as an HTML page.

    Parameters
    ----------
    report : MonitorReport
    """
    return told_page(
        ToldPage(
            kind="Monitor",
            title=f"Does it still fit? {report.title}, version {report.version}",
            panel=report.panel,
            synthetic=report.panel.synthetic,
            standing=_standing(report),
            sections=tuple(_sections(report)),
        )
    )


def _standing(report: MonitorReport) -> str:
    counts = Counter(one.alert for one in report.called)
    found = ", ".join(f"{count} × {alert.word}" for alert, count in sorted(counts.items())[::-1])
    return f"{CALLS[report.alert]}{f' ({found}.)' if found else ''}"


def _sections(report: MonitorReport) -> Iterator[Section]:
    yield Section("called", "What calls for somebody", _about(report), _called(report))
    yield Section("outcomes", "Did the chances come true?", _outcomes(report), None, _curve(report))
    yield Section("expected", "Before outcomes are known", _expected(report))
    yield Section(
        "scores", "Scores, then and now", _scores(report), _score_table(report), _drawing(report)
    )
    yield Section("sources", "What each source sends", (SOURCES,), _then_now(report, "sources"))
    fields = _nearest(report, "unknown", "new_values", "values")
    yield Section("fields", "What stands in the fields", (FIELDS,), fields)
    yield Section("inputs", "What the model looks at", (INPUTS,), _nearest(report, "inputs"))
    yield Section("rules", "How often rules fire", (RULES,), _then_now(report, "rules"))
    yield Section("people", "What people decided", _decided(report))
    yield Section("how", "How to read this", HOW, _levels(report))


SOURCES = (
    "Records that became known in the same number of days. A source that falls silent does not "
    "look like a fault on a list: people simply seem to have less on record."
)
FIELDS = (
    "For each field of each source: the share that is unknown or was not asked, values that no "
    "record held at training, and how the values are spread. What was called out comes first, then "
    "what is furthest from before; the CSV has all."
)
INPUTS = (
    "The stability index of each feature, less what chance makes of so few people: 0 is as before. "
    "What was called out comes first, then what is furthest from before; the CSV has all."
)
HOW = (
    "Everything is compared with what was counted when this version was trained; the bars and "
    "values are those of then. Only what was known before the date above is used.",
    "Each figure has an interval of 95%, made by drawing people again, or from the number of "
    "people that the records are worth. A level is called out only where the end of the interval "
    "that is nearer to “as before” reaches it.",
    f"Exit codes: {', '.join(f'{int(one)} {one.word}' for one in Alert)}. The levels stand in "
    "configs/panel.yaml: monitor, each with its reason.",
)
RULES = "Of the referrals heard, the share on which each rule fires."


def _about(report: MonitorReport) -> Iterator[str]:
    days = horizon_words(report.window_days)
    yield (
        f"As of {date_words(report.as_of)}: {number_of(report.referrals, 'referral')} of "
        f"{number_of(report.people, 'person', 'people')} in the last {days}, against "
        f"{number_of(report.people_then, 'person', 'people')} in the {days} up to "
        f"{date_words(report.until)}, when this version was trained."
    )
    few = Counter(MEASURES[one.measure] for one in report.readings if not one.sure)
    if few:
        told = "; ".join(f"{name.lower()} ({count})" for name, count in sorted(few.items()))
        yield f"Too few to tell, and not called out: {told}."
    yield from report.notes


def _called(report: MonitorReport) -> Table:
    return Table(
        "The gravest first",
        ("What", "Level", "Then", "Now", "What it means"),
        [
            (
                f"{MEASURES[one.measure]}: {one.subject}" if one.subject else MEASURES[one.measure],
                one.level.upper(),
                one.then,
                one.now,
                one.told,
            )
            for one in report.called
        ],
    )


def _outcomes(report: MonitorReport) -> Iterator[str]:
    if report.matured:
        count = report.matured_positives
        told = "too few to tell" if count is None else f"{count:,}"
        yield (
            f"{number_of(report.matured, 'referral')} from which it did not learn have settled "
            f"since, {told} with {report.outcome_meaning}. {report.ranked_itself:,} of them were "
            "heard since it was promoted."
        )
    yield from (
        one.told
        for one in report.of("calibration_ratio", "calibration_slope", "calibration_intercept")
    )
    if report.curve:
        yield (
            "The plot: those of like chance together. On the line, what was said came true; above "
            "it, more came than was said."
        )


def _curve(report: MonitorReport) -> Markup | None:
    if not report.curve:
        return None
    title = "What came true of what was said, of referrals that settled since"
    return drawn("plot", drawing=calibration_plot(title, report.curve), key="calibration")


def _expected(report: MonitorReport) -> Iterator[str]:
    yield from (one.told for one in report.of("expected"))
    yield (
        "This assumes that the chances are as true now as when they were tested. It sees a change "
        "in who is referred; it cannot see that like people now do more harm, or less. Only "
        f"settled outcomes show that, {horizon_words(report.horizon_days)} and more later."
    )


def _scores(report: MonitorReport) -> Iterator[str]:
    yield from (one.told for one in report.of("scores"))


def _drawing(report: MonitorReport) -> Markup | None:
    if not report.score_words:
        return None
    courses = [Course("now", report.scores_now), Course("at training", report.scores_then)]
    title = "Share of referrals by score, now and at training"
    drawing = course_plot(title, report.score_words, courses)
    return drawn("plot", drawing=drawing, key="scores-figure")


def _score_table(report: MonitorReport) -> Table | None:
    if not report.score_words:
        return None
    return Table(
        "The plot's numbers: tenths of the scores at training, the lowest first",
        ("Score", "At training", "Now"),
        [
            (words, percent(then.value), between(now))
            for words, then, now in zip(
                report.score_words, report.scores_then, report.scores_now, strict=True
            )
        ],
    )


def _then_now(report: MonitorReport, measure: str) -> Table:
    return Table(
        "With what is called out",
        (MEASURES[measure], "At training", "Now", "Level"),
        [(one.subject, one.then, one.now, one.level) for one in report.of(measure)],
    )


def _nearest(report: MonitorReport, *measures: str) -> Table:
    found = sorted(report.of(*measures), key=_furthest)
    called = [one for one in found if one.alert]
    rest = [one for one in found if not one.alert and one.sure and one.found.value > 0]
    shown = called + rest[: max(0, MOST_TOLD - len(called))]
    several = len(measures) > 1
    return Table(
        f"{len(shown)} of {len(found)}",
        ("What", "At training", "Now", "How far apart", "Level"),
        [
            (
                f"{one.subject}{f', {MEASURES[one.measure].lower()}' if several else ''}",
                one.then,
                one.now,
                _far(one),
                one.level,
            )
            for one in shown
        ],
    )


def _furthest(one: Reading) -> tuple[int, float]:
    return -one.alert, -one.found.value if one.found.value == one.found.value else 0.0


def _far(one: Reading) -> str:
    found = one.found
    if found.value != found.value:
        return ""
    return f"{found.value:.2f} ({found.low:.2f} to {found.high:.2f})"


def _decided(report: MonitorReport) -> Iterator[str]:
    yield from (one.told for one in report.of("champion", "retest", "overrides", "departures"))
    if not report.of("departures"):
        yield "No decisions on record in these days: how often the panel departs is not known."


def _levels(report: MonitorReport) -> Table:
    monitor = report.panel.monitor
    rows: Sequence[Sequence[str]] = [
        (
            MEASURES[name],
            unit,
            *(
                "" if (limit := getattr(getattr(monitor, name), one.word)) is None else f"{limit:g}"
                for one in (Alert.LOOK, Alert.RETEST, Alert.STOP)
            ),
        )
        for name, unit in UNITS.items()
    ]
    return Table("From where on", ("Measure", "In", "Look", "Retest", "Stop"), rows)
