"""Past lists as they would have been: who was on them, and where each ranker put them."""

from __future__ import annotations

import calendar
import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from scipy.stats import rankdata

from triage.conditions import take
from triage.errors import LearningError, NotFoundError, Problem, close_match
from triage.learning import Examples, ModelSpec, Occasion, can_learn, replay
from triage.outcomes import Handling
from triage.ranking import exclusions_of, tiers_of
from triage.records import CaseHistories
from triage.registry import Registry
from triage.timeline import Moments, day_of, open_referrals, training_days
from triage.workflows.clusters import on_cluster
from triage.workflows.making import Make
from triage.workflows.progress import Progress
from triage.workflows.project import Project
from triage.workflows.questions import Asked, ask_of, require_history
from triage.workflows.ruling import ask_rules
from triage.workflows.training import answered, date_of

__all__ = ["Every", "Listing", "Replayed", "list_dates", "replay_lists"]

Every = Literal["month", "quarter", "year"]
MONTHS: Mapping[Every, int] = {"month": 1, "quarter": 3, "year": 12}
Rows = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
DAY_BITS = 32


@dataclass(frozen=True)
class Listing:
    """One list that is replayed.

    Parameters
    ----------
    as_of : date
    rows : ndarray of int64, shape (n,)
        Of what was asked: the referrals that were to be ranked.
    tiers : ndarray of int8, shape (n,)
        To which rules raised them.
    not_for_panel : int
    trained_on : date
    """

    as_of: datetime.date
    rows: Rows
    tiers: npt.NDArray[np.int8]
    not_for_panel: int
    trained_on: datetime.date


@dataclass(frozen=True)
class Replayed:
    """All lists as they would have been.

    Parameters
    ----------
    asked : Asked
        Referrals to learn from and those on the lists, each on its day.
    examples : Examples
        The same, with what came after; only ``teaches`` were learned from.
    teaches : ndarray of bool, shape (n_asked,)
    referral_rows : ndarray of int64, shape (n_asked,)
        Where each stands among the referrals of the histories.
    listings : tuple of Listing
        Those that are measured, in time.
    occasions : tuple of Occasion
    scores : mapping of str to ndarray of float64, shape (n_asked,)
        By ranker; NaN off the lists.
    specs : tuple of ModelSpec
    reference : str
        The ranker that others are compared with.
    champion : str
        Empty where none was promoted.
    notes : tuple of str
    observed_until : int
    """

    asked: Asked
    examples: Examples
    teaches: npt.NDArray[np.bool_]
    referral_rows: Rows
    listings: tuple[Listing, ...]
    occasions: tuple[Occasion, ...]
    scores: Mapping[str, Floats]
    specs: tuple[ModelSpec, ...]
    reference: str
    champion: str
    notes: tuple[str, ...]
    observed_until: int

    @property
    def at(self) -> Rows:
        """The rows of all lists, one after another."""
        return np.concatenate([one.rows for one in self.listings])


def list_dates(
    first: datetime.date, last: datetime.date, every: Every
) -> tuple[datetime.date, ...]:
    """Return the as-of dates from one to another, each on the same day of its month.

    Where a month has no such day, it is the month's last.

    Examples
    --------
    >>> [str(date) for date in list_dates(
    ...     datetime.date(2025, 1, 31), datetime.date(2025, 3, 31), "month")]
    ['2025-01-31', '2025-02-28', '2025-03-31']
    """
    dates: list[datetime.date] = []
    months = 0
    while True:
        year, month = divmod(first.year * 12 + first.month - 1 + months, 12)
        day = min(first.day, calendar.monthrange(year, month + 1)[1])
        date = datetime.date(year, month + 1, day)
        if date > last:
            return tuple(dates)
        dates.append(date)
        months += MONTHS[every]


