"""Reading a Parquet extract, whose columns bring their own types."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from triage.errors import ExtractError, Problem
from triage.records.cells import Extract, cells_of, check_columns

__all__ = ["read_parquet_file"]


def read_parquet_file(
    path: Path, wanted: Sequence[str], ids: Collection[str], *, shown: str, source_file: str
) -> Extract:
    """Return the wanted columns of a Parquet file.

    Parameters
    ----------
    path : Path
    wanted : sequence of str
        Columns of the extract.
    ids : collection of str
        Those of them that hold ids.
    shown, source_file : str
        How messages call the extract and the source file.

    Raises
    ------
    ExtractError
        The file is empty, no whole Parquet file, or has no rows or no such columns.
    """
    raw = path.read_bytes()
    if not raw:
        raise ExtractError(
            Problem(shown, "must be a Parquet file", "an empty file", "Have it exported again.")
        )
    try:
        file = pq.ParquetFile(pa.BufferReader(raw))
        check_columns(file.schema_arrow.names, wanted, shown=shown, source_file=source_file)
        table = file.read(columns=list(wanted))
    except (pa.ArrowException, OSError):
        raise ExtractError(
            Problem(
                shown,
                "must be a whole Parquet file",
                "a broken one, or another kind of file",
                "Have it exported or copied again.",
            )
        ) from None
    if not table.num_rows:
        raise ExtractError(
            Problem(shown, "must hold rows", "columns without rows", "Have it exported again.")
        )
    return Extract(
        shown=shown,
        cells={
            name: cells_of(table.column(name), name=name, shown=shown, is_id=name in ids)
            for name in wanted
        },
        lines=np.arange(1, table.num_rows + 1),
        sha256=hashlib.sha256(raw).hexdigest(),
    )
