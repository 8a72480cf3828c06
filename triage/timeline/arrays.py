"""Columns of Arrow tables as the flat arrays that timelines are made of."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["codes_of", "days_of", "encoded_of", "numbers_of"]


def codes_of(
    values: pa.Array | pa.ChunkedArray, names: pa.Array | pa.ChunkedArray
) -> npt.NDArray[np.int32]:
    """Return the position of each value among the names, −1 where it is not one of them."""
    if isinstance(names, pa.ChunkedArray):
        names = names.combine_chunks()
    if pa.types.is_dictionary(values.type) and isinstance(values, pa.DictionaryArray):
        positions = np.append(codes_of(values.dictionary, names), -1)
        indices = values.indices
        places = (indices.fill_null(-1) if indices.null_count else indices).to_numpy()
        return np.asarray(positions[places], dtype=np.int32)
    return np.asarray(
        pc.fill_null(pc.index_in(_plain(values), value_set=names.cast(pa.string())), -1).to_numpy(),
        dtype=np.int32,
    )


def encoded_of(values: pa.ChunkedArray) -> tuple[npt.NDArray[np.int32], list[str]]:
    """Return a number for each different value, −1 where there is none, and the values."""
    encoded = pc.dictionary_encode(_plain(values).combine_chunks())
    codes = np.asarray(pc.fill_null(encoded.indices, -1).to_numpy(), dtype=np.int32)
    return codes, encoded.dictionary.to_pylist()


def _plain(values: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    return values if pa.types.is_string(values.type) else values.cast(pa.string())


def days_of(values: pa.ChunkedArray, missing: int) -> npt.NDArray[np.int32]:
    """Return dates as days since 1970-01-01, ``missing`` where there is none."""
    days = pc.fill_null(values.cast(pa.date32()).cast(pa.int32()), missing)
    return np.asarray(days.to_numpy(), dtype=np.int32)


def numbers_of(values: pa.ChunkedArray) -> npt.NDArray[np.float64]:
    """Return numbers as float64, NaN where there is none."""
    numbers = pc.fill_null(values.cast(pa.float64()), float("nan"))
    return np.asarray(numbers.to_numpy(), dtype=np.float64)
