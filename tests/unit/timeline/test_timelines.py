"""Timelines: order, moments, the cohort of a list, and attributes as they were known."""

from __future__ import annotations

import datetime

import numpy as np
import pytest

from triage.conditions import UNKNOWN_DAY, Categories, Days, Numbers
from triage.harm import Scale
from triage.records import CaseHistories, Vocabulary, build_histories
from triage.timeline import (
    NEVER,
    attributes_at,
    build_timeline,
    day_of,
    moments_of,
    open_referrals,
    training_days,
)
from triage.workspace import Cohort

VOCABULARY = Vocabulary.model_validate(
    {
        "agencies": {"police": "Police", "health": "Health"},
        "kinds": {"incident": "incident"},
        "types": {
            "assault": {"kind": "incident", "meaning": "assault", "harm_class": "assault"},
            "dispute": {"kind": "incident", "meaning": "dispute"},
        },
        "people": {
            "attributes": {
                "moved_on": {"kind": "date", "meaning": "moved"},
                "sex": {
                    "kind": "category",
                    "values": ["f", "m"],
                    "meaning": "sex",
                    "audit_only": True,
                },
            }
        },
        "referrals": {
            "attributes": {"route": {"kind": "category", "values": ["a", "b"], "meaning": "r"}}
        },
    }
)
SCALE = Scale.model_validate(
    {
        "name": "test",
        "title": "Test",
        "source": "invented",
        "in_force_from": datetime.date(2020, 1, 1),
        "classes": {"assault": {"days": 20.0, "note": "invented"}},
    }
)


def day(text: str) -> int:
    return day_of(datetime.date.fromisoformat(text))


def histories() -> CaseHistories:
    return build_histories(
        VOCABULARY,
        people=[
            {"person_id": "b", "birth_date": "2000-02-29", "moved_on": "2024-05-01", "sex": "m"},
            {"person_id": "a"},
            {"person_id": "c"},
        ],
        events=[
            {"person_id": "c", "happened_on": "2024-01-05", "type": "assault"},
            {"person_id": "a", "happened_on": "2024-02-01", "type": "dispute", "known_on": None},
            {
                "person_id": "a",
                "happened_on": "2024-01-01",
                "known_on": "2024-04-01",
                "type": "assault",
            },
            {
                "person_id": "a",
                "happened_on": "2024-01-01",
                "known_on": "2024-01-02",
                "type": "dispute",
            },
        ],
        referrals=[
            {"person_id": "b", "made_on": "2024-03-01", "route": "a"},
            {"person_id": "b", "made_on": "2024-03-15", "route": "b"},
        ],
    )


def test_events_stand_by_person_then_day_then_known_day() -> None:
    timeline = build_timeline(histories(), SCALE)
    assert timeline.person_ids.tolist() == ["a", "b", "c"]
    assert timeline.starts.tolist() == [0, 3, 3, 4]
    assert timeline.records["event_id"].to_pylist() == ["e4", "e3", "e2", "e1"]
    assert timeline.known.tolist()[2] == NEVER
    harm = timeline.columns["harm_days"]
    assert isinstance(harm, Numbers)
    assert harm.values.tolist() == [0.0, 20.0, 0.0, 20.0]


def test_usable_events_happened_and_were_known_strictly_before() -> None:
    timeline = build_timeline(histories(), SCALE)
    assert timeline.usable(0, day("2024-04-01")).tolist() == [0]
    assert timeline.usable(0, day("2024-04-02")).tolist() == [0, 1]
    assert timeline.usable(1, day("2024-04-02")).tolist() == []


def test_a_moment_of_somebody_who_is_not_there_is_an_error() -> None:
    timeline = build_timeline(histories(), SCALE)
    for stranger in ("", "aa", "z"):
        with pytest.raises(KeyError, match="no people source"):
            moments_of(timeline, ["a", stranger], 0)


def test_a_referral_is_open_from_the_day_that_it_was_made() -> None:
    referrals = histories().referrals
    cohort = Cohort(open_days=31, as_of="monthly")
    assert open_referrals(referrals, cohort, day("2024-02-29")).tolist() == []
    assert open_referrals(referrals, cohort, day("2024-03-01")).tolist() == [0]
    assert open_referrals(referrals, cohort, day("2024-03-31")).tolist() == [0, 1]
    assert open_referrals(referrals, cohort, day("2024-04-01")).tolist() == [1]


def test_training_asks_at_the_first_of_the_month_or_on_the_day() -> None:
    referrals = histories().referrals
    _, monthly = training_days(referrals, Cohort(open_days=31, as_of="monthly"))
    assert monthly.tolist() == [day("2024-03-01"), day("2024-04-01")]
    rows, same = training_days(
        referrals, Cohort(open_days=31, as_of="referral", where={"route": "b"})
    )
    assert rows.tolist() == [1]
    assert same.tolist() == [day("2024-03-15")]


def test_attributes_are_those_that_were_known() -> None:
    days = np.asarray([day("2024-02-28"), day("2024-05-02")], dtype=np.int32)
    known = attributes_at(histories(), np.asarray([0, 1]), days)
    assert isinstance(known["person.age"], Numbers)
    assert known["person.age"].values.tolist() == [23.0, 24.0]
    assert isinstance(known["person.moved_on"], Days)
    assert known["person.moved_on"].values.tolist() == [UNKNOWN_DAY, day("2024-05-01")]
    assert isinstance(known["referral.route"], Categories)
    assert known["referral.route"].codes.tolist() == [0, 1]


def test_protected_characteristics_are_given_to_audits_only() -> None:
    days = np.asarray([day("2024-05-02")], dtype=np.int32)
    assert "person.sex" not in attributes_at(histories(), np.asarray([0]), days)
    assert "person.sex" in attributes_at(histories(), np.asarray([0]), days, audit=True)
