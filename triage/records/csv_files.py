"""Reading a CSV extract: strict about encoding, header, quotes and the number of cells."""

from __future__ import annotations

import codecs
import csv
import hashlib
import io
import re
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.csv

from triage.errors import ExtractError, Problem
from triage.records.cells import Extract, Rows, cells_of, check_columns
from triage.records.sources import Read

__all__ = ["read_csv_file"]

Marks = npt.NDArray[np.uint8]

BLOCK_BYTES = 1 << 24
STRETCH = 1 << 20
LONGEST_CELL = 2**31 - 1
QUOTE, NEWLINE, RETURN = b'"\n\r'
BYTE_ORDER_MARKS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
OTHER_DELIMITERS = {",": "a comma", ";": "a semicolon", "\t": "a tab", "|": "a vertical bar"}


def read_csv_file(
    path: Path,
    read: Read,
    wanted: Sequence[str],
    ids: Collection[str],
    *,
    shown: str,
    source_file: str,
) -> Extract:
    """Return the wanted columns of a CSV file.

    A UTF-8 byte-order mark is skipped whatever the encoding, for it says itself what it is.
    Empty lines are skipped. Rows with too many or too few cells are told as broken.

    Parameters
    ----------
    path : Path
    read : Read
        Its encoding and delimiter.
    wanted : sequence of str
        Columns of the extract.
    ids : collection of str
        Those of them that hold ids.
    shown, source_file : str
        How messages call the extract and the source file.

    Raises
    ------
    ExtractError
        The file is empty, has no rows, no such columns, another encoding, or quotes out of order.
    """
    raw = path.read_bytes()
    sha256 = hashlib.sha256(raw).hexdigest()
    data, warnings = _as_utf8(raw, read.encoding, shown)
    del raw
    names, start, header_lines = _header(data, read.delimiter, shown, source_file)
    check_columns(
        names,
        wanted,
        shown=shown,
        source_file=source_file,
        mend=_delimiter_hint(names, read.delimiter),
    )
    body = memoryview(data)[start:]
    table, broken = _table(body, names, wanted, read.delimiter, shown)
    if not table.num_rows and not broken:
        raise ExtractError(
            Problem(shown, "must hold rows", "a header without rows", "Have it exported again.")
        )
    lines = _record_lines(body, read.delimiter, shown, header_lines)
    if len(lines) != table.num_rows + len(broken):
        raise ExtractError(_not_a_csv(shown))
    del data, body  # before the cells are made, which take as much room again
    broken_records = np.array([number - 1 for number, _ in broken], dtype=np.int64)
    reasons = [reason for _, reason in broken]
    return Extract(
        shown=shown,
        cells={
            name: cells_of(table.column(name), name=name, shown=shown, is_id=name in ids)
            for name in wanted
        },
        lines=np.delete(lines, broken_records),
        sha256=sha256,
        broken=list(zip(lines[broken_records].tolist(), reasons, strict=True)),
        warnings=warnings,
    )


def _as_utf8(raw: bytes, encoding: str, shown: str) -> tuple[bytes, tuple[str, ...]]:
    if not re.search(rb"\S", raw):
        raise ExtractError(
            Problem(
                shown, "must hold a header and rows", "an empty file", "Have it exported again."
            )
        )
    if raw.startswith(codecs.BOM_UTF8):
        raw, encoding = raw[len(codecs.BOM_UTF8) :], "utf-8"
    if codecs.lookup(encoding).name == "utf-8" and raw.isascii():
        return raw, ()
    try:
        text = raw.decode(encoding)
    except UnicodeError as error:
        raise ExtractError(_wrong_encoding(raw, encoding, error, shown)) from None
    if codecs.lookup(encoding).name == "utf-8":
        return raw, ()
    data = text.removeprefix("\ufeff").encode()
    return data, _maybe_utf8(raw, encoding, shown)


def _wrong_encoding(raw: bytes, encoding: str, error: UnicodeError, shown: str) -> Problem:
    at = error.start if isinstance(error, UnicodeDecodeError) else 0
    line_start = raw.rfind(b"\n", 0, at) + 1
    line = raw.count(b"\n", 0, at) + 1
    marked = next((name for mark, name in BYTE_ORDER_MARKS.items() if raw.startswith(mark)), None)
    return Problem(
        f"{shown}, line {line}, byte {at - line_start + 1}",
        f"must be text in the encoding {encoding}",
        f"a {marked} byte-order mark" if marked else "bytes that it has not",
        f"Set 'encoding: {marked or 'cp1252'}' under 'read'"
        + ("." if marked else ", or whichever encoding the file was saved in."),
    )


def _maybe_utf8(raw: bytes, encoding: str, shown: str) -> tuple[str, ...]:
    if raw.isascii():
        return ()
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return ()
    return (
        f"{shown} is read as {encoding}, but all of it is valid UTF-8 too; check 'encoding', or "
        "accented letters may come out wrong.",
    )


def _header(
    data: bytes, delimiter: str, shown: str, source_file: str
) -> tuple[list[str], int, int]:
    """Return the header's names, where the rows begin, and the lines before them."""
    with _long_cells():
        reader = csv.reader(_text(data), delimiter=delimiter)
        names = next((row for row in reader if row), [])
    if not any(name.strip() for name in names):
        raise ExtractError(
            Problem(
                shown,
                "must begin with a header",
                "a first line that is none",
                f"Check the file and 'delimiter' in {source_file}.",
            )
        )
    ends = re.finditer(rb"\r\n|\r|\n", data)
    starts = [end.end() for end, _ in zip(ends, range(reader.line_num), strict=False)]
    start = starts[-1] if len(starts) == reader.line_num else len(data)
    return [name.strip() for name in names], start, reader.line_num


