"""The allowance of rejected rows, and the file that lists them."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from tests.unit.records.builders import EVENTS, Desk
from triage.errors import ConfigurationError, RejectedRowsError
from triage.records import check_allowance, check_known_dates, write_rejects

BAD = "REF,WHO,DATE,CODE\ne1,p9,2024-01-01,A\n=1+1,p1,never,A\n-3,p1,never,A\ne4,p1,2024-01-01,A\n"


def test_nothing_rejected_is_within_any_allowance(tmp_path: Path) -> None:
    check_allowance(Desk.at(tmp_path).read().report, {})


def test_rejected_rows_stop_a_run_unless_they_are_allowed(tmp_path: Path) -> None:
    report = Desk.at(tmp_path).events(BAD).read().report
    check_allowance(report, {"events": 3})
    with pytest.raises(RejectedRowsError, match=r"may have 2 rejected row\(s\) set aside") as told:
        check_allowance(report, {"events": 2}, rejects_file="results/check/rejects.csv")
    assert str(told.value) == (
        "data/events.csv (source 'events'): may have 2 rejected row(s) set aside; got 3 of 4 "
        "(2 × 'DATE': the date cannot be read as 2024-03-31; 1 × 'WHO': the person is not in any "
        "people source). Each is in results/check/rejects.csv with its line and mend. Mend them, "
        "or let 'rows_set_aside' of configs/panel.yaml say events: 3."
    )


def test_every_source_over_its_allowance_is_named(tmp_path: Path) -> None:
    desk = Desk.at(tmp_path).events(BAD).extract("people.csv", "ID,BORN\np1,1700-01-01\n")
    with pytest.raises(RejectedRowsError, match="source 'events'") as told:
        check_allowance(desk.read().report, {})
    assert len(told.value.problems) == 2


def test_an_allowance_of_no_source_is_a_mistake(tmp_path: Path) -> None:
    report = Desk.at(tmp_path).events(BAD).read().report
    with pytest.raises(ConfigurationError, match="names 'event', which is not a source"):
        check_allowance(report, {"event": 3})


def test_rejects_are_written_with_line_and_mend(tmp_path: Path) -> None:
    rejects = Desk.at(tmp_path).events(BAD).read().rejects
    path = tmp_path / "results" / "rejects.csv"
    write_rejects(path, rejects)
    rows = list(csv.DictReader(path.read_text().splitlines()))
    assert [(row["line"], row["column"], row["record_id"]) for row in rows] == [
        ("2", "WHO", "e1"),
        ("3", "DATE", "'=1+1"),
        ("4", "DATE", "-3"),  # a number is no formula
    ]
    assert all(row["mend"] and row["reason"] and row["file"] for row in rows)


def test_no_rejects_are_a_header_alone(tmp_path: Path) -> None:
    path = tmp_path / "rejects.csv"
    write_rejects(path, Desk.at(tmp_path).read().rejects)
    assert path.read_text() == "source,file,line,column,reason,mend,record_id\n"


def test_many_kinds_of_fault_are_told_in_part(tmp_path: Path) -> None:
    rows = "e1,p9,2025-01-01,X\ne1,p1,never,A\n,p1,1700-01-01,A\n"
    report = Desk.at(tmp_path).events("REF,WHO,DATE,CODE\n" + rows).read().report
    with pytest.raises(RejectedRowsError, match="4 more kinds of fault"):
        check_allowance(report, {})


@pytest.mark.parametrize(
    ("more", "known", "accepted"),
    [
        ("", "", False),
        ("  known_on: KNOWN\n", "", False),
        ("  known_on: KNOWN\n", "2024-01-05", True),
        ("known_lag_days: 0\n", "", True),
        ("never_history: true\n", "", True),
        ("  known_on: KNOWN\nnever_history: true\n", "", True),
    ],
)
def test_a_source_of_events_says_when_they_became_known(
    tmp_path: Path, more: str, known: str, accepted: bool
) -> None:
    rows = f"e1,p1,2024-01-01,A,{known}\ne2,p1,2024-01-01,A,\n"
    desk = Desk.at(tmp_path).events(f"REF,WHO,DATE,CODE,KNOWN\n{rows}", source=EVENTS + more)
    report = desk.read().report
    if accepted:
        check_known_dates(report, desk.sources())
        return
    with pytest.raises(ConfigurationError, match="must say when they became known") as error:
        check_known_dates(report, desk.sources())
    (problem,) = error.value.problems
    assert problem.where == "configs/sources/events.yaml"
    assert problem.got == "no lag, and no known date in any of 2 rows"
    assert "'never_history: true'" in problem.mend
