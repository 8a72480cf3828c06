"""Each alarm goes off for what it is there to find, and for nothing else."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.unit.learning.builders import invented, labels, matrix, settings
from triage.features import FeatureMatrix
from triage.learning import data_alarms, make_folds, score_alarms
from triage.timeline import Moments

LATE = 30000


def names(examples, folds=None, until=LATE):
    folds = make_folds(examples, settings()) if folds is None else folds
    found = data_alarms(examples, folds, auc_ceiling=0.85, observed_until=until)
    return {(alarm.name, alarm.subject) for alarm in found}


def test_honest_examples_raise_no_alarm() -> None:
    assert names(invented()) == set()


def test_a_single_feature_that_knows_the_outcome_is_golden() -> None:
    honest = invented()
    knows = matrix(golden=honest.labels.values)
    both = FeatureMatrix(
        np.column_stack([honest.matrix.values, knows.values]),
        (*honest.matrix.features, *knows.features),
    )
    assert names(replace(honest, matrix=both)) == {("golden_feature", "golden")}


def test_a_moment_that_is_learned_from_and_tested_on_is_an_overlap() -> None:
    examples = invented()
    first, last = make_folds(examples, settings())
    wrong = replace(last, train=np.append(last.train, last.test[:3]))
    found = data_alarms(examples, [first, wrong], auc_ceiling=0.85, observed_until=LATE)
    told = [alarm.told for alarm in found if alarm.name == "overlap"]
    assert told[0].startswith("3 moments were learned from and tested on")
    assert told[1].startswith("3 outcomes that were learned from had not settled")


def test_outcomes_that_settle_after_the_records_end_are_immature() -> None:
    examples = invented()
    until = int(examples.moments.day.max())
    assert names(examples, until=until) == {("immature_outcomes", "test period 2")}


def test_a_person_on_both_sides_of_the_split_is_told() -> None:
    examples = invented()
    people = np.arange(len(examples.moments), dtype=np.int32) % 700
    again = replace(examples, moments=Moments(people, examples.moments.day))
    assert names(again) == {("same_dyad", "test period 1"), ("same_dyad", "test period 2")}


@pytest.mark.parametrize(("noise", "alarmed"), [(0.05, {"model"}), (5.0, set())])
def test_a_model_too_good_to_be_true_is_named(noise, alarmed) -> None:
    rng = np.random.default_rng(1)
    y = (rng.random(500) < 0.2).astype(float)
    scores = {"model": y + noise * rng.normal(size=500)}
    found = score_alarms(scores, y, auc_ceiling=0.85)
    assert {alarm.subject for alarm in found} == alarmed
    assert {alarm.name for alarm in found} <= {"auc_ceiling"}


def test_few_outcomes_do_not_accuse_a_model() -> None:
    y = np.repeat([1.0, 0.0], [5, 400])
    scores = y + 0.1 * np.sin(np.arange(405))
    assert labels(y).known.all()
    assert score_alarms({"model": scores}, y, auc_ceiling=0.85) == ()
