"""What came in during the days before a date: counted at training, and again by every monitor."""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from scipy.special import expit

from triage.conditions import Answer, Answers, Categories, Column, Numbers, Truth, take
from triage.features import FeatureMatrix, bar_counts, bar_edges
from triage.learning import (
    BarCounts,
    Baseline,
    Examples,
    Expectation,
    Resamples,
    RuleRate,
    SourceRate,
    Trained,
    ValueCounts,
    effective_people,
    lists_of,
    places,
)
from triage.records import CaseHistories
from triage.rules import Rule, Trace, evaluate_rules, gather_facts
from triage.workflows.project import Project
from triage.workflows.questions import Asked

__all__ = [
    "NOT_ASKED",
    "REFERRALS",
    "UNKNOWN",
    "Field",
    "Window",
    "baseline_of",
    "condition_digest",
    "expectation",
    "window_of",
]

Rows = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
UNKNOWN, NOT_ASKED, KNOWN = "unknown", "not asked", "known"
REFERRALS = "referrals"
"""What stands for a source where something is known of referrals and people themselves."""

SCORE_BARS = 10


@dataclass(frozen=True)
class Field:
    """A field of a source's records in a window.

    Parameters
    ----------
    source, name : str
    values : sequence of str
        What it may hold; ``unknown`` and ``not asked`` are the last two.
    codes : ndarray of int64, shape (n,)
        Of each record: the place of its value.
    person : ndarray of int64, shape (n,)
        Whom each record is about.
    seen : frozenset of str
        Values that some record ever held by the end of the window.
    """

    source: str
    name: str
    values: Sequence[str]
    codes: Rows
    person: Rows
    seen: frozenset[str]

    @property
    def counts(self) -> dict[str, int]:
        """How many records hold each value, of those that any holds."""
        found = np.bincount(self.codes, minlength=len(self.values)).tolist()
        return {value: count for value, count in zip(self.values, found, strict=True) if count}


@dataclass(frozen=True)
class Window:
    """Referrals heard, and records that became known, in the days before a date.

    Parameters
    ----------
    until : int
        Days since 1970-01-01. Referrals are those heard on it or before, records those that were
        known before it.
    rows : ndarray of int64, shape (n,)
        Of what was asked.
    matrix : FeatureMatrix, shape (n, n_features)
    person, day : ndarray of int32, shape (n,)
    trace : Trace
        Rules in force on the date, on these referrals.
    fields : tuple of Field
    records : mapping of str to ndarray of int64
        Source → whom each of its records is about.
    """

    until: int
    rows: Rows
    matrix: FeatureMatrix
    person: npt.NDArray[np.int32]
    day: npt.NDArray[np.int32]
    trace: Trace
    fields: tuple[Field, ...]
    records: dict[str, Rows]

    @property
    def people(self) -> int:
        """How many people were referred."""
        return len(np.unique(self.person))


def window_of(project: Project, histories: CaseHistories, asked: Asked, until: int) -> Window:
    """Return what came in during the last days before a date.

    Parameters
    ----------
    project : Project
        Its panel says how many days.
    histories : CaseHistories
    asked : Asked
        Every past referral.
    until : int
        Days since 1970-01-01.
    """
    first = until - project.panel.monitor.window_days
    day = asked.moments.day
    rows = np.flatnonzero((day > first) & (day <= until))
    matrix = asked.matrix.take(rows)
    attributes = {name: take(column, rows) for name, column in asked.attributes.items()}
    as_of = datetime.date(1970, 1, 1) + datetime.timedelta(days=until)
    known = histories.events["known_on"].cast(pa.int32())
    past = histories.events.filter(pc.fill_null(pc.less(known, until), False))
    recent = pc.greater_equal(past["known_on"].cast(pa.int32()), first).to_numpy()
    return Window(
        until=until,
        rows=rows,
        matrix=matrix,
        person=asked.moments.person[rows],
        day=day[rows],
        trace=evaluate_rules(project.policy, gather_facts(matrix, attributes), as_of),
        fields=(
            *_event_fields(project, past, recent),
            *_referral_fields(asked, rows, until),
        ),
        records={
            name: _people(part.filter(pa.array(late)))
            for name, part, late in _by_source(project, past, recent)
        },
    )


def _by_source(
    project: Project, events: pa.Table, recent: Flags
) -> Iterator[tuple[str, pa.Table, Flags]]:
    for source in project.sources:
        if source.form.table == "events":
            own = pc.equal(events["source"], source.name)
            yield source.name, events.filter(own), recent[own.to_numpy()]


def _people(events: pa.Table) -> Rows:
    encoded = pc.dictionary_encode(events["person_id"].combine_chunks())
    return np.asarray(encoded.indices.to_numpy(), dtype=np.int64)


def _event_fields(project: Project, events: pa.Table, recent: Flags) -> Iterator[Field]:
    vocabulary = project.vocabulary
    for source, part, late in _by_source(project, events, recent):
        if not len(part):
            continue
        person = _people(part)
        choices = {
            "type": list(vocabulary.types),
            **{name: one.values for name, one in vocabulary.events.categories.items()},
        }
        for name, values in choices.items():
            codes = pc.index_in(part[name].cast(pa.string()), value_set=pa.array(values))
            found = Categories(pc.fill_null(codes, -1).to_numpy(), values)
            yield _field(source, name, found, person, late)
        for name in vocabulary.events.flags:
            answers = Answers(part[name].to_numpy().astype(np.int8))
            yield _field(source, name, answers, person, late)
        for name in vocabulary.events.numbers:
            numbers = Numbers(part[name].cast(pa.float64()).to_numpy())
            yield _field(source, name, numbers, person, late)


