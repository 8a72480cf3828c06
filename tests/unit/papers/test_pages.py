"""What the papers say, taken from the bundle alone."""

from __future__ import annotations

import dataclasses
import datetime

import pyarrow as pa
import pytest

from tests.invented_lists import invented_content, invented_tables
from tests.unit.papers.builders import a_bundle, with_values
from triage.errors import visible
from triage.papers import Case, ListPage, list_page, make_papers
from triage.papers.wording import dates_words


def page(**changes) -> ListPage:
    return list_page(a_bundle(**changes))


def first(found: ListPage, **wanted) -> Case:
    return next(
        case
        for case in found.cases
        if all(getattr(case, name) == value for name, value in wanted.items())
    )


def test_every_referral_stands_in_one_part():
    bundle = a_bundle()
    found = list_page(bundle)
    assert [len(part) for part in (found.discuss, found.near_misses, found.below)] == [16, 8, 6]
    assert [case.rank for case in found.cases] == list(range(1, 31))
    assert len(found.asides) == 4
    assert found.told_in_full == found.cases[:24]


def test_when_it_was_made_changes_no_paper():
    later = datetime.datetime(2031, 1, 1, tzinfo=datetime.UTC)
    assert make_papers(a_bundle()) == make_papers(a_bundle(created_at=later))


def test_steps_lead_from_the_base_to_the_score():
    for case in page().cases:
        assert case.steps[0].before == case.base
        assert case.steps[-1].after == pytest.approx(case.score, abs=1e-9)
        for before, after in zip(case.steps, case.steps[1:], strict=False):
            assert before.after == after.before
        assert len(case.steps) <= 7
        assert case.steps[-1].text == "All other facts together"
        sizes = [abs(step.contribution) for step in case.steps[:-1]]
        assert sizes == sorted(sizes, reverse=True)


def test_reasons_are_numbered_as_they_are_told_and_records_name_them():
    case = next(case for case in page().cases if case.raising and case.protective)
    told = (*case.raising, *case.protective)
    assert [reason.number for reason in told] == list(range(1, len(told) + 1))
    assert all(reason.known for reason in told)
    assert not any(reason.known for reason in case.unknown)
    behind = {record: set(numbers) for record, numbers in case.records}
    for reason in told:
        for record in reason.records:
            assert reason.number in behind[record]
    days = [record.happened_on for record, _ in case.records]
    assert days == sorted(days, reverse=True)


def test_a_record_behind_two_reasons_is_told_once():
    tables = invented_tables()
    rows = tables.evidence.to_pylist()
    twice = [{**rows[0], "place": place} for place in (1, 2)]
    evidence = tables.evidence.slice(0, 0).from_pylist(twice, schema=tables.evidence.schema)
    found = list_page(a_bundle(dataclasses.replace(tables, evidence=evidence)))
    case = first(found, referral_id=rows[0]["referral_id"])
    ((_, numbers),) = case.records
    assert len(numbers) == 2


def test_a_rule_tells_why_a_referral_is_here_and_what_each_alone_would_give():
    found = page()
    urgent, scored = first(found, tier=1), first(found, tier=3)
    assert "A rule puts this referral in the tier “Urgent”" in urgent.why_here
    assert "Strangulation in the last year" in urgent.why_here
    assert scored.why_here.startswith("No rule raises this referral.")
    assert urgent.rules_alone.startswith("any place from 1 to ")
    assert 1 <= scored.model_alone <= 30


def test_only_the_rules_of_its_tier_are_why_a_referral_is_in_it():
    tables = invented_tables()
    rules = [
        {**row, "truth": "yes", "reason": "x"} if row["rule_id"] == "suicidal_ideation" else row
        for row in tables.rules.to_pylist()
    ]
    table = tables.rules.slice(0, 0).from_pylist(rules, schema=tables.rules.schema)
    found = list_page(a_bundle(dataclasses.replace(tables, rules=table)))
    assert "suicidal" not in first(found, tier=1).why_here
    assert "suicidal" in first(found, tier=2).why_here


