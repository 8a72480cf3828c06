"""What is not known of each referral, and the case history that an answer would make."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from triage.conditions import Answer, Answers, Categories, Column, Numbers, take
from triage.features import Feature, FeatureMatrix, Plan, attribute_values, compute, make_plan
from triage.records import Attribute, Vocabulary
from triage.timeline import Moments, Timeline, timeline_at

__all__ = ["Unknown", "Unknowns", "find_unknowns"]

Rows = npt.NDArray[np.int64]
States = npt.NDArray[np.int8]
Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int8] | npt.NDArray[np.int32]
Marks = npt.NDArray[np.bool_]

EPOCH = datetime.date(1970, 1, 1)
OPEN = -1
"""The state of a question that stays open."""

FLAG, NUMBER = "event.", "number."
MEASURED = ("latest", "reached")
"""The measures of what a record's number was; they are unknown where no record tells one."""


@dataclass(frozen=True)
class Unknown:
    """A fact that is not known of some referrals: one question, whatever follows from the answer.

    Parameters
    ----------
    key : str
        ``referral.NAME`` or ``person.NAME``; ``event.FLAG`` for an answer that records leave open;
        ``number.NAME`` for what no record has measured.
    text : str
        What is not known, in plain words.
    rows : ndarray of int64, shape (n,)
        The referrals of which it is not known.
    held_by : tuple of n tuples of str
        The names of the agencies to ask, of each.
    records : tuple of n (int, date or None)
        How many records leave it open, and the date of the last; (0, None) where it is not a
        record's to say.
    answers : tuple of str
        What may be answered; of two, the one that raises concern stands last.
    shares : tuple of float
        How often each is the answer where it is known: of the referrals asked about, or, of a
        record's question, of their records. Never quite 0 or 1, since few are known.
    """

    key: str
    text: str
    rows: Rows
    held_by: tuple[tuple[str, ...], ...]
    records: tuple[tuple[int, datetime.date | None], ...]
    answers: tuple[str, ...]
    shares: tuple[float, ...] = ()

    def chance(self, number: int, answer: int) -> float:
        """Return how likely an answer is of the referral that stands at a place of ``rows``.

        If the answer came as it does where it is known, which it need not: whoever was not asked
        may differ. Of several records that leave a question open, it is that of any yes, or all no.
        """
        if not self.shares:
            return 1.0
        open_records = self.records[number][0]
        if not open_records:
            return self.shares[answer]
        every_no = self.shares[0] ** open_records
        return every_no if answer == 0 else 1.0 - every_no


