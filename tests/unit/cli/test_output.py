"""Listings: for people, and for programs."""

from __future__ import annotations

import csv
import io
import json
import re

import pytest

from triage.cli.output import Format, print_listing, tell

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


HOSTILE = {"who": "=1+1 \x1b[31m\u202eevil\x07", "note": "@SUM(1)"}


@pytest.mark.parametrize("form", list(Format))
def test_whatever_a_cell_holds_nothing_of_it_is_obeyed(
    form: Format, capsys: pytest.CaptureFixture[str]
) -> None:
    print_listing([HOSTILE], tuple(HOSTILE), form)
    tell(HOSTILE["who"])
    out, err = capsys.readouterr()
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", out + err)
    assert "=1+1 [U+001B][31m[U+202E]evil[U+0007]" in err
    if form is Format.JSON:
        assert json.loads(out) == [HOSTILE]
    elif form is Format.CSV:
        (row,) = csv.DictReader(io.StringIO(out))
        assert row == {"who": "'=1+1 [U+001B][31m[U+202E]evil[U+0007]", "note": "'@SUM(1)"}
    else:
        assert "=1+1 [U+001B][31m[U+202E]evil[U+0007]" in out
