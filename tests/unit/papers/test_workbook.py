"""The workbook: text stays text, choices are given, and what comes back is of this list."""

from __future__ import annotations

import datetime
import io
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from tests.invented_lists import invented_content, invented_tables, with_every_text
from triage.decisions import read_sheet
from triage.lists import COLUMNS, Bundle, ListTables, sheet_identity, sheet_rows, write_bundle
from triage.papers import make_paper, make_papers


def bundle(folder: Path, tables: ListTables | None = None) -> Bundle:
    content = invented_content(tables or invented_tables(ranked=8, capacity=3, near_misses=2))
    return write_bundle(folder, content, make_papers)


def opened(made: Bundle) -> Any:
    return openpyxl.load_workbook(io.BytesIO(make_paper(made, "xlsx")), data_only=False)


def test_each_case_has_a_row_and_the_head_stays_in_sight(tmp_path: Path) -> None:
    made = bundle(tmp_path)
    sheet = opened(made)["The list"]
    ids = [row[0].value for row in sheet.iter_rows(min_row=2, min_col=2, max_col=2)]
    assert ids == made.tables.referrals["referral_id"].to_pylist()
    assert sheet.freeze_panes == "C2"
    assert sheet.auto_filter.ref == f"A1:K{len(ids) + 1}"


def test_decisions_offer_their_choices_and_the_list_is_named_in_a_hidden_sheet(
    tmp_path: Path,
) -> None:
    made = bundle(tmp_path)
    book = opened(made)
    sheet = book["Decisions"]
    assert [cell.value for cell in sheet[1]] == [column.title for column in COLUMNS]
    offered = {
        sheet.cell(1, next(iter(asked.sqref.ranges)).min_col).value: asked.type
        for asked in sheet.data_validations.dataValidation
    }
    assert offered == {
        column.title: {"choice": "list", "date": "date"}[column.kind]
        for column in COLUMNS
        if column.kind in ("choice", "date")
    }
    for position, column in enumerate(COLUMNS, start=1):
        cells = [row[0] for row in sheet.iter_rows(min_row=2, min_col=position, max_col=position)]
        assert all(cell.protection.locked == (column.kind == "context") for cell in cells)
    assert book["List"].sheet_state == "hidden"
    assert dict(book["List"].values) == sheet_identity(made)


def test_it_comes_back_as_it_was_written(tmp_path: Path) -> None:
    made = bundle(tmp_path)
    path = tmp_path / "list.xlsx"
    path.write_bytes(make_paper(made, "xlsx"))
    sheet = read_sheet(path)
    assert sheet.identity == sheet_identity(made)
    assert [{name: cell.text for name, cell in row.items() if cell.text} for row in sheet.rows] == [
        {name: text for name, text in row.items() if text} for row in sheet_rows(made)
    ]


@pytest.mark.parametrize(
    "text", ['=HYPERLINK("http://example.org")', "+1+1", "@SUM(1)", "http://example.org", "007"]
)
def test_text_stays_text(tmp_path: Path, text: str) -> None:
    book = opened(bundle(tmp_path, with_every_text(invented_tables(ranked=2), text)))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert not any(cell.data_type in ("f", "n") for cell in cells if cell.value is not None)
    assert not any(cell.hyperlink for cell in cells)
    assert any(cell.value == text for cell in cells)


def test_a_text_longer_than_a_cell_says_that_it_is_cut(tmp_path: Path) -> None:
    book = opened(bundle(tmp_path, with_every_text(invented_tables(ranked=1), "x" * 40_000)))
    texts = [str(cell.value) for row in book["The list"].iter_rows() for cell in row]
    assert any(text.endswith("(cut: longer than a cell may be)") for text in texts)
    assert all(len(text) <= 32_767 for text in texts)


def test_it_is_the_same_each_time_and_dated_by_its_list(tmp_path: Path) -> None:
    made = bundle(tmp_path)
    assert make_paper(made, "xlsx") == make_paper(made, "xlsx")
    assert opened(made).properties.created == datetime.datetime(2026, 3, 1)


def test_an_empty_list_has_a_workbook(tmp_path: Path) -> None:
    book = opened(bundle(tmp_path, invented_tables(ranked=0, aside=1)))
    assert book["The list"].max_row == 1
