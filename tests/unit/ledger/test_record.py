"""A record on either database: rows are only ever added, and whoever does otherwise is found."""

from __future__ import annotations

import datetime
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import DatabaseError, connections

from triage.errors import ConfigurationError, NotFoundError, StorageError, TriageError
from triage.ledger import Anchor, Entry, Place, Record, open_record, read_anchor, write_anchor

REFUSED = r"never changed or removed|follow from the last"
NOW = datetime.datetime(2026, 3, 1, 9, 30, tzinfo=datetime.UTC)


def entry(number: int = 0, **changes: object) -> Entry:
    said = {"at": NOW, "who": "A. Analyst", "account": "analyst", "command": "show"}
    said |= {"actions": ("consultation",), "details": {"list": f"list {number}"}}
    return Entry(**{**said, **changes})


def filled(record: Record, rows: int = 6) -> None:
    for number in range(rows):
        record.append(entry(number))


def run(record: Record, *statements: str) -> None:
    for statement in statements:
        with connections[record.alias].cursor() as cursor:
            cursor.execute(statement)


def unguarded(record: Record, *statements: str) -> None:
    """Do what an administrator can: set the triggers aside, and put them back."""
    if connections[record.alias].vendor == "postgresql":
        run(record, "ALTER TABLE ledger_row DISABLE TRIGGER USER", *statements)
        run(record, "ALTER TABLE ledger_row ENABLE TRIGGER USER")
        return
    with connections[record.alias].cursor() as cursor:
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        triggers = cursor.fetchall()
    run(record, *(f"DROP TRIGGER {name}" for name, _ in triggers))
    run(record, *statements, *(sql for _, sql in triggers))


def told(record: Record, anchor: Anchor | None = None) -> list[str]:
    return [f"{fault.where} {fault.what}" for fault in record.faults(anchor)]


def test_rows_follow_each_other_and_say_what_was_done(place: Place) -> None:
    with open_record(place) as record:
        filled(record)
    with open_record(place) as again:
        rows = list(again.rows())
        assert [row.sequence for row in rows] == [1, 2, 3, 4, 5, 6]
        assert rows[0].at == "2026-03-01T09:30:00.000000+00:00"
        assert [row.previous for row in rows[1:]] == [row.sha256 for row in rows[:-1]]
        assert rows[3].facts == {"list": "list 3"}
        assert told(again) == []


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger_row SET who = 'nobody' WHERE sequence = 2",
        "DELETE FROM ledger_row WHERE sequence = 2",
        "DELETE FROM ledger_row",
        "INSERT INTO ledger_row SELECT 9, at, who, account, command, actions, stage, begun, "
        "details, previous, sha256 FROM ledger_row WHERE sequence = 6",
        "INSERT INTO ledger_row SELECT 7, at, who, account, command, actions, stage, begun, "
        "details, previous, sha256 FROM ledger_row WHERE sequence = 6",
    ],
)
def test_the_database_itself_refuses(place: Place, statement: str) -> None:
    with open_record(place) as record:
        filled(record)
        before = list(record.rows())
        with pytest.raises(DatabaseError, match=REFUSED):
            run(record, statement)
        assert list(record.rows()) == before


def test_sqlite_refuses_to_replace_and_postgresql_to_truncate(place: Place) -> None:
    with open_record(place) as record:
        filled(record)
        if connections[record.alias].vendor == "postgresql":
            statements = [
                "TRUNCATE ledger_row",
                "SET session_replication_role = replica; DELETE FROM ledger_row",
            ]
        else:
            statements = ["REPLACE INTO ledger_row SELECT * FROM ledger_row WHERE sequence = 1"]
        for statement in statements:
            with pytest.raises(DatabaseError, match=REFUSED):
                run(record, statement)
        assert told(record) == []


def append_and_fail(record: Record) -> None:
    with record.writing():
        record.append(entry())
        raise ZeroDivisionError("division of labour")


def test_a_row_is_stored_with_its_effect_or_not_at_all(place: Place) -> None:
    with open_record(place) as record:
        with pytest.raises(ZeroDivisionError, match="division"):
            append_and_fail(record)
        assert list(record.rows()) == []


SWAPPED = [
    f"UPDATE ledger_row SET sequence = {to} WHERE sequence = {of}"
    for of, to in ((3, 100), (4, 3), (100, 4))
]


