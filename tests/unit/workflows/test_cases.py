"""Cases of several referrals, links between them, other scales, and what has changed since."""

from __future__ import annotations

import datetime
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from tests.invented_histories import NOW, THEN, World, a_world, by_points, incident, shipped
from tests.invented_rules import a_rule
from triage.conditions import Answers, Categories, Days, Numbers
from triage.lists import Bundle
from triage.papers import list_page
from triage.timeline import Timeline, build_timeline, day_of, find_links, linked_on, on_scale
from triage.workflows.cases import answer_columns, answers_table
from triage.workflows.deciding import Said
from triage.workflows.questions import ask_of_open


def ranked(bundle: Bundle) -> list[str]:
    names: list[str] = bundle.tables.referrals["referral_id"].to_pylist()
    return names


def again(person: str, **answers: Any) -> dict[str, Any]:
    return {"referral_id": f"s-{person}", "person_id": person, "made_on": "2026-02-10", **answers}


def test_two_referrals_of_a_person_are_one_case_with_the_reasons_of_both(tmp_path: Path) -> None:
    world = a_world().with_rules(a_rule(when={"referral.pregnancy": "yes"}))
    more = again("p2", pregnancy="yes", children_in_home="yes", agency="health")
    bundle = world.and_more(referrals=[more]).list_of(tmp_path, NOW)
    assert ranked(bundle) == ["s-p2", "r6", "r5", "r4", "r3", "r1"]
    (joined,) = bundle.tables.joined.to_pylist()
    assert (joined["referral_id"], joined["case_id"]) == ("r2", "s-p2")
    assert joined["tier_name"] == "by score"
    assert bundle.manifest.counts.referrals_in == 7
    assert bundle.manifest.counts.joined == 1
    assert bundle.find_referral("r2") == "s-p2"


def test_what_a_further_referral_adds_is_told(tmp_path: Path) -> None:
    rule = a_rule("urgent", when={"referral.pregnancy": "yes"})
    flag = a_rule("flag", effect="flag", when={"referral.separation": "yes"})
    world = a_world().with_rules(rule, flag)
    first = {**world.referrals[1], "pregnancy": "yes", "separation": "no"}
    world = replace(world, referrals=(world.referrals[0], first, *world.referrals[2:]))
    bundle = world.and_more(referrals=[again("p2", separation="yes")]).list_of(tmp_path, NOW)
    (joined,) = bundle.tables.joined.to_pylist()
    assert joined["case_id"] == "r2"
    assert "The rule flag: Because of flag." in joined["reasons"]
    assert "the victim is leaving or has left" in joined["reasons"]


def test_what_two_referrals_say_of_two_victims_is_not_added_up(tmp_path: Path) -> None:
    both = {"all": [{"referral.pregnancy": "yes"}, {"referral.separation": "yes"}]}
    world = a_world().with_rules(a_rule(when=both))
    first = {**world.referrals[1], "pregnancy": "yes"}
    world = replace(world, referrals=(world.referrals[0], first, *world.referrals[2:]))
    bundle = world.and_more(referrals=[again("p2", separation="yes")]).list_of(tmp_path, NOW)
    assert set(bundle.tables.referrals["tier_name"].to_pylist()) == {"by score"}


def test_people_who_share_a_victim_are_cross_referenced_both_ways(tmp_path: Path) -> None:
    world = a_world().and_more(
        events=[
            incident("p2", "2025-03-01", victim_id="v1"),
            incident("p5", "2025-03-02", victim_id="v1"),
            incident("p4", "2025-03-02", victim_id="v2"),
            incident("p3", "2025-03-02", victim_id="v2", known_on="2026-03-01"),
            incident("nobody", "2025-03-02", victim_id="v2"),
        ]
    )
    links = world.list_of(tmp_path, NOW).tables.links.to_pylist()
    assert {(one["referral_id"], one["other_id"]) for one in links} == {("r2", "r5"), ("r5", "r2")}
    assert {one["by"] for one in links} == {"victim"}


def test_a_link_counts_from_the_day_after_it_was_known() -> None:
    world = a_world().and_more(
        events=[
            incident("p1", "2025-03-01", victim_id="v1"),
            incident("p2", "2025-03-02", victim_id="v1", known_on="2025-04-01"),
        ]
    )
    timeline = build_timeline(world.histories, shipped().scale)
    links = find_links(timeline, "victim_id", np.array([0, 1]))
    known = day_of(datetime.date(2025, 4, 1))
    assert linked_on(links, known) == frozenset()
    assert linked_on(links, known + 1) == {(0, 1), (1, 0)}


