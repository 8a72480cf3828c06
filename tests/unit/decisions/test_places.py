"""Places on the programme: as events that were known when they were known, and counted."""

from __future__ import annotations

import datetime

from triage.decisions import Content, Decision, Wanted, places_of, programme_events

WORDS = {"type_name": "on_programme", "agency": "programme", "source": "decisions"}


def day(text: str) -> datetime.date:
    return datetime.date.fromisoformat(text)


def decision(
    number: int,
    choice: str,
    on: str,
    *,
    referral: str = "R1",
    until: str = "",
    manager: str = "C",
    met_on: str = "",
) -> Decision:
    content = Content(
        f"P-{referral}",
        "why",
        case_manager=manager if choice == "accept" else "",
        until=day(until) if until else None,
    )
    at = datetime.datetime.fromisoformat(f"{on}T12:00:00+00:00")
    met = day(met_on) if met_on else None
    wanted = Wanted(referral, choice, 1, "to discuss", content, met_on=met)
    return Decision(number, "list", "seal", wanted, at, "A. Chair", number)


def told(decisions: list[Decision], before: str | None = None) -> list[tuple[object, ...]]:
    events = programme_events(decisions, **WORDS, before=day(before) if before else None)
    names = ("event_id", "known_on", "ended_on", "withdrawn")
    return [tuple(str(event[name]) for name in names) for event in events]


def test_a_place_is_known_from_its_recording_and_its_end_from_the_leaving() -> None:
    decisions = [
        decision(1, "accept", "2026-03-05", until="2027-01-01"),
        decision(2, "defer", "2026-03-05", referral="R2"),
        decision(3, "leave", "2026-09-10", until="2026-09-01"),
    ]
    assert told(decisions) == [
        ("decision-1", "2026-03-05", "2027-01-01", "False"),
        ("decision-1", "2026-09-10", "2026-09-01", "False"),
    ]
    assert told(decisions, before="2026-09-10") == told(decisions)[:1]
    assert told(decisions, before="2026-03-05") == []


def test_a_corrected_accept_is_withdrawn_and_one_of_the_same_day_never_was() -> None:
    accepted, declined = decision(1, "accept", "2026-03-05"), decision(2, "decline", "2026-03-07")
    assert told([accepted, declined]) == [
        ("decision-1", "2026-03-05", "None", "False"),
        ("decision-1", "2026-03-07", "None", "True"),
    ]
    assert told([accepted, decision(2, "decline", "2026-03-05")]) == [
        ("decision-1", "2026-03-05", "None", "True")
    ]


def test_places_are_counted_through_the_year() -> None:
    decisions = [
        decision(1, "accept", "2026-03-30", referral="before the year"),
        decision(2, "accept", "2026-04-02", referral="open"),
        decision(3, "accept", "2026-04-02", referral="soon", until="2026-06-20", manager="D"),
        decision(4, "accept", "2026-04-02", referral="left"),
        decision(5, "accept", "2026-04-02", referral="wrong"),
        decision(6, "decline", "2026-04-03", referral="wrong"),
        decision(7, "leave", "2026-05-01", referral="left", until="2026-05-01"),
        decision(8, "accept", "2026-06-02", referral="later"),
    ]
    rules = {"a_year": 5, "year_begins_in": 4, "leaving_within_days": 31}
    places = places_of(decisions, on=day("2026-06-01"), **rules)
    assert (places.year_from, places.taken, places.free) == (day("2026-04-01"), 3, 2)
    assert (places.open_by_manager, places.open, places.leaving) == ({"C": 2, "D": 1}, 3, 1)
    earlier = places_of(decisions, on=day("2026-03-31"), **rules)
    assert (earlier.year_from, earlier.taken, earlier.open) == (day("2025-04-01"), 1, 1)


def test_a_place_begins_and_counts_when_the_panel_met_and_is_known_when_it_was_recorded() -> None:
    late = [decision(1, "accept", "2026-04-02", met_on="2026-03-30")]
    (event,) = programme_events(late, **WORDS)
    assert (event["happened_on"], event["known_on"]) == (day("2026-03-30"), day("2026-04-02"))
    assert programme_events(late, **WORDS, before=day("2026-04-02")) == []
    rules = {"a_year": 5, "year_begins_in": 4, "leaving_within_days": 31}
    taken = {on: places_of(late, on=day(on), **rules).taken for on in ("2026-03-31", "2026-04-02")}
    assert taken == {"2026-03-31": 0, "2026-04-02": 0}
    rules["year_begins_in"] = 3
    assert places_of(late, on=day("2026-04-02"), **rules).taken == 1
