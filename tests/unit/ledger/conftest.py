"""Records of a test's own, on both databases."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.postgresql import running_server
from triage.ledger import Place

NUMBERS = itertools.count()


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """Return the URL of a PostgreSQL database."""
    with running_server() as url:
        yield url


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """Return where an empty record lies."""
    folder = tmp_path / "record"
    if request.param == "sqlite":
        return Place(folder)
    url = request.getfixturevalue("server")
    name = f"record_{next(NUMBERS)}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return Place(folder, url=url.rpartition("/")[0] + f"/{name}")
