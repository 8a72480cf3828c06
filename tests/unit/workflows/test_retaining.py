"""Review groups: by what stands on record, the first that is met, and from when they count."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from tests.invented_histories import a_world, incident, shipped
from triage.workflows.retaining import _of_person, groups_of, last_on_record, years_after
from triage.workspace import Retention, ReviewGroup

HARM = {name: one.days for name, one in shipped().scale.classes.items()}


def group(number: int, **asked: Any) -> ReviewGroup:
    return ReviewGroup(
        group=number, title="a title", review_years=6 + number, source="invented", **asked
    )


GROUPS = [
    group(1, types=["rape"], keep_until_age=100),
    group(2, harm_at_least=180),
    group(3, kinds=["incident"]),
    group(4),
]


def numbers(*events: dict[str, Any], groups: list[ReviewGroup] = GROUPS) -> dict[str, int]:
    histories = a_world(2).and_more(events=events).histories
    return {person: one.group for person, one in groups_of(histories, groups, HARM).items()}


def test_each_person_is_in_the_first_group_that_they_meet() -> None:
    contact = {"person_id": "p9", "type": "homelessness", "happened_on": "2025-01-01"}
    found = numbers(incident("p1", "2019-05-01", "rape"), incident("p1", "2020-05-01"), contact)
    assert found == {"p1": 1, "p2": 3, "p9": 4}
    assert numbers(incident("p2", "2019-05-01", "arson")) == {"p1": 3, "p2": 2}
    assert numbers(contact, groups=GROUPS[:3]) == {"p1": 3, "p2": 3}


def test_what_was_taken_back_counts_for_no_group_and_of_versions_the_latest() -> None:
    first = incident("p1", "2025-05-01", "rape", event_id="e", known_on="2025-05-02")
    withdrawn = {**first, "known_on": "2025-06-01", "withdrawn": True}
    assert numbers(first)["p1"] == 1
    assert numbers(first, withdrawn)["p1"] == 3
    assert numbers(first, {**first, "type": "harassment", "known_on": "2025-06-01"})["p1"] == 3


def test_the_last_on_record_is_the_latest_day_of_anything() -> None:
    custody = {
        "person_id": "p1",
        "type": "sentence",
        "happened_on": "2025-11-20",
        "ended_on": "2027-01-01",
    }
    last = last_on_record(a_world(2).and_more(events=[custody]).histories)
    assert last == {"p1": datetime.date(2027, 1, 1), "p2": datetime.date(2026, 1, 20)}


def test_a_person_comes_due_by_their_group_and_is_kept_until_an_age() -> None:
    last, birth = datetime.date(2026, 1, 20), datetime.date(1990, 6, 1)
    told = _of_person("p1", last, GROUPS[0], birth, Retention())
    assert (told["due_on"], told["keep_until"]) == ("2033-01-20", "2090-06-01")
    assert _of_person("p1", last, GROUPS[0], None, Retention())["keep_until"] == "age 100"
    assert _of_person("p1", last, None, birth, Retention(years=3))["due_on"] == "2029-01-20"
    assert years_after(datetime.date(2020, 2, 29), 1) == datetime.date(2021, 3, 1)


@pytest.mark.parametrize(
    ("groups", "words"),
    [
        ([GROUPS[1], GROUPS[0]], "by their numbers"),
        ([GROUPS[0], GROUPS[0]], "each once"),
        ([group(1), group(2)], "takes all who are left"),
    ],
)
def test_groups_stand_in_order_and_only_the_last_takes_all(
    groups: list[ReviewGroup], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        Retention(groups=groups)


def test_a_period_that_nobody_checked_is_told_as_a_local_parameter() -> None:
    shipped_groups = shipped().panel.retention.groups
    assert [one.group for one in shipped_groups] == [1, 2, 3, 4]
    assert all(one.review_years >= 6 and one.source for one in shipped_groups)
    assert [one.review_years for one in shipped_groups if one.verified] == [6, 6]
    for one in shipped_groups:
        assert ("LOCAL PARAMETER" in one.told) is not one.verified
