"""What rules do on past referrals: never, always, hidden, contradicted, lapsed, overdue."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from tests.invented_rules import AS_OF, a_policy, a_rule, facts
from triage.rules import Coverage, cover, evaluate_rules

ARMED = {"field": "weapons", "operator": "at_least", "value": 1}
MANY = {"field": "incidents", "operator": "at_least", "value": 3}
MUST = {"floor": "must_discuss"}


def covered(rules: list[Any], *rows: dict[str, Any]) -> dict[str, Coverage]:
    policy = a_policy(*rules)
    trace = evaluate_rules(policy, facts(rows), AS_OF)
    return {one.rule.id: one for one in cover(policy, [trace], AS_OF)}


def findings(rules: list[Any], *rows: dict[str, Any]) -> dict[str, tuple[str, ...]]:
    return {name: one.findings for name, one in covered(rules, *rows).items()}


def test_how_often_a_rule_fires_and_what_is_wanting() -> None:
    both = a_rule("both", when={"all": [ARMED, MANY, {"referral.pregnancy": "yes"}]})
    one = covered(
        [both],
        {"weapons": 1, "incidents": 3, "referral.pregnancy": "yes"},
        {"weapons": 1, "referral.pregnancy": "yes"},
        {"incidents": 9, "referral.pregnancy": "yes"},
        {"incidents": 9},
        {"incidents": 0},
    )["both"]
    assert (one.asked, one.fires, one.unknown, one.wanting) == (5, 1, 3, "weapons")
    assert one.findings == ()


def test_several_dates_are_counted_together() -> None:
    later = datetime.date(2027, 1, 1)
    policy = a_policy(a_rule("now"), a_rule("then", in_force_from=later))
    rows = facts([{"incidents": 3}, {"incidents": 1}])
    traces = [evaluate_rules(policy, rows, date) for date in (AS_OF, later)]
    now, then = cover(policy, traces, AS_OF)
    assert (now.asked, now.fires, then.asked, then.fires) == (4, 2, 2, 1)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([{"incidents": 0}, {}], ("never fires",)),
        ([{"incidents": 3}, {"incidents": 4}], ("always fires",)),
        ([{"incidents": 3}, {}], ()),
    ],
)
def test_never_and_always(rows: list[dict[str, Any]], expected: tuple[str, ...]) -> None:
    assert findings([a_rule("a")], *rows)["a"] == expected


def test_what_takes_off_the_list_goes_before_what_raises() -> None:
    rules = [
        a_rule("held", effect="hold", when=ARMED),
        a_rule("raised", when=MANY),
        a_rule("marked", effect="flag", when=MANY),
    ]
    rows = [{"weapons": 1, "incidents": 3}, {"weapons": 1, "incidents": 0}, {"incidents": 3}, {}]
    found = findings(rules, *rows)
    assert found["held"] == ("goes before raised on 1",)
    assert found["raised"] == ("gives way to held on 1",)
    assert found["marked"] == ()


@pytest.mark.parametrize(
    ("wide", "narrow", "shadow"),
    [
        ({"floor": "urgent"}, MUST, True),
        (MUST, MUST, True),
        (MUST, {"floor": "urgent"}, False),
        ("flag", "flag", True),
        ("flag", MUST, False),
        ({"route": "CARA"}, {"route": "MARAC"}, False),
        ({"route": "CARA"}, {"route": "CARA"}, True),
        ("ineligible", "hold", False),
    ],
)
def test_a_rule_stands_in_the_shadow_of_one_that_does_as_much_whenever_it_fires(
    wide: Any, narrow: Any, shadow: bool
) -> None:
    rules = [
        a_rule("wide", effect=wide, when=ARMED),
        a_rule("narrow", effect=narrow, when={"all": [ARMED, MANY]}),
    ]
    found = findings(rules, {"weapons": 1, "incidents": 3}, {"weapons": 1, "incidents": 0}, {})
    told = "in the shadow of wide, which fires whenever it does"
    assert (told in found["narrow"]) == shadow
    assert not any("shadow" in finding for finding in found["wide"])


@pytest.mark.parametrize(
    ("dates", "expected"),
    [
        ({"in_force_to": datetime.date(2026, 2, 1)}, ("not in force on any", "lapsed on 2026-02")),
        ({"in_force_to": datetime.date(2026, 5, 1)}, ("lapses on 2026-05-01",)),
        ({"in_force_to": datetime.date(2027, 5, 1)}, ()),
        ({"review_on": AS_OF}, ("review was due on 2026-03-01",)),
        ({"review_on": AS_OF + datetime.timedelta(days=1)}, ()),
        (
            {"in_force_from": datetime.date(2027, 1, 1)},
            ("not in force on any", "in force from 2027-01-01"),
        ),
    ],
)
def test_dates_are_told(dates: dict[str, Any], expected: tuple[str, ...]) -> None:
    found = findings([a_rule("a", **dates)], {"incidents": 3}, {"incidents": 0})["a"]
    assert len(found) == len(expected)
    assert all(one.startswith(start) for one, start in zip(found, expected, strict=True))
