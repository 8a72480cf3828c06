"""`triage check --leakage`: a leak that was planted is found out and named, and nothing else is."""

from __future__ import annotations

import datetime
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import real_data_folder
from triage.conditions import Truth, evaluate
from triage.timeline import NEVER, build_timeline
from triage.workflows import load_project, read_accepted

TODAY = datetime.date(2026, 11, 1)
PIPELINE = """
title: Reviews that somebody wrote back to an earlier day
features:
  - name: reviews
    measure: count
    where: {type: cara_course, agency: programme}
    windows: [365]
    meaning: "{value} {review|reviews} {window}"
    unit: reviews
    direction: none
    missing: none is on record
"""
SOURCE = """
agency: programme
table: events
read: {csv: data/reviews.csv}
columns: {event_id: ID, person_id: WHO, happened_on: DATED}
defaults: {type: cara_course}
known_lag_days: 0
"""


class Silent:
    """Progress that nobody watches."""

    def stage(self, name: str, total: int | None = None) -> None: ...

    def advance(self, count: int = 1) -> None: ...


def plant(workspace: Path) -> None:
    """Date a review of everybody who did high harm back to a year before it, as known at once."""
    project = load_project(workspace)
    histories = read_accepted(project, today=TODAY, progress=Silent()).histories
    timeline = build_timeline(histories, project.scale)
    condition = project.outcomes.primary.any_event
    assert condition is not None
    harm = evaluate(condition, timeline.columns).truth == Truth.YES
    person = np.repeat(timeline.person_ids.to_numpy(zero_copy_only=False), np.diff(timeline.starts))
    rows = [
        f"{number},{person[event]},{np.datetime64(int(timeline.happened[event]) - 360, 'D')}"
        for number, event in enumerate(np.flatnonzero(harm & (timeline.known != NEVER)))
    ]
    (workspace / "data" / "reviews.csv").write_text("\n".join(["ID,WHO,DATED", *rows, ""]))
    (workspace / "configs" / "sources" / "reviews.yaml").write_text(SOURCE)
    (workspace / "pipelines" / "reviews.yaml").write_text(PIPELINE)


@pytest.fixture
def tested(program, tmp_path: Path) -> Path:
    """Return a workspace with as many outcomes to test on as it takes to tell skill from luck."""
    folder = tmp_path / "tested"
    program.must("demo", folder, "--people", 4000, "--data-only")
    panel = folder / "configs" / "panel.yaml"
    text = panel.read_text().replace("folds: 3", "folds: 1")
    text = text.replace("test_days: 182", "test_days: 800")
    panel.write_text(text.replace("minimum_positives: 20", "minimum_positives: 5"))
    return folder


def proofs(done) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(done.out)
    return found


@pytest.mark.slow
def test_an_honest_workspace_passes_every_proof(program, tested) -> None:
    done = program.must("check", "--leakage", "--format", "json", "--workspace", tested)
    found = proofs(done)
    assert {row["result"] for row in found} == {"passed"}
    assert [row["proof"] for row in found].count("future changed") == 3
    assert {row["proof"] for row in found} >= {"shuffled outcomes", "single feature"}
    written = (tested / "results" / "check" / "leakage.csv").read_text()
    assert len(written.splitlines()) == len(found) + 1


@pytest.mark.slow
def test_a_planted_leak_is_named(program, tested) -> None:
    plant(tested)
    panel = tested / "configs" / "panel.yaml"
    panel.write_text(panel.read_text().replace("auc_ceiling: 0.85", "auc_ceiling: 0.86"))
    done = program("check", "--leakage", "--format", "json", "--workspace", tested)
    assert done.code == 10
    (failed,) = [row for row in proofs(done) if row["result"] == "failed"]
    assert (failed["proof"], failed["subject"]) == ("single feature", "reviews_365d")
    assert float(str(failed["value"])) > 0.9
    assert failed["limit"] == 0.86
    assert "A proof against leakage failed" in done.err
    assert "proof 'single feature', reviews_365d" in done.err
    assert "auc_ceiling" in done.err


def test_a_source_that_nobody_dates_is_refused_and_may_say_so(program, workspace) -> None:
    source = workspace / "configs" / "sources" / "probation_supervision.yaml"
    text = source.read_text()
    lag = next(line for line in text.splitlines() if line.startswith("known_lag_days:"))
    source.write_text(text.replace(lag, ""))
    at = ("--workspace", workspace)
    checked = json.loads(program.must("check", "--format", "json", *at).out)
    (row,) = [row for row in checked if row["source"] == "probation_supervision"]
    assert row["never_known"] == row["accepted"] > 0
    output = workspace / "features.parquet"
    made = ("features", "--as-of", "2025-06-01", "--output", output, *at)
    refused = program(*made)
    assert refused.code == 3
    assert "probation_supervision.yaml: a source of events must say when they" in refused.err
    assert not output.exists()
    source.write_text(text.replace(lag, "never_history: true"))
    program.must(*made)
    assert output.exists()


@pytest.mark.real_data
@pytest.mark.slow
def test_settlements_forced_into_real_histories_are_found_out(program, tmp_path) -> None:
    checkout = Path(__file__).resolve().parents[1]
    workspace = Path(shutil.copytree(checkout / "workspaces" / "chicago", tmp_path / "chicago"))
    env = {"TRIAGE_REAL_DATA": str(real_data_folder().resolve())}
    asked = ("check", "--leakage", "--format", "json", "--workspace", workspace)
    assert {row["result"] for row in proofs(program.must(*asked, env=env))} == {"passed"}
    source = workspace / "configs" / "sources" / "settlements.yaml"
    source.write_text(source.read_text().replace("never_history: true", "known_lag_days: 0"))
    done = program(*asked, env=env)
    assert done.code == 10
    (failed,) = [row for row in proofs(done) if row["result"] == "failed"]
    assert (failed["proof"], failed["subject"]) == ("declared lag", "settlements")
