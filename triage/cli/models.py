"""The commands about models: taught, compared, let to rank, watched."""

from __future__ import annotations

import datetime
import enum
from typing import Annotated

import typer

from triage.cli.actors import actor, now
from triage.cli.dates import DAY
from triage.cli.output import Format, print_listing, tell
from triage.cli.program import (
    HERE,
    AsOf,
    FormatOption,
    NoCache,
    WorkspaceOption,
    application,
)

__all__ = [
    "backtest_command",
    "card_command",
    "models_command",
    "monitor_command",
    "promote_command",
    "rollback_command",
    "train_command",
]

ByOption = Annotated[
    str, typer.Option("--by", metavar="NAME", help="Who approves it, as the record shall say.")
]


@application.command(
    "train",
    epilog="Example:  triage train\n\nExample:  triage train --no-cache\n\n"
    "Example:  triage train --no-search\n\n"
    "Example:  triage train --cluster tcp://scheduler:8786",
)
def train_command(
    workspace: WorkspaceOption = HERE,
    form: FormatOption = Format.TABLE,
    no_cache: NoCache = False,
    no_search: Annotated[
        bool,
        typer.Option(
            "--no-search",
            help="Take the parameters in models/ as they stand, also where a file has a 'search'.",
        ),
    ] = False,
    cluster: Annotated[
        str | None,
        typer.Option(
            "--cluster",
            metavar="URL",
            help="Fit on the workers of a Dask scheduler: '--cluster tcp://host:8786'.",
        ),
    ] = None,
) -> None:
    """Fit and compare all models; propose a champion.

    After a kill, run it again: fits that were done are taken from cache/.
    """
    from triage.cli.progress import Shown
    from triage.workflows import load_project, recorded, train_models

    project = load_project(workspace)
    with Shown() as progress, recorded(workspace, actor(), "train"):
        done = train_models(
            project,
            today=now().date(),
            progress=progress,
            keep_features=not no_cache,
            search=not no_search,
            cluster=cluster,
        )
    print_listing(done.rows, done.columns, form)
    for line in done.told:
        tell(line)


@application.command(
    "models",
    epilog="Example:  triage models --format json\n\nExample:  triage models --send",
)
def models_command(
    workspace: WorkspaceOption = HERE,
    form: FormatOption = Format.TABLE,
    send: Annotated[
        bool,
        typer.Option(
            "--send",
            help="Register first what waits since the tracking server failed, or the program was "
            "killed, at the end of a training.",
        ),
    ] = False,
) -> None:
    """List the model versions, and which one is the champion."""
    from triage.workflows import list_versions, load_project

    listed = list_versions(load_project(workspace), today=now().date(), send=send)
    print_listing(listed.rows, listed.columns, form)
    for line in listed.told:
        tell(line)


@application.command(
    "promote",
    epilog="Example:  triage promote 3 --by 'A. Chair'\n\n"
    "Example:  triage promote 3 --by 'A. Chair' --because 'the champion reads a retired source'",
)
def promote_command(
    version: Annotated[int, typer.Argument(metavar="VERSION", help="As 'triage models' lists it.")],
    workspace: WorkspaceOption = HERE,
    by: ByOption = "",
    because: Annotated[
        str,
        typer.Option(
            "--because", metavar="REASON", help="Override gates that it does not pass, on record."
        ),
    ] = "",
    form: FormatOption = Format.TABLE,
) -> None:
    """Make a model version the one that ranks from now on, if it passes every gate.

    The gates stand in configs/panel.yaml. Exit code 11 says that one refused it.
    """
    from triage.workflows import load_project, promote_version, recorded

    project = load_project(workspace)
    with recorded(workspace, actor(by), "promote", version=version) as use:
        done = promote_version(project, version, now=now(), by=by.strip(), because=because.strip())
        use.add(sha256=done.version.sha256, overridden=list(done.overridden))
    print_listing(done.rows, done.columns, form)
    champion = done.version
    if done.overridden:
        tell(f"Overridden, on record: {', '.join(done.overridden)}.")
    tell(f"Version {champion.number} ({champion.title}) is the champion: it ranks from now on.")
    tell(f"To be tested again by {champion.retest_on}.")


@application.command(
    "card",
    epilog="Example:  triage card\n\nExample:  triage card 3\n\n"
    "Example:  triage card --atrs > record.md",
)
def card_command(
    version: Annotated[
        int | None,
        typer.Argument(
            metavar="[VERSION]",
            help="As 'triage models' lists it; the champion unless given.",
        ),
    ] = None,
    workspace: WorkspaceOption = HERE,
    atrs: Annotated[
        bool,
        typer.Option("--atrs", help="The fields of the UK's transparency record instead."),
    ] = False,
) -> None:
    """Print a model version's card as Markdown.

    A version that was promoted has it in models/cards/ too, with an HTML page.
    """
    from triage.workflows import load_project, tell_card

    print(tell_card(load_project(workspace), version, atrs=atrs), end="")


