"""Whose records make the outcome, what if some is on none, and what the features tell of groups."""

from __future__ import annotations

import datetime

import numpy as np
import pytest

from tests.unit.fairness.test_cuts import SMALLEST, cut_of, two_groups
from tests.unit.learning.builders import feature
from triage.conditions import Categories
from triage.fairness import (
    Draws,
    find_proxies,
    group_by,
    groups_of,
    judge_groups,
    measure_otherwise,
    measure_recorded,
    suppose_unrecorded,
    turning_share,
)
from triage.features import FeatureMatrix
from triage.workspace import Fairness, Tolerance

BELOW = Tolerance(
    at_most=0.1, side="below", reason="an example", source="this test", on=datetime.date(2026, 1, 1)
)


def draws_of(cut, resamples: int = 100) -> Draws:
    return Draws(cut.person, resamples=resamples, seed=1)


def test_harm_on_no_record_is_spread_over_those_without_a_recorded_outcome() -> None:
    """40 with it, 30 of them within; 100 without, 20 within: 40 more are within one time in 5."""
    cut, groups = two_groups([(30, 10, 20, 80), (60, 40, 40, 160)])
    found = suppose_unrecorded(cut, groups[:1], draws_of(cut), [0.0, 0.5])
    assert found[0].recall.value == pytest.approx(30 / 40)
    assert found[1].recall.value == pytest.approx((30 + 0.2 * 40) / 80)
    assert found[1].recall_at_least == pytest.approx(30 / 80)
    assert found[1].recall_at_most is None  # nothing was said of anybody
    assert found[1].missed_harm.value == pytest.approx(1 - (30 + 0.2 * 40) / 80)
    assert found[1].less_others.value == pytest.approx(38 / 80 - 60 / 100)


def test_the_share_is_found_at_which_recall_would_lie_outside() -> None:
    cut, (north, south) = two_groups([(60, 40, 40, 360), (600, 400, 400, 3600)])
    draws = draws_of(cut)
    share = turning_share(cut, north, draws, BELOW)
    assert share is not None
    before, at = (
        suppose_unrecorded(cut, [north], draws, [one])[0].less_others
        for one in (share - 0.01, share)
    )
    assert at.high < -0.1 <= before.high
    assert turning_share(cut, south, draws, None) is None


def test_whose_records_they_are_is_a_share_against_everybody_elses() -> None:
    cut, groups = two_groups([(30, 10, 20, 40), (10, 30, 40, 120)])
    north = groups[0].rows
    theirs, every = np.where(north, 4.0, 2.0), np.full(300, 5.0)
    found = measure_recorded("recorded", theirs, every, groups, draws_of(cut), needs="people")
    assert found[0].own.value == pytest.approx(0.8)
    assert found[0].less_others.value == pytest.approx(0.4)
    untold = measure_recorded("recorded", theirs, every, groups, draws_of(cut), needs="no kind")
    assert not untold[0].told
    assert untold[0].own.value is None


def test_the_outcome_by_some_records_alone_is_held_against_all() -> None:
    cut, groups = two_groups([(30, 10, 20, 40), (10, 30, 40, 120)])
    theirs = cut.y.copy()
    theirs[:10] = 0.0  # of the north, ten within capacity are on others' records alone
    otherwise = cut.recorded_otherwise(theirs, cut.known)
    found = {
        (one.group.value, f"{one.measure} {one.subject}".strip()): one
        for one in measure_otherwise(cut, otherwise, groups, draws_of(cut))
    }
    assert found["north", "outcome_recorded"].own.value == pytest.approx(30 / 40)
    assert found["south", "outcome_recorded"].own.value == pytest.approx(1.0)
    assert found["south", "outcome_recorded"].own.low < 1.0
    assert found["north", "recall"].own.value == pytest.approx(20 / 30)
    assert found["south", "recall"].own.value == pytest.approx(10 / 40)
    change = found["north", "recall change"]
    assert change.own.value == pytest.approx(20 / 30 - 30 / 40)
    assert change.own.low < change.own.value < change.own.high < 0
    assert change.less_others.value == pytest.approx(20 / 30 - 30 / 40)
    south = found["south", "recall change"].own
    assert (south.value, south.low, south.high) == (0.0, 0.0, 0.0)


def invented_matrix(member: np.ndarray, seed: int = 1) -> FeatureMatrix:
    """Return features of which one tells a group, and another nothing."""
    lot = np.random.default_rng(seed)
    telling = member * 2.0 + lot.normal(0, 1, len(member))
    silent = lot.normal(0, 1, len(member))
    return FeatureMatrix(
        np.asfortranarray(np.column_stack([telling, silent])),
        (feature("telling_ever"), feature("silent_ever")),
    )


def groups_by(codes: np.ndarray):
    column = Categories(codes.astype(np.int32), ["north", "south"])
    person = np.arange(len(codes))
    everybody = {"people": np.ones(len(codes), dtype=bool)}
    return groups_of(group_by("area", column), person, everybody, SMALLEST)


def test_a_feature_that_tells_a_group_is_found_and_named() -> None:
    codes = np.random.default_rng(2).random(600) < 0.3
    found = find_proxies(invented_matrix(codes), groups_by(codes), resamples=100, seed=1)
    south = found[1]
    assert 0.85 < south.found.own.low < south.found.own.value < south.found.own.high < 1
    assert south.found.less_others.value == pytest.approx(south.found.own.value - 0.5)
    assert south.carriers[0].name == "telling_ever"
    assert south.carriers[0].lost > 0.3
    assert all(one.lost < 0.02 for one in south.carriers[1:])


def test_features_that_tell_nothing_are_no_better_than_a_toss() -> None:
    lot = np.random.default_rng(3)
    codes = lot.random(600) < 0.3
    matrix = invented_matrix(lot.permutation(codes))
    (_, south) = find_proxies(matrix, groups_by(codes), resamples=200, seed=1)
    assert south.found.own.low < 0.5 < south.found.own.high
    (_, again) = find_proxies(matrix, groups_by(codes), resamples=200, seed=1)
    assert (again.found.own, again.carriers) == (south.found.own, south.carriers)


def test_only_attributes_that_are_judged_can_lie_outside() -> None:
    cut, groups = two_groups([(30, 10, 20, 40), (10, 30, 40, 120)])
    theirs, every = np.where(groups[0].rows, 4.0, 2.0), np.full(300, 5.0)
    found = measure_recorded("recorded", theirs, every, groups, draws_of(cut), needs="people")
    tolerance = {**BELOW.model_dump(), "side": "above"}
    for judged, expected in ((True, ["outside", "within"]), (False, ["not judged"] * 2)):
        area = {"field": "person.area", "judged": judged, "why": "an example of a reason"}
        fairness = Fairness.model_validate(
            {"attributes": {"area": area}, "tolerances": {"recorded": tolerance}}
        )
        assert [one.standing for one in judge_groups(found, fairness)] == expected


def test_an_empty_cut_is_told_as_nothing() -> None:
    cut = cut_of(np.zeros(0), np.zeros(0))
    assert suppose_unrecorded(cut, [], draws_of(cut), [0.0]) == []
