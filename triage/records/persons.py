"""The rows of one person in the extracts as they were delivered: to be shown to them, or erased."""

from __future__ import annotations

import codecs
import csv
import io
import os
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from triage.errors import ExtractError, Problem
from triage.records.extracts import extract_path, input_label, read_extract
from triage.records.sources import Source

__all__ = ["PersonRow", "PersonsRows", "rows_of_person", "stored_without", "without_rows"]

CELLS_OF_IDS = ("event_id", "referral_id")


@dataclass(frozen=True)
class PersonRow:
    """A row of an extract.

    Parameters
    ----------
    line : int
        In the file, from 1; of a query or a Parquet file, the row, from 1.
    cells : mapping of str to str
        Every column of the extract; of a query, those that the source file names.
    """

    line: int
    cells: Mapping[str, str]


@dataclass(frozen=True)
class PersonsRows:
    """What an extract holds of a person.

    Parameters
    ----------
    source : Source
    label : str
        How manifests call the extract.
    path : Path or None
        The file; None where it is a query.
    rows : tuple of PersonRow
    mentions : int
        How many rows of other people name this id as the victim's.
    """

    source: Source
    label: str
    path: Path | None
    rows: tuple[PersonRow, ...]
    mentions: int

    def ids(self, name: str) -> set[str]:
        """Return the ids under a canonical column: of the person's events, or referrals."""
        mapped = self.source.form.columns.get(name)
        if mapped is None:
            return set()
        return {row.cells[mapped.column].strip() for row in self.rows if row.cells[mapped.column]}


def rows_of_person(
    source: Source,
    person_id: str,
    *,
    root: Path,
    environment: Mapping[str, str] = os.environ,
) -> PersonsRows:
    """Return what an extract holds of a person.

    Parameters
    ----------
    source : Source
    person_id : str
    root : Path
        The workspace's folder.
    environment : mapping of str to str

    Raises
    ------
    ExtractError
        The extract is missing or cannot be read.
    """
    columns = source.form.columns
    person = columns["person_id"].column
    victim = columns["victim_id"].column if "victim_id" in columns else None
    path = extract_path(source, root, environment)
    every = _query_rows(source, root, environment) if path is None else _file_rows(source, path)
    rows: list[PersonRow] = []
    mentions = 0
    for row in every:
        if row.cells.get(person, "").strip() == person_id:
            rows.append(row)
        elif victim is not None and row.cells.get(victim, "").strip() == person_id:
            mentions += 1
    return PersonsRows(source, input_label(source), path, tuple(rows), mentions)


def _file_rows(source: Source, path: Path) -> Iterator[PersonRow]:
    try:
        if source.form.read.csv:
            yield from _csv_rows(source, path)
        else:
            for line, cells in enumerate(pq.read_table(path).to_pylist(), start=1):
                yield PersonRow(line, {name: _text(value) for name, value in cells.items()})
    except (OSError, UnicodeDecodeError, csv.Error, pa.ArrowException) as error:
        raise ExtractError(
            Problem(
                source.file,
                "must name an extract that can be read",
                type(error).__name__,
                "Run 'triage check' to see what is wrong with it.",
            )
        ) from None


def _csv_rows(source: Source, path: Path) -> Iterator[PersonRow]:
    parts = _csv_parts(path, source.form.read.encoding, source.form.read.delimiter)
    _, header, _ = next(parts)
    names = [name.strip() for name in header]
    for line, cells, _ in parts:
        yield PersonRow(line, dict(zip(names, cells, strict=False)))


def _csv_parts(path: Path, encoding: str, delimiter: str) -> Iterator[tuple[int, list[str], str]]:
    """Yield the line, the cells and the very text of each row, the header first."""
    text = path.read_bytes().decode("utf-8-sig" if _is_utf8(encoding) else encoding)
    taken: list[str] = []

    def feed() -> Iterator[str]:
        for line in io.StringIO(text, newline=""):
            taken.append(line)
            yield line

    number = 1
    for cells in csv.reader(feed(), delimiter=delimiter):
        whole = "".join(taken)
        yield number, cells, whole
        number += len(taken)
        taken.clear()


def _is_utf8(encoding: str) -> bool:
    return codecs.lookup(encoding).name == "utf-8"


def _query_rows(source: Source, root: Path, environment: Mapping[str, str]) -> Iterator[PersonRow]:
    ids = frozenset(
        source.form.columns[name].column
        for name in ("person_id", "victim_id", *CELLS_OF_IDS)
        if name in source.form.columns
    )
    extract = read_extract(source, ids, root=root, environment=environment)
    columns = {
        name: cells.spread(np.asarray(cells.texts.to_pylist(), dtype=object), "")
        for name, cells in extract.cells.items()
    }
    for row, line in enumerate(extract.lines.tolist()):
        yield PersonRow(int(line), {name: str(texts[row]) for name, texts in columns.items()})


def without_rows(found: PersonsRows) -> bytes | None:
    """Return the file of an extract without a person's rows, all else byte for byte.

    Returns
    -------
    bytes or None
        None where there is nothing to take out, or no file: a query's database is its keeper's.
    """
    if found.path is None or not found.rows:
        return None
    lines = {row.line for row in found.rows}
    read = found.source.form.read
    if read.csv:
        content = found.path.read_bytes()
        bom = b"\xef\xbb\xbf" if content.startswith(b"\xef\xbb\xbf") else b""
        parts = _csv_parts(found.path, read.encoding, read.delimiter)
        text = "".join(whole for line, _, whole in parts if line not in lines)
        return bom + text.encode() if _is_utf8(read.encoding) else text.encode(read.encoding)
    return _parquet_without(found.path, lines)


def _parquet_without(path: Path, rows: Collection[int]) -> bytes:
    table = pq.read_table(path)
    keep = pa.array([number not in rows for number in range(1, table.num_rows + 1)])
    sink = io.BytesIO()
    pq.write_table(table.filter(keep), sink)
    return sink.getvalue()


def stored_without(folder: Path, person_id: str) -> dict[Path, bytes]:
    """Return the files of stored case histories that hold a person, without their rows.

    Raises
    ------
    ExtractError
        A file cannot be read.
    """
    changed: dict[Path, bytes] = {}
    for path in sorted(folder.rglob("*.parquet")):
        try:
            table = pq.ParquetFile(path).read()
        except (OSError, pa.ArrowException) as error:
            raise ExtractError(
                Problem(path.name, "must be a Parquet file", type(error).__name__)
            ) from None
        if "person_id" not in table.column_names:
            continue
        theirs = pc.equal(table["person_id"].cast(pa.string()), person_id)
        if pc.any(theirs).as_py():
            sink = io.BytesIO()
            keep = pc.invert(pc.fill_null(theirs, False))
            pq.write_table(table.filter(keep), sink)
            changed[path] = sink.getvalue()
    return changed


def _text(value: object) -> str:
    return "" if value is None else str(value)
