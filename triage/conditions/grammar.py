"""What a condition is, and how it is read from YAML."""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal, TypeVar, get_args

import pydantic

from triage.errors import close_match

__all__ = [
    "All",
    "AnyOf",
    "Condition",
    "ConditionField",
    "Not",
    "Operator",
    "ParameterName",
    "SomeOf",
    "Test",
    "Value",
    "columns_of",
    "fields_of",
    "parameters_of",
    "parse_condition",
    "tests_of",
    "with_parameters",
]


@dataclass(frozen=True)
class ParameterName:
    """Stands for a value that has a name, a reason and dates of its own; rules alone have such."""

    name: str

    def __str__(self) -> str:
        return self.name


Plain = str | int | float | datetime.date
Value = Plain | ParameterName
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
COMPARING = ("is", "is_not", "at_least", "at_most", "above", "below")
LEAF = {"field", "operator", "value", "changed_since"}
SINCE = re.compile(r"(\d{1,5}) days?")
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
    than : str, optional
        Another column of numbers to compare with, instead of a value.
    since : int or date, optional
        Then it is the change of the field that is tested: its value now, less that on an earlier
        as-of date, which is so many days before this one, or that date.
    """

    __test__ = False  # not a test of pytest's

    field: str
    operator: Operator
    value: tuple[Value, ...]
    than: str = ""
    since: int | datetime.date | None = None

    @property
    def earlier(self) -> str:
        """The column that holds the field's value on the earlier as-of date; or empty."""
        return "" if self.since is None else f"{self.field}@{self.since}"

    def __str__(self) -> str:
        shown = (" and " if self.operator == "between" else ", ").join(map(str, self.value))
        what = self.field
        if self.since is not None:
            days = f"{self.since} days before" if isinstance(self.since, int) else self.since
            what = f"the change of {what} since {days}"
        return f"{what} {WORDS[self.operator]} {shown or self.than}".rstrip()


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
class SomeOf:
    """Yes where so many parts are yes, no where fewer could still be, else unknown."""

    number: int
    parts: tuple[Condition, ...]

    def __str__(self) -> str:
        return f"at least {self.number} of (" + "; ".join(map(str, self.parts)) + ")"


@dataclass(frozen=True)
class Not:
    """Yes where the part is no, no where it is yes, unknown where it is unknown."""

    part: Condition

    def __str__(self) -> str:
        return f"not {self.part}"


Condition = Test | All | AnyOf | SomeOf | Not


Parsed = TypeVar("Parsed", bound=Condition)


def parse_condition(content: Any) -> Condition:
    """Return the condition that a piece of YAML says.

    Three forms: a leaf ``{field: f, operator: at_least, value: 3}``; a connective ``{all: […]}``,
    ``{any: […]}``, ``{at_least: 2, of: […]}`` or ``{not: …}``; and the short form
    ``{kind: incident, type: [assault, rape]}``, which reads "kind is incident, and type is one of
    assault, rape". In a leaf, ``value`` may be ``{parameter: NAME}`` or, to compare with another
    column of numbers, ``{field: NAME}``; with ``changed_since: 90 days`` (or a date) the leaf tests
    the change of the field since then.

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
    >>> print(parse_condition({"at_least": 2, "of": [{"a": "yes"}, {"b": "yes"}, {"c": "yes"}]}))
    at least 2 of (a is yes; b is yes; c is yes)
    """
    if not isinstance(content, Mapping) or not content:
        raise ValueError(
            "a condition must be {field, operator, value}, {all: [...]}, {any: [...]}, "
            "{at_least: N, of: [...]}, {not: ...} or {column: value}"
        )
    keys = set(content)
    if keys & LEAF:
        return _parse_test(content)
    if "at_least" in keys:
        if keys != {"at_least", "of"}:
            raise ValueError("'at_least' and 'of' must stand together, and alone")
        return _parse_at_least(content["at_least"], content["of"])
    if keys & {"all", "any", "not"}:
        if len(keys) > 1:
            raise ValueError(
                f"'{min(keys & {'all', 'any', 'not'})}' must stand alone in its mapping"
            )
        (word,) = keys
        return _parse_connective(word, content[word])
    tests = _each(lambda item: _parse_short(str(item[0]), item[1]), content.items())
    return tests[0] if len(tests) == 1 else All(tests)


def _parse_connective(word: str, content: Any) -> Condition:
    if word == "not":
        return Not(parse_condition(content))
    if not isinstance(content, list) or not content:
        raise ValueError(f"'{word}' must hold a list of conditions")
    parts = _each(parse_condition, content)
    return All(parts) if word == "all" else AnyOf(parts)


def _parse_at_least(number: Any, parts: Any) -> SomeOf:
    if not isinstance(parts, list) or not parts:
        raise ValueError("'of' must hold a list of conditions")
    if not isinstance(number, int) or isinstance(number, bool) or not 1 <= number <= len(parts):
        raise ValueError(
            f"'at_least' must be a whole number from 1 to {len(parts)}, as there are so many parts"
        )
    return SomeOf(number, _each(parse_condition, parts))


