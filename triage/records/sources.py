"""Source files: how one agency's extract becomes canonical rows (``configs/sources/*.yaml``).

A source file maps columns of an extract to columns of one canonical table. This is a whole one::

    agency: police
    table: events                      # people | events | referrals
    read: {csv: data/police_incidents.csv, encoding: utf-8, delimiter: ","}
    columns:                           # canonical column: the extract's column
      event_id: CRIME_REF
      person_id: NOMINAL
      happened_on: {column: DATE_FROM, date: "%d/%m/%Y"}
      type: {column: OFFENCE, codes: {"8N": assault_with_injury}, otherwise: other_crime}
      strangulation: {column: NFS, answers: {Y: yes, N: no, U: unknown}, blank: not_asked}
    defaults: {domestic: yes}          # canonical column: the same value for every row
    known_lag_days: 3
    where: {RECORD_STATUS: live}
"""

from __future__ import annotations

import codecs
import datetime
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import pydantic
import sqlalchemy

from triage.conditions import Answer
from triage.errors import ConfigurationError, Problem, close_match, closest
from triage.records.vocabulary import Attribute, Vocabulary
from triage.workspace import Strict, as_far_as_read, gather_documents, line_of

__all__ = [
    "CanonicalColumn",
    "ColumnMap",
    "Read",
    "Source",
    "SourceFile",
    "SqlRead",
    "canonical_columns",
    "gather_sources",
    "read_sources",
]

UNKNOWN = "unknown"
"""The word that a code may be mapped to where the extract itself says that it is not known."""

ANSWER_WORDS = tuple(answer.word for answer in Answer)
SHORT_ANSWERS = {**{word: word for word in ANSWER_WORDS}, "true": "yes", "false": "no"}
"""What an answer's cells may hold where the source file lists no ``answers``."""


def _quoted(value: Any) -> Any:
    """Refuse keys that YAML read as numbers, dates or booleans: ``01`` would have become 1."""
    if isinstance(value, Mapping):
        for key in value:
            if not isinstance(key, str):
                raise ValueError(
                    f"YAML does not read the code {key!r} as a text, and may have dropped leading "
                    "zeros; write it in quotes"
                )
    return value


def _words(value: Any) -> Any:
    """Take one word for a list of one."""
    return [value] if isinstance(value, str) else value


def _long_form(value: Any) -> Any:
    """Take the short form, ``event_id: CRIME_REF``, for the long one."""
    return {"column": value} if isinstance(value, str) else value


Words = Annotated[list[str], pydantic.BeforeValidator(_words)]
Scalar = bool | str | int | float | datetime.date
"""Any value of YAML; what it may be depends on the column, which tells it better than a type."""


class SqlRead(Strict):
    """A query on a database.

    Parameters
    ----------
    url : str, optional
        A SQLAlchemy URL without a password, for instance ``sqlite:///data/x.db``; a relative
        SQLite file is looked for from the workspace's folder.
    url_from : str, optional
        The environment variable that holds the URL: the way for every URL with a password.
    query : str
        One ``select`` statement.
    """

    url: str | None = None
    url_from: str | None = None
    query: str

    @pydantic.model_validator(mode="after")
    def _one_url(self) -> SqlRead:
        if (self.url is None) == (self.url_from is None):
            raise ValueError("give either 'url' or 'url_from'")
        if self.url is not None and _has_password(self.url):
            raise ValueError(
                "'url' holds a password, which no file of a workspace may; put the URL into an "
                "environment variable and name that under 'url_from'"
            )
        return self


class Read(Strict):
    """Where the extract is: exactly one of ``csv``, ``parquet`` and ``sql``.

    Parameters
    ----------
    csv, parquet : str, optional
        The file, from the workspace's folder. It may hold ``${NAME}`` or ``${NAME:-default}``,
        taken from the environment when the file is read.
    sql : SqlRead, optional
    encoding : str
        Of a CSV file; ``utf-8`` unless given. A byte-order mark is known and skipped.
    delimiter : str
        Of a CSV file; ``,`` unless given. Cells may be quoted with ``"``.
    """

    csv: str | None = None
    parquet: str | None = None
    sql: SqlRead | None = None
    encoding: str = "utf-8"
    delimiter: str = pydantic.Field(default=",", min_length=1, max_length=1)

    @pydantic.model_validator(mode="after")
    def _one_place(self) -> Read:
        places = [place for place in (self.csv, self.parquet, self.sql) if place is not None]
        if len(places) != 1:
            raise ValueError("give exactly one of 'csv', 'parquet' and 'sql'")
        if self.csv is None and self.model_fields_set & {"encoding", "delimiter"}:
            raise ValueError("'encoding' and 'delimiter' belong to 'csv' only")
        if not self.delimiter.isascii() or self.delimiter in '"\r\n':
            raise ValueError("'delimiter' must be one plain character such as , ; | or a tab")
        try:
            codecs.lookup(self.encoding)
        except LookupError:
            raise ValueError(
                f"'{self.encoding}' is not an encoding; common ones are utf-8, cp1252 and utf-16"
            ) from None
        return self


