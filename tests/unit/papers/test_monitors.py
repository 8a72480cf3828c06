"""The page of a monitor: what it calls for stands first, and nothing is called that is not sure."""

from __future__ import annotations

import csv
import datetime
import io

import pytest

from triage.errors import Alert
from triage.learning import Bin, Measured, Reading
from triage.papers import MonitorReport, monitor_csv, monitor_page, monitor_rows
from triage.workspace import Cohort, Panel, Training

NAN = float("nan")
PANEL = Panel(
    name="North panel",
    area="North",
    capacity=8,
    harm_scale="days",
    cohort=Cohort(open_days=31, as_of="monthly"),
    training=Training(folds=2, test_days=100),
)


def reading(measure, subject="", alert=Alert.NOTHING, *, sure=True, value=0.05, told="A sentence."):
    found = Measured(value, value / 2, value * 2)
    return Reading(measure, subject, "6%", "42%", found, alert, sure, told)


QUIET = (
    reading("scores"),
    reading("expected", told="By its own chances 60% stand within capacity."),
    reading("sources", "police"),
    reading("inputs", "incidents_365d"),
    reading("inputs", "few_ever", sure=False, value=0.4),
    reading("rules", "Lethal <b>"),
    reading("overrides"),
)


def report(*more, **changes):
    given = {
        "panel": PANEL,
        "as_of": datetime.date(2026, 1, 1),
        "title": "Elastic net",
        "version": 3,
        "role": "champion",
        "until": datetime.date(2025, 1, 1),
        "window_days": 182,
        "referrals": 351,
        "people": 294,
        "people_then": 304,
        "readings": (*QUIET, *more),
        "score_words": ("lowest", "highest"),
        "scores_then": (Measured(0.5, NAN, NAN), Measured(0.5, NAN, NAN)),
        "scores_now": (Measured(0.4, 0.3, 0.5), Measured(0.6, 0.5, 0.7)),
        "matured": 579,
        "matured_positives": 71,
        "ranked_itself": 20,
        "curve": (Bin(90, 0.1, Measured(0.12, 0.06, 0.2)),),
        "outcome_meaning": "high harm within 365 days",
        "horizon_days": 365,
        "notes": ("A note.",),
    }
    return MonitorReport(**{**given, **changes})


GRAVE = reading("sources", "health", Alert.STOP, value=60.0, told="No record in these days.")
MILD = reading("unknown", "police, weapon", Alert.LOOK, value=0.3)


def test_the_gravest_level_is_the_reports_and_stands_first():
    made = report(MILD, GRAVE)
    assert made.alert is Alert.STOP
    assert [one.subject for one in made.called] == ["health", "police, weapon"]
    page = monitor_page(made).decode()
    assert (
        "STOP: make no list with it until it was trained and tested again. (1 × stop, 1 × look.)"
        in page
    )
    assert page.index("No record in these days.") < page.index(
        "Unknown or not asked: police, weapon"
    )
    assert [row["level"] for row in monitor_rows(made)][:3] == ["stop", "look", "too few to tell"]


def test_where_nothing_calls_the_page_says_so_and_tells_of_too_few():
    made = report()
    page = monitor_page(made).decode()
    assert made.alert is Alert.NOTHING
    assert "NOTHING calls for anybody." in page
    assert "Too few to tell, and not called out: feature (1)." in page
    assert "This assumes that the chances are as true now as when they were tested." in page
    assert "No decisions on record in these days" in page
    assert "20 of them were heard since it was promoted." in page


def test_how_many_had_the_outcome_is_not_told_where_they_are_few():
    assert "71 with high harm" in monitor_page(report()).decode()
    assert "too few to tell with high harm" in monitor_page(report(matured_positives=None)).decode()


def test_text_of_the_workspace_stays_text_and_nothing_is_asked_for():
    page = monitor_page(report()).decode()
    assert "Lethal &lt;b&gt;" in page
    assert "<script" not in page
    assert "SYNTHETIC" not in page
    synthetic = PANEL.model_copy(update={"synthetic": True})
    assert "SYNTHETIC DATA" in monitor_page(report(panel=synthetic)).decode()


def test_without_outcomes_or_referrals_there_are_no_plots():
    with_both = monitor_page(report()).decode()
    without = monitor_page(report(curve=(), score_words=(), scores_then=(), scores_now=())).decode()
    assert with_both.count("<svg") == 2
    assert "<svg" not in without


def test_decisions_are_told_where_there_are_some():
    told = "The panel decided otherwise than ranked in 20 of 64 decisions."
    page = monitor_page(report(reading("departures", told=told))).decode()
    assert told in page
    assert "No decisions on record" not in page


def test_the_csv_has_every_reading_and_no_number_where_there_is_none():
    endless = reading("sources", "gone", Alert.STOP, value=float("inf"))
    rows = list(csv.DictReader(io.StringIO(monitor_csv(report(MILD, endless)))))
    assert len(rows) == len(QUIET) + 2
    assert (rows[0]["subject"], rows[0]["value"]) == ("gone", "")
    assert float(rows[1]["value"]) == pytest.approx(0.3)
