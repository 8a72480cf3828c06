"""The commands, each a thin door to one workflow."""

from __future__ import annotations

import datetime
import enum
import os
import re
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import triage
from triage.cli.about_features import contradiction
from triage.cli.actors import actor, now
from triage.cli.failures import tell_failure
from triage.cli.output import CaseFormat, Format, print_listing, tell

if TYPE_CHECKING:
    pass

__all__ = ["application", "main"]

DAY = "%Y-%m-%d"

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
ByOption = Annotated[
    str, typer.Option("--by", metavar="NAME", help="Who approves it, as the record shall say.")
]
AS_OF = typer.Option(
    "--as-of", metavar="DATE", formats=[DAY], help="The as-of date, as 2026-03-01."
)
AsOf = Annotated[datetime.datetime, AS_OF]
ListArgument = Annotated[
    str, typer.Argument(metavar="LIST", help="Its name, its as-of date, or 'latest'.")
]
HERE = Path()


class Whom(enum.StrEnum):
    """Whom features are made of."""

    OPEN = "open"
    PEOPLE = "people"
    REFERRALS = "referrals"


class Reader(enum.StrEnum):
    """Who reads a list's papers."""

    CHAIR = "chair"
    AGENCY = "agency"
    PUBLIC = "public"


class Engine(enum.StrEnum):
    """What makes features: this machine, or a Spark cluster."""

    LOCAL = "local"
    SPARK = "spark"


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
        list[datetime.datetime] | None,
        typer.Option(
            "--as-of",
            metavar="DATE",
            formats=[DAY],
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
    dates = [date.date() for date in as_of or []]
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
        _note_future(date)


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


@application.command(
    "rank",
    epilog="Example:  triage rank --as-of 2026-03-01\n\n"
    "Example:  triage rank --as-of 2026-03-01 --no-cache\n\n"
    "Example:  triage rank --as-of 2026-03-01 --against 2026-02-01\n\n"
    "Example:  triage rank --as-of 2026-03-01 --capacity 0",
)
def rank_command(
    as_of: AsOf,
    workspace: WorkspaceOption = HERE,
    against: Annotated[
        str | None,
        typer.Option(
            "--against",
            metavar="LIST",
            help="The earlier list to tell moves from: its name or as-of date; 'none' reads no "
            "earlier list. By default the latest before.",
        ),
    ] = None,
    capacity: Annotated[
        int | None,
        typer.Option(
            "--capacity",
            metavar="CASES",
            min=0,
            help="How many cases the panel has room for this time, 0 for none; by default as "
            "configs/panel.yaml says.",
        ),
    ] = None,
    no_cache: NoCache = False,
) -> None:
    """Write the discussion list of a date, and why places moved since the list before."""
    from triage.cli.progress import Shown
    from triage.workflows import listed, load_project, make_list, recorded

    project, details = load_project(workspace), {"as_of": str(as_of.date())}
    with Shown() as progress, recorded(workspace, actor(), "rank", **details) as use:
        bundle = make_list(
            project,
            as_of=as_of.date(),
            today=now().date(),
            now=now(),
            progress=progress,
            against=against,
            capacity=capacity,
            keep_features=not no_cache,
            use=use,
        )
        use.add(**listed(bundle))
    print(bundle.folder / "list.html")
    counts = bundle.manifest.counts
    tell(
        f"{counts.ranked} referrals ranked, {counts.not_for_panel} not for this panel"
        + (f", {counts.set_aside} set aside" if counts.set_aside else "")
        + f". Read it: triage show {bundle.list_id}"
    )
    earlier = bundle.manifest.against
    if earlier is not None:
        tell(f"Compared with the list {earlier.list_id}.")
    model, today = bundle.manifest.model, max(now().date(), as_of.date())
    if model.role == "fallback":
        tell(f"WARNING: no version is champion. Rules and {model.title} ranked; the list says so.")
    if model.retest_on is not None and model.retest_on <= today:
        tell(f"WARNING: LAPSED. The champion should have been tested again by {model.retest_on}.")
    _note_future(as_of.date())


@application.command(
    "review",
    epilog="Example:  triage review --as-of 2026-03-01 --output review.csv\n\n"
    "Example:  triage review --as-of 2026-03-01 --histories stored --output review.csv",
)
def review_command(
    as_of: AsOf,
    output: Annotated[
        Path, typer.Option("--output", metavar="FILE.csv", help="The file to write.")
    ],
    workspace: WorkspaceOption = HERE,
    histories: Annotated[
        Path | None,
        typer.Option(
            "--histories",
            metavar="FOLDER",
            help="Stored case histories ('check --write-histories') to read, not the extracts.",
        ),
    ] = None,
) -> None:
    """Rank everybody on record, for a yearly review: places without reasons.

    The same rules and model rank as rank a list; what a referral would say is not known.
    """
    from triage.cli.progress import Shown
    from triage.workflows import load_project, recorded, review_people

    project, details = load_project(workspace), {"as_of": str(as_of.date()), "of": "people"}
    with Shown() as progress, recorded(workspace, actor(), "review", **details) as use:
        done = review_people(
            project,
            as_of=as_of.date(),
            output=output,
            today=now().date(),
            progress=progress,
            histories=histories,
        )
        use.add(ranked=done.ranked, not_for_panel=done.not_for_panel)
    print(output)
    tell(
        f"{done.ranked:,} people ranked by the rules and {done.ranker}; "
        f"{done.not_for_panel:,} not for this panel."
    )
    _note_future(as_of.date())


@application.command("show", epilog="Example:  triage show latest")
def show_command(
    name: ListArgument,
    workspace: WorkspaceOption = HERE,
    form: FormatOption = Format.TABLE,
) -> None:
    """Show a discussion list."""
    from triage.papers import print_list
    from triage.workflows import consult, open_list

    bundle = open_list(workspace, name)
    consult(workspace, actor(), "show", list=bundle.list_id)
    print_list(bundle, sys.stdout, form=form.value)


@application.command(
    "papers",
    epilog="Example:  triage papers latest --pdf\n\n"
    "Example:  triage papers latest --for agency --agency housing --pdf\n\n"
    "Example:  triage papers --schema > list.schema.json",
)
def papers_command(
    name: Annotated[
        str | None, typer.Argument(metavar="LIST", help="Its name, its as-of date, or 'latest'.")
    ] = None,
    workspace: WorkspaceOption = HERE,
    reader: Annotated[
        Reader,
        typer.Option(
            "--for",
            help="Who reads them: the chair all, an agency what it may see, the public counts.",
        ),
    ] = Reader.CHAIR,
    agency: Annotated[
        str, typer.Option("--agency", metavar="NAME", help="Which agency, with '--for agency'.")
    ] = "",
    pdf: Annotated[
        bool, typer.Option("--pdf", help="The pack to print: cover, list, a sheet a case.")
    ] = False,
    xlsx: Annotated[
        bool, typer.Option("--xlsx", help="The workbook: to filter, and to fill in decisions.")
    ] = False,
    html: Annotated[bool, typer.Option("--html", help="The page for a browser.")] = False,
    csv: Annotated[bool, typer.Option("--csv", help="A row a referral.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Everything, for programs.")] = False,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", metavar="DIR", help="A folder; by default results/papers/ and the list."
        ),
    ] = None,
    to: Annotated[
        list[str] | None,
        typer.Option(
            "--to",
            metavar="RECIPIENT",
            help="Who will get them, for the record; may be given several times: --to Housing",
        ),
    ] = None,
    schema: Annotated[
        bool, typer.Option("--schema", help="Print the JSON Schema of the JSON; needs no list.")
    ] = False,
    columns: Annotated[
        bool,
        typer.Option("--columns", help="Print what each column of the CSV holds, as Markdown."),
    ] = False,
) -> None:
    """Write a list's papers, in the forms that are named, or in all of them.

    Beside the CSV stands a guide to its columns, beside the JSON its JSON Schema.
    """
    from triage.papers import READERS, columns_markdown, list_schema, told_schema
    from triage.workflows import open_list, recorded, write_papers

    if schema or columns:
        if name is not None or (schema and columns):
            raise typer.BadParameter("'--schema' and '--columns' each stand alone, without LIST")
        chair = reader is Reader.CHAIR
        print(columns_markdown() if columns else list_schema() if chair else told_schema(), end="")
        return
    if name is None:
        raise typer.BadParameter("name a LIST: its name, its as-of date, or 'latest'")
    wanted = {"pdf": pdf, "xlsx": xlsx, "html": html, "csv": csv, "json": json}
    there = READERS[reader.value]
    forms = [form for form, named in wanted.items() if named] or list(there)
    unknown = [form for form in forms if form not in there]
    if unknown:
        raise typer.BadParameter(
            f"for {reader.value} there is {', '.join(there)}, and no {unknown[0]}"
        )
    if (reader is Reader.AGENCY) != bool(agency):
        raise typer.BadParameter("'--for agency' and '--agency NAME' go together")
    list_id = open_list(workspace, name).list_id
    details = {"list": list_id, "for": agency or reader.value, "forms": forms, "recipients": to}
    with recorded(workspace, actor(), "papers", **details):
        for path in write_papers(
            workspace, list_id, forms, reader=reader.value, agency=agency, output=output
        ):
            print(path)


