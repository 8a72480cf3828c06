"""What came after a moment, and what is not known of it."""

from __future__ import annotations

import datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.conditions import parse_condition
from triage.harm import Scale
from triage.outcomes import LabelState, Outcome, Outcomes, follow_up_end, label
from triage.records import Vocabulary, build_histories
from triage.timeline import NEVER, build_timeline, day_of, moments_of

WORDS = Vocabulary.model_validate(
    {
        "agencies": {"police": "Police"},
        "kinds": {"incident": "Something alleged"},
        "types": {
            "assault": {"kind": "incident", "meaning": "assault", "harm_class": "assault"},
            "rape": {"kind": "incident", "meaning": "rape", "harm_class": "rape"},
        },
        "events": {"flags": {"domestic": "is domestic abuse"}},
        "people": {
            "attributes": {
                "deceased_on": {"kind": "date", "meaning": "date of death"},
                "left_area_on": {"kind": "date", "meaning": "date of leaving"},
            }
        },
    }
)


def scale(name="days", assault=10.0, rape=2555.0):
    return Scale.model_validate(
        {
            "name": name,
            "title": name,
            "source": "invented",
            "in_force_from": datetime.date(2020, 1, 1),
            "classes": {
                "assault": {"days": assault, "note": ""},
                "rape": {"days": rape, "note": ""},
            },
        }
    )


DOMESTIC = parse_condition({"domestic": "yes"})
HIGH = parse_condition(
    {"all": [{"domestic": "yes"}, {"field": "harm_days", "operator": "at_least", "value": 180}]}
)


def outcome(**changes):
    given = {
        "name": "high_harm",
        "meaning": "high harm within 100 days",
        "horizon_days": 100,
        "settles_in_days": 30,
        "any_event": HIGH,
        "harm_from": DOMESTIC,
    }
    return Outcome(**{**given, **changes})


def event(day, what="rape", domestic="yes", known=0, person="a"):
    happened = datetime.date(2024, 1, 1) + datetime.timedelta(days=day)
    return {
        "person_id": person,
        "type": what,
        "domestic": domestic,
        "happened_on": happened,
        "known_on": None if known is None else happened + datetime.timedelta(days=known),
    }


START = day_of(datetime.date(2024, 1, 1))


def labels_of(events, *, at=0, asked=None, until=1000, ends=NEVER, scales=None):
    people = [{"person_id": "a"}, {"person_id": "b"}]
    histories = build_histories(WORDS, people=people, events=events)
    timeline = build_timeline(histories, scales or scale())
    days = np.atleast_1d(np.asarray(at, dtype=np.int32)) + START
    moments = moments_of(timeline, ["a"] * len(days), days.astype(np.int32))
    end = np.full(len(days), ends if ends == NEVER else START + ends, dtype=np.int32)
    return label(
        asked or outcome(), timeline, moments, observed_until=START + until, follow_up_end=end
    )


def test_an_event_within_the_horizon_is_yes_and_its_harm_counts():
    labels = labels_of([event(5), event(9, "assault")])
    assert labels.values.tolist() == [1]
    assert labels.harm_days.tolist() == [2565]


def test_the_window_holds_the_as_of_date_and_not_the_day_after_the_horizon():
    values = labels_of([event(0)], at=[-100, -99, 0, 1]).values
    assert values.tolist() == [0, 1, 1, 0]


def test_low_harm_is_no_but_its_days_are_counted():
    labels = labels_of([event(5, "assault")])
    assert (labels.values.tolist(), labels.harm_days.tolist()) == ([0], [10])


def test_the_days_until_a_yes_are_those_to_the_first_event_that_matches():
    events = [event(7), event(2, "assault"), event(30), event(40, person="b")]
    labels = labels_of(events, at=[0, 7, 8, 31])
    assert labels.days_until[:3].tolist() == [7, 0, 22]
    assert labels.values.tolist() == [1, 1, 1, 0]
    assert np.isnan(labels.days_until[3])
    assert np.isnan(labels_of([event(7)], until=100).days_until).all()


def test_where_harm_adds_up_the_days_are_those_until_it_was_enough():
    asked = outcome(any_event=None, harm_at_least=25.0, harm_from=None)
    events = [event(day, "assault") for day in (3, 10, 50, 60)]
    labels = labels_of(events, at=[0, 4, 11, 90], asked=asked)
    assert labels.values.tolist() == [1, 1, 0, 0]
    assert labels.days_until[:2].tolist() == [50, 56]
    assert np.isnan(labels.days_until[2:]).all()


def test_what_another_person_did_does_not_count():
    assert labels_of([event(5, person="b")]).values.tolist() == [0]


def test_an_outcome_is_unknown_until_it_has_settled_also_where_harm_is_on_record():
    labels = labels_of([event(5)], until=129)
    assert np.isnan(labels.values).all()
    assert np.isnan(labels.harm_days).all()
    assert labels.states.tolist() == [LabelState.IMMATURE]
    assert labels_of([event(5)], until=130).values.tolist() == [1]


