"""How far now is from then: 0 where nothing changed, far where something did, unsure of few."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.errors import Alert
from triage.learning import (
    Drawn,
    Measured,
    distance,
    effective_people,
    level_of,
    share_between,
    share_shift,
    shift,
    times,
    times_more,
)
from triage.workspace import Levels

LEVELS = Levels(look=0.1, retest=0.25, stop=0.5)


def shifted(now, then, *, person=None, resamples=200, seed=1):
    """Return the shift of codes 0, 1, … of people now against counts then, each a person."""
    codes = np.repeat(np.arange(len(now)), now)
    person = np.arange(len(codes)) if person is None else person
    counts = Drawn(person, resamples=resamples, seed=seed).counts(codes, len(now))
    then = np.asarray(then, dtype=float)
    return shift(counts, then, effective=then.sum(), seed=seed)


def test_the_same_shares_have_not_shifted_whatever_the_size():
    found = shifted([120, 60, 20], [600, 300, 100])
    assert found.low == 0
    assert found.value < 0.02


def test_chance_alone_calls_nobody():
    """Of 200 pairs of samples of one distribution, hardly any is called out."""
    random = np.random.default_rng(5)
    shares = np.array([0.5, 0.2, 0.1, 0.08, 0.06, 0.04, 0.02])
    found = [
        level_of(
            shifted(random.multinomial(200, shares), random.multinomial(250, shares), seed=draw),
            LEVELS,
            enough=True,
        )[0]
        for draw in range(200)
    ]
    assert sum(alert is not Alert.NOTHING for alert in found) == 0


def test_what_is_told_is_the_index_less_what_chance_makes():
    random = np.random.default_rng(6)
    then, now = np.array([0.6, 0.3, 0.1]), np.array([0.4, 0.35, 0.25])
    truth = float(((now - then) * np.log(now / then)).sum())
    found = [
        shifted(random.multinomial(150, now), random.multinomial(150, then), seed=draw).value
        for draw in range(200)
    ]
    assert np.mean(found) == pytest.approx(truth, abs=0.03)


def test_a_large_shift_is_called_out_and_of_few_people_it_is_not_sure():
    assert level_of(shifted([20, 180], [900, 100]), LEVELS, enough=True) == (Alert.STOP, True)
    few = shifted([4, 8], [80, 100])
    assert level_of(few, LEVELS, enough=True)[0] is Alert.NOTHING
    assert level_of(shifted([20, 180], [900, 100]), LEVELS, enough=False) == (Alert.NOTHING, False)


def test_ten_rows_of_each_person_are_less_sure_than_ten_people():
    wide = shifted([100, 100], [700, 300], person=np.repeat(np.arange(20), 10))
    narrow = shifted([100, 100], [700, 300])
    assert wide.low == 0 < narrow.low
    assert wide.high > narrow.high


def test_nobody_now_or_then_is_no_shift_but_not_told():
    nobody = Drawn(np.zeros(0, dtype=int), resamples=50, seed=1).counts(np.zeros(0, dtype=int), 2)
    assert math.isnan(shift(nobody, np.ones(2), effective=2, seed=1).value)
    assert math.isnan(shifted([5, 5], [0, 0]).value)


def test_rows_of_one_person_are_worth_one():
    assert effective_people(np.zeros(50, dtype=int)) == 1
    assert effective_people(np.arange(50)) == 50
    assert effective_people(np.zeros(0, dtype=int)) == 0


def test_a_share_of_nothing_seen_has_an_interval():
    found = share_between(0, 100, 60)
    assert (found.value, found.low) == (0, 0)
    assert 0.05 < found.high < 0.07
    assert math.isnan(share_between(0, 0, 0).value)


@given(st.integers(0, 80), st.integers(0, 80), st.integers(80, 300), st.integers(80, 300))
def test_the_difference_of_two_shares_lies_within_its_interval(one, other, n, m):
    found = share_shift(share_between(one, n, n), share_between(other, m, m))
    assert found.low <= found.value <= found.high
    apart = distance(found, 0.0)
    assert 0 <= apart.low <= apart.value <= apart.high


def test_a_source_that_fell_silent_is_many_times_less():
    gone = times(times_more(0, 300, effective_now=0, effective_then=150))
    assert gone.low > 30
    assert level_of(gone, Levels(look=1.5, retest=3, stop=10), enough=True)[0] is Alert.STOP
    new = times(times_more(300, 0, effective_now=150, effective_then=0))
    assert new.low > 30
    assert math.isnan(times_more(0, 0, effective_now=0, effective_then=0).value)


def test_half_of_few_records_may_be_chance_and_half_of_many_is_not():
    few = times(times_more(5, 10, effective_now=5, effective_then=10))
    many = times(times_more(500, 1000, effective_now=400, effective_then=800))
    assert (few.low, round(few.value, 6)) == (1.0, 2.0)
    assert many.low > 1.6


def test_the_low_end_decides_and_what_may_be_above_is_not_sure():
    assert level_of(Measured(0.4, 0.26, 0.6), LEVELS, enough=True) == (Alert.RETEST, True)
    assert level_of(Measured(0.2, 0.0, 0.6), LEVELS, enough=True) == (Alert.NOTHING, False)
    assert level_of(Measured(math.nan, math.nan, math.nan), LEVELS, enough=True)[1] is False


def test_levels_rise_and_one_is_there():
    with pytest.raises(ValueError, match="must rise"):
        Levels(look=0.3, retest=0.2)
    with pytest.raises(ValueError, match="one at least be there"):
        Levels()
    assert Levels(retest=0.2).limits == ((Alert.RETEST, 0.2),)
