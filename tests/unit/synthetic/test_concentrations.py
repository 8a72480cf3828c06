"""The measures of concentration, on histories small enough to count by hand."""

import math
from pathlib import Path

import pytest

from triage.harm import read_scales
from triage.records import build_histories, read_vocabulary
from triage.synthetic import FIGURES, Concentration, concentrations

ROOT = Path(__file__).parents[3]
VOCABULARY = read_vocabulary(ROOT / "configs/vocabulary.yaml")
SCALE = read_scales(ROOT / "configs/harm", VOCABULARY)["cambridge"]


def incident(person: str, day: str, type_: str, **more):
    return {"person_id": person, "happened_on": day, "type": type_, "domestic": "yes", **more}


def found(events=(), referrals=()) -> dict[str, float]:
    histories = build_histories(VOCABULARY, events=events, referrals=referrals)
    return {one.figure.name: one.found for one in concentrations(histories, SCALE)}


def test_one_person_of_ten_carries_the_harm():
    events = [incident("a", "2020-01-01", "rape", victim_id="v")]
    events += [incident(f"p{n}", "2020-01-01", "harassment", victim_id=f"v{n}") for n in range(9)]
    figures = found(events)
    assert figures["people_with_90_share_of_harm"] == pytest.approx(0.1)
    assert figures["dyads_with_80_share_of_harm"] == pytest.approx(0.1)


def test_what_is_not_known_to_be_domestic_does_not_count():
    events = [
        incident("a", "2020-01-01", "rape", domestic="unknown"),
        incident("b", "2020-01-01", "harassment"),
        incident("c", "2020-01-01", "harassment"),
    ]
    assert found(events)["people_with_90_share_of_harm"] == 1.0


def test_back_within_two_years_counts_people_who_can_be_followed():
    events = [
        incident("a", "2020-01-01", "harassment"),
        incident("a", "2020-01-01", "harassment", agency="health"),  # the same day: the same one
        incident("b", "2020-01-01", "harassment"),
        incident("b", "2020-03-01", "harassment"),
        incident("c", "2020-01-01", "harassment"),
        incident("c", "2020-10-01", "harassment"),
        incident("d", "2022-06-01", "harassment"),  # too late to be followed
    ]
    figures = found(events)
    assert figures["not_back_within_two_years"] == pytest.approx(1 / 3)
    assert figures["back_within_three_months"] == pytest.approx(1 / 2)


def test_earlier_contact_is_with_the_police_and_before_the_first_high_harm():
    events = [
        incident("a", "2020-01-01", "harassment", agency="health"),
        incident("a", "2021-01-01", "rape", agency="police"),
        incident("b", "2020-01-01", "harassment", agency="police"),
        incident("b", "2021-01-01", "rape", agency="health"),
        incident("c", "2021-01-01", "rape", agency="police"),
        incident("c", "2021-06-01", "rape", agency="police"),
    ]
    assert found(events)["highest_harm_without_earlier_police_contact"] == pytest.approx(2 / 3)


def test_grades_are_held_against_high_harm_within_a_year():
    graded = {"type": "dash", "happened_on": "2020-01-01"}
    events = [
        {"person_id": "a", "risk_grade": 3.0, **graded},
        {"person_id": "b", "risk_grade": 1.0, **graded},
        {"person_id": "c", "risk_grade": 3.0, **graded},
        incident("a", "2020-06-01", "rape"),
        incident("b", "2021-06-01", "rape"),  # too late
        incident("c", "2019-06-01", "rape"),  # before
    ]
    assert found(events)["grade_auc"] == pytest.approx(0.75)


def test_a_repeat_referral_follows_another_within_a_year():
    made = ["2020-01-01", "2021-02-01", "2021-06-01", "2023-01-01"]
    referrals = [{"person_id": "a", "made_on": day} for day in made]
    assert found(referrals=referrals)["repeat_referrals"] == pytest.approx(1 / 3)


def test_ideation_beyond_the_police():
    events = [
        {
            "person_id": person,
            "happened_on": "2020-01-01",
            "type": "mental_health_contact",
            "agency": agency,
            "suicidal_ideation": said,
        }
        for person, agency, said in [
            ("a", "health", "yes"),
            ("b", "health", "yes"),
            ("b", "police", "yes"),
            ("c", "health", "no"),
        ]
    ]
    assert found(events)["ideation_beyond_police"] == pytest.approx(0.5)


def test_what_cannot_be_measured_is_nan_and_does_not_hold():
    histories = build_histories(VOCABULARY)
    for one in concentrations(histories, SCALE):
        assert math.isnan(one.found), one.figure.name
        assert not one.holds


def test_a_concentration_says_whether_it_holds():
    low, high = FIGURES[0].lowest, FIGURES[0].highest
    assert "holds: share of people" in str(Concentration(FIGURES[0], (low + high) / 2))
    assert "DOES NOT HOLD: share of people" in str(Concentration(FIGURES[0], high + 0.001))
