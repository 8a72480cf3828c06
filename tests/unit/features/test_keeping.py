"""What is made again when something changes, and what is not."""

from __future__ import annotations

import dataclasses
import datetime
from typing import Any

import numpy as np
import pytest

from triage.conditions import Numbers, parse_condition
from triage.features import Feature, Part, Remade, compute, keeping, make_plan, recompute
from triage.features.digests import events_seen, feature_digests
from triage.harm import Scale
from triage.records import Vocabulary, build_histories
from triage.timeline import Timeline, build_timeline, moments_of

VOCABULARY = Vocabulary.model_validate(
    {
        "agencies": {"police": "Police", "health": "Health"},
        "kinds": {"incident": "incident", "order": "order"},
        "types": {
            "assault": {"kind": "incident", "meaning": "assault", "harm_class": "assault"},
            "order": {"kind": "order", "meaning": "order"},
        },
        "events": {
            "flags": {"weapon": "a weapon"},
            "numbers": {"ticks": {"meaning": "ticks"}},
        },
    }
)
DAY = 20_000
PEOPLE = tuple(f"P{number}" for number in range(40))


def scale(days: float = 20.0) -> Scale:
    return Scale.model_validate(
        {
            "name": "test",
            "title": "Test",
            "source": "invented",
            "in_force_from": datetime.date(2020, 1, 1),
            "classes": {"assault": {"days": days, "note": "invented"}},
        }
    )


def feature(name: str, measure: Any, where: Any = None, **changes: Any) -> Feature:
    given = {
        "name": name,
        "group": name,
        "theme": "theme",
        "theme_title": "Theme",
        "measure": measure,
        "where": None if where is None else parse_condition(where),
        "of": None,
        "equals": None,
        "window_days": None,
        "recent_days": None,
        "earlier_days": None,
        "when_none": 0.0,
        "unit": "",
        "direction": "none",
        "meaning": "{value}",
        "missing": "",
    }
    return Feature(**{**given, **changes})


FEATURES = (
    feature("incidents", "count", {"kind": "incident"}),
    feature("incidents_90d", "count", {"kind": "incident"}, window_days=90),
    feature("weapons", "count", {"weapon": "yes"}),
    feature("harm", "sum", {"kind": "incident"}, of="harm_days"),
    feature(
        "harm_ratio",
        "rate_ratio",
        {"kind": "incident"},
        of="harm_days",
        recent_days=60,
        earlier_days=365,
    ),
    feature("ticks", "latest", None, of="ticks"),
    feature("victims", "distinct", {"kind": "incident"}, of="victim_id"),
    feature("order", "active", {"kind": "order"}),
    feature("order_left", "days_until_end", {"kind": "order"}),
    feature("gap", "shortest_gap", {"kind": "incident"}),
    feature(
        "near_weapon",
        "near",
        {"kind": "incident"},
        companion=parse_condition({"weapon": "yes"}),
        within_days=90,
    ),
    feature("age", "attribute", of="person.age"),
)
OF_INCIDENTS = (
    "incidents",
    "incidents_90d",
    "harm",
    "harm_ratio",
    "ticks",
    "victims",
    "gap",
    "near_weapon",
)
OF_EVENTS = tuple(one.name for one in FEATURES if one.measure != "attribute")


def day(number: int) -> datetime.date:
    return datetime.date(1970, 1, 1) + datetime.timedelta(days=number)


def events() -> list[dict[str, Any]]:
    """Return two incidents and an order of each of many people."""
    same = {"source": "police", "agency": "police", "weapon": "no"}
    return [
        {
            **same,
            "event_id": f"{person}-{number}",
            "person_id": person,
            "type": "order" if number == 2 else "assault",
            "happened_on": day(DAY - 50 * (number + 1)),
            "known_on": day(DAY - 50 * (number + 1) + 3),
            "ended_on": None,
            "victim_id": f"V-{person}",
            "ticks": float(number),
        }
        for person in PEOPLE
        for number in range(3)
    ]


