"""Which agency records what, when it becomes known, and which answers the record holds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from triage.conditions import Answer
from triage.synthetic import contacts
from triage.synthetic.answers import Asking, answer, answer_all
from triage.synthetic.behaviour import NOTICERS, Behaviour
from triage.synthetic.population import RELATIONSHIPS, Population

__all__ = ["DECLARED_LAG_DAYS", "Records", "keep_records"]

Codes = npt.NDArray[np.int64]
Rng = np.random.Generator

DECLARED_LAG_DAYS = {
    "police_assessments": 2,
    "probation_custody": 3,
    "probation_supervision": 7,
    "housing": 14,
    "substance_use": 30,
    "programme_places": 1,
}
"""Extracts that hold no known dates: the lag that their source files declare, in days."""

SECOND_REFERRAL_SHARE = 0.05  # of referrals, after which another agency refers the same person
OTHER_OF_VICTIM_SHARE = 0.9  # of those who harm a victim of somebody referred, so far as it shows
DARA_SHARE_LATE = 0.4  # of assessments in the last fifth of the years, when DARA comes in
TWICE_SHARE = 0.12  # of incidents known to the police that another agency also writes up as one

POLICE_ASKS = {
    "strangulation": Asking(0.75, 0.01, 0.08, 0.05),
    "weapon": Asking(0.85, 0.01, 0.05),
    "threat_to_kill": Asking(0.75, 0.02, 0.07, 0.04),
    "injury": Asking(0.93, 0.01, 0.03),
    "children_present": Asking(0.85, 0.02, 0.06, 0.03),
    "pregnancy": Asking(0.6, 0.003, 0.14, 0.15),
    "separation": Asking(0.7, 0.03, 0.12, 0.12),
    "stalking": Asking(0.6, 0.02, 0.10, 0.18),
    "coercive_control": Asking(0.5, 0.02, 0.12, 0.18),
    "suicidal_ideation": Asking(0.15, 0.002, 0.15, 0.5),
    "alcohol": Asking(0.8, 0.04, 0.10),
    "drugs": Asking(0.55, 0.02, 0.14),
    "mental_health": Asking(0.5, 0.03, 0.15, 0.1),
    "lives_with_victim": Asking(0.92, 0.03, 0.05),
}
ASSESSMENT_ASKS = {
    "separation": Asking(0.8, 0.03, 0.08, 0.02),
    "pregnancy": Asking(0.8, 0.003, 0.05, 0.02),
    "suicidal_ideation": Asking(0.25, 0.005, 0.25, 0.05),
}
HEALTH_ASKS = {
    "injury": Asking(0.95, 0.01, 0.03),
    "strangulation": Asking(0.7, 0.005, 0.10, 0.2),
    "pregnancy": Asking(0.95, 0.002, 0.02),
    "suicidal_ideation": Asking(0.8, 0.005, 0.10, 0.1),
    "alcohol": Asking(0.75, 0.02, 0.10, 0.1),
    "mental_health": Asking(0.85, 0.02, 0.05),
}
SOCIAL_CARE_ASKS = {
    "children_present": Asking(0.95, 0.03, 0.03),
    "pregnancy": Asking(0.8, 0.003, 0.06, 0.06),
    "separation": Asking(0.8, 0.03, 0.08, 0.06),
    "coercive_control": Asking(0.65, 0.03, 0.10, 0.15),
    "lives_with_victim": Asking(0.95, 0.02, 0.04),
}
HOUSING_ASKS = {
    "lives_with_victim": Asking(0.9, 0.05, 0.08),
    "children_present": Asking(0.6, 0.04, 0.15, 0.2),
}
PROBATION_ASKS = {
    "threat_to_kill": Asking(0.6, 0.01, 0.08, 0.1),
    "stalking": Asking(0.5, 0.01, 0.1, 0.1),
    "alcohol": Asking(0.7, 0.04, 0.08),
    "drugs": Asking(0.7, 0.03, 0.08),
}
SUBSTANCE_USE_ASKS = {
    "alcohol": Asking(0.97, 0.02, 0.02),
    "drugs": Asking(0.95, 0.02, 0.02),
    "mental_health": Asking(0.5, 0.03, 0.15, 0.1),
    "suicidal_ideation": Asking(0.4, 0.003, 0.1, 0.4),
}
REFERRAL_ASKS = {
    "lives_with_victim": Asking(0.9, 0.04, 0.16, 0.06),
    "separation": Asking(0.8, 0.05, 0.2, 0.08),
    "pregnancy": Asking(0.8, 0.005, 0.18, 0.1),
    "children_in_home": Asking(0.93, 0.03, 0.12, 0.06),
    "suicidal_ideation": Asking(0.4, 0.01, 0.3, 0.2),
    "in_area": Asking(0.995, 0.3, 0.08, 0.02),
}


@dataclass(frozen=True)
class Records:
    """What the agencies hold, in one form, before each writes it in its own.

    Parameters
    ----------
    events : dict of str to DataFrame
        Extract → its rows: person, dyad (−1: none named), day, known, until (−1: none), type,
        and a column of answers for each question that the agency asks.
    referrals : DataFrame
        person, day, agency, route, relationship and a column of answers for each question.
    """

    events: dict[str, pd.DataFrame]
    referrals: pd.DataFrame


@dataclass(frozen=True)
class _Recorder:
    """One agency at work: what truly happened, and its own source of chance."""

    population: Population
    behaviour: Behaviour
    incidents: pd.DataFrame
    n_days: int
    rng: Rng


def keep_records(
    population: Population,
    behaviour: Behaviour,
    incidents: pd.DataFrame,
    first_day: int,
    n_days: int,
    seeds: Sequence[np.random.SeedSequence],
) -> Records:
    """Return what each agency has on record by the last day.

    Parameters
    ----------
    population : Population
    behaviour : Behaviour
    incidents : DataFrame
        ``behaviour.incidents`` with their facts (:func:`describe_incidents`).
    first_day, n_days : int
        Extracts hold what happened from the first day on and was known before ``n_days``.
    seeds : sequence of SeedSequence
        At least one for each extract and three for the referrals.
    """
    events = {}
    for (name, keep), seed in zip(KEEPERS.items(), seeds, strict=False):
        recorder = _Recorder(population, behaviour, incidents, n_days, np.random.default_rng(seed))
        events[name] = _within(keep(recorder), name, population, first_day, n_days)
    made = behaviour.referrals
    more = _further_referrals(population, behaviour, np.random.default_rng(seeds[-1]))
    referrals = pd.concat(
        [
            _referrals(population, made, np.random.default_rng(seeds[len(KEEPERS)])),
            _referrals(population, more, np.random.default_rng(seeds[-2])),
        ],
        ignore_index=True,
    ).sort_values(["day", "person"], kind="stable", ignore_index=True)
    within = referrals["day"].between(first_day, n_days - 1)
    return Records(events, referrals[within].reset_index(drop=True))


def _within(
    rows: pd.DataFrame, name: str, population: Population, first_day: int, n_days: int
) -> pd.DataFrame:
    known = rows["day"] + DECLARED_LAG_DAYS[name] if name in DECLARED_LAG_DAYS else rows["known"]
    gone_on = np.minimum(population.died_on, population.left_on)
    kept = (rows["day"] >= first_day) & (known < n_days)
    kept &= rows["day"].to_numpy() < gone_on[rows["person"].to_numpy()]
    order = ["known", "day", "person", "type"]
    rows = rows.assign(known=known)[kept]
    return rows.sort_values(order, kind="stable", ignore_index=True)


def _police_incidents(at: _Recorder) -> pd.DataFrame:
    domestic = at.incidents[at.incidents["police"].astype(bool)]
    others = contacts.other_crimes(at.population, at.n_days, at.rng)
    others = others[at.rng.random(len(others)) < 0.8]
    flagged = answer(np.ones(len(domestic), dtype=bool), Asking(0.99, unknown=0.012), at.rng)
    asked = answer_all(domestic, POLICE_ASKS, at.rng, skipped=0.12)
    asked["strangulation"][domestic["type"].to_numpy() == "strangulation"] = Answer.YES
    known_late = domestic["type"].isin(["rape", "sexual_assault", "coercive_control", "stalking"])
    lags = _lags(len(domestic), 0.6, 5.0, at.rng) + known_late * _lags(
        len(domestic), 0.5, 40.0, at.rng
    )
    incident_rows = _rows(domestic, domestic["day"] + lags, domestic["dyad"]).assign(
        relationship=domestic["relationship"].to_numpy(), domestic=flagged, **asked
    )
    other_rows = _rows(others, others["day"] + _lags(len(others), 0.6, 5.0, at.rng)).assign(
        relationship=-1,
        domestic=np.int8(Answer.NO),
        **dict.fromkeys(POLICE_ASKS, np.int8(Answer.NOT_ASKED)),
    )
    return pd.concat([incident_rows, other_rows], ignore_index=True)


def _police_assessments(at: _Recorder) -> pd.DataFrame:
    assessed = at.incidents[at.incidents["ticks"].notna()]
    ticks = assessed["ticks"].to_numpy()
    judged = ticks + at.rng.normal(0, 4.5, len(ticks))
    grade = 1.0 + (judged >= 10) + (judged >= 15)
    grade[at.rng.random(len(ticks)) < 0.06] = np.nan
    late = assessed["day"] > 0.83 * at.n_days
    dara = late & (at.rng.random(len(ticks)) < DARA_SHARE_LATE)
    rows = _rows(assessed, assessed["day"], assessed["dyad"])
    return rows.assign(
        day=rows["day"] + at.rng.integers(0, 2, len(rows)),
        type=np.where(dara, "dara", "dash"),
        ticks=np.where(dara | (at.rng.random(len(ticks)) < 0.05), np.nan, ticks),
        risk_grade=grade,
        **answer_all(assessed, ASSESSMENT_ASKS, at.rng),
    )


def _police_orders(at: _Recorder) -> pd.DataFrame:
    orders = at.behaviour.orders
    orders = orders[orders["type"] != "community_order"]
    return _rows(orders, orders["day"] + _lags(len(orders), 0.3, 4.0, at.rng), orders["dyad"])


def _probation_custody(at: _Recorder) -> pd.DataFrame:
    custody = at.behaviour.custody
    return _rows(custody, custody["day"])


def _probation_supervision(at: _Recorder) -> pd.DataFrame:
    orders = at.behaviour.orders
    orders = orders[orders["type"] == "community_order"]
    supervised = contacts.probation_contacts(at.behaviour, at.rng)
    told, _ = _noticed(at, "probation")
    parts = [orders.assign(dyad=-1), supervised.assign(dyad=-1), told.assign(until=-1)]
    return _asked(at, parts, PROBATION_ASKS)


def _health(at: _Recorder) -> pd.DataFrame:
    told, attended = _noticed(at, "health")
    contact = contacts.health_contacts(at.population, at.n_days, at.rng)
    contact["mental_health"] = at.population.mental_health[contact["person"]]
    contact["alcohol"] = at.population.alcohol[contact["person"]] & (
        at.rng.random(len(contact)) < 0.4
    )
    parts = [told, attended.assign(type="emergency_attendance"), contact]
    rows = _asked(at, parts, HEALTH_ASKS)
    return rows.assign(known=rows["day"] + at.rng.integers(3, 36, len(rows)))


def _social_care(at: _Recorder) -> pd.DataFrame:
    told, referred = _noticed(at, "social_care")
    plans = contacts.social_care_contacts(at.population, at.incidents, at.n_days, at.rng)
    parts = [told, referred.assign(type="adult_safeguarding"), plans]
    rows = _asked(at, parts, SOCIAL_CARE_ASKS)
    return rows.assign(known=rows["day"] + at.rng.integers(1, 22, len(rows)))


def _housing(at: _Recorder) -> pd.DataFrame:
    told, complained = _noticed(at, "housing")
    contact = contacts.housing_contacts(at.population, at.incidents, at.n_days, at.rng)
    parts = [told, complained.assign(type="housing_complaint"), contact]
    return _asked(at, parts, HOUSING_ASKS)


def _substance_use(at: _Recorder) -> pd.DataFrame:
    told, _ = _noticed(at, "substance_use")
    contact = contacts.substance_use_contacts(at.population, at.n_days, at.rng)
    for need in ("alcohol", "drugs", "mental_health"):
        contact[need] = getattr(at.population, need)[contact["person"]]
    since = contact["day"] - at.population.crisis_from[contact["person"]]
    contact["suicidal_ideation"] = (since >= 0) & (since < 120)
    return _asked(at, [told, contact], SUBSTANCE_USE_ASKS)


def _programme_places(at: _Recorder) -> pd.DataFrame:
    first = at.incidents[at.incidents["police"].astype(bool)].drop_duplicates("person")
    sent = first[(first["band"] == 1) & (at.rng.random(len(first)) < 0.06)]
    day = sent["day"] + at.rng.integers(30, 90, len(sent))
    course = pd.DataFrame(
        {"person": sent["person"], "day": day, "until": day + 42, "type": "cara_course"}
    )
    both = pd.concat([at.behaviour.places, course], ignore_index=True)
    return _rows(both, both["day"])


KEEPERS: dict[str, Callable[[_Recorder], pd.DataFrame]] = {
    "police_incidents": _police_incidents,
    "police_assessments": _police_assessments,
    "police_orders": _police_orders,
    "probation_custody": _probation_custody,
    "probation_supervision": _probation_supervision,
    "health": _health,
    "social_care": _social_care,
    "housing": _housing,
    "substance_use": _substance_use,
    "programme_places": _programme_places,
}
"""Extract → who keeps it. Add at the end only: each has its own seed, by position."""


def _noticed(at: _Recorder, agency: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the incidents that an agency writes up as such, and those it knows as a contact.

    What the police know is as a rule only a contact to the others, so that harm is not counted
    twice; what the police were not told is an incident on the agency's own record.
    """
    noticed = at.incidents[at.incidents["noticed"] == NOTICERS.index(agency)]
    police = noticed["police"].to_numpy(dtype=bool)
    twice = at.rng.random(len(noticed)) < TWICE_SHARE
    return noticed[~police | twice], noticed[police & ~twice]


