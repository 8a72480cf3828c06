"""What a definition cannot mean, in words that say why."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from triage.conditions import All, AnyOf, Condition, Not, Test, mismatches
from triage.errors import close_match
from triage.features.definitions import Definition, Pipeline
from triage.features.words import template_problem
from triage.records import Vocabulary
from triage.timeline import EACH_OTHER
from triage.workspace import UnreadError, as_far_as_read

__all__ = ["refusals"]

Refusal = tuple[list[Any], str]
Types = frozenset[str]


@dataclass(frozen=True)
class Takes:
    """The keys that a measure needs, and those that it may have besides."""

    needs: tuple[str, ...] = ()
    may: tuple[str, ...] = ()


WHICH = ("where", "linked_by")
EVENTS = (*WHICH, "windows")
PERIODS = ("recent_days", "earlier_days")

MEASURES: dict[str, Takes] = {
    "count": Takes((), EVENTS),
    "sum": Takes(("of",), EVENTS),
    "maximum": Takes(("of",), EVENTS),
    "distinct": Takes(("of",), EVENTS),
    "repeats": Takes(("of",), EVENTS),
    "days_since_last": Takes((), EVENTS),
    "days_since_first": Takes((), EVENTS),
    "latest": Takes(("of",), EVENTS),
    "change": Takes(("of",), EVENTS),
    "active": Takes((), WHICH),
    "days_until_end": Takes((), WHICH),
    "rate_ratio": Takes(PERIODS, (*WHICH, "of")),
    "median_gap": Takes((), EVENTS),
    "shortest_gap": Takes((), EVENTS),
    "streak": Takes(("period_days",), WHICH),
    "mean_ratio": Takes(("of", *PERIODS), WHICH),
    "reached": Takes(("of", "at_least"), EVENTS),
    "new": Takes(("of", "windows"), WHICH),
    "most_repeated": Takes(("of",), EVENTS),
    "serial": Takes(("of",), (*EVENTS, "at_least")),
    "near": Takes(("near", "within_days"), (*EVENTS, "at_least")),
    "after": Takes(("after", "within_days"), (*EVENTS, "at_least")),
    "attribute": Takes(("of",), ("equals",)),
}
"""Every measure, and what a definition of it says beside what all of them say."""

KEYS = sorted({key for takes in MEASURES.values() for key in (*takes.needs, *takes.may)})
OF_NAME = ("distinct", "repeats", "new", "most_repeated", "serial")

FALLS: dict[str, str] = {
    "days_since_last": "one more of them makes the days since the last fewer",
    "shortest_gap": "the closer they follow on one another, the shorter the gap",
    "median_gap": "the closer they follow on one another, the shorter the gaps",
}
"""The measures that fall with more events, and why; all others rise."""


def refusals(pipeline: Pipeline, vocabulary: Vocabulary) -> Iterator[Refusal]:
    """Yield all that cannot be meant in a pipeline: the keys of its place, and what is wrong.

    Parameters
    ----------
    pipeline : Pipeline
    vocabulary : Vocabulary
        The columns and values that it may name.
    """
    for key, text in _of_condition(pipeline, "among", vocabulary):
        yield [key], f"'among' {text}"
    yield from _of_features(pipeline, vocabulary)


@as_far_as_read
def _of_features(pipeline: Pipeline, vocabulary: Vocabulary) -> Iterator[Refusal]:
    for position, definition in enumerate(pipeline.features):
        name = "" if "name" in definition.unread else f" '{definition.name}'"
        for key, text in _of_definition(definition, pipeline, vocabulary):
            yield ["features", position, key], f"feature{name} {text}"


def _of_definition(
    definition: Definition, pipeline: Pipeline, vocabulary: Vocabulary
) -> Iterator[tuple[str, str]]:
    yield from _of_measure(definition)
    for key in ("where", "near", "after"):
        yield from _of_condition(definition, key, vocabulary)
    for key in KEYS:
        yield from _of_key(definition, key)
    yield from _of_windows(definition)
    yield from _of_periods(definition)
    yield from _of_what_is_new(definition)
    yield from _of_days_between(definition)
    yield from _of_what(definition, vocabulary)
    for key in ("when_none", "at_least"):
        yield from _of_number(definition, key)
    yield from _of_fewest(definition)
    yield from _of_links(definition, vocabulary)
    yield from _of_meaning(definition)
    yield from _of_direction(definition, pipeline, vocabulary)


@as_far_as_read
def _of_condition(
    written: Definition | Pipeline, key: str, vocabulary: Vocabulary
) -> Iterator[tuple[str, str]]:
    condition: Condition | None = getattr(written, key)
    if condition is not None:
        nobody = "configs/vocabulary.yaml does not list"
        for text in mismatches(condition, vocabulary.event_fields(), made_by=nobody):
            yield key, text


@as_far_as_read
def _of_measure(definition: Definition) -> Iterator[tuple[str, str]]:
    measure = definition.measure
    if measure not in MEASURES:
        text = f"has the measure '{measure}', which is none of {', '.join(MEASURES)}. "
        yield "measure", (text + close_match(measure, MEASURES)).strip()


def _takes(definition: Definition) -> Takes:
    """Return what a definition's measure takes.

    Raises
    ------
    UnreadError
        There is no such measure.
    """
    if definition.measure not in MEASURES:
        raise UnreadError("measure")
    return MEASURES[definition.measure]


@as_far_as_read
def _of_key(definition: Definition, key: str) -> Iterator[tuple[str, str]]:
    takes, measure = _takes(definition), definition.measure
    given = getattr(definition, key) not in (None, [])
    if given and key not in (*takes.needs, *takes.may):
        yield key, f"has '{key}', which the measure '{measure}' does not take"
    if not given and key in takes.needs:
        yield "measure", f"needs '{key}' for the measure '{measure}'"


@as_far_as_read
def _of_windows(definition: Definition) -> Iterator[tuple[str, str]]:
    days = [window for window in definition.windows if window != "ever"]
    if [*days, *["ever"] * ("ever" in definition.windows)] != definition.windows or days != sorted(
        set(days)
    ):
        yield "windows", "has windows that must rise, each once, with 'ever' last"


@as_far_as_read
def _of_what_is_new(definition: Definition) -> Iterator[tuple[str, str]]:
    if definition.measure == "new" and "ever" in definition.windows:
        yield "windows", "counts what is new since before the window, and before 'ever' is nothing"


@as_far_as_read
def _of_periods(definition: Definition) -> Iterator[tuple[str, str]]:
    recent, earlier = definition.recent_days, definition.earlier_days
    if recent is not None and earlier is not None and recent >= earlier:
        yield "earlier_days", "must have earlier_days above its recent_days"


@as_far_as_read
def _of_days_between(definition: Definition) -> Iterator[tuple[str, str]]:
    if definition.measure == "after" and definition.within_days == 0:
        yield "within_days", "counts what came 1 to within_days days after, so that must be above 0"


@as_far_as_read
def _of_number(definition: Definition, key: str) -> Iterator[tuple[str, str]]:
    value = getattr(definition, key)
    if isinstance(value, float) and not math.isfinite(value):
        yield key, f"has '{key}', which must be a finite number"


@as_far_as_read
def _of_fewest(definition: Definition) -> Iterator[tuple[str, str]]:
    least = definition.at_least
    fewest = {"serial": 2, "near": 1, "after": 1}.get(definition.measure)
    if least is None or fewest is None or not math.isfinite(least):
        return
    if least < fewest or least != int(least):
        yield "at_least", f"counts up to 'at_least', which must be whole and not below {fewest}"


@as_far_as_read
def _of_links(definition: Definition, vocabulary: Vocabulary) -> Iterator[tuple[str, str]]:
    by, names = definition.linked_by, vocabulary.names_of_events()
    if by is not None and by not in (*names, EACH_OTHER):
        known = ", ".join((*names, EACH_OTHER))
        text = f"is linked by '{by}', but only names link people ({known})."
        yield "linked_by", f"{text} {close_match(by, names)}".strip()


@as_far_as_read
def _of_meaning(definition: Definition) -> Iterator[tuple[str, str]]:
    texts, days = definition.meaning, definition.period_days or definition.within_days
    for text in [texts] if isinstance(texts, str) else [texts.yes, texts.no]:
        if problem := template_problem(
            text, has_window=bool(definition.windows), has_days=days is not None
        ):
            yield "meaning", f"has a meaning that {problem}"


@as_far_as_read
def _of_direction(
    definition: Definition, pipeline: Pipeline, vocabulary: Vocabulary
) -> Iterator[tuple[str, str]]:
    _takes(definition)
    events = pipeline.looks_at(definition)
    if (why := _why_not_that_way(definition, events, vocabulary)) is not None:
        yield "direction", f"cannot have the direction '{definition.direction}': {why}"


@as_far_as_read
def _of_what(definition: Definition, vocabulary: Vocabulary) -> Iterator[tuple[str, str]]:
    takes = _takes(definition)
    if definition.of is not None and "of" in (*takes.needs, *takes.may):
        for text in _why_not_of(definition.of, definition, vocabulary):
            yield "of", text


def _why_not_of(of: str, definition: Definition, vocabulary: Vocabulary) -> Iterator[str]:
    measure = definition.measure
    if of in vocabulary.audit_only():
        yield f"is of '{of}', which is for audit only: no feature may use it"
        return
    known = vocabulary.attribute_fields() if measure == "attribute" else vocabulary.event_fields()
    if of not in known:
        yield f"is of '{of}', which does not exist. {close_match(of, known)}".strip()
        return
    kind = known[of]
    if measure == "attribute":
        if (kind in ("number", "answer", "date")) == (definition.equals is not None):
            yield f"is of '{of}': 'equals' is given for a category, and for nothing else"
        elif definition.equals is not None and kind != "text" and definition.equals not in kind:
            yield (
                f"asks whether '{of}' equals '{definition.equals}', which is not one of its "
                f"values. {close_match(definition.equals, kind)}"
            ).strip()
    elif measure in OF_NAME:
        if kind in ("number", "answer", "date") or (measure == "repeats" and of != "victim_id"):
            yield f"counts '{of}', but only a name can be counted so (victim_id, agency, type, …)"
    elif kind != "number":
        yield f"measures '{of}', which is not a number"


def _why_not_that_way(
    definition: Definition, events: Condition | None, vocabulary: Vocabulary
) -> str | None:
    """Return why more harm would lower a score; None where it would not.

    A protective event (a session attended) may lower a score, and the time since it may raise one.
    Only what is harm for certain is held to its way: days of harm, and events of types that all
    have a class of harm. What any other number counts is not known here.
    """
    measure, of = definition.measure, definition.of
    mend = "and more harm may never lower a score (law 6). Use"
    if measure == "attribute" or definition.direction == "none":
        return None
    if of == "harm_days":
        wrong, why = "lowers", "it measures harm itself"
    elif (of is not None and measure not in OF_NAME) or not _is_harm(events, vocabulary):
        return None
    elif measure in FALLS:
        wrong, why = "raises", f"its events are all harm, {FALLS[measure]}"
    else:
        wrong, why = "lowers", "its events are all harm"
    other = "raises" if wrong == "lowers" else "lowers"
    return f"{why}, {mend} '{other}' or 'none'" if definition.direction == wrong else None


def _is_harm(events: Condition | None, vocabulary: Vocabulary) -> bool:
    """Return whether every type that may pass a condition has a class of harm."""
    if events is None:
        return False
    may, _ = _passing(events, vocabulary)
    return bool(may) and all(vocabulary.types[name].harm_class is not None for name in may)


def _passing(condition: Condition, vocabulary: Vocabulary) -> tuple[Types, Types]:
    """Return the types of which some events may pass, and those of which all must."""
    every = frozenset(vocabulary.types)
    match condition:
        case Not(part):
            may, must = _passing(part, vocabulary)
            return every - must, every - may
        case All(parts):
            some = [_passing(part, vocabulary) for part in parts]
            return every.intersection(*(may for may, _ in some)), every.intersection(
                *(must for _, must in some)
            )
        case AnyOf(parts):
            some = [_passing(part, vocabulary) for part in parts]
            none: Types = frozenset()
            return none.union(*(may for may, _ in some)), none.union(*(must for _, must in some))
        case Test("type" | "kind", "is" | "in" | "is_not" | "not_in", values):
            is_type = condition.field == "type"
            named = {
                name
                for name, its in vocabulary.types.items()
                if (name if is_type else its.kind) in values
            }
            found = every - named if condition.operator in ("is_not", "not_in") else named
            return frozenset(found), frozenset(found)
        case _:
            return every, frozenset()
