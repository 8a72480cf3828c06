"""Whether a condition fits the columns it will be asked of, before any data is read."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

from triage.conditions.columns import Answer
from triage.conditions.grammar import WITHOUT_VALUE, Condition, ParameterName, Test, tests_of
from triage.errors import close_match

__all__ = ["Kinds", "mismatches"]

Kinds = Mapping[str, Sequence[str] | Literal["number", "answer", "date", "text"]]
"""Field name → the names that a category may take, or the kind of its values."""

KIND_WORDS = {
    "number": "a number",
    "date": "a date",
    "answer": "one of yes, no, unknown, not_asked",
    "text": "a text",
}
ORDERED = ("at_least", "at_most", "above", "below", "between")


def mismatches(
    condition: Condition, kinds: Kinds, *, made_by: str, of_rules: bool = False
) -> Iterator[str]:
    """Yield a sentence for each leaf that cannot be asked of these columns.

    Parameters
    ----------
    condition : Condition
    kinds : mapping of str to sequence of str or {"number", "answer", "date", "text"}
        The columns that there are.
    made_by : str
        Who makes columns, for messages: "which {made_by}" as in "which no feature pipeline makes".
    of_rules : bool
        Whether a leaf may compare with another field, look at a change, or name a parameter, as
        one of a rule may.
    """
    for test in tests_of(condition):
        if not of_rules and (test.than or test.earlier or _names_parameter(test)):
            yield (
                f"tests '{test.field}' against another field, a change or a parameter, as only "
                "rules may"
            )
            continue
        if test.than and test.than not in kinds:
            close = close_match(test.than, kinds)
            yield f"compares with '{test.than}', which {made_by}. {close}".strip()
        for field in (test.field, test.than) if test.than else (test.field,) * bool(test.earlier):
            if kinds.get(field, "number") != "number":
                yield f"compares '{field}' with another number, but it is none"
        if test.field not in kinds:
            yield f"tests '{test.field}', which {made_by}. {close_match(test.field, kinds)}".strip()
        elif test.operator not in WITHOUT_VALUE:
            yield from _misfits(test, kinds[test.field])


def _names_parameter(test: Test) -> bool:
    return any(isinstance(value, ParameterName) for value in test.value)


def _misfits(test: Test, kind: Sequence[str] | str) -> Iterator[str]:
    if isinstance(kind, str):
        wanted: dict[str, tuple[type, ...]] = {
            "number": (int, float),
            "date": (datetime.date,),
            "answer": (str,),
            "text": (str,),
        }
        if kind in ("answer", "text") and test.operator in ORDERED:
            yield f"tests '{test.field}' with '{test.operator}', but it has no order"
        for value in test.value:
            if not isinstance(value, wanted[kind]):
                yield f"tests '{test.field}' against {value!r}, but it is {KIND_WORDS[kind]}"
            elif kind == "answer" and value not in [answer.word for answer in Answer]:
                yield (
                    f"tests '{test.field}' against '{value}', but an answer is one of yes, no, "
                    "unknown, not_asked"
                )
        return
    if test.operator in ORDERED:
        yield f"tests '{test.field}' with '{test.operator}', but its values have no order"
    for value in test.value:
        if value not in kind:
            yield (
                f"tests '{test.field}' against '{value}', which is not one of its values. "
                f"{close_match(str(value), kind)}"
            ).strip()
