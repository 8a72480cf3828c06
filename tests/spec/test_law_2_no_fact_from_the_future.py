"""Law 2. No fact from the future: an event counts only if it happened *and* was known before the
as-of date, and only as it was known then.

The chapter follows one event through its corrections: each table says what the extract holds, and
what a list of each date saw. The outcome of the same event is asked at the end, since what came
after is as it was known when the outcome settled.
"""

from __future__ import annotations

import datetime
from typing import Any

import numpy as np
import pytest

from triage.conditions import parse_condition
from triage.features import Feature, compute, evidence, make_plan
from triage.harm import Scale
from triage.outcomes import Outcome, label
from triage.records import Vocabulary, build_histories
from triage.timeline import NEVER, Timeline, build_timeline, day_of, moments_of

VOCABULARY = Vocabulary.model_validate(
    {
        "agencies": {"police": "Police", "health": "Health"},
        "kinds": {"incident": "incident"},
        "types": {
            "dispute": {"kind": "incident", "meaning": "dispute", "harm_class": "dispute"},
            "assault": {"kind": "incident", "meaning": "assault", "harm_class": "assault"},
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
            "dispute": {"days": 1, "note": "invented"},
            "assault": {"days": 20, "note": "invented"},
        },
    }
)


def measured(measure: Any, of: str | None = None) -> Feature:
    return Feature(
        name=measure,
        group=measure,
        theme="",
        theme_title="",
        measure=measure,
        where=None,
        of=of,
        equals=None,
        window_days=None,
        recent_days=None,
        earlier_days=None,
        when_none=0.0,
        unit="",
        direction="none",
        meaning="",
        missing="",
    )


COUNT, HARM, AGE = measured("count"), measured("sum", "harm_days"), measured("days_since_last")


def timeline_of(table: str) -> Timeline:
    """Return the timeline of rows: id, person, happened, known, type, a word if withdrawn."""
    rows = [line.split() for line in table.strip().splitlines()]
    names = ("event_id", "person_id", "happened_on", "known_on", "type")
    events = [
        {
            **dict(zip(names, row, strict=False)),
            "known_on": None if row[3] == "never" else row[3],
            "withdrawn": row[5:] == ["withdrawn"],
        }
        for row in rows
    ]
    people = [{"person_id": "ann"}, {"person_id": "bob"}]
    return build_timeline(build_histories(VOCABULARY, people=people, events=events), SCALE)


def day(text: str) -> int:
    return day_of(datetime.date.fromisoformat(text))


def seen(timeline: Timeline, person: str, as_of: str) -> tuple[float, ...]:
    """Return count, harm and days since the last event, and check the evidence against them."""
    features = [COUNT, HARM, AGE]
    moments = moments_of(timeline, [person], day(as_of))
    values = compute(make_plan(features), timeline, moments, threads=1).values[0]
    behind = evidence(COUNT, timeline, int(moments.person[0]), day(as_of))
    assert len(behind) == values[0]
    return tuple(values.tolist())


@pytest.mark.parametrize(
    ("as_of", "count"),
    [
        ("2024-03-01", 0),  # it happened on that very day
        ("2024-03-02", 0),  # it had happened, and nobody knew
        ("2024-03-10", 0),  # it became known on that very day
        ("2024-03-11", 1),
    ],
)
def test_an_event_counts_from_the_day_after_it_became_known(as_of: str, count: int) -> None:
    timeline = timeline_of("e1 ann 2024-03-01 2024-03-10 assault")
    assert seen(timeline, "ann", as_of)[0] == count


def test_an_event_that_never_became_known_never_counts() -> None:
    timeline = timeline_of("e1 ann 2024-03-01 never assault")
    assert seen(timeline, "ann", "2034-01-01")[0] == 0


CORRECTED = """
    e1 ann 2024-03-01 2024-03-10 dispute
    e1 ann 2024-02-20 2024-04-10 assault
    e1 ann 2024-02-20 2024-05-10 assault withdrawn
    e2 ann 2024-01-01 2024-01-02 dispute
"""


