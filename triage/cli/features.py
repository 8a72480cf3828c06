"""The command that makes features, or tells about them."""

from __future__ import annotations

import datetime
import enum
import re
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from triage.cli.about_features import contradiction
from triage.cli.actors import actor, now
from triage.cli.dates import DAY, dates_given
from triage.cli.output import Format, print_listing, tell
from triage.cli.program import (
    HERE,
    NoCache,
    WorkspaceOption,
    application,
    note_future,
)

__all__ = ["features_command"]


class Whom(enum.StrEnum):
    """Whom features are made of."""

    OPEN = "open"
    PEOPLE = "people"
    REFERRALS = "referrals"


class Engine(enum.StrEnum):
    """What makes features: this machine, or a Spark cluster."""

    LOCAL = "local"
    SPARK = "spark"


@application.command(
    "features",
    epilog="Example:  triage features --as-of 2026-03-01 --output features.parquet\n\n"
    "Example:  triage features --describe --output catalogue.html\n\n"
    "Example:  triage features --profile --as-of 2026-03-01 --against 2025-03-01\n\n"
    "Example:  triage features --of people --as-of 2026-02-01 --as-of 2026-03-01 "
    "--histories stored --memory 2GB --output features.parquet",
)
def features_command(
    context: typer.Context,
    as_of: Annotated[
        list[str] | None,
        typer.Option(
            "--as-of",
            metavar="DATE",
            help="The date on which features are made; may be given several times.",
        ),
    ] = None,
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            metavar="FILE.parquet",
            help="The file to write; a name without a suffix is a new folder of files, which is "
            "quicker for many rows.",
        ),
    ] = None,
    workspace: WorkspaceOption = HERE,
    histories: Annotated[
        str | None,
        typer.Option(
            "--histories",
            metavar="FOLDER",
            help="Stored case histories ('check --write-histories') to read, not the extracts.",
        ),
    ] = None,
    of: Annotated[
        Whom,
        typer.Option(
            "--of",
            help="The referrals open on each date, all people on each date, or every past "
            "referral on the date on which it would have been heard (no --as-of).",
        ),
    ] = Whom.OPEN,
    threads: Annotated[
        int | None,
        typer.Option("--threads", min=1, metavar="N", help="By default, one a processor."),
    ] = None,
    memory: Annotated[
        str | None,
        typer.Option(
            "--memory",
            metavar="SIZE",
            help="Stay within '2GB' or '800MB', about, by working through --histories in parts; "
            "by default within half of the machine's memory.",
        ),
    ] = None,
    engine: Annotated[
        Engine,
        typer.Option("--engine", help="This machine, or Spark, which writes a folder of files."),
    ] = Engine.LOCAL,
    master: Annotated[
        str, typer.Option("--master", metavar="URL", help="The Spark cluster, or local[2].")
    ] = "local[*]",
    people_in_group: Annotated[
        int | None,
        typer.Option(
            "--people-in-group",
            min=1,
            metavar="N",
            help="With Spark: how many people a worker has at a time, 5000 unless given; "
            "'--people-in-group 1000' where its memory is full.",
        ),
    ] = None,
    describe: Annotated[
        bool,
        typer.Option("--describe", help="Tell what every feature means; --output is FILE.html."),
    ] = False,
    profile: Annotated[
        bool,
        typer.Option(
            "--profile",
            help="Tell what is known and how it is spread, of the people heard in the year up to "
            "--as-of; --output is FILE.html.",
        ),
    ] = False,
    against: Annotated[
        datetime.datetime | None,
        typer.Option(
            "--against",
            metavar="DATE",
            formats=[DAY],
            help="With --profile: an earlier date, and what has shifted since.",
        ),
    ] = None,
    form: Annotated[
        Format | None,
        typer.Option("--format", help="How --describe and --profile print; by default a table."),
    ] = None,
    no_cache: NoCache = False,
) -> None:
    """Write every feature of referrals or people on dates, or tell about features.

    Spark reads --histories and writes to --output; either may be a URL that all its workers see.
    Features of linked people cost it some shuffles of ids and names for each column that links,
    and each worker also gets the events of the people linked to its own; without them, neither.
    """
    dates = dates_given(as_of)
    if problem := contradiction(
        describe=describe,
        profile=profile,
        as_of=dates,
        against=None if against is None else against.date(),
        output=output,
        form=form,
        of=of.value,
        written=engine is Engine.SPARK
        or any(option is not None for option in (histories, people_in_group, threads, memory)),
    ):
        context.fail(problem)
    if describe or profile:
        page = None if output is None else Path(output)
        earlier = None if against is None else against.date()
        date = dates[0] if dates else None
        _tell_about_features(workspace, date, earlier, page, form or Format.TABLE, not no_cache)
        return
    assert output is not None  # noqa: S101 - else the options contradict
    size = None if memory is None else _bytes(memory)
    from triage.cli.progress import Shown
    from triage.workflows import load_project, recorded, write_features, write_features_by_spark

    if engine is Engine.SPARK and histories is None:
        raise typer.BadParameter(
            "Spark reads stored case histories: write them with 'triage check --write-histories "
            "FOLDER' where all its workers see them, and give --histories FOLDER."
        )
    if engine is Engine.SPARK and (of is not Whom.OPEN or len(dates) > 1 or threads or memory):
        raise typer.BadParameter(
            "Spark makes features of the referrals open on one date: leave out --of, --threads, "
            "--memory and all but one --as-of."
        )
    if memory is not None and histories is None:
        raise typer.BadParameter(
            "--memory works through stored case histories in parts: add --histories FOLDER."
        )
    if engine is Engine.LOCAL and people_in_group is not None:
        raise typer.BadParameter("--people-in-group is for Spark: add --engine spark.")
    with Shown() as progress, ExitStack() as stack:
        project, today = load_project(workspace), now().date()
        use = stack.enter_context(
            recorded(
                workspace,
                actor(),
                "features",
                of=of.value,
                as_of=[str(date) for date in dates],
                stored=histories is not None,
            )
        )
        if engine is Engine.SPARK:
            rows, columns = write_features_by_spark(
                project,
                as_of=dates[0],
                output=output,
                today=today,
                progress=progress,
                histories=str(histories),
                master=master,
                people_in_group=people_in_group,
            )
        else:
            rows, columns = write_features(
                project,
                as_of=dates,
                output=Path(output),
                today=today,
                progress=progress,
                histories=None if histories is None else Path(histories),
                of=of.value,
                threads=threads,
                memory=size,
            )
        use.add(rows=rows)
    tell(f"{rows:,} rows × {columns} features: {output}")
    for date in dates:
        note_future(date)


