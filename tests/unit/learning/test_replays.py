"""Scores as they would have been given at the time, and rows that stand for others."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from tests.unit.learning.builders import boosting, by_points, invented, labels, net, settings
from triage.errors import LearningError
from triage.learning import Occasion, can_learn, replay, standing_weights
from triage.outcomes import LabelState

SPECS = [boosting(), net(), by_points()]


def occasions_of(examples, days=(19700, 20000)):
    settled = examples.moments.day + examples.outcome.matures_in_days
    ends = [*days[1:], 10**6]
    return [
        Occasion(
            day,
            np.flatnonzero(settled <= day),
            np.flatnonzero((examples.moments.day >= day) & (examples.moments.day < end)),
        )
        for day, end in zip(days, ends, strict=True)
    ]


def test_every_row_of_an_occasion_is_scored_once_and_no_other():
    examples = invented()
    occasions = occasions_of(examples)
    scores = replay(SPECS, examples, occasions, settings())
    told = np.concatenate([one.foretell for one in occasions])
    for values in scores.values():
        assert not np.isnan(values[told]).any()
        assert np.isnan(np.delete(values, told)).all()
    np.testing.assert_array_equal(scores["points"][told], examples.matrix.column("more")[told])


def test_what_was_not_settled_yet_changes_no_earlier_score():
    examples = invented()
    first, second = occasions_of(examples)
    before = replay(SPECS, examples, [first, second], settings())
    y = examples.labels.values.copy()
    later = np.setdiff1d(np.arange(len(y)), first.learn_from)
    y[later] = 1 - y[later]
    changed = dataclasses.replace(examples, labels=labels(y))
    after = replay(SPECS, changed, [first, second], settings())
    for name in ("boosting", "net"):
        np.testing.assert_array_equal(before[name][first.foretell], after[name][first.foretell])
        assert (before[name][second.foretell] != after[name][second.foretell]).any()


def test_learning_from_what_had_not_settled_is_refused_whoever_split_the_rows():
    examples = invented()
    (first, _) = occasions_of(examples)
    late = dataclasses.replace(first, learn_from=np.arange(int(first.learn_from[-1]) + 3))
    with pytest.raises(LearningError, match="settled before the first test moment"):
        replay(SPECS, examples, [late], settings())


def test_there_must_be_enough_to_learn_from():
    examples = invented()
    (one, _) = occasions_of(examples)
    assert can_learn(one, examples, 5)
    assert not can_learn(one, examples, 10**6)
    positives = one.learn_from[examples.labels.values[one.learn_from] > 0]
    assert not can_learn(dataclasses.replace(one, learn_from=positives), examples, 5)


def taken_on(examples, share):
    """Take on many of those with much of `more`, and hide their answers."""
    more = examples.matrix.column("more")
    random = np.random.default_rng(8)
    gone = (more >= 3) & (random.random(len(more)) < share)
    y = np.where(gone, np.nan, examples.labels.values)
    hidden = labels(y, states=np.where(gone, LabelState.TAKEN_ON, LabelState.KNOWN))
    return dataclasses.replace(examples, labels=hidden, stood_for=gone), gone


def test_those_like_the_people_taken_on_stand_for_them():
    examples, gone = taken_on(invented(4000), 0.7)
    rows = np.flatnonzero(~gone)
    weights = standing_weights(examples.matrix, rows, np.flatnonzero(gone))
    more = examples.matrix.column("more")
    whole, left = more.mean(), more[rows].mean()
    assert abs(np.average(more[rows], weights=weights) - whole) < 0.4 * (whole - left)
    assert weights.min() >= 1
    assert weights.max() <= 10


def test_rows_are_repeated_so_that_on_average_each_stands_for_its_weight():
    examples, gone = taken_on(invented(4000), 0.7)
    rows = np.flatnonzero(~gone)
    taught = examples.learn_from(rows, 10**6, seed=1)
    assert set(taught) == set(rows)
    weights = standing_weights(examples.matrix, rows, np.flatnonzero(gone))
    assert len(taught) == pytest.approx(weights.sum(), rel=0.01)
    np.testing.assert_array_equal(taught, examples.learn_from(rows, 10**6, seed=1))


def test_only_those_taken_on_whose_time_was_over_are_stood_for():
    examples, gone = taken_on(invented(), 0.7)
    rows = np.flatnonzero(~gone)
    np.testing.assert_array_equal(examples.learn_from(rows, 0, seed=1), rows)
    nobody = dataclasses.replace(examples, stood_for=None)
    np.testing.assert_array_equal(nobody.learn_from(rows, 10**6, seed=1), rows)
