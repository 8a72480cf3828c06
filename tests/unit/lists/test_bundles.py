"""A list is written once, whole, and read only as it was written."""

from __future__ import annotations

import dataclasses
import datetime
import json
import os
import re
import signal
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.invented_lists import invented_content, invented_tables
from triage.errors import FormatError, NotFoundError, StorageError, TamperedError
from triage.lists import (
    FORMAT,
    Bundle,
    Counts,
    list_names,
    read_bundle,
    read_seal,
    write_bundle,
)
from triage.lists.bundles import MANIFEST
from triage.lists.manifest import seal_of_said

LATER = datetime.datetime(2026, 3, 9, 17, 0, tzinfo=datetime.UTC)
FILES = {
    "manifest.json",
    "referrals.parquet",
    "places.parquet",
    "questions.parquet",
    "not_for_panel.parquet",
    "reasons.parquet",
    "contributions.parquet",
    "rule_records.parquet",
    "rules.parquet",
    "changes.parquet",
    "disagreements.parquet",
    "evidence.parquet",
    "weights.parquet",
    "features.parquet",
    "brought.parquet",
    "facts.parquet",
    "faithfulness.parquet",
    "answers.parquet",
    "heard.parquet",
    "joined.parquet",
    "links.parquet",
    "scales.parquet",
    "earlier.parquet",
    "moves.parquet",
    "list.txt",
}


def papers(bundle: Bundle) -> dict[str, bytes]:
    return {"list.txt": f"{bundle.list_id}: {bundle.manifest.counts.ranked} ranked".encode()}


def write(folder: Path, **changes) -> Bundle:
    return write_bundle(folder, invented_content(**changes), papers)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_list_is_a_folder_with_its_tables_papers_and_manifest(tmp_path):
    bundle = write(tmp_path / "lists")
    assert bundle.folder == tmp_path / "lists" / bundle.list_id
    assert {path.name for path in bundle.folder.iterdir()} == FILES
    assert re.fullmatch(r"2026-03-01-[0-9a-f]{8}", bundle.list_id)
    assert bundle.folder.joinpath("list.txt").read_text() == f"{bundle.list_id}: 30 ranked"


def test_what_is_read_is_what_was_written(tmp_path):
    content = invented_content()
    read = read_bundle(write_bundle(tmp_path, content, papers).folder)
    for field in dataclasses.fields(content.tables):
        written = getattr(content.tables, field.name)
        assert getattr(read.tables, field.name).equals(written), field.name
    assert read.manifest.panel == content.panel
    assert read.manifest.model == content.model
    assert read.manifest.created_at == content.created_at
    assert read.manifest.inputs == content.inputs


def test_the_manifest_counts_where_every_referral_went(tmp_path):
    assert write(tmp_path).manifest.counts == Counts(
        referrals_in=34, ranked=30, not_for_panel=3, set_aside=1
    )


def test_it_is_for_its_owner_alone(tmp_path):
    bundle = write(tmp_path / "lists")
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in bundle.folder.iterdir()}
    assert set(modes.values()) == {0o600}
    assert stat.S_IMODE(bundle.folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(bundle.folder.parent.stat().st_mode) == 0o700


def test_two_runs_of_the_same_inputs_differ_in_when_they_were_made_alone(tmp_path):
    first = contents(write(tmp_path / "a").folder)
    second = contents(write(tmp_path / "b", created_at=LATER).folder)
    manifests = [json.loads(one.pop("manifest.json")) for one in (first, second)]
    assert first == second
    assert manifests[0].pop("created_at") != manifests[1].pop("created_at")
    assert manifests[0] == manifests[1]


def test_rows_in_other_pieces_are_the_same_bytes(tmp_path):
    tables = invented_tables()
    in_pieces = dataclasses.replace(
        tables, reasons=pa.concat_tables([tables.reasons.slice(0, 7), tables.reasons.slice(7)])
    )
    assert (
        write(tmp_path / "a").manifest.seal == write(tmp_path / "b", tables=in_pieces).manifest.seal
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"inputs": {"data/police.csv": "9" * 64}},
        {"configs": {}},
        {"code_version": "0.2.0"},
        {"as_of": datetime.date(2026, 3, 2)},
        {"model": invented_content().model.model_copy(update={"sha256": "9" * 64})},
    ],
    ids=["inputs", "configs", "code", "as-of", "model"],
)
def test_whatever_goes_in_is_in_the_name(tmp_path, changes):
    assert write(tmp_path, **changes).list_id != write(tmp_path).list_id


