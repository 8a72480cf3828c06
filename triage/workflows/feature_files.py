"""Features as a file, or as a folder of files, for analysts."""

from __future__ import annotations

import datetime
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from triage.features import PEOPLE_IN_GROUP, SparkTask, feature_table, write_features_on_spark
from triage.records import (
    CaseHistories,
    check_stored_known_dates,
    read_stored_histories,
    undated_sources,
)
from triage.workflows.checking import read_accepted
from triage.workflows.making import feature_maker
from triage.workflows.progress import Progress
from triage.workflows.project import Project
from triage.workflows.questions import ask_of_open
from triage.workspace import write_whole

__all__ = ["write_features", "write_features_by_spark"]


def write_features(
    project: Project,
    *,
    as_of: datetime.date,
    output: Path,
    today: datetime.date,
    progress: Progress,
    histories: Path | None = None,
    keep_features: bool = True,
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
    histories : Path, optional
        A folder of stored case histories, to be read instead of the extracts.
    keep_features : bool
        Whether features that were kept before are used, and new ones kept.

    Returns
    -------
    n_rows, n_features : int

    Raises
    ------
    NotFoundError
        No referral is open on that date.
    ConfigurationError
        Nothing says when a source's events became known.
    RejectedRowsError, ExtractError, StorageError
    """
    known = _histories(project, histories, today, progress)
    progress.stage("Making features")
    make = feature_maker(project, progress, keep=keep_features)
    asked = ask_of_open(project, known, as_of, make)
    table = feature_table(asked.matrix, asked.referrals, asked.moments.day)
    write_whole(output, partial(_write, table))
    return len(asked.matrix), len(asked.matrix.features)


def write_features_by_spark(
    project: Project,
    *,
    as_of: datetime.date,
    output: str,
    today: datetime.date,
    progress: Progress,
    histories: str,
    master: str,
    people_in_group: int | None = None,
) -> tuple[int, int]:
    """Write the same features as :func:`write_features`, made on a cluster.

    Parameters
    ----------
    project : Project
    as_of, today : date
    output : str
        A new folder, or the URL of one.
    progress : Progress
    histories : str
        A folder of stored case histories, or the URL of one.
    master : str
        The cluster's URL.
    people_in_group : int, optional
        How many people are asked about in a worker at a time, about.

    Returns
    -------
    n_rows, n_features : int

    Raises
    ------
    NotFoundError
        No referral is open on that date.
    ConfigurationError
        Nothing says when a source's events became known.
    ExtractError, StorageError, TriageError
    """
    task = SparkTask(
        features=project.features,
        vocabulary=project.vocabulary,
        scale=project.scale,
        cohort=project.panel.cohort,
        as_of=as_of,
        today=today,
        people_in_group=people_in_group or PEOPLE_IN_GROUP,
        never_history=_never_history(project),
    )
    progress.stage(f"Making features on Spark at {master}")
    n_rows = write_features_on_spark(task, master=master, histories=histories, output=output)
    return n_rows, len(project.features)


def _histories(
    project: Project, stored: Path | None, today: datetime.date, progress: Progress
) -> CaseHistories:
    if stored is None:
        return read_accepted(project, today=today, progress=progress).histories
    progress.stage("Reading the stored case histories")
    histories = read_stored_histories(stored, project.vocabulary, today)
    check_stored_known_dates(undated_sources(histories.events), _never_history(project))
    return histories


def _never_history(project: Project) -> frozenset[str]:
    return frozenset(one.name for one in project.sources if one.form.never_history)


def _write(table: pa.Table, path: Path) -> None:
    pq.write_table(table, path)
