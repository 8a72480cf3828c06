"""The answer to an outcome for every moment at once."""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from triage.conditions import Categories, Column, Condition, Numbers, Truth, evaluate
from triage.harm import Scale
from triage.outcomes.definitions import Outcome, Outcomes
from triage.records import CaseHistories, Finder
from triage.timeline import NEVER, Moments, Timeline

__all__ = [
    "LabelState",
    "Labels",
    "first_day",
    "follow_up_end",
    "harm_within",
    "label",
    "outcome_day",
]

Days = npt.NDArray[np.int32]
ROUNDING = 1e-9
PAIRS_A_BLOCK = 2_000_000
"""How many (moment, event) pairs are held at a time: some 100 MB."""


class LabelState(enum.IntEnum):
    """Why an answer is known, or is not."""

    KNOWN = 0
    IMMATURE = 1
    FOLLOW_UP_ENDED = 2
    UNKNOWN = 3
    TAKEN_ON = 4

    @property
    def words(self) -> str:
        """The state in plain words."""
        return {
            LabelState.KNOWN: "known",
            LabelState.IMMATURE: "not settled yet",
            LabelState.FOLLOW_UP_ENDED: "died or moved away within the horizon",
            LabelState.UNKNOWN: "not said by the records",
            LabelState.TAKEN_ON: "taken on within the horizon",
        }[self]


@dataclass(frozen=True)
class Labels:
    """The answers to one outcome.

    Parameters
    ----------
    values : ndarray of float64, shape (n,)
        1 yes, 0 no, NaN unknown.
    harm_days : ndarray of float64, shape (n,)
        Harm that is known to have happened within the horizon; NaN where the answer is unknown.
    states : ndarray of int8, shape (n,)
        A :class:`LabelState` a moment.
    days_until : ndarray of float64, shape (n,)
        Days from the as-of date to the event that made the answer yes; NaN where it is not yes.
    """

    values: npt.NDArray[np.float64]
    harm_days: npt.NDArray[np.float64]
    states: npt.NDArray[np.int8]
    days_until: npt.NDArray[np.float64]

    @property
    def known(self) -> npt.NDArray[np.bool_]:
        """Whether each answer is known, shape (n,)."""
        return np.asarray(self.states == LabelState.KNOWN)

    def counts(self) -> dict[str, int]:
        """Return how many moments are in each state, in plain words."""
        return {state.words: int((self.states == state).sum()) for state in LabelState}


def follow_up_end(
    outcomes: Outcomes, histories: CaseHistories, timeline: Timeline, moments: Moments
) -> Days:
    """Return the first day on which each moment's person could no longer be observed.

    Returns
    -------
    ndarray of int32, shape (n,)
        Days since 1970-01-01; ``NEVER`` where nothing ended the follow-up.
    """
    people = histories.people
    end = np.full(timeline.n_people, NEVER, dtype=np.int32)
    position = Finder(timeline.person_ids).positions(people["person_id"])
    for name in outcomes.follow_up_ends:
        dates = people[name].cast("int32").fill_null(NEVER).to_numpy()
        end[position] = np.minimum(end[position], dates)
    return end[moments.person]


def label(
    outcome: Outcome,
    timeline: Timeline,
    moments: Moments,
    *,
    observed_until: int,
    follow_up_end: Days,
) -> Labels:
    """Return what came after each moment.

    Parameters
    ----------
    outcome : Outcome
    timeline : Timeline
    moments : Moments
    observed_until : int
        Everything known before this day is in the timeline (days since 1970-01-01).
    follow_up_end : ndarray of int32, shape (n,)
        See :func:`follow_up_end`.

    Returns
    -------
    Labels
        Unknown, and never 0, where the outcome is not settled; where no matching event is known
        and the follow-up ended within the horizon, or an event may match but its record does
        not say. An event that matches makes it 1 whatever else is unknown.

    Notes
    -----
    An event counts if it happened in [as-of date, as-of date + horizon) and became known before
    the answer settled, in the version known then. Time and memory grow with the events within
    horizons, not with all.
    """
    first, maybe, harm, most_harm = _within_horizon(outcome, timeline, moments)
    yes = first != NEVER
    if outcome.harm_at_least is not None:
        yes = harm >= outcome.harm_at_least
        maybe = most_harm >= outcome.harm_at_least
    day = moments.day.astype(np.int64)
    states = np.full(len(moments), LabelState.KNOWN, dtype=np.int8)
    states[~yes & maybe] = LabelState.UNKNOWN
    states[~yes & (follow_up_end < day + outcome.horizon_days)] = LabelState.FOLLOW_UP_ENDED
    states[day + outcome.matures_in_days > observed_until] = LabelState.IMMATURE
    known = states == LabelState.KNOWN
    return Labels(
        values=np.where(known, yes.astype(np.float64), np.nan),
        harm_days=np.where(known, harm, np.nan),
        states=states,
        days_until=np.where(known & yes, first.astype(np.float64) - day, np.nan),
    )


Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]


def harm_within(outcome: Outcome, scale: Scale, timeline: Timeline, moments: Moments) -> Floats:
    """Return the harm within the horizon in days of another scale, whatever the answer.

    Returns
    -------
    ndarray of float64, shape (n,)
        Of the events that ``harm_from`` counts; 0 where none was known when the answer settled.
    """
    return _within_horizon(replace(outcome, scale=scale), timeline, moments)[2]


