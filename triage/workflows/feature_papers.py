"""What features are, and how they are spread over people: the catalogue and the profile."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from triage.errors import NotFoundError, Problem
from triage.fairness import QUANTILES, FeatureProfile, profile
from triage.features import Entry, FeatureMatrix, catalogue
from triage.papers import Period, catalogue_page, profile_page, sparkline
from triage.timeline import day_of
from triage.workflows.checking import read_accepted
from triage.workflows.making import feature_maker
from triage.workflows.progress import Progress
from triage.workflows.project import Project
from triage.workflows.questions import Asked, ask_of_all
from triage.workspace import write_whole

__all__ = ["LONGEST_DAYS", "Listed", "describe_features", "profile_features"]

LONGEST_DAYS = 365
"""A profile is made of those heard in so many days, or in fewer."""

SYNTHETIC = "The data is synthetic: every person is invented."
CATALOGUE_COLUMNS = (
    "feature",
    "theme",
    "meaning",
    "measure",
    "unit",
    "direction",
    "window",
    "looks_at",
    "when_nothing_is_found",
)
CATALOGUE_SHOWN = ("feature", "meaning", "unit", "direction", "looks_at", "when_nothing_is_found")
PROFILE_COLUMNS = (
    "feature",
    "theme",
    "people",
    "share_known",
    "share_zero",
    *(f"quantile_{100 * at:.0f}" for at in QUANTILES),
    "distribution",
)
PROFILE_SHOWN = ("feature", "known", "zero_or_no", "median", "spread")
DRIFT_COLUMNS = ("people_earlier", "psi", "psi_by_chance", "drift")
DRIFT_SHOWN = ("psi", "drift")


@dataclass(frozen=True)
class Listed:
    """Rows to print.

    Parameters
    ----------
    rows : sequence of mapping
    columns : sequence of str
        For programs.
    shown : sequence of str
        For people: those that fit beside one another.
    told : sequence of str
        What else the reader should know, a sentence each.
    """

    rows: Sequence[Mapping[str, str | int | float | None]]
    columns: Sequence[str]
    shown: Sequence[str]
    told: Sequence[str]


def describe_features(project: Project, *, output: Path | None = None) -> Listed:
    """Return the catalogue of all features of a workspace, and write it where that is asked.

    Parameters
    ----------
    project : Project
    output : Path, optional
        An HTML file; one that stands there is replaced whole.

    Raises
    ------
    StorageError
        It could not be written.
    """
    entries = catalogue(project.features, project.vocabulary)
    if output is not None:
        write_whole(output, catalogue_page(entries, project.panel))
    return Listed(
        [_described(entry) for entry in entries],
        CATALOGUE_COLUMNS,
        CATALOGUE_SHOWN,
        [f"{len(entries)} features. The values in the examples are made up."],
    )


def profile_features(
    project: Project,
    *,
    as_of: datetime.date,
    against: datetime.date | None = None,
    output: Path | None = None,
    today: datetime.date,
    progress: Progress,
    keep_features: bool = True,
) -> Listed:
    """Return how features are spread over the people heard up to a date, and how that changed.

    The people are those who were heard, as training sees it, in the year that ends with the
    date; each counts once, at the last date on which they were heard. The dates compared with
    end a period of the same length. It is shortened where the two dates are less than a year
    apart, so that nobody's referral is on both sides.

    Parameters
    ----------
    project : Project
    as_of : date
    against : date, optional
        An earlier date.
    output : Path, optional
        An HTML file; one that stands there is replaced whole.
    today : date
        Rows with a date after it are rejected.
    progress : Progress
    keep_features : bool
        Whether features that were kept before are used, and new ones kept.

    Raises
    ------
    NotFoundError
        Too few people were heard to tell anything of them.
    ValueError
        The date compared with is not the earlier one.
    RejectedRowsError, ExtractError, StorageError
    """
    if against is not None and against >= as_of:
        raise ValueError("a profile is compared with an earlier date")
    checked = read_accepted(project, today=today, progress=progress)
    progress.stage("Making features")
    make = feature_maker(project, progress, keep=keep_features)
    asked = ask_of_all(project, checked.histories, make)
    days = min(LONGEST_DAYS, (as_of - against).days) if against else LONGEST_DAYS
    smallest = project.panel.smallest_group
    matrix, now = _heard(asked, as_of, days, smallest)
    before = _heard(asked, against, days, smallest) if against else None
    profiles = profile(matrix, before[0] if before else None, smallest=smallest)
    earlier = before[1] if before else None
    if output is not None:
        write_whole(output, profile_page(profiles, project.panel, now, earlier))
    return Listed(
        [_profiled(one, now, earlier) for one in profiles],
        PROFILE_COLUMNS + (DRIFT_COLUMNS if earlier else ()),
        PROFILE_SHOWN + (DRIFT_SHOWN if earlier else ()),
        [
            f"{now.words}.",
            *([f"Compared with {earlier.words}."] if earlier else []),
            *(
                ["The data is synthetic: every person is invented."]
                if project.panel.synthetic
                else []
            ),
        ],
    )


def _heard(
    asked: Asked, until: datetime.date, days: int, smallest: int
) -> tuple[FeatureMatrix, Period]:
    """Return the features of those heard in some days, each person at their last date."""
    day, last = asked.moments.day, day_of(until)
    rows = np.flatnonzero((day > last - days) & (day <= last))
    rows = rows[np.lexsort((rows, day[rows], asked.moments.person[rows]))]
    person = asked.moments.person[rows]
    is_last = np.append(person[1:] != person[:-1], True)[: len(rows)]
    chosen = rows[is_last]
    first = until - datetime.timedelta(days=days - 1)
    if len(chosen) < smallest:
        raise NotFoundError(_too_few(asked, first, until, smallest))
    return asked.matrix.take(chosen), Period(first, until, len(chosen))


def _too_few(asked: Asked, first: datetime.date, last: datetime.date, smallest: int) -> Problem:
    made = sorted(asked.referrals["made_on"].to_pylist())
    known = f"referrals made from {made[0]} to {made[-1]}" if made else "no referrals at all"
    return Problem(
        f"as-of date {last}",
        f"a profile needs at least {smallest} people heard from {first} to {last}",
        f"fewer, among {known}" if made else known,
        "Choose other dates, further apart, or bring in more extracts.",
    )


def _described(entry: Entry) -> dict[str, str]:
    feature = entry.feature
    return {
        "feature": feature.name,
        "theme": feature.theme_title,
        "meaning": entry.example,
        "measure": entry.measure,
        "unit": feature.unit,
        "direction": feature.direction,
        "window": entry.window,
        "looks_at": entry.events,
        "when_nothing_is_found": entry.missing,
    }


def _profiled(
    one: FeatureProfile, now: Period, earlier: Period | None
) -> dict[str, str | int | float | None]:
    row: dict[str, str | int | float | None] = {
        "feature": one.feature.name,
        "theme": one.feature.theme_title,
        "people": now.people,
        "share_known": one.known.value,
        "share_zero": one.zero.value,
        **dict(zip(PROFILE_COLUMNS[5:10], one.quantiles, strict=True)),
        "distribution": one.distribution,
        "known": one.known.words,
        "zero_or_no": one.zero.words,
        "median": _short(one.quantiles[QUANTILES.index(0.5)]),
        "spread": sparkline(one),
    }
    if earlier and one.drift:
        row |= {
            "people_earlier": earlier.people,
            "psi": one.drift.psi,
            "psi_by_chance": one.drift.by_chance,
            "drift": one.drift.words,
        }
    return row


def _short(value: float | None) -> str:
    return "" if value is None else f"{value:,g}"
