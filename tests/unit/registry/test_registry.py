"""Runs and versions, in a database that is made for each test from one empty one."""

from __future__ import annotations

import dataclasses
import json
import shutil
import socket
import sqlite3
import subprocess
import sys
from pathlib import Path

import mlflow
import numpy as np
import pytest
from mlflow.exceptions import MlflowException

from tests.unit.learning.builders import boosting, by_points, invented, net, settings
from triage.errors import NotFoundError, StorageError, TamperedError
from triage.learning import search_models, train
from triage.registry import Registry, tracking, waiting
from triage.registry import versions as versions_room
from triage.registry.local import stored_versions
from triage.workspace import Workspace


@pytest.fixture(scope="module")
def empty_database(tmp_path_factory):
    """Return an empty database; making one takes seconds, and tests only copy it."""
    folder = tmp_path_factory.mktemp("empty")
    Registry(Workspace(folder)).prepare()
    return folder / "registry" / "mlflow.db"


@pytest.fixture(scope="module")
def experiment():
    """Return an experiment, which is frozen."""
    specs = [boosting(), net(), by_points()]
    return train(specs, invented(), capacity=8, training=settings())


def registry_in(folder: Path, empty_database: Path) -> Registry:
    (folder / "registry").mkdir()
    shutil.copy(empty_database, folder / "registry" / "mlflow.db")
    return Registry(Workspace(folder))


@pytest.fixture
def registry(tmp_path, empty_database):
    return registry_in(tmp_path, empty_database)


def files_of(folder: Path, version, name):
    return folder / "registry/artifacts" / version.run_id / "artifacts/model" / name


def test_an_untouched_workspace_has_no_versions_and_gets_no_database(tmp_path):
    registry = Registry(Workspace(tmp_path))
    assert registry.list_versions() == []
    assert registry.champion() is None
    assert list(tmp_path.iterdir()) == []


def test_every_model_becomes_a_version_with_its_measures(registry, experiment):
    versions = registry.log_experiment(experiment, code_version="1.2.3")
    assert [(v.number, v.name, v.kind) for v in versions] == [
        (1, "boosting", "estimator"),
        (2, "net", "estimator"),
        (3, "points", "comparator"),
    ]
    for version, result in zip(versions, experiment.results, strict=True):
        for name, value in vars(result.pooled).items():
            np.testing.assert_equal(version.measures[name], value)
        assert version.fingerprint == experiment.fingerprint
        assert (version.code_version, version.outcome, version.horizon_days) == (
            "1.2.3",
            "harm",
            90,
        )
    assert [v.name for v in versions if v.proposed] == [experiment.proposal.name]


def test_versions_are_listed_newest_first_and_counted_on(registry, experiment):
    registry.log_experiment(experiment, code_version="1")
    registry.log_experiment(experiment, code_version="2")
    assert [v.number for v in registry.list_versions()] == [6, 5, 4, 3, 2, 1]


def test_every_trial_of_a_search_is_a_run_below_the_trainings(tmp_path, registry):
    search = {"method": "halving", "trials": 8, "test_days": 150}
    search["parameters"] = {"max_leaf_nodes": {"low": 2, "high": 12}, "learning_rate": [0.1, 0.2]}
    specs, searches = search_models(
        [boosting(search=search)], invented(3000), capacity=8, training=settings()
    )
    made = train(specs, invented(3000), capacity=8, training=settings(), searches=searches)
    (version,) = registry.log_experiment(made, code_version="1")
    client = mlflow.MlflowClient(f"sqlite:///{tmp_path / 'registry' / 'mlflow.db'}")
    model = client.get_run(version.run_id)
    trials = [
        run
        for run in client.search_runs([model.info.experiment_id], "tags.kind = 'trial'")
        if run.data.tags["mlflow.parentRunId"] == model.data.tags["mlflow.parentRunId"]
    ]
    (found,) = searches
    assert len(trials) == len(found.trials) >= 8
    (best,) = [run for run in trials if run.data.tags["chosen"] == "true"]
    assert best.data.metrics["harm_captured"] == found.chosen.rounds[-1].mean
    assert best.data.metrics["people_share"] == 1.0
    assert len(client.get_metric_history(best.info.run_id, "harm_captured")) == 2
    told = {name: str(value) for name, value in found.chosen.parameters.items()}
    assert best.data.params == {f"parameter_{name}": value for name, value in told.items()}
    assert {run.info.status for run in trials} == {"FINISHED"}
    assert registry.load(version.number).spec.parameters == found.chosen.parameters


