"""Fits that are kept while a training runs: what comes back, and what is not trusted."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import numpy as np
import pytest

from tests.unit.learning.builders import TREES, invented, net, of_trees, settings
from triage.learning import Fit, train
from triage.learning.calibration import Calibration
from triage.registry import FitFiles
from triage.registry.estimator_files import dump_estimator

NAME = "a" * 64
PLAIN = Fit(None, (2, 0), np.array([0.1, -np.inf, np.nan]), Calibration(1.5, -0.25, 7), ("ω",))


def files_in(folder: Path, version: str = "1") -> FitFiles:
    return FitFiles(folder / "fits", version)


def only_file(folder: Path) -> Path:
    (path,) = (folder / "fits").iterdir()
    return path


def test_a_fit_comes_back_to_the_last_bit(tmp_path: Path) -> None:
    files_in(tmp_path).write(NAME, PLAIN)
    back = files_in(tmp_path).read(NAME)
    assert back is not None
    assert back.base_log_odds.tobytes() == PLAIN.base_log_odds.tobytes()
    assert (back.columns, back.calibration, back.notes) == ((2, 0), PLAIN.calibration, ("ω",))
    assert back.estimator is None
    assert back.problem is None
    assert files_in(tmp_path).read("b" * 64) is None


@pytest.mark.parametrize("spec", [net(), *map(of_trees, TREES)], ids=lambda spec: spec.name)
def test_an_estimator_has_the_same_bytes_after_it_was_kept(spec, tmp_path: Path) -> None:
    estimator = (
        train([spec], invented(), capacity=8, training=settings(folds=1))
        .results[0]
        .trained.estimator
    )
    files_in(tmp_path).write(NAME, Fit(estimator, (0,), np.empty(0)))
    back = files_in(tmp_path).read(NAME)
    assert back is not None
    assert dump_estimator(back.estimator) == dump_estimator(estimator)


def test_other_code_finds_nothing(tmp_path: Path) -> None:
    files_in(tmp_path, "1").write(NAME, PLAIN)
    assert files_in(tmp_path, "2").read(NAME) is None


def test_a_damaged_file_is_as_none(tmp_path: Path) -> None:
    files_in(tmp_path).write(NAME, PLAIN)
    path = only_file(tmp_path)
    whole = path.read_bytes()
    for position in range(0, len(whole), 11):
        path.write_bytes(whole[:position] + bytes([whole[position] ^ 1]) + whole[position + 1 :])
        assert files_in(tmp_path).read(NAME) is None
    for length in (0, 10, 32, len(whole) - 1):
        path.write_bytes(whole[:length])
        assert files_in(tmp_path).read(NAME) is None
    path.write_bytes(whole)
    assert files_in(tmp_path).read(NAME) is not None


def test_nothing_in_a_file_is_run(tmp_path: Path) -> None:
    files_in(tmp_path).write(NAME, PLAIN)
    path = only_file(tmp_path)
    stream = io.BytesIO()
    np.save(stream, np.asarray([{"an": "object"}], dtype=object), allow_pickle=True)
    for body in (stream.getvalue(), b"", b"not an array"):
        path.write_bytes(hashlib.sha256(path.name.encode() + body).digest() + body)
        assert files_in(tmp_path).read(NAME) is None


def test_what_is_kept_is_its_owners_alone(tmp_path: Path) -> None:
    files_in(tmp_path).write(NAME, PLAIN)
    assert (tmp_path / "fits").stat().st_mode & 0o777 == 0o700
    assert only_file(tmp_path).stat().st_mode & 0o777 == 0o600


def test_a_folder_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "fits").write_text("a file where the folder should be")
    files = files_in(tmp_path)
    files.write(NAME, PLAIN)
    files.forget_others()
    assert files.read(NAME) is None


def test_what_a_training_did_not_use_is_forgotten_when_it_is_done(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        files_in(tmp_path).write(name, PLAIN)
    files = files_in(tmp_path)
    assert files.read("a") is not None
    files.write("d", PLAIN)
    files.forget_others()
    assert files.taken == 1
    kept = [name for name in "abcd" if files_in(tmp_path).read(name) is not None]
    assert kept == ["a", "d"]
