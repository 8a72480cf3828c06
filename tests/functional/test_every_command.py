"""One journey through every command: what it says, what it writes, what is on record of it.

The extracts hold a planted marker in every column, and the commands run with the way to a fault
shown. A command that is new must be given its place here: the first test names it.
"""

from __future__ import annotations

import csv
import json
import re
import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.every_command import registered
from tests.killing import Killer
from tests.planted_marker import MARKER, held_by, plant

AT, LATER = "2026-01-01", "2026-01-15"
RAW = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069]")
FOR_A_PERSON = "audit subject"
"""The one command that must tell what is held on a person."""

DONE = ("done",)
ENDED = ("begun", "finished")
FAILED = ("begun", "failed")
LISTED = ("begun", "writing", "finished")
MADE = "collection combination"


@dataclass(frozen=True)
class Call:
    """A command as it is called, and what is to become of it.

    Parameters
    ----------
    command : str
        As the program registers it.
    more : str
        Its arguments; ``{out}``, ``{referral}``, ``{person}``, ``{sheet}``, ``{wrong}``,
        ``{workspace}`` stand for what the journey has by then.
    stages : tuple of str
        Of the rows that the ledger must have of it, none where no personal data is touched.
    actions : str
        Of these rows.
    codes : tuple of int
    """

    command: str
    more: str = ""
    stages: tuple[str, ...] = ()
    actions: str = ""
    codes: tuple[int, ...] = (0,)


CHECK = Call("check", "", FAILED, "collection", (5,))
JOURNEY = (
    Call("init", "{out}/new"),
    Call("demo", "{out}/demo --people 300 --data-only"),
    Call("check", "--write-histories {out}/histories", ENDED, "collection"),
    Call("check", "--format json", ENDED, "collection"),
    Call("features", "--describe"),
    Call("features", f"--as-of {AT} --output {{out}}/features.parquet", ENDED, MADE),
    Call("features", f"--profile --as-of {AT} --format csv", ENDED, MADE),
    Call("train", "--no-search", ENDED, MADE),
    Call("models"),
    Call("promote", "99", FAILED, "promotion", (7,)),
    Call("promote", "1 --because a-test", ENDED, "promotion"),
    Call("rollback", "--because a-test", FAILED, "promotion", (7,)),
    Call("card", "1"),
    Call("rank", "--as-of 1999-01-01", FAILED, MADE, (7,)),
    Call("rank", f"--as-of {AT}", LISTED, MADE),
    Call("rank", f"--as-of {LATER}", LISTED, MADE),
    Call("review", f"--as-of {AT} --output {{out}}/review.csv", ENDED, MADE),
    Call("monitor", f"--as-of {AT}", ENDED, MADE, (0, 20, 21, 22)),
    Call("show", "latest", DONE, "consultation"),
    Call("show", f"{AT} --format csv", DONE, "consultation"),
    Call("show", "1999-01-01", codes=(7,)),
    Call("explain", f"{AT} {{referral}}", DONE, "consultation"),
    Call("explain", f"{AT} {{referral}} --format md", DONE, "consultation"),
    Call("explain", f"{AT} {{referral}} --format html", DONE, "consultation"),
    Call("explain", f"{AT} --faithfulness", DONE, "consultation"),
    Call("explain", f"{AT} nobody", codes=(7,)),
    Call("papers", f"{AT} --to panel", ENDED, "disclosure"),
    Call("papers", f"{AT} --for public", ENDED, "disclosure"),
    Call("papers", f"{AT} --for agency --agency housing", ENDED, "disclosure"),
    Call("papers", f"{AT} --for agency --agency nobody", FAILED, "disclosure", (7,)),
    Call("decide", f"{AT} {{out}}/sheet.csv --blank", ENDED, "consultation"),
    Call("decide", f"{AT} {{wrong}}", codes=(12,)),
    Call("decide", f"{AT} {{sheet}}", DONE, "alteration"),
    Call("decisions", AT, DONE, "consultation"),
    Call("capacity", "", DONE, "consultation"),
    Call("rules test"),
    Call("rules diff", f"{{out}}/new/configs/rules --as-of {AT}", ENDED, MADE),
    Call("rules coverage", f"--as-of {AT}", ENDED, MADE),
    Call("backtest", "--from 2024-10-01 --to 2024-10-01 --resamples 50", ENDED, MADE),
    Call("audit fairness", f"--list {AT}", ENDED, f"{MADE} consultation", (0, 23)),
    Call("audit anchor", "--output {out}/anchor.json"),
    Call("audit verify", "--anchor {out}/anchor.json"),
    Call("audit replay", AT, ENDED, MADE),
    Call("audit pack", f"{AT} --to auditor", ENDED, f"{MADE} disclosure"),
    Call("audit show", f"{AT} {{referral}}", DONE, "consultation"),
    Call("audit move", codes=(3,)),
    Call(
        "audit subject",
        "{person} --to them --output {out}/subject.json",
        ENDED,
        "consultation disclosure",
    ),
    Call("audit subject", "nobody", FAILED, "consultation disclosure", (7,)),
    Call("retention", "--on 2040-01-01", DONE, "consultation"),
    Call("erase", "nobody --because a-test", codes=(7,)),
    Call("erase", "{person} --because a-test", DONE, "erasure"),
    Call("audit verify", "--anchor {out}/anchor.json"),
)


