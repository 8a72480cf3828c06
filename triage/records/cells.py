"""Cells: the columns of an extract as distinct texts, whatever kind of file they came from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from triage.errors import ExtractError, Problem, close_match

__all__ = ["Cells", "Extract", "Rows", "cells_of", "check_columns"]

Rows = npt.NDArray[np.int64]
"""Positions of rows in an extract, from 0."""

BLANK = np.int32(-1)
EXACT_BELOW = {16: 2.0**11, 32: 2.0**24, 64: 2.0**53}
"""From here on a float of so many bits no longer tells neighbouring whole numbers apart."""
SHOWN_COLUMNS = 20


@dataclass(frozen=True)
class Cells:
    """One column of an extract.

    Parameters
    ----------
    codes : ndarray of int32, shape (n_rows,)
        Which of the texts each row holds; −1 where the cell is blank.
    texts : pyarrow.StringArray
        Distinct texts, trimmed, none of them empty. Whole numbers have no decimal point; dates
        are in ISO form.
    dates : bool
        Whether the extract itself typed the column as dates, so that no format is needed.
    """

    codes: npt.NDArray[np.int32]
    texts: pa.StringArray
    dates: bool = False

    def take(self, rows: Rows) -> Cells:
        """Return the cells of some rows, with no other row's texts."""
        if len(rows) == len(self.codes):
            return self
        used, codes = np.unique(self.codes[rows], return_inverse=True)
        blanks = int(len(used) > 0 and used[0] == BLANK)
        texts = self.texts.take(pa.array(used[blanks:]))
        return Cells((codes - blanks).astype(np.int32), texts, self.dates)

    def blank_out(self, words: Collection[str]) -> Cells:
        """Return the cells with those that hold one of these words made blank."""
        if not words:
            return self
        blank = np.asarray(pc.is_in(self.texts, pa.array(list(words), pa.string())))
        codes = np.where(self.spread(blank, np.False_), BLANK, self.codes)
        return Cells(codes, self.texts, self.dates)

    def spread(self, values: npt.NDArray[Any], where_blank: Any) -> npt.NDArray[Any]:
        """Return each row's value, from one value for each distinct text.

        Parameters
        ----------
        values : ndarray, shape (n_texts,)
        where_blank : scalar
            The value of blank cells.
        """
        return np.append(values, np.array([where_blank], dtype=values.dtype))[self.codes]


@dataclass(frozen=True)
class Extract:
    """What was read of an extract.

    Parameters
    ----------
    shown : str
        How messages call the extract: its path, or the database without its password.
    cells : mapping of str to Cells
        The columns that were asked for.
    lines : ndarray of int64, shape (n_rows,)
        The physical line of the file on which each row begins, from 1; the row's number, from 1,
        where there are no lines.
    broken : sequence of (int, str)
        Line and reason of each row that cannot be laid out in columns at all.
    sha256 : str
        Of the file's bytes, or of a query and its sorted rows.
    warnings : tuple of str
    """

    shown: str
    cells: Mapping[str, Cells]
    lines: Rows
    sha256: str
    broken: Sequence[tuple[int, str]] = ()
    warnings: tuple[str, ...] = ()


def check_columns(
    there: Sequence[str], wanted: Iterable[str], *, shown: str, source_file: str, mend: str = ""
) -> None:
    """Raise unless an extract has every wanted column once.

    The names that are there are shown only where one of them is a wanted one: the first line of
    a file without a header would be somebody's record.

    Raises
    ------
    ExtractError
        With a diff of the columns.
    """
    wanted = list(dict.fromkeys(wanted))
    missing = [name for name in wanted if name not in there]
    if len(missing) == len(wanted):
        raise ExtractError(
            Problem(
                shown,
                f"must begin with a header that has the columns which {source_file} names",
                f"{len(there)} column(s), none of them called so",
                mend or "Check that this is the right extract and that its header was exported.",
            )
        )
    problems = [
        Problem(
            shown, f"each column must have a name of its own, and '{name}' stands {count} times"
        )
        for name, count in Counter(there).items()
        if count > 1 and name
    ]
    if missing:
        unused = [name for name in there if name not in wanted and name]
        more = f" and {len(unused) - SHOWN_COLUMNS} more" if len(unused) > SHOWN_COLUMNS else ""
        matches = (close_match(name, unused) for name in missing)
        hints = [
            f"'{name}': {match}" for name, match in zip(missing, matches, strict=True) if match
        ]
        problems.append(
            Problem(
                shown,
                f"must have the columns that {source_file} names (- missing, + there but unused)",
                " ".join([*(f"-{name}" for name in missing)])
                + "".join(f" +{name}" for name in unused[:SHOWN_COLUMNS])
                + more,
                " ".join([*hints, f"Correct {source_file}, or have the extract made again."]),
            )
        )
    if problems:
        raise ExtractError(problems)


