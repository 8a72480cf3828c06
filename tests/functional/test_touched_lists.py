"""A list that was touched by hand is refused by every command that reads one."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.every_command import registered
from tests.functional.test_audit import accept_first, first_on, only_list
from tests.killing import Killer

AT, LATER = "2026-01-01", "2026-01-15"
TOUCHED = 9

READS = {
    "show": f"{AT}",
    "explain": f"{AT} {{referral}}",
    "papers": f"{AT}",
    "decide": f"{AT} {{sheet}}",
    "decisions": f"{AT}",
    "rank": f"--as-of {LATER}",
    "erase": "{person} --because a-test",
    "audit verify": "",
    "audit replay": f"{AT}",
    "audit pack": f"{AT}",
    "audit show": f"{AT} {{referral}}",
    "audit subject": "{person}",
    "audit fairness": f"--list {AT}",
}
"""Command → how it is called to read the list."""

READS_NONE = {
    "init",
    "demo",
    "check",
    "features",
    "train",
    "models",
    "promote",
    "card",
    "rollback",
    "backtest",
    "monitor",
    "review",
    "capacity",
    "retention",
    "rules test",
    "rules diff",
    "rules coverage",
    "audit anchor",
    "audit move",
}


def test_of_every_command_it_is_said_whether_it_reads_a_list() -> None:
    assert registered() == set(READS) | READS_NONE
    assert not set(READS) & READS_NONE


@pytest.mark.slow
def test_each_refuses_it_and_changes_nothing(program, ranked, trained, tmp_path, files) -> None:
    row = first_on(ranked)
    known = {"referral": row["referral_id"], "person": row["person_id"]}
    known["sheet"] = accept_first(program, ranked, tmp_path)
    path = only_list(ranked) / "referrals.parquet"
    path.write_bytes(path.read_bytes() + b"\n")
    before = {name: one for name, one in files(ranked).items() if not name.startswith("record/")}
    warm = Path(shutil.copytree(trained, tmp_path / "warm"))
    with Killer(tmp_path, ["models", "--workspace", warm]) as run:
        for command, more in READS.items():
            arguments = [*command.split(), *more.format(**known).split()]
            ran = run(*arguments, "--workspace", ranked)
            assert (ran.code, ran.out) == (TOUCHED, ""), (command, ran.err)
            assert "referrals.parquet" in ran.err or "was touched" in ran.err
        first = run("rank", "--as-of", LATER, "--against", "none", "--workspace", ranked)
        assert first.code == 0, first.err
    after = {name: one for name, one in files(ranked).items() if name in before}
    assert after == before
