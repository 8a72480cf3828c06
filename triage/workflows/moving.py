"""Moving a workspace's record from its file to the database that its panel names."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from triage.decisions import GUARDS, Decisions
from triage.errors import ConfigurationError, NotFoundError, Problem, TamperedError
from triage.ledger import Place, Record, move_record, open_record
from triage.workflows.erasing import refuse_while_others_work
from triage.workflows.places import APPS, named_place
from triage.workflows.recording import Actor
from triage.workspace import Workspace

__all__ = ["Moved", "move_the_record"]


@dataclass(frozen=True)
class Moved:
    """What was moved.

    Parameters
    ----------
    rows, decisions : int
    sha256 : str
        Of the last row that was moved: the one that an anchor of the file holds.
    """

    rows: int
    decisions: int
    sha256: str


def move_the_record(root: Path, *, actor: Actor) -> Moved:
    """Move a record from ``record/`` into the database that ``configs/panel.yaml`` names.

    The chain goes on from where it was, so every anchor holds. The file is removed when all of it
    stands in the database: what is erased from then on must not live on in it.

    Parameters
    ----------
    root : Path
        The workspace's folder.
    actor : Actor

    Raises
    ------
    ConfigurationError
        The panel names no database.
    NotFoundError
        There is no file to move.
    TamperedError
        The record is not whole; it is not moved then.
    StorageError, TriageError
        The database holds something already, cannot be reached or written to, or other commands
        are at work.
    """
    workspace = Workspace.at(root)
    place = named_place(workspace)
    file = Place(workspace.record)
    if not place.is_elsewhere:
        raise ConfigurationError(
            Problem(
                "configs/panel.yaml, 'record'",
                "must name the database to which the record moves",
                "none",
                "For instance record: {url_from: TRIAGE_RECORD_URL}",
            )
        )
    if not file.stands:
        raise NotFoundError(
            Problem(f"{workspace.record.name}/{file.file.name}", "must hold a record", "no file")
        )
    with open_record(place, APPS) as target, open_record(file, APPS) as source:
        source.heal(actor.clock())
        refuse_while_others_work(source)
        row = move_record(source, target, actor.entry("audit move", "done", {}), require_whole)
        moved = Moved(row.sequence - 1, len(Decisions(target).of_all()), row.previous)
    file.file.unlink()
    return moved


def require_whole(record: Record) -> None:
    """Raise where a row or a decision is not what was written.

    Raises
    ------
    TamperedError
        With everything that is not.
    """
    found = [*record.faults(guards=GUARDS), *Decisions(record).faults()]
    if found:
        raise TamperedError(
            Problem(fault.where, fault.what, mend="A record that is not whole is not moved.")
            for fault in found
        )
