"""Everything that is held on a person, for a rights request."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from triage.decisions import Decisions
from triage.errors import NotFoundError, Problem
from triage.ledger import Row
from triage.lists import Bundle, list_names, persons_of, read_bundle
from triage.workflows.recording import Actor, Use, recorded
from triage.workspace import Workspace, write_whole

if TYPE_CHECKING:
    from triage.workflows.project import Project

__all__ = ["tell_subject"]

TABLES = ("referrals", "not_for_panel", "reasons", "rules", "evidence", "features")
"""The tables of a list that tell of a person."""


def tell_subject(
    project: Project,
    person_id: str,
    *,
    actor: Actor,
    recipients: Sequence[str],
    output: Path | None = None,
) -> dict[str, Any]:
    """Return everything that is held on a person, in extracts, lists, decisions and the ledger.

    Parameters
    ----------
    project : Project
    person_id : str
    actor : Actor
    recipients : sequence of str
        Who will get it, for the ledger.
    output : Path, optional
        Where it is written too, for its owner alone.

    Raises
    ------
    NotFoundError
        Nothing is held on such a person.
    ExtractError, TamperedError, StorageError
    """
    with recorded(
        project.workspace.root, actor, "audit subject", person=person_id, recipients=[*recipients]
    ) as use:
        told = {
            "person_id": person_id,
            "told_at": actor.clock().isoformat(timespec="seconds"),
            **_held_on(project, person_id, use),
        }
        if output is not None:
            write_whole(output, json.dumps(told, indent=2) + "\n")
    return told


def _held_on(project: Project, person_id: str, use: Use) -> dict[str, list[dict[str, Any]]]:
    from triage.records import rows_of_person

    workspace = project.workspace
    extracts = []
    for source in project.sources:
        held = rows_of_person(source, person_id, root=workspace.root)
        extracts += [
            {"source": source.name, "file": held.label, "line": row.line, "cells": dict(row.cells)}
            for row in held.rows
        ]
    lists = list(_on_lists(workspace, person_id))
    decisions = Decisions(use.record).of_person(person_id)
    if not extracts and not lists and not decisions:
        raise NotFoundError(
            Problem(
                f"person {person_id}",
                "must be somebody of whom something is held",
                "nothing in any extract, list or decision",
            )
        )
    referrals = {one["referral_id"] for one in lists}
    referrals |= {one.wanted.referral_id for one in decisions}
    use.add(
        rows=len(extracts),
        lists=sorted({one["list"] for one in lists}),
        told_decisions=[one.number for one in decisions],
    )
    return {
        "extracts": extracts,
        "lists": lists,
        "decisions": [_decision(one) for one in decisions],
        "uses": [_use(row) for row in use.record.rows() if _names(row, person_id, referrals)],
    }


def _on_lists(workspace: Workspace, person_id: str) -> Iterator[dict[str, Any]]:
    for name in list_names(workspace.lists):
        bundle = read_bundle(workspace.lists / name)
        for referral, person in persons_of(bundle).items():
            if person == person_id:
                yield {"list": name, "referral_id": referral, **_told_of(bundle, referral)}


def _told_of(bundle: Bundle, referral: str) -> dict[str, Any]:
    return {
        name: [
            {column: _plain(value) for column, value in row.items() if column != "referral_id"}
            for row in getattr(bundle.tables, name).to_pylist()
            if row["referral_id"] == referral
        ]
        for name in TABLES
    }


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime.date) else value


def _names(row: Row, person_id: str, referrals: set[str]) -> bool:
    facts = row.facts
    return facts.get("person") == person_id or bool(
        isinstance(facts.get("referrals"), list) and referrals & set(facts["referrals"])
    )


def _decision(one: Any) -> dict[str, Any]:
    return {
        "decision": one.number,
        "list": one.list_id,
        "referral_id": one.wanted.referral_id,
        "choice": one.wanted.choice,
        "met_on": one.met_on.isoformat(),
        "recorded_at": one.recorded_at.isoformat(),
        "recorded_by": one.recorded_by,
        "corrects": one.wanted.corrects,
        **{name: _plain(value) for name, value in vars(one.wanted.content).items()},
    }


def _use(row: Row) -> dict[str, Any]:
    return {
        "row": row.sequence,
        "at": row.at,
        "who": row.who,
        "command": row.command,
        "actions": row.actions,
        "stage": row.stage,
    }
