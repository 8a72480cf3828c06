"""The trace: what became of every rule, of every leaf, and which facts decided."""

from __future__ import annotations

import datetime
from typing import Any

import numpy as np
import pytest

from tests.invented_rules import AS_OF, a_policy, a_rule, a_trace, facts
from triage.conditions import Numbers, Truth
from triage.features import Feature, FeatureMatrix
from triage.lists import RULES
from triage.rules import (
    FLAG,
    HOLD,
    INELIGIBLE,
    MUST_DISCUSS,
    RESERVE,
    URGENT,
    evaluate_rules,
    gather_facts,
)

MANY = {"field": "incidents", "operator": "at_least", "value": 3}
ARMED = {"field": "weapons", "operator": "at_least", "value": 1}
PREGNANT = {"referral.pregnancy": "yes"}


def ids(found: Any) -> list[str]:
    return [finding.rule.id for finding in found]


def test_only_a_yes_fires_and_an_unknown_is_kept() -> None:
    trace = a_trace([a_rule()], [{"incidents": 3}, {"incidents": 2}, {}])
    assert [ids(trace.fired(row)) for row in range(3)] == [["a_rule"], [], []]
    assert [ids(trace.would_fire_if_known(row)) for row in range(3)] == [[], [], ["a_rule"]]
    assert trace.truths[:, 0].tolist() == [Truth.YES, Truth.NO, Truth.UNKNOWN]


def test_every_leaf_is_kept() -> None:
    rules = [
        a_rule("one", when={"all": [MANY, {"not": ARMED}]}),
        a_rule("two", when=PREGNANT),
    ]
    trace = a_trace(rules, [{"incidents": 3, "weapons": 0}, {"referral.pregnancy": "no"}])
    assert trace.starts == (0, 2, 3)
    assert trace.leaves.tolist() == [
        [Truth.YES, Truth.NO, Truth.UNKNOWN],
        [Truth.UNKNOWN, Truth.UNKNOWN, Truth.NO],
    ]
    assert trace.truths.tolist() == [[Truth.YES, Truth.UNKNOWN], [Truth.UNKNOWN, Truth.NO]]
    assert trace.truths.dtype == trace.leaves.dtype == np.int8


@pytest.mark.parametrize(
    ("when", "row", "expected"),
    [
        ({"any": [MANY, ARMED]}, {"incidents": 3, "weapons": 0}, ["incidents"]),
        ({"any": [MANY, ARMED]}, {"incidents": 3, "weapons": 1}, ["incidents", "weapons"]),
        ({"any": [MANY, ARMED]}, {"weapons": 0}, ["incidents"]),
        ({"all": [MANY, ARMED]}, {"incidents": 3}, ["weapons"]),
        ({"all": [MANY, ARMED]}, {}, ["incidents", "weapons"]),
        (
            {"all": [MANY, {"any": [ARMED, PREGNANT]}]},
            {"incidents": 3},
            ["weapons", "referral.pregnancy"],
        ),
        ({"all": [MANY, {"any": [ARMED, PREGNANT]}]}, {"weapons": 1}, ["incidents"]),
        ({"not": {"all": [MANY, ARMED]}}, {"incidents": 1, "weapons": 2}, ["incidents"]),
        ({"any": [{"all": [MANY, ARMED]}, PREGNANT]}, {"incidents": 1}, ["referral.pregnancy"]),
    ],
)
def test_a_finding_names_the_facts_that_decide(
    when: Any, row: dict[str, Any], expected: list[str]
) -> None:
    trace = a_trace([a_rule(when=when)], [row])
    (finding,) = trace.fired(0) or trace.would_fire_if_known(0)
    assert [test.field for test in finding.tests] == expected


def test_rules_are_asked_on_the_dates_on_which_they_are_in_force() -> None:
    first, last = datetime.date(2026, 1, 1), datetime.date(2026, 2, 1)
    rule = a_rule(in_force_from=first, in_force_to=last)
    policy = a_policy(rule, a_rule("always"))

    def asked(day: datetime.date) -> list[str]:
        return [rule.id for rule in evaluate_rules(policy, facts([{}]), day).rules]

    one = datetime.timedelta(days=1)
    assert asked(first - one) == ["always"]
    assert asked(first) == ["a_rule", "always"]
    assert asked(last) == ["a_rule", "always"]
    assert asked(last + one) == ["always"]


