"""Validation runs forward in time, and says so of itself."""

from __future__ import annotations

import numpy as np
import pytest

import triage.learning.examples
from tests.unit.learning.builders import boosting, invented, net, settings
from triage.errors import LearningError
from triage.learning import make_folds, train
from triage.timeline import forward_folds


def test_every_period_is_tested_by_a_model_that_knew_only_what_had_settled_before_it():
    examples = invented()
    days, matures = examples.moments.day, examples.outcome.matures_in_days
    for fold in make_folds(examples, settings(folds=3)):
        assert (days[fold.train] + matures <= fold.test_from).all()
        assert (days[fold.test] >= fold.test_from).all()
        assert (days[fold.test] < fold.test_until).all()


def test_a_splitter_that_let_the_future_in_would_be_caught(monkeypatch):
    """The check is apart from the splitter: break the one, and the other raises."""

    def leaking(days, *, matures_in_days, folds, test_days):
        return forward_folds(days, matures_in_days=1, folds=folds, test_days=test_days)

    monkeypatch.setattr(triage.learning.examples, "forward_folds", leaking)
    with pytest.raises(LearningError, match="must have settled before the first test moment"):
        train([net()], invented(), capacity=8, training=settings())


def test_what_came_out_in_a_period_changes_no_score_of_it():
    examples = invented()
    *_, last = make_folds(examples, settings())
    before = train([boosting(), net()], examples, capacity=8, training=settings())
    examples.labels.values[last.test] = 1 - examples.labels.values[last.test]
    after = train([boosting(), net()], examples, capacity=8, training=settings())
    for one, other in zip(before.results, after.results, strict=True):
        assert (one.scores == other.scores).all()
        assert one.trained.calibration != other.trained.calibration


def test_the_calibration_of_a_period_is_rehearsed_before_it():
    examples = invented(3000)
    first, *_ = make_folds(examples, settings())
    outside = np.setdiff1d(np.arange(3000), first.train)
    scores = []
    for shift in (0, 1):
        examples.labels.values[outside] = (
            np.random.default_rng(shift).random(len(outside)) < 0.2
        ).astype(float)
        (result,) = train([net()], examples, capacity=8, training=settings()).results
        scores.append(result.scores[: len(first.test)])
    assert (scores[0] == scores[1]).all()
