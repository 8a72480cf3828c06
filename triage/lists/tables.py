"""The tables of a list: their columns, their bytes, and what must hold between them."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, fields

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from triage.lists.beside import (
    ANSWERS,
    BESIDE,
    EARLIER,
    HEARD,
    JOINED,
    LINKS,
    MOVES,
    SCALES,
    broken_beside,
)
from triage.lists.schemas import schema as _schema

__all__ = [
    "BROUGHT",
    "CHANGES",
    "DISAGREEMENTS",
    "EVIDENCE",
    "FACTS",
    "FAITHFULNESS",
    "NOT_FOR_PANEL",
    "PLACES",
    "QUESTIONS",
    "REASONS",
    "REFERRALS",
    "RULES",
    "RULE_RECORDS",
    "TABLES",
    "WEIGHTS",
    "IncompleteListError",
    "ListTables",
    "check_tables",
    "parquet_bytes",
    "parquet_table",
]

CONTRIBUTIONS_BEFORE = 3
"""Columns of the table of contributions that are no feature's."""

TOLERANCE = 1e-6
"""How far a sum of contributions may lie from its score."""


REFERRALS = _schema(
    rank=pa.int32(),
    referral_id=pa.string(),
    person_id=pa.string(),
    made_on=pa.date32(),
    agency=pa.string(),
    agency_name=pa.string(),
    route=(pa.string(),),
    tier=pa.int8(),
    tier_name=pa.string(),
    standing=pa.string(),
    base=pa.float64(),
    score=pa.float64(),
    probability=(pa.float64(),),
    rules_alone_first=pa.int32(),
    rules_alone_last=pa.int32(),
    model_alone=pa.int32(),
)
"""One row a ranked referral, in order. ``standing`` is ``discuss``, ``near_miss`` or ``below``;
``rules_alone_*`` the places that the rules alone would leave it to share; ``route`` is
null where it is not known and empty where referrals have none; ``probability`` is null where the
score is one of points."""

NOT_FOR_PANEL = _schema(
    referral_id=pa.string(),
    person_id=(pa.string(),),
    made_on=(pa.date32(),),
    agency_name=(pa.string(),),
    kind=pa.string(),
    rule_id=(pa.string(),),
    text=pa.string(),
    until=(pa.string(),),
)
"""One row a referral that came in and is not ranked; ``kind`` is ``ineligible``, ``on_hold`` or
``set_aside`` (its row could not be used), ``text`` the reason in plain words, ``until`` what has to
happen before a referral on hold is heard."""

REASONS = _schema(
    referral_id=pa.string(),
    place=pa.int32(),
    origin=pa.string(),
    direction=pa.string(),
    known=pa.bool_(),
    name=pa.string(),
    theme=pa.string(),
    text=pa.string(),
    contribution=pa.float64(),
    feature_names=pa.list_(pa.string()),
)
"""Reasons of each ranked referral in the order in which they are told (``place`` from 1).
``origin`` is ``rule``, ``model`` or ``rest`` (all other facts together); ``direction`` is
``raises``, ``lowers`` or ``none``; ``contribution`` is 0 for a rule. Base and
contributions sum to the score."""

RULES = _schema(
    referral_id=pa.string(),
    rule_id=pa.string(),
    title=pa.string(),
    effect=pa.string(),
    truth=pa.string(),
    reason=pa.string(),
    source=pa.string(),
    tests=pa.list_(pa.string()),
    fields=pa.list_(pa.string()),
    asks=pa.list_(pa.string()),
    truths=pa.list_(pa.string()),
    decides=pa.list_(pa.bool_()),
)
"""One row a referral and rule, as :meth:`triage.rules.Trace.to_table` gives it, of those that are
ranked, those not for this panel, and those within the case of another. ``truth`` is ``yes``,
``no`` or ``unknown``, the lists have one item a leaf of the condition."""

RULE_RECORDS = _schema(
    referral_id=pa.string(),
    field=pa.string(),
    record_id=pa.string(),
    source=pa.string(),
    agency_name=pa.string(),
    meaning=pa.string(),
    happened_on=(pa.date32(),),
    known_on=(pa.date32(),),
)
"""The records behind what rules ask, of every referral in ``rules``: those of each of its
``fields``, see :func:`triage.explain.rule_records_table`. A fact that a form says has the referral
itself for its record (``source`` is ``referrals``), one of the person their own entry
(``people``)."""

EVIDENCE = _schema(
    referral_id=pa.string(),
    place=pa.int32(),
    event_id=pa.string(),
    source=pa.string(),
    agency_name=pa.string(),
    meaning=pa.string(),
    happened_on=pa.date32(),
    known_on=pa.date32(),
)
"""The records behind each reason (``referral_id`` and ``place`` name the reason)."""

