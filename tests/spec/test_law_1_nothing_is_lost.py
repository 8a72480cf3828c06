"""Law 1. Nothing is lost: every referral that comes in is on the list once, or under "not for this
panel" once, with the reason.

The chapter follows referrals through the rules and the ranking; what is lost before, in an
extract, is told by the check and comes in here as "set aside".
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.invented_rules import a_rule, a_trace
from triage.ranking import Ranking, SetAside, join_cases, rank
from triage.rules import Trace

WHENS: list[dict[str, Any]] = [
    {"field": "incidents", "operator": "at_least", "value": 2},
    {"field": "weapons", "operator": "at_least", "value": 1},
    {"field": "person.age", "operator": "below", "value": 16},
    {"field": "person.died_on", "operator": "is_known"},
    {"person.area": "north"},
    {"not": {"referral.pregnancy": "no"}},
]
EFFECTS: list[Any] = [
    "ineligible",
    "hold",
    "flag",
    "reserve",
    {"floor": "urgent"},
    {"floor": "must_discuss"},
    {"route": "CARA"},
]

policies = st.lists(st.tuples(st.sampled_from(WHENS), st.sampled_from(EFFECTS)), max_size=6).map(
    lambda parts: [
        a_rule(f"rule_{n}", when=when, effect=effect) for n, (when, effect) in enumerate(parts)
    ]
)
rows = st.fixed_dictionaries(
    {},
    optional={
        "incidents": st.sampled_from([0, 1, 2, 3]),
        "weapons": st.sampled_from([0, 1]),
        "person.age": st.sampled_from([15, 16, 50]),
        "person.area": st.sampled_from(["north", "south"]),
        "referral.pregnancy": st.sampled_from(["no", "yes", "not_asked"]),
    },
)


def told(ranking: Ranking) -> Counter[str]:
    tables = (ranking.places, ranking.not_for_panel)
    return Counter(name for table in tables for name in table["referral_id"].to_pylist())


@given(policies, st.lists(rows, max_size=10), st.integers(0, 12), st.sets(st.integers(0, 15)))
def test_whatever_the_rules_the_facts_and_the_capacity(
    policy: list[Any], facts: list[dict[str, Any]], capacity: int, rejected: set[int]
) -> None:
    ids = [f"r{number}" for number in range(len(facts))]
    aside = [SetAside(f"r{number}", "Its date cannot be read.") for number in sorted(rejected)]
    scores = np.linspace(0, 1, len(facts))
    ranking = rank(ids, scores, a_trace(policy, facts), capacity=capacity, set_aside=aside)
    assert told(ranking) == dict.fromkeys({*ids, *(one.referral_id for one in aside)}, 1)


@given(policies, st.lists(rows, min_size=1, max_size=10))
def test_who_is_not_for_this_panel_is_told_why(
    policy: list[Any], facts: list[dict[str, Any]]
) -> None:
    ids = [f"r{number}" for number in range(len(facts))]
    trace = a_trace(policy, facts)
    ranking = rank(ids, np.zeros(len(ids)), trace, capacity=3)
    known = {rule.id: rule for rule in policy}
    for row in ranking.not_for_panel.to_pylist():
        rule = known[row["rule_id"]]
        assert str(rule.effect) == {"ineligible": "ineligible", "on_hold": "hold"}[row["kind"]]
        assert rule.reason in row["text"]
        assert (row["until"] is None) == (row["kind"] == "ineligible")
        assert rule in [finding.rule for finding in trace.fired(ids.index(row["referral_id"]))]


def test_a_referral_whose_row_is_rejected_is_seen_on_the_list() -> None:
    aside = [SetAside("referrals.csv, line 12", "It has no id."), SetAside("r7", "No such person.")]
    ranking = rank(["r1"], np.zeros(1), a_trace([], [{}]), capacity=1, set_aside=aside)
    assert told(ranking) == {"r1": 1, "r7": 1, "referrals.csv, line 12": 1}
    assert set(ranking.not_for_panel["kind"].to_pylist()) == {"set_aside"}


def test_the_rows_beyond_capacity_stay_on_the_list() -> None:
    ids = [f"r{number}" for number in range(40)]
    ranking = rank(ids, np.arange(40.0), a_trace([], [{}] * 40), capacity=16, near_misses=8)
    standing = Counter(ranking.places["standing"].to_pylist())
    assert standing == {"discuss": 16, "near_miss": 8, "below": 16}


@given(policies, st.lists(rows, min_size=1, max_size=8), st.data())
def test_a_person_has_one_place_and_every_referral_stands_within_it_or_is_told_why_not(
    policy: list[Any], facts: list[dict[str, Any]], data: st.DataObject
) -> None:
    n = len(facts)
    ids = [f"r{number}" for number in range(n)]
    persons = data.draw(st.lists(st.sampled_from("pqr"), min_size=n, max_size=n))
    scores = np.array(data.draw(st.lists(st.integers(0, 2), min_size=n, max_size=n)), float)
    cases = join_cases(ids, persons, scores, a_trace(policy, facts))
    assert sorted([*cases.rows.tolist(), *cases.joined]) == list(range(n))
    alone = [ids[row] for row in cases.rows]
    trace: Trace = a_trace(policy, [facts[row] for row in cases.rows])
    ranking = rank(alone, scores[cases.rows], trace, capacity=2)
    assert told(ranking) == dict.fromkeys(alone, 1)
    place = {name: rank for rank, name in enumerate(ranking.places["referral_id"].to_pylist())}
    ranked = [persons[ids.index(name)] for name in place]
    assert len(set(ranked)) == len(ranked)
    by_itself = rank(ids, scores, a_trace(policy, facts), capacity=2).places
    first: dict[str, str] = {}
    for name in by_itself["referral_id"].to_pylist():
        first.setdefault(persons[ids.index(name)], name)
    assert list(first.values()) == list(place)
    for row, lead in cases.joined.items():
        assert persons[row] == persons[lead]
        assert ids[lead] in place
