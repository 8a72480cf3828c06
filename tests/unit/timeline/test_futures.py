"""Other futures: all that was not known before a day is different, and nothing else."""

from __future__ import annotations

import datetime

import pyarrow as pa
import pytest

from triage.conditions import Answer
from triage.records import CaseHistories, Vocabulary, build_histories
from triage.timeline import OTHER_FUTURES, day_of, not_yet_known

VOCABULARY = Vocabulary.model_validate(
    {
        "agencies": {"police": "Police"},
        "kinds": {"incident": "incident"},
        "types": {
            "assault": {"kind": "incident", "meaning": "assault"},
            "dispute": {"kind": "incident", "meaning": "dispute"},
        },
        "events": {"flags": {"weapon": "a weapon"}, "numbers": {"ticks": {"meaning": "ticks"}}},
        "people": {"attributes": {"moved_on": {"kind": "date", "meaning": "moved"}}},
    }
)
DAY = day_of(datetime.date(2024, 3, 1))


def histories() -> CaseHistories:
    def event(name: str, person: str, happened: str, known: str | None) -> dict[str, object]:
        dated = {"happened_on": happened, "known_on": known, "ended_on": "2024-05-01"}
        what = {"weapon": "no", "ticks": 4.0, "type": "assault" if person == "a" else "dispute"}
        return {"event_id": name, "person_id": person, **dated, **what}

    return build_histories(
        VOCABULARY,
        people=[
            {"person_id": "a", "moved_on": "2024-02-29"},
            {"person_id": "b", "moved_on": "2024-03-01"},
        ],
        events=[
            event("before", "a", "2024-01-01", "2024-02-29"),
            event("that_day", "a", "2024-01-01", "2024-03-01"),
            event("after", "b", "2024-04-01", "2024-04-01"),
            event("never", "b", "2024-01-01", None),
        ],
        referrals=[{"person_id": "a", "made_on": "2024-03-01"}],
    )


def row(table: pa.Table, key: str, name: str) -> dict[str, object]:
    (found,) = [one for one in table.to_pylist() if one[key] == name]
    return found


def test_what_was_not_known_is_told_by_the_known_date_alone() -> None:
    events = histories().events
    late = dict(zip(events["event_id"].to_pylist(), not_yet_known(events, DAY), strict=True))
    assert late == {"after": True, "before": False, "never": True, "that_day": True}


@pytest.mark.parametrize("name", OTHER_FUTURES)
def test_what_was_known_stays_and_all_else_is_different(name: str) -> None:
    one, other = histories(), OTHER_FUTURES[name](histories(), DAY)
    before, after = (row(some.events, "event_id", "before") for some in (one, other))
    if name != "changed":  # an end that lies beyond the day is one that nobody knew
        assert before.pop("ended_on") != after.pop("ended_on")
    assert before == after
    assert row(one.people, "person_id", "a") == row(other.people, "person_id", "a")
    assert other.referrals.equals(one.referrals)
    if name == "deleted":
        assert other.events["event_id"].to_pylist() == ["before"]
        return
    assert other.events.select(["source", "event_id"]) == one.events.select(["source", "event_id"])
    for late in ("that_day", "after", "never"):
        was, became = (row(some.events, "event_id", late) for some in (one, other))
        assert was != became


def test_shifted_events_happened_long_before_and_became_known_later() -> None:
    moved = OTHER_FUTURES["shifted"](histories(), DAY)
    event = row(moved.events, "event_id", "after")
    assert event["happened_on"] == datetime.date(2023, 2, 26)
    assert event["known_on"] == datetime.date(2024, 5, 1)
    assert row(moved.people, "person_id", "b")["moved_on"] == datetime.date(2024, 3, 31)


def test_changed_events_say_what_others_said_of_others() -> None:
    event = row(OTHER_FUTURES["changed"](histories(), DAY).events, "event_id", "that_day")
    assert (event["person_id"], event["type"]) == ("b", "dispute")
    assert (event["weapon"], event["ticks"], event["withdrawn"]) == (Answer.YES, 5.0, True)
    assert event["known_on"] == datetime.date(2024, 3, 1)
