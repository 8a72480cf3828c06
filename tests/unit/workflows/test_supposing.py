"""What would change a place: what the panel says can change, nearest values, and pairs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.invented_histories import NOW, World, a_world, by_points, incident
from tests.invented_rules import a_rule
from triage.explain import Possibilities
from triage.lists import Bundle
from triage.papers import list_page

ONE_MORE = [
    {"name": name, "one": words, "event": {"type": kind, "domestic": "yes"}}
    for name, words, kind in (
        ("harassment", "one more incident of harassment", "harassment"),
        ("stalking", "one more incident of stalking", "stalking"),
    )
]
NOTHING: dict[str, Any] = {"facts": {}, "new_facts": [], "quiet_months": []}


def supposing(world: World, capacity: int, **content: Any) -> World:
    """Return a world with room for so many, in which this and nothing else can change."""
    possibilities = Possibilities.model_validate({**NOTHING, **content})
    panel = world.project.panel.model_copy(update={"capacity": capacity})
    project = replace(world.project, possibilities=possibilities, panel=panel)
    return replace(world, project=project)


def changes(bundle: Bundle, referral_id: str) -> list[dict[str, Any]]:
    rows = bundle.tables.changes.to_pylist()
    return [row for row in rows if row["referral_id"] == referral_id]


def rank_of(bundle: Bundle, referral_id: str) -> int:
    return int(bundle.tables.referrals["referral_id"].to_pylist().index(referral_id)) + 1


def test_where_no_single_change_crosses_the_line_the_smallest_pair_that_does_is_told(
    tmp_path: Path,
) -> None:
    world = supposing(a_world(4), 2, new_facts=ONE_MORE)
    bundle = world.list_of(tmp_path, NOW)
    (pair,) = (row for row in changes(bundle, "r1") if row["kind"] == "pair")
    assert (pair["crosses"], pair["told"], pair["rank"]) == ("line", 1, 2)
    case = list_page(bundle).cases[-1]
    assert case.changes is not None
    assert case.changes.told[0].text == (
        "If there is one more incident of harassment and there is one more incident of stalking, "
        "this case would come above the line, to place 2."
    )
    assert case.changes.tried_words.startswith("2 changes tried one by one and 1 pair of them")
    assert case.changes.note == "No single one would bring it above the line."
    both = [incident("p1", "2026-02-14", kind) for kind in ("harassment", "stalking")]
    come_about = world.and_more(events=both).list_of(tmp_path / "then", NOW)
    assert rank_of(come_about, "r1") == pair["rank"]


def test_no_pair_is_tried_where_a_single_change_crosses_the_line(tmp_path: Path) -> None:
    bundle = supposing(a_world(4), 3, new_facts=ONE_MORE).list_of(tmp_path, NOW)
    assert {row["kind"] for row in changes(bundle, "r1")} == {"event"}
    assert "line" in {row["crosses"] for row in changes(bundle, "r1")}


def test_what_is_known_is_otherwise_only_where_the_panel_says_that_it_can_change(
    tmp_path: Path,
) -> None:
    floor = a_rule(when={"referral.separation": "yes"})
    world = a_world(4).with_rules(floor)
    answered = tuple({**one, "separation": "no"} for one in world.referrals)
    world = replace(world, referrals=answered)
    told = {}
    for where in ("can_change", "found_out", "never"):
        facts = {where: ["referral.separation"]}
        told[where] = changes(supposing(world, 2, facts=facts).list_of(tmp_path / where, NOW), "r1")
    (change,) = told["can_change"]
    assert (change["kind"], change["rank"], change["crosses"]) == ("fact", 1, "line")
    assert told["found_out"] == told["never"] == []


def test_an_open_question_is_never_answered_where_the_panel_says_never(tmp_path: Path) -> None:
    world = a_world(2).with_rules(a_rule(when={"referral.separation": "yes"}))
    asked = {"found_out": ["referral.separation"]}
    never = {"never": ["referral.separation"]}
    kinds = {
        str(facts): {
            row["kind"]
            for row in changes(
                supposing(world, 1, facts=facts).list_of(tmp_path / str(number), NOW), "r1"
            )
        }
        for number, facts in enumerate((asked, never))
    }
    assert list(kinds.values()) == [{"answer"}, set()]


def test_the_nearest_observed_value_of_a_measurement_that_crosses_is_told(tmp_path: Path) -> None:
    graded = by_points(ticks_latest_730d=1.0)
    world = replace(a_world(4), trained=graded, events=())
    ticks = {"p1": 3, "p2": 8, "p3": 12, "p4": 20}
    events = [
        {
            "person_id": person,
            "type": "dash",
            "happened_on": "2026-01-01",
            "ticks": value,
        }
        for person, value in ticks.items()
    ]
    measured = [
        {
            "name": "new_ticks",
            "of": "ticks",
            "one": "a new DASH with {value} ticks",
            "event": {"type": "dash"},
        }
    ]
    bundle = supposing(world.and_more(events=events), 2, measured=measured).list_of(tmp_path, NOW)
    tried = changes(bundle, "r1")
    assert [row["amount"] for row in tried] == [8, 12, 20]  # the nearest to 3 first
    (told,) = (row for row in tried if row["told"])
    assert (told["text"], told["crosses"]) == ("a new DASH with 12 ticks", "line")


def test_a_category_is_moved_to_each_value_that_others_have(tmp_path: Path) -> None:
    floor = a_rule(when={"referral.relationship": "former_partner"})
    world = a_world(3).with_rules(floor)
    relationships = ("partner", "former_partner", "family")
    referrals = tuple(
        {**one, "relationship": its}
        for one, its in zip(world.referrals, relationships, strict=True)
    )
    facts = {"can_change": ["referral.relationship"]}
    bundle = supposing(replace(world, referrals=referrals), 1, facts=facts).list_of(tmp_path, NOW)
    tried = changes(bundle, "r1")
    assert {row["kind"] for row in tried} == {"fact"}
    assert {row["text"] for row in tried} == {
        "what the victim is to the person: former partner",
        "what the victim is to the person: family",
    }
    (told,) = (row for row in tried if row["told"])
    assert told["text"].endswith("former partner")
