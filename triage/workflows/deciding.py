"""The panel's decisions: taking them over from a sheet, showing them, counting places."""

from __future__ import annotations

import datetime
import hashlib
import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from triage.decisions import (
    Decision,
    Decisions,
    Places,
    blank_sheet,
    current_of,
    decide,
    places_of,
    programme_events,
    read_sheet,
)
from triage.errors import ConfigurationError, Problem, close_match
from triage.lists import persons_of, sheet_identity, sheet_rows
from triage.workflows.lists import open_list
from triage.workflows.recording import Actor, kept_decisions, open_the_record, recorded
from triage.workspace import Workspace, read_panel, write_whole

if TYPE_CHECKING:  # to take decisions over, no extract is read
    from triage.records import Checked
    from triage.workflows.project import Project

__all__ = [
    "Decided",
    "Said",
    "count_places",
    "decided_on",
    "list_decisions",
    "take_decisions",
    "with_decided_places",
    "write_blank_sheet",
]

SOURCE = "decisions"
INPUT = "record: places on the programme"
TOLD = "record: decisions on earlier lists"


@dataclass(frozen=True)
class Said:
    """What a panel decided of a referral, and when it met."""

    decision: str
    met_on: datetime.date


@dataclass(frozen=True)
class Decided:
    """Decisions to be shown.

    Parameters
    ----------
    decisions : tuple of Decision
        In the order of recording.
    standing : frozenset of int
        The numbers of those that were not corrected.
    """

    decisions: tuple[Decision, ...]
    standing: frozenset[int]

    columns = (
        "decision",
        "referral",
        "rank",
        "standing",
        "decided",
        "met_on",
        "until",
        "by_whom",
        "plan",
        "reason",
        "not_as_ranked",
        "recorded_at",
        "recorded_by",
        "corrects",
        "stands",
    )

    @property
    def rows(self) -> list[dict[str, str | int | float | bool | None]]:
        """One row a decision."""
        return [_told(one, stands=one.number in self.standing) for one in self.decisions]


def take_decisions(
    root: Path, name: str, file: Path, *, actor: Actor, met_on: datetime.date | None = None
) -> Decided:
    """Record what a filled sheet decides on a list: all of it, or nothing.

    Parameters
    ----------
    root : Path
        The workspace's folder.
    name : str
        The list's name, its as-of date, or ``latest``.
    file : Path
        The sheet, ``.xlsx`` or ``.csv``.
    actor : Actor
    met_on : date, optional
        When the panel met, for rows that do not say so; by default today.

    Returns
    -------
    Decided
        What was recorded now; nothing where the sheet says what stands already.

    Raises
    ------
    DecisionError
        With every problem of every cell.
    NotFoundError, TamperedError, StorageError
    """
    bundle = open_list(root, name)
    sheet = read_sheet(file)
    with open_the_record(root, actor) as record:
        entry = actor.entry("decide", "done", {})

        def choose(earlier: Sequence[Decision]) -> Any:
            return decide(
                sheet,
                identity=sheet_identity(bundle),
                rows=sheet_rows(bundle),
                persons=persons_of(bundle),
                earlier=earlier,
                as_of=bundle.manifest.as_of,
                today=entry.at.date(),
                met_on=met_on,
            )

        made = Decisions(record).take(bundle.list_id, bundle.manifest.seal, entry, choose)
    return Decided(made, frozenset(one.number for one in made))


def write_blank_sheet(root: Path, name: str, file: Path, *, actor: Actor) -> int:
    """Write an empty decision sheet of a list as CSV; return how many referrals stand in it."""
    bundle = open_list(root, name)
    rows = sheet_rows(bundle)
    with recorded(root, actor, "decide --blank", list=bundle.list_id):
        write_whole(file, blank_sheet(sheet_identity(bundle), rows))
    return len(rows)


