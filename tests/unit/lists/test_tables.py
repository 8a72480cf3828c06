"""What must hold before a list is shown to anybody."""

from __future__ import annotations

import dataclasses

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from tests.invented_lists import invented_tables
from triage.lists import IncompleteListError
from triage.lists.tables import check_tables, parquet_bytes, parquet_table


def changed(name: str, change) -> dict[str, pa.Table]:
    return {name: change(getattr(invented_tables(), name))}


def with_column(table: pa.Table, name: str, values: object) -> pa.Table:
    position = table.column_names.index(name)
    field = table.schema.field(position)
    return table.set_column(position, field, pa.array(values, field.type))


def first_doubled(table: pa.Table) -> pa.Table:
    return pa.concat_tables([table.slice(0, 1), table])


def nudged(table: pa.Table, name: str, by: float) -> pa.Table:
    values = table[name].to_pylist()
    values[0] += by
    return with_column(table, name, values)


BREACHES = [
    (
        "columns",
        changed("reasons", lambda t: t.drop_columns(["theme"])),
        "'reasons' has other columns",
    ),
    (
        "types",
        changed("referrals", lambda t: t.set_column(0, "rank", t["rank"].cast(pa.int64()))),
        "'referrals' has other columns",
    ),
    (
        "empty",
        changed("evidence", lambda t: with_column(t, "source", [None] * t.num_rows)),
        "'source' of 'evidence' has empty cells",
    ),
    (
        "lost",
        {"referrals_in": 35},
        "35 referrals came in and 34 stand on the list",
    ),
    (
        "twice",
        changed(
            "not_for_panel",
            lambda t: with_column(
                t,
                "referral_id",
                [
                    invented_tables().referrals["referral_id"][0].as_py(),
                    *t["referral_id"].to_pylist()[1:],
                ],
            ),
        ),
        "1 referral(s) stand on the list more than once",
    ),
    (
        "ranks",
        changed("referrals", lambda t: with_column(t, "rank", range(2, 32))),
        "the ranks are not 1, 2, 3",
    ),
    (
        "other rows",
        changed("places", lambda t: t.slice(1)),
        "the rows of 'places' are not those of the ranked referrals",
    ),
    (
        "bounds",
        changed("places", lambda t: nudged(t, "worst_rank", -1)),
        "a place does not lie within its own bounds",
    ),
    (
        "questions",
        changed("questions", lambda t: with_column(t, "referral_id", ["x"] * t.num_rows)),
        "a question is asked of a referral that has no rank",
    ),
    (
        "bands",
        changed("places", lambda t: nudged(t, "band_last", 1)),
        "a band does not hold its own places",
    ),
    (
        "contributions",
        changed("contributions", lambda t: nudged(t, "age", 2e-6)),
        "the contributions of 1 of 30 referrals do not sum to the score",
    ),
    (
        "unknown contribution",
        changed("contributions", lambda t: nudged(t, "age", float("nan"))),
        "the contributions of 1 of 30 referrals do not sum to the score",
    ),
    (
        "reasons",
        changed("reasons", lambda t: nudged(t, "contribution", 0.5)),
        "the reasons of 1 of 30 referrals do not sum to the score",
    ),
    (
        "no reasons",
        changed("reasons", lambda t: t.slice(0, 0)),
        "the reasons of 30 of 30 referrals do not sum to the score",
    ),
    (
        "stray reasons",
        changed("reasons", lambda t: with_column(t, "referral_id", ["stray"] * t.num_rows)),
        "1 referral(s) have reasons and no rank",
    ),
    (
        "stray evidence",
        changed("evidence", lambda t: with_column(t, "place", [99] * t.num_rows)),
        "record(s) of evidence belong to no reason",
    ),
    (
        "other rows",
        changed("features", first_doubled),
        "the rows of 'features' are not those of the ranked referrals",
    ),
    (
        "unnamed rows",
        changed("contributions", lambda t: t.drop_columns(["referral_id"])),
        "'contributions' must begin with the columns referral_id, base, score",
    ),
]


@pytest.mark.parametrize(
    ("changes", "told"),
    [(changes, told) for _, changes, told in BREACHES],
    ids=[name for name, *_ in BREACHES],
)
def test_a_breach_stops_the_list(changes, told):
    changes = dict(changes)
    referrals_in = changes.pop("referrals_in", 34)
    tables = dataclasses.replace(invented_tables(), **changes)
    with pytest.raises(IncompleteListError) as caught:
        check_tables(tables, referrals_in)
    assert told in str(caught.value)


def test_a_list_that_keeps_the_laws_passes():
    check_tables(invented_tables(), 34)
    check_tables(invented_tables(0, 0), 0)
    check_tables(invented_tables(3, 0), 3)


def test_all_breaches_are_told_at_once():
    ranks = with_column(invented_tables().referrals, "rank", range(2, 32))
    with pytest.raises(IncompleteListError, match=r"40 referrals came in.*; the ranks are not"):
        check_tables(dataclasses.replace(invented_tables(), referrals=ranks), 40)


def test_a_message_holds_no_ones_data():
    changes = changed("contributions", lambda t: nudged(t, "age", 1.0))
    tables = dataclasses.replace(invented_tables(), **changes)
    with pytest.raises(IncompleteListError, match="do not sum") as caught:
        check_tables(tables, 34)
    people = invented_tables().referrals["person_id"].to_pylist()
    assert not any(person in str(caught.value) for person in people)


def test_parquet_keeps_every_value_and_no_name_of_a_library():
    table = invented_tables().referrals
    noted = table.replace_schema_metadata({"pandas": "whatever"})
    assert parquet_bytes(noted) == parquet_bytes(table)
    assert parquet_table(parquet_bytes(noted)).equals(table)
    assert pc.all(pc.equal(table["rank"], parquet_table(parquet_bytes(table))["rank"])).as_py()
