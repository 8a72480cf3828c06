"""Mapping an extract's cells to a canonical column, each distinct text once."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from triage.conditions import UNKNOWN_DAY, Answer, Answers, Days, Numbers
from triage.errors import close_match
from triage.records.cells import Cells, Rows
from triage.records.sources import SHORT_ANSWERS, UNKNOWN, CanonicalColumn, ColumnMap

__all__ = ["Finding", "Mapped", "Values", "day_of", "filled", "map_cells"]

Values = Cells | Days | Numbers | Answers
"""A canonical column on every row: ids, texts and categories as cells, the others as they are."""

COMPARED_CODES = 200
"""For so many codes that are not listed, and no more, the nearest listed one is looked for."""
ISO_DAY = r"^\d{4}-\d{2}-\d{2}$"
ISO_MOMENT = r"^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}([.,]\d+)?)?( ?(Z|[+-]\d{2}(:?\d{2})?))?$"
MOMENT_FORMAT = re.compile(r"^[^ ]*%[Yy][^ ]* (%[HMS]:?)+$")
WHOLE_FLOAT = r"^\d+\.0+$"
ROUNDED = r"^\d(\.\d+)?[eE]\+\d+$"
BAD_DAY = UNKNOWN_DAY + 1


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong with some rows; each of these is rejected.

    Parameters
    ----------
    column : str
        The extract's column; empty where it is the whole row.
    reason : str
        What is wrong, in the same words for all of them, and without the cell's own value.
    mend : str
        How to mend it. Where it holds ``{line}``, that is the line of the row in ``pointers``.
    rows : ndarray of int64
    pointers : ndarray of int64, optional
    """

    column: str
    reason: str
    mend: str
    rows: Rows
    pointers: Rows | None = None


@dataclass(frozen=True)
class Mapped:
    """A canonical column, what was wrong with some cells, and what the report should mention."""

    column: Values
    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()


def day_of(date: datetime.date) -> int:
    """Return a date as days since 1970-01-01."""
    return (date - datetime.date(1970, 1, 1)).days


def filled(canonical: CanonicalColumn, value: Any, n_rows: int) -> Values:
    """Return a column that holds one value on every row.

    Parameters
    ----------
    canonical : CanonicalColumn
    value : object
        As it stands in a source file; None where it maps nothing: a question is then "not asked",
        and all else is unknown.
    n_rows : int
    """
    match canonical.kind:
        case "date":
            day = UNKNOWN_DAY if value is None else day_of(value)
            return Days(np.full(n_rows, day, dtype=np.int32))
        case "number":
            number = np.nan if value is None else float(value)
            return Numbers(np.full(n_rows, number))
        case "answer":
            answer = Answer.NOT_ASKED if value is None else Answer[str(value).upper()]
            return Answers(np.full(n_rows, answer, dtype=np.int8))
        case _:
            known = value is not None and not (canonical.kind == "category" and value == UNKNOWN)
            texts = pa.array([str(value)] if known else [], pa.string())
            return Cells(np.full(n_rows, 0 if known else -1, dtype=np.int32), texts)


def map_cells(
    canonical: CanonicalColumn, column: ColumnMap, cells: Cells, *, source_file: str
) -> Mapped:
    """Return the canonical column that an extract's column becomes.

    Parameters
    ----------
    canonical : CanonicalColumn
        What it must become.
    column : ColumnMap
        How, as the source file says.
    cells : Cells
    source_file : str
        How messages call the source file.
    """
    cells = cells.blank_out(column.unknown)
    match canonical.kind:
        case "date":
            mapped = _map_dates(column, cells)
        case "category" | "answer" | "number":
            mapped = _map_codes(canonical, column, cells, source_file)
        case "id":
            mapped = _map_ids(column, cells)
        case _:
            mapped = Mapped(cells)
    if canonical.required and column.blank is None:
        return _without_blanks(mapped, column, cells)
    return mapped


def _without_blanks(mapped: Mapped, column: ColumnMap, cells: Cells) -> Mapped:
    blank = np.flatnonzero(cells.codes < 0)
    if not len(blank):
        return mapped
    finding = Finding(column.column, "the cell is blank", "Fill it in at the agency.", blank)
    return Mapped(mapped.column, (*mapped.findings, finding), mapped.notes)


