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
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

__all__ = ["NOBODY", "Finder", "fingerprints"]

EMPTY = np.uint8(0)
"""The mark of a slot that holds no name."""

MARK = np.uint64(56)
"""Where those bits of a hash begin that mark a slot: few names but the right one are compared."""

NOBODY = 0
"""The fingerprint of a text that is not known."""

AT_ONCE = 256
"""Texts that are looked up at a time: what is touched for so many stays in the nearest cache."""

UPPER, LOWER = np.uint64(32), np.uint64(0xFFFFFFFF)
"""The halves of a number: a name's length stands in the upper one, its number in the lower."""

BYTES = 8
"""Bytes of a text that are read at a time."""

MIX = np.uint64(0x9E3779B97F4A7C15)
"""The bits of the golden ratio, in which ones and zeros lie without any order."""

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
        self._table = np.full(n_slots, EMPTY, np.uint8), np.empty((n_slots, 2), np.uint64)
        _fill(*self._table, *self._names)

    def positions(self, texts: pa.Array | pa.ChunkedArray) -> npt.NDArray[np.int32]:
        """Return where each text stands among the names, −1 where it does not.

        Parameters
        ----------
        texts : pyarrow.Array of string, shape (n,)
        """
        if isinstance(texts, pa.ChunkedArray):
            return np.concatenate([np.zeros(0, np.int32), *map(self.positions, texts.chunks)])
        found = np.empty(len(texts), dtype=np.int32)
        _find(*self._table, *self._names, *_parts(texts), found)
        if texts.null_count:
            found[_missing(texts)] = -1
        return found


def fingerprints(
    texts: pa.Array, some: npt.NDArray[np.int32] | None = None
) -> npt.NDArray[np.uint64]:
    """Return 64 bits for each text, :data:`NOBODY` where it is missing.

    Two different texts have one fingerprint with a probability of 2⁻⁶⁴.

    Parameters
    ----------
    texts : pyarrow.Array of string, shape (n_texts,)
    some : ndarray of int32, shape (n,), optional
        Which of them; by default, all.
    """
    if some is None:
        some = np.arange(len(texts), dtype=np.int32)
    made = np.empty(len(some), dtype=np.uint64)
    _fingerprint(*_parts(texts), some, made)
    if texts.null_count:
        made[_missing(texts)[some]] = NOBODY
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


def _missing(texts: pa.Array) -> npt.NDArray[np.bool_]:
    return np.asarray(pc.is_null(texts).to_numpy(zero_copy_only=False))


def _loaded(width: int) -> Any:
    """Return what reads an unsigned number of so many bits at an address."""

    @intrinsic
    def at(_: Any, address: Any) -> Any:  # noqa: ARG001 - numba wants a name
        def reads(_: Any, builder: Any, __: Any, addresses: Any) -> Any:
            number = ir.IntType(width)
            there = builder.inttoptr(addresses[0], number.as_pointer())
            return builder.zext(builder.load(there, align=1), ir.IntType(64))

        return types.uint64(types.int64), reads

    return at


_word, _byte = _loaded(64), _loaded(8)


# What is compiled below is given the addresses of texts and not the arrays that they lie in: to
# hand an array on, at every text, takes longer than all else that is done with the text.


@numba.njit(cache=True, nogil=True)
def _end_of(text: Any, length: Any) -> Any:
    """Return the last eight bytes of a text as a number, of a shorter one all bytes."""
    if length >= BYTES:
        return _word(text + length - BYTES)
    number = np.uint64(0)
    for place in range(length):
        number = (number << np.uint64(8)) | _byte(text + place)
    return number


@numba.njit(cache=True, nogil=True)
def _hash(text: Any, length: Any) -> Any:
    number = np.uint64(length) * MIX
    for place in range(0, length - BYTES, BYTES):
        number = (number ^ _word(text + place)) * MIX
        number ^= number >> np.uint64(32)
    number = (number ^ _end_of(text, length)) * MIX
    number = (number ^ (number >> np.uint64(32))) * MIX
    return number ^ (number >> np.uint64(29))


@numba.njit(cache=True, nogil=True)
def _same_start(text: Any, other: Any, length: Any) -> Any:
    """Return whether all but the last eight bytes are the same."""
    same = True
    for place in range(0, length - BYTES, BYTES):
        same &= _word(text + place) == _word(other + place)
    return same


