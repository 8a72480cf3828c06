"""Listings: for people, and for programs."""

from __future__ import annotations

import csv
import io
import json

import pytest

from triage.cli.output import Format, print_listing

ROWS = [
    {"source": "police", "read": 12, "share": 0.5, "well": True},
    {"source": "housing, [bold]south[/bold]", "read": 0, "share": None, "well": False},
]
COLUMNS = ("source", "read", "share", "well")


def printed(form: Format, capsys: pytest.CaptureFixture[str]) -> str:
    print_listing(ROWS, COLUMNS, form)
    return capsys.readouterr().out


def test_json_keeps_types_and_nothings(capsys: pytest.CaptureFixture[str]) -> None:
    assert json.loads(printed(Format.JSON, capsys)) == ROWS


def test_csv_has_a_header_and_a_line_a_row(capsys: pytest.CaptureFixture[str]) -> None:
    lines = list(csv.reader(io.StringIO(printed(Format.CSV, capsys))))
    assert lines == [
        list(COLUMNS),
        ["police", "12", "0.5", "yes"],
        ["housing, [bold]south[/bold]", "0", "", "no"],
    ]


def test_a_table_takes_no_text_for_markup(capsys: pytest.CaptureFixture[str]) -> None:
    first, *rows = printed(Format.TABLE, capsys).splitlines()
    assert first.split() == list(COLUMNS)
    assert rows[0].split() == ["police", "12", "0.500", "yes"]
    assert "[bold]south[/bold]" in rows[1]