def _map_ids(column: ColumnMap, cells: Cells) -> Mapped:
    """Return ids as they stand; where all look like 100005.0, a program made floats of them."""
    texts = cells.texts
    findings: tuple[Finding, ...] = ()
    rounded = np.asarray(pc.match_substring_regex(texts, ROUNDED), dtype=bool)
    if rounded.any():
        findings = (
            Finding(
                column.column,
                "the id is in scientific notation, so its last digits are lost",
                "Have the extract made again without opening it in a spreadsheet program.",
                np.flatnonzero(cells.spread(rounded, np.False_)),
            ),
        )
    if not len(texts) or not pc.all(pc.match_substring_regex(texts, WHOLE_FLOAT)).as_py():
        return Mapped(cells, findings)
    whole = pc.replace_substring_regex(texts, r"\.0+$", "").dictionary_encode()
    codes = np.append(whole.indices.to_numpy().astype(np.int32), np.int32(-1))[cells.codes]
    note = f"'{column.column}' holds ids with '.0' at their ends, which was taken off"
    return Mapped(Cells(codes, whole.dictionary), notes=(note,))


def _map_dates(column: ColumnMap, cells: Cells) -> Mapped:
    formats = ["iso"] if cells.dates or not column.date else column.date
    days = _days(cells.texts, formats)
    values = cells.spread(days, UNKNOWN_DAY)
    wrong = np.flatnonzero(values == BAD_DAY)
    if not len(wrong):
        return Mapped(Days(values))
    values = np.where(values == BAD_DAY, np.int32(UNKNOWN_DAY), values)
    shown = " or ".join("2024-03-31" if one == "iso" else one for one in formats)
    finding = Finding(
        column.column,
        f"the date cannot be read as {shown}",
        "Correct it, or give its format under 'date'; a stand-in for no date goes under 'unknown'.",
        wrong,
    )
    return Mapped(Days(values), (finding,))


def _days(texts: pa.StringArray, formats: Sequence[str]) -> npt.NDArray[np.int32]:
    """Return the day of each text; BAD_DAY where no format fits."""
    days = np.full(len(texts), BAD_DAY, dtype=np.int32)
    for wanted in formats:
        left = np.flatnonzero(days == BAD_DAY)
        if len(left):
            days[left] = _days_of_one_format(texts.take(pa.array(left)), wanted)
    return days


def _days_of_one_format(texts: pa.StringArray, wanted: str) -> npt.NDArray[np.int32]:
    if wanted == "iso":
        fits = pc.match_substring_regex(texts, f"{ISO_DAY}|{ISO_MOMENT}")
        texts = pc.if_else(fits, pc.utf8_slice_codeunits(texts, 0, 10), "")
        wanted = "%Y-%m-%d"
    elif wanted == "year":
        fits = pc.match_substring_regex(texts, r"^\d{4}$")
        texts = pc.if_else(fits, pc.binary_join_element_wise(texts, "-07-01", ""), "")
        wanted = "%Y-%m-%d"
    elif MOMENT_FORMAT.match(wanted):
        return _days_of_moments(texts, *wanted.split(" "))
    distinct = texts.dictionary_encode()
    moments = pd.to_datetime(
        pd.Series(distinct.dictionary.to_pylist(), dtype="str"), format=wanted, errors="coerce"
    )
    known = moments.notna().to_numpy()
    days: npt.NDArray[np.int32] = np.full(len(moments), BAD_DAY, dtype=np.int32)
    days[known] = moments[known].to_numpy().astype("datetime64[D]").astype(np.int64)
    positions: Rows = distinct.indices.to_numpy()
    return days[positions]


def _days_of_moments(
    texts: pa.StringArray, date_format: str, time_format: str
) -> npt.NDArray[np.int32]:
    """Return the days of moments: far fewer dates and times are distinct than both together."""
    split = pc.if_else(pc.match_substring(texts, " "), texts, " ")
    parts = pc.split_pattern(split, " ", max_splits=1).flatten()
    starts = np.arange(0, len(parts), 2)
    days = _days_of_one_format(parts.take(pa.array(starts)), date_format)
    times = _days_of_one_format(parts.take(pa.array(starts + 1)), time_format)
    return np.where(times == BAD_DAY, np.int32(BAD_DAY), days)


def _map_codes(
    canonical: CanonicalColumn, column: ColumnMap, cells: Cells, source_file: str
) -> Mapped:
    """Return categories, answers and numbers, which all are numbers on the way."""
    listed, loose = _listed(canonical, column)
    texts = cells.texts.to_pylist()
    numbers = _plain_numbers(texts) if loose else np.full(len(texts), np.nan)
    is_listed = np.fromiter((text in listed for text in texts), bool, len(texts))
    numbers[is_listed] = [listed[text] for text in texts if text in listed]
    unlisted = ~is_listed & (np.isnan(numbers) | ~np.bool_(loose))
    notes: tuple[str, ...] = ()
    findings: list[Finding] = []
    if column.otherwise is not None:
        numbers[unlisted] = _number_of(canonical, column.otherwise)
        rows = int(cells.spread(unlisted, np.False_).sum())
        if rows:
            notes = (
                f"'{column.column}' holds codes in {rows:,} rows that are not listed; "
                f"'otherwise' made them '{column.otherwise}'",
            )
    else:
        findings += _unlisted(canonical, column, cells, unlisted, listed, source_file)
    blank = UNKNOWN if column.blank is None else column.blank
    values = cells.spread(numbers, _number_of(canonical, blank))
    if canonical.kind == "number":
        findings += _out_of_range(column, values)
    return Mapped(_settled(canonical, values), tuple(findings), notes)


