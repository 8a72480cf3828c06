"""Killed at any moment, a command leaves the old state or the new, and the record tells which.

Each command is killed ``TRIAGE_KILLS`` times, every other time just before one of its effects, on a
file or in the record, else at a moment, both by lot. Whatever is left, the next command of any kind
finds the old state or the new and nothing half beside it, the record verifies, and the command
itself, run again, ends with the new state.
"""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.functional.test_audit import accept_first, first_on
from tests.functional.test_audit_pack import checked
from tests.killing import Death, Killer, Ran

KILLS = int(os.environ.get("TRIAGE_KILLS", "6"))
pytestmark = pytest.mark.slow
AT = "2026-01-01"
SEED = 20260301

KEPT = ("data", "lists", "results", "configs", "models", "pipelines")
"""What a command may change beside the record. Features in ``cache/`` are kept one by one."""


@dataclass(frozen=True)
class Left:
    """What stands after a command.

    Parameters
    ----------
    files : mapping of str to bytes
    decisions : list
        What was decided and by which row of the ledger; the content where it was not erased.
    """

    files: dict[str, bytes]
    decisions: list[tuple[object, ...]]


def left(workspace: Path) -> Left:
    files = {
        str(path.relative_to(workspace)): path.read_bytes()
        for name in KEPT
        for path in sorted((workspace / name).rglob("*"))
        if path.is_file()
    }
    return Left(files, told(workspace, DECIDED))


DECIDED = """
SELECT d.number, d.list_id, d.referral_id, d.choice, json_extract(c.text, '$.reason')
FROM decisions_row d LEFT JOIN decisions_content c ON c.number = d.number ORDER BY d.number
"""
ROWS = "SELECT command, stage FROM ledger_row ORDER BY sequence"


def told(workspace: Path, query: str) -> list[tuple[object, ...]]:
    """Return what stands in a record, nothing where there is none yet."""
    path = workspace / "record" / "record.sqlite3"
    if not path.is_file() or not path.stat().st_size:
        return []
    with closing(sqlite3.connect(path)) as database:
        tables = {name for (name,) in database.execute("SELECT name FROM sqlite_master")}
        ready = {"ledger_row", "decisions_row", "decisions_content"} <= tables
        return database.execute(query).fetchall() if ready else []


@pytest.fixture(scope="module")
def killer(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Killer]:
    folder = tmp_path_factory.mktemp("killer")
    warm = shutil.copytree(trained, folder / "warm")
    with Killer(folder, ["rank", "--as-of", AT, "--workspace", warm]) as killer:
        yield killer


def deaths(whole: Ran) -> Iterator[Death]:
    """Yield when a command dies that was seen to run whole."""
    chance = random.Random(SEED)
    for number in range(KILLS):
        if number % 2:
            yield Death(after=chance.uniform(0.0, 1.02) * whole.seconds)
        else:
            yield Death(effect=chance.randint(1, whole.effects))


def remains(workspace: Path) -> list[str]:
    """Return what is half: parts that were being written, a plan that was not carried through."""
    found = [*workspace.rglob("*.part"), *workspace.rglob(".*.part*"), *workspace.rglob(".parts*")]
    found += (workspace / "record").glob("*erasing*")
    return sorted(str(path.relative_to(workspace)) for path in found)


def kill_often(killer: Killer, workspace: Path, tmp_path: Path, *arguments: str) -> set[str]:
    """Kill a command again and again, each time in a copy; return which states it left."""
    old = left(workspace)
    done = shutil.copytree(workspace, tmp_path / "done")
    whole = killer.must(*arguments, "--workspace", done)
    new = left(done)
    assert new != old
    states = set()
    for death in deaths(whole):
        copy = shutil.copytree(workspace, tmp_path / "copy")
        at = ("--workspace", copy)
        before = len(told(copy, ROWS))
        killer(*arguments, *at, death=death)
        killer.must("capacity", *at)
        state = {str(old): "old", str(new): "new"}.get(str(left(copy)))
        assert state, f"{arguments[0]} left neither the old state nor the new: {death}"
        assert remains(copy) == [], death
        killer.must("audit", "verify", *at)
        rows = told(copy, ROWS)[before:-1]  # the last is of "capacity"
        assert fits(arguments[0], state, rows), f"{death}: {state}, and the record tells {rows}"
        again = killer(*arguments, *at)
        assert again.code == 0 or (arguments[0] == "erase" and state == "new" and again.code == 7)
        assert left(copy) == new, death
        assert remains(copy) == []
        assert list((copy / "record" / "running").glob("*")) == [], death
        killer.must("audit", "verify", *at)
        shutil.rmtree(copy)
        states.add(state)
    return states


def fits(command: str, state: str, rows: list[tuple[object, ...]]) -> bool:
    """Return whether the record tells of a killed command what became of it."""
    stages = [str(stage) for name, stage in rows if name == command]
    if command in ("decide", "erase"):  # row and effect are one
        return stages == ["done"] * (state == "new")
    ends = {"old": ([], ["interrupted"]), "new": (["interrupted"], ["finished"])}[state]
    known = [one for one in stages if one not in ("begun", "writing")]
    return known in ends and ("begun" in stages or not known)


def test_an_erasure_that_is_killed_was_not_begun_or_is_carried_through(
    killer, ranked, tmp_path
) -> None:
    person = str(first_on(ranked)["person_id"])
    states = kill_often(killer, ranked, tmp_path, "erase", person, "--because", "a test")
    assert states == {"old", "new"} or KILLS < 20


def test_decisions_of_a_killed_command_are_all_there_or_none(
    killer, program, ranked, tmp_path
) -> None:
    sheet = accept_first(program, ranked, tmp_path)
    states = kill_often(killer, ranked, tmp_path, "decide", "latest", str(sheet))
    assert states == {"old", "new"} or KILLS < 20


def test_a_list_of_a_killed_command_is_there_whole_or_not_at_all(killer, ranked, tmp_path) -> None:
    for name in ("lists", "record"):
        shutil.rmtree(ranked / name)
    states = kill_often(killer, ranked, tmp_path, "rank", "--as-of", AT)
    assert states == {"old", "new"} or KILLS < 20


def test_papers_of_a_killed_command_are_all_there_or_none(killer, ranked, tmp_path) -> None:
    states = kill_often(killer, ranked, tmp_path, "papers", "latest")
    assert states == {"old", "new"} or KILLS < 20


def test_an_audit_pack_of_a_killed_command_is_whole_or_not_there(killer, ranked, tmp_path) -> None:
    """Its extract of the ledger tells what was killed before, so no two packs are the same."""
    arguments = ("audit", "pack", "latest", "--workspace")
    done = shutil.copytree(ranked, tmp_path / "done")
    for death in deaths(killer.must(*arguments, done)):
        copy = shutil.copytree(ranked, tmp_path / "copy")
        killer(*arguments, copy, death=death)
        killer.must("capacity", "--workspace", copy)
        assert remains(copy) == [], death
        packs = list((copy / "results" / "packs").glob("*"))
        again = killer(*arguments, copy)
        assert again.code == (8 if packs else 0), death
        (pack,) = (copy / "results" / "packs").glob("*")
        assert checked(pack).returncode == 0, death
        killer.must("audit", "verify", "--workspace", copy)
        shutil.rmtree(copy)
