"""Carrying an erasure through, whole, whatever happens to the process.

An erasure touches many files and the record, and must not stop half-way. So all that will stand
afterwards is made first, beside what stands, in a folder that appears whole by one rename: that is
the moment at which the erasure comes to be (:func:`commit`). From then on it is only carried
through (:func:`carry_through`), by the same command or, if that was killed, by the next one of any
kind: the contents of decisions and the ledger's row in one transaction, then file by file, each
replaced whole, and at last the folder goes. Every step may be done twice, and whoever does them
holds a lock.
"""

from __future__ import annotations

import datetime
import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from triage.decisions import Decisions
from triage.errors import Problem, StorageError, TriageError
from triage.ledger import Entry
from triage.workflows.places import look_at_the_record
from triage.workspace import FILE_MODE, Workspace, write_folder, write_whole

__all__ = ["alone", "carry_through", "commit", "finish_erasure"]

PLANNED = "erasing"
"""The folder of the record that holds an erasure which came to be and is not carried through."""
PLAN = "plan.json"
GOES_ON = (
    "The erasure is on record and begun: it goes on with the next command, of whatever kind, once "
    "this can be written."
)
LEFT = f".{PLANNED}.*"
"""What is left of an erasure that was killed before it came to be, or when it was done."""


def finish_erasure(workspace: Workspace) -> None:
    """Carry through an erasure that was killed after it came to be; mostly there is none.

    Raises
    ------
    StorageError, TriageError
        Something could not be written.
    """
    if (workspace.record / PLANNED / PLAN).is_file():
        carry_through(workspace)
    if any(workspace.record.glob(LEFT)):
        with alone(workspace):
            for path in workspace.record.glob(LEFT):
                shutil.rmtree(path)


def commit(
    workspace: Workspace,
    files: Mapping[Path, bytes],
    remove: Sequence[Path],
    said: Mapping[str, Any],
) -> None:
    """Let an erasure come to be: all that will stand afterwards appears, whole.

    Call it within :func:`alone` and a transaction, so that nobody begins meanwhile.

    Parameters
    ----------
    workspace : Workspace
    files : mapping of Path to bytes
        What will be written.
    remove : sequence of Path
        What will go.
    said : mapping
        What the ledger's row needs: ``person``, ``because``, ``at``, ``who``, ``account``, and the
        details.

    Raises
    ------
    StorageError
        Nothing came to be.
    """
    folder = workspace.record / PLANNED
    with write_folder(folder) as part:
        staged = {}
        for number, (path, content) in enumerate(files.items()):
            (part / str(number)).write_bytes(content)
            staged[str(number)] = os.path.relpath(path, workspace.root)
        removed = [os.path.relpath(path, workspace.root) for path in remove]
        plan = {"said": said, "files": staged, "remove": removed}
        (part / PLAN).write_text(json.dumps(plan, sort_keys=True), encoding="utf-8")


def carry_through(workspace: Workspace) -> tuple[list[int], int]:
    """Carry through an erasure that has come to be; return its decisions and the ledger's row.

    Raises
    ------
    StorageError, TriageError
        Something could not be written; the next command goes on.
    """
    folder = workspace.record / PLANNED
    with alone(workspace):
        try:
            text = (folder / PLAN).read_bytes()
        except FileNotFoundError:
            return [], 0  # somebody else has carried it through
        plan: dict[str, Any] = json.loads(text)
        numbers, row = _record(workspace, plan["said"], hashlib.sha256(text).hexdigest())
        try:
            for name, place in plan["files"].items():
                target = workspace.root / place
                if target.parent.is_dir():
                    write_whole(target, (folder / name).read_bytes())
        except StorageError as error:
            raise StorageError(replace(one, mend=GOES_ON) for one in error.problems) from error
        for place in plan["remove"]:
            _remove(workspace.root / place)
        gone = folder.with_name(f".{PLANNED}.gone")
        shutil.rmtree(gone, ignore_errors=True)
        folder.rename(gone)  # at once, so that no half of a plan is ever found
        shutil.rmtree(gone)
        return numbers, row


def _record(workspace: Workspace, said: Mapping[str, Any], plan: str) -> tuple[list[int], int]:
    with look_at_the_record(workspace) as record:
        if record is None:
            raise TriageError(Problem("record/", "must hold the record", "none"))
        with record.writing():
            for row in record.rows(command="erase"):
                if row.facts.get("plan") == plan:
                    return list(row.facts["decisions_erased"]), row.sequence
            numbers = Decisions(record).erase(said["person"])
            entry = Entry(
                at=datetime.datetime.fromisoformat(said["at"]),
                who=said["who"],
                account=said["account"],
                command="erase",
                actions=("erasure",),
                details={
                    "person": said["person"],
                    "because": said["because"],
                    "rows": said["rows"],
                    "resealed": said["resealed"],
                    "decisions_erased": numbers,
                    "plan": plan,
                },
            )
            return numbers, record.append(entry).sequence


@contextmanager
def alone(workspace: Workspace) -> Iterator[None]:
    """Let one process at a time erase. Take it before :meth:`triage.ledger.Record.writing`."""
    handle = os.open(workspace.record / ".erases", os.O_CREAT | os.O_RDWR, FILE_MODE)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