class ColumnMap(Strict):
    """How one column of the extract becomes one canonical column.

    Cells are trimmed first. An empty cell is blank, and so is one of those under ``unknown``.
    What may be given beside ``column`` depends on the canonical column.

    Parameters
    ----------
    column : str
        The extract's column.
    date : str or list of str, optional
        Of dates: one or several ``strptime`` formats, tried in order; ``year`` for a bare year
        (taken as 1 July of it). By default ISO, ``2024-03-31``, with or without a time of day.
        Columns that are dates or timestamps already, in Parquet and SQL, need none.
    codes : dict of str to str or number, optional
        Of categories (``type``, ``agency``, ``harm_class`` and those of the vocabulary): the
        extract's code → the vocabulary's word, or ``unknown``. Of numbers: code → number.
        Without codes a category's cells must hold the vocabulary's own words.
    answers : dict of str to str, optional
        Of yes-or-no questions: the extract's code → ``yes``, ``no``, ``unknown`` or
        ``not_asked``. Without it the cells must hold these words, or ``true`` and ``false``.
    otherwise : str or number, optional
        What every code that is not listed becomes; without it a row with such a code is rejected.
    blank : str or number, optional
        What a blank cell becomes; without it, unknown.
    number : bool
        Says that the column is a number, which is only needed beside ``codes``: cells that are
        not listed there are then read as numbers, in place of being rejected.
    minimum, maximum : float, optional
        Of numbers: a row outside is rejected.
    unknown : str or list of str
        Cells that stand for "blank", for instance ``31/12/9999`` or ``NULL``.
    """

    column: str
    date: Words | None = None
    codes: Annotated[dict[str, Scalar] | None, pydantic.BeforeValidator(_quoted)] = None
    answers: Annotated[dict[str, str] | None, pydantic.BeforeValidator(_quoted)] = None
    otherwise: Scalar | None = None
    blank: Scalar | None = None
    number: Literal[True] | None = None
    minimum: float | int | None = None
    maximum: float | int | None = None
    unknown: Words = []


class SourceFile(Strict):
    """One file of ``configs/sources/``; the file's stem is the source's name.

    Parameters
    ----------
    agency : str
        One of the vocabulary's agencies: who supplied the extract. A mapped column ``agency``
        says it row by row instead, and this one then stands in where its cell is blank.
    table : {"people", "events", "referrals"}
        The canonical table that rows go to. Several sources may hold the same people: column by
        column, the first source (by file name) that knows a value gives it.
    read : Read
    columns : dict of str to ColumnMap
        Canonical column → the extract's column; ``event_id: CRIME_REF`` is short for
        ``event_id: {column: CRIME_REF}``. Must be mapped: for people ``person_id``; for events
        ``event_id``, ``person_id``, ``happened_on`` and ``type``; for referrals ``referral_id``,
        ``person_id`` and ``made_on``. May be mapped: for people ``birth_date``; for events
        ``known_on``, ``ended_on``, ``victim_id``, ``harm_class`` (in place of the type's own);
        ``agency``; and every flag, number, category, name or attribute of the vocabulary. A
        flag that is not mapped is "not asked". ``kind`` follows from the type. Where rows of
        events share an id and have known dates of their own, the later corrects the earlier from
        its known date on; where ``withdrawn`` is yes (any other answer is no), it takes the event
        back instead.
    defaults : dict of str to value
        Canonical column → one value for every row; not for ids and dates that identify a row.
    known_lag_days : int, optional
        Of events: where the known date is missing, it is the day it happened plus so many days.
        Without it such an event stays, but is no history: it may have become known at any time.
    never_history : bool
        Of events: says that the extract cannot tell when anything in it became known, that no lag
        can be declared either, and that its events are therefore never history. Where neither is
        there and this is not said, a date was forgotten, and nothing is made of the extract.
    where : dict of str to str or list of str
        Extract's column → the value, or values, of rows that belong to this source. Others are
        counted as "not for this source", and nothing else of them is looked at.
    """

    agency: str
    table: Literal["people", "events", "referrals"]
    read: Read
    columns: dict[str, Annotated[ColumnMap, pydantic.BeforeValidator(_long_form)]]
    defaults: dict[str, Scalar] = {}
    known_lag_days: int | None = pydantic.Field(default=None, ge=0)
    never_history: bool = False
    where: dict[str, Words] = {}


