"""``triage rules``: a policy is tried before it is adopted."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

AS_OF = "2026-01-01"


@pytest.fixture
def proposed(ranked: Path, tmp_path: Path) -> Path:
    """Return a copy of the rules under which marks raise to must be discussed."""
    folder = Path(shutil.copytree(ranked / "configs" / "rules", tmp_path / "proposed"))
    path = folder / "marks.yaml"
    text = path.read_text()
    assert "effect: flag" in text
    path.write_text(text.replace("effect: flag", "effect: {floor: must_discuss}"))
    return folder


def test_a_trial_says_who_would_stand_elsewhere_and_changes_nothing(
    program, ranked, proposed, files, tmp_path
) -> None:
    listed = program.must("show", "latest", "--workspace", ranked, "--format", "json").out
    ranks = {case["referral_id"]: case["rank"] for case in json.loads(listed)["referrals"]}
    before = files(ranked / "lists"), files(ranked / "configs")
    page = tmp_path / "trial.html"
    done = program.must(
        *("rules", "diff", proposed, "--as-of", AS_OF, "--workspace", ranked),
        *("--format", "json", "--output", page),
    )
    rows = json.loads(done.out)
    assert rows
    assert {
        row["referral"]: row["rank_old"] for row in rows if row["rank_old"]
    }.items() <= ranks.items()
    raised = [row for row in rows if row["tier_new"] != row["tier_old"]]
    assert raised
    for row in raised:
        assert (row["tier_old"], row["tier_new"]) == ("by score", "must discuss")
        assert "(floor: must_discuss)" in row["why"]
        assert row["rank_new"] <= row["rank_old"]
    for row in rows:
        if row["why"] == "others moved":
            assert row["rank_new"] > row["rank_old"]
            assert row["by_rules"] == 0
        if row["rank_old"] and row["rank_new"]:
            assert row["by_rules"] + row["by_others"] == row["rank_old"] - row["rank_new"]
    assert "flag where" in done.err
    assert (files(ranked / "lists"), files(ranked / "configs")) == before
    text = page.read_text()
    assert "This is a trial: nothing was adopted" in text
    assert all(row["referral"] in text for row in rows)
    assert "SYNTHETIC DATA" in text


def test_the_same_policy_moves_nobody(program, ranked) -> None:
    rules = ranked / "configs" / "rules"
    done = program.must(
        "rules", "diff", rules, rules, "--as-of", AS_OF, "--workspace", ranked, "--format", "csv"
    )
    assert done.out.splitlines() == [
        "referral,rank_old,rank_new,tier_old,tier_new,moves,by_rules,by_others,why"
    ]
    assert "No rule in force on this date differs." in done.err


def test_a_policy_that_cannot_be_read_is_told_with_its_file(program, ranked, proposed) -> None:
    path = proposed / "marks.yaml"
    path.write_text(path.read_text().replace("victims_1095d", "victms_1095d"))
    done = program("rules", "diff", proposed, "--as-of", AS_OF, "--workspace", ranked)
    assert done.code == 3
    assert "marks.yaml, line" in done.err
    assert "Did you mean 'victims_1095d'?" in done.err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["diff", "--as-of", AS_OF], "Missing argument"),
        (["diff", "a", "b", "c", "--as-of", AS_OF], "give one folder, NEW, or two: OLD NEW"),
        (["diff", "a", "--as-of", AS_OF, "--output", "a.pdf"], "--output is an HTML page"),
        (["diff", "a"], "Missing option '--as-of'"),
    ],
)
def test_words_that_are_not_understood(program, arguments, told) -> None:
    done = program("rules", *arguments)
    assert done.code == 2
    assert told in done.err


def test_the_shipped_rules_are_as_their_cases_say(program, untrained) -> None:
    done = program.must("rules", "test", "--workspace", untrained, "--format", "json")
    rows = json.loads(done.out)
    assert len(rows) > 50
    assert all(row["passed"] for row in rows)
    assert re.search(r"\d+ answers of rules to cases: 0 not as they must be", done.err)
    assert "Without a case" not in done.err


def test_a_case_that_fails_ends_with_3(program, ranked, proposed) -> None:
    path = proposed / "marks.yaml"
    text = path.read_text()
    assert "- value: 2\n" in text
    path.write_text(text.replace("- value: 2\n", "- value: 3\n"))
    done = program("rules", "test", "--folder", proposed, "--workspace", ranked)
    assert done.code == 3
    assert "the rule 'serial' must say yes; got no" in done.err


@pytest.mark.parametrize("dates", [[], ["--as-of", AS_OF, "--as-of", "2025-06-01"]])
def test_coverage_tells_what_rules_do(program, workspace, dates) -> None:
    done = program.must("rules", "coverage", *dates, "--workspace", workspace, "--format", "json")
    rows = {row["rule"]: row for row in json.loads(done.out)}
    for row in rows.values():
        assert ("never fires" in row["to_look_at"]) == (row["fires"] == 0)
    assert rows["strangulation_recent"]["fires"] > 0
    for row in rows.values():
        assert row["fires"] + row["if_known"] <= row["asked"]
    if not dates:
        assert rows["in_custody"]["to_look_at"].startswith("goes before ")
        assert "gives way to" in rows["strangulation_recent"]["to_look_at"]
    assert "ineligible goes before hold, and both before any floor" in done.err
