"""What rules do on past referrals: which never fire, hide behind others, or contradict them."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from triage.conditions import Truth, tests_of
from triage.rules.effects import HOLD, INELIGIBLE, MUST_DISCUSS, URGENT, Effect
from triage.rules.policy import Policy, Rule
from triage.rules.trace import Trace

__all__ = ["SOON_DAYS", "Coverage", "cover"]

SOON_DAYS = 90
"""A rule that lapses in so many days, or fewer, is told."""

STRENGTH = {INELIGIBLE: 4, HOLD: 3, URGENT: 2, MUST_DISCUSS: 1}
"""Which goes before which where several of these fire; the others move nobody."""

Counts = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Coverage:
    """What one rule did.

    Parameters
    ----------
    rule : Rule
    asked, fires, unknown : int
        How many referrals were asked about; on how many it fired, and on how many it would have,
        had what is unknown been known.
    wanting : str
        The field that was unknown most often where it would have fired; or empty.
    findings : tuple of str
        What somebody should look at, a clause each.
    """

    rule: Rule
    asked: int
    fires: int
    unknown: int
    wanting: str
    findings: tuple[str, ...]


def cover(policy: Policy, traces: Sequence[Trace], today: datetime.date) -> tuple[Coverage, ...]:
    """Return what each rule of a policy did on all referrals of some traces.

    Parameters
    ----------
    policy : Policy
    traces : sequence of Trace
        Of this policy, on one date or on several.
    today : date
        On which rules lapse and reviews are due.

    Notes
    -----
    Two rules *contradict* each other on a referral where one takes it off the ranking and the other
    raises it; the one that takes it off goes first. A rule stands *in the shadow* of another that
    fires whenever it does and does at least as much.
    """
    place = {rule.id: position for position, rule in enumerate(policy.rules)}
    n_rules = len(place)
    asked, unknown = np.zeros(n_rules, np.int64), np.zeros(n_rules, np.int64)
    together = np.zeros((n_rules, n_rules), np.int64)
    wanting: dict[int, Counter[str]] = {position: Counter() for position in range(n_rules)}
    for trace in traces:
        at = [place[rule.id] for rule in trace.rules]
        fired = trace.truths == Truth.YES
        asked[at] += trace.n_rows
        unknown[at] += (trace.truths == Truth.UNKNOWN).sum(axis=0)
        together[np.ix_(at, at)] += _together(fired)
        for position, wanted in zip(at, _wanting(trace), strict=True):
            wanting[position].update(wanted)
    findings = [
        (
            *_often(int(asked[position]), int(together[position, position])),
            *_contradicted(position, policy.rules, together),
            *_shadowed(position, policy.rules, together),
            *_dated(rule, today),
        )
        for rule, position in zip(policy.rules, range(n_rules), strict=True)
    ]
    return tuple(
        Coverage(
            rule,
            int(asked[position]),
            int(together[position, position]),
            int(unknown[position]),
            next(iter(_most(wanting[position])), ""),
            findings[position],
        )
        for position, rule in enumerate(policy.rules)
    )


def _together(fired: npt.NDArray[np.bool_]) -> Counts:
    """Return on how many referrals each two rules fire, shape (n_rules, n_rules)."""
    ones = fired.astype(np.float64)
    return np.rint(ones.T @ ones).astype(np.int64)


def _wanting(trace: Trace) -> Iterator[Counter[str]]:
    """Yield for each rule how often each of its fields was unknown where the rule was."""
    for position, rule in enumerate(trace.rules):
        rows = trace.truths[:, position] == Truth.UNKNOWN
        leaves = trace.leaves[:, trace.starts[position] : trace.starts[position + 1]]
        often = (leaves[rows] == Truth.UNKNOWN).sum(axis=0).tolist()
        counts: Counter[str] = Counter()
        for test, number in zip(tests_of(rule.when), often, strict=True):
            counts[test.field] = max(counts[test.field], number)
        yield counts


def _most(counts: Counter[str]) -> list[str]:
    found = sorted((-number, field) for field, number in counts.items() if number)
    return [field for _, field in found]


def _often(asked: int, fires: int) -> Iterator[str]:
    if not asked:
        yield "not in force on any of these dates"
    elif not fires:
        yield "never fires"
    elif fires == asked:
        yield "always fires"


def _contradicted(position: int, rules: Sequence[Rule], together: Counts) -> Iterator[str]:
    effect = rules[position].effect
    others = [
        f"{rule.id} on {together[position, other]}"
        for other, rule in enumerate(rules)
        if together[position, other] and _contradict(effect, rule.effect)
    ]
    if others:
        verb = "gives way to" if effect in (URGENT, MUST_DISCUSS) else "goes before"
        yield f"{verb} {', '.join(others)}"


def _contradict(one: Effect, other: Effect) -> bool:
    off, floors = (INELIGIBLE, HOLD), (URGENT, MUST_DISCUSS)
    return (one in off and other in floors) or (one in floors and other in off)


def _shadowed(position: int, rules: Sequence[Rule], together: Counts) -> Iterator[str]:
    fires = together[position, position]
    effect = rules[position].effect
    for other, rule in enumerate(rules):
        if other == position or not fires or together[position, other] < fires:
            continue
        floors = (URGENT, MUST_DISCUSS)
        stronger = effect in floors and rule.effect in floors
        if rule.effect == effect or (stronger and STRENGTH[rule.effect] >= STRENGTH[effect]):
            yield f"in the shadow of {rule.id}, which fires whenever it does"


def _dated(rule: Rule, today: datetime.date) -> Iterator[str]:
    if rule.in_force_to is not None and rule.in_force_to < today:
        yield f"lapsed on {rule.in_force_to}"
    elif rule.last_day <= today + datetime.timedelta(days=SOON_DAYS):
        yield f"lapses on {rule.in_force_to}"
    if rule.review_on <= today and rule.last_day >= today:
        yield f"review was due on {rule.review_on}"
    if rule.in_force_from > today:
        yield f"in force from {rule.in_force_from}"