PLACES = _schema(
    referral_id=pa.string(),
    band_first=pa.int32(),
    band_last=pa.int32(),
    members=pa.int32(),
    score_low=(pa.float64(),),
    score_high=(pa.float64(),),
    chance_within_capacity=(pa.float64(),),
    reserved=pa.bool_(),
    best_rank=pa.int32(),
    worst_rank=pa.int32(),
    changes=pa.list_(pa.string()),
    chance_of_change=pa.float64(),
    provisional=pa.bool_(),
    audit_sample=pa.bool_(),
)
"""How sure the place of each ranked referral is; rows as in ``referrals``. Places from
``band_first`` to ``band_last`` cannot be told apart. ``members`` is how many models the uncertainty
is told from; where it is 0, none is told: the interval of the score and the chance are null.
``reserved`` is within capacity only on a place that is kept. No answer to what is not known could
bring it above ``best_rank`` or below ``worst_rank``; ``changes`` says what answers could change
(``list``, ``tier``, ``line``, ``band``), ``chance_of_change`` how likely that is if answers come as
they do where they are known; ``provisional`` is whether that is likely enough to be marked.
``audit_sample`` is for those who audit, and stands on no paper."""

QUESTIONS = _schema(
    referral_id=pa.string(),
    place=pa.int32(),
    key=pa.string(),
    text=pa.string(),
    held_by=pa.list_(pa.string()),
    records=pa.int32(),
    last_on=(pa.date32(),),
    answers=pa.list_(pa.string()),
    ranks=pa.list_(pa.int32()),
    tiers=pa.list_(pa.int32()),
    moves=pa.int32(),
    changes=pa.list_(pa.string()),
    chance=pa.float64(),
)
"""Questions of which an answer would move a ranked referral, in the order in which they should be
asked (``place`` from 1), as :class:`triage.ranking.Question` has them. The lists have an item for
each answer; in ``ranks`` it is null where the referral would no longer be for this panel."""

WEIGHTS = _schema(
    referral_id=pa.string(),
    theme=pa.string(),
    theme_title=pa.string(),
    group=pa.string(),
    name=pa.string(),
    text=pa.string(),
    known=pa.bool_(),
    contribution=pa.float64(),
)
"""Every single fact that the model looks at, of the referrals at the top of the list: its words,
and what it adds to the score. ``group`` is the feature without its window. Base and contributions
sum to the score."""

BROUGHT = _schema(
    referral_id=pa.string(),
    agency=pa.string(),
    agency_name=pa.string(),
    records=pa.int32(),
    latest_on=(pa.date32(),),
)
"""One row a ranked referral and agency of the vocabulary, also where it has brought nothing: how
many of its records on the person were known, and when the latest happened."""

FACTS = _schema(
    referral_id=pa.string(),
    heading=pa.string(),
    name=pa.string(),
    text=pa.string(),
    known=pa.bool_(),
)
"""What the case sheet of each ranked referral tells under its headings, whatever moved the score:
a feature's name, and its value in plain words."""

CHANGES = _schema(
    referral_id=pa.string(),
    kind=pa.string(),
    name=pa.string(),
    amount=pa.int32(),
    text=pa.string(),
    tier=(pa.int8(),),
    tier_name=(pa.string(),),
    score=(pa.float64(),),
    rank=(pa.int32(),),
    crosses=pa.string(),
    told=pa.int32(),
)
"""Every change of fact that was tried on the referrals at the top of the list, told or not, and the
place that would follow if all others stood as they are; see
:func:`triage.explain.changes_table`."""

DISAGREEMENTS = _schema(
    referral_id=pa.string(),
    rule_id=pa.string(),
    title=pa.string(),
    name=pa.string(),
    text=pa.string(),
    contribution=pa.float64(),
)
"""Facts on which a rule raises a referral while they lower its score; see
:func:`triage.explain.disagreements_table`."""

FAITHFULNESS = _schema(
    measure=pa.string(),
    value=(pa.float64(),),
    by_chance=(pa.float64(),),
    referrals=pa.int32(),
    text=pa.string(),
)
"""How far this list's reasons can be relied on, and which form of Shapley values they are; see
:func:`triage.explain.faithfulness_table`."""

FIXED = {
    "referrals": REFERRALS,
    "places": PLACES,
    "questions": QUESTIONS,
    "not_for_panel": NOT_FOR_PANEL,
    "reasons": REASONS,
    "rules": RULES,
    "rule_records": RULE_RECORDS,
    "evidence": EVIDENCE,
    "brought": BROUGHT,
    "facts": FACTS,
    "weights": WEIGHTS,
    **BESIDE,
    "changes": CHANGES,
    "disagreements": DISAGREEMENTS,
    "faithfulness": FAITHFULNESS,
}


