"""A score's way from its start to its end, drawn as plain SVG by hand."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from triage.papers.listed import Case, Step

__all__ = ["Bar", "Tick", "Waterfall", "waterfall"]

WIDTH = 460.0
LEFT, RIGHT, TOP, ROW, FOOT = 36.0, 20.0, 24.0, 24.0, 40.0
NARROWEST = 1.5
TICK_APART = 40.0
CHANCES = (1, 2, 5, 10, 20, 35, 50, 65, 80, 90, 95, 98, 99)


@dataclass(frozen=True)
class Bar:
    """One step, in the units of the drawing."""

    number: int
    x: str
    y: str
    width: str
    end: str
    text_y: str
    raises: bool


@dataclass(frozen=True)
class Tick:
    """A chance on the axis, "so many in 100"."""

    x: str
    label: str


@dataclass(frozen=True)
class Waterfall:
    """A drawing of steps, ready for its template.

    Parameters
    ----------
    title, description : str
        What a screen reader says of it.
    width, height, foot : str
        Of the drawing, and where its rows end.
    start, end : str
        Where the score starts and ends on the axis of chances.
    bars : tuple of Bar
    ticks : tuple of Tick
    """

    title: str
    description: str
    width: str
    height: str
    foot: str
    start: str
    end: str
    bars: tuple[Bar, ...]
    ticks: tuple[Tick, ...]


def waterfall(case: Case, *, chances: bool) -> Waterfall:
    """Return the drawing of a case's steps.

    The axis is even in log-odds, where steps add up, and is labelled in chances, which people
    can read. Bars carry the numbers of the rows of the table beside it.

    Parameters
    ----------
    case : Case
    chances : bool
        Whether scores are log-odds; else they are points, and the axis counts these.
    """
    foot = TOP + ROW * len(case.steps)
    scale = _Scale.around([case.base, *(step.after for step in case.steps)])
    return Waterfall(
        title=f"How the model's score of referral {case.referral_id} is made up",
        description=_description(case),
        width=f"{WIDTH:.0f}",
        height=f"{foot + FOOT:.0f}",
        foot=f"{foot:.1f}",
        start=scale.x(case.base),
        end=scale.x(case.score),
        bars=tuple(_bar(step, scale) for step in case.steps),
        ticks=tuple(_ticks(scale, chances)),
    )


@dataclass(frozen=True)
class _Scale:
    low: float
    high: float

    @classmethod
    def around(cls, values: Sequence[float]) -> _Scale:
        low, high = min(values), max(values)
        margin = max(0.08 * (high - low), 0.25)
        return cls(low - margin, high + margin)

    def place(self, value: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * (value - self.low) / (self.high - self.low)

    def x(self, value: float) -> str:
        return f"{self.place(value):.1f}"


def _bar(step: Step, scale: _Scale) -> Bar:
    first, last = sorted((scale.place(step.before), scale.place(step.after)))
    top = TOP + ROW * (step.number - 1)
    return Bar(
        number=step.number,
        x=f"{first:.1f}",
        y=f"{top + 4:.1f}",
        width=f"{max(last - first, NARROWEST):.1f}",
        end=scale.x(step.after),
        text_y=f"{top + 17:.1f}",
        raises=step.contribution >= 0,
    )


def _ticks(scale: _Scale, chances: bool) -> Iterator[Tick]:
    values = [(_log_odds(chance / 100), chance) for chance in CHANCES]
    if not chances:
        step = 10 ** math.ceil(math.log10((scale.high - scale.low) / 8))
        first = math.ceil(scale.low / step)
        values = [(step * n, step * n) for n in range(first, math.floor(scale.high / step) + 1)]
    last = -TICK_APART
    for value, label in values:
        place = scale.place(value)
        if LEFT <= place <= WIDTH - RIGHT and place - last >= TICK_APART:
            last = place
            yield Tick(f"{place:.1f}", f"{label:g}")


def _log_odds(probability: float) -> float:
    return math.log(probability / (1 - probability))


def _description(case: Case) -> str:
    rising = sum(step.contribution > 0 for step in case.steps)
    return (
        f"From the model's start to {case.likely}: {rising} of {len(case.steps)} steps raise it, "
        f"the others lower it. The table beside this drawing gives each step."
    )
