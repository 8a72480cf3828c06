"""The page about a backtest: what it says, how it is drawn, and that it is safe to open."""

from __future__ import annotations

import csv
import dataclasses
import datetime
import io
import math

import pytest

from tests.unit.papers.test_feature_pages import PANEL, read
from triage.fairness import GroupCalibration
from triage.learning import Bin, Calibrated, Measured
from triage.papers import (
    BacktestReport,
    HandlingFigures,
    ListFigures,
    RankerFigures,
    backtest_csv,
    backtest_page,
)

NAN = float("nan")
NONE = Measured(NAN, NAN, NAN)
CUTS = ("capacity", "2 × capacity", "1%", "5%")
COURSE = (
    "people_reached",
    "turnover",
    "listed_lately",
    "lead_days",
    "caught_soon",
    "unseen_people_missed",
)
FORECAST = ("brier", "reliability", "resolution", "uncertainty", "within_bins", "log_loss")


def measures(captured, forecasts=False):
    found = {
        (name, cut): Measured(captured, captured - 0.05, captured + 0.05)
        for cut in CUTS
        for name in (
            "harm_captured:days",
            "harm_captured:other",
            "recall",
            "precision",
            "unseen_missed",
            "unseen_missed_share",
        )
    }
    names = (*COURSE, "auc", "average_precision", *(FORECAST if forecasts else ()))
    return found | {
        (name, ""): Measured(captured, captured - 0.1, captured + 0.1) for name in names
    }


def ranker(name, title, kind, captured, *, difference=None, forecasts=False, groups=()):
    found = measures(captured, forecasts)
    said = Measured(1.0, 0.9, 1.1)
    return RankerFigures(
        name=name,
        title=title,
        kind=kind,
        told=f"What {title} is.",
        measures=found,
        differences={} if difference is None else dict.fromkeys(found, difference),
        by_period=(Measured(captured, 0.1, 0.6), NONE),
        calibrated=Calibrated(said, said, (Bin(40, 0.2, said), Bin(41, 0.7, said)))
        if forecasts
        else None,
        groups=groups,
    )


WORSE, BETTER = Measured(-0.1, -0.15, -0.05), Measured(0.1, 0.05, 0.15)
UNSURE = Measured(0.01, -0.1, 0.12)
GROUPS = (
    GroupCalibration(
        "sex",
        "female",
        50,
        0.2,
        Measured(0.25, 0.15, 0.35),
        Calibrated(Measured(1.1, 0.7, 1.6), Measured(0.2, -0.1, 0.5), ()),
    ),
    GroupCalibration("sex", "male", 60, 0.3),
    GroupCalibration("sex", "other", None),
)


def report(rival=WORSE, **changes):
    handled = HandlingFigures("censor", True, 90, 0.0, 1.0, NONE, NONE)
    given = {
        "panel": PANEL,
        "first": datetime.date(2024, 1, 1),
        "last": datetime.date(2024, 2, 1),
        "every": "month",
        "outcome_meaning": "high harm within 365 days",
        "horizon_days": 365,
        "observed_until": datetime.date(2025, 6, 1),
        "scales": {"days": "Days of harm", "other": "Another scale"},
        "cuts": CUTS,
        "lists": (
            ListFigures(datetime.date(2024, 1, 1), 50, 3, 48, 5, datetime.date(2024, 1, 1)),
            ListFigures(datetime.date(2024, 2, 1), 51, 2, 49, 6, datetime.date(2024, 1, 1)),
        ),
        "people": 90,
        "periods": ("2024-01", "2024-02"),
        "rankers": (
            ranker("net", "Elastic net", "champion", 0.45, forecasts=True, groups=GROUPS),
            ranker("rfg", "RFG", "comparator", 0.35, difference=rival),
            ranker("random", "By lot", "baseline", 0.2, difference=WORSE),
        ),
        "reference": "net",
        "retrain_months": 3,
        "resamples": 1000,
        "taken_on": 4,
        "treatment_meaning": "a place on the programme",
        "handlings": (
            dataclasses.replace(
                handled, handling="as_recorded", in_force=False, changed_share=0.25
            ),
            handled,
        ),
        "no_history": "no record with the police",
        "notes": ("2 lists were not measured.",),
    }
    return BacktestReport(**{**given, **changes})


def words(**changes):
    return read(backtest_page(report(**changes)).decode()).words


