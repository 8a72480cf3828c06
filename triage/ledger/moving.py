"""Moving a record from one database to another, whole: rows, chain and what other rooms keep."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from triage.errors import Problem, StorageError
from triage.ledger.chain import Entry, Row
from triage.ledger.record import TABLE, Record

__all__ = ["move_record"]

MOVED = "audit move"
BATCH = 500
CLOSED = f"""\
CREATE TRIGGER IF NOT EXISTS {TABLE}_moved BEFORE INSERT ON {TABLE}
BEGIN SELECT RAISE(ABORT, 'this record was moved to another database'); END"""


def move_record(
    source: Record, target: Record, entry: Entry, check: Callable[[Record], None]
) -> Row:
    """Return the row that says of a moved record that it was moved, the last of ``target``.

    All of it comes to stand in ``target``, or nothing. ``source`` takes no row from then on, also
    from a process that waited for its turn, so that its file can be removed. Where a process died
    between the two, this goes on from there.

    Parameters
    ----------
    source : Record
        Of an SQLite file.
    target : Record
        Empty, or this very record, as it was moved by a process that died.
    entry : Entry
        What the row of it shall say; its details are added to.
    check : callable
        Raises where a record is not whole. It is asked of both.

    Raises
    ------
    StorageError
        ``target`` holds something else, or could not be written.
    """
    from django.db import connections

    with source.writing():
        check(source)
        with target.writing():
            row = _standing(source, target)
            if row is None:
                for model in _tables():
                    _copy(model, source.alias, target.alias)
                details = {**entry.details, "rows": source.anchor().sequence}
                row = target.append(replace(entry, details=details))
            check(target)
        with connections[source.alias].cursor() as cursor:  # while nobody else can write
            cursor.execute(CLOSED)
    return row


def _standing(source: Record, target: Record) -> Row | None:
    """Return the row of a move that was done and not ended; None where the target is empty."""
    if not any(_rows(model, target.alias).exists() for model in _tables()):
        return None
    end = source.anchor()
    for row in target.rows(sequence=end.sequence + 1, previous=end.sha256):
        if row.command == MOVED:
            return row
    raise StorageError(
        Problem(
            "the database that configs/panel.yaml names",
            "must be empty: a record is moved into no other one",
            "rows of another record",
            "Name an empty database.",
        )
    )


def _copy(model: Any, source: str, target: str) -> None:
    for batch in _batches(_rows(model, source).order_by("pk").iterator(BATCH)):
        _rows(model, target).bulk_create(batch)


def _batches(rows: Iterator[Any]) -> Iterator[list[Any]]:
    batch: list[Any] = []
    for row in rows:
        batch.append(row)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _rows(model: Any, alias: str) -> Any:
    return model._default_manager.using(alias)


def _tables() -> list[Any]:
    """Return every table of a record, the ledger's first."""
    from django.apps import apps

    return sorted(apps.get_models(), key=lambda model: model._meta.db_table != TABLE)
