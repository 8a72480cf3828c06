"""People who were taken on: their answers are marked, and count as configured."""

from __future__ import annotations

import numpy as np
import pytest

from tests.unit.outcomes.test_labels import START, WORDS, event, outcome, scale
from triage.conditions import parse_condition
from triage.outcomes import (
    LabelState,
    Treatment,
    find_taken_on,
    handle_taken_on,
    harm_within,
    label,
    outcome_day,
)
from triage.records import Vocabulary, build_histories
from triage.timeline import NEVER, build_timeline, moments_of

PROGRAMME = Treatment.model_validate(
    {"meaning": "a place on the programme", "taken_on": {"type": "place"}}
)
WITH_PLACES = Vocabulary.model_validate(
    {
        **WORDS.model_dump(mode="json", exclude_unset=True),
        "kinds": {"incident": "Something alleged", "programme": "A place"},
        "types": {
            "assault": {"kind": "incident", "meaning": "assault", "harm_class": "assault"},
            "rape": {"kind": "incident", "meaning": "rape", "harm_class": "rape"},
            "place": {"kind": "programme", "meaning": "a place"},
        },
    }
)


def asked(events, *, handling, at=0, until=1000, **changes):
    people = [{"person_id": "a"}, {"person_id": "b"}]
    histories = build_histories(WITH_PLACES, people=people, events=events)
    timeline = build_timeline(histories, scale())
    moments = moments_of(timeline, ["a"], START + at)
    given = outcome(**changes)
    labels = label(
        given,
        timeline,
        moments,
        observed_until=START + until,
        follow_up_end=np.array([NEVER], dtype=np.int32),
    )
    taken_on = find_taken_on(PROGRAMME, given, timeline, moments)
    handled = handle_taken_on(labels, taken_on, handling)
    return handled.values[0], LabelState(int(handled.states[0]))


PLACE, HARM = event(10, "place"), event(40)


@pytest.mark.parametrize(
    ("events", "as_recorded", "censored", "excluded"),
    [
        ([PLACE], 0, None, None),
        ([PLACE, HARM], 1, None, None),
        ([event(5), PLACE], 1, 1, None),
        ([event(10), PLACE], 1, 1, None),
        ([HARM], 1, 1, 1),
        ([event(100, "place")], 0, 0, 0),
        ([event(-1, "place")], 0, 0, 0),
        ([event(10, "place", person="b")], 0, 0, 0),
    ],
    ids=[
        "no harm after a place",
        "harm after a place",
        "harm before a place",
        "harm on the day of a place",
        "harm and no place",
        "a place after the horizon",
        "a place that began before",
        "another person's place",
    ],
)
def test_answers_of_people_who_were_taken_on_count_as_configured(
    events, as_recorded, censored, excluded
):
    for handling, expected in (
        ("as_recorded", as_recorded),
        ("censor", censored),
        ("weight", censored),
        ("exclude", excluded),
    ):
        value, state = asked(events, handling=handling)
        if expected is None:
            assert np.isnan(value)
            assert state == LabelState.TAKEN_ON
        else:
            assert (value, state) == (expected, LabelState.KNOWN)


def test_an_answer_that_has_not_settled_stays_so_whoever_was_taken_on():
    assert asked([PLACE], handling="exclude", until=129)[1] == LabelState.IMMATURE


def test_a_place_that_became_known_too_late_does_not_count():
    late = event(10, "place", known=125)
    assert asked([late], handling="censor") == (0, LabelState.KNOWN)


def day_and_harm(events, **changes):
    histories = build_histories(WORDS, people=[{"person_id": "a"}], events=events)
    timeline = build_timeline(histories, scale())
    moments = moments_of(timeline, ["a"], START)
    days = outcome_day(outcome(**changes), timeline, moments)
    harm = harm_within(outcome(**changes), scale("other", assault=50.0), timeline, moments)
    return int(days[0]) - START if days[0] != NEVER else None, harm[0]


def test_an_outcome_came_about_with_the_first_event_that_matches():
    assert day_and_harm([event(3, "assault"), event(7), event(20)]) == (7, 50 + 2 * 2555)
    assert day_and_harm([event(3, "assault")]) == (None, 50)
    assert day_and_harm([event(100)]) == (None, 0)


def test_so_many_days_of_harm_came_about_with_the_event_that_reached_them():
    changes = {"any_event": None, "harm_at_least": 20.0}
    events = [event(3, "assault"), event(5, "assault"), event(7, "assault")]
    assert day_and_harm(events, **changes) == (5, 150)
    assert day_and_harm(events[:1], **changes) == (None, 50)


def test_a_treatment_names_columns_of_events():
    assert PROGRAMME.taken_on == parse_condition({"type": "place"})
