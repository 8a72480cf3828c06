"""The calibration plot: what was foretold against what happened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from triage.learning import CurvePoint

__all__ = ["CalibrationDrawing", "Dot", "Tick", "calibration_drawing"]

SIDE = 320.0
LEFT, TOP = 46.0, 10.0
STEPS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.25)
MOST_TICKS = 6


@dataclass(frozen=True)
class Dot:
    """One group of like probability."""

    x: float
    y: float
    low_y: float
    high_y: float


@dataclass(frozen=True)
class Tick:
    """A mark of both axes."""

    words: str
    x: float
    y: float


@dataclass(frozen=True)
class CalibrationDrawing:
    """Where everything stands, in units of the drawing."""

    left: float
    top: float
    side: float
    width: float
    height: float
    dots: tuple[Dot, ...]
    ticks: tuple[Tick, ...]
    description: str


def calibration_drawing(curve: Sequence[CurvePoint]) -> CalibrationDrawing:
    """Return the drawing of a calibration curve, both axes alike from 0 to above all points."""
    furthest = max(max(one.foretold, one.observed.high or 0.0) for one in curve)
    step = next((one for one in STEPS if one * MOST_TICKS >= furthest), STEPS[-1])
    count = max(1, -int(-furthest // step))
    end = count * step

    def x(value: float) -> float:
        return round(LEFT + SIDE * value / end, 1)

    def y(value: float) -> float:
        return round(TOP + SIDE * (1 - value / end), 1)

    return CalibrationDrawing(
        left=LEFT,
        top=TOP,
        side=SIDE,
        width=LEFT + SIDE + 14,
        height=TOP + SIDE + 44,
        dots=tuple(
            Dot(
                x(one.foretold),
                y(one.observed.value or 0.0),
                y(one.observed.low or 0.0),
                y(one.observed.high or 0.0),
            )
            for one in curve
        ),
        ticks=tuple(
            Tick(f"{number * step:.0%}", x(number * step), y(number * step))
            for number in range(count + 1)
        ),
        description="; ".join(
            f"foretold {one.foretold:.0%}, happened {one.observed.value or 0:.0%}" for one in curve
        ),
    )
