"""Histories as they would be if something more had happened."""

from __future__ import annotations

import numpy as np
import pytest

from tests.unit.explain.builders import AS_OF, SCALE, VOCABULARY, days_ago, incident
from triage.records import build_histories
from triage.timeline import Added, Timeline, build_timeline, day_of, moments_of, suppose

EVENTS = [
    incident(40, event_id="old", victim_id="v1"),
    incident(10, event_id="new", victim_id="v2"),
    incident(5, event_id="late", victim_id="v3", known_on=AS_OF),
    incident(3, event_id="hers", person_id="p2", victim_id="v9"),
]
ADDABLE = [
    incident(500, type="strangulation", injury="yes", victim_id="nobody"),
    incident(400, type="arson"),
]


def timeline_of(events) -> Timeline:
    return build_timeline(build_histories(VOCABULARY, events=events), SCALE)


def supposed(added, **options):
    timeline = timeline_of(EVENTS)
    moments = moments_of(timeline, ["p1", "p2"], day_of(AS_OF))
    rows = np.array([0] * len(added), dtype=np.int64)
    return suppose(timeline, moments, rows, added, timeline_of(ADDABLE), **options)


def types(timeline: Timeline, person: int) -> list[str]:
    column = timeline.columns["type"]
    own = slice(timeline.starts[person], timeline.starts[person + 1])
    return [column.names[code] for code in column.codes[own]]


def victims(timeline: Timeline, person: int) -> list[str]:
    column = timeline.columns["victim_id"]
    own = slice(timeline.starts[person], timeline.starts[person + 1])
    return [column.names[code] for code in column.codes[own]]


def test_what_was_usable_stands_and_what_is_added_has_its_day():
    found, moments = supposed([[], [Added(0, 20)], [Added(1, 8), Added(0, 1)]])
    assert types(found, 0) == ["harassment", "harassment"]
    assert types(found, 1) == ["harassment", "strangulation", "harassment"]
    assert types(found, 2) == ["harassment", "harassment", "arson", "strangulation"]
    assert (day_of(AS_OF) - found.happened).tolist() == [40, 10, 40, 20, 10, 40, 10, 8, 1]
    assert (found.known == found.happened).all()
    assert found.columns["injury"].codes.tolist() == [3, 3, 3, 1, 3, 3, 3, 3, 1]
    assert moments.person.tolist() == [0, 1, 2]
    assert set(moments.day.tolist()) == {day_of(AS_OF)}


def test_a_victim_is_the_latest_on_record_or_somebody_new():
    found, _ = supposed([[Added(0, 1)], [Added(0, 1, new_victim=True)]])
    assert victims(found, 0) == ["v1", "v2", "v2"]
    assert victims(found, 1) == ["v1", "v2", "somebody else"]


def test_a_person_without_a_record_gets_a_victim_too():
    timeline = timeline_of(EVENTS)
    moments = moments_of(timeline, ["p1"], day_of(days_ago(100)))
    added = [[Added(0, 1)]]
    found, _ = suppose(timeline, moments, np.zeros(1, np.int64), added, timeline_of(ADDABLE))
    assert victims(found, 0) == ["somebody else"]


def test_time_may_pass():
    later = np.array([0, 91], dtype=np.int32)
    _, moments = supposed([[], []], later=later)
    assert (moments.day - day_of(AS_OF)).tolist() == [0, 91]


def test_nothing_supposed_is_nobody():
    found, moments = supposed([])
    assert (found.n_people, found.n_events, len(moments)) == (0, 0, 0)


def test_what_is_added_must_have_the_same_columns():
    timeline = timeline_of(EVENTS)
    moments = moments_of(timeline, ["p1"], day_of(AS_OF))
    wrong = {**timeline.columns, "injury": timeline.columns["harm_days"]}
    other = Timeline(**{**vars(timeline_of(ADDABLE)), "columns": wrong})
    with pytest.raises(TypeError, match="must have the columns of what there is"):
        suppose(timeline, moments, np.zeros(1, np.int64), [[Added(0, 1)]], other)
