"""What the program says when the work was not done."""

from __future__ import annotations

import errno

import pytest

import triage.cli
from triage.cli.failures import tell_failure
from triage.errors import ConfigurationError, Problem

MARKER = "Zacharias-Planted"


def failing_deep_inside() -> Exception:
    """Return an exception as it comes out of a room, with a person's name in its text."""
    from triage.errors import close_match

    try:
        close_match(MARKER, [MARKER, 7])  # type: ignore[list-item]
    except TypeError as error:
        error.args = (MARKER,)
        return error
    raise AssertionError("close_match took a number for a name")


def test_an_error_of_the_user_tells_every_problem_and_has_its_code(
    capsys: pytest.CaptureFixture[str],
) -> None:
    error = ConfigurationError(
        [Problem("a.yaml, line 3", "must hold"), Problem("b.yaml", "must exist", "nothing", "Mend")]
    )
    assert tell_failure(error) == 3
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == [
        "The workspace's configuration has to be mended:",
        "- a.yaml, line 3: must hold.",
        "- b.yaml: must exist; got nothing. Mend",
    ]


def test_a_failure_of_the_program_tells_the_place_and_no_data(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TRIAGE_DEBUG", raising=False)
    assert tell_failure(failing_deep_inside()) == 70
    err = capsys.readouterr().err
    assert "TypeError at triage/errors.py:" in err
    assert "TRIAGE_DEBUG=1" in err
    assert MARKER not in err


def test_debugging_shows_the_way_there_and_still_no_data(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRIAGE_DEBUG", "1")
    tell_failure(failing_deep_inside())
    err = capsys.readouterr().err
    assert "close_match" in err
    assert MARKER not in err


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EACCES, errno.EROFS])
def test_a_full_disk_below_a_library_is_told_as_one(
    number: int, capsys: pytest.CaptureFixture[str]
) -> None:
    error = OSError(number, "No room", f"/somewhere/{MARKER}/runs.db")
    assert tell_failure(error) == 8
    err = capsys.readouterr().err
    assert "runs.db: could not be written; got No room" in err
    assert MARKER not in err


def test_main_ends_with_the_code_of_what_went_wrong(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["triage", "show", "latest", "--workspace", "/nowhere"])
    with pytest.raises(SystemExit, match="3"):
        triage.cli.main()
    assert "must be a workspace" in capsys.readouterr().err


def test_what_a_hostile_file_is_called_moves_no_cursor(capsys: pytest.CaptureFixture[str]) -> None:
    tell_failure(ConfigurationError(Problem("a\x1b[2J.yaml", "must exist", "\u202ecolumn")))
    assert "a[U+001B][2J.yaml: must exist; got [U+202E]column." in capsys.readouterr().err
