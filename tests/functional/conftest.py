"""The program as a user has it: a command in a folder, its exit code, and what it says."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.postgresql import running_server

RECORD_OF_TRAINED = "record-of-trained"
PROGRAM = Path(sys.executable).with_name("triage")


@dataclass(frozen=True)
class Done:
    """What a command did."""

    code: int
    out: str
    err: str


class Program:
    """Runs commands as a subprocess."""

    path = str(PROGRAM)

    def environment(self, more: Mapping[str, str] | None = None) -> dict[str, str]:
        """Return what a command finds in its environment."""
        own = {name: value for name, value in os.environ.items() if name != "TRIAGE_DEBUG"}
        return {**own, "OMP_NUM_THREADS": "1", **(more or {})}

    def __call__(
        self, *arguments: object, cwd: Path | None = None, env: Mapping[str, str] | None = None
    ) -> Done:
        """Return what a command did."""
        done = subprocess.run(
            [self.path, *map(str, arguments)],
            cwd=cwd,
            env=self.environment(env),
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


def built_once(factory: pytest.TempPathFactory, name: str, build: Callable[[Path], None]) -> Path:
    """Return a folder that one of the processes that run the tests builds for all of them."""
    shared = factory.getbasetemp()
    if os.environ.get("PYTEST_XDIST_WORKER"):
        shared = shared.parent
    folder, failed = shared / name, shared / f"{name}.failed"
    try:
        (shared / f"{name}.begun").mkdir()
    except FileExistsError:
        while not folder.exists():
            assert not failed.exists(), f"{name} could not be built; another test says why"
            time.sleep(0.2)
        return folder
    try:
        build(shared / f"{name}.part")
        (shared / f"{name}.part").rename(folder)
    except BaseException:
        failed.touch()
        raise
    return folder


@pytest.fixture(scope="session")
def untrained(program: Program, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a small workspace of synthetic extracts. Do not write to it: see ``workspace``."""

    def build(folder: Path) -> None:
        program.must("demo", folder, "--people", 1500, "--data-only")
        panel = folder / "configs" / "panel.yaml"
        text = panel.read_text().replace("folds: 3", "folds: 1")
        text = text.replace("fallback: rfg", "fallback:")
        panel.write_text(text.replace("minimum_positives: 20", "minimum_positives: 5"))
        for path in (folder / "models").glob("*.yaml"):
            if path.stem not in ("elastic_net", "hist_gradient_boosting", "two_features"):
                path.unlink()

    return built_once(tmp_path_factory, "untrained", build)


@pytest.fixture(scope="session")
def trained(program: Program, untrained: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return that workspace with a champion and a list. Do not write to it: see ``ranked``."""

    def build(folder: Path) -> None:
        own_copy(untrained, folder)
        program.must("train", "--workspace", folder)
        linear = ("promote", 1, "--because", "a test")  # ranks without loading shap
        program.must(*linear, "--workspace", folder)
        program.must("rank", "--as-of", "2026-01-01", "--workspace", folder)
        shutil.copytree(folder / "record", folder.parent / RECORD_OF_TRAINED)

    return built_once(tmp_path_factory, "trained", build)


def own_copy(shared: Path, to: Path) -> Path:
    """Return a copy without the record, to which every command that reads ``shared`` adds rows."""
    return Path(shutil.copytree(shared, to, ignore=shutil.ignore_patterns("record")))


@pytest.fixture
def workspace(untrained: Path, tmp_path: Path) -> Path:
    """Return a copy of the small workspace, the test's own, with an empty record."""
    return own_copy(untrained, tmp_path / "workspace")


@pytest.fixture
def ranked(trained: Path, tmp_path: Path) -> Path:
    """Return a copy of the small workspace with a champion and a list, the test's own."""
    copy = own_copy(trained, tmp_path / "ranked")
    shutil.copytree(trained.parent / RECORD_OF_TRAINED, copy / "record")
    return copy


def contents(folder: Path) -> dict[str, bytes]:
    """Return every file of a folder."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="session")
def files() -> Callable[[Path], dict[str, bytes]]:
    """Return what lists every file of a folder, to see that it is intact."""
    return contents


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    """Return the URL of a PostgreSQL database, password and all; mark the test ``postgresql``."""
    with running_server() as url:
        yield url
