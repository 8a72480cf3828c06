"""How sure a place on the list is."""

from __future__ import annotations

import numpy as np
import pytest

from tests.invented_rules import a_rule, a_trace
from triage.ranking import certainty

RULES = [
    a_rule("armed", when={"field": "weapons", "operator": "at_least", "value": 1}),
    a_rule("held", effect="hold", when={"person.area": "north"}),
]
IDS = ["a", "b", "c", "d"]
SCORES = np.array([3.0, 2.0, 1.0, 0.0])


def found(ensemble, facts=({}, {}, {}, {}), capacity=2, **options):
    trace = a_trace(RULES, list(facts))
    return certainty(IDS, SCORES, np.array(ensemble), trace, capacity=capacity, **options)


def test_who_is_above_the_line_on_every_members_list_is_sure_of_a_place():
    sure = found([[3, 2, 1, 0], [3, 1, 2, 0], [2, 3, 1, 0], [9, 2, 3, 0.0]])
    assert sure.chance_within_capacity.tolist() == [1, 0.5, 0.5, 0]


def test_chances_add_up_to_the_capacity():
    ensemble = np.random.default_rng(3).normal(size=(7, 4))
    assert found(ensemble, capacity=3).chance_within_capacity.sum() == pytest.approx(3)
    assert found(ensemble, capacity=9).chance_within_capacity.tolist() == [1, 1, 1, 1]


def test_a_floor_makes_sure_and_a_hold_leaves_no_chance():
    facts = ({"person.area": "north"}, {}, {}, {"weapons": 1})
    sure = found([[3, 2, 1, 0], [3, 2, 1, -9.0]], facts)
    assert np.isnan(sure.chance_within_capacity[0])
    assert sure.chance_within_capacity[1:].tolist() == [1, 0, 1]


def test_intervals_hold_the_score_and_widen_with_the_members_spread_and_the_level():
    members = [[3, 2, 1, 0], [3, 4, 1, 0.0]]
    sure, surer = found(members), found(members, level=0.99)
    assert sure.low.tolist()[0] == sure.high.tolist()[0] == 3
    assert sure.low[1] < 2 < sure.high[1]
    assert surer.low[1] < sure.low[1]
    assert sure.high[1] - 2 == pytest.approx(2 - sure.low[1])


def test_an_interval_covers_as_often_as_it_says():
    random = np.random.default_rng(8)
    covered = []
    for _ in range(200):
        truth = random.normal(size=4)
        trace = a_trace(RULES, [{}] * 4)
        scores = truth + random.normal(size=4)
        ensemble = scores + random.normal(size=(10, 4))
        sure = certainty(IDS, scores, ensemble, trace, capacity=2, level=0.9)
        covered.append((sure.low <= truth) & (truth <= sure.high))
    assert np.mean(covered) == pytest.approx(0.9, abs=0.03)


def test_a_band_is_told_by_row_and_who_is_not_for_the_panel_has_none():
    facts = ({"person.area": "north"}, {}, {}, {"weapons": 1})
    sure = found([[3, 2, 1, 0], [3, 1, 2, 0], [3, 2.5, 1, 0.0]], facts)
    assert sure.band_first.tolist() == [0, 2, 2, 1]
    assert sure.band_last.tolist() == [0, 3, 3, 1]


@pytest.mark.parametrize("n_members", [0, 1])
def test_without_an_ensemble_nothing_is_made_up(n_members):
    sure = found(np.zeros((n_members, 4)))
    assert sure.n_members == 0
    for told in (sure.low, sure.high, sure.chance_within_capacity):
        assert np.isnan(told).all()
    assert sure.band_first.tolist() == sure.band_last.tolist() == [1, 2, 3, 4]


def test_what_does_not_belong_together_is_a_mistake():
    with pytest.raises(ValueError, match=r"4 referrals, 4 scores, 2 members' scores of 2"):
        found([[1, 2], [1, 2.0]])
