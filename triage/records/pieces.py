"""Events in pieces: the table of events a few rows at a time, as files hold it or memory does."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

__all__ = [
    "NEVER",
    "EventBatch",
    "Piece",
    "UnsortedError",
    "first_known",
    "pieces_of_files",
    "pieces_of_table",
    "undated_sources",
]

NEVER = int(np.iinfo(np.int32).max)
"""The day that stands for "not yet": an end that has not come, a fact that never became known."""

ROWS_IN_BATCH = 2**18
"""Many enough that what is done once a batch costs little, few enough for any memory."""

ROWS_IN_PIECE = 2**20

KEY = {"source": pa.string(), "event_id": pa.string(), "known_on": pa.date32()}
"""What tells one version of an event from all others, in the order in which events stand."""

Days = npt.NDArray[np.int32]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class EventBatch:
    """Some rows of the table of events.

    Parameters
    ----------
    rows : pyarrow.RecordBatch, shape (n, …)
        The columns that were asked for; texts of few different values may be dictionaries.
    replaced : ndarray of int32, shape (n,), or None
        The day on which the next version of an event became known, in days since 1970-01-01;
        :data:`NEVER` where there is none. None where no row has a next version.
    """

    rows: pa.RecordBatch
    replaced: npt.NDArray[np.int32] | None


@dataclass(frozen=True)
class Piece:
    """A run of events that is read by itself, beside others.

    Parameters
    ----------
    n_rows : int
    all_dated : bool
        Whether every event is sure to have a known date.
    read : callable
        Returns the batches from the first row on, each time it is called.
    following : callable
        Returns the key of the first row after the piece, None where there is none.
    """

    n_rows: int
    all_dated: bool
    read: Callable[[], Iterable[pa.RecordBatch]]
    following: Callable[[], pa.RecordBatch | None]

    def batches(self) -> Iterator[EventBatch]:
        """Yield the rows, with what became of each event.

        Raises
        ------
        UnsortedError
            The rows are not in the order of source, event id and known date, or two are the same.
        """
        held = None
        for rows in self.read():
            if held is not None:
                yield EventBatch(held, _replaced(held, rows))
            held = rows
        if held is not None:
            yield EventBatch(held, _replaced(held, self.following()))


class UnsortedError(ValueError):
    """Rows of events are not in the order of source, event id and known date."""


class InPieces(Protocol):
    """Case histories whose events can be read in pieces."""

    def event_pieces(self, columns: Sequence[str], *, keyed: bool = True) -> list[Piece]:
        """Return these columns of the events."""


def undated_sources(histories: InPieces) -> tuple[str, ...]:
    """Return the sources of which no event has a known date, sorted."""
    pieces = histories.event_pieces(["source", "happened_on", "known_on"], keyed=False)
    if all(piece.all_dated for piece in pieces):
        return ()
    sources: set[str] = set()
    dated: set[str] = set()
    for piece in pieces:
        for rows in piece.read():
            sources.update(rows["source"].unique().to_pylist())
            dated.update(rows["source"].filter(rows["known_on"].is_valid()).unique().to_pylist())
    return tuple(sorted(sources - dated))


def first_known(histories: InPieces) -> Iterator[datetime.date]:
    """Yield the first day on which an event had happened and was known, of some events at a time.

    The events are read as far as they are asked for; those that never became known have no such
    day.
    """
    for piece in histories.event_pieces(["happened_on", "known_on"], keyed=False):
        for rows in piece.read():
            first = pc.min(
                pc.max_element_wise(rows["happened_on"], rows["known_on"], skip_nulls=False)
            ).as_py()
            if first is not None:
                yield first


def pieces_of_table(events: pa.Table, columns: Sequence[str], *, keyed: bool) -> list[Piece]:
    """Return the pieces of a table of events that lies in memory.

    Parameters
    ----------
    events : pyarrow.Table
    columns : sequence of str
    keyed : bool
        Whether the columns of :data:`KEY` are read too, as :meth:`Piece.batches` needs them.
    """
    some = events.select(list(dict.fromkeys((*columns, *(KEY if keyed else ())))))

    def piece(first: int) -> Piece:
        rows, beyond = some.slice(first, ROWS_IN_PIECE), some.slice(first + ROWS_IN_PIECE, 1)
        return Piece(
            n_rows=len(rows),
            all_dated=False,
            read=lambda: rows.to_batches(max_chunksize=ROWS_IN_BATCH),
            following=lambda: next(iter(beyond.to_batches()), None),
        )

    return [piece(first) for first in range(0, len(events), ROWS_IN_PIECE)]


def pieces_of_files(
    files: Sequence[Path], columns: Sequence[str], few: Collection[str], *, keyed: bool
) -> list[Piece]:
    """Return the pieces of a table of events that lies in Parquet files.

    Parameters
    ----------
    files : sequence of Path
        In the order of their rows.
    columns : sequence of str
    few : collection of str
        Columns of texts of which few are different; they are read as dictionaries.
    keyed : bool
        Whether the columns of :data:`KEY` are read too, as :meth:`Piece.batches` needs them.
    """
    wanted = list(dict.fromkeys((*columns, *(KEY if keyed else ()))))
    groups = [
        (file, number, group)
        for file in files
        for number, group in enumerate(_groups(file))
        if group.num_rows
    ]
    following = [*groups[1:], None]
    return [
        Piece(
            n_rows=group.num_rows,
            all_dated=_all_dated(group),
            read=partial(_read_group, file, number, wanted, list(few)),
            following=partial(_first_row, after),
        )
        for (file, number, group), after in zip(groups, following, strict=True)
    ]


def _groups(file: Path) -> list[pq.RowGroupMetaData]:
    metadata = pq.read_metadata(file)
    return [metadata.row_group(number) for number in range(metadata.num_row_groups)]


def _all_dated(group: pq.RowGroupMetaData) -> bool:
    """Return whether a group of rows is known, without being read, to have all known dates."""
    columns = (group.column(place) for place in range(group.num_columns))
    told = [column.statistics for column in columns if column.path_in_schema == "known_on"]
    return any(one and one.has_null_count and one.null_count == 0 for one in told)


def _read_group(
    file: Path, group: int, columns: list[str], few: list[str]
) -> Iterator[pa.RecordBatch]:
    with pq.ParquetFile(file, memory_map=True, read_dictionary=few) as opened:
        yield from opened.iter_batches(
            ROWS_IN_BATCH, row_groups=[group], columns=columns, use_threads=False
        )


def _first_row(group: tuple[Path, int, pq.RowGroupMetaData] | None) -> pa.RecordBatch | None:
    if group is None:
        return None
    file, number, _ = group
    with pq.ParquetFile(file, memory_map=True) as opened:
        return next(opened.iter_batches(1, row_groups=[number], columns=list(KEY)))


def _replaced(rows: pa.RecordBatch, following: pa.RecordBatch | None) -> Days | None:
    """Return when each row's next version became known; None where no row has one."""
    if "event_id" not in rows.schema.names:  # none of them has another version
        return None
    later = _is_next_version(rows)
    known_next = _known(rows)[1:]
    if following is not None and len(following):
        pair = _two_rows(rows.slice(len(rows) - 1), following.slice(0, 1))
        later = np.append(later, _is_next_version(pair))
        known_next = np.append(known_next, _known(pair)[1])
    if not later.any():
        return None
    replaced = np.full(len(rows), NEVER, dtype=np.int32)
    replaced[: len(later)][later] = known_next[later]
    return replaced


