"""Law 3, one definition: the compiled kernel and a slow referee agree to the last bit."""

from __future__ import annotations

import datetime
import itertools
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.referee import as_known, value_of
from triage.conditions import parse_condition
from triage.features import Feature, compute, evidence, evidence_of_each, make_plan
from triage.harm import Scale
from triage.records import CaseHistories, Vocabulary, build_histories
from triage.timeline import Timeline, build_timeline, day_of, moments_of

VOCABULARY = Vocabulary.model_validate(
    {
        "agencies": {"police": "Police", "health": "Health"},
        "kinds": {"incident": "incident", "order": "order"},
        "types": {
            "assault": {"kind": "incident", "meaning": "assault", "harm_class": "assault"},
            "rape": {"kind": "incident", "meaning": "rape", "harm_class": "rape"},
            "order": {"kind": "order", "meaning": "order"},
        },
        "events": {
            "flags": {"weapon": "a weapon"},
            "numbers": {"ticks": {"meaning": "ticks"}},
            "categories": {"relationship": {"meaning": "who", "values": ["partner", "family"]}},
        },
    }
)
SCALE = Scale.model_validate(
    {
        "name": "test",
        "title": "Test",
        "source": "invented",
        "in_force_from": datetime.date(2020, 1, 1),
        "classes": {
            "assault": {"days": 0.1, "note": "not on the grid"},
            "rape": {"days": 273.75, "note": "on the grid"},
        },
    }
)
HARM = {"assault": 0.1, "rape": 273.75, "order": 0.0}
AS_OF = datetime.date(2024, 6, 1)

EDGES = [-1, 0, 1, 2, 29, 30, 31, 32, 60, 61, 90, 91, 92, 120, 121, 365, 366, 395, 396]
"""Ages on both sides of every window's edge, from either of two as-of dates."""

days = st.sampled_from(EDGES).map(lambda age: AS_OF - datetime.timedelta(days=age))
events = st.fixed_dictionaries(
    {
        "person_id": st.sampled_from(["a", "b"]),
        "happened_on": days,
        "known_on": st.one_of(st.none(), days),
        "ended_on": st.one_of(st.none(), days),
        "agency": st.sampled_from(["police", "health"]),
        "type": st.sampled_from(["assault", "rape", "order"]),
        "victim_id": st.sampled_from([None, "v1", "v2", "v3"]),
        "weapon": st.sampled_from(["yes", "no", "unknown", "not_asked"]),
        "ticks": st.one_of(st.none(), st.sampled_from([0.0, 0.3, 7.0, 14.5])),
        "relationship": st.sampled_from([None, "partner", "family"]),
        "corrects": st.one_of(st.none(), st.integers(0, 4)),
        "withdrawn": st.sampled_from([False, False, False, True]),
    }
)
FILTERS = [
    None if content is None else parse_condition(content)
    for content in (
        None,
        {"kind": "incident"},
        {"weapon": "yes"},
        {"weapon": ["unknown", "not_asked"]},
        {"not": {"relationship": "family"}},
        {"any": [{"type": "rape"}, {"field": "ticks", "operator": "at_least", "value": 7}]},
        {"all": [{"kind": "incident"}, {"not": {"weapon": "yes"}}]},
        {"field": "harm_days", "operator": "below", "value": 100},
    )
]
COMPANIONS = [
    parse_condition(content)
    for content in ({"kind": ["incident", "order"]}, {"weapon": "yes"}, {"type": "order"})
]
MEASURES: list[tuple[Any, ...]] = [
    ("count", None),
    ("sum", "harm_days"),
    ("sum", "ticks"),
    ("maximum", "ticks"),
    ("distinct", "victim_id"),
    ("distinct", "agency"),
    ("repeats", "victim_id"),
    ("days_since_last", None),
    ("days_since_first", None),
    ("latest", "ticks"),
    ("change", "ticks"),
    ("active", None),
    ("days_until_end", None),
    ("rate_ratio", None),
    ("rate_ratio", "harm_days"),
    ("median_gap", None),
    ("shortest_gap", None),
    *(("streak", None, {"period_days": days}) for days in (1, 30, 400)),
    ("mean_ratio", "harm_days"),
    ("mean_ratio", "ticks"),
    *(("reached", "ticks", {"at_least": least}) for least in (0.3, 14.5, 99.0)),
    ("new", "victim_id"),
    ("most_repeated", "victim_id"),
    *(("serial", "victim_id", {"at_least": least}) for least in (2.0, 3.0)),
    *(
        (measure, None, {"companion": companion, "within_days": days, "at_least": least})
        for measure in ("near", "after")
        for companion, days, least in zip(COMPANIONS, (1, 30, 91), (None, 1.0, None), strict=True)
    ),
    ("near", None, {"companion": COMPANIONS[0], "within_days": 0}),
]
WINDOWS = [None, 1, 30, 90, 365]


