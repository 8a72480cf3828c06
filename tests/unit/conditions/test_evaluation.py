"""Three truths on each kind of column; the generative chapter compares all with a referee."""

from __future__ import annotations

import numpy as np
import pytest

from triage.conditions import (
    UNKNOWN_DAY,
    Answer,
    Answers,
    Categories,
    Column,
    Days,
    Numbers,
    Truth,
    evaluate,
    parse_condition,
)

NO, UNKNOWN, YES = (int(truth) for truth in (Truth.NO, Truth.UNKNOWN, Truth.YES))
COLUMNS: dict[str, Column] = {
    "age": Numbers(np.array([15.0, 16.0, np.nan, np.inf])),
    "type": Categories(np.array([0, 1, -1, 1], dtype=np.int32), ["arson", "rape"]),
    "weapon": Answers(np.array([0, 1, 2, 3], dtype=np.int8)),
    "left_on": Days(np.array([0, 19_000, UNKNOWN_DAY, -1], dtype=np.int32)),
}


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ({"field": "age", "operator": "at_least", "value": 16}, [NO, YES, UNKNOWN, YES]),
        ({"field": "age", "operator": "is_not", "value": 16}, [YES, NO, UNKNOWN, YES]),
        ({"field": "age", "operator": "is_known"}, [YES, YES, NO, YES]),
        ({"type": "rape"}, [NO, YES, UNKNOWN, YES]),
        ({"type": "not in this extract"}, [NO, NO, UNKNOWN, NO]),
        ({"field": "type", "operator": "not_in", "value": ["rape"]}, [YES, NO, UNKNOWN, NO]),
        ({"weapon": "yes"}, [NO, YES, UNKNOWN, UNKNOWN]),
        ({"weapon": "unknown"}, [NO, NO, YES, NO]),
        ({"weapon": ["no", "not_asked"]}, [YES, NO, NO, YES]),
        ({"field": "weapon", "operator": "is_unknown"}, [NO, NO, YES, YES]),
        ({"field": "left_on", "operator": "is_known"}, [YES, YES, NO, YES]),
        ({"field": "left_on", "operator": "below", "value": 0}, [NO, NO, UNKNOWN, YES]),
    ],
)
def test_each_kind_of_column_has_its_unknown(content: object, expected: list[int]) -> None:
    assert evaluate(parse_condition(content), COLUMNS).truth.tolist() == expected


def test_a_date_is_compared_as_a_date() -> None:
    import datetime

    since = {"field": "left_on", "operator": "at_least", "value": datetime.date(1970, 1, 1)}
    assert evaluate(parse_condition(since), COLUMNS).truth.tolist() == [YES, YES, UNKNOWN, NO]


def test_unknown_is_not_no() -> None:
    asked = evaluate(parse_condition({"not": {"weapon": "yes"}}), COLUMNS).truth.tolist()
    assert asked == [YES, NO, UNKNOWN, UNKNOWN]


def test_no_rows_give_no_truths() -> None:
    columns: dict[str, Column] = {"age": Numbers(np.empty(0))}
    found = evaluate(parse_condition({"all": [{"age": 1}, {"not": {"age": 2}}]}), columns)
    assert found.truth.shape == (0,)
    assert [leaf.shape for leaf in found.leaves] == [(0,), (0,)]


def test_the_columns_are_left_as_they_were() -> None:
    before = COLUMNS["weapon"]
    assert isinstance(before, Answers)
    copy = before.codes.copy()
    evaluate(parse_condition({"not": {"weapon": ["unknown", "yes"]}}), COLUMNS)
    assert before.codes.tolist() == copy.tolist()


def test_answers_have_words() -> None:
    assert [answer.word for answer in Answer] == ["no", "yes", "unknown", "not_asked"]
