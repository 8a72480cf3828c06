"""Events as flat arrays, read piece by piece in the order in which they are stored."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from triage.records import (
    NEVER,
    CaseHistories,
    EventBatch,
    Finder,
    StoredHistories,
    Vocabulary,
    fingerprints,
)
from triage.timeline.arranging import usable_until
from triage.timeline.arrays import codes_of, days_of, numbers_of

__all__ = ["WHEN_ABSENT", "EventArrays", "EventReader", "Wanted", "read_events"]

Array = npt.NDArray[Any]

WHEN_ABSENT: Mapping[str, Any] = {
    "replaced": np.int32(NEVER),
    "ended_on": np.int32(NEVER),
    "withdrawn": np.False_,
}
"""Columns that most histories leave empty, and what stands in them then."""


@dataclass(frozen=True)
class Wanted:
    """What is to be read of events.

    Parameters
    ----------
    vocabulary : Vocabulary
    columns : collection of str
        Columns whose values are told apart.
    fingerprinted : collection of str
        Columns of which no more is asked than how many different values there are.
    """

    vocabulary: Vocabulary
    columns: Collection[str]
    fingerprinted: Collection[str]

    @property
    def told(self) -> list[str]:
        """The columns of the table of events whose values are told apart."""
        return sorted({"harm_class" if name == "harm_days" else name for name in self.columns})

    @property
    def stored(self) -> list[str]:
        """The columns of the table of events that this takes."""
        always = {"person_id", "happened_on", "known_on", "ended_on", "withdrawn"}
        return sorted(always.union(self.told, self.fingerprinted))


@dataclass
class EventArrays:
    """Columns of n_events events, each a flat array.

    Parameters
    ----------
    n_events : int
    arrays : dict of str to ndarray
        ``person_id``: the person's position, int32. ``happened_on``, ``known_on``, ``ended_on``,
        ``replaced``: days since 1970-01-01, int32. ``withdrawn``: bool, also where an event is of
        nobody among the people. Columns of answers are
        int8, of numbers float64, of names codes (−1 where unknown), of fingerprints uint64.
        A column of :data:`WHEN_ABSENT` that says nothing is missing.
    texts : dict of str to sequence of str
        The names that codes of texts stand for.
    """

    n_events: int
    arrays: dict[str, Array] = field(default_factory=dict)
    texts: dict[str, Sequence[str]] = field(default_factory=dict)

    def put(self, first: int, columns: Mapping[str, Array]) -> None:
        """Set the rows from ``first`` on."""
        for name, values in columns.items():
            if name not in self.arrays:
                # Two threads may both come here: setdefault lets one of them win.
                self.arrays.setdefault(name, self._new(name, values.dtype))
            self.arrays[name][first : first + len(values)] = values

    def _new(self, name: str, dtype: npt.DTypeLike) -> Array:
        if name in WHEN_ABSENT:
            return np.full(self.n_events, WHEN_ABSENT[name], dtype)
        return np.empty(self.n_events, dtype)


class EventReader:
    """Reads events piece by piece, each piece by itself.

    Parameters
    ----------
    histories : CaseHistories or StoredHistories
    wanted : Wanted
    until : ndarray of int32, shape (n_people,), optional
        The last day on which each person is asked about, in days since 1970-01-01. Events that had
        not happened or were not known before it are left out; by default, none is.
    """

    def __init__(
        self,
        histories: CaseHistories | StoredHistories,
        wanted: Wanted,
        until: npt.NDArray[np.int32] | None = None,
    ) -> None:
        self.pieces = histories.event_pieces(wanted.stored)
        self._wanted = wanted
        self._until = until
        self._finder = Finder(histories.people["person_id"].combine_chunks())
        kinds = wanted.vocabulary.event_fields()
        self._texts = {name: _Texts() for name in wanted.columns if kinds[name] == "text"}

    @property
    def n_events(self) -> int:
        """How many events there are."""
        return sum(piece.n_rows for piece in self.pieces)

    def batches(self, piece: int) -> Iterator[dict[str, Array]]:
        """Yield the columns of the events of one piece, a few rows at a time.

        Raises
        ------
        ExtractError
            Stored events are not what they have to be.
        UnsortedError
            The events are not in their order.
        """
        for number, batch in enumerate(self.pieces[piece].batches()):
            placed, rows, kept = _placed(batch, self._finder), batch.rows, None
            if self._until is None:
                placed |= _left_out(placed["person_id"])
            else:
                needed = placed["person_id"], placed["happened_on"], placed["known_on"]
                kept = usable_until(*needed, self._until)
                placed = {name: values[kept] for name, values in placed.items()}
                rows = rows.select(self._wanted.told).take(pa.array(kept))
            yield {
                **placed,
                **{
                    name: fingerprints(_plain(batch.rows[name]), kept)
                    for name in self._wanted.fingerprinted
                },
                **dict(_told(rows, self._wanted)),
                **{
                    name: text.numbered((piece, number), rows[name])
                    for name, text in self._texts.items()
                },
            }

    def settle(self, events: EventArrays) -> EventArrays:
        """Give texts their final numbers, in place, once every piece was read."""
        for name, text in self._texts.items():
            events.texts[name], number_of = text.settled()
            if name in events.arrays:
                events.arrays[name] = number_of[events.arrays[name]]
        return events


def read_events(
    histories: CaseHistories | StoredHistories, wanted: Wanted, threads: int
) -> EventArrays:
    """Return all events in the order in which they are stored.

    Parameters
    ----------
    histories : CaseHistories or StoredHistories
    wanted : Wanted
    threads : int

    Raises
    ------
    ExtractError, UnsortedError
        See :meth:`EventReader.batches`.
    """
    reader = EventReader(histories, wanted)
    firsts = np.cumsum([0, *(piece.n_rows for piece in reader.pieces)]).tolist()
    made = EventArrays(firsts[-1])

    def read(piece: int) -> None:
        first = firsts[piece]
        for columns in reader.batches(piece):
            made.put(first, columns)
            first += len(columns["person_id"])

    with ThreadPoolExecutor(max_workers=threads) as pool:
        list(pool.map(read, range(len(reader.pieces))))
    return reader.settle(made)


def _placed(batch: EventBatch, finder: Finder) -> dict[str, Array]:
    """Return whose the events of a batch are and when they were; −1 is nobody's, or withdrawn."""
    rows = batch.rows
    placed = {
        "person_id": finder.positions(_plain(rows["person_id"])),
        "happened_on": days_of(rows["happened_on"], NEVER),
        "known_on": days_of(rows["known_on"], NEVER),
    }
    if rows["ended_on"].null_count < len(rows):
        placed["ended_on"] = days_of(rows["ended_on"], NEVER)
    if batch.replaced is not None:
        placed["replaced"] = batch.replaced
    if pc.any(rows["withdrawn"]).as_py():
        placed["person_id"][rows["withdrawn"].to_numpy(zero_copy_only=False)] = -1
    return placed


