"""A marker that is planted in extracts as a person's values, and searched for everywhere else."""

from __future__ import annotations

import csv
import io
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import yaml

MARKER = "Quillfeather"
DIALECTS = {
    "police_incidents.csv": ("utf-8-sig", ","),
    "police_orders.csv": ("utf-8", "|"),
    "social_care.csv": ("cp1252", ";"),
    "housing.csv": ("utf-8", "\t"),
}
IDS = ("event_id", "person_id", "referral_id", "victim_id")


def id_columns(workspace: Path) -> set[str]:
    """Return the extracts' columns that some source file maps to an id."""
    found = set()
    for path in (workspace / "configs" / "sources").glob("*.yaml"):
        for name, column in yaml.safe_load(path.read_text())["columns"].items():
            if name in IDS:
                found.add(column if isinstance(column, str) else column["column"])
    return found


def plant(workspace: Path, *, in_known_columns: bool) -> None:
    """Put the marker into a new column of every extract, and into every text column's last row."""
    ids = id_columns(workspace)
    for path in sorted((workspace / "data").iterdir()):
        match path.suffix:
            case ".csv":
                plant_csv(path, ids, in_known_columns)
            case ".parquet":
                plant_parquet(path, ids, in_known_columns)
            case ".db":
                plant_database(path, ids, in_known_columns)


def plant_csv(path: Path, ids: set[str], in_known_columns: bool) -> None:
    encoding, delimiter = DIALECTS.get(path.name, ("utf-8", ","))
    text = path.read_bytes().decode(encoding)
    header, *rows = csv.reader(io.StringIO(text), delimiter=delimiter)
    if in_known_columns:
        rows[-1] = [
            cell if name in ids else f"{MARKER} {name}"
            for name, cell in zip(header, rows[-1], strict=True)
        ]
    planted = io.StringIO()
    writer = csv.writer(planted, delimiter=delimiter, lineterminator="\n")
    writer.writerow([*header, "full name"])
    writer.writerows([*row, f"{MARKER}, {number}"] for number, row in enumerate(rows))
    path.write_bytes(planted.getvalue().encode(encoding))


def plant_parquet(path: Path, ids: set[str], in_known_columns: bool) -> None:
    table = pq.read_table(path)
    last = pa.array([row == table.num_rows - 1 for row in range(table.num_rows)])
    for position, field in enumerate(table.schema):
        if in_known_columns and pa.types.is_string(field.type) and field.name not in ids:
            column = pc.if_else(last, f"{MARKER} {field.name}", table[field.name])
            table = table.set_column(position, field.name, column)
    pq.write_table(table.append_column("full name", pa.array([MARKER] * table.num_rows)), path)


def plant_database(path: Path, ids: set[str], in_known_columns: bool) -> None:
    with closing(sqlite3.connect(path)) as database:
        names = [row[0] for row in database.execute("SELECT name FROM sqlite_master")]
        for name in names:
            columns = [row[1] for row in database.execute(f"PRAGMA table_info({name})")]
            for column in columns:
                if in_known_columns and column not in ids:
                    database.execute(
                        f"UPDATE {name} SET {column} = ? "
                        f"WHERE rowid = (SELECT max(rowid) FROM {name})",
                        [f"{MARKER} {column}"],
                    )
            database.execute(f"ALTER TABLE {name} ADD COLUMN full_name TEXT DEFAULT '{MARKER}'")
        database.commit()


def held_by(folder: Path) -> Iterator[str]:
    """Yield the files of a workspace that hold the marker, by name or within, but for extracts."""
    for path in sorted(folder.rglob("*")):
        where = path.relative_to(folder)
        if where.parts[0] == "data":
            continue
        if MARKER in str(where) or (path.is_file() and holds(path)):
            yield str(where)


def holds(path: Path) -> bool:
    forms = (MARKER.encode(), MARKER.encode("utf-16-le"))
    content = path.read_bytes()
    if path.suffix == ".parquet":
        content += str(pq.read_table(path).to_pylist()).encode()
    return any(form in content for form in forms)
