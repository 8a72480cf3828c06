"""What a pack says where there is no card to be had, and which rows of the ledger it tells."""

from __future__ import annotations

import datetime

from tests.invented_histories import shipped
from tests.unit.papers.builders import a_bundle
from triage.ledger import Entry, Place, open_record
from triage.lists import Bundle
from triage.workflows.packing import _card, _ledger_rows

NOW = datetime.datetime(2026, 3, 5, 9, 30, tzinfo=datetime.UTC)


def ordered_by(**model: str) -> Bundle:
    bundle = a_bundle()
    said = bundle.manifest.model.model_copy(update=model)
    manifest = bundle.manifest.model_copy(update={"model": said})
    return Bundle(bundle.folder, manifest, bundle.tables)


def test_a_list_by_rules_alone_has_no_card_and_needs_no_registry() -> None:
    card, why = _card(shipped(), ordered_by(role="fallback", title="RFG"))
    assert card is None
    assert why.startswith("No model ordered this list: no version was approved.")
    assert "“RFG”, a comparator whose points people set" in why


def test_the_extract_tells_the_rows_of_one_list_and_what_they_began_with(tmp_path) -> None:
    rows = {
        1: ("rank", "begun", None, {"as_of": "2026-03-01"}),
        2: ("rank", "finished", 1, {"list": "a", "seal": "5e", "person": "P1"}),
        3: ("show", "done", None, {"list": "b"}),
        4: (
            "erase",
            "done",
            None,
            {"person": "P2", "because": "a letter", "resealed": {"a": "6f"}},
        ),
        5: ("check", "done", None, {}),
    }
    with open_record(Place(tmp_path / "record"), ("triage.decisions",)) as record:
        for command, stage, begun, details in rows.values():
            record.append(Entry(NOW, "A", "a", command, ("collection",), stage, begun, details))
        told = list(_ledger_rows(record, "a"))
    assert [row["row"] for row in told] == [1, 2, 4]
    assert [row["ids"] for row in told][1:] == ['{"list": "a", "seal": "5e"}', "{}"]
