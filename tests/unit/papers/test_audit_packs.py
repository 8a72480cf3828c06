"""The pages of an audit pack: what is known is filled in, what is not is asked and left blank."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from tests.invented_lists import invented_tables, with_every_text
from tests.unit.learning.test_gates import evaluation
from tests.unit.papers.builders import a_bundle
from tests.unit.papers.test_cards import APPROVAL, PANEL
from triage.lists import Bundle
from triage.papers import (
    AuditFacts,
    Card,
    Replay,
    algo_care,
    contents_page,
    explanations,
    ledger_csv,
    list_page,
    no_card_page,
    replay_page,
    told_markdown,
    told_page,
)
from triage.papers.audit_packs import ASKED_OF_CARE, ASKED_OF_EXPLANATIONS

SIX = ["rationale", "responsibility", "data", "fairness", "safety", "impact"]
CARE = [
    "advisory",
    "lawful",
    "granularity",
    "ownership",
    "challengeable",
    "accuracy",
    "responsible",
    "explainable",
]


FEW = {"accept": 3}


def facts(bundle: Bundle | None = None, **changes: Any) -> AuditFacts:
    card = Card(3, "ab" * 32, PANEL, evaluation(), (), APPROVAL)
    given: dict[str, Any] = {
        "page": list_page(bundle or a_bundle()),
        "card": card,
        "no_card": "",
        "replay": Replay(True, 26, []),
        "fairness": ["1 measure lies outside its tolerance."],
        "decided": {},
        "departures": 0,
    }
    return AuditFacts(**{**given, **changes})


def by_rules_alone() -> AuditFacts:
    bundle = a_bundle()
    model = bundle.manifest.model.model_copy(update={"role": "fallback", "title": "RFG"})
    manifest = bundle.manifest.model_copy(update={"model": model})
    alone = Bundle(bundle.folder, manifest, bundle.tables)
    return facts(alone, card=None, no_card="No model ordered this list: nobody approved one.")


@pytest.mark.parametrize(
    ("make", "keys", "asked"),
    [(explanations, SIX, ASKED_OF_EXPLANATIONS), (algo_care, CARE, ASKED_OF_CARE)],
)
def test_each_part_tells_what_is_known_and_asks_the_rest(make, keys, asked):
    page = make(facts())
    assert [section.key for section in page.sections] == keys == list(asked)
    for section in page.sections:
        assert section.sentences
        fill = section.tables[-1]
        assert fill.layout == "fill"
        assert [row[0] for row in fill.rows] == list(asked[section.key])
        assert {cell for row in fill.rows for cell in row[1:]} == {""}
    text = told_markdown(page)
    for question in (one for questions in asked.values() for one in questions):
        assert f"| {question} |  |  |" in text
    html = told_page(page).decode()
    blank = html.count('data-label="Answer"></td>')
    assert blank == sum(map(len, asked.values()))


def test_what_the_record_shows_is_filled_in():
    many = {"accept": 12, "decline": 14, "defer": 3, "route": 8}
    text = told_markdown(explanations(facts(decided=many, departures=11)))
    for rule in list_page(a_bundle()).rules:
        assert f"| {rule.title} |" in text
    assert "approved on 1 March 2026 by A. Chair" in text
    assert "AGAINST gates that it did not pass: turnover: 90% of the places." in text
    measures = [one.name.replace("_", " ") for one in evaluation().measures]
    assert measures
    assert all(f"| {name} |" in text for name in measures)
    assert "all 26 files came out the same" in text
    assert "1 measure lies outside its tolerance." in text
    assert "accept 12; decline 14; defer not told; route not told." in text
    assert "Not as ranked: 11." in text
    assert "Not as ranked: fewer than 10." in told_markdown(explanations(facts(decided=FEW)))
    assert "Nothing was decided on this list yet" in told_markdown(algo_care(facts()))


def test_a_list_made_by_rules_alone_says_so_in_the_place_of_the_card():
    alone = by_rules_alone()
    text = told_markdown(no_card_page(alone, "Model card"))
    assert "**No model ordered this list: nobody approved one.**" in text
    assert "“RFG” decides: a comparator whose points people have set." in text
    for page in (explanations(alone), algo_care(alone), contents_page(alone, {})):
        assert "No model ordered this list" in told_markdown(page)


def test_a_list_that_does_not_replay_says_why():
    broken = Replay(False, 26, [("input", "data/housing.csv", "has changed")])
    text = told_markdown(replay_page(facts(replay=broken)))
    assert "does NOT come out the same" in text
    assert "| input | data/housing.csv | has changed |" in text
    same = Replay(True, 26, [("code", "0.1.0+1", "is now 0.1.0+2")])
    assert "It changes nothing in this list." in told_markdown(replay_page(facts(replay=same)))


def test_the_contents_name_each_file_once_with_its_hash_and_what_is_open():
    files = {"card.html": ("Model card", "1f" * 32), "list/list.csv": ("The list", "2e" * 32)}
    page = told_page(contents_page(facts(), files)).decode()
    for name, (what, sha256) in files.items():
        assert page.count(f'href="{name}"') == 1
        assert what in page
        assert sha256 in page
    assert f"{sum(map(len, ASKED_OF_CARE.values()))} questions that only a person" in page
    assert "SYNTHETIC DATA" in page


def test_hostile_text_comes_out_as_it_is():
    text = "=1+1<script>alert(1)</script>\u202e"
    bundle = a_bundle(with_every_text(invented_tables(), text))
    html = told_page(explanations(facts(bundle))).decode()
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    assert "[U+202E]" in html
    rows = ledger_csv([{"row": 1, "who": "=cmd()", "ids": '{"list": "x"}'}])
    (told,) = csv.DictReader(io.StringIO(rows))
    assert (told["who"], told["ids"], told["at"]) == ("'=cmd()", '{"list": "x"}', "")
