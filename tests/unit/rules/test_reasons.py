"""A rule's reason in plain words: the facts are told as their features tell them."""

from __future__ import annotations

import datetime
from pathlib import Path

import numpy as np
import pytest

from tests.invented_rules import EPOCH
from triage.conditions import (
    UNKNOWN_DAY,
    Answer,
    Answers,
    Categories,
    Column,
    Days,
    Numbers,
)
from triage.features import Feature, read_pipelines
from triage.records import read_vocabulary
from triage.rules import Policy, Rule, Theme, evaluate_rules, wordings_of

CHECKOUT = Path(__file__).resolve().parents[3]
VOCABULARY = read_vocabulary(CHECKOUT / "configs" / "vocabulary.yaml")
FEATURES = read_pipelines(CHECKOUT / "pipelines", VOCABULARY)
AS_OF = datetime.date(2026, 3, 1)


def told(field: str, column: Column) -> str:
    return wordings_of(FEATURES, VOCABULARY)[field](column, 0)


def numbers(*values: float) -> Numbers:
    return Numbers(np.array(values, dtype=float))


def answers(*values: Answer) -> Answers:
    return Answers(np.array(values, dtype=np.int8))


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (Answer.YES, "the victim is leaving or has left"),
        (Answer.NO, "it is not so that the victim is leaving or has left"),
        (Answer.UNKNOWN, "it is not known whether the victim is leaving or has left"),
        (Answer.NOT_ASKED, "nobody has asked whether the victim is leaving or has left"),
    ],
)
def test_the_four_answers_stay_apart(answer: Answer, expected: str) -> None:
    assert told("referral.separation", answers(answer)) == expected


def test_the_other_kinds_of_fact() -> None:
    died = Days(np.array([(datetime.date(2025, 3, 4) - EPOCH).days], dtype=np.int32))
    unknown = Days(np.array([UNKNOWN_DAY], dtype=np.int32))
    assert told("person.deceased_on", died) == "date of death: 4 March 2025"
    assert told("person.deceased_on", unknown) == "date of death: not known"
    assert told("person.age", numbers(34)) == "age: 34 years"
    assert told("person.age", numbers(np.nan)) == "age: not known"
    agencies = list(VOCABULARY.agencies)
    housing = Categories(np.array([agencies.index("housing")], dtype=np.int32), agencies)
    assert told("referral.agency", housing) == "referred by: Housing"
    relations = ["partner", "former_partner"]
    assert (
        told("referral.relationship", Categories(np.array([1], dtype=np.int32), relations))
        == "what the victim is to the person: former partner"
    )
    assert (
        told("referral.relationship", Categories(np.array([-1], dtype=np.int32), relations))
        == "what the victim is to the person: not known"
    )


def test_a_feature_tells_its_own_value() -> None:
    feature = next(one for one in FEATURES if one.name == "weapon_incidents_365d")
    for value in (0.0, 1.0, 3.0, np.nan):
        assert told(feature.name, numbers(value)) == feature.describe(value)


def test_audit_only_attributes_have_no_words() -> None:
    assert not VOCABULARY.audit_only() & set(wordings_of(FEATURES, VOCABULARY))


def reason(template: str, facts: dict[str, Column], **changes: object) -> str:
    rule = Rule.model_validate(
        {
            "id": "a",
            "title": "A",
            "reason": template,
            "effect": "flag",
            "when": {
                "any": [
                    {"field": "weapon_incidents_365d", "operator": "at_least", "value": 1},
                    {"referral.separation": "yes"},
                ]
            },
            "source": "invented",
            "source_checked": True,
            "author": "nobody",
            "in_force_from": datetime.date(2020, 1, 1),
            "review_on": datetime.date(2030, 1, 1),
            **changes,
        }
    )
    theme = Theme(title="T", rules=[rule])
    policy = Policy({"t": theme}, {}, wordings_of(FEATURES, VOCABULARY))
    trace = evaluate_rules(policy, facts, AS_OF)
    return trace.finding(0, 0).reason


def given(weapons: float, separation: Answer) -> dict[str, Column]:
    return {"weapon_incidents_365d": numbers(weapons), "referral.separation": answers(separation)}


def test_placeholders_are_filled_in() -> None:
    found = reason("{weapon_incidents_365d}. Ask: {referral.separation}?", given(2, Answer.UNKNOWN))
    assert found == (
        "2 incidents with a weapon in the last 12 months. "
        "Ask: it is not known whether the victim is leaving or has left?"
    )


@pytest.mark.parametrize(
    ("weapons", "separation", "expected"),
    [
        (2, Answer.NO, "On record: 2 incidents with a weapon in the last 12 months."),
        (0, Answer.YES, "On record: the victim is leaving or has left."),
        (
            1,
            Answer.YES,
            "On record: 1 incident with a weapon in the last 12 months; "
            "the victim is leaving or has left.",
        ),
    ],
)
def test_facts_are_those_that_decided(weapons: float, separation: Answer, expected: str) -> None:
    assert reason("On record: {facts}.", given(weapons, separation)) == expected


def test_a_field_that_is_tested_twice_is_told_once() -> None:
    many = [
        {"field": "weapon_incidents_365d", "operator": "at_least", "value": 1},
        {"field": "weapon_incidents_365d", "operator": "at_most", "value": 9},
    ]
    found = reason("{facts}", {"weapon_incidents_365d": numbers(2)}, when={"all": many})
    assert found == "2 incidents with a weapon in the last 12 months"


def test_an_unknown_says_what_is_wanting() -> None:
    assert (
        reason("On record: {facts}.", given(0, Answer.NOT_ASKED))
        == "Nobody has asked whether the victim is leaving or has left"
    )


def test_a_no_needs_no_reason() -> None:
    assert reason("On record: {facts}.", given(0, Answer.NO)) == ""


def test_braces_may_be_meant() -> None:
    assert reason("{{sic}} {facts}", given(1, Answer.NO)).startswith("{sic} 1 incident")


def test_every_feature_can_be_told() -> None:
    words = wordings_of(FEATURES, VOCABULARY)
    feature: Feature
    for feature in FEATURES:
        for value in (0.0, 1.0, 2.5, 800.0, np.nan):
            assert words[feature.name](numbers(value), 0)
