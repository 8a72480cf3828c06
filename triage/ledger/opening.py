"""Where the record lies, and opening it: a file beside the lists, or a PostgreSQL database."""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from triage.errors import ConfigurationError, Problem, StorageError
from triage.workspace import FILE_MODE, FOLDER_MODE

if TYPE_CHECKING:
    from triage.ledger.record import Record

__all__ = ["Place", "open_record"]

FILE = "record.sqlite3"
WAIT_SECONDS = 60
"""How long a writer waits for another one."""
MIGRATING = 7_241_602
"""The number of the lock that PostgreSQL gives to whoever changes the tables."""
CONFIG = "configs/panel.yaml, 'record'"


@dataclass(frozen=True)
class Place:
    """Where a workspace's record lies.

    Parameters
    ----------
    folder : Path
        The workspace's ``record/``: the SQLite file, and the locks of what is running.
    url : str
        Of a PostgreSQL database; empty for the SQLite file.
    url_from : str
        The environment variable that holds the URL, where it has a password.
    """

    folder: Path
    url: str = ""
    url_from: str = ""

    @property
    def stands(self) -> bool:
        """Whether there may be a record: always, where it is a server's."""
        return self.is_elsewhere or self.file.is_file()

    @property
    def is_elsewhere(self) -> bool:
        """Whether it is a server's."""
        return bool(self.url or self.url_from)

    @property
    def file(self) -> Path:
        """Where the SQLite file lies, if it is one."""
        return self.folder / FILE


def open_record(
    place: Place, apps: Sequence[str] = (), *, environment: Mapping[str, str] = os.environ
) -> Record:
    """Return the record, its tables made or brought up to date.

    Parameters
    ----------
    place : Place
    apps : sequence of str
        Rooms above this one that keep tables in the record: all of them, the first time that a
        process opens one.
    environment : mapping of str to str
        Where ``place.url_from`` is looked up.

    Raises
    ------
    ConfigurationError
        The URL is none of PostgreSQL's, or its variable is not set.
    StorageError
        The folder or file cannot be written.
    TriageError
        The database cannot be reached.
    """
    settings = _settings(place, environment)
    if "postgresql" not in settings["ENGINE"]:
        _make_file(place.folder)
    _set_up(apps)
    from django.db import connections
    from django.db.utils import ConnectionHandler

    from triage.ledger.record import Record

    shown = repr(sorted((name, str(value)) for name, value in settings.items()))
    alias = f"record_{hashlib.sha256(shown.encode()).hexdigest()[:16]}"
    if alias not in connections.settings:
        whole = ConnectionHandler({"default": settings}).settings["default"]
        connections.settings[alias] = whole
    record = Record(alias, place.folder)
    with record.told():
        _bring_up_to_date(alias, place.folder)
    return record


def _settings(place: Place, environment: Mapping[str, str]) -> dict[str, Any]:
    url = place.url
    if place.url_from:
        url = environment.get(place.url_from, "")
        if not url:
            raise ConfigurationError(
                Problem(
                    CONFIG,
                    f"the environment variable {place.url_from} must hold the database's URL",
                    "nothing",
                )
            )
    if not url:
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": str((place.folder / FILE).resolve()),
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": WAIT_SECONDS,
                "init_command": "PRAGMA synchronous = FULL; PRAGMA recursive_triggers = ON; "
                "PRAGMA secure_delete = ON",  # what is erased is not left in the file
            },
        }
    try:
        parts = urlsplit(url)
        port = parts.port or ""
    except ValueError:
        parts, port = urlsplit(""), ""
    if not parts.scheme.startswith("postgresql") or not parts.path.strip("/"):
        raise ConfigurationError(
            Problem(
                CONFIG,
                "must be the URL of a PostgreSQL database",
                "something else",
                "For instance postgresql://user@host/name; leave it out for a file in record/.",
            )
        )
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.strip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(port),
    }


def _make_file(folder: Path) -> None:
    """Make the database's file before SQLite does, so that only its owner can ever read it."""
    try:
        folder.mkdir(mode=FOLDER_MODE, exist_ok=True)
        os.close(os.open(folder / FILE, os.O_CREAT | os.O_RDWR, FILE_MODE))
    except OSError as error:
        raise StorageError(
            Problem(
                f"{folder.name}/",
                "the record of who used what must be writable",
                error.strerror or "an error",
                "Nothing was done, since it could not be recorded. Free some space or mend the "
                "folder's permissions.",
            )
        ) from error


def _set_up(apps: Sequence[str]) -> None:
    """Set Django up, once in a process; where a site did so already, it stays as it is."""
    from django.conf import settings

    if settings.configured:
        return
    import django

    settings.configure(
        INSTALLED_APPS=["triage.ledger", *apps], DATABASES={}, USE_TZ=True, LOGGING_CONFIG=None
    )
    django.setup()


def _bring_up_to_date(alias: str, folder: Path) -> None:
    from django.apps import apps
    from django.db import connections
    from django.db.migrations.executor import MigrationExecutor

    connection = connections[alias]
    labels = {one.label: Path(one.path) / "migrations" for one in apps.get_app_configs()}
    on_disk = {
        (label, path.stem)
        for label, migrations in labels.items()
        for path in migrations.glob("[0-9]*.py")
    }
    if on_disk <= _applied(alias):
        return
    with _alone(alias, folder):
        executor = MigrationExecutor(connection)
        executor.migrate([node for node in executor.loader.graph.leaf_nodes() if node[0] in labels])


def _applied(alias: str) -> set[tuple[str, str]]:
    from django.db import connections
    from django.db.migrations.recorder import MigrationRecorder

    return set(MigrationRecorder(connections[alias]).applied_migrations())


@contextmanager
def _alone(alias: str, folder: Path) -> Iterator[None]:
    """Let one process at a time change the tables."""
    from django.db import connections

    connection = connections[alias]
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [MIGRATING])
            try:
                yield
            finally:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [MIGRATING])
        return
    handle = os.open(folder / ".migrating", os.O_CREAT | os.O_RDWR, FILE_MODE)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
