"""What an auditor asks: is the record whole, does a list replay, who knew and decided what."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from triage.decisions import GUARDS, Decision, Decisions
from triage.errors import Problem, ReplayError, TamperedError, TriageError
from triage.ledger import Anchor, Fault, Record, Row, read_anchor, write_anchor
from triage.lists import Bundle, list_names, persons_of, read_bundle, read_seal
from triage.workflows.lists import open_list
from triage.workflows.places import look_at_the_record
from triage.workflows.recording import Actor, open_the_record
from triage.workspace import Workspace

if TYPE_CHECKING:
    from triage.workflows.progress import Progress
    from triage.workflows.project import Project

__all__ = [
    "Replayed",
    "Told",
    "Verified",
    "anchor_record",
    "replay_list",
    "show_referral",
    "verify_record",
]

Cell = str | int | float | bool | None
SEEN_BY = frozenset(
    {
        "show",
        "explain",
        "papers",
        "rank",
        "audit show",
        "audit fairness",
        "decisions",
        "decide --blank",
    }
)
"""The commands by which somebody sees a list, or writes what others see of it."""


@dataclass(frozen=True)
class Told:
    """What an auditor is told: rows of something, with their columns."""

    rows: list[dict[str, Cell]]
    columns: tuple[str, ...]


@dataclass(frozen=True)
class Verified:
    """A record that is whole.

    Parameters
    ----------
    anchor : Anchor
        Its end.
    decisions, lists : int
        How many were held against it.
    anchored : bool
        Whether an anchor from elsewhere was, too.
    """

    anchor: Anchor
    decisions: int
    lists: int
    anchored: bool


def verify_record(root: Path, anchor: Path | None = None) -> Verified:
    """Return that a record is whole, and that decisions and lists are what it says.

    Nothing is written: what may have been tampered with is looked at as it is.

    Parameters
    ----------
    root : Path
        The workspace's folder.
    anchor : Path, optional
        What :func:`anchor_record` wrote earlier.

    Raises
    ------
    TamperedError
        With every row, decision and list that is not what was recorded.
    NotFoundError
        The anchor's file is none.
    """
    known = None if anchor is None else read_anchor(anchor)
    workspace = Workspace.at(root)
    with look_at_the_record(workspace) as record:
        if record is None:
            found = [Fault("record/", "must hold the record: there is none")]
            if not list_names(workspace.lists) and known is None:
                return Verified(Anchor(sequence=0, sha256="0" * 64, at=""), 0, 0, anchored=False)
            raise TamperedError(_problems(found))
        decisions = Decisions(record)
        found = [*record.faults(known, GUARDS), *decisions.faults()]
        found += _list_faults(workspace, record)
        if found:
            raise TamperedError(_problems(found))
        n_lists = len(list_names(workspace.lists))
        return Verified(record.anchor(), len(decisions.of_all()), n_lists, known is not None)


def _problems(faults: Sequence[Fault]) -> Iterator[Problem]:
    for fault in faults:
        yield Problem(
            fault.where,
            fault.what,
            mend="Keep the record as it is, compare it with a copy, and find out who changed it.",
        )


def _list_faults(workspace: Workspace, record: Record) -> Iterator[Fault]:
    seals, made = sealed_lists(record.rows())
    there = list_names(workspace.lists)
    for name in there:
        where = f"list {name}"
        if name not in seals:
            yield Fault(where, "is in no row of the ledger: it was put there by hand")
            continue
        try:
            seal = read_seal(workspace.lists / name)
        except TamperedError as error:
            yield Fault(where, f"was touched: {error.problems[0].must}")
            continue
        if seal != seals[name]:
            yield Fault(where, "has another seal than the ledger says: it was changed by hand")
    for name in sorted(made - set(there)):
        yield Fault(f"list {name}", "was made, and is not there any more")


def sealed_lists(rows: Iterator[Row]) -> tuple[dict[str, str], set[str]]:
    """Return list → the seal that it must have, and the lists that must stand.

    A list that was announced by a process that died may stand, and need not.
    """
    seals: dict[str, str] = {}
    announced: dict[int | None, set[str]] = {}
    made: set[str] = set()
    for row in rows:
        facts = row.facts
        if row.command in ("rank", "demo") and "seal" in facts:
            seals[facts["list"]] = facts["seal"]
            announced.setdefault(row.begun, set()).add(facts["list"])
        if row.stage == "finished":
            made |= announced.pop(row.begun, set())
        seals |= facts.get("resealed", {})
    return seals, made


def anchor_record(root: Path, output: Path | None) -> Anchor:
    """Return the end of a workspace's record, written to a file if one is named."""
    with look_at_the_record(Workspace.at(root)) as record:
        anchor = Anchor(sequence=0, sha256="0" * 64, at="") if record is None else record.anchor()
    if output is not None:
        write_anchor(output, anchor)
    return anchor


