"""What rules are told beside features: their earlier values, what the model says, and places."""

from __future__ import annotations

import datetime
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from tests.invented_rules import a_rule
from tests.unit.workflows.test_questions import COUNT, SCALE, VOCABULARY
from triage.conditions import Truth
from triage.ranking import rank
from triage.records import build_histories
from triage.rules import Policy, Theme, wordings_of
from triage.workflows.questions import Asked, ask_of_open
from triage.workflows.ruling import ask_rules, rules_know_places, said_by_model
from triage.workspace import Cohort

AS_OF = datetime.date(2024, 6, 1)


def asked(**assaults: list[str]) -> Asked:
    """Return people referred on the as-of date, with assaults on these dates."""
    project: Any = SimpleNamespace(
        features=(COUNT,),
        scale=SCALE,
        panel=SimpleNamespace(cohort=Cohort(open_days=31, as_of="referral")),
    )
    histories = build_histories(
        VOCABULARY,
        people=[{"person_id": name} for name in assaults],
        events=[
            {"person_id": name, "type": "assault", "happened_on": day, "known_on": day}
            for name, days in assaults.items()
            for day in days
        ],
        referrals=[{"person_id": name, "made_on": str(AS_OF)} for name in assaults],
    )
    return ask_of_open(project, histories, AS_OF)


def policy_of(*rules: Any) -> Policy:
    return Policy(
        {"theme": Theme(title="T", rules=list(rules))}, {}, wordings_of((COUNT,), VOCABULARY)
    )


def changed(since: object, **rule: Any) -> Any:
    when = {"field": "assaults", "changed_since": since, "operator": "at_least", "value": 1}
    return a_rule(when=when, **rule)


@pytest.mark.parametrize(
    ("since", "expected"),
    [
        ("31 days", [Truth.NO, Truth.YES]),
        ("120 days", [Truth.YES, Truth.YES]),
        (datetime.date(2024, 5, 1), [Truth.NO, Truth.YES]),
        (datetime.date(2024, 2, 1), [Truth.YES, Truth.YES]),
        (AS_OF, [Truth.UNKNOWN, Truth.UNKNOWN]),
        (datetime.date(2025, 1, 1), [Truth.UNKNOWN, Truth.UNKNOWN]),
    ],
)
def test_a_change_is_since_an_earlier_date_and_never_since_a_later_one(
    since: object, expected: list[Truth]
) -> None:
    found = asked(ann=["2024-03-01"], bea=["2024-03-01", "2024-05-20"])
    trace = ask_rules(policy_of(changed(since)), found, AS_OF)
    assert trace.truths[:, 0].tolist() == expected


def test_only_those_whose_model_gives_a_chance_have_one() -> None:
    found = asked(ann=["2024-03-01"])
    learned: Any = SimpleNamespace(learned=True, probability=lambda matrix: np.array([0.25]))
    points: Any = SimpleNamespace(learned=False)
    scores = np.array([-1.1])
    said = {"model.log_odds": [-1.1], "model.probability": [0.25]}
    assert {k: v.tolist() for k, v in said_by_model(learned, found.matrix, scores).items()} == said
    assert said_by_model(points, found.matrix, scores).keys() == {"model.points"}
    likely = {"field": "model.probability", "operator": "at_least", "value": 0.2}
    policy = policy_of(a_rule(when=likely))
    for model, truth in ((learned, Truth.YES), (points, Truth.UNKNOWN)):
        said_now = said_by_model(model, found.matrix, scores)
        assert ask_rules(policy, found, AS_OF, model=said_now).truths.tolist() == [[truth]]


def test_flags_on_places_know_them_and_the_ranking_stands() -> None:
    found = asked(ann=["2024-03-01"], bea=["2024-03-01"], cat=["2024-03-01"])
    below = {"field": "list.rank", "operator": "above", "value": 1}
    gone = {"field": "list.rank", "operator": "is_unknown"}
    policy = policy_of(
        a_rule("below", effect="flag", when=below), a_rule("off", effect="flag", when=gone)
    )
    trace = ask_rules(policy, found, AS_OF)
    ranking = rank(["a", "b", "c"], np.array([1.0, 3.0, 2.0]), trace, capacity=1)
    known = rules_know_places(trace, ranking, AS_OF)
    assert known.truths[:, 0].tolist() == [Truth.YES, Truth.NO, Truth.YES]
    assert known.truths[:, 1].tolist() == [Truth.NO] * 3
    plain = ask_rules(
        policy_of(a_rule(when={"field": "assaults", "operator": "is_known"})), found, AS_OF
    )
    assert rules_know_places(plain, ranking, AS_OF) is plain
