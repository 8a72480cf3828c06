"""From what the rooms below found out to the tables of a list."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from triage.lists.tables import (
    BROUGHT,
    CHANGES,
    DISAGREEMENTS,
    EVIDENCE,
    FACTS,
    FAITHFULNESS,
    NOT_FOR_PANEL,
    PLACES,
    QUESTIONS,
    REASONS,
    REFERRALS,
    RULE_RECORDS,
    RULES,
    WEIGHTS,
    ListTables,
)

if TYPE_CHECKING:  # to read a list, none of these has to be loaded
    from triage.explain import Brought, Contributions, Reason
    from triage.features import FeatureMatrix
    from triage.ranking import Certainty, Outlook, Ranking
    from triage.records import Vocabulary
    from triage.rules import Trace

__all__ = ["gather_tables"]

Floats = npt.NDArray[np.float64]
Marks = npt.NDArray[np.bool_]
ROUTE = "route"


def gather_tables(
    ranking: Ranking,
    *,
    certain: Certainty,
    outlooks: Sequence[Outlook],
    audit_sample: Marks,
    referrals: pa.Table,
    probabilities: Floats | None,
    contributions: Contributions,
    reasons: Sequence[Sequence[Reason]],
    weights: pa.Table,
    changes: pa.Table,
    rule_records: pa.Table | None = None,
    disagreements: pa.Table | None = None,
    faithfulness: pa.Table | None = None,
    features: FeatureMatrix,
    trace: Trace,
    vocabulary: Vocabulary,
    brought: Sequence[Sequence[Brought]],
    case_sheet: Mapping[str, Sequence[str]],
) -> ListTables:
    """Return the tables of a list.

    Parameters
    ----------
    ranking : Ranking
        Whose ``rows`` are rows of everything else here.
    certain : Certainty, of n_rows rows
    outlooks : sequence of Outlook
        One for each place.
    audit_sample : ndarray of bool
        Likewise.
    referrals : pyarrow.Table, of n_rows rows
        The open referrals, as case histories hold them.
    probabilities : ndarray of float64, shape (n_rows,), or None
        None where the score is one of points.
    contributions : Contributions, of n_rows rows
    reasons : sequence of n_rows sequences of Reason
    weights : pyarrow.Table
        See :func:`triage.explain.weights_table`.
    changes : pyarrow.Table
        See :func:`triage.explain.changes_table`.
    rule_records, disagreements, faithfulness : pyarrow.Table, optional
        See :func:`triage.explain.rule_records_table`,
        :func:`triage.explain.disagreements_table` and
        :func:`triage.explain.faithfulness_table`; empty where they were not asked for.
    features : FeatureMatrix, of n_rows rows
    trace : Trace, of n_rows rows
    vocabulary : Vocabulary
        Gives the words for agencies and routes.
    brought : sequence of n_rows sequences of Brought
        What each agency has on record.
    case_sheet : mapping of str to sequence of str
        Heading → features that each case sheet tells.
    """
    rows = ranking.rows
    ids = referrals["referral_id"].to_pylist()
    ranked = [ids[row] for row in rows.tolist()]
    told = [(ids[row], reasons[row]) for row in rows.tolist()]
    return ListTables(
        referrals=_referrals(ranking, referrals, probabilities, contributions, vocabulary),
        places=_places(ranking, certain, outlooks, audit_sample),
        questions=_questions(ranked, outlooks),
        not_for_panel=_not_for_panel(ranking.not_for_panel, referrals, vocabulary),
        reasons=pa.Table.from_pylist(list(_reasons(told)), schema=REASONS),
        contributions=pa.table(
            {
                "referral_id": pa.array(ranked, pa.string()),
                "base": np.full(len(rows), contributions.base),
                "score": contributions.scores[rows],
                **_columns(
                    [feature.name for feature in contributions.features], contributions.values[rows]
                ),
            }
        ),
        rules=trace.to_table(ids).cast(RULES),
        evidence=pa.Table.from_pylist(list(_evidence(told)), schema=EVIDENCE),
        features=pa.table(
            {
                "referral_id": pa.array(ranked, pa.string()),
                **_columns(features.names, features.values[rows]),
            }
        ),
        brought=pa.Table.from_pylist(
            [
                {"referral_id": ids[row], **vars(one)}
                for row in rows.tolist()
                for one in brought[row]
            ],
            schema=BROUGHT,
        ),
        facts=pa.Table.from_pylist(list(_facts(ids, rows, features, case_sheet)), schema=FACTS),
        weights=weights.cast(WEIGHTS),
        changes=changes.cast(CHANGES),
        rule_records=_or_none(rule_records, RULE_RECORDS),
        disagreements=_or_none(disagreements, DISAGREEMENTS),
        faithfulness=_or_none(faithfulness, FAITHFULNESS),
    )


def _facts(
    ids: Sequence[str],
    rows: npt.NDArray[np.int64],
    features: FeatureMatrix,
    case_sheet: Mapping[str, Sequence[str]],
) -> Iterator[dict[str, Any]]:
    by_name = {feature.name: feature for feature in features.features}
    for row in rows.tolist():
        for heading, names in case_sheet.items():
            for name in names:
                value = float(features.column(name)[row])
                yield {
                    "referral_id": ids[row],
                    "heading": heading,
                    "name": name,
                    "text": by_name[name].describe(value),
                    "known": value == value,
                }


def _or_none(table: pa.Table | None, schema: pa.Schema) -> pa.Table:
    return schema.empty_table() if table is None else table.cast(schema)


def _referrals(
    ranking: Ranking,
    referrals: pa.Table,
    probabilities: Floats | None,
    contributions: Contributions,
    vocabulary: Vocabulary,
) -> pa.Table:
    rows = ranking.rows
    theirs = referrals.take(pa.array(rows))
    places = ranking.places
    known = np.full(len(rows), np.nan) if probabilities is None else probabilities[rows]
    columns: dict[str, Any] = {
        name: places[name] for name in REFERRALS.names if name in places.column_names
    }
    columns |= {name: theirs[name] for name in ("person_id", "made_on", "agency")}
    columns |= {
        "agency_name": _agency_names(theirs["agency"], vocabulary),
        "route": _routes(theirs, vocabulary),
        "base": np.full(len(rows), contributions.base),
        "score": contributions.scores[rows],
        "probability": pa.array(known, pa.float64(), from_pandas=True),
    }
    return pa.table({name: columns[name] for name in REFERRALS.names}, schema=REFERRALS)


def _places(
    ranking: Ranking, certain: Certainty, outlooks: Sequence[Outlook], audit_sample: Marks
) -> pa.Table:
    rows = ranking.rows
    columns: dict[str, Any] = {
        "referral_id": ranking.places["referral_id"],
        "band_first": certain.band_first[rows],
        "band_last": certain.band_last[rows],
        "members": np.full(len(rows), certain.n_members, np.int32),
        "score_low": _known(certain.low[rows]),
        "score_high": _known(certain.high[rows]),
        "chance_within_capacity": _known(certain.chance_within_capacity[rows]),
        "reserved": ranking.places["reserved"],
        "best_rank": [one.best_rank for one in outlooks],
        "worst_rank": [one.worst_rank for one in outlooks],
        "changes": [list(one.changes) for one in outlooks],
        "chance_of_change": [one.chance for one in outlooks],
        "provisional": [one.provisional for one in outlooks],
        "audit_sample": audit_sample,
    }
    return pa.table({name: columns[name] for name in PLACES.names}, schema=PLACES)


def _known(values: Floats) -> pa.Array:
    return pa.array(values, pa.float64(), from_pandas=True)


def _questions(ranked: Sequence[str], outlooks: Sequence[Outlook]) -> pa.Table:
    return pa.Table.from_pylist(
        [
            {"referral_id": referral_id, "place": place, **vars(question)}
            for referral_id, outlook in zip(ranked, outlooks, strict=True)
            for place, question in enumerate(outlook.questions, start=1)
        ],
        schema=QUESTIONS,
    )


def _agency_names(agencies: pa.ChunkedArray, vocabulary: Vocabulary) -> list[str]:
    return [vocabulary.agencies[one] for one in agencies.to_pylist()]


def _routes(referrals: pa.Table, vocabulary: Vocabulary) -> list[str | None]:
    """Return why each referral was made; empty where the workspace does not ask."""
    if ROUTE not in vocabulary.referrals.attributes:
        return [""] * referrals.num_rows
    return [one and one.replace("_", " ") for one in referrals[ROUTE].to_pylist()]


def _not_for_panel(not_ranked: pa.Table, referrals: pa.Table, vocabulary: Vocabulary) -> pa.Table:
    theirs = {
        row["referral_id"]: row
        for row in referrals.select(["referral_id", "person_id", "made_on", "agency"]).to_pylist()
    }
    return pa.Table.from_pylist(
        [
            _aside(row, theirs.get(row["referral_id"], {}), vocabulary)
            for row in not_ranked.to_pylist()
        ],
        schema=NOT_FOR_PANEL,
    )


def _aside(
    row: Mapping[str, Any], referral: Mapping[str, Any], vocabulary: Vocabulary
) -> dict[str, Any]:
    return {
        **row,
        "person_id": referral.get("person_id"),
        "made_on": referral.get("made_on"),
        "agency_name": vocabulary.agencies.get(referral.get("agency", "")),
    }


def _reasons(told: Sequence[tuple[str, Sequence[Reason]]]) -> Iterator[dict[str, Any]]:
    for referral_id, reasons in told:
        for place, reason in enumerate(reasons, start=1):
            yield {
                "referral_id": referral_id,
                "place": place,
                **{
                    name: getattr(reason, name)
                    for name in REASONS.names
                    if name not in ("referral_id", "place")
                },
            }


def _evidence(told: Sequence[tuple[str, Sequence[Reason]]]) -> Iterator[dict[str, Any]]:
    for referral_id, reasons in told:
        for place, reason in enumerate(reasons, start=1):
            for record in reason.records:
                yield {"referral_id": referral_id, "place": place, **vars(record)}


def _columns(names: Sequence[str], values: Floats) -> dict[str, pa.Array]:
    return {
        name: pa.array(values[:, position], pa.float64(), from_pandas=True)
        for position, name in enumerate(names)
    }
