"""Cases beside the rules: invented facts, and what each rule must make of them."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
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
from triage.rules.dependencies import RULE, asking_order
from triage.rules.policy import Policy, Rule
from triage.timeline import day_of
from triage.workspace import Strict, line_of, read_document

__all__ = ["RuleCase", "Tried", "failing_cases", "read_rule_cases", "try_cases"]

ENDING = ".cases.yaml"


class RuleCase(Strict):
    """Invented facts of one referral, and what some rules must make of them.

    Parameters
    ----------
    case : str
        What it shows.
    as_of : date, optional
        On that date, with the values that parameters have on it; only rules that are in force then
        may be expected. Without it, every rule is asked whatever its dates, with the last values.
    facts : dict
        Field → value. Every field that is not given is unknown, but for what other rules say: that
        follows from the facts. ``FIELD@90`` is the value of a field 90 days before.
    expect : dict
        Id of a rule of the same theme → ``yes``, ``no`` or ``unknown``.
    """

    case: str = pydantic.Field(min_length=1)
    as_of: datetime.date | None = None
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

    A rule's dates are not looked at where a case has no date, so that a rule can be tried before it
    is in force.
    """
    return tuple(
        f"'{tried.case.case}': the rule '{tried.rule_id}' must say {tried.expected}, "
        f"but it says {tried.got}"
        for tried in try_cases(cases, policy)
        if not tried.passed
    )


@dataclass(frozen=True)
class Tried:
    """What one rule made of one case: ``expected`` and ``got`` are yes, no or unknown."""

    case: RuleCase
    rule_id: str
    expected: str
    got: str

    @property
    def passed(self) -> bool:
        """Whether it is what it must be."""
        return self.got == self.expected


def try_cases(cases: Iterable[RuleCase], policy: Policy) -> Iterator[Tried]:
    """Yield what each rule of which a case expects something made of it."""
    for case in cases:
        said = _say(case, policy)
        for rule_id, expected in case.expect.items():
            yield Tried(case, rule_id, expected, said[rule_id])


def _say(case: RuleCase, policy: Policy) -> dict[str, str]:
    """Return what every rule says of a case, by its id."""
    rules = _rules_of(case, policy)
    columns = {*policy.kinds, *(column for rule in rules for column in rule.columns)}
    facts = {
        column: _column(policy.kinds[column.partition("@")[0]], case.facts.get(column))
        for column in columns
    }
    said = {}
    for position in asking_order([rule.fields for rule in rules], [rule.id for rule in rules]):
        rule = rules[position]
        said[rule.id] = ("no", "unknown", "yes")[evaluate(rule.when, facts).truth[0]]
        if f"{RULE}{rule.id}" not in case.facts:
            facts[f"{RULE}{rule.id}"] = _column("answer", said[rule.id])
    return said


def _rules_of(case: RuleCase, policy: Policy) -> tuple[Rule, ...]:
    if case.as_of is not None:
        return policy.in_force(case.as_of)
    last = {name: one.last.value for name, one in policy.parameters.items()}
    return tuple(policy.settled(rule, last) for rule in policy.rules)


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
    rules = {rule.id: rule for rule in policy.themes[theme].rules}
    ids = [*rules]
    for position, case in enumerate(cases):
        for rule_id in case.expect:
            if rule_id not in ids:
                yield Problem(
                    f"{name}, line {line_of(path, ['cases', position, 'expect', rule_id])}",
                    f"'{theme}.yaml' has no rule '{rule_id}'",
                    mend=close_match(rule_id, ids),
                )
            elif case.as_of is not None and not rules[rule_id].in_force(case.as_of):
                yield Problem(
                    f"{name}, line {line_of(path, ['cases', position, 'expect', rule_id])}",
                    f"the rule '{rule_id}' is not in force on {case.as_of}, the date of the case",
                )
        for field, value in case.facts.items():
            fact = Test(field.partition("@")[0], "is", (value,))
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
