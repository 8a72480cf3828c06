"""``list.csv``, ``list.json`` and what the terminal prints."""

from __future__ import annotations

import csv
import io
import json
import re

import pytest

from tests.unit.papers.builders import a_bundle
from triage.errors import NotFoundError
from triage.papers import list_page, make_papers, print_case, print_list


def printed(print_it, *arguments, **options) -> str:
    sink = io.StringIO()
    print_it(*arguments, sink, **options)
    return sink.getvalue()


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_csv_has_one_row_for_each_referral_that_came_in():
    bundle = a_bundle()
    rows = rows_of(make_papers(bundle)["list.csv"].decode())
    ranked = bundle.tables.referrals["referral_id"].to_pylist()
    aside = bundle.tables.not_for_panel["referral_id"].to_pylist()
    assert [row["referral_id"] for row in rows] == ranked + aside
    assert [row["rank"] for row in rows] == [str(n) for n in range(1, 31)] + [""] * 4
    assert {row["standing"] for row in rows} == {
        "discuss",
        "near_miss",
        "below",
        "ineligible",
        "on_hold",
        "set_aside",
    }
    assert {row["synthetic"] for row in rows} == {"yes"}
    assert {row["horizon_days"] for row in rows} == {"365"}
    assert {row["base_rate"] for row in rows} == {"0.083000"}
    assert {row["list_id"] for row in rows} == {bundle.list_id}


def test_json_says_all_that_the_page_says():
    bundle = a_bundle()
    told = json.loads(make_papers(bundle)["list.json"])
    assert told["standing_line"].startswith("A person decides.")
    assert told["list"]["synthetic"] is True
    assert told["list"]["list_id"] == bundle.list_id
    assert not {"created_at", "papers", "seal"} & set(told["list"])
    assert len(told["referrals"]) == 30
    assert len(told["not_for_panel"]) == 4
    evidence = [
        (case["referral_id"], record["event_id"])
        for case in told["referrals"]
        for reason in case["reasons"]
        for record in reason["records"]
    ]
    expected = zip(
        *(bundle.tables.evidence[c].to_pylist() for c in ("referral_id", "event_id")), strict=True
    )
    assert sorted(evidence) == sorted(expected)


def test_the_reasons_in_json_sum_to_the_score():
    for case in json.loads(make_papers(a_bundle())["list.json"])["referrals"]:
        total = case["base"] + sum(reason["contribution"] for reason in case["reasons"])
        assert total == pytest.approx(case["score"], abs=1e-6)


def test_a_list_prints_as_its_files():
    bundle = a_bundle()
    papers = make_papers(bundle)
    assert printed(print_list, bundle, form="csv") == papers["list.csv"].decode()
    assert printed(print_list, bundle, form="json") == papers["list.json"].decode()


def test_the_table_shows_everyone_and_the_line():
    bundle = a_bundle()
    text = printed(print_list, bundle)
    lines = text.splitlines()
    assert lines[0].strip().startswith("SYNTHETIC DATA")
    assert "A person decides." in text
    assert "34 referrals came in: 16 to discuss, 8 near misses, 6 further down, 3 not for" in text
    for table in (bundle.tables.referrals, bundle.tables.not_for_panel):
        assert all(one in text for one in table["referral_id"].to_pylist())
    ids = bundle.tables.referrals["referral_id"].to_pylist()
    line = text.index("Line at capacity: room for 16 cases")
    assert text.index(ids[15]) < line < text.index(ids[16])
    assert max(map(len, lines)) <= 120
    assert "\x1b" not in text


def test_the_first_rows_of_the_table():
    bundle = a_bundle()
    text = printed(print_list, bundle, rows=10)
    ids = bundle.tables.referrals["referral_id"].to_pylist()
    assert all(one in text for one in ids[:10])
    assert not any(one in text for one in ids[10:])
    assert "and 20 more" in text


def test_real_data_is_not_called_synthetic():
    assert "SYNTHETIC" not in printed(print_list, a_bundle(synthetic=False))


def test_a_case_is_told_with_its_reasons_records_and_steps():
    bundle = a_bundle()
    case = list_page(bundle).cases[0]
    text = re.sub(r"\s+", " ", printed(print_case, bundle, case.referral_id))
    for reason in (*case.raising, *case.protective):
        assert f"{reason.number}. " in text
    assert case.records[0][0].event_id in text
    assert case.alone in text
    for step in case.steps:
        assert f"{step.contribution:+.2f}" in text
    for reason in case.unknown:
        assert reason.text.removeprefix("Not known: ") in text
    for rule in case.would_fire:
        assert f"A rule could apply ({rule.effect_words}): {rule.title}." in text


def test_a_case_as_csv_has_a_row_for_each_record_and_sums_to_the_score():
    bundle = a_bundle()
    case = list_page(bundle).cases[0]
    rows = rows_of(printed(print_case, bundle, case.referral_id, form="csv"))
    assert {row["referral_id"] for row in rows} == {case.referral_id}
    assert len([row for row in rows if row["event_id"]]) == sum(
        len(reason.records) for reason in case.reasons
    )
    once = {(row["origin"], row["text"]): float(row["adds_to_score"]) for row in rows}
    assert case.base + sum(once.values()) == pytest.approx(case.score, abs=1e-4)


def test_a_case_as_json_is_the_one_of_the_list():
    bundle = a_bundle()
    whole = json.loads(make_papers(bundle)["list.json"])
    one = json.loads(printed(print_case, bundle, whole["referrals"][4]["referral_id"], form="json"))
    assert one["referral"].pop("themes")
    assert one["referral"] == whole["referrals"][4]
    assert one["list"] == whole["list"]


@pytest.mark.parametrize("form", ["table", "json", "csv"])
def test_who_is_not_ranked_is_told_why(form):
    bundle = a_bundle()
    (held,) = [one for one in list_page(bundle).asides if one.kind == "on_hold"]
    text = re.sub(r"\s+", " ", printed(print_case, bundle, held.referral_id, form=form))
    assert held.referral_id in text
    assert "The person is in custody" in text
    others = bundle.tables.referrals["referral_id"].to_pylist()
    assert not any(other in text for other in others)


def test_a_referral_that_is_not_on_the_list_is_not_explained():
    with pytest.raises(NotFoundError, match="has no referral 'R-nobody'"):
        printed(print_case, a_bundle(), "R-nobody")