SIZES = {"KB": 2**10, "MB": 2**20, "GB": 2**30}


def _bytes(size: str) -> int:
    found = re.fullmatch(r"(\d+(?:\.\d+)?) ?(KB|MB|GB)", size.strip().upper())
    if found is None:
        raise typer.BadParameter(f"--memory is a size such as 2GB or 800MB; got '{size}'.")
    return int(float(found[1]) * SIZES[found[2]])


def _tell_about_features(
    workspace: Path,
    as_of: datetime.date | None,
    against: datetime.date | None,
    output: Path | None,
    form: Format,
    keep: bool,
) -> None:
    """Print or write the catalogue, or with a date the profile."""
    from triage.cli.progress import Shown
    from triage.workflows import describe_features, load_project, profile_features, recorded

    with Shown() as progress, ExitStack() as stack:
        project = load_project(workspace)
        if as_of is None:
            told = describe_features(project, output=output)
        else:
            stack.enter_context(recorded(workspace, actor(), "features", profile=str(as_of)))
            told = profile_features(
                project,
                as_of=as_of,
                against=against,
                output=output,
                today=now().date(),
                progress=progress,
                keep_features=keep,
            )
    if output is None:
        print_listing(told.rows, told.shown if form is Format.TABLE else told.columns, form)
    for line in told.told:
        tell(line)
    if output is not None:
        tell(f"The page: {output}")
