"""The records behind every leaf of every rule, of whatever effect."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.invented_histories import NOW, World, a_world, incident
from tests.invented_rules import a_rule
from triage.lists import Bundle
from triage.papers import RuleSeen, list_page, rules_asked

OFTEN = {"field": "incidents_365d", "operator": "at_least", "value": 2}


def listed(tmp_path: Path, world: World) -> Bundle:
    return world.list_of(tmp_path, NOW)


def two_incidents(*rules: Any) -> World:
    """Return a world in which ``p1`` has the records ``first`` and ``second``, and ``p2`` none."""
    blank = a_world(2)
    events = (
        incident("p1", "2025-12-01", event_id="first"),
        incident("p1", "2025-12-20", event_id="second"),
        incident("p1", "2026-03-01", event_id="later"),
    )
    return World(blank.project, blank.trained, blank.people, events, blank.referrals).with_rules(
        *rules
    )


def rule_on(bundle: Bundle, referral_id: str, rule_id: str = "a_rule") -> RuleSeen:
    (found,) = (one for one in rules_asked(bundle, referral_id) if one.rule_id == rule_id)
    return found


def ids(rule: RuleSeen) -> list[str]:
    return [one.record_id for one in rule.records]


@pytest.mark.parametrize(
    "effect",
    ["ineligible", "hold", "flag", "reserve", {"floor": "urgent"}, {"route": "CARA"}],
)
def test_a_rule_that_fires_names_its_records_whatever_it_does(tmp_path: Path, effect: Any) -> None:
    bundle = listed(tmp_path, two_incidents(a_rule(when=OFTEN, effect=effect)))
    fired = rule_on(bundle, "r1")
    assert (fired.truth, ids(fired)) == ("yes", ["second", "first"])
    assert fired.rests_on == "Records: second of 20 Dec 2025; first of 1 Dec 2025."
    assert rule_on(bundle, "r2").truth == "no"
    assert ids(rule_on(bundle, "r2")) == []


def test_who_is_not_for_this_panel_is_told_on_which_records(tmp_path: Path) -> None:
    bundle = listed(tmp_path, two_incidents(a_rule(when=OFTEN, effect="ineligible")))
    (aside,) = list_page(bundle).asides
    assert aside.rests_on == "Records: second of 20 Dec 2025; first of 1 Dec 2025."
    also = two_incidents(
        a_rule(when=OFTEN, effect="ineligible"), a_rule("other", when=OFTEN, effect="hold")
    )
    (twice,) = list_page(listed(tmp_path / "twice", also)).asides
    assert twice.rests_on == aside.rests_on


def test_each_leaf_has_its_own_records_also_of_a_rule_that_does_not_fire(tmp_path: Path) -> None:
    when = {"all": [OFTEN, {"field": "weapon_incidents_90d", "operator": "at_least", "value": 1}]}
    rule = rule_on(listed(tmp_path, two_incidents(a_rule(when=when))), "r1")
    assert rule.truth == "no"
    told = [(leaf.truth, leaf.decides, len(leaf.records)) for leaf in rule.leaves]
    assert told == [("yes", False, 2), ("no", True, 0)]
    assert ids(rule) == []


def test_what_a_form_and_an_entry_say_has_them_for_its_record(tmp_path: Path) -> None:
    when = {
        "all": [
            {"field": "person.age", "operator": "at_least", "value": 18},
            {"referral.separation": "yes"},
        ]
    }
    world = two_incidents(a_rule(when=when))
    answered = tuple({**one, "separation": "yes"} for one in world.referrals)
    rule = rule_on(
        listed(tmp_path, World(world.project, world.trained, world.people, (), answered)), "r1"
    )
    assert [(leaf.records[0].record_id, leaf.records[0].source) for leaf in rule.leaves] == [
        ("p1", "people"),
        ("r1", "referrals"),
    ]
    assert rule.rests_on == "Records: p1; r1."


def test_a_rule_about_another_rule_rests_on_what_that_one_asks(tmp_path: Path) -> None:
    often = a_rule("often", when=OFTEN, effect="flag")
    about = a_rule(when={"rule.often": "yes"}, effect={"route": "CARA"})
    assert ids(rule_on(listed(tmp_path, two_incidents(often, about)), "r1")) == ["second", "first"]


def test_a_change_since_an_earlier_date_rests_on_the_records_of_both(tmp_path: Path) -> None:
    when = {"field": "incidents_90d", "operator": "above", "value": 0, "changed_since": "60 days"}
    rule = rule_on(listed(tmp_path, two_incidents(a_rule(when=when))), "r1")
    assert rule.truth == "yes"
    assert ids(rule) == ["second", "first"]


def test_a_referral_within_another_s_case_is_asked_about_too(tmp_path: Path) -> None:
    world = two_incidents(a_rule(when=OFTEN, effect="flag"))
    again = {"referral_id": "r9", "person_id": "p1", "made_on": "2026-01-25"}
    bundle = listed(tmp_path, world.and_more(referrals=[again]))
    assert bundle.find_referral("r9") == "r1"
    assert ids(rule_on(bundle, "r9")) == ids(rule_on(bundle, "r1")) == ["second", "first"]


def test_what_nobody_knows_has_no_record(tmp_path: Path) -> None:
    rule = rule_on(
        listed(tmp_path, two_incidents(a_rule(when={"referral.separation": "yes"}))), "r1"
    )
    assert (rule.truth, ids(rule), rule.rests_on) == ("unknown", [], "")
