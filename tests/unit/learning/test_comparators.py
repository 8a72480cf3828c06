"""Comparators: points that people have set."""

from __future__ import annotations

import numpy as np
import pytest

from tests.unit.learning.builders import by_points, matrix
from triage.learning import Trained

NAN = float("nan")


def scores(spec, **columns):
    X = matrix(**columns)
    trained = Trained(
        spec, tuple(columns), "harm", 90, "harm within 90 days", base_rate=0.1, rows=10
    )
    contributions, intercept = trained.linear_terms(X)
    np.testing.assert_allclose(contributions.sum(axis=1) + intercept, trained.score(X))
    return trained.score(X).tolist()


def test_weights_multiply_and_stop_at_their_most():
    spec = by_points(points=[{"feature": "more", "weight": 2, "at_most": 5}])
    assert scores(spec, more=[0, 3, 9, NAN]) == [0, 6, 10, 0]


def test_the_first_band_that_holds_gives_its_points():
    bands = [{"at_most": 30, "points": 10}, {"at_most": 90, "points": 5}]
    spec = by_points(points=[{"feature": "since", "bands": bands}])
    assert scores(spec, since=[0, 30, 31, 90, 91]) == [10, 10, 5, 5, 0]


def test_a_band_may_have_both_limits():
    bands = [{"at_least": 2, "at_most": 3, "points": 4}]
    assert scores(by_points(points=[{"feature": "more", "bands": bands}]), more=[1, 2, 3, 4]) == [
        0,
        4,
        4,
        0,
    ]


def test_unknown_gets_the_lowest_points():
    bands = [{"at_least": 2, "points": 4}, {"at_most": 1, "points": -3}]
    spec = by_points(points=[{"feature": "more", "bands": bands}])
    assert scores(spec, more=[NAN, 1.5, 2]) == [-3, 0, 4]


def test_terms_add_up():
    spec = by_points(points=[{"feature": "a", "weight": 1}, {"feature": "b", "weight": 10}])
    assert scores(spec, a=[1, 2], b=[3, NAN]) == [31, 2]


@pytest.mark.parametrize(("accusations", "expected"), [(2, 50), (1, 0), (NAN, 0)])
def test_what_is_required_and_not_known_to_hold_leaves_the_lowest_points(accusations, expected):
    spec = by_points(
        points=[{"feature": "harm", "weight": 1}],
        requires={"field": "accusations", "operator": "above", "value": 1},
    )
    assert scores(spec, harm=[50], accusations=[accusations]) == [expected]