@dataclass(frozen=True)
class Done:
    """What became of a call."""

    call: Call
    code: int
    out: str
    err: str
    rows: tuple[tuple[str, str, str], ...]


def rows_of(workspace: Path) -> list[tuple[str, str, str]]:
    path = workspace / "record" / "record.sqlite3"
    if not path.is_file():
        return []
    with closing(sqlite3.connect(path)) as database:
        query = "SELECT command, actions, stage FROM ledger_row ORDER BY sequence"
        return database.execute(query).fetchall()


def sheets(out: Path) -> None:
    """Fill in an empty sheet twice: as it must be, and with what no cell may hold."""
    with (out / "sheet.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    told = {"Decision": "accept", "Reason": "rising", "Case manager": "C. W.", "Plan": "support"}
    for name, cells in (("filled", told), ("wrong", {**told, "Reason": f"={MARKER}"})):
        with (out / f"{name}.csv").open("w", newline="") as file:
            writer = csv.DictWriter(file, rows[0])
            writer.writeheader()
            writer.writerow({**rows[0], **cells})


@dataclass(frozen=True)
class Journey:
    """All that was called, in which workspace, and where else something was written."""

    workspace: Path
    out: Path
    done: tuple[Done, ...]


@pytest.fixture(scope="module")
def journey(untrained: Path, tmp_path_factory: pytest.TempPathFactory) -> Journey:
    folder = tmp_path_factory.mktemp("every-command")
    workspace, out = folder / "workspace", folder / "out"
    shutil.copytree(untrained, workspace, ignore=shutil.ignore_patterns("record"))
    plant(workspace, in_known_columns=True)
    for path in (workspace, *workspace.rglob("*")):
        path.chmod(0o700 if path.is_dir() else 0o600)
    out.mkdir(mode=0o700)
    known = {"out": out, "workspace": workspace}
    known |= {"sheet": out / "filled.csv", "wrong": out / "wrong.csv"}
    with Killer(folder, ["models", "--workspace", workspace], TRIAGE_DEBUG="1") as run:
        done = [called(run, workspace, CHECK, known)]
        allow_rejects(workspace)
        for call in JOURNEY:
            if (workspace / "lists").is_dir() and "referral" not in known:
                (path,) = (workspace / "lists").glob(f"{AT}-*")
                first = pq.read_table(path / "referrals.parquet").to_pylist()[0]
                known |= {"referral": first["referral_id"], "person": first["person_id"]}
            if call.command == "decide" and "--blank" not in call.more:
                sheets(out)
            done.append(called(run, workspace, call, known))
    return Journey(workspace, out, tuple(done))


def allow_rejects(workspace: Path) -> None:
    panel = workspace / "configs" / "panel.yaml"
    sources = [path.stem for path in (workspace / "configs" / "sources").glob("*.yaml")]
    allowed = "".join(f"\n  {name}: 50" for name in sources)
    panel.write_text(panel.read_text().replace("rows_set_aside: {}", f"rows_set_aside:{allowed}"))


def called(run: Killer, workspace: Path, call: Call, known: dict[str, object]) -> Done:
    before = len(rows_of(workspace))
    arguments = [*call.command.split(), *call.more.format(**known).split()]
    at = [] if call.command in ("init", "demo") else ["--workspace", str(workspace)]
    ran = run(*arguments, *at)
    return Done(call, ran.code, ran.out, ran.err, tuple(rows_of(workspace)[before:]))


def test_every_command_has_its_place_in_the_journey() -> None:
    assert registered() == {call.command for call in JOURNEY}


pytestmark = pytest.mark.slow


def test_each_does_what_it_is_called_for(journey) -> None:
    wrong = [
        (one.call, one.code, one.err[-1000:])
        for one in journey.done
        if one.code not in one.call.codes
    ]
    assert wrong == []


def test_of_each_there_is_the_row_that_it_must_leave_and_no_other(journey) -> None:
    for one in journey.done:
        name = one.call.command + " --blank" * ("--blank" in one.call.more)
        assert list(one.rows) == [(name, one.call.actions, stage) for stage in one.call.stages], (
            one.call
        )


def test_what_each_writes_is_its_owners_alone(journey) -> None:
    opened = [
        str(path)
        for folder in (journey.workspace, journey.out)
        for path in (folder, *folder.rglob("*"))
        if path.stat().st_mode & 0o077 and path.name not in ("filled.csv", "wrong.csv")
    ]
    assert opened == []


def test_a_value_of_a_record_comes_out_nowhere(journey) -> None:
    told = [
        one.call
        for one in journey.done
        if MARKER in one.err or (MARKER in one.out and one.call.command != FOR_A_PERSON)
    ]
    assert told == []
    assert list(held_by(journey.workspace)) == []
    written = set(held_by(journey.out)) - {"wrong.csv", "subject.json"}
    assert written == set()


def test_the_marker_was_there_to_be_found(journey) -> None:
    subject = json.loads((journey.out / "subject.json").read_text())
    assert MARKER in json.dumps(subject["extracts"])


def test_no_command_sends_a_terminal_a_control_character(journey) -> None:
    assert [one.call for one in journey.done if RAW.search(one.out + one.err)] == []