def first_day(condition: Condition, outcome: Outcome, timeline: Timeline, moments: Moments) -> Days:
    """Return the day of the first event within the horizon that matches a condition.

    Returns
    -------
    ndarray of int32, shape (n,)
        Days since 1970-01-01; ``NEVER`` where none was known when the answer settled.
    """
    truth = _truth(condition, _columns(outcome, timeline), timeline.n_events, without=Truth.NO)
    events = np.flatnonzero((truth == Truth.YES) & (timeline.known != NEVER))
    found = np.full(len(moments), NEVER, dtype=np.int32)
    for _, _, row, event in _pairs(timeline, events, moments, outcome):
        np.minimum.at(found, row, timeline.happened[event])
    return found


def outcome_day(outcome: Outcome, timeline: Timeline, moments: Moments) -> Days:
    """Return the day on which each outcome came about, ``NEVER`` where it did not.

    That is the day of the first event that matches or, where the outcome is so many days of harm,
    of the event with which they are reached.

    Returns
    -------
    ndarray of int32, shape (n,)
    """
    return _within_horizon(outcome, timeline, moments)[0]


def _within_horizon(
    outcome: Outcome, timeline: Timeline, moments: Moments
) -> tuple[Days, Bools, Floats, Floats]:
    """Return for each moment: its first match, a possible one, the harm, the most it can have been.

    The first match is a day, ``NEVER`` where there is none. Where harm adds up to the outcome it is
    the day on which it was enough.
    """
    columns = _columns(outcome, timeline)
    n_events = timeline.n_events
    matches = _truth(outcome.any_event, columns, n_events, without=Truth.NO)
    counts = _truth(outcome.harm_from, columns, n_events, without=Truth.YES)
    days = columns["harm_days"]
    assert isinstance(days, Numbers)  # noqa: S101 - a timeline's harm is a number
    harm = np.nan_to_num(days.values)
    most = np.where(np.isnan(days.values), np.inf, days.values)
    matters = (matches > Truth.NO) | ((counts > Truth.NO) & (most > 0))
    events = np.flatnonzero(matters & (timeline.known != NEVER))

    n = len(moments)
    when, maybe = np.full(n, NEVER, dtype=np.int32), np.zeros(n, dtype=bool)
    total, highest = np.zeros(n), np.zeros(n)
    for first, last, row, event in _pairs(timeline, events, moments, outcome):
        maybe[row[matches[event] > Truth.NO]] = True
        block, size = row - first, last - first
        here = np.where(counts[event] == Truth.YES, harm[event], 0.0)
        total[first:last] = np.bincount(block, here, size)
        if outcome.harm_at_least is None:
            matched = matches[event] == Truth.YES
        else:
            matched = _so_far(here, block) >= outcome.harm_at_least * (1 - ROUNDING)
        np.minimum.at(when, row[matched], timeline.happened[event[matched]])
        here = np.where(counts[event] > Truth.NO, most[event], 0.0)
        highest[first:last] = np.bincount(block, here, size)
    return when, maybe, total, highest


def _so_far(harm: Floats, moment: npt.NDArray[np.int64]) -> Floats:
    """Return each event's harm and that of the ones before it, moment by moment."""
    total = np.concatenate([[0.0], np.cumsum(harm)])
    first = np.searchsorted(moment, moment)
    return np.asarray(total[1:] - total[first])


def _columns(outcome: Outcome, timeline: Timeline) -> Mapping[str, Column]:
    if outcome.scale is None:
        return timeline.columns
    harm_class = timeline.columns["harm_class"]
    assert isinstance(harm_class, Categories)  # noqa: S101 - a harm class is one of a list
    return {**timeline.columns, "harm_days": Numbers(outcome.scale.harm_days(harm_class))}


def _truth(
    condition: Condition | None, columns: Mapping[str, Column], n_events: int, *, without: Truth
) -> npt.NDArray[np.int8]:
    if condition is None:
        return np.full(n_events, without, dtype=np.int8)
    return evaluate(condition, columns).truth


def _pairs(
    timeline: Timeline, events: npt.NDArray[np.int64], moments: Moments, outcome: Outcome
) -> Iterator[tuple[int, int, npt.NDArray[np.int64], npt.NDArray[np.int64]]]:
    """Yield blocks of (first moment, last moment + 1, moment, event) of what counts."""
    person = np.repeat(np.arange(timeline.n_people), np.diff(timeline.starts))[events]
    keys = _key(person, timeline.happened[events])
    begin = np.searchsorted(keys, _key(moments.person, moments.day))
    end = np.searchsorted(keys, _key(moments.person, moments.day + outcome.horizon_days))
    upto = np.concatenate([[0], np.cumsum(end - begin)])
    settled = moments.day.astype(np.int64) + outcome.matures_in_days
    first = 0
    while first < len(moments):
        last = int(np.searchsorted(upto, upto[first] + PAIRS_A_BLOCK, side="right")) - 1
        last = min(max(last, first + 1), len(moments))
        row = np.repeat(np.arange(first, last), (end - begin)[first:last])
        event = events[begin[row] + np.arange(len(row)) - (upto[row] - upto[first])]
        known, replaced = timeline.known[event], timeline.replaced[event]
        in_time = (known < settled[row]) & (replaced >= settled[row])
        yield first, last, row[in_time], event[in_time]
        first = last


def _key(person: npt.NDArray[np.integer], day: npt.NDArray[np.integer]) -> npt.NDArray[np.int64]:
    """Return one number a (person, day) that sorts by person and then by day."""
    return (person.astype(np.int64) << 33) + day.astype(np.int64) + 2**32
