"""Splits that run forward in time."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.errors import LearningError
from triage.timeline import check_forward, forward_folds

DAYS = np.arange(0, 1000, 10, dtype=np.int32)


def folds_of(days=DAYS, matures=100, folds=3, test_days=150):
    return forward_folds(days, matures_in_days=matures, folds=folds, test_days=test_days)


def test_test_periods_follow_one_another_and_end_with_the_last_moment():
    folds = folds_of()
    assert [fold.number for fold in folds] == [1, 2, 3]
    assert [fold.test_until for fold in folds[:-1]] == [fold.test_from for fold in folds[1:]]
    assert DAYS[folds[-1].test[-1]] == DAYS.max()


def test_training_holds_all_and_only_what_had_settled_when_the_test_began():
    for fold in folds_of():
        settled = fold.test_from >= DAYS + 100
        assert set(fold.train) == set(np.flatnonzero(settled))


def test_shuffled_moments_are_split_alike():
    order = np.random.default_rng(1).permutation(len(DAYS))
    for fold, plain in zip(folds_of(DAYS[order]), folds_of(), strict=True):
        assert sorted(DAYS[order][fold.train]) == list(DAYS[plain.train])


def test_no_moments_make_empty_folds():
    assert [len(fold.test) for fold in folds_of(DAYS[:0])] == [0, 0, 0]


@given(
    st.lists(st.integers(0, 2000), max_size=50),
    st.integers(1, 800),
    st.integers(1, 5),
    st.integers(1, 400),
)
def test_whatever_is_split_passes_the_check_that_shares_nothing_with_it(
    days, matures, folds, test_days
):
    days = np.array(days, dtype=np.int32)
    check_forward(folds_of(days, matures, folds, test_days), days, matures_in_days=matures)


def changed(**changes):
    first, *others = folds_of()
    return [dataclasses.replace(first, **changes), *others]


def test_a_training_outcome_that_settles_within_the_test_period_is_refused():
    first = folds_of()[0]
    late = np.append(first.train, first.train[-1] + 2)
    with pytest.raises(LearningError, match=r"fold 1: outcomes to learn from .* 1 that settled"):
        check_forward(changed(train=late), DAYS, matures_in_days=100)


def test_a_moment_in_training_and_test_is_refused():
    first = folds_of()[0]
    both = np.append(first.test, first.train[0])
    with pytest.raises(LearningError, match="fold 1: no moment may be in training and in test"):
        check_forward(changed(test=both), DAYS, matures_in_days=100)


def test_a_moment_that_is_tested_twice_is_refused():
    first, second, _ = folds_of()
    with pytest.raises(LearningError, match="fold 2: a moment is tested once; got 1 tested"):
        check_forward(
            changed(test=np.append(first.test, second.test[0])), DAYS, matures_in_days=100
        )
