"""Case histories: the three canonical tables that every later room reads."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from triage.conditions import Answer
from triage.records.pieces import Piece, pieces_of_table
from triage.records.texts import Finder
from triage.records.vocabulary import Attribute, Vocabulary

__all__ = [
    "CaseHistories",
    "add_events",
    "build_histories",
    "events_schema",
    "people_schema",
    "positions_of",
    "referrals_schema",
]

Records = pd.DataFrame | Iterable[Mapping[str, Any]] | None

VERSION = ("source", "event_id", "known_on")
"""What tells one version of an event from all others."""

ATTRIBUTE_TYPES = {
    "category": pa.string(),
    "number": pa.float64(),
    "date": pa.date32(),
    "answer": pa.int8(),
    "text": pa.string(),
}


@dataclass(frozen=True)
class CaseHistories:
    """All that is known of every person, in canonical tables.

    Parameters
    ----------
    people : pyarrow.Table
        One row a person, sorted by ``person_id`` (unique): ``birth_date`` (null where unknown),
        and the vocabulary's attributes of people. See :func:`people_schema`.
    events : pyarrow.Table
        One row a version of an event, sorted by ``source``, ``event_id`` and ``known_on`` (unique
        together): a later version corrects the earlier ones from the day on which it became known,
        and one that is ``withdrawn`` takes them back. An event of several versions has a known
        date in each. Otherwise a null ``known_on`` means that it was never told when the fact
        reached the record, so it cannot be used as history; a null ``ended_on`` means that the
        event has no end, or has not ended yet. Flags are codes of
        :class:`triage.conditions.Answer` and never null; a number or a category that is unknown is
        null. See :func:`events_schema`.
    referrals : pyarrow.Table
        One row a referral, sorted by ``referral_id`` (unique): who, when, by which agency, and
        the vocabulary's attributes of referrals. See :func:`referrals_schema`.
    vocabulary : Vocabulary
        The words that the tables are written in.

    Raises
    ------
    ValueError
        A table has not the columns and types that the vocabulary asks for.
    """

    people: pa.Table
    events: pa.Table
    referrals: pa.Table
    vocabulary: Vocabulary

    def __post_init__(self) -> None:
        for name, table, schema in (
            ("people", self.people, people_schema(self.vocabulary)),
            ("events", self.events, events_schema(self.vocabulary)),
            ("referrals", self.referrals, referrals_schema(self.vocabulary)),
        ):
            if not table.schema.equals(schema):
                raise ValueError(
                    f"the table of {name} has not the canonical columns:\n{table.schema}\n"
                    f"instead of\n{schema}"
                )

    @property
    def n_events(self) -> int:
        """How many rows of events there are."""
        return len(self.events)

    def event_pieces(self, columns: Sequence[str], *, keyed: bool = True) -> list[Piece]:
        """Return these columns of the events in pieces, each of which can be read by itself.

        Parameters
        ----------
        columns : sequence of str
        keyed : bool
            Whether what tells versions of events apart is read too.
        """
        return pieces_of_table(self.events, columns, keyed=keyed)

    @cached_property
    def whose(self) -> npt.NDArray[np.int32]:
        """The row of each referral's person, of shape (n_referrals,); −1 where there is none."""
        return positions_of(self.referrals["person_id"], self.people["person_id"])


def positions_of(ids: pa.ChunkedArray | pa.Array, among: pa.ChunkedArray) -> npt.NDArray[np.int32]:
    """Return where each id stands among others, −1 where it does not.

    Parameters
    ----------
    ids : pyarrow.Array or ChunkedArray of string, shape (n,)
    among : pyarrow.ChunkedArray of string
        All different.
    """
    return Finder(among.combine_chunks()).positions(ids)


def add_events(histories: CaseHistories, events: Records) -> CaseHistories:
    """Return case histories with further events of people who are known already.

    Parameters
    ----------
    histories : CaseHistories
    events : DataFrame or iterable of mappings
        As :func:`build_histories` takes them; those of people who are not known are left out.
    """
    known = histories.people["person_id"]
    more = build_histories(histories.vocabulary, events=events).events
    more = more.filter(pc.is_in(more["person_id"], value_set=known.combine_chunks()))
    every = pa.concat_tables([histories.events, more]).combine_chunks()
    in_order = every.sort_by([(name, "ascending") for name in VERSION])
    return replace(histories, events=in_order)


