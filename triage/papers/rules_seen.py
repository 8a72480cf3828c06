"""Rules as papers tell them: what each says of a referral, and the records behind every leaf."""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

from triage.lists import Bundle
from triage.papers.wording import sentence, short_date

__all__ = [
    "RULE_COLUMNS",
    "Leaf",
    "RuleRecord",
    "RuleSeen",
    "rule_rows",
    "rules_asked",
    "rules_met",
    "rules_seen",
]

RULE_COLUMNS = ("rule", "effect", "applies", "test", "holds", "decides", "records")
"""What a row of :func:`rule_rows` tells."""

EFFECTS = {
    "floor: urgent": "raises to urgent",
    "floor: must_discuss": "raises to must be discussed",
    "flag": "marks the referral",
    "reserve": "may have a reserved place",
    "hold": "holds the referral",
    "ineligible": "not for this panel",
}
ROUTE = "route: "
SHOWN_RECORDS = 5

RecordsByField = Mapping[str, tuple["RuleRecord", ...]]


@dataclass(frozen=True)
class RuleRecord:
    """A record behind what a rule asks: an event, the referral itself, or the person's own entry.

    Only an event has dates here.
    """

    record_id: str
    source: str
    agency_name: str
    meaning: str
    happened_on: datetime.date | None
    known_on: datetime.date | None

    @property
    def named(self) -> str:
        """Its id, and its date where it has one."""
        return self.record_id + (f" of {short_date(self.happened_on)}" if self.happened_on else "")


@dataclass(frozen=True)
class Leaf:
    """One test of a rule, its truth, whether that decides the rule, and the records behind it."""

    test: str
    truth: str
    decides: bool
    records: tuple[RuleRecord, ...]


@dataclass(frozen=True)
class RuleSeen:
    """What became of a rule on a referral; ``wanting`` are the tests whose answer is not known."""

    rule_id: str
    title: str
    effect: str
    effect_words: str
    truth: str
    text: str
    source: str
    wanting: tuple[str, ...]
    leaves: tuple[Leaf, ...] = ()

    @property
    def mark(self) -> str:
        """It beside a referral: a route by where it points, anything else by the rule's title."""
        return sentence(self.effect_words) if self.effect.startswith(ROUTE) else self.title

    @property
    def records(self) -> tuple[RuleRecord, ...]:
        """The records behind the tests that decide it, each once, the latest first."""
        found = dict.fromkeys(one for leaf in self.leaves if leaf.decides for one in leaf.records)
        return tuple(sorted(found, key=_latest_first))

    @property
    def rests_on(self) -> str:
        """The ids of these records, in a sentence; empty where there is none."""
        shown = "; ".join(one.named for one in self.records[:SHOWN_RECORDS])
        more = len(self.records) - SHOWN_RECORDS
        rest = f"; and {more} more" if more > 0 else ""
        noun = "Record" if len(self.records) == 1 else "Records"
        return f"{noun}: {shown}{rest}." if shown else ""


def _latest_first(record: RuleRecord) -> tuple[int, str, str]:
    day = record.happened_on.toordinal() if record.happened_on else 0
    return -day, record.source, record.record_id


def rules_seen(bundle: Bundle) -> Mapping[str, tuple[RuleSeen, ...]]:
    """Return the rules that fire, or may fire, on each referral, in the policy's order."""
    records = _records(bundle)
    found: defaultdict[str, list[RuleSeen]] = defaultdict(list)
    for row in bundle.tables.rules.to_pylist():
        if row["truth"] != "no":
            found[row["referral_id"]].append(_rule(row, records.get(row["referral_id"], {})))
    return {referral_id: tuple(rules) for referral_id, rules in found.items()}


def rules_asked(bundle: Bundle, referral_id: str) -> tuple[RuleSeen, ...]:
    """Return every rule in force and what became of it on one referral, also those that say no.

    Parameters
    ----------
    bundle : Bundle
    referral_id : str
        Ranked, not for this panel, or within the case of another.
    """
    records = _records(bundle, referral_id)
    return tuple(
        _rule(row, records.get(referral_id, {}))
        for row in bundle.tables.rules.to_pylist()
        if row["referral_id"] == referral_id
    )


def rule_rows(rules: Iterable[RuleSeen]) -> Iterator[dict[str, object]]:
    """Yield a row for each test of some rules, under :data:`RULE_COLUMNS`.

    ``applies`` is the rule's truth and ``holds`` the test's: yes, no or unknown.
    """
    for rule in rules:
        for leaf in rule.leaves:
            yield {
                "rule": rule.rule_id,
                "effect": rule.effect,
                "applies": rule.truth,
                "test": leaf.test,
                "holds": leaf.truth,
                "decides": leaf.decides,
                "records": [one.record_id for one in leaf.records],
            }


def rules_met(bundle: Bundle) -> Iterator[RuleSeen]:
    """Yield, in the policy's order, each rule that applies, or may apply, to some referral."""
    met: dict[str, RuleSeen] = {}
    rules = bundle.tables.rules.to_pylist()
    for row in rules:
        if row["truth"] != "no" and row["rule_id"] not in met:
            met[row["rule_id"]] = _rule(row, {})
    yield from (met[name] for name in dict.fromkeys(row["rule_id"] for row in rules) if name in met)


def _rule(row: Mapping[str, Any], records: RecordsByField) -> RuleSeen:
    parts = zip(row["tests"], row["asks"], row["truths"], row["decides"], strict=True)
    leaves = tuple(
        Leaf(test, truth, decides, _behind(asks.split(), records))
        for test, asks, truth, decides in parts
    )
    return RuleSeen(
        rule_id=row["rule_id"],
        title=row["title"],
        effect=row["effect"],
        effect_words=_effect_words(row["effect"]),
        truth=row["truth"],
        text=sentence(row["reason"]),
        source=row["source"],
        wanting=tuple(one.test for one in leaves if one.decides and one.truth == "unknown"),
        leaves=leaves,
    )


def _behind(asks: Iterable[str], records: RecordsByField) -> tuple[RuleRecord, ...]:
    found = dict.fromkeys(one for field in asks for one in records.get(field, ()))
    return tuple(sorted(found, key=_latest_first))


def _records(bundle: Bundle, referral_id: str = "") -> Mapping[str, RecordsByField]:
    """Return the records behind each field that rules ask about, of one referral or of all."""
    names = [field.name for field in fields(RuleRecord)]
    found: defaultdict[str, defaultdict[str, list[RuleRecord]]] = defaultdict(
        lambda: defaultdict(list)
    )
    for row in bundle.tables.rule_records.to_pylist():
        if referral_id in ("", row["referral_id"]):
            its = RuleRecord(**{name: row[name] for name in names})
            found[row["referral_id"]][row["field"]].append(its)
    return {
        name: {field: tuple(records) for field, records in by_field.items()}
        for name, by_field in found.items()
    }


def _effect_words(effect: str) -> str:
    if effect.startswith(ROUTE):
        return f"may belong at {effect.removeprefix(ROUTE)} as well"
    return EFFECTS.get(effect, effect)
