"""What must hold of what stands beside a place, before a list is shown to anybody."""

from __future__ import annotations

import dataclasses

import pyarrow as pa
import pytest

from tests.invented_lists import invented_tables, with_beside
from triage.lists import IncompleteListError, ListTables
from triage.lists.tables import check_tables

CAME_IN = 12 + 2 + 1


def tables(**changes: pa.Table) -> ListTables:
    return dataclasses.replace(with_beside(invented_tables(12, 2)), **changes)


def changed(name: str, column: str, row: int, value: object) -> dict[str, pa.Table]:
    table = getattr(tables(), name)
    rows = table.to_pylist()
    rows[row][column] = value
    return {name: pa.Table.from_pylist(rows, schema=table.schema)}


def test_a_list_with_all_of_it_may_be_shown():
    check_tables(tables(), CAME_IN)


BREACHES = [
    (changed("joined", "case_id", 0, "R-0"), "1 referral.s.: joins a case with no rank"),
    (changed("earlier", "referral_id", 0, "R-0"), "stood on a list and has no rank"),
    (changed("links", "other_id", 0, "R-0"), "is linked and not here"),
    ({"links": tables().links.slice(0, 1)}, "a link is told on one side only"),
    (changed("scales", "rank", 0, 2), "the places by the scale 'ons' are not those"),
    ({"scales": tables().scales.slice(1)}, "the places by the scale 'ons' are not those"),
    ({"moves": tables().moves.slice(1)}, "the moves are not those of every ranked referral"),
    (changed("moves", "facts", 1, 1), "the causes of the move of .* do not sum to it"),
    (changed("moves", "clock", 0, 0), "the causes of the move of .* do not sum to it"),
    (changed("moves", "facts", 1, None), "the causes of the move of .* do not sum to it"),
    (changed("moves", "rank_now", 1, 3), "the causes of the move of .* do not sum to it"),
]


@pytest.mark.parametrize(("changes", "told"), BREACHES)
def test_what_does_not_hold_is_told(changes, told):
    with pytest.raises(IncompleteListError, match=told):
        check_tables(tables(**changes), CAME_IN)


def test_a_referral_that_is_joined_came_in_once():
    twice = changed("joined", "referral_id", 0, tables().referrals["referral_id"][3].as_py())
    with pytest.raises(IncompleteListError, match=r"1 referral\(s\) stand on the list more than"):
        check_tables(tables(**twice), CAME_IN)
    with pytest.raises(IncompleteListError, match="14 referrals came in and 15 stand on the list"):
        check_tables(tables(), CAME_IN - 1)
