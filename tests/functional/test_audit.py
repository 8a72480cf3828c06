"""The auditor's path, and people's rights over what is held on them."""

from __future__ import annotations

import csv
import datetime
import json
import resource
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import openpyxl
import pyarrow.parquet as pq
import pytest

from tests.postgresql import PASSWORD
from tests.records import new_database
from triage.errors import ReplayError
from triage.lists import DECISIONS, read_bundle
from triage.workflows import load_project, replay_list

AT = "2026-01-01"


class Silent:
    """Nobody watches."""

    def stage(self, text: str, total: int = 1) -> None: ...

    def advance(self, done: int = 1) -> None: ...


def only_list(workspace: Path) -> Path:
    (folder,) = (workspace / "lists").iterdir()
    return folder


def first_on(workspace: Path) -> dict[str, object]:
    return pq.read_table(only_list(workspace) / "referrals.parquet").to_pylist()[0]


def fill(sheet: Path, **cells: str) -> None:
    """Fill in the first row of an empty sheet."""
    with sheet.open(newline="") as file:
        rows = list(csv.DictReader(file))
    rows[0].update({name.replace("_", " "): text for name, text in cells.items()})
    with sheet.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)


def accept_first(program, workspace: Path, tmp_path: Path) -> Path:
    sheet = tmp_path / "sheet.csv"
    sheet.unlink(missing_ok=True)
    program.must("decide", "latest", sheet, "--blank", "--workspace", workspace)
    fill(
        sheet, Decision="accept", Reason="rising", Case_manager="C. Planted-Worker", Plan="support"
    )
    return sheet


def run(workspace: Path, *statements: str) -> None:
    with closing(sqlite3.connect(workspace / "record" / "record.sqlite3")) as database:
        for statement in statements:
            database.execute(statement)
        database.commit()


def test_a_record_verifies_until_somebody_touches_it(program, ranked, tmp_path) -> None:
    at, anchor = ("--workspace", ranked), tmp_path / "anchor.json"
    program.must("show", "latest", *at)
    program.must("audit", "anchor", "--output", anchor, *at)
    done = program.must("audit", "verify", "--anchor", anchor, *at)
    assert "1 lists: whole" in done.out
    run(
        ranked,
        "DROP TRIGGER ledger_row_no_delete",
        "DELETE FROM ledger_row WHERE sequence = (SELECT MAX(sequence) FROM ledger_row)",
    )
    assert "trigger ledger_row_no_delete: must stand" in program("audit", "verify", *at).err
    run(
        ranked,
        "CREATE TRIGGER ledger_row_no_delete BEFORE DELETE ON ledger_row "
        "BEGIN SELECT RAISE(ABORT, 'never'); END",
    )
    program.must("audit", "verify", *at)
    done = program("audit", "verify", "--anchor", anchor, *at)
    assert done.code == 9
    assert "is missing: the anchor has seen row" in done.err


def test_a_list_that_was_sealed_again_by_hand_is_found(program, ranked) -> None:
    folder = only_list(ranked)
    bundle = read_bundle(folder)
    changed = bundle.manifest.model_copy(update={"synthetic": False})
    (folder / "manifest.json").write_text(changed.sealed(changed.papers).to_json())
    program.must("show", "latest", "--workspace", ranked)  # nothing within it contradicts itself
    done = program("audit", "verify", "--workspace", ranked)
    assert done.code == 9
    assert f"list {folder.name}: has another seal than the ledger says" in done.err
    shutil.rmtree(folder)
    done = program("audit", "verify", "--workspace", ranked)
    assert f"list {folder.name}: was made, and is not there any more" in done.err


def test_a_list_that_the_ledger_does_not_know_was_put_there_by_hand(program, ranked) -> None:
    shutil.rmtree(ranked / "record")
    program.must("capacity", "--workspace", ranked)
    done = program("audit", "verify", "--workspace", ranked)
    assert done.code == 9
    assert f"list {only_list(ranked).name}: is in no row of the ledger" in done.err