def _delimiter_hint(names: Sequence[str], delimiter: str) -> str:
    if len(names) > 1:
        return ""
    for other, words in OTHER_DELIMITERS.items():
        if other != delimiter and other in names[0]:
            return f"The first line has {words} in it: set 'delimiter' under 'read'."
    return ""


def _table(
    body: memoryview,
    names: Sequence[str],
    wanted: Sequence[str],
    delimiter: str,
    shown: str,
) -> tuple[pa.Table, list[tuple[int, str]]]:
    """Return the wanted columns as texts, and the rows that are too long or too short."""
    broken: list[tuple[int, str]] = []

    def set_aside(row: pa.csv.InvalidRow) -> str:
        more = "more" if row.actual_columns > row.expected_columns else "fewer"
        broken.append((row.number, f"the row has {more} cells than the header"))
        return "skip"

    if not re.search(rb"\S", body):
        return pa.table({name: pa.array([], pa.string()) for name in wanted}), []
    places = {name: str(names.index(name)) for name in wanted}  # empty names may stand twice
    try:
        table = pa.csv.read_csv(
            pa.BufferReader(pa.py_buffer(body)),
            read_options=pa.csv.ReadOptions(
                use_threads=False,
                column_names=[str(place) for place in range(len(names))],
                block_size=BLOCK_BYTES,
            ),
            parse_options=pa.csv.ParseOptions(
                delimiter=delimiter, newlines_in_values=True, invalid_row_handler=set_aside
            ),
            convert_options=pa.csv.ConvertOptions(
                check_utf8=False,
                column_types=dict.fromkeys(places.values(), pa.string()),
                include_columns=list(places.values()),
                strings_can_be_null=False,
            ),
        )
    except pa.ArrowInvalid:
        raise ExtractError(_not_a_csv(shown)) from None
    return table.rename_columns(list(places)), broken


def _not_a_csv(shown: str) -> Problem:
    return Problem(
        shown,
        "must be a CSV file with the same number of cells in each row",
        "something else",
        "Check 'delimiter' and the quotes; a quote that is opened must be closed.",
    )


def _record_lines(body: memoryview, delimiter: str, shown: str, header_lines: int) -> Rows:
    """Return the physical lines, from 1, on which the records begin; empty lines are none.

    Raises
    ------
    ExtractError
        A quote is never closed, or text follows a closing one: a cell may have swallowed rows.
    """
    marks = np.frombuffer(body, dtype=np.uint8)
    ends = None if re.search(rb"\r(?!\n)", body) else _record_ends(marks, delimiter)
    if ends is None:
        return _record_lines_by_reader(body, delimiter, shown, header_lines)
    places, newlines = ends
    stops = np.append(places, len(marks))
    starts = np.append(0, places + 1)
    length = stops - starts
    length[length == 1] -= marks[starts[length == 1]] == RETURN
    lines: Rows = np.append(0, newlines)[length > 0] + header_lines + 1
    return lines


def _record_ends(marks: Marks, delimiter: str) -> tuple[Rows, Rows] | None:
    """Return where newlines end a record, and how many newlines there are up to each of these.

    Where every quote stands at the edge of a cell or beside another quote, those before a newline
    tell whether it ends a record or stands in a cell. Of other files, None is returned.
    """
    fences = np.zeros(256, dtype=bool)
    fences[list(b'"\r\n' + delimiter.encode())] = True
    n_quotes = n_newlines = 0
    places, counts = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.int64)]
    for first in range(0, len(marks), STRETCH):  # what is made of a stretch stays in the cache
        stretch = marks[first : first + STRETCH]
        quotes = np.flatnonzero(stretch == QUOTE)
        opening, closing = quotes[n_quotes % 2 :: 2] + first, quotes[1 - n_quotes % 2 :: 2] + first
        before = marks[opening[opening > 0] - 1]
        after = marks[closing[closing < len(marks) - 1] + 1]
        if not (fences[before].all() and fences[after].all()):
            return None
        newlines = np.flatnonzero(stretch == NEWLINE)
        ending = (np.searchsorted(quotes, newlines) + n_quotes) % 2 == 0
        places.append(newlines[ending] + first)
        counts.append(np.flatnonzero(ending) + n_newlines + 1)
        n_quotes += len(quotes)
        n_newlines += len(newlines)
    return None if n_quotes % 2 else (np.concatenate(places), np.concatenate(counts))


def _record_lines_by_reader(
    body: memoryview, delimiter: str, shown: str, header_lines: int
) -> Rows:
    lines, end = [], 0
    with _long_cells():
        reader = csv.reader(_text(body), delimiter=delimiter, strict=True)
        try:
            for record in reader:
                if record:
                    lines.append(header_lines + end + 1)
                end = reader.line_num
        except csv.Error:
            raise ExtractError(
                Problem(
                    f"{shown}, line {header_lines + end + 1}",
                    "must have its quotes in order: one that opens a cell must close it, and "
                    "one within is doubled",
                    "a row where they are not",
                    "Have the extract made again by a program that quotes CSV cells.",
                )
            ) from None
    return np.array(lines, dtype=np.int64)


def _text(data: bytes | memoryview) -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(data), encoding="utf-8", newline="")


@contextmanager
def _long_cells() -> Iterator[None]:
    """Let the csv module read cells of any length, and put its limit back."""
    limit = csv.field_size_limit(LONGEST_CELL)
    try:
        yield
    finally:
        csv.field_size_limit(limit)