def people_schema(vocabulary: Vocabulary) -> pa.Schema:
    """Return the columns of the canonical table of people, with their types."""
    return pa.schema(
        [
            pa.field("person_id", pa.string(), nullable=False),
            pa.field("birth_date", pa.date32()),
            *_attribute_fields(vocabulary.people.attributes),
        ]
    )


def events_schema(vocabulary: Vocabulary) -> pa.Schema:
    """Return the columns of the canonical table of events, with their types."""
    columns = vocabulary.events
    return pa.schema(
        [
            pa.field("event_id", pa.string(), nullable=False),
            pa.field("person_id", pa.string(), nullable=False),
            pa.field("happened_on", pa.date32(), nullable=False),
            pa.field("known_on", pa.date32()),
            pa.field("ended_on", pa.date32()),
            pa.field("source", pa.string(), nullable=False),
            pa.field("agency", pa.string(), nullable=False),
            pa.field("kind", pa.string(), nullable=False),
            pa.field("type", pa.string(), nullable=False),
            pa.field("harm_class", pa.string()),
            pa.field("victim_id", pa.string()),
            pa.field("withdrawn", pa.bool_(), nullable=False),
            *(pa.field(name, pa.string()) for name in (*columns.names, *columns.categories)),
            *(pa.field(name, pa.int8(), nullable=False) for name in columns.flags),
            *(pa.field(name, pa.float64()) for name in columns.numbers),
        ]
    )


def referrals_schema(vocabulary: Vocabulary) -> pa.Schema:
    """Return the columns of the canonical table of referrals, with their types."""
    return pa.schema(
        [
            pa.field("referral_id", pa.string(), nullable=False),
            pa.field("person_id", pa.string(), nullable=False),
            pa.field("made_on", pa.date32(), nullable=False),
            pa.field("agency", pa.string(), nullable=False),
            *_attribute_fields(vocabulary.referrals.attributes),
        ]
    )


def _attribute_fields(attributes: Mapping[str, Attribute]) -> list[pa.Field[Any]]:
    return [
        pa.field(name, ATTRIBUTE_TYPES[attribute.kind], nullable=attribute.kind != "answer")
        for name, attribute in attributes.items()
    ]


def build_histories(
    vocabulary: Vocabulary,
    *,
    people: Records = None,
    events: Records = None,
    referrals: Records = None,
) -> CaseHistories:
    """Return case histories from a few records, with what is not given filled in.

    Parameters
    ----------
    vocabulary : Vocabulary
    people, events, referrals : DataFrame or iterable of mappings, optional
        Records by canonical column. Dates are dates or ISO texts; answers are
        :class:`triage.conditions.Answer`, its words (``"not_asked"``) or booleans; None is
        unknown.

    Returns
    -------
    CaseHistories
        Filled in where a column is not given: ids by position (``e1``, ``e2``, …; ``r1``, …);
        ``known_on`` is ``happened_on`` (give None for "never told"); ``kind`` and ``harm_class``
        come from the type; ``agency`` is the vocabulary's first, and ``source`` the agency;
        answers are "not asked", nothing is withdrawn, all else is unknown. A person whom only an
        event or a referral names is added to the people.

    Raises
    ------
    ValueError
        A column, type or answer that the vocabulary does not know, a repeated id, or a
        required column that is missing.

    Examples
    --------
    >>> from triage.records import Vocabulary
    >>> words = Vocabulary.model_validate(
    ...     {
    ...         "agencies": {"police": "Police"},
    ...         "kinds": {"incident": "Something alleged"},
    ...         "types": {"assault": {"kind": "incident", "meaning": "assault"}},
    ...         "events": {"flags": {"weapon": "a weapon was used"}},
    ...     }
    ... )
    >>> histories = build_histories(
    ...     words,
    ...     events=[{"person_id": "a", "happened_on": "2024-03-01", "type": "assault"}],
    ...     referrals=[{"person_id": "a", "made_on": "2024-03-09"}],
    ... )
    >>> histories.events.select(["event_id", "kind", "weapon"]).to_pylist()
    [{'event_id': 'e1', 'kind': 'incident', 'weapon': 3}]
    >>> histories.people.column("person_id").to_pylist()
    ['a']
    """
    event_rows = [
        _event_row(row, position, vocabulary) for position, row in enumerate(_rows(events), start=1)
    ]
    first_agency = next(iter(vocabulary.agencies))
    referral_rows = [
        {"referral_id": f"r{position}", "agency": first_agency, **row}
        for position, row in enumerate(_rows(referrals), start=1)
    ]
    person_rows = _rows(people)
    given = {row.get("person_id") for row in person_rows}
    named = [row.get("person_id") for row in (*event_rows, *referral_rows)]
    person_rows += [{"person_id": who} for who in dict.fromkeys(named) if who not in given]
    return CaseHistories(
        people=_table("people", person_rows, people_schema(vocabulary), ["person_id"]),
        events=_table("events", event_rows, events_schema(vocabulary), VERSION),
        referrals=_table("referrals", referral_rows, referrals_schema(vocabulary), ["referral_id"]),
        vocabulary=vocabulary,
    )


