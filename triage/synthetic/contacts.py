"""Contacts with services that are not incidents: needs, plans, complaints, supervision."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from triage.synthetic.behaviour import Behaviour
from triage.synthetic.population import YEAR_DAYS, Population

__all__ = [
    "health_contacts",
    "housing_contacts",
    "other_crimes",
    "probation_contacts",
    "social_care_contacts",
    "substance_use_contacts",
]

Codes = npt.NDArray[np.int64]
Floats = npt.NDArray[np.floating[Any]]
Rng = np.random.Generator

NO_END = -1


def other_crimes(population: Population, n_days: int, rng: Rng) -> pd.DataFrame:
    """Return crimes that are not domestic: person, day, until, type."""
    rates = 0.10 * (population.daily_rate / np.median(population.daily_rate)) ** 0.45
    person, day = _scattered(rates, n_days, rng)
    names = np.array(["other_crime", "burglary", "weapon_possession"], dtype=object)
    types = rng.choice(names, size=len(person), p=[0.9, 0.07, 0.03])
    return _contacts(person, day, types)


def health_contacts(population: Population, n_days: int, rng: Rng) -> pd.DataFrame:
    """Return contacts with health services: person, day, until, type, suicidal_ideation."""
    people = population
    attends = 0.03 + 0.10 * people.alcohol + 0.08 * people.drugs + 0.10 * people.mental_health
    unwell = 0.03 + 0.45 * people.mental_health
    worried = 0.04 + 0.06 * people.mental_health
    in_crisis = np.flatnonzero(people.crisis_from < n_days)
    each = rng.poisson(1.6, len(in_crisis))
    crisis_person = np.repeat(in_crisis, each)
    crisis_day = people.crisis_from[crisis_person] + rng.integers(0, 120, len(crisis_person))
    crisis_type = np.where(
        rng.random(len(crisis_person)) < 0.3, "emergency_attendance", "mental_health_contact"
    )
    parts = [
        _contacts(*_scattered(attends, n_days, rng), "emergency_attendance"),
        _contacts(*_scattered(unwell, n_days, rng), "mental_health_contact"),
        _contacts(*_scattered(worried, n_days, rng), "gp_concern"),
        _contacts(crisis_person, crisis_day, crisis_type),
    ]
    contacts = pd.concat(parts, ignore_index=True)
    since = contacts["day"] - people.crisis_from[contacts["person"]]
    return contacts.assign(suicidal_ideation=(since >= 0) & (since < 120))


def substance_use_contacts(population: Population, n_days: int, rng: Rng) -> pd.DataFrame:
    """Return treatment episodes and appointments that were missed in them."""
    alcohol = _episodes(0.16 * population.alcohol, "alcohol_treatment", n_days, rng)
    drugs = _episodes(0.16 * population.drugs, "drug_treatment", n_days, rng)
    episodes = pd.concat([alcohol, drugs], ignore_index=True)
    missed = np.repeat(np.arange(len(episodes)), rng.poisson(1.3, len(episodes)))
    length = (episodes["until"] - episodes["day"]).to_numpy()[missed]
    day = episodes["day"].to_numpy()[missed] + (rng.random(len(missed)) * length).astype(np.int64)
    appointments = _contacts(episodes["person"].to_numpy()[missed], day, "missed_appointment")
    return pd.concat([episodes, appointments], ignore_index=True)


def social_care_contacts(
    population: Population, incidents: pd.DataFrame, n_days: int, rng: Rng
) -> pd.DataFrame:
    """Return plans for children, which mostly follow incidents, and safeguarding concerns."""
    children = population.dyads.children[incidents["dyad"].to_numpy()]
    chance = rng.random(len(incidents))
    plan = children & (chance < 0.05 + 0.03 * incidents["band"].to_numpy())
    after = incidents[plan]
    day = after["day"].to_numpy() + rng.integers(4, 45, len(after))
    until = day + rng.integers(90, 400, len(after))
    types = np.where(rng.random(len(after)) < 0.3, "child_protection_plan", "child_in_need")
    concerns = _scattered(np.full(population.size, 0.012), n_days, rng)
    return pd.concat(
        [
            _contacts(after["person"].to_numpy(), day, types, until),
            _contacts(*concerns, "adult_safeguarding"),
        ],
        ignore_index=True,
    )


def housing_contacts(
    population: Population, incidents: pd.DataFrame, n_days: int, rng: Rng
) -> pd.DataFrame:
    """Return complaints, homelessness (often after a separation) and evictions."""
    apart = incidents[incidents["apart"].astype(bool) & (rng.random(len(incidents)) < 0.12)]
    moved = apart["day"].to_numpy() + rng.integers(5, 90, len(apart))
    needs = 0.03 + 0.05 * population.drugs + 0.03 * population.alcohol
    return pd.concat(
        [
            _contacts(apart["person"].to_numpy(), moved, "homelessness"),
            _contacts(*_scattered(needs, n_days, rng), "housing_complaint"),
            _contacts(*_scattered(0.3 * needs, n_days, rng), "homelessness"),
            _contacts(*_scattered(0.15 * needs, n_days, rng), "eviction"),
        ],
        ignore_index=True,
    )


def probation_contacts(behaviour: Behaviour, rng: Rng) -> pd.DataFrame:
    """Return supervision contacts, and missed ones, under community orders and after release."""
    orders = behaviour.orders[behaviour.orders["type"] == "community_order"]
    sentences = behaviour.custody[behaviour.custody["type"] == "sentence"]
    licences = sentences.assign(day=sentences["until"], until=sentences["until"] + 180)
    columns = ["person", "day", "until"]
    periods = pd.concat([orders[columns], licences[columns]], ignore_index=True)
    length = (periods["until"] - periods["day"]).to_numpy()
    visits = np.repeat(np.arange(len(periods)), np.maximum(length // 45, 1))
    day = periods["day"].to_numpy()[visits] + (rng.random(len(visits)) * length[visits]).astype(
        np.int64
    )
    types = np.where(rng.random(len(visits)) < 0.22, "missed_appointment", "supervision_contact")
    return _contacts(periods["person"].to_numpy()[visits], day, types)


def _scattered(yearly: Floats, n_days: int, rng: Rng) -> tuple[Codes, Codes]:
    """Return people and days of events at a steady yearly rate each."""
    counts = rng.poisson(yearly * n_days / YEAR_DAYS)
    person = np.repeat(np.arange(len(yearly)), counts)
    return person, rng.integers(0, n_days, len(person))


def _episodes(yearly: Floats, name: str, n_days: int, rng: Rng) -> pd.DataFrame:
    person, day = _scattered(yearly, n_days, rng)
    return _contacts(person, day, name, day + rng.integers(28, 270, len(person)))


def _contacts(
    person: Codes, day: Codes, types: str | npt.NDArray[Any], until: Codes | int = NO_END
) -> pd.DataFrame:
    return pd.DataFrame({"person": person, "day": day, "until": until, "type": types})
