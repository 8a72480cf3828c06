"""Where a workspace's folders are, and making a new workspace."""

from __future__ import annotations

from pathlib import Path

import pytest

from triage.errors import ConfigurationError, StorageError
from triage.workspace import Workspace, write_workspace

CHECKOUT = Path(__file__).resolve().parents[3]


def test_a_checkout_is_a_workspace() -> None:
    workspace = Workspace.at(CHECKOUT)
    assert (workspace.configs / "panel.yaml").is_file()
    assert workspace.pipelines == CHECKOUT / "pipelines"
    assert workspace.models == CHECKOUT / "models"
    made = (workspace.results, workspace.lists, workspace.registry)
    assert [path.name for path in made] == ["results", "lists", "registry"]


def test_another_folder_is_none(tmp_path: Path) -> None:
    (tmp_path / "configs").mkdir()
    with pytest.raises(
        ConfigurationError, match=r"no pipelines/, models/\. Make one with 'triage init"
    ):
        Workspace.at(tmp_path)


@pytest.mark.parametrize("exists", [True, False])
def test_a_new_workspace_has_what_is_shipped(tmp_path: Path, exists: bool) -> None:
    folder = tmp_path / "a" / "b"
    if exists:
        folder.mkdir(parents=True)
    workspace = write_workspace(folder)
    assert Workspace.at(folder) == workspace
    for name in ("pipelines", "models", "configs"):
        shipped = {
            path.relative_to(CHECKOUT): path.read_bytes()
            for path in (CHECKOUT / name).rglob("*")
            if path.is_file()
        }
        written = {
            path.relative_to(folder): path.read_bytes()
            for path in (folder / name).rglob("*")
            if path.is_file()
        }
        assert written == shipped
    assert (folder / "data").is_dir()
    assert "data/" in (folder / ".gitignore").read_text().splitlines()


def test_a_new_workspace_is_its_owners_alone(tmp_path: Path) -> None:
    write_workspace(tmp_path / "new")
    everything = [tmp_path / "new", *(tmp_path / "new").rglob("*")]
    assert {path.stat().st_mode & 0o077 for path in everything} == {0}


def test_a_folder_that_holds_something_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(StorageError, match="must be a new or an empty folder"):
        write_workspace(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(StorageError, match="must be a new or an empty folder"):
        write_workspace(tmp_path / "file")
    with pytest.raises(StorageError, match="could not be written"):
        write_workspace(tmp_path / "file" / "inside")
