"""The commands about lists: made, shown, put on paper, explained."""

from __future__ import annotations

import enum
import sys
from pathlib import Path
from typing import Annotated

import typer

from triage.cli.actors import actor, now
from triage.cli.output import CaseFormat, Format, print_listing, tell
from triage.cli.program import (
    HERE,
    AsOf,
    FormatOption,
    ListArgument,
    NoCache,
    WorkspaceOption,
    application,
    note_future,
)

__all__ = ["explain_command", "papers_command", "rank_command", "review_command", "show_command"]


class Reader(enum.StrEnum):
    """Who reads a list's papers."""

    CHAIR = "chair"
    AGENCY = "agency"
    PUBLIC = "public"


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
    note_future(as_of.date())


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
    note_future(as_of.date())


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
