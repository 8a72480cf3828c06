"""Places on the programme as events of case histories, as they became known."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from typing import Any

from triage.decisions.deciding import Decision

__all__ = ["programme_events", "spells_of"]

Versions = list[Decision]


def spells_of(decisions: Sequence[Decision]) -> list[Versions]:
    """Return for each referral that was ever accepted its decisions from the first accept on."""
    by_referral: dict[tuple[str, str], Versions] = {}
    for one in decisions:
        key = (one.list_id, one.wanted.referral_id)
        if key in by_referral or one.wanted.choice == "accept":
            by_referral.setdefault(key, []).append(one)
    return list(by_referral.values())


def programme_events(
    decisions: Sequence[Decision],
    *,
    type_name: str,
    agency: str,
    source: str,
    before: datetime.date | None = None,
) -> list[dict[str, Any]]:
    """Return an event for each place that was given, with a version for each later word on it.

    Parameters
    ----------
    decisions : sequence of Decision
        All, in the order of recording. Those that were erased make no event.
    type_name, agency, source : str
        The words of the vocabulary for it.
    before : date, optional
        Only what was recorded before this day.

    Returns
    -------
    list of dict
        Canonical columns of an event. A place begins on the day on which the panel met, and is
        known on the day on which it was recorded; it ends with the planned end, or when the person
        left; where the decision was corrected into another, it is withdrawn.
    """
    return [
        {**event, "type": type_name, "agency": agency, "source": source}
        for versions in spells_of(decisions)
        if not any(one.erased for one in versions)
        for event in _events(versions, before)
    ]


def _events(versions: Versions, before: datetime.date | None) -> Iterator[dict[str, Any]]:
    begun = versions[0].met_on
    by_day = {one.recorded_at.date(): one for one in versions}  # the last word of each day
    for day, one in by_day.items():
        if before is not None and day >= before:
            return
        held, until = one.wanted.choice in ("accept", "leave"), one.wanted.content.until
        yield {
            "event_id": f"decision-{versions[0].number}",
            "person_id": versions[0].wanted.content.person_id,
            "happened_on": begun,
            "known_on": day,
            "ended_on": max(until, begun) if held and until else None,
            "withdrawn": not held,
        }
