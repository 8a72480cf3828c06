"""A made-up area: its people, what they truly did, and what was recorded of it."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from triage.synthetic.behaviour import PLANTED_SKEW, REFERENCE_PEOPLE, Behaviour, live_through
from triage.synthetic.conduct import describe_incidents
from triage.synthetic.population import Population, draw_people
from triage.synthetic.recording import Records, keep_records

__all__ = ["Area", "make_area"]

Progress = Callable[[float, str], None]

BURN_IN_DAYS = 365  # lived through before the extracts begin, so that nobody starts from nothing
BURN_IN_SHARE = 0.06  # of people, whose first incident lies there
SIMULATED_FOR_EACH_KNOWN = 1.065  # the others never come to any agency's notice


@dataclass(frozen=True)
class Area:
    """What truly happened in the area, beside what was recorded.

    Parameters
    ----------
    first_date, until : date
        First and last day of the extracts.
    population : Population
        Everybody, also those whom no agency knows.
    behaviour : Behaviour
    incidents : DataFrame
        Every true domestic incident with its facts, whether or not anybody recorded it.
    records : Records
        What the agencies have on record.
    person_ids : ndarray of str, shape (n,)
        The id of each person; empty where no agency knows the person.
    seed : int
    burn_in_days : int
        Days before ``first_date``: the number of the first day of the extracts.
    """

    first_date: datetime.date
    until: datetime.date
    population: Population
    behaviour: Behaviour
    incidents: pd.DataFrame
    records: Records
    person_ids: npt.NDArray[np.str_]
    seed: int
    burn_in_days: int = BURN_IN_DAYS

    @property
    def n_days(self) -> int:
        """Days lived through, burn-in included; the last of them is ``until``."""
        return self.burn_in_days + (self.until - self.first_date).days + 1

    def dates(self, days: npt.ArrayLike) -> npt.NDArray[np.datetime64]:
        """Return days, counted from the first that was lived through, as dates."""
        first = np.datetime64(self.first_date, "D") - self.burn_in_days
        return first + np.asarray(days).astype("timedelta64[D]")

    def chance(self, name: str) -> np.random.Generator:
        """Return a source of chance of its own for a name."""
        return np.random.default_rng([self.seed, *name.encode()])


def make_area(
    *,
    people: int = REFERENCE_PEOPLE,
    years: int = 5,
    until: datetime.date = datetime.date(2025, 12, 31),
    seed: int = 20260101,
    skew: float = PLANTED_SKEW,
    progress: Progress | None = None,
) -> Area:
    """Return a made-up area.

    Parameters
    ----------
    people : int
        About how many people the agencies know.
    years : int
        How many years the extracts cover.
    until : date
        The last day of the extracts.
    seed : int
        The same seed gives the same area.
    skew : float
        By how much more the police are told of the same behaviour in ``south``, in log-odds.
    progress : callable, optional
        Told the share done, between 0 and 1, and what is being done.
    """
    first_date = _years_before(until, years) + datetime.timedelta(days=1)
    n_days = BURN_IN_DAYS + (until - first_date).days + 1
    draw, live, describe, name, *keep = np.random.SeedSequence(seed).spawn(20)
    drawn = round(people * SIMULATED_FOR_EACH_KNOWN)
    rng = np.random.default_rng(draw)
    population = draw_people(drawn, _first_days(drawn, n_days, rng), n_days, rng)
    behaviour = live_through(
        population,
        n_days,
        np.random.default_rng(live),
        scale=people / REFERENCE_PEOPLE,
        skew=skew,
        progress=progress,
    )
    incidents = describe_incidents(behaviour.incidents, population, np.random.default_rng(describe))
    records = keep_records(population, behaviour, incidents, BURN_IN_DAYS, n_days, keep)
    return Area(
        first_date=first_date,
        until=until,
        population=population,
        behaviour=behaviour,
        incidents=incidents,
        records=records,
        person_ids=_person_ids(population.size, records, np.random.default_rng(name)),
        seed=seed,
    )


def _years_before(day: datetime.date, years: int) -> datetime.date:
    try:
        return day.replace(year=day.year - years)
    except ValueError:  # 29 February
        return day.replace(year=day.year - years, day=28)


def _first_days(n: int, n_days: int, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    early = rng.random(n) < BURN_IN_SHARE
    return np.where(early, rng.integers(0, BURN_IN_DAYS, n), rng.integers(BURN_IN_DAYS, n_days, n))


def _person_ids(n: int, records: Records, rng: np.random.Generator) -> npt.NDArray[np.str_]:
    """Return ids that say nothing of the person, nor of the order of coming to notice."""
    tables = [*records.events.values(), records.referrals]
    known = np.unique(np.concatenate([table["person"].to_numpy() for table in tables]))
    ids = np.full(n, "", dtype="<U8")
    numbers = rng.permutation(len(known)) + 1
    ids[known] = np.char.add("P-", np.char.zfill(numbers.astype(np.str_), 6))
    return ids