class IncompleteListError(ValueError):
    """A list that was about to be written breaks a law; an error of the engine, not of its user."""


@dataclass(frozen=True)
class ListTables:
    """All that is known of a list's referrals.

    Parameters
    ----------
    referrals, places, questions, not_for_panel, reasons, rules, evidence : pyarrow.Table
    brought, facts, weights, changes : pyarrow.Table
        With the schemas of this room.
    contributions : pyarrow.Table
        ``referral_id``, ``base``, ``score`` and one column a feature of the model: what it adds
        to the score. Rows as in ``referrals``.
    features : pyarrow.Table
        ``referral_id`` and one column a feature: its value, null where unknown. Rows as in
        ``referrals``.
    rule_records : pyarrow.Table
        With the schema of this room; by default empty.
    answers, joined, links, heard, scales, earlier, moves : pyarrow.Table
        With the schemas of :mod:`triage.lists.beside`; by default empty.
    """

    referrals: pa.Table
    places: pa.Table
    questions: pa.Table
    not_for_panel: pa.Table
    reasons: pa.Table
    contributions: pa.Table
    rules: pa.Table
    evidence: pa.Table
    features: pa.Table
    brought: pa.Table
    facts: pa.Table
    weights: pa.Table
    rule_records: pa.Table = field(default_factory=RULE_RECORDS.empty_table)
    answers: pa.Table = field(default_factory=ANSWERS.empty_table)
    joined: pa.Table = field(default_factory=JOINED.empty_table)
    links: pa.Table = field(default_factory=LINKS.empty_table)
    heard: pa.Table = field(default_factory=HEARD.empty_table)
    scales: pa.Table = field(default_factory=SCALES.empty_table)
    earlier: pa.Table = field(default_factory=EARLIER.empty_table)
    moves: pa.Table = field(default_factory=MOVES.empty_table)
    changes: pa.Table = field(default_factory=CHANGES.empty_table)
    disagreements: pa.Table = field(default_factory=DISAGREEMENTS.empty_table)
    faithfulness: pa.Table = field(default_factory=FAITHFULNESS.empty_table)


TABLES = tuple(one.name for one in fields(ListTables))


def parquet_bytes(table: pa.Table) -> bytes:
    """Return a table as Parquet, the same bytes for the same rows."""
    sink = io.BytesIO()
    pq.write_table(
        table.replace_schema_metadata(None).combine_chunks(),
        sink,
        version="2.6",
        data_page_version="1.0",
        compression="zstd",
        compression_level=3,
        use_dictionary=True,
        write_statistics=True,
        row_group_size=1 << 20,
    )
    return sink.getvalue()


def parquet_table(content: bytes) -> pa.Table:
    """Return the table of :func:`parquet_bytes`."""
    # Without threads: a process that ends soon after Arrow's pool has started may be aborted.
    return pq.ParquetFile(io.BytesIO(content), pre_buffer=False).read(use_threads=False)


def check_tables(tables: ListTables, referrals_in: int) -> None:
    """Make sure that a list may be shown to a person.

    Parameters
    ----------
    tables : ListTables
    referrals_in : int
        How many referrals came in, counted where they came in.

    Raises
    ------
    IncompleteListError
        With every breach: a wrong column, a referral that is lost or stands twice, ranks that
        are not 1, 2, 3 …, contributions or reasons that do not sum to the score, evidence of no
        reason.
    """
    breaches = list(_wrong_columns(tables)) or list(_broken_laws(tables, referrals_in))
    if breaches:
        raise IncompleteListError("; ".join(breaches))


def _wrong_columns(tables: ListTables) -> Iterator[str]:
    for name, columns in FIXED.items():
        table: pa.Table = getattr(tables, name)
        if not table.schema.equals(columns):
            yield f"the table '{name}' has other columns than a list's"
            continue
        for column in columns:
            if not column.nullable and table[column.name].null_count:
                yield f"the column '{column.name}' of '{name}' has empty cells"
    for name, first in (
        ("contributions", ["referral_id", "base", "score"]),
        ("features", ["referral_id"]),
    ):
        table = getattr(tables, name)
        if table.column_names[: len(first)] != first:
            yield f"the table '{name}' must begin with the columns {', '.join(first)}"
        elif table["referral_id"].to_pylist() != tables.referrals["referral_id"].to_pylist():
            yield f"the rows of '{name}' are not those of the ranked referrals"
    ranked = tables.referrals["referral_id"].to_pylist()
    if tables.places["referral_id"].to_pylist() != ranked:
        yield "the rows of 'places' are not those of the ranked referrals"