def test_versions_read_without_mlflow_are_those_that_it_tells(
    tmp_path, registry, experiment, monkeypatch
):
    registry.log_experiment(experiment, code_version="1")
    registry.promote(2)
    asked = []
    ask = Registry._ask_mlflow
    monkeypatch.setattr(Registry, "_ask_mlflow", lambda own: asked.append(own) or ask(own))
    quickly = registry.list_versions()
    assert asked == []
    with sqlite3.connect(tmp_path / "registry" / "mlflow.db") as database:
        (form,) = database.execute("SELECT version_num FROM alembic_version").fetchone()
        database.execute("UPDATE alembic_version SET version_num = 'another'")
    assert (
        stored_versions(tmp_path / "registry" / "mlflow.db", "referral-triage", "champion") is None
    )
    with sqlite3.connect(tmp_path / "registry" / "mlflow.db") as database:
        database.execute("UPDATE alembic_version SET version_num = ?", (form,))
    monkeypatch.setattr(versions_room, "stored_versions", lambda *_: None)
    assert [version.number for version in quickly] == [3, 2, 1]
    assert registry.list_versions() == quickly
    assert asked == [registry]


def test_listing_versions_does_not_wait_for_mlflow(tmp_path, registry, experiment):
    registry.log_experiment(experiment, code_version="1")
    program = (
        "import sys; from pathlib import Path; from triage.registry import Registry;"
        "from triage.workspace import Workspace;"
        "print(len(Registry(Workspace(Path(sys.argv[1]))).list_versions()),"
        "[name for name in ('mlflow', 'pandera', 'skops') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, tmp_path], capture_output=True, text=True, check=True
    )
    assert done.stdout.split(maxsplit=1) == ["3", "[]\n"]


def test_the_same_model_has_the_same_hash(registry, experiment):
    first = registry.log_experiment(experiment, code_version="1")
    second = registry.log_experiment(experiment, code_version="1")
    assert [v.sha256 for v in first] == [v.sha256 for v in second]
    assert len({v.sha256 for v in first}) == 3


def test_a_model_comes_back_as_it_was(registry, experiment):
    matrix = invented(seed=9).matrix
    for version in registry.log_experiment(experiment, code_version="1"):
        model, kept = registry.load(version.number), experiment.result(version.name).trained
        assert (model.score(matrix) == kept.score(matrix)).all()
        for name in (f.name for f in dataclasses.fields(kept) if f.name != "estimator"):
            assert getattr(model, name) == getattr(kept, name)


def test_a_champion_is_who_was_promoted_last(registry, experiment):
    registry.log_experiment(experiment, code_version="1")
    assert registry.champion() is None
    assert registry.promote(2).is_champion
    assert registry.promote(1).number == 1
    assert registry.champion().number == 1
    assert [v.number for v in registry.list_versions() if v.is_champion] == [1]


def test_a_version_that_there_is_not_is_told_with_those_that_there_are(registry, experiment):
    with pytest.raises(NotFoundError, match=r"got an empty registry. Run 'triage train' first"):
        registry.promote(1)
    registry.log_experiment(experiment, code_version="1")
    with pytest.raises(NotFoundError, match=r"version 9: .* got versions 3, 2, 1\. See"):
        registry.load(9)


@pytest.mark.parametrize("name", ["model.json", "estimator.skops"])
def test_a_changed_file_is_refused(tmp_path, registry, experiment, name):
    version = registry.log_experiment(experiment, code_version="1")[0]
    path = files_of(tmp_path, version, name)
    path.write_bytes(path.read_bytes()[:-1] + b" ")
    with pytest.raises(TamperedError, match=f"model version 1, {name}: must have the hash"):
        registry.load(1)


def test_a_changed_estimator_is_refused_also_where_its_own_hash_was_changed(
    tmp_path, registry, experiment
):
    boosted, linear, _ = registry.log_experiment(experiment, code_version="1")
    for name in ("model.json", "estimator.skops"):
        shutil.copy(files_of(tmp_path, linear, name), files_of(tmp_path, boosted, name))
    with pytest.raises(TamperedError, match=r"model version 1, model\.json"):
        registry.load(1)


def test_a_missing_file_is_told(tmp_path, registry, experiment):
    version = registry.log_experiment(experiment, code_version="1")[1]
    files_of(tmp_path, version, "estimator.skops").unlink()
    with pytest.raises(NotFoundError, match=r"model version 2, estimator\.skops: .* no such file"):
        registry.load(2)


def test_a_workspace_may_be_moved(tmp_path, empty_database, experiment):
    (tmp_path / "old").mkdir()
    registry_in(tmp_path / "old", empty_database).log_experiment(experiment, code_version="1")
    (tmp_path / "old").rename(tmp_path / "new")
    moved = Registry(Workspace(tmp_path / "new"))
    assert moved.load(1).name == "boosting"
    moved.log_experiment(experiment, code_version="1")
    assert moved.load(4).name == "boosting"
    assert not (tmp_path / "old").exists()


def test_files_are_for_their_owner_alone(empty_database):
    assert empty_database.stat().st_mode & 0o777 == 0o600
    assert empty_database.parent.stat().st_mode & 0o777 == 0o700


