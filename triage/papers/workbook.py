"""The list as a workbook: to read, to filter, and to write down what the panel decides."""

from __future__ import annotations

import datetime
import io
import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from triage.errors import visible
from triage.lists import (
    COLUMNS,
    DECISIONS,
    IDENTITY,
    Bundle,
    SheetColumn,
    sheet_identity,
    sheet_rows,
)
from triage.papers.listed import Case, ListPage
from triage.papers.wording import sentence

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

__all__ = ["list_xlsx"]

READING = "The list"
NOTES = "How to read"
CHOICES = "Choices"
LONGEST_CELL = 32_767
LINE_POINTS, MOST_LINES = 13.0, 30
WIDTHS = {"context": 14, "choice": 20, "text": 34, "date": 13}
LIST_COLUMNS = (
    ("Place", 7),
    ("Referral", 12),
    ("Person", 11),
    ("Tier", 13),
    ("Marks", 24),
    ("Came from", 16),
    ("Made on", 11),
    ("How likely", 12),
    ("Why", 48),
    ("Not known", 34),
    ("Who has brought records", 34),
)


def list_xlsx(bundle: Bundle, page: ListPage) -> bytes:
    """Return the workbook of a list, the same bytes for the same list.

    The sheet ``Decisions`` is the one that ``triage decide`` reads back
    (:mod:`triage.lists.decision_sheets`); a hidden sheet ties it to the list. Every text is
    written as text: none is taken for a formula, a number or a link.

    Parameters
    ----------
    bundle : Bundle
    page : ListPage
    """
    from xlsxwriter import Workbook  # only who wants a workbook waits for it

    out = io.BytesIO()
    settings = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with Workbook(out, settings) as book:
        made = datetime.datetime.combine(page.manifest.as_of, datetime.datetime.min.time())
        book.set_properties({"title": page.title, "created": made})
        styles = _Styles(book)
        _write_list(book.add_worksheet(READING), page, styles)
        _write_decisions(book, bundle, page, styles)
        _write_notes(book.add_worksheet(NOTES), page, styles)
        identity = book.add_worksheet(IDENTITY)
        for row, (name, value) in enumerate(sheet_identity(bundle).items()):
            identity.write_string(row, 0, name)
            identity.write_string(row, 1, value)
        identity.hide()
        book.worksheets_objs[1].activate()
    return out.getvalue()


class _Styles:
    """How cells look."""

    def __init__(self, book: Workbook) -> None:
        wrapped = {"text_wrap": True, "valign": "top", "font_size": 10}
        edge = {"bottom": 1, "bottom_color": "#b9bdc6"}
        self.head = book.add_format(
            {"bold": True, "bg_color": "#1b1d22", "font_color": "#ffffff", **wrapped}
        )
        self.cell = book.add_format({**wrapped, **edge})
        self.beyond = book.add_format({**wrapped, **edge, "bg_color": "#f1f3f6"})
        self.open = book.add_format(
            {**wrapped, **edge, "locked": False, "bg_color": "#fffbe8", "num_format": "yyyy-mm-dd"}
        )
        self.bold = book.add_format({"bold": True, **wrapped})


def _write_list(sheet: Worksheet, page: ListPage, styles: _Styles) -> None:
    for column, (title, width) in enumerate(LIST_COLUMNS):
        sheet.set_column(column, column, width)
        sheet.write_string(0, column, title, styles.head)
    widths = [width for _, width in LIST_COLUMNS]
    for row, case in enumerate(page.cases, start=1):
        style = styles.cell if case.standing == "discuss" else styles.beyond
        texts = list(_row(case))
        for column, text in enumerate(texts):
            _write(sheet, row, column, text, style)
        sheet.set_row(row, _height(texts, widths))
    sheet.autofilter(0, 0, max(len(page.cases), 1), len(LIST_COLUMNS) - 1)
    sheet.freeze_panes(1, 2)
    _set_page(sheet, page)


def _row(case: Case) -> Iterator[str]:
    yield case.sure.band
    yield case.referral_id
    yield case.person_id
    yield case.tier_name
    yield "\n".join([*(flag.mark for flag in case.flags), *filter(None, case.beside.marks)])
    yield case.agency_name
    yield case.made_on.isoformat()
    yield sentence(case.likely)
    yield "\n".join(case.main_reasons(5) or ("Nothing on record raises it",))
    yield "\n".join(sentence(one.text.removeprefix("Not known: ")) for one in case.unknown)
    yield "\n".join(case.brought_words)


