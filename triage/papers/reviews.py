"""A review of everybody on record, as comma-separated text."""

from __future__ import annotations

import csv
import datetime
import io

import pyarrow as pa

from triage.papers.csv_files import guarded

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
    sink = io.StringIO()
    writer = csv.writer(sink, lineterminator="\n")
    writer.writerow(COLUMNS)
    shared = [as_of.isoformat(), "yes" if synthetic else "no"]
    for row in ranked.to_pylist():
        probability = "" if row["probability"] is None else f"{row['probability']:.6f}"
        told = [guarded(row[name]) for name in ("person_id", "tier", "rules")]
        score = f"{row['score']:.6f}"
        writer.writerow(["ranked", row["rank"], *told, score, probability, "", *shared])
    for row in not_for_panel.to_pylist():
        person, reason = guarded(row["referral_id"]), guarded(row["text"])
        writer.writerow([row["kind"], "", person, "", "", "", "", reason, *shared])
    return sink.getvalue()
