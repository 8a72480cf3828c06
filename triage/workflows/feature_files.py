"""Features as a file, or as a folder of files, for analysts."""

from __future__ import annotations

import datetime
import math
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyarrow as pa

from triage.conditions import Column
from triage.features import (
    PEOPLE_IN_GROUP,
    Plan,
    SparkTask,
    is_compiled,
    make_plan,
    make_ready,
    processors,
    write_feature_file,
    write_features_on_spark,
)
from triage.records import (
    CaseHistories,
    StoredHistories,
    UnsortedError,
    check_stored_known_dates,
    open_stored_histories,
    read_stored_histories,
    undated_sources,
)
from triage.timeline import (
    Moments,
    PartOfPeople,
    attributes_at,
    build_timeline,
    day_of,
    people_attributes_at,
    timelines_in_parts,
    training_days,
)
from triage.workflows.checking import read_accepted
from triage.workflows.progress import Progress
from triage.workflows.project import Project
from triage.workflows.questions import open_on, require_dates, require_past
from triage.workspace import scratch_folder, write_folder, write_whole

__all__ = ["Of", "histories_of", "write_features", "write_features_by_spark"]

Of = Literal["open", "people", "referrals"]
"""Whom features are made of: the referrals open on each date, everybody on each date, or every past
referral on the date on which it would have been heard."""


@contextmanager
def _memory_used_again() -> Iterator[None]:
    """Let Arrow take memory as all else does, which spares one part in fifteen of the time.

    Arrow's own way gives what it no longer needs back to the system at once, and the same pages
    have to be cleared again for the next rows.
    """
    before = pa.default_memory_pool()
    pa.set_memory_pool(pa.system_memory_pool())
    try:
        yield
    finally:
        pa.set_memory_pool(before)


@_memory_used_again()
def write_features(
    project: Project,
    *,
    as_of: Sequence[datetime.date],
    output: Path,
    today: datetime.date,
    progress: Progress,
    histories: Path | None = None,
    of: Of = "open",
    threads: int | None = None,
    memory: int | None = None,
) -> tuple[int, int]:
    """Write every feature as Parquet, the rows by person and as-of date.

    Parameters
    ----------
    project : Project
    as_of : sequence of date
        None where features are of past referrals.
    output : Path
        The file; one that stands there is replaced whole. A name without a suffix is that of a
        new folder of files, which several processors write at once.
    today : date
        Rows with a date after it are rejected.
    progress : Progress
    histories : Path, optional
        A folder of stored case histories, to be read instead of the extracts.
    of : {"open", "people", "referrals"}
    threads : int, optional
        By default, as many as there are processors.
    memory : int, optional
        How many bytes the process should stay within, about: stored histories that need more are
        worked through some people at a time. By default, half of the machine's memory.

    Returns
    -------
    n_rows, n_features : int

    Raises
    ------
    NotFoundError
        No referral is open on a date, it lies before all history, or ahead.
    ConfigurationError
        Nothing says when a source's events became known.
    RejectedRowsError, ExtractError, StorageError
    """
    require_past(as_of, today)
    plan, n_threads = make_plan(project.features), threads or processors()
    if not is_compiled():
        progress.stage("Compiling what makes features: some 15 s, once for each installation")
        make_ready()
    known = histories_of(project, histories, today, progress)
    if of != "referrals":
        cohort = project.panel.cohort if of == "open" else None
        require_dates(known, as_of, today, cohort)
    asked = _asked(project, known, as_of, of)
    if plan.linked and memory is not None:
        progress.stage("Features of linked people need all events at once: --memory is not kept")
    progress.stage("Making features")

    def write(known: CaseHistories | StoredHistories) -> None:
        timelines = _timelines(project, known, asked.moments, plan, output, n_threads, memory)
        with timelines as (people, moments):

            def fill(path: Path) -> None:
                ids, attributes = asked.ids, asked.attributes
                write_feature_file(path, plan, people, ids, moments, attributes, threads=n_threads)

            if output.suffix:
                write_whole(output, fill)
            else:
                with write_folder(output) as folder:
                    fill(folder)

    try:
        write(known)
    except UnsortedError:  # stored by others: read whole and sorted
        assert histories is not None  # noqa: S101 - extracts are sorted when they are read
        write(read_stored_histories(histories, project.vocabulary, today))
    return len(asked.moments), len(project.features)


@dataclass(frozen=True)
class _Asked:
    """Rows to be made: whose, when, and what is known of them beside events."""

    ids: pa.Table
    moments: Moments
    attributes: Mapping[str, Column]