def timeline_of(rows: list[dict[str, Any]], harm: float = 20.0) -> Timeline:
    people = [
        {"person_id": person} for person in sorted({*PEOPLE, *(r["person_id"] for r in rows)})
    ]
    return build_timeline(build_histories(VOCABULARY, people=people, events=rows), scale(harm))


class Shelf(dict[str, Part]):
    """Keeps parts in memory."""

    def read(self, name: str) -> Part | None:
        return self.get(name)

    def write(self, name: str, part: Part) -> None:
        self[name] = part


def asked(
    timeline: Timeline, shelf: Shelf, features: tuple[Feature, ...] = FEATURES, version: str = "1"
) -> Remade:
    """Return what is remade for two moments of each person, and see that no value is stale."""
    people = [*PEOPLE, *PEOPLE]
    moments = moments_of(timeline, people, np.repeat([DAY, DAY - 100], len(PEOPLE)).astype("int32"))
    ages = {"person.age": Numbers(np.arange(len(people), dtype=np.float64))}
    remade = recompute(features, timeline, moments, ages, shelf=shelf, version=version)
    anew = compute(make_plan(features), timeline, moments, ages)
    assert remade.matrix.features == features
    assert remade.matrix.values.tobytes("F") == anew.values.tobytes("F")
    return remade


@pytest.fixture
def shelf(monkeypatch: pytest.MonkeyPatch) -> Shelf:
    """Return a shelf that has everything, in many small blocks."""
    monkeypatch.setattr(keeping, "ROWS_A_BLOCK", 1)
    shelf = Shelf()
    first = asked(timeline_of(events()), shelf)
    assert (first.kept, first.made) == ((), OF_EVENTS)
    assert first.n_values == len(OF_EVENTS) * 2 * len(PEOPLE)
    assert len(shelf) > 20
    return shelf


def test_where_nothing_changed_nothing_is_made(shelf: Shelf) -> None:
    again = asked(timeline_of(events()[::-1]), shelf)
    assert (again.kept, again.made, again.n_values) == (OF_EVENTS, (), 0)


@pytest.mark.parametrize(
    ("number", "change", "made"),
    [
        (0, {"ticks": 9.0}, ("ticks",)),
        (0, {"victim_id": "V-P8"}, ("victims",)),
        (0, {"weapon": "yes"}, ("weapons", "near_weapon")),
        (2, {"weapon": "yes"}, ("weapons", "near_weapon")),
        (0, {"weapon": "unknown"}, ()),
        (2, {"ended_on": day(DAY - 1)}, ("order", "order_left")),
        (2, {"ended_on": day(DAY)}, ("order_left",)),
        (2, {"happened_on": day(DAY - 140)}, ("ticks", "order", "order_left")),
        (2, {"known_on": day(DAY - 99)}, ("ticks", "order", "order_left")),
        (0, {"agency": "health"}, ()),
        (
            0,
            {"known_on": day(DAY + 1)},
            OF_INCIDENTS,
        ),
        (0, {"withdrawn": True}, OF_INCIDENTS),
    ],
)
def test_one_changed_row_remakes_what_looks_at_it_for_its_block_alone(
    shelf: Shelf, number: int, change: dict[str, Any], made: tuple[str, ...]
) -> None:
    rows = events()
    position = PEOPLE.index("P7") * 3 + number
    if "withdrawn" in change:
        rows.append({**rows[position], "known_on": day(DAY - 20), **change})
    else:
        rows[position] |= change
    remade = asked(timeline_of(rows), shelf)
    assert remade.made == made
    assert remade.kept == tuple(name for name in OF_EVENTS if name not in made)
    assert remade.n_values == 2 * len(made), "P7 is alone in a block here, with two moments"
    assert asked(timeline_of(rows), shelf).made == ()
    assert asked(timeline_of(events()), shelf).made == made, "a part holds one version of a value"


def test_other_people_and_their_new_words_change_nothing(shelf: Shelf) -> None:
    other = {**events()[0], "person_id": "A", "event_id": "A", "victim_id": "A victim before all"}
    assert asked(timeline_of([other, *events()]), shelf).made == ()


