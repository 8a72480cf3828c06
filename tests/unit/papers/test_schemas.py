"""The JSON Schema and the guide to the columns say what the papers for programs hold."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from tests.invented_lists import invented_tables, with_beside, with_every_text
from tests.unit.papers.builders import a_bundle
from triage.lists import Bundle
from triage.papers import columns_markdown, list_schema, make_guides, make_paper, told_schema
from triage.papers.fields import COLUMNS, LIST, TOLD, Field

CELLS = {
    "text": r"(?s).*",
    "date": r"\d{4}-\d\d-\d\d",
    "yes_no": r"yes|no",
    "whole": r"-?\d+",
    "place": r"[1-9]\d*",
    "number": r"-?\d+\.\d{6}",
    "chance": r"[01]\.\d{6}",
}


def bundles() -> dict[str, Bundle]:
    points = a_bundle()
    return {
        "a list": points,
        "a list after another": a_bundle(with_beside(invented_tables())),
        "hostile text": a_bundle(with_every_text(invented_tables(), "=1+1\u202e<b>|\x1b[31m")),
    }


def faults(schema: str, text: str) -> list[str]:
    """Return what a JSON text holds that its schema does not allow."""
    jsonschema = pytest.importorskip("jsonschema")
    validator = jsonschema.Draft202012Validator
    rules = json.loads(schema)
    validator.check_schema(rules)
    found = validator(rules, format_checker=validator.FORMAT_CHECKER).iter_errors(json.loads(text))
    return [f"{'/'.join(map(str, one.absolute_path))}: {one.message[:100]}" for one in found]


KINDS: dict[str, type | tuple[type, ...]] = {
    "yes_no": bool,
    "whole": int,
    "place": int,
    "number": (int, float),
    "chance": (int, float),
    "object": dict,
}


INNER = {"many": "one", "rows": "many", "by_name": "one", "lists_by_name": "many"}


def misfits(field: Field, value: Any, where: str = "") -> Iterator[str]:
    """Yield what a value is that its field does not say: a second look, by no library."""
    here = f"{where}/{field.name}"
    if field.shape == "one":
        yield from misfits_of_one(field, value, here)
        return
    within = replace(field, shape=INNER[field.shape])
    by_name = field.shape.endswith("by_name")
    if not isinstance(value, dict if by_name else list):
        yield f"{here} holds not several"
        return
    for item in value.values() if by_name else value:
        yield from misfits(within, item, here)


def misfits_of_one(field: Field, value: Any, here: str) -> Iterator[str]:
    if value is None:
        if not field.empty or field.kind == "text":
            yield f"{here} is null"
    elif not isinstance(value, KINDS.get(field.kind, str)):
        yield f"{here} is no {field.kind}"
    elif field.values and value not in field.values:
        yield f"{here} is another word"
    elif field.kind == "object":
        if others := set(value) ^ {one.name for one in field.of}:
            yield f"{here} has other fields: {others}"
        for one in field.of:
            yield from misfits(one, value.get(one.name), here)


def whole(fields: tuple[Field, ...], text: bytes) -> list[str]:
    return list(misfits(Field("", "object", "All of it", of=fields), json.loads(text)))


@pytest.mark.parametrize("name", bundles())
def test_every_json_is_what_its_fields_say(name):
    bundle = bundles()[name]
    assert whole(LIST, make_paper(bundle, "json")) == []
    for paper in ({"reader": "agency", "agency": "housing"}, {"reader": "public"}):
        assert whole(TOLD, make_paper(bundle, "json", **paper)) == []


@pytest.mark.parametrize("name", bundles())
def test_every_json_is_what_its_schema_says(name):
    bundle = bundles()[name]
    assert faults(list_schema(), make_paper(bundle, "json").decode()) == []
    agency = make_paper(bundle, "json", reader="agency", agency="housing").decode()
    assert faults(told_schema(), agency) == []
    assert faults(told_schema(), make_paper(bundle, "json", reader="public").decode()) == []


def test_the_schema_refuses_what_no_list_holds():
    told = json.loads(make_paper(a_bundle(), "json"))
    told["referrals"][0]["rank"] = 0
    told["referrals"][1]["home_address"] = "here"
    del told["referrals"][2]["score"]
    told["referrals"][3]["standing"] = "top"
    found = faults(list_schema(), json.dumps(told))
    assert [one.split(":")[0] for one in found] == [
        "referrals/0/rank",
        "referrals/1",
        "referrals/2",
        "referrals/3/standing",
    ]


@pytest.mark.parametrize(("schema", "fields"), [(list_schema(), LIST), (told_schema(), TOLD)])
def test_every_field_is_described(schema, fields):
    rules = json.loads(schema)
    assert rules["$schema"].endswith("2020-12/schema")
    described = list(_descriptions(rules))
    assert len(described) == sum(_count(field) for field in fields)
    assert all(re.match(r"[A-Z].{3,}\.$", one) for one in described)


def _descriptions(rules: Any) -> Iterator[str]:
    for one in rules.get("properties", {}).values():
        yield one["description"]
        yield from _descriptions(one.get("items", one))


def _count(field: Field) -> int:
    return 1 + sum(_count(one) for one in field.of)


@pytest.mark.parametrize("name", bundles())
def test_every_cell_is_what_the_guide_says(name):
    rows = list(csv.DictReader(io.StringIO(make_paper(bundles()[name], "csv").decode())))
    assert list(rows[0]) == [column.name for column in COLUMNS]
    for column in COLUMNS:
        allowed = CELLS.get(column.kind) or "|".join(column.values)
        for row in rows:
            cell = row[column.name]
            assert re.fullmatch(allowed, cell) or (column.empty and not cell), (column.name, cell)


def test_the_guide_has_each_column_once_and_no_other():
    told = re.findall(r"^\| (\w+) \|", columns_markdown(), flags=re.MULTILINE)
    (head, *_), *rows = csv.reader(io.StringIO(make_paper(a_bundle(), "csv").decode()))
    assert told == ["Column", *(column.name for column in COLUMNS)]
    assert (head, len(rows)) == (told[1], 34)
    page = make_guides(a_bundle(), ["csv"])["columns.html"].decode()
    assert all(column.name.replace("_", "_<wbr>") in page for column in COLUMNS)


def test_guides_go_with_what_is_for_programs():
    assert set(make_guides(a_bundle(), ["html", "csv", "json"])) == {"columns.html", "schema.json"}
    told = make_guides(a_bundle(), ["html", "json"], reader="public")
    assert told == {"schema.json": told_schema().encode()}
