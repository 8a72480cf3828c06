"""Timelines of some people at a time: few enough for a cache, or for a memory that is small."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from triage.harm import Scale
from triage.records import CaseHistories, StoredHistories
from triage.timeline.events import WHEN_ABSENT, EventArrays, EventReader, Wanted
from triage.timeline.timelines import PartOfPeople, timeline_of

__all__ = ["timelines_in_parts"]

Columns = Mapping[str, npt.NDArray[Any]]


def timelines_in_parts(
    histories: CaseHistories | StoredHistories,
    scale: Scale,
    *,
    fields: Collection[str],
    fingerprinted: Collection[str],
    n_parts: int,
    threads: int,
    folder: Path | None = None,
) -> list[Callable[[], PartOfPeople]]:
    """Return what makes the timelines of all people, some people at a time.

    Parameters
    ----------
    histories : CaseHistories or StoredHistories
    scale : Scale
    fields, fingerprinted : collection of str
        See :func:`triage.timeline.build_timeline`.
    n_parts : int
    threads : int
    folder : Path, optional
        An empty folder that nobody else may read, for histories that do not fit into memory. The
        events are sorted into files there, without the ids of people, events or victims; each
        part's files are removed once they were read.

    Returns
    -------
    list of callable
        Each is called once, in any thread, and returns its part.

    Raises
    ------
    ExtractError, UnsortedError
        See :func:`triage.timeline.build_timeline`.
    """
    wanted = Wanted(
        histories.vocabulary, sorted(set(fields) - set(fingerprinted)), sorted(fingerprinted)
    )
    reader = EventReader(histories, wanted)
    ids = histories.people["person_id"].combine_chunks()
    bounds = np.linspace(0, len(ids), n_parts + 1).astype(np.int64)
    sorted_out = partial(_sorted_out, reader, bounds, folder)
    with ThreadPoolExecutor(max_workers=threads) as pool:
        pieces = list(pool.map(sorted_out, range(len(reader.pieces))))

    def made(part: int) -> PartOfPeople:
        runs = [run for piece in pieces for run in _run_of(piece, part)]
        events = EventArrays(sum(len(run["person_id"]) for run in runs))
        first = 0
        for run in runs:
            events.put(first, run)
            first += len(run["person_id"])
        start, beyond = bounds[part : part + 2].tolist()
        people = pa.chunked_array([ids.slice(start, beyond - start)])
        timeline = timeline_of(reader.settle(events), wanted, people, scale, None, threads=1)
        return PartOfPeople(start, timeline)

    return [partial(made, part) for part in range(n_parts)]


Piece = dict[int, "list[Columns] | Path"]


def _sorted_out(
    reader: EventReader, bounds: npt.NDArray[np.int64], folder: Path | None, piece: int
) -> Piece:
    """Return the events of one piece by part, or the files in which they stand."""
    found: dict[int, list[Columns]] = {}
    files: dict[int, Path] = {}
    with ExitStack() as open_files:
        writers: dict[int, Any] = {}
        for columns in reader.batches(piece):
            for part, some in _by_part(columns, bounds):
                if folder is None:
                    found.setdefault(part, []).append(some)
                    continue
                rows = pa.RecordBatch.from_pydict(dict(_all_there(some)))
                if part not in writers:
                    files[part] = folder / f"{part}-{piece}.arrow"
                    new = pa.ipc.new_file(files[part], rows.schema)
                    writers[part] = open_files.enter_context(new)
                writers[part].write_batch(rows)
    return {**found, **files}


def _by_part(
    columns: Columns, bounds: npt.NDArray[np.int64]
) -> Iterator[tuple[int, dict[str, npt.NDArray[Any]]]]:
    """Yield the rows of each part, whose people are numbered from its first."""
    n_parts = len(bounds) - 1
    its_part = (np.searchsorted(bounds, columns["person_id"], side="right") - 1).astype(np.int16)
    order = np.argsort(its_part, kind="stable")  # of 16 bits: a radix sort
    starts = np.searchsorted(its_part[order], np.arange(n_parts + 1))
    ordered = {name: values[order] for name, values in columns.items()}
    ordered["person_id"] -= bounds[its_part[order]].astype(np.int32)
    for part in np.flatnonzero(np.diff(starts)).tolist():
        rows = slice(starts[part], starts[part + 1])
        yield part, {name: values[rows] for name, values in ordered.items()}


def _all_there(columns: Columns) -> Columns:
    """Return columns with those that may be absent filled in: every batch has the same."""
    n_rows = len(columns["person_id"])
    absent = {name: np.full(n_rows, value) for name, value in WHEN_ABSENT.items()}
    return {name: absent[name] for name in WHEN_ABSENT} | dict(columns)


def _run_of(piece: Piece, part: int) -> list[Columns]:
    """Return a part's rows in a piece, and forget them."""
    found = piece.pop(part, [])
    if not isinstance(found, Path):
        return found
    with pa.memory_map(str(found)) as file:
        table = pa.ipc.open_file(file).read_all()
        columns = {name: table[name].to_numpy() for name in table.schema.names}
    found.unlink()
    return [columns]