def _listed(canonical: CanonicalColumn, column: ColumnMap) -> tuple[dict[str, float], bool]:
    """Return the number that each listed code becomes, and whether other numbers are welcome."""
    given: Mapping[str, Any]
    if canonical.kind == "answer":
        given = SHORT_ANSWERS if column.answers is None else column.answers
    elif column.codes is not None:
        given = column.codes
    else:
        given = {value: value for value in canonical.words}
    listed = {code: _number_of(canonical, value) for code, value in given.items()}
    loose = canonical.kind == "number" and (column.codes is None or bool(column.number))
    return listed, loose


def _number_of(canonical: CanonicalColumn, value: Any) -> float:
    """Return a value of a source file as a number: an answer's code, a category's position."""
    if canonical.kind == "answer":
        return float(Answer[str(value).upper()])
    if canonical.kind == "number":
        return np.nan if value == UNKNOWN else float(value)
    return float(canonical.words.index(value)) if value in canonical.words else -1.0


def _settled(canonical: CanonicalColumn, values: npt.NDArray[np.float64]) -> Values:
    if canonical.kind == "number":
        return Numbers(values)
    if canonical.kind == "answer":
        return Answers(np.where(np.isnan(values), Answer.UNKNOWN, values).astype(np.int8))
    codes = np.where(np.isnan(values), -1, values).astype(np.int32)
    return Cells(codes, pa.array(canonical.words, pa.string()))


def _plain_numbers(texts: Sequence[str]) -> npt.NDArray[np.float64]:
    numbers = pd.to_numeric(pd.Series(texts, dtype="str"), errors="coerce").to_numpy(np.float64)
    return np.where(np.isfinite(numbers), numbers, np.nan)


def _out_of_range(column: ColumnMap, values: npt.NDArray[np.float64]) -> Iterator[Finding]:
    bounds = (
        ("below", "minimum", column.minimum, np.less),
        ("above", "maximum", column.maximum, np.greater),
    )
    for word, name, bound, compare in bounds:
        if bound is None:
            continue
        rows = np.flatnonzero(compare(values, bound))
        if len(rows):
            yield Finding(
                column.column,
                f"the number is {word} the {name} of {bound:g}",
                f"Correct it, or the {name} in the source file.",
                rows,
            )


def _unlisted(
    canonical: CanonicalColumn,
    column: ColumnMap,
    cells: Cells,
    unlisted: npt.NDArray[np.bool_],
    listed: Iterable[str],
    source_file: str,
) -> Iterator[Finding]:
    """Yield the rows whose codes are not listed, together with the code that they may have meant.

    A code is somebody's record, so only the listed ones are ever shown.
    """
    if not unlisted.any():
        return
    option = "answers" if canonical.kind == "answer" else "codes"
    known = sorted(listed)
    wrong = np.flatnonzero(unlisted)
    texts = dict(zip(wrong.tolist(), cells.texts.take(pa.array(wrong)).to_pylist(), strict=True))
    compared = sorted(wrong.tolist(), key=texts.__getitem__)[:COMPARED_CODES]
    mends = {
        text: f"{_nearest(texts[text], known)}List the code under '{option}' in {source_file}."
        for text in compared
    }
    words = list(
        dict.fromkeys([f"List the code under '{option}' in {source_file}.", *mends.values()])
    )
    group = np.full(len(cells.texts), -1)
    group[wrong] = [words.index(mends.get(text, words[0])) for text in wrong.tolist()]
    groups = cells.spread(group, -1)
    rows = np.flatnonzero(groups >= 0)
    reason = (
        "the cell is not a number"
        if canonical.kind == "number" and column.codes is None
        else f"the code is not listed for '{canonical.name}'"
    )
    for number, mend in enumerate(words):
        chosen = rows[groups[rows] == number]
        if len(chosen):
            yield Finding(column.column, reason, mend, chosen)


def _nearest(text: str, listed: Sequence[str]) -> str:
    same = [code for code in listed if code.casefold() == text.casefold()]
    found = f"Did you mean '{same[0]}'?" if same else close_match(text, listed)
    return f"{found} " if found else ""
