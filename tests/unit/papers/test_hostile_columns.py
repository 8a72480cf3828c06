"""Every column of words that a list has, in every paper: what is hostile in it is shown, whole.

Each column gets the same hostile text, and after it a mark that names the column. Wherever a paper
shows the mark when the text before is harmless, it must show it when the text is hostile, with all
of that text before it. So whether a column is shown, and where, is nothing that this test knows;
and a column that is new must be said to be one of words, or a code of our own.
"""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator

import openpyxl
import pyarrow as pa
import pypdf
import pytest

from tests.invented_lists import invented_content, invented_tables, with_beside
from tests.unit.papers.builders import a_bundle
from tests.unit.papers.test_html import read
from triage.errors import visible
from triage.lists import Bundle, ListTables
from triage.papers import READERS, make_paper, print_case, print_list

HARMLESS = "=words of no harm"
HOSTILE = (
    '=HYPERLINK("http://example.org") <b onmouseover="alert(1)">x</b><!-- {{ 7*7 }} {% raw %} '
    '#import "x" *a* $b$ @c _d_ `e` [red]f[/] ![g](h) | 1. \\x &lt; \x00\x07\x1b[31m\x7f\x9b '
    "\u202egnp.exe\u2066\u200f\ufeff ends here"
)

CODES = {
    "not_for_panel.kind",
    "not_for_panel.rule_id",
    "places.changes",
    "questions.answers",
    "questions.changes",
    "questions.key",
    "reasons.direction",
    "reasons.feature_names",
    "reasons.name",
    "reasons.origin",
    "reasons.theme",
    "referrals.agency",
    "referrals.standing",
    "rules.effect",
    "rules.fields",
    "rules.rule_id",
    "rules.truth",
    "rules.truths",
    "rule_records.field",
    "answers.field",
    "answers.value",
    "brought.agency",
    "facts.name",
    "weights.group",
    "weights.name",
    "weights.theme",
    "links.by",
    "scales.scale",
    "scales.standing",
    "earlier.list_id",
    "earlier.standing",
    "moves.standing_then",
    "moves.status",
    "changes.crosses",
    "changes.kind",
    "changes.name",
    "disagreements.name",
    "disagreements.rule_id",
    "faithfulness.measure",
}
"""Columns that hold words of our own, or names that a file of configuration gives things."""

IDS = {"referral_id", "case_id", "other_id", "then_id"}
"""By these tables hold together; hostile ones have a test of their own."""

UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u200f\ufeff]")
BREAKS = re.compile(r"[\s\u200b│┃╇━─┼\\]+")


def columns() -> Iterator[tuple[str, str]]:
    """Yield table and name of each column that holds words from outside."""
    tables = a_few()
    for field in dataclasses.fields(tables):
        for column in getattr(tables, field.name).schema:
            kind = column.type.value_type if pa.types.is_list(column.type) else column.type
            if pa.types.is_string(kind) and column.name not in IDS:
                yield field.name, column.name


def a_few() -> ListTables:
    return with_beside(invented_tables(4, 4, capacity=2, near_misses=1))


def planted(text: str) -> Bundle:
    """Return a list with a text, and a mark, in each column of words and each text of a panel."""
    tables = a_few()
    for name, column in columns():
        if f"{name}.{column}" in CODES:
            continue
        table: pa.Table = getattr(tables, name)
        position = table.schema.get_field_index(column)
        kind = table.schema.field(position)
        cell = f"{text}@@{name}.{column}@@"
        values = [
            None
            if value is None
            else [cell for _ in value]
            if pa.types.is_list(kind.type)
            else cell
            for value in table[column].to_pylist()
        ]
        table = table.set_column(position, kind, pa.array(values, kind.type))
        tables = dataclasses.replace(tables, **{name: table})
    content = invented_content()
    panel = content.panel.model_copy(
        update={name: f"{text}@@panel.{name}@@" for name in ("name", "area")}
    )
    model = content.model.model_copy(
        update={name: f"{text}@@model.{name}@@" for name in ("title", "outcome_meaning")}
    )
    return a_bundle(tables, panel=panel, model=model)