def cells_of(array: pa.ChunkedArray, *, name: str, shown: str, is_id: bool = False) -> Cells:
    """Return a column of any plain type as cells.

    Parameters
    ----------
    array : pyarrow.ChunkedArray
    name, shown : str
        Column and extract, for messages.
    is_id : bool
        Whether the column holds ids, which must be exact.

    Raises
    ------
    ExtractError
        The column holds lists, structures or bytes, or ids as floats too large to be exact.
    """
    if pa.types.is_dictionary(array.type) and array.type.value_type != pa.string():
        array = array.cast(array.type.value_type)
    kind = array.type
    if not any(is_plain(kind) for is_plain in PLAIN):
        raise ExtractError(
            Problem(
                f"{shown}, column '{name}'",
                "must hold texts, numbers, dates or yes/no values",
                str(kind),
                "Have the extract made again, or leave the column out of the source file.",
            )
        )
    encoded = _one_array(_settled(array))
    if pa.types.is_floating(kind) and is_id and _inexact(encoded.dictionary, kind.bit_width):
        raise ExtractError(
            Problem(
                f"{shown}, column '{name}'",
                "holds ids as floating-point numbers so large that their last digits are lost",
                mend="Have the extract made again with ids as whole numbers or as text.",
            )
        )
    codes = encoded.indices.fill_null(BLANK).to_numpy(zero_copy_only=False).astype(np.int32)
    dates = pa.types.is_date(kind) or pa.types.is_timestamp(kind)
    return _distinct(codes, _texts(encoded.dictionary), dates=dates)


TEXTS = (
    pa.types.is_string,
    pa.types.is_large_string,
    pa.types.is_string_view,
    pa.types.is_null,
)
PLAIN = (
    pa.types.is_boolean,
    pa.types.is_integer,
    pa.types.is_floating,
    pa.types.is_decimal,
    pa.types.is_date,
    pa.types.is_timestamp,
    pa.types.is_dictionary,
    *TEXTS,
)


def _settled(array: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return the column with its blanks as nulls and its moments as days."""
    kind = array.type
    if pa.types.is_floating(kind):
        numbers = array.cast(pa.float64())
        return pc.if_else(pc.is_nan(numbers), pa.scalar(None, pa.float64()), numbers)
    if pa.types.is_timestamp(kind):
        local = pc.local_timestamp(array) if kind.tz else array
        return pc.floor_temporal(local, unit="day").cast(pa.date32())
    if pa.types.is_date64(kind):
        return array.cast(pa.date32())
    if any(is_text(kind) for is_text in TEXTS):
        return array.cast(pa.string())
    return array


def _one_array(array: pa.ChunkedArray) -> pa.DictionaryArray:
    encoded = array.unify_dictionaries().dictionary_encode()
    if encoded.num_chunks == 0:
        return pa.array([], encoded.type)
    return encoded.chunk(0) if encoded.num_chunks == 1 else encoded.combine_chunks()


def _inexact(values: pa.Array, bits: int) -> bool:
    return bool(pc.any(pc.greater_equal(pc.abs(values), EXACT_BELOW[bits])).as_py())


def _texts(values: pa.Array) -> pa.StringArray:
    """Return distinct values as texts: whole numbers without a decimal point."""
    texts = values.cast(pa.string())
    if pa.types.is_decimal(values.type):
        return pc.replace_substring_regex(texts, r"\.0+$", "")
    if pa.types.is_floating(values.type):
        whole = pc.and_(
            pc.equal(values, pc.floor(values)), pc.less(pc.abs(values), EXACT_BELOW[64])
        )
        numbers = pc.if_else(whole, values, 0).cast(pa.int64()).cast(pa.string())
        return pc.if_else(whole, numbers, texts)
    return texts


def _distinct(codes: npt.NDArray[np.int32], texts: pa.StringArray, *, dates: bool) -> Cells:
    """Trim the texts, join those that are the same now, and make the empty one blank."""
    trimmed = pc.utf8_trim_whitespace(texts)
    if trimmed.equals(texts) and not pc.any(pc.equal(texts, "")).as_py():
        return Cells(codes, texts, dates)
    full = pc.if_else(pc.equal(trimmed, ""), pa.scalar(None, pa.string()), trimmed)
    joined = full.dictionary_encode()
    new = joined.indices.fill_null(BLANK).to_numpy(zero_copy_only=False).astype(np.int32)
    return Cells(np.append(new, BLANK)[codes], joined.dictionary, dates)