@dataclass(frozen=True)
class Replayed:
    """What came of making a list again.

    Parameters
    ----------
    list_id : str
    causes : list of (str, str, str)
        Kind, name and what is different, of everything that a list is made from.
    differing : tuple of str
        The files that come out with other bytes; None where it could not be made again.
    files : int
        How many there are.
    """

    list_id: str
    causes: list[tuple[str, str, str]]
    differing: tuple[str, ...] | None
    files: int

    columns = ("what", "name", "found")

    @property
    def rows(self) -> list[dict[str, Cell]]:
        """One row a cause, and one a file that differs."""
        found = [*self.causes, *(("file", name, "other bytes") for name in self.differing or ())]
        return [dict(zip(self.columns, one, strict=True)) for one in found]

    def require_same(self) -> None:
        """Raise unless every byte came out the same.

        Raises
        ------
        ReplayError
            Saying which input, configuration, model or code has changed.
        """
        if self.differing == ():
            return
        where = f"list {self.list_id}"
        problems = [Problem(where, f"{kind} '{name}' {what}") for kind, name, what in self.causes]
        if self.differing is not None:
            problems.append(
                Problem(
                    where,
                    "must come out the same, byte for byte",
                    f"other bytes in {', '.join(self.differing)}",
                    ""
                    if self.causes
                    else "Nothing that is hashed has changed: look at the "
                    "versions of the libraries that are installed.",
                )
            )
        raise ReplayError(problems)


def replay_list(project: Project, name: str, *, progress: Progress, use: Any = None) -> Replayed:
    """Make a list again from what it was made from, and compare every byte.

    What has changed since is looked for first: each input, each file of configuration, the model
    and the code, by their hashes. Then the list is made from all of them as they are now, under the
    labels that it had, so that a change which changes nothing in the list shows as such.

    Parameters
    ----------
    project : Project
    name : str
    progress : Progress
    use : Use, optional
        Is told which list it was.
    """
    from triage.lists import differing_files
    from triage.papers import make_papers
    from triage.registry import Registry
    from triage.workflows.against import NONE, read_history
    from triage.workflows.checking import read_accepted
    from triage.workflows.making import made_anew
    from triage.workflows.project import (
        GIVEN_CAPACITY,
        code_version,
        config_hashes,
        with_capacity,
    )
    from triage.workflows.ranking import Making, content_of

    bundle = open_list(project.workspace.root, name)
    manifest = bundle.manifest
    if use is not None:
        use.add(list=bundle.list_id)
    causes = [
        ("erasure", str(one.on), "took a person from this list: it cannot be made again whole")
        for one in manifest.erasures
    ]
    chosen: Mapping[str, str] = {}
    if GIVEN_CAPACITY in manifest.configs:
        project, chosen = with_capacity(project, manifest.panel.capacity)
    configs = {**config_hashes(project.workspace), **chosen}
    causes += _changed("configuration", manifest.configs, configs)
    if code_version() != manifest.code_version:
        causes.append(("code", manifest.code_version, f"is now {code_version()}"))
    n_files = len(manifest.tables) + len(manifest.papers)
    try:
        registry = Registry(project.workspace, project.panel.tracking_uri)
        version = registry.version(int(manifest.model.version))
        trained = registry.load(version.number, with_ensemble=True)
        if version.sha256 != manifest.model.sha256:
            causes.append(("model", f"version {version.number}", "is another one now"))
        checked = read_accepted(
            project,
            today=manifest.created_at.date(),
            progress=progress,
            decided_before=manifest.as_of,
        )
        before = NONE if manifest.against is None else manifest.against.list_id
        history = read_history(project.workspace.lists, manifest.as_of, before)
        history = history.with_decisions(project.workspace, manifest.as_of)
        inputs = {**checked.inputs, **history.inputs}
        causes += _changed("input", manifest.inputs, inputs)
        progress.stage("Making the list again")
        made = Making(
            project,
            trained,
            version.sha256,
            manifest.as_of,
            manifest.configs,
            manifest.code_version,
        )
        content = content_of(
            made, checked, history, manifest.model, now=manifest.created_at, make=made_anew
        )
    except TriageError as error:
        causes += [("reading", one.where, str(one.must)) for one in error.problems]
        return Replayed(bundle.list_id, causes, None, n_files)
    labelled = replace(
        content,
        inputs=_in_order(manifest.inputs, content.inputs),
        configs=_in_order(manifest.configs, content.configs),
    )
    return Replayed(bundle.list_id, causes, differing_files(bundle, labelled, make_papers), n_files)


def _in_order(then: Mapping[str, str], now: Mapping[str, str]) -> dict[str, str]:
    """Return what was read then, in the order in which it is read now: papers show that order."""
    return {name: then[name] for name in (*now, *then) if name in then}


