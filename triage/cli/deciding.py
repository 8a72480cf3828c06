"""The commands around a panel's meeting: what it decided, and how many places are left."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Annotated

import typer

from triage.cli.actors import actor, now
from triage.cli.dates import DAY
from triage.cli.output import Format, print_listing, tell
from triage.cli.program import (
    HERE,
    FormatOption,
    ListArgument,
    WorkspaceOption,
    application,
)

__all__ = ["capacity_command", "decide_command", "decisions_command"]

Who = Annotated[
    str,
    typer.Option(
        "--by", metavar="NAME", help="Who does it, as the record shall say; else TRIAGE_USER."
    ),
]
OnDay = Annotated[
    datetime.datetime | None,
    typer.Option("--on", metavar="DATE", formats=[DAY], help="The day; by default today."),
]


@application.command(
    "decide",
    epilog="Example:  triage decide latest march.csv --blank\n\n"
    "Example:  triage decide latest march.csv --by 'A. Chair' --met 2026-03-05",
)
def decide_command(
    name: ListArgument,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The sheet: .xlsx or .csv.")],
    workspace: WorkspaceOption = HERE,
    by: Who = "",
    blank: Annotated[
        bool, typer.Option("--blank", help="Write an empty sheet of the list to FILE.csv instead.")
    ] = False,
    met: Annotated[
        datetime.datetime | None,
        typer.Option(
            "--met",
            metavar="DATE",
            formats=[DAY],
            help="When the panel met, where a row's “Met on” is empty; by default today.",
        ),
    ] = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Record what the panel decided on a list, from a filled sheet.

    Every cell is checked against the list. All of the sheet is recorded, or nothing. A row that
    says something else than before is a correction: both stay on record.
    """
    from triage.workflows import take_decisions, write_blank_sheet

    if blank:
        if met is not None:
            raise typer.BadParameter("--met goes with a filled sheet, not with --blank.")
        if file.suffix.lower() != ".csv":
            raise typer.BadParameter("--blank writes a CSV file: give FILE.csv.")
        if file.exists():
            raise typer.BadParameter("--blank writes over nothing: name a new file.")
        rows = write_blank_sheet(workspace, name, file, actor=actor(by))
        tell(f"An empty sheet of {rows} referrals: {file}")
        return
    met_on = None if met is None else met.date()
    done = take_decisions(workspace, name, file, actor=actor(by), met_on=met_on)
    if done.decisions or form is not Format.TABLE:
        print_listing(done.rows, done.columns, form)
    corrected = sum(one.wanted.corrects is not None for one in done.decisions)
    tell(
        f"{len(done.decisions)} recorded, {corrected} of them corrections."
        if done.decisions
        else "Nothing to record: the sheet decides nothing that does not stand already."
    )


@application.command(
    "decisions",
    epilog="Example:  triage decisions latest\n\nExample:  triage decisions latest --history",
)
def decisions_command(
    name: ListArgument,
    workspace: WorkspaceOption = HERE,
    by: Who = "",
    history: Annotated[
        bool, typer.Option("--history", help="With those that were corrected since.")
    ] = False,
    form: FormatOption = Format.TABLE,
) -> None:
    """Show what was decided on a list."""
    from triage.workflows import list_decisions

    found = list_decisions(workspace, name, actor=actor(by), history=history)
    print_listing(found.rows, found.columns, form)
    if not found.decisions:
        tell("Nothing was decided on this list yet.")


@application.command(
    "capacity",
    epilog="Example:  triage capacity\n\nExample:  triage capacity --on 2026-03-01 --format json",
)
def capacity_command(
    workspace: WorkspaceOption = HERE,
    on: OnDay = None,
    by: Who = "",
    form: FormatOption = Format.TABLE,
) -> None:
    """Count the programme's places: taken this year, open by case manager, leaving, free."""
    from triage.workflows import count_places

    day = now().date() if on is None else on.date()
    places = count_places(workspace, on=day, actor=actor(by))
    rows: list[dict[str, str | int | float | bool | None]] = [
        {"what": f"places in the year from {places.year_from}", "number": places.a_year},
        {"what": "taken", "number": places.taken},
        {"what": "free", "number": places.free},
        {"what": f"open on {day}", "number": places.open},
        {"what": "of these, about to be left", "number": places.leaving},
    ]
    for manager, number in places.open_by_manager.items():
        rows.append({"what": f"open with {manager}", "number": number})
    print_listing(rows, ("what", "number"), form)
