"""Law 5. Unknown is not no. Yes, no, unknown and not asked stay apart from the extract to the page.

This chapter follows them through the rules to the place on the list.
"""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.invented_rules import a_rule, a_trace
from tests.unit.explain.builders import Asked, ask, incident
from tests.unit.ranking.builders import unknowns_of
from triage.conditions import UNKNOWN_DAY, Answer, Answers, Categories, Column, Days, Numbers, Truth
from triage.features import FeatureMatrix, make_plan, read_pipelines
from triage.ranking import Certainty, Ranking, Tier, certainty, judge_by, outlooks, rank
from triage.records import read_vocabulary
from triage.rules import RESERVE, evaluate_rules, read_rules

CHECKOUT = Path(__file__).resolve().parents[2]
VOCABULARY = read_vocabulary(CHECKOUT / "configs" / "vocabulary.yaml")
FEATURES = read_pipelines(CHECKOUT / "pipelines", VOCABULARY)
POLICY = read_rules(CHECKOUT / "configs" / "rules", FEATURES, VOCABULARY)
AS_OF = datetime.date(2026, 3, 1)
NEVER_UNKNOWN = {"deceased", "left_area"}
"""A date that is not recorded is the only sign there is that somebody is alive, or here."""


def nothing_known(answer: Answer = Answer.UNKNOWN) -> dict[str, Column]:
    def column(kind: Any) -> Column:
        if kind == "number":
            return Numbers(np.array([np.nan]))
        if kind == "answer":
            return Answers(np.array([answer], dtype=np.int8))
        if kind == "date":
            return Days(np.array([UNKNOWN_DAY], dtype=np.int32))
        return Categories(np.array([-1], dtype=np.int32), [] if kind == "text" else kind)

    return {field: column(kind) for field, kind in POLICY.kinds.items()}


@pytest.mark.parametrize("answer", [Answer.UNKNOWN, Answer.NOT_ASKED])
def test_of_whom_nothing_is_known_no_shipped_rule_says_no(answer: Answer) -> None:
    trace = evaluate_rules(POLICY, nothing_known(answer), AS_OF)
    assert trace.fired(0) == ()
    would = {finding.rule.id for finding in trace.would_fire_if_known(0)}
    assert would == {rule.id for rule in POLICY.rules} - NEVER_UNKNOWN
    assert all(finding.reason for finding in trace.would_fire_if_known(0))


def test_of_whom_nothing_is_known_still_has_a_place() -> None:
    trace = evaluate_rules(POLICY, nothing_known(), AS_OF)
    (row,) = rank(["r1"], np.zeros(1), trace, capacity=1).places.to_pylist()
    assert (row["tier"], row["standing"]) == (Tier.SCORED, "discuss")


@pytest.mark.parametrize(
    ("answer", "fired", "would_fire", "words"),
    [
        ("yes", True, False, "Because of a_rule."),
        ("no", False, False, ""),
        ("unknown", False, True, "Referral.pregnancy is 2"),
        ("not_asked", False, True, "Referral.pregnancy is 3"),
    ],
)
def test_the_four_answers_stay_apart(
    answer: str, fired: bool, would_fire: bool, words: str
) -> None:
    trace = a_trace([a_rule(when={"referral.pregnancy": "yes"})], [{"referral.pregnancy": answer}])
    assert bool(trace.fired(0)) == fired
    assert bool(trace.would_fire_if_known(0)) == would_fire
    assert trace.finding(0, 0).reason == words


def test_an_unknown_takes_nobody_off_the_list() -> None:
    young = {"field": "person.age", "operator": "below", "value": 16}
    adult = {"not": {"field": "person.age", "operator": "at_least", "value": 16}}
    rules = [
        a_rule("young", effect="ineligible", when=young),
        a_rule("no_adult", effect="ineligible", when=adult),
        a_rule("south", effect="hold", when={"not": {"person.area": "north"}}),
    ]
    ranking = rank(["r1"], np.zeros(1), a_trace(rules, [{}]), capacity=1)
    assert ranking.not_for_panel.num_rows == 0


