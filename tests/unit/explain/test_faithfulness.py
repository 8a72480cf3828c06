"""Reasons are measured: against chance, against other models, and a quiet week later."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from tests.spec.test_law_7_every_position_explains_itself import ASKED, MODELS, PEOPLE, learned
from tests.unit.explain.builders import ask, contributions, incident
from triage.explain import (
    Contributions,
    disagreements_table,
    explain,
    faithfulness_table,
    quiet,
)
from triage.timeline import attributes_at

ROWS = np.arange(0, len(PEOPLE), 4)
ATTRIBUTES = attributes_at(ASKED.histories, np.arange(len(PEOPLE)), ASKED.moments.day)
LATER = quiet(ASKED.matrix, ASKED.timeline, ASKED.moments, ATTRIBUTES, ROWS, 7)
MODEL = learned(MODELS[0])
FOUND = explain(MODEL, ASKED.matrix)


def measured(model=MODEL, found: Contributions = FOUND, rows=ROWS, later=LATER) -> dict:
    table = faithfulness_table(model, found, ASKED.matrix, rows, later).to_pylist()
    return {row["measure"]: row for row in table}


@pytest.mark.parametrize("spec", MODELS, ids=lambda spec: spec.name)
def test_reasons_in_their_order_say_more_than_in_any(spec):
    model = learned(spec)
    told = measured(model, explain(model, ASKED.matrix))
    for measure in ("deletion", "insertion"):
        assert told[measure]["value"] > told[measure]["by_chance"] + 0.1
        assert 0 < told[measure]["by_chance"] < 1
    assert told["additivity"]["value"] < 1e-6
    assert told["method"]["value"] is None
    assert told["stability_top"]["value"] > told["stability_top"]["by_chance"]


def test_reasons_that_belong_to_others_are_found_out():
    """Contributions of the next referral sum to the next score, and say nothing of this one."""
    mixed = dataclasses.replace(
        FOUND, values=np.roll(FOUND.values, 1, axis=0), scores=np.roll(FOUND.scores, 1)
    )
    assert (
        measured(found=mixed)["stability_order"]["value"]
        < measured()["stability_order"]["value"] - 0.05
    )


def test_which_form_of_shapley_values_it_is_stands_on_the_record():
    assert measured()["method"]["text"].startswith("Path-dependent Shapley values")
    net = learned(MODELS[1])
    assert (
        "mean of what was learned from"
        in measured(net, explain(net, ASKED.matrix))["method"]["text"]
    )


def test_members_that_are_the_same_model_agree_and_without_any_none_is_told():
    alike = dataclasses.replace(MODEL, ensemble=(MODEL.estimator, MODEL.estimator))
    told = measured(alike)
    assert told["agreement_order"]["value"] == pytest.approx(1.0)
    assert told["agreement_top"]["value"] == pytest.approx(1.0)
    assert measured()["agreement_order"]["value"] is None


def test_a_list_of_one_or_of_none_is_measured_as_far_as_it_goes():
    one = measured(rows=ROWS[:1], later=LATER.take(np.arange(1)))
    assert one["deletion"]["value"] is None
    assert one["stability_top"]["value"] is not None
    none = measured(rows=ROWS[:0], later=LATER.take(np.arange(0)))
    assert none["stability_top"]["value"] is None
    assert none["deletion"]["referrals"] == 0


def test_a_quiet_week_is_a_week_later_and_nothing_else():
    before = ASKED.matrix.column("days_since_last")[ROWS]
    after = LATER.column("days_since_last")
    assert np.array_equal(after, before + 7, equal_nan=True)
    assert np.array_equal(LATER.column("age"), ASKED.matrix.column("age")[ROWS])
    ever = "strangulation_incidents_ever"
    assert np.array_equal(LATER.column(ever), ASKED.matrix.column(ever)[ROWS])


def test_a_rule_that_raises_on_what_lowers_the_score_is_told():
    asked = ask([incident(20, type="strangulation")])
    lowers = contributions(
        asked, strangulation_incidents_90d=0.1, strangulation_incidents_365d=-0.4
    )
    rows = np.arange(1)
    (row,) = disagreements_table(lowers, asked.matrix, asked.trace, rows, ["r-p1"]).to_pylist()
    assert row == {
        "referral_id": "r-p1",
        "rule_id": "strangulation",
        "title": row["title"],
        "name": "strangulation_incidents_365d",
        "text": "1 incident with strangulation in the last 12 months",
        "contribution": pytest.approx(-0.3),
    }
    for value in (0.4, -0.001):
        same = contributions(asked, strangulation_incidents_365d=value)
        found = disagreements_table(same, asked.matrix, asked.trace, rows, ["r-p1"])
        assert found.num_rows == 0
    calm = ask([incident(20)])
    lowers = contributions(calm, strangulation_incidents_365d=-0.4)
    assert disagreements_table(lowers, calm.matrix, calm.trace, rows, ["r"]).num_rows == 0
