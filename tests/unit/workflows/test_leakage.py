"""The proof that nothing moves, given an engine that leaks and one that does not."""

from __future__ import annotations

import datetime
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from triage.conditions import parse_condition
from triage.errors import LeakageError
from triage.features import Feature, FeatureMatrix, compute, make_plan
from triage.harm import Scale
from triage.learning import Skill
from triage.records import CaseHistories, Vocabulary, build_histories
from triage.timeline import build_timeline, day_of, moments_of
from triage.workflows.leakage import Proof, Proofs, futures, single_feature_proofs

VOCABULARY = Vocabulary.model_validate(
    {
        "agencies": {"police": "Police", "law": "Law department"},
        "kinds": {"incident": "incident", "settlement": "settlement"},
        "types": {
            "assault": {"kind": "incident", "meaning": "assault"},
            "settlement": {"kind": "settlement", "meaning": "settlement"},
        },
    }
)
SCALE = Scale.model_validate(
    {
        "name": "test",
        "title": "Test",
        "source": "invented",
        "in_force_from": datetime.date(2020, 1, 1),
        "classes": {},
    }
)
DAY = day_of(datetime.date(2024, 3, 1))
PEOPLE = [f"p{number}" for number in range(20)]


def counting(name: str, **where: Any) -> Feature:
    return Feature(
        name=name,
        group=name,
        theme="",
        theme_title="",
        measure="count",
        where=parse_condition(where),
        of=None,
        equals=None,
        window_days=None,
        recent_days=None,
        earlier_days=None,
        when_none=0.0,
        unit="",
        direction="none",
        meaning="",
        missing="",
    )


PLAN = make_plan([counting("incidents", kind="incident"), counting("settled", kind="settlement")])


def histories() -> CaseHistories:
    return build_histories(
        VOCABULARY,
        events=[
            {"person_id": who, "happened_on": "2024-01-01", "type": what, "known_on": known}
            for who in PEOPLE
            for what, known in (("assault", "2024-01-02"), ("settlement", None))
        ],
    )


def engine(histories: CaseHistories, day: int) -> FeatureMatrix:
    timeline = build_timeline(histories, SCALE)
    return compute(PLAN, timeline, moments_of(timeline, PEOPLE, day), threads=1)


def leaky(histories: CaseHistories, day: int) -> FeatureMatrix:
    """Return the features with events that nobody says when were known forced in."""
    events = histories.events
    place = events.schema.get_field_index("known_on")
    known = pc.coalesce(events["known_on"], events["happened_on"])
    forced = events.set_column(place, events.schema.field(place), known)
    return engine(replace(histories, events=forced), day)


def test_the_engine_passes() -> None:
    proofs = list(futures(histories(), DAY, engine))
    assert [proof.proof for proof in proofs] == [
        "future deleted",
        "future shifted",
        "future changed",
    ]
    assert {(proof.result, proof.value, proof.subject) for proof in proofs} == {
        ("passed", 0, "2024-03-01")
    }
    assert "20 rows deleted, 0 of 2 features moved, 20 referrals" in proofs[0].told
    Proofs(tuple(proofs)).require_passed()


def test_settlements_forced_in_are_found_out_and_the_feature_is_named() -> None:
    proofs = Proofs(tuple(futures(histories(), DAY, leaky)))
    failed = [proof for proof in proofs.proofs if proof.result == "failed"]
    assert {proof.subject for proof in failed} == {"2024-03-01", "settled"}
    assert failed[1].value == 20
    with pytest.raises(LeakageError, match="'future deleted', settled: as of 2024-03-01: it moved"):
        proofs.require_passed()


def test_a_proof_without_a_future_proves_nothing() -> None:
    proofs = list(futures(histories(), DAY, engine))
    known = histories()
    kept = replace(known, events=known.events.filter(pc.is_valid(known.events["known_on"])))
    assert {proof.result for proof in futures(kept, DAY, engine)} == {"not possible"}
    assert {proof.result for proof in proofs} == {"passed"}


@pytest.mark.parametrize("learned", [False, True])
def test_what_reads_ends_that_lie_ahead_fails_unless_no_model_learns_from_it(learned: bool) -> None:
    left = replace(
        counting("left", kind="incident"),
        measure="days_until_end",
        learned=learned,
        when_none=math.nan,
    )

    def reading_ends(histories: CaseHistories, day: int) -> FeatureMatrix:
        ends = histories.events["ended_on"][: len(PEOPLE)].cast("int32")
        values = pc.fill_null(ends, 0).to_numpy().astype(float)
        return FeatureMatrix(np.asfortranarray(values.reshape(-1, 1)), (left,))

    known = histories()
    ends = pa.array([datetime.date(2025, 1, 1)] * len(known.events), pa.date32())
    place = known.events.schema.get_field_index("ended_on")
    events = known.events.set_column(place, known.events.schema.field(place), ends)
    found = list(futures(replace(known, events=events), DAY, reading_ends))
    results = {one.proof: one.result for one in found if one.subject != "left"}
    altered = "failed" if learned else "passed"
    assert results == {
        "future deleted": altered,
        "future shifted": altered,
        "future changed": "passed",
    }
    assert any("no model learns from it" in one.told for one in found) is not learned


def test_a_value_that_becomes_unknown_has_moved() -> None:
    def forgetful(histories: CaseHistories, day: int) -> FeatureMatrix:
        made = engine(histories, day)
        values = made.values.copy()
        values[: 3 if len(histories.events) == len(PEOPLE) else 0, 0] = np.nan
        return FeatureMatrix(values, made.features)

    (told,) = [proof for proof in futures(histories(), DAY, forgetful) if proof.value == 3]
    assert (told.proof, told.subject) == ("future deleted", "incidents")


def single_features(auc: float, low: float) -> list[Proof]:
    return single_feature_proofs(
        "harm", {"a": Skill(auc, low, 1.0), "b": Skill(0.5, 0.4, 0.6)}, 0.85
    )


@pytest.mark.parametrize(
    ("auc", "low", "result"),
    [(0.99, 0.9, "failed"), (0.99, 0.8, "uncertain"), (0.85, 0.84, "passed")],
)
def test_a_feature_fails_only_beyond_what_chance_does(auc: float, low: float, result: str) -> None:
    (proof,) = single_features(auc, low)
    assert (proof.subject, proof.result) == ("a", result)


def test_every_failed_proof_is_told_at_once_with_its_mend() -> None:
    def failing(proof: str) -> Proof:
        return Proof(proof, "x", 1.0, None, None, 0.5, "failed", f"{proof} failed")

    kinds = ("future shifted", "declared lag", "shuffled outcomes", "single feature")
    with pytest.raises(LeakageError, match="single feature failed") as error:
        Proofs(tuple(failing(kind) for kind in kinds)).require_passed()
    mends = [problem.mend for problem in error.value.problems]
    assert len(set(mends)) == len(kinds)
    assert "auc_ceiling" in mends[-1]
