"""``list.html``: one file that needs nothing else and says what must be said."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import itertools
import re
from collections import Counter
from html.parser import HTMLParser

import pytest

from tests.invented_lists import invented_content, invented_tables
from tests.unit.papers.builders import a_bundle
from triage.papers import list_page, make_papers

VOID = {"meta", "link", "br", "wbr", "img", "line", "rect"}


class Reader(HTMLParser):
    """Reads a page strictly: tags nest, and what they hold is kept."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: Counter[str] = Counter()
        self.attributes: list[tuple[str, str, str]] = []
        self.texts: list[tuple[str, str]] = []
        self.headings: list[int] = []

    def handle_starttag(self, tag, attrs):
        self.tags[tag] += 1
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if re.fullmatch(r"h\d", tag):
            self.headings.append(int(tag[1]))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, f"</{tag}> closes another element"

    def handle_data(self, data):
        self.texts.append((self.open[-1] if self.open else "", data))

    @property
    def words(self) -> str:
        shown = "".join(data for tag, data in self.texts if tag not in ("style", "script"))
        return re.sub(r"\s+", " ", shown)

    def values(self, attribute: str) -> list[str]:
        return [value for _, name, value in self.attributes if name == attribute]


def html(**changes) -> str:
    return make_papers(a_bundle(**changes))["list.html"].decode()


def read(text: str) -> Reader:
    reader = Reader()
    reader.feed(text)
    reader.close()
    assert reader.open == []
    return reader


def test_it_is_one_file_without_script_style_attribute_or_address():
    text = html()
    reader = read(text)
    assert text.startswith("<!doctype html>")
    assert not {"script", "link", "img", "iframe", "object", "form", "base"} & set(reader.tags)
    assert not [name for _, name, _ in reader.attributes if name.startswith("on")]
    assert reader.values("style") == []
    assert all(value.startswith("#") for value in reader.values("href"))
    addresses = set(re.findall(r"[a-z]+://[^\s\"'<>)]+", text))
    assert addresses == {"http://www.w3.org/2000/svg"}
    assert "url(" not in text
    assert "@import" not in text


def test_its_policy_refuses_everything_but_its_own_style():
    text = html()
    (style,) = re.findall(r"<style>(.*?)</style>", text, flags=re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', text)
    assert policy == (
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    )


def test_every_referral_that_came_in_is_on_the_page_with_its_person():
    bundle = a_bundle()
    words = read(make_papers(bundle)["list.html"].decode()).words
    for table in (bundle.tables.referrals, bundle.tables.not_for_panel):
        for row in table.to_pylist():
            assert row["referral_id"] in words
            assert (row["person_id"] or "not known") in words


def test_the_line_is_drawn_after_the_last_that_there_is_room_for():
    text = html()
    line = text.index("Line at capacity: room for 16 cases.")
    assert text.index('href="#case-16"') < line < text.index('href="#case-17"')
    assert "Every ranked referral is within capacity" in html(tables=invented_tables(5, 0))


def test_it_says_what_a_reader_must_know():
    words = read(html()).words
    for must in (
        "A person decides. This list orders a discussion; it does not decide.",
        "SYNTHETIC DATA.",
        "Every person, record and figure on this page is invented.",
        "No history with the police is not low risk.",
        "What is not known is not “no”.",
        "Scores are for referrals to this panel",
        "within 12 months",
        "about 8 in 100",
        "boosted_trees",
        "5e" * 32,
        "0a" * 32,
        "4e" * 32,
    ):
        assert must in words, must
    assert "2026-03-01T" not in html()


def test_only_invented_data_is_called_invented():
    text = html(synthetic=False)
    assert "SYNTHETIC" not in text
    assert "invented" not in text


def test_each_case_above_and_just_below_the_line_has_a_section_with_its_drawing_and_table():
    text = html()
    for rank in range(1, 25):
        section = text[text.index(f'<section class="case" id="case-{rank}"') :]
        section = section[: section.index("</section>")]
        assert f'aria-labelledby="figure-{rank}-title figure-{rank}-description"' in section
        assert "How the model" in section
        assert "The rules alone would give it" in section
    assert 'id="case-25"' not in text


def test_its_anchors_lead_somewhere_and_its_ids_are_single():
    reader = read(html())
    ids = Counter(reader.values("id"))
    assert max(ids.values()) == 1
    assert {value[1:] for value in reader.values("href")} <= set(ids)
    labels = {name for value in reader.values("aria-labelledby") for name in value.split()}
    assert labels <= set(ids)


def test_it_can_be_walked_by_its_headings():
    headings = read(html()).headings
    assert headings[0] == 1
    assert headings.count(1) == 1
    for before, after in itertools.pairwise(headings):
        assert after <= before + 1
    assert 'lang="en-GB"' in html()


@pytest.mark.parametrize("ranked", [0, 1, 2])
def test_short_lists(ranked):
    reader = read(html(tables=invented_tables(ranked, 0)))
    assert ("No referral is ranked on this list." in reader.words) == (ranked == 0)
    assert "None: every referral that came in is ranked." in reader.words
    assert reader.words.count("both together give it place") == ranked


def test_a_panel_without_room():
    panel = invented_content().panel.model_copy(update={"capacity": 0, "near_misses": 0})
    words = read(html(tables=invented_tables(3, 0, capacity=0, near_misses=0), panel=panel)).words
    assert "There is no room this time: every referral stands below the line." in words
    assert "Further down" in words


def test_many_records_are_counted_where_they_are_not_shown():
    bundle = a_bundle()
    text = make_papers(bundle)["list.html"].decode()
    more = sum(len(case.records) > 8 for case in list_page(bundle).told_in_full)
    assert more
    assert len(re.findall(r"and \d+ earlier records?, in list\.json", text)) == more


def test_a_drawing_says_in_words_what_it_draws():
    text = html()
    assert text.count("<svg ") == text.count("<title id=") == text.count("<desc id=") == 24
    assert "steps raise it, the others lower it" in text


def test_a_case_without_any_reason_is_still_told():
    tables = invented_tables(1, 0)
    rest = [
        {**row, "contribution": tables.referrals["score"][0].as_py() - row_base(tables)}
        for row in tables.reasons.to_pylist()
        if row["origin"] == "rest"
    ]
    reasons = tables.reasons.slice(0, 0).from_pylist(rest, schema=tables.reasons.schema)
    bare = dataclasses.replace(tables, reasons=reasons, evidence=tables.evidence.slice(0, 0))
    words = read(html(tables=bare)).words
    assert "Nothing on record raises it." in words
    assert "Every fact that is asked about is known." in words


def row_base(tables) -> float:
    return float(tables.referrals["base"][0].as_py())
