"""Who stands above the line at capacity, places that are kept, and the sample for audits."""

from __future__ import annotations

import numpy as np
import pytest

from triage.ranking import audit_sample, draw_line


def line(tiers, kept_for, capacity, reserved_places):
    within, reserved = draw_line(
        np.array(tiers, dtype=np.int8),
        np.array(kept_for, dtype=bool),
        capacity=capacity,
        reserved_places=reserved_places,
    )
    return np.flatnonzero(within).tolist(), np.flatnonzero(reserved).tolist()


def test_without_places_to_keep_the_order_alone_decides():
    assert line([3, 3, 3], [0, 0, 1], 2, 0) == ([0, 1], [])


def test_a_kept_place_is_that_of_the_last_by_score():
    assert line([1, 3, 3, 3, 3], [0, 0, 0, 0, 1], 3, 1) == ([0, 1, 4], [4])


def test_who_stands_above_the_line_by_order_takes_a_kept_place_first():
    assert line([3, 3, 3], [1, 0, 1], 2, 1) == ([0, 1], [])


def test_the_first_of_those_below_is_brought_in():
    assert line([3, 3, 3, 3], [0, 0, 1, 1], 2, 1) == ([0, 2], [2])
    assert line([3, 3, 3, 3], [0, 0, 1, 1], 2, 2) == ([2, 3], [2, 3])


def test_nobody_whom_a_rule_raised_gives_way():
    assert line([1, 2, 3, 3], [0, 0, 0, 1], 2, 1) == ([0, 1], [])
    assert line([1, 2, 3, 3], [0, 0, 0, 1], 3, 3) == ([0, 1, 3], [3])


@pytest.mark.parametrize(
    ("capacity", "reserved_places", "expected"),
    [(0, 1, []), (9, 1, [0, 1, 2]), (1, 9, [2]), (3, 1, [0, 1, 2])],
)
def test_any_capacity(capacity, reserved_places, expected):
    assert line([3, 3, 3], [0, 0, 1], capacity, reserved_places)[0] == expected


def test_an_empty_list():
    assert line([], [], 3, 1) == ([], [])


IDS = [f"r{number:02}" for number in range(20)]
WITHIN = np.arange(20) < 5


def drawn(ids=IDS, within=WITHIN, size=4, seed=(7, 1)):
    sample = audit_sample(ids, within, size=size, seed=seed)
    return {ids[place] for place in np.flatnonzero(sample)}


def test_a_sample_is_from_below_the_line_and_as_large_as_asked():
    assert len(drawn()) == 4
    assert not drawn() & set(IDS[:5])
    assert drawn(size=0) == set()
    assert drawn(size=99) == set(IDS[5:])


def test_a_sample_depends_on_the_seed_and_the_date_and_not_on_the_order():
    assert drawn() == drawn()
    assert drawn(ids=IDS[::-1], within=WITHIN[::-1]) == drawn()
    assert len({frozenset(drawn(seed=(7, day))) for day in range(10)}) > 5


def test_a_sample_falls_on_all_alike():
    times = dict.fromkeys(IDS[5:], 0)
    for day in range(600):
        for one in drawn(seed=(3, day)):
            times[one] += 1
    assert min(times.values()) > 120
    assert max(times.values()) < 200
