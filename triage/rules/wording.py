"""How a fact is told in plain words, wherever a rule's reason names it."""

from __future__ import annotations

import datetime
import string
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol

import numpy as np

from triage.conditions import (
    UNKNOWN_DAY,
    Answer,
    Answers,
    Categories,
    Column,
    Days,
    Numbers,
    date_words,
)
from triage.features import Feature
from triage.records import Vocabulary
from triage.rules.dependencies import LIST_RANK, MODEL_FIELDS, RULE

__all__ = [
    "Wording",
    "as_sentence",
    "fill_in",
    "parameters_named",
    "placeholders_of",
    "tell_all",
    "with_parameters_told",
    "wordings_of",
]

FACTS = "facts"
"""The placeholder that stands for the facts that decided a rule."""

PARAMETER = "parameter."
"""Begins the placeholder of a parameter."""

ANSWERED = {
    Answer.YES: "{}",
    Answer.NO: "it is not so that {}",
    Answer.UNKNOWN: "it is not known whether {}",
    Answer.NOT_ASKED: "nobody has asked whether {}",
}


class Wording(Protocol):
    """Tells the value of one field."""

    def __call__(self, column: Column, row: int) -> str:
        """Return the value in a row in plain words."""


@dataclass(frozen=True)
class _FeatureWording:
    feature: Feature

    def __call__(self, column: Column, row: int) -> str:
        assert isinstance(column, Numbers)  # noqa: S101 - features are numbers
        return self.feature.describe(float(column.values[row]))


@dataclass(frozen=True)
class _AttributeWording:
    meaning: str
    names: Mapping[str, str]
    unit: str = ""

    def __call__(self, column: Column, row: int) -> str:
        match column:
            case Answers(codes):
                return ANSWERED[Answer(int(codes[row]))].format(self.meaning)
            case Categories(codes, names):
                name = names[codes[row]] if codes[row] >= 0 else "not known"
                return f"{self.meaning}: {self.names.get(name, name.replace('_', ' '))}"
            case Days(days):
                return f"{self.meaning}: {_date(int(days[row]))}"
            case Numbers(values):
                known = f"{values[row]:g} {self.unit}".rstrip()
                return f"{self.meaning}: {'not known' if np.isnan(values[row]) else known}"


def wordings_of(
    features: Iterable[Feature],
    vocabulary: Vocabulary,
    rules: Mapping[str, str] = MappingProxyType({}),
) -> dict[str, Wording]:
    """Return how to tell each field that rules may name.

    Parameters
    ----------
    features : iterable of Feature
        All features that the pipelines make; each tells its own values.
    vocabulary : Vocabulary
        Gives the meaning of the attributes of people and referrals. Those for audit only are
        not among the fields.
    rules : mapping of str to str, optional
        The titles of the rules that other rules may ask about, by their ids.
    """
    told: dict[str, Wording] = {feature.name: _FeatureWording(feature) for feature in features}
    for name, meaning in {**MODEL_FIELDS, LIST_RANK: "its place on the list"}.items():
        told[name] = _AttributeWording(meaning, {})
    for name, title in rules.items():
        told[f"{RULE}{name}"] = _AttributeWording(f"the rule “{title}” applies", {})
    told["person.age"] = _AttributeWording("age", {}, "years")
    told["referral.agency"] = _AttributeWording("referred by", vocabulary.agencies)
    for prefix, table in (("person", vocabulary.people), ("referral", vocabulary.referrals)):
        for name, attribute in table.attributes.items():
            if not attribute.audit_only:
                told[f"{prefix}.{name}"] = _AttributeWording(attribute.meaning, {}, attribute.unit)
    return told


def placeholders_of(template: str) -> tuple[str, ...]:
    """Return the fields that stand in braces in a reason, from left to right.

    ``{facts}`` is no field: it stands for whatever decided the rule; nor is ``{parameter.NAME}``.

    Raises
    ------
    ValueError
        A brace is open or closed alone, or a placeholder holds more than a name.

    Examples
    --------
    >>> placeholders_of("Too young ({person.age}): {facts}.")
    ('person.age',)
    """
    return tuple(field for field in _braces(template) if not field.startswith(PARAMETER))


def parameters_named(template: str) -> frozenset[str]:
    """Return the parameters that stand in braces in a reason.

    Examples
    --------
    >>> sorted(parameters_named("Counts from {parameter.many} on: {facts}."))
    ['many']
    """
    return frozenset(
        field.removeprefix(PARAMETER) for field in _braces(template) if field.startswith(PARAMETER)
    )


def with_parameters_told(template: str, told: Mapping[str, str]) -> str:
    """Return a reason with words in place of its parameters.

    Examples
    --------
    >>> with_parameters_told("Counts from {parameter.many} on: {facts}.", {"many": "3 incidents"})
    'Counts from 3 incidents on: {facts}.'
    """
    for name, words in told.items():
        as_text = words.replace("{", "{{").replace("}", "}}")
        template = template.replace(f"{{{PARAMETER}{name}}}", as_text)
    return template


def _braces(template: str) -> tuple[str, ...]:
    fields = []
    for _, field, form, conversion in string.Formatter().parse(template):
        if field is None:
            continue
        if not field or form or conversion:
            raise ValueError("a placeholder is the name of a field in braces, and nothing else")
        if field != FACTS:
            fields.append(field)
    return tuple(fields)


def fill_in(template: str, tell: Callable[[str], str], decided_by: Iterable[str]) -> str:
    """Return a reason with its placeholders replaced.

    Parameters
    ----------
    template : str
    tell : callable
        Returns what is known of a field, in plain words.
    decided_by : iterable of str
        The fields that ``{facts}`` stands for.
    """
    parts = []
    for literal, field, _, _ in string.Formatter().parse(template):
        parts.append(literal)
        if field == FACTS:
            parts.append(tell_all(tell, decided_by))
        elif field is not None:
            parts.append(tell(field))
    return as_sentence("".join(parts))


def tell_all(tell: Callable[[str], str], fields: Iterable[str]) -> str:
    """Return what is known of some fields, each told once."""
    return "; ".join(dict.fromkeys(tell(field) for field in dict.fromkeys(fields)))


def as_sentence(text: str) -> str:
    """Return a text with a capital first letter."""
    return text[:1].upper() + text[1:]


def _date(day: int) -> str:
    if day == UNKNOWN_DAY:
        return "not known"
    return date_words(datetime.date(1970, 1, 1) + datetime.timedelta(days=day))
