"""The pack as a PDF: tagged, whole, the same each time, and with every letter as it came."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pypdf
import pytest

from tests.invented_lists import invented_content, invented_tables, with_every_text
from triage.lists import Bundle, ListTables, write_bundle
from triage.papers import make_paper, make_papers

HOSTILE = (
    '=HYPERLINK("http://example.org") #import "x" *a* $b$ @c <d> \u202egnp.exe\x1b[31m שלום 中 🙂'
)


def bundle(folder: Path, tables: ListTables | None = None) -> Bundle:
    content = invented_content(tables or invented_tables(capacity=3, near_misses=2))
    return write_bundle(folder, content, make_papers)


def pages_of(made: bytes) -> list[str]:
    return [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(made)).pages]


def words_of(text: str) -> str:
    """Return text without what a line or a page breaks."""
    return "".join(text.replace("\u200b", "").split())


def test_the_pack_says_that_it_is_accessible_and_in_which_language(tmp_path: Path) -> None:
    reader = pypdf.PdfReader(io.BytesIO(make_paper(bundle(tmp_path), "pdf")))
    assert b"<pdfuaid:part>1</pdfuaid:part>" in reader.xmp_metadata.stream.get_data()
    root = reader.trailer["/Root"]
    assert root["/Lang"] == "en-GB"
    assert root["/MarkInfo"]["/Marked"]
    assert reader.metadata.title == "Discussion list as of 1 March 2026"


def test_the_same_list_gives_the_same_bytes(tmp_path: Path) -> None:
    made = bundle(tmp_path)
    assert make_paper(made, "pdf") == make_paper(made, "pdf")


def test_every_case_told_in_full_has_one_page_of_its_own(tmp_path: Path) -> None:
    made = bundle(tmp_path)
    pages = pages_of(make_paper(made, "pdf"))
    for row in made.tables.referrals.to_pylist():
        heading = words_of(f"· Referral {row['referral_id']}")
        sheets = [page for page in pages if heading in words_of(page)]
        assert len(sheets) == (row["standing"] != "below")
        assert all("Notes, and what the panel decided" in page for page in sheets)


def test_it_says_which_agencies_have_brought_nothing(tmp_path: Path) -> None:
    tables = invented_tables(ranked=1, capacity=1)
    rows = tables.brought.to_pylist()
    rows = [row | {"records": 0, "latest_on": None} for row in rows[:2]] + [
        row | {"records": 4, "latest_on": row["latest_on"] or invented_content().as_of}
        for row in rows[2:]
    ]
    brought = tables.brought.from_pylist(rows, schema=tables.brought.schema)
    text = words_of(
        "".join(pages_of(make_paper(bundle(tmp_path, replace(tables, brought=brought)), "pdf")))
    )
    nothing = "; ".join(row["agency_name"] for row in rows[:2])
    assert words_of(f"Nothing brought: {nothing}.") in text
    assert words_of(f"{rows[2]['agency_name']}: 4 records") in text


def test_what_is_not_for_this_panel_is_there_with_its_reason(tmp_path: Path) -> None:
    made = bundle(tmp_path)
    last = words_of("".join(pages_of(make_paper(made, "pdf"))[-2:]))
    for row in made.tables.not_for_panel.to_pylist():
        assert words_of(row["referral_id"]) in last
        assert words_of(row["text"]) in last


@pytest.mark.parametrize("text", [HOSTILE, "x" * 10_000, "word " * 2_000])
def test_hostile_text_comes_out_as_text(tmp_path: Path, text: str) -> None:
    tables = with_every_text(invented_tables(ranked=1, aside=1), text)
    told = words_of("".join(pages_of(make_paper(bundle(tmp_path, tables), "pdf"))))
    shown = (
        text.replace("\u202e", "[U+202E]").replace("\x1b", "[U+001B]").replace("中", "[U+4E2D]")
    ).split("שלום")[0]
    assert words_of(shown) in told


def test_an_empty_list_has_a_pack(tmp_path: Path) -> None:
    pages = pages_of(make_paper(bundle(tmp_path, invented_tables(ranked=0, aside=1)), "pdf"))
    assert "No referral is ranked on this list" in pages[0]
