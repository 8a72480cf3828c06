"""Places that cannot be told apart share a band."""

from __future__ import annotations

import numpy as np
import pytest

from triage.ranking import bands, chance_of_order

BY_SCORE = np.int8(3)


def banded(scores, members, tiers=None, level=0.8):
    scores = np.asarray(scores, dtype=float)
    ensemble = np.asarray(members, dtype=float)
    ensemble = ensemble if ensemble.size else np.empty((len(ensemble), len(scores)))
    tiers = np.full(len(scores), BY_SCORE) if tiers is None else np.asarray(tiers, np.int8)
    first, last = bands(tiers, scores, ensemble, level=level)
    return list(zip(first.tolist(), last.tolist(), strict=True))


def noisy(scores, spread, n_members=10, seed=4):
    scores = np.asarray(scores, dtype=float)
    return scores + np.random.default_rng(seed).normal(0, spread, (n_members, len(scores)))


def test_places_far_apart_stand_alone():
    scores = [9.0, 6, 3, 0]
    assert banded(scores, noisy(scores, 0.1)) == [(1, 1), (2, 2), (3, 3), (4, 4)]


def test_places_that_the_members_shuffle_share_a_band():
    scores = [9.0, 3.02, 3.01, 3.0, 0]
    assert banded(scores, noisy(scores, 0.5)) == [(1, 1), (2, 4), (2, 4), (2, 4), (5, 5)]


def test_all_referrals_alike_are_one_band_with_an_ensemble_or_without():
    alike = np.zeros(6)
    for members in (noisy(alike, 1.0), np.zeros((10, 6)), np.zeros((0, 6))):
        assert banded(alike, members) == [(1, 6)] * 6


def test_what_moves_all_members_alike_does_not_blur_an_order():
    scores = np.array([0.3, 0.2, 0.1])
    drift = np.linspace(-5, 5, 10)[:, None]
    assert banded(scores, scores + drift) == [(1, 1), (2, 2), (3, 3)]


def test_a_tier_ends_a_band():
    assert banded([1.0, 1, 1, 1], np.ones((10, 4)), [1, 1, 3, 3]) == [(1, 2)] * 2 + [(3, 4)] * 2


def test_a_long_run_of_neighbours_is_not_one_band():
    """Each can barely be told from the next, and the first well from the last."""
    scores = np.linspace(2, 0, 21)
    found = banded(scores, noisy(scores, 0.2, 40), level=0.9)
    assert len(set(found)) > 2
    for first, last in set(found):
        assert scores[first - 1] - scores[last - 1] < 0.8


def test_a_surer_level_makes_bands_wider():
    scores = np.linspace(3, 0, 13)
    members = noisy(scores, 0.3)
    widths = [
        np.mean([last - first for first, last in banded(scores, members, level=level)])
        for level in (0.5, 0.7, 0.9, 0.99, 1.0)
    ]
    assert widths == sorted(widths)
    assert widths[0] == 0
    assert widths[-1] == 12


def test_without_members_only_equal_scores_share_a_band():
    assert banded([2.0, 1, 1, 0], []) == [(1, 1), (2, 3), (2, 3), (4, 4)]
    assert banded([2.0, 1, 1, 0], [[9, 9, 9, 9.0]]) == [(1, 1), (2, 3), (2, 3), (4, 4)]


def test_one_referral_and_none():
    assert banded([0.5], noisy([0.5], 1.0)) == [(1, 1)]
    assert banded([], np.zeros((10, 0))) == []


def test_the_chance_of_an_order_is_that_of_another_draw():
    """Of two referrals with a true difference, as often as it says the order is right."""
    random = np.random.default_rng(11)
    told, right = [], []
    for _ in range(4000):
        truth = random.normal(0, 1)
        apart = truth + random.normal(0, 1)
        members = apart + random.normal(0, 1, 10)
        sign = 1 if apart >= 0 else -1
        chance = chance_of_order(np.array([abs(apart)]), 0.0, sign * members[:, None], np.zeros(10))
        told.append(chance[0])
        right.append(sign * (apart + random.normal(0, 1)) > 0)
    told, right = np.array(told), np.array(right)
    for low, high in ((0.5, 0.7), (0.7, 0.85), (0.85, 1.0)):
        some = (told >= low) & (told < high)
        assert right[some].mean() == pytest.approx(told[some].mean(), abs=0.05)


def test_equal_scores_are_a_toss():
    chance = chance_of_order(np.ones(2), 1.0, np.array([[1.0, 3], [2, 3]]), np.array([1.0, 3]))
    assert chance.tolist() == [0.5, 0.5]