@dataclass(frozen=True)
class Source:
    """One agency's extract and how it is read.

    Parameters
    ----------
    name : str
        The stem of the source file's name; the ``source`` of its events.
    file : str
        The source file, as messages call it.
    form : SourceFile
    """

    name: str
    file: str
    form: SourceFile


@dataclass(frozen=True)
class CanonicalColumn:
    """What a canonical column may hold.

    Parameters
    ----------
    name : str
    kind : {"id", "date", "category", "answer", "number", "text"}
    words : tuple of str
        What a category may hold.
    required : bool
        Whether a row without it is rejected.
    """

    name: str
    kind: Literal["id", "date", "category", "answer", "number", "text"]
    words: tuple[str, ...] = ()
    required: bool = False


def canonical_columns(table: str, vocabulary: Vocabulary) -> dict[str, CanonicalColumn]:
    """Return the canonical columns that a source of this table may map, by name.

    ``kind`` and ``source`` of events are not among them: they follow from the type and the file.
    """
    agency = CanonicalColumn("agency", "category", tuple(vocabulary.agencies))
    columns: list[CanonicalColumn]
    if table == "people":
        columns = [
            CanonicalColumn("person_id", "id", required=True),
            CanonicalColumn("birth_date", "date"),
            *_attribute_columns(vocabulary.people.attributes),
        ]
    elif table == "referrals":
        columns = [
            CanonicalColumn("referral_id", "id", required=True),
            CanonicalColumn("person_id", "id", required=True),
            CanonicalColumn("made_on", "date", required=True),
            agency,
            *_attribute_columns(vocabulary.referrals.attributes),
        ]
    else:
        events = vocabulary.events
        columns = [
            CanonicalColumn("event_id", "id", required=True),
            CanonicalColumn("person_id", "id", required=True),
            CanonicalColumn("happened_on", "date", required=True),
            CanonicalColumn("known_on", "date"),
            CanonicalColumn("ended_on", "date"),
            agency,
            CanonicalColumn("type", "category", tuple(vocabulary.types), required=True),
            CanonicalColumn("harm_class", "category", vocabulary.harm_classes),
            CanonicalColumn("victim_id", "id"),
            *(CanonicalColumn(name, "id") for name in events.names),
            CanonicalColumn("withdrawn", "answer"),
            *(
                CanonicalColumn(name, "category", tuple(category.values))
                for name, category in events.categories.items()
            ),
            *(CanonicalColumn(name, "answer") for name in events.flags),
            *(CanonicalColumn(name, "number") for name in events.numbers),
        ]
    return {column.name: column for column in columns}


def _attribute_columns(attributes: Mapping[str, Attribute]) -> Iterator[CanonicalColumn]:
    for name, attribute in attributes.items():
        yield CanonicalColumn(name, attribute.kind, tuple(attribute.values))


def read_sources(
    folder: Path, vocabulary: Vocabulary, *, root: Path | None = None
) -> tuple[Source, ...]:
    """Return the sources of a workspace, in the order of their file names.

    Parameters
    ----------
    folder : Path
        ``configs/sources/``.
    vocabulary : Vocabulary
    root : Path, optional
        Messages name files relative to this folder.

    Raises
    ------
    ConfigurationError
        With every problem of every file: unknown keys, canonical columns, agencies, types and
        answers; options that do not belong to a column; required columns that are not mapped.
        Also where there is no source of people.
    """
    sources, problems = gather_sources(folder, vocabulary, root=root)
    if problems:
        raise ConfigurationError(problems)
    return sources


