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
from triage.timeline.arranging import gather, parted
from triage.timeline.events import WHEN_ABSENT, EventArrays, EventReader, Wanted
from triage.timeline.timelines import Moments, PartOfPeople, timeline_of

__all__ = ["timelines_in_parts"]

Columns = Mapping[str, npt.NDArray[Any]]


def timelines_in_parts(
    histories: CaseHistories | StoredHistories,
    scale: Scale,
    moments: Moments,
    *,
    fields: Collection[str],
    fingerprinted: Collection[str],
    n_parts: int,
    threads: int,
    folder: Path | None = None,
) -> list[Callable[[], PartOfPeople]]:
    """Return what makes the timelines of all people, some people at a time, for some questions.

    Parameters
    ----------
    histories : CaseHistories or StoredHistories
    scale : Scale
    moments : Moments
        The questions; a person's events that lie before none of them are left out.
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
    ids = histories.people["person_id"].combine_chunks()
    until = np.full(len(ids), np.iinfo(np.int32).min, dtype=np.int32)
    np.maximum.at(until, moments.person, moments.day)
    reader = EventReader(histories, wanted, until)
    bounds = np.linspace(0, len(ids), n_parts + 1).astype(np.int64)
    part_of = np.repeat(np.arange(n_parts, dtype=np.int32), np.diff(bounds))
    sorted_out = partial(_sorted_out, reader, part_of, n_parts, folder)
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
        if runs:
            events.arrays["person_id"] -= np.int32(start)  # numbered from the part's first
        people = pa.chunked_array([ids.slice(start, beyond - start)])
        timeline = timeline_of(reader.settle(events), wanted, people, scale, None, threads=1)
        return PartOfPeople(start, timeline)

    return [partial(made, part) for part in range(n_parts)]


Piece = dict[int, "list[Columns] | Path"]


def _sorted_out(
    reader: EventReader,
    part_of: npt.NDArray[np.int32],
    n_parts: int,
    folder: Path | None,
    piece: int,
) -> Piece:
    """Return the events of one piece by part, or the files in which they stand."""
    found: dict[int, list[Columns]] = {}
    files: dict[int, Path] = {}
    with ExitStack() as open_files:
        writers: dict[int, Any] = {}
        for columns in reader.batches(piece):
            for part, some in _by_part(columns, part_of, n_parts):
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
    columns: Columns, part_of: npt.NDArray[np.int32], n_parts: int
) -> Iterator[tuple[int, dict[str, npt.NDArray[Any]]]]:
    """Yield the rows of each part."""
    order, starts = parted(columns["person_id"], part_of, n_parts)
    ordered = {}
    for name, values in columns.items():
        ordered[name] = np.empty_like(values)
        gather(values, order, ordered[name])
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
