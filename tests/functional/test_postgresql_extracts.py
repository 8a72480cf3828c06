"""Extracts as queries on a PostgreSQL server."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy

from tests.postgresql import PASSWORD
from tests.unit.records.builders import PEOPLE, Desk, column
from triage.conditions import Answer
from triage.errors import ConfigurationError, ExtractError

pytestmark = pytest.mark.postgresql

MARKER = "Quillfeather"
EVENTS = """
agency: police
table: events
read:
  sql:
    url_from: POLICE_DATABASE
    query: >-
      {query}
columns:
  event_id: ref
  person_id: nominal
  victim_id: victim
  happened_on: happened
  known_on: recorded
  type: {{column: offence, codes: {{A: assault, R: rape}}}}
  weapon: weapon
  ticks: ticks
"""
SELECT = "select ref, nominal, victim, happened, recorded, offence, weapon, ticks from incidents"


@pytest.fixture
def database(postgresql_url: str) -> Iterator[str]:
    """Give a URL of a database that holds two incidents."""
    url = sqlalchemy.make_url(postgresql_url).set(drivername="postgresql+psycopg")
    engine = sqlalchemy.create_engine(url, poolclass=sqlalchemy.pool.NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql("drop table if exists incidents")
        connection.exec_driver_sql(
            "create table incidents (ref bigint, nominal text, victim uuid, happened date,"
            " recorded timestamptz, offence char(3), weapon boolean, ticks numeric(5, 2),"
            " note text)"
        )
        connection.exec_driver_sql(
            "insert into incidents values"
            " (1099511627777, 'p2', null, '2024-01-02', '2024-01-05 12:30+00', 'A', true, 14,"
            " null),"
            " (2, ' p1 ', '6f9619ff-8b86-d011-b42d-00c04fc964ff', '2024-01-01', null, 'R', null,"
            f" null, '{MARKER}')"
        )
    yield postgresql_url
    engine.dispose()


def desk(folder: Path, query: str = SELECT) -> Desk:
    return Desk.at(folder).source("events", EVENTS.format(query=query))


def refused(folder: Path, query: str, url: str) -> str:
    with pytest.raises(ExtractError, match=r"^the postgresql database") as told:
        desk(folder, query).read(environment={"POLICE_DATABASE": url})
    assert PASSWORD not in str(told.value)
    assert MARKER not in str(told.value)
    return str(told.value)


def test_a_query_brings_its_types(tmp_path: Path, database: str) -> None:
    checked = desk(tmp_path).read(environment={"POLICE_DATABASE": database})
    events = checked.histories.events
    assert not len(checked.rejects)
    assert column(events, "event_id") == ["1099511627777", "2"]
    assert column(events, "person_id") == ["p2", "p1"]
    assert column(events, "victim_id") == [None, "6f9619ff-8b86-d011-b42d-00c04fc964ff"]
    assert column(events, "happened_on") == [datetime.date(2024, 1, 2), datetime.date(2024, 1, 1)]
    assert column(events, "known_on") == [datetime.date(2024, 1, 5), None]
    assert column(events, "type") == ["assault", "rape"]
    assert column(events, "weapon") == [Answer.YES, Answer.UNKNOWN]
    assert column(events, "ticks") == [14.0, None]


def test_the_hash_is_of_the_rows_and_not_of_their_order(tmp_path: Path, database: str) -> None:
    environment = {"POLICE_DATABASE": database}
    inputs = [
        desk(tmp_path, f"{SELECT} {ending}").read(environment=environment).inputs["sql:events"]
        for ending in ("order by ref", "order by ref desc", "where ref = 2")
    ]
    assert inputs[0] == inputs[1] != inputs[2]


def test_a_query_is_run_as_it_stands(tmp_path: Path, database: str) -> None:
    query = f"{SELECT} where offence like 'A%%' or note = ':note' or '50%' = '50%'".replace(
        "%%", "%"
    )
    report = desk(tmp_path, query).read(environment={"POLICE_DATABASE": database}).report
    assert report.events == 2


def test_rejects_name_the_row_and_the_id(tmp_path: Path, database: str) -> None:
    checked = desk(tmp_path, f"{SELECT.replace('nominal', 'note as nominal')} where ref = 2").read(
        environment={"POLICE_DATABASE": database}
    )
    assert checked.rejects["record_id"].tolist() == ["2"]
    assert checked.rejects["line"].tolist() == [1]


def test_a_query_can_change_nothing(tmp_path: Path, database: str) -> None:
    told = refused(tmp_path, "delete from incidents returning *", database)
    assert "cannot execute DELETE in a read-only transaction" in told
    assert desk(tmp_path).read(environment={"POLICE_DATABASE": database}).report.events == 2


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("select * from nowhere", 'relation "nowhere" does not exist'),
        ("select nothing from incidents", 'column "nothing" does not exist'),
        ("sselect", 'syntax error at or near "sselect"'),
        ("set search_path to public", "a statement that gives no rows"),
        ("select cast(note as integer) from incidents", "InvalidTextRepresentation 22P02"),
        ("select ref from incidents", "got -nominal -victim"),
        (f"{SELECT} where ref = 3", "must give rows to the query of configs/sources/events.yaml"),
    ],
)
def test_a_query_that_fails_says_why_but_no_cell(
    tmp_path: Path, database: str, query: str, said: str
) -> None:
    assert said in refused(tmp_path, query, database)


def test_a_database_that_cannot_be_reached(tmp_path: Path, database: str) -> None:
    url = sqlalchemy.make_url(database)
    wrong = url.set(password=f"{PASSWORD}-wrong").render_as_string(hide_password=False)
    assert "must be reached; got OperationalError" in refused(tmp_path, SELECT, wrong)
    nobody = url.set(port=1).render_as_string(hide_password=False)
    assert "must be reached; got OperationalError" in refused(tmp_path, SELECT, nobody)


def test_a_url_that_is_not_set_or_none(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="names the environment variable POLICE_DATABASE"):
        desk(tmp_path).read()
    with pytest.raises(ConfigurationError, match="must be given a SQLAlchemy URL") as told:
        desk(tmp_path).read(environment={"POLICE_DATABASE": PASSWORD})
    assert PASSWORD not in str(told.value)


def test_people_may_come_from_a_query_too(tmp_path: Path, database: str) -> None:
    people = PEOPLE.replace(
        "csv: data/people.csv", 'sql: {url_from: P, query: \'select 7 as "ID", null as "BORN"\'}'
    )
    histories = Desk(tmp_path).source("people", people).read(environment={"P": database}).histories
    assert column(histories.people, "person_id") == ["7"]
