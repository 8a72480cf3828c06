"""Where a referral could stand, and the one question to ask first."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.unit.explain.builders import ask, days_ago, incident
from tests.unit.ranking.builders import outlooks_of, place_of
from triage.conditions import Answer, Answers

FULL = [
    incident(days, person_id=person, injury="no", strangulation="no")
    for person in ("p2", "p3")
    for days in (30, 40)
]


def three(*events, **referral):
    """Return three referrals; p2 and p3 have two incidents each and p1 what is given."""
    return ask([*FULL, *events], "p1", "p2", "p3", **referral)


def test_nothing_unknown_leaves_every_place_as_it_is():
    known = {"suicidal_ideation": "no", "in_area": "yes", "lives_with_victim": "no"}
    asked = three(children_in_home="no", route="repeat", relationship="partner", **known)
    for place, outlook in enumerate(outlooks_of(asked).values(), start=1):
        assert (outlook.best_rank, outlook.worst_rank) == (place, place)
        assert not outlook.provisional
        assert outlook.questions == ()


def test_a_record_that_does_not_say_may_hide_the_gravest_fact():
    open_ = incident(10, person_id="p1", strangulation="unknown", injury="no")
    outlook = outlooks_of(three(open_))["r-p1"]
    (question, *_) = outlook.questions
    assert question.key == "event.strangulation"
    assert question.held_by == ("Police",)
    assert (question.records, question.last_on) == (1, days_ago(10))
    assert question.answers == ("no", "yes")
    assert (question.ranks[1], question.tiers[1]) == (1, 1)
    assert "tier" in question.changes
    assert outlook.best_rank == 1
    assert outlook.provisional


def test_each_place_after_an_answer_is_the_place_once_the_record_gives_it():
    def list_of(answer):
        return three(incident(10, person_id="p1", injury=answer), pregnancy="no")

    told = {one.key: one for one in outlooks_of(list_of("unknown"))["r-p1"].questions}
    assert told["event.injury"].ranks == tuple(
        place_of(list_of(answer), "r-p1") for answer in ("no", "yes")
    )


def test_a_rule_may_fire_that_nothing_alone_moves_the_score_by():
    outlook = outlooks_of(three(suicidal_ideation="unknown"))["r-p1"]
    question = next(one for one in outlook.questions if one.key == "referral.suicidal_ideation")
    assert question.held_by == ("Health",)
    assert question.tiers == (3, 2)
    assert outlook.best_rank == 1


def test_what_moves_most_is_asked_first():
    open_ = incident(10, person_id="p1", strangulation="unknown", injury="unknown")
    for outlook in outlooks_of(three(open_, pregnancy="unknown")).values():
        moves = [one.moves for one in outlook.questions]
        assert moves == sorted(moves, reverse=True)
        assert all(moves)


def test_answers_act_together():
    """Neither a separation nor a pregnancy alone brings it past the others; both do."""

    def by(matrix):
        told = {name: np.nan_to_num(matrix.column(name)) for name in ("separation", "pregnancy")}
        return matrix.column("incidents_365d") / 4 + 0.3 * sum(told.values())

    asked = three(separation="unknown", pregnancy="unknown", suicidal_ideation="no")
    outlook = outlooks_of(asked, by)["r-p1"]
    assert [min(one.ranks) for one in outlook.questions if min(one.ranks) < 3] == []
    assert outlook.best_rank == 1


def test_the_line_is_crossed_only_where_it_is():
    open_ = incident(10, person_id="p1", injury="unknown", strangulation="no")
    changes = {
        capacity: outlooks_of(three(open_, suicidal_ideation="no"), capacity=capacity)[
            "r-p1"
        ].changes
        for capacity in (0, 1, 2, 3, 9)
    }
    assert "line" in changes[1]
    assert "line" not in changes[0]
    assert "line" not in changes[3]
    assert "line" not in changes[9]


def test_one_referral_cannot_move():
    (outlook,) = outlooks_of(ask([incident(10, injury="unknown")], pregnancy="unknown")).values()
    assert (outlook.best_rank, outlook.worst_rank) == (1, 1)
    assert not outlook.questions
    assert "line" not in outlook.changes


def test_every_fact_unknown_of_all_referrals():
    nothing = dict.fromkeys(
        ("separation", "pregnancy", "suicidal_ideation", "in_area", "lives_with_victim"), "unknown"
    )
    asked = ask((), "p1", "p2", "p3", **nothing, children_in_home="not_asked")
    for place, outlook in enumerate(outlooks_of(asked).values(), start=1):
        assert outlook.best_rank == 1
        assert outlook.worst_rank == 3
        assert outlook.best_rank <= place <= outlook.worst_rank
        assert outlook.provisional


def test_identical_referrals_are_told_alike():
    asked = ask((), "p1", "p2", "p3", suicidal_ideation="unknown")
    first, *others = outlooks_of(asked).values()
    assert first.questions == ()  # it stands first already
    for other in others:
        assert [one.key for one in other.questions] == ["referral.suicidal_ideation"]
        assert other.best_rank == first.best_rank == 1


@pytest.mark.parametrize("unknown", ["unknown", "not_asked"])
def test_unknown_and_not_asked_are_both_open(unknown):
    outlook = outlooks_of(three(suicidal_ideation=unknown))["r-p1"]
    assert "tier" in outlook.changes


def test_a_score_that_knows_nothing_of_it_is_moved_by_rules_alone():
    def constant(matrix):
        return np.zeros(len(matrix))

    open_ = incident(10, person_id="p1", injury="unknown", strangulation="no")
    outlook = outlooks_of(three(open_, suicidal_ideation="no"), constant)["r-p1"]
    assert (outlook.best_rank, outlook.worst_rank) == (1, 1)


def of_many(answers: dict[str, int], **more):
    """Return the outlooks of people of whom one is not asked, and others answer so often."""
    given = [word for word, count in answers.items() for _ in range(count)]
    people = [f"p{number:02d}" for number in range(1, len(given) + 2)]
    asked = ask((), *people, in_area="yes")
    codes = np.array([*(Answer[word.upper()] for word in given), Answer.UNKNOWN], np.int8)
    attributes = {**asked.attributes, "referral.suicidal_ideation": Answers(codes)}
    return outlooks_of(replace(asked, attributes=attributes), **more)[f"r-{people[-1]}"]


def test_how_likely_an_answer_is_comes_from_those_of_whom_it_is_known():
    rare, common = of_many({"no": 9, "yes": 1}), of_many({"no": 5, "yes": 5})
    chances = []
    for outlook in (rare, common):
        (question,) = (one for one in outlook.questions if one.key.endswith("suicidal_ideation"))
        chances.append(question.chance)
    assert chances == pytest.approx([1.5 / 11, 5.5 / 11])
    assert rare.changes == common.changes


def test_a_place_is_provisional_only_where_a_change_is_likely_enough():
    answers = {"no": 9, "yes": 1}
    known = {"provisional_from": 0.5}
    assert of_many(answers).provisional
    assert not of_many(answers, **known).provisional
    assert of_many(answers, **known).best_rank == of_many(answers).best_rank == 1
    assert 1.5 / 11 <= of_many(answers, **known).chance < 0.5
