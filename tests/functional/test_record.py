"""Every use of personal data leaves its row, and what uses none opens no database."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from tests.every_command import registered
from triage.workflows import NO_PERSONAL_DATA, USES

CHECKOUT = Path(__file__).resolve().parents[2]


def rows_of(workspace: Path) -> list[dict[str, object]]:
    with closing(sqlite3.connect(workspace / "record" / "record.sqlite3")) as database:
        database.row_factory = sqlite3.Row
        found = database.execute("SELECT * FROM ledger_row ORDER BY sequence").fetchall()
    return [{**row, "details": json.loads(row["details"])} for row in found]


def test_of_each_command_it_is_said_whether_it_uses_personal_data() -> None:
    said = {name.partition(" --")[0] for name in NO_PERSONAL_DATA | set(USES)}
    assert registered() == said
    assert not NO_PERSONAL_DATA & set(USES)


LOADED = """
import sys
sys.argv = ["triage", *sys.argv[1:]]
from triage.cli import main
try:
    main()
except SystemExit as ending:
    assert not ending.code, ending.code
print("django" in sys.modules, "openpyxl" in sys.modules, file=sys.stderr)
"""


@pytest.mark.parametrize(
    ("arguments", "loaded"),
    [
        (["--help"], "False False"),
        (["decide", "--help"], "False False"),
        (["models"], "False False"),
        (["features", "--describe"], "False False"),
        (["show", "latest"], "True False"),
    ],
)
def test_only_what_uses_personal_data_loads_django(trained, arguments, loaded) -> None:
    at = [] if "--help" in arguments else ["--workspace", str(trained)]
    done = subprocess.run(
        [sys.executable, "-c", LOADED, *arguments, *at],
        cwd=CHECKOUT,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr.splitlines()[-1] == loaded


def test_each_use_says_who_when_what_and_of_which_list(program, ranked) -> None:
    before = rows_of(ranked)
    begun, writing, finished = (row for row in before if row["command"] == "rank")
    assert [begun["stage"], writing["stage"], finished["stage"]] == ["begun", "writing", "finished"]
    assert begun["sequence"] == writing["begun"] == finished["begun"]
    (folder,) = (ranked / "lists").iterdir()
    manifest = json.loads((folder / "manifest.json").read_text())
    details = finished["details"]
    assert (details["list"], details["seal"]) == (folder.name, manifest["seal"])
    assert writing["details"] == {"list": folder.name, "seal": manifest["seal"]}
    at = ("--workspace", ranked)
    program.must("show", "latest", *at, env={"TRIAGE_USER": "A. Analyst"})
    referral = json.loads(program.must("show", "latest", *at, "--format", "json").out)
    first = referral["referrals"][0]["referral_id"]
    program.must("explain", "latest", first, *at)
    program("explain", "latest", "none", *at)
    after = rows_of(ranked)[len(before) :]
    assert [(row["command"], row["actions"], row["stage"]) for row in after] == [
        ("show", "consultation", "done"),
        ("show", "consultation", "done"),
        ("explain", "consultation", "done"),
    ]
    assert after[0]["who"] == "A. Analyst"
    assert after[0]["account"] == after[1]["who"]
    assert after[2]["details"] == {"list": folder.name, "referrals": [first]}


def test_what_fails_is_on_record_too(program, workspace) -> None:
    done = program("rank", "--as-of", "1999-01-01", "--workspace", workspace)
    assert done.code == 7
    begun, failed = rows_of(workspace)
    assert (begun["stage"], failed["stage"], failed["begun"]) == ("begun", "failed", 1)
    assert failed["details"] == {"as_of": "1999-01-01", "error": "NotFoundError"}


def has_begun(workspace: Path) -> bool:
    try:
        return bool(rows_of(workspace))
    except sqlite3.OperationalError:  # no file or no table yet
        return False


def test_what_was_killed_is_told_by_the_next_command(program, workspace) -> None:
    arguments = ["check", "--workspace", str(workspace)]
    with subprocess.Popen(
        [program.path, *arguments],
        env=program.environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        while not has_begun(workspace):
            assert process.poll() is None
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
    program.must("capacity", "--workspace", workspace)
    assert [(row["command"], row["stage"], row["begun"]) for row in rows_of(workspace)] == [
        ("check", "begun", None),
        ("check", "interrupted", 1),
        ("capacity", "done", None),
    ]


def test_nothing_is_shown_that_cannot_be_recorded(program, ranked) -> None:
    record = ranked / "record"
    record.rename(ranked / "moved")
    record.write_text("a file where the folder must be")
    done = program("show", "latest", "--workspace", ranked)
    assert (done.code, done.out) == (8, "")
    assert "record of who used what must be writable" in done.err
