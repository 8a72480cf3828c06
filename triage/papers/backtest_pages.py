"""The page about a backtest: for whoever answers for the panel, and does not do statistics."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from markupsafe import Markup

from triage.conditions import date_words
from triage.papers.backtests import BacktestReport, RankerFigures
from triage.papers.html_pages import drawn, filled
from triage.papers.plots import (
    Course,
    Row,
    between,
    calibration_plot,
    course_plot,
    interval_plot,
    percent,
)
from triage.papers.wording import horizon_words, number_of

if TYPE_CHECKING:
    from triage.learning import Measured

__all__ = ["backtest_page"]

KINDS = {
    "champion": "the champion, which ranks now",
    "candidate": "a model",
    "comparator": "points that people have set",
    "baseline": "no ranking",
    "with rules": "the panel's rules and the model",
}
MONTHS = {"month": 1, "quarter": 3, "year": 12}
EVERY = {"month": "each month", "quarter": "each quarter", "year": "each year"}
HANDLINGS = {
    "as_recorded": "Every answer counts as recorded",
    "censor": "Unknown where the intervention came before the harm",
    "weight": "Unknown, and others like them count for them",
    "exclude": "Nobody who was taken on counts",
}


@dataclass(frozen=True)
class BacktestPage:
    """All that stands on the page.

    Parameters
    ----------
    report : BacktestReport
    reference : RankerFigures
    rival : RankerFigures or None
        The set of points that captured most harm.
    lot : RankerFigures
        Drawing by lot.
    headline : str
        The one sentence to take away.
    comparison : str
        Whether the difference from the rival may be chance.
    """

    report: BacktestReport
    reference: RankerFigures
    rival: RankerFigures | None
    lot: RankerFigures
    headline: str
    comparison: str

    @property
    def panel(self) -> object:
        """The panel, which the style sheet asks whether data is synthetic."""
        return self.report.panel

    @property
    def horizon(self) -> str:
        """The horizon in words."""
        return horizon_words(self.report.horizon_days)


def backtest_page(report: BacktestReport) -> bytes:
    """Return a backtest as an HTML page.

    Parameters
    ----------
    report : BacktestReport
    """
    reference = report.ranker(report.reference)
    rivals = [one for one in report.rankers if one.kind == "comparator"]
    rival = rivals[0] if rivals else None
    page = BacktestPage(
        report=report,
        reference=reference,
        rival=rival,
        lot=report.ranker("random"),
        headline=_headline(report, reference, rival),
        comparison=_comparison(report, reference, rival),
    )
    return filled(
        "backtest",
        page=page,
        kinds=KINDS,
        every=EVERY[report.every],
        anew=_anew(report),
        handlings=HANDLINGS,
        pc=percent,
        between=between,
        points=_points,
        plain=_plain,
        intervals=_intervals(report),
        course=_course(report, reference, rival),
        calibration=_calibration(reference),
        cut_words=lambda cut: _cut_words(cut, report),
    )


def _anew(report: BacktestReport) -> str:
    """Return when models were trained anew."""
    if report.retrain_months <= MONTHS[report.every]:
        return "Models were trained anew for each list"
    months = number_of(report.retrain_months, "month")
    return f"Models were trained anew after {months} of lists, so that some lists had older models"


def _headline(report: BacktestReport, reference: RankerFigures, rival: RankerFigures | None) -> str:
    main = report.main
    lists = (
        f"the list of {date_words(report.first)}"
        if len(report.lists) == 1
        else f"each of {len(report.lists)} lists from {date_words(report.first)} to "
        f"{date_words(report.last)}"
    )
    told = (
        f"Had the panel heard the first {report.panel.capacity} on {lists}, it would have heard "
        f"the people behind {between(reference.measures[main])} of all the harm that followed "
        f"within {horizon_words(report.horizon_days)}, ranked by {_lower(reference.title)}"
    )
    others = [f"{percent(report.ranker('random').measures[main].value)} drawn by lot"]
    if rival is not None:
        others.insert(0, f"{percent(rival.measures[main].value)} ranked by {_lower(rival.title)}")
    return f"{told}; {' and '.join(others)}."


def _comparison(
    report: BacktestReport, reference: RankerFigures, rival: RankerFigures | None
) -> str:
    if rival is None:
        return ""
    found = rival.differences[report.main]
    if math.isnan(found.low):
        return ""
    less = f"{_points(-found.value)} ({_points(-found.high)} to {_points(-found.low)})"
    what = (
        f"{reference.title} against {_lower(rival.title)}, the best of the rankings by "
        f"points: {less} points of a hundred"
    )
    if found.high < 0:
        return f"{what}. The difference is larger than chance alone makes."
    if found.low > 0:
        return f"{what}. The points did better, and by more than chance alone makes."
    return f"{what}. So small a difference may be chance: these lists do not say which is better."


def _lower(title: str) -> str:
    return title if title[:2].isupper() or title[1:2].isdigit() else title[:1].lower() + title[1:]


def _points(value: float) -> str:
    """Return a difference of shares in points of a hundred, with its sign."""
    return "not told" if math.isnan(value) else f"{100 * value:+.1f}".replace("-", "−")


def _plain(found: Measured, digits: int = 2) -> str:
    if math.isnan(found.value):
        return "not told"
    told = f"{found.value:,.{digits}f}"
    if not math.isnan(found.low):
        told += f" ({found.low:,.{digits}f} to {found.high:,.{digits}f})"
    return told.replace("-", "−")


def _cut_words(cut: str, report: BacktestReport) -> str:
    capacity = report.panel.capacity
    return {
        "capacity": f"first {number_of(capacity, 'place')}",
        "2 × capacity": f"first {number_of(2 * capacity, 'place')}",
    }.get(cut, f"first {cut} of each list")


def _intervals(report: BacktestReport) -> Markup:
    rows = [
        Row(one.title, one.measures[report.main], one.name == report.reference)
        for one in report.rankers
    ]
    title = "Share of the harm that followed those within capacity, by way of ranking"
    return drawn("plot", drawing=interval_plot(title, rows), key="captured")


def _course(
    report: BacktestReport, reference: RankerFigures, rival: RankerFigures | None
) -> Markup:
    told = [one for one in (reference, rival, report.ranker("random")) if one is not None]
    courses = [Course(one.title, one.by_period) for one in told]
    title = "Share of the harm that followed those within capacity, over time"
    return drawn("plot", drawing=course_plot(title, report.periods, courses), key="course")


def _calibration(reference: RankerFigures) -> Markup:
    if reference.calibrated is None:
        return Markup("")
    title = f"What came true of what {_lower(reference.title)} said"
    drawing = calibration_plot(title, reference.calibrated.bins)
    return drawn("plot", drawing=drawing, key="calibration")
