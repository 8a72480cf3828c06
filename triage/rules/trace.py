"""What became of every rule on every referral, with the facts that decided it."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from triage.conditions import (
    Answer,
    Answers,
    AnyOf,
    Categories,
    Column,
    Condition,
    Not,
    Numbers,
    SomeOf,
    Test,
    Truth,
    date_words,
    evaluate,
    take,
    tests_of,
)
from triage.features import FeatureMatrix
from triage.rules.dependencies import LIST_RANK, MODEL_FIELDS, RULE, asking_order
from triage.rules.effects import Effect
from triage.rules.policy import Policy, Rule
from triage.rules.wording import as_sentence, fill_in, tell_all

__all__ = ["Finding", "Trace", "earlier_features", "evaluate_rules", "gather_facts"]

Truths = npt.NDArray[np.int8]
FloatValues = npt.NDArray[np.float64]

UNANSWERED = Answers(np.empty(0, dtype=np.int8))
AS_ANSWERS = np.array([Answer.NO, Answer.UNKNOWN, Answer.YES], dtype=np.int8)
"""What another rule is told of a rule's truth."""

COLUMNS = pa.schema(
    [
        *(
            pa.field(name, pa.string(), nullable=False)
            for name in ("referral_id", "rule_id", "title", "effect", "truth", "reason", "source")
        ),
        *(
            pa.field(name, pa.list_(pa.string()), nullable=False)
            for name in ("tests", "fields", "asks", "truths")
        ),
        pa.field("decides", pa.list_(pa.bool_()), nullable=False),
    ]
)


@dataclass(frozen=True)
class Finding:
    """One rule on one referral.

    Parameters
    ----------
    rule : Rule
    truth : Truth
        Whether the condition holds.
    tests : tuple of Test
        The leaves that decide it: for a yes those that make it so, for an unknown those whose
        answer is wanting.
    reason : str
        In plain words. Where the truth is unknown: what is wanting. Where it is no: empty.
    """

    rule: Rule
    truth: Truth
    tests: tuple[Test, ...]
    reason: str