def test_a_list_replays_until_something_changes_and_the_change_is_named(
    program, ranked, monkeypatch
) -> None:
    project = load_project(ranked)
    same = replay_list(project, "latest", progress=Silent())
    assert (same.causes, same.differing) == ([], ())
    same.require_same()

    monkeypatch.setattr("triage.workflows.project.code_version", lambda: "9.9.9+00000000")
    newer = replay_list(project, "latest", progress=Silent())
    assert newer.causes == [("code", project_code(ranked), "is now 9.9.9+00000000")]
    newer.require_same()
    monkeypatch.undo()

    panel = ranked / "configs" / "panel.yaml"
    panel.write_text(panel.read_text().replace("capacity: 16", "capacity: 5"))
    changed = replay_list(load_project(ranked), "latest", progress=Silent())
    assert changed.causes == [("configuration", "configs/panel.yaml", "has changed")]
    assert "referrals.parquet" in (changed.differing or ())
    with pytest.raises(ReplayError, match=r"configuration 'configs/panel.yaml' has changed"):
        changed.require_same()

    orders = ranked / "data" / "police_orders.csv"
    *lines, _ = orders.read_text().splitlines()
    orders.write_text("\n".join(lines) + "\n")
    done = program("audit", "replay", "latest", "--workspace", ranked)
    assert done.code == 13
    assert "input 'data/police_orders.csv' has changed" in done.err
    assert "configuration 'configs/panel.yaml' has changed" in done.err


def project_code(workspace: Path) -> str:
    return str(json.loads((only_list(workspace) / "manifest.json").read_text())["code_version"])


def test_from_a_decision_to_its_erasure(program, ranked, tmp_path, files) -> None:
    at = ("--workspace", ranked)
    row = first_on(ranked)
    person, referral = str(row["person_id"]), str(row["referral_id"])
    anchor = tmp_path / "anchor.json"
    program.must("audit", "anchor", "--output", anchor, *at)
    sheet = accept_first(program, ranked, tmp_path)
    program.must("decide", "latest", sheet, "--by", "A. Chair", *at)
    assert "Nothing to record" in program.must("decide", "latest", sheet, *at).err
    program.must("explain", "latest", referral, *at)

    told = program.must("audit", "show", "latest", referral, *at, "--format", "json").out
    parts = {(one["part"], one["who"]) for one in json.loads(told)}
    assert {("decided", "A. Chair"), ("said", None), ("list", None)} <= parts
    assert "explain" in told

    subject = tmp_path / "subject.json"
    program.must("audit", "subject", person, "--output", subject, "--to", "the person", *at)
    held = json.loads(subject.read_text())
    assert subject.stat().st_mode & 0o077 == 0
    assert held["lists"][0]["referral_id"] == referral
    assert held["decisions"][0]["case_manager"] == "C. Planted-Worker"
    by_line = {one["line"]: one for one in held["extracts"] if one["source"] == "police_incidents"}
    lines = (ranked / "data" / "police_incidents.csv").read_text("utf-8-sig").splitlines()
    assert by_line
    assert all(person in lines[line - 1] for line in by_line)

    before = files(ranked / "data")
    done = program.must("erase", person, "--because", "request 12", *at)
    after = files(ranked / "data")
    for name, content in after.items():
        if name.endswith(".csv"):
            kept = [
                one for one in before[name].splitlines(keepends=True) if person.encode() not in one
            ]
            assert content == b"".join(kept), name
    assert person.encode() not in b"".join(
        content for name, content in files(ranked).items() if not name.endswith((".sqlite3", ".db"))
    )
    for folder in (ranked / "data", only_list(ranked)):
        for path in folder.glob("*.parquet"):
            assert person not in str(pq.read_table(path).to_pydict()), path
    assert b"Planted-Worker" not in (ranked / "record" / "record.sqlite3").read_bytes()
    if "sql:" in done.out:
        assert "LEFT: sql:" in done.err
    program.must("audit", "verify", "--anchor", anchor, *at)
    shown = program.must("show", "latest", *at).out
    assert "Somebody was erased from this list" in shown
    assert referral not in shown
    assert "Somebody was erased" in (only_list(ranked) / "list.html").read_text()
    standing = program.must("decisions", "latest", *at, "--format", "json").out
    assert json.loads(standing)[0]["reason"] == "erased"
    assert program("decide", "latest", sheet, *at).code == 12
    assert program("audit", "subject", "nobody", *at).code == 7
    replayed = program("audit", "replay", "latest", *at)
    assert replayed.code == 13
    assert "took a person from this list" in replayed.err


