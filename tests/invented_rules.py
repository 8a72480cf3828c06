"""Rules, facts and traces that are made up, built anew for each test."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from triage.conditions import (
    UNKNOWN_DAY,
    Answer,
    Answers,
    Categories,
    Column,
    Days,
    Kinds,
    Numbers,
)
from triage.rules import Policy, Rule, Theme, Trace, evaluate_rules

AS_OF = datetime.date(2026, 3, 1)
EPOCH = datetime.date(1970, 1, 1)
AREAS = ["north", "south"]
KINDS: Kinds = {
    "incidents": "number",
    "weapons": "number",
    "person.age": "number",
    "person.died_on": "date",
    "person.area": AREAS,
    "referral.pregnancy": "answer",
}


def a_rule(rule_id: str = "a_rule", **changes: Any) -> Rule:
    """Return a rule that fires on three incidents and more, with some of it changed."""
    hold = {"until": "release"} if changes.get("effect") == "hold" else {}
    return Rule.model_validate(
        {
            "id": rule_id,
            "title": f"The rule {rule_id}",
            "reason": f"Because of {rule_id}.",
            "effect": {"floor": "urgent"},
            "when": {"field": "incidents", "operator": "at_least", "value": 3},
            "source": "invented",
            "source_checked": True,
            "author": "nobody",
            "in_force_from": datetime.date(2020, 1, 1),
            "review_on": datetime.date(2030, 1, 1),
            **hold,
            **changes,
        }
    )


def a_policy(*rules: Rule) -> Policy:
    """Return a policy of these rules; each field is told as "FIELD is VALUE"."""
    wordings = {field: _told(field) for field in KINDS}
    themes = {"theme": Theme(title="A theme", rules=list(rules))} if rules else {}
    return Policy(themes, KINDS, wordings)


class _told:  # noqa: N801 - reads as a function
    def __init__(self, field: str) -> None:
        self.field = field

    def __call__(self, column: Column, row: int) -> str:
        known = column.codes if isinstance(column, Answers | Categories) else column.values
        return f"{self.field} is {known[row]:g}"


def facts(rows: Sequence[Mapping[str, Any]]) -> dict[str, Column]:
    """Return columns of these rows; what a row does not give is unknown."""
    return {field: _column(kind, [row.get(field) for row in rows]) for field, kind in KINDS.items()}


def _column(kind: Any, values: list[Any]) -> Column:
    if kind == "number":
        return Numbers(np.array([np.nan if one is None else one for one in values], dtype=float))
    if kind == "answer":
        answers = [Answer[(one or "unknown").upper()] for one in values]
        return Answers(np.array(answers, dtype=np.int8))
    if kind == "date":
        days = [UNKNOWN_DAY if one is None else (one - EPOCH).days for one in values]
        return Days(np.array(days, dtype=np.int32))
    codes = [-1 if one is None else kind.index(one) for one in values]
    return Categories(np.array(codes, dtype=np.int32), kind)


def a_trace(rules: Sequence[Rule], rows: Sequence[Mapping[str, Any]]) -> Trace:
    """Return what becomes of these rules on these rows."""
    return evaluate_rules(a_policy(*rules), facts(rows), AS_OF)
