"""A review of everybody on record, as comma-separated text."""

from __future__ import annotations

import csv
import datetime
import io

import pyarrow as pa

from triage.papers import review_csv

AS_OF = datetime.date(2026, 3, 1)


def told(synthetic=False, **changes):
    ranked = {
        "rank": [1, 2],
        "person_id": ["p1", "=p2"],
        "tier": ["urgent", "by score"],
        "rules": ["A rule", ""],
        "score": [-1.0, 2.5],
        "probability": [0.25, None],
        **changes,
    }
    aside = {"referral_id": ["@p3"], "kind": ["ineligible"], "text": ["Has died."]}
    text = review_csv(pa.table(ranked), pa.table(aside), AS_OF, synthetic)
    return list(csv.DictReader(io.StringIO(text)))


def test_people_stand_in_order_and_then_those_not_for_the_panel():
    rows = told()
    assert [row["standing"] for row in rows] == ["ranked", "ranked", "ineligible"]
    assert [row["rank"] for row in rows] == ["1", "2", ""]
    assert rows[2]["reason"] == "Has died."
    assert {row["as_of"] for row in rows} == {"2026-03-01"}


def test_no_id_is_a_formula_and_points_have_no_probability():
    rows = told()
    assert [row["person_id"] for row in rows] == ["p1", "'=p2", "'@p3"]
    assert [row["probability"] for row in rows] == ["0.250000", "", ""]


def test_invented_data_says_so():
    assert {row["synthetic"] for row in told(synthetic=True)} == {"yes"}
    assert {row["synthetic"] for row in told()} == {"no"}