def _left_out(person: Array) -> dict[str, Array]:
    """Return what says that some events are nobody's, where any is."""
    nobody = person < 0
    if not nobody.any():
        return {}
    return {"person_id": np.where(nobody, 0, person).astype(np.int32), "withdrawn": nobody}


def _told(rows: pa.RecordBatch, wanted: Wanted) -> Iterator[tuple[str, Array]]:
    """Yield what is told of events, texts left out."""
    kinds = wanted.vocabulary.event_fields()
    for name in wanted.told:
        kind = kinds[name]
        if kind == "answer":
            yield name, rows[name].to_numpy()
        elif kind == "number":
            yield name, numbers_of(rows[name])
        elif not isinstance(kind, str):
            yield name, codes_of(rows[name], pa.array(kind, pa.string())).astype(_small(kind))


def _small(names: Sequence[str]) -> npt.DTypeLike:
    return np.int8 if len(names) < np.iinfo(np.int8).max else np.int32


def _plain(texts: pa.Array) -> pa.Array:
    return texts.cast(pa.string()) if pa.types.is_dictionary(texts.type) else texts


class Names(Sequence[str]):
    """Texts in an Arrow array, which takes a tenth of the memory of a list of them.

    Parameters
    ----------
    texts : pyarrow.Array of string, shape (n,)
    """

    def __init__(self, texts: pa.Array) -> None:
        self._texts = texts

    def __len__(self) -> int:
        return len(self._texts)

    def __getitem__(self, place: Any) -> Any:
        if isinstance(place, slice):
            return self._texts[place].to_pylist()
        return self._texts[int(place)].as_py()

    def __iter__(self) -> Iterator[str]:
        return iter(self._texts.to_pylist())

    def __arrow_array__(self, type: pa.DataType | None = None) -> pa.Array:  # noqa: A002 - Arrow's
        """Return the texts as Arrow asks for them."""
        return self._texts if type is None else self._texts.cast(type)


class _Texts:
    """Numbers the texts of a column as they come, and in one order of pieces at the end."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._given: dict[tuple[int, int], tuple[int, pa.Array]] = {}
        self._n_given = 0
        self._settled: tuple[Names, npt.NDArray[np.int32]] | None = None

    def numbered(self, batch: tuple[int, int], texts: pa.Array) -> npt.NDArray[np.int32]:
        """Return a number for each text, −1 where it is missing; batches share no numbers."""
        if not pa.types.is_dictionary(texts.type):
            texts = pc.dictionary_encode(texts)
        different = texts.dictionary.cast(pa.string())
        with self._lock:
            first, self._n_given = self._n_given, self._n_given + len(different)
            self._given[batch] = first, different
        places = texts.indices.fill_null(-1 - first) if texts.null_count else texts.indices
        return np.asarray(places.to_numpy() + first, dtype=np.int32)

    def settled(self) -> tuple[Names, npt.NDArray[np.int32]]:
        """Return all texts, and for each number that was given its place among them."""
        with self._lock:
            if self._settled is None:
                self._settled = self._settle()
            return self._settled

    def _settle(self) -> tuple[Names, npt.NDArray[np.int32]]:
        given = [self._given[batch] for batch in sorted(self._given)]
        final = np.full(self._n_given + 1, -1, dtype=np.int32)
        texts = pa.chunked_array([texts for _, texts in given], pa.string())
        encoded = texts.combine_chunks().dictionary_encode()
        places, start = encoded.indices.to_numpy(), 0
        for first, some in given:
            final[first : first + len(some)] = places[start : start + len(some)]
            start += len(some)
        self._given.clear()
        return Names(encoded.dictionary), final