def _asked(
    at: _Recorder, parts: Sequence[pd.DataFrame], askings: dict[str, Asking]
) -> pd.DataFrame:
    """Return the rows of one extract with the answers to what the agency asks.

    Rows that are no incident have no facts but their own: all else is "not asked" there.
    """
    tables = []
    for part in parts:
        victims = part.get("dyad", pd.Series(-1, index=part.index))
        rows = _rows(part, part["day"], victims)
        facts = [name for name in askings if name in part]
        answers: dict[str, Any] = dict.fromkeys(askings, np.int8(Answer.NOT_ASKED))
        answers |= answer_all(part, {name: askings[name] for name in facts}, at.rng)
        aware = "police" in part
        answers["domestic"] = np.int8(Answer.YES if aware else Answer.NOT_ASKED)
        answers["police_reported"] = (
            answer(part["police"].to_numpy(dtype=bool), Asking(0.8, 0.01, 0.2), at.rng)
            if aware
            else np.int8(Answer.NOT_ASKED)
        )
        tables.append(rows.assign(**answers))
    return pd.concat(tables, ignore_index=True)


def _rows(
    part: pd.DataFrame, known: pd.Series[Any], dyad: pd.Series[Any] | None = None
) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "person": part["person"].to_numpy(dtype=np.int64),
            "dyad": -1 if dyad is None else dyad.to_numpy(dtype=np.int64),
            "day": part["day"].to_numpy(dtype=np.int64),
            "known": known.to_numpy(dtype=np.int64),
            "until": part["until"].to_numpy(dtype=np.int64) if "until" in part else -1,
            "type": part["type"].to_numpy(dtype=object),
        }
    )


