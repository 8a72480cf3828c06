"""What stands beside a place, as people and programs read it."""

from __future__ import annotations

import csv
import dataclasses
import io
import json

import pytest

from tests.invented_lists import invented_tables, with_beside
from tests.unit.papers.builders import a_bundle, with_values
from tests.unit.papers.test_html import read
from triage.lists import Bundle
from triage.papers import list_page, make_paper, make_papers, print_case, print_list


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return a_bundle(with_beside(invented_tables(12, 4, capacity=3, near_misses=2)))


def words(bundle: Bundle) -> str:
    return read(make_papers(bundle)["list.html"].decode()).words


def in_a_terminal(bundle: Bundle, referral_id: str = "", form: str = "table") -> str:
    sink = io.StringIO()
    if referral_id:
        print_case(bundle, referral_id, sink, form=form)
    else:
        print_list(bundle, sink, form=form)
    return " ".join(sink.getvalue().split())


def test_a_list_says_what_it_is_compared_with_and_how_many_moved(bundle):
    told = "Since the list of 15 February 2026: 1 new, 1 up, 1 down, 9 in the same place, 1 gone."
    assert told in words(bundle)
    assert told in in_a_terminal(bundle)


def test_a_move_is_an_arrow_with_words_and_its_strongest_cause(bundle):
    moves = {case.rank: case.beside.move for case in list_page(bundle).cases}
    assert (moves[2].arrow, moves[2].words, moves[2].cause) == ("▲", "Up 3", "new facts")
    assert (moves[3].arrow, moves[3].words, moves[3].cause) == ("▼", "Down 2", "others moved")
    assert (moves[1].words, moves[1].cause, moves[1].rank_then) == ("New", "", None)
    assert (moves[4].words, moves[4].cause) == ("Same", "")
    assert "Up 3 was 5, new facts" in words(bundle)


def test_a_list_that_is_compared_with_none_is_silent_about_moves():
    alone = a_bundle(invented_tables(6, 0, capacity=3))
    assert "Since the l" not in words(alone)
    assert "Gone since" not in in_a_terminal(alone)


def test_who_is_gone_stands_on_the_list_with_the_reason(bundle):
    for text in (words(bundle), in_a_terminal(bundle)):
        assert "Gone since the last list" in text
        assert "R-GONE" in text
        assert "No longer open." in text


def test_further_referrals_of_a_person_are_told_within_the_case(bundle):
    first = list_page(bundle).cases[0]
    text = words(bundle)
    assert "2 referrals of this person, one case" in text
    assert "R-JOINED, by Health on 26 February 2026" in text.replace(" ,", ",")
    assert "Violence and pregnancy: the victim is pregnant" in text
    assert f"Referral {first.referral_id} (person" in in_a_terminal(bundle, "R-JOINED")


def test_linked_cases_point_to_each_other_and_name_nobody(bundle):
    cases = list_page(bundle).cases
    page = make_papers(bundle)["list.html"].decode()
    assert 'href="#case-3"' in page
    told = in_a_terminal(bundle, cases[1].referral_id)
    assert f"Referral {cases[2].referral_id} (place 3): the same victim is on record." in told
    assert cases[2].person_id not in told


def test_when_a_person_was_last_listed_and_what_has_changed(bundle):
    text = words(bundle)
    assert "Last listed to be discussed on the list of 15 February 2026, at place 3." in text
    assert "4 new records since." in text
    assert "It was then referral R-THEN" in text
    assert "3 incidents in the last 12 months; then: no incidents in the last 12 months" in text


def test_somebody_whom_no_panel_could_hear_is_told_so(bundle):
    earlier = with_values(bundle.tables.earlier, "standing", ["below"])
    tables = dataclasses.replace(bundle.tables, earlier=earlier)
    told = in_a_terminal(a_bundle(tables), bundle.tables.referrals["referral_id"][1].as_py())
    assert "On no earlier list within capacity" in told
    assert "at place 3, further down" in told


def test_a_place_that_depends_on_the_scale_of_harm_is_marked_with_its_range(bundle):
    first, second, *_, last = list_page(bundle).cases
    assert (first.beside.depends_on_scale, first.beside.range_words) == (True, "1–12")
    assert last.beside.depends_on_scale
    assert not second.beside.depends_on_scale
    assert second.beside.scale_words == (
        "On the same side of the line by every scale of harm: place 2."
    )
    assert "below the line by ONS Crime Severity Score (place 12)" in words(bundle)
    assert "Depends on scale of harm: 1–12" in words(bundle)


def test_programs_read_all_of_it(bundle):
    papers = make_papers(bundle)
    told = json.loads(papers["list.json"])
    assert told["gone"][0]["referral_id"] == "R-GONE"
    first, second = told["referrals"][:2]
    assert first["beside"]["joined"][0]["referral_id"] == "R-JOINED"
    assert first["beside"]["depends_on_scale"] is True
    assert second["beside"]["earlier"]["heard"] is True
    assert second["beside"]["move"]["causes"]["facts"] == 2
    rows = {
        row["referral_id"]: row for row in csv.DictReader(io.StringIO(papers["list.csv"].decode()))
    }
    assert len(rows) == 12 + 4 + 1 + 1
    assert rows["R-JOINED"]["standing"] == f"joined to {first['referral_id']}"
    assert rows["R-GONE"]["moved"] == "gone"
    up = rows[second["referral_id"]]
    assert (up["moved"], up["rank_then"], up["last_to_be_discussed"]) == ("up", "5", "2026-02-15")


def test_the_case_as_markdown_tells_it_too(bundle):
    told = in_a_terminal(bundle, bundle.tables.referrals["referral_id"][0].as_py(), form="md")
    assert "## Further referrals of this person" in told
    assert "## If harm were counted otherwise" in told


def test_the_agency_of_a_further_referral_may_see_the_case(bundle):
    agency = make_paper(bundle, "json", reader="agency", agency="health").decode()
    assert list_page(bundle).cases[0].referral_id in agency
