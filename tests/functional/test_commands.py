"""The command line itself: its commands, its help, its version, its exit codes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

COMMANDS = (
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
    "rank",
    "review",
    "show",
    "papers",
    "explain",
    "decide",
    "decisions",
    "capacity",
    "erase",
    "retention",
    "audit",
    "rules",
)
OF_RULES = ("test", "diff", "coverage")


def test_the_commands_are_exactly_those_that_were_promised(program) -> None:
    listed = program.must("--help").out.partition("Commands:")[2]
    assert tuple(re.findall(r"^  ([a-z]+) ", listed, flags=re.MULTILINE)) == COMMANDS


@pytest.mark.parametrize("command", OF_RULES)
def test_each_command_of_rules_has_help_with_an_example_and_a_format(program, command) -> None:
    text = program.must("rules", command, "--help").out
    assert f"Example:  triage rules {command}" in text
    assert "--workspace DIR" in text
    assert "--format <table|json|csv" in text


AUDITS = tuple(
    f"audit {name}"
    for name in ("verify", "anchor", "move", "replay", "pack", "show", "fairness", "subject")
)


@pytest.mark.parametrize("command", [*(one for one in COMMANDS if one != "audit"), *AUDITS])
def test_each_command_has_help_with_an_example_and_takes_a_workspace(program, command) -> None:
    text = program.must(*command.split(), "--help").out
    assert f"Example:  triage {command}" in text
    assert "--workspace DIR" in text


@pytest.mark.parametrize(
    "command",
    [
        "check",
        "features",
        "train",
        "models",
        "show",
        "explain",
        "decide",
        "decisions",
        "capacity",
        "retention",
        "audit show",
        "audit replay",
        "audit fairness",
    ],
)
def test_each_command_that_lists_something_can_print_it_three_ways(program, command) -> None:
    assert "--format <table|json|csv" in program.must(*command.split(), "--help").out


def test_the_version_is_said(program) -> None:
    assert re.fullmatch(r"triage \d+\.\d+\.\d+\n", program.must("--version").out)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["ranks"], "No such command 'ranks'"),
        (["rank"], "Missing option '--as-of'"),
        (["rank", "--as-of", "1st of March"], "does not match the format"),
        (["features", "--as-of", "2026-03-01"], "Missing option '--output'"),
        (["features", "--describe", "--profile"], "ask one of them at a time"),
        (["features", "--profile"], "Missing option '--as-of'"),
        (
            ["features", "--profile", "--as-of", "2025-01-01", "--against", "2025-01-01"],
            "--against must be a date before --as-of",
        ),
        (["show", "latest", "--format", "xml"], "'xml' is not one of"),
        (["demo", "--people", "few"], "Invalid value for '--people'"),
        (["check", "--leakage", "--write-histories", "h"], "--leakage stores no histories"),
    ],
)
def test_words_that_are_not_understood_end_with_2(program, arguments, told) -> None:
    done = program(*arguments)
    assert done.code == 2
    assert told in done.err
    assert done.out == ""


@pytest.mark.parametrize(
    "arguments", [["check"], ["rank", "--as-of", "2026-03-01"], ["show", "latest"]]
)
def test_a_folder_that_is_no_workspace_is_told_so(program, arguments, tmp_path) -> None:
    done = program(*arguments, "--workspace", tmp_path)
    assert done.code == 3
    assert "must be a workspace with the folders pipelines/, models/ and configs/" in done.err
    assert "triage init" in done.err
    assert list(tmp_path.iterdir()) == []


def test_init_writes_a_workspace_and_never_over_anything(program, tmp_path) -> None:
    program.must("init", "panel", cwd=tmp_path)
    panel = tmp_path / "panel"
    assert {path.name for path in panel.iterdir()} == {
        ".gitignore",
        "configs",
        "data",
        "models",
        "pipelines",
    }
    before = contents(panel)
    done = program("init", "panel", cwd=tmp_path)
    assert done.code == 8
    assert "must be a new or an empty folder" in done.err
    assert contents(panel) == before


def test_init_goes_where_the_workspace_option_points(program, tmp_path) -> None:
    (tmp_path / "there").mkdir()
    program.must("init", "panel", "--workspace", tmp_path / "there", cwd=tmp_path)
    assert (tmp_path / "there" / "panel" / "configs" / "panel.yaml").is_file()


def test_a_new_workspace_says_what_it_wants_next(program, tmp_path) -> None:
    program.must("init", "panel", cwd=tmp_path)
    done = program("check", "--workspace", tmp_path / "panel")
    assert done.code in (3, 4)
    assert "data/" in done.err or "configs/sources" in done.err


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }
