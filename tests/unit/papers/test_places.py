"""How sure a place is, on every paper."""

from __future__ import annotations

import csv
import datetime
import io
import json

import pytest

from tests.invented_lists import invented_content, invented_tables
from tests.unit.papers.builders import a_bundle, with_values
from triage.lists import ListTables
from triage.papers import make_papers, print_case
from triage.papers.pages import list_page
from triage.papers.places import Ask, Sure


def with_places(tables: ListTables, **columns) -> ListTables:
    places = tables.places
    for name, values in columns.items():
        places = with_values(places, name, values)
    return type(tables)(**{**vars(tables), "places": places})


def without_ensemble(n: int = 30) -> ListTables:
    alone = list(range(1, n + 1))
    nothing = dict.fromkeys(("score_low", "score_high", "chance_within_capacity"), [None] * n)
    return with_places(
        invented_tables(), band_first=alone, band_last=alone, members=[0] * n, **nothing
    )


def sure(**changes) -> Sure:
    told = {"band_first": 4, "band_last": 7, "members": 10}
    told |= {"score_low": -1.0, "score_high": 1.0, "chance_within_capacity": 0.8}
    return Sure(**{**told, **changes})


def test_a_place_is_told_with_those_that_it_cannot_be_told_from():
    assert (sure().band, sure().shared) == ("4–7", True)
    assert (sure(band_last=4).band, sure(band_last=4).shared) == ("4", False)


@pytest.mark.parametrize(("chance", "line"), [(0.8, "8 of 10"), (0.0, ""), (1.0, "")])
def test_the_line_is_told_where_a_place_is_not_sure_of_its_side(chance, line):
    assert line in sure(chance_within_capacity=chance).line
    assert bool(sure(chance_within_capacity=chance).line) == bool(line)
    assert f"{round(10 * chance)} of 10 trial lists" in sure(chance_within_capacity=chance).told


def test_without_an_ensemble_no_number_is_made_up():
    none = sure(members=0, chance_within_capacity=None, score_low=None, score_high=None)
    assert "not available" in none.told
    assert "have the same score" in none.told
    assert "same score" not in sure(band_last=4, members=0, chance_within_capacity=None).told
    assert none.line == ""


def test_every_paper_tells_bands_and_keeps_the_exact_order():
    papers = make_papers(a_bundle())
    rows = list(csv.DictReader(io.StringIO(papers["list.csv"].decode())))
    told = json.loads(papers["list.json"])["referrals"]
    cases = list_page(a_bundle()).cases
    shared = next(case for case in cases if case.sure.shared)
    assert rows[shared.rank - 1]["rank"] == str(shared.rank)
    assert rows[shared.rank - 1]["place"] == shared.sure.band == told[shared.rank - 1]["place"]
    assert told[shared.rank - 1]["how_sure"]["members"] == 10
    html = papers["list.html"].decode()
    assert f'<span class="place">{shared.sure.band}</span>' in html
    assert "10 trial lists" in html


def test_without_an_ensemble_every_paper_says_not_available():
    papers = make_papers(a_bundle(without_ensemble()))
    html = papers["list.html"].decode()
    assert "How sure each place is: not available" in html
    assert "trial lists" not in html
    (row, *_) = csv.DictReader(io.StringIO(papers["list.csv"].decode()))
    assert row["score_low"] == row["chance_within_capacity"] == ""
    first = json.loads(papers["list.json"])["referrals"][0]["how_sure"]
    assert first["score_low"] is first["chance_within_capacity"] is None


def test_a_band_across_the_line_is_told_at_the_line():
    ends = [1] * 14 + [15] * 4 + list(range(19, 31)), [14] * 14 + [18] * 4 + list(range(19, 31))
    tables = with_places(invented_tables(), band_first=ends[0], band_last=ends[1])
    page = list_page(a_bundle(tables))
    assert page.astride == "Places 15–18 lie on both sides of this line and cannot be told apart."
    assert page.astride in make_papers(a_bundle(tables))["list.html"].decode()
    assert list_page(a_bundle(without_ensemble())).astride == ""


def test_a_list_of_nobody_says_nothing_of_places():
    page = list_page(a_bundle(invented_tables(0, 2)))
    assert page.astride == ""
    assert "not available" in page.sure_words


OPEN = {"ranks": (3, None, 1), "tiers": (3, 3, 1), "answers": ("no", "gone", "yes")}


def ask(**changes) -> Ask:
    told = {
        "place": 1,
        "key": "event.weapon",
        "text": "a weapon was used",
        "held_by": ("Police", "Health"),
        "records": 2,
        "last_on": datetime.date(2026, 2, 14),
        "moves": 2,
        "changes": ("tier",),
        **OPEN,
    }
    return Ask(**{**told, **changes})