@pytest.mark.parametrize(
    ("places", "told"),
    [
        ((3, 3), "place 3"),
        ((2, 9), "any place from 2 to 9; the rules do not order these"),
        ((1, 30), "no order: no rule sets any referral apart"),
    ],
)
def test_what_the_rules_alone_would_give_in_words(places, told):
    tables = invented_tables()
    referrals = with_values(tables.referrals, "rules_alone_first", [places[0]] * 30)
    referrals = with_values(referrals, "rules_alone_last", [places[1]] * 30)
    assert (
        page(tables=dataclasses.replace(tables, referrals=referrals)).cases[0].rules_alone == told
    )


def test_a_likelihood_always_has_its_horizon_and_all_referrals_beside_it():
    for case in page().cases:
        assert "in the next 12 months" in case.likely_sentence
        assert "Of all referrals, about 8 in 100 did." in case.likely_sentence
        assert case.likely in case.likely_sentence


def test_points_are_never_told_as_a_likelihood():
    tables = invented_tables()
    referrals = with_values(tables.referrals, "probability", [None] * 30)
    model = invented_content().model.model_copy(update={"unit": "points"})
    bundle = a_bundle(dataclasses.replace(tables, referrals=referrals), model=model)
    for case in list_page(bundle).cases:
        assert "do not say how likely harm is" in case.likely_sentence
        assert case.likely.endswith(("point", "points"))
        assert all(step.effect in ("raises", "lowers", "no effect") for step in case.steps)
    html = make_papers(bundle)["list.html"].decode()
    assert "in 100" not in html
    assert "they give an order" in html


def test_referrals_that_a_rule_raises_below_the_line_are_called_out():
    assert page().must_below == ()
    short = page(tables=invented_tables(capacity=2, near_misses=1))
    assert [case.rank for case in short.must_below] == [
        case.rank for case in short.cases if case.rank > 2 and case.tier <= 2
    ]
    assert short.must_below
    html = make_papers(a_bundle(invented_tables(capacity=2, near_misses=1)))["list.html"].decode()
    assert "Room is short." in html


def test_main_reasons_name_all_rules_first_and_then_the_strongest_facts():
    case = first(page(), tier=1)
    assert case.main_reasons()[0] == "Strangulation in the last year"
    assert len(case.main_reasons()) <= 3
    assert case.main_reasons(1) == ("Strangulation in the last year",)
    facts = [reason.text for reason in case.raising if reason.origin == "model"]
    assert list(case.main_reasons()[1:]) == facts[: len(case.main_reasons()) - 1]


def test_a_rule_that_might_apply_says_what_is_wanting():
    case = next(case for case in page().cases if case.would_fire)
    (rule,) = case.would_fire
    assert rule.text.startswith("Not known: ")
    assert rule.effect_words == "raises to must be discussed"
    assert rule.wanting


def test_a_mark_is_no_reason_and_is_told():
    case = next(case for case in page().cases if case.flags)
    assert case.flags[0].title == "Several victims"
    assert "serial" not in [reason.name for reason in case.reasons]


def test_each_rule_is_grounded_once_for_the_whole_list():
    found = page()
    names = [rule.rule_id for rule in found.rules]
    assert names == ["strangulation_recent", "suicidal_ideation", "serial"]
    assert all(rule.source for rule in found.rules)


def test_an_unknown_route_is_told_and_one_that_is_not_asked_is_not():
    tables = invented_tables(2, 0)
    routes = with_values(tables.referrals, "route", [None, ""])
    found = page(tables=dataclasses.replace(tables, referrals=routes))
    assert [case.route for case in found.cases] == ["not known", ""]


def test_nothing_can_hide_in_a_text():
    assert visible("a\u202eb\u2066c\x1b[0m\x00d\u200be\ufeff") == (
        "a[U+202E]b[U+2066]c[U+001B][0m[U+0000]d[U+200B]e[U+FEFF]"
    )
    kept = "Zoë’s – 50 % “שלום” \n\tend"
    assert visible(kept) == kept


def test_a_reason_tells_the_dates_of_the_records_behind_it():
    bundle = a_bundle()
    text = make_papers(bundle)["list.html"].decode()
    told = [
        one for case in list_page(bundle).told_in_full for one in case.raising + case.protective
    ]
    dated = [one for one in told if one.records]
    assert dated
    for one in dated:
        latest = one.records[0].happened_on
        assert one.dated.startswith(f"{one.text}: ")
        assert f"{latest.day} {latest:%b}" in one.dated
        assert one.dated in text
    assert all(one.dated == one.text for one in told if not one.records)


