"""The synthetic area has a known skew; the audit of groups names it, and nothing where none is."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest

from triage.fairness import Finding, judge_groups
from triage.synthetic import PLANTED_SKEW
from triage.timeline import build_timeline, day_of
from triage.workflows import load_project, write_demo
from triage.workflows.checking import read_accepted
from triage.workflows.fairness import measured_records

TODAY = datetime.date(2026, 1, 1)


class Silent:
    """Watches progress and says nothing of it."""

    def stage(self, title: str, total: int | None = None) -> None:
        """Say nothing."""

    def advance(self, steps: int = 1) -> None:
        """Say nothing."""


def found_in(folder: Path, *, seed: int, skew: float) -> list[Finding]:
    """Return whose records the known incidents of each group are, in a new synthetic area."""
    write_demo(folder, people=6000, seed=seed, skew=skew, progress=Silent())
    project = load_project(folder)
    histories = read_accepted(project, today=TODAY, progress=Silent()).histories
    timeline = build_timeline(histories, project.scale)
    found = measured_records(project, histories, timeline, day_of(TODAY))
    return judge_groups(found, project.fairness)


def outside(found: list[Finding]) -> list[tuple[str, str]]:
    return [
        (one.compared.group.attribute, one.compared.group.value)
        for one in found
        if one.standing == "outside"
    ]


@pytest.mark.parametrize("seed", [20260101, 2])
def test_the_skew_that_is_planted_is_found_by_name_and_nothing_else_is(
    tmp_path: Path, seed: int
) -> None:
    found = found_in(tmp_path / "skewed", seed=seed, skew=PLANTED_SKEW)
    assert outside(found) == [("area", "south")]
    (south,) = (one for one in found if one.standing == "outside")
    apart = south.compared.less_others
    assert south.tolerance is not None
    assert 0 < south.tolerance.at_most < (apart.low or 0.0) < (apart.value or 0.0)


@pytest.mark.parametrize("seed", [20260101, 2])
def test_where_none_is_planted_none_is_found(tmp_path: Path, seed: int) -> None:
    found = found_in(tmp_path / "even", seed=seed, skew=0.0)
    assert outside(found) == []
    (south,) = (one for one in found if one.compared.group.value == "south")
    assert south.standing == "within"
    apart = south.compared.less_others
    assert (apart.low or 0.0) < 0 < (apart.high or 0.0)