def of_html(made: bytes) -> str:
    return str(read(made.decode()).words)


def of_csv(made: bytes) -> str:
    return " ".join(cell for row in csv.reader(io.StringIO(made.decode())) for cell in row)


def of_json(made: bytes) -> str:
    """Return all texts of it, each letter as it is shown: JSON itself keeps the very text."""

    def texts(one: object) -> Iterator[str]:
        if isinstance(one, str):
            yield visible(one)
        elif isinstance(one, list):
            for part in one:
                yield from texts(part)
        elif isinstance(one, dict):
            for part in one.values():
                yield from texts(part)

    assert made.isascii()
    return " ".join(texts(json.loads(made)))


def of_pdf(made: bytes) -> str:
    if shutil.which("pdftotext"):
        done = subprocess.run(["pdftotext", "-raw", "-", "-"], input=made, capture_output=True)
        return done.stdout.decode().replace("\x0c", "")
    return " ".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(made)).pages)


def of_xlsx(made: bytes) -> str:
    book = openpyxl.load_workbook(io.BytesIO(made), data_only=False)
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert not any(cell.data_type == "f" or cell.hyperlink for cell in cells)
    return " ".join(cell.value for cell in cells if isinstance(cell.value, str))


def printed(form: str) -> Callable[[Bundle], str]:
    def show(bundle: Bundle) -> str:
        sink = io.StringIO()
        ids = [
            *bundle.tables.referrals["referral_id"].to_pylist(),
            *bundle.tables.not_for_panel["referral_id"].to_pylist(),
        ]
        pages = []
        for referral in ids:
            sink.seek(0)
            sink.truncate()
            print_case(bundle, referral, sink, form=form)
            text = sink.getvalue()
            is_page = form == "html" and text.lstrip().startswith("<!")
            pages.append(of_html(text.encode()) if is_page else text)
        if form == "table":
            print_list(bundle, sink)
            pages.append(sink.getvalue())
        if form == "json":
            pages = [of_json(text.encode()) for text in pages]
        if form == "csv":
            pages = [of_csv(text.encode()) for text in pages]
        return " ".join(pages)

    return show


READ = {"html": of_html, "csv": of_csv, "json": of_json, "pdf": of_pdf, "xlsx": of_xlsx}


def paper(reader: str, form: str) -> Callable[[Bundle], str]:
    agency = "police" if reader == "agency" else ""
    return lambda bundle: READ[form](make_paper(bundle, form, reader=reader, agency=agency))


PAPERS = {f"{reader} {form}": paper(reader, form) for reader in READERS for form in READERS[reader]}
PAPERS |= {f"case {form}": printed(form) for form in ("table", "json", "csv", "md", "html")}


def squeezed(text: str) -> str:
    return BREAKS.sub("", text).casefold()


def marks(text: str) -> set[str]:
    return set(re.findall(r"@@([a-z_.]+)@@", squeezed(text)))


def test_of_every_column_it_is_said_whether_it_holds_words_or_codes() -> None:
    known = {f"{name}.{column}" for name, column in columns()}
    assert known >= CODES
    assert len(known - CODES) > 30


@pytest.mark.parametrize("name", PAPERS)
def test_what_is_hostile_is_shown_whole_wherever_anything_is(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("triage.papers.terminal.WIDTH_OF_A_FILE", 100_000)  # no cell is broken
    show = PAPERS[name]
    shown = show(planted(HOSTILE))
    assert not UNSEEN.search(shown.replace("\r\n", "\n"))
    wanted = marks(show(planted(HARMLESS)))
    assert len(wanted) >= (2 if name.startswith("public") else 7)
    assert marks(shown) == wanted
    text, told = squeezed(visible(HOSTILE)), squeezed(shown)
    whole = {
        mark: [told[: found.start()].endswith(text) for found in re.finditer(f"@@{mark}@@", told)]
        for mark in wanted
    }
    # the head of a printed page repeats what stands in full on the page, as far as there is room
    enough = any if name.endswith("pdf") else all
    assert {mark for mark, shown_so in whole.items() if not enough(shown_so)} == set()
