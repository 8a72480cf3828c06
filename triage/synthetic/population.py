"""The people of the made-up area: who they are, what drives them, and whom they harm."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["AREAS", "ETHNICITIES", "RELATIONSHIPS", "SEXES", "Dyads", "Population", "draw_people"]

Bools = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

SEXES = ("male", "female", "other")
SEX_SHARES = (0.82, 0.175, 0.005)

AREAS = ("north", "east", "south", "west")
AREA_SHARES = (0.27, 0.23, 0.22, 0.28)

ETHNICITIES = ("white", "asian", "black", "mixed", "other")
ETHNICITY_SHARES_BY_AREA = np.array(
    [
        [0.86, 0.06, 0.03, 0.03, 0.02],
        [0.80, 0.10, 0.05, 0.03, 0.02],
        [0.48, 0.18, 0.22, 0.08, 0.04],  # so that a skew by area shows by ethnicity too
        [0.88, 0.05, 0.03, 0.03, 0.01],
    ]
)

RELATIONSHIPS = ("partner", "former_partner", "family", "other")
RELATIONSHIP_SHARES = (0.46, 0.32, 0.18, 0.04)
PARTNER, FORMER_PARTNER, FAMILY, OTHER = range(4)

YEAR_DAYS = 365.25
YEARLY_RATE = 0.023  # incidents a year of a middling person, before any excitement
RATE_SPREAD = 1.75  # log-normal sigma of that rate
FREQUENCY_MOST = 2.6  # in sigmas: nobody is in the records every week
HARM_WITH_RATE = 0.35  # correlation of latent harm with the rate: most harm is not from frequency
HARM_SPREAD = 0.30  # spread of latent harm, in units of an incident's own noise
DANGER_SHARE = 0.06  # people who have a dangerous spell, and how far it lifts severity
DANGER_LEAST = 2.0
DANGER_MEAN = 0.9
DANGER_WITH_RATE = 0.7
DANGER_AT_ONCE_SHARE = 0.6  # of dangerous spells begin with the first incident
DANGER_WAIT_DAYS = 350.0
DANGER_DAYS = 550.0
SERIAL_SHARES = (0.74, 0.16, 0.07, 0.03)  # people with one, two, three, four victims
SHARED_SHARE = 0.04  # dyads whose victim is somebody else's victim too
COUNTER_SHARE = 0.06  # people of whom each of two is alleged to harm the other


@dataclass(frozen=True)
class Dyads:
    """A person and one victim each, those of one person next to each other, in order of meeting.

    All arrays have shape (n_dyads,).

    Parameters
    ----------
    victims : ndarray of str
        Ids of the victims.
    relationship : ndarray of int
        What the victim is at first: a position in :data:`RELATIONSHIPS`.
    children : ndarray of bool
        Children live in the victim's home.
    pregnant_from : ndarray of int
        First day of a pregnancy and the year of the birth; beyond the last day where none.
    counter : ndarray of int
        Position of the victim among the people, where allegations go both ways; else −1.
    """

    victims: npt.NDArray[np.str_]
    relationship: Codes
    children: Bools
    pregnant_from: Codes
    counter: Codes


@dataclass(frozen=True)
class Population:
    """The people, before anything happens. All arrays of people have shape (n,).

    Parameters
    ----------
    born : ndarray of int
        Day of birth, counted like all days here from the first day that is simulated.
    sex, area, ethnicity : ndarray of int
        Positions in :data:`SEXES`, :data:`AREAS`, :data:`ETHNICITIES`.
    first_day : ndarray of int
        The day of the first incident.
    daily_rate : ndarray of float
        Incidents a day before any excitement.
    harm : ndarray of float
        Latent harm: how far incidents lean to the severe, in units of an incident's own noise.
    danger : ndarray of float
        What a dangerous spell adds to it; 0 for most.
    danger_from, danger_until : ndarray of int
        The days of that spell.
    strangles, armed, threatens, stalks, controls : ndarray of float
        Leanings that make the matching conduct more likely, as log-odds about 0.
    alcohol, drugs, mental_health : ndarray of bool
        Needs.
    crisis_from : ndarray of int
        First day of a suicidal crisis; beyond the last day where there is none.
    died_on, left_on : ndarray of int
        Beyond the last day where neither happens.
    first_dyad, n_dyads : ndarray of int
        Where a person's dyads stand in ``dyads``, and how many there are.
    dyads : Dyads
    """

    born: Codes
    sex: Codes
    area: Codes
    ethnicity: Codes
    first_day: Codes
    daily_rate: Floats
    harm: Floats
    danger: Floats
    danger_from: Codes
    danger_until: Codes
    strangles: Floats
    armed: Floats
    threatens: Floats
    stalks: Floats
    controls: Floats
    alcohol: Bools
    drugs: Bools
    mental_health: Bools
    crisis_from: Codes
    died_on: Codes
    left_on: Codes
    first_dyad: Codes
    n_dyads: Codes
    dyads: Dyads

    @property
    def size(self) -> int:
        """How many people there are."""
        return len(self.born)


def draw_people(n: int, first_day: Codes, n_days: int, rng: np.random.Generator) -> Population:
    """Return people drawn from the shares that stand at the head of this file.

    Parameters
    ----------
    n : int
        How many.
    first_day : ndarray of int, shape (n,)
        The day of each one's first incident.
    n_days : int
        How many days will be simulated.
    rng : numpy.random.Generator
    """
    frequency = rng.standard_normal(n)
    harm = _latent_harm(frequency, rng)
    danger = (rng.random(n) < DANGER_SHARE) * (DANGER_LEAST + rng.exponential(DANGER_MEAN, n))
    at_once = rng.random(n) < DANGER_AT_ONCE_SHARE
    wait = np.where(at_once, 0.0, rng.exponential(DANGER_WAIT_DAYS, n))
    danger_from = first_day + wait.astype(np.int64)
    frequency += DANGER_WITH_RATE * danger
    area = rng.choice(len(AREAS), size=n, p=AREA_SHARES)
    frequency = np.minimum(frequency, FREQUENCY_MOST)
    need = 0.35 * frequency + rng.standard_normal(n)
    mental_health = need + rng.normal(0, 0.8, n) > 0.75
    n_dyads = 1 + rng.choice(len(SERIAL_SHARES), size=n, p=SERIAL_SHARES)
    n_dyads = np.minimum(n_dyads + (harm + rng.normal(0, 1, n) > 2.0), len(SERIAL_SHARES))
    return Population(
        born=first_day - _ages_in_days(n, rng),
        sex=rng.choice(len(SEXES), size=n, p=SEX_SHARES),
        area=area,
        ethnicity=_ethnicities(area, rng),
        first_day=first_day,
        daily_rate=_daily_rates(frequency),
        harm=harm,
        danger=danger,
        danger_from=danger_from,
        danger_until=danger_from + 60 + rng.exponential(DANGER_DAYS, n).astype(np.int64),
        strangles=_leaning(harm + danger, 0.9, rng),
        armed=_leaning(harm + danger, 0.6, rng),
        threatens=_leaning(harm + danger, 0.6, rng),
        stalks=_leaning(harm + danger, 0.4, rng),
        controls=_leaning(harm + danger, 0.5, rng),
        alcohol=need + rng.normal(0, 0.8, n) > 0.55,
        drugs=need + rng.normal(0, 0.8, n) > 1.05,
        mental_health=mental_health,
        crisis_from=_crises(harm, mental_health, n_days, rng),
        died_on=_ends(n, 0.004, n_days, first_day, rng),
        left_on=_ends(n, 0.018, n_days, first_day, rng),
        first_dyad=np.cumsum(n_dyads) - n_dyads,
        n_dyads=n_dyads,
        dyads=_draw_dyads(n_dyads, n_days, rng),
    )


def _latent_harm(frequency: Floats, rng: np.random.Generator) -> Floats:
    own = np.sqrt(1 - HARM_WITH_RATE**2) * rng.standard_normal(len(frequency))
    return np.asarray(HARM_SPREAD * (HARM_WITH_RATE * frequency + own))


def _daily_rates(frequency: Floats) -> Floats:
    return np.asarray(np.exp(RATE_SPREAD * frequency) * YEARLY_RATE / YEAR_DAYS)


def _leaning(harm: Floats, weight: float, rng: np.random.Generator) -> Floats:
    return weight * harm + rng.normal(0, 0.9, len(harm))


def _ages_in_days(n: int, rng: np.random.Generator) -> Codes:
    years = np.clip(17 + rng.gamma(3.2, 5.6, n), 16.5, 88)
    return np.asarray(years * YEAR_DAYS, dtype=np.int64)


def _ethnicities(area: Codes, rng: np.random.Generator) -> Codes:
    steps = np.cumsum(ETHNICITY_SHARES_BY_AREA, axis=1)[area]
    return np.asarray((rng.random(len(area))[:, None] > steps[:, :-1]).sum(axis=1))


def _crises(harm: Floats, mental_health: Bools, n_days: int, rng: np.random.Generator) -> Codes:
    share = np.clip(0.05 + 0.12 * mental_health + 0.05 * harm, 0.01, 0.5)
    chosen = rng.random(len(harm)) < share
    return np.where(chosen, rng.integers(0, n_days, len(harm)), 2 * n_days)


def _ends(
    n: int, yearly_share: float, n_days: int, first_day: Codes, rng: np.random.Generator
) -> Codes:
    after = rng.exponential(YEAR_DAYS / yearly_share, n).astype(np.int64) + 30
    return np.asarray(np.minimum(first_day + after, 2 * n_days))


def _draw_dyads(n_dyads: Codes, n_days: int, rng: np.random.Generator) -> Dyads:
    n = int(n_dyads.sum())
    relationship = rng.choice(len(RELATIONSHIPS), size=n, p=RELATIONSHIP_SHARES)
    pregnant = (relationship <= FORMER_PARTNER) & (rng.random(n) < 0.16)
    numbers = rng.choice(8 * n, size=n, replace=False) + 1
    children = rng.random(n) < 0.48
    pregnant_from = np.where(pregnant, rng.integers(0, n_days, n), 2 * n_days)
    shared = rng.random(n) < SHARED_SHARE
    numbers = np.where(shared, np.roll(numbers, n // 2), numbers)  # half of all people away
    return Dyads(
        victims=np.char.add("V-", np.char.zfill(numbers.astype(np.str_), 6)),
        relationship=relationship,
        children=children,
        pregnant_from=pregnant_from,
        counter=_counter_allegations(n_dyads, relationship, rng),
    )


def _counter_allegations(n_dyads: Codes, relationship: Codes, rng: np.random.Generator) -> Codes:
    """Pair some people by their first dyads, where these are of partners."""
    counter = np.full(len(relationship), -1, dtype=np.int64)
    first = np.cumsum(n_dyads) - n_dyads
    partners = np.flatnonzero(relationship[first] <= FORMER_PARTNER)
    n_pairs = int(COUNTER_SHARE * len(n_dyads) / 2)
    drawn = rng.permutation(partners)[: 2 * n_pairs]
    one, other = drawn[: len(drawn) // 2], drawn[len(drawn) // 2 : len(drawn) // 2 * 2]
    counter[first[one]], counter[first[other]] = other, one
    return counter
