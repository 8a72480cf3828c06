"""Canonical tables, and making them by hand."""

from __future__ import annotations

import datetime

import pandas as pd
import pyarrow as pa
import pytest

from tests.unit.records.builders import column, words
from triage.conditions import Answer
from triage.records import CaseHistories, build_histories, events_schema, people_schema

DAY = datetime.date(2024, 3, 1)


def test_an_event_is_filled_in_from_its_type() -> None:
    histories = build_histories(
        words(), events=[{"person_id": "a", "happened_on": "2024-03-01", "type": "rape"}]
    )
    assert histories.events.to_pylist() == [
        {
            "event_id": "e1",
            "person_id": "a",
            "happened_on": DAY,
            "known_on": DAY,
            "ended_on": None,
            "source": "police",
            "agency": "police",
            "kind": "incident",
            "type": "rape",
            "harm_class": "rape",
            "victim_id": None,
            "withdrawn": False,
            "address_id": None,
            "relationship": None,
            "weapon": Answer.NOT_ASKED,
            "children_present": Answer.NOT_ASKED,
            "ticks": None,
        }
    ]


def test_what_is_given_stands() -> None:
    histories = build_histories(
        words(),
        people=[{"person_id": "b", "birth_date": datetime.datetime(1980, 1, 2), "deaf": None}],
        events=pd.DataFrame(
            {
                "person_id": ["b", "a"],
                "happened_on": [pd.Timestamp(DAY), pd.Timestamp(DAY)],
                "type": ["assault", "dash"],
                "agency": ["health", "police"],
                "weapon": ["yes", "unknown"],
                "ticks": [None, 14.0],
            }
        ),
        referrals=[{"person_id": "b", "made_on": DAY, "in_area": True, "route": "repeat"}],
    )
    assert column(histories.people, "person_id") == ["a", "b"]
    assert column(histories.people, "birth_date") == [None, datetime.date(1980, 1, 2)]
    assert column(histories.people, "deaf") == [Answer.NOT_ASKED, Answer.UNKNOWN]
    assert column(histories.events, "source") == ["health", "police"]
    assert column(histories.events, "weapon") == [Answer.YES, Answer.UNKNOWN]
    assert column(histories.events, "ticks") == [None, 14.0]
    assert column(histories.referrals, "in_area") == [Answer.YES]
    assert column(histories.referrals, "route") == ["repeat"]


def test_never_known_is_told_by_none() -> None:
    event = {"person_id": "a", "happened_on": DAY, "known_on": None, "type": "assault"}
    assert column(build_histories(words(), events=[event]).events, "known_on") == [None]


def test_no_records_are_empty_tables_of_the_right_columns() -> None:
    histories = build_histories(words())
    assert histories.events.schema.equals(events_schema(words()))
    assert histories.people.num_rows == histories.referrals.num_rows == 0


@pytest.mark.parametrize(
    ("event", "message"),
    [
        ({"person_id": "a", "happened_on": DAY, "type": "asault"}, "'asault', which is no type"),
        ({"person_id": "a", "happened_on": DAY, "type": "rape", "knife": 1}, "no column 'knife'"),
        ({"person_id": "a", "type": "rape"}, "a record has no happened_on"),
    ],
)
def test_a_wrong_record_is_refused(event: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        build_histories(words(), events=[event])


def test_a_repeated_id_is_refused() -> None:
    people = [{"person_id": "a"}, {"person_id": "a"}]
    with pytest.raises(ValueError, match="the people repeat an id"):
        build_histories(words(), people=people)


@pytest.mark.parametrize("known", [(DAY, DAY), (None, None), (DAY, None), (None, DAY)])
def test_an_event_stands_twice_only_as_two_versions(known: tuple[object, object]) -> None:
    rows = [
        {"event_id": "e", "person_id": "a", "happened_on": DAY, "type": "rape", "known_on": one}
        for one in known
    ]
    with pytest.raises(ValueError, match="the events repeat an id"):
        build_histories(words(), events=rows)
    rows[0]["known_on"], rows[1]["known_on"] = "2024-03-09", "2024-03-02"
    versions = build_histories(words(), events=rows).events
    assert [str(one) for one in column(versions, "known_on")] == ["2024-03-02", "2024-03-09"]


def test_tables_of_other_columns_are_refused() -> None:
    good = build_histories(words())
    bad = pa.table({"person_id": pa.array([], pa.string())})
    with pytest.raises(ValueError, match="the table of people has not the canonical columns"):
        CaseHistories(bad, good.events, good.referrals, words())


def test_the_schema_says_what_may_be_missing() -> None:
    schema = people_schema(words())
    assert [field.name for field in schema if not field.nullable] == ["person_id", "deaf"]
