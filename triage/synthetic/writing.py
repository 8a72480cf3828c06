"""Writing the extracts as the agencies would send them: the same seed, the same bytes."""

from __future__ import annotations

import datetime
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from triage.synthetic.area import Progress, make_area
from triage.synthetic.behaviour import PLANTED_SKEW
from triage.synthetic.extracts import EVENT_EXTRACTS, people_extract, referrals_extract
from triage.workspace import write_whole

__all__ = ["Made", "write_extracts"]

CSV_DIALECTS: Mapping[str, Mapping[str, str]] = {
    "programme_people": {},
    "programme_referrals": {},
    "programme_places": {},
    "police_incidents": {"encoding": "utf-8-sig", "lineterminator": "\r\n"},
    "police_assessments": {},
    "police_orders": {"sep": "|"},
    "social_care": {"encoding": "cp1252", "sep": ";", "lineterminator": "\r\n"},
    "housing": {"sep": "\t"},
}
PARQUET = ("health", "substance_use")
DATABASES: Mapping[str, Mapping[str, str]] = {
    "probation": {"probation_custody": "custody", "probation_supervision": "supervision"}
}
"""Database → extract → the table that it stands in."""


@dataclass(frozen=True)
class Made:
    """What was written.

    Parameters
    ----------
    folder : Path
    rows : dict of str to int
        File, or file and table of a database → its rows.
    people, events, referrals : int
        How many of each the extracts hold.
    first_date, until : date
        First and last day of the extracts.
    """

    folder: Path
    rows: Mapping[str, int]
    people: int
    events: int
    referrals: int
    first_date: datetime.date
    until: datetime.date


def write_extracts(
    folder: Path,
    *,
    people: int = 6000,
    years: int = 5,
    until: datetime.date = datetime.date(2025, 12, 31),
    seed: int = 20260101,
    skew: float = PLANTED_SKEW,
    progress: Progress | None = None,
) -> Made:
    """Write the extracts of a made-up area, and return what was written.

    Parameters
    ----------
    folder : Path
        Where the extracts go: the ``data/`` folder of a workspace with the shipped sources.
    people : int
        About how many people the agencies know.
    years : int
        How many years the extracts cover.
    until : date
        Their last day.
    seed : int
        The same seed gives the same bytes.
    skew : float
        By how much more the police are told of the same behaviour in ``south``, in log-odds.
    progress : callable, optional
        Told the share done, between 0 and 1, and what is being done.

    Raises
    ------
    StorageError
        A file could not be written; what was there before it is intact.
    """
    tell = progress or _nobody
    area = make_area(
        people=people,
        years=years,
        until=until,
        seed=seed,
        skew=skew,
        progress=lambda share, doing: tell(0.7 * share, doing),
    )
    tell(0.7, "writing the extracts")
    extracts = {
        "programme_people": people_extract(area),
        "programme_referrals": referrals_extract(area),
    }
    for name, shape in EVENT_EXTRACTS.items():
        extracts[name] = shape(area, area.records.events[name])
    rows = _write_all(folder, extracts)
    tell(1.0, "done")
    return Made(
        folder=folder,
        rows=rows,
        people=len(extracts["programme_people"]),
        events=sum(len(extracts[name]) for name in EVENT_EXTRACTS),
        referrals=len(extracts["programme_referrals"]),
        first_date=area.first_date,
        until=area.until,
    )


def _nobody(_share: float, _doing: str) -> None:
    """Tell nobody."""


def _write_all(folder: Path, extracts: Mapping[str, pd.DataFrame]) -> dict[str, int]:
    rows = {}
    for name, dialect in CSV_DIALECTS.items():
        write_whole(folder / f"{name}.csv", partial(_write_csv, extracts[name], dialect))
        rows[f"{name}.csv"] = len(extracts[name])
    for name in PARQUET:
        write_whole(folder / f"{name}.parquet", partial(_write_parquet, extracts[name]))
        rows[f"{name}.parquet"] = len(extracts[name])
    for name, tables in DATABASES.items():
        frames = {table: extracts[extract] for extract, table in tables.items()}
        write_whole(folder / f"{name}.db", partial(_write_sqlite, frames))
        rows |= {f"{name}.db: {table}": len(frame) for table, frame in frames.items()}
    return rows


def _write_csv(extract: pd.DataFrame, dialect: Mapping[str, str], path: Path) -> None:
    extract.to_csv(
        path,
        index=False,
        encoding=dialect.get("encoding", "utf-8"),
        sep=dialect.get("sep", ","),
        lineterminator=dialect.get("lineterminator", "\n"),
    )


def _write_parquet(extract: pd.DataFrame, path: Path) -> None:
    table = pa.Table.from_pandas(extract, preserve_index=False)
    for position, field in enumerate(table.schema):
        if pa.types.is_timestamp(field.type):
            table = table.set_column(position, field.name, table.column(position).cast(pa.date32()))
    pq.write_table(table.replace_schema_metadata(None), path)


def _write_sqlite(tables: Mapping[str, pd.DataFrame], path: Path) -> None:
    with closing(sqlite3.connect(path)) as database:
        for name, rows in tables.items():
            columns = ", ".join(
                f"{column} {'INTEGER' if dtype.kind == 'i' else 'TEXT'}"
                for column, dtype in rows.dtypes.items()
            )
            database.execute(f"CREATE TABLE {name} ({columns})")
            marks = ", ".join("?" * rows.shape[1])
            database.executemany(
                f"INSERT INTO {name} VALUES ({marks})",  # noqa: S608 -- names of this module
                rows.astype(object).where(rows.notna(), None).itertuples(index=False, name=None),
            )
        database.commit()
