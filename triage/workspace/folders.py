"""The folders of a workspace, and making a new one."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from triage.errors import ConfigurationError, Problem, StorageError
from triage.workspace.writing import FOLDER_MODE, write_folder, write_whole

__all__ = ["Workspace", "write_workspace"]

SHIPPED_FOLDERS = ("pipelines", "models", "configs")
GITIGNORE = """\
# Personal data and what is made of it stay out of version control.
data/
results/
lists/
registry/
record/
cache/
"""


@dataclass(frozen=True)
class Workspace:
    """Where things are in one workspace.

    Parameters
    ----------
    root : Path
        The workspace's folder.
    """

    root: Path

    @property
    def pipelines(self) -> Path:
        """Feature pipelines, one YAML file a theme, and their cases."""
        return self.root / "pipelines"

    @property
    def models(self) -> Path:
        """Candidate models and comparator rankers as YAML."""
        return self.root / "models"

    @property
    def configs(self) -> Path:
        """What people decide without a developer, as YAML."""
        return self.root / "configs"

    @property
    def results(self) -> Path:
        """Reports that may be made again at any time."""
        return self.root / "results"

    @property
    def lists(self) -> Path:
        """Discussion lists, one immutable folder each."""
        return self.root / "lists"

    @property
    def registry(self) -> Path:
        """Runs and model versions."""
        return self.root / "registry"

    @property
    def record(self) -> Path:
        """Who used what and what the panel decided: the ledger and the decisions."""
        return self.root / "record"

    @property
    def cache(self) -> Path:
        """Values that were made of personal data, kept to be used again; it may be deleted."""
        return self.root / "cache"

    @classmethod
    def at(cls, root: Path) -> Workspace:
        """Return the workspace that stands in a folder.

        Raises
        ------
        ConfigurationError
            The folder is not a workspace.
        """
        missing = [name for name in SHIPPED_FOLDERS if not (root / name).is_dir()]
        if missing:
            raise ConfigurationError(
                Problem(
                    str(root),
                    "must be a workspace with the folders pipelines/, models/ and configs/",
                    "no " + ", ".join(f"{name}/" for name in missing),
                    "Make one with 'triage init DIR', or name one with --workspace DIR.",
                )
            )
        return cls(root)


def write_workspace(folder: Path) -> Workspace:
    """Write a new workspace with the shipped pipelines, models and configuration.

    Parameters
    ----------
    folder : Path
        A folder that does not exist yet or is empty.

    Raises
    ------
    StorageError
        The folder holds something already, or cannot be written.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise StorageError(
            Problem(
                str(folder),
                "must be a new or an empty folder",
                "one that holds something already",
                "Name another folder; nothing was changed.",
            )
        )
    made: list[Path] = []
    try:
        for name in SHIPPED_FOLDERS:
            _copy_whole(shipped_folder(name), folder / name)
            made.append(folder / name)
        (folder / "data").mkdir(mode=FOLDER_MODE)
        made.append(folder / "data")
        write_whole(folder / ".gitignore", GITIGNORE)
    except (OSError, StorageError) as error:
        for part in made:
            shutil.rmtree(part, ignore_errors=True)
        if isinstance(error, StorageError):
            raise
        raise StorageError(
            Problem(str(folder), "could not be written", error.strerror or "an error")
        ) from error
    return Workspace(folder)


def _copy_whole(source: Path, target: Path) -> None:
    with write_folder(target) as part:
        for file in sorted(path for path in source.rglob("*") if path.is_file()):
            copy = part / file.relative_to(source)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(file.read_bytes())


def shipped_folder(name: str) -> Path:
    """Return where the package keeps a shipped folder: inside a wheel, or in the checkout."""
    package = Path(__file__).resolve().parents[1]
    inside = package / "_shipped" / name
    return inside if inside.is_dir() else package.parent / name
