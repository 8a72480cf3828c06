"""Erasing a person from all that a workspace holds."""

from __future__ import annotations

import datetime
import json
import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from triage.decisions import Decisions
from triage.errors import NotFoundError, Problem, TriageError
from triage.ledger import Record
from triage.lists import erased_from, list_names, read_bundle
from triage.workflows.carrying import alone, carry_through, commit
from triage.workflows.recording import Actor, open_the_record
from triage.workspace import Workspace

if TYPE_CHECKING:
    from triage.records import PersonsRows
    from triage.workflows.project import Project

__all__ = ["Erased", "erase_person", "refuse_while_others_work"]


@dataclass(frozen=True)
class Erased:
    """What became of what was held on a person.

    Parameters
    ----------
    row : int
        The ledger's.
    rows : mapping of str to int
        Extract → how many rows were taken out.
    lists : tuple of str
        The lists that were sealed anew.
    decisions : tuple of int
        Those whose content was removed.
    files : tuple of str
        Reports and stored histories that were removed or written anew.
    left : tuple of str
        What this program cannot erase, a sentence each.
    """

    row: int
    rows: Mapping[str, int]
    lists: tuple[str, ...]
    decisions: tuple[int, ...]
    files: tuple[str, ...]
    left: tuple[str, ...]


@dataclass(frozen=True)
class _Plan:
    """All that will stand afterwards."""

    files: Mapping[Path, bytes]
    remove: Sequence[Path]
    seals: Mapping[str, str]
    counts: Mapping[str, int]
    left: Sequence[str]


def erase_person(
    project: Project,
    person_id: str,
    *,
    because: str,
    actor: Actor,
    histories: Sequence[Path] = (),
) -> Erased:
    """Take a person out of extracts, stored histories, caches, reports, lists and decisions.

    Parameters
    ----------
    project : Project
    person_id : str
    because : str
        On whose request, or by which rule; it stands in the ledger.
    actor : Actor
    histories : sequence of Path
        Folders of stored case histories.

    Raises
    ------
    NotFoundError
        Nothing is held on such a person.
    TriageError
        Other commands are at work.
    TamperedError
        A list was touched, so it is not written anew.
    StorageError, ExtractError
        Nothing was erased then.
    """
    workspace = project.workspace
    with open_the_record(workspace.root, actor) as record:
        refuse_while_others_work(record)
        plan = _plan(project, person_id, actor.clock().date(), histories, record)
        said = {
            "person": person_id,
            "because": because,
            "at": actor.clock().isoformat(),
            "who": actor.who,
            "account": actor.account,
            "resealed": dict(plan.seals),
            "rows": dict(plan.counts),
        }
        with alone(workspace), record.writing():  # nobody begins while the plan comes to be
            refuse_while_others_work(record)
            commit(workspace, plan.files, plan.remove, said)
    numbers, row = carry_through(workspace)
    return Erased(
        row=row,
        rows=plan.counts,
        lists=tuple(plan.seals),
        decisions=tuple(numbers),
        files=tuple(_shown(path, workspace) for path in (*plan.files, *plan.remove)),
        left=tuple(plan.left),
    )


def refuse_while_others_work(record: Record) -> None:
    """Raise where something that was begun has not ended.

    Raises
    ------
    TriageError
        With each command that is at work.
    """
    at_work = record.open()
    if at_work:
        raise TriageError(
            Problem(
                f"row {row.sequence} of the ledger",
                f"'triage {row.command}' must have ended before this",
                f"it is at work since {row.at[:16]}",
                "Wait for it, and run the command again.",
            )
            for row in at_work
        )


