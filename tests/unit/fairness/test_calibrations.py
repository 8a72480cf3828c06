"""Calibration of groups: who is told higher chances than come, and what is not told of few."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit

from triage.fairness import calibration_by_group, calibration_told
from triage.learning import Heard

SETTINGS = {"resamples": 100, "seed": 1}


def people(n=1500, *, shift=0.0, seed=3):
    """Return log-odds, what came of them with its log-odds shifted, and one row a person."""
    random = np.random.default_rng(seed)
    log_odds = random.normal(-1.2, 1.0, n)
    y = (random.random(n) < expit(log_odds + shift)).astype(float)
    return log_odds, heard(y)


def heard(y):
    n = len(y)
    return Heard(
        person=np.arange(n),
        lists=np.zeros(n, dtype=np.int64),
        weight=np.ones(n),
        y=y,
        harm_days={},
        unseen=np.zeros(n, dtype=bool),
        lead_days=np.full(n, np.nan),
    )


def test_what_came_as_often_as_said_has_a_slope_of_1_in_each_group():
    log_odds, came = people()
    groups = np.where(np.arange(len(log_odds)) % 3 == 0, "a", "b")
    found = calibration_by_group(
        log_odds, came, groups.tolist(), attribute="turn", smallest=10, **SETTINGS
    )
    assert [(one.attribute, one.value, one.people) for one in found] == [
        ("turn", "a", 500),
        ("turn", "b", 1000),
    ]
    for one in found:
        assert one.observed.low < one.expected < one.observed.high
        assert one.found.slope.low < 1 < one.found.slope.high
        assert one.found.intercept.low < 0 < one.found.intercept.high


def test_a_group_of_whom_less_is_said_than_comes_has_an_intercept_above_0():
    log_odds, came = people(shift=1.0)
    found = calibration_told(log_odds, came, smallest=10, **SETTINGS)
    assert found.found.intercept.low > 0.5
    assert found.observed.low > found.expected


@pytest.mark.parametrize(
    ("positives", "n", "told"),
    [(9, 200, (200, False)), (191, 200, (200, False)), (3, 9, (None, False))],
)
def test_nothing_is_told_of_few_people_with_the_outcome_or_without_it(positives, n, told):
    y = np.zeros(n)
    y[:positives] = 1
    found = calibration_told(np.linspace(-2, 2, n), heard(y), smallest=10, **SETTINGS)
    assert (found.people, found.observed is not None) == told
    assert found.found is None


def test_each_bin_of_a_curve_holds_enough_people_with_the_outcome_and_without_it():
    log_odds, came = people(400)
    log_odds = log_odds - 1  # few of the lowest have the outcome
    found = calibration_told(log_odds, came, smallest=10, **SETTINGS).found
    assert 1 < len(found.bins) < 10
    assert sum(one.people for one in found.bins) == 400
    for one in found.bins:
        assert 10 <= round(one.observed.value * one.people) <= one.people - 10


def test_one_group_that_is_not_told_takes_the_smallest_other_with_it():
    log_odds, came = people(600)
    groups = np.repeat(["a", "b", "c"], [400, 192, 8]).tolist()
    found = calibration_by_group(log_odds, came, groups, attribute="g", smallest=10, **SETTINGS)
    assert [one.observed is not None for one in found] == [True, False, False]
    assert all((one.found is None) == (one.observed is None) for one in found)


def test_those_of_no_known_group_are_a_group_of_their_own():
    log_odds, came = people(600)
    found = calibration_by_group(
        log_odds, came, ["a"] * 300 + [None] * 300, attribute="g", smallest=10, **SETTINGS
    )
    assert [one.value for one in found] == ["a", "not known"]