def test_who_was_accepted_is_on_the_programme_for_the_next_list_only(ranked, program, tmp_path):
    """A decision that was recorded today is not known to a list of an earlier date."""
    at = ("--workspace", ranked)
    program.must("decide", "latest", accept_first(program, ranked, tmp_path), *at)
    project = load_project(ranked)
    assert replay_list(project, "latest", progress=Silent()).differing == ()
    from triage.workflows import read_accepted

    row = first_on(ranked)
    today = datetime.datetime.now(datetime.UTC).date()
    checked = read_accepted(project, today=today, progress=Silent())
    events = checked.histories.events.to_pylist()
    (place,) = [one for one in events if one["source"] == "decisions"]
    assert (place["person_id"], place["type"]) == (row["person_id"], "on_programme")
    assert (place["happened_on"], place["known_on"], place["withdrawn"]) == (today, today, False)
    assert "record: places on the programme" in checked.inputs
    earlier = read_accepted(project, today=today, progress=Silent(), decided_before=today)
    assert "record: places on the programme" not in earlier.inputs
    from triage.workflows.against import read_history

    lists, tomorrow = project.workspace.lists, today + datetime.timedelta(days=1)
    history = read_history(lists, tomorrow, None).with_decisions(project.workspace, tomorrow)
    ((_, referral_id),) = history.decided
    said = history.decided[history.earlier[0].list_id, str(row["referral_id"])]
    assert (referral_id, said.decision, said.met_on) == (row["referral_id"], "accept", today)
    assert "record: decisions on earlier lists" in history.inputs
    assert not read_history(lists, today, None).with_decisions(project.workspace, today).decided
    taken = json.loads(program.must("capacity", *at, "--format", "json").out)
    assert {"what": "taken", "number": 1} in taken
    assert {"what": "open with C. Planted-Worker", "number": 1} in taken


def test_what_must_be_reviewed_is_listed(program, ranked) -> None:
    at = ("--workspace", ranked, "--format", "json")
    assert json.loads(program.must("retention", "--on", "2026-02-01", *at).out) == []
    done = program.must("retention", "--on", "2032-01-01", *at)
    due = json.loads(done.out)
    assert {"what", "name", "group", "last_on_record", "kept_years", "due_on"} < set(due[0])
    assert {one["group"] for one in due if one["what"] == "person"} <= {1, 2, 3, 4}
    assert "people. Group 1, certain public protection matters" in done.err
    assert done.err.count("LOCAL PARAMETER") == 2
    assert {one["what"] for one in due} == {"person", "list"}
    assert due == sorted(due, key=lambda one: (one["due_on"], one["name"]))
    assert {one["kept_years"] for one in due if one["what"] == "list"} == {6}