@dataclass(frozen=True)
class Unknowns:
    """What is not known of n_rows referrals, and what would follow from answers.

    Parameters
    ----------
    each : tuple of Unknown
    timeline : Timeline
        Each referral as a person of its own, see :func:`triage.timeline.timeline_at`.
    day : int
        The as-of date, in days since 1970-01-01.
    matrix : FeatureMatrix, of n_rows rows
    attributes : mapping of str to Column, of length n_rows
    open_records : mapping of str to ndarray of bool, shape (n_events,)
        ``event.FLAG`` → the records that leave it open and may still be asked about.
    ranges : mapping of str to (columns, at_least, at_most)
        ``person.NAME``, ``referral.NAME`` or ``number.NAME`` → where a number may lie: the columns
        of its features (none of an attribute), and the ends for each.
    """

    each: tuple[Unknown, ...]
    timeline: Timeline
    day: int
    matrix: FeatureMatrix
    attributes: Mapping[str, Column]
    open_records: Mapping[str, Marks]
    ranges: Mapping[str, tuple[Sequence[int], Floats, Floats]]

    def nothing_answered(self, n: int) -> States:
        """Return the states of n rows of which every question stays open, (n, n_unknowns)."""
        return np.full((n, len(self.each)), OPEN, dtype=np.int8)

    def answered(self, rows: Rows, states: States) -> tuple[FeatureMatrix, dict[str, Column]]:
        """Return the features and attributes of some referrals, had questions been answered.

        Parameters
        ----------
        rows : ndarray of int64, shape (n,)
            A referral may be among them several times.
        states : ndarray of int8, shape (n, n_unknowns)
            Which of its ``answers`` each unknown has; −1 where it stays open. What is known
            already stays as it is.

        Notes
        -----
        Answers are written into the records, and every feature of a person's own events and of
        attributes is made anew from them: whatever depends on a fact moves together. Features of
        linked people's records stay as they are.
        """
        values = np.array(self.matrix.values[rows], order="F")
        attributes = {name: take(column, rows) for name, column in self.attributes.items()}
        asked = [(one, states[:, position]) for position, one in enumerate(self.each)]
        for one, state in asked:
            if one.key in attributes:
                attributes[one.key] = self._told(one, attributes[one.key], state)
        flags = [(one, state) for one, state in asked if one.key in self.open_records]
        changed = np.flatnonzero(self.records_changed(states))
        if len(changed):
            people = Moments(np.arange(len(changed), dtype=np.int32), self._days(len(changed)))
            records = self._records(rows[changed], [(one, s[changed]) for one, s in flags])
            made = compute(self._plan, records, people, threads=1).values
            values[np.ix_(changed, np.asarray(self._of_own_events))] = made
        everybody = Moments(np.zeros(len(rows), np.int32), self._days(len(rows)))
        for column, known in attribute_values(self._every_feature, everybody, attributes):
            values[:, column] = known
        for one, state in asked:
            if one.key in self.ranges:
                columns, *ends = self.ranges[one.key]
                for end, worth in enumerate(ends):
                    at = np.ix_(np.flatnonzero(state == end), np.asarray(columns, np.int64))
                    values[at] = np.where(np.isnan(values[at]), worth, values[at])
        return FeatureMatrix(values, self.matrix.features), attributes

    def records_changed(self, states: States) -> Marks:
        """Return where some answer is a record's, shape (n,)."""
        flags = [n for n, one in enumerate(self.each) if one.key in self.open_records]
        return np.asarray((states[:, flags] != OPEN).any(axis=1))

    @cached_property
    def _of_own_events(self) -> list[int]:
        return [
            column
            for column, one in enumerate(self.matrix.features)
            if one.measure != "attribute" and one.linked_by is None
        ]

    @cached_property
    def _plan(self) -> Plan:
        return make_plan(self.matrix.features[column] for column in self._of_own_events)

    @cached_property
    def _every_feature(self) -> Plan:
        return make_plan(self.matrix.features)

    def _days(self, n: int) -> npt.NDArray[np.int32]:
        return np.full(n, self.day, dtype=np.int32)

    def _records(self, rows: Rows, answers: Sequence[tuple[Unknown, States]]) -> Timeline:
        """Return the records of rows with open questions answered, each row a person of its own."""
        numbered = replace(self.timeline, rows=np.arange(self.timeline.n_events, dtype=np.int32))
        records = timeline_at(numbered, Moments(rows.astype(np.int32), self._days(len(rows))))
        row = np.repeat(np.arange(len(rows)), np.diff(records.starts))
        columns = dict(records.columns)
        for one, state in answers:
            flag = one.key.removeprefix(FLAG)
            column, its = columns[flag], state[row]
            assert isinstance(column, Answers)  # noqa: S101 - found among the answers
            is_told = self.open_records[one.key][records.rows] & (its != OPEN)
            columns[flag] = Answers(np.where(is_told, its, column.codes).astype(np.int8))
        return replace(records, columns=columns)

    def _told(self, one: Unknown, column: Column, state: States) -> Column:
        told = state != OPEN
        match column:
            case Answers(codes):
                told &= codes >= Answer.UNKNOWN
                return Answers(np.where(told, state, codes).astype(np.int8))
            case Categories(codes, names):
                told &= codes < 0
                return Categories(np.where(told, state, codes).astype(np.int32), names)
            case Numbers(values):
                _, low, high = self.ranges[one.key]
                told &= np.isnan(values)
                return Numbers(np.where(told, np.where(state == 0, low, high), values))
            case _:
                raise TypeError(f"nothing may be answered of '{one.key}'")


