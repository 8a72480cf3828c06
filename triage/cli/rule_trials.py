"""``triage rules``: trying a policy before a panel adopts it."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Annotated

import typer

from triage.cli.actors import actor, now
from triage.cli.dates import DAY, dates_given
from triage.cli.output import Format, print_listing, tell
from triage.cli.program import HERE, FormatOption, WorkspaceOption, application

__all__ = ["rules_application"]

rules_application = typer.Typer(no_args_is_help=True, rich_markup_mode=None)


@rules_application.callback(epilog="Example:  triage rules test --workspace north-panel")
def _describe() -> None:
    """Test the rules, compare two policies, see what rules do.

    Each takes --workspace DIR.
    """


@rules_application.command(
    "test",
    epilog="Example:  triage rules test\n\nExample:  triage rules test --folder proposed-rules",
)
def cases_command(
    workspace: WorkspaceOption = HERE,
    folder: Annotated[
        Path | None,
        typer.Option(
            "--folder", metavar="DIR", help="A copy of configs/rules/ that is not adopted yet."
        ),
    ] = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Run the cases that stand beside the rules (*.cases.yaml).

    Exit code 3 says that a rule made something else of a case than it must.
    """
    from triage.workflows import load_project, try_rules

    tried = try_rules(load_project(workspace), folder)
    print_listing(tried.rows, tried.columns, form)
    for line in tried.told:
        tell(line)
    tried.require_passed()


@rules_application.command(
    "diff",
    epilog="Example:  triage rules diff proposed-rules --as-of 2026-03-01\n\n"
    "Example:  triage rules diff rules-2025 rules-2026 --as-of 2026-03-01 --output trial.html",
)
def diff_command(
    folders: Annotated[
        list[Path],
        typer.Argument(
            metavar="[OLD] NEW",
            help="Folders like configs/rules/; without OLD, the workspace's own is the old one.",
        ),
    ],
    as_of: Annotated[
        datetime.datetime,
        typer.Option("--as-of", metavar="DATE", formats=[DAY], help="The date of the trial list."),
    ],
    workspace: WorkspaceOption = HERE,
    output: Annotated[
        Path | None, typer.Option("--output", metavar="FILE.html", help="Write a page as well.")
    ] = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Say who would stand elsewhere under another policy, and why.

    The referrals open on the date are ranked under both by the model that ranks now. Nothing is
    adopted, and no list is written.
    """
    from triage.cli.progress import Shown
    from triage.workflows import diff_rules, load_project, recorded

    if len(folders) > 2:
        raise typer.BadParameter("give one folder, NEW, or two: OLD NEW.")
    if output is not None and output.suffix.lower() not in (".html", ".htm"):
        raise typer.BadParameter("--output is an HTML page: give FILE.html.")
    date, project = str(as_of.date()), load_project(workspace)
    with Shown() as progress, recorded(workspace, actor(), "rules diff", as_of=date):
        told = diff_rules(
            project,
            old=folders[0] if len(folders) == 2 else None,
            new=folders[-1],
            as_of=as_of.date(),
            today=now().date(),
            progress=progress,
            output=output,
        )
    print_listing(told.rows, told.columns, form)
    for line in told.told:
        tell(line)
    if output is not None:
        tell(f"The page: {output}")


@rules_application.command(
    "coverage",
    epilog="Example:  triage rules coverage\n\n"
    "Example:  triage rules coverage --as-of 2026-02-01 --as-of 2026-03-01",
)
def coverage_command(
    as_of: Annotated[
        list[str] | None,
        typer.Option(
            "--as-of",
            metavar="DATE",
            help="Ask about the referrals open on it; may be given several times. Without it, "
            "about every past referral, with the rules of today.",
        ),
    ] = None,
    workspace: WorkspaceOption = HERE,
    form: FormatOption = Format.TABLE,
) -> None:
    """Find rules that never or always fire, hide, contradict, lapse or are past review."""
    from triage.cli.progress import Shown
    from triage.workflows import cover_rules, load_project, recorded

    dates = list(dict.fromkeys(dates_given(as_of)))
    project, asked = load_project(workspace), [str(date) for date in dates]
    with Shown() as progress, recorded(workspace, actor(), "rules coverage", as_of=asked):
        told = cover_rules(project, as_of=dates, today=now().date(), progress=progress)
    print_listing(told.rows, told.columns, form)
    for line in told.told:
        tell(line)


application.add_typer(rules_application, name="rules")
