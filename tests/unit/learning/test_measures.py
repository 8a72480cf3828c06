"""Measures, at the panel's capacity first."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.learning import lists_of, measure, places

ONE_LIST = np.zeros(4, dtype=np.int64)


def measured(scores, y, harm=None, lists=None, capacity=2, log_odds=False):
    y = np.asarray(y, dtype=float)
    harm = y * 100 if harm is None else np.asarray(harm, dtype=float)
    lists = np.zeros(len(y), dtype=np.int64) if lists is None else np.asarray(lists)
    scores = np.asarray(scores, dtype=float)
    return measure(scores, y, harm, lists, capacity=capacity, log_odds=log_odds)


def test_those_within_capacity_are_counted_on_each_list_apart():
    found = measured(
        [9, 8, 1, 2], [1, 0, 1, 1], harm=[10, 0, 20, 70], lists=[0, 0, 1, 1], capacity=1
    )
    assert found.harm_captured == pytest.approx(80 / 100)
    assert found.recall == pytest.approx(2 / 3)
    assert found.precision == 1
    assert (found.rows, found.positives, found.lists) == (4, 3, 2)


def test_lists_shorter_than_capacity_are_heard_whole():
    assert places(np.array([1.0, 2.0]), ONE_LIST[:2], capacity=16).tolist() == [1, 1]


def test_precision_counts_the_places_that_were_filled():
    assert measured([1, 2], [0, 1], capacity=16).precision == 0.5


@given(st.lists(st.integers(0, 3), min_size=1, max_size=6), st.integers(1, 6))
def test_ties_count_as_if_broken_by_lot(scores, capacity):
    scores = np.array(scores, dtype=float)
    chances = places(scores, np.zeros(len(scores), dtype=np.int64), capacity)
    drawn = np.zeros(len(scores))
    orders = list(itertools.permutations(range(len(scores))))
    for order in orders:
        ranked = sorted(order, key=lambda row: -scores[row])
        drawn[ranked[:capacity]] += 1
    np.testing.assert_allclose(chances, drawn / len(orders))
    assert chances.sum() == pytest.approx(min(capacity, len(scores)))


def test_the_order_of_rows_does_not_matter():
    scores, y = np.array([1.0, 1, 1, 2]), np.array([1.0, 0, 0, 1])
    there, back = measured(scores, y), measured(scores[::-1], y[::-1])
    assert there.recall == back.recall == pytest.approx((1 + 1 / 3) / 2)
    assert there.auc == back.auc


def test_no_harm_has_no_share():
    assert math.isnan(measured([1, 2], [0, 1], harm=[0, 0]).harm_captured)


def test_points_have_no_probability_to_judge():
    found = measured([1, 2, 3, 4], [0, 1, 0, 1])
    assert math.isnan(found.brier)
    assert math.isnan(found.calibration_slope)


def test_brier_is_the_mean_squared_error_of_the_probability():
    assert measured([0, 0, 0, 0], [0, 1, 0, 1], log_odds=True).brier == 0.25


def test_months_share_a_list_whatever_the_day():
    dates = np.array(
        ["2024-01-01", "2024-01-31", "2024-02-01", "2025-01-01"], dtype="datetime64[D]"
    )
    lists = lists_of(dates.astype(np.int32))
    assert (np.diff(lists)).tolist() == [0, 1, 11]
