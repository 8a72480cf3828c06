"""How the program ends when the work was not done: a message without data, and an exit code."""

from __future__ import annotations

import errno
import os
import sys
import traceback
from pathlib import Path
from types import TracebackType

from triage.errors import Problem, StorageError, TriageError

__all__ = ["INTERNAL_EXIT_CODE", "tell_failure"]

INTERNAL_EXIT_CODE = 70
DEBUG = "TRIAGE_DEBUG"
STORAGE = (
    errno.ENOSPC,
    errno.EDQUOT,
    errno.EFBIG,
    errno.EROFS,
    errno.EACCES,
    errno.EPERM,
)


def tell_failure(error: Exception) -> int:
    """Say on the standard error what went wrong, and return the exit code.

    Parameters
    ----------
    error : Exception
        A :class:`triage.errors.TriageError` is told with all its problems. Of any other exception
        only its type and its place in the code are told, since its text may hold a person's
        data; with ``TRIAGE_DEBUG=1`` in the environment the way there is shown too.
    """
    if isinstance(error, OSError) and error.errno in STORAGE:
        error = _storage_error(error)
    if isinstance(error, TriageError):
        print(f"{error.title}:", file=sys.stderr)
        for problem in error.problems:
            print(f"- {problem}", file=sys.stderr)
        return error.exit_code
    print(
        f"The program itself failed: {type(error).__name__} at {_place(error.__traceback__)}. "
        "Nothing that stood before was changed. No data is shown here; run the command again "
        f"with {DEBUG}=1 to see how it came there, and report that.",
        file=sys.stderr,
    )
    if os.environ.get(DEBUG) == "1":
        print("".join(traceback.format_tb(error.__traceback__)), end="", file=sys.stderr)
    return INTERNAL_EXIT_CODE


def _storage_error(error: OSError) -> StorageError:
    return StorageError(
        Problem(
            Path(str(error.filename or "a file")).name,
            "could not be written",
            error.strerror or "an error",
            "Free some space or mend the folder's permissions, and run the command again.",
        )
    )


def _place(frames: TracebackType | None) -> str:
    """Return the deepest place in this package's own code."""
    own = [
        frame
        for frame in traceback.extract_tb(frames)
        if f"{os.sep}triage{os.sep}" in frame.filename
    ]
    if not own:
        return "an unknown place"
    path = own[-1].filename.rpartition(f"{os.sep}triage{os.sep}")[2]
    return f"triage/{path}:{own[-1].lineno}"
