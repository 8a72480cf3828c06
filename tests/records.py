"""Records of a test's own, on both databases: fixtures for the rooms that keep tables in one."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.postgresql import running_server
from triage.decisions import APP
from triage.ledger import Place, open_record

NUMBERS = itertools.count()


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """Return the URL of a PostgreSQL database."""
    with running_server() as url:
        yield url


@pytest.fixture(scope="session", autouse=True)
def every_room(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Set Django up with every room that keeps tables, since a process does so once."""
    with open_record(Place(tmp_path_factory.mktemp("first")), (APP,)):
        pass


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """Return where an empty record lies."""
    folder = tmp_path / "record"
    if request.param == "sqlite":
        return Place(folder)
    return Place(folder, url=new_database(request.getfixturevalue("server")))


def new_database(server: str) -> str:
    """Return the URL of an empty database of a server."""
    name = f"record_{next(NUMBERS)}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return server.rpartition("/")[0] + f"/{name}"