@dataclass(frozen=True)
class Trace:
    """The truth of each rule in force, and of each leaf of its condition, on n_rows referrals.

    Parameters
    ----------
    policy : Policy
        The policy that was asked.
    rules : tuple of Rule
        The rules in force on the as-of date, in the policy's order.
    truths : ndarray of int8, shape (n_rows, n_rules)
        A :class:`triage.conditions.Truth` each.
    leaves : ndarray of int8, shape (n_rows, n_leaves)
        The same for the leaves: rule ``j`` has the columns ``starts[j]:starts[j + 1]``, in the
        order of :func:`triage.conditions.tests_of`.
    starts : tuple of int, of length n_rules + 1
    facts : mapping of str to Column
        The columns that the rules in force test or name; what they say of each other among them.
    """

    policy: Policy
    rules: tuple[Rule, ...]
    truths: Truths
    leaves: Truths
    starts: tuple[int, ...]
    facts: Mapping[str, Column]

    @property
    def n_rows(self) -> int:
        """How many referrals were asked about."""
        return len(self.truths)

    def fires(self, effect: Effect) -> npt.NDArray[np.bool_]:
        """Return the referrals on which some rule of this effect fires, shape (n_rows,)."""
        of_effect = [rule.effect == effect for rule in self.rules]
        return np.asarray((self.truths[:, of_effect] == Truth.YES).any(axis=1))

    def rules_firing(self, effect: Effect) -> Mapping[int, tuple[Rule, ...]]:
        """Return the rules of an effect that fire on each referral, by row; no other row is in it.

        ``trace.rules_firing(RESERVE)`` says which referrals may have a reserved place, and by
        which rules, in the policy's order.
        """
        columns = [j for j, rule in enumerate(self.rules) if rule.effect == effect]
        found: dict[int, tuple[Rule, ...]] = {}
        for row, column in np.argwhere(self.truths[:, columns] == Truth.YES).tolist():
            found[row] = (*found.get(row, ()), self.rules[columns[column]])
        return found

    def fired(self, row: int) -> tuple[Finding, ...]:
        """Return the rules that fire on a referral, in the policy's order."""
        return self._findings(row, Truth.YES)

    def would_fire_if_known(self, row: int) -> tuple[Finding, ...]:
        """Return the rules that may fire once what is unknown of a referral is known.

        Their ``tests`` are the leaves whose answer is wanting, their ``reason`` says what.
        """
        return self._findings(row, Truth.UNKNOWN)

    def finding(self, row: int, position: int) -> Finding:
        """Return what became of the rule at a position of ``rules`` on a referral."""
        rule, truth = self.rules[position], Truth(int(self.truths[row, position]))
        tests = tuple(tests_of(rule.when))
        decisive = tuple(tests[leaf] for leaf in self._decisive(row, position))
        return Finding(rule, truth, decisive, self._reason(rule, truth, decisive, row))

    def take(self, rows: npt.NDArray[np.int64]) -> Trace:
        """Return the trace of some of the referrals."""
        facts = {name: take(column, rows) for name, column in self.facts.items()}
        return replace(self, truths=self.truths[rows], leaves=self.leaves[rows], facts=facts)

    def asked_again(self, known: Mapping[str, FloatValues], as_of: datetime.date) -> Trace:
        """Return the trace of the same referrals once some more numbers are known of them.

        Parameters
        ----------
        known : mapping of str to ndarray of float64, shape (n_rows,)
            Columns that rules ask about, such as ``list.rank``.
        as_of : date
        """
        facts = {**self.facts, **{name: Numbers(values) for name, values in known.items()}}
        return evaluate_rules(self.policy, facts, as_of)

    def counts(self) -> dict[str, dict[Truth, int]]:
        """Return how often each rule in force is yes, unknown and no, by rule id."""
        return {
            rule.id: {truth: int((self.truths[:, j] == truth).sum()) for truth in Truth}
            for j, rule in enumerate(self.rules)
        }

    def to_table(self, referral_ids: Sequence[str]) -> pa.Table:
        """Return every rule's truth on every referral, and its leaves', as a table.

        Parameters
        ----------
        referral_ids : sequence of str, shape (n_rows,)

        Returns
        -------
        pyarrow.Table
            n_rows × n_rules rows with the columns ``referral_id``, ``rule_id``, ``title``,
            ``effect``, ``truth`` (``yes``, ``unknown`` or ``no``), ``reason`` (see
            :class:`Finding`) and ``source``; and, with one item a leaf, ``tests`` (in words),
            ``fields``, ``asks`` (all columns that it looks at, with spaces between them),
            ``truths`` and ``decides``.
        """
        rows = [
            self._record(referral_id, row, position)
            for row, referral_id in enumerate(referral_ids)
            for position in range(len(self.rules))
        ]
        return pa.Table.from_pylist(rows, schema=COLUMNS)

    def _findings(self, row: int, truth: Truth) -> tuple[Finding, ...]:
        positions = np.flatnonzero(self.truths[row] == truth)
        return tuple(self.finding(row, int(position)) for position in positions)

    def _decisive(self, row: int, position: int) -> list[int]:
        leaves = self.leaves[row, self.starts[position] : self.starts[position + 1]]
        return _decisive_leaves(self.rules[position].when, leaves.tolist())

    def _reason(self, rule: Rule, truth: Truth, decisive: tuple[Test, ...], row: int) -> str:
        if truth is Truth.NO:
            return ""

        def tell(column: str) -> str:
            field, _, since = column.partition("@")
            wording = self.policy.wordings[field]
            now = wording(self.facts[field], row)
            if not since:
                return now
            when = f"{since} days before" if since.isdigit() else f"before {_day_words(since)}"
            return f"{now}; {when}: {wording(self.facts[column], row)}"

        decided_by = [
            column for test in decisive for column in (test.earlier or test.field, test.than)
        ]
        decided_by = [column for column in decided_by if column]
        if truth is Truth.YES:
            return fill_in(rule.reason, tell, decided_by)
        return as_sentence(tell_all(tell, decided_by))

    def _record(self, referral_id: str, row: int, position: int) -> dict[str, object]:
        found = self.finding(row, position)
        tests = tuple(tests_of(found.rule.when))
        leaves = self.leaves[row, self.starts[position] : self.starts[position + 1]].tolist()
        decisive = set(self._decisive(row, position))
        return {
            "referral_id": referral_id,
            "rule_id": found.rule.id,
            "title": found.rule.title,
            "effect": str(found.rule.effect),
            "truth": found.truth.name.lower(),
            "reason": found.reason,
            "source": found.rule.source,
            "tests": [str(test) for test in tests],
            "fields": [test.field for test in tests],
            "asks": [" ".join(_asks(test)) for test in tests],
            "truths": [Truth(leaf).name.lower() for leaf in leaves],
            "decides": [leaf in decisive for leaf in range(len(tests))],
        }


