"""People whom the panel took on: what came after is the work of the panel too, and is marked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from triage.outcomes.definitions import Outcome, Treatment
from triage.outcomes.labels import Labels, LabelState, first_day, outcome_day
from triage.timeline import NEVER, Moments, Timeline

__all__ = ["HANDLINGS", "Handling", "TakenOn", "find_taken_on", "handle_taken_on"]

Handling = Literal["as_recorded", "censor", "weight", "exclude"]
HANDLINGS: tuple[Handling, ...] = get_args(Handling)
Days = npt.NDArray[np.int32]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class TakenOn:
    """Who was taken on after each moment, and when.

    Parameters
    ----------
    began : ndarray of int32, shape (n,)
        The first day within the horizon on which an intervention began; ``NEVER`` where none did.
    came : ndarray of int32, shape (n,)
        The day on which the outcome came about; ``NEVER`` where it did not.
    """

    began: Days
    came: Days

    @property
    def within_horizon(self) -> Bools:
        """Whether an intervention began within the horizon, shape (n,)."""
        return np.asarray(self.began != NEVER)

    @property
    def before_outcome(self) -> Bools:
        """Whether it began before the outcome came about, if that ever did, shape (n,).

        Of one day, the outcome is taken to have come first.
        """
        return self.within_horizon & (self.began < self.came)


def find_taken_on(
    treatment: Treatment, outcome: Outcome, timeline: Timeline, moments: Moments
) -> TakenOn:
    """Return who was taken on within the horizon of an outcome, as known when it settled."""
    return TakenOn(
        began=first_day(treatment.taken_on, outcome, timeline, moments),
        came=outcome_day(outcome, timeline, moments),
    )


def handle_taken_on(labels: Labels, taken_on: TakenOn, handling: Handling) -> Labels:
    """Return the answers with those of people who were taken on handled as configured.

    Parameters
    ----------
    labels : Labels, shape (n,)
    taken_on : TakenOn, shape (n,)
    handling : {"as_recorded", "censor", "weight", "exclude"}
        ``as_recorded`` changes nothing. With ``censor`` and ``weight`` an answer is unknown where
        the intervention began before the outcome came about; an outcome that came first counts.
        With ``exclude`` no answer of anyone taken on within the horizon counts.

    Notes
    -----
    Leaving out those who were taken on before harm came, and keeping those whom it came first,
    makes people who are often taken on look worse than they are. ``weight`` mends that: see
    :meth:`triage.learning.Examples.learn_from`.
    """
    if handling == "as_recorded":
        return labels
    apart = taken_on.within_horizon if handling == "exclude" else taken_on.before_outcome
    apart = apart & labels.known
    return replace(
        labels,
        values=np.where(apart, np.nan, labels.values),
        harm_days=np.where(apart, np.nan, labels.harm_days),
        days_until=np.where(apart, np.nan, labels.days_until),
        states=np.where(apart, LabelState.TAKEN_ON, labels.states).astype(np.int8),
    )
