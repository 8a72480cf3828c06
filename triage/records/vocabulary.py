"""The words of a workspace's case histories: ``configs/vocabulary.yaml``."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

import pydantic

from triage.conditions import Kinds
from triage.errors import ConfigurationError, Problem, close_match
from triage.workspace import Strict, as_far_as_read, gather_document, line_of

__all__ = ["Attribute", "EventType", "Vocabulary", "read_vocabulary"]

NAME = r"^[a-z][a-z0-9_]*$"
RESERVED = (
    "event_id",
    "person_id",
    "happened_on",
    "known_on",
    "ended_on",
    "source",
    "agency",
    "kind",
    "type",
    "harm_class",
    "harm_days",
    "victim_id",
    "withdrawn",
)
"""Columns that every event has, whatever the workspace."""


class EventType(Strict):
    """One type of event: its kind, its meaning in plain words, its class on the harm scales."""

    kind: str
    meaning: str
    harm_class: str | None = None


class Attribute(Strict):
    """Something that is known of a person or of a referral itself.

    Parameters
    ----------
    kind : {"category", "number", "date", "answer", "text"}
    meaning : str
    values : list of str
        What a category may be.
    unit : str
    audit_only : bool
        A protected characteristic, or a proxy of one: no feature, rule or model may use it.
    held_by : list of str
        The agencies to ask where it is not known; without any, the agency that referred.
    """

    kind: Literal["category", "number", "date", "answer", "text"]
    meaning: str
    values: list[str] = []
    unit: str = ""
    audit_only: bool = False
    held_by: list[str] = []

    @pydantic.model_validator(mode="after")
    def _categories_have_values(self) -> Attribute:
        if (self.kind == "category") != bool(self.values):
            raise ValueError("a category lists its values, and nothing else does")
        return self


class EventNumber(Strict):
    """A number that an event may carry, its unit, and the agencies to ask for it."""

    meaning: str
    unit: str = ""
    held_by: list[str] = []


class EventCategory(Strict):
    """A choice that an event may carry, and its values."""

    meaning: str
    values: list[str]


class EventColumns(Strict):
    """The columns that events have beside those that every event has.

    Parameters
    ----------
    flags : dict of str to str
        Question, answered with yes or no → what a yes means.
    numbers : dict of str to EventNumber
    categories : dict of str to EventCategory
    names : dict of str to str
        Free names of whom or what an event is about beside its victim, such as the id of an
        address → what they name. People may be linked by them.
    """

    flags: dict[str, str] = {}
    numbers: dict[str, EventNumber] = {}
    categories: dict[str, EventCategory] = {}
    names: dict[str, str] = {}


class Attributes(Strict):
    """The columns that people or referrals have beside those that every one has."""

    attributes: dict[str, Attribute] = {}


class Vocabulary(Strict):
    """All the words that records, pipelines, rules and outcomes may use.

    Parameters
    ----------
    agencies : dict of str to str
        Agency → its name in plain words.
    kinds : dict of str to str
        Kind of event → what it is.
    types : dict of str to EventType
    events : EventColumns
    people, referrals : Attributes
    """

    agencies: dict[str, str]
    kinds: dict[str, str]
    types: dict[str, EventType]
    events: EventColumns = EventColumns()
    people: Attributes = Attributes()
    referrals: Attributes = Attributes()

    @property
    def harm_classes(self) -> tuple[str, ...]:
        """Every harm class that some type names, in order of first mention."""
        return tuple(dict.fromkeys(t.harm_class for t in self.types.values() if t.harm_class))

    def event_fields(self) -> Kinds:
        """Return the columns of an event that a condition may test, and what each may hold.

        The extract's name (``source``) is a text here, since sources are declared elsewhere.
        """
        return {
            "kind": list(self.kinds),
            "type": list(self.types),
            "agency": list(self.agencies),
            "source": "text",
            "harm_class": self.harm_classes,
            "victim_id": "text",
            "harm_days": "number",
            **dict.fromkeys(self.events.flags, "answer"),
            **dict.fromkeys(self.events.numbers, "number"),
            **{name: category.values for name, category in self.events.categories.items()},
            **dict.fromkeys(self.events.names, "text"),
        }

    def names_of_events(self) -> dict[str, str]:
        """Return the columns of events that hold free names, and what each names."""
        return {"victim_id": "victim", **self.events.names}

    def attribute_fields(self, *, audit: bool = False) -> Kinds:
        """Return the attributes of people and referrals that a condition may test.

        Parameters
        ----------
        audit : bool
            Whether those for audit only are among them.

        Returns
        -------
        mapping of str
            ``person.NAME`` or ``referral.NAME`` → its values or kind. ``person.age`` (years on
            the as-of date) and ``referral.agency`` are always there.
        """
        fields: dict[str, list[str] | Literal["number", "answer", "date", "text"]] = {
            "person.age": "number",
            "referral.agency": list(self.agencies),
        }
        for table, attributes in (("person", self.people), ("referral", self.referrals)):
            for name, attribute in attributes.attributes.items():
                if audit or not attribute.audit_only:
                    fields[f"{table}.{name}"] = (
                        attribute.values if attribute.kind == "category" else attribute.kind
                    )
        return fields

    def audit_only(self) -> frozenset[str]:
        """Return the names (``person.NAME``, ``referral.NAME``) that no feature may use."""
        return frozenset(self.attribute_fields(audit=True)) - frozenset(self.attribute_fields())


def read_vocabulary(path: Path, *, root: Path | None = None) -> Vocabulary:
    """Return the vocabulary of a workspace.

    Parameters
    ----------
    path : Path
        ``configs/vocabulary.yaml``.
    root : Path, optional
        Messages name the file relative to this folder.

    Raises
    ------
    ConfigurationError
        With every problem: a type of an unknown kind, a name used twice among the columns of an
        event, a holder that is no agency, a name that is not lower case with underscores.
    """
    where = str(path.relative_to(root) if root else path)
    vocabulary, problems = gather_document(path, Vocabulary, name=where)
    problems += [
        Problem(f"{where}, line {line_of(path, keys)}", must, mend=mend)
        for keys, must, mend in _contradictions(vocabulary)
    ]
    if problems:
        raise ConfigurationError(problems)
    return vocabulary


Contradiction = tuple[list[str | int], str, str]


def _contradictions(vocabulary: Vocabulary) -> Iterator[Contradiction]:
    yield from _unknown_kinds(vocabulary)
    yield from _taken_columns(vocabulary)
    yield from _unknown_holders(vocabulary)
    yield from _wrong_names(vocabulary)


@as_far_as_read
def _unknown_kinds(vocabulary: Vocabulary) -> Iterator[Contradiction]:
    for name, event_type in vocabulary.types.items():
        if "kind" not in event_type.unread and event_type.kind not in vocabulary.kinds:
            yield (
                ["types", name],
                f"the type '{name}' is of the kind '{event_type.kind}', which is not in 'kinds'",
                close_match(event_type.kind, vocabulary.kinds),
            )


@as_far_as_read
def _taken_columns(vocabulary: Vocabulary) -> Iterator[Contradiction]:
    events = vocabulary.events
    taken = set(RESERVED)
    for part, names in (
        ("flags", events.flags),
        ("numbers", events.numbers),
        ("categories", events.categories),
        ("names", events.names),
    ):
        for name in names:
            if name in taken:
                yield (
                    ["events", part, name],
                    f"the event column '{name}' is declared twice or is one that every event has",
                    "Rename it.",
                )
            taken.add(name)


@as_far_as_read
def _unknown_holders(vocabulary: Vocabulary) -> Iterator[Contradiction]:
    for keys, agency in _holders(vocabulary):
        if agency not in vocabulary.agencies:
            yield (
                keys,
                f"'held_by' names '{agency}', which is not in 'agencies'",
                close_match(agency, vocabulary.agencies),
            )


def _wrong_names(vocabulary: Vocabulary) -> Iterator[Contradiction]:
    for keys, name in _names(vocabulary):
        if not re.match(NAME, name):
            yield keys, f"the name '{name}' must be of a-z, 0-9 and _", "Rename it."


HOLDERS = (("events", "numbers"), ("people", "attributes"), ("referrals", "attributes"))
NAMED = (
    ("agencies",),
    ("kinds",),
    ("types",),
    ("events", "flags"),
    ("events", "numbers"),
    ("events", "categories"),
    ("events", "names"),
    ("people", "attributes"),
    ("referrals", "attributes"),
)
"""Where the vocabulary names somebody who holds a fact, and where it gives names."""


def _holders(vocabulary: Vocabulary) -> Iterator[tuple[list[str | int], str]]:
    for place in HOLDERS:
        for name, one in _entries(vocabulary, place):
            for position, agency in enumerate(() if "held_by" in one.unread else one.held_by):
                yield [*place, name, "held_by", position], agency


def _names(vocabulary: Vocabulary) -> Iterator[tuple[list[str | int], str]]:
    for place in NAMED:
        for name, _ in _entries(vocabulary, place):
            yield [*place, name], name


@as_far_as_read
def _entries(vocabulary: Vocabulary, place: Sequence[str]) -> Iterator[tuple[str, Any]]:
    yield from functools.reduce(getattr, place, vocabulary).items()  # type: ignore[attr-defined]
