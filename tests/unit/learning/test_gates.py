"""Each gate refuses what it is there to refuse, and lets the rest pass."""

from __future__ import annotations

import datetime

import numpy as np
import pytest

from tests.unit.learning.builders import boosting, by_points, invented, settings
from triage.learning import (
    AboutData,
    AboutModel,
    AboutOutcome,
    Assessed,
    Comparison,
    Evaluation,
    Figure,
    GroupFigures,
    MeasuredFigure,
    Resamples,
    Standing,
    ToldAlarm,
    judge,
    train,
)
from triage.workspace import Fairness, Gates

DAY = datetime.date(2026, 1, 1)
WHY = {"reason": "an example of a reason", "source": "this test", "on": DAY}
JUDGED = {"field": "person.area", "judged": True, "why": "an example of a reason"}


def tolerated(**tolerances):
    """Return what is tolerated of areas: at most 15 points, unless other tolerances are given."""
    usual = {
        "recall": {"at_most": 0.15, "side": "below", **WHY},
        "false_positive": {"at_most": 0.15, "side": "above", **WHY},
    }
    given = {"attributes": {"area": JUDGED}, "tolerances": usual, **tolerances}
    return Fairness.model_validate(given)


def against(value=0.05, low=0.01, high=0.09, turnover=0.2, version=1):
    better = Figure(value=value, low=low, high=high)
    return Comparison(
        role="champion", version=version, title="Old", better_by=better, turnover=turnover
    )


def evaluation(slope=1.0, captured=0.5, kind="estimator", **changes):
    given = {
        "synthetic": True,
        "code_version": "0",
        "capacity": 8,
        "lists": 3,
        "harm_scale": "days",
        "model": AboutModel(
            name="new",
            title="New",
            purpose="to test",
            kind=kind,
            source="",
            estimator="trees",
            parameters={},
            monotonic=True,
        ),
        "outcome": AboutOutcome(
            name="harm", meaning="harm", horizon_days=90, settles_in_days=10, base_rate=0.1
        ),
        "data": AboutData(
            fingerprint="f",
            inputs={},
            referrals=10,
            learned=9,
            people=8,
            positives=3,
            tested=5,
            tested_positives=2,
            first=DAY,
            last=DAY,
            observed_until=DAY,
            periods=[(DAY, DAY)],
        ),
        "features": [],
        "measures": [
            MeasuredFigure(name="harm_captured", meaning="", figure=Figure(value=captured)),
            MeasuredFigure(name="calibration_slope", meaning="", figure=Figure(value=slope)),
        ],
        "curve": [],
        "groups": [],
        "others": [],
        "against": against(),
        "alarms": [],
        "notes": [],
    }
    return Evaluation(**{**given, **changes})


def group(gap=(0.0, -0.1, 0.1), excess=(0.0, -0.1, 0.1)):
    return GroupFigures(
        attribute="area",
        group="south",
        told=True,
        gap=Figure(value=gap[0], low=gap[1], high=gap[2]),
        excess=Figure(value=excess[0], low=excess[1], high=excess[2]),
    )


def alarm(name):
    return ToldAlarm(name=name, subject="x", told="too good", reason="because", by="me", on=DAY)


def failed(made, standing=Standing(1), **gates):  # noqa: B008 - frozen
    found = judge(made, Gates.model_validate(gates), standing, tolerated())
    return {one.gate for one in found if one.result == "failed"}


def test_an_honest_challenger_passes_every_gate() -> None:
    found = judge(evaluation(groups=[group()]), Gates(), Standing(1), tolerated())
    assert {one.result for one in found} == {"passed"}


@pytest.mark.parametrize(
    ("changes", "gate"),
    [
        ({"against": against(value=-0.01, low=-0.03)}, "harm_captured"),
        ({"against": against(value=0.0)}, "harm_captured"),
        ({"against": against(turnover=0.9)}, "turnover"),
        ({"slope": 0.5}, "calibration"),
        ({"slope": 2.0}, "calibration"),
        ({"slope": None}, "calibration"),
        ({"groups": [group(gap=(0.4, 0.2, 0.6))]}, "fairness"),
        ({"groups": [group(excess=(0.4, 0.2, 0.6))]}, "fairness"),
        ({"alarms": [alarm("golden_feature")]}, "leakage"),
        ({"alarms": [alarm("auc_ceiling")]}, "leakage"),
    ],
)
def test_a_gate_refuses_what_it_is_there_for(changes, gate) -> None:
    assert failed(evaluation(**changes)) == {gate}


@pytest.mark.parametrize(
    "changes",
    [
        {"groups": [group(gap=(0.4, 0.1, 0.7))]},
        {"alarms": [alarm("same_dyad")]},
        {"slope": 0.1, "kind": "comparator"},
    ],
)
def test_a_gate_lets_pass_what_may_be_chance_or_is_allowed(changes) -> None:
    assert failed(evaluation(**changes)) == set()


