"""Features as a file, for analysts."""

from __future__ import annotations

import datetime
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from triage.workflows.checking import read_accepted
from triage.workflows.progress import Progress
from triage.workflows.project import Project
from triage.workflows.questions import Asked, ask_of_open
from triage.workspace import write_whole

__all__ = ["write_features"]


def write_features(
    project: Project,
    *,
    as_of: datetime.date,
    output: Path,
    today: datetime.date,
    progress: Progress,
) -> tuple[int, int]:
    """Write every feature of the referrals that are open on an as-of date, as Parquet.

    Parameters
    ----------
    project : Project
    as_of : date
    output : Path
        The file; one that stands there is replaced whole.
    today : date
        Rows with a date after it are rejected.
    progress : Progress

    Returns
    -------
    n_rows, n_features : int

    Raises
    ------
    NotFoundError
        No referral is open on that date.
    RejectedRowsError, ExtractError, StorageError
    """
    checked = read_accepted(project, today=today, progress=progress)
    progress.stage("Making features")
    asked = ask_of_open(project, checked.histories, as_of)
    write_whole(output, partial(_write, _table(asked, as_of)))
    return len(asked.matrix), len(asked.matrix.features)


def _table(asked: Asked, as_of: datetime.date) -> pa.Table:
    """Return ids, the as-of date and one column a feature, null where it is not known."""
    columns: dict[str, pa.Array] = {
        "referral_id": asked.referrals["referral_id"],
        "person_id": asked.referrals["person_id"],
        "as_of": pa.array([as_of] * len(asked.matrix), pa.date32()),
    }
    for name in asked.matrix.names:
        columns[name] = pa.array(asked.matrix.column(name), pa.float64(), from_pandas=True)
    return pa.table(columns)


def _write(table: pa.Table, path: Path) -> None:
    pq.write_table(table, path)
