"""The program as a user has it: a command in a folder, its exit code, and what it says."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.postgresql import running_server

PROGRAM = Path(sys.executable).with_name("triage")


@dataclass(frozen=True)
class Done:
    """What a command did."""

    code: int
    out: str
    err: str


class Program:
    """Runs commands as a subprocess."""

    def __call__(
        self, *arguments: object, cwd: Path | None = None, env: Mapping[str, str] | None = None
    ) -> Done:
        """Return what a command did."""
        own = {name: value for name, value in os.environ.items() if name != "TRIAGE_DEBUG"}
        done = subprocess.run(
            [str(PROGRAM), *map(str, arguments)],
            cwd=cwd,
            env={**own, "OMP_NUM_THREADS": "1", **(env or {})},
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=600,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    def must(self, *arguments: object, **options: object) -> Done:
        """Return what a command did, which has to be its work."""
        done = self(*arguments, **options)  # type: ignore[arg-type]
        assert done.code == 0, f"triage {' '.join(map(str, arguments))}\n{done.err}"
        return done


@pytest.fixture(scope="session")
def program() -> Program:
    """Return the program."""
    return Program()


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    """Return the URL of a PostgreSQL database, password and all; mark the test ``postgresql``."""
    with running_server() as url:
        yield url