def replay_lists(
    project: Project,
    histories: CaseHistories,
    dates: Sequence[datetime.date],
    make: Make,
    progress: Progress,
    against: str | None = None,
) -> Replayed:
    """Return all lists of these dates as each ranker would have made them.

    Parameters
    ----------
    project : Project
    histories : CaseHistories
    dates : sequence of date
    make : callable
        Makes features.
    progress : Progress
    against : str, optional
        The model that the others are compared with; by default the champion, or the first that
        learns.

    Raises
    ------
    NotFoundError
        No list of these dates can be measured, or no model of that name learns.
    LearningError
    """
    specs, champion = _specs(project)
    learning = [spec.name for spec in specs if spec.learns]
    reference = against or champion or learning[0]
    if reference not in learning:
        raise NotFoundError(
            Problem(
                f"the model '{reference}'",
                f"must be one that learns ({', '.join(learning)})",
                mend=close_match(reference, learning),
            )
        )
    asked, teaches, referral_rows, on_list = _ask(project, histories, dates, make)
    treatment = project.outcomes.treatment
    handling: Handling = treatment.handled if treatment else "as_recorded"
    examples, until = answered(project, histories, asked, handling)
    examples = _only_teachers_are_stood_for(examples, teaches)
    matures = examples.outcome.matures_in_days
    notes = []
    settled = {date: rows for date, rows in on_list.items() if day_of(date) + matures <= until}
    if len(settled) < len(on_list):
        notes.append(
            f"{_lists(len(on_list) - len(settled))} not measured: what followed had not settled by "
            f"{date_of(until)}, where the first of the extracts that tell it ends."
        )
    if len(on_list) < len(dates):
        notes.append(f"On {_dates(len(dates) - len(on_list))} no referral was open.")
    occasions, listings, early = _occasions(project, examples, teaches, asked, settled)
    if early:
        notes.append(
            f"{_lists(early)} not measured: too little had settled before it to train a model."
        )
    if not listings:
        raise _nothing_to_measure(dates, on_list, settled, date_of(until), matures, early)
    begun = False

    def tell(_done: int, of: int, _what: str) -> None:
        nonlocal begun
        if not begun:
            progress.stage("Training models as of past dates", of)
            begun = True
        progress.advance()

    training = project.panel.training
    with on_cluster(training.cluster):
        scores = dict(replay(specs, examples, occasions, training, progress=tell))
    if not champion:
        notes.append(f"No version was promoted yet; others are compared with '{reference}'.")
    made = histories.referrals["made_on"].cast("int32").to_numpy()[referral_rows]
    scores["first_come"] = -made.astype(np.float64)
    scores["random"] = np.zeros(len(made))
    scores["with_rules"] = _with_rules(scores[reference], listings)
    return Replayed(
        asked,
        examples,
        teaches,
        referral_rows,
        listings,
        occasions,
        scores,
        specs,
        reference,
        champion,
        tuple(notes),
        until,
    )


def _ask(
    project: Project, histories: CaseHistories, dates: Sequence[datetime.date], make: Make
) -> tuple[Asked, npt.NDArray[np.bool_], Rows, dict[datetime.date, Rows]]:
    """Return all that is asked at once, each referral and day a single time."""
    cohort, matures = project.panel.cohort, project.outcomes.primary.matures_in_days
    last = day_of(dates[-1]) if dates else 0
    past, past_days = training_days(histories.referrals, cohort)
    teaching = past_days.astype(np.int64) + matures <= last
    opened = {date: open_referrals(histories.referrals, cohort, day_of(date)) for date in dates}
    opened = {date: rows for date, rows in opened.items() if len(rows)}
    if not opened:
        raise NotFoundError(
            Problem(
                f"the lists from {dates[0]} to {dates[-1]}" if dates else "the lists",
                "must hold referrals, open by configs/panel.yaml: cohort",
                "none on any of them",
                "Choose other dates, '--from' before '--to', or bring in more extracts.",
            )
        )
    require_history(histories, list(opened))
    keys = [_keys(past[teaching], past_days[teaching])]
    keys += [_keys(rows, day_of(date)) for date, rows in opened.items()]
    every, place = np.unique(np.concatenate(keys), return_inverse=True)
    parts = np.split(place, np.cumsum([len(part) for part in keys])[:-1])
    teaches = np.zeros(len(every), dtype=bool)
    teaches[parts[0]] = True
    rows = every >> DAY_BITS
    days = ((every & (2**DAY_BITS - 1)) - 2**31).astype(np.int32)
    asked = ask_of(project, histories, rows, days, make)
    return asked, teaches, rows, dict(zip(opened, parts[1:], strict=True))


def _keys(rows: Rows, days: npt.NDArray[np.int32] | int) -> Rows:
    keys = (rows.astype(np.int64) << DAY_BITS) | (np.asarray(days, dtype=np.int64) + 2**31)
    return np.asarray(keys, dtype=np.int64)


