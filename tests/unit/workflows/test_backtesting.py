"""What a backtest makes of dates, tiers, periods and small groups."""

from __future__ import annotations

import datetime

import numpy as np
import pytest

from triage.workflows.judging import _periods
from triage.workflows.replaying import Listing, _with_rules, list_dates

NONE = np.zeros(0, dtype=np.int64)


def date(text):
    return datetime.date.fromisoformat(text)


def listing(as_of, rows=NONE, tiers=NONE):
    return Listing(date(as_of), np.asarray(rows), np.asarray(tiers, dtype=np.int8), 0, date(as_of))


@pytest.mark.parametrize(
    ("every", "expected"),
    [
        ("month", ["2024-01-31", "2024-02-29", "2024-03-31", "2024-04-30"]),
        ("quarter", ["2024-01-31", "2024-04-30"]),
        ("year", ["2024-01-31"]),
    ],
)
def test_lists_stand_on_the_same_day_of_each_month_or_on_its_last(every, expected):
    dates = list_dates(date("2024-01-31"), date("2024-05-30"), every)
    assert [str(one) for one in dates] == expected
    assert list_dates(date("2024-02-01"), date("2024-01-01"), every) == ()


def test_tiers_come_first_and_scores_order_each_tier():
    scores = np.array([0.1, 5.0, -3.0, 2.0, 9.0])
    ordered = _with_rules(scores, [listing("2024-01-01", [0, 1, 2, 3], [3, 3, 1, 2])])
    assert np.argsort(-ordered[:4]).tolist() == [2, 3, 1, 0]
    assert np.isnan(ordered[4])


def test_those_who_tie_in_a_tier_still_tie():
    ordered = _with_rules(np.array([1.0, 1.0]), [listing("2024-01-01", [0, 1], [3, 3])])
    assert ordered[0] == ordered[1]


def test_many_lists_are_told_by_the_quarter_and_very_many_by_the_year():
    def periods(months):
        dates = list_dates(date("2023-01-01"), date("2026-12-01"), "month")[:months]
        return _periods([listing(str(one)) for one in dates])

    assert periods(2) == [("2023-01", [0]), ("2023-02", [1])]
    assert periods(12)[1] == ("2023 Q2", [3, 4, 5])
    assert periods(48)[3] == ("2026", list(range(36, 48)))
