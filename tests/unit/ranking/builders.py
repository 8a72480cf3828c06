"""Referrals whose case histories leave something open, ranked by a score that can be checked."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from tests.unit.explain.builders import AS_OF, POLICY, VOCABULARY, Asked
from triage.features import FeatureMatrix
from triage.ranking import (
    Certainty,
    Outlook,
    Ranking,
    Unknowns,
    certainty,
    find_unknowns,
    judge_by,
    outlooks,
    rank,
)

Score = Callable[[FeatureMatrix], npt.NDArray[np.float64]]

WEIGHTS = {
    "incidents_365d": 1.0,
    "strangulation_incidents_365d": 3.0,
    "injury_incidents_365d": 2.0,
    "separation": 0.5,
    "pregnancy": 0.4,
    "age": 0.01,
}


def score(matrix: FeatureMatrix) -> npt.NDArray[np.float64]:
    """Return a weighted sum, in which what is not known adds a little less than half."""
    total = np.zeros(len(matrix))
    for name, weight in WEIGHTS.items():
        if name in matrix.names:
            total += weight * np.nan_to_num(matrix.column(name), nan=0.4)
    return total


def unknowns_of(asked: Asked, *, ask_back_days: int = 365) -> Unknowns:
    """Return what is not known of these referrals."""
    return find_unknowns(
        asked.matrix,
        asked.attributes,
        asked.timeline,
        asked.moments,
        asked.histories.referrals["agency"].to_pylist(),
        VOCABULARY,
        ask_back_days=ask_back_days,
    )


def ranked(asked: Asked, by: Score = score, *, capacity: int = 2) -> tuple[Ranking, Certainty]:
    """Return the ranking of these referrals, and how sure it is: by three members that agree."""
    ids = asked.histories.referrals["referral_id"].to_pylist()
    scores = by(asked.matrix)
    members = np.stack([scores, scores, scores])
    return (
        rank(ids, scores, asked.trace, capacity=capacity, near_misses=1),
        certainty(ids, scores, members, asked.trace, capacity=capacity),
    )


def outlooks_of(
    asked: Asked,
    by: Score = score,
    *,
    capacity: int = 2,
    ask_back_days: int = 365,
    provisional_from: float = 0.0,
) -> dict[str, Outlook]:
    """Return where each ranked referral could stand, by its id."""
    ranking, certain = ranked(asked, by, capacity=capacity)
    unknowns = unknowns_of(asked, ask_back_days=ask_back_days)
    judge = judge_by(POLICY, AS_OF, by)
    told = outlooks(ranking, certain, unknowns, judge, provisional_from=provisional_from)
    return dict(zip(ranking.places["referral_id"].to_pylist(), told, strict=True))


def place_of(asked: Asked, referral_id: str, by: Score = score) -> int:
    """Return the place of a referral on the list."""
    ranking, _ = ranked(asked, by)
    ids = ranking.places["referral_id"].to_pylist()
    return int(ids.index(referral_id)) + 1
