"""What would change a place: changes of fact that can come about, tried one by one and exactly."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from triage.conditions import Answer, Answers, Column, take
from triage.explain.possibilities import Possibilities
from triage.features import Feature, FeatureMatrix, compute, make_plan
from triage.ranking import Tier
from triage.timeline import Added, Moments, Timeline, suppose

__all__ = [
    "Judged",
    "Standing",
    "Step",
    "Suppositions",
    "changeable",
    "changes_table",
    "places_among",
    "quiet",
    "suppose_changes",
]

Floats = npt.NDArray[np.float64]
Positions = npt.NDArray[np.int64]
Kind = Literal["answer", "event", "time"]

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
class Step:
    """One change of fact.

    ``name`` is the new fact, or the attribute whose question is answered; ``amount`` how many
    records, how many months, or 1 for yes and 0 for no.
    """

    kind: Kind
    name: str
    amount: int
    text: str


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
    questions: Mapping[str, tuple[str, str]],
) -> Suppositions:
    """Return every change that is tried on some referrals, with the features that would follow.

    Parameters
    ----------
    possibilities : Possibilities
    addable : Timeline
        Its :meth:`Possibilities.timeline`.
    X : FeatureMatrix, of n_rows rows
        As things are.
    timeline : Timeline
    moments : Moments, of n_rows moments
    attributes : mapping of str to Column, of n_rows rows
    rows : ndarray of int64, shape (n_told,)
        On whom changes are tried.
    questions : mapping of str to tuple of str
        The attributes with a yes or a no that may be asked about, and what either says in plain
        words. What has an answer is not asked again.

    Notes
    -----
    Only what can come about is tried: a new record, time in which nothing comes on record, an
    answer to an open question. Each is put into the case history and every feature made of it
    anew, so that all windows and measures agree. What is of the person, such as age, stays as it
    is, also when time passes; so does what is of linked people; nothing that happened is undone.
    """
    steps, of_row, of_step = _plan(possibilities, attributes, rows, questions)
    added = [_added(possibilities, steps[step]) for step in of_step]
    later = np.array(
        [round(DAYS_A_MONTH * steps[s].amount) if steps[s].kind == "time" else 0 for s in of_step],
        dtype=np.int32,
    )
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


def _plan(
    possibilities: Possibilities,
    attributes: Mapping[str, Column],
    rows: Positions,
    questions: Mapping[str, tuple[str, str]],
) -> tuple[tuple[Step, ...], Positions, Positions]:
    steps: list[Step] = []
    pairs: list[tuple[int, int]] = []

    def try_on(step: Step, who: Sequence[int]) -> None:
        pairs.extend((row, len(steps)) for row in who)
        steps.append(step)

    everybody = rows.tolist()
    for name, (yes, no) in questions.items():
        column = attributes[name]
        assert isinstance(column, Answers)  # noqa: S101 - only these are questions
        open_ = [row for row in everybody if column.codes[row] not in (Answer.YES, Answer.NO)]
        try_on(Step("answer", name, 1, yes), open_)
        try_on(Step("answer", name, 0, no), open_)
    for fact in possibilities.new_facts:
        try_on(Step("event", fact.name, 1, fact.one), everybody)
    for fact in possibilities.new_facts:
        if fact.two is not None:
            try_on(Step("event", fact.name, 2, fact.two), everybody)
    for months in possibilities.quiet_months:
        told = f"{months} {'month' if months == 1 else 'months'}"
        try_on(Step("time", "quiet", months, told), everybody)
    array = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    return tuple(steps), array[:, 0], array[:, 1]


def _added(possibilities: Possibilities, step: Step) -> list[Added]:
    if step.kind != "event":
        return []
    names = [fact.name for fact in possibilities.new_facts]
    place = names.index(step.name)
    fact = possibilities.new_facts[place]
    return [
        Added(place, 1 + A_WEEK * number, fact.new_victim)
        for number in reversed(range(step.amount))
    ]


def _answered(
    attributes: dict[str, Column], steps: Sequence[Step], of_step: Positions
) -> dict[str, Column]:
    """Return attributes with the answers that are supposed."""
    for place, step in enumerate(steps):
        column = attributes.get(step.name)
        if step.kind != "answer" or not isinstance(column, Answers):
            continue
        codes = column.codes.copy()
        codes[of_step == place] = Answer.YES if step.amount else Answer.NO
        attributes[step.name] = Answers(codes)
    return attributes


def changes_table(
    supposed: Suppositions,
    judge: Callable[[Suppositions], Judged],
    standing: Standing,
) -> pa.Table:
    """Return what each change would make of a place, all other cases standing as they are.

    Parameters
    ----------
    supposed : Suppositions
    judge : callable
        Asks the rules and the model that made the list.
    standing : Standing

    Returns
    -------
    pyarrow.Table
        ``referral_id``; ``kind`` (``answer``, ``event`` or ``time``), ``name``, ``amount`` and
        ``text`` of the change; ``tier``, ``tier_name``, ``score`` and ``rank`` after it (null
        where the referral would have no place); ``crosses``: ``line``, ``tier``, ``band`` or
        empty; and ``told``: as which it is told, from 1, or 0. Told is the smallest change of each
        kind that crosses the line; of a kind of which none does, the smallest that leads to
        another tier; failing that, out of the band.
    """
    judged = judge(supposed)
    place_of = {int(row): place for place, row in enumerate(standing.rows)}
    own = np.array([place_of[int(row)] for row in supposed.row], dtype=np.int64)
    ranks = places_among(judged.tiers, judged.scores, own, standing)
    crosses = _crosses(judged, ranks, own, standing)
    told = _told(supposed, crosses, own)
    steps = [supposed.steps[step] for step in supposed.step]
    gone = judged.excluded
    return pa.table(
        {
            "referral_id": pa.array([standing.referral_ids[one] for one in own], pa.string()),
            "kind": pa.array([step.kind for step in steps], pa.string()),
            "name": pa.array([step.name for step in steps], pa.string()),
            "amount": pa.array([step.amount for step in steps], pa.int32()),
            "text": pa.array([step.text for step in steps], pa.string()),
            "tier": pa.array(judged.tiers, pa.int8(), mask=gone),
            "tier_name": pa.array([Tier(tier).words for tier in judged.tiers], mask=gone),
            "score": pa.array(judged.scores, pa.float64(), mask=gone),
            "rank": pa.array(ranks, pa.int32(), mask=gone),
            "crosses": pa.array(crosses.tolist(), pa.string()),
            "told": pa.array(told, pa.int32()),
        },
        schema=SCHEMA,
    )


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


def _told(supposed: Suppositions, crosses: npt.NDArray[np.str_], own: Positions) -> list[int]:
    """Return as which each change is told: of each kind the smallest that matters most."""
    best: dict[tuple[int, str], tuple[int, int]] = {}
    weight = {"line": 0, "tier": 1, "band": 2}
    for number, (place, step, crossed) in enumerate(
        zip(own.tolist(), supposed.step.tolist(), crosses.tolist(), strict=True)
    ):
        if not crossed:
            continue
        key, found = (place, supposed.steps[step].kind), (weight[crossed], number)
        best[key] = min(best.get(key, found), found)
    order: dict[int, list[int]] = {}
    for (place, _), (_matters, number) in sorted(best.items(), key=lambda item: item[1]):
        order.setdefault(place, []).append(number)
    told = [0] * len(own)
    for numbers in order.values():
        for position, number in enumerate(numbers, start=1):
            told[number] = position
    return told


def changeable(feature: Feature) -> frozenset[Kind]:
    """Return which kinds of change can change a feature."""
    if feature.linked_by is not None or (feature.of or "").startswith("person."):
        return frozenset()
    if feature.measure == "attribute":
        return frozenset({"answer"})
    return frozenset({"event", "time"})
