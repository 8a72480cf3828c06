"""Killed at any moment, a command leaves the old state or the new, and the record tells which.

``TRIAGE_KILLS`` says how often each command is killed: a few times by default, 200 to be sure.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.functional.test_audit import accept_first, first_on
from triage.workflows import open_list

KILLS = int(os.environ.get("TRIAGE_KILLS", "3"))
pytestmark = pytest.mark.slow


def state_of(workspace: Path, files: Callable[[Path], dict[str, bytes]]) -> dict[str, bytes]:
    """Return all that may change but the record itself and what is made anew when it is missing."""
    kept = ("data/", "lists/", "configs/", "models/", "pipelines/")
    return {name: one for name, one in files(workspace).items() if name.startswith(kept)}


def whole(state: dict[str, bytes]) -> dict[str, bytes]:
    """Return a state without what was being written when a command was killed."""
    return {name: one for name, one in state.items() if ".part" not in name}


def kill(program, arguments: list[str], after: float) -> None:
    with subprocess.Popen(
        [program.path, *arguments],
        env=program.environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            process.wait(timeout=after)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)


def seconds(program, arguments: list[str]) -> float:
    begun = time.monotonic()
    program.must(*arguments)
    return time.monotonic() - begun


def rounds(took: float, seed: int) -> list[float]:
    chance = random.Random(seed)
    return [chance.uniform(0.2, 1.05) * took for _ in range(KILLS)]


def test_an_erasure_that_is_killed_was_not_begun_or_is_carried_through(
    program, ranked, tmp_path, files
) -> None:
    person = str(first_on(ranked)["person_id"])
    old = state_of(ranked, files)
    done = tmp_path / "done"
    shutil.copytree(ranked, done)
    arguments = ["erase", person, "--because", "a test", "--workspace"]
    took = seconds(program, [*arguments, str(done)])
    new = state_of(done, files)
    assert new != old
    for number, after in enumerate(rounds(took, 1)):
        copy = tmp_path / f"copy-{number}"
        shutil.copytree(ranked, copy)
        kill(program, [*arguments, str(copy)], after)
        program.must("capacity", "--workspace", copy)
        found = whole(state_of(copy, files))
        assert found in (old, new)
        assert not list((copy / "record").glob("*erasing*"))
        program.must("audit", "verify", "--workspace", copy)
        again = program(*arguments, str(copy))
        assert again.code in (0, 7)
        assert state_of(copy, files) == new
        shutil.rmtree(copy)


def test_decisions_of_a_killed_command_are_all_there_or_none(program, ranked, tmp_path) -> None:
    sheet = accept_first(program, ranked, tmp_path)
    done = tmp_path / "done"
    shutil.copytree(ranked, done)
    arguments = ["decide", "latest", str(sheet), "--workspace"]
    took = seconds(program, [*arguments, str(done)])
    for number, after in enumerate(rounds(took, 2)):
        copy = tmp_path / f"copy-{number}"
        shutil.copytree(ranked, copy)
        kill(program, [*arguments, str(copy)], after)
        program.must("audit", "verify", "--workspace", copy)
        program.must(*arguments, str(copy))
        listed = program.must("decisions", "latest", "--format", "csv", "--workspace", copy).out
        assert listed.count("C. Planted-Worker") == 1
        shutil.rmtree(copy)


def test_a_list_of_a_killed_command_is_there_whole_or_not_at_all(
    program, ranked, tmp_path, files
) -> None:
    shutil.rmtree(ranked / "lists")
    old = state_of(ranked, files)
    done = tmp_path / "done"
    shutil.copytree(ranked, done)
    arguments = ["rank", "--as-of", "2026-01-01", "--workspace"]
    took = seconds(program, [*arguments, str(done)])
    referrals = pq.read_table(next((done / "lists").iterdir()) / "referrals.parquet")
    for number, after in enumerate(rounds(took, 3)):
        copy = tmp_path / f"copy-{number}"
        shutil.copytree(ranked, copy)
        kill(program, [*arguments, str(copy)], after)
        program.must("capacity", "--workspace", copy)
        found = whole(state_of(copy, files))
        if found != old:
            assert open_list(copy, "latest").tables.referrals.equals(referrals)
        program.must(*arguments, str(copy))
        program.must("audit", "verify", "--workspace", copy)
        assert open_list(copy, "latest").tables.referrals.equals(referrals)
        shutil.rmtree(copy)
