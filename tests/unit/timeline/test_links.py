"""Who is linked to whom, from when until when, and at what cost."""

from __future__ import annotations

import datetime
from typing import Any

import numpy as np
import pytest

from triage.harm import Scale
from triage.records import Vocabulary, build_histories
from triage.timeline import (
    MOST_SHARING,
    NEVER,
    Timeline,
    build_timeline,
    day_of,
    find_links,
    linked_timeline,
)

VOCABULARY = Vocabulary.model_validate(
    {
        "agencies": {"police": "Police"},
        "kinds": {"incident": "incident"},
        "types": {"assault": {"kind": "incident", "meaning": "assault"}},
        "events": {"names": {"address_id": "address"}, "numbers": {"ticks": {"meaning": "ticks"}}},
    }
)
SCALE = Scale.model_validate(
    {
        "name": "test",
        "title": "Test",
        "source": "invented",
        "in_force_from": datetime.date(2020, 1, 1),
        "classes": {},
    }
)
FIRST = datetime.date(2024, 1, 1)
ZERO = day_of(FIRST)


def on(day: int) -> datetime.date:
    return FIRST + datetime.timedelta(days=day)


def event(who: str, name: str | None, happened: int, known: int | None = None, **more: Any) -> Any:
    known = happened if known is None else known
    dates = {"happened_on": on(happened), "known_on": on(known)}
    return {"person_id": who, "type": "assault", "address_id": name, **dates, **more}


def timeline_of(*events: dict[str, Any]) -> Timeline:
    return build_timeline(build_histories(VOCABULARY, events=events), SCALE)


def links_of(timeline: Timeline, who: str, **options: int) -> list[tuple[str, int, int | None]]:
    """Return whom somebody is linked to, and the first and the last as-of date of it."""
    ids = timeline.person_ids.tolist()
    found = find_links(timeline, "address_id", np.array([ids.index(who)]), **options)
    return [
        (ids[other], begins + 1 - ZERO, None if ends == NEVER else ends - ZERO)
        for other, begins, ends in zip(
            found.other.tolist(), found.begins.tolist(), found.ends.tolist(), strict=True
        )
    ]


def test_a_link_begins_the_day_after_both_records_are_known() -> None:
    timeline = timeline_of(event("a", "home", 0, known=10), event("b", "home", 3))
    assert links_of(timeline, "a") == [("b", 11, None)]
    assert links_of(timeline, "b") == [("a", 11, None)]


def test_nobody_is_linked_by_nothing_nor_to_themselves_nor_through_a_third_person() -> None:
    timeline = timeline_of(
        *(event(who, None, 1) for who in "ab"),
        *(event("c", "home", day) for day in (1, 2)),
        event("d", "yard", 1),
        event("e", "yard", 1),
        event("e", "mill", 1),
        event("f", "mill", 1),
    )
    assert links_of(timeline, "a") == links_of(timeline, "c") == []
    assert links_of(timeline, "d") == [("e", 2, None)]


def test_a_correction_ends_a_link_on_the_day_it_becomes_known_and_another_makes_it_again() -> None:
    timeline = timeline_of(
        event("a", "home", 0),
        event("b", "home", 0, event_id="x"),
        event("b", "yard", 0, known=5, event_id="x"),
        event("b", "home", 0, known=8, event_id="x"),
        event("b", None, 0, known=20, event_id="x", withdrawn=True),
    )
    assert links_of(timeline, "a") == [("b", 1, 5), ("b", 9, 20)]


def test_links_by_several_names_are_one() -> None:
    timeline = timeline_of(
        event("a", "home", 0, event_id="x"),
        event("a", None, 0, known=6, event_id="x"),
        event("a", "yard", 4),
        *(event("b", name, 0) for name in ("home", "yard")),
    )
    assert links_of(timeline, "a") == [("b", 1, None)]


def test_a_name_links_nobody_while_too_many_share_it() -> None:
    timeline = timeline_of(
        event("a", "shop", 0),
        event("b", "shop", 1),
        event("c", "shop", 5, event_id="x"),
        event("c", "home", 5, known=9, event_id="x"),
    )
    assert links_of(timeline, "a", most_sharing=2) == [("b", 2, 5), ("b", 10, None)]
    assert links_of(timeline, "c", most_sharing=2) == []
    assert links_of(timeline, "a") == [("b", 2, None), ("c", 6, 9)]


@pytest.mark.parametrize(("sharing", "linked"), [(MOST_SHARING, MOST_SHARING - 1), (20_000, 0)])
def test_a_name_that_a_multitude_shares_costs_no_pairs(sharing: int, linked: int) -> None:
    """20,000 people who all know one another would be 400 million links."""
    timeline = timeline_of(*(event(f"p{who:05}", "shop", 1) for who in range(sharing)))
    everybody = np.arange(sharing)
    found = find_links(timeline, "address_id", everybody)
    assert len(found.person) == sharing * linked
    there = linked_timeline(timeline, everybody, found)
    assert there.timeline.n_events == sharing * linked


def test_the_events_of_linked_people_are_usable_while_the_link_is_there() -> None:
    timeline = timeline_of(
        event("a", "home", 0, known=4),
        event("b", "home", 0, event_id="x", ticks=1.0),
        event("b", None, 0, known=9, event_id="x", withdrawn=True),
        event("b", None, 2, ticks=2.0),
        event("b", None, 2, known=7, ticks=3.0),
        event("b", None, 2, known=9, ticks=4.0),
        event("c", None, 1, ticks=5.0),
    )
    people = np.array([0, 2])
    there = linked_timeline(
        timeline, people, find_links(timeline, "address_id", people), fields={"ticks"}
    )
    seen = there.timeline
    assert seen.person_ids.tolist() == ["a", "c"]
    assert seen.starts.tolist() == [0, 3, 3]
    assert list(seen.columns) == ["ticks"]
    assert seen.columns["ticks"].values.tolist() == [1.0, 2.0, 3.0]
    assert (seen.known - ZERO).tolist() == [4, 4, 7]
    assert (seen.replaced - ZERO).tolist() == [9, 9, 9]
    assert timeline.columns["ticks"].values[there.positions].tolist() == [1.0, 2.0, 3.0]
    assert seen.usable(0, ZERO + 5).tolist() == [0, 1]
    assert seen.usable(0, ZERO + 9).tolist() == [0, 1, 2]
    assert seen.usable(0, ZERO + 10).tolist() == []


def test_what_holds_no_names_links_nobody() -> None:
    with pytest.raises(TypeError, match="the event column ticks does not hold names"):
        find_links(timeline_of(event("a", "home", 1)), "ticks", np.array([0]))
