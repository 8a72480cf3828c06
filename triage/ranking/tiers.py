"""What the rules alone make of a referral: its tier, or why it is not for this panel."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from triage.rules import HOLD, INELIGIBLE, MUST_DISCUSS, URGENT, Finding, Trace

__all__ = ["Exclusion", "Tier", "exclusions_of", "tiers_of"]

FLOORS = (URGENT, MUST_DISCUSS)


class Tier(enum.IntEnum):
    """The tiers of a list, from the top."""

    URGENT = 1
    MUST_DISCUSS = 2
    SCORED = 3

    @property
    def words(self) -> str:
        """The tier as it stands on a list."""
        return {1: "urgent", 2: "must discuss", 3: "by score"}[self]


@dataclass(frozen=True)
class Exclusion:
    """Why a referral is not ranked.

    Parameters
    ----------
    kind : str
        ``ineligible`` or ``on_hold``.
    rule_id : str
        The first rule that says so.
    text : str
        Every reason, in plain words, and the floors that would have raised it.
    until : str
        For a hold: what has to happen before the referral is heard. Else empty.
    """

    kind: str
    rule_id: str
    text: str
    until: str


def tiers_of(trace: Trace) -> npt.NDArray[np.int8]:
    """Return the tier to which the rules raise each referral, shape (n_rows,).

    The highest floor counts; without one a referral is ranked by its score. Referrals that are
    not for this panel have the tier that they would have had.
    """
    tiers = np.full(trace.n_rows, Tier.SCORED, dtype=np.int8)
    tiers[trace.fires(MUST_DISCUSS)] = Tier.MUST_DISCUSS
    tiers[trace.fires(URGENT)] = Tier.URGENT
    return tiers


def exclusions_of(trace: Trace) -> Mapping[int, Exclusion]:
    """Return why referrals are not for this panel, by row; the others are to be ranked."""
    excluded = np.flatnonzero(trace.fires(INELIGIBLE) | trace.fires(HOLD))
    return {int(row): _exclusion(trace.fired(int(row))) for row in excluded}


def _exclusion(fired: tuple[Finding, ...]) -> Exclusion:
    ineligible = [finding for finding in fired if finding.rule.effect == INELIGIBLE]
    holds = [finding for finding in fired if finding.rule.effect == HOLD]
    floors = [finding for finding in fired if finding.rule.effect in FLOORS]
    told = [finding.reason for finding in (*ineligible, *holds)]
    if floors:
        titles = "; ".join(finding.rule.title for finding in floors)
        told.append(f"Rules that would have raised it: {titles}.")
    return Exclusion(
        kind="ineligible" if ineligible else "on_hold",
        rule_id=(ineligible or holds)[0].rule.id,
        text=" ".join(told),
        until="" if ineligible else "; ".join(finding.rule.until for finding in holds),
    )