def _asked(
    project: Project,
    known: CaseHistories | StoredHistories,
    as_of: Sequence[datetime.date],
    of: Of,
) -> _Asked:
    ids = known.people["person_id"]
    asks = any(feature.measure == "attribute" for feature in project.features)
    if of == "people":
        position = np.repeat(np.arange(len(ids), dtype=np.int32), len(as_of))
        dates = np.sort(np.asarray([day_of(date) for date in as_of], dtype=np.int32))
        days = np.tile(dates, len(ids))
        nobody = pa.nulls(len(days), pa.string())
        table = pa.table({"referral_id": nobody, "person_id": ids.take(pa.array(position))})
        attributes = people_attributes_at(known, position, days) if asks else {}
        return _Asked(table, Moments(position, days), attributes)
    cohort = project.panel.cohort
    if of == "referrals":
        rows, days = training_days(known.referrals, cohort)
    else:
        found = [open_on(known, cohort, date) for date in as_of]
        rows = np.concatenate(found)
        days = np.repeat([day_of(date) for date in as_of], [len(some) for some in found])
    days = days.astype(np.int32)
    referrals = known.referrals.select(["referral_id", "person_id"]).take(pa.array(rows))
    attributes = attributes_at(known, rows, days) if asks else {}
    return _Asked(referrals, Moments(known.whose[rows], days), attributes)


def _asked_about(
    known: CaseHistories | StoredHistories, moments: Moments
) -> tuple[CaseHistories | StoredHistories, Moments]:
    """Return histories whose people are those who are asked about, and the moments among them."""
    asked = np.zeros(len(known.people), dtype=bool)
    asked[moments.person] = True
    position = np.cumsum(asked, dtype=np.int32) - np.int32(1)
    people = known.people.filter(pa.array(asked))
    return replace(known, people=people), Moments(position[moments.person], moments.day)


@contextmanager
def _timelines(
    project: Project,
    known: CaseHistories | StoredHistories,
    moments: Moments,
    plan: Plan,
    output: Path,
    threads: int,
    memory: int | None,
) -> Iterator[tuple[Sequence[Callable[[], PartOfPeople]], Moments]]:
    """Give what makes the timelines of those asked about, and the questions by their positions.

    The timelines are made in parts that fit into a cache, or into memory.
    """
    wanted: dict[str, Any] = {
        "fields": plan.fields,
        "fingerprinted": plan.fingerprinted,
        "threads": threads,
    }
    if plan.linked:  # whom people are linked to is anybody
        whole = PartOfPeople(0, build_timeline(known, project.scale, **wanted))
        yield [lambda: whole], moments
        return
    few, moments = _asked_about(known, moments)
    n_asked = known.n_events * len(few.people) / max(len(known.people), 1)
    n_parts = max(1, math.ceil(n_asked / EVENTS_IN_PART))
    n_small = parts_needed(known, memory or machine_memory() // 2, threads)
    if n_small == 0:
        made = timelines_in_parts(few, project.scale, moments, n_parts=n_parts, **wanted)
        yield made, moments
        return
    with scratch_folder(output.parent) as folder:
        wanted |= {"n_parts": max(n_parts, n_small), "folder": folder}
        yield timelines_in_parts(few, project.scale, moments, **wanted), moments


EVENTS_IN_PART = 2**19
"""The columns of so many events lie in a processor's cache, more or less."""

BYTES_A_PERSON, BYTES_AN_EVENT, BYTES_IN_HAND = 100, 60, 160
BYTES_OF_ALL_ELSE = 560 * 2**20
"""What is held for each person, for each event, for each event of a part that is made, and beside
them: libraries, and the rows in hand."""


def parts_needed(histories: CaseHistories | StoredHistories, memory: int, threads: int) -> int:
    """Return in how many parts on disk a history is worked through to stay within memory.

    0 where all of it may lie in memory; a part that is made and those made ahead always do.
    """
    rest = BYTES_OF_ALL_ELSE + BYTES_A_PERSON * (len(histories.people) + len(histories.referrals))
    ahead = BYTES_IN_HAND * EVENTS_IN_PART * (threads + 1)
    if isinstance(histories, CaseHistories):
        return 0
    if rest + ahead + BYTES_AN_EVENT * histories.n_events <= memory:
        return 0
    free = max(memory - rest, 64 * 2**20)
    return math.ceil(BYTES_IN_HAND * (threads + 1) * histories.n_events / free)


def machine_memory() -> int:
    """Return how many bytes of memory the machine has."""
    return int(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))


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
        No referral is open on that date, or it lies ahead.
    ConfigurationError
        Nothing says when a source's events became known.
    ExtractError, StorageError, TriageError
    """
    require_past([as_of], today)
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


def histories_of(
    project: Project, stored: Path | None, today: datetime.date, progress: Progress
) -> CaseHistories | StoredHistories:
    """Return stored case histories, or without a folder what the check of the extracts accepts."""
    if stored is None:
        return read_accepted(project, today=today, progress=progress).histories
    progress.stage("Reading the stored case histories")
    histories = open_stored_histories(stored, project.vocabulary, today)
    check_stored_known_dates(undated_sources(histories), _never_history(project))
    return histories


def _never_history(project: Project) -> frozenset[str]:
    return frozenset(one.name for one in project.sources if one.form.never_history)
