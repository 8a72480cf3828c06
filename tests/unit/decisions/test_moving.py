"""A record that began in a file goes on in PostgreSQL: all of it, the chain too, or nothing."""

from __future__ import annotations

import dataclasses
import datetime
from pathlib import Path

import pytest

from tests.records import new_database
from triage.decisions import APP, GUARDS, Content, Decisions, Wanted
from triage.errors import StorageError
from triage.ledger import Entry, Place, Record, move_record, open_record

NOW = datetime.datetime(2026, 3, 5, 9, 30, tzinfo=datetime.UTC)
ENTRY = Entry(NOW, "A. Chair", "chair", "decide", ("alteration",))
MOVE = dataclasses.replace(ENTRY, command="audit move", actions=("disclosure",))
pytestmark = pytest.mark.postgresql


def filled(record: Record) -> None:
    for number in range(1, 4):
        content = Content(f"P{number}", "planted-marker")
        wanted = Wanted(f"R{number}", "decline", number, "to discuss", content)
        Decisions(record).take("list", "seal", ENTRY, lambda _, one=wanted: [one])
    with record.writing():
        numbers = Decisions(record).erase("P2")
        details = {"decisions_erased": numbers}
        record.append(dataclasses.replace(ENTRY, command="erase", details=details))
    for number in range(600):  # more than are copied at a time
        record.append(dataclasses.replace(ENTRY, command="show", details={"list": f"{number}"}))


def whole(record: Record) -> None:
    assert [*record.faults(guards=GUARDS), *Decisions(record).faults()] == []


def refused(_: Record) -> None:
    raise ZeroDivisionError("division of labour")


def test_the_same_rows_and_decisions_go_on_elsewhere(server: str, tmp_path: Path) -> None:
    places = Place(tmp_path / "record"), Place(tmp_path / "record", url=new_database(server))
    with open_record(places[0], (APP,)) as source, open_record(places[1], (APP,)) as target:
        filled(source)
        rows, decisions, anchor = list(source.rows()), Decisions(source).of_all(), source.anchor()
        moved = move_record(source, target, MOVE, whole)
        assert list(target.rows()) == [*rows, moved]
        assert Decisions(target).of_all() == decisions
        assert (moved.command, moved.previous) == ("audit move", anchor.sha256)
        assert moved.facts == {"rows": len(rows)}
        assert target.faults(anchor, GUARDS) == []
        target.append(ENTRY)
        whole(target)


def test_nobody_writes_to_what_was_moved(server: str, tmp_path: Path) -> None:
    places = Place(tmp_path / "record"), Place(tmp_path / "record", url=new_database(server))
    with open_record(places[0], (APP,)) as source, open_record(places[1], (APP,)) as target:
        filled(source)
        move_record(source, target, MOVE, whole)
        with pytest.raises(StorageError, match="must be readable and writable"):
            source.append(ENTRY)


def test_it_is_moved_whole_or_not_at_all_and_goes_on_after_a_death(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = Place(tmp_path / "record"), Place(tmp_path / "record", url=new_database(server))
    with open_record(places[0], (APP,)) as source, open_record(places[1], (APP,)) as target:
        filled(source)
        checked: list[Record] = []

        def at_the_end(record: Record) -> None:
            checked.append(record)
            if record is target:
                refused(record)

        with pytest.raises(ZeroDivisionError, match="division"):
            move_record(source, target, MOVE, at_the_end)
        assert checked == [source, target]
        assert (list(target.rows()), Decisions(target).of_all()) == ([], ())
        monkeypatch.setattr("triage.ledger.moving.CLOSED", "no statement")
        with pytest.raises(StorageError, match="must be readable and writable"):
            move_record(source, target, MOVE, whole)  # as if it died before the file was closed
        monkeypatch.undo()
        there = list(target.rows())
        again = move_record(source, target, MOVE, whole)
        assert (again, list(target.rows())) == (there[-1], there)


def test_a_database_that_holds_another_record_is_left_alone(server: str, tmp_path: Path) -> None:
    places = Place(tmp_path / "record"), Place(tmp_path / "record", url=new_database(server))
    with open_record(places[0], (APP,)) as source, open_record(places[1], (APP,)) as target:
        filled(source)
        target.append(ENTRY)
        there = list(target.rows())
        with pytest.raises(StorageError, match="moved into no other one"):
            move_record(source, target, MOVE, whole)
        assert list(target.rows()) == there
        source.append(ENTRY)


def test_what_is_not_whole_is_not_moved(server: str, tmp_path: Path) -> None:
    places = Place(tmp_path / "record"), Place(tmp_path / "record", url=new_database(server))
    with open_record(places[0], (APP,)) as source, open_record(places[1], (APP,)) as target:
        filled(source)
        with pytest.raises(ZeroDivisionError, match="division"):
            move_record(source, target, MOVE, refused)
        assert list(target.rows()) == []
