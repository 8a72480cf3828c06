"""Records: what a case history is, and how an agency's extract becomes one.

An agency delivers an extract: a CSV or Parquet file, or a query on a database. A source file
(``configs/sources/*.yaml``, :class:`Source`) says which of its columns means what, in the words of
``configs/vocabulary.yaml`` (:class:`Vocabulary`). :func:`read_histories` reads, maps and checks
every extract and returns :class:`CaseHistories`, the three canonical tables that all later rooms
start from, with a report of what became of every row. :func:`check_allowance` then decides
whether rejected rows stop the run. :func:`write_histories` stores the three tables as Parquet, for
engines that are not on this machine. Tests make histories with :func:`build_histories`.

Why this shape:

- *An extract is cells, whatever it came from.* CSV, Parquet and SQL end in one form, distinct
  texts and the rows that hold them (``cells``), so mapping, checks and messages are written once,
  and each distinct text is mapped once however many rows hold it: a million rows take seconds.
- *A row is accepted whole or rejected whole.* A row with one wrong cell is not half a fact. Every
  fault of every row is told in one pass, with its line, and nothing is dropped unsaid.
- *Nothing is guessed.* A code is listed or it is rejected (``otherwise`` is a choice that the
  report counts); a cell is blank only where it is empty or the source file says so; a row that is
  too long is rejected, never shifted; quotes that do not match stop the file, since a
  cell might have swallowed rows.
- *Messages hold no record.* A reject names the line and the opaque id; of codes it shows those
  that the source file lists, never the one in the cell; columns of a file are shown only
  where it is certain that its first line is a header.
- *The same rows give the same tables*, in whatever order they come: all tables are sorted by id,
  and a database's rows are hashed sorted.
- *Ids are looked up compiled* (``texts``), since a history has as many as it has events: eight
  bytes at a time, through marks of a byte each, few enough for a processor's cache.
- *The tables are Arrow*, because their types are exact (days, not moments; null, not NaN) and cost
  nothing to write or to hand on. A last gate of pandera schemas stands between this room and
  the others: what passes it is what the docstrings promise.
"""

from triage.records.histories import (
    CaseHistories,
    add_events,
    build_histories,
    events_schema,
    people_schema,
    referrals_schema,
)
from triage.records.persons import (
    PersonRow,
    PersonsRows,
    rows_of_person,
    stored_without,
    without_rows,
)
from triage.records.pieces import (
    NEVER,
    EventBatch,
    Piece,
    UnsortedError,
    first_known,
    undated_sources,
)
from triage.records.reading import read_histories
from triage.records.report import (
    Checked,
    CheckReport,
    Fault,
    RejectedReferral,
    SourceCheck,
    check_allowance,
    check_known_dates,
    write_rejects,
)
from triage.records.sources import Source, gather_sources, read_sources
from triage.records.stored import (
    STORED_TYPES,
    StoredHistories,
    canonical_histories,
    check_stored_columns,
    check_stored_known_dates,
    open_stored_histories,
    read_stored_histories,
    single_mark,
    stored_schemas,
    write_histories,
)
from triage.records.texts import Finder, fingerprints
from triage.records.vocabulary import Attribute, EventType, Vocabulary, read_vocabulary

__all__ = [
    "NEVER",
    "STORED_TYPES",
    "Attribute",
    "CaseHistories",
    "CheckReport",
    "Checked",
    "EventBatch",
    "EventType",
    "Fault",
    "Finder",
    "PersonRow",
    "PersonsRows",
    "Piece",
    "RejectedReferral",
    "Source",
    "SourceCheck",
    "StoredHistories",
    "UnsortedError",
    "Vocabulary",
    "add_events",
    "build_histories",
    "canonical_histories",
    "check_allowance",
    "check_known_dates",
    "check_stored_columns",
    "check_stored_known_dates",
    "events_schema",
    "fingerprints",
    "first_known",
    "gather_sources",
    "open_stored_histories",
    "people_schema",
    "read_histories",
    "read_sources",
    "read_stored_histories",
    "read_vocabulary",
    "referrals_schema",
    "rows_of_person",
    "single_mark",
    "stored_schemas",
    "stored_without",
    "undated_sources",
    "without_rows",
    "write_histories",
    "write_rejects",
]