def _only_teachers_are_stood_for(examples: Examples, teaches: npt.NDArray[np.bool_]) -> Examples:
    if examples.stood_for is None:
        return examples
    return replace(examples, stood_for=examples.stood_for & teaches)


def _occasions(
    project: Project,
    examples: Examples,
    teaches: npt.NDArray[np.bool_],
    asked: Asked,
    settled: Mapping[datetime.date, Rows],
) -> tuple[tuple[Occasion, ...], tuple[Listing, ...], int]:
    """Return when models are trained, the lists they rank, and how many lists came too early."""
    lessons = np.flatnonzero(teaches & examples.labels.known)
    matured = examples.moments.day[lessons].astype(np.int64) + examples.outcome.matures_in_days
    found: list[tuple[datetime.date, list[Listing], Occasion]] = []
    early = 0
    for date, rows in settled.items():
        if not found or _months(found[-1][0], date) >= project.panel.backtest.retrain_months:
            day = day_of(date)
            occasion = Occasion(day, lessons[matured <= day], rows[:0])
            if not can_learn(occasion, examples, project.panel.training.minimum_positives):
                early += 1
                continue
            found.append((date, [], occasion))
        found[-1][1].append(_listing(project, asked, date, rows, found[-1][0]))
    occasions = tuple(
        replace(occasion, foretell=np.concatenate([one.rows for one in listings]))
        for _, listings, occasion in found
    )
    return occasions, tuple(one for _, listings, _ in found for one in listings), early


def _listing(
    project: Project,
    asked: Asked,
    as_of: datetime.date,
    rows: Rows,
    trained_on: datetime.date,
) -> Listing:
    theirs = replace(
        asked,
        referrals=asked.referrals.take(pa.array(rows)),
        moments=Moments(asked.moments.person[rows], asked.moments.day[rows]),
        attributes={name: take(column, rows) for name, column in asked.attributes.items()},
        matrix=asked.matrix.take(rows),
    )
    # Each ranker is replayed with the same tiers, so no rule is told what any of them says.
    trace = ask_rules(project.policy, theirs, as_of)
    kept = np.setdiff1d(np.arange(len(rows)), np.fromiter(exclusions_of(trace), dtype=np.int64))
    return Listing(as_of, rows[kept], tiers_of(trace)[kept], len(rows) - len(kept), trained_on)


def _months(first: datetime.date, then: datetime.date) -> int:
    return (then.year - first.year) * 12 + then.month - first.month


def _specs(project: Project) -> tuple[tuple[ModelSpec, ...], str]:
    """Return the specs of ``models/``, that of the champion as it was promoted, and its name."""
    specs = {spec.name: spec for spec in project.models}
    registry = Registry(project.workspace, project.panel.tracking_uri)
    champion = registry.champion()
    if champion is None:
        return tuple(specs.values()), ""
    spec = registry.load(champion.number).spec
    return tuple({**specs, spec.name: spec}.values()), spec.name


def _with_rules(scores: Floats, listings: Sequence[Listing]) -> Floats:
    """Return an order in which tiers come first and scores order each tier."""
    ordered = np.full(len(scores), np.nan)
    for one in listings:
        places = rankdata(scores[one.rows], method="dense")
        ordered[one.rows] = places / (places.max(initial=1.0) + 1) - one.tiers
    return ordered


def _lists(count: int) -> str:
    return "1 list was" if count == 1 else f"{count} lists were"


def _dates(count: int) -> str:
    return "1 date" if count == 1 else f"{count} dates"


def _nothing_to_measure(
    dates: Sequence[datetime.date],
    on_list: Mapping[datetime.date, Rows],
    settled: Mapping[datetime.date, Rows],
    until: datetime.date,
    matures: int,
    early: int,
) -> LearningError | NotFoundError:
    where = f"the lists from {dates[0]} to {dates[-1]}"
    if not settled:
        return NotFoundError(
            Problem(
                where,
                f"must be of dates whose outcomes have settled, {matures} days later",
                f"{len(on_list)} lists, and records until {until}",
                f"Choose dates up to {until - datetime.timedelta(days=matures)}.",
            )
        )
    return LearningError(
        Problem(
            where,
            "enough outcomes must have settled before one of them to learn from "
            "(training.minimum_positives in configs/panel.yaml)",
            f"too few before any of {early} lists",
            "Choose later dates, or bring in older referrals.",
        )
    )
