"""The program: how it begins and ends, and what its commands have in common."""

from __future__ import annotations

import datetime
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

import triage
from triage.cli.actors import now
from triage.cli.dates import DAY
from triage.cli.failures import tell_failure
from triage.cli.output import Format, tell

__all__ = ["application", "main"]

application = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
WorkspaceOption = Annotated[
    Path,
    typer.Option("--workspace", metavar="DIR", help="The workspace's folder."),
]
FormatOption = Annotated[
    Format, typer.Option("--format", help="How to print it: for people, or for programs.")
]
NoCache = Annotated[
    bool,
    typer.Option("--no-cache", help="Make features and fits anew; use and keep none in cache/."),
]
AS_OF = typer.Option(
    "--as-of", metavar="DATE", formats=[DAY], help="The as-of date, as 2026-03-01."
)
AsOf = Annotated[datetime.datetime, AS_OF]
ListArgument = Annotated[
    str, typer.Argument(metavar="LIST", help="Its name, its as-of date, or 'latest'.")
]
HERE = Path()


def main() -> None:
    """Run the program; end with exit code 0 only when the work was done.

    Whatever it and the libraries that it uses write is its owner's alone.
    """
    os.umask(0o077)
    try:
        application()
    except Exception as error:  # every failure has its message and its code
        sys.exit(tell_failure(error))


def _version(wanted: bool) -> None:
    if wanted:
        print(f"triage {triage.__version__}")
        raise typer.Exit


@application.callback(epilog="Begin with:  triage demo")
def _describe(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Say the version."),
    ] = False,
) -> None:
    """Put the right cases before a perpetrator panel, in order, with reasons.

    It never decides: a panel does.
    """


def note_future(as_of: datetime.date) -> None:
    """Say so where an as-of date is still to come."""
    if as_of > now().date():
        tell(
            f"Note: {as_of} is still to come. Only what is on record today was used; make it again "
            "on that day."
        )
