"""The published JSON Schema of a list's JSON, and the guide to the columns of its CSV."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from triage.lists import FORMAT, PanelFacts
from triage.papers.fields import COLUMNS, LIST, TOLD, Field, Kind
from triage.papers.told import Section, Table, ToldPage, sections_markdown, told_page

__all__ = ["columns_markdown", "columns_page", "list_schema", "told_schema"]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
KINDS: Mapping[Kind, Mapping[str, Any]] = {
    "text": {"type": "string"},
    "word": {"type": "string"},
    "date": {"type": "string", "format": "date", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"},
    "yes_no": {"type": "boolean"},
    "whole": {"type": "integer"},
    "place": {"type": "integer", "minimum": 1},
    "number": {"type": "number"},
    "chance": {"type": "number", "minimum": 0, "maximum": 1},
    "sha256": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
}
IN_A_CELL: Mapping[Kind, str] = {
    "text": "text",
    "word": "one of these words: ",
    "date": "date, as 2026-03-01",
    "yes_no": "yes or no",
    "whole": "whole number",
    "place": "whole number",
    "number": "number, six decimals",
    "chance": "number, six decimals",
}
GUARDED = (
    "Rows are separated by a line feed, cells by commas; the text is UTF-8. A text that a "
    "spreadsheet would take for a formula has a quote mark (') before it; letters that cannot be "
    "seen are spelled out, as [U+202E]. Nothing else is changed."
)
ROWS = (
    "A row for each referral that came in: those ranked first, in order, then further referrals "
    "of their people, then those that are not ranked. Last come those gone since the list before."
)
FOR_PROGRAMS = (
    f"Programs should call columns by their names. They are those of format {FORMAT}, as the "
    "list's manifest names it. Reasons, records and questions stand whole in list.json, of which "
    "list.schema.json is the JSON Schema (draft 2020-12)."
)


def list_schema() -> str:
    """Return the JSON Schema (draft 2020-12) of ``list.json``."""
    return _schema("list", "A discussion list, with every reason and record behind it", LIST)


def told_schema() -> str:
    """Return the JSON Schema (draft 2020-12) of what an agency or the public gets as JSON."""
    return _schema("told", "What an agency or the public may read of a discussion list", TOLD)


def _schema(name: str, title: str, fields: Sequence[Field]) -> str:
    schema = {
        "$schema": DIALECT,
        "$id": f"urn:referral-triage:{name}:{FORMAT}",
        "title": title,
        "description": f"Of format {FORMAT}. Every field is always there; null says that there is "
        "no value, and its description when.",
        **_object(fields),
    }
    return json.dumps(schema, indent=1, ensure_ascii=True) + "\n"


def _object(fields: Sequence[Field]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {field.name: _described(field) for field in fields},
        "required": [field.name for field in fields],
        "additionalProperties": False,
    }


def _described(field: Field) -> dict[str, Any]:
    words = [field.meaning, f"unit: {field.unit}" if field.unit else ""]
    words.append(f"{_nothing(field)}: {field.empty}" if field.empty else "")
    return {"description": ". ".join(word for word in words if word) + ".", **_shaped(field)}


def _nothing(field: Field) -> str:
    return "Empty" if field.kind == "text" else "Null"


def _shaped(field: Field) -> dict[str, Any]:
    one = _one(field)
    if field.shape == "one":
        return one
    many = {"type": "array", "items": one}
    return {
        "many": many,
        "rows": {"type": "array", "items": many},
        "by_name": {"type": "object", "additionalProperties": one},
        "lists_by_name": {"type": "object", "additionalProperties": many},
    }[field.shape]


def _one(field: Field) -> dict[str, Any]:
    one = _object(field.of) if field.kind == "object" else dict(KINDS[field.kind])
    if field.values:
        one["enum"] = list(field.values)
    if not field.empty or field.kind == "text":
        return one
    if field.values:
        one["enum"].append(None)
    return {**one, "type": [one["type"], "null"]}


def columns_markdown() -> str:
    """Return the guide to the columns of ``list.csv`` as Markdown."""
    return "\n".join(["# The columns of list.csv", *sections_markdown(_sections())]) + "\n"


def columns_page(panel: PanelFacts) -> bytes:
    """Return that guide as an HTML page, to lie beside a list; it tells of no person."""
    return told_page(
        ToldPage(
            kind="Guide to list.csv",
            title="The columns of list.csv",
            panel=panel,
            synthetic=False,
            standing="What each column holds, and when its cell is empty.",
            sections=list(_sections()),
        )
    )


def _sections() -> Iterator[Section]:
    yield Section("rows", "The rows", (ROWS, GUARDED, FOR_PROGRAMS))
    yield Section(
        "columns",
        "The columns",
        (),
        Table(
            "In the order in which they stand",
            ("Column", "What it holds", "Type", "Unit", "Empty where"),
            [
                (field.name, f"{field.meaning}.", _cell(field), field.unit, field.empty or "never")
                for field in COLUMNS
            ],
        ),
    )


def _cell(field: Field) -> str:
    return IN_A_CELL[field.kind] + ", ".join(field.values)
