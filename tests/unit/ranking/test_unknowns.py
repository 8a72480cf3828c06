"""What is not known of referrals, whom to ask, and what would follow."""

from __future__ import annotations

import datetime

import numpy as np

from tests.unit.explain.builders import ask, days_ago, incident
from tests.unit.ranking.builders import unknowns_of


def found(asked, **options):
    return {one.key: one for one in unknowns_of(asked, **options).each}


def test_answers_of_referrals_that_are_not_known_are_asked_of_their_holders():
    asked = ask((), "p1", "p2", pregnancy="unknown", suicidal_ideation="not_asked", in_area="yes")
    each = found(asked)
    assert each["referral.pregnancy"].rows.tolist() == [0, 1]
    assert each["referral.pregnancy"].held_by == (("Health",), ("Health",))
    assert each["referral.pregnancy"].answers == ("no", "yes")
    assert "referral.suicidal_ideation" in each
    assert "referral.in_area" not in each
    assert "referral.separation" not in each


def test_without_a_holder_the_agency_that_referred_is_asked():
    each = found(ask((), "p1", route=None))
    assert each["referral.route"].held_by == (("Housing",),)
    assert each["referral.route"].answers[0] == "visible high risk"


def test_a_date_that_is_empty_is_no_question():
    assert not [key for key in found(ask(())) if key.startswith("person.deceased")]


def test_what_records_leave_open_is_asked_of_those_who_wrote_them():
    events = [
        incident(30, strangulation="unknown", source="police"),
        incident(10, strangulation="not_asked", source="police"),
        incident(20, strangulation="unknown", source="health", agency="health"),
        incident(5, strangulation="no", source="police"),
    ]
    one = found(ask(events))["event.strangulation"]
    assert one.rows.tolist() == [0]
    assert one.held_by == (("Police", "Health"),)
    assert one.records == ((3, days_ago(10)),)
    assert one.text == "strangulation or suffocation"


def test_an_extract_that_never_asks_is_not_asked():
    events = [incident(30, source="police"), incident(10, weapon="unknown", source="police")]
    each = found(ask(events))
    assert "event.weapon" in each
    assert "event.pregnancy" not in each


def test_old_records_are_not_asked_about():
    asked = ask([incident(300, injury="unknown")])
    assert "event.injury" in found(asked)
    assert "event.injury" not in found(asked, ask_back_days=200)


def test_a_record_of_the_future_is_not_asked_about():
    late = incident(10, injury="unknown", known_on=days_ago(-3))
    assert "event.injury" not in found(ask([late, incident(4, injury="no")]))


def answered(asked, **answers):
    unknowns = unknowns_of(asked)
    rows = np.arange(len(asked.matrix))
    states = unknowns.nothing_answered(len(rows))
    for position, one in enumerate(unknowns.each):
        words = answers.get(one.key.replace(".", "_"))
        if words is not None:
            states[:, position] = one.answers.index(words)
    return unknowns.answered(rows, states)


def test_an_answer_moves_everything_that_is_made_of_it():
    asked = ask([incident(30, strangulation="unknown", injury="unknown")], pregnancy="unknown")
    assert asked.matrix.column("strangulation_incidents_90d").tolist() == [0]
    matrix, attributes = answered(asked, event_strangulation="yes", referral_pregnancy="yes")
    for window in ("90d", "365d", "ever"):
        assert matrix.column(f"strangulation_incidents_{window}").tolist() == [1]
    assert matrix.column("injury_incidents_365d").tolist() == [0]
    assert matrix.column("pregnancy").tolist() == [1]
    assert attributes["referral.pregnancy"].codes.tolist() == [1]


def test_a_no_is_a_no_and_nothing_answered_changes_nothing():
    asked = ask([incident(30, domestic="unknown"), incident(3)], pregnancy="unknown")
    matrix, _ = answered(asked)
    assert np.array_equal(matrix.values, asked.matrix.values, equal_nan=True)
    matrix, _ = answered(asked, event_domestic="no", referral_pregnancy="no")
    assert matrix.column("incidents_365d").tolist() == [1]
    assert matrix.column("pregnancy").tolist() == [0]
    matrix, _ = answered(asked, event_domestic="yes")
    assert matrix.column("incidents_365d").tolist() == [2]


def test_what_is_known_of_others_is_left_alone():
    events = [incident(30, injury="unknown"), incident(30, injury="no", person_id="p2")]
    matrix, _ = answered(ask(events, "p1", "p2"), event_injury="yes")
    assert matrix.column("injury_incidents_365d").tolist() == [1, 0]


def test_a_number_lies_between_those_known_on_the_list():
    asked = ask((), "p1", "p2", "p3")
    ages = asked.attributes["person.age"].values
    ages[:] = [np.nan, 20.0, 50.0]
    asked.matrix.column("age")[:] = ages
    one = found(asked)["person.age"]
    assert one.answers == ("20 years", "50 years")
    assert answered(asked, person_age="50 years")[0].column("age").tolist() == [50, 20, 50]


def test_a_number_that_nobody_on_the_list_has_is_no_question():
    asked = ask((), "p1", "p2")
    asked.attributes["person.age"].values[:] = np.nan
    assert "person.age" not in found(asked)


def test_dates_are_told_as_dates():
    events = [incident(7, injury="unknown"), incident(9, injury="yes")]
    ((records, last_on),) = found(ask(events))["event.injury"].records
    assert (records, last_on) == (1, datetime.date(2026, 2, 22))
