"""Ids as numbers: where each stands among others, and fingerprints that tell them apart.

Compiled, since a history has as many ids as events and each is looked up once. All that is
compiled in stands in this file, since compiled code is kept until its file changes.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["NOBODY", "Finder", "fingerprints"]

HALF = np.uint64(0xFFFFFFFF00000000)
"""The upper half of a hash, beside which a slot holds a number."""

NOBODY = 0
"""The fingerprint of a text that is not known."""

AT_ONCE = 256
"""Texts that are looked up at a time: what is touched for so many stays in the nearest cache."""

Texts = tuple[npt.NDArray[np.int32], npt.NDArray[np.uint8]]


class Finder:
    """Finds texts among others.

    Parameters
    ----------
    names : pyarrow.Array of string, shape (n,)
        All different, none missing.
    """

    def __init__(self, names: pa.Array) -> None:
        self._names = _parts(names)
        n_slots = 1 << max(2 * len(names) - 1, 1).bit_length()
        self._slots = np.zeros(n_slots, dtype=np.uint64)
        _fill(self._slots, *self._names)

    def positions(self, texts: pa.Array | pa.ChunkedArray) -> npt.NDArray[np.int32]:
        """Return where each text stands among the names, −1 where it does not.

        Parameters
        ----------
        texts : pyarrow.Array of string, shape (n,)
        """
        if isinstance(texts, pa.ChunkedArray):
            return np.concatenate([np.zeros(0, np.int32), *map(self.positions, texts.chunks)])
        found = np.empty(len(texts), dtype=np.int32)
        _find(self._slots, *self._names, *_parts(texts), found)
        if texts.null_count:
            found[_missing(texts)] = -1
        return found


def fingerprints(texts: pa.Array) -> npt.NDArray[np.uint64]:
    """Return 64 bits for each text, :data:`NOBODY` where it is missing.

    Two different texts have one fingerprint with a probability of 2⁻⁶⁴.

    Parameters
    ----------
    texts : pyarrow.Array of string, shape (n,)
    """
    made = np.empty(len(texts), dtype=np.uint64)
    _fingerprint(*_parts(texts), made)
    if texts.null_count:
        made[_missing(texts)] = NOBODY
    return made


def _parts(texts: pa.Array) -> Texts:
    """Return where each text ends in the bytes of all, and the bytes."""
    if not pa.types.is_string(texts.type):
        texts = texts.cast(pa.string())
    _, ends, data = texts.buffers()
    if not len(texts):
        ends = None
    return (
        np.zeros(1, np.int32)
        if ends is None
        else np.frombuffer(ends, np.int32, len(texts) + 1, 4 * texts.offset),
        np.zeros(0, np.uint8) if data is None else np.frombuffer(data, np.uint8),
    )


def _missing(texts: pa.Array) -> npt.NDArray[np.int64]:
    return np.flatnonzero(pc.is_null(texts).to_numpy(zero_copy_only=False))


@numba.njit(cache=True, nogil=True)
def _hash(data: Any, start: int, end: int) -> Any:
    """FNV-1a with the finish of MurmurHash3, both in the public domain."""
    number = np.uint64(0xCBF29CE484222325)
    for place in range(start, end):
        number = (number ^ np.uint64(data[place])) * np.uint64(0x100000001B3)
    number = (number ^ (number >> np.uint64(33))) * np.uint64(0xFF51AFD7ED558CCD)
    number = (number ^ (number >> np.uint64(33))) * np.uint64(0xC4CEB9FE1A85EC53)
    return number ^ (number >> np.uint64(33))


@numba.njit(cache=True, nogil=True)
def _same(data: Any, start: int, end: int, others: Any, other_start: int, other_end: int) -> bool:
    if end - start != other_end - other_start:
        return False
    for place in range(end - start):  # noqa: SIM110 - compiled
        if data[start + place] != others[other_start + place]:
            return False
    return True


@numba.njit(cache=True, nogil=True)
def _fill(slots: Any, ends: Any, data: Any) -> None:
    """Put each name into a slot: half of its hash, and its number from 1; 0 is an empty slot."""
    beyond = len(slots) - 1
    for name in range(len(ends) - 1):
        number = _hash(data, ends[name], ends[name + 1])
        slot = np.int64(number & np.uint64(beyond))
        while slots[slot] != 0:
            slot = (slot + 1) & beyond
        slots[slot] = (number & HALF) | np.uint64(name + 1)


@numba.njit(cache=True, nogil=True)
def _find(slots: Any, name_ends: Any, names: Any, ends: Any, data: Any, found: Any) -> Any:
    """Look up each text, some at a time: all first touch what they will need of the memory.

    Touching is plain loads, none of which has to wait for another one of its kind; what was touched
    is returned, lest it be left out.
    """
    beyond, touched = len(slots) - 1, np.uint64(0)
    numbers, names_there = np.empty(AT_ONCE, np.uint64), np.empty(AT_ONCE, np.int64)
    for first in range(0, len(found), AT_ONCE):
        some = min(AT_ONCE, len(found) - first)
        for text in range(some):
            numbers[text] = _hash(data, ends[first + text], ends[first + text + 1])
        for text in range(some):
            names_there[text] = np.int64(slots[numbers[text] & np.uint64(beyond)] & ~HALF)
        for text in range(some if len(names) else 0):
            touched += np.uint64(names[max(name_ends[names_there[text]] - 1, 0)])
        for text in range(some):
            here, slot = first + text, np.int64(numbers[text] & np.uint64(beyond))
            while True:
                slot = _next_slot(slots, numbers[text], slot)
                name = np.int32(slots[slot] & ~HALF) - 1
                if name < 0 or _same(
                    data, ends[here], ends[here + 1], names, name_ends[name], name_ends[name + 1]
                ):
                    break
                slot = (slot + 1) & beyond
            found[here] = name
    return touched


@numba.njit(cache=True, nogil=True)
def _next_slot(slots: Any, number: Any, slot: Any) -> Any:
    """Return the first slot from here on that is empty, or whose name may have this hash."""
    while slots[slot] != 0 and (slots[slot] ^ number) & HALF != 0:
        slot = (slot + 1) & (len(slots) - 1)
    return slot


@numba.njit(cache=True, nogil=True)
def _fingerprint(ends: Any, data: Any, made: Any) -> None:
    for text in range(len(ends) - 1):
        number = _hash(data, ends[text], ends[text + 1])
        made[text] = number if number != np.uint64(NOBODY) else np.uint64(1)
