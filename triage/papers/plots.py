"""Plots of intervals, courses and calibration as plain SVG, each with its words."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from triage.learning import Bin, FeatureShape, Measured, ShapePoint

__all__ = [
    "Course",
    "Plot",
    "Row",
    "calibration_plot",
    "course_plot",
    "interval_plot",
    "narrow_interval_plot",
    "percent",
    "plain_number",
    "shapes_plot",
    "times_the_odds",
]

INK, GREY, PALE, RULE = "#1b1d22", "#4b4f58", "#d9dbe0", "#9aa0ab"
COLOURS = ("#1d4f7c", "#b3541e", "#6b7280")
FINE = 0.0995
"""Shares below this are told to a tenth of a hundredth."""

ONE_LINE = 52
"""More letters do not stand beside each other in a narrow plot."""

LETTER = 7.3
"""How wide a letter of a plot may be."""

MARKS = ("circle", "square", "diamond")


@dataclass(frozen=True)
class Shape:
    """One thing that is drawn: its element, its attributes, and its text if it has any."""

    element: str
    attributes: tuple[tuple[str, str], ...]
    text: str = ""


@dataclass(frozen=True)
class Plot:
    """A drawing, ready for its template.

    Parameters
    ----------
    title, description : str
        What a screen reader says of it.
    width, height : int
    shapes : tuple of Shape
    """

    title: str
    description: str
    width: int
    height: int
    shapes: tuple[Shape, ...]


@dataclass(frozen=True)
class Row:
    """A row of a plot of intervals: its words, its measure, and whether it stands out."""

    words: str
    found: Measured
    stands_out: bool = False


@dataclass(frozen=True)
class Course:
    """A line of a plot over periods; the first has its intervals drawn."""

    words: str
    found: tuple[Measured, ...]


def percent(value: float) -> str:
    """Return a share in words.

    Examples
    --------
    >>> percent(0.2345), percent(0.0523), percent(0.02), percent(float("nan"))
    ('23%', '5.2%', '2%', 'not told')
    """
    if math.isnan(value):
        return "not told"
    digits = 1 if abs(value) < FINE else 0
    told = f"{100 * value:.{digits}f}"
    return (told.removesuffix(".0") if digits else told) + "%"


def between(found: Measured) -> str:
    """Return a share and its interval in words."""
    if math.isnan(found.value) or math.isnan(found.low):
        return percent(found.value)
    return f"{percent(found.value)} ({percent(found.low)} to {percent(found.high)})"


def interval_plot(title: str, rows: Sequence[Row]) -> Plot:
    """Return a plot with a dot and its interval a row, and the words beside it."""
    left, length, row, top = 330.0, 370.0, 27.0, 26.0
    most = _round_up(_most(found for one in rows for found in (one.found.high, one.found.value)))
    height = int(top + row * len(rows) + 26)

    def x(value: float) -> float:
        return left + length * min(max(value, 0.0), most) / most

    shapes = [*_grid(most, x, top - 8, height - 22)]
    for place, one in enumerate(rows):
        y = top + row * (place + 0.5)
        weight = "700" if one.stands_out else "400"
        colour = COLOURS[0] if one.stands_out else GREY
        shapes.append(_text(left - 12, y + 4, within(one.words, left - 12), "end", weight=weight))
        if not math.isnan(one.found.low):
            shapes.append(_line(x(one.found.low), y, x(one.found.high), y, colour, 3))
        if not math.isnan(one.found.value):
            shapes.append(_mark("circle", x(one.found.value), y, 6, colour))
        shapes.append(_text(left + length + 14, y + 4, between(one.found), weight=weight))
    told = ". ".join(f"{one.words}: {between(one.found)}" for one in rows)
    return Plot(title, told, 880, height, tuple(shapes))


def narrow_interval_plot(title: str, rows: Sequence[Row]) -> Plot:
    """Return the same with the words above each interval, to be read on a phone too."""
    left, length = 14.0, 392.0
    most = _round_up(_most(found for one in rows for found in (one.found.high, one.found.value)))
    told = [between(one.found) for one in rows]
    lines = [
        1 + (len(one.words) + len(its) > ONE_LINE) for one, its in zip(rows, told, strict=True)
    ]
    ends = list(itertools.accumulate(28.0 + 18.0 * number for number in lines))
    height = int(ends[-1] + 26) if ends else 26

    def x(value: float) -> float:
        return left + length * min(max(value, 0.0), most) / most

    shapes = [*_grid(most, x, 4, height - 22)]
    for one, its, number, end in zip(rows, told, lines, ends, strict=True):
        weight = "700" if one.stands_out else "400"
        colour = COLOURS[0] if one.stands_out else GREY
        first, y = end - 12 - 18 * number, end - 12
        words = within(one.words, length)
        shapes.append(_text(left, first + 2, words, weight=weight, size="14"))
        shapes.append(_text(left + length, y - 16, its, "end", weight=weight, size="14"))
        if not math.isnan(one.found.low):
            shapes.append(_line(x(one.found.low), y, x(one.found.high), y, colour, 3))
        if not math.isnan(one.found.value):
            shapes.append(_mark("circle", x(one.found.value), y, 6, colour))
    read_out = ". ".join(f"{one.words}: {its}" for one, its in zip(rows, told, strict=True))
    return Plot(title, read_out, 428, height, tuple(shapes))


def course_plot(
    title: str, periods: Sequence[str], courses: Sequence[Course], *, narrow: bool = False
) -> Plot:
    """Return a plot of up to three rankers over periods, with intervals of the first.

    A narrow one can be read on a phone, where periods are few and their words short; what each
    line is stands below one another.
    """
    left, length, top, tall = 56.0, 790.0, 46.0, 230.0
    if narrow:
        left, length, top = 48.0, 360.0, 22.0 * len(courses) + 18
    values = [found.value for one in courses for found in one.found]
    most = _round_up(_most([*values, *(found.high for found in courses[0].found)]))
    step = length / max(len(periods), 1)

    def x(place: int) -> float:
        return left + step * (place + 0.5)

    def y(value: float) -> float:
        return top + tall * (1 - min(max(value, 0.0), most) / most)

    shapes = []
    for tick in _ticks(most):
        shapes.append(_line(left, y(tick), left + length, y(tick), PALE, 1))
        shapes.append(_text(left - 8, y(tick) + 4, percent(tick), "end", fill=GREY))
    for place, period in enumerate(periods):
        shapes.append(_text(x(place), top + tall + 20, period, "middle", fill=GREY, size="12"))
    for place, found in enumerate(courses[0].found):
        if not math.isnan(found.low):
            shapes.append(
                _line(x(place), y(found.low), x(place), y(found.high), COLOURS[0], 7, "0.28")
            )
    for number, one in enumerate(courses):
        points = [(x(p), y(f.value)) for p, f in enumerate(one.found) if not math.isnan(f.value)]
        shapes += [
            _line(*start, *end, COLOURS[number], 2) for start, end in itertools.pairwise(points)
        ]
        shapes += [_mark(MARKS[number], *point, 5, COLOURS[number]) for point in points]
        beside = left + 10 + (0 if narrow else length / len(courses) * number)
        beneath = 14 + (22 * number if narrow else 0)
        shapes.append(_mark(MARKS[number], beside, beneath, 5, COLOURS[number]))
        room = length if narrow else length / len(courses)
        shapes.append(_text(beside + 14, beneath + 4, within(one.words, room - 28)))
    told = ". ".join(
        f"{one.words}: "
        + ", ".join(
            f"{period} {between(found) if one is courses[0] else percent(found.value)}"
            for period, found in zip(periods, one.found, strict=True)
        )
        for one in courses
    )
    width = int(left + length + (12 if narrow else 34))
    return Plot(title, told, width, int(top + tall + 34), tuple(shapes))


def calibration_plot(title: str, bins: Sequence[Bin]) -> Plot:
    """Return a plot of what came against what was said, and the line on which the two agree."""
    left, size, top = 60.0, 330.0, 14.0
    most = _round_up(_most(v for one in bins for v in (one.expected, one.observed.high)))

    def x(value: float) -> float:
        return left + size * min(max(value, 0.0), most) / most

    def y(value: float) -> float:
        return top + size * (1 - min(max(value, 0.0), most) / most)

    shapes = []
    for tick in _ticks(most):
        shapes.append(_line(left, y(tick), left + size, y(tick), PALE, 1))
        shapes.append(_text(left - 8, y(tick) + 4, percent(tick), "end", fill=GREY))
        shapes.append(_text(x(tick), top + size + 18, percent(tick), "middle", fill=GREY))
    shapes.append(_line(x(0), y(0), x(most), y(most), RULE, 1.5))
    for one in bins:
        found = one.observed
        if not math.isnan(found.low):
            shapes.append(
                _line(x(one.expected), y(found.low), x(one.expected), y(found.high), COLOURS[0], 2)
            )
        shapes.append(_mark("circle", x(one.expected), y(found.value), 5, COLOURS[0]))
    shapes.append(_text(left + size / 2, top + size + 40, "what was said", "middle"))
    told = ". ".join(f"said {percent(one.expected)}, came {between(one.observed)}" for one in bins)
    return Plot(title, told, 420, int(top + size + 52), tuple(shapes))


def shapes_plot(title: str, shapes: Sequence[FeatureShape]) -> Plot:
    """Return a small plot a feature, all of one scale: what each value makes of the odds."""
    across, wide, tall, gap_x, gap_y, left, top = 3, 240.0, 110.0, 40.0, 62.0, 44.0, 26.0
    adds = [point.adds for one in shapes for point in one.points]
    adds += [one.unknown for one in shapes if one.unknown is not None]
    low, high = min(*adds, -math.log(2)), max(*adds, math.log(2))
    drawn: list[Shape] = []
    for place, one in enumerate(shapes):
        x0 = left + (wide + gap_x) * (place % across)
        y0 = top + (tall + gap_y) * (place // across)
        first, last = one.points[0].value, one.points[-1].value

        def x(value: float, x0: float = x0, first: float = first, last: float = last) -> float:
            return x0 + (wide - 34) * ((value - first) / (last - first) if last > first else 0.5)

        def y(value: float, y0: float = y0) -> float:
            return y0 + tall * (high - value) / (high - low)

        drawn.append(_text(x0, y0 - 9, one.feature, weight="700", size="12"))
        for power in range(math.ceil(low / math.log(2)), math.floor(high / math.log(2)) + 1):
            level = power * math.log(2)
            drawn.append(_line(x0, y(level), x0 + wide, y(level), RULE if not power else PALE, 1))
            if place % across == 0:
                words = times_the_odds(level)
                drawn.append(_text(x0 - 6, y(level) + 4, words, "end", fill=GREY, size="11"))
        ends = [(x(point.value), y(point.adds)) for point in one.points]
        drawn += [_line(*start, *end, COLOURS[0], 2) for start, end in itertools.pairwise(ends)]
        drawn += [_mark("circle", *end, 3, COLOURS[0]) for end in ends]
        below = y0 + tall + 16
        drawn.append(_text(x(first), below, plain_number(first), fill=GREY, size="11"))
        if last > first:
            drawn.append(_text(x(last), below, plain_number(last), "end", fill=GREY, size="11"))
        if one.unknown is not None:
            drawn.append(_mark("diamond", x0 + wide - 8, y(one.unknown), 4, COLOURS[1]))
            drawn.append(_text(x0 + wide - 8, below, "?", "middle", fill=GREY, size="11"))
    told = ". ".join(
        f"{one.feature}: from {_at(one.points[0])} to {_at(one.points[-1])}" for one in shapes
    )
    height = top + (tall + gap_y) * -(-len(shapes) // across)
    return Plot(title, told, 880, int(height), tuple(drawn))


def _at(point: ShapePoint) -> str:
    return f"{times_the_odds(point.adds)} at {plain_number(point.value)}"


def within(words: str, width: float) -> str:
    """Return words that a plot has room for, those left out told by dots.

    Examples
    --------
    >>> within("Rules, then gradient boosting", 300), within("Rules, then gradient boosting", 100)
    ('Rules, then gradient boosting', 'Rules, then…')
    """
    most = int(width / LETTER)
    return words if len(words) <= most else words[: most - 1].rstrip() + "…"


def plain_number(value: float) -> str:
    """Return a value of a feature, to at most two digits after the point.

    Examples
    --------
    >>> plain_number(3650.0), plain_number(0.125), plain_number(-2.5)
    ('3,650', '0.12', '−2.5')
    """
    told = f"{value:,.2f}".rstrip("0").rstrip(".")
    return told.replace("-", "−")


def times_the_odds(log_odds: float) -> str:
    """Return what an addition to the log-odds makes of the odds.

    Examples
    --------
    >>> times_the_odds(0.0), times_the_odds(0.6931), times_the_odds(-0.6931)
    ('×1', '×2', '×0.5')
    """
    return f"×{math.exp(log_odds):.2f}".rstrip("0").rstrip(".")


def _most(values: Sequence[float] | Iterator[float]) -> float:
    return max((value for value in values if not math.isnan(value)), default=0.0)


def _round_up(value: float) -> float:
    """Return the end of an axis: a tenth, a fifth, and then whole tenths, at most all."""
    for end in (0.02, 0.05, 0.1, 0.2):
        if value <= end:
            return end
    return min(math.ceil(value * 10 - 1e-9) / 10, 1.0)


def _ticks(most: float) -> list[float]:
    step = most / 4 if most < 0.25 else 0.1 if most <= 0.5 else 0.2
    return [step * number for number in range(math.floor(most / step + 1e-9) + 1)]


def _grid(most: float, x: object, top: float, bottom: float) -> Iterator[Shape]:
    assert callable(x)  # noqa: S101
    for tick in _ticks(most):
        yield _line(x(tick), top, x(tick), bottom, PALE, 1)
        yield _text(x(tick), bottom + 16, percent(tick), "middle", fill=GREY)


def _line(
    x1: float, y1: float, x2: float, y2: float, stroke: str, width: float, opacity: str = ""
) -> Shape:
    ends = {"x1": x1, "y1": y1, "x2": x2, "y2": y2, "stroke-width": width}
    drawn = [(name, f"{value:.1f}") for name, value in ends.items()]
    drawn.append(("stroke", stroke))
    if opacity:
        drawn.append(("stroke-opacity", opacity))
    return Shape("line", tuple(drawn))


def _mark(kind: str, x: float, y: float, size: float, fill: str) -> Shape:
    if kind == "circle":
        return Shape(
            "circle", (("cx", f"{x:.1f}"), ("cy", f"{y:.1f}"), ("r", f"{size:.1f}"), ("fill", fill))
        )
    reach = size if kind == "square" else size * 1.35
    corners = (
        [(-1, -1), (1, -1), (1, 1), (-1, 1)]
        if kind == "square"
        else [(0, -1), (1, 0), (0, 1), (-1, 0)]
    )
    points = " ".join(f"{x + reach * a:.1f},{y + reach * b:.1f}" for a, b in corners)
    return Shape("polygon", (("points", points), ("fill", fill)))


def _text(
    x: float,
    y: float,
    text: str,
    anchor: str = "start",
    *,
    fill: str = INK,
    weight: str = "400",
    size: str = "13",
) -> Shape:
    return Shape(
        "text",
        (
            ("x", f"{x:.1f}"),
            ("y", f"{y:.1f}"),
            ("text-anchor", anchor),
            ("fill", fill),
            ("font-weight", weight),
            ("font-size", size),
        ),
        text,
    )
