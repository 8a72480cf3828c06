"""The compiled measures of order: gaps, streaks, repeats, and what came near or after what.

Where the pass of :mod:`triage.features.kernel` asks of each event what it adds, these ask how
events lie to one another, so each walks back through the events that pass its own filter and no
others. A walk looks at each of them a bounded number of times, so that it costs as many steps as
there are such events, however many one person has.

All of them see what the kernel sees: an event counts if it happened and was known strictly before
the day, in the version that was known then. Events of one day stand in the order of their known
days, sources and ids.

All that is compiled in stands in this file, since a compiled walk is kept until its file changes.
"""

from __future__ import annotations

import enum
from typing import Any, NamedTuple

import numba
import numpy as np

__all__ = ["Asked", "Facts", "Order", "Passing", "walk"]


class Order(enum.IntEnum):
    """What a walk measures."""

    MEDIAN_GAP = 0
    SHORTEST_GAP = 1
    STREAK = 2
    MEAN_RATIO = 3
    REACHED = 4
    NEW = 5
    MOST_REPEATED = 6
    SERIAL = 7
    NEAR = 8
    AFTER = 9


MEDIAN_GAP = int(Order.MEDIAN_GAP)
SHORTEST_GAP = int(Order.SHORTEST_GAP)
STREAK = int(Order.STREAK)
MEAN_RATIO = int(Order.MEAN_RATIO)
REACHED = int(Order.REACHED)
NEW = int(Order.NEW)
MOST_REPEATED = int(Order.MOST_REPEATED)
SERIAL = int(Order.SERIAL)
NEAR = int(Order.NEAR)


class Facts(NamedTuple):
    """What is known of n_events events.

    Parameters
    ----------
    happened, known, replaced : ndarray of int32, shape (n_events,)
        The timeline.
    values : ndarray of float64, shape (n_events,)
        The number that is measured, NaN where not known; empty where none is.
    names : ndarray of int32, shape (n_events,)
        The name that is counted, numbered within each person, −1 where not known; empty likewise.
    different : int
        All numbers of names lie below it.
    """

    happened: Any
    known: Any
    replaced: Any
    values: Any
    names: Any
    different: int


class Passing(NamedTuple):
    """The events that pass a filter.

    Parameters
    ----------
    events : ndarray of int32, shape (n_passing,)
        Their positions in the timeline, rising.
    starts : ndarray of int64, shape (n_people + 1,)
        Person ``p`` has ``events[starts[p]:starts[p + 1]]``.
    """

    events: Any
    starts: Any


class Asked(NamedTuple):
    """One question of order.

    Parameters
    ----------
    order : int
        An :class:`Order`.
    window_days : int
        The largest integer where all history counts.
    days, more_days : int
        The recent and both periods of a ratio; or the length of a streak's periods, or the
        greatest distance of a pair, and nothing.
    at_least : float
        What a flag must reach; NaN where the number itself is asked for.
    when_none : float
        The value where nothing is found.
    """

    order: int
    window_days: int
    days: int
    more_days: int
    at_least: float
    when_none: float