def test_answers_come_back_as_they_were() -> None:
    answers = {"pregnancy": "yes", "separation": "not_asked", "children_in_home": "no"}
    world = a_world(2)
    first = {**world.referrals[0], **answers, "route": "escalation", "agency": "health"}
    people = ({**world.people[0], "left_area_on": "2026-01-01"}, world.people[1])
    world = replace(world, referrals=(first, world.referrals[1]), people=people)
    asked = ask_of_open(world.project, world.histories, NOW)
    vocabulary = world.project.vocabulary
    table = answers_table(asked, vocabulary)
    back = answer_columns(table, asked.referral_ids, vocabulary)
    assert set(back) == set(asked.attributes)
    for field, column in asked.attributes.items():
        np.testing.assert_array_equal(values(back[field]), values(column), err_msg=field)
    assert "ethnicity" not in str(table["field"].to_pylist())


def values(column: Any) -> Any:
    match column:
        case Categories(codes, names):
            return [names[code] if code >= 0 else None for code in codes]
        case Answers(codes):
            return codes
        case Numbers(numbers) | Days(numbers):
            return numbers


def harm(timeline: Timeline) -> list[float]:
    column = timeline.columns["harm_days"]
    assert isinstance(column, Numbers)
    return column.values.tolist()


def test_another_scale_is_brought_to_the_same_total_of_what_was_known() -> None:
    events = [
        incident("p1", "2025-01-01", "assault_with_injury"),
        incident("p2", "2025-01-02", "stalking"),
        incident("p3", "2025-01-03", "homicide", known_on="2026-03-01"),
    ]
    world = World(shipped(), by_points(incidents_365d=1.0), events=tuple(events))
    timeline = build_timeline(world.histories, shipped().scale)
    other = on_scale(timeline, shipped().scales["ons"], day_of(NOW))
    assert harm(timeline) == [20, 10, 5475]
    assert sum(harm(other)[:2]) == 30
    assert harm(other)[0] / harm(other)[1] == 184 / 146
    assert on_scale(other, shipped().scale, day_of(NOW)).columns["harm_days"].values.tolist() == [
        20,
        10,
        5475,
    ]


def test_a_place_that_the_scale_of_harm_decides_is_told_under_each(tmp_path: Path) -> None:
    control = [incident("p1", f"2025-0{month}-03", "coercive_control") for month in range(3, 9)]
    injury = [incident("p2", f"2025-0{month}-04", "assault_with_injury") for month in range(3, 8)]
    world = replace(a_world(2), trained=by_points(harm_days_365d=1.0), events=(*control, *injury))
    bundle = world.list_of(tmp_path, NOW)
    assert ranked(bundle) == ["r2", "r1"]
    places = {
        (one["scale"], one["referral_id"]): one["rank"] for one in bundle.tables.scales.to_pylist()
    }
    assert {scale for scale, _ in places} == {"ons", "coercion"}
    assert places["coercion", "r1"] == 1


def test_without_a_feature_that_measures_harm_no_scale_matters(tmp_path: Path) -> None:
    world = a_world(2)
    features = tuple(one for one in world.project.features if not one.looks_at("harm_days"))
    world = replace(world, project=replace(world.project, features=features))
    assert world.list_of(tmp_path, NOW).tables.scales.num_rows == 0


def test_a_person_is_told_with_the_last_list_within_capacity_and_what_is_new(
    tmp_path: Path,
) -> None:
    panel = shipped().panel.model_copy(update={"capacity": 2, "near_misses": 1})
    world = replace(a_world(), project=replace(shipped(), panel=panel)).with_rules()
    days = [THEN - datetime.timedelta(days=4), THEN, NOW]
    first = world.list_of(tmp_path, days[0])
    many = [incident("p1", f"2026-01-3{day}") for day in (0, 1)] * 4
    many = [{**one, "event_id": f"m{number}"} for number, one in enumerate(many)]
    second = world.and_more(events=many).list_of(tmp_path, days[1], first)
    more = incident("p5", "2026-02-03", "stalking")
    last = world.and_more(events=[*many, more]).list_of(tmp_path, days[2], second, first)
    told = {row["referral_id"]: row for row in last.tables.earlier.to_pylist()}
    assert (told["r5"]["as_of"], told["r5"]["standing"], told["r5"]["lists"]) == (
        days[0],
        "discuss",
        2,
    )
    assert told["r5"]["records"] == 1
    assert told["r5"]["changes"] == [
        "6 domestic incidents in the last 12 months; then: 5 domestic incidents in the last "
        "12 months"
    ]
    assert (told["r3"]["as_of"], told["r3"]["standing"]) == (days[1], "below")
    assert (told["r3"]["records"], told["r3"]["changes"]) == (0, [])


