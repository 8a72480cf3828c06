"""How two policies differ, before anybody is asked about."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from triage.conditions import All, AnyOf, Condition, Not, SomeOf, Test, tests_of
from triage.rules.policy import Policy, Rule

__all__ = ["RuleChange", "changes_between"]


@dataclass(frozen=True)
class RuleChange:
    """One rule that is not the same in two policies on a date.

    Parameters
    ----------
    rule_id : str
    title : str
    kind : {"new", "gone", "changed"}
    was, becomes : str
        Its effect and its condition, or only its words where just these differ; empty where
        there is no such rule.
    """

    rule_id: str
    title: str
    kind: Literal["new", "gone", "changed"]
    was: str
    becomes: str

    @property
    def told(self) -> str:
        """It in a sentence."""
        if self.kind == "changed":
            return f"{self.title} ({self.rule_id}): {self.was} → {self.becomes}"
        return f"{self.title} ({self.rule_id}) is {self.kind}: {self.was or self.becomes}"


def changes_between(old: Policy, new: Policy, as_of: datetime.date) -> tuple[RuleChange, ...]:
    """Return the rules that are not the same in two policies on an as-of date.

    With the values that parameters have on it, so that a change of one shows in every rule that
    names it; what is said beside a rule (its source, its author, when it is reviewed) is left out.
    """
    before = {rule.id: rule for rule in old.in_force(as_of)}
    after = {rule.id: rule for rule in new.in_force(as_of)}
    return tuple(_changes(before, after))


def _changes(before: dict[str, Rule], after: dict[str, Rule]) -> Iterator[RuleChange]:
    for name in dict.fromkeys([*before, *after]):
        was, becomes = before.get(name), after.get(name)
        if was is None and becomes is not None:
            yield RuleChange(name, becomes.title, "new", "", _decides(becomes))
        elif becomes is None and was is not None:
            yield RuleChange(name, was.title, "gone", _decides(was), "")
        elif was is not None and becomes is not None:
            if _decides(was) != _decides(becomes):
                yield RuleChange(name, becomes.title, "changed", *_decisions(was, becomes))
            elif (was.title, was.reason, was.until) != (
                becomes.title,
                becomes.reason,
                becomes.until,
            ):
                yield RuleChange(name, becomes.title, "changed", _words(was), _words(becomes))


def _decisions(was: Rule, becomes: Rule) -> tuple[str, str]:
    """Return what two rules decide: of the same effect and form, only the tests that differ."""
    if was.effect == becomes.effect and _form(was.when) == _form(becomes.when):
        tests = zip(tests_of(was.when), tests_of(becomes.when), strict=True)
        pairs = [(str(one), str(other)) for one, other in tests if one != other]
        return "; ".join(one for one, _ in pairs), "; ".join(other for _, other in pairs)
    return _decides(was), _decides(becomes)


def _form(condition: Condition) -> str:
    """Return a condition with a blank for each test."""
    match condition:
        case Test():
            return "_"
        case Not(part):
            return f"not {_form(part)}"
        case SomeOf(number, parts):
            return f"{number} of ({' '.join(map(_form, parts))})"
        case All(parts) | AnyOf(parts):
            return f"{type(condition).__name__} ({' '.join(map(_form, parts))})"


def _decides(rule: Rule) -> str:
    return f"{rule.effect} where {rule.when}"


def _words(rule: Rule) -> str:
    return " ".join(filter(None, (f"{rule.title}.", rule.reason, rule.until)))
