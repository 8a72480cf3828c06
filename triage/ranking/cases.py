"""Cases: several referrals of one person share one place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from triage.ranking.places import order_of
from triage.ranking.tiers import exclusions_of, tiers_of
from triage.rules import Trace

__all__ = ["Cases", "join_cases"]

Floats = npt.NDArray[np.float64]
Positions = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Cases:
    """Which referrals stand for themselves, and which stand within the place of another.

    Parameters
    ----------
    rows : ndarray of int64, shape (n_cases,)
        The rows that stand for themselves, rising: the one that leads each person's case, and
        every referral that is not for this panel.
    joined : mapping of int to int
        Every other row → the row that leads its case.
    """

    rows: Positions
    joined: Mapping[int, int]


def join_cases(
    referral_ids: Sequence[str], person_ids: Sequence[str], scores: Floats, trace: Trace
) -> Cases:
    """Return which referral leads each person's case: the one that stands highest by itself.

    A panel hears a person once, whoever referred them and however often. A referral is about one
    dyad, so what two of them say is not added up: a pregnancy of one victim and the separation of
    another are no pregnant victim who is leaving. The case stands where the most serious of its
    referrals would, and tells the reasons of all.

    Parameters
    ----------
    referral_ids, person_ids : sequence of str, shape (n_rows,)
    scores : ndarray of float64, shape (n_rows,)
    trace : Trace
        Of the rules on these rows. A referral that is not for this panel joins no case: it is
        told by itself, with its reason.
    """
    excluded = exclusions_of(trace)
    ranked = np.array([row for row in range(len(referral_ids)) if row not in excluded], np.int64)
    ids = np.asarray(referral_ids, dtype=object)[ranked]
    order = ranked[order_of(tiers_of(trace)[ranked], scores[ranked], ids)]
    leads: dict[str, int] = {}
    joined: dict[int, int] = {}
    for row in order.tolist():
        lead = leads.setdefault(person_ids[row], row)
        if lead != row:
            joined[row] = lead
    alone = [row for row in range(len(referral_ids)) if row not in joined]
    return Cases(np.array(alone, np.int64), dict(sorted(joined.items())))
