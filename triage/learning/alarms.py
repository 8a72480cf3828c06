"""Alarms: what makes the figures of a training unbelievable until somebody says why they hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from triage.learning.examples import Examples
from triage.learning.leakage import Skill, single_feature_skills, skill_of, standard_error
from triage.timeline import Fold
from triage.workspace import ALARMS

__all__ = ["Alarm", "data_alarms", "score_alarms"]

Floats = npt.NDArray[np.float64]
LIKELY = 1.959964

AUC_CEILING, GOLDEN_FEATURE, OVERLAP, IMMATURE_OUTCOMES, SAME_DYAD = ALARMS


@dataclass(frozen=True)
class Alarm:
    """Something that makes the figures of a training unbelievable, until proven otherwise.

    Parameters
    ----------
    name : str
        One of :data:`triage.workspace.ALARMS`, by which it may be acknowledged.
    subject : str
        The feature, the model or the test period that it is about.
    told : str
        What was found, as a plain sentence without its full stop.
    """

    name: str
    subject: str
    told: str


def data_alarms(
    examples: Examples, folds: Sequence[Fold], *, auc_ceiling: float, observed_until: int
) -> tuple[Alarm, ...]:
    """Return what is wrong with examples and their folds, before any model is fitted.

    Parameters
    ----------
    examples : Examples
    folds : sequence of Fold
        As they are used. They are looked at afresh here, by days and people and not by the
        rules that made them.
    auc_ceiling : float
        A feature that alone ranks later outcomes better, its interval of 99.9% and all, knows
        them.
    observed_until : int
        Outcomes are on record where they had settled before this day (days since 1970-01-01).
    """
    return (
        *_golden(examples, folds, auc_ceiling),
        *_overlaps(examples, folds),
        *_immature(examples, folds, observed_until),
        *_shared_dyads(examples, folds),
    )


def score_alarms(
    scores: Mapping[str, Floats], y: Floats, *, auc_ceiling: float
) -> tuple[Alarm, ...]:
    """Return the models that foretell better than anything honest does in this field.

    Parameters
    ----------
    scores : mapping of str to ndarray of float64, shape (n,)
        Model → scores of the rows tested.
    y : ndarray of float64, shape (n,)
        0 or 1, both present.
    auc_ceiling : float
    """
    found = ((name, skill_of(y, one)) for name, one in scores.items())
    return tuple(
        Alarm(AUC_CEILING, name, _above(skill, auc_ceiling))
        for name, skill in found
        if _exceeds(skill, y, auc_ceiling)
    )


def _exceeds(skill: Skill, y: Floats, ceiling: float) -> bool:
    """Return whether chance can hardly have made it: few outcomes are soon ranked all right."""
    by_chance = LIKELY * standard_error(ceiling, y)
    return skill.low > ceiling and skill.auc - by_chance > ceiling


def _golden(examples: Examples, folds: Sequence[Fold], ceiling: float) -> Iterator[Alarm]:
    skills = single_feature_skills(examples, folds)
    y = examples.labels.values[np.concatenate([fold.test for fold in folds])]
    for name, skill in sorted(skills.items(), key=lambda item: (-item[1].auc, item[0])):
        if _exceeds(skill, y, ceiling):
            yield Alarm(GOLDEN_FEATURE, name, f"alone, {_above(skill, ceiling)}")


def _above(skill: Skill, ceiling: float) -> str:
    return (
        f"it ranks later outcomes with an AUC of {skill.auc:.3f} ({skill.low:.3f} to "
        f"{skill.high:.3f}), and the ceiling is {ceiling:g}"
    )


def _overlaps(examples: Examples, folds: Sequence[Fold]) -> Iterator[Alarm]:
    moments = np.stack([examples.moments.person, examples.moments.day], axis=1).astype(np.int64)
    settled = examples.moments.day.astype(np.int64) + examples.outcome.matures_in_days
    for fold in folds:
        learned = set(map(tuple, moments[fold.train].tolist()))
        tested = set(map(tuple, moments[fold.test].tolist()))
        if both := len(learned & tested):
            yield Alarm(OVERLAP, _period(fold), f"{both:,} moments were learned from and tested on")
        late = int((settled[fold.train] > fold.test_from).sum())
        if late:
            yield Alarm(
                OVERLAP,
                _period(fold),
                f"{late:,} outcomes that were learned from had not settled when it began",
            )


def _immature(examples: Examples, folds: Sequence[Fold], until: int) -> Iterator[Alarm]:
    settled = examples.moments.day.astype(np.int64) + examples.outcome.matures_in_days
    for fold in folds:
        rows = np.concatenate([fold.train, fold.test])
        if early := int((settled[rows] > until).sum()):
            yield Alarm(
                IMMATURE_OUTCOMES,
                _period(fold),
                f"{early:,} of {len(rows):,} outcomes settle after the records end",
            )


def _shared_dyads(examples: Examples, folds: Sequence[Fold]) -> Iterator[Alarm]:
    person = examples.moments.person
    for fold in folds:
        shared = int(np.isin(person[fold.test], person[fold.train]).sum())
        if shared:
            yield Alarm(
                SAME_DYAD,
                _period(fold),
                f"{shared:,} of {len(fold.test):,} referrals tested concern a person, and so "
                "perhaps a dyad, that was learned from too",
            )


def _period(fold: Fold) -> str:
    return f"test period {fold.number}"
