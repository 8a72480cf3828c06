"""A tracking server of its own, which goes away while a training is under way."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

FITS_SEEN = 3
"""Fits that are made when the server is killed: the work has begun, and is not done."""


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextmanager
def tracking_server(folder: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """Start mlflow's own server over a database in a folder; it is gone afterwards."""
    folder.mkdir(exist_ok=True)
    store = ["--backend-store-uri", f"sqlite:///{folder / 'mlflow.db'}"]
    files = ["--artifacts-destination", str(folder / "artifacts"), "--workers", "1"]
    running = subprocess.Popen(
        [sys.executable, "-m", "mlflow", "server", "--port", str(port), *store, *files],
        cwd=folder,
        env={**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        for _ in range(1200):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5).close()
                break
            except OSError:
                assert running.poll() is None, "the server ended by itself"
                time.sleep(0.1)
        yield running
    finally:
        killed(running)


def killed(server: subprocess.Popen[bytes]) -> None:
    """Kill a server with the workers that it started."""
    if server.poll() is None:
        os.killpg(server.pid, signal.SIGKILL)
    server.wait()


@pytest.mark.slow
def test_a_server_that_is_killed_during_a_training_gets_it_afterwards(
    program, workspace, tmp_path
) -> None:
    port, at = free_port(), ("--workspace", workspace)
    env = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0"}
    panel = workspace / "configs" / "panel.yaml"
    panel.write_text(panel.read_text() + f"\ntracking_uri: http://127.0.0.1:{port}\n")
    with tracking_server(tmp_path / "server", port) as server:
        running = subprocess.Popen(
            [program.path, "train", *at],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=program.environment(env),
        )
        kept = workspace / "cache" / "fits"
        while running.poll() is None and len(list(kept.glob("[!.]*"))) < FITS_SEEN:
            time.sleep(0.01)
        assert running.poll() is None, running.communicate()[1]
        killed(server)
        _, said = running.communicate(timeout=600)
    assert running.returncode == 8, said
    said = " ".join(said.split())
    assert "the registry: could not keep the experiment" in said
    assert "all of it waits in registry/waiting/0001/" in said
    waiting = workspace / "registry" / "waiting" / "0001"
    assert len(list(waiting.glob("*/model/model.json"))) == 3
    assert program("models", "--send", *at, env=env).code == 8
    assert waiting.is_dir()

    with tracking_server(tmp_path / "server", port):
        told = program.must("models", *at)
        assert "1 training(s) wait in registry/waiting/" in told.err
        done = program.must("models", "--send", "--format", "json", *at)
        assert "Registered from an earlier training" in done.err
        versions = json.loads(done.out)
        assert [row["version"] for row in versions] == [3, 2, 1]
        assert not waiting.parent.exists()
        program.must("promote", 1, "--because", "a test", *at)
        assert (workspace / "models" / "cards").is_dir()