def _referral_fields(asked: Asked, rows: Rows, until: int) -> Iterator[Field]:
    person = np.asarray(asked.moments.person, dtype=np.int64)
    past = asked.moments.day <= until
    late = np.zeros(len(past), dtype=bool)
    late[rows] = True
    for name, column in asked.attributes.items():
        if name.startswith("referral.") and isinstance(column, Categories | Answers):
            part = take(column, np.flatnonzero(past))
            yield _field(REFERRALS, name.removeprefix("referral."), part, person[past], late[past])


def _field(source: str, name: str, column: Column, person: Rows, recent: Flags) -> Field:
    values, codes = _coded(column)
    seen = frozenset(values[code] for code in np.unique(codes).tolist())
    return Field(source, name, values, codes[recent], person[recent], seen)


def _coded(column: Column) -> tuple[list[str], Rows]:
    """Return what a column may hold, unknown and not asked last, and each row's place among it."""
    match column:
        case Categories(codes, names):
            values = [*names, UNKNOWN, NOT_ASKED]
            return values, np.where(codes < 0, len(names), codes).astype(np.int64)
        case Answers(answers):
            order = (Answer.NO, Answer.YES, Answer.UNKNOWN, Answer.NOT_ASKED)
            places_ = np.zeros(len(order), dtype=np.int64)
            places_[[int(one) for one in order]] = np.arange(len(order))
            return ["no", "yes", UNKNOWN, NOT_ASKED], places_[answers]
        case Numbers(numbers):
            return [KNOWN, UNKNOWN, NOT_ASKED], np.isnan(numbers).astype(np.int64)
        case _:
            raise TypeError("days are no field of a window")


def baseline_of(project: Project, window: Window, trained: Trained, examples: Examples) -> Baseline:
    """Return what is kept of a window with a version that was trained at its end.

    Parameters
    ----------
    project : Project
        Each bar of a feature holds as many referrals as its panel's ``smallest_group``, or more.
    window : Window
    trained : Trained
    examples : Examples
        All that was asked at training: the scores that are kept are of referrals from which the
        version did not learn, where there are enough of them.
    """
    panel = project.panel
    scores = trained.score(window.matrix)
    fresh = ~examples.labels.known[window.rows]
    if len(np.unique(window.person[fresh])) < panel.monitor.fewest_people:
        fresh = np.ones(len(fresh), dtype=bool)
    return Baseline(
        until=datetime.date(1970, 1, 1) + datetime.timedelta(days=window.until),
        window_days=panel.monitor.window_days,
        referrals=len(window.rows),
        people=window.people,
        effective=effective_people(window.person),
        inputs=[
            _bars(name, window.matrix.column(name), panel.smallest_group)
            for name in trained.feature_names
        ],
        scores=_score_bars(scores[fresh]),
        expected=expectation(window, scores, panel.capacity, panel.training.seed)
        if trained.learned
        else None,
        rules=[
            RuleRate(
                rule=rule.id,
                title=rule.title,
                condition=condition_digest(rule),
                fired=int((window.trace.truths[:, place] == Truth.YES).sum()),
                unknown=int((window.trace.truths[:, place] == Truth.UNKNOWN).sum()),
            )
            for place, rule in enumerate(window.trace.rules)
        ],
        sources=[
            SourceRate(source=name, records=len(person), effective=effective_people(person))
            for name, person in window.records.items()
        ],
        values=[
            ValueCounts(source=one.source, field=one.name, counts=one.counts, seen=sorted(one.seen))
            for one in window.fields
        ],
    )


def _bars(name: str, values: Floats, smallest: int) -> BarCounts:
    edges = bar_edges(values[~np.isnan(values)], smallest)
    return BarCounts(name=name, edges=edges, counts=bar_counts(values, edges).tolist())


def _score_bars(scores: Floats) -> BarCounts:
    edges: list[float] = []
    if len(scores):
        at = np.arange(SCORE_BARS) / SCORE_BARS
        edges = np.unique(np.quantile(scores, at, method="inverted_cdf")).tolist()
    return BarCounts(name="score", edges=edges, counts=bar_counts(scores, edges).tolist())


def condition_digest(rule: Rule) -> str:
    """Return what differs where the condition of a rule was changed."""
    return hashlib.sha256(repr(rule.when).encode()).hexdigest()[:16]


def expectation(window: Window, scores: Floats, capacity: int, seed: int) -> Expectation | None:
    """Return what chances say of the lists of a window; None where there are none.

    Parameters
    ----------
    window : Window
    scores : ndarray of float64, shape (n,)
        Calibrated log-odds.
    capacity, seed : int
    """
    if not len(scores):
        return None
    chances, within = expit(scores), places(scores, lists_of(window.day), capacity)
    drawn = Resamples(window.person, seed=seed)
    return Expectation(
        reached=drawn.share(within * chances, chances),
        precision=drawn.share(within * chances, within),
        rate=drawn.share(chances, np.ones(len(chances))),
    )
