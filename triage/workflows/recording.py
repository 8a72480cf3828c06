"""Recording every use of personal data: before its effect begins, and what came of it."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from triage.decisions import Decision, Decisions
from triage.errors import TriageError
from triage.ledger import Action, Entry, Record, Row, Stage, open_record
from triage.lists import Bundle
from triage.workflows.carrying import finish_erasure
from triage.workflows.places import APPS, look_at_the_record, record_place
from triage.workspace import Workspace, sweep

__all__ = [
    "NO_PERSONAL_DATA",
    "USES",
    "Actor",
    "Use",
    "consult",
    "kept_decisions",
    "listed",
    "open_the_record",
    "recorded",
]

MADE: tuple[Action, ...] = ("collection", "combination")

USES: Mapping[str, tuple[Action, ...]] = {
    "demo": (*MADE, "promotion"),
    "check": ("collection",),
    "features": MADE,
    "train": MADE,
    "backtest": MADE,
    "monitor": MADE,
    "rank": MADE,
    "review": MADE,
    "promote": ("promotion",),
    "rollback": ("promotion",),
    "show": ("consultation",),
    "explain": ("consultation",),
    "papers": ("disclosure",),
    "decide": ("alteration",),
    "decide --blank": ("consultation",),
    "decisions": ("consultation",),
    "capacity": ("consultation",),
    "rules diff": MADE,
    "rules coverage": MADE,
    "erase": ("erasure",),
    "retention": ("consultation",),
    "audit fairness": (*MADE, "consultation"),
    "audit move": ("disclosure",),
    "audit replay": MADE,
    "audit pack": (*MADE, "disclosure"),
    "audit show": ("consultation",),
    "audit subject": ("consultation", "disclosure"),
}
"""What each command does with personal data, or with an option that makes another use of it."""

NO_PERSONAL_DATA = frozenset(
    {"init", "models", "card", "rules test", "audit verify", "audit anchor"}
)
"""The commands that read and write none, so they leave no row and load no database."""


@dataclass(frozen=True)
class Actor:
    """Who uses personal data, and the clock that says when.

    Parameters
    ----------
    who : str
        As they were named.
    account : str
        The operating system's user.
    clock : callable
        Returns now, with its time zone.
    """

    who: str
    account: str
    clock: Callable[[], datetime.datetime]

    def entry(self, command: str, stage: Stage, details: Mapping[str, Any]) -> Entry:
        """Return what a row is to say of a command at this moment."""
        return Entry(
            at=self.clock(),
            who=self.who,
            account=self.account,
            command=command,
            actions=USES[command],
            stage=stage,
            details=details,
        )


@dataclass
class Use:
    """A use of personal data that is going on.

    Parameters
    ----------
    record : Record
    begun : Row
        The row that says that it began.
    entry : callable
        Given a stage and details, what a row is to say.
    """

    record: Record
    begun: Row
    entry: Callable[[Stage, Mapping[str, Any]], Entry]
    details: dict[str, Any] = field(default_factory=dict)

    def announce(self, **details: Any) -> None:
        """Record what is about to appear, by its hash, before it does.

        Raises
        ------
        StorageError, TriageError
            It cannot be recorded, so it must not appear.
        """
        self.record.announce(self.begun, self.entry("writing", details))

    def add(self, **details: Any) -> None:
        """Note ids, names, hashes or counts for the row that ends this use."""
        self.details |= details


def open_the_record(root: Path, actor: Actor) -> Record:
    """Return a workspace's record, what was left without an end by dead processes ended.

    Raises
    ------
    ConfigurationError
        The folder is no workspace, or its panel is not what it must be.
    StorageError, TriageError
        The record cannot be opened.
    """
    workspace = Workspace.at(root)
    finish_erasure(workspace)
    record = open_record(record_place(workspace), APPS)
    try:
        if record.heal(actor.clock()):
            sweep(workspace.root)
    except BaseException:
        record.close()
        raise
    return record


def kept_decisions(workspace: Workspace) -> tuple[Decision, ...]:
    """Return every decision that was recorded in a workspace, without opening a record anew.

    Raises
    ------
    StorageError, TriageError
        The record cannot be read.
    """
    with look_at_the_record(workspace) as record:
        return () if record is None else Decisions(record).of_all()


def consult(root: Path, actor: Actor, command: str, **details: Any) -> None:
    """Record that something is about to be shown; nothing is shown before this returns.

    Raises
    ------
    StorageError, TriageError
        It cannot be recorded.
    """
    with open_the_record(root, actor) as record:
        record.append(actor.entry(command, "done", details))


def listed(bundle: Bundle) -> dict[str, Any]:
    """Return what the record says of a list that was made."""
    manifest = bundle.manifest
    return {
        "list": manifest.list_id,
        "seal": manifest.seal,
        "version": manifest.model.version,
        "referrals": manifest.counts.referrals_in,
    }


@contextmanager
def recorded(root: Path, actor: Actor, command: str, **details: Any) -> Iterator[Use]:
    """Record a use whose effect is files: that it begins, and when the block ends, what came of it.

    Parameters
    ----------
    root : Path
        The workspace.
    actor : Actor
    command : str
        Of :data:`USES`.
    **details
        What is known of it beforehand.

    Raises
    ------
    StorageError, TriageError
        It cannot be recorded, so it is not done.
    """
    with open_the_record(root, actor) as record:
        begun = record.begin(actor.entry(command, "begun", details))
        use = Use(record, begun, partial(actor.entry, command))
        try:
            finish_erasure(Workspace.at(root))  # one that came to be while this was being begun
            yield use
        except BaseException as error:
            failure = {**details, **use.details, "error": type(error).__name__}
            with suppress(TriageError):  # a full disk: the next command says that this one died
                record.end(begun, actor.entry(command, "failed", failure))
            raise
        record.end(begun, actor.entry(command, "finished", {**details, **use.details}))