def find_unknowns(
    matrix: FeatureMatrix,
    attributes: Mapping[str, Column],
    timeline: Timeline,
    moments: Moments,
    agencies: Sequence[str],
    vocabulary: Vocabulary,
    *,
    ask_back_days: int,
) -> Unknowns:
    """Return what is not known of some referrals on one as-of date.

    Parameters
    ----------
    matrix : FeatureMatrix, of n_rows rows
    attributes : mapping of str to Column, of length n_rows
    timeline : Timeline
    moments : Moments
        n_rows moments of one day.
    agencies : sequence of str, shape (n_rows,)
        Who referred; asked for what the vocabulary names no holder of.
    vocabulary : Vocabulary
    ask_back_days : int
        Records of so many days before the as-of date may still be asked about.

    Notes
    -----
    Not known are: attributes of the referral and of the person, except dates, which are empty
    where nothing has come to pass; answers that a record of the person's own leaves open, where
    its extract asks the question at all; and numbers, such as an assessment's grade, that no
    record tells. Days since an event of which none is on record are not among them: that is known.

    A number may lie anywhere between the ends of those known on this list. Since models are held
    to the directions of features, no value between the ends can move a score further than they do.
    """
    day = int(moments.day[0]) if len(moments) else 0
    records = timeline_at(timeline, moments)
    found: list[Unknown] = []
    ranges: dict[str, tuple[Sequence[int], Floats, Floats]] = {}
    for name, about in _attributes(vocabulary):
        one = _of_attribute(name, about, attributes[name], agencies, vocabulary, ranges)
        if one is not None:
            found.append(one)
    open_records = dict(_open_records(records, vocabulary, day - ask_back_days))
    found.extend(_of_flag(key, marks, records, vocabulary) for key, marks in open_records.items())
    found.extend(_of_numbers(matrix, agencies, vocabulary, ranges))
    return Unknowns(tuple(found), records, day, matrix, attributes, open_records, ranges)


def _attributes(vocabulary: Vocabulary) -> Iterator[tuple[str, Attribute]]:
    yield "person.age", Attribute(kind="number", meaning="the person's age", unit="years")
    for prefix, table in (("person", vocabulary.people), ("referral", vocabulary.referrals)):
        for name, about in table.attributes.items():
            if not about.audit_only:
                yield f"{prefix}.{name}", about


def _of_attribute(
    name: str,
    about: Attribute,
    column: Column,
    agencies: Sequence[str],
    vocabulary: Vocabulary,
    ranges: dict[str, tuple[Sequence[int], Floats, Floats]],
) -> Unknown | None:
    answers: tuple[str, ...] = ()
    shares: tuple[float, ...] = ()
    match column:
        case Answers(codes):
            missing, answers = codes >= Answer.UNKNOWN, ("no", "yes")
            shares = _shares(codes[~missing], 2)
        case Categories(codes, names) if about.kind == "category":
            missing, answers = codes < 0, tuple(one.replace("_", " ") for one in names)
            shares = _shares(codes[~missing], len(names))
        case Numbers(values):
            missing = np.isnan(values)
            shares = _shares_of_ends(values[~missing])
            if missing.any() and not missing.all():
                low, high = np.nanmin(values), np.nanmax(values)
                ranges[name] = ([], np.asarray(low), np.asarray(high))
                answers = tuple(f"{end:g} {about.unit}".rstrip() for end in (low, high))
        case _:
            return None
    rows = np.flatnonzero(missing)
    if not len(rows) or not answers:
        return None
    held_by = tuple(_holders(about.held_by or [agencies[row]], vocabulary) for row in rows)
    return Unknown(name, about.meaning, rows, held_by, ((0, None),) * len(rows), answers, shares)


def _shares(codes: Codes, n: int) -> tuple[float, ...]:
    """Return how often each of n answers is given, each as if half a time more (Jeffreys)."""
    counts = np.bincount(codes, minlength=n)[:n] + 0.5
    return tuple((counts / counts.sum()).tolist())


def _shares_of_ends(values: Floats) -> tuple[float, ...]:
    """Return how often a known number is the lowest, and the highest, of all."""
    if not len(values):
        return ()
    at_ends = np.array([(values == values.min()).sum(), (values == values.max()).sum()])
    return tuple(((at_ends + 0.5) / (len(values) + 1)).tolist())


