"""Where features are kept: what is on the disk, what is trusted, and what is let go."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import os
from pathlib import Path

import numpy as np
import pytest

from triage.errors import StorageError
from triage.features import Part
from triage.workflows import forget_features
from triage.workflows.making import FeatureShelf, feature_maker, made_anew
from triage.workflows.project import load_project
from triage.workspace import Workspace

NAME = "a" * 64
PART = Part(("1" * 64, "2" * 64), np.asarray([[1.0, np.nan, 3.0], [-0.0, 5.0, 6.0]]))
CHECKOUT = Path(__file__).resolve().parents[3]


def shelf_in(folder: Path, most_bytes: int = 10**6) -> FeatureShelf:
    return FeatureShelf(folder / "cache" / "features", most_bytes)


def file_of(folder: Path, name: str = NAME) -> Path:
    return folder / "cache" / "features" / name


def signed(arrays: bytes) -> bytes:
    return hashlib.sha256(NAME.encode() + arrays).digest() + arrays


def test_a_part_comes_back_to_the_last_bit(tmp_path: Path) -> None:
    shelf_in(tmp_path).write(NAME, PART)
    back = shelf_in(tmp_path).read(NAME)
    assert back is not None
    assert back.digests == PART.digests
    assert back.values.tobytes() == PART.values.tobytes()
    assert shelf_in(tmp_path).read("b" * 64) is None


def test_what_is_kept_is_its_owners_alone_and_bears_no_name(tmp_path: Path) -> None:
    shelf_in(tmp_path).write(NAME, PART)
    made = [tmp_path / "cache", tmp_path / "cache" / "features", file_of(tmp_path)]
    assert [path.stat().st_mode & 0o777 for path in made] == [0o700, 0o700, 0o600]
    assert [path.name for path in made[1].iterdir()] == [NAME]


def test_a_damaged_file_is_as_none(tmp_path: Path) -> None:
    shelf_in(tmp_path).write(NAME, PART)
    path = file_of(tmp_path)
    whole = path.read_bytes()
    for position in range(0, len(whole), 7):
        path.write_bytes(whole[:position] + bytes([whole[position] ^ 1]) + whole[position + 1 :])
        assert shelf_in(tmp_path).read(NAME) is None
    for length in (0, 10, 32, len(whole) - 1):
        path.write_bytes(whole[:length])
        assert shelf_in(tmp_path).read(NAME) is None
    path.write_bytes(whole)
    assert shelf_in(tmp_path).read(NAME) is not None


def test_a_file_under_another_name_is_as_none(tmp_path: Path) -> None:
    shelf_in(tmp_path).write(NAME, PART)
    file_of(tmp_path).rename(file_of(tmp_path, "b" * 64))
    assert shelf_in(tmp_path).read("b" * 64) is None


def test_nothing_in_a_file_is_run(tmp_path: Path) -> None:
    shelf_in(tmp_path).write(NAME, PART)
    stream = io.BytesIO()
    np.save(stream, np.asarray([{"an": "object"}], dtype=object), allow_pickle=True)
    for arrays in (stream.getvalue(), b"", b"not an array"):
        file_of(tmp_path).write_bytes(signed(arrays))
        assert shelf_in(tmp_path).read(NAME) is None


def test_a_folder_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where the folder should be")
    shelf_in(tmp_path).write(NAME, PART)
    shelf_in(tmp_path).trim()
    assert shelf_in(tmp_path).read(NAME) is None


def test_what_was_not_used_for_longest_goes_first(tmp_path: Path) -> None:
    names = [letter * 64 for letter in "abcd"]
    shelf = shelf_in(tmp_path)
    for age, name in enumerate(names):
        shelf.write(name, PART)
        os.utime(file_of(tmp_path, name), (1000 + age, 1000 + age))
    assert shelf.read(names[0]) is not None
    size = file_of(tmp_path).stat().st_size
    shelf_in(tmp_path, 4 * size).trim()
    assert len(list((tmp_path / "cache" / "features").iterdir())) == 4
    shelf_in(tmp_path, 2 * size + 1).trim()
    assert [name for name in names if shelf.read(name)] == [names[0], names[3]]


def test_kept_features_can_be_forgotten(tmp_path: Path) -> None:
    forget_features(Workspace(tmp_path))
    shelf_in(tmp_path).write(NAME, PART)
    forget_features(Workspace(tmp_path))
    assert not (tmp_path / "cache" / "features").exists()


def test_what_cannot_be_forgotten_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: Path) -> None:
        raise PermissionError(13, "Permission denied")

    shelf_in(tmp_path).write(NAME, PART)
    monkeypatch.setattr("shutil.rmtree", fail)
    with pytest.raises(StorageError, match="cache/features: could not be deleted; got Permission"):
        forget_features(Workspace(tmp_path))


class Untold:
    def stage(self, text: str, total: int = 1) -> None:
        raise AssertionError(text)

    def advance(self, done: int = 1) -> None:
        raise AssertionError(done)


def test_nothing_is_kept_where_that_is_not_wanted_or_a_panel_allows_no_room() -> None:
    project = load_project(CHECKOUT)
    assert feature_maker(project, Untold(), keep=True) is not made_anew
    assert feature_maker(project, Untold(), keep=False) is made_anew
    panel = project.panel.model_copy(update={"kept_features_mb": 0})
    project = dataclasses.replace(project, panel=panel)
    assert feature_maker(project, Untold(), keep=True) is made_anew