@pytest.mark.parametrize(
    ("changes", "result"),
    [
        ({}, "failed"),
        ({"tolerances": {"recall": {"at_most": 0.5, "side": "below", **WHY}}}, "passed"),
        ({"tolerances": {"recall": {"at_most": 0.1, "side": "above", **WHY}}}, "passed"),
        ({"tolerances": {"recall": {"at_most": 0.1, "side": "either", **WHY}}}, "failed"),
        ({"tolerances": {}}, "not applicable"),
        ({"attributes": {"area": {**JUDGED, "judged": False}}}, "not applicable"),
    ],
)
def test_what_is_tolerated_stands_in_one_file(changes, result) -> None:
    made = evaluation(groups=[group(gap=(0.4, 0.2, 0.6))])
    found = judge(made, Gates(), Standing(1), tolerated(**changes))
    assert {one.gate: one.result for one in found}["fairness"] == result


def test_the_gate_says_who_is_reached_less_and_what_is_tolerated() -> None:
    made = evaluation(groups=[group(gap=(0.4, 0.2, 0.6))])
    (found,) = (
        one for one in judge(made, Gates(), Standing(1), tolerated()) if one.gate == "fairness"
    )
    assert found.told == (
        "those of area 'south' with the outcome are within capacity less often than all others: "
        "-40.0 points (-60.0 to -20.0), of which 15% below is tolerated; the whole interval may "
        "not lie beyond that"
    )


def test_the_low_end_may_be_asked_to_be_better() -> None:
    made = evaluation(against=against(low=-0.01))
    assert failed(made) == set()
    assert failed(made, harm_captured={"judged_by": "low"}) == {"harm_captured"}


def test_without_an_evaluation_there_is_no_card_and_no_promotion() -> None:
    (found,) = judge(None, Gates(), Standing(1), tolerated(), missing="no such file")
    assert (found.gate, found.result) == ("card", "failed")
    assert "no such file" in found.told


def test_one_that_was_compared_with_another_champion_is_compared_only_within_its_run() -> None:
    made = evaluation(against=against(version=7))
    assert failed(made, Standing(1, "another", 0.4)) == {"harm_captured"}
    assert failed(made, Standing(1, "f", 0.4)) == set()
    assert failed(made, Standing(1, "f", 0.6)) == {"harm_captured"}


def test_without_a_champion_and_a_fallback_there_is_nobody_to_be_better_than() -> None:
    found = judge(evaluation(against=None), Gates(), Standing(None), tolerated())
    assert {one.gate for one in found if one.result == "not applicable"} == {
        "harm_captured",
        "fairness",
        "turnover",
    }


def test_an_evaluation_is_read_as_it_was_written() -> None:
    made = evaluation(groups=[group()], alarms=[alarm("same_dyad")])
    assert Evaluation.from_json(made.to_json()) == made
    with pytest.raises(ValueError, match="of the form 9"):
        Evaluation.from_json(made.to_json().replace('"format": 1', '"format": 9'))


def test_people_are_drawn_whole() -> None:
    alone, together = np.arange(400), np.repeat(np.arange(40), 10)
    values = np.repeat([0.0, 1.0], 200)
    ones = np.ones(400)
    narrow = Resamples(alone, seed=1).share(values, ones)
    wide = Resamples(together, seed=1).share(values, ones)
    assert narrow.value == wide.value == 0.5
    assert wide.high - wide.low > 2 * (narrow.high - narrow.low)


def test_a_paired_difference_of_one_ranker_with_itself_is_nothing() -> None:
    values, ones = np.arange(50.0), np.ones(50)
    figure = Resamples(np.arange(50), seed=1).difference((values, ones), (values, ones))
    assert (figure.value, figure.low, figure.high) == (0, 0, 0)


@pytest.fixture(scope="module")
def tested():
    examples = invented()
    experiment = train([boosting(), by_points()], examples, capacity=8, training=settings())
    return Assessed(experiment, examples.moments, examples.labels), experiment


def test_figures_agree_with_the_measures_of_the_experiment(tested) -> None:
    rows, experiment = tested
    for result in experiment.results:
        found = {one.name: one.figure for one in rows.measures(result)}
        for name, figure in found.items():
            if (pooled := getattr(result.pooled, name, None)) is not None:
                assert figure.value == pytest.approx(pooled)
            assert figure.low <= figure.value <= figure.high
        parts = {"reliability", "resolution", "uncertainty", "within_bins", "log_loss", "brier"}
        assert (parts <= set(found)) == result.trained.learned
    parts = {one.name: one.figure.value for one in rows.measures(experiment.results[0])}
    assert parts["brier"] == pytest.approx(
        parts["reliability"] - parts["resolution"] + parts["uncertainty"] + parts["within_bins"]
    )


def test_turnover_is_none_against_itself_and_whole_against_the_reverse(tested) -> None:
    rows, experiment = tested
    scores = experiment.results[0].scores
    assert rows.turnover(scores, scores) == 0
    assert rows.turnover(scores, -scores) > 0.9
