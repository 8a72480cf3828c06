"""Triggers with which a database itself refuses to change or remove what was written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.backends.base.schema import BaseDatabaseSchemaEditor

__all__ = ["follow", "guard_names", "missing_guards", "protect"]

REFUSES = """\
CREATE OR REPLACE FUNCTION triage_refuses() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'rows of % are never changed or removed', TG_TABLE_NAME; END $$"""

FOLLOWS = """\
CREATE OR REPLACE FUNCTION {table}_follows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.sequence <> (SELECT COALESCE(MAX(sequence), 0) + 1 FROM {table})
    OR NEW.previous <> COALESCE(
      (SELECT sha256 FROM {table} ORDER BY sequence DESC LIMIT 1), '{genesis}')
  THEN RAISE EXCEPTION 'a row of {table} must follow from the last one'; END IF;
  RETURN NEW;
END $$"""

FOLLOWS_SQLITE = """\
CREATE TRIGGER {table}_follows BEFORE INSERT ON {table}
WHEN NEW.sequence IS NOT (SELECT COALESCE(MAX(sequence), 0) + 1 FROM {table})
  OR NEW.previous IS NOT COALESCE(
    (SELECT sha256 FROM {table} ORDER BY sequence DESC LIMIT 1), '{genesis}')
BEGIN SELECT RAISE(ABORT, 'a row of {table} must follow from the last one'); END"""


def protect(editor: BaseDatabaseSchemaEditor, table: str, *, removal: bool = False) -> None:
    """Let a database refuse to change the rows of a table, and to remove them.

    Parameters
    ----------
    editor : schema editor
        Of a migration.
    table : str
    removal : bool
        Whether rows may be removed, though not changed.
    """
    postgresql = editor.connection.vendor == "postgresql"
    for statement in (_postgresql if postgresql else _sqlite)(table, removal):
        editor.execute(statement, params=None)


def follow(editor: BaseDatabaseSchemaEditor, table: str, genesis: str) -> None:
    """Let a database refuse a row that does not follow from the last one."""
    if editor.connection.vendor == "postgresql":
        editor.execute(FOLLOWS.format(table=table, genesis=genesis), params=None)
        for statement in _trigger(f"{table}_follows", table, "INSERT", "ROW", f"{table}_follows"):
            editor.execute(statement, params=None)
    else:
        editor.execute(FOLLOWS_SQLITE.format(table=table, genesis=genesis), params=None)


def _sqlite(table: str, removal: bool) -> Iterator[str]:
    for event in ("update",) if removal else ("update", "delete"):
        yield (
            f"CREATE TRIGGER {table}_no_{event} BEFORE {event.upper()} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, 'rows of {table} are never changed or removed'); END"
        )


def _postgresql(table: str, removal: bool) -> Iterator[str]:
    yield REFUSES
    yield from _trigger(f"{table}_no_update", table, "UPDATE", "ROW", "triage_refuses")
    yield from _trigger(f"{table}_no_truncate", table, "TRUNCATE", "STATEMENT", "triage_refuses")
    if not removal:
        yield from _trigger(f"{table}_no_delete", table, "DELETE", "ROW", "triage_refuses")


def _trigger(name: str, table: str, event: str, each: str, function: str) -> Iterator[str]:
    yield (
        f"CREATE TRIGGER {name} BEFORE {event} ON {table} "
        f"FOR EACH {each} EXECUTE FUNCTION {function}()"
    )
    yield f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}"  # also where a session plays replica


def guard_names(vendor: str, table: str, *, removal: bool = False) -> set[str]:
    """Return the names of the triggers that :func:`protect` sets."""
    names = {f"{table}_no_update"}
    if not removal:
        names.add(f"{table}_no_delete")
    if vendor == "postgresql":
        names.add(f"{table}_no_truncate")
    return names


def missing_guards(connection: BaseDatabaseWrapper, wanted: Sequence[str]) -> list[str]:
    """Return the triggers that do not stand, or were switched off."""
    query = (
        "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'D'"
        if connection.vendor == "postgresql"
        else "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    )
    with connection.cursor() as cursor:
        cursor.execute(query)
        found = {str(row[0]) for row in cursor.fetchall()}
    return sorted(set(wanted) - found)
