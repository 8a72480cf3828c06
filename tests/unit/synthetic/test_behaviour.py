"""What truly happens in the made-up area, and what is planted in its records."""

import functools

import numpy as np
import pandas as pd

from triage.conditions import Answer
from triage.synthetic import AREAS, ETHNICITIES, Area, make_area


@functools.cache
def area() -> Area:
    return make_area(people=3000, seed=5)


def log_odds(told: pd.Series) -> float:
    return float(np.log(told.mean() / (1 - told.mean())))


def with_area() -> pd.DataFrame:
    incidents = area().incidents
    lives = np.array(AREAS)[area().population.area[incidents["person"]]]
    return incidents.assign(south=lives == "south")


def test_most_returns_come_within_months():
    """After an incident the next is far likelier soon than later, among those who return."""
    days = area().incidents.sort_values(["person", "day"])
    gaps = days.groupby("person")["day"].diff().dropna()
    first, later = (gaps <= 91).sum(), ((gaps > 91) & (gaps <= 182)).sum()
    assert first > 2 * later > 0


def test_custody_holds_incidents_down():
    custody = area().behaviour.custody
    held = custody.merge(area().incidents[["person", "day"]], on="person", suffixes=("", "_then"))
    inside = held[(held["day_then"] > held["day"]) & (held["day_then"] < held["until"])]
    days_inside = (custody["until"] - custody["day"]).sum()
    before = held[(held["day_then"] < held["day"]) & (held["day_then"] >= held["day"] - 365)]
    assert len(inside) / days_inside < 0.1 * len(before) / (365 * len(custody))


def test_orders_are_breached_soon_after_they_are_made():
    breaches = area().incidents[area().incidents["breach"]]
    pairs = breaches.merge(area().behaviour.orders, on="person", suffixes=("", "_order"))
    age = pairs["day"] - pairs["day_order"]
    assert ((age > 0) & (age <= 30)).sum() > ((age > 30) & (age <= 60)).sum() > 0


def test_nothing_is_recorded_of_people_after_they_died_or_left():
    people = area().population
    gone_on = np.minimum(people.died_on, people.left_on)
    for name, rows in area().records.events.items():
        assert (rows["day"].to_numpy() < gone_on[rows["person"]]).all(), name


def test_a_few_victims_are_shared_by_two_people_and_nobody_has_one_twice():
    people = area().population
    _, times = np.unique(people.dyads.victims, return_counts=True)
    assert 0.02 < (times > 1).mean() < 0.06
    assert times.max() == 2
    person = np.repeat(np.arange(len(people.n_dyads)), people.n_dyads)
    pairs = set(zip(person.tolist(), people.dyads.victims.tolist(), strict=True))
    assert len(pairs) == len(people.dyads.victims)


def test_a_record_names_a_victim_of_its_person():
    people = area().population
    for rows in area().records.events.values():
        named = rows[rows["dyad"] >= 0]
        first = people.first_dyad[named["person"]]
        assert (named["dyad"] >= first).all()
        assert (named["dyad"] < first + people.n_dyads[named["person"]]).all()


def test_planted_the_police_record_the_same_behaviour_of_the_south_more_often():
    incidents = with_area()
    for band in (0, 1, 2):
        same = incidents[incidents["band"] == band]
        lift = log_odds(same["police"][same["south"]]) - log_odds(same["police"][~same["south"]])
        assert 0.5 < lift < 1.3, band


def test_planted_behaviour_itself_does_not_depend_on_the_area():
    incidents = with_area()
    per_person = len(incidents[incidents["south"]]) / (area().population.area == 2).sum()
    elsewhere = len(incidents[~incidents["south"]]) / (area().population.area != 2).sum()
    assert 0.85 < per_person / elsewhere < 1.18
    # Severity is compared among first incidents: more police contact brings more custody later.
    first = incidents.drop_duplicates("person")
    severity = first.groupby("south")["severity"].mean()
    assert abs(severity[True] - severity[False]) < 0.12


def test_planted_the_skew_shows_by_ethnicity_too():
    people = area().population
    white = people.ethnicity == ETHNICITIES.index("white")
    told = area().incidents["police"]
    by_white = told.groupby(white[area().incidents["person"]]).mean()
    assert by_white[False] > by_white[True] + 0.04


def test_planted_the_police_hardly_ask_after_suicidal_ideation():
    incidents = area().records.events["police_incidents"]
    asked = incidents[incidents["domestic"] == Answer.YES]["suicidal_ideation"]
    health = area().records.events["health"]["suicidal_ideation"]
    assert (asked == Answer.NOT_ASKED).mean() > 0.4
    assert (asked == Answer.YES).mean() < 0.25 * (health == Answer.YES).mean()


def test_planted_half_of_all_incidents_never_reach_the_police():
    assert 0.4 < area().incidents["police"].mean() < 0.6


def test_planted_incidents_fall_after_a_referral_without_any_programme():
    placed = area().behaviour.places["person"]
    referrals = area().behaviour.referrals
    alone = referrals[~referrals["person"].isin(placed)]
    alone = alone[alone["day"] < area().n_days - 180]
    pairs = alone.merge(area().incidents[["person", "day"]], on="person", suffixes=("", "_then"))
    since = pairs["day_then"] - pairs["day"]
    assert since.between(90, 180).sum() < 0.6 * since.between(-90, 0).sum()


def test_planted_known_dates_lag_behind_by_agency():
    lags = {
        name: (rows["known"] - rows["day"]).mean() for name, rows in area().records.events.items()
    }
    assert lags["police_assessments"] < lags["social_care"] < lags["health"]
    assert lags["substance_use"] == 30


def test_types_imply_their_own_flags():
    incidents = area().incidents
    assert incidents["strangulation"][incidents["type"] == "strangulation"].all()
    assert incidents["injury"][incidents["type"] == "assault_with_injury"].all()
    assert incidents["strangulation"][incidents["type"] == "verbal_dispute"].mean() < 0.05


def test_flags_lean_on_the_person():
    """A person who strangled once is likelier to do so again than another is at all."""
    minor = area().incidents[area().incidents["band"] <= 2]
    by_person = minor.groupby("person")["strangulation"]
    earlier = by_person.cumsum() - minor["strangulation"]
    assert minor["strangulation"][earlier > 0].mean() > 2 * minor["strangulation"].mean()
