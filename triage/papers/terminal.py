"""The list and its cases in a terminal; no text of a record is ever taken for markup."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Literal, TextIO

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from triage.conditions import date_words
from triage.errors import NotFoundError, Problem, visible
from triage.lists import Bundle
from triage.papers.beside import Gone
from triage.papers.case_pages import case_markdown, case_page
from triage.papers.comparing import Comparison
from triage.papers.csv_files import case_csv, list_csv
from triage.papers.json_files import aside_json, case_json, list_json
from triage.papers.listed import Aside, Case, ListPage, Reason
from triage.papers.pages import comparison, list_page, themes
from triage.papers.wording import (
    number_of,
    short_date,
)

__all__ = ["CaseForm", "Form", "print_case", "print_list"]

Form = Literal["table", "json", "csv"]
CaseForm = Literal["table", "json", "csv", "md", "html"]
SYNTHETIC = "SYNTHETIC DATA: every person, record and figure here is invented."
STANDING = "A person decides. This list orders a discussion; it does not decide."
NO_ASK = "No single answer would change its tier, its band or its side of the line."
RECORDS_SHOWN = 10
WIDTH_OF_A_FILE = 120


def print_list(
    bundle: Bundle, file: TextIO, *, form: Form = "table", rows: int | None = None
) -> None:
    """Print a list.

    Parameters
    ----------
    bundle : Bundle
    file : text stream
        Where to; its own width is used where it is a terminal.
    form : {"table", "json", "csv"}
    rows : int, optional
        Only so many of the ranked referrals, in a table.
    """
    page = list_page(bundle)
    if form == "table":
        _console(file).print(_list(page, rows))
    else:
        file.write(list_json(page) if form == "json" else list_csv(page))


def print_case(
    bundle: Bundle,
    referral_id: str,
    file: TextIO,
    *,
    form: CaseForm = "table",
    against: str | None = None,
) -> None:
    """Print why a referral stands where it does, or why it is not ranked.

    Parameters
    ----------
    bundle : Bundle
    referral_id : str
    file : text stream
    form : {"table", "json", "csv", "md", "html"}
        Of a referral that is not ranked the last two give plain text.
    against : str, optional
        Another referral of the list: what sets the two apart.

    Raises
    ------
    NotFoundError
        The list has no such referral, or the other is not ranked.
    """
    referral_id = bundle.find_referral(referral_id)
    page = list_page(bundle)
    other = _ranked_case(bundle, page, against) if against is not None else None
    for case in page.cases:
        if case.referral_id == referral_id:
            told = replace(case, themes=themes(bundle, case))
            compared = comparison(bundle, case, other) if other not in (None, case) else None
            _print_ranked(page, told, file, form, compared)
    for aside in page.asides:
        if aside.referral_id == referral_id:
            _print_aside(page, aside, file, form)


def _ranked_case(bundle: Bundle, page: ListPage, referral_id: str) -> Case:
    bundle.find_referral(referral_id)
    for case in page.cases:
        if case.referral_id == referral_id:
            return case
    raise NotFoundError(
        Problem(
            f"list {bundle.list_id}",
            "'--against' must name a referral that has a place",
            f"'{referral_id}', which is not ranked",
            f"'triage explain {bundle.list_id} {referral_id}' says why.",
        )
    )


def _console(file: TextIO) -> Console:
    width = None if file.isatty() else WIDTH_OF_A_FILE
    return Console(file=file, highlight=False, width=width)


def _print_ranked(
    page: ListPage, case: Case, file: TextIO, form: CaseForm, against: Comparison | None
) -> None:
    if form == "table":
        _console(file).print(Group(*_case(page, case, against)))
    elif form == "json":
        file.write(case_json(page, case, against))
    elif form == "html":
        file.write(case_page(page, case, against).decode())
    else:
        told = case_markdown(page, case, against) if form == "md" else case_csv(page, case)
        file.write(told)


def _print_aside(page: ListPage, aside: Aside, file: TextIO, form: CaseForm) -> None:
    if form == "json":
        file.write(aside_json(page, aside))
    elif form == "csv":
        file.write(list_csv(page, only=aside.referral_id))
    else:
        until = f" Until: {aside.until}." if aside.until else ""
        _console(file).print(
            Group(
                *_head(page),
                _text(f"Referral {aside.referral_id} (person {aside.person_id})", "bold"),
                _text(f"{aside.kind_words}. {aside.text}{until} {aside.rests_on}".rstrip()),
            )
        )


def _head(page: ListPage) -> Iterator[RenderableType]:
    manifest = page.manifest
    if manifest.synthetic:
        yield _text(SYNTHETIC, "bold yellow")
    yield _text(page.title, "bold")
    yield _text(f"{manifest.panel.name}, {manifest.panel.area}. List {manifest.list_id}")
    for caution in page.cautions:
        yield _text(caution, "bold red")
    yield _text(STANDING)


def _list(page: ListPage, rows: int | None) -> RenderableType:
    counts = page.manifest.counts
    went = (
        f"{number_of(counts.referrals_in, 'referral')} came in: {len(page.discuss)} to discuss, "
        f"{number_of(len(page.near_misses), 'near miss', 'near misses')}, {len(page.below)} "
        f"further down, {counts.not_for_panel} not for this panel, {counts.set_aside} set aside."
        + f" {counts.joined} more within the case of another."
        * bool(counts.joined)
    )
    shown = page.cases[:rows]
    parts: list[RenderableType] = [*_head(page), _text(went), _text(page.sure_words)]
    if page.moved_words:
        parts.append(_text(page.moved_words))
    parts.append(_ranked(page, shown))
    if len(shown) < len(page.cases):
        parts.append(_text(f"and {len(page.cases) - len(shown)} more"))
    if page.must_below:
        ranks = ", ".join(str(case.rank) for case in page.must_below)
        parts.append(_text(f"Room is short: raised by a rule, yet below the line: {ranks}", "bold"))
    if page.asides and rows is None:
        parts.append(_asides(page.asides))
    if page.gone and rows is None:
        parts.append(_gone(page.gone))
    return Group(*parts)


def _ranked(page: ListPage, cases: Iterable[Case]) -> Table:
    table = Table(show_edge=False, pad_edge=False, header_style="bold")
    table.add_column("Place,\nmoved" if page.moved_words else "Place", justify="right")
    table.add_column("Referral,\nperson")
    table.add_column("Tier,\ncame from")
    table.add_column("Why", ratio=1)
    table.add_column(f"How likely,\nin {page.horizon}" if page.chances else "Score")
    if not page.discuss:
        _add_line(page, table)
    for case in cases:
        number = 3 if case.standing != "below" else 1
        table.add_row(
            _text("\n".join([case.sure.band, *case.beside.marks[:1]])),
            _text("\n".join([case.referral_id, *case.beside.also, case.person_id])),
            _text(
                "\n".join([case.tier_name, *_marks(case), case.agency_name, *case.beside.marks[1:]])
            ),
            _text("\n".join(_why(case, number))),
            case.likely,
        )
        if page.discuss and case is page.discuss[-1]:
            _add_line(page, table)
    return table


def _add_line(page: ListPage, table: Table) -> None:
    table.add_section()
    table.add_row("", "", "", _text(page.line_words, "bold"), "")
    table.add_section()


def _marks(case: Case) -> Iterator[str]:
    if case.sure.reserved:
        yield "Reserved place"
    if case.sure.provisional:
        yield case.sure.mark


def _why(case: Case, number: int) -> Iterator[str]:
    yield from case.main_reasons(number) or ("Nothing on record raises it",)
    if case.ask_first and case.sure.provisional:
        yield f"Ask first. {case.ask_first}"


def _asides(asides: Iterable[Aside]) -> RenderableType:
    table = Table(show_edge=False, pad_edge=False, header_style="bold", title_justify="left")
    table.title = "Not for this panel"
    for name in ("Referral", "Person", "Why"):
        table.add_column(name)
    for one in asides:
        table.add_row(
            _text(one.referral_id), _text(one.person_id), _text(f"{one.kind_words}. {one.text}")
        )
    return Padding(table, (1, 0, 0, 0))


def _gone(gone: Iterable[Gone]) -> RenderableType:
    table = Table(show_edge=False, pad_edge=False, header_style="bold", title_justify="left")
    table.title = "Gone since the last list"
    for name in ("Was at", "Referral", "Person", "Why"):
        table.add_column(name)
    for one in gone:
        table.add_row(f"{one.rank_then}", *map(_text, (one.referral_id, one.person_id, one.text)))
    return Padding(table, (1, 0, 0, 0))


def _beside(case: Case) -> Iterator[RenderableType]:
    for title, texts in case.beside.sections:
        yield _text(f"\n{title}", "bold")
        yield from (_text(f"  {text}") for text in texts)


def _case(page: ListPage, case: Case, against: Comparison | None) -> Iterator[RenderableType]:
    yield from _head(page)
    yield _text("")
    yield _text(f"{case.sure.band}. Referral {case.referral_id} (person {case.person_id})", "bold")
    yield _text(
        f"{' · '.join([case.tier_name, *_marks(case)])}. Referred by {case.agency_name} on "
        f"{date_words(case.made_on)}, route: {case.route}"
    )
    yield _text(case.likely_sentence)
    for title, reasons in (
        ("What raises concern", case.raising),
        ("What lowers concern", case.protective),
    ):
        yield _text(f"\n{title}", "bold")
        yield from _reasons(reasons)
    for rule in case.flags:
        yield _text(f"\nTo notice: {rule.mark}. {rule.text} {rule.rests_on}".rstrip())
    yield from _not_known(case)
    yield _text("\nThe records behind these reasons, by their numbers", "bold")
    yield _records(case)
    if len(case.records) > RECORDS_SHOWN:
        yield _text(f"and {len(case.records) - RECORDS_SHOWN} earlier")
    yield _text("\nWhy at this place", "bold")
    yield _text(f"  {case.why_here}")
    yield _text(f"  {case.alone}")
    yield _text(f"  {case.sure.told} {case.sure.outlook}")
    yield from _apart(case, against)
    yield _text("\nHow the model's score is made up", "bold")
    yield _steps(case)


def _apart(case: Case, against: Comparison | None) -> Iterator[RenderableType]:
    """Yield what stands beside a place, what would change it, and what sets it apart."""
    if case.disagreements:
        yield _text("\nWhere rules and model disagree", "bold")
        yield from (_text(f"  {text}") for text in case.disagreements)
    yield from _beside(case)
    if case.changes:
        yield _text("\nWhat would change it", "bold")
        yield from (_text(f"  {change.text}") for change in case.changes.told)
        tried = f"  {case.changes.tried_words} {case.changes.note}"
        yield _text(tried.rstrip())
    for compared in (case.above_next, against):
        if compared:
            yield _text(f"\n{compared.title}", "bold")
            yield _text(f"  {compared.why}")
            yield _differences(compared)


def _not_known(case: Case) -> Iterator[RenderableType]:
    yield _text("\nAsk first", "bold")
    for text in case.asks or (NO_ASK,):
        yield _text(f"  {text}")
    yield _text("\nWhat is not known or not on record", "bold")
    for reason in case.unknown:
        yield _text(f"  {reason.text.removeprefix('Not known: ')} ({reason.effect})")
    for rule in case.would_fire:
        yield _text(f"  A rule could apply ({rule.effect_words}): {rule.title}. {rule.text}")


def _reasons(reasons: Iterable[Reason]) -> Iterator[RenderableType]:
    none = True
    for reason in reasons:
        none = False
        title = f"{reason.title}. " if reason.title else ""
        yield _text(f"{reason.number:>3}. {title}{reason.dated} ({reason.origin})")
    if none:
        yield _text("     Nothing on record")


def _records(case: Case) -> Table:
    table = Table(show_edge=False, pad_edge=False, header_style="bold")
    for name in ("Date", "What was recorded", "By", "Record", "Known", "Behind"):
        table.add_column(name)
    for record, numbers in case.records[:RECORDS_SHOWN]:
        table.add_row(
            short_date(record.happened_on),
            *map(_text, (record.meaning, record.agency_name)),
            _text(f"{record.event_id} ({record.source})"),
            short_date(record.known_on),
            ", ".join(map(str, numbers)),
        )
    return table


def _differences(compared: Comparison) -> Table:
    table = Table(show_edge=False, pad_edge=False, header_style="bold")
    for name in ("This referral", f"Place {compared.rank}", "Raises which", "Weight"):
        table.add_column(name)
    for one in compared.differences:
        table.add_row(_text(one.here), _text(one.there), one.effect, f"{one.contribution:+.2f}")
    table.add_row("All other facts together", "", "", f"{compared.rest:+.2f}")
    return table


def _steps(case: Case) -> Table:
    table = Table(show_edge=False, pad_edge=False, header_style="bold")
    for name in ("Fact", "Effect", "Brings it to", "Weight"):
        table.add_column(name)
    table.add_row("Where the model starts", "", case.base_words, f"{case.base:+.2f}")
    for step in case.steps:
        table.add_row(_text(step.text), step.effect, step.after_words, f"{step.contribution:+.2f}")
    return table


def _text(text: str, style: str = "") -> Text:
    return Text(visible(text), style=style)
