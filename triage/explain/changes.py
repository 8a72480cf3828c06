"""What would change a place: changes of fact that can come about, tried exactly.

One by one; and where no single one leads across the line, in pairs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from triage.conditions import Answers, Categories, Column, Numbers, take
from triage.explain.possibilities import Possibilities
from triage.explain.steps import Kind, Step, Words, pairs_of, plan_steps
from triage.features import Feature, FeatureMatrix, compute, make_plan
from triage.ranking import Tier
from triage.timeline import Added, Moments, Timeline, suppose

__all__ = [
    "Judged",
    "Standing",
    "Suppositions",
    "changeable",
    "changes_table",
    "places_among",
    "quiet",
    "suppose_changes",
]

Floats = npt.NDArray[np.float64]
Positions = npt.NDArray[np.int64]

DAYS_A_MONTH = 365.25 / 12
A_WEEK = 7
SCHEMA = pa.schema(
    [
        pa.field("referral_id", pa.string(), nullable=False),
        pa.field("kind", pa.string(), nullable=False),
        pa.field("name", pa.string(), nullable=False),
        pa.field("amount", pa.int32(), nullable=False),
        pa.field("text", pa.string(), nullable=False),
        pa.field("tier", pa.int8()),
        pa.field("tier_name", pa.string()),
        pa.field("score", pa.float64()),
        pa.field("rank", pa.int32()),
        pa.field("crosses", pa.string(), nullable=False),
        pa.field("told", pa.int32(), nullable=False),
    ]
)


@dataclass(frozen=True)
class Suppositions:
    """What was supposed of some referrals, and the features that would follow.

    Parameters
    ----------
    row : ndarray of int64, shape (n,)
        The referral's row among those asked about.
    step : ndarray of int64, shape (n,)
        Position in ``steps``.
    steps : tuple of Step
        From the smallest to the gravest within a kind.
    timeline : Timeline
        Of n people, each with what is supposed of one referral.
    moments : Moments, shape (n,)
    attributes : mapping of str to Column, of n rows
    matrix : FeatureMatrix, of n rows
    """

    row: Positions
    step: Positions
    steps: tuple[Step, ...]
    timeline: Timeline
    moments: Moments
    attributes: Mapping[str, Column]
    matrix: FeatureMatrix


@dataclass(frozen=True)
class Judged:
    """What rules and model make of referrals: ``tiers`` and ``scores``, and who has no place.

    Each of shape (n,): int8, float64 and bool.
    """

    tiers: npt.NDArray[np.int8]
    scores: Floats
    excluded: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Standing:
    """The list as it stands: ranked referrals in order.

    Parameters
    ----------
    rows : ndarray of int64, shape (n_ranked,)
        For each place, the referral's row among those asked about.
    tiers, scores : ndarray, shape (n_ranked,)
    referral_ids : sequence of str, shape (n_ranked,)
    band_first, band_last : ndarray of int32, shape (n_ranked,)
        Places that cannot be told apart.
    capacity : int
    """

    rows: Positions
    tiers: npt.NDArray[np.int8]
    scores: Floats
    referral_ids: Sequence[str]
    band_first: npt.NDArray[np.int32]
    band_last: npt.NDArray[np.int32]
    capacity: int


def suppose_changes(
    possibilities: Possibilities,
    addable: Timeline,
    X: FeatureMatrix,
    timeline: Timeline,
    moments: Moments,
    attributes: Mapping[str, Column],
    rows: Positions,
    words: Words,
    values: Mapping[str, Sequence[float]] = MappingProxyType({}),
) -> Suppositions:
    """Return every single change that is tried on some referrals, and the features that follow.

    Parameters
    ----------
    possibilities : Possibilities
    addable : Timeline
        Its :meth:`Possibilities.timeline`, with these values.
    X : FeatureMatrix, of n_rows rows
        As things are.
    timeline : Timeline
    moments : Moments, of n_rows moments
    attributes : mapping of str to Column, of n_rows rows
    rows : ndarray of int64, shape (n_told,)
        On whom changes are tried.
    words : Words
        The attributes that may be found out or may change, and what either would be.
    values : mapping of str to sequence of float
        What is tried of each measurement, see :func:`triage.explain.observed_values`.

    Notes
    -----
    Only what can come about is tried: a new record or measurement, time in which nothing comes on
    record, an answer to an open question, and a change of what the panel says can change. Each is
    put into the case history and every feature made of it anew, so that all windows and measures
    agree. What never changes, such as age, stays as it is, also when time passes; so does what is
    of linked people; nothing that happened is undone.
    """
    plan = plan_steps(possibilities, attributes, timeline, moments, rows, words, values)
    of_row, of_step = plan.arrays()
    steps = tuple(plan.steps)
    return supposed_of(
        possibilities, addable, X, timeline, moments, attributes, steps, of_row, of_step
    )


def supposed_of(
    possibilities: Possibilities,
    addable: Timeline,
    X: FeatureMatrix,
    timeline: Timeline,
    moments: Moments,
    attributes: Mapping[str, Column],
    steps: tuple[Step, ...],
    of_row: Positions,
    of_step: Positions,
) -> Suppositions:
    """Return what follows from some changes, each of one referral.

    Parameters
    ----------
    possibilities, addable, X, timeline, moments, attributes
        As of :func:`suppose_changes`.
    steps : tuple of Step
    of_row, of_step : ndarray of int64, shape (n,)
        Of which referral each is, and which change.
    """
    added = [_added(possibilities, steps[step]) for step in of_step]
    months = [sum(one.amount for one in step.each if one.kind == "time") for step in steps]
    later = np.array([round(DAYS_A_MONTH * months[step]) for step in of_step], dtype=np.int32)
    supposed, asked = suppose(timeline, moments, of_row, added, addable, later=later)
    given = _answered(
        {name: take(column, of_row) for name, column in attributes.items()}, steps, of_step
    )
    matrix = _made_anew(X, of_row, supposed, asked, given)
    return Suppositions(of_row, of_step, steps, supposed, asked, given, matrix)


def quiet(
    X: FeatureMatrix,
    timeline: Timeline,
    moments: Moments,
    attributes: Mapping[str, Column],
    rows: Positions,
    days: int,
) -> FeatureMatrix:
    """Return the features of some referrals after days in which nothing came on record.

    Parameters
    ----------
    X : FeatureMatrix, of n_rows rows
        As things are.
    timeline : Timeline
    moments : Moments, of n_rows moments
    attributes : mapping of str to Column, of n_rows rows
        Stay as they are, as do features of linked people.
    rows : ndarray of int64, shape (n,)
    days : int

    Returns
    -------
    FeatureMatrix, of n rows
    """
    later = np.full(len(rows), days, dtype=np.int32)
    nothing: list[list[Added]] = [[] for _ in rows]
    supposed, asked = suppose(timeline, moments, rows, nothing, timeline, later=later)
    given = {name: take(column, rows) for name, column in attributes.items()}
    return _made_anew(X, rows, supposed, asked, given)


def _made_anew(
    X: FeatureMatrix,
    rows: Positions,
    supposed: Timeline,
    asked: Moments,
    attributes: Mapping[str, Column],
) -> FeatureMatrix:
    """Return features of what is supposed; those of linked people as they are in ``X``."""
    values = np.asfortranarray(X.values[rows])
    own = [feature for feature in X.features if feature.linked_by is None]
    if len(rows) and own:
        found = compute(make_plan(own), supposed, asked, attributes)
        for place, feature in enumerate(found.features):
            values[:, X.names.index(feature.name)] = found.values[:, place]
    return FeatureMatrix(values, X.features)


def _added(possibilities: Possibilities, step: Step) -> list[Added]:
    """Return the records that a step adds: of two of one kind, a week apart."""
    added: list[Added] = []
    for one in step.each:
        if one.event < 0:
            continue
        is_new_fact = one.event < len(possibilities.new_facts)
        new_victim = is_new_fact and possibilities.new_facts[one.event].new_victim
        times = one.amount if one.kind == "event" else 1
        added += [Added(one.event, 1 + A_WEEK * number, new_victim) for number in range(times)]
    return sorted(added, key=lambda one: -one.days_before)


def _answered(
    attributes: dict[str, Column], steps: Sequence[Step], of_step: Positions
) -> dict[str, Column]:
    """Return attributes with what is supposed of them."""
    for place, step in enumerate(steps):
        for one in step.each:
            if one.kind in ("answer", "fact"):
                rows = np.flatnonzero(of_step == place)
                attributes[one.name] = _with_value(attributes[one.name], rows, one.value)
    return attributes


def _with_value(column: Column, rows: Positions, value: float) -> Column:
    match column:
        case Answers(codes):
            codes = codes.copy()
            codes[rows] = int(value)
            return Answers(codes)
        case Categories(codes, names):
            codes = codes.copy()
            codes[rows] = int(value)
            return Categories(codes, names)
        case Numbers(values):
            values = values.copy()
            values[rows] = value
            return Numbers(values)
        case _:
            raise TypeError("a date is never supposed")


def changes_table(
    supposed: Suppositions,
    judge: Callable[[Suppositions], Judged],
    standing: Standing,
    again: Callable[[tuple[Step, ...], Positions, Positions], Suppositions] | None = None,
) -> pa.Table:
    """Return what each change would make of a place, all other cases standing as they are.

    Parameters
    ----------
    supposed : Suppositions
    judge : callable
        Asks the rules and the model that made the list.
    standing : Standing
    again : callable, optional
        Returns what follows from other steps, rows and places of steps (:func:`supposed_of`): then
        pairs of changes are tried on cases that no single one leads across the line.

    Returns
    -------
    pyarrow.Table
        ``referral_id``; ``kind`` (``answer``, ``fact``, ``value``, ``event``, ``time`` or
        ``pair``), ``name``, ``amount`` and ``text`` of the change; ``tier``, ``tier_name``,
        ``score`` and ``rank`` after it (null where the referral would have no place); ``crosses``:
        ``line``, ``tier``, ``band`` or empty; and ``told``: as which it is told, from 1, or 0. Told
        is the smallest change of each kind that crosses the line; of a kind of which none does, the
        smallest that leads to another tier; failing that, out of the band. Of pairs only one that
        crosses the line is told.
    """
    alone = _tried(supposed, judge, standing)
    tried = [alone]
    if again is not None:
        steps, rows, places = _pairs(alone, standing)
        if len(rows):
            tried.append(_tried(again(steps, rows, places), judge, standing))
    told = _told(tried)
    tables = [one.table(standing) for one in tried]
    table = pa.concat_tables(tables)
    return table.append_column(SCHEMA.field("told"), pa.array(told, pa.int32())).cast(SCHEMA)


@dataclass(frozen=True)
class _Tried:
    """Suppositions, what became of each, and whose they are by their places on the list."""

    supposed: Suppositions
    judged: Judged
    own: Positions
    ranks: npt.NDArray[np.int32]
    crosses: npt.NDArray[np.str_]

    @property
    def each(self) -> list[Step]:
        return [self.supposed.steps[step] for step in self.supposed.step]

    def table(self, standing: Standing) -> pa.Table:
        steps, judged, gone = self.each, self.judged, self.judged.excluded
        columns = [
            pa.array([standing.referral_ids[one] for one in self.own], pa.string()),
            pa.array([step.kind for step in steps], pa.string()),
            pa.array([step.name for step in steps], pa.string()),
            pa.array([step.amount for step in steps], pa.int32()),
            pa.array([step.text for step in steps], pa.string()),
            pa.array(judged.tiers, pa.int8(), mask=gone),
            pa.array([Tier(tier).words for tier in judged.tiers], pa.string(), mask=gone),
            pa.array(judged.scores, pa.float64(), mask=gone),
            pa.array(self.ranks, pa.int32(), mask=gone),
            pa.array(self.crosses.tolist(), pa.string()),
        ]
        return pa.table(columns, names=SCHEMA.names[: len(columns)])


def _tried(
    supposed: Suppositions, judge: Callable[[Suppositions], Judged], standing: Standing
) -> _Tried:
    judged = judge(supposed)
    place_of = {int(row): place for place, row in enumerate(standing.rows)}
    own = np.array([place_of[int(row)] for row in supposed.row], dtype=np.int64)
    ranks = places_among(judged.tiers, judged.scores, own, standing)
    return _Tried(supposed, judged, own, ranks, _crosses(judged, ranks, own, standing))


def _pairs(alone: _Tried, standing: Standing) -> tuple[tuple[Step, ...], Positions, Positions]:
    """Return the pairs to try on cases that no single change leads across the line."""
    steps: list[Step] = []
    rows: list[int] = []
    gains = np.where(alone.own < standing.capacity, 1, -1) * (alone.ranks - 1 - alone.own)
    gains = np.where(alone.judged.excluded, 0, gains)
    for place in np.unique(alone.own).tolist():
        theirs = np.flatnonzero(alone.own == place)
        if (alone.crosses[theirs] == "line").any():
            continue
        found = list(pairs_of(alone.supposed.steps, alone.supposed.step[theirs], gains[theirs]))
        steps += found
        rows += [int(standing.rows[place])] * len(found)
    return tuple(steps), np.array(rows, np.int64), np.arange(len(steps), dtype=np.int64)


def places_among(
    tiers: npt.NDArray[np.int8], scores: Floats, own: Positions, standing: Standing
) -> npt.NDArray[np.int32]:
    """Return the place that each would have if it alone were judged so.

    Parameters
    ----------
    tiers, scores : ndarray, shape (n,)
    own : ndarray of int64, shape (n,)
        Position of each in the standing list, where it now is and then no longer is.
    standing : Standing

    Returns
    -------
    ndarray of int32, shape (n,)
        From 1: tier, then score from high to low, then id.
    """
    ids = np.asarray(standing.referral_ids, dtype=object)
    before = np.zeros(len(own), dtype=np.int64)
    for tier in np.unique(standing.tiers):
        among = np.flatnonzero(standing.tiers == tier)
        falling = -standing.scores[among]
        here = tiers == tier
        before[tiers > tier] += len(among)
        before[here] += np.searchsorted(falling, -scores[here], side="left")
        tied = here & (
            np.searchsorted(falling, -scores, side="left")
            < np.searchsorted(falling, -scores, side="right")
        )
        for one in np.flatnonzero(tied):
            equal = among[standing.scores[among] == scores[one]]
            before[one] += int(np.count_nonzero(ids[equal] < ids[own[one]]))
    ahead = (standing.tiers[own] < tiers) | (
        (standing.tiers[own] == tiers) & (standing.scores[own] > scores)
    )
    return np.asarray(before - ahead + 1, dtype=np.int32)


def _crosses(
    judged: Judged, ranks: npt.NDArray[np.int32], own: Positions, standing: Standing
) -> npt.NDArray[np.str_]:
    within_now, within_then = own < standing.capacity, ranks <= standing.capacity
    apart = (ranks < standing.band_first[own]) | (ranks > standing.band_last[own])
    return np.select(
        [
            (within_now != within_then) | judged.excluded,
            judged.tiers != standing.tiers[own],
            apart,
        ],
        ["line", "tier", "band"],
        default="",
    )


def _told(tried: Sequence[_Tried]) -> list[int]:
    """Return as which each change is told: of each kind the smallest that matters most."""
    best: dict[tuple[int, str], tuple[int, int]] = {}
    weight = {"line": 0, "tier": 1, "band": 2}
    every = [
        (place, step.kind, crossed)
        for one in tried
        for place, step, crossed in zip(
            one.own.tolist(), one.each, one.crosses.tolist(), strict=True
        )
    ]
    for number, (place, kind, crossed) in enumerate(every):
        if not crossed or (kind == "pair" and crossed != "line"):
            continue
        key, found = (place, kind), (weight[crossed], number)
        best[key] = min(best.get(key, found), found)
    order: dict[int, list[int]] = {}
    for (place, _), (_matters, number) in sorted(best.items(), key=lambda item: item[1]):
        order.setdefault(place, []).append(number)
    told = [0] * len(every)
    for numbers in order.values():
        for position, number in enumerate(numbers, start=1):
            told[number] = position
    return told


def changeable(feature: Feature, words: Words) -> frozenset[Kind]:
    """Return which kinds of change can change a feature.

    Parameters
    ----------
    feature : Feature
    words : Words
        Of which attributes anything is supposed.
    """
    if feature.linked_by is not None:
        return frozenset()
    if feature.measure != "attribute":
        return frozenset({"event", "time", "value", "pair"})
    if feature.of not in (*words.answers, *words.values):
        return frozenset()
    found: frozenset[Kind] = frozenset({"answer", "pair"})
    return found | {"fact"} if feature.of in words.can_change else found
