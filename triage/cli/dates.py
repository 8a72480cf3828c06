"""Dates as options give them: all that cannot be read are told at once."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

import typer

__all__ = ["DAY", "dates_given"]

DAY = "%Y-%m-%d"


def dates_given(texts: Sequence[str] | None) -> list[datetime.date]:
    """Return the dates of an ``--as-of`` that may be given several times, in order.

    Raises
    ------
    typer.BadParameter
        With every one that is no date.

    Examples
    --------
    >>> dates_given(["2026-03-01"])
    [datetime.date(2026, 3, 1)]
    """
    read = {text: _date(text) for text in texts or ()}
    if wrong := [repr(text) for text, date in read.items() if date is None]:
        verb = "does" if len(wrong) == 1 else "do"
        raise typer.BadParameter(
            f"{', '.join(wrong)} {verb} not match the format {DAY!r}: a day that there is, as in "
            "2026-03-01.",
            param_hint="'--as-of'",
        )
    return [date for text in texts or () if (date := read[text]) is not None]


def _date(text: str) -> datetime.date | None:
    try:
        return datetime.datetime.strptime(text, DAY).date()
    except ValueError:
        return None
