"""The drawing of a score: its bars are its steps."""

from __future__ import annotations

import dataclasses
import itertools
import math

import pytest

from tests.unit.papers.builders import a_bundle
from triage.papers import Case, list_page
from triage.papers.waterfall import waterfall

CASES = list_page(a_bundle()).cases


@pytest.mark.parametrize("case", CASES[::5], ids=lambda case: str(case.rank))
def test_bars_are_as_long_as_their_steps_and_join(case: Case):
    drawing = waterfall(case, chances=True)
    values = [case.base, *(step.after for step in case.steps)]
    ends = [float(drawing.start), *(float(bar.end) for bar in drawing.bars)]
    scale = (max(ends) - min(ends)) / (max(values) - min(values))
    for bar, step in zip(drawing.bars, case.steps, strict=True):
        assert float(bar.width) == pytest.approx(max(abs(step.contribution) * scale, 1.5), abs=0.2)
        assert bar.raises == (step.contribution >= 0)
    assert drawing.bars[-1].end == drawing.end


@pytest.mark.parametrize("chances", [True, False])
def test_ticks_stand_where_their_labels_say(chances: bool):
    case = CASES[0]
    drawing = waterfall(case, chances=chances)
    start, end = float(drawing.start), float(drawing.end)
    assert drawing.ticks
    for tick in drawing.ticks:
        value = float(tick.label)
        if chances:
            value = math.log(value / (100 - value))
        expected = start + (end - start) * (value - case.base) / (case.score - case.base)
        assert float(tick.x) == pytest.approx(expected, abs=0.5)
    places = [float(tick.x) for tick in drawing.ticks]
    assert all(b - a >= 40 for a, b in itertools.pairwise(places))


def test_everything_is_inside_the_drawing():
    for case in CASES:
        drawing = waterfall(case, chances=True)
        for bar in drawing.bars:
            assert float(bar.x) >= 0
            assert float(bar.x) + float(bar.width) <= float(drawing.width)
            assert float(bar.y) + 16 <= float(drawing.foot) < float(drawing.height)


def test_a_score_that_nothing_moves_is_drawn():
    case = CASES[0]
    still = dataclasses.replace(
        case.steps[0], contribution=0.0, before=case.base, after=case.base, number=1
    )
    drawing = waterfall(dataclasses.replace(case, steps=(still,), score=case.base), chances=True)
    assert drawing.start == drawing.end
    assert float(drawing.bars[0].width) == 1.5