@numba.njit(cache=True, nogil=True)
def walk(
    asked: Any,
    facts: Any,
    passing: Any,
    others: Any,
    row_person: Any,
    row_day: Any,
    out: Any,
) -> None:
    """Fill ``out`` with one measure of order.

    median gap, shortest gap
        Days from each event in the window to the next one in it, 0 where both are of one day: the
        middle one (of two middle ones the mean), or the least. Nothing is found with fewer than
        two events.
    streak
        How many periods of ``days`` days, counted back from the day without a break, hold an event
        each. Nothing is found where the latest period holds none.
    mean ratio
        The mean value of recent events over that of earlier ones, damped: to each side one event
        is added that has the mean value of both. So a side with few events moves little, and
        nothing is divided by zero. Events without a value are left out. Nothing is found where
        either side has no value, or where the earlier side does not come to more than 0.
    reached
        1 if a value in the window was at least ``at_least``, 0 if none was. Nothing is found where
        no value is known.
    new
        Names in the window that stand on no event before it; nothing is found without one.
    most repeated
        How many events in the window share one name, of the name that has most.
    serial
        1 if at least ``at_least`` different names stand in the window, 0 if fewer. Nothing is
        found where no name is known.
    near
        Events in the window that have another event among ``others`` at most ``days`` days before
        or after them, in the window or not. No event is its own companion. 1 if there are
        ``at_least`` of them and 0 if fewer, where that is given. Nothing is found without one.
    after
        The same of events that have one among ``others`` 1 to ``days`` days before them.

    Parameters
    ----------
    asked : Asked
    facts : Facts
    passing : Passing
        The events that are measured.
    others : Passing
        Those that they may lie near or after.
    row_person, row_day : ndarray of int32, shape (n_rows,)
        The moments.
    out : ndarray of float64, shape (n_rows,)
    """
    gaps = np.empty(_longest(passing.starts) if asked.order <= SHORTEST_GAP else 0, np.int64)
    seen, counts = np.zeros(facts.different, np.int64), np.zeros(facts.different, np.int64)
    for row in range(len(row_person)):
        person, day = row_person[row], row_day[row]
        first = passing.starts[person]
        beyond = _first_not_before(facts, passing, person, day)
        if asked.order <= SHORTEST_GAP:
            n_gaps = _take_gaps(gaps, asked, facts, passing.events, first, beyond, day)
            value = _gap(gaps[:n_gaps], asked.order == MEDIAN_GAP)
        elif asked.order == STREAK:
            value = _streak(asked, facts, passing.events, first, beyond, day)
        elif asked.order == MEAN_RATIO:
            value = _mean_ratio(asked, facts, passing.events, first, beyond, day)
        elif asked.order == REACHED:
            value = _reached(asked, facts, passing.events, first, beyond, day)
        elif asked.order <= SERIAL:
            value = _named(asked, facts, passing.events, first, beyond, day, seen, counts, row + 1)
        else:
            others_beyond = _first_not_before(facts, others, person, day)
            others_first = others.starts[person]
            value = _paired(
                asked, facts, passing.events, first, beyond, day,
                others.events, others_first, others_beyond,
            )  # fmt: skip
        out[row] = asked.when_none if np.isnan(value) else value


@numba.njit(cache=True, nogil=True)
def _longest(starts: Any) -> int:
    longest = 0
    for person in range(len(starts) - 1):
        longest = max(longest, starts[person + 1] - starts[person])
    return longest


@numba.njit(cache=True, nogil=True)
def _first_not_before(facts: Any, passing: Any, person: int, day: int) -> int:
    """Return the place of a person's first event that happened on the day or after it."""
    low, high = passing.starts[person], passing.starts[person + 1]
    while low < high:
        middle = (low + high) // 2
        if facts.happened[passing.events[middle]] < day:
            low = middle + 1
        else:
            high = middle
    return int(low)


@numba.njit(cache=True, nogil=True)
def _is_usable(facts: Any, event: int, day: int) -> bool:
    return bool(facts.known[event] < day <= facts.replaced[event])


@numba.njit(cache=True, nogil=True)
def _take_gaps(
    gaps: Any, asked: Any, facts: Any, events: Any, first: int, beyond: int, day: int
) -> int:
    """Write the days from each event to the next, and return how many there are."""
    n_gaps, later = 0, -1
    for place in range(beyond - 1, first - 1, -1):
        event = events[place]
        age = day - facts.happened[event]
        if age > asked.window_days:
            break
        if not _is_usable(facts, event, day):
            continue
        if later >= 0:
            gaps[n_gaps] = age - later
            n_gaps += 1
        later = age
    return n_gaps


