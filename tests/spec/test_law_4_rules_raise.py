"""Law 4. Rules can raise, never lower. A floor may lift a referral; only a documented ineligibility
or a hold takes it off the ranking, and it stays visible.
"""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.invented_rules import a_rule, a_trace
from triage.conditions import Answers, Categories, Column, Days, Numbers, Truth
from triage.features import read_pipelines
from triage.ranking import Tier, exclusions_of, rank, tiers_of
from triage.records import read_vocabulary
from triage.rules import HOLD, INELIGIBLE, MUST_DISCUSS, URGENT, Policy, evaluate_rules, read_rules

CHECKOUT = Path(__file__).resolve().parents[2]
VOCABULARY = read_vocabulary(CHECKOUT / "configs" / "vocabulary.yaml")
FEATURES = {one.name: one for one in read_pipelines(CHECKOUT / "pipelines", VOCABULARY)}
POLICY = read_rules(CHECKOUT / "configs" / "rules", FEATURES.values(), VOCABULARY)
AS_OF = datetime.date(2026, 3, 1)
FIELDS = sorted(frozenset[str]().union(*(rule.fields for rule in POLICY.rules)))
RAISING = [name for name in FIELDS if name in FEATURES and FEATURES[name].direction == "raises"]

ARMED = {"field": "weapons", "operator": "at_least", "value": 1}


def shipped_facts(chance: np.random.Generator, n_rows: int) -> dict[str, Column]:
    """Return facts of every field that the shipped rules ask about, many of them unknown."""
    return {field: a_column(POLICY.kinds[field], chance, n_rows) for field in FIELDS}


def a_column(kind: Any, chance: np.random.Generator, n_rows: int) -> Column:
    if kind == "number":
        values = chance.choice([0.0, 1.0, 2.0, 3.0, 15.0, 16.0, 60.0, 400.0, np.nan], n_rows)
        return Numbers(values)
    if kind == "answer":
        return Answers(chance.integers(0, 4, n_rows).astype(np.int8))
    if kind == "date":
        unknown = np.iinfo(np.int32).min
        return Days(np.where(chance.random(n_rows) < 0.9, unknown, 20_000).astype(np.int32))
    return Categories(chance.integers(-1, len(kind), n_rows).astype(np.int32), kind)


def without(policy: Policy, rule_id: str) -> Policy:
    themes = {
        name: theme.model_copy(
            update={"rules": [rule for rule in theme.rules if rule.id != rule_id]}
        )
        for name, theme in policy.themes.items()
    }
    return Policy(themes, policy.kinds, policy.wordings)


@pytest.mark.parametrize("rule", POLICY.rules, ids=lambda rule: rule.id)
def test_no_shipped_rule_puts_anybody_behind_those_on_whom_it_does_not_fire(rule: Any) -> None:
    facts = shipped_facts(np.random.default_rng(7), 300)
    ids = [f"r{number:03d}" for number in range(300)]
    scores = np.random.default_rng(8).normal(size=300)
    trace = evaluate_rules(POLICY, facts, AS_OF)
    before = rank(ids, scores, evaluate_rules(without(POLICY, rule.id), facts, AS_OF), capacity=16)
    after = rank(ids, scores, trace, capacity=16)
    position = [one.id for one in trace.rules].index(rule.id)
    hit = {ids[row] for row in np.flatnonzero(trace.truths[:, position] == Truth.YES)}
    assert hit, "these facts must make the rule fire"
    if rule.effect in (INELIGIBLE, HOLD):
        assert hit <= set(after.not_for_panel["referral_id"].to_pylist())
        return
    order, earlier = (one.places["referral_id"].to_pylist() for one in (after, before))
    assert sorted(order) == sorted(earlier)
    for name in hit & set(order):
        others_behind = set(order[order.index(name) :]) - hit
        assert set(earlier[earlier.index(name) :]) - hit <= others_behind
    if rule.effect not in (URGENT, MUST_DISCUSS):
        assert after.places.equals(before.places)


@pytest.mark.parametrize("name", RAISING)
def test_more_harm_never_takes_a_shipped_floor_away(name: str) -> None:
    facts = shipped_facts(np.random.default_rng(9), 400)
    column = facts[name]
    assert isinstance(column, Numbers)
    worse = {**facts, name: Numbers(column.values + 1)}
    before, after = (evaluate_rules(POLICY, given_, AS_OF) for given_ in (facts, worse))
    assert (tiers_of(after) <= tiers_of(before)).all()
    assert exclusions_of(after).keys() == exclusions_of(before).keys()


@given(
    st.lists(st.tuples(st.sampled_from([0, 1, None]), st.sampled_from([0, 5, None])), min_size=2),
    st.sampled_from(
        [{"floor": "urgent"}, {"floor": "must_discuss"}, "flag", "reserve", {"route": "CARA"}]
    ),
)
def test_no_effect_puts_anybody_below_their_place_by_score_among_equals(
    given_: list[tuple[Any, Any]], effect: Any
) -> None:
    facts = [{"weapons": weapons, "incidents": incidents} for weapons, incidents in given_]
    ids = [f"r{number:03d}" for number in range(len(facts))]
    scores = np.cos(np.arange(len(facts)))
    trace = a_trace([a_rule("rule", effect=effect, when=ARMED)], facts)
    table = rank(ids, scores, trace, capacity=3).places.to_pylist()
    for row in table:
        if facts[int(row["referral_id"][1:])]["weapons"] == 1:
            assert row["rank"] <= row["model_alone"]


def test_there_is_no_word_for_lowering() -> None:
    from triage.rules.effects import EFFECTS, parse_effect

    assert sorted(EFFECTS) == [
        "flag",
        "floor: must_discuss",
        "floor: urgent",
        "hold",
        "ineligible",
        "reserve",
    ]
    assert str(parse_effect({"route": "CARA"})) == "route: CARA"
    assert int(Tier.SCORED) == max(Tier)


def test_a_route_to_another_programme_takes_nobody_off() -> None:
    rules = [a_rule("route", effect={"route": "CARA"}, when=ARMED), a_rule("floor", when=ARMED)]
    ranking = rank(["r1"], np.zeros(1), a_trace(rules, [{"weapons": 2}]), capacity=1)
    assert ranking.not_for_panel.num_rows == 0
    assert ranking.places["tier"].to_pylist() == [Tier.URGENT]


@pytest.mark.parametrize(("effect", "kind"), [("ineligible", "ineligible"), ("hold", "on_hold")])
def test_the_only_ways_off_the_ranking_stay_visible_with_the_floors(effect: str, kind: str) -> None:
    rules = [a_rule("floor", when=ARMED), a_rule("off", effect=effect, when=ARMED)]
    ranking = rank(["r1"], np.zeros(1), a_trace(rules, [{"weapons": 2}]), capacity=1)
    (row,) = ranking.not_for_panel.to_pylist()
    assert (row["referral_id"], row["kind"], row["rule_id"]) == ("r1", kind, "off")
    assert row["text"] == "Because of off. Rules that would have raised it: The rule floor."


def test_those_raised_beyond_capacity_are_counted() -> None:
    facts = [{"weapons": 1}] * 5
    ids = [f"r{number}" for number in range(5)]
    ranking = rank(ids, np.zeros(5), a_trace([a_rule(when=ARMED)], facts), capacity=2)
    assert ranking.floors_below_the_line == 3
