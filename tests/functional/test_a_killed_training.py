"""A training that was killed half-way is gone on with, and ends with the same models."""

from __future__ import annotations

import signal
import subprocess
import time
from pathlib import Path

import pytest


def models(workspace: Path) -> list[bytes]:
    """Return the bytes of every model file of the registry."""
    folder = workspace / "registry" / "artifacts"
    found = [path for path in folder.rglob("*") if path.parent.name == "model"]
    assert found
    return sorted(path.read_bytes() for path in found)


@pytest.mark.slow
def test_a_killed_training_makes_only_what_is_left(program, workspace, trained) -> None:
    kept = workspace / "cache" / "fits"
    running = subprocess.Popen(
        [program.path, "train", "--workspace", workspace],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=program.environment(),
    )
    while running.poll() is None and len(list(kept.glob("[!.]*"))) < 4:
        time.sleep(0.001)
    running.send_signal(signal.SIGKILL)
    assert running.wait() == -signal.SIGKILL, "it was done before it could be killed"
    assert not list((workspace / "registry").rglob("model.json"))
    before = {path.name: path.stat().st_mtime_ns for path in kept.glob("[!.]*")}

    done = program.must("train", "--workspace", workspace)
    after = {path.name: path.stat().st_mtime_ns for path in kept.iterdir()}
    assert f"{len(before)} fits of the same data, models and code were taken" in done.err
    assert {name: after[name] for name in before} == before
    assert len(after) > len(before)
    assert models(workspace) == models(trained)


def test_what_is_made_anew_is_neither_taken_nor_kept(program, workspace) -> None:
    for path in (workspace / "models").glob("*.yaml"):
        if path.stem != "two_features":
            path.unlink()
    program.must("train", "--no-cache", "--workspace", workspace)
    assert not (workspace / "cache" / "fits").exists()