def _holders(agencies: Collection[str], vocabulary: Vocabulary) -> tuple[str, ...]:
    return tuple(vocabulary.agencies[one] for one in agencies)


def _open_records(
    records: Timeline, vocabulary: Vocabulary, since: int
) -> Iterator[tuple[str, Marks]]:
    """Yield the records that leave a question open which others of the same extract answer."""
    source = records.columns["source"]
    assert isinstance(source, Categories)  # noqa: S101 - a text
    for flag in vocabulary.events.flags:
        column = records.columns[flag]
        assert isinstance(column, Answers)  # noqa: S101 - as the vocabulary has it
        asks = np.unique(source.codes[column.codes != Answer.NOT_ASKED])
        is_open = (column.codes >= Answer.UNKNOWN) & np.isin(source.codes, asks)
        is_open &= records.happened >= since
        if is_open.any():
            yield FLAG + flag, is_open


def _of_flag(key: str, marks: Marks, records: Timeline, vocabulary: Vocabulary) -> Unknown:
    agency = records.columns["agency"]
    assert isinstance(agency, Categories)  # noqa: S101 - as every event has
    events = np.flatnonzero(marks)
    row = np.searchsorted(records.starts, events, side="right") - 1
    rows, first = np.unique(row, return_index=True)
    held_by, told = [], []
    for some in np.split(events, first[1:]):
        names = [agency.names[code] for code in np.unique(agency.codes[some])]
        held_by.append(_holders(names, vocabulary))
        last = int(records.happened[some].max())
        told.append((len(some), EPOCH + datetime.timedelta(days=last)))
    flag = key.removeprefix(FLAG)
    column = records.columns[flag]
    assert isinstance(column, Answers)  # noqa: S101 - as the vocabulary has it
    shares = _shares(column.codes[column.codes < Answer.UNKNOWN], 2)
    text = vocabulary.events.flags[flag]
    return Unknown(key, text, rows, tuple(held_by), tuple(told), ("no", "yes"), shares)


def _of_numbers(
    matrix: FeatureMatrix,
    agencies: Sequence[str],
    vocabulary: Vocabulary,
    ranges: dict[str, tuple[Sequence[int], Floats, Floats]],
) -> Iterator[Unknown]:
    """Yield what no record has measured: all numbers of records of one kind are one question."""
    numbers, together = vocabulary.events.numbers, dict[str, list[int]]()
    for column, feature in enumerate(matrix.features):
        if feature.measure in MEASURED and feature.of in numbers and feature.linked_by is None:
            together.setdefault(str(feature.where), []).append(column)
    for where, measured in together.items():
        first = matrix.features[measured[0]]
        dated = [
            column
            for column, one in enumerate(matrix.features)
            if one.measure == "days_since_last"
            and str(one.where) == where
            and one.linked_by is None
        ]
        rows = np.flatnonzero(np.isnan(matrix.values[:, measured]).any(axis=1))
        known = [c for c in (*measured, *dated) if not np.isnan(matrix.values[:, c]).all()]
        if not len(rows) or not set(known) & set(measured):
            continue
        ends = [_ends(matrix.features[column], matrix.values[:, column]) for column in known]
        key = NUMBER + str(first.of)
        key = f"{key} of {where}" if key in ranges else key
        ranges[key] = (
            known,
            np.array([low for low, _ in ends]),
            np.array([high for _, high in ends]),
        )
        holders = numbers[str(first.of)].held_by
        yield Unknown(
            key,
            numbers[str(first.of)].meaning,
            rows,
            tuple(_holders(holders or [agencies[row]], vocabulary) for row in rows),
            ((0, None),) * len(rows),
            ("as low as any on this list", "as high as any on this list"),
            _shares_of_ends(_known_of(matrix.values[:, measured[0]])),
        )


def _known_of(values: Floats) -> Floats:
    return np.asarray(values[~np.isnan(values)])


def _ends(feature: Feature, values: Floats) -> tuple[float, float]:
    """Return the ends between which a number lies: that which lowers concern first."""
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    if feature.measure == "days_since_last":
        return low, low  # it would be told now
    return (high, low) if feature.direction == "lowers" else (low, high)
