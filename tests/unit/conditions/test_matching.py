"""Whether a condition fits its columns, told before any data is read."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from triage.conditions import Kinds, mismatches, parse_condition

KINDS: Kinds = {
    "age": "number",
    "weapon": "answer",
    "left_on": "date",
    "source": "text",
    "type": ["arson", "rape"],
}


def told(content: Any) -> list[str]:
    return list(mismatches(parse_condition(content), KINDS, made_by="nobody makes"))


@pytest.mark.parametrize(
    "content",
    [
        {"age": 16},
        {"field": "age", "operator": "between", "value": [16, 17.5]},
        {"weapon": ["yes", "not_asked"]},
        {"field": "left_on", "operator": "above", "value": datetime.date(2025, 1, 1)},
        {"source": "anything"},
        {"type": "rape"},
        {"field": "type", "operator": "is_unknown"},
    ],
)
def test_what_fits_is_passed_over(content: Any) -> None:
    assert told(content) == []


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ({"weapn": "yes"}, "tests 'weapn', which nobody makes. Did you mean 'weapon'?"),
        ({"zzz": "yes"}, "tests 'zzz', which nobody makes."),
        ({"field": "zzz", "operator": "is_known"}, "tests 'zzz', which nobody makes."),
        ({"age": "old"}, "tests 'age' against 'old', but it is a number"),
        ({"left_on": 3}, "tests 'left_on' against 3, but it is a date"),
        ({"age": datetime.date(2025, 1, 1)}, "but it is a number"),
        ({"weapon": 1}, "tests 'weapon' against 1, but it is one of yes, no"),
        ({"weapon": "true"}, "an answer is one of yes, no, unknown, not_asked"),
        ({"source": 3}, "tests 'source' against 3, but it is a text"),
        (
            {"field": "weapon", "operator": "at_least", "value": "yes"},
            "tests 'weapon' with 'at_least', but it has no order",
        ),
        (
            {"field": "type", "operator": "above", "value": "arson"},
            "tests 'type' with 'above', but its values have no order",
        ),
        ({"type": "rap"}, "which is not one of its values. Did you mean 'rape'?"),
        ({"type": 3}, "tests 'type' against '3', which is not one of its values."),
        ({"age": {"parameter": "old"}}, "a change or a parameter, as only rules may"),
        ({"field": "age", "operator": "above", "value": {"field": "age"}}, "as only rules may"),
        (
            {"field": "age", "changed_since": "90 days", "operator": "is", "value": 0},
            "tests 'age' against another field, a change or a parameter, as only rules may",
        ),
    ],
)
def test_what_does_not_fit_is_told(content: Any, expected: str) -> None:
    (sentence,) = told(content)
    assert expected in sentence


def test_what_rules_may_compare_are_numbers_that_there_are() -> None:
    def of_rule(other: str, field: str = "age") -> list[str]:
        compared = {"field": field, "operator": "above", "value": {"field": other}}
        condition = parse_condition(compared)
        return list(mismatches(condition, KINDS, made_by="nobody makes", of_rules=True))

    assert of_rule("age") == []
    assert of_rule("agee") == ["compares with 'agee', which nobody makes. Did you mean 'age'?"]
    assert of_rule("left_on") == ["compares 'left_on' with another number, but it is none"]
    assert "tests 'type' with 'above', but its values have no order" in of_rule("age", "type")


def test_every_misfit_is_told_at_once() -> None:
    assert len(told({"all": [{"weapn": "yes"}, {"type": ["rap", "arsn"]}, {"age": "x"}]})) == 4
