"""One case by itself, as a page and as Markdown."""

from __future__ import annotations

import io
import json
from dataclasses import replace

import pytest

from tests.invented_lists import invented_tables, with_every_text
from tests.unit.papers.builders import a_bundle
from triage.errors import NotFoundError
from triage.papers import (
    case_markdown,
    case_page,
    comparison,
    list_page,
    print_case,
    themes,
)

BUNDLE = a_bundle()
PAGE = list_page(BUNDLE)


def told(number: int, form: str, **options: str) -> str:
    sink = io.StringIO()
    print_case(BUNDLE, PAGE.cases[number].referral_id, sink, form=form, **options)
    return sink.getvalue()


def test_the_page_holds_the_case_its_themes_and_the_limits_of_the_tool():
    text = told(2, "html")
    case = PAGE.cases[2]
    assert f'id="case-{case.rank}"' in text
    assert 'id="case-2"' not in text
    assert "Every fact, theme by theme" in text
    assert "How to read this list, and its limits" in text
    assert "A person decides" in text
    assert "<script" not in text
    assert "default-src 'none'" in text
    assert case.above_next is not None
    assert case.above_next.title in text


def test_another_case_is_set_beside_it_in_every_form_that_has_room():
    case, other = PAGE.cases[25], PAGE.cases[1]
    title = comparison(BUNDLE, case, other).title
    assert title.startswith("Why below place 2, ")
    for form in ("html", "md", "table"):
        assert title in told(25, form, against=other.referral_id)
        assert title not in told(25, form)
    data = json.loads(told(25, "json", against=other.referral_id))["referral"]
    assert data["against"]["total"] == pytest.approx(case.score - other.score)
    assert data["themes"]


def test_a_case_is_not_set_beside_itself_nor_beside_one_without_a_place():
    case = PAGE.cases[0]
    assert "Beside another case" not in told(0, "html", against=case.referral_id)
    with pytest.raises(NotFoundError, match="must name a referral that has a place"):
        told(0, "md", against=PAGE.asides[0].referral_id)
    with pytest.raises(NotFoundError, match="has no referral 'r'"):
        told(0, "md", against="r")


def test_markdown_says_what_the_page_says():
    case = replace(PAGE.cases[3], themes=themes(BUNDLE, PAGE.cases[3]))
    text = case_markdown(PAGE, case)
    for reason in (*case.raising, *case.protective):
        assert f"\n{reason.number}. " in text
    assert case.likely_sentence in text
    assert case.alone in text
    assert "the table" in text.lower()
    assert text.count("| Where the model starts |") == 1
    assert "How to read this, and its limits" in text


def test_where_rules_and_model_disagree_the_case_says_so():
    assert all(
        "Where rules and model disagree" in told(0, form) for form in ("html", "md", "table")
    )
    assert "Where rules and model disagree" not in told(1, "html")
    assert "In the model the same fact lowers the score." in PAGE.cases[0].disagreements[0]
    (faithful,) = PAGE.faithfulness
    assert (faithful.value, faithful.by_chance) == (0.9, 0.5)


def test_no_text_of_a_record_becomes_markup():
    hostile = "[x](http://evil) | <b>*y*</b>\n# z"
    bundle = a_bundle(with_every_text(invented_tables(), hostile))
    page = list_page(bundle)
    case = replace(page.cases[0], themes=themes(bundle, page.cases[0]))
    text = case_markdown(page, case)
    assert "[x](" not in text
    assert "<b>" not in text
    assert "\n# z" not in text
    assert b"<b>" not in case_page(page, case)
