"""Source files: what they may say, and what is told where they are wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.records.builders import EVENTS, PEOPLE, Desk
from triage.errors import ConfigurationError


def problems(desk: Desk) -> list[str]:
    with pytest.raises(ConfigurationError, match=r".") as told:
        desk.sources()
    return [str(problem) for problem in told.value.problems]


def test_sources_are_named_by_their_files(tmp_path: Path) -> None:
    desk = Desk.at(tmp_path).source("events", EVENTS)
    assert [source.name for source in desk.sources()] == ["events", "people"]
    assert desk.sources()[0].form.columns["event_id"].column == "REF"


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("agency: police", "agency: polise", "line 2: 'polise' is not an agency"),
        ("  event_id: REF\n", "", "line 5: the canonical column 'event_id' must be mapped"),
        (
            "event_id: REF",
            "event_id: REF\n  weapom: W",
            "line 7: 'weapom' is not a canonical column of events. Did you mean 'weapon'?",
        ),
        ("event_id: REF", "event_id: REF\n  kind: K", "'kind' cannot be given: it follows from"),
        ("event_id: REF", "event_id: REF\n  source: K", "from the source file's name"),
        (
            "R: rape",
            "R: rap",
            "line 9: 'rap' is not one of the values of 'type'. Did you mean 'rape'?",
        ),
        ("R: rape", "R: unknown", "'unknown' is not one of the values of 'type'"),
        ("R: rape", "01: rape", "YAML does not read the code 1 as a text"),
        ("DATE", "{column: DATE, date: '%d/%m'}", "'%d/%m' is not a date format with a day"),
        ("DATE", "{column: DATE, codes: {A: b}}", "'codes' does not belong to 'happened_on'"),
        ("event_id: REF", "event_id: REF\n  weapon: {column: W, answers: {Y: ja}}", "'ja' is not"),
        ("event_id: REF", "event_id: REF\n  ticks: {column: T, codes: {Y: many}}", "must be given"),
        ("columns:", "defaults: {weapon: true}\ncolumns:", "True' is not one of the values"),
        ("columns:", "defaults: {event_id: x}\ncolumns:", "'event_id' differs from row to row"),
        ("columns:", "defaults: {weapom: yes}\ncolumns:", "'weapom' is not a canonical column"),
        ("D: dash}", "D: dash}, otherwise: rap", "line 9: 'rap' is not one of the values"),
        ("D: dash}", "D: dash}, otherwise: 3", "line 9: '3' is not one of the values"),
        ("DATE", "{column: DATE, date: '%Q'}", "'%Q' is not a date format with a day"),
        ("columns:", "defaults: {type: dash}\ncolumns:", "'type' is mapped under 'columns'"),
        ("columns:", "defaults: {kind: incident}\ncolumns:", "are of assessment, incident"),
        ("columns:", "known_lag_days: -1\ncolumns:", "'known_lag_days': Input should be greater"),
        ("csv: data/events.csv", "csv: a, parquet: b", "give exactly one of 'csv', 'parquet'"),
        ("csv: data/events.csv", "parquet: b, encoding: utf-8", "belong to 'csv' only"),
        ("csv: data/events.csv", "csv: b, encoding: utf-9", "'utf-9' is not an encoding"),
        ("csv: data/events.csv", "csv: b, delimiter: '\"'", "must be one plain character"),
        (
            "csv: data/events.csv",
            "sql: {url: 'postgresql://me:secret@host/db', query: q}",
            "'url' holds a password",
        ),
        ("csv: data/events.csv", "sql: {query: q}", "give either 'url' or 'url_from'"),
        ("csv: data/events.csv", "sql: {url: nowhere, query: q}", "must be a SQLAlchemy URL"),
        ("table: events", "table: event", "'table': Input should be 'people', 'events' or"),
    ],
)
def test_a_wrong_file_is_told(tmp_path: Path, old: str, new: str, told: str) -> None:
    desk = Desk.at(tmp_path).source("events", EVENTS.replace(old, new, 1))
    (problem, *more) = problems(desk)
    assert problem.startswith("configs/sources/events.yaml, line ")
    assert told in "\n".join([problem, *more])
    assert "secret" not in "\n".join([problem, *more])


def test_all_problems_of_all_files_come_at_once(tmp_path: Path) -> None:
    desk = Desk.at(tmp_path)
    desk.source("events", EVENTS.replace("A: assault", "A: asault").replace("R: rape", "R: rap"))
    desk.source("people", PEOPLE.replace("birth_date: BORN", "birth_date: BORN, sx: SEX"))
    assert [problem.split(":")[0] for problem in problems(desk)] == [
        "configs/sources/events.yaml, line 9",
        "configs/sources/events.yaml, line 9",
        "configs/sources/people.yaml, line 5",
    ]


def test_a_workspace_without_people_is_refused(tmp_path: Path) -> None:
    desk = Desk(tmp_path).source("events", EVENTS)
    assert problems(desk) == [
        "configs/sources/: one source at least must have 'table: people'; got none."
    ]


def test_a_default_kind_may_repeat_what_the_types_say(tmp_path: Path) -> None:
    text = EVENTS.replace(", D: dash", "").replace(
        "columns:", "defaults: {kind: incident}\ncolumns:"
    )
    assert len(Desk.at(tmp_path).source("events", text).sources()) == 2


def test_a_default_kind_must_be_that_of_a_default_type(tmp_path: Path) -> None:
    mapped = EVENTS.replace("  type: {column: CODE, codes: {A: assault, R: rape, D: dash}}\n", "")
    desk = Desk.at(tmp_path)
    desk.source("events", mapped + "defaults: {type: dash, kind: incident}\n")
    assert problems(desk) == [
        "configs/sources/events.yaml, line 9: 'kind' follows from the type, and these types are of "
        "assessment. Remove it."
    ]
    desk.source("events", mapped + "defaults: {type: dash, kind: assessment}\n")
    assert len(desk.sources()) == 2


def test_a_default_kind_cannot_speak_for_every_type(tmp_path: Path) -> None:
    text = EVENTS.replace("{column: CODE, codes: {A: assault, R: rape, D: dash}}", "CODE")
    desk = Desk.at(tmp_path).source("events", text + "defaults: {kind: incident}\n")
    assert "these types are of assessment, incident" in problems(desk)[0]


def test_what_is_never_history_has_no_lag_and_is_an_event(tmp_path: Path) -> None:
    desk = Desk.at(tmp_path).source("events", EVENTS + "known_lag_days: 3\nnever_history: true\n")
    assert problems(desk) == [
        "configs/sources/events.yaml, line 11: 'known_lag_days' makes the events history. "
        "Remove one of the two."
    ]
    desk = Desk.at(tmp_path / "other").source("people", PEOPLE + "never_history: true\n")
    assert problems(desk) == [
        "configs/sources/people.yaml, line 6: only events have a known date. Remove it."
    ]


def test_only_events_have_a_lag(tmp_path: Path) -> None:
    desk = Desk.at(tmp_path).source("people", PEOPLE + "known_lag_days: 3\n")
    assert problems(desk) == [
        "configs/sources/people.yaml, line 6: only events have a known date. Remove it."
    ]
