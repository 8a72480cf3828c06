"""Until when outcomes are known."""

from __future__ import annotations

import datetime
from pathlib import Path

from triage.harm import read_scales
from triage.outcomes import read_outcomes
from triage.records import build_histories, read_vocabulary
from triage.timeline import build_timeline, day_of
from triage.workflows.training import observed_until

CONFIGS = Path(__file__).resolve().parents[3] / "configs"
VOCABULARY = read_vocabulary(CONFIGS / "vocabulary.yaml")
SCALES = read_scales(CONFIGS / "harm", VOCABULARY)
OUTCOME = read_outcomes(CONFIGS / "outcome.yaml", VOCABULARY, SCALES).primary


def incidents(source: str, last: str, number: int) -> list[dict[str, object]]:
    """Return weekly strangulations that a source recorded, the last of them on a day."""
    end = datetime.date.fromisoformat(last)
    days = [end - datetime.timedelta(weeks=week) for week in range(number)]
    return [
        {
            "event_id": f"{source}{position}",
            "person_id": "P1",
            "source": source,
            "type": "strangulation",
            "domestic": "yes",
            "happened_on": day - datetime.timedelta(days=3),
            "known_on": day,
        }
        for position, day in enumerate(days)
    ]


def until(*events: list[dict[str, object]]) -> int:
    histories = build_histories(VOCABULARY, events=[event for some in events for event in some])
    return observed_until(OUTCOME, build_timeline(histories, SCALES["cambridge"]))


def test_outcomes_are_known_until_the_first_of_those_that_tell_them_ends() -> None:
    police = incidents("police", "2025-12-30", 40)
    health = incidents("health", "2025-06-30", 40)
    assert until(police) == day_of(datetime.date(2025, 12, 31))
    assert until(police, health) == day_of(datetime.date(2025, 7, 1))


def test_a_source_that_tells_hardly_any_does_not_hold_the_others_back() -> None:
    police = incidents("police", "2025-12-30", 40)
    assert until(police, incidents("housing", "2022-01-01", 2)) == day_of(
        datetime.date(2025, 12, 31)
    )


def test_a_source_of_other_things_does_not_hold_the_others_back() -> None:
    police = incidents("police", "2025-12-30", 40)
    other = [{**one, "type": "homelessness"} for one in incidents("housing", "2022-01-01", 40)]
    assert until(police, other) == day_of(datetime.date(2025, 12, 31))


def test_where_nobody_tells_any_all_sources_count() -> None:
    other = [{**one, "type": "homelessness"} for one in incidents("housing", "2022-01-01", 4)]
    assert until(other) == day_of(datetime.date(2022, 1, 2))


def test_without_records_nothing_is_known() -> None:
    assert until([]) == 0
