"""The outcome's own bias: whose records make it, and what if some of it is on no record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from triage.fairness.cuts import (
    NOTHING,
    AtTheCut,
    Compared,
    measure_changes,
    measured_at_the_cut,
    people_beside,
)
from triage.fairness.draws import Draws, figure_from, ratio, share_apart
from triage.fairness.grouping import Group
from triage.learning import Figure
from triage.workspace import Tolerance

__all__ = [
    "OTHERWISE",
    "Supposed",
    "measure_otherwise",
    "measure_recorded",
    "suppose_unrecorded",
    "turning_share",
]

Floats = npt.NDArray[np.float64]
OTHERWISE = ("recall", "precision", "false_positive", "false_omission")
"""What is measured again where the outcome is counted from some agencies' records alone."""

CHANGING = ("recall", "false_positive")
"""Of which it is told by how much they change."""

STEPS = np.linspace(0, 0.9, 91)


@dataclass(frozen=True)
class Supposed:
    """A group at the cut, if so much of its harm is on no record.

    Parameters
    ----------
    group : Group
    share : float
        Of all of the group's people with the outcome, and of its harm, those on no record.
    recall, missed_harm : Figure
        Where those on no record are spread evenly over the people without a recorded outcome.
    recall_at_least : float or None
        Where none of them stood within capacity.
    recall_at_most : float or None
        Where they are those of whom the ranker said most: spread by its chances. None where it
        counts points.
    less_others : Figure
        ``recall`` less that of everybody else as recorded.
    """

    group: Group
    share: float
    recall: Figure
    missed_harm: Figure
    recall_at_least: float | None
    recall_at_most: float | None
    less_others: Figure


def measure_recorded(
    measure: str,
    part: Floats,
    whole: Floats,
    groups: Sequence[Group],
    draws: Draws,
    *,
    needs: str,
) -> list[Compared]:
    """Return of all that is on record of each group, the share that some agencies recorded.

    Parameters
    ----------
    measure : str
    part, whole : ndarray of float64, shape (n,)
        Records of those agencies, and of all.
    groups : sequence of Group
    draws : Draws
    needs : str
        The kind of rows of which there must be enough people.
    """
    columns = np.column_stack([part, whole])
    found = []
    for group in groups:
        own, everybody = draws.sums(columns, group.rows), draws.sums(columns, group.among)
        told = needs in group.told
        mine, theirs = (ratio(one[:, 0], one[:, 1]) for one in (own, everybody - own))
        bases = people_beside(draws.person, whole > 0, group)
        share, apart = share_apart(mine, theirs, bases) if told else (NOTHING, NOTHING)
        found.append(Compared(group, measure, "", told, share, apart))
    return found


def measure_otherwise(
    cut: AtTheCut, otherwise: AtTheCut, groups: Sequence[Group], draws: Draws
) -> list[Compared]:
    """Return the measures with the outcome as some agencies alone have it.

    Parameters
    ----------
    cut : AtTheCut, shape (n,)
        With the outcome as all agencies have it.
    otherwise : AtTheCut, shape (n,)
        The same cut with the outcome as some have it.
    groups : sequence of Group
        Told where there are enough people with the outcome as those have it, and without it.
    draws : Draws
    """
    found = measured_at_the_cut(otherwise, groups, draws, only=OTHERWISE)
    whole = cut.y * cut.known * otherwise.known
    told = measure_recorded(
        "outcome_recorded", whole * otherwise.y, whole, groups, draws, needs="with"
    )
    changes = measure_changes(cut, otherwise, groups, draws, only=CHANGING)
    return [*told, *found, *changes]


def suppose_unrecorded(
    cut: AtTheCut, groups: Sequence[Group], draws: Draws, shares: Sequence[float]
) -> list[Supposed]:
    """Return what would be measured if so much of a group's harm is on no record.

    Everybody else's is as recorded. Only groups with enough people with the outcome are told.

    Parameters
    ----------
    cut : AtTheCut, shape (n,)
    groups : sequence of Group
    draws : Draws
    shares : sequence of float
        From 0 to below 1.
    """
    found = []
    for group in _enough(groups):
        sums = _Sums.of(cut, group, draws)
        for share in shares:
            recall = sums.recall(share, sums.heard)
            found.append(
                Supposed(
                    group,
                    share,
                    figure_from(recall),
                    figure_from(sums.missed_harm(share)),
                    figure_from(sums.recall(share, np.zeros(len(recall)))).value,
                    None
                    if cut.chance is None
                    else figure_from(sums.recall(share, sums.heard_as_said)).value,
                    figure_from(recall - sums.others),
                )
            )
    return found


def turning_share(
    cut: AtTheCut, group: Group, draws: Draws, tolerance: Tolerance | None
) -> float | None:
    """Return the least share on no record at which the group's recall would lie outside tolerance.

    Parameters
    ----------
    cut : AtTheCut, shape (n,)
    group : Group
    draws : Draws
    tolerance : Tolerance or None
        Of recall.

    Returns
    -------
    float or None
        In hundredths; None where no share up to 0.9 is enough, or nothing is tolerated or told.
    """
    if tolerance is None or "with" not in group.told:
        return None
    sums = _Sums.of(cut, group, draws)
    for share in STEPS.tolist():
        apart = figure_from(sums.recall(share, sums.heard) - sums.others)
        if apart.low is None or apart.high is None:
            continue
        if tolerance.exceeded_by(apart.low, apart.high):
            return round(float(share), 2)
    return None


def _enough(groups: Sequence[Group]) -> list[Group]:
    return [group for group in groups if {"with", "without"} <= group.told]


@dataclass(frozen=True)
class _Sums:
    """Of a group, a value a draw each; ``others`` is everybody else's recall as recorded."""

    people: Floats
    without: Floats
    caught: Floats
    harm: Floats
    harm_caught: Floats
    heard: Floats
    heard_as_said: Floats
    others: Floats

    @classmethod
    def of(cls, cut: AtTheCut, group: Group, draws: Draws) -> _Sums:
        k, w = cut.known.astype(np.float64), cut.within
        y, without = k * cut.y, k * (1 - cut.y)
        harm = k * cut.harm_days
        said = without * (1.0 if cut.chance is None else cut.chance)
        columns = np.column_stack([y, y * w, without, without * w, harm, harm * w, said, said * w])
        own = draws.sums(columns, group.rows)
        others = draws.sums(columns[:, :2], group.among) - own[:, :2]
        y, yw, n, nw, harm, harm_w, said, said_w = own.T
        return cls(
            people=y,
            without=n,
            caught=yw,
            harm=harm,
            harm_caught=harm_w,
            heard=ratio(nw, n),
            heard_as_said=ratio(said_w, said),
            others=ratio(others[:, 1], others[:, 0]),
        )

    def recall(self, share: float, heard: Floats) -> Floats:
        """Return recall if so much is on no record, of which ``heard`` stood within capacity."""
        more = np.minimum(self.people * share / (1 - share), self.without)
        return ratio(self.caught + more * np.nan_to_num(heard), self.people + more)

    def missed_harm(self, share: float) -> Floats:
        more = self.harm * share / (1 - share)
        caught = self.harm_caught + more * np.nan_to_num(self.heard)
        return ratio(self.harm + more - caught, self.harm + more)
