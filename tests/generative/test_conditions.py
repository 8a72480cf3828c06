"""Conditions against a referee in plain Python, and the laws of Kleene's three-valued logic.

The referee answers one row at a time with True, False or None, and shares no code with the vector
operations.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from triage.conditions import (
    UNKNOWN_DAY,
    All,
    Answer,
    Answers,
    AnyOf,
    Categories,
    Column,
    Condition,
    Days,
    Not,
    Numbers,
    SomeOf,
    Test,
    Truth,
    evaluate,
    parse_condition,
)
from triage.conditions import (
    tests_of as leaves_of,
)

EPOCH = datetime.date(1970, 1, 1)
NAMES = ["assault", "stalking", "arson"]
WORDS = ["no", "yes", "unknown", "not_asked"]
TRUTHS = {True: Truth.YES, False: Truth.NO, None: Truth.UNKNOWN}

numbers = st.sampled_from([-1.0, 0.0, 0.5, 1.0, 2.0, 3.0])
dates = st.integers(0, 6).map(lambda days: datetime.date(2025, 1, 1) + datetime.timedelta(days))
rows = st.fixed_dictionaries(
    {
        "number": st.none() | numbers,
        "date": st.none() | dates,
        "category": st.none() | st.sampled_from(NAMES),
        "answer": st.sampled_from(WORDS),
    }
)
tables = st.lists(rows, min_size=1, max_size=8)
VALUES = {
    "number": numbers,
    "date": dates,
    "category": st.sampled_from(NAMES),
    "answer": st.sampled_from(WORDS),
}


@st.composite
def leaves(draw: st.DrawFn, *, answers: list[str] = WORDS, known: bool = True) -> Test:
    field = draw(st.sampled_from(sorted(VALUES)))
    values = st.sampled_from(answers) if field == "answer" else VALUES[field]
    operators = ["is", "is_not", "in", "not_in"]
    if known:
        operators += ["is_known", "is_unknown"]
    if field in ("number", "date"):
        operators += ["at_least", "at_most", "above", "below", "between"]
    operator = draw(st.sampled_from(operators))
    match operator:
        case "in" | "not_in":
            value = draw(st.lists(values, min_size=1, max_size=3))
        case "between":
            value = sorted(draw(st.tuples(values, values)))
        case "is_known" | "is_unknown":
            value = []
        case _:
            value = [draw(values)]
    return Test(field, operator, tuple(value))


def trees(leaf: st.SearchStrategy[Test]) -> st.SearchStrategy[Condition]:
    return st.recursive(
        leaf,
        lambda inner: (
            inner.map(Not)
            | st.lists(inner, min_size=1, max_size=3).map(lambda parts: All(tuple(parts)))
            | st.lists(inner, min_size=1, max_size=3).map(lambda parts: AnyOf(tuple(parts)))
            | st.lists(inner, min_size=1, max_size=4).flatmap(
                lambda parts: st.integers(1, len(parts)).map(
                    lambda number: SomeOf(number, tuple(parts))
                )
            )
        ),
        max_leaves=6,
    )


conditions = trees(leaves())


def columns_of(table: list[dict[str, Any]]) -> dict[str, Column]:
    number = [np.nan if row["number"] is None else row["number"] for row in table]
    day = [UNKNOWN_DAY if row["date"] is None else (row["date"] - EPOCH).days for row in table]
    code = [-1 if row["category"] is None else NAMES.index(row["category"]) for row in table]
    answer = [Answer[row["answer"].upper()] for row in table]
    return {
        "number": Numbers(np.array(number, dtype=np.float64)),
        "date": Days(np.array(day, dtype=np.int32)),
        "category": Categories(np.array(code, dtype=np.int32), NAMES),
        "answer": Answers(np.array(answer, dtype=np.int8)),
    }


def referee(condition: Condition, row: Mapping[str, Any]) -> bool | None:
    match condition:
        case Not(part):
            inner = referee(part, row)
            return None if inner is None else not inner
        case All(parts):
            answers = [referee(part, row) for part in parts]
            return False if False in answers else None if None in answers else True
        case AnyOf(parts):
            answers = [referee(part, row) for part in parts]
            return True if True in answers else None if None in answers else False
        case SomeOf(number, parts):
            answers = [referee(part, row) for part in parts]
            if answers.count(True) >= number:
                return True
            return None if len(parts) - answers.count(False) >= number else False
        case Test(field, operator, given_values):
            return leaf_referee(row[field], operator, list(given_values))


def leaf_referee(value: Any, operator: str, wanted: list[Any]) -> bool | None:
    open_answers = ("unknown", "not_asked")
    unknown = value is None or value in open_answers
    if operator == "is_known":
        return not unknown
    if operator == "is_unknown":
        return unknown
    if unknown and not any(one in open_answers for one in wanted):
        return None
    return {
        "is": lambda: value == wanted[0],
        "is_not": lambda: value != wanted[0],
        "in": lambda: value in wanted,
        "not_in": lambda: value not in wanted,
        "at_least": lambda: value >= wanted[0],
        "at_most": lambda: value <= wanted[0],
        "above": lambda: value > wanted[0],
        "below": lambda: value < wanted[0],
        "between": lambda: wanted[0] <= value <= wanted[1],
    }[operator]()


def truth_of(condition: Condition, table: list[dict[str, Any]]) -> list[int]:
    return evaluate(condition, columns_of(table)).truth.tolist()


@given(conditions, tables)
def test_every_row_is_what_the_referee_says(
    condition: Condition, table: list[dict[str, Any]]
) -> None:
    assert truth_of(condition, table) == [TRUTHS[referee(condition, row)] for row in table]


@given(conditions, tables)
def test_every_leaf_is_what_the_referee_says(
    condition: Condition, table: list[dict[str, Any]]
) -> None:
    found = evaluate(condition, columns_of(table)).leaves
    tests = list(leaves_of(condition))
    assert len(found) == len(tests)
    for leaf, test in zip(found, tests, strict=True):
        assert leaf.tolist() == [TRUTHS[referee(test, row)] for row in table]


@given(conditions, conditions, conditions, tables)
def test_the_laws_of_all_any_and_not(
    a: Condition, b: Condition, c: Condition, table: list[dict[str, Any]]
) -> None:
    def same(left: Condition, right: Condition) -> None:
        assert truth_of(left, table) == truth_of(right, table)

    same(Not(Not(a)), a)
    same(Not(All((a, b))), AnyOf((Not(a), Not(b))))
    same(Not(AnyOf((a, b))), All((Not(a), Not(b))))
    same(All((a, b)), All((b, a)))
    same(AnyOf((a, b)), AnyOf((b, a)))
    same(All((a, All((b, c)))), All((a, b, c)))
    same(AnyOf((a, AnyOf((b, c)))), AnyOf((a, b, c)))
    same(All((a, AnyOf((b, c)))), AnyOf((All((a, b)), All((a, c)))))
    same(AnyOf((a, All((b, c)))), All((AnyOf((a, b)), AnyOf((a, c)))))
    same(All((a, AnyOf((a, b)))), a)
    same(All((a,)), a)
    same(AnyOf((a,)), a)
    same(SomeOf(1, (a, b, c)), AnyOf((a, b, c)))
    same(SomeOf(3, (a, b, c)), All((a, b, c)))
    same(SomeOf(2, (a, b, c)), AnyOf((All((a, b)), All((a, c)), All((b, c)))))
    same(Not(SomeOf(2, (a, b, c))), SomeOf(2, (Not(a), Not(b), Not(c))))


@given(trees(leaves(answers=["no", "yes"], known=False)), rows, rows)
def test_learning_a_fact_never_turns_a_yes_into_a_no(
    condition: Condition, before: dict[str, Any], learned: dict[str, Any]
) -> None:
    """Whatever is unknown may turn out to be anything; a yes or a no that stands stays."""
    after = {
        field: learned[field] if value in (None, "unknown", "not_asked") else value
        for field, value in before.items()
    }
    (first,), (second,) = truth_of(condition, [before]), truth_of(condition, [after])
    assert first in (Truth.UNKNOWN, second)


@given(conditions, tables, st.randoms(use_true_random=False))
def test_a_row_does_not_depend_on_the_others(
    condition: Condition, table: list[dict[str, Any]], chance: Any
) -> None:
    shuffled = list(range(len(table)))
    chance.shuffle(shuffled)
    truths = truth_of(condition, table)
    assert truth_of(condition, [table[row] for row in shuffled]) == [
        truths[row] for row in shuffled
    ]


@given(conditions)
def test_a_condition_is_read_back_as_it_was_written(condition: Condition) -> None:
    assert parse_condition(written(condition)) == condition


def written(condition: Condition) -> dict[str, Any]:
    match condition:
        case Not(part):
            return {"not": written(part)}
        case All(parts):
            return {"all": [written(part) for part in parts]}
        case AnyOf(parts):
            return {"any": [written(part) for part in parts]}
        case SomeOf(number, parts):
            return {"at_least": number, "of": [written(part) for part in parts]}
        case Test(field, operator, values):
            if operator in ("is_known", "is_unknown"):
                return {"field": field, "operator": operator}
            listed = operator in ("in", "not_in", "between")
            return {
                "field": field,
                "operator": operator,
                "value": list(values) if listed else values[0],
            }