@numba.njit(cache=True, nogil=True)
def _fill(marks: Any, slots: Any, ends: Any, data: Any) -> None:
    """Put each name into a slot, and eight bits of its hash into the slot's mark.

    A slot holds the last eight bytes of the name, its length and its number.
    """
    beyond, names = len(slots) - 1, data.ctypes.data
    for name in range(len(ends) - 1):
        there, length = names + ends[name], np.int64(ends[name + 1] - ends[name])
        number = _hash(there, length)
        slot = np.int64(number & np.uint64(beyond))
        while marks[slot] != EMPTY:
            slot = (slot + 1) & beyond
        marks[slot] = np.uint8(number >> MARK) | np.uint8(1)
        slots[slot, 0] = _end_of(there, length)
        slots[slot, 1] = (np.uint64(length) << UPPER) | np.uint64(name)


@numba.njit(cache=True, nogil=True)
def _find(  # noqa: C901 - one walk, told in order
    marks: Any, slots: Any, name_ends: Any, names: Any, ends: Any, data: Any, found: Any
) -> Any:
    """Look up each text, some at a time: all first touch what they will need of the memory.

    Touching is plain loads, none of which has to wait for another one of its kind; what was touched
    is returned, lest it be left out. A text whose mark is that of another name goes on to the next
    slot with the texts that are still open.
    """
    beyond, touched = len(slots) - 1, np.uint64(0)
    texts, names_there = data.ctypes.data, names.ctypes.data
    are_long = name_ends[-1] - name_ends[0] > BYTES * (len(name_ends) - 1)
    places, mark = np.empty(AT_ONCE, np.int64), np.empty(AT_ONCE, np.uint8)
    still_open = np.empty(AT_ONCE, np.int64)
    for first in range(0, len(found), AT_ONCE):
        n_open = min(AT_ONCE, len(found) - first)
        for text in range(n_open):
            start, end = ends[first + text], ends[first + text + 1]
            number = _hash(texts + start, np.int64(end - start))
            places[text] = np.int64(number & np.uint64(beyond))
            mark[text] = np.uint8(number >> MARK) | np.uint8(1)
            still_open[text], found[first + text] = text, -1
        for text in range(n_open):
            touched += np.uint64(marks[places[text]])
        while n_open:
            n_maybe = 0
            for place in range(n_open):
                text = still_open[place]
                slot = places[text]
                while marks[slot] not in (EMPTY, mark[text]):
                    slot = (slot + 1) & beyond
                places[text], still_open[n_maybe] = slot, text
                n_maybe += marks[slot] != EMPTY
            for place in range(n_maybe):
                touched += slots[places[still_open[place]], 0]
            for place in range(n_maybe if are_long else 0):
                name = np.int64(slots[places[still_open[place]], 1] & LOWER)
                touched += np.uint64(name_ends[name])
            for place in range(n_maybe if are_long else 0):
                name = np.int64(slots[places[still_open[place]], 1] & LOWER)
                touched += np.uint64(names[min(name_ends[name], len(names) - 1)])
            n_open = 0
            for place in range(n_maybe):
                text = still_open[place]
                start, slot = ends[first + text], places[text]
                length = np.int64(ends[first + text + 1] - start)
                name = np.int64(slots[slot, 1] & LOWER)
                same = (slots[slot, 1] >> UPPER == np.uint64(length)) & (
                    slots[slot, 0] == _end_of(texts + start, length)
                )
                if same and length > BYTES:
                    same = _same_start(texts + start, names_there + name_ends[name], length)
                if same:
                    found[first + text] = name
                else:
                    places[text], still_open[n_open] = (slot + 1) & beyond, text
                    n_open += 1
    return touched


@numba.njit(cache=True, nogil=True)
def _fingerprint(ends: Any, data: Any, some: Any, made: Any) -> None:
    texts = data.ctypes.data
    for place in range(len(some)):
        start, end = ends[some[place]], ends[some[place] + 1]
        number = _hash(texts + start, np.int64(end - start))
        made[place] = number if number != np.uint64(NOBODY) else np.uint64(1)
