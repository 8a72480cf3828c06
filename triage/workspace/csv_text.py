"""Comma-separated text in which no cell is a formula and nothing hides, whatever it was made of."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence

from triage.errors import visible

__all__ = ["csv_text", "guarded", "unguarded"]

DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", "|", "%")
NUMBER = re.compile(r"[+-]?\d+(\.\d+)?(e[+-]?\d+)?")
Cell = str | int | float | bool | Sequence[str] | None


def guarded(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula; a quote mark is put before it.

    Examples
    --------
    >>> guarded("=HYPERLINK(1)"), guarded(" @SUM(1)"), guarded("3 incidents"), guarded("-0.25")
    ("'=HYPERLINK(1)", "' @SUM(1)", '3 incidents', '-0.25')

    References
    ----------
    OWASP, CSV Injection.
    """
    if text.isascii() and text.isprintable() and text[:1].isalnum():
        return text
    shown = visible(text)
    dangerous = text.startswith(DANGEROUS) or text.lstrip().startswith(DANGEROUS)
    return f"'{shown}" if dangerous and not NUMBER.fullmatch(text) else shown


def unguarded(text: str) -> str:
    """Return what two cells have in common that show the same text, guarded or not.

    Examples
    --------
    >>> unguarded(guarded(" =1+1")) == unguarded(" =1+1") == "=1+1"
    True
    """
    return visible(text).strip().lstrip("'").strip()


def csv_text(columns: Sequence[str], rows: Iterable[Mapping[str, Cell]]) -> str:
    """Return rows as CSV with a header, every text guarded.

    Parameters
    ----------
    columns : sequence of str
        Which columns, in order; what a row has no value for stays empty.
    rows : iterable of mapping
        Column → value. Yes and no stand as words; several texts have a semicolon between them.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_told(row.get(column)) for column in columns] for row in rows)
    return out.getvalue()


def _told(value: Cell) -> str | int | float | None:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None or isinstance(value, int | float):
        return value
    return guarded(value if isinstance(value, str) else "; ".join(value))
