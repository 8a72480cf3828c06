"""How the columns of a list's tables are written down."""

from __future__ import annotations

import pyarrow as pa

__all__ = ["schema"]


def schema(**columns: pa.DataType | tuple[pa.DataType]) -> pa.Schema:
    """Return a schema; a type alone is never null, a type in a tuple may be."""
    return pa.schema(
        [
            pa.field(name, kind[0], nullable=True)
            if isinstance(kind, tuple)
            else pa.field(name, kind, nullable=False)
            for name, kind in columns.items()
        ]
    )
