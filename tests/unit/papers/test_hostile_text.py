"""Whatever stands in a record comes out as text: no markup, no formula, nothing hidden."""

from __future__ import annotations

import csv
import dataclasses
import html as entities
import io
import json
import re

import pyarrow as pa
import pytest

from tests.invented_lists import (
    invented_content,
    invented_tables,
    with_beside,
    with_every_text,
)
from tests.unit.papers.builders import a_bundle
from tests.unit.papers.test_html import read
from triage.errors import visible
from triage.papers import make_papers, print_case, print_list

HOSTILE = {
    "markup": "</style></script><script>alert(1)</script><img src=x onerror=alert(1)>",
    "attribute": '" onmouseover="alert(1)" x=\'',
    "template": "{{ page.manifest }} {% raw %} ${7*7} #{7*7}",
    "entity": "&lt;b&gt; &amp;",
    "comment": "--> <!-- ]]> <![CDATA[",
    "formula": '=HYPERLINK("http://example.org","click")',
    "formula after a space": " +1+cmd|' /C calc'!A0",
    "control": "a\x00b\x1b[31mred\x1b[0m\x07\x08\x7f\x9bm",
    "direction": "safe\u202egnp.exe\u2066x\u2069\u200f\ufeff",
    "console markup": "[bold red]x[/] [link=file:///etc/passwd]y[/link]",
    "long": "long" * 2500,
}


def a_few():
    return with_beside(invented_tables(4, 4, capacity=2, near_misses=1))


def bundle_of(text: str):
    tables = with_every_text(a_few(), text)
    panel = invented_content().panel.model_copy(update={"name": text, "area": text})
    model = invented_content().model.model_copy(update={"outcome_meaning": text, "title": text})
    return a_bundle(tables, panel=panel, model=model, code_version=text, inputs={text: "0a" * 32})


@pytest.fixture(params=HOSTILE, ids=list(HOSTILE))
def text(request) -> str:
    return HOSTILE[request.param]


def test_in_html_it_is_text_and_all_of_it(text):
    page = make_papers(bundle_of(text))["list.html"].decode()
    reader = read(page)
    plain = read(make_papers(a_bundle(a_few()))["list.html"].decode())
    assert set(reader.tags) == set(plain.tags)
    assert {name for _, name, _ in reader.attributes} == {name for _, name, _ in plain.attributes}
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u200f]", page)
    shown = re.sub(r"\s+", " ", visible(text)).strip()
    assert shown in reader.words
    assert shown.upper()[:1] + shown[1:] in reader.words


def test_in_csv_no_cell_is_a_formula_and_none_is_lost(text):
    bundle = bundle_of(text)
    cells = list(csv.reader(io.StringIO(make_papers(bundle)["list.csv"].decode())))
    assert {len(row) for row in cells} == {len(cells[0])}
    assert len(cells) == 11
    for row in cells[1:]:
        for column, cell in zip(cells[0], row, strict=True):
            numeric = column in ("probability", "base_rate") or column.startswith("score")
            assert numeric or not cell.lstrip().startswith(("=", "+", "-", "@", "|", "%")), cell
            assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", cell)
    people = {row[cells[0].index("person_id")].removeprefix("'") for row in cells[1:]}
    assert visible(text) in people


def test_in_json_it_is_the_very_text(text):
    written = make_papers(bundle_of(text))["list.json"].decode()
    assert written.isascii()
    assert "\x1b" not in written
    told = json.loads(written)
    assert told["list"]["panel"]["name"] == text
    assert {row["person_id"] for row in told["referrals"]} == {text}


def test_in_a_terminal_it_is_neither_markup_nor_a_command(text):
    bundle = bundle_of(text)
    sink = io.StringIO()
    print_list(bundle, sink)
    print_case(bundle, bundle.tables.referrals["referral_id"][0].as_py(), sink)
    print_case(bundle, bundle.tables.not_for_panel["referral_id"][0].as_py(), sink)
    shown = sink.getvalue()
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", shown)
    squeezed = re.sub(r"[\s│┃╇━─┼]+", "", shown)
    assert re.sub(r"\s+", "", visible(text)) in squeezed


def test_hostile_ids_are_shown_and_guarded_too():
    ids = ["<b>1</b>", "=1+1", "\u202e2", "[red]3[/]"]
    tables = invented_tables(4, 0)
    renamed = {}
    old = tables.referrals["referral_id"].to_pylist()
    new = dict(zip(old, ids, strict=True))
    for field in dataclasses.fields(tables):
        name, table = field.name, getattr(tables, field.name)
        if name == "not_for_panel" or "referral_id" not in table.column_names:
            renamed[name] = table
            continue
        column = [new[one] for one in table["referral_id"].to_pylist()]
        position = table.column_names.index("referral_id")
        field = table.schema.field(position)
        renamed[name] = table.set_column(position, field, pa.array(column, field.type))
    bundle = a_bundle(type(tables)(**renamed))
    papers = make_papers(bundle)
    words = read(papers["list.html"].decode()).words
    assert all(visible(one) in words for one in ids)
    assert "<b>1" not in papers["list.html"].decode()
    assert entities.escape("<b>1</b>") in papers["list.html"].decode()
    rows = list(csv.DictReader(io.StringIO(papers["list.csv"].decode())))
    assert [row["referral_id"] for row in rows] == ["<b>1</b>", "'=1+1", "[U+202E]2", "[red]3[/]"]
    sink = io.StringIO()
    print_case(bundle, "[red]3[/]", sink)
    assert "Referral [red]3[/]" in sink.getvalue()
