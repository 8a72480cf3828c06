"""The versions in a workspace's own database, read without waiting seconds for mlflow."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

__all__ = ["StoredVersion", "stored_versions"]

FORM = "dc11669786a5"
"""What mlflow calls the form of the tables that are read here; any other is left to mlflow."""

DELETED = "Deleted_Internal"
WHICH = "SELECT version_num FROM alembic_version"
VERSIONS = (
    "SELECT version, run_id, creation_time FROM model_versions "
    "WHERE name = ? AND workspace = 'default' AND current_stage <> ?"
)
TAGS = "SELECT version, key, value FROM model_version_tags WHERE name = ? AND workspace = 'default'"
ALIAS = (
    "SELECT version FROM registered_model_aliases "
    "WHERE name = ? AND workspace = 'default' AND alias = ?"
)


@dataclass(frozen=True)
class StoredVersion:
    """A model version as mlflow has it.

    Parameters
    ----------
    version : int
    run_id : str
    creation_timestamp : int
        Milliseconds since 1970-01-01.
    tags : mapping of str to str
    """

    version: int
    run_id: str
    creation_timestamp: int
    tags: Mapping[str, str]


def stored_versions(
    database: Path, name: str, alias: str
) -> tuple[list[StoredVersion], int | None] | None:
    """Return the versions of a registered model, and the number of the one with an alias.

    Parameters
    ----------
    database : Path
        mlflow's SQLite file. It is only read.
    name : str
    alias : str

    Returns
    -------
    tuple or None
        None where the tables are not in the form that is known here, or cannot be read: mlflow can
        change the former, and tell of the latter.
    """
    try:
        with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as found:
            if found.execute(WHICH).fetchall() != [(FORM,)]:
                return None
            tags: dict[int, dict[str, str]] = {}
            for version, key, value in found.execute(TAGS, (name,)):
                tags.setdefault(version, {})[key] = value
            versions = [
                StoredVersion(version, run_id, created, tags.get(version, {}))
                for version, run_id, created in found.execute(VERSIONS, (name, DELETED))
            ]
            champion = found.execute(ALIAS, (name, alias)).fetchone()
    except sqlite3.Error:
        return None
    return versions, None if champion is None else int(champion[0])
