"""The auditor's commands, and those for people's rights over what is held on them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from triage.cli.actors import actor, now
from triage.cli.deciding import OnDay, Who
from triage.cli.output import Format, print_listing, tell
from triage.cli.program import (
    HERE,
    FormatOption,
    ListArgument,
    NoCache,
    WorkspaceOption,
    application,
)

__all__ = ["audit"]

audit = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Is the record whole, does a list replay, who knew and decided what?",
    epilog="Example:  triage audit verify --anchor anchor.json",
)
application.add_typer(audit, name="audit")
PersonArgument = Annotated[str, typer.Argument(metavar="PERSON", help="The person's id.")]


@audit.command(
    "verify",
    epilog="Example:  triage audit verify\n\nExample:  triage audit verify --anchor anchor.json",
)
def verify_command(
    workspace: WorkspaceOption = HERE,
    anchor: Annotated[
        Path | None,
        typer.Option(
            "--anchor", metavar="FILE", help="What 'triage audit anchor' wrote: finds missing ends."
        ),
    ] = None,
) -> None:
    """Find any row, decision or list that was changed, removed, reordered or cut off.

    Exit code 9 says that something was.
    """
    from triage.workflows import verify_record

    done = verify_record(workspace, anchor)
    print(f"{done.anchor.sequence} rows, {done.decisions} decisions, {done.lists} lists: whole.")
    print(f"The last row: {done.anchor.sha256}")
    if not done.anchored:
        tell("Only an anchor that is kept elsewhere tells that no row is missing at the end.")


@audit.command("anchor", epilog="Example:  triage audit anchor --output /media/key/anchor.json")
def anchor_command(
    workspace: WorkspaceOption = HERE,
    output: Annotated[
        Path | None, typer.Option("--output", metavar="FILE", help="Write it to a file too.")
    ] = None,
) -> None:
    """Say the last row's number and hash, to be kept where the record's keeper cannot reach."""
    from triage.workflows import anchor_record

    print(anchor_record(workspace, output).to_json(), end="")


@audit.command("move", epilog="Example:  triage audit move --by 'D. Officer'")
def move_command(workspace: WorkspaceOption = HERE, by: Who = "") -> None:
    """Move the record from record/ into the database that configs/panel.yaml names.

    Name it there first; no other command runs until the record was moved. Rows, decisions and
    anchors stay what they are. The database must be empty, and the file is removed.
    """
    from triage.workflows import move_the_record

    done = move_the_record(workspace, actor=actor(by))
    print(f"{done.rows} rows and {done.decisions} decisions were moved: whole.")
    print(f"The last of them: {done.sha256}")
    tell("record/record.sqlite3 was removed. Copies of it elsewhere keep what is erased from now.")


@audit.command("replay", epilog="Example:  triage audit replay 2026-03-01")
def replay_command(
    name: ListArgument,
    workspace: WorkspaceOption = HERE,
    by: Who = "",
    form: FormatOption = Format.TABLE,
) -> None:
    """Make a list again from its inputs and compare every byte; say what has changed since.

    Exit code 13 says that it does not come out the same.
    """
    from triage.cli.progress import Shown
    from triage.workflows import load_project, recorded, replay_list

    project = load_project(workspace)
    with Shown() as progress, recorded(workspace, actor(by), "audit replay") as use:
        done = replay_list(project, name, progress=progress, use=use)
        use.add(same=done.differing == ())
    if done.causes or done.differing or form is not Format.TABLE:
        print_listing(done.rows, done.columns, form)
    done.require_same()
    tell(f"List {done.list_id}: all {done.files} files come out the same, byte for byte.")
    if done.causes:
        tell("What has changed since, as listed, changes nothing in this list.")


@audit.command(
    "pack",
    epilog="Example:  triage audit pack 2026-03-01 --to 'the force auditor'\n\n"
    "Example:  triage audit pack latest --output /media/key/pack && "
    "cd /media/key/pack && sha256sum -c SHA256SUMS",
)
def pack_command(
    name: ListArgument,
    workspace: WorkspaceOption = HERE,
    by: Who = "",
    to: Annotated[
        list[str] | None,
        typer.Option(
            "--to", metavar="RECIPIENT", help="Who will get it, for the record; several times."
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", metavar="DIR", help="A new folder; by default results/packs/ and the list."
        ),
    ] = None,
) -> None:
    """Write all that an auditor is handed of a list: one folder, whole or not at all.

    It holds the list, the model's card and transparency record, what is measured of groups at its
    cut, the ledger's rows on the list, whether it comes out the same when made again, the ICO's six
    explanations and the ALGO-CARE checklist. What only a person can answer is left blank. Open
    contents.html first.
    """
    from triage.cli.progress import Shown
    from triage.workflows import load_project, open_list, recorded, write_audit_pack

    project = load_project(workspace)
    list_id = open_list(workspace, name).list_id
    said = {"list": list_id, "recipients": to or []}
    with Shown() as progress, recorded(workspace, actor(by), "audit pack", **said) as use:
        done = write_audit_pack(
            project, list_id, output=output, today=now().date(), progress=progress, use=use
        )
    print(done.folder)
    tell(f"The audit pack of list {done.list_id}: {done.files} files. {done.replay.told}")
    if done.no_card:
        tell(done.no_card)
    tell("Begin with contents.html: it says too what a person has to fill in.")


@audit.command("show", epilog="Example:  triage audit show 2026-03-01 R-003540")
def show_command(
    name: ListArgument,
    referral: Annotated[str, typer.Argument(metavar="REFERRAL", help="The referral's id.")],
    workspace: WorkspaceOption = HERE,
    by: Who = "",
    form: FormatOption = Format.TABLE,
) -> None:
    """Tell what was known of a referral, which version said what, who saw it, what was decided."""
    from triage.workflows import show_referral

    told = show_referral(workspace, name, referral, actor=actor(by))
    print_listing(told.rows, told.columns, form)


@audit.command(
    "fairness",
    epilog="Example:  triage audit fairness\n\nExample:  triage audit fairness --list latest\n\n"
    "Example:  triage audit fairness --model 3 --format csv > groups.csv",
)
def fairness_command(
    name: Annotated[
        str | None,
        typer.Option(
            "--list",
            metavar="LIST",
            help="A list's name, its as-of date, or 'latest': '--list 2026-03-01'. What has not "
            "settled is said.",
        ),
    ] = None,
    version: Annotated[
        int | None,
        typer.Option(
            "--model",
            metavar="VERSION",
            min=1,
            help="A model version, on its test periods: '--model 3'. By default the one that "
            "ranks.",
        ),
    ] = None,
    workspace: WorkspaceOption = HERE,
    by: Who = "",
    form: FormatOption = Format.TABLE,
    no_cache: NoCache = False,
) -> None:
    """Measure what the cut that is used does to groups of people, and to two attributes at once.

    Shares of list and harm, recall, missed harm, false positives and omissions, chances, places,
    reasons, whose records make the outcome, and what the features tell of each group. Exit code 0:
    no measure lies outside a tolerance of configs/fairness.yaml; 23: one does. The table has a row
    a group; --format json or csv has every measure. Writes results/fairness/…/fairness.html, .csv
    and .json.
    """
    from triage.cli.progress import Shown
    from triage.workflows import audit_fairness, load_project, recorded

    if name is not None and version is not None:
        raise typer.BadParameter("--list and --model: ask one of them at a time.")
    project = load_project(workspace)
    with Shown() as progress, recorded(workspace, actor(by), "audit fairness") as use:
        done = audit_fairness(
            project,
            list_name=name,
            version=version,
            today=now().date(),
            progress=progress,
            keep_features=not no_cache,
        )
        use.add(**done.facts, **({} if name is None else {"list": done.report.name}))
    if form is Format.TABLE:
        print_listing(done.summary, done.shown, form)
    else:
        print_listing(done.rows, done.columns, form)
    for line in done.told:
        tell(line)
    if done.exit_code:
        raise typer.Exit(done.exit_code)


@audit.command(
    "subject",
    epilog="Example:  triage audit subject P-000123 --output request.json --to 'the person'",
)
def subject_command(
    person: PersonArgument,
    workspace: WorkspaceOption = HERE,
    by: Who = "",
    to: Annotated[
        list[str] | None,
        typer.Option("--to", metavar="RECIPIENT", help="Who will get it, for the record."),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", metavar="FILE.json", help="A file, instead of printing it."),
    ] = None,
) -> None:
    """Give everything that is held on a person, for a rights request, as JSON."""
    from triage.workflows import load_project, tell_subject

    told = tell_subject(
        load_project(workspace), person, actor=actor(by), recipients=to or [], output=output
    )
    if output is None:
        print(json.dumps(told, indent=2))
    tell(
        f"{len(told['extracts'])} rows of extracts, {len(told['lists'])} places on lists, "
        f"{len(told['decisions'])} decisions, {len(told['uses'])} uses"
        + ("." if output is None else f": {output}")
    )


@application.command(
    "erase",
    epilog="Example:  triage erase P-000123 --because 'request of 3 March' --by 'D. Officer'\n\n"
    "Example:  triage erase P-000123 --because 'review' --histories stored",
)
def erase_command(
    person: PersonArgument,
    because: Annotated[
        str, typer.Option("--because", metavar="REASON", help="Why, on record; no content.")
    ],
    workspace: WorkspaceOption = HERE,
    by: Who = "",
    histories: Annotated[
        list[Path] | None,
        typer.Option(
            "--histories", metavar="FOLDER", help="Stored histories to erase from: --histories H"
        ),
    ] = None,
) -> None:
    """Take a person out of extracts, stored histories, caches, lists and decisions.

    The ledger keeps that it was done; lists say that somebody is missing. It is done whole, or
    not at all. What this program cannot erase is told.
    """
    from triage.workflows import erase_person, load_project

    if not because.strip():
        raise typer.BadParameter("--because must say why.")
    done = erase_person(
        load_project(workspace),
        person,
        because=because.strip(),
        actor=actor(by),
        histories=histories or [],
    )
    for label, rows in done.rows.items():
        print(f"{label}: {rows} row(s)")
    for name in done.lists:
        print(f"list {name}: sealed anew")
    if done.decisions:
        print(f"decisions: the content of {', '.join(map(str, done.decisions))}")
    tell(f"On record as row {done.row}. {len(done.files)} files written anew or removed.")
    for line in done.left:
        tell(f"LEFT: {line}")


@application.command(
    "retention",
    epilog="Example:  triage retention\n\nExample:  triage retention --on 2030-01-01 --format csv",
)
def retention_command(
    workspace: WorkspaceOption = HERE,
    on: OnDay = None,
    by: Who = "",
    form: FormatOption = Format.TABLE,
) -> None:
    """List of whom it must be reviewed whether what is held is kept, by their review group.

    Groups, periods and the records that put somebody into one stand in configs/panel.yaml.
    """
    from triage.cli.progress import Shown
    from triage.workflows import due_for_review, load_project

    day = now().date() if on is None else on.date()
    with Shown() as progress:
        due = due_for_review(load_project(workspace), on=day, actor=actor(by), progress=progress)
    print_listing(due.rows, due.columns, form)
    coming = ", ".join(f"{number} in {year}" for year, number in due.by_year.items())
    tell(f"{len(due.rows)} due on {day}. To come: {coming or 'none'}.")
    for group in due.groups:
        tell(f"{due.by_group.get(group.group, 0)} people. {group.told}")
    if 0 in due.by_group:
        tell(f"{due.by_group[0]} people in no group.")