def linked(n: int = 6) -> World:
    """Return a world in which ``p6``, who leads, and ``p2`` harm the same victim."""
    world = a_world(n)
    shared = [incident(person, "2025-11-01", victim_id="v") for person in ("p6", "p2")]
    return world.and_more(events=shared)


def told(bundle: Bundle) -> list[str]:
    return [case.referral_id for case in list_page(bundle).cases]


def test_linked_cases_are_told_together_and_keep_their_places(tmp_path: Path) -> None:
    bundle = linked().list_of(tmp_path, NOW)
    assert bundle.tables.referrals["referral_id"].to_pylist()[0] == "r6"
    assert told(bundle) == ["r6", "r2", "r5", "r4", "r3", "r1"]
    case = list_page(bundle).cases[1]
    assert case.rank == 4
    assert case.beside.stands == (
        "Stands here beside place 1 (r6): the same victim is on record. By itself it is place 4."
    )


def test_a_panel_may_have_all_told_by_their_places(tmp_path: Path) -> None:
    world = linked()
    ranking = world.project.panel.ranking.model_copy(update={"linked_together": False})
    panel = world.project.panel.model_copy(update={"ranking": ranking})
    apart = replace(world, project=replace(world.project, panel=panel)).list_of(tmp_path, NOW)
    assert told(apart) == ["r6", "r5", "r4", "r2", "r3", "r1"]
    assert list_page(apart).cases[3].beside.stands == ""
    assert [one.referral_id for one in list_page(apart).cases[3].beside.links] == ["r6"]


def test_a_link_brings_nobody_across_the_line(tmp_path: Path) -> None:
    world = linked()
    panel = world.project.panel.model_copy(update={"capacity": 2, "near_misses": 1})
    bundle = replace(world, project=replace(world.project, panel=panel)).list_of(tmp_path, NOW)
    page = list_page(bundle)
    assert [case.referral_id for case in page.discuss] == ["r6", "r5"]
    assert told(bundle)[-3:] == ["r2", "r3", "r1"]


def test_why_a_place_moved_is_the_same_whether_or_not_linked_cases_stand_together(
    tmp_path: Path,
) -> None:
    then, now = a_world(), linked()
    moves = []
    for together in (True, False):
        folder = tmp_path / str(together)
        ranking = now.project.panel.ranking.model_copy(update={"linked_together": together})
        panel = now.project.panel.model_copy(update={"ranking": ranking})
        project = replace(now.project, panel=panel)
        earlier = replace(then, project=project).list_of(folder, THEN)
        bundle = replace(now, project=project).list_of(folder, NOW, earlier)
        moves.append(bundle.tables.moves.to_pylist())
    assert moves[0] == moves[1]


def test_when_the_panel_last_decided_is_told_and_what(tmp_path: Path) -> None:
    world = a_world()
    first = world.list_of(tmp_path, datetime.date(2026, 1, 25))
    then = world.list_of(tmp_path, THEN)
    said = Said("defer", datetime.date(2026, 1, 28))
    decided = {(first.list_id, "r2"): said}
    bundle = world.list_of(tmp_path, NOW, then, first, decided=decided)
    told = {row["referral_id"]: row for row in bundle.tables.earlier.to_pylist()}
    assert (told["r2"]["list_id"], told["r2"]["lists"]) == (first.list_id, 2)
    assert (told["r2"]["decision"], told["r2"]["met_on"]) == ("defer", said.met_on)
    assert (told["r1"]["list_id"], told["r1"]["decision"]) == (then.list_id, None)
    (case,) = (one for one in list_page(bundle).cases if one.referral_id == "r2")
    assert case.beside.earlier is not None
    assert case.beside.earlier.heard
    assert case.beside.earlier.told == (
        "Last heard by the panel of 28 January 2026: put off. It stood on the list of 25 January "
        "2026, at place 5."
    )