@pytest.mark.parametrize(
    ("statements", "found"),
    [
        (["UPDATE ledger_row SET who = 'nobody' WHERE sequence = 3"], ["row 3 is not what was"]),
        (["UPDATE ledger_row SET details = '{}' WHERE sequence = 6"], ["row 6 is not what was"]),
        (["UPDATE ledger_row SET details = 'x' WHERE sequence = 5"], ["row 5 is not what was"]),
        (["DELETE FROM ledger_row WHERE sequence = 4"], ["row 4 is missing"]),
        (["DELETE FROM ledger_row WHERE sequence IN (2, 3)"], ["rows 2 to 3 is missing"]),
        (["DELETE FROM ledger_row WHERE sequence = 1"], ["row 1 is missing"]),
        (SWAPPED, ["row 3 does not follow", "row 3 is not what was", "row 4 does not follow"]),
        (["DELETE FROM ledger_row WHERE sequence > 4"], ["rows 5 to 6 is missing: the anchor"]),
    ],
    ids=[
        "changed",
        "last changed",
        "no JSON any more",
        "removed",
        "two removed",
        "first",
        "reordered",
        "truncated",
    ],
)
def test_every_tampering_is_found(place: Place, statements: list[str], found: list[str]) -> None:
    with open_record(place) as record:
        filled(record)
        anchor = record.anchor()
        assert told(record, anchor) == []
        unguarded(record, *statements)
        faults = told(record, anchor)
        assert [any(fault.startswith(one) for fault in faults) for one in found] == [True] * len(
            found
        )
        assert [row.facts for row in record.rows() if not row.is_whole] == [
            {} for fault in faults if "is not what was" in fault
        ]


def test_without_an_anchor_nobody_can_tell_that_the_last_rows_are_missing(place: Place) -> None:
    with open_record(place) as record:
        filled(record)
        unguarded(record, "DELETE FROM ledger_row WHERE sequence > 4")
        assert told(record) == []


def test_a_chain_that_was_made_again_differs_from_the_anchor(place: Place) -> None:
    with open_record(place) as record:
        filled(record)
        anchor = record.anchor()
        unguarded(record, "DELETE FROM ledger_row WHERE sequence > 4")
        record.append(entry(40))
        record.append(entry(50))
        assert told(record) == []
        assert told(record, anchor) == [
            "row 6 has another hash than the anchor: it was changed, and all after it made again"
        ]


def test_a_trigger_that_was_removed_is_missed(place: Place) -> None:
    with open_record(place) as record:
        filled(record)
        postgresql = connections[record.alias].vendor == "postgresql"
        run(record, "DROP TRIGGER ledger_row_no_update" + " ON ledger_row" * postgresql)
        assert told(record) == [
            "the trigger ledger_row_no_update must stand in the database: it was removed"
        ]


WRITER = """
import sys
from tests.unit.ledger.test_record import entry
from triage.ledger import Place, open_record
from pathlib import Path
with open_record(Place(Path(sys.argv[1]), url=sys.argv[2])) as record:
    for number in range(int(sys.argv[3])):
        record.append(entry(number))
"""