def _write_decisions(book: Workbook, bundle: Bundle, page: ListPage, styles: _Styles) -> None:
    sheet, choices = book.add_worksheet(DECISIONS), book.add_worksheet(CHOICES)
    rows = sheet_rows(bundle)
    last = max(len(rows), 1)
    for column, told in enumerate(COLUMNS):
        sheet.set_column(column, column, WIDTHS[told.kind])
        sheet.write_string(0, column, told.title, styles.head)
        sheet.write_comment(0, column, told.meaning, {"x_scale": 1.6})
        if told.kind == "choice":
            _write_choices(choices, column, told.values)
        if told.kind in ("choice", "date"):
            sheet.data_validation(1, column, last, column, _asked(told, column, page))
    for row, context in enumerate(rows, start=1):
        sheet.set_row(row, 2 * LINE_POINTS)
        for column, told in enumerate(COLUMNS):
            if told.kind == "context":
                _write(sheet, row, column, context[told.name], styles.cell)
            else:
                sheet.write_blank(row, column, None, styles.open)
    choices.hide()
    sheet.autofilter(0, 0, last, len(COLUMNS) - 1)
    sheet.freeze_panes(1, 2)
    sheet.protect("", {"autofilter": True, "format_columns": True, "format_rows": True})
    _set_page(sheet, page)


def _write_choices(sheet: Worksheet, column: int, values: Sequence[str]) -> None:
    for row, value in enumerate(values):
        sheet.write_string(row, column, value)


def _asked(told: SheetColumn, column: int, page: ListPage) -> dict[str, Any]:
    """Return what a cell of a column may hold, and what is said of anything else."""
    from xlsxwriter.utility import xl_range_abs

    if told.kind == "choice":
        where = f"={CHOICES}!{xl_range_abs(0, column, len(told.values) - 1, column)}"
        return {"validate": "list", "source": where, "error_title": told.title[:32]}
    return {
        "validate": "date",
        "criteria": ">=",
        "value": page.manifest.as_of,
        "error_title": told.title[:32],
        "error_message": f"A date on or after {page.as_of_words}, as 2026-03-31.",
    }


def _write_notes(sheet: Worksheet, page: ListPage, styles: _Styles) -> None:
    sheet.set_column(0, 0, 34)
    sheet.set_column(1, 1, 110)
    lines = [
        ("A person decides", "This workbook orders a discussion; it does not decide."),
        *((caution, "") for caution in page.cautions),
        ("List", f"{page.manifest.list_id}, {page.manifest.panel.name}"),
        (
            f"The sheet “{DECISIONS}”",
            "Fill in the yellow cells, save the workbook, and give it to “triage decide”. Each "
            "column's note says what belongs into it. Rows without a decision may stay empty.",
        ),
        *((note.title, note.text) for note in page.reading),
    ]
    for row, (title, text) in enumerate(lines):
        _write(sheet, row, 0, title, styles.bold)
        _write(sheet, row, 1, text, styles.cell)
        sheet.set_row(row, _height([title, text], [34, 110]))
    _set_page(sheet, page)


def _set_page(sheet: Worksheet, page: ListPage) -> None:
    synthetic = "SYNTHETIC DATA: every person is invented" if page.manifest.synthetic else ""
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    sheet.set_header(f"&L{page.title.replace('&', '&&')}&R{synthetic}")
    sheet.set_footer(f"&LList {page.manifest.list_id}&RPage &P of &N")
    if page.manifest.synthetic:
        sheet.set_tab_color("#8a5a00")


def _height(texts: Sequence[str], widths: Sequence[int]) -> float:
    """Return how high a row must be, in points, for its texts to be seen; at most some 30 lines."""
    lines = max(
        sum(math.ceil(max(len(line), 1) / width) for line in text.split("\n"))
        for text, width in zip(texts, widths, strict=True)
    )
    return LINE_POINTS * min(lines, MOST_LINES) + 3


def _write(sheet: Worksheet, row: int, column: int, text: str, style: Format) -> None:
    """Write a text as it is; what a cell cannot hold of it is said to be left out."""
    shown = visible(text)
    if len(shown) > LONGEST_CELL:
        shown = f"{shown[: LONGEST_CELL - 40]} … (cut: longer than a cell may be)"
    sheet.write_string(row, column, shown, style)
