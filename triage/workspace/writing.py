"""Writing that leaves the old file or the new one, never a half, and readable by its owner only."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from triage.errors import Problem, StorageError

__all__ = [
    "FILE_MODE",
    "FOLDER_MODE",
    "scratch_folder",
    "sha256_of",
    "write_folder",
    "write_whole",
]

FILE_MODE = 0o600
FOLDER_MODE = 0o700


def write_whole(path: Path, content: bytes | str | Callable[[Path], None]) -> None:
    """Write a file so that it is there whole or not at all.

    Parameters
    ----------
    path : Path
        The file, which gets mode 0600; folders above it that are missing are made (mode 0700).
    content : bytes, str or callable
        The bytes, the text (written as UTF-8), or a function that writes a file at the path
        it is given.

    Raises
    ------
    StorageError
        The disk is full or the folder cannot be written. What was there before is intact.
    """
    with _told(path):
        _make_folder(path.parent)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
        os.close(handle)
        part = Path(name)
        try:
            if callable(content):
                content(part)
            else:
                part.write_bytes(content.encode() if isinstance(content, str) else content)
            part.chmod(FILE_MODE)
            _flush(part)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)


@contextmanager
def write_folder(path: Path) -> Iterator[Path]:
    """Give a new folder to fill; it stands at ``path`` whole when the block ends without error.

    Parameters
    ----------
    path : Path
        Where the folder will stand. Nothing may stand there yet.

    Raises
    ------
    StorageError
        The disk is full, the parent cannot be written, or something already stands at ``path``.
    """
    with _told(path):
        _make_folder(path.parent)
        if path.exists():
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
        part = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part"))
        try:
            yield part
            for file in sorted(part.rglob("*")):
                file.chmod(FOLDER_MODE if file.is_dir() else FILE_MODE)
                if file.is_file():
                    _flush(file)
            part.rename(path)
        finally:
            shutil.rmtree(part, ignore_errors=True)


@contextmanager
def scratch_folder(parent: Path) -> Iterator[Path]:
    """Give an empty folder that only its owner can read; it is gone when the block ends.

    Parameters
    ----------
    parent : Path
        Where it lies; beside what is written from it, so that no small ``/tmp`` fills up.

    Raises
    ------
    StorageError
        The disk is full or the folder cannot be written.
    """
    with _told(parent):
        _make_folder(parent)
        with tempfile.TemporaryDirectory(dir=parent, prefix=".parts-") as folder:
            yield Path(folder)


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file as 64 hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StorageError(
            Problem(
                path.name,
                "could not be written",
                error.strerror or "an error",
                "What was there before is intact; free some space or mend the folder's "
                "permissions, and run the command again.",
            )
        ) from error


def _make_folder(folder: Path) -> None:
    """Make a folder and those above it that are missing, each readable by its owner only."""
    if not folder.is_dir():
        _make_folder(folder.parent)
        folder.mkdir(exist_ok=True, mode=FOLDER_MODE)


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
