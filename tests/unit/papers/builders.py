"""Bundles of invented lists, without a folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa

from tests.invented_lists import invented_content, invented_tables
from triage.lists import Bundle, ListTables
from triage.lists.bundles import _manifest


def a_bundle(tables: ListTables | None = None, **changes: Any) -> Bundle:
    """Return a list that could be one, with some of it changed."""
    content = invented_content(tables or invented_tables(), **changes)
    manifest = _manifest(content, {"referrals.parquet": "4e" * 32})
    return Bundle(Path("nowhere") / manifest.list_id, manifest, content.tables)


def with_values(table: pa.Table, name: str, values: list[Any]) -> pa.Table:
    """Return a table with other values in one column."""
    position = table.column_names.index(name)
    field = table.schema.field(position)
    return table.set_column(position, field, pa.array(values, field.type))
