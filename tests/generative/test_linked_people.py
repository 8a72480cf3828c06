"""Events of linked people: the engine and a slow referee agree, on both clocks."""

from __future__ import annotations

import datetime
import itertools
from dataclasses import replace
from typing import Any

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.generative import test_kernel_and_referee as of_one
from tests.referee import against, of_linked_people, value_of
from triage.features import Feature, compute, evidence, evidence_of_each, make_plan
from triage.records import CaseHistories, build_histories
from triage.timeline import EACH_OTHER, build_timeline, day_of, find_links, moments_of

AS_OF = of_one.AS_OF
PEOPLE = "abcdef"
FEATURES = [
    replace(feature, linked_by="victim_id", name=f"{feature.name} of linked people")
    for feature in of_one.FEATURES[::7]
]
PLAN = make_plan([*FEATURES, *of_one.FEATURES[::20]])

events = st.tuples(of_one.events, st.sampled_from(PEOPLE)).map(
    lambda drawn: {**drawn[0], "person_id": drawn[1]}
)


def of_everybody(drawn: list[dict[str, Any]]) -> CaseHistories:
    people = [{"person_id": who} for who in PEOPLE]
    return build_histories(of_one.VOCABULARY, people=people, events=drawn)


def as_referee_reads(drawn: list[dict[str, Any]]) -> list[dict[str, Any]]:
    kinds = {name: one.kind for name, one in of_one.VOCABULARY.types.items()}
    return [
        {**event, "harm_days": of_one.HARM[event["type"]], "kind": kinds[event["type"]]}
        for event in drawn
    ]


@settings(max_examples=40)
@given(st.lists(events, min_size=8, max_size=40).map(of_one.named), st.sampled_from([2, 3, 50]))
def test_the_engine_and_the_referee_agree_about_linked_people(
    drawn: list[dict[str, Any]], most: int
) -> None:
    timeline = build_timeline(of_everybody(drawn), of_one.SCALE)
    asked = list(itertools.product(PEOPLE[:4], (AS_OF, AS_OF - datetime.timedelta(days=30))))
    moments = moments_of(
        timeline, [who for who, _ in asked], np.asarray([day_of(day) for _, day in asked])
    )
    links = find_links(timeline, "victim_id", np.unique(moments.person), most_sharing=most)
    made = compute(PLAN, timeline, moments, links={"victim_id": links}, threads=2).values
    known = as_referee_reads(drawn)
    for row, (who, day) in enumerate(asked):
        theirs = of_linked_people(known, "victim_id", who, day, most)
        expected = np.asarray([value_of(one, theirs, day) for one in FEATURES])
        same = of_one.same_bits(made[row, : len(FEATURES)], expected)
        differ = [FEATURES[column].name for column in np.flatnonzero(~same).tolist()]
        assert not differ


VICTIMS = st.sampled_from([*PEOPLE[:4], "v1", None])
mutual = st.tuples(events, VICTIMS).map(lambda drawn: {**drawn[0], "victim_id": drawn[1]})
AGAINST = [replace(one, linked_by=EACH_OTHER) for one in FEATURES]


@settings(max_examples=40)
@given(st.lists(mutual, min_size=8, max_size=40).map(of_one.named))
def test_the_engine_and_the_referee_agree_about_what_is_alleged_the_other_way_round(
    drawn: list[dict[str, Any]],
) -> None:
    timeline = build_timeline(of_everybody(drawn), of_one.SCALE)
    asked = list(itertools.product(PEOPLE[:4], (AS_OF, AS_OF - datetime.timedelta(days=30))))
    moments = moments_of(
        timeline, [who for who, _ in asked], np.asarray([day_of(day) for _, day in asked])
    )
    made = compute(make_plan(AGAINST), timeline, moments, threads=2).values
    known = as_referee_reads(drawn)
    for row, (who, day) in enumerate(asked):
        expected = np.asarray([value_of(one, against(known, who, day), day) for one in AGAINST])
        assert of_one.same_bits(made[row], expected).all()


@settings(max_examples=40)
@given(st.lists(events, min_size=5, max_size=30).map(of_one.named), st.sampled_from(FEATURES))
def test_evidence_of_other_people_alone_gives_the_value(
    drawn: list[dict[str, Any]], wanted: Feature
) -> None:
    """Law 7: the same measure of the events named behind a value gives that value."""
    timeline = build_timeline(of_everybody(drawn), of_one.SCALE)
    moments = moments_of(timeline, ["a"], day_of(AS_OF))
    value = compute(make_plan([wanted]), timeline, moments, threads=1).values
    positions = evidence(wanted, timeline, 0, day_of(AS_OF))
    everybody = np.arange(timeline.n_people)
    days = np.full(timeline.n_people, day_of(AS_OF), dtype=np.int32)
    for person, behind in enumerate(evidence_of_each(wanted, timeline, everybody, days)):
        alone = evidence(wanted, timeline, person, day_of(AS_OF))
        np.testing.assert_array_equal(behind, alone, wanted.name)
    assume(len(positions) or wanted.measure != "active")
    assert not ((positions >= timeline.starts[0]) & (positions < timeline.starts[1])).any()
    assert (np.diff(timeline.happened[positions]) >= 0).all()
    records = timeline.records
    ids = zip(
        records["source"].take(positions).to_pylist(),
        records["event_id"].take(positions).to_pylist(),
        timeline.known[positions].tolist(),
        strict=True,
    )
    behind = set(ids)
    taken = [
        {**event, "person_id": "a"}
        for event in drawn
        if event["known_on"]
        and (event["source"], event["event_id"], day_of(event["known_on"])) in behind
    ]
    assert len(taken) == len(positions)
    own = make_plan([replace(wanted, linked_by=None)])
    again = compute(own, build_timeline(of_everybody(taken), of_one.SCALE), moments, threads=1)
    np.testing.assert_array_equal(value, again.values)


@settings(max_examples=25)
@given(
    st.lists(events, min_size=5, max_size=30).map(of_one.named),
    st.lists(events, min_size=1, max_size=12).map(of_one.named),
    st.sampled_from([2, 50]),
)
def test_what_becomes_known_later_links_nobody_and_parts_nobody(
    drawn: list[dict[str, Any]], later: list[dict[str, Any]], most: int
) -> None:
    """Law 2, for links, for the events of linked people, and for how many share a name."""
    after = [AS_OF + datetime.timedelta(days=position) for position in range(len(later))]
    late = [
        {**event, "event_id": f"late{known}", "known_on": known, "withdrawn": False}
        for event, known in zip(later, after, strict=True)
    ]
    late += [
        {**new, **{name: old[name] for name in ("source", "event_id")}, "known_on": known}
        for new, old, known in zip(later, drawn, after, strict=False)
        if old["known_on"] is not None and old["known_on"] < known
    ]
    made = []
    for some in (drawn, [*drawn, *_each_once(late)]):
        timeline = build_timeline(of_everybody(some), of_one.SCALE)
        moments = moments_of(timeline, list(PEOPLE), day_of(AS_OF))
        links = find_links(timeline, "victim_id", np.unique(moments.person), most_sharing=most)
        made.append(compute(PLAN, timeline, moments, links={"victim_id": links}).values)
    np.testing.assert_array_equal(*made)


def _each_once(versions: list[dict[str, Any]]) -> list[dict[str, Any]]:
    once = {(one["source"], one["event_id"], one["known_on"]): one for one in versions}
    return list(once.values())
