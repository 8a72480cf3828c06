"""The catalogue: each feature in words, whatever it measures."""

from __future__ import annotations

from pathlib import Path

import pytest

from triage.features import Entry, catalogue, read_pipelines
from triage.records import Vocabulary

VOCABULARY = Vocabulary.model_validate(
    {
        "agencies": {"police": "Police", "health": "Health"},
        "kinds": {"incident": "incident", "order": "order"},
        "types": {
            "assault": {"kind": "incident", "meaning": "assault with injury"},
            "stalking": {"kind": "incident", "meaning": "stalking"},
            "notice": {"kind": "order", "meaning": "protection notice"},
        },
        "events": {
            "flags": {"weapon": "a weapon was used or shown"},
            "numbers": {"grade": {"meaning": "grade", "unit": "1 to 3"}},
            "categories": {"bond": {"meaning": "what they are", "values": ["ex_partner"]}},
            "names": {"address_id": "address"},
        },
        "referrals": {
            "attributes": {
                "route": {"kind": "category", "values": ["new_case"], "meaning": "its route"}
            }
        },
    }
)


def entries(tmp_path: Path, **definition: object) -> tuple[Entry, ...]:
    lines = {
        "name": "things",
        "measure": "count",
        "meaning": '"{value} {thing|things}"',
        "unit": "things",
        "direction": "none",
        "missing": "none is on record",
    } | definition
    body = "\n    ".join(f"{key}: {value}" for key, value in lines.items())
    (tmp_path / "theme.yaml").write_text(f"title: Theme\nfeatures:\n  - {body}\n")
    return catalogue(read_pipelines(tmp_path, VOCABULARY), VOCABULARY)


def entry(tmp_path: Path, **definition: object) -> Entry:
    (one,) = entries(tmp_path, **definition)
    return one


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ("{kind: incident}", "kind: incident"),
        ("{type: [assault, stalking]}", "type: assault with injury or stalking"),
        (
            "{type: [assault, stalking, notice]}",
            "type: assault with injury, stalking, or protection notice",
        ),
        ("{agency: police}", "recorded by: Police"),
        ("{bond: ex_partner}", "what they are: ex partner"),
        ("{weapon: 'yes'}", "a weapon was used or shown: yes"),
        ("{field: weapon, operator: is_not, value: 'yes'}", "a weapon was used or shown: not yes"),
        ("{field: grade, operator: at_least, value: 3}", "grade (1 to 3): at least 3"),
        ("{field: grade, operator: above, value: 0}", "grade (1 to 3): above 0"),
        ("{field: grade, operator: between, value: [1, 2]}", "grade (1 to 3): between 1 and 2"),
        ("{field: grade, operator: is_unknown}", "grade (1 to 3): not known"),
        (
            "{any: [{type: stalking}, {kind: order, weapon: 'no'}]}",
            "either (type: stalking) or (kind: order; a weapon was used or shown: no)",
        ),
        ("{not: {kind: order}}", "not (kind: order)"),
        (
            "{all: [{kind: incident}, {all: [{agency: health}, {weapon: 'yes'}]}]}",
            "kind: incident; recorded by: Health; a weapon was used or shown: yes",
        ),
    ],
)
def test_the_condition_is_told_in_the_words_of_the_vocabulary(tmp_path, where, words) -> None:
    assert entry(tmp_path, where=where).events == words


def test_each_window_has_its_entry_and_its_example(tmp_path) -> None:
    told = entries(tmp_path, windows="[365, ever]", meaning='"{value} {thing|things} {window}"')
    assert [one.example for one in told] == [
        "3 things in the last 12 months",
        "3 things on record",
    ]
    assert [one.window for one in told] == ["in the last 12 months", "on record"]
    assert {one.events for one in told} == {"every record"}


@pytest.mark.parametrize(
    ("definition", "missing"),
    [
        ({}, "none is on record; the value is then 0"),
        ({"when_none": "unknown"}, "none is on record; the value is then unknown"),
        ({"measure": "days_since_last"}, "none is on record; the value is then unknown"),
    ],
)
def test_what_missing_means_says_as_what_it_counts(tmp_path, definition, missing) -> None:
    assert entry(tmp_path, **definition).missing == missing


@pytest.mark.parametrize(
    ("definition", "words"),
    [
        (
            {"linked_by": "victim_id", "where": "{kind: order}"},
            "of people linked by a shared victim (one that at most 50 people share): kind: order",
        ),
        (
            {"linked_by": "address_id"},
            "of people linked by a shared address (one that at most 50 people share): every record",
        ),
    ],
)
def test_records_of_linked_people_are_told_as_such(tmp_path, definition, words) -> None:
    assert entry(tmp_path, **definition).events == words


def test_a_ratio_names_both_of_its_periods(tmp_path) -> None:
    ratio = entry(tmp_path, measure="rate_ratio", recent_days=90, earlier_days=365)
    assert ratio.window == "the last 90 days, against days 91 to 365"
    assert ratio.measure == "rate ratio"


def test_an_attribute_is_of_the_person_or_of_the_referral(tmp_path) -> None:
    yes_or_no = "{yes: it is new, no: it is not}"
    route = entry(
        tmp_path, measure="attribute", of="referral.route", equals="new_case", meaning=yes_or_no
    )
    assert route.events == "the referral itself: its route, if it is new case"
    assert route.example == "it is new"
    age = entry(tmp_path, measure="attribute", of="person.age", meaning='"{value} years old"')
    assert age.events == "the person's age"
    assert age.example == "34 years old"


@pytest.mark.parametrize(
    ("definition", "words"),
    [
        ({"measure": "median_gap"}, "median days between one record and the next"),
        ({"measure": "shortest_gap"}, "fewest days between one record and the next"),
        (
            {"measure": "streak", "period_days": 30},
            "periods of 30 days running, up to now, with a record in each",
        ),
        (
            {"measure": "mean_ratio", "of": "grade", "recent_days": 90, "earlier_days": 365},
            "ratio of the mean grade of each record",
        ),
        (
            {"measure": "reached", "of": "grade", "at_least": 2.5},
            "whether any grade came to at least 2.5",
        ),
        (
            {
                "measure": "new",
                "of": "victim_id",
                "windows": "[90]",
                "meaning": '"{value} {window}"',
            },
            "different values of victim that no record had before",
        ),
        ({"measure": "most_repeated", "of": "victim_id"}, "most records that share one victim"),
        (
            {"measure": "serial", "of": "victim_id"},
            "whether victim has at least 2 different values",
        ),
    ],
)
def test_a_measure_of_order_says_what_it_is(tmp_path, definition, words) -> None:
    assert entry(tmp_path, **definition).measure == words


@pytest.mark.parametrize(
    ("measure", "words"),
    [
        ("near", "records with another at most 7 days before or after"),
        ("after", "records that follow another by 1 to 7 days"),
    ],
)
def test_a_companion_is_told_beside_the_records_themselves(tmp_path, measure, words) -> None:
    definition = {"measure": measure, measure: "{kind: order}", "within_days": 7}
    told = entry(tmp_path, where="{type: stalking}", **definition)
    assert told.measure == words
    assert told.events == f"type: stalking; {measure} another (kind: order)"


def test_a_streak_is_counted_back_from_the_day(tmp_path) -> None:
    assert entry(tmp_path, measure="streak", period_days=7).window == (
        "counted back from the as-of date"
    )
