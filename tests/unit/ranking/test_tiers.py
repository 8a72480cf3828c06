"""What the rules alone make of a referral."""

from __future__ import annotations

from tests.invented_rules import a_rule, a_trace
from triage.ranking import Exclusion, Tier, exclusions_of, tiers_of

MANY = {"field": "incidents", "operator": "at_least", "value": 3}
ARMED = {"field": "weapons", "operator": "at_least", "value": 1}
YOUNG = {"field": "person.age", "operator": "below", "value": 16}
SOUTH = {"person.area": "south"}
RULES = [
    a_rule("many", effect={"floor": "must_discuss"}, when=MANY),
    a_rule("armed", effect={"floor": "urgent"}, when=ARMED),
    a_rule("young", effect="ineligible", when=YOUNG),
    a_rule("south", effect="ineligible", when=SOUTH),
    a_rule("held", effect="hold", until="release", when={"incidents": 7}),
    a_rule("held_too", effect="hold", until="the trial", when={"referral.pregnancy": "yes"}),
    a_rule("marked", effect="flag", when={"incidents": 0}),
]


def test_the_highest_floor_counts() -> None:
    rows = [
        {},
        {"incidents": 0, "weapons": 0},
        {"incidents": 3},
        {"weapons": 1},
        {"incidents": 3, "weapons": 1},
    ]
    assert tiers_of(a_trace(RULES, rows)).tolist() == [3, 3, 2, 1, 1]
    assert exclusions_of(a_trace(RULES, rows)) == {}


def test_each_exclusion_says_why() -> None:
    rows = [
        {"person.age": 15},
        {"person.age": 15, "person.area": "south"},
        {"incidents": 7},
        {"incidents": 7, "referral.pregnancy": "yes"},
        {"person.age": 40},
    ]
    assert exclusions_of(a_trace(RULES, rows)) == {
        0: Exclusion("ineligible", "young", "Because of young.", ""),
        1: Exclusion("ineligible", "young", "Because of young. Because of south.", ""),
        2: Exclusion(
            "on_hold",
            "held",
            "Because of held. Rules that would have raised it: The rule many.",
            "release",
        ),
        3: Exclusion(
            "on_hold",
            "held",
            "Because of held. Because of held_too. Rules that would have raised it: The rule many.",
            "release; the trial",
        ),
    }


def test_ineligible_goes_before_hold_and_both_before_a_floor() -> None:
    (found,) = exclusions_of(
        a_trace(RULES, [{"incidents": 7, "weapons": 2, "person.age": 15}])
    ).values()
    assert (found.kind, found.rule_id, found.until) == ("ineligible", "young", "")
    assert found.text == (
        "Because of young. Because of held. "
        "Rules that would have raised it: The rule many; The rule armed."
    )


def test_tiers_have_words() -> None:
    assert [(int(tier), tier.words) for tier in Tier] == [
        (1, "urgent"),
        (2, "must discuss"),
        (3, "by score"),
    ]