def _plan(
    project: Project,
    person_id: str,
    today: datetime.date,
    histories: Sequence[Path],
    record: Record,
) -> _Plan:
    from triage.papers import make_papers
    from triage.records import rows_of_person, stored_without, without_rows

    workspace = project.workspace
    held = [rows_of_person(one, person_id, root=workspace.root) for one in project.sources]
    files: dict[Path, bytes] = {}
    for found in held:
        content = without_rows(found)
        if content is not None and found.path is not None:
            files[found.path] = content
    for folder in histories:
        files |= stored_without(folder, person_id)
    referrals = _ids(held, "referral_id")
    events = _ids(held, "event_id")
    seals: dict[str, str] = {}
    for name in list_names(workspace.lists):
        anew = erased_from(
            read_bundle(workspace.lists / name),
            person_id,
            on=today,
            papers=make_papers,
            referral_ids=referrals,
            event_ids=events,
        )
        if anew is not None:
            seals[name] = json.loads(anew["manifest.json"])["seal"]
            files |= {workspace.lists / name / file: content for file, content in anew.items()}
    counts = {found.label: len(found.rows) for found in held if found.rows}
    theirs = Decisions(record).of_person(person_id)
    if not files and not counts and not theirs:
        raise NotFoundError(
            Problem(
                f"person {person_id}",
                "must be somebody of whom something is held",
                "nothing in any extract, list or decision",
            )
        )
    named = {person_id, *referrals, *(one.wanted.referral_id for one in theirs)}
    reports = [*_naming(workspace.results, named | events), *_old_papers(workspace, seals)]
    left = [*_left_of(held, person_id), *_given_away(record, seals), *_named_by(workspace, named)]
    remove = [workspace.cache, *reports, *_left_over(workspace)]
    return _Plan(files, remove, seals, counts, left)


def _left_over(workspace: Workspace) -> Iterator[Path]:
    """Yield what processes that were killed had not finished writing; nobody is at work now."""
    for folder in (workspace.lists, workspace.results, workspace.root / "data"):
        yield from sorted(folder.rglob(".*.part"))


def _ids(held: Sequence[PersonsRows], name: str) -> set[str]:
    return {one for found in held for one in found.ids(name)}


def _old_papers(workspace: Workspace, seals: Mapping[str, str]) -> Iterator[Path]:
    """Yield the folders of papers and packs that were made of lists which are sealed anew."""
    for kind in ("papers", "packs"):
        for name in seals:
            folder = workspace.results / kind / name
            if folder.is_dir():
                yield folder


def _naming(folder: Path, ids: Collection[str]) -> Iterator[Path]:
    """Yield the files that hold one of these ids."""
    wanted = [one.encode() for one in ids if one]
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            content = _readable(path)
            if any(one in content for one in wanted):
                yield path


def _readable(path: Path) -> bytes:
    if path.suffix != ".parquet":
        return path.read_bytes()
    import pyarrow.parquet as pq

    return str(pq.ParquetFile(path).read().to_pydict()).encode()


def _left_of(held: Sequence[PersonsRows], person_id: str) -> Iterator[str]:
    for found in held:
        if found.path is None and found.rows:
            yield (
                f"{found.label}: {len(found.rows)} row(s) of {person_id} stand in a database that "
                f"is not this program's. Erase them there ({found.source.file} says where); until "
                "then they are rejected, as rows of somebody who is not known."
            )
        if found.mentions:
            yield (
                f"{found.label}: {found.mentions} row(s) of other people name {person_id} as the "
                "victim. They are records of those others, and stay."
            )


def _given_away(record: Record, seals: Mapping[str, str]) -> Iterator[str]:
    for command, what in (("papers", "papers were"), ("audit pack", "audit pack was")):
        for row in record.rows(command=command, stage="finished"):
            facts = row.facts
            if facts.get("list") in seals:
                to = ", ".join(facts.get("recipients") or []) or "nobody was named"
                yield (
                    f"list {facts['list']}: its {what} written on {row.at[:10]} by {row.who} "
                    f"(for: {to}). What was printed, sent or put elsewhere is not within reach."
                )


def _named_by(workspace: Workspace, ids: Collection[str]) -> Iterator[str]:
    for folder in (workspace.registry, workspace.models):
        n_files = sum(1 for _ in _naming(folder, ids))
        if n_files:
            yield (
                f"{folder.name}/: {n_files} file(s) on models name the person or a referral of "
                "theirs by id. They are sealed with the versions that they tell of, and stay."
            )


def _shown(path: Path, workspace: Workspace) -> str:
    return os.path.relpath(path, workspace.root)
