"""Case histories that are stored: the three canonical tables, each a folder of Parquet files."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from triage.conditions import Answer, Kinds
from triage.errors import ConfigurationError, ExtractError, Problem, close_match
from triage.records.histories import (
    VERSION,
    CaseHistories,
    events_schema,
    people_schema,
    positions_of,
    referrals_schema,
)
from triage.records.pieces import Piece, pieces_of_files
from triage.records.vocabulary import Vocabulary
from triage.workspace import write_folder

__all__ = [
    "STORED_TYPES",
    "StoredHistories",
    "canonical_histories",
    "check_stored_columns",
    "check_stored_known_dates",
    "open_stored_histories",
    "read_stored_histories",
    "stored_schemas",
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


def single_mark(n_events: int) -> dict[bytes, bytes]:
    """Return what stands in the schema of stored events where none was corrected or withdrawn.

    What tells versions apart need not be read then. The mark counts all events that were stored
    together, so files of several exports in one folder are not taken for one.
    """
    return {b"triage.versions": b"single of %d events" % n_events}


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
            if name == "events" and is_single(table):
                table = table.replace_schema_metadata(single_mark(len(table)))
            for part, first in enumerate(range(0, max(len(table), 1), ROWS_IN_A_FILE)):
                file = made / name / f"part-{part:05d}.parquet"
                pq.write_table(table.slice(first, ROWS_IN_A_FILE), file)


@dataclass(frozen=True)
class StoredHistories:
    """Case histories whose events are read from their files when they are needed.

    Parameters
    ----------
    people, referrals : pyarrow.Table
        As those of :class:`CaseHistories`.
    vocabulary : Vocabulary
    files : tuple of Path
        The Parquet files of the events, in the order of their rows.
    today : date
        No fact may be later.
    """

    people: pa.Table
    referrals: pa.Table
    vocabulary: Vocabulary
    files: tuple[Path, ...]
    today: datetime.date

    @property
    def n_events(self) -> int:
        """How many rows of events there are."""
        return sum(pq.read_metadata(file).num_rows for file in self.files)

    @cached_property
    def whose(self) -> npt.NDArray[np.int32]:
        """The row of each referral's person, of shape (n_referrals,); −1 where there is none."""
        return positions_of(self.referrals["person_id"], self.people["person_id"])

    def event_pieces(self, columns: Sequence[str], *, keyed: bool = True) -> list[Piece]:
        """Return these columns of the events in pieces, each of which can be read by itself.

        Parameters
        ----------
        columns : sequence of str
        keyed : bool
            Whether what tells versions of events apart is read too.

        Notes
        -----
        Reading one raises :class:`ExtractError` where an event is not what
        :class:`CaseHistories` promises, so far as the columns tell, and
        :class:`UnsortedError` where the events are not in their order.
        """
        n_events = self.n_events
        keyed = keyed and not all(_is_marked(file, n_events) for file in self.files)
        few = ["source", "agency", "kind", "type", "harm_class", *self.vocabulary.events.categories]
        pieces = pieces_of_files(self.files, columns, few, keyed=keyed)
        return [replace(piece, read=partial(self._checked, piece)) for piece in pieces]

    def _checked(self, piece: Piece) -> Iterator[pa.RecordBatch]:
        for rows in piece.read():
            if problems := list(_broken("events", rows, self.vocabulary, self.today)):
                raise ExtractError(problems)
            yield rows


def open_stored_histories(
    folder: Path, vocabulary: Vocabulary, today: datetime.date
) -> StoredHistories:
    """Return the case histories of a folder, without reading the events.

    Parameters
    ----------
    folder : Path
        See :func:`read_stored_histories`.
    vocabulary : Vocabulary
    today : date
        No fact may be later.

    Raises
    ------
    ExtractError
        A table is missing or broken, or the people and referrals are not what
        :class:`CaseHistories` promises.
    """
    tables, found = _opened(folder, vocabulary, ["people", "referrals"])
    schemas = stored_schemas(vocabulary)
    problems: list[Problem] = []
    for name in tables:
        tables[name] = _in_order(name, tables[name], schemas[name])
        for rows in tables[name].to_batches():
            problems += _broken(name, rows, vocabulary, today)
        problems += _repeated(name, tables[name])
    files = tuple(Path(file) for file in found["events"].files)
    stored = StoredHistories(tables["people"], tables["referrals"], vocabulary, files, today)
    if problems := problems or list(_strangers(stored)):
        raise ExtractError(list(dict.fromkeys(problems)))
    return stored


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
    tables, _ = _opened(folder, vocabulary, list(ORDER))
    return canonical_histories(tables, vocabulary, today)