def _changed(
    kind: str, then: Mapping[str, str], now: Mapping[str, str]
) -> list[tuple[str, str, str]]:
    found = []
    for name in sorted(then.keys() | now.keys()):
        if name not in now:
            found.append((kind, name, "is not there any more"))
        elif name not in then:
            found.append((kind, name, "was not there then"))
        elif then[name] != now[name]:
            found.append((kind, name, "has changed"))
    return found


def show_referral(root: Path, name: str, referral: str, *, actor: Actor) -> Told:
    """Return what was known of a referral, which version said what, who saw it, what was decided.

    Raises
    ------
    NotFoundError
        There is no such list, or no such referral on it.
    """
    bundle = open_list(root, name)
    bundle.find_referral(referral)
    with open_the_record(root, actor) as record:
        details = {"list": bundle.list_id, "referrals": [referral]}
        record.append(actor.entry("audit show", "done", details))
        uses = [row for row in record.rows() if row.facts.get("list") == bundle.list_id]
        decisions = Decisions(record).of_list(bundle.list_id)
    rows = [
        *_told_of_list(bundle),
        *_told_of_place(bundle, referral),
        *_told_of_uses(uses, referral),
        *(_told_of(one) for one in decisions if one.wanted.referral_id == referral),
    ]
    return Told(rows, ("part", "what", "value", "when", "who"))


def _row(part: str, what: str, value: Any, when: object = None, who: str = "") -> dict[str, Cell]:
    shown = value if isinstance(value, int | float | bool) or value is None else str(value)
    return {
        "part": part,
        "what": what,
        "value": shown,
        "when": None if when is None else str(when),
        "who": who or None,
    }


def _told_of_list(bundle: Bundle) -> Iterator[dict[str, Cell]]:
    manifest = bundle.manifest
    yield _row("list", "name", bundle.list_id, _minute(manifest.created_at))
    yield _row("list", "nothing known on or after", manifest.as_of)
    model = manifest.model
    yield _row("list", "model", f"version {model.version}, {model.title} ({model.role})")
    yield _row("list", "model's hash", model.sha256)
    yield _row("list", "code", manifest.code_version)
    for one in manifest.erasures:
        yield _row("list", "somebody was erased", f"places {one.ranks}", one.on)


def _told_of_place(bundle: Bundle, referral: str) -> Iterator[dict[str, Cell]]:
    tables = bundle.tables
    for table in (tables.referrals, tables.not_for_panel):
        for row in _of_referral(table, referral):
            for what, value in row.items():
                yield _row("said", what.replace("_", " "), value)
    for row in _of_referral(tables.rules, referral):
        if row["truth"] != "no":
            yield _row("said", f"rule {row['rule_id']}: {row['truth']}", row["reason"])
    for row in _of_referral(tables.reasons, referral):
        what = "reason" if row["known"] else "not known"
        yield _row("said", f"{what} {row['place']}", row["text"])
    for row in _of_referral(tables.evidence, referral):
        what = f"{row['event_id']} ({row['source']}), behind reason {row['place']}"
        known = f"happened {row['happened_on']}, known {row['known_on']}"
        yield _row("known", what, row["meaning"], known, row["agency_name"])
    for row in _of_referral(tables.features, referral):
        for what, value in row.items():
            yield _row("known", what, value)


def _of_referral(table: Any, referral: str) -> Iterator[dict[str, Any]]:
    for row in table.to_pylist():
        if row.pop("referral_id") == referral:
            yield row


def _told_of_uses(uses: Sequence[Row], referral: str) -> Iterator[dict[str, Cell]]:
    for row in uses:
        about = row.facts.get("referrals")
        if isinstance(about, list) and referral not in about:
            continue
        if row.command in SEEN_BY:
            what = f"{row.command} {row.stage}" if row.stage != "done" else row.command
            yield _row("seen", what, f"row {row.sequence}", row.at[:16], row.who)


def _told_of(one: Decision) -> dict[str, Cell]:
    content = one.wanted.content
    about = [content.case_manager, content.route_to, content.defer_for, content.plan]
    said = "; ".join(part for part in (*about, content.reason, content.override_reason) if part)
    until = f" until {content.until}" if content.until else ""
    corrects = f", correcting decision {one.wanted.corrects}" if one.wanted.corrects else ""
    return _row(
        "decided",
        f"decision {one.number}, met on {one.met_on}: {one.wanted.choice}{until}{corrects}",
        "erased" if one.erased else said,
        _minute(one.recorded_at),
        one.recorded_by,
    )


def _minute(at: datetime.datetime) -> str:
    return at.isoformat(" ", "minutes")[:16]


def lists_with(workspace: Workspace, person_id: str) -> Iterator[tuple[Bundle, list[str]]]:
    """Yield each list that a person is on, and their referrals there."""
    for name in list_names(workspace.lists):
        bundle = read_bundle(workspace.lists / name)
        theirs = [one for one, person in persons_of(bundle).items() if person == person_id]
        if theirs:
            yield bundle, theirs