def evaluate_rules(policy: Policy, facts: Mapping[str, Column], as_of: datetime.date) -> Trace:
    """Return the truth of every rule in force on every referral, and of every leaf.

    Parameters
    ----------
    policy : Policy
    facts : mapping of str to Column
        All columns that the rules in force test or name (see :func:`gather_facts`), each of
        shape (n_rows,). Where the model's output, the place on the list or a field's value on an
        earlier date is not among them, it is unknown; what rules say of each other is found here.
    as_of : date
        The list's as-of date: rules that are not in force on it are not asked.

    Raises
    ------
    KeyError
        A field that a rule in force names is not among the facts.
    """
    rules = policy.in_force(as_of)
    needed = sorted(frozenset[str]().union(*(rule.columns for rule in rules)))
    n_rows = _length(next(iter(facts.values()))) if facts else 0
    derived = (*MODEL_FIELDS, LIST_RANK, *(column for column in needed if "@" in column))
    unknown = dict.fromkeys(derived, Numbers(np.full(n_rows, np.nan)))
    said = {f"{RULE}{rule.id}": UNANSWERED for rule in rules}
    facts = {**unknown, **facts, **said}
    missing = [field for field in needed if field not in facts]
    if missing:
        raise KeyError(f"the facts lack {', '.join(missing)}, which rules in force ask about")
    starts = np.cumsum([0, *(len(tuple(tests_of(rule.when))) for rule in rules)]).tolist()
    truths = np.empty((n_rows, len(rules)), dtype=np.int8, order="F")
    leaves = np.empty((n_rows, starts[-1]), dtype=np.int8, order="F")
    order = asking_order([rule.fields for rule in rules], [rule.id for rule in rules])
    for position in order:
        rule = rules[position]
        found = evaluate(rule.when, facts)
        truths[:, position] = found.truth
        facts[f"{RULE}{rule.id}"] = Answers(AS_ANSWERS[found.truth])
        for leaf, truth in enumerate(found.leaves, start=starts[position]):
            leaves[:, leaf] = truth
    kept = {field: facts[field] for field in needed}
    return Trace(policy, rules, truths, leaves, tuple(starts), kept)


def gather_facts(
    matrix: FeatureMatrix,
    attributes: Mapping[str, Column],
    *,
    earlier: Mapping[str, FloatValues] = MappingProxyType({}),
    model: Mapping[str, FloatValues] = MappingProxyType({}),
) -> dict[str, Column]:
    """Return what rules may ask about: every feature, every attribute, and the model's output.

    Parameters
    ----------
    matrix : FeatureMatrix
        Features of n_rows referrals.
    attributes : mapping of str to Column
        ``person.NAME`` and ``referral.NAME`` of the same referrals in the same order.
    earlier : mapping of str to ndarray of float64, shape (n_rows,), optional
        Features on earlier as-of dates, by the columns that :func:`earlier_features` names.
    model : mapping of str to ndarray of float64, shape (n_rows,), optional
        ``model.probability``, ``model.log_odds`` or ``model.points``, as far as there are such.
    """
    numbers = {name: Numbers(matrix.column(name)) for name in matrix.names}
    beside = {name: Numbers(values) for name, values in {**earlier, **model}.items()}
    return {**numbers, **beside, **attributes}


def earlier_features(
    policy: Policy, as_of: datetime.date
) -> Mapping[int | datetime.date, Mapping[str, str]]:
    """Return the features that rules in force compare with their values of an earlier date.

    Returns
    -------
    mapping
        How many days before the as-of date, or the date → column → the feature that it holds.
    """
    found: dict[int | datetime.date, dict[str, str]] = {}
    for rule in policy.in_force(as_of):
        for test in tests_of(rule.when):
            if test.since is not None:
                found.setdefault(test.since, {})[test.earlier] = test.field
    return found


def _asks(test: Test) -> list[str]:
    return [column for column in (test.field, test.earlier, test.than) if column]


def _day_words(iso: str) -> str:
    return date_words(datetime.date.fromisoformat(iso))


def _decisive_leaves(condition: Condition, truths: Sequence[int]) -> list[int]:
    """Return the positions of the leaves that give a condition the truth it has.

    A part of a connective decides it exactly where the two have the same truth: every part of an
    *all* that is yes, the parts that are no of one that is no, and so on.
    """
    return _decide(condition, truths, 0)[2]


def _decide(condition: Condition, truths: Sequence[int], start: int) -> tuple[int, int, list[int]]:
    """Return the truth, the position after the last leaf, and the leaves that decide."""
    if isinstance(condition, Test):
        return truths[start], start + 1, [start]
    if isinstance(condition, Not):
        truth, end, leaves = _decide(condition.part, truths, start)
        return Truth.YES - truth, end, leaves
    parts = []
    for part in condition.parts:
        truth, start, leaves = _decide(part, truths, start)
        parts.append((truth, leaves))
    rising = sorted(truth for truth, _ in parts)
    if isinstance(condition, SomeOf):
        strongest = rising[-condition.number]
    else:
        strongest = rising[-1] if isinstance(condition, AnyOf) else rising[0]
    return strongest, start, [leaf for truth, all_ in parts if truth == strongest for leaf in all_]


def _length(column: Column) -> int:
    return len(column.codes if isinstance(column, Categories | Answers) else column.values)
