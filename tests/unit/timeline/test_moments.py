"""What is usable at some moments, each as a person of its own."""

from __future__ import annotations

import numpy as np

from tests.unit.explain.builders import FEATURES, ask, incident
from triage.features import compute, make_plan
from triage.timeline import Moments, timeline_at

EVENTS = [
    incident(400, person_id="p1", event_id="old"),
    incident(20, person_id="p1", event_id="new", type="strangulation", injury="yes"),
    incident(0, person_id="p1", event_id="of the day"),
    incident(9, person_id="p2", event_id="learned later", known_on="2026-03-05"),
    incident(5, person_id="p3", event_id="other", injury="unknown"),
]


def test_every_feature_of_own_events_is_the_same_of_them():
    asked = ask(EVENTS, "p1", "p2", "p3")
    rows = np.array([2, 0, 0, 1], dtype=np.int32)
    there = timeline_at(
        asked.timeline, Moments(asked.moments.person[rows], asked.moments.day[rows])
    )
    own = [one for one in FEATURES if one.measure != "attribute" and one.linked_by is None]
    made = compute(
        make_plan(own), there, Moments(np.arange(4, dtype=np.int32), asked.moments.day[rows])
    )
    expected = asked.matrix.select(made.names).values[rows]
    assert np.array_equal(made.values, expected, equal_nan=True)


def test_only_what_may_answer_is_there_and_keeps_its_record():
    asked = ask(EVENTS, "p1", "p2", "p3")
    there = timeline_at(asked.timeline, asked.moments)
    assert there.records["event_id"].to_pylist() == ["old", "new", "other"]
    assert there.starts.tolist() == [0, 2, 2, 3]


def test_nobody_asked_about():
    asked = ask(EVENTS, "p1", "p2", "p3")
    nobody = Moments(np.empty(0, np.int32), np.empty(0, np.int32))
    there = timeline_at(asked.timeline, nobody)
    assert (there.n_people, there.n_events) == (0, 0)