@numba.njit(cache=True, nogil=True)
def _gap(gaps: Any, median: bool) -> float:
    if len(gaps) == 0:
        return np.nan
    low = _at_rank(gaps, (len(gaps) - 1) // 2 if median else 0)
    if not median or len(gaps) % 2:
        return float(low)
    return (low + _at_rank(gaps, len(gaps) // 2)) / 2


@numba.njit(cache=True, nogil=True)
def _at_rank(gaps: Any, rank: int) -> int:
    """Return the gap above which ``rank`` others lie in order, by halving the days it may have.

    At most 31 looks at each, whatever they are; sorting would take more of many.
    """
    low, high = gaps.min(), gaps.max()
    while low < high:
        middle = (low + high) // 2
        if (gaps <= middle).sum() > rank:
            high = middle
        else:
            low = middle + 1
    return int(low)


@numba.njit(cache=True, nogil=True)
def _streak(asked: Any, facts: Any, events: Any, first: int, beyond: int, day: int) -> float:
    unbroken = 0
    for place in range(beyond - 1, first - 1, -1):
        event = events[place]
        period = (day - facts.happened[event] - 1) // asked.days
        if period > unbroken:
            break
        if period == unbroken and _is_usable(facts, event, day):
            unbroken += 1
    return float(unbroken) if unbroken else np.nan


@numba.njit(cache=True, nogil=True)
def _mean_ratio(asked: Any, facts: Any, events: Any, first: int, beyond: int, day: int) -> float:
    recent, both = 0.0, 0.0
    n_recent, n_both = 0, 0
    for place in range(beyond - 1, first - 1, -1):
        event = events[place]
        age = day - facts.happened[event]
        if age > asked.more_days:
            break
        value = facts.values[event]
        if np.isnan(value) or not _is_usable(facts, event, day):
            continue
        both += value
        n_both += 1
        if age <= asked.days:
            recent += value
            n_recent += 1
    n_earlier = n_both - n_recent
    if n_recent == 0 or n_earlier == 0:
        return np.nan
    mean = both / n_both
    earlier_mean = (both - recent + mean) / (n_earlier + 1)
    return (recent + mean) / (n_recent + 1) / earlier_mean if earlier_mean > 0.0 else np.nan


@numba.njit(cache=True, nogil=True)
def _reached(asked: Any, facts: Any, events: Any, first: int, beyond: int, day: int) -> float:
    found = np.nan
    for place in range(beyond - 1, first - 1, -1):
        event = events[place]
        if day - facts.happened[event] > asked.window_days:
            break
        value = facts.values[event]
        if np.isnan(value) or not _is_usable(facts, event, day):
            continue
        if value >= asked.at_least:
            return 1.0
        found = 0.0
    return found


@numba.njit(cache=True, nogil=True)
def _named(
    asked: Any,
    facts: Any,
    events: Any,
    first: int,
    beyond: int,
    day: int,
    seen: Any,
    counts: Any,
    stamp: int,
) -> float:
    """Return what the names in the window come to.

    ``seen[name] == stamp`` where a name stands in the window; ``counts`` then says on how many
    events, and 0 once an event before the window has it too.
    """
    different, most = 0, 0
    for place in range(beyond - 1, first - 1, -1):
        event = events[place]
        is_before = day - facts.happened[event] > asked.window_days
        if is_before and (asked.order != NEW or different == 0):
            break
        name = facts.names[event]
        if name < 0 or not _is_usable(facts, event, day):
            continue
        if is_before:
            if seen[name] == stamp and counts[name]:
                counts[name] = 0
                different -= 1
            continue
        if seen[name] != stamp:
            seen[name] = stamp
            counts[name] = 0
            different += 1
        counts[name] += 1
        most = max(most, counts[name])
    if different == 0:
        return np.nan
    if asked.order == SERIAL:
        return 1.0 if different >= asked.at_least else 0.0
    return float(most if asked.order == MOST_REPEATED else different)


@numba.njit(cache=True, nogil=True)
def _paired(
    asked: Any,
    facts: Any,
    events: Any,
    first: int,
    beyond: int,
    day: int,
    others: Any,
    others_first: int,
    others_beyond: int,
) -> float:
    """Return how many events have a companion, by two marks that only ever move back.

    ``later`` passes every other event that stands after the one in hand; the last one passed is
    the nearest of them. ``earlier`` stops at the nearest before it.
    """
    later = earlier = others_beyond - 1
    age_of_later, found = -1, 0
    for place in range(beyond - 1, first - 1, -1):
        event = events[place]
        happened = facts.happened[event]
        if day - happened > asked.window_days:
            break
        if not _is_usable(facts, event, day):
            continue
        while later >= others_first and others[later] > event:
            if _is_usable(facts, others[later], day):
                age_of_later = day - facts.happened[others[later]]
            later -= 1
        while earlier >= others_first and (
            others[earlier] >= event
            or (asked.order != NEAR and facts.happened[others[earlier]] >= happened)
            or not _is_usable(facts, others[earlier], day)
        ):
            earlier -= 1
        if (
            earlier >= others_first and happened - facts.happened[others[earlier]] <= asked.days
        ) or (
            asked.order == NEAR
            and age_of_later >= 0
            and day - happened - age_of_later <= asked.days
        ):
            found += 1
    if found == 0:
        return np.nan
    if np.isnan(asked.at_least):
        return float(found)
    return 1.0 if found >= asked.at_least else 0.0
