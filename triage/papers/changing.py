"""What would change a place, in plain words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import pyarrow as pa

from triage.papers.wording import number_of, sentence

__all__ = ["Change", "Changes", "changes_by_case"]

SHOWN = 4


class Placed(Protocol):
    """What is asked of a case on the list."""

    @property
    def rank(self) -> int:
        """Its place."""

    @property
    def referral_id(self) -> str:
        """Its name."""

    @property
    def standing(self) -> str:
        """Whether it is above the line."""


@dataclass(frozen=True)
class Change:
    """One change of fact and what it would make of the place.

    ``kind`` is ``answer``, ``fact``, ``value``, ``event``, ``time`` or ``pair``; ``rank`` is None
    where the case would have no place; ``crosses`` is ``line``, ``tier`` or ``band``.
    """

    kind: str
    name: str
    amount: int
    rank: int | None
    crosses: str
    text: str


@dataclass(frozen=True)
class Changes:
    """What would change a place: the smallest changes, and what is to be said beside them."""

    told: tuple[Change, ...]
    tried: int
    note: str
    pairs: int = 0

    @property
    def tried_words(self) -> str:
        """How many were tried, and how."""
        alone = f"{number_of(self.tried, 'change')} tried one by one"
        pairs = f" and {number_of(self.pairs, 'pair')} of them" if self.pairs else ""
        return f"{alone}{pairs}, with all other cases as they are."


def changes_by_case(table: pa.Table, cases: Mapping[str, Placed]) -> Mapping[str, Changes]:
    """Return what would change the places of some cases; those on which nothing was tried lack.

    Parameters
    ----------
    table : pyarrow.Table
        A list's ``changes``.
    cases : mapping of str to Placed
        By referral.
    """
    rows: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in table.to_pylist():
        if row["referral_id"] in cases:
            rows[row["referral_id"]].append(row)
    return {
        referral_id: _changes(theirs, cases[referral_id]) for referral_id, theirs in rows.items()
    }


def _changes(rows: list[dict[str, Any]], case: Placed) -> Changes:
    told = sorted((row for row in rows if row["told"]), key=lambda row: row["told"])[:SHOWN]
    changes = tuple(
        Change(
            row["kind"], row["name"], row["amount"], row["rank"], row["crosses"], _told(row, case)
        )
        for row in told
    )
    line = {row["kind"] == "pair" for row in rows if row["crosses"] == "line"}
    side = "below" if case.standing == "discuss" else "above"
    note = "" if False in line else f"No single one would bring it {side} the line."
    if not line:
        note = f"None of them would bring it {side} the line."
    pairs = sum(row["kind"] == "pair" for row in rows)
    return Changes(changes, len(rows) - pairs, note, pairs)


def _told(row: Mapping[str, Any], case: Placed) -> str:
    then = _then(row, case)
    match row["kind"]:
        case "answer":
            return f"If it turns out that {row['text']}, this case would {then}."
        case "fact":
            return f"If it came to be so that {row['text']}, this case would {then}."
        case "pair":
            return f"If {row['text']}, this case would {then}."
        case "time":
            return f"If {row['text']} pass with nothing new on record, this case would {then}."
        case _:
            return f"With {row['text']}, this case would {then}."


def _then(row: Mapping[str, Any], case: Placed) -> str:
    if row["rank"] is None:
        return "have no place on this list"
    place = f"place {row['rank']}"
    if row["crosses"] == "line":
        return (
            f"fall below the line, to {place}"
            if case.standing == "discuss"
            else (f"come above the line, to {place}")
        )
    way = "move up" if row["rank"] < case.rank else "move down"
    if row["crosses"] == "tier":
        return f"{way} to the tier “{sentence(row['tier_name'])}”, {place}"
    return f"{way} to {place}"
