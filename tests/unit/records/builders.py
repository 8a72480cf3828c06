"""A small workspace to read extracts in: a vocabulary, people, and whatever a test adds."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from triage.records import Checked, Source, Vocabulary, read_histories, read_sources
from triage.workspace import Workspace

TODAY = datetime.date(2024, 6, 1)

WORDS = """
agencies: {police: Police, health: Health}
kinds: {incident: Something alleged, assessment: An assessment}
types:
  assault: {kind: incident, meaning: assault, harm_class: assault}
  rape: {kind: incident, meaning: rape, harm_class: rape}
  dash: {kind: assessment, meaning: DASH}
events:
  flags: {weapon: a weapon was used, children_present: children were there}
  numbers: {ticks: {meaning: ticks, unit: ticks}}
  categories: {relationship: {meaning: what the victim is, values: [partner, family]}}
  names: {address_id: address}
people:
  attributes:
    sex: {kind: category, values: [female, male], meaning: sex, audit_only: true}
    deceased_on: {kind: date, meaning: date of death}
    deaf: {kind: answer, meaning: the person is deaf}
    height: {kind: number, meaning: height, unit: cm}
    place: {kind: text, meaning: place}
referrals:
  attributes:
    route: {kind: category, values: [escalation, repeat], meaning: why}
    in_area: {kind: answer, meaning: lives here}
"""

PEOPLE = """
agency: police
table: people
read: {csv: data/people.csv}
columns: {person_id: ID, birth_date: BORN}
"""
EVENTS = """
agency: police
table: events
read: {csv: data/events.csv}
columns:
  event_id: REF
  person_id: WHO
  happened_on: DATE
  type: {column: CODE, codes: {A: assault, R: rape, D: dash}}
"""
REFERRALS = """
agency: police
table: referrals
read: {csv: data/referrals.csv}
columns: {referral_id: REF, person_id: WHO, made_on: DATE}
"""


def words() -> Vocabulary:
    """Return the vocabulary of these tests."""
    return Vocabulary.model_validate(yaml.safe_load(WORDS))


@dataclass(frozen=True)
class Desk:
    """A workspace that holds people p1 (born 1980), p2 and p3, and nothing else yet."""

    root: Path

    @classmethod
    def at(cls, root: Path) -> Desk:
        desk = cls(root)
        desk.source("people", PEOPLE)
        desk.extract("people.csv", "ID,BORN\np1,1980-05-17\np2,\np3,1990-01-01\n")
        return desk

    def source(self, name: str, text: str) -> Desk:
        """Write a source file."""
        return self._write(f"configs/sources/{name}.yaml", text.encode())

    def extract(self, name: str, content: str | bytes | pa.Table) -> Desk:
        """Write an extract."""
        if isinstance(content, pa.Table):
            sink = pa.BufferOutputStream()
            pq.write_table(content, sink)
            content = sink.getvalue().to_pybytes()
        return self._write(
            f"data/{name}", content if isinstance(content, bytes) else content.encode()
        )

    def events(self, text: str, *, source: str = EVENTS) -> Desk:
        """Write a source of events and its extract."""
        return self.source("events", source).extract("events.csv", text)

    def sources(self) -> tuple[Source, ...]:
        """Read the source files."""
        return read_sources(self.root / "configs" / "sources", words(), root=self.root)

    def read(
        self, *, today: datetime.date = TODAY, environment: Mapping[str, str] | None = None
    ) -> Checked:
        """Read everything."""
        return read_histories(
            Workspace(self.root), words(), self.sources(), today, environment=environment or {}
        )

    def _write(self, name: str, content: bytes) -> Desk:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return self


def faults(checked: Checked) -> list[tuple[str, int, str, str]]:
    """Return source, line, column and reason of each fault."""
    columns = ["source", "line", "column", "reason"]
    return list(checked.rejects[columns].itertuples(index=False, name=None))


def column(table: pa.Table, name: str) -> list[object]:
    """Return a canonical column as a list."""
    values: list[object] = table.column(name).to_pylist()
    return values