def test_an_analyst_finds_runs_and_measures_in_mlflow(tmp_path, registry, experiment):
    registry.log_experiment(experiment, code_version="1")
    with sqlite3.connect(tmp_path / "registry/mlflow.db") as database:
        runs = database.execute("select name, status from runs order by start_time").fetchall()
        steps = database.execute(
            "select distinct step from metrics where key = 'period_harm_captured'"
        ).fetchall()
    assert runs[0] == ("train harm", "FINISHED")
    assert {name for name, _ in runs[1:]} == {"boosting", "net", "points"}
    assert sorted(steps) == [(1,), (2,)]
    (measures,) = (tmp_path / "registry/artifacts").glob("*/artifacts/measures.json")
    assert len(json.loads(measures.read_text())["measures"]) == 9


def test_a_server_that_is_down_is_told_before_the_work(tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        uri = f"http://127.0.0.1:{free.getsockname()[1]}"
        with pytest.raises(
            StorageError, match=r"the registry: could not be opened; .*tracking_uri"
        ):
            Registry(Workspace(tmp_path), uri).prepare()


class Failing:
    """An mlflow client that fails at the call of this number, and at each after it."""

    def __init__(self, client, left):
        self._client, self._left = client, left

    def __getattr__(self, name):
        own = getattr(self._client, name)

        def call(*arguments, **options):
            if self._left == 0:
                raise MlflowException("the server is gone")
            self._left -= 1
            return own(*arguments, **options)

        return call


@pytest.mark.parametrize("calls", [0, 3, 4, 5, 6, 9, 12, 13, 17, 18])
def test_what_a_failing_server_did_not_get_waits_and_is_sent_once(
    tmp_path, registry, experiment, monkeypatch, calls
):
    with monkeypatch.context() as patch:
        patch.setattr(versions_room, "connect", lambda uri: Failing(tracking.connect(uri), calls))
        with pytest.raises(
            StorageError, match=r"waits in registry/waiting/0001/\. Once the server"
        ):
            registry.log_experiment(experiment, code_version="1")
    assert registry.waiting == ("0001",)
    sent = registry.send_waiting()
    assert [(one.number, one.name) for one in sent] == [(1, "boosting"), (2, "net"), (3, "points")]
    assert registry.list_versions() == sent[::-1]
    for version in sent:
        kept = experiment.result(version.name).trained
        matrix = invented(seed=9).matrix
        assert (registry.load(version.number).score(matrix) == kept.score(matrix)).all()
    with sqlite3.connect(tmp_path / "registry/mlflow.db") as database:
        runs = database.execute(
            "select name, status from runs where lifecycle_stage = 'active' order by start_time"
        ).fetchall()
    assert len(runs) == 4
    assert {status for _, status in runs} == {"FINISHED"}
    assert registry.waiting == ()
    assert registry.send_waiting() == []


@pytest.mark.parametrize("note", [1, 2, 3, 4, 8])
def test_a_training_that_is_killed_between_two_notes_is_sent_once(
    registry, experiment, monkeypatch, note
):
    left = iter(range(note, 0, -1))

    def killed(*arguments):
        if next(left) == 1:
            raise KeyboardInterrupt
        write_note(*arguments)

    write_note = waiting._note
    with monkeypatch.context() as patch:
        patch.setattr(waiting, "_note", killed)
        with pytest.raises(KeyboardInterrupt):
            registry.log_experiment(experiment, code_version="1")
    assert [one.name for one in registry.send_waiting()] == ["boosting", "net", "points"]
    assert [version.number for version in registry.list_versions()] == [3, 2, 1]


def test_what_waits_is_sent_whole_where_the_server_was_set_up_anew(
    tmp_path, registry, empty_database, experiment, monkeypatch
):
    with monkeypatch.context() as patch:
        patch.setattr(versions_room, "connect", lambda uri: Failing(tracking.connect(uri), 10))
        with pytest.raises(StorageError, match="the server is gone"):
            registry.log_experiment(experiment, code_version="1")
    shutil.copy(empty_database, tmp_path / "registry" / "mlflow.db")
    assert [version.number for version in registry.send_waiting()] == [1, 2, 3]


def test_another_database_may_be_named_by_its_uri(tmp_path, empty_database, experiment):
    shutil.copy(empty_database, tmp_path / "elsewhere.db")
    registry = Registry(Workspace(tmp_path), f"sqlite:///{tmp_path}/elsewhere.db")
    registry.log_experiment(experiment, code_version="1")
    assert registry.promote(3).name == "points"
    assert registry.load(2).name == "net"
    assert list((tmp_path / "registry").iterdir()) == []


def test_mlflow_says_nothing(tmp_path, registry, experiment, capfd, caplog):
    registry.log_experiment(experiment, code_version="1")
    registry.load(1)
    assert capfd.readouterr() == ("", "")
    assert caplog.records == []
