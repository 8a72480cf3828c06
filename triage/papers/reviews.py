"""A review of everybody on record, as comma-separated text."""

from __future__ import annotations

import datetime

import pyarrow as pa

from triage.workspace import csv_text

__all__ = ["review_csv"]

COLUMNS = (
    "standing",
    "rank",
    "person_id",
    "tier",
    "rules",
    "score",
    "probability",
    "reason",
    "as_of",
    "synthetic",
)


def review_csv(
    ranked: pa.Table, not_for_panel: pa.Table, as_of: datetime.date, synthetic: bool
) -> str:
    """Return the people in their order, then those who are not for this panel.

    Parameters
    ----------
    ranked : pyarrow.Table
        ``rank``, ``person_id``, ``tier``, ``rules``, ``score`` and ``probability``.
    not_for_panel : pyarrow.Table
        ``referral_id`` (of the person), ``kind`` and ``text``.
    as_of : date
    synthetic : bool
        Whether the data is invented; every row says so.
    """
    shared = {"as_of": as_of.isoformat(), "synthetic": synthetic}
    people = [
        {
            **{name: row[name] for name in ("rank", "person_id", "tier", "rules")},
            "standing": "ranked",
            "score": f"{row['score']:.6f}",
            "probability": "" if row["probability"] is None else f"{row['probability']:.6f}",
            **shared,
        }
        for row in ranked.to_pylist()
    ]
    others = [
        {"standing": row["kind"], "person_id": row["referral_id"], "reason": row["text"], **shared}
        for row in not_for_panel.to_pylist()
    ]
    return csv_text(COLUMNS, [*people, *others])