def test_what_becomes_known_later_changes_nothing(shelf: Shelf) -> None:
    later = {**events()[0], "event_id": "later", "known_on": day(DAY)}
    corrected = {**events()[0], "known_on": day(DAY), "victim_id": "V9"}
    assert asked(timeline_of([*events(), later, corrected]), shelf).made == ()


def test_the_scale_of_harm_is_data(shelf: Shelf) -> None:
    assert asked(timeline_of(events(), harm=21.0), shelf).made == ("harm", "harm_ratio")


def test_words_are_new_and_values_are_kept(shelf: Shelf) -> None:
    words = {"name": "blows", "meaning": "{value} blows", "direction": "raises", "theme": "other"}
    features = (dataclasses.replace(FEATURES[0], **words), *FEATURES[1:])
    remade = asked(timeline_of(events()), shelf, features)
    assert remade.made == ()
    assert remade.matrix.feature("blows").describe(2.0) == "2 blows"


@pytest.mark.parametrize(
    "change",
    [{"window_days": 60}, {"when_none": 7.0}, {"measure": "days_since_last"}, {"where": None}],
)
def test_a_changed_definition_is_made_and_nothing_else(
    shelf: Shelf, change: dict[str, Any]
) -> None:
    features = (FEATURES[0], dataclasses.replace(FEATURES[1], **change), *FEATURES[2:])
    assert asked(timeline_of(events()), shelf, features).made == ("incidents_90d",)


def test_what_another_version_kept_is_not_read(shelf: Shelf) -> None:
    for name, part in shelf.items():
        shelf[name] = Part(part.digests, part.values + 1)  # would be told apart at once
    assert asked(timeline_of(events()), shelf, version="2").made == OF_EVENTS


def test_a_part_of_another_shape_is_not_used(shelf: Shelf) -> None:
    name, part = next(iter(shelf.items()))
    shelf[name] = Part(part.digests, part.values[:, :-1])
    assert asked(timeline_of(events()), shelf).made == OF_EVENTS
    shelf[name] = Part(part.digests[:-1], part.values)
    assert asked(timeline_of(events()), shelf).made == OF_EVENTS


def test_many_changes_at_once_are_all_made(shelf: Shelf) -> None:
    rows = events()
    for position, change in enumerate(
        ({"ticks": 9.0}, {"victim_id": "V-P8"}, {"weapon": "yes"}, {"known_on": day(DAY)})
    ):
        rows[position * 9] |= change
    rows[2] |= {"ended_on": day(DAY - 1)}
    assert asked(timeline_of(rows), shelf).kept == ()


def test_events_of_linked_people_are_made_whatever_changed(shelf: Shelf) -> None:
    features = (*FEATURES, feature("linked", "count", linked_by="victim_id"))
    everyone = 2 * len(PEOPLE)
    first = asked(timeline_of(events()), shelf, features)
    assert (first.made, first.n_values) == (("linked",), everyone)
    assert asked(timeline_of(events()), shelf, features).made == ()
    rows = events()
    rows[0] |= {"victim_id": "V-P8"}
    remade = asked(timeline_of(rows), shelf, features)
    assert remade.matrix.column("linked")[PEOPLE.index("P8")] > 0
    assert (remade.made, remade.n_values) == (("victims", "linked"), everyone + 2)


def test_nobody_is_asked_about() -> None:
    timeline = timeline_of(events())
    none = recompute(FEATURES, timeline, moments_of(timeline, [], 0), shelf=Shelf(), version="1")
    assert none.matrix.values.shape == (0, len(FEATURES))


@pytest.mark.parametrize(("measure", "is_moved"), [("count", False), ("another", True)])
def test_a_measure_of_which_nothing_is_known_depends_on_everything(
    measure: str, is_moved: bool
) -> None:
    rows = events()
    rows[-1]["victim_id"] = "somebody else"
    strange = [feature("strange", measure)]
    digests = []
    for timeline in (timeline_of(events()), timeline_of(rows)):
        nobody = np.zeros(1, dtype=np.int64)
        seen = events_seen(timeline, nobody, nobody, np.asarray([DAY], dtype=np.int32), 1)
        digests.append(feature_digests(strange, timeline, seen))
    assert (digests[0] != digests[1]) == is_moved
