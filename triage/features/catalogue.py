"""The catalogue: what each feature is, in words that need no YAML."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from triage.conditions import All, AnyOf, Condition, Not, SomeOf, Test
from triage.features.definitions import Feature, Meaning, Measure
from triage.features.words import number, window_words
from triage.records import Vocabulary
from triage.timeline import EACH_OTHER, MOST_SHARING

__all__ = ["Entry", "catalogue"]

EXAMPLES: dict[Measure, float] = {
    "sum": 120.0,
    "maximum": 120.0,
    "distinct": 2.0,
    "repeats": 2.0,
    "days_since_last": 45.0,
    "days_since_first": 800.0,
    "change": 2.0,
    "rate_ratio": 2.5,
    "days_until_end": 45.0,
    "median_gap": 24.0,
    "shortest_gap": 5.0,
    "mean_ratio": 2.5,
    "reached": 1.0,
    "new": 1.0,
    "most_repeated": 4.0,
    "serial": 1.0,
    "near": 2.0,
    "after": 2.0,
}
SAID: dict[Measure, str] = {
    "days_until_end": "days until the last of them ends",
    "median_gap": "median days between one record and the next",
    "shortest_gap": "fewest days between one record and the next",
    "streak": "periods of {days} days running, up to now, with a record in each",
    "mean_ratio": "ratio of the mean {of} of each record",
    "reached": "whether any {of} came to at least {at_least}",
    "new": "different values of {of} that no record had before",
    "most_repeated": "most records that share one {of}",
    "serial": "whether {of} has at least {at_least} different values",
    "near": "records with another at most {days} days before or after",
    "after": "records that follow another by 1 to {days} days",
}
EXAMPLE = 3.0
EXAMPLE_OF_A_NUMBER = 34.0

COMPARED = {
    "is": "",
    "is_not": "not ",
    "in": "",
    "not_in": "none of ",
    "at_least": "at least ",
    "at_most": "at most ",
    "above": "above ",
    "below": "below ",
    "between": "between ",
    "is_known": "known",
    "is_unknown": "not known",
}


@dataclass(frozen=True)
class Entry:
    """What the catalogue says of one feature.

    Parameters
    ----------
    feature : Feature
    measure : str
        How it is measured, as in "sum of harm days".
    example : str
        Its meaning in plain words, with a made-up value filled in.
    window : str
        Which days count.
    events : str
        Which records it looks at: the condition in words, or the attribute.
    missing : str
        What it means that nothing was found, and as what that counts.
    """

    feature: Feature
    measure: str
    example: str
    window: str
    events: str
    missing: str


def catalogue(features: Iterable[Feature], vocabulary: Vocabulary) -> tuple[Entry, ...]:
    """Return what each feature is, in the order of the features.

    Parameters
    ----------
    features : iterable of Feature
    vocabulary : Vocabulary
        Gives the plain words for types, agencies and columns.
    """
    return tuple(
        Entry(
            feature=feature,
            measure=_measure(feature, vocabulary),
            example=feature.describe(_example(feature)),
            window=_window(feature),
            events=_looks_at(feature, vocabulary),
            missing=_missing(feature),
        )
        for feature in features
    )


def _measure(feature: Feature, vocabulary: Vocabulary) -> str:
    words = feature.measure.replace("_", " ")
    if feature.measure in SAID:
        return SAID[feature.measure].format(
            of=vocabulary.names_of_events().get(str(feature.of), str(feature.of)).replace("_", " "),
            days=feature.period_days or feature.within_days,
            at_least=f"{feature.at_least or 0:g}",
        )
    if feature.of is None or feature.measure == "attribute":
        return words
    return f"{words} of {feature.of.replace('_', ' ')}"


def _example(feature: Feature) -> float:
    if isinstance(feature.meaning, Meaning):
        return 1.0
    if feature.measure == "attribute":
        return EXAMPLE_OF_A_NUMBER
    return EXAMPLES.get(feature.measure, EXAMPLE)


def _window(feature: Feature) -> str:
    recent, earlier = feature.recent_days, feature.earlier_days
    if recent is not None and earlier is not None:
        return f"the last {recent} days, against days {recent + 1} to {earlier}"
    if feature.measure == "attribute":
        of_person = str(feature.of).startswith("person.")
        return "on the as-of date" if of_person else "when the referral was made"
    if feature.measure in ("active", "days_until_end"):
        return "on the as-of date"
    if feature.measure == "streak":
        return "counted back from the as-of date"
    return window_words(feature.window_days)


def _looks_at(feature: Feature, vocabulary: Vocabulary) -> str:
    if feature.measure == "attribute":
        return _attribute(str(feature.of), feature.equals, vocabulary)
    whose = "" if feature.linked_by is None else _linked(feature.linked_by, vocabulary)
    told = "every record" if feature.where is None else _condition(feature.where, vocabulary)
    if feature.companion is None:
        return f"{whose}{told}"
    where = "near" if feature.measure == "near" else "after"
    return f"{whose}{told}; {where} another ({_condition(feature.companion, vocabulary)})"


def _linked(column: str, vocabulary: Vocabulary) -> str:
    if column == EACH_OTHER:
        return "of people of whom each is recorded as the other's victim, against this person: "
    name = vocabulary.names_of_events()[column]
    return f"of people linked by a shared {name} (one that at most {MOST_SHARING} people share): "


def _attribute(name: str, equals: str | None, vocabulary: Vocabulary) -> str:
    table, _, attribute = name.partition(".")
    known = (vocabulary.people if table == "person" else vocabulary.referrals).attributes
    words = known[attribute].meaning if attribute in known else attribute.replace("_", " ")
    value = "" if equals is None else f", if it is {equals.replace('_', ' ')}"
    return f"the {table} itself: {words}{value}" if table == "referral" else f"the person's {words}"


def _missing(feature: Feature) -> str:
    value = "unknown" if math.isnan(feature.when_none) else f"{feature.when_none:g}"
    return f"{feature.missing}; the value is then {value}"


def _condition(condition: Condition, vocabulary: Vocabulary, *, inside: bool = False) -> str:
    """Return a condition in words; what stands inside another is told apart by brackets."""
    match condition:
        case Test():
            return _test(condition, vocabulary)
        case Not(part):
            return f"not ({_condition(part, vocabulary)})"
        case All(parts):
            told = "; ".join(_condition(part, vocabulary, inside=True) for part in _flat(parts))
            return f"({told})" if inside else told
        case AnyOf(parts):
            told = " or ".join(f"({_condition(part, vocabulary)})" for part in parts)
            return f"either {told}"
        case SomeOf(number, parts):
            told = ", ".join(f"({_condition(part, vocabulary)})" for part in parts)
            return f"at least {number} of {told}"


def _flat(parts: Iterable[Condition]) -> list[Condition]:
    """Return the parts of an "all", with those of any "all" among them."""
    return [
        inner
        for part in parts
        for inner in (_flat(part.parts) if isinstance(part, All) else [part])
    ]


def _test(test: Test, vocabulary: Vocabulary) -> str:
    values = [_value(test.field, value, vocabulary) for value in test.value]
    last = " and " if test.operator == "between" else ", or "
    return f"{_field(test.field, vocabulary)}: {COMPARED[test.operator]}{_series(values, last)}"


def _field(name: str, vocabulary: Vocabulary) -> str:
    events = vocabulary.events
    if name in events.flags:
        return events.flags[name]
    if name in events.categories:
        return events.categories[name].meaning
    if name in events.numbers:
        column = events.numbers[name]
        return f"{column.meaning} ({column.unit})" if column.unit else column.meaning
    words = {"agency": "recorded by", **vocabulary.names_of_events()}
    return words.get(name, name.replace("_", " "))


def _value(field: str, value: object, vocabulary: Vocabulary) -> str:
    text = str(value)
    if isinstance(value, int | float):
        return number(float(value)) if value else "0"
    if field == "type" and text in vocabulary.types:
        return vocabulary.types[text].meaning
    if field == "agency":
        return vocabulary.agencies.get(text, text)
    return text.replace("_", " ")


def _series(values: Sequence[str], last: str) -> str:
    if len(values) <= 2:
        return last.lstrip(",").join(values)
    return f"{', '.join(values[:-1])}{last}{values[-1]}"
