"""Cases beside the rules: invented facts, and what each rule must make of them."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Literal

import numpy as np
import pydantic

from triage.conditions import (
    UNKNOWN_DAY,
    Answer,
    Answers,
    Categories,
    Column,
    Days,
    Numbers,
    Test,
    evaluate,
    mismatches,
)
from triage.errors import ConfigurationError, Problem, close_match
from triage.rules.policy import Policy
from triage.timeline import day_of
from triage.workspace import Strict, line_of, read_document

__all__ = ["RuleCase", "failing_cases", "read_rule_cases"]

ENDING = ".cases.yaml"


class RuleCase(Strict):
    """Invented facts of one referral, and what some rules must make of them.

    Parameters
    ----------
    case : str
        What it shows.
    facts : dict
        Field → value. Every field that is not given is unknown.
    expect : dict
        Id of a rule of the same theme → ``yes``, ``no`` or ``unknown``.
    """

    case: str = pydantic.Field(min_length=1)
    facts: dict[str, str | int | float | datetime.date]
    expect: dict[str, Literal["yes", "no", "unknown"]] = pydantic.Field(min_length=1)


class _Cases(Strict):
    cases: list[RuleCase] = pydantic.Field(min_length=1)


def read_rule_cases(
    folder: Path, policy: Policy, *, root: Path | None = None
) -> Mapping[str, tuple[RuleCase, ...]]:
    """Return the cases beside the rules, by theme.

    Parameters
    ----------
    folder : Path
        ``configs/rules/``; the cases of ``lethality.yaml`` stand in ``lethality.cases.yaml``.
    policy : Policy
        The rules that were read from the same folder.
    root : Path, optional
        Messages name files relative to this folder.

    Raises
    ------
    ConfigurationError
        With every problem of every file: no theme of that name, a rule that is not in the theme,
        a fact that no rule may ask about or a value that it cannot have.
    """
    cases: dict[str, tuple[RuleCase, ...]] = {}
    problems: list[Problem] = []
    for path in sorted(folder.glob(f"*{ENDING}")):
        name = str(path.relative_to(root) if root else path)
        try:
            found = read_document(path, _Cases, name=name).cases
        except ConfigurationError as error:
            problems.extend(error.problems)
            continue
        theme = path.name.removesuffix(ENDING)
        problems.extend(_misfits(path, name, theme, found, policy))
        cases[theme] = tuple(found)
    if problems:
        raise ConfigurationError(problems)
    return cases


def failing_cases(cases: Iterable[RuleCase], policy: Policy) -> tuple[str, ...]:
    """Return a sentence for each rule that makes something else of a case than it must.

    A rule's dates are not looked at, so that a rule can be tried before it is in force.
    """
    rules = {rule.id: rule for rule in policy.rules}
    sentences = []
    for case in cases:
        facts = {
            field: _column(policy.kinds[field], case.facts.get(field)) for field in policy.kinds
        }
        for rule_id, expected in case.expect.items():
            truth = evaluate(rules[rule_id].when, facts).truth[0]
            got = ("no", "unknown", "yes")[truth]
            if got != expected:
                sentences.append(
                    f"'{case.case}': the rule '{rule_id}' must say {expected}, but it says {got}"
                )
    return tuple(sentences)


def _misfits(
    path: Path, name: str, theme: str, cases: list[RuleCase], policy: Policy
) -> Iterator[Problem]:
    if theme not in policy.themes:
        yield Problem(
            name,
            f"cases stand beside a file of rules named '{theme}.yaml'",
            "no such file",
            close_match(theme, policy.themes),
        )
        return
    ids = [rule.id for rule in policy.themes[theme].rules]
    for position, case in enumerate(cases):
        for rule_id in case.expect:
            if rule_id not in ids:
                yield Problem(
                    f"{name}, line {line_of(path, ['cases', position, 'expect', rule_id])}",
                    f"'{theme}.yaml' has no rule '{rule_id}'",
                    mend=close_match(rule_id, ids),
                )
        for field, value in case.facts.items():
            fact = Test(field, "is", (value,))
            for sentence in mismatches(fact, policy.kinds, made_by="no feature pipeline makes"):
                must, _, mend = sentence.removeprefix("tests ").partition(". ")
                yield Problem(
                    f"{name}, line {line_of(path, ['cases', position, 'facts', field])}",
                    f"a case gives {must.rstrip('.')}",
                    mend=mend,
                )


def _column(kind: object, value: str | float | datetime.date | None) -> Column:
    """Return a column of one row."""
    if kind == "number":
        return Numbers(np.array([np.nan if value is None else value], dtype=np.float64))
    if kind == "answer":
        answer = Answer.UNKNOWN if value is None else Answer[str(value).upper()]
        return Answers(np.array([answer], dtype=np.int8))
    if kind == "date":
        day = day_of(value) if isinstance(value, datetime.date) else UNKNOWN_DAY
        return Days(np.array([day], dtype=np.int32))
    names = [] if value is None else [str(value)]
    return Categories(np.array([len(names) - 1], dtype=np.int32), names)