def test_a_rule_may_ask_for_what_is_unknown() -> None:
    """A panel can decide that not knowing is itself a reason; then it stands in the rule."""
    unasked = a_rule("unasked", when={"referral.pregnancy": ["unknown", "not_asked"]})
    undated = a_rule("undated", when={"field": "person.age", "operator": "is_unknown"})
    trace = a_trace([unasked, undated], [{"referral.pregnancy": "not_asked"}])
    assert [finding.rule.id for finding in trace.fired(0)] == ["unasked", "undated"]


@pytest.mark.parametrize("known", [0, 1])
def test_one_known_fact_does_not_settle_the_others(known: int) -> None:
    armed = {"field": "weapons", "operator": "at_least", "value": 1}
    many = {"field": "incidents", "operator": "at_least", "value": 3}
    trace = a_trace(
        [a_rule("both", when={"all": [armed, many]}), a_rule("any", when={"any": [armed, many]})],
        [{"weapons": known}],
    )
    expected = [[Truth.NO, Truth.UNKNOWN], [Truth.UNKNOWN, Truth.YES]][known]
    assert trace.truths[0].tolist() == expected


def test_no_police_record_is_marked_and_lowers_nobody() -> None:
    unknown_to_police = {**nothing_known(), "police_records_ever": Numbers(np.zeros(1))}
    trace = evaluate_rules(POLICY, unknown_to_police, AS_OF)
    (finding,) = trace.fired(0)
    assert (finding.rule.id, str(finding.rule.effect)) == ("no_police_record", "reserve")
    assert set(trace.rules_firing(RESERVE)) == {0}
    assert "not a sign of low risk" in finding.reason


def test_a_record_that_does_not_say_is_asked_about_before_it_is_read_as_a_no() -> None:
    """The shipped rules, features and words: nobody recorded whether there was a strangulation."""
    others = [
        incident(days, person_id=person, strangulation="no")
        for person in ("p2", "p3")
        for days in (5, 9)
    ]

    def place_if(answer: str) -> tuple[int, int]:
        asked = shipped([*others, incident(12, strangulation=answer)])
        places = ranking_of(asked)[0].places
        row = places["referral_id"].to_pylist().index("r-p1")
        return row + 1, places["tier"][row].as_py()

    asked = shipped([*others, incident(12, strangulation="unknown")])
    ranking, certain = ranking_of(asked)
    told = outlooks(ranking, certain, unknowns_of(asked), judge_by(POLICY, AS_OF, by_incidents))
    place = ranking.places["referral_id"].to_pylist().index("r-p1")
    assert place_if("unknown") == place_if("no") == (3, Tier.SCORED)
    assert place_if("yes") == (1, Tier.URGENT)
    assert told[place].provisional
    assert told[place].best_rank == 1
    first = told[place].questions[0]
    assert (first.key, first.held_by) == ("event.strangulation", ("Police",))
    assert list(zip(first.ranks, first.tiers, strict=True)) == [place_if("no"), place_if("yes")]


def by_incidents(matrix: FeatureMatrix) -> np.ndarray:
    return np.asarray(matrix.column("incidents_365d"))


def shipped(events: list[dict[str, Any]]) -> Asked:
    answers = ("lives_with_victim", "separation", "pregnancy", "children_in_home")
    return ask(
        events,
        "p1",
        "p2",
        "p3",
        plan=make_plan(FEATURES),
        policy=POLICY,
        **dict.fromkeys((*answers, "suicidal_ideation"), "no"),
        in_area="yes",
    )


def ranking_of(asked: Asked) -> tuple[Ranking, Certainty]:
    ids, scores = ["r-p1", "r-p2", "r-p3"], by_incidents(asked.matrix)
    members = np.stack([scores, scores])
    return (
        rank(ids, scores, asked.trace, capacity=1),
        certainty(ids, scores, members, asked.trace, capacity=1),
    )
