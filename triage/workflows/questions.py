"""Referrals on as-of dates, and everything that is known of each: the start of every workflow."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from triage.conditions import Column, take
from triage.errors import NotFoundError, Problem
from triage.features import FeatureMatrix
from triage.records import CaseHistories, StoredHistories, first_known
from triage.timeline import (
    Moments,
    Timeline,
    attributes_at,
    build_timeline,
    day_of,
    moments_of,
    not_yet,
    nothing_known,
    nothing_open,
    open_referrals,
    training_days,
)
from triage.workflows.making import Make, made_anew
from triage.workflows.project import Project
from triage.workspace import Cohort

__all__ = [
    "Asked",
    "ask_of",
    "ask_of_all",
    "ask_of_open",
    "open_on",
    "require_dates",
    "require_history",
    "require_past",
]

Rows = npt.NDArray[np.int64]
Days = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Asked:
    """Referrals, each on an as-of date, with their features.

    Parameters
    ----------
    referrals : pyarrow.Table, shape (n, …)
        Rows of the case histories' referrals.
    timeline : Timeline
    moments : Moments, shape (n,)
    attributes : mapping of str to Column
        What is known of the people and the referrals themselves.
    matrix : FeatureMatrix, shape (n, n_features)
        Every feature that the pipelines make.
    """

    referrals: pa.Table
    timeline: Timeline
    moments: Moments
    attributes: Mapping[str, Column]
    matrix: FeatureMatrix

    @property
    def referral_ids(self) -> list[str]:
        """The referrals' ids, in order."""
        ids: list[str] = self.referrals["referral_id"].to_pylist()
        return ids

    def take(self, rows: Rows) -> Asked:
        """Return some of these questions."""
        return Asked(
            self.referrals.take(pa.array(rows)),
            self.timeline,
            Moments(self.moments.person[rows], self.moments.day[rows]),
            {name: take(column, rows) for name, column in self.attributes.items()},
            self.matrix.take(rows),
        )


def ask_of_all(project: Project, histories: CaseHistories, make: Make = made_anew) -> Asked:
    """Return every past referral on the date on which it would have been heard."""
    rows, days = training_days(histories.referrals, project.panel.cohort)
    return ask_of(project, histories, rows, days, make)


def ask_of_open(
    project: Project, histories: CaseHistories, as_of: datetime.date, make: Make = made_anew
) -> Asked:
    """Return the referrals that are open on an as-of date.

    Raises
    ------
    NotFoundError
        None is, or the date lies before all history.
    """
    rows = open_on(histories, project.panel.cohort, as_of)
    require_history(histories, [as_of])
    days = np.full(len(rows), day_of(as_of), dtype=np.int32)
    return ask_of(project, histories, rows, days, make)


def ask_of(project: Project, histories: CaseHistories, rows: Rows, days: Days, make: Make) -> Asked:
    """Return these rows of the referrals, each on a day of its own, from one timeline."""
    timeline = build_timeline(histories, project.scale)
    referrals = histories.referrals.take(pa.array(rows))
    moments = moments_of(timeline, referrals["person_id"].to_pylist(), days)
    attributes = attributes_at(histories, rows, days)
    matrix = make(project.features, timeline, moments, attributes)
    return Asked(referrals, timeline, moments, attributes, matrix)


def open_on(
    histories: CaseHistories | StoredHistories, cohort: Cohort, as_of: datetime.date
) -> Rows:
    """Return the rows of the referrals that are open on an as-of date.

    Raises
    ------
    NotFoundError
        None is.
    """
    if (problem := _nobody(histories, cohort, as_of)) is not None:
        raise NotFoundError(problem)
    return open_referrals(histories.referrals, cohort, day_of(as_of))


def require_history(
    histories: CaseHistories | StoredHistories, as_of: Sequence[datetime.date]
) -> None:
    """Raise where an as-of date lies before all history.

    Raises
    ------
    NotFoundError
        With every such date.
    """
    first = _first_known(histories, min(as_of, default=datetime.date.max))
    problems = [nothing_known(first, date) for date in as_of]
    if found := [problem for problem in problems if problem is not None]:
        raise NotFoundError(found)


def require_past(as_of: Sequence[datetime.date], today: datetime.date) -> None:
    """Raise where every as-of date lies ahead, so that nothing has to be read to tell.

    Raises
    ------
    NotFoundError
        With every date.
    """
    problems = [problem for date in as_of if (problem := not_yet(date, today)) is not None]
    if problems and len(problems) == len(as_of):
        raise NotFoundError(problems)


def require_dates(
    histories: CaseHistories | StoredHistories,
    as_of: Sequence[datetime.date],
    today: datetime.date,
    cohort: Cohort | None = None,
) -> None:
    """Raise where nothing can be asked on an as-of date.

    Parameters
    ----------
    histories : CaseHistories or StoredHistories
    as_of : sequence of date
    today : date
    cohort : Cohort, optional
        Where features are of the referrals open on each date.

    Raises
    ------
    NotFoundError
        With every such date: it lies ahead, or before all history, or no referral is open on it.
    """
    first = _first_known(histories, min(as_of, default=datetime.date.max))
    problems = [
        not_yet(date, today) or nothing_known(first, date) or _nobody(histories, cohort, date)
        for date in as_of
    ]
    if found := [problem for problem in problems if problem is not None]:
        raise NotFoundError(found)


def _first_known(
    histories: CaseHistories | StoredHistories, earliest: datetime.date
) -> datetime.date | None:
    """Return the first day on which an event was known, or any before the earliest date asked."""
    first = None
    for day in first_known(histories):
        first = day if first is None else min(first, day)
        if first < earliest:
            return first
    return first


def _nobody(
    histories: CaseHistories | StoredHistories, cohort: Cohort | None, as_of: datetime.date
) -> Problem | None:
    if cohort is None or len(open_referrals(histories.referrals, cohort, day_of(as_of))):
        return None
    return nothing_open(cohort, as_of, _made(histories))


def _made(histories: CaseHistories | StoredHistories) -> tuple[datetime.date, datetime.date] | None:
    made = sorted(histories.referrals["made_on"].to_pylist())
    return (made[0], made[-1]) if made else None
