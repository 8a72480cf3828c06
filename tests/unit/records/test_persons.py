"""One person's rows in the extracts as they were delivered: found by line, taken out exactly."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from triage.errors import ExtractError
from triage.records import (
    Source,
    Vocabulary,
    read_sources,
    rows_of_person,
    stored_without,
    without_rows,
)

WORDS = Vocabulary.model_validate(
    {
        "agencies": {"police": "Police"},
        "kinds": {"incident": "Something alleged"},
        "types": {"assault": {"kind": "incident", "meaning": "assault"}},
    }
)
SOURCE = """
agency: police
table: events
read: {READ}
columns: {event_id: ref, person_id: who, happened_on: day, victim_id: victim}
defaults: {type: assault}
known_lag_days: 1
"""
PEOPLE = """
agency: police
table: people
read: {csv: people.csv}
columns: {person_id: who, birth_date: born}
"""
ROWS = (
    "ref,who,day,victim,note\r\n"
    'e1, P1 ,2024-01-01,V1,"two\r\nlines, ""quoted"""\r\n'
    "e2,P10,2024-01-02,P1,é\r\n"
    "e3,P1,2024-01-03,V2,\r\n"
    "e4,P2,2024-01-04,V2,last"
)


def source(tmp_path: Path, read: str) -> Source:
    folder = tmp_path / "sources"
    folder.mkdir()
    (folder / "police.yaml").write_text(SOURCE.replace("READ", read))
    (folder / "people.yaml").write_text(PEOPLE)
    return next(one for one in read_sources(folder, WORDS) if one.name == "police")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_all_else_stays_byte_for_byte(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(ROWS.encode(encoding))
    declared = encoding.removesuffix("-sig")
    one = source(tmp_path, f"csv: x.csv, encoding: {declared}")
    found = rows_of_person(one, "P1", root=tmp_path)
    assert [row.line for row in found.rows] == [2, 5]
    assert found.rows[0].cells["note"] == 'two\r\nlines, "quoted"'
    assert (found.ids("event_id"), found.ids("referral_id"), found.mentions) == (
        {"e1", "e3"},
        set(),
        1,
    )
    lines = ROWS.splitlines(keepends=True)
    assert without_rows(found) == "".join([lines[0], lines[3], lines[5]]).encode(encoding)
    assert path.read_bytes() == ROWS.encode(encoding)


def test_who_is_not_there_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text(ROWS)
    found = rows_of_person(source(tmp_path, "csv: x.csv"), "P3", root=tmp_path)
    assert (found.rows, without_rows(found)) == ((), None)


def test_rows_of_parquet_are_taken_out_too(tmp_path: Path) -> None:
    table = pa.table(
        {"ref": ["a", "b"], "who": [7, 8], "day": ["2024-01-01"] * 2, "victim": ["", ""]}
    )
    pq.write_table(table, tmp_path / "x.parquet")
    found = rows_of_person(source(tmp_path, "parquet: x.parquet"), "8", root=tmp_path)
    assert [(row.line, row.cells["ref"]) for row in found.rows] == [(2, "b")]
    content = without_rows(found)
    assert content is not None
    (tmp_path / "x.parquet").write_bytes(content)
    assert pq.read_table(tmp_path / "x.parquet").equals(table.slice(0, 1))


def test_a_query_is_looked_through_and_left_to_its_keeper(tmp_path: Path) -> None:
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(tmp_path / "x.db")) as database:
        database.execute("CREATE TABLE t (ref, who, day, victim)")
        database.execute("INSERT INTO t VALUES ('a', 'P1', '2024-01-01', NULL)")
        database.commit()
    read = 'sql: {url: "sqlite:///x.db", query: "SELECT * FROM t"}'
    found = rows_of_person(source(tmp_path, read), "P1", root=tmp_path)
    assert (len(found.rows), found.path, without_rows(found)) == (1, None, None)
    assert found.rows[0].cells["victim"] == ""


def test_an_extract_that_cannot_be_read_says_so(tmp_path: Path) -> None:
    one = source(tmp_path, "csv: none.csv")
    with pytest.raises(ExtractError, match="must name an extract that can be read"):
        rows_of_person(one, "P1", root=tmp_path)


def test_stored_histories_are_found_wherever_a_person_is_named(tmp_path: Path) -> None:
    for name in ("people", "events"):
        (tmp_path / name).mkdir()
        pq.write_table(pa.table({"person_id": ["P1", "P2"]}), tmp_path / name / "0.parquet")
    pq.write_table(pa.table({"other": ["P1"]}), tmp_path / "other.parquet")
    assert set(stored_without(tmp_path, "P1")) == {
        tmp_path / "people" / "0.parquet",
        tmp_path / "events" / "0.parquet",
    }
    assert stored_without(tmp_path, "P3") == {}
