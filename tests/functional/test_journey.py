"""The whole journey through the command line, on synthetic people."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

import pyarrow.parquet as pq
import pytest


def only_list(workspace: Path) -> Path:
    (folder,) = (workspace / "lists").iterdir()
    return folder


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_a_second_ranking_of_the_same_inputs_writes_the_same_bytes(program, ranked, files) -> None:
    first = only_list(ranked)
    before = files(first)
    first.rename(ranked / "earlier")
    done = program.must("rank", "--as-of", "2026-01-01", "--workspace", ranked)
    second = only_list(ranked)
    assert second.name == first.name
    assert done.out.strip() == str(second / "list.html")
    after = files(second)
    then, now = (json.loads(one.pop("manifest.json")) for one in (before, after))
    assert after == before
    assert then.pop("created_at") != now.pop("created_at")
    assert then == now


def test_the_next_list_tells_what_moved_since_and_replays_beside_it(program, ranked, files) -> None:
    first = only_list(ranked)
    rank = ("rank", "--as-of", "2026-01-15", "--workspace", ranked)
    done = program.must(*rank)
    assert f"Compared with the list {first.name}." in done.err
    second = Path(done.out.strip()).parent
    before = files(second)
    shown = rows_of(program.must("show", second.name, "--workspace", ranked, "--format", "csv").out)
    placed = [one for one in shown if one["rank"] and not one["standing"].startswith("joined")]
    assert {row["moved"] for row in placed} <= {"new", "up", "down", "same"}
    assert {"up", "gone"} < {row["moved"] for row in shown}
    second.rename(ranked / "later")
    program.must(*rank)
    after = files(second)
    then, now = (json.loads(one.pop("manifest.json")) for one in (before, after))
    assert after == before
    assert then["inputs"] == now["inputs"]
    assert then["against"]["list_id"] == first.name
    done = program(*rank, "--against", "latest")
    assert done.code != 0
    assert "compared with one of an earlier as-of date" in done.err


def test_every_referral_is_on_the_list_once_or_told_why_not(program, trained) -> None:
    done = program.must("show", "latest", "--workspace", trained, "--format", "csv")
    shown = rows_of(done.out)
    came_in = {
        row["referral_no"]
        for row in rows_of((trained / "data" / "programme_referrals.csv").read_text())
        if "2025-12-02" <= row["received"] <= "2026-01-01"
    }
    assert len(shown) == len(came_in) > 10
    assert {row["referral_id"] for row in shown} == came_in
    assert {row["synthetic"] for row in shown} == {"yes"}


def test_the_list_is_told_three_ways(program, trained) -> None:
    table = program.must("show", "latest", "--workspace", trained).out
    assert "SYNTHETIC DATA" in table
    told = json.loads(
        program.must("show", "latest", "--workspace", trained, "--format", "json").out
    )
    done = program.must("show", "latest", "--workspace", trained, "--format", "csv")
    rows = rows_of(done.out)
    assert rows
    assert all(row["referral_id"] in json.dumps(told) for row in rows)


def test_papers_are_written_for_each_reader(program, trained, tmp_path) -> None:
    asked = ["papers", "latest", "--workspace", trained, "--output", tmp_path]
    assert {Path(line).name for line in program.must(*asked).out.split()} == {
        "list.pdf",
        "list.xlsx",
        "list.html",
        "list.csv",
        "list.columns.html",
        "list.json",
        "list.schema.json",
    }
    assert (tmp_path / "list.html").read_bytes() == (only_list(trained) / "list.html").read_bytes()
    program.must(*asked, "--for", "agency", "--agency", "housing", "--pdf", "--html")
    program.must(*asked, "--for", "public")
    for name in ("list.pdf", "housing.pdf", "public.pdf"):
        assert (tmp_path / name).read_bytes().startswith(b"%PDF")
        assert (tmp_path / name).stat().st_mode & 0o777 == 0o600
    schema = program.must("papers", "--schema", "--for", "public").out
    assert schema == (tmp_path / "public.schema.json").read_text()
    assert "| rank |" in program.must("papers", "--columns").out
    ids = {row["referral_id"] for row in rows_of((tmp_path / "list.csv").read_text())}
    assert ids
    assert not any(one in (tmp_path / "public.html").read_text() for one in ids)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--for", "public", "--csv"], "for public there is html, json, pdf, and no csv"),
        (["--for", "agency"], "go together"),
        (["--agency", "housing"], "go together"),
        (["--schema"], "each stand alone"),
    ],
)
def test_what_a_reader_cannot_have_is_refused(program, trained, more, words) -> None:
    done = program("papers", "latest", "--workspace", trained, *more)
    assert done.code == 2
    assert words in " ".join(done.err.replace("│", " ").split())


def test_a_position_is_explained_with_the_records_behind_it(program, trained) -> None:
    first = pq.read_table(only_list(trained) / "referrals.parquet").to_pylist()[0]
    referral = first["referral_id"]
    table = program.must("explain", "latest", referral, "--workspace", trained).out
    assert f"Referral {referral}" in table
    assert "What raises concern" in table
    done = program.must("explain", "latest", referral, "--workspace", trained, "--format", "csv")
    reasons = rows_of(done.out)
    by_reason = {(row["origin"], row["text"]): float(row["adds_to_score"]) for row in reasons}
    base = first["base"]
    assert abs(base + sum(by_reason.values()) - first["score"]) < 1e-3
    assert any(row["event_id"] for row in reasons)


def test_what_sets_two_positions_apart_and_how_far_reasons_go_is_told(program, trained) -> None:
    first, second = pq.read_table(only_list(trained) / "referrals.parquet").to_pylist()[:2]
    asked = ("explain", "latest", first["referral_id"], "--workspace", trained)
    told = program.must(*asked, "--against", second["referral_id"], "--format", "md").out
    assert f"place 2, {second['referral_id']}" in told
    page = program.must(*asked, "--format", "html").out
    assert "What would change it" in page
    rows = program.must("explain", "latest", "--workspace", trained, "--faithfulness").out
    assert "deletion" in rows
    assert "by chance" in rows
    for wrong in (
        [],
        [first["referral_id"], "--faithfulness"],
        ["--faithfulness", "--format", "md"],
    ):
        done = program("explain", "latest", *wrong, "--workspace", trained)
        assert done.code == 2


def test_features_are_written_for_those_who_are_open(program, trained, tmp_path) -> None:
    output = tmp_path / "features.parquet"
    program.must("features", "--as-of", "2026-01-01", "--output", output, "--workspace", trained)
    table = pq.read_table(output)
    listed = pq.read_table(only_list(trained) / "features.parquet")
    assert {"referral_id", "person_id", "as_of"} < set(table.column_names)
    ours = table.to_pandas().set_index("referral_id").sort_index()
    theirs = listed.to_pandas().set_index("referral_id").sort_index()
    both = ours.loc[theirs.index, theirs.columns]
    assert both.equals(theirs)


def test_everybody_on_record_stands_in_a_review_once(program, trained, tmp_path) -> None:
    output = tmp_path / "review.csv"
    done = program.must(
        "review", "--as-of", "2026-01-01", "--output", output, "--workspace", trained
    )
    assert done.out.strip() == str(output)
    rows = rows_of(output.read_text())
    people = rows_of((trained / "data" / "programme_people.csv").read_text())
    assert sorted(row["person_id"] for row in rows) == sorted(one["person_id"] for one in people)
    ranked = [row for row in rows if row["standing"] == "ranked"]
    assert [row["rank"] for row in ranked] == [str(n) for n in range(1, len(ranked) + 1)]
    assert all(row["reason"] for row in rows if row["standing"] != "ranked")
    assert {row["synthetic"] for row in rows} == {"yes"}
    assert output.stat().st_mode & 0o077 == 0
    again = tmp_path / "again.csv"
    program.must("check", "--write-histories", tmp_path / "stored", "--workspace", trained)
    program.must(
        "review",
        *("--as-of", "2026-01-01", "--histories", tmp_path / "stored"),
        *("--output", again, "--workspace", trained),
    )
    assert again.read_text() == output.read_text()


def test_training_prints_its_table_and_registers_every_model(program, trained) -> None:
    done = program.must("models", "--workspace", trained, "--format", "json")
    versions = json.loads(done.out)
    assert [row["version"] for row in versions] == [3, 2, 1]
    assert {row["model"] for row in versions} == {
        "elastic_net",
        "hist_gradient_boosting",
        "two_features",
    }
    assert [row["model"] for row in versions if row["champion"]] == ["elastic_net"]
    assert all(0 <= row["harm_captured"] <= 1 and 0.4 < row["auc"] < 1 for row in versions)
    assert sum(row["proposed"] for row in versions) == 1


def test_what_is_written_is_for_its_owner_alone(trained) -> None:
    for folder in ("lists", "registry", "results"):
        for path in (trained / folder).rglob("*"):
            if path.is_file() and "artifacts" not in path.parts:
                assert path.stat().st_mode & 0o077 == 0, path


def test_a_demo_runs_the_whole_journey(program, tmp_path) -> None:
    done = program.must("demo", "small", "--people", 3000, "--seed", 7, cwd=tmp_path)
    assert "SYNTHETIC DATA" in done.out
    (page,) = re.findall(r"^The list: (.*)$", done.out, flags=re.MULTILINE)
    html = (tmp_path / page).read_text(encoding="utf-8")
    assert "<script" not in html
    assert "invented" in html or "synthetic" in html.lower()
    program.must("audit", "verify", "--workspace", "small", cwd=tmp_path)  # both lists are in it
    champion = program("card", "--workspace", "small", cwd=tmp_path)
    assert champion.out.startswith("# ") or "no champion" in champion.err
    before = sorted(tmp_path.rglob("*"))
    verified = program.must("audit", "verify", "--workspace", "small", cwd=tmp_path).out
    assert "2 lists: whole" in verified
    again = program("demo", "small", cwd=tmp_path)
    assert again.code == 8
    assert "an earlier demo" in again.err
    assert "rm -r small" in again.err
    assert sorted(tmp_path.rglob("*")) == before


def test_a_demo_never_touches_what_is_not_one(program, tmp_path, files) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("mine")
    done = program("demo", "mine", cwd=tmp_path)
    assert done.code == 8
    assert "something else, which a demo must not touch" in done.err
    assert files(tmp_path) == {"mine/notes.txt": b"mine"}
