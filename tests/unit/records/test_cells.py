"""Columns of any type as distinct texts."""

from __future__ import annotations

import datetime
import decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from triage.errors import ExtractError
from triage.records.cells import Cells, cells_of


def cells(array: pa.Array | pa.ChunkedArray, *, is_id: bool = False) -> Cells:
    chunked = array if isinstance(array, pa.ChunkedArray) else pa.chunked_array([array])
    return cells_of(chunked, name="COLUMN", shown="data/x.parquet", is_id=is_id)


def texts(column: Cells) -> list[str | None]:
    return [column.texts[code].as_py() if code >= 0 else None for code in column.codes.tolist()]


UTC = datetime.UTC
BIG = 2**40 + 1


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        (pa.array([BIG, None, 7]), [str(BIG), None, "7"]),
        (pa.array([2**64 - 1], pa.uint64()), ["18446744073709551615"]),
        (pa.array([1941.0, None, float("nan"), 1.5]), ["1941", None, None, "1.5"]),
        (pa.array(np.array([1.5, 2], "f4")), ["1.5", "2"]),
        (pa.array(np.array([1.5, 2], "f2")), ["1.5", "2"]),
        (pa.array([True, None, False]), ["true", None, "false"]),
        (pa.array([" a", "a ", "", " ", None]), ["a", "a", None, None, None]),
        (pa.array(["a", None], pa.large_string()), ["a", None]),
        (pa.array(["a", None], pa.string_view()), ["a", None]),
        (pa.array(["a", "b", "a"]).dictionary_encode(), ["a", "b", "a"]),
        (pa.array([3, None, 3]).dictionary_encode(), ["3", None, "3"]),
        (pa.array(pd.Series(["a", None, "b"], dtype="category")), ["a", None, "b"]),
        (pa.array(pd.Series(["a", None, "b"], dtype="str")), ["a", None, "b"]),
        (pa.array([None, None]), [None, None]),
        (pa.array([decimal.Decimal("100005.00"), decimal.Decimal("1.50")]), ["100005", "1.50"]),
        (pa.array([datetime.date(1960, 2, 29)]), ["1960-02-29"]),
        (pa.array([datetime.date(1960, 2, 29)], pa.date64()), ["1960-02-29"]),
        (pa.array([datetime.datetime(1960, 2, 29, 23, 59)], pa.timestamp("ns")), ["1960-02-29"]),
        (
            pa.array([datetime.datetime(2020, 7, 1, 23, 30, tzinfo=UTC)]).cast(
                pa.timestamp("us", "Europe/London")
            ),
            ["2020-07-02"],
        ),
        (pa.chunked_array([], pa.int64()), []),
        (
            pa.chunked_array(
                [pa.array(["a", "b"]).dictionary_encode(), pa.array(["c", "b"]).dictionary_encode()]
            ),
            ["a", "b", "c", "b"],
        ),
    ],
    ids=lambda value: str(getattr(value, "type", "")),
)
def test_every_plain_type_becomes_texts(
    array: pa.Array | pa.ChunkedArray, expected: list[str | None]
) -> None:
    column = cells(array)
    assert texts(column) == expected
    assert len(set(column.texts.to_pylist())) == len(column.texts)


def test_dates_are_remembered_as_dates() -> None:
    assert cells(pa.array([datetime.date(2020, 1, 1)])).dates
    assert not cells(pa.array(["2020-01-01"])).dates


@pytest.mark.parametrize(
    "array", [pa.array([[1]]), pa.array([b"x"]), pa.array([{"a": 1}])], ids=["list", "bytes", "map"]
)
def test_other_types_are_refused(array: pa.Array) -> None:
    with pytest.raises(ExtractError, match=r"column 'COLUMN': must hold texts, numbers, dates"):
        cells(array)


@pytest.mark.parametrize(("kind", "first_lost"), [(pa.float64(), 2.0**53), (pa.float32(), 2.0**24)])
def test_ids_that_lost_digits_as_floats_are_refused(kind: pa.DataType, first_lost: float) -> None:
    assert texts(cells(pa.array([first_lost - 1], kind), is_id=True)) == [str(int(first_lost) - 1)]
    assert len(cells(pa.array([first_lost], kind)).texts) == 1
    with pytest.raises(ExtractError, match="last digits are lost"):
        cells(pa.array([first_lost], kind), is_id=True)


def test_some_rows_have_their_own_texts_only() -> None:
    column = cells(pa.array(["a", None, "b", "a", "c"])).take(np.array([1, 4, 2, 4]))
    assert texts(column) == [None, "c", "b", "c"]
    assert sorted(column.texts.to_pylist()) == ["b", "c"]


def test_no_rows_have_no_texts() -> None:
    assert len(cells(pa.array(["a"])).take(np.array([], dtype=np.int64)).texts) == 0


def test_words_for_nothing_become_blank() -> None:
    assert texts(cells(pa.array(["a", "NULL", "b"])).blank_out(["NULL", "x"])) == ["a", None, "b"]
