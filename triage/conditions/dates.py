"""Dates as they are said."""

from __future__ import annotations

import datetime

__all__ = ["date_words", "month_name"]

MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
"""In English, whatever the language of the machine."""


def month_name(date: datetime.date) -> str:
    """Return the name of a date's month."""
    return MONTHS[date.month - 1]


def date_words(date: datetime.date) -> str:
    """Return a date as it is said.

    Examples
    --------
    >>> date_words(datetime.date(2026, 3, 1))
    '1 March 2026'
    """
    return f"{date.day} {month_name(date)} {date.year}"