def _rows(records: Records) -> list[dict[str, Any]]:
    if isinstance(records, pd.DataFrame):
        return [
            {str(name): None if pd.isna(value) else value for name, value in row.items()}
            for row in records.to_dict("records")
        ]
    return [dict(row) for row in records or ()]


def _event_row(row: Mapping[str, Any], position: int, vocabulary: Vocabulary) -> dict[str, Any]:
    name = row.get("type")
    if name not in vocabulary.types:
        raise ValueError(f"the event {position} is of the type {name!r}, which is no type")
    event_type = vocabulary.types[str(name)]
    agency = row.get("agency", next(iter(vocabulary.agencies)))
    return {
        "event_id": f"e{position}",
        "known_on": row.get("happened_on"),
        "agency": agency,
        "source": agency,
        "kind": event_type.kind,
        "harm_class": event_type.harm_class,
        **row,
    }


def _table(
    name: str, rows: list[dict[str, Any]], schema: pa.Schema, keys: Sequence[str]
) -> pa.Table:
    unknown = {column for row in rows for column in row} - set(schema.names)
    if unknown:
        raise ValueError(f"the {name} have no column {min(unknown)!r}")
    table = pa.table(
        {
            field.name: pa.array([_value(row, field) for row in rows], field.type)
            for field in schema
        },
        schema=schema,
    )
    ids = [tuple(row) for row in zip(*(table.column(key).to_pylist() for key in keys), strict=True)]
    undated = {row[:-1] for row in ids if row[-1] is None}
    if len(set(ids)) < len(ids) or sum(row[:-1] in undated for row in ids) > len(undated):
        raise ValueError(f"the {name} repeat an id ({', '.join(keys)})")
    return table.sort_by([(key, "ascending") for key in keys]) if rows else table


def _value(row: Mapping[str, Any], field: pa.Field[Any]) -> Any:
    if pa.types.is_int8(field.type):
        return _answer(row.get(field.name, Answer.NOT_ASKED))
    value = row.get(field.name, False if pa.types.is_boolean(field.type) else None)
    if value is None and not field.nullable:
        raise ValueError(f"a record has no {field.name}")
    if pa.types.is_date32(field.type) and value is not None:
        return _date(value)
    if pa.types.is_string(field.type) and value is not None:
        return str(value)
    return value


def _answer(value: Any) -> int:
    if isinstance(value, str):
        return int(Answer[value.upper()])
    return int(Answer(int(Answer.UNKNOWN if value is None else value)))


def _date(value: Any) -> datetime.date:
    if isinstance(value, datetime.datetime):
        return value.date()
    return value if isinstance(value, datetime.date) else datetime.date.fromisoformat(str(value))
