"""How sure a place is, on every paper."""

from __future__ import annotations

import csv
import io
import json

import pytest

from tests.invented_lists import invented_tables
from tests.unit.papers.builders import a_bundle, with_values
from triage.lists import ListTables
from triage.papers import make_papers
from triage.papers.pages import list_page
from triage.papers.places import Sure


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
