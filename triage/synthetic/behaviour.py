"""What truly happens in the made-up area, day by day, whether or not anybody records it.

Incidents excite further incidents (a self-exciting process, one for each person): most of what
follows an incident follows within three months, and severity climbs with repetition. What the
agencies do in answer (orders, custody, referrals, a programme place) acts back on behaviour, so
it is part of the same walk through the days.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from triage.synthetic.population import (
    AREAS,
    FORMER_PARTNER,
    PARTNER,
    YEAR_DAYS,
    YEARLY_RATE,
    Population,
)

__all__ = ["NOTICERS", "PLANTED_SKEW", "Behaviour", "live_through"]

Bools = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Progress = Callable[[float, str], None]

BAND_THRESHOLDS = (0.05, 1.3, 2.7, 3.25)
"""An incident's latent severity, in units of its own noise, above which it is in the next band.

Five bands: not a crime, minor, serious, grave, most grave.
"""

EXCITEMENT_DAYS = 75.0  # mean life of excitement: over half of what returns, returns in 3 months
EXCITABILITY = 0.115  # incidents that one incident brings about, for a middling person
EXCITABILITY_MOST = 0.72
ESCALATION_DAYS = 270.0
ESCALATION_STEP = 0.22
ESCALATION_MOST = 1.4
CONCERN_DAYS = 60.0
RECENT_DAYS = 365.0

POLICE_LOGIT = -0.4  # of the police being told of an incident at the foot of band 1
POLICE_BY_SEVERITY = 0.62
SKEWED_AREA = AREAS.index("south")
PLANTED_SKEW = 0.9  # in log-odds: the same behaviour is recorded by the police more often there
NOTICERS = ("health", "social_care", "housing", "probation", "substance_use")
NOTICE_SHARES = (0.13, 0.10, 0.06, 0.02, 0.02)

REFERRALS_A_MONTH = 60.0  # for 6,000 people
REFERRED_BY_NEED = 2.8  # exponent of concern in the odds of being referred
STILL_REFERRED_SHARE = 0.15  # of people in custody or on the programme already, at any moment
PLACES_A_MONTH = 7.0
REFERENCE_PEOPLE = 6000
PLACE_EFFECT = 0.6  # of the rate of incidents while on the programme

# What the justice system does after an incident that the police know of, by band of severity:
# the share of incidents, and the middling length of a sentence.
BAILED = (0.01, 0.06, 0.16, 0.26, 0.25)
SERVED_NOTICE = (0.005, 0.03, 0.06, 0.08, 0.05)
CONVICTED = (0.0, 0.07, 0.17, 0.25, 0.2)
REMANDED = (0.0, 0.008, 0.05, 0.22, 0.42)
SENTENCED = (0.0, 0.004, 0.03, 0.12, 0.2)
SENTENCE_DAYS = (30, 60, 140, 380, 900)


@dataclass(frozen=True)
class Behaviour:
    """Everything that truly happened. ``person`` is a position in the population.

    Parameters
    ----------
    incidents : DataFrame
        person, day, dyad, relationship, band, severity, apart, crisis, pregnant, under_order,
        breach, police (they were told), noticed (a position in :data:`NOTICERS`, or −1), ticks
        (of the risk assessment that followed; NaN where none did).
    orders, custody, places : DataFrame
        person, day, until, type; orders also have a dyad.
    referrals : DataFrame
        person, day, dyad, route, from_police, apart, together, pregnant, crisis.
    """

    incidents: pd.DataFrame
    orders: pd.DataFrame
    custody: pd.DataFrame
    places: pd.DataFrame
    referrals: pd.DataFrame


@dataclass
class _Log:
    """Rows of one table, gathered as equally long arrays."""

    parts: list[dict[str, npt.NDArray[Any]]] = field(default_factory=list)

    def add(self, **columns: npt.ArrayLike) -> None:
        broadcast = np.broadcast_arrays(*map(np.asarray, columns.values()))
        self.parts.append(dict(zip(columns, broadcast, strict=True)))

    def table(self, *columns: str) -> pd.DataFrame:
        if not self.parts:
            return pd.DataFrame({name: np.zeros(0, dtype=np.int64) for name in columns})
        return pd.DataFrame(
            {name: np.concatenate([part[name] for part in self.parts]) for name in columns}
        )


def live_through(
    population: Population,
    n_days: int,
    rng: np.random.Generator,
    *,
    scale: float,
    skew: float = PLANTED_SKEW,
    progress: Progress | None = None,
) -> Behaviour:
    """Return what happens to the population in so many days.

    Parameters
    ----------
    population : Population
    n_days : int
    rng : numpy.random.Generator
    scale : float
        The size of the area as a multiple of the 6,000 people to which numbers a month refer.
    skew : float
        By how much more the police are told in one area of the same behaviour, in log-odds.
    progress : callable, optional
        Told the share done, and what is being done.
    """
    course = _Course(population, n_days, rng, scale, skew)
    for day in range(n_days):
        course.live(day)
        if progress and day % 180 == 0:
            progress(day / n_days, "living through the days")
    return course.behaviour()


class _Course:
    """The state of every person on a day, and what changes it."""

    def __init__(
        self,
        population: Population,
        n_days: int,
        rng: np.random.Generator,
        scale: float,
        skew: float,
    ) -> None:
        n = population.size
        self.people, self.rng, self.scale, self.skew = population, rng, scale, skew
        self.n_days = n_days
        self.gone_on = np.minimum(population.died_on, population.left_on)
        self.relationship = population.dyads.relationship.copy()
        self.dyad = population.first_dyad.copy()
        frequency = population.daily_rate * YEAR_DAYS / YEARLY_RATE
        self.excitability = np.minimum(EXCITABILITY * frequency**0.42, EXCITABILITY_MOST)
        self.excitement, self.escalation = np.zeros(n), np.zeros(n)
        self.concern, self.recent = np.zeros(n), np.zeros(n)
        self.ticks, self.ticks_on = np.zeros(n), np.full(n, -10_000)
        self.last_from_police = np.zeros(n, dtype=bool)
        self.referred_on, self.referred_dyad = np.full(n, -10_000), np.full(n, -1)
        self.apart_until, self.custody_until = np.full(n, -1), np.full(n, -1)
        self.order_from, self.order_until = np.full(n, -10_000), np.full(n, -1)
        self.place_until = np.full(n, -1)
        self.agenda: dict[int, list[tuple[Callable[..., None], tuple[Any, ...]]]] = defaultdict(
            list
        )
        self.logs: dict[str, _Log] = defaultdict(_Log)

    def live(self, day: int) -> None:
        """Move everyone on by one day."""
        for action, arguments in self.agenda.pop(day, ()):
            action(day, *arguments)
        self.excitement *= np.exp(-1 / EXCITEMENT_DAYS)
        self.escalation *= np.exp(-1 / ESCALATION_DAYS)
        self.concern *= np.exp(-1 / CONCERN_DAYS)
        self.recent *= np.exp(-1 / RECENT_DAYS)
        chance = -np.expm1(-self._rates(day))
        happens = self.rng.random(self.people.size) < chance
        happens |= (self.people.first_day == day) & (self.gone_on > day)
        who = np.flatnonzero(happens)
        if len(who):
            self._incidents(day, who)
        if day % 7 == 0:
            self._refer(day)
        if day % 30 == 15:
            self._take_on(day)

    def behaviour(self) -> Behaviour:
        """Return all that has happened so far."""
        return Behaviour(
            incidents=self.logs["incidents"].table(*INCIDENT_COLUMNS),
            orders=self.logs["orders"].table("person", "day", "until", "dyad", "type"),
            custody=self.logs["custody"].table("person", "day", "until", "type"),
            places=self.logs["places"].table("person", "day", "until", "type"),
            referrals=self.logs["referrals"].table(*REFERRAL_COLUMNS),
        )

    def _rates(self, day: int) -> Floats:
        people = self.people
        rates = people.daily_rate + self.excitement
        order_age = np.minimum(day - self.order_from, 10_000)
        fresh_order = (self.order_until >= day) * np.exp(-order_age / 25.0)
        rates = rates + 0.006 * fresh_order * np.sqrt(self.excitability / EXCITABILITY)
        rates *= np.where(self.apart_until >= day, 1.5, 1.0)
        rates *= np.where(self._in_crisis(day), 1.3, 1.0)
        rates *= np.where(self.place_until >= day, PLACE_EFFECT, 1.0)
        rates *= np.where(self.custody_until >= day, 0.03, 1.0)
        rates[(people.first_day > day) | (self.gone_on <= day)] = 0.0
        return np.asarray(rates)

    def _in_crisis(self, day: int) -> Bools:
        return (self.people.crisis_from <= day) & (day < self.people.crisis_from + 120)

    def _danger(self, day: int) -> Floats:
        people = self.people
        return people.danger * ((people.danger_from <= day) & (day < people.danger_until))

    def _pregnant(self, day: int, dyad: Codes) -> Bools:
        since = day - self.people.dyads.pregnant_from[dyad]
        return (since >= 0) & (since < 365)

    def _incidents(self, day: int, who: Codes) -> None:
        people, rng, n = self.people, self.rng, len(who)
        anyone = people.first_dyad[who] + (rng.random(n) * people.n_dyads[who]).astype(np.int64)
        dyad = np.where(rng.random(n) < 0.88, self.dyad[who], anyone)
        apart, crisis = self.apart_until[who] >= day, self._in_crisis(day)[who]
        pregnant = self._pregnant(day, dyad)
        severity = (
            people.harm[who]
            + self._danger(day)[who]
            + 0.35 * self.escalation[who]
            + 0.35 * apart
            + 0.2 * pregnant
            + 0.3 * crisis
            + rng.standard_normal(n)
        )
        band = np.searchsorted(BAND_THRESHOLDS, severity)
        under_order = self.order_until[who] >= day
        police = self._police_told(who, severity, under_order)
        noticed = self._noticed(band)
        ticks = self._assess(who, band, apart, police)
        self.logs["incidents"].add(
            person=who,
            day=day,
            dyad=dyad,
            relationship=self.relationship[dyad],
            band=band,
            severity=severity,
            apart=apart,
            crisis=crisis,
            pregnant=pregnant,
            under_order=under_order,
            breach=under_order & (rng.random(n) < 0.7),
            police=police,
            noticed=noticed,
            ticks=ticks,
        )
        self.excitement[who] += self.excitability[who] / EXCITEMENT_DAYS
        self.escalation[who] = np.minimum(self.escalation[who] + ESCALATION_STEP, ESCALATION_MOST)
        self._raise_concern(day, who, band, police, noticed, ticks)
        self._separate(day, who, dyad, apart)
        self._respond(day, who[police], dyad[police], band[police], apart[police])

    def _police_told(self, who: Codes, severity: Floats, under_order: Bools) -> Bools:
        skewed = self.people.area[who] == SKEWED_AREA
        logit = POLICE_LOGIT + POLICE_BY_SEVERITY * severity + self.skew * skewed
        logit += 0.4 * under_order + 0.25 * self.last_from_police[who]
        return np.asarray(self.rng.random(len(who)) < 1 / (1 + np.exp(-logit)))

    def _noticed(self, band: Codes) -> Codes:
        shares = np.array(NOTICE_SHARES) * np.where(band[:, None] >= 2, 1.5, 1.0)
        shares[:, 2] = np.where(band >= 2, 0.01, NOTICE_SHARES[2])  # housing hears the noise
        steps = np.cumsum(shares, axis=1)
        position = (self.rng.random(len(band))[:, None] > steps).sum(axis=1)
        return np.where(position < len(NOTICERS), position, -1)

    def _assess(self, who: Codes, band: Codes, apart: Bools, police: Bools) -> Floats:
        done = police & (self.rng.random(len(who)) < 0.78)
        level = 7.8 + 0.8 * band + 1.2 * apart + 0.4 * self.people.harm[who]
        ticks = np.clip(np.rint(level + self.rng.normal(0, 3.9, len(who))), 0, 24)
        return np.where(done, ticks, np.nan)

    def _raise_concern(
        self, day: int, who: Codes, band: Codes, police: Bools, noticed: Codes, ticks: Floats
    ) -> None:
        seen = police | (noticed >= 0)
        weight = 0.6 + 0.5 * band + 1.8 * (np.nan_to_num(ticks) >= 14)
        self.concern[who] += np.where(seen, weight, 0.0)
        self.recent[who] += seen
        assessed = who[~np.isnan(ticks)]
        self.ticks[assessed], self.ticks_on[assessed] = ticks[~np.isnan(ticks)], day
        self.last_from_police[who[seen]] = police[seen]

    def _separate(self, day: int, who: Codes, dyad: Codes, apart: Bools) -> None:
        together = (self.relationship[dyad] == PARTNER) & ~apart
        leaving = together & (self.rng.random(len(who)) < 0.3)
        who, dyad = who[leaving], dyad[leaving]
        if not len(who):
            return
        self.relationship[dyad] = FORMER_PARTNER
        self.apart_until[who] = day + self.rng.integers(60, 200, len(who))
        last = self.people.first_dyad[who] + self.people.n_dyads[who] - 1
        self._plan(
            day + self.rng.integers(120, 420, len(who)), self._meet, who, np.minimum(dyad + 1, last)
        )

    def _meet(self, _day: int, who: Codes, dyad: Codes) -> None:
        self.dyad[who] = dyad

    def _respond(self, day: int, who: Codes, dyad: Codes, band: Codes, apart: Bools) -> None:
        if not len(who):
            return
        rng, n = self.rng, len(who)
        u = rng.random((6, n))
        bailed = u[0] < np.take(BAILED, band)
        self._order(day, who[bailed], dyad[bailed], "bail_conditions", (28, 90))
        served = u[1] < np.take(SERVED_NOTICE, band)
        self._order(day, who[served], dyad[served], "protection_notice", (28, 29))
        petitioned = u[2] < 0.07 * (apart + 0.3) * (band > 0)
        self._plan(
            day + rng.integers(5, 30, n)[petitioned],
            self._order,
            who[petitioned],
            dyad[petitioned],
            "non_molestation_order",
            (365, 366),
        )
        convicted = u[3] < np.take(CONVICTED, band)
        self._plan(
            day + rng.integers(30, 170, n)[convicted],
            self._convict,
            who[convicted],
            dyad[convicted],
        )
        remanded = (u[4] < np.take(REMANDED, band)) & (self.custody_until[who] < day)
        self._remand(day, who[remanded], band[remanded])
        sentenced = (u[5] < np.take(SENTENCED, band)) & ~remanded
        self._plan(
            day + rng.integers(90, 240, n)[sentenced],
            self._sentence,
            who[sentenced],
            band[sentenced],
        )

    def _plan(
        self, days: npt.ArrayLike, action: Callable[..., None], who: Codes, *arguments: Any
    ) -> None:
        for position, day in enumerate(np.broadcast_to(days, who.shape)):
            row = slice(position, position + 1)
            parts = (part[row] if isinstance(part, np.ndarray) else part for part in arguments)
            self.agenda[int(day)].append((action, (who[row], *parts)))

    def _order(self, day: int, who: Codes, dyad: Codes, kind: str, days: tuple[int, int]) -> None:
        here = self.gone_on[who] > day
        who, dyad = who[here], dyad[here]
        if not len(who):
            return
        until = day + self.rng.integers(*days, len(who))
        self.logs["orders"].add(person=who, day=day, until=until, dyad=dyad, type=kind)
        self.order_from[who] = day
        self.order_until[who] = np.maximum(self.order_until[who], until)

    def _convict(self, day: int, who: Codes, dyad: Codes) -> None:
        u = self.rng.random(2)
        if u[0] < 0.55:
            self._order(day, who, dyad, "restraining_order", (365, 1100))
        if u[1] < 0.6:
            here = who[self.gone_on[who] > day]
            if len(here):
                until = day + self.rng.integers(270, 550, len(here))
                self.logs["orders"].add(
                    person=here, day=day, until=until, dyad=-1, type="community_order"
                )

    def _remand(self, day: int, who: Codes, band: Codes) -> None:
        if not len(who):
            return
        until = day + self.rng.integers(25, 150, len(who))
        self._hold(day, who, until, "remand")
        goes_on = self.rng.random(len(who)) < np.array([0.2, 0.3, 0.45, 0.6, 0.75])[band]
        self._plan(until[goes_on], self._sentence, who[goes_on], band[goes_on])

    def _sentence(self, day: int, who: Codes, band: Codes) -> None:
        free = self.custody_until[who] <= day
        who, band = who[free], band[free]
        days = np.take(SENTENCE_DAYS, band) * self.rng.gamma(4.0, 0.25, len(who))
        self._hold(day, who, day + np.maximum(days, 14).astype(np.int64), "sentence")

    def _hold(self, day: int, who: Codes, until: Codes, kind: str) -> None:
        here = self.gone_on[who] > day
        who, until = who[here], until[here]
        if len(who):
            self.logs["custody"].add(person=who, day=day, until=until, type=kind)
            self.custody_until[who] = until

    def _refer(self, day: int) -> None:
        rng = self.rng
        open_to = (self.concern > 0.25) & (self.gone_on > day) & (day - self.referred_on > 75)
        out_of_reach = (self.custody_until >= day + 60) | (self.place_until >= day)
        open_to &= ~out_of_reach | (rng.random(len(open_to)) < STILL_REFERRED_SHARE)
        candidates = np.flatnonzero(open_to)
        expected = REFERRALS_A_MONTH * 12 / YEAR_DAYS * 7 * self.scale
        need = REFERRED_BY_NEED * np.log(self.concern[candidates] + 0.35 * self.recent[candidates])
        who = _draw(candidates, need, rng.poisson(expected), rng)
        if not len(who):
            return
        dyad, day_made = self.dyad[who], day + rng.integers(0, 7, len(who))
        self.logs["referrals"].add(
            person=who,
            day=day_made,
            dyad=dyad,
            route=self._routes(day, who),
            from_police=self.last_from_police[who],
            apart=self.apart_until[who] >= day,
            together=(self.relationship[dyad] == PARTNER) & (self.order_until[who] < day),
            pregnant=self._pregnant(day, dyad),
            crisis=self._in_crisis(day)[who],
        )
        self.referred_on[who], self.referred_dyad[who] = day_made, dyad

    def _routes(self, day: int, who: Codes) -> npt.NDArray[np.str_]:
        chance = self.rng.random(len(who))
        again = (day - self.referred_on[who] <= 365) & (self.referred_dyad[who] == self.dyad[who])
        high = (day - self.ticks_on[who] <= 180) & (self.ticks[who] >= 14)
        climbing = self.recent[who] >= 1.7
        return np.select(
            [again & (chance < 0.9), high, climbing],
            ["repeat", "visible_high_risk", "escalation"],
            "professional_judgement",
        )

    def _take_on(self, day: int) -> None:
        lately = (day - self.referred_on <= 45) & (day > self.referred_on)
        free = (self.place_until < day) & (self.custody_until < day) & (self.gone_on > day + 60)
        candidates = np.flatnonzero(lately & free)
        need = np.log(self.concern[candidates] + 0.5)
        count = self.rng.poisson(PLACES_A_MONTH * self.scale)
        who = _draw(candidates, need, count, self.rng)
        if not len(who):
            return
        starts = day + self.rng.integers(7, 28, len(who))
        until = starts + self.rng.integers(150, 330, len(who))
        self.logs["places"].add(person=who, day=starts, until=until, type="on_programme")
        self.place_until[who] = until


def _draw(candidates: Codes, need: Floats, count: int, rng: np.random.Generator) -> Codes:
    """Return so many of the candidates, those in more need more often, in order of position."""
    order = np.argsort(-(need + rng.gumbel(size=len(candidates))), kind="stable")
    return np.sort(candidates[order[:count]])


INCIDENT_COLUMNS = (
    "person",
    "day",
    "dyad",
    "relationship",
    "band",
    "severity",
    "apart",
    "crisis",
    "pregnant",
    "under_order",
    "breach",
    "police",
    "noticed",
    "ticks",
)
REFERRAL_COLUMNS = (
    "person",
    "day",
    "dyad",
    "route",
    "from_police",
    "apart",
    "together",
    "pregnant",
    "crisis",
)