def start(place: Place, program: str, *arguments: object) -> subprocess.Popen[str]:
    checkout = Path(__file__).resolve().parents[3]
    return subprocess.Popen(
        [sys.executable, "-c", program, place.folder, place.url, *map(str, arguments)],
        cwd=checkout,
        env={**os.environ, "PYTHONPATH": str(checkout)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_writers_at_once_lose_nothing_even_when_the_tables_are_new(place: Place) -> None:
    writers = [start(place, WRITER, 25) for _ in range(3)]
    for writer in writers:
        _, err = writer.communicate(timeout=120)
        assert writer.returncode == 0, err
    with open_record(place) as record:
        assert [row.sequence for row in record.rows()] == list(range(1, 76))
        assert told(record) == []


BEGINNER = """
import sys, time
from tests.unit.ledger.test_record import entry
from triage.ledger import Place, open_record
from pathlib import Path
with open_record(Place(Path(sys.argv[1]), url=sys.argv[2])) as record:
    record.begin(entry(7))
    print("begun", flush=True)
    time.sleep(600)
"""


def test_what_a_dead_process_began_gets_its_end_and_what_lives_does_not(place: Place) -> None:
    with start(place, BEGINNER) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "begun\n"
        with open_record(place) as record:
            assert [row.sequence for row in record.open()] == [1]
            assert record.heal(NOW) == []
            process.send_signal(signal.SIGKILL)
            process.wait(timeout=60)
            process.communicate()
            (healed,) = record.heal(NOW)
            assert (healed.stage, healed.begun, healed.facts) == (
                "interrupted",
                1,
                {"list": "list 7"},
            )
            assert record.open() == []
            assert record.heal(NOW) == []


ENDER = """
import os, signal, sys
from tests.unit.ledger.test_record import entry
from triage.ledger import Place, open_record
from pathlib import Path
with open_record(Place(Path(sys.argv[1]), url=sys.argv[2])) as record:
    begun = record.begin(entry(7))
    record._let_go = lambda _: os.kill(os.getpid(), signal.SIGKILL)
    record.end(begun, entry(7, stage="finished"))
"""


def test_the_lock_of_what_ended_goes_also_where_its_process_died_then(place: Place) -> None:
    with start(place, ENDER) as process:
        process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL
    with open_record(place) as record:
        mine = record.begin(entry(8))
        locks = place.folder / "running"
        assert {path.name for path in locks.iterdir()} == {"1", str(mine.sequence)}
        assert record.heal(NOW) == []
        assert [path.name for path in locks.iterdir()] == [str(mine.sequence)]
        record.end(mine, entry(8, stage="finished"))
        assert list(locks.iterdir()) == []


def test_the_lock_of_what_could_not_begin_goes_when_its_number_is_another_s(place: Place) -> None:
    with open_record(place) as record:
        filled(record)
        lock = place.folder / "running" / "7"
        lock.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock.touch()
        record.heal(NOW)
        assert lock.exists()  # somebody may be about to begin
        record.append(entry(7))
        record.heal(NOW)
        assert not lock.exists()


def test_what_was_begun_here_ends_here(place: Place) -> None:
    with open_record(place) as record:
        begun = record.begin(entry(1))
        assert record.heal(NOW) == []
        ended = record.end(begun, entry(1, stage="finished"))
        assert (ended.begun, record.open()) == (begun.sequence, [])


def test_the_file_is_its_owners_alone(tmp_path: Path) -> None:
    with open_record(Place(tmp_path / "record")) as record:
        record.begin(entry())
        modes = {
            path.name: stat.S_IMODE(path.stat().st_mode)
            for path in [tmp_path / "record", *(tmp_path / "record").rglob("*")]
        }
    assert modes.pop("record") == modes.pop("running") == 0o700
    assert set(modes.values()) == {0o600}
    assert "record.sqlite3" in modes


def test_a_record_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "record").write_text("a file where the folder must be")
    with pytest.raises(StorageError, match="record of who used what must be writable"):
        open_record(Place(tmp_path / "record"))


@pytest.mark.parametrize(
    "url", ["mysql://host/name", "postgresql://some-host", "words", "postgresql://h:x/n"]
)
def test_a_url_that_is_none_is_refused_without_being_shown(tmp_path: Path, url: str) -> None:
    with pytest.raises(ConfigurationError, match="must be the URL of a PostgreSQL") as refused:
        open_record(Place(tmp_path, url=url))
    assert url not in str(refused.value)


def test_a_server_that_is_not_there_is_told_without_the_password(tmp_path: Path) -> None:
    place = Place(tmp_path, url_from="RECORD")
    with pytest.raises(ConfigurationError, match="variable RECORD must hold"):
        open_record(place, environment={})
    url = "postgresql://me:planted-password@127.0.0.1:9/none"
    with pytest.raises(TriageError, match="must be reachable") as refused:
        open_record(place, environment={"RECORD": url})
    assert "planted-password" not in str(refused.value)


def test_an_anchor_is_read_as_it_was_written(tmp_path: Path) -> None:
    with open_record(Place(tmp_path / "record")) as record:
        filled(record)
        write_anchor(tmp_path / "anchor.json", record.anchor())
        assert read_anchor(tmp_path / "anchor.json") == record.anchor()
    (tmp_path / "anchor.json").write_text("{}")
    with pytest.raises(NotFoundError, match="'triage audit anchor' wrote"):
        read_anchor(tmp_path / "anchor.json")


def test_the_migrations_make_what_the_models_say(place: Place) -> None:
    from django.apps import apps
    from django.db.migrations.autodetector import MigrationAutodetector
    from django.db.migrations.executor import MigrationExecutor
    from django.db.migrations.state import ProjectState

    with open_record(place) as record:
        loader = MigrationExecutor(connections[record.alias]).loader
        found = MigrationAutodetector(loader.project_state(), ProjectState.from_apps(apps))
        assert found.changes(graph=loader.graph) == {}
        columns = connections[record.alias].introspection
        with connections[record.alias].cursor() as cursor:
            assert "ledger_row" in columns.table_names(cursor)
