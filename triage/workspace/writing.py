"""Writing that leaves the old file or the new one, never a half, and readable by its owner only.

What is being written lies in a folder of its own beside the place where it will stand, and gets
there by one rename. Its writer holds a lock on that folder for as long as it lives, and the
operating system lets go of it at any death; so whoever finds such a folder unlocked knows that
nobody will finish it, and removes it: whoever writes the same thing again (:func:`write_whole`),
and the first command after one that died (:func:`sweep`).
"""

from __future__ import annotations

import errno
import fcntl
import glob
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from triage.errors import Problem, StorageError

__all__ = [
    "FILE_MODE",
    "FOLDER_MODE",
    "scratch_folder",
    "sha256_of",
    "sweep",
    "write_files",
    "write_folder",
    "write_whole",
]

FILE_MODE = 0o600
FOLDER_MODE = 0o700
PART = ".part"
SCRATCH = "scratch"


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
    write_files({path: content})


def write_files(contents: Mapping[Path, bytes | str | Callable[[Path], None]]) -> None:
    """Write files, each whole: all are made, and flushed to the disk, before the first appears.

    Parameters
    ----------
    contents : mapping of Path to bytes, str or callable
        As for :func:`write_whole`.

    Raises
    ------
    StorageError
        The disk is full or a folder cannot be written. While they are made, that leaves all that
        was there before.
    """
    with ExitStack() as stack:
        made = {
            path: stack.enter_context(_written(path, content)) for path, content in contents.items()
        }
        for path, part in made.items():
            with _told(path):
                part.replace(path)


@contextmanager
def _written(path: Path, content: bytes | str | Callable[[Path], None]) -> Iterator[Path]:
    with _told(path), _part(path) as part:
        file = part / path.name
        file.touch(FILE_MODE)
        if callable(content):
            content(file)
        else:
            file.write_bytes(content.encode() if isinstance(content, str) else content)
        file.chmod(FILE_MODE)
        _flush(file)
        yield file


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
    with _told(path), _part(path) as part:
        if path.exists():
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
        made = part / path.name
        made.mkdir(mode=FOLDER_MODE)
        yield made
        for file in sorted(made.rglob("*")):
            file.chmod(FOLDER_MODE if file.is_dir() else FILE_MODE)
            if file.is_file():
                _flush(file)
        made.rename(path)


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
    with _told(parent), _part(parent / SCRATCH) as folder:
        yield folder


def sweep(folder: Path) -> None:
    """Remove what processes that died were writing, anywhere in a folder; leave what is at work.

    Parameters
    ----------
    folder : Path
    """
    for place, folders, _ in os.walk(folder):
        parts = {name for name in folders if name.startswith(".") and name.endswith(PART)}
        for name in parts:
            _remove_dead(Path(place) / name)
        folders[:] = sorted(set(folders) - parts)


@contextmanager
def _part(path: Path) -> Iterator[Path]:
    """Give a new folder beside a path that is locked for as long as this process is at work."""
    _make_folder(path.parent)
    for part in path.parent.glob(f".{glob.escape(path.name)}.*{PART}"):
        _remove_dead(part)
    while True:
        part = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}.", suffix=PART))
        with suppress(FileNotFoundError):
            handle = os.open(part, os.O_RDONLY)
            with suppress(OSError):  # no such locks there, as on some network drives: none sweeps
                fcntl.flock(handle, fcntl.LOCK_EX)
            if part.exists():  # nobody took it for a dead one's before it was locked
                break
            os.close(handle)
    try:
        yield part
    finally:
        shutil.rmtree(part, ignore_errors=True)
        os.close(handle)


def _remove_dead(part: Path) -> None:
    """Remove what nobody holds a lock on; leave what cannot be removed to the next."""
    with suppress(OSError):
        handle = os.open(part, os.O_RDONLY)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(part)
        finally:
            os.close(handle)


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
