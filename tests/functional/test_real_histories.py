"""The engine, unchanged, on real histories of another field, through YAML alone.

The histories are public complaint records of Chicago's police, too large and too personal to keep
with the code. They are read where the variable TRIAGE_REAL_DATA says.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.conftest import real_data_folder

pytestmark = [pytest.mark.real_data, pytest.mark.slow]

WORKSPACE = Path(__file__).resolve().parents[1] / "workspaces" / "chicago"


def test_real_histories_are_checked_learned_from_and_ranked(program, tmp_path) -> None:
    workspace = Path(shutil.copytree(WORKSPACE, tmp_path / "chicago"))
    at = ("--workspace", workspace)
    env = {"TRIAGE_REAL_DATA": str(real_data_folder().resolve())}

    checked = json.loads(program.must("check", *at, "--format", "json", env=env).out)
    by_source = {row["source"]: row for row in checked}
    assert by_source["people"]["accepted"] == 28_551
    assert by_source["referrals"]["accepted"] == 255_406
    assert by_source["moves"]["rejected"] == 2  # before the person was born
    assert (
        by_source["settlements"]["never_known"]
        == by_source["settlements"]["read"] - (by_source["settlements"]["not_for_this_source"])
    )
    assert sum(row["accepted"] for row in checked if row["table"] == "events") == 586_026 - 2

    trained = json.loads(program.must("train", *at, "--format", "json", env=env).out)
    auc = {row["model"]: row["auc"] for row in trained}
    print("AUC, serious complaint within two years:", auc)
    # A plain gradient boosting over windowed counts has .76 on these. Far more would be a leak.
    assert 0.76 < auc["boosted"] < 0.82
    assert 0.75 < auc["elastic_net"] < 0.82
    assert auc["complaint_count"] < auc["two_features"] < auc["boosted"]
    assert auc["plain_boosting"] < auc["boosted"]

    (version,) = (row["version"] for row in trained if row["model"] == "boosted")
    program.must("promote", version, *at, env=env)
    watched = program.must("monitor", "--as-of", "2012-07-01", *at, "--format", "json", env=env)
    levels = {(row["measure"], row["subject"]): row["level"] for row in json.loads(watched.out)}
    assert levels["scores", ""] == levels["sources", "complaints"] == "nothing"
    panel = workspace / "configs" / "panel.yaml"
    panel.write_text(panel.read_text().replace("route: annual", "route: arrival"))
    done = program.must("rank", "--as-of", "2012-06-01", *at, env=env)
    folder = Path(done.out.strip()).parent
    ranked = pq.read_table(folder / "referrals.parquet")
    assert ranked.num_rows > 300
    assert set(ranked["route"].to_pylist()) == {"arrival"}
    shown = program.must("show", "latest", *at, "--format", "json")
    assert json.loads(shown.out)


def test_another_outcome_is_learned_by_yaml_alone(program, tmp_path) -> None:
    workspace = Path(shutil.copytree(WORKSPACE, tmp_path / "chicago"))
    for path in (workspace / "models").glob("*.yaml"):
        if path.stem not in ("elastic_net", "complaint_count"):
            path.unlink()
    asked = workspace / "configs" / "outcome.yaml"
    text = asked.read_text()
    asked.write_text(text.replace("primary: serious_730", "primary: domestic_365"))
    env = {"TRIAGE_REAL_DATA": str(real_data_folder().resolve())}
    done = program.must("train", "--workspace", workspace, "--format", "json", env=env)
    auc = {row["model"]: row["auc"] for row in json.loads(done.out)}
    assert 0.7 < auc["elastic_net"] < 0.8
    assert auc["elastic_net"] > auc["complaint_count"]
