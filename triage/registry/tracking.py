"""mlflow, kept quiet and kept at home."""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from triage.errors import Problem, StorageError
from triage.workspace import write_whole

if TYPE_CHECKING:
    from mlflow import MlflowClient

__all__ = ["connect", "make_database", "quiet"]

SETTINGS = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "20",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
}
"""It would report its use to its makers, draw bars, wait minutes for a server that is down, and
print addresses of runs among our results."""

MEND = (
    "Check 'tracking_uri' in configs/panel.yaml, the server behind it, and the space and "
    "permissions of the workspace's registry/ folder."
)

LOGGERS = ("alembic", "mlflow", "mlflow.store.db.utils")


@contextmanager
def quiet(doing: str, mend: str = MEND) -> Iterator[None]:
    """Let mlflow work without its warnings and logs, and tell its failures as ours.

    Parameters
    ----------
    doing : str
        What fails, if it does: "the registry could not …".
    mend : str
        What to do then.

    Raises
    ------
    StorageError
        mlflow, its database or its server failed.
    """
    for name, value in SETTINGS.items():
        os.environ.setdefault(name, value)
    levels = {name: logging.getLogger(name).level for name in LOGGERS}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from mlflow.exceptions import MlflowException
        from sqlalchemy.exc import SQLAlchemyError

        for name in LOGGERS:
            logging.getLogger(name).setLevel(logging.ERROR)
        try:
            yield
        except (MlflowException, SQLAlchemyError, OSError) as error:
            raise StorageError(
                Problem(
                    "the registry",
                    f"could not {doing}",
                    _first_line(error),
                    mend,
                )
            ) from error
        finally:
            for name, level in levels.items():
                logging.getLogger(name).setLevel(level)


def connect(uri: str) -> MlflowClient:
    """Return a client of the tracking server or database at a URI."""
    from mlflow import MlflowClient

    return MlflowClient(tracking_uri=uri, registry_uri=uri)


def make_database(path: Path) -> None:
    """Make an empty SQLite database for mlflow, there whole or not at all."""

    def make(part: Path) -> None:
        connect(f"sqlite:///{part}").search_experiments(max_results=1)

    write_whole(path, make)


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0][:200]
