"""Which model to propose to the panel, and why."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from triage.learning.estimators import ESTIMATORS
from triage.learning.measures import Measures
from triage.learning.trained import Trained

__all__ = ["Proposal", "propose"]

EQUAL = 1e-9
"""Shares of harm that differ by less are equal."""


@dataclass(frozen=True)
class Proposal:
    """The model that is proposed as champion. A person decides whether it becomes one.

    Parameters
    ----------
    name : str
        Of its spec.
    reason : str
        In plain words.
    """

    name: str
    reason: str


def propose(candidates: Sequence[tuple[Trained, Measures]], capacity: int) -> Proposal:
    """Return the estimator that captured most harm at the panel's capacity.

    Parameters
    ----------
    candidates : sequence of (Trained, Measures)
        With at least one estimator; comparators are never proposed, but are spoken of.
    capacity : int

    Notes
    -----
    Of equals the simpler one: by its kind of estimator, then by its number of features, then by
    name. Where no harm followed at all, recall stands in for harm captured.
    """
    learned = [candidate for candidate in candidates if candidate[0].learned]
    best = max(measures.caught for _, measures in learned)
    equals = [one for one in learned if one[1].caught >= best - EQUAL]
    trained, measures = min(equals, key=lambda one: _simplicity(one[0]))
    what = "harm" if not math.isnan(measures.harm_captured) else "referrals with the outcome"
    reason = (
        f"{trained.spec.title} caught {best:.1%} of the {what} that followed, with "
        f"{capacity} places on each of {measures.lists} monthly lists"
    )
    if len(equals) > 1:
        reason += "; of those that caught as much it is the simplest"
    others = [one for one in candidates if one[0] is not trained]
    if others:
        runner, its = max(others, key=lambda one: one[1].caught)
        reason += f"; next was {runner.spec.title} with {its.caught:.1%}"
        if not runner.learned and its.caught >= best:
            reason = reason.replace("; next was", "; BUT no model that learned did better than")
    return Proposal(trained.name, reason + ".")


def _simplicity(trained: Trained) -> tuple[int, int, str]:
    recipe = ESTIMATORS[str(trained.spec.estimator)]
    return recipe.simplicity, len(trained.feature_names), trained.name
