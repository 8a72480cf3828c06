"""Two commands at the same time: neither loses anything, and nothing of both is mixed."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.functional.test_audit import accept_first, fill, first_on
from tests.functional.test_record import rows_of
from triage.lists import list_names
from triage.workflows import open_list

pytestmark = pytest.mark.slow
AT, LATER = "2026-01-01", "2026-01-15"
REJECTED = 5


def start(program, *arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [program.path, *map(str, arguments)],
        env=program.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ended(*running: subprocess.Popen[str]) -> list[tuple[int, str]]:
    """Return the exit codes, and what was said on the standard error."""
    told = [one.communicate(timeout=600)[1] for one in running]
    return [(one.returncode, err) for one, err in zip(running, told, strict=True)]


def listed(workspace: Path, files) -> dict[str, bytes]:
    found = files(workspace / "lists")
    return {name: one for name, one in found.items() if not name.endswith("manifest.json")}


def test_lists_that_are_made_at_once_are_what_they_are_alone(
    program, ranked, tmp_path, files
) -> None:
    shutil.rmtree(ranked / "lists")
    shutil.rmtree(ranked / "record")
    alone = Path(shutil.copytree(ranked, tmp_path / "alone"))
    for date in (AT, LATER):
        program.must("rank", "--as-of", date, "--against", "none", "--workspace", alone)
    running = [
        start(program, "rank", "--as-of", date, "--against", "none", "--workspace", ranked)
        for date in (AT, AT, LATER)
    ]
    assert [(code, err) for code, err in ended(*running) if code] == []
    assert listed(ranked, files) == listed(alone, files)
    verified = program.must("audit", "verify", "--workspace", ranked).out
    assert "2 lists: whole" in verified
    stages = [row["stage"] for row in rows_of(ranked) if row["command"] == "rank"]
    assert (stages.count("begun"), stages.count("finished")) == (3, 3)


def test_decisions_that_are_taken_at_once_follow_each_other(program, ranked, tmp_path) -> None:
    at = ("--workspace", ranked)
    first = accept_first(program, ranked, tmp_path)
    other = Path(shutil.copy(first, tmp_path / "other.csv"))
    fill(other, Case_manager="D. Other-Worker")
    sheets = [first, other, first, other]
    done = ended(*(start(program, "decide", "latest", sheet, *at) for sheet in sheets))
    assert {code for code, _ in done} <= {0, 12}, done  # an old sheet may be refused by then
    assert "0" in {str(code) for code, _ in done}
    program.must("audit", "verify", *at)
    told = json.loads(program.must("decisions", "latest", "--history", *at, "--format", "json").out)
    assert [one["decision"] for one in told] == [1, 2]
    assert [one["corrects"] for one in told] == [None, 1]
    assert {one["by_whom"] for one in told} == {"C. Planted-Worker", "D. Other-Worker"}
    taken = json.loads(program.must("capacity", *at, "--format", "json").out)
    assert {"what": "taken", "number": 1} in taken


def test_nobody_is_erased_while_a_list_is_made(program, ranked) -> None:
    at = ("--workspace", ranked)
    person = str(first_on(ranked)["person_id"])
    before = len(rows_of(ranked))
    ranking = start(program, "rank", "--as-of", LATER, *at)
    while len(rows_of(ranked)) == before:
        assert ranking.poll() is None
        time.sleep(0.01)
    ranking.send_signal(signal.SIGSTOP)  # it lives, and is slow
    refused = program("erase", person, "--because", "a test", *at)
    ranking.send_signal(signal.SIGCONT)
    assert refused.code == 1
    assert "'triage rank' must have ended" in refused.err
    assert [code for code, _ in ended(ranking)] == [0]
    program.must("erase", person, "--because", "a test", *at)
    program.must("audit", "verify", *at)


@pytest.mark.parametrize("later", [0.0, 2.0])
def test_who_is_erased_is_on_no_list_that_was_made_meanwhile(program, ranked, later) -> None:
    at = ("--workspace", ranked)
    person = str(first_on(ranked)["person_id"])
    erasing = start(program, "erase", person, "--because", "a test", *at)
    time.sleep(later)
    ranking = start(program, "rank", "--as-of", LATER, *at)
    (erased, said), (made, err) = ended(erasing, ranking)
    assert erased in (0, 1), said
    assert made in (0, REJECTED), err  # rows of theirs in a database of others are left, and told
    if erased:
        assert "must have ended" in said
        program.must("erase", person, "--because", "a test", *at)
    for name in list_names(ranked / "lists"):
        bundle = open_list(ranked, name)
        assert person not in bundle.tables.referrals["person_id"].to_pylist()
    program.must("audit", "verify", *at)
