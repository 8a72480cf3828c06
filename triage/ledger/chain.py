"""Rows, each sealed with the hash of the one before, and what is wrong with a chain of them."""

from __future__ import annotations

import datetime
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

__all__ = ["ACTIONS", "GENESIS", "Action", "Entry", "Fault", "Row", "Stage", "faults_of", "sealed"]

Action = Literal[
    "collection",
    "alteration",
    "consultation",
    "disclosure",
    "combination",
    "erasure",
    "promotion",
]
"""What was done with personal data: the six of section 62 of the Data Protection Act 2018, and a
model's promotion, which decides who ranks it."""

ACTIONS: tuple[Action, ...] = get_args(Action)

Stage = Literal["done", "begun", "writing", "finished", "failed", "interrupted"]
"""``done``: row and effect are one transaction, or nothing was changed. Otherwise ``begun``, and
later, with the number of that row, ``finished``, ``failed`` or, written for a process that died,
``interrupted``; ``writing`` says between them what is about to appear, by its hash."""

GENESIS = "0" * 64
"""What stands in the first row for the hash of the one before."""


@dataclass(frozen=True)
class Entry:
    """What a row is to say.

    Parameters
    ----------
    at : datetime
        When, with its time zone.
    who : str
        Who did it, as they were named.
    account : str
        The operating system's user, whoever they said they were.
    command : str
        By which command.
    actions : tuple of Action
    stage : Stage
    begun : int, optional
        The row that this one ends, or goes on from.
    details : mapping
        Ids, names of lists and versions, hashes and counts. Never the content of a record.
    """

    at: datetime.datetime
    who: str
    account: str
    command: str
    actions: tuple[Action, ...]
    stage: Stage = "done"
    begun: int | None = None
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Row:
    """A row as it is stored: texts, so that every database gives back what was hashed.

    Parameters
    ----------
    sequence : int
        From 1, without a gap.
    at : str
        ISO 8601, UTC, with microseconds.
    who, account, command : str
    actions : str
        In order, a space between.
    stage : str
    begun : int or None
    details : str
        Canonical JSON.
    previous : str
        The hash of the row before.
    sha256 : str
        Of all else.
    """

    sequence: int
    at: str
    who: str
    account: str
    command: str
    actions: str
    stage: str
    begun: int | None
    details: str
    previous: str
    sha256: str = ""

    @property
    def facts(self) -> dict[str, Any]:
        """The details as they were given; none where the row is not whole."""
        found: dict[str, Any] = json.loads(self.details) if self.is_whole else {}
        return found

    @property
    def is_whole(self) -> bool:
        """Whether the row is what was written, for all that its own hash tells."""
        return self.digest() == self.sha256

    def digest(self) -> str:
        """Return the SHA-256 of what the row says and of where it stands."""
        said = {name: value for name, value in vars(self).items() if name != "sha256"}
        return hashlib.sha256(_canonical(said).encode()).hexdigest()


@dataclass(frozen=True)
class Fault:
    """Something that is wrong with a ledger.

    Parameters
    ----------
    where : str
        Which row.
    what : str
        What must hold there and does not.
    """

    where: str
    what: str


def sealed(entry: Entry, last: Row | None) -> Row:
    """Return the row that follows the last one.

    Examples
    --------
    >>> at = datetime.datetime(2026, 3, 1, tzinfo=datetime.UTC)
    >>> first = sealed(Entry(at, "A. Analyst", "analyst", "show", ("consultation",)), None)
    >>> first.sequence, first.digest() == first.sha256, list(faults_of([first]))
    (1, True, [])
    """
    row = Row(
        sequence=1 if last is None else last.sequence + 1,
        at=entry.at.astimezone(datetime.UTC).isoformat(timespec="microseconds"),
        who=entry.who,
        account=entry.account,
        command=entry.command,
        actions=" ".join(entry.actions),
        stage=entry.stage,
        begun=entry.begun,
        details=_canonical(dict(entry.details)),
        previous=GENESIS if last is None else last.sha256,
    )
    return Row(**{**vars(row), "sha256": row.digest()})


def faults_of(rows: Iterable[Row], *, anchor: tuple[int, str] | None = None) -> Iterator[Fault]:
    """Yield what is wrong with a chain: rows that were changed, removed, reordered or cut off.

    Parameters
    ----------
    rows : iterable of Row
        All of them, by ``sequence``.
    anchor : (int, str), optional
        A row's number and hash as they were noted elsewhere: without them nobody can tell that the
        last rows are missing.
    """
    number, previous = 0, GENESIS
    for row in rows:
        if row.sequence != number + 1:
            yield Fault(_missing(number + 1, row.sequence - 1), "is missing: it was removed")
        elif row.previous != previous:
            yield Fault(
                f"row {row.sequence}",
                "does not follow from the row before: one of the two was changed, or their order",
            )
        if not row.is_whole:
            yield Fault(f"row {row.sequence}", "is not what was written: it was changed")
        if anchor is not None and row.sequence == anchor[0] and row.sha256 != anchor[1]:
            yield Fault(
                f"row {row.sequence}",
                "has another hash than the anchor: it was changed, and all after it made again",
            )
        number, previous = row.sequence, row.sha256
    if anchor is not None and number < anchor[0]:
        yield Fault(
            _missing(number + 1, anchor[0]),
            f"is missing: the anchor has seen row {anchor[0]}, and the ledger ends with {number}",
        )


def _missing(first: int, last: int) -> str:
    return f"row {first}" if first >= last else f"rows {first} to {last}"


def _canonical(content: Mapping[str, Any]) -> str:
    return json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)
