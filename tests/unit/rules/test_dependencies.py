"""Rules that ask about other rules, about places, about the model and about what has changed."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.invented_rules import AS_OF, KINDS, a_rule, a_trace, facts
from tests.unit.rules.test_reading import a_rule as written
from tests.unit.rules.test_reading import features, problems, read, write
from triage.conditions import Numbers, Truth
from triage.features import Feature
from triage.rules import LIST_RANK, MODEL_FIELDS, Policy, Theme, earlier_features, evaluate_rules
from triage.rules.dependencies import find_cycle

__all__ = ["features"]

ARMED = {"field": "weapons", "operator": "at_least", "value": 1}
CHANGED = {
    "field": "incidents",
    "changed_since": "90 days",
    "operator": "at_least",
    "value": 2,
}


def policy_of(*rules: Any) -> Policy:
    def told(column: Any, row: int) -> str:
        return f"value {column.values[row]:g}"

    wordings = dict.fromkeys([*KINDS, *MODEL_FIELDS, LIST_RANK], told)
    return Policy({"theme": Theme(title="T", rules=list(rules))}, KINDS, wordings)


def test_a_rule_may_ask_about_one_that_stands_after_it() -> None:
    rules = [
        a_rule("both", when={"all": [{"rule.armed": "yes"}, {"rule.many": "yes"}]}),
        a_rule("armed", when=ARMED),
        a_rule("many"),
        a_rule("not_armed", effect="flag", when={"not": {"rule.armed": "yes"}}),
        a_rule("unsure", effect="flag", when={"rule.armed": "unknown"}),
    ]
    rows = [{"weapons": 1, "incidents": 3}, {"weapons": 0, "incidents": 3}, {"incidents": 3}]
    said = a_trace(rules, rows).truths
    assert said[:, 0].tolist() == [Truth.YES, Truth.NO, Truth.UNKNOWN]
    assert said[:, 3].tolist() == [Truth.NO, Truth.YES, Truth.UNKNOWN]
    assert said[:, 4].tolist() == [Truth.NO, Truth.NO, Truth.YES]


@given(st.permutations(range(6)))
def test_the_order_of_rules_in_their_file_does_not_matter(order: list[int]) -> None:
    chain = [a_rule("r0", when=ARMED)] + [
        a_rule(f"r{number}", when={f"rule.r{number - 1}": "yes"}) for number in range(1, 6)
    ]
    trace = a_trace([chain[position] for position in order], [{"weapons": 1}, {}])
    assert (trace.truths[0] == Truth.YES).all()
    assert (trace.truths[1] == Truth.UNKNOWN).all()


@pytest.mark.parametrize(
    ("rules", "cycle"),
    [
        ([("a", {"rule.b": "yes"}), ("b", {"rule.c": "no"}), ("c", {"rule.a": "yes"})], "a → b"),
        ([("a", {"rule.a": "yes"})], "a → a"),
    ],
)
def test_a_circle_of_rules_is_refused_and_named(
    tmp_path: Path, features: tuple[Feature, ...], rules: list[Any], cycle: str
) -> None:
    write(tmp_path, *(written(id=name, when=when) for name, when in rules))
    (told,) = problems(tmp_path, features)
    assert "must not go round in a circle; each of these asks about the next: " in told
    chain = told.partition("the next: ")[2].rstrip(".").split(" → ")
    assert chain[0] == chain[-1]
    assert {*chain} == {name for name, _ in rules}
    assert cycle in " → ".join(chain * 2)


NEAR = {"field": "list.rank", "operator": "between", "value": [17, 24]}


@pytest.mark.parametrize(
    ("effect", "refused"),
    [
        ({"floor": "urgent"}, True),
        ("ineligible", True),
        ("reserve", True),
        ("flag", False),
        ({"route": "CARA"}, False),
    ],
)
def test_only_what_moves_nobody_may_ask_about_places(
    tmp_path: Path, features: tuple[Feature, ...], effect: Any, refused: bool
) -> None:
    write(tmp_path, written(id="near", effect=effect, when=NEAR), written(id="other"))
    if not refused:
        assert len(read(tmp_path, features).rules) == 2
        return
    (told,) = problems(tmp_path, features)
    assert "near" in told
    assert "list.rank" in told
    assert "only a flag or a route may ask about list.rank" in told


def test_a_circle_through_places_is_named(tmp_path: Path, features: tuple[Feature, ...]) -> None:
    write(
        tmp_path,
        written(id="raised", when={"rule.near": "yes"}),
        written(id="near", effect="flag", when=NEAR),
    )
    (told,) = problems(tmp_path, features)
    chain = told.partition("the next: ")[2].partition(". ")[0].split(" → ")
    assert {*chain} == {"raised", "near", "list.rank"}
    assert chain[(chain.index("raised") + 1) % 3] == "near"


def test_no_circle() -> None:
    asked = {"a": {"rule.b"}, "b": {"incidents"}, "c": {"rule.b", "list.rank"}}
    assert find_cycle(asked, {"a"}) == ()


@pytest.mark.parametrize(
    ("dates", "refused"),
    [
        ({}, False),
        ({"in_force_from": datetime.date(2025, 6, 1)}, True),
        ({"in_force_to": datetime.date(2025, 12, 1), "review_on": datetime.date(2025, 2, 1)}, True),
    ],
)
def test_a_rule_asks_about_one_that_is_in_force_whenever_it_is(
    tmp_path: Path, features: tuple[Feature, ...], dates: dict[str, Any], refused: bool
) -> None:
    write(tmp_path, written(id="asks", when={"rule.asked": "yes"}), written(id="asked", **dates))
    if refused:
        (told,) = problems(tmp_path, features)
        assert "'asks' asks about rule 'asked', which is not in force on every date" in told
    else:
        assert len(read(tmp_path, features).rules) == 2


def test_a_rule_that_is_not_there_is_told_with_a_close_match(
    tmp_path: Path, features: tuple[Feature, ...]
) -> None:
    write(tmp_path, written(id="asks", when={"rule.serail": "yes"}), written(id="serial"))
    (told,) = problems(tmp_path, features)
    assert "Did you mean 'rule.serial'?" in told


def test_what_a_model_says_is_unknown_where_none_does() -> None:
    likely = {"field": "model.probability", "operator": "at_least", "value": 0.3}
    policy = policy_of(a_rule(when=likely))
    given_ = facts([{}, {}])
    assert evaluate_rules(policy, given_, AS_OF).truths[:, 0].tolist() == [Truth.UNKNOWN] * 2
    given_["model.probability"] = Numbers(np.array([0.3, 0.29]))
    assert evaluate_rules(policy, given_, AS_OF).truths[:, 0].tolist() == [Truth.YES, Truth.NO]


def test_a_flag_on_places_is_asked_again_once_they_are_known() -> None:
    trace = evaluate_rules(
        policy_of(a_rule(), a_rule("near", effect="flag", when=NEAR)), facts([{}] * 3), AS_OF
    )
    assert trace.truths[:, 1].tolist() == [Truth.UNKNOWN] * 3
    again = trace.asked_again({"list.rank": np.array([17.0, 3.0, np.nan])}, AS_OF)
    assert again.truths[:, 1].tolist() == [Truth.YES, Truth.NO, Truth.UNKNOWN]
    assert (again.truths[:, 0] == trace.truths[:, 0]).all()


def test_a_change_is_the_value_now_less_the_earlier_one() -> None:
    policy = policy_of(a_rule(when=CHANGED, reason="Since: {facts}."))
    assert earlier_features(policy, AS_OF) == {90: {"incidents@90": "incidents"}}
    given_ = facts([{"incidents": 5}, {"incidents": 5}, {"incidents": 5}, {}])
    given_["incidents@90"] = Numbers(np.array([3.0, 4.0, np.nan, 3.0]))
    trace = evaluate_rules(policy, given_, AS_OF)
    assert trace.truths[:, 0].tolist() == [Truth.YES, Truth.NO, Truth.UNKNOWN, Truth.UNKNOWN]
    assert trace.fired(0)[0].reason == "Since: value 5; 90 days before: value 3."


def test_only_what_is_made_of_events_has_changed(
    tmp_path: Path, features: tuple[Feature, ...]
) -> None:
    age = {"field": "person.age", "changed_since": "90 days", "operator": "above", "value": 0}
    write(tmp_path, written(when=age))
    (told,) = problems(tmp_path, features)
    assert "how 'person.age' has changed, but only what pipelines make of events" in told


def test_two_fields_are_compared() -> None:
    more = {"field": "weapons", "operator": "above", "value": {"field": "incidents"}}
    rows = [
        {"weapons": 2, "incidents": 1},
        {"weapons": 1, "incidents": 1},
        {"weapons": 1},
        {"incidents": 1},
    ]
    trace = a_trace([a_rule(when=more)], rows)
    assert trace.truths[:, 0].tolist() == [Truth.YES, Truth.NO, Truth.UNKNOWN, Truth.UNKNOWN]
    assert trace.fired(0)[0].tests[0].than == "incidents"


@pytest.mark.parametrize(
    ("row", "decided_by"),
    [
        ({"weapons": 1, "incidents": 3, "person.age": 20}, ["weapons", "incidents"]),
        ({"weapons": 1, "incidents": 3, "person.age": 70}, ["weapons", "incidents", "person.age"]),
        ({"weapons": 1, "incidents": 0}, ["person.age"]),
    ],
)
def test_at_least_two_of_three(row: dict[str, Any], decided_by: list[str]) -> None:
    old = {"field": "person.age", "operator": "at_least", "value": 60}
    many = {"field": "incidents", "operator": "at_least", "value": 3}
    trace = a_trace([a_rule(when={"at_least": 2, "of": [ARMED, many, old]})], [row])
    (finding,) = trace.fired(0) or trace.would_fire_if_known(0)
    assert [test.field for test in finding.tests] == decided_by
