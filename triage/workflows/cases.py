"""What a list says of cases: further referrals of one person, links, and what was answered."""

from __future__ import annotations

import datetime
from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from triage.conditions import UNKNOWN_DAY, Answer, Answers, Categories, Column, Days, Numbers
from triage.lists import ANSWERS, HEARD, JOINED, LINKS
from triage.ranking import Cases, Tier, stand_together, tiers_of
from triage.records import Vocabulary
from triage.rules import Trace
from triage.timeline import find_links, linked_on
from triage.workflows.questions import Asked

__all__ = ["answer_columns", "answers_table", "heard_table", "joined_table", "links_table"]

EPOCH = datetime.date(1970, 1, 1)
ROUTE = "route"


def joined_table(asked: Asked, cases: Cases, trace: Trace, vocabulary: Vocabulary) -> pa.Table:
    """Return the referrals that stand within the place of another of the same person.

    Parameters
    ----------
    asked : Asked
        All open referrals.
    cases : Cases
        Which of them lead.
    trace : Trace
        Of the rules on all of them.
    vocabulary : Vocabulary

    Returns
    -------
    pyarrow.Table
        With the schema :data:`triage.lists.JOINED`.
    """
    rows = list(cases.joined)
    tiers = tiers_of(trace)
    theirs = asked.referrals.take(pa.array(rows, pa.int64())).to_pylist()
    ids = asked.referral_ids
    return pa.Table.from_pylist(
        [
            {
                "referral_id": ids[row],
                "case_id": ids[cases.joined[row]],
                "person_id": referral["person_id"],
                "made_on": referral["made_on"],
                "agency_name": vocabulary.agencies[referral["agency"]],
                "route": (referral.get(ROUTE) or "").replace("_", " ") or None,
                "tier_name": Tier(int(tiers[row])).words,
                "reasons": list(_added(asked, trace, row, cases.joined[row])),
            }
            for row, referral in zip(rows, theirs, strict=True)
        ],
        schema=JOINED,
    )


def _added(asked: Asked, trace: Trace, row: int, lead: int) -> Iterator[str]:
    """Yield what a referral says that the one which leads its case does not."""
    told = {finding.rule.id for finding in trace.fired(lead)}
    for finding in trace.fired(row):
        if finding.rule.id not in told:
            yield f"{finding.rule.title}: {finding.reason}"
    for column, feature in enumerate(asked.matrix.features):
        value, other = (float(asked.matrix.values[one, column]) for one in (row, lead))
        if feature.measure == "attribute" and value == value and value != other:
            yield feature.describe(value)


def links_table(asked: Asked, cases: Cases, vocabulary: Vocabulary) -> pa.Table:
    """Return which referrals of a list are of people who share a victim, an address or the like.

    Parameters
    ----------
    asked : Asked
        All open referrals, on one as-of date.
    cases : Cases
        Which of them stand for themselves.
    vocabulary : Vocabulary
        Says what else than victims events name.

    Returns
    -------
    pyarrow.Table
        With the schema :data:`triage.lists.LINKS`.

    Notes
    -----
    Links are those that features of linked people are made of: an event of each names the same
    victim, both were known before the as-of date, and no more than 50 people share the name.
    """
    ids, referrals = asked.referral_ids, dict[int, list[str]]()
    for row in cases.rows.tolist():
        referrals.setdefault(int(asked.moments.person[row]), []).append(ids[row])
    people = np.array(sorted(referrals), dtype=np.int64)
    day = int(asked.moments.day[0]) if len(asked.moments) else 0
    found = {
        (one, other, by)
        for column, by in {"victim_id": "victim", **vocabulary.events.names}.items()
        for pair in linked_on(find_links(asked.timeline, column, people), day)
        if pair[1] in referrals
        for one in referrals[pair[0]]
        for other in referrals[pair[1]]
    }
    names = LINKS.names
    return pa.Table.from_pylist(
        [dict(zip(names, link, strict=True)) for link in sorted(found)], schema=LINKS
    )


