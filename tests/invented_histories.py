"""Lists made of a few invented records by the shipped features, built anew for each test."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from tests.invented_lists import invented_content
from triage.learning import ModelSpec, Trained
from triage.lists import Bundle, write_bundle
from triage.records import CaseHistories, build_histories
from triage.rules import Policy, Rule, Theme
from triage.workflows.against import History
from triage.workflows.deciding import Said
from triage.workflows.project import Project, load_project
from triage.workflows.questions import ask_of_open
from triage.workflows.ranking import Making

CHECKOUT = Path(__file__).resolve().parents[1]
THEN, NOW = datetime.date(2026, 2, 1), datetime.date(2026, 2, 15)


@cache
def shipped() -> Project:
    """Return what the checkout says as a workspace."""
    return load_project(CHECKOUT)


def by_points(**weights: float) -> Trained:
    """Return a comparator that adds up features; below 0, fewer (up to nine) are more points."""
    spec = ModelSpec.model_validate(
        {
            "name": "points",
            "title": "Points",
            "purpose": "to test",
            "kind": "comparator",
            "source": "invented",
            "points": [
                {"feature": name, "weight": weight}
                if weight > 0
                else {
                    "feature": name,
                    "bands": [{"at_most": most, "points": 10 - most} for most in range(10)],
                }
                for name, weight in weights.items()
            ],
        }
    )
    return Trained(spec, tuple(weights), "harm", 365, "harm in 365 days", base_rate=0.1, rows=10)


@dataclass(frozen=True)
class World:
    """Records, and by what they are ranked; a change gives another one."""

    project: Project
    trained: Trained
    people: tuple[Mapping[str, Any], ...] = ()
    events: tuple[Mapping[str, Any], ...] = ()
    referrals: tuple[Mapping[str, Any], ...] = ()
    model: str = "1"
    rules: str = "as shipped"
    code: str = "0"

    def with_rules(self, *rules: Rule) -> World:
        """Return the world under these rules and no others."""
        policy = self.project.policy
        themes = {"theme": Theme(title="A theme", rules=list(rules))} if rules else {}
        project = replace(self.project, policy=Policy(themes, policy.kinds, policy.wordings))
        return replace(self, project=project, rules=repr(rules))

    def and_more(self, **records: Iterable[Mapping[str, Any]]) -> World:
        """Return the world with more records."""
        return replace(
            self, **{name: (*getattr(self, name), *more) for name, more in records.items()}
        )

    @property
    def histories(self) -> CaseHistories:
        """What is on record in it."""
        return build_histories(
            self.project.vocabulary,
            people=self.people,
            events=self.events,
            referrals=self.referrals,
        )

    def list_of(
        self,
        folder: Path,
        as_of: datetime.date,
        *earlier: Bundle,
        decided: Mapping[tuple[str, str], Said] = MappingProxyType({}),
    ) -> Bundle:
        """Write its list of a date, compared with the first of earlier ones."""
        asked = ask_of_open(self.project, self.histories, as_of)
        configs = {"configs/rules/theme.yaml": self.rules}
        making = Making(self.project, self.trained, self.model, as_of, configs, self.code)
        history = History(earlier[0] if earlier else None, earlier, (), decided)
        tables = making.tables(asked, self.histories, history)
        blank = invented_content()
        content = replace(
            blank,
            as_of=as_of,
            tables=tables,
            model=blank.model.model_copy(update={"sha256": self.model}),
            code_version=self.code,
            inputs=history.inputs,
            configs=configs,
            referrals_in=len(asked.referrals),
            against=history.facts,
        )
        return write_bundle(folder, content, lambda bundle: {})


def incident(person: str, day: str, kind: str = "harassment", **more: Any) -> dict[str, Any]:
    """Return a domestic incident that is known on its day."""
    return {"person_id": person, "type": kind, "happened_on": day, "domestic": True, **more}


def a_world(n: int = 6) -> World:
    """Return a world in which ``p1`` has one incident, ``p2`` two, and so on, all long settled."""
    events = [
        incident(f"p{person}", f"2025-{9 + number % 3:02d}-{1 + number:02d}")
        for person in range(1, n + 1)
        for number in range(person)
    ]
    referrals = [
        {"referral_id": f"r{person}", "person_id": f"p{person}", "made_on": "2026-01-20"}
        for person in range(1, n + 1)
    ]
    people = [{"person_id": f"p{one}", "birth_date": "1990-06-01"} for one in range(1, n + 1)]
    world = World(shipped(), by_points(incidents_365d=1.0), tuple(people), tuple(events))
    return replace(world, referrals=tuple(referrals)).with_rules()