def test_the_page_opens_with_the_one_sentence_to_take_away():
    assert (
        "Had the panel heard the first 16 on each of 2 lists from 1 January 2024 to 1 February "
        "2024, it would have heard the people behind 45% (40% to 50%) of all the harm that "
        "followed within 12 months, ranked by elastic net; 35% ranked by RFG and 20% drawn by lot."
    ) in words()


@pytest.mark.parametrize(
    ("difference", "said"),
    [
        (WORSE, "The difference is larger than chance alone makes."),
        (BETTER, "The points did better, and by more than chance alone makes."),
        (UNSURE, "So small a difference may be chance"),
    ],
)
def test_it_says_whether_a_difference_may_be_chance(difference, said):
    assert said in words(rival=difference)


def test_it_says_what_each_choice_about_people_taken_on_would_move():
    told = words()
    assert "Of 4 referrals on these lists, a place on the programme began" in told
    assert "25%" in told[told.index("Every answer counts as recorded") :]
    nobody = words(taken_on=0, handlings=())
    assert "On none of these lists was anybody taken on" in nobody
    silent = words(taken_on=0, handlings=(), treatment_meaning="")
    assert "does not say what an intervention is" in silent


def test_small_groups_are_not_told():
    told = words()
    group = told[told.index("Group by group") : told.index("People who were taken on")]
    assert "female" in group
    assert "too few to tell" in group
    assert "other" not in group.split("Came", 1)[1]


def test_every_plot_is_told_in_words_and_what_is_not_known_is_not_drawn_as_nothing():
    text = backtest_page(report()).decode()
    assert text.count("<svg") == text.count("</desc>") == 3
    assert "RFG: 35% (30% to 40%)" in text
    assert "2024-02 not told" in text
    assert "nan" not in text.lower().replace("financ", "")


def test_the_page_needs_no_network_and_no_script_and_hostile_text_stays_text():
    hostile = '</style><script>alert(1)</script>" onload="x'
    rankers = tuple(
        dataclasses.replace(one, title=hostile, told=hostile) for one in report().rankers
    )
    panel = PANEL.model_copy(update={"name": hostile, "synthetic": True})
    text = backtest_page(report(rankers=rankers, panel=panel, notes=(hostile,))).decode()
    reader = read(text)
    assert not reader.tags["script"]
    assert not [name for _, name, _ in reader.attributes if name.startswith("on")]
    assert "http" not in text.replace("http-equiv", "").replace("http://www.w3.org/2000/svg", "")
    assert "SYNTHETIC DATA" in reader.words


def test_a_workspace_without_points_models_or_groups_has_a_page_too():
    lone = ranker("net", "Net", "candidate", 0.4)
    told = words(rankers=(lone, ranker("random", "By lot", "baseline", 0.2, difference=WORSE)))
    assert "20% drawn by lot" in told
    assert "Do the chances come true?" not in told


def test_the_csv_holds_every_figure_and_differences_beside_them():
    rows = list(csv.DictReader(io.StringIO(backtest_csv(report()))))
    (one,) = (
        row
        for row in rows
        if row["ranker"] == "rfg"
        and (row["measure"], row["cut"]) == ("harm_captured:days", "capacity")
        and row["period"] == "all"
    )
    assert (one["value"], one["low"], one["high"]) == ("0.35", "0.3", "0.4")
    assert (one["difference"], one["difference_low"]) == ("-0.1", "-0.15")
    assert {row["period"] for row in rows} == {"all", "2024-01", "2024-02", ""}
    assert {"calibration_slope", "calibration_curve", "observed", "changed_share"} <= {
        row["measure"] for row in rows
    }
    assert not any(math.isnan(float(row["value"])) for row in rows if row["value"])


def test_the_page_says_whether_each_list_had_models_of_its_own():
    assert "Models were trained anew after 3 months of lists, so that some lists had" in words()
    assert "Models were trained anew for each list, on outcomes" in words(retrain_months=1)
    assert "trained anew for each list" in words(every="year", retrain_months=12)


def test_a_single_list_is_named_by_its_day_and_a_long_name_stays_within_its_plot():
    one = report().lists[0]
    assert "on the list of 1 January 2024, it would have heard" in words(lists=(one,))
    assert "on each of 2 lists from 1 January 2024 to 1 February 2024, it" in words()
    long = ranker("rfg", "Recency, " * 12, "comparator", 0.35, difference=BETTER)
    rankers = (report().rankers[0], long, report().rankers[2])
    page = backtest_page(report(rankers=rankers)).decode()
    drawn = [text.split("</text>")[0] for text in page.split("<text")[1:]]
    assert max(len(text.rpartition(">")[2]) for text in drawn) <= 56
    assert any("…" in text for text in drawn)