@application.command(
    "rollback",
    epilog="Example:  triage rollback --by 'A. Chair' --because 'the new one lists nobody new'",
)
def rollback_command(
    because: Annotated[str, typer.Option("--because", metavar="REASON", help="Why, on record.")],
    workspace: WorkspaceOption = HERE,
    by: ByOption = "",
) -> None:
    """Let the version that ranked before rank again."""
    from triage.workflows import load_project, recorded, rollback_version

    project = load_project(workspace)
    with recorded(workspace, actor(by), "rollback") as use:
        champion = rollback_version(project, now=now(), by=by.strip(), because=because.strip())
        use.add(version=champion.number, sha256=champion.sha256)
    tell(f"Version {champion.number} ({champion.title}) is the champion again.")


class Every(enum.StrEnum):
    """How often a list is replayed."""

    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


@application.command(
    "backtest",
    epilog="Example:  triage backtest --from 2024-01-01 --to 2025-06-01 --every month\n\n"
    "Example:  triage backtest --from 2024-01-01 --to 2025-06-01 --retrain-months 3 "
    "--resamples 200\n\n"
    "Example:  triage backtest --from 2024-01-01 --to 2025-06-01 --against two_features",
)
def backtest_command(
    first: Annotated[
        datetime.datetime,
        typer.Option(
            "--from", metavar="DATE", formats=[DAY], help="The first list, as 2024-01-01."
        ),
    ],
    last: Annotated[
        datetime.datetime,
        typer.Option("--to", metavar="DATE", formats=[DAY], help="No list is later than this."),
    ],
    every: Annotated[Every, typer.Option("--every", help="How often there is a list.")] = (
        Every.MONTH
    ),
    retrain_months: Annotated[
        int | None,
        typer.Option(
            "--retrain-months",
            min=1,
            metavar="N",
            help="Train anew after so many months; by default as configs/panel.yaml says, for each "
            "list. '--retrain-months 3' is a third of the fits.",
        ),
    ] = None,
    resamples: Annotated[
        int | None,
        typer.Option(
            "--resamples",
            min=50,
            metavar="N",
            help="How often people are resampled for intervals; '--resamples 200' is quicker.",
        ),
    ] = None,
    against: Annotated[
        str | None,
        typer.Option(
            "--against",
            metavar="MODEL",
            help="The model that the others are compared with; by default the champion.",
        ),
    ] = None,
    workspace: WorkspaceOption = HERE,
    form: FormatOption = Format.TABLE,
    no_cache: NoCache = False,
) -> None:
    """Replay past lists: what each ranker would have caught.

    Each list knows what was known on its date, and its models learned from what had settled by
    then. Writes results/backtest/…/backtest.html and backtest.csv.
    """
    from triage.cli.progress import Shown
    from triage.workflows import backtest, load_project, recorded

    if last < first:
        raise typer.BadParameter("--to must not be before --from.")
    dates = {"first": str(first.date()), "last": str(last.date())}
    project = load_project(workspace)
    with Shown() as progress, recorded(workspace, actor(), "backtest", **dates):
        done = backtest(
            project,
            first=first.date(),
            last=last.date(),
            every=every.value,
            retrain_months=retrain_months,
            resamples=resamples,
            today=now().date(),
            progress=progress,
            keep_features=not no_cache,
            against=against,
        )
    print_listing(done.rows, done.columns, form)
    for line in done.told:
        tell(line)
    tell(f"The page: {done.page}")
    tell(f"Every figure: {done.table}")


@application.command(
    "monitor",
    epilog="Example:  triage monitor --as-of 2026-03-01\n\n"
    "Example:  triage monitor --as-of 2026-03-01 --format csv > watched.csv",
)
def monitor_command(
    as_of: AsOf,
    workspace: WorkspaceOption = HERE,
    form: FormatOption = Format.TABLE,
    no_cache: NoCache = False,
) -> None:
    """Watch whether the version that ranks still fits what comes in.

    Exit code 0: nothing to call out; 20: look; 21: retest; 22: stop. The table shows what is called
    out; --format json or csv has every reading. Writes results/monitor/DATE/monitor.html and .csv.
    """
    from triage.cli.progress import Shown
    from triage.workflows import load_project, monitor, recorded

    project = load_project(workspace)
    details = {"as_of": str(as_of.date())}
    with Shown() as progress, recorded(workspace, actor(), "monitor", **details) as use:
        done = monitor(
            project,
            as_of=as_of.date(),
            today=now().date(),
            progress=progress,
            keep_features=not no_cache,
        )
        use.add(version=done.report.version, level=done.alert.word)
    if form is not Format.TABLE:
        print_listing(done.rows, done.columns, form)
    elif done.called:
        print_listing(done.called, done.shown, form)
    for line in done.told:
        tell(line)
    tell(f"The page: {done.page}")
    tell(f"Every reading: {done.table}")
    if done.alert:
        raise typer.Exit(int(done.alert))
