"""Skill that should not be there is found, and no other."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.unit.learning.builders import invented, matrix, settings
from triage.learning import Examples, make_folds, shuffled_skill, single_feature_skills


def with_column(values) -> Examples:
    examples = invented()
    return replace(examples, matrix=matrix(planted=values(examples.labels.values)))


def noisy(y):
    return y + np.random.default_rng(5).normal(scale=0.1, size=len(y))


@pytest.mark.parametrize(
    "leak",
    [
        noisy,
        lambda y: -noisy(y),
        lambda y: np.abs(noisy(y) - 0.5) * np.where(y > 0, 1, 9),  # neither more nor less
        lambda y: np.where(y > 0, np.nan, 3.0),  # known only of those who had no harm
    ],
)
def test_a_feature_that_knows_the_outcome_is_found_whatever_its_shape(leak) -> None:
    examples = with_column(leak)
    skill = single_feature_skills(examples, make_folds(examples, settings()))["planted"]
    assert skill.auc > 0.9
    assert skill.low <= skill.auc <= skill.high <= 1


def test_honest_features_have_little_skill_and_noise_has_none() -> None:
    examples = invented()
    skills = single_feature_skills(examples, make_folds(examples, settings()))
    assert list(skills) == ["more", "less", "noise", "gappy"]
    assert 0.55 < skills["more"].auc < 0.85
    assert skills["noise"].low < 0.5 < skills["noise"].high


@pytest.mark.parametrize("constant", [0.0, np.nan])
def test_a_constant_knows_nothing(constant) -> None:
    examples = with_column(lambda y: np.full(len(y), constant))
    skill = single_feature_skills(examples, make_folds(examples, settings(folds=1)))["planted"]
    assert skill.auc == 0.5


def test_a_feature_is_judged_on_what_came_later() -> None:
    """What it knew in training alone does not count."""
    examples = invented()
    (fold,) = make_folds(examples, settings(folds=1))
    y = examples.labels.values.copy()
    y[fold.test] = np.random.default_rng(2).permutation(y[fold.test])
    early = replace(examples, matrix=matrix(planted=y))
    assert single_feature_skills(early, [fold])["planted"].auc < 0.65


def test_outcomes_dealt_out_by_lot_cannot_be_foretold() -> None:
    examples = invented()
    skill = shuffled_skill(examples, make_folds(examples, settings()), shuffles=5, seed=1)
    assert skill.low < 0.5 < skill.high
    assert skill.high - skill.low < 0.2


@pytest.mark.parametrize("value", [np.nan, 3.0])
def test_a_feature_that_teaches_nothing_is_passed_over(value: float) -> None:
    examples = with_column(lambda y: np.full(len(y), value))
    folds = make_folds(examples, settings())
    assert shuffled_skill(examples, folds, shuffles=2, seed=1).auc == 0.5


def test_rows_that_are_learned_from_and_tested_on_are_found_out() -> None:
    examples = invented(n=300)
    (fold,) = make_folds(examples, settings(folds=1, test_days=900))
    mixed = replace(fold, train=fold.test, test=fold.test)
    skill = shuffled_skill(examples, [mixed], shuffles=3, seed=1)
    assert skill.low > 0.5