def _is_next_version(rows: pa.RecordBatch) -> Flags:
    """Return whether each row but the first is a later version of the event in the row before."""
    lower_source, same_source = _compared(rows["source"])
    lower_event, same_event = _compared(rows["event_id"])
    known = _known(rows)
    same = same_source & same_event
    later = (known[:-1] < known[1:]) & (known[1:] != NEVER)
    rises = lower_source | (same_source & lower_event) | (same & later)
    if not rises.all():
        raise UnsortedError("events must stand by source, event id and known date, each once")
    return same


def _compared(texts: pa.Array) -> tuple[Flags, Flags]:
    """Return whether each text is lower than the next one, and whether it is the same."""
    last = max(len(texts) - 1, 0)
    if pa.types.is_dictionary(texts.type):
        codes = texts.indices.to_numpy()
        rank = pc.rank(texts.dictionary, tiebreaker="dense").to_numpy()[codes]
        return rank[:-1] < rank[1:], rank[:-1] == rank[1:]
    one, other = texts.slice(0, last), texts.slice(1)
    lower, same = pc.less(one, other), pc.equal(one, other)
    return lower.to_numpy(zero_copy_only=False), same.to_numpy(zero_copy_only=False)


def _two_rows(one: pa.RecordBatch, other: pa.RecordBatch) -> pa.RecordBatch:
    columns = {
        name: pa.concat_arrays([rows[name].cast(plain) for rows in (one, other)])
        for name, plain in KEY.items()
    }
    return pa.RecordBatch.from_pydict(columns)


def _known(rows: pa.RecordBatch) -> Days:
    days = rows["known_on"].cast(pa.int32())
    return np.asarray((days.fill_null(NEVER) if days.null_count else days).to_numpy())
