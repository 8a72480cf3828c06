"""`triage audit fairness`: what the cut does to groups, of a version and of a list."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

import pytest

VERDICTS = re.compile(r"\b(unbiased|is fair|are fair|fairly|bias-free)\b", re.IGNORECASE)


def audit(program, workspace: Path, *more: object):
    done = program("audit", "fairness", "--workspace", workspace, "--format", "json", *more)
    return done, json.loads(done.out or "[]")


def written(workspace: Path, name: str) -> dict[str, str]:
    folder = workspace / "results" / "fairness" / name
    return {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()}


def loosened(workspace: Path) -> None:
    """Let everything be tolerated."""
    path = workspace / "configs" / "fairness.yaml"
    path.write_text(re.sub(r"at_most: [0-9.]+", "at_most: 1", path.read_text()))


def telling_of_five(workspace: Path) -> None:
    """Let groups of five be told: a small workspace's lists have hardly ten of any."""
    path = workspace / "configs" / "panel.yaml"
    text = path.read_text()
    assert "smallest_group: 10" in text
    path.write_text(text.replace("smallest_group: 10", "smallest_group: 5"))


def test_by_default_it_measures_what_ranks_and_says_so(program, ranked) -> None:
    loosened(ranked)
    done, rows = audit(program, ranked)
    assert done.code == 0, done.err
    assert "Neither --list nor --model was given. Measured on the test periods of version 1, " in (
        done.err
    )
    assert {row["part"] for row in rows} >= {"cut", "places", "reasons", "recorded", "proxies"}
    files = written(ranked, "version-1")
    assert sorted(files) == ["fairness.csv", "fairness.html", "fairness.json"]
    assert len(list(csv.DictReader(io.StringIO(files["fairness.csv"])))) == len(rows)
    report = json.loads(files["fairness.json"])
    assert report["measures"] == rows
    assert report["standing"]["outside"] == 0
    assert report["synthetic"] is True
    page = files["fairness.html"]
    assert "<script" not in page
    assert "http" not in page.replace("http-equiv", "").replace("http://www.w3.org/2000/svg", "")
    assert not VERDICTS.search(page + done.err + files["fairness.csv"])
    assert not re.search(r"[PR]-\d{6}", page + done.out + done.err)


def test_a_measure_outside_a_tolerance_ends_with_23_and_is_named(program, ranked) -> None:
    path = ranked / "configs" / "fairness.yaml"
    told = "agency: {field: referral.agency, judged: "
    text = path.read_text()
    assert f"{told}false" in text
    path.write_text(text.replace(f"{told}false", f"{told}true"))
    done, rows = audit(program, ranked)
    assert done.code == 23, done.err
    outside = [row for row in rows if row["standing"] == "outside"]
    police = next(row for row in outside if row["group"] == "police")
    assert (police["attribute"], police["measure"]) == ("agency", "recorded")
    assert police["less_others_low"] > police["at_most"]
    assert "Outside tolerance: agency: police: known incidents recorded by the police" in done.err
    page = written(ranked, "version-1")["fairness.html"]
    assert "OUTSIDE TOLERANCE: " in page
    assert "agency: police" in page


def test_of_a_list_that_has_not_settled_it_says_what_it_cannot_say(program, ranked) -> None:
    loosened(ranked)
    telling_of_five(ranked)
    done, rows = audit(program, ranked, "--list", "latest")
    assert done.code == 0, done.err
    assert "What followed this list has not settled; it can be known from 2027-01-31 on." in (
        done.err
    )
    told = {row["measure"] for row in rows if row["standing"] != "too few to tell"}
    assert {"referrals", "place", "reasons", "recorded"} <= told
    assert not told & {"recall", "missed_harm", "precision", "false_positive", "harm"}
    (name,) = (path.name for path in (ranked / "lists").iterdir())
    page = written(ranked, name)["fairness.html"]
    assert "who was missed, who was heard without cause" in page
    assert "Share of list" in page
    assert 'scope="col">Share of list</th>' in page
    assert 'scope="col">Recall</th>' not in page
    table = program("audit", "fairness", "--list", "latest", "--workspace", ranked).out
    assert "recall" not in table.splitlines()[0]


def test_no_count_of_few_is_told_anywhere(program, ranked) -> None:
    """People are to the nearest 5; nothing stands beside a group that is not told."""
    loosened(ranked)
    for more in ((), ("--list", "latest")):
        done, rows = audit(program, ranked, *more)
        assert done.code == 0, done.err
        sizes = [row["people"] for row in rows if row["people"] is not None]
        assert all(size >= 10 and size % 5 == 0 for size in sizes)
        assert sizes or more
        few = [row for row in rows if row["standing"] == "too few to tell"]
        assert few or more
        assert all(row["value"] is None and row["less_others"] is None for row in few)


def test_the_use_is_on_record_and_the_same_question_has_the_same_answer(program, ranked) -> None:
    loosened(ranked)
    audit(program, ranked, "--list", "latest", "--by", "A. Auditor")
    (name,) = (path.name for path in (ranked / "lists").iterdir())
    first = written(ranked, name)
    audit(program, ranked, "--list", "latest")
    assert written(ranked, name) == first
    program.must("audit", "verify", "--workspace", ranked)
    (folder,) = (ranked / "lists").iterdir()
    referral = json.loads((folder / "list.json").read_text())["referrals"][0]["referral_id"]
    shown = program.must("audit", "show", name, referral, "--workspace", ranked, "--format", "csv")
    uses = [row for row in csv.DictReader(io.StringIO(shown.out)) if row["part"] == "seen"]
    assert ("audit fairness finished", "A. Auditor") in {(row["what"], row["who"]) for row in uses}


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("--list", "latest", "--model", "1"), 2, "ask one of them at a time"),
        (("--list", "1999-01-01"), 7, "list '1999-01-01'"),
        (("--model", "99"), 7, "version 99"),
    ],
)
def test_what_is_not_there_is_told(program, trained, arguments, code, told) -> None:
    done = program("audit", "fairness", *arguments, "--workspace", trained)
    assert done.code == code
    assert told in done.err


def test_a_workspace_without_a_version_says_what_to_do(program, untrained) -> None:
    done = program("audit", "fairness", "--workspace", untrained)
    assert done.code == 7
    assert "Run 'triage train'" in done.err


def test_a_workspace_from_before_is_told_where_tolerances_stand_now(program, workspace) -> None:
    (workspace / "configs" / "fairness.yaml").unlink()
    panel = workspace / "configs" / "panel.yaml"
    old = "gates:\n  fairness: {attributes: [sex], gap_at_most: 0.15}"
    panel.write_text(panel.read_text().replace("gates:", old, 1))
    done = program("models", "--workspace", workspace)
    assert done.code == 3
    assert "configs/fairness.yaml: must exist" in done.err
    assert "'fairness' stands in a file of its own now" in done.err
