"""A disk that is full and a folder that is read-only: one clear error, and nothing is lost.

The disk is a real one, in memory, and the folder is mounted so that nobody can write to it, root
neither: both in a mount namespace that goes with the command.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.functional.test_audit import accept_first, first_on
from tests.functional.test_kills import left, remains

AT, LATER = "2026-01-01", "2026-01-15"
NAMESPACE = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--map-root-user", "-m"]
FULL = """
set -e
mount -t tmpfs -o size=64m,mode=700 disk "$1"
cp -a "$2/." "$1"
room=$(df -k --output=avail "$1" | tail -n 1)
head -c $(( (room - $3) * 1024 )) /dev/zero > "$1/filler"
place=$1 from=$2; shift 3
code=0; "$@" || code=$?
rm "$place/filler"
rm -rf "$from"; cp -a "$place/." "$from"
exit $code
"""
READ_ONLY = """
set -e
mount --bind "$1" "$1"
mount -o remount,ro,bind "$1"
shift
exec "$@"
"""
COMMANDS = {
    "rank": f"rank --as-of {LATER}",
    "papers": "papers latest",
    "decide": "decide latest {sheet}",
    "erase": "erase {person} --because a-test",
    "train": "train --no-search",
}
ROOM = {"rank": 60, "papers": 120, "decide": 8, "erase": 60, "train": 100}
"""Kilobytes that are left: enough to begin, too little to end."""


def may_mount() -> bool:
    try:
        tried = subprocess.run(
            [*NAMESPACE, "sh", "-c", "mount -t tmpfs -o size=64k disk /mnt"], capture_output=True
        )
    except OSError:
        return False
    return tried.returncode == 0


pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not may_mount(), reason="this user may not mount a disk in a namespace"),
]


def arguments(command: str, program, workspace: Path, tmp_path: Path) -> list[str]:
    """Return a command with what it needs."""
    known = {"person": first_on(workspace)["person_id"], "sheet": ""}
    if "{sheet}" in COMMANDS[command]:
        known["sheet"] = accept_first(program, workspace, tmp_path)
    return COMMANDS[command].format(**known).split()


def within(program, script: str, *words: object) -> subprocess.CompletedProcess[str]:
    """Run a script in a mount namespace of its own."""
    return subprocess.run(
        [*NAMESPACE, "sh", "-c", script, "sh", *map(str, words)],
        env=program.environment(),
        capture_output=True,
        text=True,
        timeout=600,
    )


def told(done: subprocess.CompletedProcess[str]) -> None:
    """Assert that one clear error was told."""
    assert done.returncode == 8, done.stderr
    assert done.stdout == ""
    problems = [line for line in done.stderr.splitlines() if line.startswith("- ")]
    assert len(problems) == 1, done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("command", "room"), [*((command, "some") for command in COMMANDS), ("rank", "none")]
)
def test_a_full_disk(program, ranked, tmp_path, command, room) -> None:
    asked = [*arguments(command, program, ranked, tmp_path), "--workspace"]
    old = left(ranked)
    disk = tmp_path / "disk"
    disk.mkdir()
    kilobytes = ROOM[command] if room == "some" else 0
    done = subprocess.run(
        [
            *NAMESPACE,
            "sh",
            "-c",
            FULL,
            "sh",
            disk,
            ranked,
            str(kilobytes),
            program.path,
            *asked,
            disk,
        ],
        env=program.environment(),
        capture_output=True,
        text=True,
        timeout=600,
    )
    told(done)
    program.must("capacity", "--workspace", ranked)
    assert left(ranked) == old
    assert remains(ranked) == []
    program.must("audit", "verify", "--workspace", ranked)
    again = program(*asked, ranked)
    assert again.code == 0, again.err


@pytest.mark.parametrize("command", COMMANDS)
def test_a_workspace_that_nobody_can_write_to(program, ranked, tmp_path, files, command) -> None:
    asked = arguments(command, program, ranked, tmp_path)
    before = files(ranked)
    done = subprocess.run(
        [
            *NAMESPACE,
            "sh",
            "-c",
            READ_ONLY,
            "sh",
            ranked,
            program.path,
            *asked,
            "--workspace",
            ranked,
        ],
        env=program.environment(),
        capture_output=True,
        text=True,
        timeout=600,
    )
    told(done)
    assert files(ranked) == before


@pytest.mark.parametrize(
    ("command", "folder"),
    [("rank", "lists"), ("papers", "results"), ("erase", "data")],
)
def test_a_folder_that_nobody_can_write_to(program, ranked, tmp_path, command, folder) -> None:
    asked = [*arguments(command, program, ranked, tmp_path), "--workspace", ranked]
    (ranked / folder).mkdir(exist_ok=True)
    old = left(ranked)
    done = within(program, READ_ONLY, ranked / folder, program.path, *asked)
    told(done)
    if command == "erase":  # it has come to be, and is carried through as soon as that is possible
        assert "The erasure is on record and begun" in done.stderr
        shown = program.must("show", "latest", "--workspace", ranked).out
        assert asked[1] not in shown
    else:
        assert left(ranked) == old
        program.must(*asked)
    assert remains(ranked) == []
    program.must("audit", "verify", "--workspace", ranked)
