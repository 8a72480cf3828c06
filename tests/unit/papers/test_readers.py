"""An agency reads what it may see, and the public reads counts of many."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.invented_lists import AGENCIES, invented_content, invented_tables
from triage.errors import NotFoundError
from triage.lists import Bundle, ListTables, write_bundle
from triage.papers import READERS, make_paper, make_papers
from triage.workspace import AgencyPapers, Papers

HOUSING = AGENCIES["housing"]


def bundle(folder: Path, tables: ListTables, **sees: Any) -> Bundle:
    content = invented_content(tables)
    papers = Papers(agency=AgencyPapers(**sees))
    content = replace(content, panel=content.panel.model_copy(update={"papers": papers}))
    return write_bundle(folder, content, make_papers)


def told(made: Bundle, reader: str, agency: str = "") -> dict[str, Any]:
    content: dict[str, Any] = json.loads(make_paper(made, "json", reader=reader, agency=agency))
    return content


def test_an_agency_reads_of_those_whom_it_referred_or_has_records_on(tmp_path: Path) -> None:
    tables = invented_tables(ranked=20, capacity=16, near_misses=4)
    known = {
        row["referral_id"]
        for row in tables.brought.to_pylist()
        if row["agency"] == "housing" and row["records"]
    }
    own = {row["referral_id"] for row in tables.referrals.to_pylist() if row["agency"] == "housing"}
    assert own - known
    assert known - own
    for which, expected in (("own", own), ("known", known | own), ("all", None)):
        rows = told(bundle(tmp_path / which, tables, referrals=which), "agency", "housing")
        seen = {row[0] for row in rows["sections"][0]["rows"]}
        assert seen == (expected or set(tables.referrals["referral_id"].to_pylist()))


def test_no_record_of_another_agency_is_named_nor_a_reason_that_rests_on_one(
    tmp_path: Path,
) -> None:
    tables = invented_tables(ranked=20, capacity=16, near_misses=4)
    made = bundle(tmp_path, tables, referrals="all")
    text = make_paper(made, "html", reader="agency", agency="housing").decode()
    evidence = tables.evidence.to_pylist()
    others = {row["event_id"] for row in evidence if row["agency_name"] != HOUSING}
    mine = {row["event_id"] for row in evidence if row["agency_name"] == HOUSING}
    assert others
    assert not any(event in text for event in others)
    assert any(event in text for event in mine)
    assert "more reasons rest on other agencies" in text
    everything = make_paper(
        bundle(tmp_path / "all", tables, referrals="all", records="all"),
        "html",
        reader="agency",
        agency="housing",
    ).decode()
    assert any(event in everything for event in others)


def test_chances_are_not_for_an_agency_unless_the_panel_says_so(tmp_path: Path) -> None:
    tables = invented_tables(ranked=5)
    without = told(bundle(tmp_path, tables, referrals="all"), "agency", "housing")
    shown = told(bundle(tmp_path / "b", tables, referrals="all", chances=True), "agency", "housing")
    assert " in 100" not in json.dumps(without)
    assert " in 100" in json.dumps(shown)


def test_an_agency_that_the_list_does_not_know_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="Did you mean 'housing'"):
        make_paper(
            bundle(tmp_path, invented_tables(ranked=3)), "pdf", reader="agency", agency="housin"
        )


def test_the_public_reads_no_id_no_date_of_a_person_and_no_count_of_few(tmp_path: Path) -> None:
    tables = invented_tables(ranked=60, aside=3, near_misses=12)
    made = bundle(tmp_path, tables)
    text = make_paper(made, "html", reader="public").decode()
    for name in ("referral_id", "person_id"):
        assert not any(one in text for one in tables.referrals[name].to_pylist())
    assert not any(one in text for one in tables.evidence["event_id"].to_pylist())
    where = dict(told(made, "public")["sections"][0]["rows"])
    assert where["To discuss"] == "16"
    assert (where["Not for this panel"], where["Set aside"]) == ("not told", "0")
    withheld = [name for name, count in where.items() if count == "not told"]
    assert sum({"Near misses": 12, "Further down": 32}.get(name, 0) for name in withheld) >= 10


@pytest.mark.parametrize("reader", ["agency", "public"])
def test_each_form_is_the_same_each_time(tmp_path: Path, reader: str) -> None:
    made = bundle(tmp_path, invented_tables(ranked=4))
    agency = "housing" if reader == "agency" else ""
    for form in READERS[reader]:
        first = make_paper(made, form, reader=reader, agency=agency)
        assert first == make_paper(made, form, reader=reader, agency=agency)
        assert first.startswith(b"%PDF") == (form == "pdf")


def test_it_says_when_nobody_is_known_to_an_agency(tmp_path: Path) -> None:
    tables = invented_tables(ranked=1)
    nobody = tables.brought.from_pylist(
        [row | {"records": 0, "latest_on": None} for row in tables.brought.to_pylist()],
        schema=tables.brought.schema,
    )
    referred = {row["agency"] for row in tables.referrals.to_pylist()}
    agency = next(one for one in AGENCIES if one not in referred)
    page = told(bundle(tmp_path, replace(tables, brought=nobody)), "agency", agency)
    assert page["sections"][0]["sentences"] == [
        "Nobody on this list was referred by you or stands in your records."
    ]