def gather_sources(
    folder: Path, vocabulary: Vocabulary, *, root: Path | None = None
) -> tuple[tuple[Source, ...], list[Problem]]:
    """Return what can be read of the sources of a workspace, and every problem.

    The parameters are those of :func:`read_sources`.

    Raises
    ------
    ConfigurationError
        The folder does not exist.
    """
    forms, problems = gather_documents(folder, SourceFile, root=root)
    shown = str(folder.relative_to(root) if root else folder)
    sources = tuple(
        Source(Path(name).stem, f"{shown}/{name}", form) for name, form in forms.items()
    )
    problems += [
        Problem(f"{source.file}, line {line_of(folder / name, keys)}", must, mend=mend)
        for name, source in zip(forms, sources, strict=True)
        for keys, must, mend in _contradictions(source.form, vocabulary)
    ]
    if not any("table" in form.unread or form.table == "people" for form in forms.values()):
        problems.append(
            Problem(f"{shown}/", "one source at least must have 'table: people'", "none")
        )
    return sources, problems


Contradiction = tuple[list[str | int], str, str]


def _contradictions(form: SourceFile, vocabulary: Vocabulary) -> Iterator[Contradiction]:
    yield from _agency_contradictions(form, vocabulary)
    yield from _lag_contradictions(form)
    yield from _columns_contradictions(form, vocabulary)
    yield from _default_contradictions(form, vocabulary)
    yield from _not_mapped(form, vocabulary)


@as_far_as_read
def _agency_contradictions(form: SourceFile, vocabulary: Vocabulary) -> Iterator[Contradiction]:
    if form.agency not in vocabulary.agencies:
        yield (
            ["agency"],
            f"'{form.agency}' is not an agency of configs/vocabulary.yaml",
            close_match(form.agency, vocabulary.agencies),
        )


@as_far_as_read
def _lag_contradictions(form: SourceFile) -> Iterator[Contradiction]:
    if form.known_lag_days is not None and form.table != "events":
        yield ["known_lag_days"], "only events have a known date", "Remove it."
    if form.never_history and form.table != "events":
        yield ["never_history"], "only events have a known date", "Remove it."
    elif form.never_history and form.known_lag_days is not None:
        yield (
            ["never_history"],
            "'known_lag_days' makes the events history",
            "Remove one of the two.",
        )


@as_far_as_read
def _columns_contradictions(form: SourceFile, vocabulary: Vocabulary) -> Iterator[Contradiction]:
    known = canonical_columns(form.table, vocabulary)
    for name, column in form.columns.items():
        if name in known:
            yield from _column_contradictions(known[name], column)
        else:
            yield _not_a_column(["columns", name], name, form.table, known)


@as_far_as_read
def _not_mapped(form: SourceFile, vocabulary: Vocabulary) -> Iterator[Contradiction]:
    """Yield what must be mapped, and does not stand there under a name that is not known."""
    known = canonical_columns(form.table, vocabulary)
    missing = [
        name
        for name, canonical in known.items()
        if canonical.required and name not in form.columns and name not in form.defaults
    ]
    meant = {closest(name, known) for name in (*form.columns, *form.defaults) if name not in known}
    for name in missing:
        if name not in meant:
            yield ["columns"], f"the canonical column '{name}' must be mapped", f"Add '{name}: …'."


def _not_a_column(
    keys: list[str | int], name: str, table: str, known: Mapping[str, CanonicalColumn]
) -> Contradiction:
    if name in ("kind", "source") and table == "events":
        why = "the type" if name == "kind" else "the source file's name"
        return keys, f"'{name}' cannot be given: it follows from {why}", "Remove it."
    return (
        keys,
        f"'{name}' is not a canonical column of {table}",
        close_match(name, known) or "Check it against configs/vocabulary.yaml.",
    )


@as_far_as_read
def _default_contradictions(form: SourceFile, vocabulary: Vocabulary) -> Iterator[Contradiction]:
    known = canonical_columns(form.table, vocabulary)
    for name, value in form.defaults.items():
        keys: list[str | int] = ["defaults", name]
        if name == "kind" and form.table == "events":
            yield from _kind_contradictions(form, vocabulary)
        elif name not in known:
            yield _not_a_column(keys, name, form.table, known)
        elif known[name].required and known[name].kind != "category":
            yield keys, f"'{name}' differs from row to row and cannot have a default", "Map it."
        elif name in form.columns:
            yield (
                keys,
                f"'{name}' is mapped under 'columns' already",
                f"Give 'blank: {value}' there to fill in blank cells.",
            )
        else:
            yield from _misfit(keys, known[name], value)