def test_a_rule_that_is_not_in_force_needs_no_facts() -> None:
    policy = a_policy(a_rule(in_force_from=datetime.date(2027, 1, 1)))
    trace = evaluate_rules(policy, {"weapons": Numbers(np.zeros(2))}, AS_OF)
    assert trace.truths.shape == (2, 0)
    assert trace.fired(1) == ()
    assert not trace.fires(URGENT).any()


def test_effects_are_found_on_all_referrals_at_once() -> None:
    rules = [
        a_rule("urgent"),
        a_rule("must", effect={"floor": "must_discuss"}, when=ARMED),
        a_rule("also_must", effect={"floor": "must_discuss"}, when=PREGNANT),
    ]
    rows = [{"incidents": 9}, {"weapons": 1}, {"referral.pregnancy": "yes"}, {}]
    trace = a_trace(rules, rows)
    assert trace.fires(URGENT).tolist() == [True, False, False, False]
    assert trace.fires(MUST_DISCUSS).tolist() == [False, True, True, False]
    for effect in (HOLD, FLAG, INELIGIBLE):
        assert not trace.fires(effect).any()


def test_the_rules_of_an_effect_are_named_for_each_referral() -> None:
    rules = [
        a_rule("first", effect="reserve", when=ARMED),
        a_rule("floor", when=ARMED),
        a_rule("second", effect="reserve", when=PREGNANT),
    ]
    rows = [{"weapons": 1, "referral.pregnancy": "yes"}, {}, {"referral.pregnancy": "yes"}]
    firing = a_trace(rules, rows).rules_firing(RESERVE)
    assert {row: [rule.id for rule in found] for row, found in firing.items()} == {
        0: ["first", "second"],
        2: ["second"],
    }


def test_how_often_each_rule_says_what() -> None:
    counts = a_trace([a_rule()], [{"incidents": 3}, {"incidents": 4}, {}]).counts()
    assert counts == {"a_rule": {Truth.YES: 2, Truth.UNKNOWN: 1, Truth.NO: 0}}


def test_no_referrals() -> None:
    trace = a_trace([a_rule()], [])
    assert trace.n_rows == 0
    assert trace.to_table([]).num_rows == 0
    assert trace.fires(URGENT).shape == (0,)


def test_facts_that_a_rule_needs_and_nobody_gives() -> None:
    rule = a_rule(reason="He has {weapons}.")
    given = facts([{}])
    with pytest.raises(KeyError, match="lack weapons, which rules in force ask about"):
        evaluate_rules(a_policy(rule), {"incidents": given["incidents"]}, AS_OF)


def test_the_table_is_the_one_that_a_list_keeps() -> None:
    rules = [
        a_rule("one", when={"any": [MANY, ARMED]}),
        a_rule("two", when=PREGNANT, effect="flag"),
    ]
    table = a_trace(rules, [{"incidents": 3}, {}]).to_table(["r1", "r2"])
    assert table.schema.equals(RULES)
    first, second, third, _ = table.to_pylist()
    assert first == {
        "referral_id": "r1",
        "rule_id": "one",
        "title": "The rule one",
        "effect": "floor: urgent",
        "truth": "yes",
        "reason": "Because of one.",
        "source": "invented",
        "tests": ["incidents is at least 3", "weapons is at least 1"],
        "fields": ["incidents", "weapons"],
        "asks": ["incidents", "weapons"],
        "truths": ["yes", "unknown"],
        "decides": [True, False],
    }
    assert (second["rule_id"], second["truth"], second["effect"]) == ("two", "unknown", "flag")
    assert (third["referral_id"], third["decides"]) == ("r2", [True, True])


def a_feature(name: str) -> Feature:
    return Feature(
        name=name,
        group=name,
        theme="t",
        theme_title="T",
        measure="count",
        where=None,
        of=None,
        equals=None,
        window_days=None,
        recent_days=None,
        earlier_days=None,
        when_none=0.0,
        unit="",
        direction="none",
        meaning="{value}",
        missing="",
    )


def test_facts_are_gathered_from_features_and_attributes() -> None:
    values = np.asfortranarray([[1.0, 2.0], [3.0, np.nan]])
    matrix = FeatureMatrix(values, (a_feature("a"), a_feature("b")))
    attributes = {"person.age": Numbers(np.array([30.0, 40.0]))}
    gathered = gather_facts(matrix, attributes)
    assert list(gathered) == ["a", "b", "person.age"]
    second = gathered["b"]
    assert isinstance(second, Numbers)
    np.testing.assert_array_equal(second.values, [2.0, np.nan])