def _opened(
    folder: Path, vocabulary: Vocabulary, names: Sequence[str]
) -> tuple[dict[str, pa.Table], dict[str, ds.Dataset]]:
    """Return some of the tables of a folder, and all as they lie there."""
    found = {name: _dataset(folder / name) for name in ORDER}
    schemas = stored_schemas(vocabulary)
    check_stored_columns(
        {name: {field.name: _type_of(field) for field in found[name].schema} for name in found},
        vocabulary,
    )
    try:
        tables = {name: found[name].to_table(columns=schemas[name].names) for name in names}
    except (pa.ArrowException, OSError):
        raise _broken_files() from None
    return tables, found


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
    if len(ORDER[name]) == 1 and _rises(plain[ORDER[name][0]]):
        return plain
    return plain.sort_by([(key, "ascending") for key in ORDER[name]])


def is_single(events: pa.Table) -> bool:
    """Return whether no event was ever corrected or withdrawn."""
    if pc.any(events["withdrawn"], min_count=0).as_py():
        return False
    same = np.ones(max(len(events) - 1, 0), dtype=bool)
    for name in ("event_id", "source"):
        values = events[name].combine_chunks()
        same &= pc.equal(values[:-1], values[1:]).to_numpy(zero_copy_only=False)
    return not same.any()


def _is_marked(file: Path, n_events: int) -> bool:
    metadata = pq.read_schema(file).metadata or {}
    return single_mark(n_events).items() <= metadata.items()


def _broken_files() -> ExtractError:
    return ExtractError(
        Problem("the stored histories", "must be whole Parquet files", "broken ones", MEND)
    )


def _broken(
    table: str, rows: pa.RecordBatch, vocabulary: Vocabulary, today: datetime.date
) -> Iterator[Problem]:
    """Yield what is wrong with some rows of a table."""
    schema, kinds = stored_schemas(vocabulary)[table], _kinds(table, vocabulary)
    for name, values in zip(rows.schema.names, rows.columns, strict=True):
        must = ""
        if values.null_count and not schema.field(name).nullable:
            must = "have a value in every row"
        elif name in ("birth_date", "happened_on", "made_on"):
            last = pc.max(values).as_py()
            must = "" if last is None or last <= today else f"not be after {today}"
        elif name in ("known_on", "ended_on"):
            nothing = values.null_count == len(values)
            in_order = nothing or _all(pc.greater_equal(values, rows["happened_on"]))
            must = "" if in_order else "not be before 'happened_on'"
        elif not _holds(values, kinds.get(name, "text")):
            must = "hold words of configs/vocabulary.yaml, answers (0 to 3) or finite numbers alone"
        if must:
            yield Problem(f"{table}/", f"the column '{name}' must {must}", "others", MEND)


def _kinds(table: str, vocabulary: Vocabulary) -> Kinds:
    if table == "events":
        return vocabulary.event_fields()
    prefix = {"people": "person.", "referrals": "referral."}[table]
    every = vocabulary.attribute_fields(audit=True)
    return {name.removeprefix(prefix): kind for name, kind in every.items() if prefix in name}


def _repeated(name: str, table: pa.Table) -> Iterator[Problem]:
    ids = table[ORDER[name][0]]  # in their order
    before = ids.slice(0, max(len(ids) - 1, 0))
    n_repeated = pc.sum(pc.equal(before, ids.slice(1)), min_count=0).as_py()
    if n_repeated:
        must = f"each '{ORDER[name][0]}' must stand once"
        yield Problem(f"{name}/", must, f"{n_repeated} rows more", MEND)


def _holds(values: pa.Array, kind: Sequence[str] | str) -> bool:
    """Return whether all values are of their kind."""
    match kind:
        case "answer":
            least, greatest = pc.min_max(values).as_py().values()
            return least is None or (least >= 0 and greatest < len(Answer))
        case "number":
            return not pc.any(pc.is_inf(values), min_count=0).as_py()
        case str():
            return True
    words = values.dictionary if pa.types.is_dictionary(values.type) else values
    return _all(pc.is_in(words.drop_null(), value_set=pa.array(kind, pa.string())))


def _all(flags: pa.Array) -> bool:
    return bool(pc.all(flags, min_count=0).as_py())


def _rises(ids: pa.ChunkedArray) -> bool:
    return _all(pc.less(ids.slice(0, max(len(ids) - 1, 0)), ids.slice(1)))


def _strangers(histories: CaseHistories | StoredHistories) -> Iterator[Problem]:
    if strangers := int((histories.whose < 0).sum()):
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
