"""A slow referee: every measure in plain Python, from its description alone.

It shares no code with the engine: it reads lists of dictionaries, and asks of each moment which
events happened and were known before, in which version, in which window, and what they add up to.
"""

from __future__ import annotations

import datetime
import itertools
import math
import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from triage.features import Feature

Event = Mapping[str, Any]
NAN = float("nan")
ORDERS = (
    "median_gap",
    "shortest_gap",
    "streak",
    "mean_ratio",
    "reached",
    "new",
    "most_repeated",
    "serial",
    "near",
    "after",
)


def value_of(feature: Feature, events: Sequence[Event], as_of: datetime.date) -> float:
    """Return a feature's value for a person with these events."""
    usable = [
        ((as_of - event["happened_on"]).days, event)
        for event in sorted(as_known(events, as_of), key=_in_order)
        if event["happened_on"] < as_of
    ]
    passing = [(age, event) for age, event in usable if _passes(feature.where, event)]
    longest = feature.window_days or feature.earlier_days
    found = [(age, event) for age, event in passing if longest is None or age <= longest]
    if feature.measure in ORDERS:
        value = _of_order(feature, found, passing, usable)
    else:
        value = _value(feature, found, as_of)
    return feature.when_none if math.isnan(value) else value


def _passes(condition: Any, event: Event) -> bool:
    return condition is None or holds(condition, event) is True


def as_known(events: Sequence[Event], as_of: datetime.date) -> list[Event]:
    """Return of each event what was known of it before a day: its last version, if it stands."""
    last: dict[tuple[str, str], Event] = {}
    for event in events:
        name = event["source"], event["event_id"]
        if event["known_on"] is None or event["known_on"] >= as_of:
            continue
        if name not in last or last[name]["known_on"] < event["known_on"]:
            last[name] = event
    return [event for event in last.values() if not event["withdrawn"]]


def of_linked_people(
    events: Sequence[Event], name: str, who: str, as_of: datetime.date, most: int
) -> list[Event]:
    """Return what was known before a day of the events of those who share a name with somebody.

    Parameters
    ----------
    events : sequence of mapping
        Every version of every event of everybody.
    name : str
        The column that holds the names.
    who : str
    as_of : date
    most : int
        A name that more people share links nobody.
    """
    known = [event for event in as_known(events, as_of) if event["happened_on"] < as_of]
    linked = set()
    for shared in {event[name] for event in known} - {None}:
        people = {event["person_id"] for event in known if event[name] == shared}
        if who in people and len(people) <= most:
            linked |= people - {who}
    return [event for event in known if event["person_id"] in linked]


def against(events: Sequence[Event], who: str, as_of: datetime.date) -> list[Event]:
    """Return what was known before a day of the events against somebody by their own victims."""
    known = [event for event in as_known(events, as_of) if event["happened_on"] < as_of]
    victims = {event["victim_id"] for event in known if event["person_id"] == who} - {who}
    return [event for event in known if event["person_id"] in victims and event["victim_id"] == who]


def _in_order(event: Event) -> tuple[Any, ...]:
    known = event["known_on"] or datetime.date.max
    return event["happened_on"], known, event["source"], event["event_id"]


def holds(condition: Any, event: Event) -> bool | None:
    """Return whether a condition holds, None where that is not known."""
    kind = type(condition).__name__
    if kind == "Not":
        inner = holds(condition.part, event)
        return None if inner is None else not inner
    if kind == "SomeOf":
        parts = [holds(part, event) for part in condition.parts]
        if parts.count(True) >= condition.number:
            return True
        return None if parts.count(True) + parts.count(None) >= condition.number else False
    if kind in ("All", "AnyOf"):
        parts = [holds(part, event) for part in condition.parts]
        decisive = kind == "AnyOf"
        if decisive in parts:
            return decisive
        return None if None in parts else not decisive
    return _leaf(condition, event[condition.field])


def _leaf(test: Any, value: Any) -> bool | None:
    if value is None or value in ("unknown", "not_asked"):
        named = test.operator in ("is", "in") and value is not None and value in test.value
        return True if named else None
    match test.operator:
        case "is" | "in":
            return value in test.value
        case "at_least":
            return bool(value >= test.value[0])
        case "below":
            return bool(value < test.value[0])
    raise AssertionError(test.operator)


