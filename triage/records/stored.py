"""Case histories that are stored: the three canonical tables, each a folder of Parquet files."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from triage.errors import ConfigurationError, ExtractError, Problem, close_match
from triage.records.histories import (
    VERSION,
    CaseHistories,
    events_schema,
    people_schema,
    referrals_schema,
)
from triage.records.vocabulary import Vocabulary
from triage.workspace import write_folder

__all__ = [
    "STORED_TYPES",
    "canonical_histories",
    "check_stored_columns",
    "check_stored_known_dates",
    "read_stored_histories",
    "stored_schemas",
    "undated_sources",
    "write_histories",
]

ROWS_IN_A_FILE = 1_000_000

STORED_TYPES: Mapping[pa.DataType, str] = {
    pa.string(): "string",
    pa.date32(): "date",
    pa.float64(): "double",
    pa.int8(): "tinyint",
    pa.bool_(): "boolean",
}
"""What each type of the canonical tables is called, as SQL calls it."""

ORDER: Mapping[str, Sequence[str]] = {
    "people": ["person_id"],
    "events": VERSION,
    "referrals": ["referral_id"],
}
MEND = "Write them again with 'triage check --write-histories'."


def stored_schemas(vocabulary: Vocabulary) -> dict[str, pa.Schema]:
    """Return the canonical columns of people, events and referrals, by the table's name."""
    return {
        "people": people_schema(vocabulary),
        "events": events_schema(vocabulary),
        "referrals": referrals_schema(vocabulary),
    }


def write_histories(histories: CaseHistories, folder: Path) -> None:
    """Store case histories as Parquet: ``people/``, ``events/`` and ``referrals/``.

    Parameters
    ----------
    histories : CaseHistories
    folder : Path
        A new folder, which is there whole or not at all.

    Raises
    ------
    StorageError
        It could not be written, or something stands there already.
    """
    with write_folder(folder) as made:
        for name in ORDER:
            (made / name).mkdir()
            table = getattr(histories, name)
            for part, first in enumerate(range(0, max(len(table), 1), ROWS_IN_A_FILE)):
                file = made / name / f"part-{part:05d}.parquet"
                pq.write_table(table.slice(first, ROWS_IN_A_FILE), file)


def read_stored_histories(
    folder: Path, vocabulary: Vocabulary, today: datetime.date
) -> CaseHistories:
    """Return the case histories of a folder.

    Parameters
    ----------
    folder : Path
        With the folders ``people/``, ``events/`` and ``referrals/``, each of Parquet files, in
        partitions or not; columns beside the canonical ones are left out.
    vocabulary : Vocabulary
    today : date
        No fact may be later.

    Raises
    ------
    ExtractError
        A table is missing, broken, or not what :class:`CaseHistories` promises.
    """
    found = {name: _dataset(folder / name) for name in ORDER}
    schemas = stored_schemas(vocabulary)
    check_stored_columns(
        {name: {field.name: _type_of(field) for field in found[name].schema} for name in found},
        vocabulary,
    )
    try:
        tables = {name: found[name].to_table(columns=schemas[name].names) for name in found}
    except (pa.ArrowException, OSError):
        raise ExtractError(
            Problem("the stored histories", "must be whole Parquet files", "broken ones", MEND)
        ) from None
    return canonical_histories(tables, vocabulary, today)


def check_stored_columns(found: Mapping[str, Mapping[str, str]], vocabulary: Vocabulary) -> None:
    """Raise unless stored tables have the canonical columns.

    Parameters
    ----------
    found : mapping
        Table → column → its type, in the words of :data:`STORED_TYPES`.
    vocabulary : Vocabulary

    Raises
    ------
    ExtractError
        With every column that is missing or of another type.
    """
    problems = [
        problem
        for name, schema in stored_schemas(vocabulary).items()
        for problem in _misfits(name, schema, found[name])
    ]
    if problems:
        raise ExtractError(problems)


def undated_sources(events: pa.Table) -> list[str]:
    """Return the sources of which no event has a known date, sorted.

    Examples
    --------
    >>> days = pa.array([None, None, 3, None], pa.int32()).cast(pa.date32())
    >>> undated_sources(pa.table({"source": ["police", "gp", "police", "gp"], "known_on": days}))
    ['gp']
    """
    dated = events["source"].filter(pc.is_valid(events["known_on"]))
    return sorted(set(events["source"].unique().to_pylist()) - set(dated.unique().to_pylist()))


