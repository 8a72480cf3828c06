"""What the rooms below found out becomes the tables of a list."""

from __future__ import annotations

import numpy as np
import pytest

from tests.unit.explain.builders import (
    AS_OF,
    VOCABULARY,
    Asked,
    ask,
    contributions,
    days_ago,
    incident,
)
from triage.explain import brought_by_agencies, tell_reasons, weights_table
from triage.lists import CHANGES, ListTables, gather_tables
from triage.lists.tables import check_tables
from triage.ranking import Outlook, Question, SetAside, certainty, rank

EVENTS = [
    incident(20, person_id="p2", type="strangulation", event_id="e1"),
    incident(9, person_id="p1", event_id="e2"),
]

QUESTION = Question(
    "referral.pregnancy",
    "the victim is pregnant",
    ("Health",),
    0,
    None,
    ("no", "yes"),
    (None, 1),
    (3, 2),
    3,
    ("tier",),
)


def gathered(asked: Asked, probabilities: bool = True, vocabulary=VOCABULARY) -> ListTables:
    moved = [0.5, 0.2, 0.9][: len(asked.matrix)]
    given = contributions(asked, incidents_365d=moved, pregnancy=-0.1)
    ids = asked.histories.referrals["referral_id"].to_pylist()
    ranking = rank(
        ids,
        given.scores,
        asked.trace,
        capacity=1,
        near_misses=1,
        set_aside=[SetAside("r-lost", "Its row was rejected: no date.")],
    )
    reasons = tell_reasons(
        given, asked.matrix, asked.trace, asked.timeline, asked.moments, VOCABULARY
    )
    ids = asked.histories.referrals["referral_id"].to_pylist()
    members = given.scores + np.array([[0.1], [0.0], [-0.1]]) * np.arange(len(ids))
    return gather_tables(
        ranking,
        certain=certainty(ids, given.scores, members, asked.trace, capacity=1),
        outlooks=[Outlook(1, 3, ("tier",), (QUESTION,)), *[Outlook(n, n, (), ()) for n in (2, 3)]][
            : len(ranking.rows)
        ],
        audit_sample=np.arange(len(ranking.rows)) == 2,
        referrals=asked.histories.referrals,
        probabilities=1 / (1 + np.exp(-given.scores)) if probabilities else None,
        contributions=given,
        reasons=reasons,
        changes=CHANGES.empty_table(),
        weights=weights_table(given, asked.matrix, ranking.rows, ids),
        features=asked.matrix,
        trace=asked.trace,
        vocabulary=vocabulary,
        brought=[
            brought_by_agencies(asked.timeline, person, day, vocabulary)
            for person, day in zip(asked.moments.person, asked.moments.day, strict=True)
        ],
        case_sheet={"Victims": ["pregnancy"], "Incidents": ["incidents_365d"]},
    )


def three() -> Asked:
    return ask(EVENTS, "p1", "p2", "p3", route="visible_high_risk", pregnancy="unknown")


def test_they_keep_what_a_list_must_keep():
    check_tables(gathered(three()), 4)


def test_each_row_is_about_the_referral_at_its_place():
    tables = gathered(three())
    first = tables.referrals.to_pylist()[0]
    assert (first["referral_id"], first["person_id"], first["rank"]) == ("r-p2", "p2", 1)
    assert (first["agency"], first["agency_name"]) == ("housing", "Housing")
    assert (first["made_on"], first["route"]) == (AS_OF, "visible high risk")
    assert (first["tier"], first["standing"], first["model_alone"]) == (1, "discuss", 3)
    assert tables.contributions["referral_id"].to_pylist() == ["r-p2", "r-p3", "r-p1"]
    assert tables.contributions["incidents_365d"].to_pylist() == [0.2, 0.9, 0.5]
    assert tables.features["incidents_365d"].to_pylist() == [1, 0, 1]
    for name in ("referrals", "contributions"):
        scores = getattr(tables, name)["score"].to_pylist()
        assert scores == pytest.approx([-1.9, -1.2, -1.6])
    odds = np.exp(tables.referrals["score"].to_numpy())
    assert tables.referrals["probability"].to_numpy() == pytest.approx(odds / (1 + odds))