def test_a_question_says_whom_to_ask_what_and_what_would_follow():
    assert ask().whom == "Police or Health"
    assert ask().what == "A weapon was used? (2 records do not say, the last of 14 Feb 2026)"
    assert "the record of 14 Feb 2026 does not say" in ask(records=1).what
    assert ask(records=0, last_on=None).what == "A weapon was used?"
    assert ask().then(3, 3) == "Gone: not for this panel; yes: place 1, urgent."
    assert ask().then(1, 1) == "No: place 3, by score; gone: not for this panel."


def test_a_place_that_answers_could_change_is_marked():
    assert sure().mark == ""
    likely = {"provisional": True, "chance_of_change": 0.25}
    assert sure(changes=("tier",), best_rank=2, worst_rank=7, **likely).mark == "Provisional: 2–7"
    assert "may not be for this panel" in sure(changes=("list",), **likely).mark
    assert sure(changes=("list", "band"), best_rank=2, worst_rank=2, **likely).mark.endswith(
        "2, or not for this panel"
    )
    assert "its tier may change" in sure(changes=("tier",), **likely).outlook
    assert sure(changes=("tier",), **likely).outlook.startswith("Provisional: by what")
    assert "Nothing that is not known" in sure().outlook


def test_a_change_that_is_unlikely_is_told_and_not_marked():
    unlikely = sure(changes=("tier",), best_rank=2, worst_rank=7, chance_of_change=0.04)
    assert unlikely.mark == ""
    assert unlikely.outlook.startswith("By what is not known it could stand at 2–7")
    assert "about 4 of 100 such cases" in unlikely.outlook
    assert "No single answer would move it" in sure(changes=("band",)).outlook


def test_every_paper_tells_what_to_ask_first():
    page, papers = list_page(a_bundle()), make_papers(a_bundle())
    case = page.cases[2]
    assert case.ask_first.startswith("Police: Strangulation or suffocation? (2 records")
    html = papers["list.html"].decode()
    assert html.count(f"<strong>Ask first.</strong> {case.ask_first}") >= 1
    assert case.sure.mark in html
    row = list(csv.DictReader(io.StringIO(papers["list.csv"].decode())))[2]
    assert (row["provisional"], row["best_rank"], row["ask_whom"]) == ("yes", "1", "Police")
    assert row["ask_first"].endswith("Yes: place 1, urgent.") or case.tier == 1
    told = json.loads(papers["list.json"])["referrals"][2]["how_sure"]
    assert told["asks"][0]["last_on"] == "2026-02-17"
    sink = io.StringIO()
    print_case(a_bundle(), case.referral_id, sink)
    assert case.sure.mark in sink.getvalue()
    assert "Strangulation or suffocation?" in sink.getvalue()


def test_a_question_that_changes_nothing_is_in_the_record_and_on_no_page():
    tables = invented_tables()
    none = with_values(tables.questions, "changes", [[]] * tables.questions.num_rows)
    page = list_page(a_bundle(type(tables)(**{**vars(tables), "questions": none})))
    assert {case.ask_first for case in page.cases} == {""}
    assert page.cases[2].sure.asks


def kept_for_the_last() -> ListTables:
    tables = invented_tables()
    reserved = [False] * 29 + [True]
    standing = tables.referrals["standing"].to_pylist()
    standing[15], standing[23], standing[29] = "near_miss", "below", "discuss"
    changed = with_places(tables, reserved=reserved)
    referrals = with_values(tables.referrals, "standing", standing)
    return type(tables)(**{**vars(changed), "referrals": referrals})


def test_a_reserved_place_stands_above_the_line_and_says_so():
    bundle = a_bundle(kept_for_the_last())
    page = list_page(bundle)
    assert [case.rank for case in page.discuss] == [*range(1, 16), 30]
    assert page.near_misses[0].rank == 16
    papers = make_papers(bundle)
    assert papers["list.html"].decode().count("Reserved place</span>") == 2
    rows = list(csv.DictReader(io.StringIO(papers["list.csv"].decode())))
    assert [row["rank"] for row in rows if row["reserved"] == "yes"] == ["30"]


def test_the_sample_for_audits_is_on_no_paper():
    tables = invented_tables()
    none = with_places(tables, audit_sample=[False] * 30)
    assert make_papers(a_bundle(tables)) == make_papers(a_bundle(none))
    assert b"audit_sample" not in b"".join(make_papers(a_bundle(tables)).values())


@pytest.mark.parametrize(("ranked", "capacity"), [(1, 16), (5, 99), (5, 0), (0, 16)])
def test_lists_of_any_size_and_capacity_have_their_papers(ranked, capacity):
    tables = invented_tables(ranked, 1, capacity=capacity)
    panel = invented_content().panel.model_copy(update={"capacity": capacity})
    bundle = a_bundle(tables, panel=panel)
    html = make_papers(bundle)["list.html"].decode()
    if not ranked:
        assert "No referral is ranked on this list" in html
    elif capacity > ranked:
        assert "Every ranked referral is within capacity" in html
    else:
        assert "There is no room this time" in html
        assert len(list_page(bundle).near_misses) == ranked