@application.command(
    "explain",
    epilog="Example:  triage explain latest R00123\n\n"
    "Example:  triage explain latest R00123 --against R00456\n\n"
    "Example:  triage explain latest R00123 --format html > case.html\n\n"
    "Example:  triage explain latest R00123 --rules --format csv\n\n"
    "Example:  triage explain latest --faithfulness",
)
def explain_command(
    name: ListArgument,
    referral: Annotated[
        str | None, typer.Argument(metavar="[REFERRAL]", help="The referral's id.")
    ] = None,
    workspace: WorkspaceOption = HERE,
    against: Annotated[
        str | None,
        typer.Option(metavar="OTHER", help="Say what sets it apart from another referral."),
    ] = None,
    faithfulness: Annotated[
        bool,
        typer.Option("--faithfulness", help="How far the reasons of the whole list go, measured."),
    ] = False,
    rules: Annotated[
        bool,
        typer.Option(
            "--rules", help="Every rule and each of its tests, true or not, and on which records."
        ),
    ] = False,
    form: Annotated[CaseFormat, typer.Option("--format", help="How to show it.")] = (
        CaseFormat.TABLE
    ),
) -> None:
    """Tell why a referral stands where it does, on which records."""
    from triage.papers import RULE_COLUMNS, print_case, rule_rows, rules_asked
    from triage.workflows import consult, open_list

    if faithfulness == (referral is not None) or (faithfulness and against is not None):
        raise typer.BadParameter("name one REFERRAL, or ask for --faithfulness of the list alone")
    if faithfulness and form in (CaseFormat.MD, CaseFormat.HTML):
        raise typer.BadParameter("--faithfulness is told as a table, as JSON or as CSV")
    if rules and (referral is None or against is not None):
        raise typer.BadParameter("--rules is asked of one REFERRAL alone")
    if rules and form in (CaseFormat.MD, CaseFormat.HTML):
        raise typer.BadParameter("--rules is told as a table, as JSON or as CSV")
    bundle = open_list(workspace, name)
    if referral is None:
        consult(workspace, actor(), "explain", list=bundle.list_id, referrals=[])
        rows = bundle.tables.faithfulness.to_pylist()
        print_listing(rows, bundle.tables.faithfulness.column_names, Format(form.value))
        return
    about = [bundle.find_referral(one) for one in (referral, against) if one is not None]
    consult(workspace, actor(), "explain", list=bundle.list_id, referrals=about)
    if rules:
        rows = list(rule_rows(rules_asked(bundle, referral)))
        print_listing(rows, RULE_COLUMNS, Format(form.value))
        return
    print_case(bundle, referral, sys.stdout, form=form.value, against=against)


def _note_future(as_of: datetime.date) -> None:
    """Say so where an as-of date is still to come."""
    if as_of > now().date():
        tell(
            f"Note: {as_of} is still to come. Only what is on record today was used; make it again "
            "on that day."
        )
