"""What would change a place is found by asking again, and is so when it comes about.

Every change that is told is made true here: the record is added to the history, the answer to the
referral, the days to the date. All features are then made from the whole history in the ordinary
way, the same rules and the same model asked, and all cases ranked anew. Others stand as they are.
"""

from __future__ import annotations

import dataclasses
import datetime
from typing import Any

import numpy as np
import pytest

from tests.spec.test_law_7_every_position_explains_itself import MODELS, PEOPLE, history, learned
from tests.unit.explain.builders import (
    AS_OF,
    FEATURES,
    PLAN,
    POLICY,
    SCALE,
    VOCABULARY,
    Asked,
    ask,
    days_ago,
)
from triage.explain import (
    Judged,
    Possibilities,
    Standing,
    Suppositions,
    Words,
    changeable,
    changes_table,
    suppose_changes,
)
from triage.features import compute
from triage.ranking import Ranking, rank, tiers_of
from triage.rules import evaluate_rules, gather_facts
from triage.timeline import Moments, attributes_at

CAPACITY = 16
POSSIBILITIES = Possibilities.model_validate(
    {
        "new_facts": [
            {
                "name": "harassment",
                "one": "one more incident of harassment",
                "two": "two more incidents of harassment",
                "event": {"type": "harassment", "domestic": "yes"},
            },
            {
                "name": "another",
                "one": "an injury of a new victim",
                "event": {"type": "assault_with_injury", "domestic": "yes", "injury": "yes"},
                "new_victim": True,
            },
            {
                "name": "strangulation",
                "one": "one more incident of strangulation",
                "event": {"type": "strangulation", "domestic": "yes"},
            },
        ],
        "quiet_months": [3, 12],
    }
)
QUESTIONS = {
    "referral.separation": ("the victim is leaving", "the victim is not leaving"),
    "referral.suicidal_ideation": ("the person is suicidal", "the person is not suicidal"),
}
WORDS = Words(QUESTIONS)
EVENTS = [{**event, "victim_id": f"v-{event['person_id']}"} for event in history(1)]
UNKNOWN = {"separation": "unknown", "suicidal_ideation": "not_asked"}
NOW = ask(EVENTS, *PEOPLE, **UNKNOWN)
IDS = NOW.histories.referrals["referral_id"].to_pylist()
MODEL = learned(MODELS[0])


def days() -> np.ndarray:
    return NOW.moments.day


def ranked(asked: Asked) -> Ranking:
    return rank(IDS, MODEL.score(asked.matrix), asked.trace, capacity=CAPACITY)


def attributes() -> Any:
    return attributes_at(NOW.histories, np.arange(len(PEOPLE)), days())


def supposed(now: Ranking) -> Suppositions:
    return suppose_changes(
        POSSIBILITIES,
        POSSIBILITIES.timeline(VOCABULARY, SCALE),
        NOW.matrix,
        NOW.timeline,
        NOW.moments,
        attributes(),
        now.rows[:60],
        WORDS,
    )


def judge(found: Suppositions) -> Judged:
    trace = evaluate_rules(POLICY, gather_facts(found.matrix, found.attributes), AS_OF)
    nobody = np.zeros(trace.n_rows, dtype=bool)
    return Judged(tiers_of(trace), MODEL.score(found.matrix), nobody)


def tried() -> list[dict[str, Any]]:
    now = ranked(NOW)
    places = now.places
    each = np.arange(1, len(IDS) + 1, dtype=np.int32)
    standing = Standing(
        rows=now.rows,
        tiers=places["tier"].to_numpy(),
        scores=places["score"].to_numpy(),
        referral_ids=places["referral_id"].to_pylist(),
        band_first=each,
        band_last=each,
        capacity=CAPACITY,
    )
    return changes_table(supposed(now), judge, standing).to_pylist()


TRIED = tried()
TOLD = [row for row in TRIED if row["told"]]


def come_about(row: dict[str, Any]) -> Asked:
    """Return the list's referrals after a change came about, all features made in the usual way."""
    person = row["referral_id"].removeprefix("r-")
    place = PEOPLE.index(person)
    if row["kind"] == "event":
        fact = next(one for one in POSSIBILITIES.new_facts if one.name == row["name"])
        has_victim = any(event["person_id"] == person for event in EVENTS)
        victim = f"v-{person}" if has_victim and not fact.new_victim else "v-new"
        new = [
            {
                **fact.event,
                "event_id": f"new{number}",
                "person_id": person,
                "happened_on": days_ago(1 + 7 * number),
                "victim_id": victim,
                "agency": "police",
            }
            for number in range(row["amount"])
        ]
        return ask([*EVENTS, *new], *PEOPLE, **UNKNOWN)
    given = attributes()
    moments = NOW.moments
    if row["kind"] == "answer":
        given[row["name"]].codes[place] = row["amount"]
    else:
        later = moments.day.copy()
        later[place] += round(row["amount"] * 365.25 / 12)
        moments = Moments(moments.person, later)
    matrix = compute(PLAN, NOW.timeline, moments, given)
    trace = evaluate_rules(POLICY, gather_facts(matrix, given), AS_OF)
    return dataclasses.replace(NOW, matrix=matrix, trace=trace)