@pytest.mark.parametrize(
    ("as_of", "count", "harm", "since"),
    [
        ("2024-03-10", 1, 1, 69),  # e2 alone
        ("2024-03-11", 2, 2, 10),  # e1 as it was told first
        ("2024-04-10", 2, 2, 40),  # the correction becomes known on that very day
        ("2024-04-11", 2, 21, 51),  # e1 as corrected: another day, another type; once, not twice
        ("2024-05-10", 2, 21, 80),  # the withdrawal becomes known on that very day
        ("2024-05-11", 1, 1, 131),  # e1 is gone
        ("2030-01-01", 1, 1, 2192),
    ],
)
def test_a_list_sees_what_was_known_then(as_of: str, count: int, harm: int, since: int) -> None:
    assert seen(timeline_of(CORRECTED), "ann", as_of) == (count, harm, since)


def test_the_order_of_rows_tells_nothing() -> None:
    turned = "\n".join(reversed(CORRECTED.strip().splitlines()))
    for as_of in ("2024-03-11", "2024-04-11", "2024-05-11"):
        assert seen(timeline_of(turned), "ann", as_of) == seen(timeline_of(CORRECTED), "ann", as_of)


def test_a_withdrawn_event_may_be_told_again() -> None:
    timeline = timeline_of(CORRECTED + "e1 ann 2024-03-01 2024-06-10 dispute")
    assert seen(timeline, "ann", "2024-06-10")[0] == 1
    assert seen(timeline, "ann", "2024-06-11") == (2, 2, 102)


def test_a_withdrawal_of_what_was_never_told_is_nothing() -> None:
    timeline = timeline_of("e1 ann 2024-03-01 2024-03-10 assault withdrawn")
    assert timeline.n_events == 0
    assert seen(timeline, "ann", "2024-05-01")[0] == 0


@pytest.mark.parametrize(
    ("as_of", "of_ann", "of_bob"),
    [("2024-03-11", 1, 0), ("2024-04-10", 1, 0), ("2024-04-11", 0, 1)],
)
def test_a_correction_may_say_that_it_was_somebody_else(
    as_of: str, of_ann: int, of_bob: int
) -> None:
    timeline = timeline_of(
        """
        e1 ann 2024-03-01 2024-03-10 assault
        e1 bob 2024-03-01 2024-04-10 assault
        """
    )
    assert seen(timeline, "ann", as_of)[0] == of_ann
    assert seen(timeline, "bob", as_of)[0] == of_bob


def test_a_correction_to_a_later_day_takes_the_event_out_until_then() -> None:
    timeline = timeline_of(
        """
        e1 ann 2024-03-01 2024-03-10 assault
        e1 ann 2024-05-01 2024-05-02 assault
        """
    )
    days = ("2024-03-11", "2024-05-02", "2024-05-03")
    assert [seen(timeline, "ann", one)[2] for one in days] == [10, 62, 2]


def test_events_of_two_sources_do_not_correct_each_other() -> None:
    event = {"event_id": "e1", "person_id": "ann", "type": "assault"}
    events = [
        {**event, "agency": agency, "happened_on": "2024-03-01", "known_on": known}
        for agency, known in (("health", "2024-03-02"), ("police", "2024-03-09"))
    ]
    timeline = build_timeline(build_histories(VOCABULARY, events=events), SCALE)
    assert timeline.replaced.tolist() == [NEVER, NEVER]
    assert seen(timeline, "ann", "2024-04-01")[0] == 2


@pytest.mark.parametrize(
    ("corrected_on", "value"),
    [
        ("2024-04-19", 0.0),  # withdrawn the day before the outcome settled
        ("2024-04-20", 1.0),  # withdrawn on the day itself: it was not known before
        ("2024-06-01", 1.0),
    ],
)
def test_an_outcome_is_as_it_was_known_when_it_settled(corrected_on: str, value: float) -> None:
    timeline = timeline_of(
        f"""
        e1 ann 2024-03-15 2024-03-16 assault
        e1 ann 2024-03-15 {corrected_on} assault withdrawn
        """
    )
    outcome = Outcome(
        name="assault",
        meaning="an assault within 40 days",
        horizon_days=40,
        settles_in_days=10,
        any_event=parse_condition({"type": "assault"}),
        harm_from=parse_condition({"kind": "incident"}),
    )
    told = label(
        outcome,
        timeline,
        moments_of(timeline, ["ann"], day("2024-03-01")),
        observed_until=day("2025-01-01"),
        follow_up_end=np.asarray([NEVER], dtype=np.int32),
    )
    assert told.values.tolist() == [value]
    assert told.harm_days.tolist() == [20 * value]
