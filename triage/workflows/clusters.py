"""Fits on other machines: joblib's workers on a Dask cluster."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager
from typing import TYPE_CHECKING

import joblib

from triage.errors import Problem, TriageError
from triage.workflows.making import LEARNERS, version_of

if TYPE_CHECKING:
    from distributed import Client

__all__ = ["on_cluster"]

PATIENCE = "10s"


@contextmanager
def on_cluster(url: str | None) -> Iterator[None]:
    """Let whatever fits models within the block do so on a cluster's workers.

    Parameters
    ----------
    url : str or None
        Of a Dask scheduler, ``tcp://host:8786`` or ``tls://host:8786``; None for this machine.

    Raises
    ------
    TriageError
        Dask is not installed, the scheduler cannot be reached or has no workers, a worker has
        other code than this process, or the cluster broke off.

    Notes
    -----
    Each worker gets the values once, and holds them while it fits. What it returns is kept here as
    soon as it comes, so a training goes on after the cluster broke off. Workers have the same code
    and libraries, else the same training would not make the same models.
    """
    if url is None:
        yield
        return
    where = f"the cluster '{url}'"
    client = _connected(url, where)
    try:
        _check_workers(client, where)
        with _breaks_told(where), joblib.parallel_config(backend="dask", client=client):
            yield
    finally:
        client.close()


def _connected(url: str, where: str) -> Client:
    try:
        from distributed import Client
    except ImportError:
        raise TriageError(
            Problem(
                where,
                "needs Dask, which is not installed",
                mend="Install the extra with pip install 'referral-triage[dask]', or leave out "
                "--cluster and 'cluster' in configs/panel.yaml.",
            )
        ) from None
    try:
        return Client(url, timeout=PATIENCE, set_as_default=False)
    except (OSError, ValueError, TypeError) as error:
        raise TriageError(
            Problem(
                where,
                "must be a Dask scheduler that can be reached",
                type(error).__name__,
                "Check the address, as in tcp://host:8786, or leave out --cluster to fit on this "
                "machine.",
            )
        ) from None


def _check_workers(client: Client, where: str) -> None:
    """Raise where there are no workers, or one that would not fit what this process would."""
    here = _code()
    try:
        found = client.run(_code)
    except (ImportError, AttributeError) as error:
        raise TriageError(
            Problem(
                where,
                "every worker must have this package",
                type(error).__name__,
                "Install the same release on all of them.",
            )
        ) from None
    if not found:
        raise TriageError(
            Problem(where, "must have workers", "none", "Start some: 'dask worker URL'.")
        )
    if others := sum(one != here for one in found.values()):
        raise TriageError(
            Problem(
                where,
                "every worker must have the code and libraries of this machine",
                f"others on {others} of {len(found)}",
                "Install the same release from the same constraints on all of them.",
            )
        )


def _code() -> str:
    return f"Python {platform.python_version()} {version_of((*LEARNERS, 'joblib'))}"


@contextmanager
def _breaks_told(where: str) -> Iterator[None]:
    from distributed import KilledWorker
    from distributed.comm import CommClosedError

    try:
        yield
    except (CancelledError, CommClosedError, KilledWorker, TimeoutError) as error:
        raise TriageError(
            Problem(
                where,
                "broke off",
                type(error).__name__,
                "Fits that were done are kept: mend the cluster, or leave out --cluster, and run "
                "the command again.",
            )
        ) from error
