"""From tiers and scores to places."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from tests.invented_rules import a_rule, a_trace
from triage.errors import TriageError
from triage.ranking import (
    Ranking,
    SetAside,
    assert_nothing_is_lost,
    order_of,
    rank,
    rank_by_score_alone,
)

RULES = [
    a_rule("armed", when={"field": "weapons", "operator": "at_least", "value": 1}),
    a_rule("many", effect={"floor": "must_discuss"}),
    a_rule(
        "young", effect="ineligible", when={"field": "person.age", "operator": "below", "value": 16}
    ),
    a_rule("held", effect="hold", when={"person.area": "north"}),
]
PLAIN: dict[str, Any] = {}
URGENT, MUST = {"weapons": 1}, {"incidents": 3}
YOUNG, HELD = {"person.age": 15}, {"person.area": "north"}


def ranked(
    given: dict[str, tuple[dict[str, Any], float]],
    *,
    capacity: int = 2,
    near_misses: int = 0,
    set_aside: Sequence[SetAside] = (),
) -> Ranking:
    """Rank referrals given as id → facts and score."""
    return rank(
        list(given),
        np.array([score for _, score in given.values()], dtype=float),
        a_trace(RULES, [facts for facts, _ in given.values()]),
        capacity=capacity,
        near_misses=near_misses,
        set_aside=set_aside,
    )


def column(ranking: Ranking, name: str) -> list[Any]:
    found: list[Any] = ranking.places[name].to_pylist()
    return found


FIVE = {
    "r1": (PLAIN, 0.9),
    "r2": (URGENT, 0.1),
    "r3": (MUST, 0.5),
    "r4": (PLAIN, 0.7),
    "r5": (MUST, 0.6),
}


def test_tier_first_then_score() -> None:
    ranking = ranked(FIVE, capacity=2, near_misses=2)
    assert ranking.places.to_pydict() == {
        "rank": [1, 2, 3, 4, 5],
        "referral_id": ["r2", "r5", "r3", "r1", "r4"],
        "tier": [1, 2, 2, 3, 3],
        "tier_name": ["urgent", "must discuss", "must discuss", "by score", "by score"],
        "score": [0.1, 0.6, 0.5, 0.9, 0.7],
        "standing": ["discuss", "discuss", "near_miss", "near_miss", "below"],
        "within_capacity": [True, True, False, False, False],
        "reserved": [False] * 5,
        "raised_by_rules": [True, True, True, False, False],
        "rules_alone_first": [1, 2, 2, 4, 4],
        "rules_alone_last": [1, 3, 3, 5, 5],
        "model_alone": [5, 3, 4, 1, 2],
    }
    assert ranking.rows.tolist() == [1, 4, 2, 0, 3]
    assert ranking.floors_below_the_line == 1


def test_a_floor_that_lifts_nobody_is_no_lift() -> None:
    ranking = ranked({"r1": (URGENT, 0.9), "r2": (PLAIN, 0.5)})
    assert column(ranking, "raised_by_rules") == [False, False]


def test_those_not_for_this_panel_are_told_with_the_reason() -> None:
    given = {"r1": (PLAIN, 0.5), "r2": (YOUNG, 0.9), "r3": (HELD | URGENT, 0.4), "r0": (HELD, 0.1)}
    aside = [SetAside("r9", "The date cannot be read."), SetAside("line 7", "It has no id.")]
    ranking = ranked(given, set_aside=aside)
    assert column(ranking, "referral_id") == ["r1"]
    assert ranking.not_for_panel.to_pylist() == [
        {
            "referral_id": "r0",
            "kind": "on_hold",
            "rule_id": "held",
            "text": "Because of held.",
            "until": "release",
        },
        {
            "referral_id": "r3",
            "kind": "on_hold",
            "rule_id": "held",
            "text": "Because of held. Rules that would have raised it: The rule armed.",
            "until": "release",
        },
        {
            "referral_id": "r2",
            "kind": "ineligible",
            "rule_id": "young",
            "text": "Because of young.",
            "until": None,
        },
        {
            "referral_id": "line 7",
            "kind": "set_aside",
            "rule_id": None,
            "text": "It has no id.",
            "until": None,
        },
        {
            "referral_id": "r9",
            "kind": "set_aside",
            "rule_id": None,
            "text": "The date cannot be read.",
            "until": None,
        },
    ]


def test_rows_that_were_set_aside_are_told_once_each() -> None:
    aside = [
        SetAside("r9", "One."),
        SetAside("r9", "Two."),
        SetAside("r9", "One."),
        SetAside("r1", "Again."),
    ]
    ranking = ranked({"r1": (PLAIN, 0.5)}, set_aside=aside)
    assert column(ranking, "referral_id") == ["r1"]
    assert ranking.not_for_panel["referral_id"].to_pylist() == ["r9"]
    assert ranking.not_for_panel["text"].to_pylist() == ["One. Two."]


def test_equal_scores_stand_in_the_order_of_their_ids() -> None:
    given = dict.fromkeys(("r10", "r2", "R1", "é", "a"), (PLAIN, 0.5))
    assert column(ranked(given), "referral_id") == ["R1", "a", "r10", "r2", "é"]
    given = {"b": (PLAIN, -0.0), "a": (PLAIN, 0.0)}
    assert column(ranked(given), "referral_id") == ["a", "b"]


def test_ids_that_only_look_alike_stay_apart() -> None:
    given = dict.fromkeys(("007", "7", "9223372036854775808", "r\x00", "r"), (PLAIN, 0.5))
    assert sorted(column(ranked(given), "referral_id")) == sorted(given)


@pytest.mark.parametrize(
    ("capacity", "near_misses", "expected"),
    [
        (0, 0, ["below"] * 5),
        (0, 2, ["near_miss"] * 2 + ["below"] * 3),
        (5, 3, ["discuss"] * 5),
        (100, 3, ["discuss"] * 5),
        (4, 100, ["discuss"] * 4 + ["near_miss"]),
    ],
)
def test_any_capacity(capacity: int, near_misses: int, expected: list[str]) -> None:
    ranking = ranked(FIVE, capacity=capacity, near_misses=near_misses)
    assert column(ranking, "standing") == expected
    assert column(ranking, "within_capacity") == [one == "discuss" for one in expected]
    assert ranking.capacity == capacity


def test_one_referral() -> None:
    ranking = ranked({"r1": (PLAIN, -3.0)}, capacity=1)
    assert ranking.places.select(["rank", "standing", "rules_alone_last"]).to_pylist() == [
        {"rank": 1, "standing": "discuss", "rules_alone_last": 1}
    ]


def test_no_referral_and_nobody_ranked() -> None:
    for given in ({}, {"r1": (YOUNG, 0.5)}):
        ranking = ranked(given)
        assert ranking.places.num_rows == 0
        assert ranking.not_for_panel.num_rows == len(given)
        assert ranking.floors_below_the_line == 0
        assert ranking.places.schema.field("rank").type == pa.int32()


@pytest.mark.parametrize("score", [np.nan, np.inf, -np.inf])
def test_a_score_that_is_no_number_is_refused(score: float) -> None:
    given = {"r1": (PLAIN, 0.5), "r3": (PLAIN, score), "r2": (URGENT, score)}
    with pytest.raises(
        TriageError, match=r"must have a score.*2 of 3 without one \(first: referral 'r2'\)"
    ):
        ranked(given)


def test_who_is_not_ranked_needs_no_score() -> None:
    ranking = ranked({"r1": (PLAIN, 0.5), "r2": (YOUNG, np.nan), "r3": (HELD, np.inf)})
    assert column(ranking, "referral_id") == ["r1"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"referral_ids": ["r1"]}, "1 referrals, 2 scores and 2 rows of rules do not belong"),
        ({"scores": np.zeros(3)}, "2 referrals, 3 scores and 2 rows"),
        ({"trace": a_trace(RULES, [{}])}, "2 referrals, 2 scores and 1 rows"),
        ({"referral_ids": ["r1", "r1"]}, "a referral stands twice"),
        ({"capacity": -1}, "must not be below 0"),
        ({"near_misses": -1}, "must not be below 0"),
    ],
)
def test_what_does_not_belong_together_is_refused(changes: dict[str, Any], message: str) -> None:
    arguments: dict[str, Any] = {
        "referral_ids": ["r1", "r2"],
        "scores": np.zeros(2),
        "trace": a_trace(RULES, [{}, {}]),
        "capacity": 1,
        **changes,
    }
    with pytest.raises(ValueError, match=message):
        rank(**arguments)


def test_the_score_alone() -> None:
    scores = np.array([0.2, 0.9, 0.2, -1.0])
    assert rank_by_score_alone(scores, ["b", "c", "a", "d"]).tolist() == [3, 1, 2, 4]
    assert rank_by_score_alone(np.empty(0), []).tolist() == []


def test_the_order_of_nothing() -> None:
    assert order_of(np.empty(0, dtype=np.int8), np.empty(0), []).tolist() == []


@pytest.mark.parametrize(
    ("came_in", "message"),
    [
        (["r1", "r2", "r3", "r4", "r5", "r6"], "1 lost, 0 too many"),
        (["r1", "r2", "r3", "r4"], "0 lost, 1 too many"),
        (["r1", "r2", "r3", "r4", "x"], "1 lost, 1 too many"),
    ],
)
def test_the_count_of_those_who_came_in_can_fail(came_in: list[str], message: str) -> None:
    ranking = ranked(FIVE)
    assert_nothing_is_lost(FIVE, ranking)
    with pytest.raises(AssertionError, match=message):
        assert_nothing_is_lost(came_in, ranking)


def test_a_referral_told_twice_is_found() -> None:
    ranking = ranked(FIVE)
    twice = Ranking(
        pa.concat_tables([ranking.places, ranking.places.slice(0, 1)]),
        ranking.not_for_panel,
        ranking.rows,
        ranking.capacity,
    )
    with pytest.raises(AssertionError, match="0 lost, 1 too many"):
        assert_nothing_is_lost(FIVE, twice)