def _lags(n: int, at_once: float, mean_days: float, rng: Rng) -> Codes:
    days = 1 + rng.exponential(mean_days, n).astype(np.int64)
    return np.where(rng.random(n) < at_once, 0, days)


def _further_referrals(population: Population, behaviour: Behaviour, rng: Rng) -> pd.DataFrame:
    """Return referrals that follow others within two weeks.

    Of the same person, by another agency; and of somebody else who has harmed the same victim.
    """
    made, victims = behaviour.referrals, population.dyads.victims
    again = made[rng.random(len(made)) < SECOND_REFERRAL_SHARE]
    again = again.assign(from_police=~again["from_police"].astype(bool))
    harmed = behaviour.incidents.groupby("dyad", as_index=False)["day"].min()
    harmed = harmed.assign(victim=victims[harmed["dyad"].to_numpy()])
    owner = np.repeat(np.arange(population.size), population.n_dyads)
    beside = made.assign(victim=victims[made["dyad"].to_numpy()]).merge(
        harmed, on="victim", suffixes=("", "_other")
    )
    is_another = owner[beside["dyad_other"].to_numpy()] != beside["person"].to_numpy()
    is_another &= (beside["day_other"] < beside["day"] - 40).to_numpy()
    beside = beside[is_another & (rng.random(len(beside)) < OTHER_OF_VICTIM_SHARE)]
    beside = beside.assign(
        person=owner[beside["dyad_other"].to_numpy()], dyad=beside["dyad_other"], crisis=False
    )
    more = pd.concat([again, beside[made.columns]], ignore_index=True)
    gone_on = np.minimum(population.died_on, population.left_on)[more["person"].to_numpy()]
    more = more.assign(
        day=more["day"] + rng.integers(1, 15, len(more)), route="professional_judgement"
    )
    still_here: pd.DataFrame = more[more["day"].to_numpy() < gone_on]
    return still_here