def check_stored_known_dates(undated: Iterable[str], never_history: Collection[str]) -> None:
    """Raise where nothing says when the stored events of a source became known.

    Parameters
    ----------
    undated : iterable of str
        The sources of which no stored event has a known date.
    never_history : collection of str
        The sources whose files say that their events are never history.

    Raises
    ------
    ConfigurationError
        With every source that is among the former alone.
    """
    problems = [
        Problem(
            f"the stored histories, source '{name}'",
            "a source of events must say when they became known",
            "no known date in any row",
            "Map 'known_on' or declare 'known_lag_days' in its source file, and store the "
            "histories again; 'never_history: true' there says that neither can be had.",
        )
        for name in sorted(set(undated) - set(never_history))
    ]
    if problems:
        raise ConfigurationError(problems)


def canonical_histories(
    tables: Mapping[str, pa.Table], vocabulary: Vocabulary, today: datetime.date
) -> CaseHistories:
    """Return stored tables, or some people's rows of them, as case histories.

    Parameters
    ----------
    tables : mapping of str to pyarrow.Table
        ``people``, ``events`` and ``referrals`` with the canonical columns, in any order of rows.
    vocabulary : Vocabulary
    today : date

    Raises
    ------
    ExtractError
        An id stands twice, a referral is of nobody among the people, a required value is missing,
        or a word is not in the vocabulary.
    """
    schemas = stored_schemas(vocabulary)
    if problems := [
        Problem(f"{name}/", f"the column '{field.name}' must have a value in every row", mend=MEND)
        for name, schema in schemas.items()
        for field in schema
        if not field.nullable and tables[name][field.name].null_count
    ]:
        raise ExtractError(problems)
    histories = CaseHistories(
        **{name: _in_order(name, tables[name], schemas[name]) for name in ORDER},
        vocabulary=vocabulary,
    )
    from triage.records.gate import broken_promises  # pandera takes a second to import

    problems = [
        Problem(f"{name}/", f"does not hold what is promised of its columns: {told}", mend=MEND)
        for name, told in broken_promises(histories, today).items()
    ]
    if problems := [*problems, *_strangers(histories)]:
        raise ExtractError(problems)
    return histories


def _in_order(name: str, table: pa.Table, schema: pa.Schema) -> pa.Table:
    plain = table.select(schema.names).cast(schema)
    return plain.sort_by([(key, "ascending") for key in ORDER[name]])


def _strangers(histories: CaseHistories) -> Iterator[Problem]:
    known = pc.is_in(histories.referrals["person_id"], value_set=histories.people["person_id"])
    strangers = len(known) - (pc.sum(known).as_py() or 0)
    if strangers:
        yield Problem(
            "referrals/", "must be of people who are in people/", f"{strangers} of others", MEND
        )


def _misfits(name: str, schema: pa.Schema, found: Mapping[str, str]) -> Iterator[Problem]:
    for field in schema:
        wanted = STORED_TYPES[field.type]
        if field.name not in found:
            must = f"must have the column '{field.name}' ({wanted})"
            close = close_match(field.name, set(found) - set(schema.names))
            yield Problem(f"{name}/", must, "none", close or MEND)
        elif found[field.name] != wanted:
            must = f"the column '{field.name}' must be of the type {wanted}"
            yield Problem(f"{name}/", must, found[field.name], MEND)


def _type_of(field: pa.Field[Any]) -> str:
    kind = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
    if pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        kind = pa.string()
    return STORED_TYPES.get(kind, str(kind))


def _dataset(folder: Path) -> ds.Dataset:
    try:
        found = ds.dataset(folder, format="parquet", partitioning="hive")
        if not found.files:
            raise FileNotFoundError
    except (pa.ArrowException, OSError):
        raise ExtractError(
            Problem(
                f"{folder.parent.name}/{folder.name}/",
                "must be a folder of Parquet files",
                "nothing that can be read as such",
                "Write the folder with 'triage check --write-histories'.",
            )
        ) from None
    return found
