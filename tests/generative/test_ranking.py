"""Rankings of generated referrals, against a referee that sorts one tuple at a time."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.invented_rules import a_rule, a_trace
from triage.ranking import Ranking, SetAside, bands, certainty, chance_of_order, rank

SCORES = [-1.5, 0.0, 0.1, 0.1 + 1e-16, 0.3, 2.0]
"""Few values, so that ties are many."""

rows = st.fixed_dictionaries(
    {},
    optional={
        "incidents": st.sampled_from([0.0, 2.0, 3.0]),
        "weapons": st.sampled_from([0.0, 1.0]),
        "person.age": st.sampled_from([15.0, 16.0, 40.0]),
        "person.area": st.sampled_from(["north", "south"]),
        "referral.pregnancy": st.sampled_from(["no", "yes", "unknown", "not_asked"]),
    },
)
referrals = st.dictionaries(
    st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=1, max_size=4),
    st.tuples(rows, st.sampled_from(SCORES)),
    max_size=12,
)
FLOORS = [
    a_rule("armed", when={"field": "weapons", "operator": "at_least", "value": 1}),
    a_rule("many", effect={"floor": "must_discuss"}),
]
EXCLUSIONS = [
    a_rule(
        "young", effect="ineligible", when={"field": "person.age", "operator": "below", "value": 16}
    ),
    a_rule("held", effect="hold", when={"person.area": "north"}),
]
RULES = [*FLOORS, *EXCLUSIONS]

Referrals = dict[str, tuple[dict[str, Any], float]]


def ranked(given_: Referrals, rules: list[Any] = RULES, **options: Any) -> Ranking:
    scores = np.array([score for _, score in given_.values()], dtype=float)
    trace = a_trace(rules, [facts for facts, _ in given_.values()])
    return rank(list(given_), scores, trace, **{"capacity": 3, "near_misses": 2, **options})


def ids(ranking: Ranking) -> list[str]:
    found: list[str] = ranking.places["referral_id"].to_pylist()
    return found


def referee(given_: Referrals) -> list[str]:
    """Return the ids from the top, one referral at a time."""
    kept = []
    for referral_id, (facts, score) in given_.items():
        if facts.get("person.age", 99) < 16 or facts.get("person.area") == "north":
            continue
        tier = 1 if facts.get("weapons") == 1 else 2 if facts.get("incidents") == 3 else 3
        kept.append((tier, -score, referral_id))
    return [referral_id for _, _, referral_id in sorted(kept)]


@given(referrals)
def test_the_order_is_the_referees(given_: Referrals) -> None:
    assert ids(ranked(given_)) == referee(given_)


@given(referrals, st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("xy")), max_size=4))
def test_every_referral_is_told_once(given_: Referrals, aside: list[tuple[str, str]]) -> None:
    ranking = ranked(given_, set_aside=[SetAside(*one) for one in aside])
    told = ids(ranking) + ranking.not_for_panel["referral_id"].to_pylist()
    assert sorted(told) == sorted({*given_, *(name for name, _ in aside)})
    assert all(ranking.not_for_panel["text"].to_pylist())


@given(referrals, st.randoms(use_true_random=False))
def test_the_order_of_the_rows_changes_nothing(given_: Referrals, chance: Any) -> None:
    shuffled = list(given_.items())
    chance.shuffle(shuffled)
    one, other = ranked(given_), ranked(dict(shuffled))
    assert one.places.equals(other.places)
    assert one.not_for_panel.equals(other.not_for_panel)


@given(referrals)
def test_what_stands_beside_a_place_agrees_with_it(given_: Referrals) -> None:
    ranking = ranked(given_)
    table = ranking.places.to_pylist()
    assert [row["rank"] for row in table] == list(range(1, len(table) + 1))
    assert sorted(row["model_alone"] for row in table) == list(range(1, len(table) + 1))
    by_score = sorted(table, key=lambda row: row["model_alone"])
    assert [row["score"] for row in by_score] == sorted(
        (row["score"] for row in table), reverse=True
    )
    for row, at in zip(table, ranking.rows, strict=True):
        assert list(given_)[at] == row["referral_id"]
        assert row["rules_alone_first"] <= row["rank"] <= row["rules_alone_last"]
        assert row["within_capacity"] == (row["rank"] <= 3)
        assert (row["standing"] == "near_miss") == (3 < row["rank"] <= 5)
        assert not row["raised_by_rules"] or row["rank"] < row["model_alone"]


@given(referrals)
def test_without_rules_the_score_alone_decides(given_: Referrals) -> None:
    table = ranked(given_, []).places.to_pylist()
    assert [row["rank"] for row in table] == [row["model_alone"] for row in table]
    assert not any(row["raised_by_rules"] for row in table)


@given(referrals, st.sampled_from([0, 1, 2]))
def test_nobody_on_whom_a_rule_fires_falls_behind_anybody_else(
    given_: Referrals, level: int
) -> None:
    """One who is raised may be overtaken, but only by others whom the same rule raises."""
    effects: list[Any] = [{"floor": "urgent"}, {"floor": "must_discuss"}, "flag", "reserve"]
    more = a_rule("more", effect=effects[level], when={"referral.pregnancy": "yes"})
    before, after = ids(ranked(given_)), ids(ranked(given_, [*RULES, more]))
    raised = {name for name in given_ if given_[name][0].get("referral.pregnancy") == "yes"}
    others = [one for one in before if one not in raised]
    assert sorted(before) == sorted(after)
    assert [one for one in after if one not in raised] == others
    for name in raised & set(before):
        behind = set(after[after.index(name) :]) - raised
        assert set(before[before.index(name) :]) - raised <= behind
    if level == 2:
        assert before == after


@given(
    referrals, st.integers(0, 11), st.sampled_from([{"floor": "urgent"}, {"floor": "must_discuss"}])
)
def test_a_floor_for_one_never_lowers_that_one(given_: Referrals, which: int, effect: Any) -> None:
    before = ids(ranked(given_))
    if not before:
        return
    name = before[which % len(before)]
    facts, score = given_[name]
    only = {**given_, name: (facts | {"referral.pregnancy": "yes"}, score)}
    rest = {
        one: ({k: v for k, v in known.items() if k != "referral.pregnancy" or one == name}, points)
        for one, (known, points) in only.items()
    }
    more = a_rule("more", effect=effect, when={"referral.pregnancy": "yes"})
    after = ids(ranked(rest, [*RULES, more]))
    assert after.index(name) <= before.index(name)


@given(referrals, st.integers(0, 11), st.sampled_from([0.05, 1.0, 100.0]))
def test_a_higher_score_never_lowers_a_place(given_: Referrals, which: int, more: float) -> None:
    before = ids(ranked(given_))
    if not before:
        return
    name = before[which % len(before)]
    facts, score = given_[name]
    after = ids(ranked({**given_, name: (facts, score + more)}))
    assert after.index(name) <= before.index(name)


@given(referrals, st.floats(0.1, 10), st.floats(-5, 5))
def test_the_unit_of_the_score_does_not_matter(
    given_: Referrals, scale: float, shift: float
) -> None:
    """Ties apart: a change of unit may round two scores together."""
    distinct = {name: (facts, float(n)) for n, (name, (facts, _)) in enumerate(given_.items())}
    moved = {name: (facts, score * scale + shift) for name, (facts, score) in distinct.items()}
    assert ids(ranked(distinct)) == ids(ranked(moved))


KEPT = a_rule("kept", effect="reserve", when={"referral.pregnancy": "yes"})


@given(referrals, st.integers(0, 4), st.integers(0, 6))
def test_a_place_that_is_kept_moves_the_line_and_nobody_else(
    given_: Referrals, reserved: int, capacity: int
) -> None:
    options = {"capacity": capacity, "near_misses": 2}
    plain = ranked(given_, **options)
    kept = ranked(given_, [*RULES, KEPT], reserved_places=reserved, **options)
    assert ids(kept) == ids(plain)
    assert kept.places["tier"].equals(plain.places["tier"])
    assert kept.not_for_panel.equals(plain.not_for_panel)
    rows = kept.places.to_pylist()
    assert sum(row["within_capacity"] for row in rows) == min(capacity, len(rows))
    brought_in = [row for row in rows if row["reserved"]]
    assert len(brought_in) <= reserved
    for row in rows:
        may = given_[row["referral_id"]][0].get("referral.pregnancy") == "yes"
        assert row["within_capacity"] == (row["standing"] == "discuss")
        assert not row["reserved"] or (may and row["rank"] > capacity and row["within_capacity"])
        if row["rank"] <= capacity and not row["within_capacity"]:
            assert row["tier"] == 3
            assert not may
    near = [row["rank"] for row in rows if row["standing"] == "near_miss"]
    assert near == [row["rank"] for row in rows if not row["within_capacity"]][:2]


@given(referrals, st.integers(0, 2**32 - 1), st.floats(0.5, 1))
def test_bands_are_runs_of_one_tier_that_hold_their_places(
    given_: Referrals, seed: int, level: float
) -> None:
    ranking = ranked(given_)
    scores = ranking.places["score"].to_numpy()
    tiers = ranking.places["tier"].to_numpy()
    members = scores + np.random.default_rng(seed).normal(0, 0.3, (8, len(scores)))
    first, last = bands(tiers, scores, members, level=level)
    wider, wider_last = bands(tiers, scores, members, level=1.0)
    assert len(set(zip(wider.tolist(), wider_last.tolist(), strict=True))) <= len(set(first))
    for place, (low, high) in enumerate(zip(first.tolist(), last.tolist(), strict=True), start=1):
        assert low <= place <= high
        assert len(set(tiers[low - 1 : high])) == 1
        assert set(first[low - 1 : high]) == {low}
        for other in range(low, place):
            chance = chance_of_order(
                scores[[other - 1]],
                scores[place - 1],
                members[:, [other - 1]],
                members[:, place - 1],
            )
            assert chance[0] < level or chance[0] == level == 0.5


@given(referrals, st.integers(0, 2**32 - 1))
def test_chances_of_a_place_above_the_line_add_up_to_the_room(given_: Referrals, seed: int) -> None:
    trace = a_trace([*RULES, KEPT], [facts for facts, _ in given_.values()])
    scores = np.array([score for _, score in given_.values()], dtype=float)
    members = scores + np.random.default_rng(seed).normal(0, 1, (5, len(scores)))
    found = certainty(list(given_), scores, members, trace, capacity=3, reserved_places=1)
    ranking = ranked(given_)
    room = min(3, ranking.places.num_rows)
    assert np.nansum(found.chance_within_capacity) == pytest.approx(room)
    assert np.isnan(found.chance_within_capacity).sum() == ranking.not_for_panel.num_rows
