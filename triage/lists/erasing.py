"""Taking a person out of a list that stands, so that the list says it."""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Collection
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from triage.lists.bundles import MANIFEST, Bundle, Papers
from triage.lists.manifest import Erasure
from triage.lists.tables import TABLES, ListTables, parquet_bytes

__all__ = ["erased_from", "persons_of"]

REFERRALS_OF = ("referral_id", "case_id", "other_id", "then_id", "beside_id")
"""The columns that name a referral, in one table or another."""


def persons_of(bundle: Bundle) -> dict[str, str]:
    """Return referral → person, of all that stand on a list; empty where it is not known."""
    persons: dict[str, str] = {}
    tables = bundle.tables
    for table in (tables.referrals, tables.joined, tables.not_for_panel):
        ids = table["referral_id"].to_pylist(), table["person_id"].to_pylist()
        persons |= {referral: person or "" for referral, person in zip(*ids, strict=True)}
    return persons


def erased_from(
    bundle: Bundle,
    person_id: str,
    *,
    on: datetime.date,
    papers: Papers,
    referral_ids: Collection[str] = (),
    event_ids: Collection[str] = (),
) -> dict[str, bytes] | None:
    """Return the files of a list without a person; None where it holds nothing of them.

    The person's rows are gone from every table, and so are their records where they stood behind
    a reason of somebody else's. Ranks stay: the place that was theirs is missing, and the manifest
    and each paper say so. The name, the hashes of what went in and the counts stay too, since
    they tell what the list was made from; it can no longer be made again.

    Parameters
    ----------
    bundle : Bundle
    person_id : str
    on : date
    papers : callable
        Makes the papers anew.
    referral_ids, event_ids : collection of str
        Further ids that are known to be theirs: of referrals that were set aside, and of records.

    Returns
    -------
    dict of str to bytes, or None
        File name → content, the manifest among them.
    """
    persons = persons_of(bundle).items()
    theirs = {*referral_ids, *(referral for referral, person in persons if person == person_id)}
    before = bundle.tables
    tables = ListTables(
        **{name: _without(getattr(before, name), person_id, theirs, event_ids) for name in TABLES}
    )
    if all(getattr(tables, name).num_rows == getattr(before, name).num_rows for name in TABLES):
        return None
    ranked = before.referrals.filter(_in(before.referrals["referral_id"], theirs))
    erasure = Erasure(
        on=on,
        ranks=ranked["rank"].to_pylist(),
        aside=before.not_for_panel.num_rows - tables.not_for_panel.num_rows,
        seal_before=bundle.manifest.seal,
    )
    files = {f"{name}.parquet": parquet_bytes(getattr(tables, name)) for name in TABLES}
    manifest = bundle.manifest.model_copy(
        update={
            "tables": {name: _sha256(content) for name, content in files.items()},
            "erasures": [*bundle.manifest.erasures, erasure],
        }
    )
    made = dict(papers(replace(bundle, manifest=manifest, tables=tables)))
    sealed = manifest.sealed({name: _sha256(made[name]) for name in sorted(made)})
    return {**files, **made, MANIFEST: sealed.to_json().encode()}


def _without(
    table: pa.Table, person_id: str, theirs: Collection[str], event_ids: Collection[str]
) -> pa.Table:
    named = {"person_id": [person_id], "event_id": event_ids, "record_id": event_ids}
    named |= dict.fromkeys(REFERRALS_OF, theirs)
    for column, ids in named.items():
        if column in table.column_names and ids:
            table = table.filter(pc.invert(_in(table[column], ids)))
    return table


def _in(column: pa.ChunkedArray, ids: Collection[str]) -> pa.ChunkedArray:
    return pc.fill_null(pc.is_in(column, value_set=pa.array(sorted(ids), pa.string())), False)


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
