"""Law 9. Every list replays: from its hashed inputs, configuration, code and model, the same bytes.

The lists that it is compared with are among its inputs, by the seal that covers every byte of them.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.invented_histories import NOW, THEN, a_world, incident
from triage.lists import Bundle, read_bundle

DAYS = (THEN.replace(day=1), THEN.replace(day=8), NOW)


def contents(bundle: Bundle) -> dict[str, bytes]:
    return {
        path.name: path.read_bytes()
        for path in bundle.folder.iterdir()
        if path.name != "manifest.json"
    }


def three_lists(folder: Path) -> list[Bundle]:
    world = a_world()
    lists: list[Bundle] = []
    for number, day in enumerate(DAYS):
        more = [incident("p1", f"2026-02-0{one + 1}") for one in range(number)]
        again = {"referral_id": "s3", "person_id": "p3", "made_on": "2026-02-02"}
        now = world.and_more(events=more, referrals=[again] if number else [])
        lists.append(now.list_of(folder, day, *lists[::-1]))
    return lists


def test_the_same_history_gives_the_same_bytes_moves_and_all(tmp_path: Path) -> None:
    first, second = (three_lists(tmp_path / name) for name in ("one", "two"))
    for one, other in zip(first, second, strict=True):
        assert one.manifest == other.manifest
        assert contents(one) == contents(other)
    assert first[-1].tables.moves.num_rows
    assert first[-1].tables.joined.num_rows == 1


def test_a_list_is_made_again_beside_the_lists_that_it_names(tmp_path: Path) -> None:
    lists = three_lists(tmp_path / "lists")
    before = contents(lists[-1])
    shutil.rmtree(lists[-1].folder)
    earlier = [read_bundle(lists[0].folder.parent / name) for name in named(lists[-1])]
    now = a_world().and_more(
        events=[incident("p1", f"2026-02-0{one}") for one in (1, 2)],
        referrals=[{"referral_id": "s3", "person_id": "p3", "made_on": "2026-02-02"}],
    )
    made = now.list_of(tmp_path / "lists", NOW, *earlier[::-1])
    assert made.list_id == lists[-1].list_id
    assert contents(made) == before


def named(bundle: Bundle) -> list[str]:
    return [name.removeprefix("lists/") for name in bundle.manifest.inputs]


def test_another_list_before_is_another_input_and_so_another_list(tmp_path: Path) -> None:
    lists = three_lists(tmp_path / "one")
    other = a_world().and_more(events=[incident("p6", "2026-02-03")])
    then = other.list_of(tmp_path / "two", DAYS[1], lists[0])
    now = a_world().list_of(tmp_path / "three", NOW, lists[1], lists[0])
    changed = a_world().list_of(tmp_path / "three", NOW, then, lists[0])
    assert now.list_id != changed.list_id
