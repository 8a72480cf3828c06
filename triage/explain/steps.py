"""Changes of fact, one by one and in pairs: which are tried on whom, the smallest first."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt

from triage.conditions import Answer, Answers, Categories, Column, Numbers
from triage.explain.possibilities import Possibilities
from triage.timeline import Moments, Timeline

__all__ = ["Kind", "Step", "Steps", "Words", "observed_values", "pairs_of", "plan_steps"]

Positions = npt.NDArray[np.int64]
Kind = Literal["answer", "fact", "value", "event", "time", "pair"]

MOST_VALUES = 9
"""Of more observed values of a number so many are tried, evenly spread."""

MOST_IN_PAIRS = 8
"""Of the changes that move a case its way, so many are tried in pairs."""


SUPPOSED: Mapping[str, str] = {
    "answer": "it turns out that {}",
    "fact": "it comes to be so that {}",
    "value": "there is {}",
    "event": "there is {}",
    "time": "{} pass with nothing else new on record",
}
"""Each kind of change as the part of an if."""


@dataclass(frozen=True)
class Step:
    """One change of fact, or two at once.

    Parameters
    ----------
    kind : {"answer", "fact", "value", "event", "time", "pair"}
        An open question that is answered; something known that has come to be otherwise; a new
        measurement; a new record; time in which nothing comes on record; two of these.
    name : str
        The attribute, the new fact or the measurement.
    amount : int
        How many records or months; of a yes or no 1 or 0; else the place of the value among those
        tried, or the number itself, rounded.
    text : str
    event : int
        Of a new record or measurement: its place among those that may be added; else −1.
    value : float
        Of an attribute: the code or the number that it comes to have.
    parts : tuple of Step
        Of a pair.
    """

    kind: Kind
    name: str
    amount: int
    text: str
    event: int = -1
    value: float = float("nan")
    parts: tuple[Step, ...] = ()

    @property
    def each(self) -> tuple[Step, ...]:
        """The changes in it."""
        return self.parts or (self,)


@dataclass(frozen=True)
class Words:
    """How changes of attributes are told, and which may come about.

    Parameters
    ----------
    answers : mapping of str to (str, str)
        Of attributes with a yes or a no: what either says.
    values : mapping of str to (str, str)
        Of attributes with a value: its meaning and its unit.
    can_change : collection of str
        Those that may come to be otherwise where they are known. The others are only found out.
    """

    answers: Mapping[str, tuple[str, str]]
    values: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    can_change: Collection[str] = ()


@dataclass
class Steps:
    """What is tried on whom: ``row[n]`` is to take ``steps[step[n]]``."""

    steps: list[Step] = field(default_factory=list)
    pairs: list[tuple[int, int]] = field(default_factory=list)

    def add(self, step: Step, who: Sequence[int]) -> None:
        """Try a step on some rows."""
        self.pairs.extend((row, len(self.steps)) for row in who)
        self.steps.append(step)

    def add_each(self, steps: Sequence[Step], who: Mapping[int, Sequence[int]]) -> None:
        """Try on each row the steps at some places, in the order given there."""
        first = len(self.steps)
        self.steps.extend(steps)
        self.pairs.extend((row, first + place) for row, places in who.items() for place in places)

    def arrays(self) -> tuple[Positions, Positions]:
        """Return rows and places of steps, each of shape (n,)."""
        array = np.array(self.pairs, dtype=np.int64).reshape(-1, 2)
        return array[:, 0], array[:, 1]


def observed_values(
    possibilities: Possibilities, timeline: Timeline, moments: Moments, rows: Positions
) -> dict[str, tuple[float, ...]]:
    """Return the values that are tried of each measurement: those on record of these referrals."""
    found = {}
    for measured in possibilities.measured:
        column = timeline.columns[measured.of]
        assert isinstance(column, Numbers)  # noqa: S101 - as the vocabulary has it
        known = [
            column.values[timeline.usable(int(moments.person[row]), int(moments.day[row]))]
            for row in rows.tolist()
        ]
        found[measured.name] = _spread(np.concatenate([np.empty(0), *known]))
    return found


def _spread(values: npt.NDArray[np.float64]) -> tuple[float, ...]:
    different = np.unique(values[~np.isnan(values)])
    if len(different) > MOST_VALUES:
        at = np.linspace(0, len(different) - 1, MOST_VALUES).round().astype(np.int64)
        different = different[at]
    return tuple(different.tolist())


def plan_steps(
    possibilities: Possibilities,
    attributes: Mapping[str, Column],
    timeline: Timeline,
    moments: Moments,
    rows: Positions,
    words: Words,
    values: Mapping[str, Sequence[float]],
) -> Steps:
    """Return every single change that is tried on some referrals.

    Parameters
    ----------
    possibilities : Possibilities
    attributes : mapping of str to Column, of n_rows rows
    timeline : Timeline
    moments : Moments, of n_rows moments
    rows : ndarray of int64, shape (n,)
    words : Words
    values : mapping of str to sequence of float
        See :func:`observed_values`.
    """
    found, everybody = Steps(), rows.tolist()
    for name, (yes, no) in words.answers.items():
        column = attributes[name]
        assert isinstance(column, Answers)  # noqa: S101 - only these have a yes or a no
        open_ = [row for row in everybody if column.codes[row] not in (Answer.YES, Answer.NO)]
        found.add(Step("answer", name, 1, yes, value=Answer.YES), open_)
        found.add(Step("answer", name, 0, no, value=Answer.NO), open_)
        if name in words.can_change:
            was_no, was_yes = (
                [row for row in everybody if column.codes[row] == code]
                for code in (Answer.NO, Answer.YES)
            )
            found.add(Step("fact", name, 1, yes, value=Answer.YES), was_no)
            found.add(Step("fact", name, 0, no, value=Answer.NO), was_yes)
    for name, (meaning, unit) in words.values.items():
        _add_values(found, name, attributes[name], everybody, f"{meaning}: {{}} {unit}", words)
    _add_measured(found, possibilities, timeline, moments, everybody, values)
    for place, fact in enumerate(possibilities.new_facts):
        found.add(Step("event", fact.name, 1, fact.one, event=place), everybody)
    for place, fact in enumerate(possibilities.new_facts):
        if fact.two is not None:
            found.add(Step("event", fact.name, 2, fact.two, event=place), everybody)
    for months in possibilities.quiet_months:
        told = f"{months} {'month' if months == 1 else 'months'}"
        found.add(Step("time", "quiet", months, told), everybody)
    return found


def _add_values(
    found: Steps, name: str, column: Column, rows: Sequence[int], template: str, words: Words
) -> None:
    """Try each observed value of an attribute on those who have another, the nearest first."""
    if isinstance(column, Categories):
        now = np.where(column.codes < 0, np.nan, column.codes.astype(np.float64))
        told = [one.replace("_", " ") for one in column.names]
        values: Sequence[float] = [
            code for code in range(len(told)) if (column.codes == code).any()
        ]
        texts = [template.format(told[int(code)]).strip() for code in values]
    elif isinstance(column, Numbers):
        now, values = column.values, _spread(column.values)
        texts = [template.format(f"{value:g}").strip() for value in values]
    else:
        raise TypeError(f"'{name}' has neither a category nor a number")
    for kind, who in (
        ("answer", [row for row in rows if np.isnan(now[row])]),
        ("fact", [row for row in rows if not np.isnan(now[row])]),
    ):
        if kind == "fact" and name not in words.can_change:
            continue
        steps = [
            Step("fact" if kind == "fact" else "answer", name, place, text, value=value)
            for place, (value, text) in enumerate(zip(values, texts, strict=True))
        ]
        found.add_each(steps, {row: _nearest_first(values, float(now[row])) for row in who})


def _add_measured(
    found: Steps,
    possibilities: Possibilities,
    timeline: Timeline,
    moments: Moments,
    rows: Sequence[int],
    values: Mapping[str, Sequence[float]],
) -> None:
    event = len(possibilities.new_facts)
    for measured in possibilities.measured:
        column = timeline.columns[measured.of]
        assert isinstance(column, Numbers)  # noqa: S101 - as the vocabulary has it
        steps = [
            Step("value", measured.name, round(value), measured.told(value), event + place, value)
            for place, value in enumerate(values[measured.name])
        ]
        event += len(steps)
        who = {}
        for row in rows:
            usable = timeline.usable(int(moments.person[row]), int(moments.day[row]))
            known = column.values[usable]
            known = known[~np.isnan(known)]
            now = float(known[-1]) if len(known) else float("nan")
            who[row] = _nearest_first(values[measured.name], now)
        found.add_each(steps, who)


def _nearest_first(values: Sequence[float], now: float) -> list[int]:
    """Return the places of the other values, the nearest first; in order where none is."""
    places = [place for place, value in enumerate(values) if value != now]
    return sorted(places, key=lambda place: 0 if np.isnan(now) else abs(values[place] - now))


def pairs_of(steps: Sequence[Step], step: Positions, gains: Positions) -> Iterator[Step]:
    """Yield pairs of changes for one case, the smallest first.

    Parameters
    ----------
    steps : sequence of Step
    step : ndarray of int64, shape (n,)
        What was tried on the case alone, in the order in which it was tried.
    gains : ndarray of int64, shape (n,)
        How many places each moved it the way that is asked for.

    Notes
    -----
    Of each fact only its smallest change that moves the case furthest its way is used, of these the
    few that move it furthest; more would be tried than anybody could wait for. A new record and a
    time without any exclude one another.
    """
    best: dict[str, int] = {}
    for number in range(len(step)):
        name = steps[step[number]].name
        if gains[number] > 0 and (name not in best or gains[number] > gains[best[name]]):
            best[name] = number
    furthest = sorted(best.values(), key=lambda number: (-gains[number], number))[:MOST_IN_PAIRS]
    both = itertools.combinations(sorted(furthest), 2)
    for one, other in sorted(both, key=sum):
        parts = steps[step[one]], steps[step[other]]
        kinds = {part.kind for part in parts}
        if "time" in kinds and kinds & {"event", "value"}:
            continue
        names = " and ".join(part.name for part in parts)
        texts = " and ".join(SUPPOSED[part.kind].format(part.text) for part in parts)
        yield Step("pair", names, len(parts), texts, parts=parts)
