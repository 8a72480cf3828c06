"""What an auditor is handed of a list: one folder, whole or not at all, a hash for each file."""

from __future__ import annotations

import csv
import io
import json
import subprocess
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.functional.test_audit import accept_first, first_on, only_list

OF_THE_LEDGER = {"ledger.csv", "contents.html", "manifest.json", "SHA256SUMS"}


def checked(pack: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sha256sum", "-c", "SHA256SUMS"], cwd=pack, capture_output=True, text=True, check=False
    )


def rows_of(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text())))


@pytest.fixture
def packed(program, ranked) -> Path:
    """Return the pack of a list that somebody was decided on."""
    at = ("--workspace", ranked)
    sheet = accept_first(program, ranked, ranked.parent)
    program.must("decide", "latest", sheet, "--by", "A. Chair", "--met", "2026-01-08", *at)
    done = program.must("audit", "pack", "latest", "--to", "the auditor", "--by", "B. Clerk", *at)
    assert "files came out the same, byte for byte" in done.err
    return Path(done.out.strip())


def test_a_pack_holds_all_of_it_for_its_owner_alone(packed, ranked, files) -> None:
    list_id = only_list(ranked).name
    assert packed == ranked / "results" / "packs" / list_id
    names = set(files(packed))
    pages = {f"{name}.{form}" for name in ("card", "atrs", "replay") for form in ("md", "html")}
    pages |= {f"{name}.{form}" for name in ("explanations", "algo-care") for form in ("md", "html")}
    measured = {f"fairness.{form}" for form in ("html", "csv", "json")}
    assert names >= pages | measured | OF_THE_LEDGER | {"replay.json"}
    own = files(only_list(ranked))
    assert {name: files(packed)[f"{list_id}/{name}"] for name in own} == own
    assert packed.stat().st_mode & 0o777 == 0o700
    modes = {path.stat().st_mode & 0o777 for path in packed.rglob("*") if path.is_file()}
    assert modes == {0o600}
    assert (packed / list_id).stat().st_mode & 0o777 == 0o700


def test_every_file_can_be_checked_by_its_hash(packed, files) -> None:
    done = checked(packed)
    assert done.returncode == 0, done.stdout
    assert len(done.stdout.splitlines()) == len(files(packed)) - 1
    told = json.loads((packed / "manifest.json").read_text())
    assert set(told["files"]) == set(files(packed)) - {"manifest.json", "SHA256SUMS"}
    assert told["replays"] is True
    contents = (packed / "contents.html").read_text()
    for name, one in told["files"].items():
        assert (one["sha256"] in contents) == (name != "contents.html"), name
    (packed / "card.md").write_text("another")
    assert "card.md: FAILED" in checked(packed).stdout


def test_the_extract_tells_the_uses_of_this_list_by_ids(packed, ranked) -> None:
    rows = rows_of(packed / "ledger.csv")
    assert [(row["command"], row["stage"]) for row in rows] == [
        ("rank", "begun"),
        ("rank", "writing"),
        ("rank", "finished"),
        ("decide --blank", "begun"),
        ("decide --blank", "finished"),
        ("decide", "done"),
        ("audit pack", "begun"),
    ]
    last = json.loads(rows[-1]["ids"])
    assert last == {"list": only_list(ranked).name, "recipients": ["the auditor"]}
    assert rows[-1]["actions"] == "collection combination disclosure"
    (decided,) = (row for row in rows if row["command"] == "decide")
    assert json.loads(decided["ids"])["met_on"] == ["2026-01-08"]
    assert str(first_on(ranked)["person_id"]) not in (packed / "ledger.csv").read_text()
    assert "C. Planted-Worker" not in "".join(
        path.read_text() for path in packed.iterdir() if path.suffix in (".csv", ".md", ".html")
    )
    assert "accept not told" in (packed / "explanations.md").read_text()


def test_all_but_the_ledger_comes_out_the_same_and_nothing_is_written_over(
    program, packed, ranked, tmp_path, files
) -> None:
    at = ("--workspace", ranked)
    again = program("audit", "pack", "latest", *at)
    assert again.code == 8
    assert "never over another" in again.err
    other = tmp_path / "other"
    program.must("audit", "pack", "latest", "--output", other, *at)
    first, second = files(packed), files(other)
    assert set(first) == set(second)
    assert {name for name in first if first[name] != second[name]} == OF_THE_LEDGER
    before, now = (
        json.loads((pack / "manifest.json").read_text())["files"] for pack in (packed, other)
    )
    differing = {name for name in now if now[name] != before[name]}
    assert differing == {"ledger.csv", "contents.html"}
    record = rows_of(other / "ledger.csv")
    ended = [row for row in record if row["command"] == "audit pack" and row["stage"] != "begun"]
    assert [row["stage"] for row in ended] == ["finished", "failed"]
    program.must("audit", "verify", *at)


def test_a_list_that_was_touched_is_not_packed(program, ranked) -> None:
    table = only_list(ranked) / "list.csv"
    table.write_text(table.read_text() + "\n")
    done = program("audit", "pack", "latest", "--workspace", ranked)
    assert done.code == 9
    assert not (ranked / "results" / "packs").exists()


def test_a_full_pack_that_cannot_be_written_leaves_nothing(program, ranked) -> None:
    (ranked / "results").mkdir(exist_ok=True)
    (ranked / "results" / "packs").write_text("in the way")
    done = program("audit", "pack", "latest", "--workspace", ranked)
    assert done.code == 8
    assert list((ranked / "results").rglob("*.part")) == []


def test_whoever_is_erased_is_in_no_pack(program, packed, ranked, tmp_path) -> None:
    at = ("--workspace", ranked)
    program.must("audit", "pack", "latest", "--output", tmp_path / "away", "--to", "X. Y.", *at)
    person = str(first_on(ranked)["person_id"])
    done = program.must("erase", person, "--because", "a test", *at)
    assert not packed.exists()
    assert "its audit pack was written" in done.err
    assert "(for: X. Y.)" in done.err
    program.must("audit", "pack", "latest", *at)
    text = (packed / "replay.md").read_text()
    assert "does NOT come out the same" in text
    assert "took a person from this list" in text
    held = pq.read_table(next(packed.glob("*/referrals.parquet"))).to_pylist()
    assert person not in {row["person_id"] for row in held}
