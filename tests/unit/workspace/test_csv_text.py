"""Comma-separated text: whatever a cell is made of, a spreadsheet shows it and does not obey it."""

from __future__ import annotations

import csv
import io

import pytest

from triage.workspace import csv_text, guarded, unguarded


@pytest.mark.parametrize(
    "text",
    ["=1+1", " =1+1", "+cmd", "-cmd", "@SUM(1)", "\t=1", "\n=1", "＝1", "|calc", "%x", "-1-cmd"],
)
def test_no_cell_begins_like_a_formula(text: str) -> None:
    (row,) = csv.DictReader(io.StringIO(csv_text(("a", "b"), [{"a": text, "b": "after"}])))
    assert row["a"].startswith("'")
    assert row["b"] == "after"
    assert unguarded(row["a"]) == unguarded(text)


@pytest.mark.parametrize("text", ["-0.25", "+3", "1e-05", "3 incidents", "a, b", 'say "so"', ""])
def test_what_is_none_stays_as_it_is(text: str) -> None:
    assert guarded(text) == text
    header, row = csv.reader(io.StringIO(csv_text(("a", "b"), [{"a": text, "b": 1}])))
    assert (header, row) == (["a", "b"], [text, "1"])


def test_nothing_hides_and_what_is_missing_is_empty() -> None:
    told = csv_text(("a", "b", "c", "d"), [{"a": "x\x1b[31m\u202ey", "c": True, "d": 0.5}])
    assert told == "a,b,c,d\nx[U+001B][31m[U+202E]y,,yes,0.5\n"


def test_several_texts_stand_in_one_cell_and_are_guarded_together() -> None:
    assert csv_text(("a",), [{"a": ["=1", "b"]}, {"a": []}]) == 'a\n\'=1; b\n""\n'
