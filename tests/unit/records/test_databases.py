"""Extracts as queries on SQLite."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from tests.unit.records.builders import Desk, column, faults
from triage.errors import ConfigurationError, ExtractError
from triage.records import databases

MARKER = "Quillfeather"
EVENTS = """
agency: police
table: events
read: {{sql: {{url: "{url}", query: "{query}"}}}}
columns:
  event_id: ref
  person_id: nominal
  happened_on: happened
  type: {{column: offence, codes: {{A: assault, R: rape}}}}
  ticks: ticks
"""
SELECT = "select * from incidents"
URL = "sqlite:///data/police.db"


def desk(folder: Path, query: str = SELECT, url: str = URL) -> Desk:
    """Return a workspace with a database of three incidents."""
    found = Desk.at(folder).source("events", EVENTS.format(url=url, query=query))
    path = folder / "data" / "police.db"
    if not path.exists():
        with sqlite3.connect(path) as connection:
            connection.execute(
                "create table incidents (ref, nominal, happened text, offence text, ticks)"
            )
            connection.executemany(
                "insert into incidents values (?, ?, ?, ?, ?)",
                [
                    (2**40, "p1", "2024-01-02", "A", 14),
                    ("x7", "p2", "2024-01-01", "R", None),
                    (8, "p2", "2024-01-01", "A", 3.5),
                ],
            )
        connection.close()
    return found


def refused(desk: Desk) -> str:
    with pytest.raises(ExtractError, match="must") as told:
        desk.read()
    assert MARKER not in str(told.value)
    return str(told.value)


def test_a_query_gives_rows_of_mixed_types(tmp_path: Path) -> None:
    checked = desk(tmp_path).read()
    assert faults(checked) == []
    assert column(checked.histories.events, "event_id") == [str(2**40), "8", "x7"]
    assert column(checked.histories.events, "ticks") == [14.0, 3.5, None]
    (check,) = (s for s in checked.report.sources if s.source == "events")
    assert (check.file, check.read) == ("data/police.db", 3)


@pytest.mark.parametrize("rows_at_once", [1, 2])
def test_rows_are_the_same_however_many_are_fetched_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows_at_once: int
) -> None:
    """Of each few rows, ids and ticks have other types than of all together."""
    whole = desk(tmp_path).read()
    monkeypatch.setattr(databases, "ROWS_AT_ONCE", rows_at_once)
    parts = desk(tmp_path).read()
    assert parts.histories.events.equals(whole.histories.events)
    assert parts.inputs == whole.inputs


def test_the_hash_is_of_the_rows_whatever_their_order(tmp_path: Path) -> None:
    hashes = [
        desk(tmp_path, f"{SELECT} {ending}").read().inputs["sql:events"]
        for ending in ("order by happened", "order by happened desc", "where nominal = 'p2'")
    ]
    assert hashes[0] == hashes[1] != hashes[2]


def test_a_url_may_name_a_file_through_the_environment(tmp_path: Path) -> None:
    found = desk(tmp_path, url="sqlite:///${PLACE:-data}/police.db")
    assert found.read().report.events == 3
    (tmp_path / "data" / "police.db").rename(tmp_path / "moved 100%.db")
    found.source("events", EVENTS.format(url="sqlite:///${PLACE}", query=SELECT))
    report = found.read(environment={"PLACE": str(tmp_path / "moved 100%.db")}).report
    assert report.events == 3


def test_a_missing_database_is_not_made(tmp_path: Path) -> None:
    found = desk(tmp_path, url="sqlite:///data/police2.db")
    assert "data/police2.db: must be an SQLite file; got nothing there" in refused(found)
    assert not (tmp_path / "data" / "police2.db").exists()


def test_a_database_in_memory_is_none(tmp_path: Path) -> None:
    assert "must be an SQLite file" in refused(desk(tmp_path, url="sqlite://"))


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("select * from nowhere", "no such table: nowhere"),
        ("select nowhere from incidents", "no such column: nowhere"),
        ("sselect", 'near \\"sselect\\": syntax error'.replace("\\", "")),
        ("delete from incidents", "attempt to write a readonly database"),
        ("select ref from incidents", "got -nominal -happened -offence -ticks"),
        (f"{SELECT} where ref = 3", "must give rows to the query of configs/sources/events.yaml"),
        (f"select json_extract('{MARKER}', '$') from incidents", "got OperationalError"),
        (
            "select x'00' as ref, 1 nominal, 1 happened, 1 offence, 1 ticks",
            "column 'ref': must hold",
        ),
    ],
)
def test_a_query_that_fails_says_why_but_no_cell(tmp_path: Path, query: str, said: str) -> None:
    assert said in refused(desk(tmp_path, query))
    assert desk(tmp_path).read().report.events == 3


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    found = desk(tmp_path).extract("police.db", "a,b\n1,2\n" * 999)
    assert "must answer the query" in refused(found)


def test_a_driver_that_is_not_there(tmp_path: Path) -> None:
    found = desk(tmp_path, url="nosuch://host/db")
    with pytest.raises(ConfigurationError, match="needs the driver of 'nosuch'"):
        found.read()
