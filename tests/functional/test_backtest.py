"""`triage backtest`: past lists made again, and nothing in them that was not known."""

from __future__ import annotations

import csv
import datetime
import io
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from triage.timeline import OTHER_FUTURES, day_of
from triage.workflows import load_project, read_accepted
from triage.workflows.making import made_anew
from triage.workflows.replaying import list_dates, replay_lists

TODAY = datetime.date(2026, 11, 1)
FIRST, LAST = datetime.date(2024, 1, 1), datetime.date(2024, 6, 1)
ASKED = ("backtest", "--from", FIRST, "--to", LAST, "--every", "quarter", "--resamples", 100)


class Silent:
    """Progress that nobody watches."""

    def stage(self, name: str, total: int | None = None) -> None: ...

    def advance(self, count: int = 1) -> None: ...


def test_a_backtest_prints_a_table_and_writes_a_page_and_every_figure(
    program, trained, ranked
) -> None:
    done = program.must(*ASKED, "--workspace", ranked, "--format", "json")
    rows = json.loads(done.out)
    kinds = {row["ranker"]: row["kind"] for row in rows}
    assert kinds == {
        "elastic_net": "champion",
        "hist_gradient_boosting": "candidate",
        "two_features": "candidate",
        "with_rules": "with rules",
        "first_come": "baseline",
        "random": "baseline",
    }
    captured = [row["harm_captured"] for row in rows]
    assert captured == sorted(captured, reverse=True)
    assert all(row["low"] <= row["harm_captured"] <= row["high"] for row in rows)
    assert all(0 <= row["harm_ons"] <= 1 for row in rows)
    by_lot = next(row for row in rows if row["ranker"] == "random")
    assert by_lot["auc"] == 0.5
    folder = ranked / "results" / "backtest" / f"{FIRST}_{LAST}_quarter"
    page = (folder / "backtest.html").read_text(encoding="utf-8")
    assert "<script" not in page
    assert "SYNTHETIC DATA" in page
    text = (folder / "backtest.csv").read_text(encoding="utf-8")
    figures = list(csv.DictReader(io.StringIO(text)))
    assert {row["ranker"] for row in figures} == set(kinds)
    assert "Making features" in done.err
    assert str(folder / "backtest.html") in done.err
    people = (trained / "data" / "programme_people.csv").read_text(encoding="utf-8").splitlines()
    assert not any(line.split(",")[0] in page + text for line in people[1:])


def test_the_same_backtest_gives_the_same_bytes(program, ranked) -> None:
    folder = ranked / "results" / "backtest" / f"{FIRST}_{LAST}_quarter"
    contents = []
    for more in ((), ("--no-cache",)):
        program.must(*ASKED, "--workspace", ranked, *more)
        contents.append([path.read_bytes() for path in sorted(folder.iterdir())])
    assert contents[0] == contents[1]


def test_the_others_are_compared_with_any_model_that_learns(program, ranked, untrained) -> None:
    program.must(*ASKED, "--against", "two_features", "--workspace", ranked)
    folder = ranked / "results" / "backtest" / f"{FIRST}_{LAST}_quarter"
    figures = list(csv.DictReader(io.StringIO((folder / "backtest.csv").read_text())))
    auc = {row["ranker"]: row for row in figures if row["measure"] == "auc" and not row["group"]}
    assert auc["two_features"]["difference"] == ""
    apart = float(auc["elastic_net"]["value"]) - float(auc["two_features"]["value"])
    assert float(auc["elastic_net"]["difference"]) == pytest.approx(apart, abs=1e-5)
    assert "Two" in (folder / "backtest.html").read_text().split("with which the others")[0][-200:]
    done = program(*ASKED, "--against", "two_feature", "--workspace", untrained)
    assert done.code == 7
    assert "Did you mean 'two_features'?" in done.err


POINTS = """name: {name}
title: Points of {name}
purpose: A test.
source: A test.
kind: comparator
points:
"""


