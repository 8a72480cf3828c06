"""Putting different texts in order, as numbers made of the bytes in which they differ."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from triage.records.cells import Rows

__all__ = ["order_of"]

FIRST_BYTES, MORE_BYTES = 8, 4


def order_of(texts: pa.StringArray) -> Rows:
    """Return the positions of the texts in the order of their bytes.

    Ids mostly begin alike and differ in the next few bytes. These are sorted as one number, and
    further bytes only where some texts are still alike: several times as fast as text by text.

    Parameters
    ----------
    texts : pyarrow.StringArray, shape (n,)
        All different, none missing.

    Returns
    -------
    ndarray of int64, shape (n,)

    Examples
    --------
    >>> order_of(pa.array(["C20", "C1", "C100"])).tolist()
    [1, 2, 0]
    """
    if len(texts) < 2:
        return np.arange(len(texts))
    first = _alike(texts)
    keys, next_byte = _numbers(texts, first, FIRST_BYTES), first + FIRST_BYTES
    last = max(next_byte, pc.max(pc.binary_length(texts)).as_py())
    for more in range(next_byte, last + MORE_BYTES, MORE_BYTES):
        order = np.argsort(keys)
        different = np.diff(keys[order]) > 0
        if different.all():
            return order
        keys[order] = np.append(0, np.cumsum(different))
        keys = (keys << np.uint64(8 * MORE_BYTES)) | _numbers(texts, more, MORE_BYTES)
    by_text: Rows = pc.sort_indices(texts).to_numpy().astype(np.int64)
    return by_text  # where only zero bytes at their ends tell some apart


def _alike(texts: pa.StringArray) -> int:
    """Return with how many bytes all texts begin alike."""
    ends = pc.min_max(texts)
    first, last = ends["min"].as_py().encode(), ends["max"].as_py().encode()
    pairs = enumerate(zip(first, last, strict=False))
    return next((place for place, (one, other) in pairs if one != other), len(first))


def _numbers(texts: pa.StringArray, first: int, n_bytes: int) -> npt.NDArray[np.uint64]:
    """Return the bytes from one place on as numbers, with 0 for those beyond a text's end."""
    _, ends, data = texts.buffers()
    marks = np.frombuffer(data, dtype=np.uint8)
    starts = np.frombuffer(ends, dtype=np.int32)[texts.offset : texts.offset + len(texts) + 1]
    lengths = np.diff(starts)
    numbers = np.zeros(len(texts), dtype=np.uint64)
    for place in range(first, first + n_bytes):
        numbers <<= np.uint64(8)
        numbers |= np.where(place < lengths, marks.take(starts[:-1] + place, mode="clip"), 0)
    return numbers