def test_an_event_that_may_match_makes_no_unknown_and_leaves_yes():
    unsaid = labels_of([event(5, domestic="unknown")])
    assert np.isnan(unsaid.values).all()
    assert unsaid.states.tolist() == [LabelState.UNKNOWN]
    not_asked = labels_of([event(5, domestic="not_asked")])
    assert not_asked.states.tolist() == [LabelState.UNKNOWN]
    assert labels_of([event(5, domestic="unknown"), event(7)]).values.tolist() == [1]
    assert labels_of([event(5, "assault", domestic="unknown")]).values.tolist() == [0]


@pytest.mark.parametrize(
    ("ends", "expected"), [(99, LabelState.FOLLOW_UP_ENDED), (100, LabelState.KNOWN)]
)
def test_no_event_before_the_follow_up_ended_is_unknown(ends, expected):
    assert labels_of([], ends=ends).states.tolist() == [expected]


def test_an_event_before_the_follow_up_ended_is_yes():
    assert labels_of([event(5)], ends=6).values.tolist() == [1]


def test_what_became_known_after_settling_or_never_does_not_count():
    assert labels_of([event(50, known=80)]).values.tolist() == [0]
    assert labels_of([event(50, known=79)]).values.tolist() == [1]
    assert labels_of([event(50, known=None)]).values.tolist() == [0]


def test_an_answer_stays_the_same_however_long_one_waits():
    events = [event(50, known=80), event(60, "assault"), event(140)]
    soon, late = labels_of(events, until=130), labels_of(events, until=5000)
    assert soon.values.tolist() == late.values.tolist() == [0]
    assert soon.harm_days.tolist() == late.harm_days.tolist() == [10]


def test_harm_that_adds_up_to_enough_is_yes():
    asked = outcome(any_event=None, harm_at_least=20)
    assert labels_of([event(5, "assault")], asked=asked).values.tolist() == [0]
    twice = [event(5, "assault"), event(6, "assault")]
    assert labels_of(twice, asked=asked).values.tolist() == [1]
    perhaps = [event(5, "assault"), event(6, "assault", domestic="unknown")]
    assert labels_of(perhaps, asked=asked).states.tolist() == [LabelState.UNKNOWN]


def test_an_outcome_may_count_on_another_scale_than_the_panels():
    asked = outcome(scale=scale("other", assault=200.0))
    labels = labels_of([event(5, "assault")], asked=asked)
    assert (labels.values.tolist(), labels.harm_days.tolist()) == ([1], [200])


def test_counts_say_why_answers_are_not_known():
    labels = labels_of([event(5, domestic="unknown")], at=[0, 500, 900], until=700)
    assert labels.counts() == {
        "known": 1,
        "not settled yet": 1,
        "died or moved away within the horizon": 0,
        "not said by the records": 1,
        "taken on within the horizon": 0,
    }


def test_the_earliest_end_of_follow_up_counts():
    histories = build_histories(
        WORDS,
        people=[
            {"person_id": "a", "deceased_on": "2024-03-01", "left_area_on": "2024-02-01"},
            {"person_id": "b"},
        ],
        events=[],
    )
    timeline = build_timeline(histories, scale())
    moments = moments_of(timeline, ["b", "a"], START)
    asked = Outcomes(outcome(), {"high_harm": outcome()}, ("deceased_on", "left_area_on"))
    end = follow_up_end(asked, histories, timeline, moments)
    assert end.tolist() == [NEVER, day_of(datetime.date(2024, 2, 1))]


def test_nobody_and_nothing_have_no_labels():
    assert len(labels_of([], at=np.array([], dtype=np.int32)).values) == 0
    assert labels_of([]).values.tolist() == [0]


def test_blocks_of_pairs_do_not_change_answers(monkeypatch):
    events = [event(day, "assault") for day in range(0, 60, 3)]
    at = list(range(-120, 80, 7))
    whole = labels_of(events, at=at)
    monkeypatch.setattr("triage.outcomes.labels.PAIRS_A_BLOCK", 3)
    assert labels_of(events, at=at).harm_days.tolist() == whole.harm_days.tolist()


EVENTS = st.lists(
    st.builds(
        event,
        st.integers(-50, 250),
        what=st.sampled_from(["assault", "rape"]),
        domestic=st.sampled_from(["yes", "no", "unknown"]),
        known=st.sampled_from([0, 1, 40, 200, None]),
        person=st.sampled_from(["a", "b"]),
    ),
    max_size=12,
)


@given(EVENTS, st.lists(st.integers(-60, 260), min_size=1, max_size=6), st.integers(0, 400))
def test_labels_agree_with_reading_one_event_at_a_time(events, at, until):
    labels = labels_of(events, at=at, until=until)
    for row, day in enumerate(at):
        counted = [
            e
            for e in events
            if e["person_id"] == "a"
            and day <= (e["happened_on"] - datetime.date(2024, 1, 1)).days < day + 100
            and e["known_on"] is not None
            and (e["known_on"] - datetime.date(2024, 1, 1)).days < day + 130
        ]
        rapes = [e["domestic"] for e in counted if e["type"] == "rape"]
        expected = 1.0 if "yes" in rapes else np.nan if "unknown" in rapes else 0.0
        if day + 130 > until:
            expected = np.nan
        np.testing.assert_equal(labels.values[row], expected)
        if expected == expected:
            days = {"assault": 10.0, "rape": 2555.0}
            harm = sum(days[e["type"]] for e in counted if e["domestic"] == "yes")
            assert labels.harm_days[row] == harm
