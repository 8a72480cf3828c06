"""Timelines of some people at a time, for histories that do not fit into memory."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from triage.harm import Scale
from triage.records import StoredHistories
from triage.timeline.events import WHEN_ABSENT, EventArrays, EventReader, Wanted
from triage.timeline.timelines import PartOfPeople, timeline_of

__all__ = ["timelines_in_parts"]


def timelines_in_parts(
    histories: StoredHistories,
    scale: Scale,
    *,
    fields: Collection[str],
    fingerprinted: Collection[str],
    n_parts: int,
    folder: Path,
    threads: int,
) -> Iterator[PartOfPeople]:
    """Yield the timelines of all people, some people at a time.

    Parameters
    ----------
    histories : StoredHistories
    scale : Scale
    fields, fingerprinted : collection of str
        See :func:`triage.timeline.build_timeline`.
    n_parts : int
        In how many parts; memory holds the events of one.
    folder : Path
        An empty folder that nobody else may read. The events are sorted into files there, without
        the ids of people, events or victims; each part is removed once it was read.
    threads : int

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
    with ThreadPoolExecutor(max_workers=threads) as pool:
        work = range(len(reader.pieces))
        rows = list(pool.map(lambda piece: _sorted_out(reader, piece, bounds, folder), work))
    for part, n_events in enumerate(np.asarray(rows, dtype=np.int64).sum(axis=0).tolist()):
        events = reader.settle(_read_back(folder, part, n_events, len(reader.pieces)))
        first, beyond = bounds[part : part + 2].tolist()
        people = pa.chunked_array([ids.slice(first, beyond - first)])
        yield PartOfPeople(first, timeline_of(events, wanted, people, scale, None, threads))


def _file(folder: Path, part: int, piece: int) -> Path:
    return folder / f"{part}-{piece}.arrow"


def _sorted_out(
    reader: EventReader, piece: int, bounds: npt.NDArray[np.int64], folder: Path
) -> list[int]:
    """Write the events of one piece to a file a part; return how many each holds."""
    n_parts = len(bounds) - 1
    writers: list[Any] = [None] * n_parts
    counts = [0] * n_parts
    try:
        for columns in reader.batches(piece):
            columns = _all_there(columns)
            person = columns["person_id"]
            its_part = np.searchsorted(bounds, person, side="right") - 1
            columns["person_id"] = person - bounds[its_part].astype(np.int32)
            order = np.argsort(its_part, kind="stable")
            starts = np.searchsorted(its_part[order], np.arange(n_parts + 1))
            for part in np.flatnonzero(np.diff(starts)).tolist():
                some = order[starts[part] : starts[part + 1]]
                rows = pa.RecordBatch.from_pydict(
                    {name: values[some] for name, values in columns.items()}
                )
                if writers[part] is None:
                    writers[part] = pa.ipc.new_file(_file(folder, part, piece), rows.schema)
                writers[part].write_batch(rows)
                counts[part] += len(rows)
    finally:
        for writer in writers:
            if writer is not None:
                writer.close()
    return counts


def _all_there(columns: dict[str, npt.NDArray[Any]]) -> dict[str, npt.NDArray[Any]]:
    """Return columns with those that may be absent filled in: every batch has the same."""
    n_rows = len(columns["person_id"])
    absent = {name: np.full(n_rows, value) for name, value in WHEN_ABSENT.items()}
    absent["replaced"] = absent["replaced"].astype(np.int32)
    absent["ended_on"] = absent["ended_on"].astype(np.int32)
    return absent | columns


def _read_back(folder: Path, part: int, n_events: int, n_pieces: int) -> EventArrays:
    made, first = EventArrays(n_events), 0
    for piece in range(n_pieces):
        path = _file(folder, part, piece)
        if not path.exists():
            continue
        with pa.memory_map(str(path)) as file:
            reader = pa.ipc.open_file(file)
            for number in range(reader.num_record_batches):
                rows = reader.get_batch(number)
                made.put(
                    first,
                    {name: rows[name].to_numpy(zero_copy_only=False) for name in rows.schema.names},
                )
                first += len(rows)
        path.unlink()
    return made
