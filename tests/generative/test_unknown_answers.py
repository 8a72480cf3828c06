"""How far answers could move a referral, against a referee that writes down every one of them."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.explain.builders import AS_OF, POLICY, Asked, ask, incident
from tests.unit.ranking.builders import outlooks_of, ranked, score, unknowns_of
from triage.conditions import Column, Truth
from triage.features import FeatureMatrix
from triage.ranking import Unknowns, rank
from triage.rules import evaluate_rules, gather_facts

PEOPLE = ("p1", "p2", "p3", "p4")
answers = st.sampled_from(["yes", "no", "unknown", "not_asked"])
events = st.lists(
    st.fixed_dictionaries(
        {
            "person_id": st.sampled_from(PEOPLE),
            "days": st.integers(1, 500),
            "injury": answers,
            "strangulation": st.sampled_from(["no", "no", "no", "unknown"]),
            "domestic": st.sampled_from(["yes", "yes", "unknown"]),
        }
    ),
    max_size=10,
)
referral = st.fixed_dictionaries(
    {"separation": answers, "pregnancy": answers, "suicidal_ideation": answers}
)


def asked_of(given_: list[dict[str, Any]], about: dict[str, str]) -> Asked:
    incidents = [
        incident(one["days"], **{name: one[name] for name in one if name != "days"})
        for one in given_
    ]
    known = {"in_area": "yes", "lives_with_victim": "no", "children_in_home": "no"}
    return ask(incidents, *PEOPLE, route="repeat", relationship="partner", **{**known, **about})


def interplay(matrix: FeatureMatrix) -> Any:
    """Return a score in which facts act together, and none ever lowers it."""
    pregnant = np.nan_to_num(matrix.column("pregnancy"), nan=0.3)
    return score(matrix) + pregnant * matrix.column("injury_incidents_365d")


def place_by_referee(asked: Asked, unknowns: Unknowns, row: int, state: Any) -> int | None:
    """Return the place of a referral on the whole list, made anew with answers of its own."""
    matrix, attributes = unknowns.answered(np.array([row]), state[None])
    values = asked.matrix.values.copy(order="F")
    values[row] = matrix.values[0]
    changed: dict[str, Column] = dict(asked.attributes)
    for name, column in attributes.items():
        old = changed[name]
        field = "codes" if hasattr(old, "codes") else "values"
        new = getattr(old, field).copy()
        new[row] = getattr(column, field)[0]
        changed[name] = type(old)(**{**vars(old), field: new})
    every = FeatureMatrix(values, asked.matrix.features)
    trace = evaluate_rules(POLICY, gather_facts(every, changed), AS_OF)
    ids = asked.histories.referrals["referral_id"].to_pylist()
    places = rank(ids, interplay(every), trace, capacity=2).places["referral_id"].to_pylist()
    return places.index(ids[row]) + 1 if ids[row] in places else None


@settings(max_examples=25)
@given(events, referral)
def test_no_answers_lead_beyond_the_bounds_and_each_question_tells_where(
    given_: list[dict[str, Any]], about: dict[str, str]
) -> None:
    asked = asked_of(given_, about)
    unknowns = unknowns_of(asked)
    told = outlooks_of(asked, interplay)
    ids = asked.histories.referrals["referral_id"].to_pylist()
    for row, referral_id in enumerate(ids):
        outlook = told[referral_id]
        open_ = [n for n, one in enumerate(unknowns.each) if row in one.rows.tolist()]
        for given_answers in itertools.product((-1, 0, 1), repeat=min(len(open_), 4)):
            state = unknowns.nothing_answered(1)[0]
            state[open_[: len(given_answers)]] = given_answers
            place = place_by_referee(asked, unknowns, row, state)
            assert place is not None
            assert outlook.best_rank <= place <= outlook.worst_rank
        for question in outlook.questions:
            which = [one.key for one in unknowns.each].index(question.key)
            for answer, there in enumerate(question.ranks):
                state = unknowns.nothing_answered(1)[0]
                state[which] = answer
                assert place_by_referee(asked, unknowns, row, state) == there


@settings(max_examples=25)
@given(events, referral)
def test_a_yes_to_what_raises_concern_never_lowers_a_place(
    given_: list[dict[str, Any]], about: dict[str, str]
) -> None:
    for outlook in outlooks_of(asked_of(given_, about), interplay).values():
        for question in outlook.questions:
            no, yes = question.ranks
            assert no is not None
            assert yes is not None
            assert yes <= no
            assert question.tiers[1] <= question.tiers[0]


@settings(max_examples=25)
@given(events, referral)
def test_who_has_nothing_unknown_is_not_provisional(
    given_: list[dict[str, Any]], about: dict[str, str]
) -> None:
    known = {name: "no" if answer != "yes" else "yes" for name, answer in about.items()}
    closed = [
        {name: "no" if value in ("unknown", "not_asked") else value for name, value in one.items()}
        for one in given_
    ]
    asked = asked_of(closed, known)
    assert not (asked.trace.truths == Truth.UNKNOWN).any()
    ranking, _ = ranked(asked, interplay)
    for place, outlook in enumerate(outlooks_of(asked, interplay).values(), start=1):
        assert (outlook.best_rank, outlook.worst_rank, outlook.questions) == (place, place, ())
    assert ranking.places.num_rows == len(PEOPLE)
