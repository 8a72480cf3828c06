"""What a condition is, and how it is read from YAML."""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, get_args

import pydantic

from triage.errors import close_match

__all__ = [
    "All",
    "AnyOf",
    "Condition",
    "ConditionField",
    "Not",
    "Operator",
    "Test",
    "Value",
    "fields_of",
    "parse_condition",
    "tests_of",
]

Value = str | int | float | datetime.date
Operator = Literal[
    "is",
    "is_not",
    "in",
    "not_in",
    "at_least",
    "at_most",
    "above",
    "below",
    "between",
    "is_known",
    "is_unknown",
]
LISTS = ("in", "not_in")
WITHOUT_VALUE = ("is_known", "is_unknown")
WORDS = {
    "is": "is",
    "is_not": "is not",
    "in": "is one of",
    "not_in": "is none of",
    "at_least": "is at least",
    "at_most": "is at most",
    "above": "is above",
    "below": "is below",
    "between": "is between",
    "is_known": "is known",
    "is_unknown": "is not known",
}


@dataclass(frozen=True)
class Test:
    """A leaf: one field tested against a value.

    Parameters
    ----------
    field : str
        The column that is tested.
    operator : str
        ``is``, ``is_not``, ``in``, ``not_in``, ``at_least``, ``at_most``, ``above``, ``below``,
        ``between`` (both ends included), ``is_known`` or ``is_unknown``.
    value : tuple
        The values tested against: one, or those of the list, or none.
    """

    __test__ = False  # not a test of pytest's

    field: str
    operator: Operator
    value: tuple[Value, ...]

    def __str__(self) -> str:
        shown = (" and " if self.operator == "between" else ", ").join(map(str, self.value))
        return f"{self.field} {WORDS[self.operator]} {shown}".rstrip()


@dataclass(frozen=True)
class All:
    """Yes where every part is yes, no where one is no, else unknown."""

    parts: tuple[Condition, ...]

    def __str__(self) -> str:
        return "(" + " and ".join(map(str, self.parts)) + ")"


@dataclass(frozen=True)
class AnyOf:
    """Yes where one part is yes, no where every one is no, else unknown."""

    parts: tuple[Condition, ...]

    def __str__(self) -> str:
        return "(" + " or ".join(map(str, self.parts)) + ")"


@dataclass(frozen=True)
class Not:
    """Yes where the part is no, no where it is yes, unknown where it is unknown."""

    part: Condition

    def __str__(self) -> str:
        return f"not {self.part}"


Condition = Test | All | AnyOf | Not


def parse_condition(content: Any) -> Condition:
    """Return the condition that a piece of YAML says.

    Three forms: a leaf ``{field: f, operator: at_least, value: 3}``; a connective ``{all: […]}``,
    ``{any: […]}`` or ``{not: …}``; and the short form ``{kind: incident, type: [assault, rape]}``,
    which reads "kind is incident, and type is one of assault, rape".

    Raises
    ------
    ValueError
        Saying what is wrong; the readers of documents add the file and the line.

    Examples
    --------
    >>> print(parse_condition({"kind": "incident", "type": ["assault", "rape"]}))
    (kind is incident and type is one of assault, rape)
    >>> print(parse_condition({"not": {"field": "age", "operator": "below", "value": 16}}))
    not age is below 16
    """
    if not isinstance(content, Mapping) or not content:
        raise ValueError(
            "a condition must be {field, operator, value}, {all: [...]}, {any: [...]}, "
            "{not: ...} or {column: value}"
        )
    keys = set(content)
    if keys & {"field", "operator", "value"}:
        return _parse_test(content)
    if keys & {"all", "any", "not"}:
        if len(keys) > 1:
            raise ValueError(
                f"'{min(keys & {'all', 'any', 'not'})}' must stand alone in its mapping"
            )
        (word,) = keys
        return _parse_connective(word, content[word])
    tests = tuple(_parse_short(str(field), value) for field, value in content.items())
    return tests[0] if len(tests) == 1 else All(tests)


def _parse_connective(word: str, content: Any) -> Condition:
    if word == "not":
        return Not(parse_condition(content))
    if not isinstance(content, list) or not content:
        raise ValueError(f"'{word}' must hold a list of conditions")
    parts = tuple(parse_condition(part) for part in content)
    return All(parts) if word == "all" else AnyOf(parts)


def _parse_test(content: Mapping[str, Any]) -> Test:
    unknown = set(content) - {"field", "operator", "value"}
    if unknown:
        raise ValueError(f"a test has field, operator and value, and no '{min(unknown)}'")
    field, operator = content.get("field"), content.get("operator")
    if not isinstance(field, str):
        raise ValueError("a test must name its field")
    operators: tuple[Operator, ...] = get_args(Operator)
    if operator not in operators:
        known = ", ".join(operators)
        raise ValueError(
            f"'{operator}' is not an operator ({known}). {close_match(str(operator), operators)}"
        )
    if operator in WITHOUT_VALUE:
        if "value" in content:
            raise ValueError(f"'{operator}' on '{field}' takes no value")
        return Test(field, operator, ())
    given = content.get("value", [])
    if operator in LISTS:
        if not isinstance(given, list) or not given:
            raise ValueError(f"'{operator}' on '{field}' must be given a list of values")
    elif operator == "between":
        _check_ends(field, given)
    elif isinstance(given, list):
        mend = "; write 'in'" if operator == "is" and given else ""
        got = "a list" if given else "none"
        raise ValueError(f"'{operator}' on '{field}' takes 1 value, not {got}{mend}")
    values = given if isinstance(given, list) else [given]
    return Test(field, operator, tuple(_value(field, value) for value in values))


def _check_ends(field: str, given: Any) -> None:
    number = len(given) if isinstance(given, list) else 1
    if number != 2:
        raise ValueError(f"'between' on '{field}' takes 2 values, got {number}")
    try:
        in_order = not given[0] > given[1]
    except TypeError:
        raise ValueError(f"'between' on '{field}' takes 2 values of one kind") from None
    if not in_order:
        raise ValueError(f"'between' on '{field}' takes its lower value first")


def _parse_short(field: str, given: Any) -> Test:
    if isinstance(given, list):
        if not given:
            raise ValueError(f"the list of values of '{field}' is empty")
        return Test(field, "in", tuple(_value(field, value) for value in given))
    return Test(field, "is", (_value(field, given),))


def _value(field: str, value: Any) -> Value:
    if isinstance(value, bool) or not isinstance(value, str | int | float | datetime.date):
        raise ValueError(
            f"the value tested of '{field}' must be a word, a number or a date (an answer is one "
            f"of yes, no, unknown, not_asked)"
        )
    if isinstance(value, float) and math.isnan(value):
        raise ValueError(f"the value tested of '{field}' must not be 'not a number'")
    if isinstance(value, datetime.datetime):
        raise ValueError(f"the value tested of '{field}' must be a date without a time")
    return value


def tests_of(condition: Condition) -> Iterator[Test]:
    """Yield the leaves from left to right."""
    match condition:
        case Test():
            yield condition
        case Not(part):
            yield from tests_of(part)
        case All(parts) | AnyOf(parts):
            for part in parts:
                yield from tests_of(part)


def fields_of(condition: Condition) -> frozenset[str]:
    """Return the names of all fields that are tested."""
    return frozenset(test.field for test in tests_of(condition))


ConditionField = Annotated[Condition, pydantic.PlainValidator(parse_condition)]
"""A condition as the field of a document model."""