@pytest.mark.parametrize("command", ["decide", "erase"])
def test_a_full_disk_leaves_the_old_state(program, ranked, tmp_path, files, command) -> None:
    sheet = accept_first(program, ranked, tmp_path)
    arguments = {
        "decide": ["decide", "latest", str(sheet)],
        "erase": ["erase", str(first_on(ranked)["person_id"]), "--because", "a test"],
    }[command]
    before = {name: one for name, one in files(ranked).items() if not name.startswith("record/")}

    def small_files() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))

    done = subprocess.run(
        [program.path, *arguments, "--workspace", str(ranked)],
        env=program.environment(),
        preexec_fn=small_files,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 8, done.stderr
    assert "could not be written" in done.stderr or "must be readable and writable" in done.stderr
    program.must("capacity", "--workspace", ranked)
    after = {name: one for name, one in files(ranked).items() if not name.startswith("record/")}
    assert after == before
    assert not list((ranked / "record").glob(".erasing*"))
    program.must("audit", "verify", "--workspace", ranked)
    program.must(*arguments, "--workspace", ranked)


@pytest.mark.postgresql
def test_a_record_in_postgresql_does_the_same(program, ranked, tmp_path, postgresql_url) -> None:
    shutil.rmtree(ranked / "lists")
    shutil.rmtree(ranked / "record")
    panel = ranked / "configs" / "panel.yaml"
    text = panel.read_text()
    panel.write_text(text.replace("record: {}", "record: {url_from: TRIAGE_RECORD_URL}"))
    at = ("--workspace", ranked)
    refused = program("show", "latest", *at)
    assert (refused.code, "TRIAGE_RECORD_URL must hold" in refused.err) == (7, False)
    env = {"TRIAGE_RECORD_URL": postgresql_url}
    wrong = {"TRIAGE_RECORD_URL": postgresql_url.replace("127.0.0.1", "127.0.0.2")}
    unreachable = program("rank", "--as-of", AT, *at, env=wrong)
    assert unreachable.code == 1
    assert "must be reachable" in unreachable.err
    assert PASSWORD not in unreachable.err
    program.must("rank", "--as-of", AT, *at, env=env)
    sheet = tmp_path / "sheet.csv"
    program.must("decide", "latest", sheet, "--blank", *at, env=env)
    fill(sheet, Decision="accept", Reason="rising", Case_manager="C. W.", Plan="support")
    program.must("decide", "latest", sheet, *at, env=env)
    assert program("capacity", *at).code == 3
    person = str(first_on(ranked)["person_id"])
    program.must("erase", person, "--because", "a test", *at, env=env)
    assert "1 decisions, 1 lists: whole" in program.must("audit", "verify", *at, env=env).out
    assert not (ranked / "record" / "record.sqlite3").exists()


@pytest.mark.postgresql
def test_a_record_moves_from_its_file_to_postgresql(
    program, ranked, tmp_path, postgresql_url
) -> None:
    at, anchor = ("--workspace", ranked), tmp_path / "anchor.json"
    person = str(first_on(ranked)["person_id"])
    assert program("audit", "move", *at).code == 3  # no database is named
    program.must("decide", "latest", accept_first(program, ranked, tmp_path), *at)
    program.must("audit", "anchor", "--output", anchor, *at)
    panel = ranked / "configs" / "panel.yaml"
    panel.write_text(
        panel.read_text().replace("record: {}", "record: {url_from: TRIAGE_RECORD_URL}")
    )
    env = {"TRIAGE_RECORD_URL": new_database(postgresql_url)}
    for command in (["capacity"], ["audit", "verify"], ["show", "latest"]):
        refused = program(*command, *at, env=env)
        assert (refused.code, refused.out) == (3, "")
        assert "triage audit move" in refused.err
    moved = program.must("audit", "move", "--by", "D. Officer", *at, env=env)
    assert "1 decisions were moved: whole" in moved.out
    assert json.loads(anchor.read_text())["sha256"] in moved.out
    assert not list((ranked / "record").glob("record.sqlite3*"))
    program.must("audit", "verify", "--anchor", anchor, *at, env=env)
    taken = json.loads(program.must("capacity", *at, "--format", "json", env=env).out)
    assert {"what": "open with C. Planted-Worker", "number": 1} in taken
    program.must("erase", person, "--because", "a test", *at, env=env)
    program.must("audit", "verify", "--anchor", anchor, *at, env=env)
    again = program("audit", "move", *at, env=env)
    assert (again.code, "must hold a record" in again.err) == (7, True)


def test_a_workbook_comes_back_as_decisions(program, ranked, tmp_path) -> None:
    at = ("--workspace", ranked)
    program.must("papers", "latest", "--xlsx", "--output", tmp_path, "--to", "the panel", *at)
    path = tmp_path / "list.xlsx"
    book = openpyxl.load_workbook(path)
    sheet = book[DECISIONS]
    header = [cell.value for cell in sheet[1]]
    filled = {"Decision": "accept", "Reason": "rising", "Case manager": "C. W.", "Plan": "support"}
    for title, text in filled.items():
        sheet.cell(2, header.index(title) + 1, text)
    book.save(path)
    refused = program("decide", "latest", path, "--met", "2025-12-31", *at)
    assert (refused.code, "on or after 2026-01-01" in refused.err) == (12, True)
    program.must("decide", "latest", path, "--met", "2026-01-08", *at)
    sheet.cell(3, header.index("Reason") + 1, "=1+1")
    book.save(path)
    refused = program("decide", "latest", path, *at)
    assert refused.code == 12
    assert "must be text, not a formula" in refused.err
    decided = json.loads(program.must("decisions", "latest", *at, "--format", "json").out)
    assert [(one["by_whom"], one["met_on"]) for one in decided] == [("C. W.", "2026-01-08")]
    shown = program.must("audit", "show", "latest", decided[0]["referral"], *at).out
    assert "met on 2026-01-08" in shown
