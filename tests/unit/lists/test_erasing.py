"""A person taken out of a list: nothing of them is left, and the list says so."""

from __future__ import annotations

import datetime
from pathlib import Path

from tests.invented_lists import invented_content
from triage.lists import Bundle, Erasure, differing_files, erased_from, read_bundle, write_bundle
from triage.lists.tables import TABLES
from triage.papers import make_papers

ON = datetime.date(2026, 11, 22)


def written(folder: Path) -> Bundle:
    return write_bundle(folder, invented_content(), make_papers)


def put(bundle: Bundle, files: dict[str, bytes]) -> Bundle:
    for name, content in files.items():
        (bundle.folder / name).write_bytes(content)
    return read_bundle(bundle.folder)


def rows_naming(bundle: Bundle, *names: str) -> list[str]:
    return [
        name
        for name in TABLES
        for row in getattr(bundle.tables, name).to_pylist()
        if set(map(str, row.values())) & set(names)
    ]


def test_nothing_is_left_and_the_place_stays_empty(tmp_path: Path) -> None:
    before = written(tmp_path)
    first = before.tables.referrals.to_pylist()[1]
    person, referral = first["person_id"], first["referral_id"]
    assert set(rows_naming(before, person, referral)) >= {"referrals", "features", "rules"}
    files = erased_from(before, person, on=ON, papers=make_papers)
    assert files is not None
    after = put(before, files)
    assert rows_naming(after, person, referral) == []
    ranks = after.tables.referrals["rank"].to_pylist()
    assert ranks == [1, *range(3, before.tables.referrals.num_rows + 1)]
    assert after.manifest.erasures == [
        Erasure(on=ON, ranks=[2], aside=0, seal_before=before.manifest.seal)
    ]
    assert after.list_id == before.list_id
    assert after.manifest.seal != before.manifest.seal
    assert after.manifest.counts == before.manifest.counts
    for name in ("list.html", "list.csv", "list.json"):
        assert referral.encode() not in files[name]
    assert b"Somebody was erased from this list on 22 November 2026" in files["list.html"]
    assert "referrals.parquet" in differing_files(after, invented_content(), make_papers)


def test_those_who_are_not_for_this_panel_can_be_erased_too(tmp_path: Path) -> None:
    before = written(tmp_path)
    aside = before.tables.not_for_panel.to_pylist()[0]
    files = erased_from(
        before, "nobody", on=ON, papers=make_papers, referral_ids=[aside["referral_id"]]
    )
    assert files is not None
    after = put(before, files)
    assert (after.manifest.erasures[0].ranks, after.manifest.erasures[0].aside) == ([], 1)
    assert aside["referral_id"] not in after.tables.not_for_panel["referral_id"].to_pylist()


def test_who_is_not_on_it_leaves_it_as_it_is(tmp_path: Path) -> None:
    assert erased_from(written(tmp_path), "nobody", on=ON, papers=make_papers) is None


def test_a_list_of_which_nobody_was_erased_says_nothing_of_it(tmp_path: Path) -> None:
    """So a list that was sealed before there were erasures keeps its seal."""
    bundle = written(tmp_path)
    assert "erasures" not in (bundle.folder / "manifest.json").read_text()
    assert differing_files(bundle, invented_content(), make_papers) == ()