def test_few_dates_are_told_and_the_earlier_records_counted():
    days = [datetime.date(2025, month, 1) for month in range(1, 9)]
    assert dates_words([*days, days[7]]) == (
        "1 Apr, 1 May, 1 Jun, 1 Jul, 1 Aug (2) 2025 and 3 earlier"
    )
    assert dates_words([]) == ""


def test_a_list_without_an_approved_model_says_so_on_its_face():
    model = invented_content(invented_tables()).model
    standing_in = model.model_copy(update={"role": "fallback", "title": "Points of the panel"})
    (caution,) = page(model=standing_in).cautions
    assert caution.startswith("No model is approved for this panel.")
    assert "“Points of the panel”" in caution
    assert caution.replace("“", "").split()[0] in str(make_papers(a_bundle(model=standing_in)))
    assert page().cautions == ()


@pytest.mark.parametrize(("days_before", "said"), [(0, True), (30, True), (-1, False)])
def test_a_list_by_a_model_whose_approval_lapsed_says_so(days_before, said):
    content = invented_content(invented_tables())
    due = content.as_of - datetime.timedelta(days=days_before)
    lapsed = content.model.model_copy(update={"retest_on": due})
    assert any("has lapsed" in caution for caution in page(model=lapsed).cautions) is said


@pytest.mark.parametrize(
    ("effect", "mark"),
    [
        ("flag", "Several victims"),
        ("reserve", "Several victims"),
        ("route: CARA", "May belong at CARA as well"),
    ],
)
def test_what_rules_say_without_raising_stands_beside_the_referral(effect: str, mark: str):
    bundle = a_bundle()
    rules = bundle.tables.rules.to_pylist()
    for rule in rules:
        if rule["effect"] == "flag":
            rule["effect"] = effect
    table = pa.Table.from_pylist(rules, schema=bundle.tables.rules.schema)
    tables = dataclasses.replace(bundle.tables, rules=table)
    marked = dataclasses.replace(bundle, tables=tables)
    marks = {one.mark for case in list_page(marked).cases for one in case.flags}
    assert marks == {mark}
    assert mark in make_papers(marked)["list.html"].decode()


def test_how_far_reasons_can_be_relied_on_stands_folded_in_plain_words():
    rows = [
        {"measure": "additivity", "value": 0.0, "by_chance": None},
        {"measure": "deletion", "value": 0.93, "by_chance": 0.55},
        {"measure": "agreement_top", "value": None, "by_chance": 0.04},
    ]
    table = pa.Table.from_pylist(
        [{**row, "referrals": 9, "text": "told"} for row in rows],
        schema=invented_tables().faithfulness.schema,
    )
    bundle = a_bundle(dataclasses.replace(invented_tables(), faithfulness=table))
    told = list_page(bundle).faithful_words
    assert told[0].startswith("The reasons of each case add up")
    assert "93 of 100 parts" in told[1]
    assert told[1].endswith("on average (in random order: 55).")
    assert len(told) == 2
    html = make_papers(bundle)["list.html"].decode()
    folded = html[html.index("<details>") : html.index("</details>")]
    assert all(text in folded for text in told)


def test_a_mark_that_most_cases_bear_is_told_once_and_not_on_every_row():
    tables = invented_tables()
    rules = tables.rules.to_pylist()
    for row in rules:
        if row["rule_id"] == "serial":
            row["truth"] = "yes"
    everybody = pa.Table.from_pylist(rules, schema=tables.rules.schema)
    bundle = a_bundle(dataclasses.replace(tables, rules=everybody))
    page = list_page(bundle)
    (mark,) = page.common_marks
    assert all(mark in {flag.mark for flag in case.flags} for case in page.cases)
    html = make_papers(bundle)["list.html"].decode()
    listed = html[html.index('<section id="list"') : html.index('<section id="below"')]
    assert mark not in listed
    assert f"“{mark}” ({len(page.cases)})" in html
    assert html.count(mark) > len(page.told_in_full)
