"""An as-of date that is still to come gets a word beside what is made of it."""

from __future__ import annotations

import datetime

import pytest
from typer.testing import CliRunner

import triage.workflows
from triage.cli import application, program


@pytest.mark.parametrize(("as_of", "is_told"), [("2026-03-01", False), ("2026-03-02", True)])
def test_a_date_that_is_still_to_come_is_told(
    monkeypatch: pytest.MonkeyPatch, as_of: str, is_told: bool
) -> None:
    now = datetime.datetime(2026, 3, 1, 12, tzinfo=datetime.UTC)
    monkeypatch.setattr(program, "now", lambda: now)
    monkeypatch.setattr(triage.workflows, "load_project", lambda workspace: workspace)
    monkeypatch.setattr(triage.workflows, "write_features", lambda project, **_: (3, 2))
    done = CliRunner().invoke(application, ["features", "--as-of", as_of, "--output", "F.parquet"])
    assert done.exit_code == 0
    assert ("2026-03-02 is still to come" in done.stderr) == is_told
