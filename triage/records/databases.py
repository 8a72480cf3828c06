"""Reading an extract as a query on a database, which is only ever read."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy
from sqlalchemy.engine import URL

from triage.errors import ConfigurationError, ExtractError, Problem
from triage.records.cells import Cells, Extract, cells_of, check_columns

__all__ = ["read_query"]

SHOWN_STATES = ("42", "3D", "28", "25")
"""SQLSTATE classes whose messages name tables, columns and permissions, but never a cell."""
SHOWN_SQLITE = ("no such ", "near ", "attempt to write", "ambiguous column", "incomplete input")
"""Beginnings of SQLite's messages that are of the query, not of a cell."""
ROWS_AT_ONCE = 50_000
"""So many rows are held as objects at a time, which take many times the room of their values."""
CELL_END, ROW_END, BLANK = "\x1f", "\x1e", "\x00"


def read_query(
    url: str,
    query: str,
    wanted: Sequence[str],
    ids: Collection[str],
    *,
    root: Path,
    source_file: str,
) -> Extract:
    """Return the wanted columns of a query's rows.

    The order of the rows is the database's own; the hash is of the sorted rows. Moments become
    days in the time zone in which the database gives them.

    Parameters
    ----------
    url : str
        A SQLAlchemy URL. A relative SQLite file is looked for from ``root``.
    query : str
        Run as it stands, in a transaction that may only read where the database has one.
    wanted : sequence of str
        Columns of the query.
    ids : collection of str
        Those of them that hold ids.
    root : Path
        The workspace's folder.
    source_file : str
        How messages call the source file.

    Raises
    ------
    ConfigurationError
        The URL is none, or its driver is not installed.
    ExtractError
        The database cannot be reached, refuses the query, or gives no rows or no such columns.
        No message holds the password or a cell.
    """
    address = _address(url, root, source_file)
    shown = _label(address, root)
    columns = _run(address, query, wanted, shown, source_file)
    if not columns:
        raise ExtractError(
            Problem(shown, f"must give rows to the query of {source_file}", "none", "Check it.")
        )
    cells = {
        name: cells_of(column, name=name, shown=shown, is_id=name in ids)
        for name, column in zip(wanted, columns, strict=True)
    }
    n_rows = len(columns[0])
    return Extract(shown=shown, cells=cells, lines=np.arange(1, n_rows + 1), sha256=_hash(cells))


def _address(url: str, root: Path, source_file: str) -> URL:
    try:
        address = sqlalchemy.make_url(url)
    except sqlalchemy.exc.ArgumentError:
        raise ConfigurationError(
            Problem(
                source_file,
                "must be given a SQLAlchemy URL",
                "something else",
                "For instance sqlite:///data/x.db or postgresql://user@host/name.",
            )
        ) from None
    if address.drivername == "postgresql":
        return address.set(drivername="postgresql+psycopg")
    if address.get_backend_name() != "sqlite":
        return address
    path = root / (address.database or "")
    if not path.is_file():
        raise ExtractError(
            Problem(
                address.database or "sqlite://",
                "must be an SQLite file",
                "nothing there",
                f"Check 'url' in {source_file}; it is looked for from the workspace's folder.",
            )
        )
    return address.set(
        database=f"file:{quote(str(path.resolve()))}", query={"mode": "ro", "uri": "true"}
    )


def _label(address: URL, root: Path) -> str:
    if address.get_backend_name() == "sqlite":
        path = Path(unquote(str(address.database).removeprefix("file:")))
        return os.path.relpath(path, root.resolve())
    where = f" on {address.host}" if address.host else ""
    return f"the {address.get_backend_name()} database '{address.database}'{where}"


def _run(
    address: URL, query: str, wanted: Sequence[str], shown: str, source_file: str
) -> list[pa.ChunkedArray]:
    """Return the wanted columns of a query's rows; none at all where it gives no rows."""
    try:
        engine = sqlalchemy.create_engine(address, poolclass=sqlalchemy.pool.NullPool)
    except (sqlalchemy.exc.NoSuchModuleError, ImportError):
        raise ConfigurationError(
            Problem(
                source_file,
                f"needs the driver of '{address.drivername}', which is not installed",
                mend="For PostgreSQL: pip install 'referral-triage[postgresql]'.",
            )
        ) from None
    try:
        connection = engine.connect()
    except sqlalchemy.exc.SQLAlchemyError as error:
        raise ExtractError(
            Problem(
                shown,
                "must be reached",
                _kind(error),
                "Check that the database runs, and the URL's host, port, name and password.",
            )
        ) from None
    with connection:
        connection = connection.execution_options(no_parameters=True, postgresql_readonly=True)
        try:
            result = connection.exec_driver_sql(query)
            names = list(result.keys())
            check_columns(names, wanted, shown=shown, source_file=source_file)
            places = [names.index(name) for name in wanted]
            parts = [
                [_array([row[place] for row in rows]) for place in places]
                for rows in result.partitions(ROWS_AT_ONCE)
            ]
            return [_joined(column) for column in zip(*parts, strict=True)]
        except sqlalchemy.exc.SQLAlchemyError as error:
            raise ExtractError(
                Problem(shown, f"must answer the query of {source_file}", _kind(error), "Mend it.")
            ) from None


def _kind(error: sqlalchemy.exc.SQLAlchemyError) -> str:
    """Return what a database said where that cannot hold a cell or a password, else its kind."""
    if isinstance(error, sqlalchemy.exc.ResourceClosedError):
        return "a statement that gives no rows"
    said = getattr(error, "orig", None)
    state = str(getattr(said, "sqlstate", None) or "")
    if state.startswith(SHOWN_STATES):
        return str(said.diag.message_primary) if said is not None else state
    if str(said).startswith(SHOWN_SQLITE):
        return str(said)
    return type(said or error).__name__ + (f" {state}" if state else "")


def _array(values: list[Any]) -> pa.Array:
    """Return values of one type as that type, and mixed ones as texts."""
    try:
        array = pa.array(values)
    except (pa.ArrowException, TypeError, OverflowError):
        array = pa.array([None if value is None else str(value) for value in values])
    if isinstance(array.type, pa.BaseExtensionType):
        return pa.array([None if value is None else str(value) for value in values])
    return array


def _joined(parts: Sequence[pa.Array]) -> pa.ChunkedArray:
    """Return the parts of a column as one, with the type that all its values have together."""
    kinds = {part.type for part in parts if part.type != pa.null()} or {pa.null()}
    if len(kinds) > 1:
        return pa.chunked_array([_array([value for part in parts for value in part.to_pylist()])])
    return pa.chunked_array([part.cast(*kinds) for part in parts])


def _hash(cells: Mapping[str, Cells]) -> str:
    """Return the SHA-256 of the columns' names and of the rows, whatever the rows' order."""
    columns = [
        column.texts.take(pa.array(column.codes, mask=column.codes < 0)).cast(pa.large_string())
        for column in cells.values()
    ]
    ends = pa.scalar(ROW_END, pa.large_string())
    between = pa.scalar(CELL_END, pa.large_string())
    rows = pc.binary_join_element_wise(
        *columns, ends, between, null_handling="replace", null_replacement=BLANK
    )
    digest = hashlib.sha256(CELL_END.join(cells).encode() + ROW_END.encode())
    digest.update(rows.take(pc.sort_indices(rows)).buffers()[2])
    return digest.hexdigest()
