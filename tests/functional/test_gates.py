"""A planted leak and a planted unfairness do not get to rank; what passes does, and may go back."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.functional.test_leakage import TODAY, Silent, plant
from triage.workflows import load_project, read_accepted

ACKNOWLEDGED = """
    - alarm: golden_feature
      subject: reviews_365d
      reason: to see whether a gate bars it
      by: a test
      on: 2026-01-01
    - {alarm: auc_ceiling, reason: to see whether a gate bars it, by: a test, on: 2026-01-01}
"""
BY_AREA = """
title: Letters, of which only the people of one area get any
features:
  - name: letters
    measure: count
    where: {type: homelessness, agency: programme}
    windows: [ever]
    meaning: "{value} {letter|letters} {window}"
    unit: letters
    direction: none
    missing: none is on record
"""
LETTERS = """
agency: programme
table: events
read: {csv: data/letters.csv}
columns: {event_id: ID, person_id: WHO, happened_on: DATED}
defaults: {type: homelessness}
known_lag_days: 0
"""
UNFAIR = """
name: unfair
title: Letters first
purpose: A planted unfairness.
kind: comparator
source: this test
points:
  - {feature: letters_ever, weight: 1000}
  - {feature: incidents_365d, weight: 1}
"""


def plant_letters(workspace: Path) -> None:
    """Give everybody of one area a letter long ago."""
    project = load_project(workspace)
    people = read_accepted(project, today=TODAY, progress=Silent()).histories.people
    rows = [
        f"{number},{person},2015-01-01"
        for number, (person, area) in enumerate(
            zip(people["person_id"].to_pylist(), people["area"].to_pylist(), strict=True)
        )
        if area == "south"
    ]
    (workspace / "data" / "letters.csv").write_text("\n".join(["ID,WHO,DATED", *rows, ""]))
    (workspace / "configs" / "sources" / "letters.yaml").write_text(LETTERS)
    (workspace / "pipelines" / "letters.yaml").write_text(BY_AREA)
    (workspace / "models" / "unfair.yaml").write_text(UNFAIR)


@pytest.fixture(scope="module")
def planted(program, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("gates") / "planted"
    program.must("demo", folder, "--people", 4000, "--data-only")
    panel = folder / "configs" / "panel.yaml"
    text = panel.read_text().replace("folds: 3", "folds: 1")
    text = text.replace("test_days: 182", "test_days: 800")
    panel.write_text(text.replace("minimum_positives: 20", "minimum_positives: 5"))
    for name in ("hist_gradient_boosting", "two_features", "assessment_grade"):
        (folder / "models" / f"{name}.yaml").unlink()
    plant(folder)
    plant_letters(folder)
    return folder


def versions(program, workspace: Path) -> dict[str, int]:
    listed = program.must("models", "--format", "json", "--workspace", workspace).out
    return {row["model"]: row["version"] for row in reversed(json.loads(listed))}


@pytest.mark.slow
def test_a_planted_leak_and_a_planted_unfairness_may_not_rank(program, planted) -> None:
    at = ("--workspace", planted)
    stopped = program("train", *at)
    assert stopped.code == 10
    assert "alarm 'golden_feature', reviews_365d" in stopped.err
    assert "leakage.acknowledged" in stopped.err
    assert versions(program, planted) == {}

    panel = planted / "configs" / "panel.yaml"
    text = panel.read_text()
    panel.write_text(text.replace("  acknowledged:\n", f"  acknowledged:{ACKNOWLEDGED}"))
    program.must("train", *at)
    made = versions(program, planted)

    leaky = program("promote", made["elastic_net"], *at)
    assert leaky.code == 11
    assert "gate 'leakage': alarm 'golden_feature', reviews_365d" in leaky.err
    assert "--because" in leaky.err

    unfair = program("promote", made["unfair"], *at)
    assert unfair.code == 11
    assert "gate 'fairness'" in unfair.err
    assert "area 'south' without it are within capacity more often" in unfair.err
    assert "gate 'leakage'" not in unfair.err

    listed = program.must("rank", "--as-of", "2026-01-01", *at)
    assert "WARNING: no version is champion." in listed.err
    shown = program.must("show", "latest", *at).out
    assert "No model is approved for this panel." in shown
    (folder,) = (planted / "lists").iterdir()
    assert "No model is approved for this panel." in (folder / "list.html").read_text()


@pytest.mark.slow
def test_an_override_and_a_rollback_are_on_record(program, ranked) -> None:
    at = ("--workspace", ranked)
    only = program("rollback", "--because", "nothing to go back to", *at)
    assert only.code == 7
    assert "must hold an earlier champion to go back to" in only.err
    done = program.must("promote", 2, "--by", "A. Chair", "--because", "to see", *at)
    assert re.search(r"Version 2 .* is the champion", done.err)
    written = (ranked / "models" / "cards" / "version-2" / "card.md").read_text()
    assert "OVERRIDDEN, because: to see" in written
    assert program.must("card", 2, *at).out == written
    kept = (ranked / "registry" / "artifacts").glob("*/artifacts/card/atrs.md")
    assert program.must("card", 2, "--atrs", *at).out in {path.read_text() for path in kept}
    back = program.must("rollback", "--because", "seen", *at)
    assert "Version 1 " in back.err
    assert "is the champion again" in back.err
    assert "Nobody has approved this version" in program.must("card", 2, *at).out
    told = program.must("models", *at).err
    assert "Version 1 " in told
    assert "to be tested again by" in told


def test_the_gates_fit_the_rest_of_the_workspace(program, workspace) -> None:
    panel = workspace / "configs" / "panel.yaml"
    text = panel.read_text().replace("fallback:", "fallback: elastic_net")
    panel.write_text(text.replace("calibration_slope: [0.7, 1.4]", "calibration_slope: [2, 1]"))
    fairness = workspace / "configs" / "fairness.yaml"
    fairness.write_text(fairness.read_text().replace("person.sex,", "person.sexx,"))
    done = program("models", "--workspace", workspace)
    assert done.code == 3
    assert "'fallback' must be a comparator of models/" in done.err
    assert "'person.sexx' is not. Did you mean 'person.sex'?" in done.err
    assert "configs/fairness.yaml, line 6: " in done.err
    assert "'calibration_slope' must be a lower bound and a higher one" in done.err


def test_a_tracking_server_that_is_down_stops_a_training_before_its_work(
    program, workspace
) -> None:
    panel = workspace / "configs" / "panel.yaml"
    panel.write_text(panel.read_text() + "\ntracking_uri: http://127.0.0.1:9\n")
    env = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0"}
    done = program("train", "--workspace", workspace, env=env)
    assert done.code == 8
    assert "the registry: could not be opened" in done.err
    assert "tracking_uri" in done.err
    assert "Reading and checking" not in done.err
