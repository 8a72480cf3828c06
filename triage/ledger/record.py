"""The record as it is open: adding rows, each after the last, and reading them."""

from __future__ import annotations

import datetime
import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, cast

from triage.errors import Problem, StorageError, TriageError
from triage.ledger.anchors import Anchor
from triage.ledger.chain import GENESIS, Entry, Fault, Row, faults_of, sealed
from triage.ledger.guards import guard_names, missing_guards
from triage.workspace import FILE_MODE, FOLDER_MODE

if TYPE_CHECKING:
    from triage.ledger.models import LedgerRow

__all__ = ["Record"]

WRITING = 7_241_601
"""The number of the lock that PostgreSQL gives to the one who writes."""
RUNNING = "running"
TABLE = "ledger_row"


class Record:
    """A workspace's record, as :func:`triage.ledger.open_record` opens it.

    Use it as a context, which closes the connection.

    Parameters
    ----------
    alias : str
        What Django calls the database.
    folder : Path
        Where the locks of what is running lie.
    """

    def __init__(self, alias: str, folder: Path) -> None:
        self.alias = alias
        self._folder = folder
        self._locks: dict[int, int] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection, and let go of all locks."""
        from django.db import connections

        connections[self.alias].close()
        for begun in list(self._locks):
            self._let_go(begun)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Give a transaction in which nobody else writes: all of it comes to stand, or nothing.

        Raises
        ------
        StorageError
            It could not be written.
        TriageError
            The database cannot be reached.
        """
        from django.db import connections, transaction

        with self.told(), transaction.atomic(using=self.alias):
            connection = connections[self.alias]
            if connection.vendor == "postgresql":
                with connection.cursor() as cursor:
                    cursor.execute("SELECT pg_advisory_xact_lock(%s)", [WRITING])
            yield

    def append(self, entry: Entry) -> Row:
        """Add a row after the last one, in a transaction of its own or in that which is open.

        Raises
        ------
        StorageError
            It could not be written.
        """
        with self.writing():
            row = sealed(entry, self.last())
            self._rows().create(**vars(row))
        return row

    def begin(self, entry: Entry) -> Row:
        """Add a row that says what is begun, and hold its lock until :meth:`end` or death."""
        held: list[int] = []
        try:
            with self.writing():
                row = sealed(replace(entry, stage="begun"), self.last())
                held += [row.sequence] * self._hold(row.sequence)
                self._rows().create(**vars(row))
        except BaseException:
            for begun in held:  # the file stays, since the next to begin may be waiting for it
                os.close(self._locks.pop(begun))
            raise
        return row

    def announce(self, begun: Row, entry: Entry) -> Row:
        """Add a row that says what is about to appear of what was begun."""
        return self.append(replace(entry, stage="writing", begun=begun.sequence))

    def end(self, begun: Row, entry: Entry) -> Row:
        """Add the row that says what came of one that was begun."""
        row = self.append(replace(entry, begun=begun.sequence))
        self._let_go(begun.sequence)
        return row

    def heal(self, at: datetime.datetime) -> list[Row]:
        """Add the end that is missing of what was begun by processes that died, and return it.

        Parameters
        ----------
        at : datetime
            Now.
        """
        healed = [row for begun in self.open() if (row := self._heal(begun, at)) is not None]
        self._forget_ended()
        return healed

    def _forget_ended(self) -> None:
        """Remove the locks of processes that died, or could not write, of which no row needs one.

        That is where the row of a lock's number has ended, or is of something else.
        """
        locks = (self._folder / RUNNING).glob("*")
        numbers = {int(path.name) for path in locks if path.name.isdigit()}
        if not numbers:
            return
        needed = {row.sequence for row in self.open()}
        for row in self.rows(sequence__in=numbers - needed):
            with suppress(OSError):
                self._lock_file(row.sequence).unlink()

    def _heal(self, begun: Row, at: datetime.datetime) -> Row | None:
        if begun.sequence in self._locks or not self._hold(begun.sequence, wait=False):
            return None
        try:
            with self.writing():
                if self._ends().filter(begun=begun.sequence).exists():
                    return None  # it ended while we looked
                return self.append(
                    Entry(
                        at=at,
                        who=begun.who,
                        account=begun.account,
                        command=begun.command,
                        actions=cast("Any", tuple(begun.actions.split())),
                        stage="interrupted",
                        begun=begun.sequence,
                        details=begun.facts,
                    )
                )
        finally:
            self._let_go(begun.sequence)

    def open(self) -> list[Row]:
        """Return what was begun and has no end yet."""
        with self.told():
            ended = self._ends().values("begun")
            found = self._rows().filter(stage="begun").exclude(sequence__in=ended)
            return [_row(one) for one in found.order_by("sequence")]

    def last(self) -> Row | None:
        """Return the last row, None where there is none."""
        with self.told():
            found = self._rows().order_by("-sequence").first()
        return None if found is None else _row(found)

    def rows(self, **wanted: Any) -> Iterator[Row]:
        """Yield rows in order: all of them, or those with these values."""
        with self.told():
            for one in self._rows().filter(**wanted).order_by("sequence").iterator(2000):
                yield _row(one)

    def anchor(self) -> Anchor:
        """Return the ledger's end as it is now."""
        last = self.last()
        if last is None:
            return Anchor(sequence=0, sha256=GENESIS, at="")
        return Anchor(sequence=last.sequence, sha256=last.sha256, at=last.at)

    def faults(
        self, anchor: Anchor | None = None, guards: Mapping[str, bool] | None = None
    ) -> list[Fault]:
        """Return all that is wrong with the chain, and which triggers do not stand.

        Parameters
        ----------
        anchor : Anchor, optional
        guards : mapping of str to bool, optional
            Further tables that must be guarded → whether their rows may be removed.
        """
        from django.db import connections

        connection = connections[self.alias]
        wanted = {f"{TABLE}_follows"}
        for table, removal in {TABLE: False, **(guards or {})}.items():
            wanted |= guard_names(connection.vendor, table, removal=removal)
        pair = anchor.pair if anchor is not None and anchor.sequence else None
        found = list(faults_of(self.rows(), anchor=pair))
        found += [
            Fault(f"the trigger {name}", "must stand in the database: it was removed")
            for name in missing_guards(connection, sorted(wanted))
        ]
        return found

    @contextmanager
    def told(self) -> Iterator[None]:
        """Turn what a database says into a message without a word of any row."""
        from django.db import DatabaseError, connections

        try:
            yield
        except DatabaseError as error:
            if connections[self.alias].vendor == "postgresql":
                raise _unreachable(type(error).__name__) from None
            raise StorageError(
                Problem(
                    f"{self._folder.name}/",
                    "the record of who used what must be readable and writable",
                    _sqlite_words(error),
                    "What was not recorded was not done. Free some space or mend the folder's "
                    "permissions, and run the command again.",
                )
            ) from None

    def _rows(self) -> Any:
        from django.apps import apps

        model = cast("type[LedgerRow]", apps.get_model("ledger", "LedgerRow"))
        return model._default_manager.using(self.alias)

    def _ends(self) -> Any:
        return self._rows().filter(begun__isnull=False).exclude(stage="writing")

    def _lock_file(self, begun: int) -> Path:
        return self._folder / RUNNING / str(begun)

    def _hold(self, begun: int, *, wait: bool = True) -> bool:
        path = self._lock_file(begun)
        try:
            path.parent.mkdir(mode=FOLDER_MODE, exist_ok=True, parents=True)
            handle = os.open(path, os.O_CREAT | os.O_RDWR, FILE_MODE)
        except OSError as error:
            raise StorageError(
                Problem(
                    f"{self._folder.name}/{RUNNING}/",
                    "must be writable",
                    error.strerror or "an error",
                    "Nothing was done, since it could not be recorded.",
                )
            ) from error
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except OSError:
            os.close(handle)
            return False
        self._locks[begun] = handle
        return True

    def _let_go(self, begun: int) -> None:
        handle = self._locks.pop(begun, None)
        if handle is not None:
            with suppress(OSError):
                self._lock_file(begun).unlink()
            os.close(handle)


SHOWN = ("database or disk is full", "readonly database", "unable to open", "is locked", "disk I/O")


def _sqlite_words(error: Exception) -> str:
    """Return what SQLite said where that cannot hold a value."""
    text = str(error)
    return text if any(words in text for words in SHOWN) else type(error).__name__


def _row(stored: Any) -> Row:
    names = Row.__dataclass_fields__
    return Row(**{name: getattr(stored, name) for name in names})


def _unreachable(kind: str) -> TriageError:
    """Return what a user is told where a database server refuses, without a word of its own."""
    return TriageError(
        Problem(
            "configs/panel.yaml, 'record'",
            "the database of the record must be reachable and let its user write",
            kind,
            "Nothing was done, since it could not be recorded. Check that it runs, and the URL's "
            "host, port, name, user and password.",
        )
    )
