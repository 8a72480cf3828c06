"""What would change a place, in plain words."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa
import pytest

from triage.lists import CHANGES
from triage.papers.changing import Changes, changes_by_case


@dataclass(frozen=True)
class At:
    """A case at a place."""

    rank: int
    standing: str
    referral_id: str = "r"


def found(case: At, *rows: dict) -> Changes:
    whole = [
        {
            "referral_id": "r",
            "kind": "event",
            "name": "weapon",
            "amount": 1,
            "text": "one more assault with a weapon",
            "tier": 3,
            "tier_name": "by score",
            "score": 0.0,
            "rank": 5,
            "crosses": "line",
            "told": 1,
            **row,
        }
        for row in rows
    ]
    return changes_by_case(pa.Table.from_pylist(whole, schema=CHANGES), {"r": case})["r"]


BELOW, ABOVE = At(20, "near_miss"), At(5, "discuss")


@pytest.mark.parametrize(
    ("case", "row", "text"),
    [
        (
            BELOW,
            {},
            "With one more assault with a weapon, this case would come above the line, to place 5.",
        ),
        (
            ABOVE,
            {"kind": "time", "text": "12 months", "rank": 30},
            "If 12 months pass with nothing new on record, this case would fall below the line, to "
            "place 30.",
        ),
        (
            ABOVE,
            {
                "kind": "answer",
                "text": "the victim is pregnant",
                "rank": 2,
                "crosses": "tier",
                "tier_name": "urgent",
            },
            "If it turns out that the victim is pregnant, this case would move up to the tier "
            "“Urgent”, place 2.",
        ),
        (
            BELOW,
            {"crosses": "band", "rank": 24},
            "With one more assault with a weapon, this case would move down to place 24.",
        ),
        (
            ABOVE,
            {"kind": "answer", "text": "the person lives elsewhere", "rank": None},
            "If it turns out that the person lives elsewhere, this case would have no place on "
            "this list.",
        ),
    ],
)
def test_each_change_is_one_sentence(case, row, text):
    assert [one.text for one in found(case, row).told] == [text]


def test_what_is_not_told_is_counted_and_told_comes_in_its_order():
    rows = [{"told": 2, "name": "b"}, {"told": 0, "crosses": ""}, {"told": 1, "name": "a"}]
    changes = found(BELOW, *rows)
    assert [one.name for one in changes.told] == ["a", "b"]
    assert changes.tried == 3
    assert changes.note == ""


@pytest.mark.parametrize(
    ("case", "note"),
    [
        (BELOW, "None of them would bring it above the line."),
        (ABOVE, "None of them would bring it below the line."),
    ],
)
def test_that_nothing_crosses_the_line_is_said(case, note):
    assert found(case, {"crosses": "band"}).note == note
