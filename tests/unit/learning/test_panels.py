"""Lists as a panel would have had them: ties, cuts, intervals that resample people."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, roc_auc_score

from triage.learning import (
    Cut,
    Heard,
    calibrated,
    measure_course,
    measure_forecast,
    measure_lists,
    measure_order,
    measured,
)

CAPACITY = Cut("capacity", places=2)


def heard(y, *, person=None, lists=None, weight=None, harm=None, unseen=None, lead=None):
    y = np.asarray(y, dtype=float)
    n = len(y)
    return Heard(
        person=np.arange(n) if person is None else np.asarray(person),
        lists=np.zeros(n, dtype=np.int64) if lists is None else np.asarray(lists),
        weight=np.ones(n) if weight is None else np.asarray(weight, dtype=float),
        y=y,
        harm_days={"days": y * 100 if harm is None else np.asarray(harm, dtype=float)},
        unseen=np.zeros(n, dtype=bool) if unseen is None else np.asarray(unseen),
        lead_days=np.where(y > 0, 10.0, np.nan) if lead is None else np.asarray(lead, dtype=float),
    )


def at_capacity(scores, people, cut=CAPACITY, resamples=0, seed=1):
    scores = {"one": np.asarray(scores, dtype=float)}
    found = measure_lists(scores, people, [cut], resamples=resamples, seed=seed)["one"]
    return {measure: values for (measure, _), values in found.items()}


def value(scores, people, measure, **changes):
    return at_capacity(scores, people, **changes)[measure][0]


def test_what_is_captured_is_the_harm_of_those_within_capacity_of_all_harm():
    people = heard([1, 0, 1, 1], harm=[100, 5, 300, 600])
    assert value([4, 3, 2, 1], people, "harm_captured:days") == pytest.approx(105 / 1005)
    assert value([1, 2, 3, 4], people, "recall") == pytest.approx(2 / 3)
    assert value([1, 2, 3, 4], people, "precision") == 1


def test_each_list_has_its_own_places():
    people = heard([1, 1, 0, 1, 1, 0], lists=[0, 0, 0, 1, 1, 1])
    assert value([6, 5, 4, 3, 2, 1], people, "recall") == 1


def test_whose_outcome_is_unknown_takes_a_place_and_is_not_measured():
    people = heard([0, 1, 1], weight=[0, 1, 1])
    assert value([3, 2, 1], people, "recall") == 0.5
    assert value([3, 2, 1], people, "precision") == 1


def test_people_missed_of_whom_nothing_was_on_record_are_counted():
    people = heard([1, 1, 1, 1, 0], unseen=[True, True, False, True, True])
    assert value([5, 4, 3, 2, 1], people, "unseen_missed") == 1
    assert value([5, 4, 3, 2, 1], people, "unseen_missed_share") == pytest.approx(1 / 3)


@given(
    st.lists(
        st.tuples(st.integers(0, 2), st.booleans(), st.sampled_from([0, 1, 50])),
        min_size=1,
        max_size=6,
    ),
    st.integers(1, 4),
)
def test_ties_are_what_one_expects_over_every_order_of_those_who_tie(rows, places):
    """Against a referee that breaks ties in every way there is."""
    scores = np.array([score for score, _, _ in rows], dtype=float)
    y = np.array([float(came) for _, came, _ in rows])
    harm = np.array([float(days) for _, _, days in rows])
    caught, captured, orders = 0.0, 0.0, 0
    for order in itertools.permutations(range(len(rows))):
        if all(scores[a] >= scores[b] for a, b in itertools.pairwise(order)):
            top = list(order[:places])
            caught, captured, orders = caught + y[top].sum(), captured + harm[top].sum(), orders + 1
    found = at_capacity(scores, heard(y, harm=harm), cut=Cut("capacity", places=places))
    if y.sum():
        assert found["recall"][0] == pytest.approx(caught / orders / y.sum())
    if harm.sum():
        assert found["harm_captured:days"][0] == pytest.approx(captured / orders / harm.sum())


def test_a_share_of_a_list_may_end_within_a_place():
    people = heard([1, 1, 0, 0])
    assert value([4, 3, 2, 1], people, "recall", cut=Cut("3%", share=0.375)) == pytest.approx(0.75)


def test_a_long_list_is_measured_at_its_top_alone_and_comes_to_the_same():
    random = np.random.default_rng(1)
    scores, y = random.integers(0, 400, 3000).astype(float), random.random(3000) < 0.1
    people = heard(y, person=random.integers(0, 900, 3000))
    few, many = Cut("capacity", places=20), Cut("all", places=2000)
    given = {"one": scores}
    alone = measure_lists(given, people, [few], resamples=60, seed=5)["one"]
    beside = measure_lists(given, people, [few, many], resamples=60, seed=5)["one"]
    for key, found in alone.items():
        np.testing.assert_allclose(found, beside[key])


def test_the_same_seed_gives_the_same_intervals_and_rankers_meet_the_same_people():
    random = np.random.default_rng(2)
    people = heard(random.random(80) < 0.3, lists=np.repeat(np.arange(4), 20))
    scores = random.random(80)
    one = at_capacity(scores, people, resamples=100)
    np.testing.assert_array_equal(
        one["recall"], at_capacity(scores, people, resamples=100)["recall"]
    )
    both = measure_lists({"a": scores, "b": scores * 2}, people, [CAPACITY], resamples=100, seed=3)
    np.testing.assert_array_equal(both["a"]["recall", "capacity"], both["b"]["recall", "capacity"])


def test_people_are_drawn_whole():
    """One person on every list: nobody else to draw, so nothing varies."""
    people = heard([1, 0] * 5, person=[0] * 10, lists=np.repeat(np.arange(5), 2))
    samples = at_capacity([2, 1] * 5, people, cut=Cut("capacity", places=1), resamples=50)
    assert np.ptp(samples["recall"]) == 0


def world(random, n):
    """People on four lists each, some of them riskier than others on all of these."""
    risk = random.normal(size=n)
    person, lists = np.tile(np.arange(n), 4), np.repeat(np.arange(4), n)
    y = (random.random(4 * n) < 1 / (1 + np.exp(2 - 1.5 * risk[person]))).astype(float)
    scores = risk[person] + random.normal(size=n)[person]
    return scores, heard(y, person=person, lists=lists, harm=y * random.exponential(100, 4 * n))


def test_intervals_hold_the_truth_about_as_often_as_they_say():
    """In a world whose truth is known: precision at a tenth, and the AUC, of ever more people."""
    cut = Cut("tenth", share=0.1)
    big_scores, big = world(np.random.default_rng(0), 60_000)
    truth = value(big_scores, big, "precision", cut=cut)
    true_auc = measure_order({"one": big_scores}, big, resamples=0, seed=1)["one"]["auc"][0]
    held = auc_held = 0
    for seed in range(100):
        scores, people = world(np.random.default_rng(1000 + seed), 150)
        samples = at_capacity(scores, people, cut=cut, resamples=200, seed=seed)
        one = measured(samples["precision"])
        held += one.low <= truth <= one.high
        order = measure_order({"one": scores}, people, resamples=200, seed=seed)["one"]
        auc = measured(order["auc"])
        auc_held += auc.low <= true_auc <= auc.high
    assert 87 <= held <= 99
    assert 88 <= auc_held <= 100


def test_order_agrees_with_scikit_learn_ties_and_all():
    random = np.random.default_rng(3)
    y, scores = random.random(400) < 0.2, random.integers(0, 12, 400).astype(float)
    found = measure_order({"one": scores}, heard(y), resamples=0, seed=1)["one"]
    assert found["auc"][0] == pytest.approx(roc_auc_score(y, scores))
    assert found["average_precision"][0] == pytest.approx(average_precision_score(y, scores))


def test_a_resample_without_anyone_with_the_outcome_has_no_measure_and_spoils_no_interval():
    people = heard([1, 0, 0])
    order = measure_order({"one": np.array([3.0, 2.0, 1.0])}, people, resamples=200, seed=1)["one"]
    assert np.isnan(order["auc"]).any()
    assert measured(order["auc"]).low == 1
    assert np.isnan(measured(np.array([np.nan, 1.0])).low)


def test_the_parts_of_the_brier_score_sum_to_it_in_every_resample():
    random = np.random.default_rng(4)
    log_odds, weight = random.normal(size=500), random.random(500)
    probability = 1 / (1 + np.exp(-log_odds))
    y = (random.random(500) < probability).astype(float)
    parts = measure_forecast(log_odds, heard(y, weight=weight), resamples=50, seed=1)
    sums = parts["reliability"] - parts["resolution"] + parts["uncertainty"] + parts["within_bins"]
    np.testing.assert_allclose(parts["brier"], sums)
    assert parts["brier"][0] == pytest.approx(np.average((probability - y) ** 2, weights=weight))
    same = measure_forecast(np.full(500, -0.8), heard(y), resamples=0, seed=1)
    assert (same["resolution"][0], same["within_bins"][0]) == pytest.approx((0, 0), abs=1e-12)


def forecasts(n=4000, *, slope=1.0, shift=0.0):
    random = np.random.default_rng(6)
    log_odds = random.normal(-2, 1.2, n)
    y = random.random(n) < 1 / (1 + np.exp(-(slope * log_odds + shift)))
    return log_odds, heard(y, person=random.integers(0, n // 2, n))


def test_what_comes_true_as_said_has_a_slope_of_1_and_an_intercept_of_0():
    found = calibrated(*forecasts(), resamples=200, seed=1)
    assert found is not None
    assert found.slope.low < 1 < found.slope.high
    assert found.intercept.low < 0 < found.intercept.high
    assert len(found.bins) == 10
    inside = sum(one.observed.low <= one.expected <= one.observed.high for one in found.bins)
    assert inside >= 8


def test_what_is_said_too_boldly_or_too_high_is_found_out():
    bold = calibrated(*forecasts(slope=0.5), resamples=50, seed=1)
    high = calibrated(*forecasts(shift=-0.5), resamples=50, seed=1)
    assert bold is not None
    assert high is not None
    assert bold.slope.high < 0.8
    assert high.intercept.high < -0.2


def test_nothing_is_said_of_calibration_where_all_or_none_had_the_outcome():
    assert calibrated(np.zeros(5), heard(np.ones(5)), resamples=5, seed=1) is None
    assert calibrated(np.zeros(5), heard(np.zeros(5)), resamples=5, seed=1) is None


def test_log_loss_and_brier_have_intervals_around_them():
    log_odds, people = forecasts()
    found = measure_forecast(log_odds, people, resamples=100, seed=1)
    y, said = people.y, 1 / (1 + np.exp(-log_odds))
    assert found["log_loss"][0] == pytest.approx(
        -np.mean(y * np.log(said) + (1 - y) * np.log(1 - said))
    )
    for name in ("log_loss", "brier"):
        one = measured(found[name])
        assert one.low < one.value < one.high


def test_a_course_of_lists_tells_turnover_repeats_and_reach():
    # three lists of three people, two places: A and B, then A and C, then B and C
    people = heard(
        [0, 0, 0, 1, 0, 0, 1, 1, 1],
        person=[0, 1, 2] * 3,
        lists=np.repeat([0, 1, 2], 3),
        lead=[np.nan] * 3 + [40, np.nan, np.nan, 5, 20, 60],
    )
    scores = np.array([3.0, 2, 1, 3, 1, 2, 1, 2, 3])
    found = {
        name: values[0]
        for name, values in measure_course(scores, people, 2, lately=2, resamples=0, seed=1).items()
    }
    assert found["turnover"] == 0.5  # C is new on the second list, B on the third
    assert found["listed_lately"] == 0.75  # B on the third list had been on the first
    assert found["people_reached"] == 1
    assert found["lead_days"] == 40
    assert found["caught_soon"] == pytest.approx(1 / 3)


def test_a_person_without_history_is_missed_once_and_only_if_no_list_had_them():
    # A, of whom nothing was known, is on no list; B, of whom nothing was known, is on the second
    people = heard(
        [1, 1, 1, 1, 1, 0],
        person=[0, 1, 2] * 2,
        lists=[0] * 3 + [1] * 3,
        unseen=[True, True, False, True, False, False],
    )
    scores = np.array([1.0, 2, 3, 1, 3, 2])
    found = measure_course(scores, people, 1, lately=1, resamples=0, seed=1)
    assert found["unseen_people_missed"][0] == 1
    assert found["unseen_people_missed_share"][0] == 0.5
    by_lot = measure_course(np.zeros(6), people, 1, lately=1, resamples=0, seed=1)
    assert by_lot["unseen_people_missed"][0] == pytest.approx(2 * (2 / 3) ** 2)


def test_lots_make_turnover_and_repeats_what_one_expects():
    people = heard([0] * 4, person=[0, 1, 0, 1], lists=[0, 0, 1, 1])
    found = measure_course(np.zeros(4), people, 1, lately=1, resamples=0, seed=1)
    assert found["turnover"][0] == pytest.approx(0.5)
    assert found["listed_lately"][0] == pytest.approx(0.5)
    assert np.isnan(found["people_reached"][0])