def _referrals(population: Population, made: pd.DataFrame, rng: Rng) -> pd.DataFrame:
    n, dyad = len(made), made["dyad"].to_numpy()
    relationship = np.asarray(RELATIONSHIPS, dtype=object)[population.dyads.relationship[dyad]]
    partner = relationship == "partner"
    relationship[partner & ~made["together"].to_numpy(dtype=bool)] = "former_partner"
    relationship[rng.random(n) < 0.09] = None
    route = made["route"].to_numpy(dtype=object)
    route[rng.random(n) < 0.03] = None
    facts = pd.DataFrame(
        {
            "lives_with_victim": made["together"],
            "separation": made["apart"],
            "pregnancy": made["pregnant"],
            "children_in_home": population.dyads.children[dyad],
            "suicidal_ideation": made["crisis"],
            "in_area": rng.random(n) < 0.98,
        }
    )
    rows = pd.DataFrame(
        {
            "person": made["person"],
            "day": made["day"],
            "agency": _referrers(made["from_police"].to_numpy(dtype=bool), rng),
            "route": route,
            "relationship": relationship,
            **answer_all(facts, REFERRAL_ASKS, rng),
        }
    )
    return rows.sort_values(["day", "person"], kind="stable", ignore_index=True)


def _referrers(from_police: npt.NDArray[np.bool_], rng: Rng) -> npt.NDArray[np.object_]:
    agencies = np.array(["police", *NOTICERS], dtype=object)
    after_police = rng.choice(len(agencies), len(from_police), p=[0.72, 0.03, 0.1, 0.03, 0.1, 0.02])
    after_others = rng.choice(len(agencies), len(from_police), p=[0.1, 0.3, 0.3, 0.13, 0.1, 0.07])
    return np.asarray(agencies[np.where(from_police, after_police, after_others)])
