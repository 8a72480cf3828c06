"""Places on counterfactual lists, and that causes sum to a move."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from triage.ranking import Standings, causes_of_moves, order_of, places_among

standing = st.tuples(st.integers(1, 3), st.integers(0, 3))
lists = st.integers(1, 7).flatmap(
    lambda n: st.lists(st.lists(standing, min_size=n, max_size=n), min_size=6, max_size=6)
)


def standings(pairs: list[tuple[int, int]]) -> Standings:
    tiers, scores = zip(*pairs, strict=True)
    return Standings(np.array(tiers, np.int8), np.array(scores, float))


def by_hand(field: Standings, ids: list[str], there: list[bool], row: int, own: Standings) -> int:
    """Put the referral into the list and count who stands above it."""
    tiers, scores = field.tiers.copy(), field.scores.copy()
    tiers[row], scores[row] = own.tiers[0], own.scores[0]
    order = order_of(tiers, scores, ids).tolist()
    return 1 + sum(there[one] for one in order[: order.index(row)])


@given(lists, st.data())
def test_a_place_among_others_is_the_place_on_the_list_with_that_one_changed(lists, data) -> None:
    field, own = standings(lists[0]), standings(lists[1])
    n = len(lists[0])
    ids = [f"r{number}" for number in range(n)]
    there = data.draw(st.lists(st.booleans(), min_size=n, max_size=n))
    rows = np.arange(n)
    found = places_among(field, ids, np.array(there), rows, own)
    assert found.tolist() == [
        by_hand(field, ids, there, row, own.take(rows[row : row + 1])) for row in range(n)
    ]


@given(lists, st.data())
def test_causes_sum_to_the_move_whatever_they_are(lists, data) -> None:
    then, model, policy, *own = map(standings, lists)
    n = len(lists[0])
    ids = [f"r{number}" for number in range(n)]
    rows = np.array(sorted(data.draw(st.sets(st.integers(0, n - 1), min_size=1))))
    now = np.array(data.draw(st.lists(st.integers(1, 9), min_size=len(rows), max_size=len(rows))))
    everybody = np.ones(n, dtype=bool)
    place = np.empty(n, dtype=np.int64)
    place[order_of(then.tiers, then.scores, ids)] = np.arange(1, n + 1)
    gained = causes_of_moves(
        ids,
        rows,
        place[rows],
        now,
        {"then": (then, everybody), "model": (model, everybody), "policy": (policy, everybody)},
        {
            name: standing.take(rows)
            for name, standing in zip(("clock", "answers", "facts"), own, strict=True)
        },
    )
    assert list(gained) == ["model", "policy", "clock", "answers", "facts", "others"]
    assert (sum(gained.values()) == place[rows] - now).all()


def test_what_stays_as_it_is_moves_nobody() -> None:
    same, everybody = standings([(3, 2), (3, 1), (1, 0)]), np.ones(3, dtype=bool)
    rows, now = np.arange(3), np.array([2, 3, 1])
    fields = dict.fromkeys(("then", "model", "policy"), (same, everybody))
    own = dict.fromkeys(("clock", "answers", "facts"), same)
    gained = causes_of_moves(["a", "b", "c"], rows, now, now, fields, own)
    assert all(not places.any() for places in gained.values())