def test_points_that_cannot_be_computed_are_told_and_measured_as_a_lot(program, workspace) -> None:
    """Nobody fills in a DARA here, so a grade of it says the same of everybody."""
    models = workspace / "models"
    for path in models.glob("*.yaml"):
        if path.stem != "two_features":
            path.unlink()
    grade, known = "  - {feature: dara_grade_latest_730d, weight: 1}\n", "incidents_365d"
    (models / "nothing.yaml").write_text(POINTS.format(name="nothing") + grade)
    half = POINTS.format(name="half") + grade + f"  - {{feature: {known}, weight: 1}}\n"
    (models / "half.yaml").write_text(half)
    done = program.must(*ASKED, "--workspace", workspace, "--format", "json")
    said = " ".join(done.err.split())
    assert "Points of nothing could not be computed: dara_grade_latest_730d is known of" in said
    assert "Points of half was computed without 1 of its 2 features" in said
    found = {row["ranker"]: row for row in json.loads(done.out)}
    assert found["nothing"]["harm_captured"] == pytest.approx(found["random"]["harm_captured"])
    assert found["half"]["auc"] > 0.5
    (page,) = (workspace / "results" / "backtest").rglob("backtest.html")
    assert "Points of nothing (not computable)" in page.read_text(encoding="utf-8")
    assert "Points of half (not" not in page.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("dates", "code", "said"),
    [
        (("2030-01-01", "2030-06-01"), 7, "none on any of them"),
        (("2025-12-01", "2026-01-01"), 7, "must be of dates whose outcomes have settled"),
        (("2021-09-01", "2021-10-01"), 6, "enough outcomes must have settled before one of them"),
        (("2024-06-01", "2024-01-01"), 2, "--to must not be before --from"),
    ],
)
def test_dates_that_cannot_be_replayed_are_told(program, untrained, dates, code, said) -> None:
    done = program("backtest", "--from", dates[0], "--to", dates[1], "--workspace", untrained)
    assert (done.code, said in " ".join(done.err.split())) == (code, True), done.err


@pytest.fixture(scope="module")
def known(untrained: Path):
    project = load_project(untrained)
    return project, read_accepted(project, today=TODAY, progress=Silent()).histories


def replayed(project, histories):
    dates = list_dates(FIRST, LAST, "quarter")
    return replay_lists(project, histories, dates, made_anew, Silent())


def deleted_but_for_the_end(histories, day):
    """Delete what became known from a day on, but for the last weeks: there outcomes end."""
    known = histories.events["known_on"]
    end = pc.subtract(pc.max(known).cast(pa.int32()), 21)
    kept = pc.or_(pc.less(known.cast(pa.int32()), day), pc.greater(known.cast(pa.int32()), end))
    return replace(histories, events=histories.events.filter(pc.fill_null(kept, True)))


def dealt_anew(histories, day):
    """Let what became known from a day on say what others of its source said, of other people."""
    events = histories.events
    rows = np.arange(len(events))
    late = pc.fill_null(pc.greater_equal(events["known_on"].cast(pa.int32()), day), True)
    sources = events["source"].to_numpy()
    for source in np.unique(sources.astype(np.str_)):
        among = np.flatnonzero(late.to_numpy() & (sources == source))
        rows[among] = among[::-1]
    for name in events.column_names:
        if name not in ("source", "event_id", "known_on"):
            place = events.schema.get_field_index(name)
            dealt = events[name].take(pa.array(rows))
            events = events.set_column(place, events.schema.field(place), dealt)
    return replace(histories, events=events)


FUTURES = {
    "deleted": deleted_but_for_the_end,
    "shifted": OTHER_FUTURES["shifted"],
    "dealt anew": dealt_anew,
}


@pytest.mark.parametrize("future", FUTURES)
def test_no_list_moves_when_all_that_became_known_later_is_different(known, future) -> None:
    """Lists, tiers and scores: also what models learned from, which had to have settled."""
    project, histories = known
    other = FUTURES[future](histories, day_of(FIRST))
    assert not other.events.equals(histories.events)
    before, after = replayed(project, histories), replayed(project, other)
    listing, again = before.listings[0], after.listings[0]
    assert listing.as_of == again.as_of == FIRST
    ids = np.asarray(before.asked.referral_ids)[listing.rows]
    np.testing.assert_array_equal(ids, np.asarray(after.asked.referral_ids)[again.rows])
    np.testing.assert_array_equal(listing.tiers, again.tiers)
    for name, scores in before.scores.items():
        np.testing.assert_array_equal(scores[listing.rows], after.scores[name][again.rows])


def test_what_became_known_earlier_does_move_the_lists(known) -> None:
    """Else the test above could not fail."""
    project, histories = known
    other = dealt_anew(histories, day_of(datetime.date(2022, 6, 1)))
    before, after = replayed(project, histories), replayed(project, other)
    rows, again = before.listings[0].rows, after.listings[0].rows
    assert len(rows) != len(again) or any(
        (scores[rows] != after.scores[name][again]).any()
        for name, scores in before.scores.items()
        if name not in ("random", "first_come")
    )