def test_writing_what_stands_leaves_it_as_it_is(tmp_path):
    before = contents(write(tmp_path).folder)
    again = write(tmp_path, created_at=LATER)
    assert contents(again.folder) == before
    assert again.manifest.created_at != LATER
    assert [path.name for path in tmp_path.iterdir()] == [again.list_id]


def test_other_bytes_under_the_same_name_are_refused(tmp_path):
    bundle = write(tmp_path)
    before = contents(bundle.folder)
    other = invented_tables(seed=8)
    with pytest.raises(StorageError, match=r"already stands.*other bytes in .*referrals\.parquet"):
        write(tmp_path, tables=other)
    assert contents(bundle.folder) == before


def test_other_papers_under_the_same_name_are_refused(tmp_path):
    write(tmp_path)
    with pytest.raises(StorageError, match=r"other bytes in list\.txt"):
        write_bundle(tmp_path, invented_content(), lambda _: {"list.txt": b"other"})


def test_what_is_said_outside_the_hashed_inputs_is_compared_too(tmp_path):
    write(tmp_path)
    with pytest.raises(StorageError, match=r"other bytes in manifest\.json"):
        write(tmp_path, synthetic=False)


def test_a_tampered_list_is_not_taken_for_the_same(tmp_path):
    bundle = write(tmp_path)
    (bundle.folder / "reasons.parquet").write_bytes(b"")
    with pytest.raises(TamperedError, match=r"reasons\.parquet: is not what was written"):
        write(tmp_path)


def change_a_byte(folder: Path) -> None:
    path = folder / "evidence.parquet"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def rewrite_a_table(folder: Path) -> None:
    path = folder / "referrals.parquet"
    table = pq.read_table(path)
    pq.write_table(
        table.set_column(0, table.schema[0], table["rank"].take([1, 0, *range(2, 30)])), path
    )


def say_it_is_not_synthetic(folder: Path) -> None:
    path = folder / MANIFEST
    path.write_text(path.read_text().replace('"synthetic": true', '"synthetic": false'))


def cut_the_manifest(folder: Path) -> None:
    path = folder / MANIFEST
    path.write_text(path.read_text()[:-20])


@pytest.mark.parametrize(
    ("touch", "told"),
    [
        (change_a_byte, r"evidence\.parquet: is not what was written"),
        (rewrite_a_table, r"referrals\.parquet: is not what was written"),
        (lambda f: (f / "list.txt").write_text("1. you"), r"list\.txt: is not what was written"),
        (lambda f: (f / "rules.parquet").unlink(), r"rules\.parquet: is missing"),
        (lambda f: (f / "notes.txt").write_text("hm"), r"notes\.txt: was put there after"),
        (say_it_is_not_synthetic, r"manifest\.json: is not what was written"),
        (cut_the_manifest, r"manifest\.json: is not what was written"),
    ],
    ids=["byte", "table", "paper", "removed", "added", "manifest", "cut"],
)
def test_a_list_that_was_touched_is_refused(tmp_path, touch: Callable[[Path], object], told: str):
    bundle = write(tmp_path)
    touch(bundle.folder)
    with pytest.raises(TamperedError, match=told):
        read_bundle(bundle.folder)


def test_every_touched_file_is_named_at_once(tmp_path):
    bundle = write(tmp_path)
    for name in ("list.txt", "rules.parquet", "features.parquet"):
        (bundle.folder / name).write_bytes(b"x")
    with pytest.raises(TamperedError, match="rules") as caught:
        read_bundle(bundle.folder)
    assert len(caught.value.problems) == 3


def test_a_list_under_another_name_is_refused(tmp_path):
    bundle = write(tmp_path)
    moved = bundle.folder.rename(tmp_path / "2027-01-01-00000000")
    with pytest.raises(TamperedError, match="or the folder was renamed"):
        read_bundle(moved)


def test_where_no_list_is_none_is_found(tmp_path):
    with pytest.raises(NotFoundError, match=r"must be a list's folder with a manifest\.json"):
        read_bundle(tmp_path)


def test_papers_that_fail_leave_nothing(tmp_path):
    def fails(bundle: Bundle) -> dict[str, bytes]:
        raise RuntimeError("no paper")

    with pytest.raises(RuntimeError, match="no paper"):
        write_bundle(tmp_path / "lists", invented_content(), fails)
    assert not (tmp_path / "lists").exists()


def test_a_full_disk_leaves_nothing(tmp_path, monkeypatch):
    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageError, match="No space left on device"):
        write(tmp_path)
    assert list(tmp_path.iterdir()) == []