def _each(parse: Callable[[Any], Parsed], contents: Iterable[Any]) -> tuple[Parsed, ...]:
    """Return what is parsed of each, or raise with all that is wrong with any."""
    parsed, wrong = [], []
    for content in contents:
        try:
            parsed.append(parse(content))
        except ValueError as error:
            wrong.append(str(error))
    if wrong:
        raise ValueError("; and ".join(dict.fromkeys(wrong)))
    return tuple(parsed)


def _parse_test(content: Mapping[str, Any]) -> Test:
    unknown = set(content) - LEAF
    if unknown:
        raise ValueError(
            "a test has field, operator and value, and may have changed_since, "
            f"and no '{min(unknown)}'"
        )
    field, operator = content.get("field"), _parse_operator(content.get("operator"))
    if not isinstance(field, str):
        raise ValueError("a test must name its field")
    since = _parse_since(field, content["changed_since"]) if "changed_since" in content else None
    if operator in WITHOUT_VALUE:
        if "value" in content:
            raise ValueError(f"'{operator}' on '{field}' takes no value")
        return Test(field, operator, (), since=since)
    if isinstance(content.get("value"), Mapping) and set(content["value"]) == {"field"}:
        return _parse_comparison(field, operator, content["value"]["field"], since)
    values = _parse_values(field, operator, content.get("value", []))
    return Test(field, operator, values, since=since)


def _parse_operator(operator: Any) -> Operator:
    operators: tuple[Operator, ...] = get_args(Operator)
    for one in operators:
        if one == operator:
            return one
    known = ", ".join(operators)
    raise ValueError(
        f"'{operator}' is not an operator ({known}). {close_match(str(operator), operators)}"
    )


def _parse_values(field: str, operator: Operator, given: Any) -> tuple[Value, ...]:
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
    return tuple(_value(field, value) for value in values)


def _parse_comparison(
    field: str, operator: Operator, other: Any, since: int | datetime.date | None
) -> Test:
    if operator not in COMPARING or not isinstance(other, str):
        raise ValueError(
            f"'{field}' is compared with another field by one of {', '.join(COMPARING)}, as in "
            "{field: a, operator: above, value: {field: b}}"
        )
    if since is not None:
        raise ValueError(f"'changed_since' on '{field}' takes a value, and not another field")
    return Test(field, operator, (), than=other)


def _parse_since(field: str, since: Any) -> int | datetime.date:
    if isinstance(since, datetime.date) and not isinstance(since, datetime.datetime):
        return since
    found = SINCE.fullmatch(since) if isinstance(since, str) else None
    if found is None or int(found[1]) < 1:
        raise ValueError(
            f"'changed_since' on '{field}' must be a number of days, as in '90 days', or a date"
        )
    return int(found[1])


def _check_ends(field: str, given: Any) -> None:
    number = len(given) if isinstance(given, list) else 1
    if number != 2:
        raise ValueError(f"'between' on '{field}' takes 2 values, got {number}")
    if any(isinstance(end, Mapping) for end in given):
        return
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
    if isinstance(value, Mapping):
        if set(value) != {"parameter"} or not isinstance(value["parameter"], str):
            raise ValueError(
                f"the value tested of '{field}' must be a word, a number or a date, or "
                "{parameter: NAME} or {field: NAME}"
            )
        return ParameterName(value["parameter"])
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
        case All(parts) | AnyOf(parts) | SomeOf(_, parts):
            for part in parts:
                yield from tests_of(part)


def fields_of(condition: Condition) -> frozenset[str]:
    """Return the names of all fields that are tested, or compared with."""
    return frozenset(
        field for test in tests_of(condition) for field in (test.field, test.than) if field
    )


def columns_of(condition: Condition) -> frozenset[str]:
    """Return all columns that are looked at: the fields, and those of an earlier as-of date."""
    earlier = frozenset(test.earlier for test in tests_of(condition) if test.earlier)
    return fields_of(condition) | earlier


def parameters_of(condition: Condition) -> frozenset[str]:
    """Return the names of all parameters that stand for values."""
    return frozenset(
        value.name
        for test in tests_of(condition)
        for value in test.value
        if isinstance(value, ParameterName)
    )


def with_parameters(condition: Condition, values: Mapping[str, Plain]) -> Condition:
    """Return a condition with values in place of the names of parameters.

    Raises
    ------
    KeyError
        A parameter has no value there.

    Examples
    --------
    >>> many = {"field": "incidents", "operator": "at_least", "value": {"parameter": "many"}}
    >>> print(with_parameters(parse_condition(many), {"many": 3}))
    incidents is at least 3
    """
    match condition:
        case Test():
            value = tuple(
                values[one.name] if isinstance(one, ParameterName) else one
                for one in condition.value
            )
            return replace(condition, value=value)
        case Not(part):
            return Not(with_parameters(part, values))
        case _:
            parts = tuple(with_parameters(part, values) for part in condition.parts)
            return replace(condition, parts=parts)


ConditionField = Annotated[Condition, pydantic.PlainValidator(parse_condition)]
"""A condition as the field of a document model."""
