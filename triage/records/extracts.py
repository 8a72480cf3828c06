"""Finding an agency's extract and reading the columns that its source file names."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from triage.errors import ConfigurationError, ExtractError, Problem
from triage.records.cells import Extract
from triage.records.csv_files import read_csv_file
from triage.records.databases import read_query
from triage.records.parquet_files import read_parquet_file
from triage.records.sources import Source, SqlRead

__all__ = ["extract_path", "input_label", "read_extract"]

VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}")


def input_label(source: Source) -> str:
    """Return how manifests call a source's extract: its path as written, or the query's name."""
    read = source.form.read
    return read.csv or read.parquet or f"sql:{source.name}"


def extract_path(
    source: Source, root: Path, environment: Mapping[str, str] = os.environ
) -> Path | None:
    """Return the file of a source's extract; None where it is a query."""
    written = source.form.read.csv or source.form.read.parquet
    return None if written is None else root / _filled_in(written, source, environment)


def read_extract(
    source: Source,
    id_columns: frozenset[str],
    *,
    root: Path,
    environment: Mapping[str, str] = os.environ,
) -> Extract:
    """Return the columns of a source's extract that its source file names.

    Parameters
    ----------
    source : Source
    id_columns : frozenset of str
        Columns of the extract that hold ids.
    root : Path
        The workspace's folder.
    environment : mapping of str to str
        Where ``${NAME}`` and ``url_from`` are looked up.

    Raises
    ------
    ConfigurationError
        A variable that the source file names is not set.
    ExtractError
        The extract is missing or cannot be read as the source file says.
    """
    form = source.form
    wanted = list(dict.fromkeys([*(map_.column for map_ in form.columns.values()), *form.where]))
    if form.read.sql is not None:
        return read_query(
            _url(form.read.sql, source, environment),
            form.read.sql.query,
            wanted,
            id_columns,
            root=root,
            source_file=source.file,
        )
    written = form.read.csv or form.read.parquet or ""
    shown = _filled_in(written, source, environment)
    try:
        if form.read.csv:
            return read_csv_file(
                root / shown, form.read, wanted, id_columns, shown=shown, source_file=source.file
            )
        return read_parquet_file(
            root / shown, wanted, id_columns, shown=shown, source_file=source.file
        )
    except OSError as error:
        raise ExtractError(
            Problem(
                shown,
                "must be a file that can be read",
                (error.strerror or "an error").lower(),
                f"Put the extract there, or correct 'read' in {source.file}.",
            )
        ) from None


def _url(read: SqlRead, source: Source, environment: Mapping[str, str]) -> str:
    if read.url is not None:
        return _filled_in(read.url, source, environment)
    return _value(str(read.url_from), None, source, environment)


def _filled_in(written: str, source: Source, environment: Mapping[str, str]) -> str:
    return VARIABLE.sub(lambda found: _value(found[1], found[2], source, environment), written)


def _value(name: str, default: str | None, source: Source, environment: Mapping[str, str]) -> str:
    value = environment.get(name) or default
    if value is None:
        raise ConfigurationError(
            Problem(
                source.file,
                f"names the environment variable {name}",
                "none that is set",
                f"Set {name} before the command is run.",
            )
        )
    return value
