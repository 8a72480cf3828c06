"""The commands that make a workspace and check what comes into it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from triage.cli.actors import actor, now
from triage.cli.output import Format, print_listing, tell
from triage.cli.program import (
    HERE,
    FormatOption,
    WorkspaceOption,
    application,
)

__all__ = ["check_command", "demo_command", "init_command"]


@application.command("init", epilog="Example:  triage init north-panel")
def init_command(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new folder.")],
    workspace: WorkspaceOption = HERE,
) -> None:
    """Write a new workspace to change: pipelines, models, configs.

    DIR is taken from --workspace, which is where one stands unless it is given.
    """
    from triage.workspace import write_workspace

    made = write_workspace(workspace / folder)
    tell(f"A workspace stands in {made.root}.")
    tell("Say in configs/sources/ where the extracts lie, then run 'triage check' there.")


@application.command("demo", epilog="Example:  triage demo")
def demo_command(
    folder: Annotated[Path, typer.Argument(metavar="[DIR]", help="A new folder.")] = Path("demo"),
    workspace: WorkspaceOption = HERE,
    people: Annotated[int, typer.Option(min=200, help="How many people to invent.")] = 6000,
    seed: Annotated[int, typer.Option(help="Another seed invents other people.")] = 20260101,
    skew: Annotated[
        float,
        typer.Option(
            "--skew",
            min=0,
            max=5,
            metavar="LOG-ODDS",
            help="How much more the police record of the same in the south, for 'audit fairness' "
            "to find; '--skew 0' plants nothing.",
        ),
    ] = 0.9,
    data_only: Annotated[
        bool, typer.Option("--data-only", help="Write the workspace and its extracts only.")
    ] = False,
) -> None:
    """Run the whole journey on synthetic people.

    The people are invented, and accuracy measured on them means nothing. DIR is taken from
    --workspace, which is where one stands unless it is given.
    """
    from triage.cli.progress import Shown
    from triage.papers import print_list
    from triage.workflows import run_demo, write_demo

    place = workspace / folder
    with Shown() as progress:
        made = write_demo(place, people=people, seed=seed, skew=skew, progress=progress)
        if data_only:
            tell(f"A workspace with synthetic extracts stands in {place}.")
            return
        done = run_demo(place, made, actor=actor(), progress=progress)
    bundle, groups = done.bundle, done.groups
    print_list(bundle, sys.stdout, rows=10)
    print(f"\nThe list: {bundle.folder / 'list.html'}")
    print(f"Read it:  triage show {bundle.list_id} --workspace {place}")
    print(f"Groups:   {groups.page}")
    for line in groups.outside:
        print(f"          {line}")


@application.command("check", epilog="Example:  triage check --workspace north-panel")
def check_command(
    workspace: WorkspaceOption = HERE,
    form: FormatOption = Format.TABLE,
    stored: Annotated[
        Path | None,
        typer.Option(
            "--write-histories",
            metavar="FOLDER",
            help="Store what was accepted as a new folder of Parquet, for 'features --histories'.",
        ),
    ] = None,
    leakage: Annotated[
        bool,
        typer.Option(
            "--leakage",
            help="Prove instead that no feature knows the future: 'triage check --leakage'.",
        ),
    ] = False,
) -> None:
    """Read every extract; report what was rejected, and why.

    Rejected rows are listed with file, line, column, reason and mend in results/check/rejects.csv.
    """
    from triage.cli.progress import Shown
    from triage.workflows import check_extracts, load_project, recorded

    project = load_project(workspace)
    if leakage:
        if stored is not None:
            raise typer.BadParameter("--leakage stores no histories; leave out --write-histories")
        from triage.workflows import prove_no_leakage

        with Shown() as progress, recorded(workspace, actor(), "check", leakage=True):
            proofs = prove_no_leakage(project, today=now().date(), progress=progress)
        print_listing(proofs.rows, proofs.columns, form)
        proofs.require_passed()
        return
    with Shown() as progress, recorded(workspace, actor(), "check") as use:
        found = check_extracts(project, today=now().date(), progress=progress)
        use.add(people=found.report.people, stored=stored is not None)
        print_listing(found.rows, found.columns, form)
        for line in found.told:
            tell(f"Note: {line}")
        tell(f"The report: {found.folder}")
        found.require_accepted()
        if stored is not None:
            found.write_histories(stored)
            tell(f"The case histories: {stored}")