def heard_table(referrals: pa.Table, links: pa.Table, *, linked_together: bool) -> pa.Table:
    """Return in which order the ranked referrals are told.

    Parameters
    ----------
    referrals : pyarrow.Table
        With the schema :data:`triage.lists.REFERRALS`.
    links : pyarrow.Table
        With the schema :data:`triage.lists.LINKS`.
    linked_together : bool
        Whether linked ones of one tier on one side of the line are told one after another.

    Returns
    -------
    pyarrow.Table
        With the schema :data:`triage.lists.HEARD`, rows as in ``referrals``.
    """
    ids = referrals["referral_id"].to_pylist()
    place = {name: position for position, name in enumerate(ids)}
    shared: dict[tuple[int, int], str] = {}
    for row in links.to_pylist() if linked_together else ():
        if row["referral_id"] in place and row["other_id"] in place:
            shared.setdefault((place[row["referral_id"]], place[row["other_id"]]), row["by"])
    groups = list(
        zip(referrals["tier"].to_pylist(), referrals["standing"].to_pylist(), strict=True)
    )
    hearing = stand_together(groups, shared)
    heard = {position: number for number, position in enumerate(hearing.order, start=1)}
    beside = hearing.beside
    return pa.Table.from_pylist(
        [
            {
                "referral_id": name,
                "heard": heard[position],
                "beside_id": ids[beside[position]] if position in beside else None,
                "by": shared[position, beside[position]] if position in beside else None,
            }
            for position, name in enumerate(ids)
        ],
        schema=HEARD,
    )


def answers_table(asked: Asked, vocabulary: Vocabulary) -> pa.Table:
    """Return what was known of some referrals and their people themselves.

    A later list asks today's rules of what was known on this one. Free texts are not kept, and
    protected characteristics are not among the attributes.

    Returns
    -------
    pyarrow.Table
        With the schema :data:`triage.lists.ANSWERS`.
    """
    ids = asked.referral_ids
    names: list[str] = []
    fields: list[str] = []
    values: list[str] = []
    for field, kind in vocabulary.attribute_fields().items():
        if kind == "text" or field not in asked.attributes:
            continue
        for name, text in zip(ids, _texts(asked.attributes[field]), strict=True):
            if text is not None:
                names.append(name)
                fields.append(field)
                values.append(text)
    return pa.table([names, fields, values], schema=ANSWERS)


def _texts(column: Column) -> Iterator[str | None]:
    match column:
        case Categories(codes, names):
            yield from (names[code] if code >= 0 else None for code in codes.tolist())
        case Answers(answers):
            for code in answers.tolist():
                yield None if code == Answer.UNKNOWN else Answer(code).word
        case Numbers(values):
            yield from (repr(value) if value == value else None for value in values.tolist())
        case Days(days):
            for day in days.tolist():
                known = day != UNKNOWN_DAY
                yield (EPOCH + datetime.timedelta(days=day)).isoformat() if known else None


def answer_columns(
    answers: pa.Table, referral_ids: list[str], vocabulary: Vocabulary
) -> dict[str, Column]:
    """Return answers that a list kept as the columns that rules test.

    Parameters
    ----------
    answers : pyarrow.Table
        See :func:`answers_table`.
    referral_ids : list of str, shape (n,)
    vocabulary : Vocabulary
        Says which attributes there are; one of which nothing was kept is unknown.

    Returns
    -------
    dict of str to Column
        Each of shape (n,).
    """
    row = {name: place for place, name in enumerate(referral_ids)}
    kept: dict[str, list[str | None]] = {
        field: [None] * len(row) for field in vocabulary.attribute_fields()
    }
    for one in answers.to_pylist():
        if one["field"] in kept and one["referral_id"] in row:
            kept[one["field"]][row[one["referral_id"]]] = one["value"]
    kinds = vocabulary.attribute_fields()
    return {field: _column(kinds[field], texts) for field, texts in kept.items()}


def _column(kind: object, texts: list[str | None]) -> Column:
    if kind == "answer":
        codes = {answer.word: int(answer) for answer in Answer}
        unknown = int(Answer.UNKNOWN)
        return Answers(np.array([codes.get(one or "", unknown) for one in texts], np.int8))
    if kind == "number":
        return Numbers(np.array([np.nan if one is None else float(one) for one in texts]))
    if kind == "date":
        dates = (None if one is None else datetime.date.fromisoformat(one) for one in texts)
        days = [UNKNOWN_DAY if date is None else (date - EPOCH).days for date in dates]
        return Days(np.array(days, dtype=np.int32))
    names = sorted({one for one in texts if one is not None}) if kind == "text" else list(kind)  # type: ignore[call-overload]
    places = {name: code for code, name in enumerate(names)}
    return Categories(np.array([places.get(one or "", -1) for one in texts], np.int32), names)