def feature(
    measure: Any, of: str | None, more: dict[str, Any], where: Any, window_days: int | None
) -> Feature:
    is_ratio = measure in ("rate_ratio", "mean_ratio")
    return Feature(
        name=f"{measure} of {of} ({more}) where {where} in {window_days}",
        group="",
        theme="",
        theme_title="",
        measure=measure,
        where=where,
        of=of,
        equals=None,
        window_days=window_days,
        recent_days=30 if is_ratio else None,
        earlier_days=91 if is_ratio else None,
        when_none=float("nan"),
        unit="",
        direction="none",
        meaning="",
        missing="",
        **more,
    )


def has_window(measure: str, window: int | None) -> bool:
    if measure == "new":
        return window is not None
    unwindowed = ("active", "days_until_end", "rate_ratio", "mean_ratio", "streak")
    return window is None or measure not in unwindowed


FEATURES = [
    feature(measure, of, more[0] if more else {}, where, window)
    for (measure, of, *more), where, window in itertools.product(MEASURES, FILTERS, WINDOWS)
    if has_window(measure, window)
]
PLAN = make_plan(FEATURES)


def named(drawn: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return events with ids; one that corrects another has its id, where the two can be told."""
    made: list[dict[str, Any]] = []
    versions: dict[tuple[str, str], set[datetime.date | None]] = {}
    for position, event in enumerate(drawn):
        corrects, known = event["corrects"], event["known_on"]
        earlier = None if corrects is None or corrects >= position else made[corrects]
        name = (event["agency"], f"e{position:03}")
        if earlier is not None and known is not None:
            others = versions[earlier["source"], earlier["event_id"]]
            if not others & {known, None}:
                name = (earlier["source"], earlier["event_id"])
        versions.setdefault(name, set()).add(known)
        its = {key: value for key, value in event.items() if key != "corrects"}
        its["withdrawn"] &= earlier is not None
        made.append({**its, "source": name[0], "event_id": name[1]})
    return made


def of_two_people(drawn: list[dict[str, Any]]) -> CaseHistories:
    people = [{"person_id": "a"}, {"person_id": "b"}]
    return build_histories(VOCABULARY, people=people, events=drawn)


@settings(max_examples=30)
@given(st.lists(events, min_size=5, max_size=30).map(named))
def test_the_kernel_and_the_referee_agree_to_the_last_bit(drawn: list[dict[str, Any]]) -> None:
    timeline = build_timeline(of_two_people(drawn), SCALE)
    asked = list(itertools.product("ab", (AS_OF, AS_OF - datetime.timedelta(days=30))))
    moments = moments_of(
        timeline, [who for who, _ in asked], np.asarray([day_of(day) for _, day in asked])
    )
    made = compute(PLAN, timeline, moments, threads=2).values
    known = [
        {
            **event,
            "harm_days": HARM[event["type"]],
            "kind": "order" if event["type"] == "order" else "incident",
        }
        for event in drawn
    ]
    for row, (who, day) in enumerate(asked):
        history = [event for event in as_known(known, day) if event["person_id"] == who]
        expected = np.asarray([value_of(one, history, day) for one in FEATURES])
        differ = [
            FEATURES[column].name
            for column in np.flatnonzero(~same_bits(made[row], expected)).tolist()
        ]
        assert not differ


def same_bits(one: Any, other: Any) -> Any:
    return (one.view(np.int64) == other.view(np.int64)) | (np.isnan(one) & np.isnan(other))


@settings(max_examples=20)
@given(st.lists(events, min_size=5, max_size=20).map(named), st.permutations(range(20)))
def test_the_order_of_records_and_of_features_changes_no_value(
    drawn: list[dict[str, Any]], order: list[int]
) -> None:
    shuffled = [drawn[position] for position in order if position < len(drawn)]
    some = [FEATURES[position * 7] for position in order]
    values = [
        compute(make_plan(wanted), timeline, moments_of(timeline, ["a"], day_of(AS_OF))).select(
            [one.name for one in some]
        )
        for wanted, timeline in (
            (FEATURES, build_timeline(of_two_people(drawn), SCALE)),
            (some, build_timeline(of_two_people(shuffled), SCALE)),
        )
    ]
    np.testing.assert_array_equal(values[0].values, values[1].values)


one_of_each_measure = st.tuples(
    *(
        st.sampled_from([one for one in FEATURES if one.measure == measure])
        for measure in dict.fromkeys(one.measure for one in FEATURES)
    )
)


@settings(max_examples=15)
@given(st.lists(events, min_size=5, max_size=20).map(named), one_of_each_measure)
def test_a_value_can_be_made_again_from_its_evidence_alone(
    drawn: list[dict[str, Any]], one_of_each: tuple[Feature, ...]
) -> None:
    """Law 7: the events named behind a value give that value."""
    timeline = build_timeline(of_two_people(drawn), SCALE)
    for wanted in one_of_each:
        made_again_from_its_evidence(wanted, drawn, timeline)


def made_again_from_its_evidence(
    wanted: Feature, drawn: list[dict[str, Any]], timeline: Timeline
) -> None:
    moments = moments_of(timeline, ["a"], day_of(AS_OF))
    plan = make_plan([wanted])
    before = compute(plan, timeline, moments, threads=1).values
    positions = evidence(wanted, timeline, 0, day_of(AS_OF))
    everybody = np.arange(timeline.n_people)
    days = np.full(timeline.n_people, day_of(AS_OF), dtype=np.int32)
    for person, behind in enumerate(evidence_of_each(wanted, timeline, everybody, days)):
        alone = evidence(wanted, timeline, person, day_of(AS_OF))
        np.testing.assert_array_equal(behind, alone, wanted.name)
    ids = timeline.records["event_id"].take(positions).to_pylist()
    if wanted.measure == "active" and not ids:
        return  # nothing in force: nothing to show
    versions = set(zip(ids, timeline.known[positions].tolist(), strict=True))
    kept = [
        event
        for event in drawn
        if event["known_on"] and (event["event_id"], day_of(event["known_on"])) in versions
    ]
    again = compute(plan, build_timeline(of_two_people(kept), SCALE), moments, threads=1).values
    np.testing.assert_array_equal(before, again, wanted.name)


@settings(max_examples=20)
@given(
    st.lists(events, min_size=5, max_size=20).map(named),
    st.lists(events, min_size=1, max_size=10).map(named),
)
def test_no_fact_from_the_future_changes_a_feature(
    drawn: list[dict[str, Any]], later: list[dict[str, Any]]
) -> None:
    """Law 2: what happened or was known on the as-of date or after it is not there."""
    late = [
        {**event, "event_id": f"late{position}", field: AS_OF + datetime.timedelta(days=position)}
        for position, event in enumerate(later)
        for field in [("happened_on", "known_on")[position % 2]]
    ]
    late += [
        {**new, **{name: old[name] for name in ("source", "event_id")}, "known_on": known}
        for position, (new, old) in enumerate(zip(later, drawn, strict=False), start=2)
        for known in [AS_OF + datetime.timedelta(days=position)]
        if old["known_on"] is not None
    ]
    values = [
        compute(PLAN, timeline, moments_of(timeline, ["a", "b"], day_of(AS_OF))).values
        for timeline in (
            build_timeline(of_two_people(some), SCALE) for some in (drawn, [*drawn, *late])
        )
    ]
    np.testing.assert_array_equal(*values)
