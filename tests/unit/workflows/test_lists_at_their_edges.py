"""Lists that hold as little as can be: no room, one referral, none told apart, nothing known."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.invented_histories import NOW, World, a_world
from tests.invented_rules import a_rule
from triage.errors import ConfigurationError
from triage.lists import Bundle
from triage.papers import list_page, make_papers
from triage.workflows.project import require_capacity, with_capacity

PEOPLE = ("p1", "p2", "p3", "p4")


def of_nobody_known(*referrals: dict[str, object]) -> World:
    """Return a world of people of whom nothing at all is on record."""
    people = tuple({"person_id": person} for person in PEOPLE)
    made = (
        {"referral_id": f"r{person[1:]}", "person_id": person, "made_on": "2026-01-20"}
        for person in PEOPLE
    )
    return replace(a_world(0), people=people, referrals=referrals or tuple(made))


def standings(bundle: Bundle) -> list[str]:
    return list(bundle.tables.referrals["standing"].to_pylist())


def bands(bundle: Bundle) -> set[tuple[int, int]]:
    first, last = (bundle.tables.places[name].to_pylist() for name in ("band_first", "band_last"))
    return set(zip(first, last, strict=True))


def with_room_for(world: World, capacity: int) -> World:
    project, _ = with_capacity(world.project, capacity)
    return replace(world, project=project)


def test_without_room_everybody_stands_below_the_line(tmp_path: Path) -> None:
    floor = a_rule(when={"field": "incidents_365d", "operator": "at_least", "value": 5})
    kept = a_rule(
        "kept",
        when={"field": "incidents_365d", "operator": "at_most", "value": 1},
        effect="reserve",
    )
    bundle = with_room_for(a_world().with_rules(floor, kept), 0).list_of(tmp_path, NOW)
    assert "discuss" not in standings(bundle)
    assert not any(bundle.tables.places["reserved"].to_pylist())
    assert "line" not in {one for row in bundle.tables.places["changes"].to_pylist() for one in row}
    assert all(make_papers(bundle).values())


def test_with_more_room_than_referrals_nobody_stands_below_the_line(tmp_path: Path) -> None:
    bundle = with_room_for(a_world(3), 500).list_of(tmp_path, NOW)
    assert standings(bundle) == ["discuss"] * 3
    assert list_page(bundle).line_words.startswith("Every ranked referral is within capacity")


def test_a_list_of_one(tmp_path: Path) -> None:
    bundle = a_world(1).list_of(tmp_path, NOW)
    assert bands(bundle) == {(1, 1)}
    (case,) = list_page(bundle).cases
    assert (case.rank, case.above_next) == (1, None)
    assert case.sure.bounds == "1"
    assert all(make_papers(bundle).values())


def test_where_nothing_tells_referrals_apart_they_share_one_band(tmp_path: Path) -> None:
    bundle = of_nobody_known().list_of(tmp_path, NOW)
    assert bundle.tables.referrals["referral_id"].to_pylist() == ["r1", "r2", "r3", "r4"]
    assert bands(bundle) == {(1, 4)}
    assert {case.sure.band for case in list_page(bundle).cases} == {"1–4"}


def test_somebody_of_whom_nothing_is_known_is_ranked_and_asked_about(tmp_path: Path) -> None:
    asks = a_rule(when={"referral.separation": "yes"})
    world = (
        a_world(4)
        .with_rules(asks)
        .and_more(
            people=[{"person_id": "p9"}],
            referrals=[{"referral_id": "r9", "person_id": "p9", "made_on": "2026-01-20"}],
        )
    )
    made = world.list_of(tmp_path, NOW)
    last = list_page(made).cases[-1]
    assert last.referral_id == "r9"
    assert any(not reason.known for reason in last.reasons)
    assert not any(reason.records for reason in last.reasons)
    assert (last.sure.best_rank, last.sure.worst_rank) == (1, 5)
    assert last.ask_first.endswith("Yes: place 1, urgent.")
    assert all(make_papers(made).values())


def test_without_an_ensemble_every_paper_says_that_it_is_not_available(tmp_path: Path) -> None:
    page = list_page(a_world(3).list_of(tmp_path, NOW))
    assert "not available" in page.sure_words
    assert all("not available" in case.sure.told for case in page.cases)
    assert all(case.sure.chance_within_capacity is None for case in page.cases)


def test_a_capacity_that_is_chosen_is_part_of_what_a_list_is_made_from() -> None:
    project = a_world(1).project
    assert with_capacity(project, project.panel.capacity) == (project, {})
    chosen = [with_capacity(project, capacity) for capacity in (0, 1)]
    assert [one.panel.capacity for one, _ in chosen] == [0, 1]
    assert chosen[0][1] != chosen[1][1]
    assert all(list(digests) == ["triage rank --capacity"] for _, digests in chosen)


def test_nothing_can_be_judged_without_room() -> None:
    project, _ = with_capacity(a_world(1).project, 0)
    with pytest.raises(
        ConfigurationError, match=r"at least 1 to train .* use 'triage rank --capacity 0'"
    ):
        require_capacity(project)
    require_capacity(a_world(1).project)