def _value(  # noqa: C901 - a case a measure
    feature: Feature, found: list[tuple[int, Event]], as_of: datetime.date
) -> float:
    of = feature.of
    numbers = [
        (age, event[of]) for age, event in found if of is not None and event.get(of) is not None
    ]
    match feature.measure:
        case "count":
            return float(len(found)) if found else NAN
        case "sum":
            return math.fsum(on_grid(number) for _, number in numbers) if numbers else NAN
        case "maximum":
            return max((number for _, number in numbers), default=NAN)
        case "distinct":
            return float(len({name for _, name in numbers})) if numbers else NAN
        case "repeats":
            names = [name for _, name in numbers]
            return float(len(names) - len(set(names))) if names else NAN
        case "days_since_last":
            return float(min(age for age, _ in found)) if found else NAN
        case "days_since_first":
            return float(max(age for age, _ in found)) if found else NAN
        case "latest":
            return numbers[-1][1] if numbers else NAN
        case "change":
            return numbers[-1][1] - numbers[-2][1] if len(numbers) > 1 else NAN
        case "active":
            return _active(found, as_of)
        case "days_until_end":
            return _days_until_end(found, as_of)
        case "rate_ratio":
            return _ratio(feature, found if of is None else numbers)
    raise AssertionError(feature.measure)


def _of_order(  # noqa: C901 - a case a measure
    feature: Feature,
    found: list[tuple[int, Event]],
    passing: list[tuple[int, Event]],
    usable: list[tuple[int, Event]],
) -> float:
    of, least = feature.of, feature.at_least
    known = [(age, event[of]) for age, event in found if of and event.get(of) is not None]
    names = [name for _, name in known]
    match feature.measure:
        case "median_gap" | "shortest_gap":
            gaps = [one - next_ for (one, _), (next_, _) in itertools.pairwise(found)]
            middle = statistics.median if feature.measure == "median_gap" else min
            return float(middle(gaps)) if gaps else NAN
        case "streak":
            length = feature.period_days
            assert length is not None
            for period in itertools.count():
                from_age, to_age = period * length + 1, (period + 1) * length
                if not any(from_age <= age <= to_age for age, _ in found):
                    return float(period) if period else NAN
        case "mean_ratio":
            return _mean_ratio(feature, known)
        case "reached":
            return float(any(number >= least for number in names)) if names else NAN
        case "new":
            assert feature.window_days is not None
            before = {event[of] for age, event in passing if age > feature.window_days}
            return float(len(set(names) - before)) if set(names) - before else NAN
        case "most_repeated":
            return float(max(names.count(name) for name in names)) if names else NAN
        case "serial":
            return float(len(set(names)) >= least) if names else NAN
    pairs = [
        event
        for age, event in found
        if any(
            _are_a_pair(feature, age - age_of_other)
            for age_of_other, other in usable
            if other is not event and _passes(feature.companion, other)
        )
    ]
    if not pairs:
        return NAN
    return float(len(pairs)) if least is None else float(len(pairs) >= least)


def _are_a_pair(feature: Feature, days_before: int) -> bool:
    """Return whether an event makes a pair with another that came so many days after it."""
    within = feature.within_days
    assert within is not None
    if feature.measure == "near":
        return -within <= days_before <= within
    return -within <= days_before <= -1


def _mean_ratio(feature: Feature, known: list[tuple[int, float]]) -> float:
    recent_days = feature.recent_days
    assert recent_days is not None
    amounts = [(age, on_grid(number)) for age, number in known]
    recent = [amount for age, amount in amounts if age <= recent_days]
    earlier = [amount for age, amount in amounts if age > recent_days]
    if not recent or not earlier:
        return NAN
    mean_of_both = math.fsum([*recent, *earlier]) / (len(recent) + len(earlier))
    earlier_mean = (math.fsum(earlier) + mean_of_both) / (len(earlier) + 1)
    if earlier_mean <= 0:
        return NAN
    return (math.fsum(recent) + mean_of_both) / (len(recent) + 1) / earlier_mean


def _active(found: list[tuple[int, Event]], as_of: datetime.date) -> float:
    ends = [event["ended_on"] for _, event in found]
    if not ends:
        return NAN
    return float(any(end is None or end >= as_of for end in ends))


def _days_until_end(found: list[tuple[int, Event]], as_of: datetime.date) -> float:
    ends = [event["ended_on"] for _, event in found]
    still_open = [end for end in ends if end is None or end >= as_of]
    if not still_open or None in still_open:
        return NAN
    return float((max(still_open) - as_of).days)


def _ratio(feature: Feature, found: list[tuple[int, Any]]) -> float:
    recent_days, both_days = feature.recent_days, feature.earlier_days
    assert recent_days is not None
    assert both_days is not None
    amounts = [(age, 1.0 if feature.of is None else on_grid(number)) for age, number in found]
    recent = math.fsum(amount for age, amount in amounts if age <= recent_days)
    both = math.fsum(amount for _, amount in amounts)
    if both == 0:
        return NAN
    earlier_days = both_days - recent_days
    rate = (recent + recent_days / both_days) / recent_days
    return rate / ((both - recent + earlier_days / both_days) / earlier_days)


def on_grid(number: float) -> float:
    """Return a number rounded to the grid on which sums are exact."""
    return round(number * 2**20) / 2**20