def _kind_contradictions(form: SourceFile, vocabulary: Vocabulary) -> Iterator[Contradiction]:
    """Allow a default kind only where it repeats what the types say."""
    kinds = {
        vocabulary.types[name].kind for name in _types_of(form) if name in vocabulary.types
    } or {t.kind for t in vocabulary.types.values()}
    if kinds != {form.defaults["kind"]}:
        yield (
            ["defaults", "kind"],
            f"'kind' follows from the type, and these types are of {', '.join(sorted(kinds))}",
            "Remove it.",
        )


def _types_of(form: SourceFile) -> set[str]:
    if "type" in form.defaults:
        return {str(form.defaults["type"])}
    column = form.columns.get("type")
    if column is None or column.codes is None:
        return set()
    given = [*column.codes.values(), column.otherwise, column.blank]
    return {str(value) for value in given if value is not None}


ALLOWED = {
    "id": {"unknown"},
    "text": {"unknown"},
    "date": {"unknown", "date"},
    "category": {"unknown", "codes", "otherwise", "blank"},
    "answer": {"unknown", "answers", "otherwise", "blank"},
    "number": {"unknown", "number", "codes", "otherwise", "blank", "minimum", "maximum"},
}


@as_far_as_read
def _column_contradictions(
    canonical: CanonicalColumn, column: ColumnMap
) -> Iterator[Contradiction]:
    keys: list[str | int] = ["columns", canonical.name]
    given = column.model_fields_set - {"column"}
    for option in sorted(given - ALLOWED[canonical.kind]):
        yield (
            [*keys, option],
            f"'{option}' does not belong to '{canonical.name}', which is "
            f"{'an' if canonical.kind[0] in 'ai' else 'a'} {canonical.kind}",
            f"Allowed here: {', '.join(sorted(ALLOWED[canonical.kind]))}.",
        )
    for option in ("codes", "answers"):
        for code, value in (getattr(column, option) or {}).items():
            yield from _misfit([*keys, option, code], canonical, value)
    for option in ("otherwise", "blank"):
        if option in given:
            yield from _misfit([*keys, option], canonical, getattr(column, option))
    for wanted in column.date or ():
        if not _is_date_format(wanted):
            yield (
                [*keys, "date"],
                f"'{wanted}' is not a date format with a day, a month and a year",
                "Write it as in '%d/%m/%Y', or 'year' for a bare year.",
            )


def _misfit(
    keys: list[str | int], canonical: CanonicalColumn, value: object
) -> Iterator[Contradiction]:
    """Yield what is wrong with a value that a source file gives to a canonical column."""
    allowed = _allowed_words(canonical)
    if allowed:
        if value not in allowed:
            yield (
                keys,
                f"'{value}' is not one of the values of '{canonical.name}'",
                close_match(str(value), allowed) or f"They are {', '.join(allowed)}.",
            )
    elif not isinstance(value, WRITTEN_AS[canonical.kind]) or isinstance(
        value, bool | datetime.datetime
    ):
        yield (
            keys,
            f"'{canonical.name}' must be given a {canonical.kind}, and {value!r} is none",
            "Check the value, and whether it needs quotes.",
        )


WRITTEN_AS: Mapping[str, tuple[type, ...]] = {
    "number": (int, float),
    "date": (datetime.date,),
    "text": (str,),
    "id": (str,),
}


def _allowed_words(canonical: CanonicalColumn) -> tuple[str, ...]:
    if canonical.kind == "answer":
        return ANSWER_WORDS
    if canonical.kind != "category" or canonical.required or canonical.name == "agency":
        return canonical.words
    return (*canonical.words, UNKNOWN)


def _is_date_format(wanted: str) -> bool:
    if wanted == "year":
        return True
    day = datetime.datetime(1987, 12, 28, 14, 35, 57)
    try:
        return datetime.datetime.strptime(day.strftime(wanted), wanted).date() == day.date()
    except ValueError:
        return False


def _has_password(url: str) -> bool:
    try:
        return sqlalchemy.make_url(re.sub(r"\$\{[^}]*\}", "x", url)).password is not None
    except sqlalchemy.exc.ArgumentError:
        raise ValueError("'url' must be a SQLAlchemy URL such as sqlite:///data/x.db") from None
