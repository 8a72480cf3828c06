"""Reading a filled decision sheet: cells as they stand, each with its address."""

from __future__ import annotations

import csv
import datetime
import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from triage.errors import DecisionError, Problem, close_match
from triage.lists import COLUMNS, DECISIONS, IDENTITY
from triage.workspace import csv_text

__all__ = ["Cell", "Sheet", "blank_sheet", "read_sheet"]

IDENTITY_NAMES = ("list_id", "list_seal")
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
LARGEST_BYTES = 20_000_000
TITLES = {column.title.lower(): column.name for column in COLUMNS}
NAMES = {*TITLES.values(), *IDENTITY_NAMES}


@dataclass(frozen=True)
class Cell:
    """A cell as it was read.

    Parameters
    ----------
    address : str
        As a spreadsheet calls it: ``E5``.
    text : str
        What it holds, trimmed; a date as ISO 8601.
    formula : bool
        Whether it holds, or would be taken for, a formula.
    """

    address: str
    text: str
    formula: bool = False


@dataclass(frozen=True)
class Sheet:
    """A sheet as it was read.

    Parameters
    ----------
    identity : mapping of str to str
        ``list_id`` and ``list_seal`` as they stand in it.
    rows : tuple of mapping
        Column's name → cell; rows without any text are left out.
    """

    identity: Mapping[str, str]
    rows: tuple[Mapping[str, Cell], ...]


def read_sheet(path: Path) -> Sheet:
    """Return a decision sheet as it was filled in.

    Parameters
    ----------
    path : Path
        A workbook (``.xlsx``) or a CSV file in UTF-8, with commas or semicolons.

    Raises
    ------
    DecisionError
        It cannot be read as such a sheet: with every column that is missing or not known.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise _refused("must be a file that can be read", error.strerror or "an error") from None
    if len(content) > LARGEST_BYTES:
        raise _refused("must be a decision sheet", "a file of more than 20 MB")
    if path.suffix.lower() == ".xlsx":
        return _of_workbook(content)
    if path.suffix.lower() == ".csv":
        return _of_csv(content)
    raise _refused("must end in .xlsx or .csv", "another ending")


def _of_csv(content: bytes) -> Sheet:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _refused("must be UTF-8 text", "other bytes", "Save it as 'CSV UTF-8'.") from None
    first = text.partition("\n")[0]
    delimiter = ";" if first.count(";") > first.count(",") else ","
    try:
        lines = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error:
        raise _refused("must be a CSV file", "quotes that do not match") from None
    cells = [
        [
            Cell(_address(column, row), value.strip(), value.startswith(FORMULA_STARTS))
            for column, value in enumerate(line)
        ]
        for row, line in enumerate(lines, start=1)
    ]
    sheet = _sheet(cells, {})
    stated = {
        name: {row[name].text for row in sheet.rows if name in row} for name in IDENTITY_NAMES
    }
    if any(len(found) != 1 for found in stated.values()):
        raise _refused(
            "must say in each row, in the columns 'list_id' and 'list_seal', of which list it is",
            "none or several",
            "Take the sheet that 'triage decide LIST FILE.csv --blank' writes.",
        )
    return Sheet({name: found.pop() for name, found in stated.items()}, sheet.rows)


def _of_workbook(content: bytes) -> Sheet:
    import openpyxl

    try:
        book = openpyxl.load_workbook(io.BytesIO(content), data_only=False, keep_links=False)
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError, OSError, EOFError):
        raise _refused("must be an Excel workbook", "a file that is none") from None
    missing = [name for name in (DECISIONS, IDENTITY) if name not in book.sheetnames]
    if missing:
        raise _refused(
            f"must have the sheets '{DECISIONS}' and '{IDENTITY}'",
            "no " + " and no ".join(f"'{name}'" for name in missing),
            "Fill in the workbook that belongs to the list; do not copy its cells elsewhere.",
        )
    cells = [[_workbook_cell(cell) for cell in row] for row in book[DECISIONS].iter_rows()]
    identity = {
        str(row[0]): str(row[1])
        for row in book[IDENTITY].iter_rows(max_col=2, values_only=True)
        if len(row) == 2 and row[0] in IDENTITY_NAMES
    }
    return _sheet(cells, identity)


def _workbook_cell(cell: Any) -> Cell:
    value = cell.value
    if isinstance(value, datetime.datetime):
        at_midnight = (value.hour, value.minute, value.second) == (0, 0, 0)
        value = value.date() if at_midnight else value
    text = "" if value is None else str(value).strip()
    starts = isinstance(value, str) and value.startswith(FORMULA_STARTS)
    return Cell(cell.coordinate, text, cell.data_type == "f" or starts)


def _sheet(cells: Sequence[Sequence[Cell]], identity: Mapping[str, str]) -> Sheet:
    header = [TITLES.get(cell.text.lower(), cell.text) for cell in cells[0]] if cells else []
    while header and not header[-1]:
        header.pop()
    problems = [
        Problem(
            cell.address,
            "must hold the title of a column of the decision sheet, once",
            "another title, or a second one like it",
            close_match(name, TITLES) if len(name) < 40 else "",
        )
        for position, (cell, name) in enumerate(
            zip(cells[0] if cells else [], header, strict=False)
        )
        if name not in NAMES or name in header[:position]
    ]
    wanted = [column.title for column in COLUMNS if column.always and column.name not in header]
    if wanted:
        problems.append(Problem("the first row", f"must hold the columns {', '.join(wanted)}"))
    problems += [
        Problem(cell.address, "must be empty: it stands outside the columns")
        for row in cells[1:]
        for cell in row[len(header) :]
        if cell.text
    ]
    if problems:
        raise DecisionError(problems)
    rows = [
        {
            name: row[column] if column < len(row) else Cell(_address(column, line), "")
            for column, name in enumerate(header)
        }
        for line, row in enumerate(cells[1:], start=2)
    ]
    return Sheet(identity, tuple(row for row in rows if any(cell.text for cell in row.values())))


def _address(column: int, row: int) -> str:
    """Return what a spreadsheet calls a cell.

    Examples
    --------
    >>> _address(0, 1), _address(25, 2), _address(26, 3)
    ('A1', 'Z2', 'AA3')
    """
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return f"{letters}{row}"


def blank_sheet(identity: Mapping[str, str], rows: Sequence[Mapping[str, str]]) -> str:
    """Return an empty decision sheet as CSV.

    Parameters
    ----------
    identity : mapping of str to str
        Of :func:`triage.lists.sheet_identity`.
    rows : sequence of mapping
        Of :func:`triage.lists.sheet_rows`.
    """
    titles = {column.name: column.title for column in COLUMNS}
    named = ({titles[name]: text for name, text in row.items() if name in titles} for row in rows)
    columns = (*IDENTITY_NAMES, *titles.values())
    return csv_text(columns, ({**identity, **row} for row in named))


def _refused(must: str, got: str, mend: str = "") -> DecisionError:
    return DecisionError(Problem("the sheet", must, got, mend))
