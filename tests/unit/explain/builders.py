"""Referrals asked about with small pipelines and three rules, and contributions by hand."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tests.invented_rules import a_rule
from triage.conditions import Column
from triage.explain import Contributions, Reason, tell_reasons
from triage.features import FeatureMatrix, Plan, compute, make_plan, read_pipelines
from triage.harm import read_scales
from triage.records import CaseHistories, build_histories, read_vocabulary
from triage.rules import Policy, Theme, Trace, evaluate_rules, gather_facts, wordings_of
from triage.timeline import (
    Moments,
    Timeline,
    attributes_at,
    build_timeline,
    day_of,
    moments_of,
)

CHECKOUT = Path(__file__).resolve().parents[3]
VOCABULARY = read_vocabulary(CHECKOUT / "configs" / "vocabulary.yaml")
SCALE = read_scales(CHECKOUT / "configs" / "harm", VOCABULARY)["cambridge"]
FEATURES = read_pipelines(Path(__file__).parent / "pipelines", VOCABULARY)
POLICY = Policy(
    {
        "needs": Theme(
            title="Needs",
            rules=[
                a_rule(
                    "suicidal",
                    effect={"floor": "must_discuss"},
                    when={"referral.suicidal_ideation": "yes"},
                ),
                a_rule(
                    "often",
                    effect="flag",
                    when={"field": "incidents_365d", "operator": "at_least", "value": 3},
                ),
            ],
        ),
        "lethality": Theme(
            title="Lethality",
            rules=[
                a_rule(
                    "strangulation",
                    reason="Strangled a victim: {strangulation_incidents_365d}.",
                    when={
                        "field": "strangulation_incidents_365d",
                        "operator": "at_least",
                        "value": 1,
                    },
                )
            ],
        ),
    },
    {**VOCABULARY.attribute_fields(), **{feature.name: "number" for feature in FEATURES}},
    wordings_of(FEATURES, VOCABULARY),
)
PLAN = make_plan(FEATURES)
AS_OF = datetime.date(2026, 3, 1)


@dataclass(frozen=True)
class Asked:
    """Referrals on an as-of date, with everything that explains them."""

    histories: CaseHistories
    timeline: Timeline
    moments: Moments
    matrix: FeatureMatrix
    trace: Trace
    attributes: Mapping[str, Column]


def days_ago(days: int) -> datetime.date:
    """Return the day so many days before the as-of date."""
    return AS_OF - datetime.timedelta(days=days)


def incident(days: int, **changes: Any) -> dict[str, Any]:
    """Return a domestic incident of person p1, so many days before the as-of date."""
    return {
        "person_id": "p1",
        "happened_on": days_ago(days),
        "type": "harassment",
        "domestic": "yes",
        "agency": "police",
        **changes,
    }


def ask(
    events: Sequence[Mapping[str, Any]] = (),
    *people: str,
    plan: Plan = PLAN,
    policy: Policy = POLICY,
    **referral: Any,
) -> Asked:
    """Return what there is to know of a referral of each person, of p1 where none is named.

    Nothing is unknown of them but what a test says.
    """
    referrals = [
        {
            "referral_id": f"r-{person}",
            "person_id": person,
            "made_on": AS_OF,
            "agency": "housing",
            "separation": "no",
            "pregnancy": "no",
            **referral,
        }
        for person in people or ("p1",)
    ]
    born = [{"person_id": person, "birth_date": "1990-05-01"} for person in people or ("p1",)]
    histories = build_histories(VOCABULARY, people=born, events=events, referrals=referrals)
    timeline = build_timeline(histories, SCALE)
    days = np.full(len(referrals), day_of(AS_OF), dtype=np.int32)
    ids = histories.referrals["person_id"].to_pylist()
    moments = moments_of(timeline, ids, days)
    attributes = attributes_at(histories, np.arange(len(referrals)), days)
    matrix = compute(plan, timeline, moments, attributes)
    trace = evaluate_rules(policy, gather_facts(matrix, attributes), AS_OF)
    return Asked(histories, timeline, moments, matrix, trace, attributes)


def contributions(
    asked: Asked, base: float = -2.0, **by_feature: float | Sequence[float]
) -> Contributions:
    """Return contributions of these features: one for each row, or the same on every row."""
    chosen = asked.matrix.select(list(by_feature))
    columns = [np.broadcast_to(np.asarray(one, float), len(chosen)) for one in by_feature.values()]
    values = np.column_stack(columns)
    return Contributions(values, base, base + values.sum(axis=1), chosen.features)


def told(asked: Asked, given: Contributions, **options: int) -> list[Reason]:
    """Return the reasons of the first referral."""
    reasons = tell_reasons(
        given, asked.matrix, asked.trace, asked.timeline, asked.moments, VOCABULARY, **options
    )
    return list(reasons[0])
