"""The records behind what rules ask: of every rule and every leaf, whether it fired or not."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from triage.conditions import UNKNOWN_DAY, Answer, Answers, Categories, Column, Days, tests_of
from triage.explain.records import OF_ANOTHER
from triage.features import Feature, evidence_of_each
from triage.records import Vocabulary
from triage.rules import RULE, Rule, Trace
from triage.timeline import Moments, Timeline, day_of

__all__ = ["rule_records_table"]

Positions = npt.NDArray[np.int64]
Dates = npt.NDArray[np.int32]

EMPTY_AT_ZERO = frozenset(
    ("count", "distinct", "active", "new", "most_repeated", "near", "after", "streak")
)
"""Measures that looked at no event at all where their value is 0."""

OF_REFERRAL, OF_PERSON = "the referral itself", "the person's own entry"
SCHEMA = pa.schema(
    [
        *(
            pa.field(name, pa.string(), nullable=False)
            for name in ("referral_id", "field", "record_id", "source", "agency_name", "meaning")
        ),
        pa.field("happened_on", pa.date32()),
        pa.field("known_on", pa.date32()),
    ]
)


def rule_records_table(
    trace: Trace,
    features: Sequence[Feature],
    timeline: Timeline,
    moments: Moments,
    referrals: pa.Table,
    vocabulary: Vocabulary,
) -> pa.Table:
    """Return the records behind the value of every field that rules in force ask about.

    Parameters
    ----------
    trace : Trace, of n_rows rows
    features : sequence of Feature
        All that rules may ask about.
    timeline : Timeline
    moments : Moments, of n_rows moments
    referrals : pyarrow.Table, of n_rows rows
    vocabulary : Vocabulary
        Gives the words for agencies and types.

    Returns
    -------
    pyarrow.Table
        One row a referral, field and record: ``referral_id``, ``field`` (as the leaf of a rule
        names it; ``FIELD@SINCE`` is its value on an earlier date), ``record_id``, ``source``,
        ``agency_name``, ``meaning``, ``happened_on`` and ``known_on``. What a form says has the
        referral itself for its record, and what is known of the person their own entry; neither
        has dates. What a rule asks of another rule has that rule's records. What is not known,
        and what a model or a place says, has none.
    """
    ask = _Records(
        {feature.name: feature for feature in features},
        timeline,
        moments,
        referrals,
        vocabulary,
    )
    rules = {rule.id: rule for rule in trace.rules}
    asked = list(dict.fromkeys(field for rule in trace.rules for field in _asked(rule)))
    behind = {field: list(_facts(field, rules)) for field in asked}
    facts = dict.fromkeys(fact for fields in behind.values() for fact in fields)
    found = {fact: ask.behind(fact, trace.facts[fact]) for fact in facts}
    parts = [
        found[fact].set_column(1, "field", pa.array([field] * found[fact].num_rows, pa.string()))
        for field, facts_behind in behind.items()
        for fact in facts_behind
    ]
    return pa.concat_tables([SCHEMA.empty_table(), *(part.cast(SCHEMA) for part in parts)])


def _asked(rule: Rule) -> Iterator[str]:
    for test in tests_of(rule.when):
        yield from (name for name in (test.field, test.earlier, test.than) if name)


def _facts(field: str, rules: Mapping[str, Rule]) -> Iterator[str]:
    """Yield what a field comes down to: itself, or what the rule that it names asks about."""
    if not field.startswith(RULE):
        yield field
        return
    below = (one for name in _asked(rules[field.removeprefix(RULE)]) for one in _facts(name, rules))
    yield from dict.fromkeys(below)


@dataclass(frozen=True)
class _Records:
    """Finds the records of one fact, of all referrals at once."""

    features: Mapping[str, Feature]
    timeline: Timeline
    moments: Moments
    referrals: pa.Table
    vocabulary: Vocabulary

    def behind(self, fact: str, values: Column) -> pa.Table:
        name, _, since = fact.partition("@")
        known = np.flatnonzero(_is_known(values))
        feature = self.features.get(name)
        of = feature.of if feature is not None and feature.measure == "attribute" else name
        if of is not None and of.startswith("referral."):
            return self._of_form(known, self.referrals["referral_id"], "referrals", OF_REFERRAL)
        if of is not None and of.startswith("person."):
            return self._of_form(known, self.referrals["person_id"], "people", OF_PERSON)
        if feature is None or feature.measure == "attribute":
            return SCHEMA.empty_table()
        if feature.measure in EMPTY_AT_ZERO:
            known = known[_is_not_zero(values)[known]]
        return self._of_events(feature, known, self._days(since))

    def _days(self, since: str) -> Dates:
        day = self.moments.day
        if not since:
            return day
        if since.isdigit():
            return day - np.int32(since)
        return np.minimum(day, np.int32(day_of(datetime.date.fromisoformat(since))))

    def _of_form(
        self, rows: Positions, ids: pa.ChunkedArray, source: str, meaning: str
    ) -> pa.Table:
        n, at = len(rows), pa.array(rows)
        agencies = self.referrals["agency"].take(at).to_pylist()
        names = [self.vocabulary.agencies[one] for one in agencies]
        return pa.table(
            [
                self.referrals["referral_id"].take(at),
                pa.array([""] * n, pa.string()),
                ids.take(at),
                pa.array([source] * n, pa.string()),
                pa.array(names if source == "referrals" else [""] * n, pa.string()),
                pa.array([meaning] * n, pa.string()),
                pa.nulls(n, pa.date32()),
                pa.nulls(n, pa.date32()),
            ],
            schema=SCHEMA,
        )

    def _of_events(self, feature: Feature, rows: Positions, days: Dates) -> pa.Table:
        people = self.moments.person[rows].astype(np.int64)
        found = evidence_of_each(feature, self.timeline, people, days[rows])
        counts = np.array([len(events) for events in found], dtype=np.int64)
        events = np.concatenate([np.empty(0, np.int64), *found])
        timeline, names = self.timeline, self.vocabulary
        whose = OF_ANOTHER if feature.linked_by is not None else ""
        of_event = timeline.records.take(pa.array(events))
        return pa.table(
            [
                self.referrals["referral_id"].take(pa.array(np.repeat(rows, counts))),
                pa.array([""] * len(events), pa.string()),
                of_event["event_id"],
                of_event["source"],
                pa.array([names.agencies[one] for one in self._said("agency", events)]),
                pa.array([names.types[one].meaning + whose for one in self._said("type", events)]),
                pa.array(timeline.happened[events], pa.int32()).cast(pa.date32()),
                pa.array(timeline.known[events], pa.int32()).cast(pa.date32()),
            ],
            names=SCHEMA.names,
        ).cast(SCHEMA)

    def _said(self, column: str, events: Positions) -> list[str]:
        values = self.timeline.columns[column]
        assert isinstance(values, Categories)  # noqa: S101 - every event has an agency and a type
        return [str(values.names[code]) for code in values.codes[events].tolist()]


def _is_known(values: Column) -> npt.NDArray[np.bool_]:
    match values:
        case Answers(codes):
            return np.asarray(codes < Answer.UNKNOWN)
        case Categories(codes, _):
            return np.asarray(codes >= 0)
        case Days(days):
            return np.asarray(days != UNKNOWN_DAY)
        case _:
            return ~np.isnan(values.values)


def _is_not_zero(values: Column) -> npt.NDArray[np.bool_]:
    numbers = getattr(values, "values", None)
    return np.asarray(numbers != 0) if numbers is not None else np.empty(0, dtype=np.bool_)