def test_how_sure_a_place_is_stands_beside_it():
    places = gathered(three()).places
    assert places["referral_id"].to_pylist() == ["r-p2", "r-p3", "r-p1"]
    assert places["band_first"].to_pylist() == [1, 2, 3]
    assert places["members"].to_pylist() == [3, 3, 3]
    assert places["chance_within_capacity"].to_pylist() == [1, 0, 0]
    assert places["score_low"].to_pylist()[2] == pytest.approx(-1.6)
    assert places["score_low"].to_pylist()[1] < -1.2 < places["score_high"].to_pylist()[1]


def test_what_to_ask_stands_beside_it_and_the_sample_in_the_record_alone():
    tables = gathered(three())
    assert tables.places["best_rank"].to_pylist() == [1, 2, 3]
    assert tables.places["changes"].to_pylist() == [["tier"], [], []]
    assert tables.places["audit_sample"].to_pylist() == [False, False, True]
    (question,) = tables.questions.to_pylist()
    assert (question["referral_id"], question["place"]) == ("r-p2", 1)
    assert (question["held_by"], question["ranks"]) == (["Health"], [None, 1])


def test_evidence_names_the_reason_that_it_is_behind():
    tables = gathered(three())
    reasons = {(r["referral_id"], r["place"]): r for r in tables.reasons.to_pylist()}
    behind = [
        (row["event_id"], reasons[row["referral_id"], row["place"]]["name"])
        for row in tables.evidence.to_pylist()
    ]
    assert behind == [
        ("e1", "strangulation"),
        ("e1", "incidents_365d"),
        ("e2", "incidents_365d"),
    ]
    assert tables.evidence["happened_on"][0].as_py() == days_ago(20)


def test_what_each_agency_has_brought_is_told_also_where_that_is_nothing():
    brought = gathered(three()).brought.to_pylist()
    assert {row["agency"] for row in brought} == set(VOCABULARY.agencies)
    assert len(brought) == 3 * len(VOCABULARY.agencies)
    some = [row for row in brought if row["records"]]
    assert len(some) == 2
    assert all(row["records"] == 1 and row["latest_on"] is not None for row in some)
    assert all(row["latest_on"] is None for row in brought if not row["records"])


def test_a_case_sheet_tells_its_features_whatever_moved_the_score():
    facts = gathered(three()).facts.to_pylist()
    assert [row["heading"] for row in facts] == ["Victims", "Incidents"] * 3
    unknown = [row for row in facts if row["name"] == "pregnancy"]
    assert not any(row["known"] for row in unknown)
    assert all(row["text"].startswith("not known: ") for row in unknown)


def test_what_is_unknown_is_null_and_not_a_number():
    tables = gathered(three())
    assert tables.features["pregnancy"].to_pylist() == [None, None, None]
    assert tables.features["pregnancy"].null_count == 3


def test_points_have_no_probability():
    assert gathered(three(), probabilities=False).referrals["probability"].null_count == 3
    assert gathered(three()).referrals["probability"].null_count == 0


def test_who_is_not_ranked_keeps_what_is_known_of_the_referral():
    (aside,) = gathered(three()).not_for_panel.to_pylist()
    assert aside == {
        "referral_id": "r-lost",
        "person_id": None,
        "made_on": None,
        "agency_name": None,
        "kind": "set_aside",
        "rule_id": None,
        "text": "Its row was rejected: no date.",
        "until": None,
    }


def test_a_route_that_is_not_given_is_not_one_that_is_not_asked():
    assert gathered(ask(EVENTS, "p1")).referrals["route"].to_pylist() == [None]
    plain = VOCABULARY.model_copy(
        update={"referrals": VOCABULARY.referrals.model_copy(update={"attributes": {}})}
    )
    assert gathered(ask(EVENTS, "p1"), vocabulary=plain).referrals["route"].to_pylist() == [""]


def test_every_rule_is_there_for_every_referral():
    tables = gathered(three())
    assert tables.rules.num_rows == 9
    fired = [r for r in tables.rules.to_pylist() if r["truth"] == "yes"]
    assert [(r["referral_id"], r["rule_id"]) for r in fired] == [("r-p2", "strangulation")]