def _broken_laws(tables: ListTables, referrals_in: int) -> Iterator[str]:
    ranked = tables.referrals["referral_id"].to_pylist()
    beside = (tables.not_for_panel, tables.joined)
    times = Counter(ranked + [name for one in beside for name in one["referral_id"].to_pylist()])
    twice = sum(count > 1 for count in times.values())
    if twice:
        yield f"{twice} referral(s) stand on the list more than once"
    if times.total() != referrals_in:
        yield f"{referrals_in} referrals came in and {times.total()} stand on the list"
    if tables.referrals["rank"].to_pylist() != list(range(1, len(ranked) + 1)):
        yield "the ranks are not 1, 2, 3 …"
    yield from _broken_bands(tables)
    off = _off_by(tables.contributions.drop_columns(["referral_id"]))
    if off.size and not off.max() <= TOLERANCE:
        yield f"the contributions of {_beyond(off)} of {off.size} referrals do not sum to the score"
    for name in ("reasons", "weights"):
        yield from _told_that_does_not_sum(tables, name)
    full = ("discuss", "near_miss")
    standings = zip(ranked, tables.referrals["standing"].to_pylist(), strict=True)
    untold = {one for one, standing in standings if standing in full} - set(
        tables.weights["referral_id"].to_pylist()
    )
    if untold and tables.contributions.num_columns > CONTRIBUTIONS_BEFORE:
        yield f"{len(untold)} referral(s) to be told in full lack their single facts"
    asked = set(tables.rules["referral_id"].to_pylist())
    loose = len(set(tables.rule_records["referral_id"].to_pylist()) - asked)
    if loose:
        yield f"{loose} referral(s) have records behind rules and were asked about by none"
    known = set(_keys(tables.reasons))
    loose = sum(key not in known for key in _keys(tables.evidence))
    if loose:
        yield f"{loose} record(s) of evidence belong to no reason"
    aside = tables.not_for_panel["referral_id"].to_pylist()
    yield from broken_beside(ranked, aside, {name: getattr(tables, name) for name in BESIDE})


def _broken_bands(tables: ListTables) -> Iterator[str]:
    first = tables.places["band_first"].to_numpy()
    last = tables.places["band_last"].to_numpy()
    place = np.arange(1, len(first) + 1)
    wrong = (first > place) | (place > last) | (last > len(first))
    if wrong.any() or (first[first - 1] != first).any() or (last[first - 1] != last).any():
        yield "a band does not hold its own places, and each of them once"
    best = tables.places["best_rank"].to_numpy()
    worst = tables.places["worst_rank"].to_numpy()
    if ((best > place) | (place > worst)).any():
        yield "a place does not lie within its own bounds"
    if set(tables.questions["referral_id"].to_pylist()) - set(
        tables.referrals["referral_id"].to_pylist()
    ):
        yield "a question is asked of a referral that has no rank"


def _off_by(contributions: pa.Table) -> npt.NDArray[np.float64]:
    if not contributions.num_rows:
        return np.empty(0)
    total = np.zeros(contributions.num_rows)
    for name in contributions.column_names:
        if name != "score":
            total += contributions[name].to_numpy()
    off: npt.NDArray[np.float64] = np.abs(total - contributions["score"].to_numpy())
    return off


def _told_that_does_not_sum(tables: ListTables, name: str) -> Iterator[str]:
    told: pa.Table = getattr(tables, name)
    ranked = tables.referrals["referral_id"].to_pylist()
    row = {referral: number for number, referral in enumerate(ranked)}
    given = told["referral_id"].to_pylist()
    unknown = set(given) - set(row)
    if unknown:
        yield f"{len(unknown)} referral(s) have {name} and no rank"
        return
    total = tables.referrals["base"].to_numpy().copy()
    rows = np.array([row[referral] for referral in given], dtype=np.int64)
    np.add.at(total, rows, told["contribution"].to_numpy())
    off = np.abs(total - tables.referrals["score"].to_numpy())
    off = off if name == "reasons" else off[np.unique(rows)]
    if off.size and not off.max() <= TOLERANCE:
        yield f"the {name} of {_beyond(off)} of {off.size} referrals do not sum to the score"


def _beyond(off: npt.NDArray[np.float64]) -> int:
    return int(np.count_nonzero(~(off <= TOLERANCE)))


def _keys(table: pa.Table) -> list[tuple[str, int]]:
    return list(zip(table["referral_id"].to_pylist(), table["place"].to_pylist(), strict=True))