KILLED = """
import os, signal, sys
from pathlib import Path
from tests.invented_lists import invented_content, invented_tables
from triage.lists import write_bundle
real, left = os.fsync, [int(sys.argv[2])]
def kill_at_last(handle):
    left[0] -= 1
    if not left[0]:
        os.kill(os.getpid(), signal.SIGKILL)
    real(handle)
os.fsync = kill_at_last
write_bundle(Path(sys.argv[1]), invented_content(invented_tables(2, 1)), lambda _: {"a.txt": b"a"})
"""


@pytest.mark.parametrize("moment", [1, 9])
def test_a_kill_in_the_middle_leaves_no_list_and_the_next_run_is_not_in_its_way(tmp_path, moment):
    root = Path(__file__).resolve().parents[3]
    command = [sys.executable, "-c", KILLED, str(tmp_path), str(moment)]
    killed = subprocess.run(command, cwd=root, capture_output=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    (part,) = tmp_path.iterdir()
    assert part.name.endswith(".part")
    assert list_names(tmp_path) == ()
    whole = write_bundle(tmp_path, invented_content(invented_tables(2, 1)), papers)
    assert list_names(tmp_path) == (whole.list_id,)


def test_who_loses_a_race_takes_what_the_winner_wrote(tmp_path, monkeypatch):
    import triage.lists.bundles as bundles

    real = bundles._write

    def raced(*written):
        real(*written)
        real(*written)

    monkeypatch.setattr(bundles, "_write", raced)
    bundle = write(tmp_path)
    assert read_bundle(bundle.folder).manifest == bundle.manifest
    assert [path.name for path in tmp_path.iterdir()] == [bundle.list_id]


def test_a_list_is_announced_before_it_appears_and_not_where_it_stands(tmp_path):
    told = []

    def announce(manifest):
        told.append((manifest.seal, (tmp_path / manifest.list_id).exists()))

    for _ in range(2):
        bundle = write_bundle(tmp_path, invented_content(), papers, announce)
    assert told == [(bundle.manifest.seal, False)]


def test_a_list_that_cannot_be_announced_does_not_appear(tmp_path):
    def refuses(_):
        raise ZeroDivisionError("division of labour")

    with pytest.raises(ZeroDivisionError, match="division"):
        write_bundle(tmp_path, invented_content(), papers, refuses)
    assert list(tmp_path.iterdir()) == []


def test_an_empty_list_is_a_list(tmp_path):
    empty = write(tmp_path, tables=invented_tables(0, 0))
    assert read_bundle(empty.folder).manifest.counts.referrals_in == 0


def test_a_referral_that_is_not_on_the_list_gets_a_close_match(tmp_path):
    bundle = write(tmp_path)
    known = bundle.tables.referrals["referral_id"][0].as_py()
    aside = bundle.tables.not_for_panel["referral_id"][0].as_py()
    assert bundle.find_referral(known) == known
    assert bundle.find_referral(aside) == aside
    with pytest.raises(NotFoundError, match=f"Did you mean '{known}'"):
        bundle.find_referral(known[:-1])
    with pytest.raises(
        NotFoundError, match=rf"has no referral 'zzz'.*triage show {bundle.list_id}"
    ):
        bundle.find_referral("zzz")


def of_format(bundle: Bundle, number: object) -> None:
    """Write a list's manifest as a program of another format would have, its seal and all."""
    path = bundle.folder / MANIFEST
    said = json.loads(path.read_bytes()) | {"format": number}
    path.write_text(json.dumps(said | {"seal": seal_of_said(said)}))


@pytest.mark.parametrize(
    ("number", "reader"), [(FORMAT - 1, "an earlier"), (FORMAT + 1, "a later")]
)
def test_a_list_of_another_format_is_named_and_not_called_touched(tmp_path, number, reader):
    bundle = write(tmp_path)
    of_format(bundle, number)
    words = f"got format {number}, made by code {bundle.manifest.code_version}; .*{reader} one"
    with pytest.raises(FormatError, match=words):
        read_bundle(bundle.folder)
    said = json.loads((bundle.folder / MANIFEST).read_bytes())
    assert read_seal(bundle.folder) == said["seal"] != bundle.manifest.seal


def test_a_list_of_another_format_that_was_touched_is_refused(tmp_path):
    bundle = write(tmp_path)
    of_format(bundle, FORMAT - 1)
    (bundle.folder / "list.txt").write_text("another")
    for read in (read_bundle, read_seal):
        with pytest.raises(TamperedError, match=r"list\.txt: is not what was written"):
            read(bundle.folder)


@pytest.mark.parametrize("number", ["9", None, {}])
def test_a_list_of_no_format_is_refused(tmp_path, number):
    bundle = write(tmp_path)
    of_format(bundle, number)
    with pytest.raises(TamperedError, match=r"manifest\.json: is not what was written"):
        read_bundle(bundle.folder)