def list_decisions(root: Path, name: str, *, actor: Actor, history: bool) -> Decided:
    """Return the decisions that stand on a list, or with their history all that ever did."""
    list_id = open_list(root, name).list_id
    with open_the_record(root, actor) as record:
        record.append(actor.entry("decisions", "done", {"list": list_id}))
        every = Decisions(record).of_list(list_id)
    standing = tuple(current_of(every).values())
    numbers = frozenset(one.number for one in standing)
    return Decided(every if history else standing, numbers)


def count_places(root: Path, *, on: datetime.date, actor: Actor) -> Places:
    """Return the programme's places on a day."""
    workspace = Workspace.at(root)
    programme = read_panel(workspace.configs / "panel.yaml", root=root).programme
    with open_the_record(root, actor) as record:
        record.append(actor.entry("capacity", "done", {"on": str(on)}))
        every = Decisions(record).of_all()
    return places_of(
        every,
        on=on,
        a_year=programme.places_a_year,
        year_begins_in=programme.year_begins_in,
        leaving_within_days=programme.leaving_within_days,
    )


def with_decided_places(
    project: Project, checked: Checked, *, before: datetime.date | None = None
) -> Checked:
    """Return case histories with the places that the panel's decisions gave, and their hash.

    Parameters
    ----------
    project : Project
    checked : Checked
    before : date, optional
        Only what was recorded before this day.

    Raises
    ------
    ConfigurationError
        The panel's ``programme`` names what the vocabulary does not know.
    """
    programme, vocabulary = project.panel.programme, project.vocabulary
    if programme.event is None:
        return checked
    for key, value, known in (
        ("event", programme.event, vocabulary.types),
        ("agency", programme.agency, vocabulary.agencies),
    ):
        if value not in known:
            raise ConfigurationError(
                Problem(
                    "configs/panel.yaml, 'programme'",
                    f"'{key}' must be one that configs/vocabulary.yaml knows",
                    f"'{value}'",
                    close_match(value, known),
                )
            )
    events = programme_events(
        kept_decisions(project.workspace),
        type_name=programme.event,
        agency=programme.agency,
        source=SOURCE,
        before=before,
    )
    if not events:
        return checked
    from triage.records import add_events

    return replace(
        checked,
        histories=add_events(checked.histories, events),
        inputs={**checked.inputs, INPUT: _sha256(events)},
    )


def decided_on(
    workspace: Workspace, lists: Collection[str], *, before: datetime.date
) -> tuple[dict[tuple[str, str], Said], dict[str, str]]:
    """Return what panels decided on some lists, by list and referral, and the hash of it by a name.

    Parameters
    ----------
    workspace : Workspace
    lists : collection of str
    before : date
        Only what was recorded before this day. What was erased is not told.
    """
    known = [
        one
        for one in kept_decisions(workspace)
        if one.list_id in lists and one.recorded_at.date() < before and not one.erased
    ]
    told = {
        key: Said(one.wanted.choice, one.met_on) for key, one in sorted(current_of(known).items())
    }
    if not told:
        return {}, {}
    rows = [{"of": list(key), **vars(said)} for key, said in told.items()]
    return told, {TOLD: _sha256(rows)}


def _sha256(events: Sequence[dict[str, Any]]) -> str:
    text = json.dumps(list(events), sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def _told(one: Decision, *, stands: bool) -> dict[str, str | int | float | bool | None]:
    content = one.wanted.content
    erased = "erased" if one.erased else ""
    return {
        "decision": one.number,
        "referral": one.wanted.referral_id,
        "rank": one.wanted.rank,
        "standing": one.wanted.standing,
        "decided": one.wanted.choice,
        "met_on": one.met_on.isoformat(),
        "until": content.until.isoformat() if content.until else None,
        "by_whom": content.case_manager or content.route_to or content.defer_for or None,
        "plan": content.plan or None,
        "reason": content.reason or erased,
        "not_as_ranked": content.override_reason or None,
        "recorded_at": one.recorded_at.isoformat(" ", "minutes")[:16],
        "recorded_by": one.recorded_by,
        "corrects": one.wanted.corrects,
        "stands": stands,
    }
