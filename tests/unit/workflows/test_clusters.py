"""Fits on a cluster's workers: the same models, and clear words where there is no cluster."""

from __future__ import annotations

import socket
import sys
import warnings
from collections.abc import Iterator

import joblib
import pytest

from tests.unit.learning.builders import boosting, invented, net, of_trees, settings
from triage.errors import TriageError
from triage.learning import Experiment, search_models, train
from triage.registry.estimator_files import dump_estimator
from triage.workflows import clusters
from triage.workflows.clusters import on_cluster

SEARCH = {"trials": 3, "test_days": 150, "parameters": {"max_leaf_nodes": [2, 4, 8]}}


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    """Return the address of a scheduler with two workers, each a process of this machine."""
    from distributed import LocalCluster

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with LocalCluster(
            n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address=None
        ) as made:
            yield made.scheduler_address


def trained() -> Experiment:
    specs, searches = search_models(
        [boosting(search=SEARCH), net(), of_trees("random_forest")],
        invented(2000),
        capacity=8,
        training=settings(),
    )
    return train(
        specs, invented(2000), capacity=8, training=settings(ensemble=2), searches=searches
    )


@pytest.mark.slow
@pytest.mark.dask
def test_a_cluster_makes_the_same_models_to_the_last_byte(cluster: str, monkeypatch) -> None:
    alone = trained()
    local = []
    monkeypatch.setattr("joblib.cpu_count", lambda: local.append(1) or 1)
    with on_cluster(cluster):
        together = trained()
    assert not local, "fits were made on this machine"
    assert [one.trials for one in alone.searches] == [one.trials for one in together.searches]
    for one, other in zip(alone.results, together.results, strict=True):
        assert (one.scores == other.scores).all()
        assert one.trained.spec == other.trained.spec
        assert one.trained.calibration == other.trained.calibration
        assert dump_estimator(one.trained.estimator) == dump_estimator(other.trained.estimator)
        members = zip(one.trained.ensemble, other.trained.ensemble, strict=True)
        assert all(dump_estimator(here) == dump_estimator(there) for here, there in members)


@pytest.mark.slow
@pytest.mark.dask
def test_workers_with_other_code_are_refused(cluster: str, monkeypatch) -> None:
    monkeypatch.setattr(clusters, "version_of", lambda _: "another")  # here, not there
    told = r"must have the code and libraries of this machine"
    with pytest.raises(TriageError, match=told), on_cluster(cluster):
        pytest.fail("it went on")


@pytest.mark.slow
@pytest.mark.dask
def test_a_cluster_that_breaks_off_is_told(cluster: str) -> None:
    from distributed import KilledWorker

    told = r"broke off; got KilledWorker. Fits that were done are"
    with pytest.raises(TriageError, match=told), on_cluster(cluster):
        raise KilledWorker("fit", "worker", 3)


@pytest.mark.dask
def test_a_cluster_that_is_not_there_is_told(monkeypatch) -> None:
    monkeypatch.setattr(clusters, "PATIENCE", "1s")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    told = r"must be a Dask scheduler that can be reached"
    with pytest.raises(TriageError, match=told), on_cluster(f"tcp://127.0.0.1:{port}"):
        pytest.fail("it went on")


def test_without_dask_the_extra_is_named(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    told = r"needs Dask, .* 'referral-triage\[dask\]'"
    with pytest.raises(TriageError, match=told), on_cluster("tcp://127.0.0.1:8786"):
        pytest.fail("it went on")


def test_without_an_address_this_machine_fits() -> None:
    with on_cluster(None):
        backend, _ = joblib.parallel.get_active_backend()
        assert isinstance(backend, joblib.parallel.LokyBackend)
