"""Promotions are kept in order, and what was found out about a version comes back unchanged."""

from __future__ import annotations

import datetime

import pytest

from tests.unit.learning.test_gates import evaluation
from tests.unit.registry.test_registry import (  # noqa: F401 - fixtures
    empty_database,
    experiment,
    registry,
)
from triage.errors import NotFoundError, TamperedError
from triage.registry import Promotion, standing_of
from triage.workflows.versions import Versions

NOW = datetime.datetime(2026, 1, 2, 3, 4, tzinfo=datetime.UTC)


def promotion(version: int, replaced: int | None = None, **changes: object) -> Promotion:
    given = {"action": "promote", "version": version, "replaced": replaced, "at": NOW}
    return Promotion.model_validate({**given, **changes})


def test_promotions_are_told_in_order_with_who_and_why(registry, experiment):  # noqa: F811
    registry.log_experiment(experiment, code_version="1")
    due = datetime.date(2027, 1, 1)
    first = promotion(2, by="A. Chair", retest_on=due)
    second = promotion(1, 2, because="to see", failed=["turnover: 90%"])
    assert registry.promotions() == ()
    assert registry.promote(2, first).retest_on == due
    registry.promote(1, second)
    assert registry.promotions() == (first, second)
    assert registry.champion().number == 1


def test_rolling_back_twice_goes_back_two_steps():
    made = [promotion(1), promotion(2, 1), promotion(3, 2)]
    back = promotion(2, 3, action="rollback")
    assert [one.version for one in standing_of([*made, back])] == [1, 2]
    assert [one.version for one in standing_of([*made, back, back])] == [1]


def test_an_evaluation_comes_back_and_a_changed_one_is_refused(
    tmp_path,
    registry,  # noqa: F811
    experiment,  # noqa: F811
):
    name = experiment.results[0].name
    kept = evaluation()
    first, other, *_ = registry.log_experiment(
        experiment, code_version="1", evaluations={name: kept}
    )
    assert registry.evaluation(first.number) == kept
    with pytest.raises(NotFoundError, match="must be in the registry beside the model; got none"):
        registry.evaluation(other.number)
    path = tmp_path / "registry/artifacts" / first.run_id / "artifacts/evaluation/evaluation.json"
    path.write_text(path.read_text().replace('"capacity": 8', '"capacity": 9'))
    with pytest.raises(TamperedError, match=r"evaluation\.json: must have the hash"):
        registry.evaluation(first.number)


@pytest.mark.parametrize(
    ("today", "words"), [("2026-12-31", "ranks; to be"), ("2027-01-01", "LAP")]
)
def test_a_champion_whose_approval_lapsed_is_said_loudly(
    registry,  # noqa: F811
    experiment,  # noqa: F811
    today,
    words,
):
    registry.log_experiment(experiment, code_version="1")
    registry.promote(2, promotion(2, retest_on=datetime.date(2027, 1, 1)))
    found = Versions(tuple(registry.list_versions()), datetime.date.fromisoformat(today))
    (line,) = found.told
    assert words in line
