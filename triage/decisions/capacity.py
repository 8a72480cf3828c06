"""Capacity through the year: places taken, open, about to be left, and free."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from triage.decisions.deciding import Decision
from triage.decisions.places import spells_of

__all__ = ["Places", "places_of"]


@dataclass(frozen=True)
class Places:
    """The programme's places on a day.

    Parameters
    ----------
    year_from : date
        The first day of the programme's year.
    a_year : int
        How many may be taken on within it.
    taken : int
        How many were.
    open_by_manager : mapping of str to int
        Case manager → places that are open on the day; those of erased people are not told.
    leaving : int
        Of these, how many end soon.
    """

    year_from: datetime.date
    a_year: int
    taken: int
    open_by_manager: Mapping[str, int]
    leaving: int

    @property
    def open(self) -> int:
        """How many places are open on the day."""
        return sum(self.open_by_manager.values())

    @property
    def free(self) -> int:
        """How many more may be taken on within the year; below 0 where too many were."""
        return self.a_year - self.taken


def places_of(
    decisions: Sequence[Decision],
    *,
    on: datetime.date,
    a_year: int,
    year_begins_in: int,
    leaving_within_days: int,
) -> Places:
    """Return the programme's places on a day, by what was recorded up to and on it.

    A place counts in the year in which the panel met.

    Parameters
    ----------
    decisions : sequence of Decision
        All, in the order of recording.
    on : date
    a_year : int
    year_begins_in : int
        A month.
    leaving_within_days : int
    """
    first = datetime.date(on.year, year_begins_in, 1)
    if first > on:
        first = first.replace(year=on.year - 1)
    soon = on + datetime.timedelta(days=leaving_within_days)
    known = [one for one in decisions if one.recorded_at.date() <= on]
    taken, leaving, open_by = 0, 0, Counter[str]()
    for versions in spells_of(known):
        last = versions[-1]
        if last.wanted.choice not in ("accept", "leave"):
            continue  # corrected: the place was never given
        taken += first <= versions[0].met_on <= on
        ends = last.wanted.content.until
        if last.erased or last.wanted.choice == "leave" or (ends is not None and ends < on):
            continue
        manager = next(
            one.wanted.content.case_manager
            for one in reversed(versions)
            if one.wanted.choice == "accept"
        )
        open_by[manager] += 1
        leaving += ends is not None and ends <= soon
    return Places(first, a_year, taken, dict(sorted(open_by.items())), leaving)
