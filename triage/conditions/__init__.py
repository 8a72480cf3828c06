"""Conditions: one small language for filters of events, rules and outcomes.

A condition is data (field, operator, value; ``all``, ``any``, ``not``) and its truth has three
values: yes, no and unknown. Nothing in it is ever run as code.

Why this shape: features filter events, outcomes match events and rules test features. These are
the same questions asked of different tables, so they are written in the same words and answered
by the same vector operations. Truths are ordered no < unknown < yes, which makes *all* a
minimum, *any* a maximum, *at least n of* the n-th highest and *not* a reflection: Kleene's logic
without a table. Every leaf's
truth is kept, because a reason is only as good as the facts under it.
"""

from triage.conditions.columns import (
    UNKNOWN_DAY,
    Answer,
    Answers,
    Categories,
    Column,
    Days,
    Numbers,
    take,
)
from triage.conditions.dates import date_words, month_name
from triage.conditions.evaluation import Evaluation, Truth, evaluate
from triage.conditions.grammar import (
    All,
    AnyOf,
    Condition,
    ConditionField,
    Not,
    ParameterName,
    SomeOf,
    Test,
    columns_of,
    fields_of,
    parameters_of,
    parse_condition,
    tests_of,
    with_parameters,
)
from triage.conditions.matching import Kinds, mismatches

__all__ = [
    "UNKNOWN_DAY",
    "All",
    "Answer",
    "Answers",
    "AnyOf",
    "Categories",
    "Column",
    "Condition",
    "ConditionField",
    "Days",
    "Evaluation",
    "Kinds",
    "Not",
    "Numbers",
    "ParameterName",
    "SomeOf",
    "Test",
    "Truth",
    "columns_of",
    "date_words",
    "evaluate",
    "fields_of",
    "mismatches",
    "month_name",
    "parameters_of",
    "parse_condition",
    "take",
    "tests_of",
    "with_parameters",
]