def place_in(ranking: Ranking, referral_id: str) -> dict[str, Any]:
    return next(row for row in ranking.places.to_pylist() if row["referral_id"] == referral_id)


@pytest.mark.parametrize("kind", ["answer", "event", "time"])
def test_a_change_that_comes_about_leads_to_the_place_that_was_told(kind: str) -> None:
    of_kind = [row for row in TOLD if row["kind"] == kind][:12]
    assert len(of_kind) >= 4
    before = ranked(NOW)
    for row in of_kind:
        was = place_in(before, row["referral_id"])
        now = place_in(ranked(come_about(row)), row["referral_id"])
        assert (now["rank"], now["tier"]) == (row["rank"], row["tier"])
        assert now["score"] == pytest.approx(row["score"], abs=1e-9)
        crossed = was["within_capacity"] != now["within_capacity"]
        assert (row["crosses"] == "line") == crossed


def test_what_does_not_cross_is_not_told_and_the_smallest_that_does_is() -> None:
    assert not any(row["told"] for row in TRIED if not row["crosses"])
    for row in TOLD:
        theirs = [one for one in TRIED if one["referral_id"] == row["referral_id"]]
        same = [one for one in theirs if one["kind"] == row["kind"]]
        before = same[: same.index(row)]
        assert not any(one["crosses"] == row["crosses"] for one in before)
        assert sum(bool(one["told"]) for one in same) == 1
        if row["crosses"] != "line":
            assert not any(one["crosses"] == "line" for one in same)
    assert {row["crosses"] for row in TOLD} >= {"line", "tier"}


def test_only_what_can_change_is_changed() -> None:
    """Nobody gets younger, nothing is undone, and a question is asked only where it is open."""
    found = supposed(ranked(NOW))
    moved: dict[str, set[str]] = {feature.name: set() for feature in FEATURES}
    for number, (row, step) in enumerate(zip(found.row, found.step, strict=True)):
        before, after = NOW.matrix.values[row], found.matrix.values[number]
        for column in np.flatnonzero(~((before == after) | (np.isnan(before) & np.isnan(after)))):
            moved[FEATURES[column].name].add(found.steps[step].kind)
    for feature in FEATURES:
        assert moved[feature.name] <= changeable(feature, WORDS), feature.name
    assert moved["age"] == set()
    assert moved["incidents_365d"] == {"event", "time"}
    assert moved["separation"] == {"answer"}
    ever = NOW.matrix.names.index("strangulation_incidents_ever")
    assert (found.matrix.values[:, ever] >= NOW.matrix.values[found.row, ever]).all()


def test_a_history_to_which_nothing_is_added_has_the_same_features() -> None:
    found = suppose_changes(
        Possibilities(quiet_months=[]),
        Possibilities().timeline(VOCABULARY, SCALE),
        NOW.matrix,
        NOW.timeline,
        NOW.moments,
        attributes(),
        np.arange(len(PEOPLE)),
        Words({"referral.separation": ("yes", "no")}),
    )
    assert len(found.row) == 2 * len(PEOPLE)
    column = NOW.matrix.names.index("separation")
    others = [place for place in range(len(FEATURES)) if place != column]
    same = NOW.matrix.values[np.ix_(found.row, others)]
    assert np.array_equal(found.matrix.values[:, others], same, equal_nan=True)


def test_what_becomes_known_later_is_not_in_a_quiet_time() -> None:
    """A record that will be known in a month says nothing of a list of today, nor of its future."""
    late = {
        "person_id": "p1",
        "event_id": "late",
        "happened_on": days_ago(5),
        "known_on": AS_OF + datetime.timedelta(days=30),
        "type": "strangulation",
        "domestic": "yes",
        "agency": "police",
    }
    asked = ask([late])
    found = suppose_changes(
        Possibilities(quiet_months=[3]),
        Possibilities().timeline(VOCABULARY, SCALE),
        asked.matrix,
        asked.timeline,
        asked.moments,
        attributes_at(asked.histories, np.arange(1), asked.moments.day),
        np.arange(1),
        Words({}),
    )
    assert found.matrix.column("strangulation_incidents_365d").tolist() == [0.0]
