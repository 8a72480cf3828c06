"""Making features, or taking those that were kept in the workspace before; so too fits."""

from __future__ import annotations

import hashlib
import io
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

import numpy as np

from triage.conditions import Column
from triage.errors import Problem, StorageError
from triage.features import Feature, FeatureMatrix, Part, compute, make_plan, recompute
from triage.registry import FitFiles
from triage.timeline import Moments, Timeline
from triage.workflows.progress import Progress
from triage.workflows.project import Project, code_digest
from triage.workspace import Workspace, write_whole

__all__ = [
    "LEARNERS",
    "FeatureShelf",
    "Make",
    "feature_maker",
    "fit_files",
    "forget_features",
    "made_anew",
    "version_of",
]

Make = Callable[[Sequence[Feature], Timeline, Moments, Mapping[str, Column]], FeatureMatrix]
"""Returns every feature of every moment, with the attributes of each."""

DIGEST_BYTES = 32
NUMERICS = ("numpy", "numba")
LEARNERS = ("numpy", "scikit-learn", "scipy", "skops")


class FeatureShelf:
    """Parts of feature matrices as files that hold numbers and run nothing when they are read.

    A file is named by a digest and begins with the SHA-256 of its name and of what follows: two
    arrays in numpy's format. Whatever is not so is passed over, as if it were not there. Each is
    written whole, so that two programs may use one folder at the same time.

    Parameters
    ----------
    folder : Path
        Made when something is first kept.
    most_bytes : int
        See :meth:`trim`.
    """

    def __init__(self, folder: Path, most_bytes: int) -> None:
        self._folder = folder
        self._most_bytes = most_bytes

    def read(self, name: str) -> Part | None:
        """Return the part of this name, None where there is none that can be trusted."""
        path = self._folder / name
        try:
            content = path.read_bytes()
            os.utime(path)  # used now: trimmed last
        except OSError:
            return None
        digest, arrays = content[:DIGEST_BYTES], content[DIGEST_BYTES:]
        if digest != _digest(name, arrays):
            return None
        stream = io.BytesIO(arrays)
        try:
            digests, values = (np.load(stream, allow_pickle=False) for _ in range(2))
        except (EOFError, ValueError):
            return None
        return Part(tuple(digests.astype(str).tolist()), values)

    def write(self, name: str, part: Part) -> None:
        """Keep a part in place of the one of its name; where that cannot be, go without."""
        stream = io.BytesIO()
        np.save(stream, np.asarray(part.digests, dtype="S64"), allow_pickle=False)
        np.save(stream, part.values, allow_pickle=False)
        arrays = stream.getvalue()
        try:
            write_whole(self._folder / name, _digest(name, arrays) + arrays)
        except StorageError:
            return  # a full disk or a folder that may only be read: values are made every time

    def trim(self) -> None:
        """Delete the parts that were not used for longest, until the rest is small enough."""
        files = []
        for path in self._folder.glob("*"):
            try:
                found = path.stat()
            except FileNotFoundError:
                continue  # another program was quicker
            files.append((found.st_mtime_ns, path.name, found.st_size, path))
        total = sum(size for *_, size, _ in files)
        for *_, size, path in sorted(files):
            if total <= self._most_bytes:
                return
            path.unlink(missing_ok=True)
            total -= size


def made_anew(
    features: Sequence[Feature],
    timeline: Timeline,
    moments: Moments,
    attributes: Mapping[str, Column],
) -> FeatureMatrix:
    """Return every feature of every moment; nothing is read from before, and nothing kept."""
    return compute(make_plan(features), timeline, moments, attributes)


def feature_maker(project: Project, progress: Progress, *, keep: bool) -> Make:
    """Return what makes features: with those kept in the workspace's ``cache/``, or without.

    Parameters
    ----------
    project : Project
        Its panel says how large the folder may become.
    progress : Progress
        Is told how many features were kept from before.
    keep : bool
    """
    if not keep or not project.panel.kept_features_mb:
        return made_anew

    def make(
        features: Sequence[Feature],
        timeline: Timeline,
        moments: Moments,
        attributes: Mapping[str, Column],
    ) -> FeatureMatrix:
        _keep_out_of_version_control(project.workspace)
        most_bytes = project.panel.kept_features_mb * 1_000_000
        shelf = FeatureShelf(_folder(project.workspace), most_bytes)
        remade = recompute(
            features, timeline, moments, attributes, shelf=shelf, version=version_of(NUMERICS)
        )
        shelf.trim()
        kept, every = len(remade.kept), len(remade.kept) + len(remade.made)
        made = f"; {len(remade.made)} made, {remade.n_values:,} values"
        progress.stage(
            f"Making features: {kept} of {every} kept from before" + made * bool(remade.made)
        )
        return remade.matrix

    return make


def fit_files(project: Project, *, keep: bool) -> FitFiles | None:
    """Return where the fits of a training are kept until it is done; None where nothing may be.

    Parameters
    ----------
    project : Project
    keep : bool
    """
    if not keep or not project.panel.kept_features_mb:
        return None
    _keep_out_of_version_control(project.workspace)
    return FitFiles(project.workspace.cache / "fits", version_of(LEARNERS))


def forget_features(workspace: Workspace) -> None:
    """Delete all features and fits that were kept: personal data, though no name is among them.

    Raises
    ------
    StorageError
        Some of it could not be deleted.
    """
    for folder in (_folder(workspace), workspace.cache / "fits"):
        try:
            if folder.is_dir():
                shutil.rmtree(folder)
        except OSError as error:
            raise StorageError(
                Problem(
                    str(folder.relative_to(workspace.root)),
                    "could not be deleted",
                    error.strerror or "an error",
                    "Mend the folder's permissions, or delete it yourself.",
                )
            ) from error


def _keep_out_of_version_control(workspace: Workspace) -> None:
    """Let a workspace that was made before there was a cache keep it to itself too."""
    note = workspace.cache / ".gitignore"
    with suppress(StorageError):
        if not note.is_file():
            write_whole(note, "*\n")


def _folder(workspace: Workspace) -> Path:
    return workspace.cache / "features"


def _digest(name: str, arrays: bytes) -> bytes:
    return hashlib.sha256(name.encode() + arrays).digest()


def version_of(libraries: Sequence[str]) -> str:
    """Return what differs whenever our own code or one of these libraries may differ."""
    return " ".join([code_digest(), *(f"{name} {version(name)}" for name in libraries)])
