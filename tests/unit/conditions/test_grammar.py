"""Reading a condition: what is understood, and what is refused and how."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from triage.conditions import (
    All,
    AnyOf,
    Not,
    ParameterName,
    SomeOf,
    Test,
    columns_of,
    evaluate,
    fields_of,
    parameters_of,
    parse_condition,
    with_parameters,
)
from triage.conditions import tests_of as leaves_of


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (
            {"field": "age", "operator": "at_least", "value": 16},
            Test("age", "at_least", (16,)),
        ),
        (
            {"field": "age", "operator": "between", "value": [16, 25]},
            Test("age", "between", (16, 25)),
        ),
        ({"field": "age", "operator": "is_known"}, Test("age", "is_known", ())),
        ({"kind": "incident"}, Test("kind", "is", ("incident",))),
        ({"type": ["rape", "arson"]}, Test("type", "in", ("rape", "arson"))),
        (
            {"made_on": datetime.date(2025, 1, 1)},
            Test("made_on", "is", (datetime.date(2025, 1, 1),)),
        ),
        (
            {"kind": "incident", "domestic": "yes"},
            All((Test("kind", "is", ("incident",)), Test("domestic", "is", ("yes",)))),
        ),
        (
            {"any": [{"a": 1}, {"not": {"b": 2}}]},
            AnyOf((Test("a", "is", (1,)), Not(Test("b", "is", (2,))))),
        ),
        (
            {"at_least": 2, "of": [{"a": 1}, {"b": 2}]},
            SomeOf(2, (Test("a", "is", (1,)), Test("b", "is", (2,)))),
        ),
        (
            {"field": "a", "operator": "above", "value": {"field": "b"}},
            Test("a", "above", (), than="b"),
        ),
        (
            {"field": "a", "operator": "above", "value": {"parameter": "many"}},
            Test("a", "above", (ParameterName("many"),)),
        ),
        (
            {"field": "a", "changed_since": "1 day", "operator": "above", "value": 0},
            Test("a", "above", (0,), since=1),
        ),
        (
            {
                "field": "a",
                "changed_since": datetime.date(2026, 1, 1),
                "operator": "between",
                "value": [1, {"parameter": "many"}],
            },
            Test("a", "between", (1, ParameterName("many")), since=datetime.date(2026, 1, 1)),
        ),
    ],
)
def test_each_form_is_understood(content: Any, expected: Any) -> None:
    assert parse_condition(content) == expected


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([], "a condition must be"),
        ({}, "a condition must be"),
        (None, "a condition must be"),
        ("age >= 16", "a condition must be"),
        ({"all": []}, "'all' must hold a list"),
        ({"any": {"a": 1}}, "'any' must hold a list"),
        ({"all": [{"a": 1}], "b": 2}, "'all' must stand alone"),
        ({"not": {"a": 1}, "any": [{"a": 1}]}, "'any' must stand alone"),
        ({"not": []}, "a condition must be"),
        ({"operator": "is", "value": 1}, "must name its field"),
        ({"field": "a", "operator": "is", "value": 1, "unit": "days"}, "no 'unit'"),
        ({"field": "a", "operator": "at_leest", "value": 1}, "Did you mean 'at_least'"),
        ({"field": "a", "operator": ["is"], "value": 1}, "is not an operator"),
        ({"field": "a", "value": 1}, "'None' is not an operator"),
        ({"field": "a", "operator": "is"}, "'is' on 'a' takes 1 value"),
        ({"field": "a", "operator": "is", "value": [1]}, "takes 1 value, not a list; write 'in'"),
        ({"field": "a", "operator": "at_least", "value": [1]}, "takes 1 value, not a list"),
        ({"field": "a", "operator": "between", "value": [1]}, "takes 2 values, got 1"),
        ({"field": "a", "operator": "between", "value": [1, 2, 3]}, "takes 2 values, got 3"),
        ({"field": "a", "operator": "between", "value": [2, 1]}, "'between' on 'a' .* lower value"),
        ({"field": "a", "operator": "between", "value": [1, "x"]}, "'between' on 'a' .* one kind"),
        ({"field": "a", "operator": "is_known", "value": 1}, "takes no value"),
        ({"field": "a", "operator": "in", "value": 1}, "must be given a list"),
        ({"field": "a", "operator": "in", "value": []}, "must be given a list"),
        ({"a": []}, "list of values of 'a' is empty"),
        ({"a": None}, "must be a word, a number or a date"),
        ({"a": True}, "must be a word, a number or a date"),
        ({"a": {"b": 1}}, "must be a word, a number or a date"),
        ({"a": float("nan")}, "must not be 'not a number'"),
        ({"field": "a", "operator": "at_least", "value": float("nan")}, "'not a number'"),
        ({"a": datetime.datetime(2025, 1, 1, 9)}, "a date without a time"),
        ({"at_least": 0, "of": [{"a": 1}]}, "'at_least' must be a whole number from 1 to 1"),
        ({"at_least": 2, "of": [{"a": 1}]}, "'at_least' must be a whole number from 1 to 1"),
        ({"at_least": True, "of": [{"a": 1}]}, "'at_least' must be a whole number"),
        ({"at_least": 1, "of": []}, "'of' must hold a list"),
        ({"at_least": 1, "any": [{"a": 1}]}, "'at_least' and 'of' must stand together"),
        ({"a": {"parameter": 3}}, "must be a word, a number or a date, or {parameter: NAME}"),
        ({"field": "a", "operator": "between", "value": {"field": "b"}}, "by one of is, is_not"),
        (
            {"field": "a", "operator": "is", "value": {"field": "b"}, "changed_since": "3 days"},
            "'changed_since' on 'a' takes a value, and not another field",
        ),
        *(
            (
                {"field": "a", "operator": "is", "value": 1, "changed_since": since},
                "'changed_since' on 'a' must be a number of days",
            )
            for since in (90, "0 days", "-1 days", "last list", "90", None)
        ),
    ],
)
def test_what_is_no_condition_is_refused(content: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse_condition(content)


def test_leaves_come_from_left_to_right() -> None:
    condition = parse_condition(
        {"all": [{"a": 1}, {"any": [{"not": {"b": 1}}, {"a": 2}]}, {"c": 3}]}
    )
    assert [str(test) for test in leaves_of(condition)] == ["a is 1", "b is 1", "a is 2", "c is 3"]
    assert fields_of(condition) == {"a", "b", "c"}


def test_what_a_condition_looks_at_is_told() -> None:
    many = {"field": "a", "operator": "above", "value": {"parameter": "many"}}
    changed = {"field": "b", "changed_since": "90 days", "operator": "is", "value": 0}
    compared = {"field": "c", "operator": "below", "value": {"field": "d"}}
    condition = parse_condition({"at_least": 2, "of": [many, {"not": changed}, compared]})
    assert fields_of(condition) == {"a", "b", "c", "d"}
    assert columns_of(condition) == {"a", "b", "b@90", "c", "d"}
    assert parameters_of(condition) == {"many"}
    assert str(with_parameters(condition, {"many": 3})) == (
        "at least 2 of (a is above 3; not the change of b since 90 days before is 0; c is below d)"
    )
    with pytest.raises(TypeError, match="a parameter stands in 'a is above many'"):
        evaluate(condition, {})


def test_a_condition_reads_as_a_sentence() -> None:
    condition = parse_condition(
        {
            "all": [
                {"type": ["rape", "arson"]},
                {"not": {"field": "age", "operator": "between", "value": [16, 25]}},
                {"field": "area", "operator": "is_unknown"},
            ]
        }
    )
    assert str(condition) == (
        "(type is one of rape, arson and not age is between 16 and 25 and area is not known)"
    )


def test_all_parts_that_are_no_condition_are_told_at_once() -> None:
    parts = [{"weapon": True}, {"of": []}, {"weapon": "yes"}, {"all": [{"field": "a"}, {"b": []}]}]
    with pytest.raises(ValueError, match=r"weapon.*; and .*'of' is empty; and .*operator.*'b' is"):
        parse_condition({"any": parts})
