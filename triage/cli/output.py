"""What a command lists: a table for people, JSON or CSV for programs."""

from __future__ import annotations

import enum
import json
import sys
from collections.abc import Mapping, Sequence

from triage.errors import visible

__all__ = ["CaseFormat", "Format", "Listing", "print_listing", "tell"]

Cell = str | int | float | bool | Sequence[str] | None
Listing = Sequence[Mapping[str, Cell]]


class Format(enum.StrEnum):
    """How a listing is printed."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


class CaseFormat(enum.StrEnum):
    """How one case is printed."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"
    MD = "md"
    HTML = "html"


def print_listing(rows: Listing, columns: Sequence[str], form: Format) -> None:
    """Print rows on the standard output.

    Parameters
    ----------
    rows : sequence of mapping
        Column → value.
    columns : sequence of str
        Which columns, in order.
    form : Format
    """
    if form is Format.JSON:
        content = [{column: row.get(column) for column in columns} for row in rows]
        print(json.dumps(content, indent=2))
    elif form is Format.CSV:
        from triage.workspace import csv_text  # only who writes one waits for what reads YAML

        print(csv_text(columns, rows), end="")
    else:
        _print_table(rows, columns)


def _print_table(rows: Listing, columns: Sequence[str]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        numeric = any(isinstance(row.get(column), int | float) for row in rows)
        table.add_column(
            column.replace("_", " "),
            justify="right" if numeric else "left",
            overflow="fold",
            no_wrap=column == columns[0],  # by which a row is called
        )
    for row in rows:
        table.add_row(*(Text(visible(_shown(row.get(column)))) for column in columns))
    width = None if sys.stdout.isatty() else 160
    Console(width=width, highlight=False, soft_wrap=not sys.stdout.isatty()).print(table)


def _shown(value: Cell) -> str:
    if isinstance(value, float):
        return f"{value:.3f}"
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return "; ".join(map(str, value))
    return str(value)


def tell(text: str) -> None:
    """Print a line for the person at the terminal, beside the data and not among it."""
    print(visible(text), file=sys.stderr)
