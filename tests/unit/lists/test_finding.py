"""A list is found by its name, its date, or as the latest."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest

from tests.invented_lists import invented_content, invented_tables
from triage.errors import NotFoundError
from triage.lists import earlier_lists, find_list, list_names, write_bundle

TABLES = invented_tables(2, 0)


def write(folder: Path, day: int, hour: int = 9, code: str = "0.1.0") -> str:
    content = invented_content(
        TABLES,
        as_of=datetime.date(2026, 3, day),
        created_at=datetime.datetime(2026, 4, 1, hour, tzinfo=datetime.UTC),
        code_version=code,
    )
    return write_bundle(folder, content, lambda _: {}).list_id


def test_by_its_name_its_folder_or_its_date(tmp_path):
    first, second = write(tmp_path, 1), write(tmp_path, 2)
    for name in (first, str(tmp_path / first), f"{tmp_path / first}/", "2026-03-01"):
        assert find_list(tmp_path, name) == tmp_path / first
    assert find_list(tmp_path, "2026-03-02") == tmp_path / second


def test_the_latest_has_the_latest_date_and_of_these_was_made_last(tmp_path):
    write(tmp_path, 1, hour=23)
    older = write(tmp_path, 2, hour=10, code="a")
    newer = write(tmp_path, 2, hour=11, code="b")
    newest = write(tmp_path, 2, hour=12, code="c")
    assert find_list(tmp_path, "latest") == tmp_path / newest
    assert {older, newer, newest} < set(list_names(tmp_path))


def test_a_date_with_several_lists_does_not_say_which(tmp_path):
    one, two = sorted([write(tmp_path, 1, code="a"), write(tmp_path, 1, code="b")])
    with pytest.raises(
        NotFoundError, match=f"2 lists of that date: {one}, {two}.*Name one in full"
    ):
        find_list(tmp_path, "2026-03-01")


def test_a_name_that_is_nearly_one_gets_a_close_match(tmp_path):
    name = write(tmp_path, 1)
    with pytest.raises(NotFoundError, match=f"1 other list.*Did you mean '{name}'"):
        find_list(tmp_path, name[:-1])


def test_a_date_without_a_list_is_told_the_dates_that_have_one(tmp_path):
    write(tmp_path, 1)
    with pytest.raises(NotFoundError, match=r"lists as of 2026-03-01.*Did you mean '2026-03-01'"):
        find_list(tmp_path, "2026-03-09")


@pytest.mark.parametrize("folder", [".", "nowhere"])
def test_where_there_is_none_it_says_how_to_make_one(tmp_path, folder):
    with pytest.raises(NotFoundError, match=r"no list yet.*triage rank --as-of DATE"):
        find_list(tmp_path / folder, "latest")


def test_what_is_half_written_or_something_else_is_no_list(tmp_path):
    name = write(tmp_path, 1)
    (tmp_path / f".{name}.abc.part").mkdir()
    (tmp_path / "2026-03-01").mkdir()
    (tmp_path / "2026-03-05-notahash").mkdir()
    (tmp_path / "2026-03-06-00000000").write_text("a file")
    assert list_names(tmp_path) == (name,)
    assert find_list(tmp_path, "latest") == tmp_path / name


def test_a_manifest_that_cannot_be_read_is_left_to_the_reader(tmp_path):
    name = write(tmp_path, 1, code="a")
    (tmp_path / "2026-03-01-00000000").mkdir()
    (tmp_path / "2026-03-01-11111111").mkdir()
    (tmp_path / "2026-03-01-11111111" / "manifest.json").write_text("[1]")
    assert find_list(tmp_path, "latest") == tmp_path / name


def test_the_lists_before_a_date_are_one_a_date_and_the_last_made_of_each(tmp_path):
    first = write(tmp_path, 1)
    write(tmp_path, 5, hour=10, code="a")
    last_made = write(tmp_path, 5, hour=12, code="b")
    write(tmp_path, 9)
    day = datetime.date(2026, 3, 9)
    assert earlier_lists(tmp_path, day, within_days=365) == (last_made, first)
    assert earlier_lists(tmp_path, day, within_days=4) == (last_made,)
    assert earlier_lists(tmp_path, datetime.date(2026, 3, 1), within_days=365) == ()
    assert earlier_lists(tmp_path / "none", day, within_days=365) == ()
