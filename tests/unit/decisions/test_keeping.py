"""Decisions in a record: with the ledger's row or not at all, never changed, erased on purpose."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import replace

import pytest
from django.db import DatabaseError, connections

from triage.decisions import APP, GUARDS, Content, Decision, Decisions, Wanted
from triage.ledger import Entry, Place, Record, open_record

NOW = datetime.datetime(2026, 3, 5, 9, 30, tzinfo=datetime.UTC)
ENTRY = Entry(NOW, "A. Chair", "chair", "decide", ("alteration",))


def wanted(number: int, corrects: int | None = None) -> Wanted:
    content = Content(f"P{number}", "planted-marker", until=datetime.date(2026, 5, 1))
    met_on = datetime.date(2026, 3, 4)
    return Wanted(f"R{number}", "defer", number, "to discuss", content, corrects, met_on)


def take(record: Record, *ones: Wanted) -> tuple[Decision, ...]:
    return Decisions(record).take("list", "seal", ENTRY, lambda _: ones)


def run(record: Record, *statements: str) -> None:
    for statement in statements:
        with connections[record.alias].cursor() as cursor:
            cursor.execute(statement)


def told(record: Record) -> list[str]:
    return [f"{one.where} {one.what}" for one in Decisions(record).faults()]


def unguarded(record: Record, table: str, statement: str) -> None:
    if connections[record.alias].vendor == "postgresql":
        run(record, f"ALTER TABLE {table} DISABLE TRIGGER USER", statement)
        run(record, f"ALTER TABLE {table} ENABLE TRIGGER USER")
    else:
        for event in ("update", "delete"):
            run(record, f"DROP TRIGGER IF EXISTS {table}_no_{event}")
        run(record, statement)


def test_decisions_come_back_as_they_were_taken_and_the_ledger_names_them(place: Place) -> None:
    with open_record(place, (APP,)) as record:
        made = take(record, wanted(1), wanted(2))
        more = take(record, wanted(1, corrects=1))
        found = Decisions(record).of_list("list")
        assert found == (*made, *more)
        assert [(one.number, one.wanted.corrects) for one in found] == [
            (1, None),
            (2, None),
            (3, 1),
        ]
        assert found[0].wanted == wanted(1)
        rows = list(record.rows())
        assert rows[0].facts["referrals"] == ["R1", "R2"]
        assert rows[0].facts["met_on"] == ["2026-03-04"]
        assert rows[0].at.startswith("2026-03-05")
        assert [one.ledger_row for one in found] == [1, 1, 2]
        assert "planted-marker" not in "".join(row.details for row in rows)
        assert Decisions(record).of_person("P1") == (made[0], *more)
        assert (told(record), record.faults(guards=GUARDS)) == ([], [])


def test_nothing_is_written_where_nothing_is_taken(place: Place) -> None:
    with open_record(place, (APP,)) as record:
        assert take(record) == ()
        assert list(record.rows()) == []


def refuse(_: Sequence[Decision]) -> Sequence[Wanted]:
    raise ZeroDivisionError("division of labour")


def test_all_of_it_is_taken_or_nothing(place: Place) -> None:
    with open_record(place, (APP,)) as record:
        take(record, wanted(1))
        with pytest.raises(Exception, match=r"record of who used what|must be reachable"):
            take(record, wanted(2), wanted(1, corrects=1), wanted(3, corrects=1))
        with pytest.raises(ZeroDivisionError, match="division"):
            Decisions(record).take("list", "seal", ENTRY, refuse)
        assert [one.wanted.referral_id for one in Decisions(record).of_all()] == ["R1"]
        assert len(list(record.rows())) == 1


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE decisions_row SET choice = 'accept'",
        "DELETE FROM decisions_row",
        "UPDATE decisions_content SET person_id = 'P9'",
    ],
)
def test_the_database_itself_refuses(place: Place, statement: str) -> None:
    with open_record(place, (APP,)) as record:
        take(record, wanted(1))
        with pytest.raises(DatabaseError, match="never changed or removed"):
            run(record, statement)


@pytest.mark.parametrize(
    ("table", "statement", "found"),
    [
        ("decisions_row", "UPDATE decisions_row SET choice = 'accept'", "of row 1 are not what"),
        ("decisions_row", "DELETE FROM decisions_row WHERE number = 2", "of row 1 are not what"),
        ("decisions_row", "UPDATE decisions_row SET met_on = NULL", "of row 1 are not what"),
        ("decisions_row", "UPDATE decisions_row SET met_on = '2026-03-03'", "of row 1 are not"),
        ("decisions_content", "DELETE FROM decisions_content WHERE number = 2", "no erasure says"),
        (
            "decisions_content",
            'UPDATE decisions_content SET text = \'{"person_id":"P1"}\' WHERE number = 1',
            "is not what was recorded",
        ),
        (
            "decisions_content",
            "UPDATE decisions_content SET text = 'x' WHERE number = 1",
            "is not what was recorded",
        ),
        (
            "decisions_row",
            "INSERT INTO decisions_row SELECT 9, list_id, seal, referral_id, choice, rank, "
            "standing, 1, recorded_at, recorded_by, 77, content_sha256, met_on FROM decisions_row "
            "WHERE number = 1",
            "added by hand",
        ),
    ],
)
def test_every_tampering_is_found(place: Place, table: str, statement: str, found: str) -> None:
    with open_record(place, (APP,)) as record:
        take(record, wanted(1), wanted(2))
        unguarded(record, table, statement)
        assert any(found in fault for fault in told(record))


def test_an_erasure_takes_the_content_and_leaves_the_decision(place: Place) -> None:
    with open_record(place, (APP,)) as record:
        take(record, wanted(1), wanted(2))
        with record.writing():
            numbers = Decisions(record).erase("P1")
            record.append(
                Entry(NOW, "A", "a", "erase", ("erasure",), details={"decisions_erased": numbers})
            )
        assert numbers == [1]
        gone, stays = Decisions(record).of_all()
        assert (gone.erased, gone.wanted.referral_id, gone.wanted.choice) == (True, "R1", "defer")
        assert gone.wanted.content == Content("", "")
        assert stays.wanted == wanted(2)
        assert (told(record), record.faults(guards=GUARDS)) == ([], [])


def test_a_record_of_before_the_day_of_meeting_was_asked_stays_whole(place: Place) -> None:
    before = replace(wanted(1), met_on=None)
    with open_record(place, (APP,)) as record:
        take(record, before)
        run(
            record,
            "ALTER TABLE decisions_row DROP COLUMN met_on",
            "DELETE FROM django_migrations WHERE app = 'decisions' AND name = '0002_met_on'",
        )
    with open_record(place, (APP,)) as record:
        (found,) = Decisions(record).of_all()
        assert (found.wanted, found.met_on) == (before, NOW.date())
        assert [one.met_on for one in take(record, wanted(2))] == [datetime.date(2026, 3, 4)]
        assert (told(record), record.faults(guards=GUARDS)) == ([], [])
        with pytest.raises(DatabaseError, match="never changed or removed"):
            run(record, "UPDATE decisions_row SET met_on = '2026-03-04'")


def test_the_migrations_make_what_the_models_say(place: Place) -> None:
    from django.apps import apps
    from django.db.migrations.autodetector import MigrationAutodetector
    from django.db.migrations.executor import MigrationExecutor
    from django.db.migrations.state import ProjectState

    with open_record(place, (APP,)) as record:
        loader = MigrationExecutor(connections[record.alias]).loader
        found = MigrationAutodetector(loader.project_state(), ProjectState.from_apps(apps))
        assert found.changes(graph=loader.graph) == {}
        assert {label for label, _ in loader.graph.leaf_nodes()} >= {"ledger", "decisions"}
