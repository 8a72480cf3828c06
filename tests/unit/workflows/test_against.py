"""Why a place moved since the last list: each cause planted alone, and any mixture of them."""

from __future__ import annotations

import datetime
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.invented_histories import NOW, THEN, World, a_world, by_points, incident
from tests.invented_rules import a_rule
from triage.errors import NotFoundError, TamperedError
from triage.lists import CAUSES, Bundle
from triage.workflows.against import read_history

FLOOR = {"field": "incidents_365d", "operator": "below", "value": 2}


def moves(bundle: Bundle) -> dict[str, dict[str, Any]]:
    return {row["referral_id"]: row for row in bundle.tables.moves.to_pylist()}


def causes(bundle: Bundle, referral_id: str) -> dict[str, int]:
    row = moves(bundle)[referral_id]
    return {name: row[name] for name in CAUSES if row[name]}


def two_lists(tmp_path: Path, then: World, now: World, day: datetime.date = NOW) -> Bundle:
    earlier = then.list_of(tmp_path, THEN)
    return now.list_of(tmp_path, day, earlier)


def test_where_nothing_happens_nothing_moves(tmp_path: Path) -> None:
    bundle = two_lists(tmp_path, a_world(), a_world())
    told = moves(bundle)
    assert {row["status"] for row in told.values()} == {"same"}
    assert all(not causes(bundle, name) for name in told)
    assert told["r1"]["text"] == "Nothing that happened since moves it."


def test_new_facts(tmp_path: Path) -> None:
    more = [incident("p1", f"2026-02-0{day}") for day in range(2, 5)]
    bundle = two_lists(tmp_path, a_world(), a_world().and_more(events=more))
    assert causes(bundle, "r1") == {"facts": 3}  # 4 incidents; r4 has as many and a later id
    assert causes(bundle, "r2") == {"others": -1}
    assert moves(bundle)["r1"]["text"].startswith("Raised 3 places by new facts.")


def test_what_happened_before_the_last_list_and_became_known_since_is_a_new_fact(
    tmp_path: Path,
) -> None:
    late = [incident("p1", f"2025-10-{day}", known_on="2026-02-05") for day in (11, 12, 13)]
    bundle = two_lists(tmp_path, a_world(), a_world().and_more(events=late))
    assert causes(bundle, "r1") == {"facts": 3}


def test_the_clock_alone(tmp_path: Path) -> None:
    old = [incident("p5", f"2025-02-{day:02d}") for day in range(5, 12)]
    world = a_world().and_more(events=old)
    bundle = two_lists(tmp_path, world, world)
    assert moves(bundle)["r5"]["rank_then"] == 1
    assert causes(bundle, "r5") == {"clock": -1}
    assert "time alone" in moves(bundle)["r5"]["text"]
    assert causes(bundle, "r6") == {"others": 1}


def test_an_answered_question(tmp_path: Path) -> None:
    rule = a_rule(when={"referral.pregnancy": "yes"})
    world = a_world().with_rules(rule)
    answered = tuple(
        {**one, "pregnancy": "yes"} if one["referral_id"] == "r2" else one
        for one in world.referrals
    )
    bundle = two_lists(tmp_path, world, replace(world, referrals=answered))
    assert causes(bundle, "r2") == {"answers": 4}
    text = moves(bundle)["r2"]["text"]
    assert "answers to what was not known" in text
    assert "Known now, and not then" in text


def test_an_answer_that_is_taken_back_is_a_new_fact_and_no_answer(tmp_path: Path) -> None:
    rule = a_rule(when={"referral.pregnancy": "yes"})
    world = a_world().with_rules(rule)

    def saying(word: str) -> World:
        first = {**world.referrals[1], "pregnancy": word}
        return replace(world, referrals=(world.referrals[0], first, *world.referrals[2:]))

    bundle = two_lists(tmp_path, saying("no"), saying("yes"))
    assert causes(bundle, "r2") == {"facts": 4}


def test_new_rules(tmp_path: Path) -> None:
    bundle = two_lists(tmp_path, a_world(), a_world().with_rules(a_rule(when=FLOOR)))
    assert causes(bundle, "r1") == {"policy": 5}
    assert causes(bundle, "r6") == {"policy": -1}


def test_a_rule_that_lapses_by_its_date_is_new_rules_too(tmp_path: Path) -> None:
    rule = a_rule(when=FLOOR, in_force_to=datetime.date(2026, 2, 10))
    world = a_world().with_rules(rule)
    assert causes(two_lists(tmp_path, world, world), "r1") == {"policy": -5}


def test_a_new_model(tmp_path: Path) -> None:
    other = replace(a_world(), trained=by_points(incidents_365d=-1.0), model="2")
    bundle = two_lists(tmp_path, a_world(), other)
    assert causes(bundle, "r1") == {"model": 5}
    assert causes(bundle, "r6") == {"model": -5}


def test_a_new_model_that_looks_at_what_the_last_list_did_not_keep(tmp_path: Path) -> None:
    then = a_world().list_of(tmp_path, THEN)
    features = then.tables.features.drop_columns(["incidents_730d"])
    then = replace(then, tables=replace(then.tables, features=features))
    other = replace(a_world(), trained=by_points(incidents_730d=-1.0), model="2")
    assert causes(other.list_of(tmp_path, NOW, then), "r1") == {"model": 5}


def test_who_comes_and_who_goes_moves_the_others(tmp_path: Path) -> None:
    new = {"referral_id": "r9", "person_id": "p9", "made_on": "2026-02-10"}
    events = [incident("p9", f"2025-11-{day}") for day in range(10, 20)]
    world = a_world()
    bundle = two_lists(tmp_path, world, world.and_more(referrals=[new], events=events))
    assert moves(bundle)["r9"]["status"] == "new"
    assert moves(bundle)["r9"]["text"] == "Referred since the last list."
    assert causes(bundle, "r6") == {"others": -1}
    assert "other cases moving (1 new, 0 gone)" in moves(bundle)["r6"]["text"]


def test_who_is_gone_is_told_why(tmp_path: Path) -> None:
    world = a_world()
    earlier = world.list_of(tmp_path, THEN)
    held = a_rule(effect="hold", when={"field": "in_custody", "operator": "at_least", "value": 1})
    now = replace(
        world.with_rules(held),
        referrals=(
            {**world.referrals[0], "made_on": "2026-01-05"},
            *world.referrals[1:4],
            world.referrals[5],
        ),
    ).and_more(events=[incident("p6", "2026-02-03", "remand", domestic=None)])
    told = {
        name: row["text"]
        for name, row in moves(now.list_of(tmp_path, NOW, earlier)).items()
        if row["status"] == "gone"
    }
    assert set(told) == {"r1", "r5", "r6"}
    assert told["r5"].startswith("Its referral is in no extract any more.")
    assert told["r6"].startswith("Now not for this panel. Because of a_rule.")


def test_a_referral_that_is_no_longer_open_is_gone_and_says_whether_it_was_reached(
    tmp_path: Path,
) -> None:
    world = a_world(20)
    new = {"referral_id": "s", "person_id": "p9", "made_on": "2026-03-01"}
    later = world.and_more(referrals=[new])
    bundle = later.list_of(tmp_path, datetime.date(2026, 3, 10), world.list_of(tmp_path, THEN))
    told = moves(bundle)
    assert "No longer open: it was made on 20 January 2026" in told["r20"]["text"]
    assert "not within capacity" not in told["r20"]["text"]
    assert told["r1"]["text"].endswith("It was not within capacity on the last list.")


def test_a_new_referral_of_the_same_person_is_the_same_case(tmp_path: Path) -> None:
    world = a_world()
    again = {"referral_id": "s3", "person_id": "p3", "made_on": "2026-02-10"}
    later = replace(world, referrals=(*world.referrals[:2], again, *world.referrals[3:]))
    row = moves(two_lists(tmp_path, world, later))["s3"]
    assert (row["status"], row["rank_then"]) == ("same", 4)


def test_the_causes_of_a_place_that_rules_and_facts_move_are_each_counted_once(
    tmp_path: Path,
) -> None:
    then = a_world().with_rules(a_rule(when=FLOOR))
    more = [incident("p1", "2026-02-05"), incident("p1", "2026-02-06")]
    bundle = two_lists(tmp_path, then, a_world().and_more(events=more))
    row = moves(bundle)["r1"]
    assert row["rank_then"] == 1
    assert causes(bundle, "r1") == {"policy": -5, "facts": 2}


changes = st.fixed_dictionaries(
    {
        "facts": st.lists(st.tuples(st.integers(1, 6), st.integers(2, 14)), max_size=5),
        "answers": st.sets(st.integers(0, 5), max_size=3),
        "weights": st.sampled_from([1.0, -1.0]),
        "floor": st.booleans(),
        "gone": st.sets(st.integers(0, 5), max_size=2),
        "new": st.integers(0, 2),
        "days": st.sampled_from([1, 14, 16]),
        "old": st.lists(st.tuples(st.integers(1, 6), st.integers(1, 28)), max_size=5),
    }
)


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes)
def test_whatever_happens_the_causes_sum_to_the_move(
    tmp_path_factory: pytest.TempPathFactory, change: dict[str, Any]
) -> None:
    asks = a_rule("asks", when={"referral.separation": "yes"}, effect={"floor": "must_discuss"})
    old = [incident(f"p{one}", f"2025-02-{day:02d}") for one, day in change["old"]]
    then = a_world().and_more(events=old).with_rules(asks)
    rules = [asks, *([a_rule(when=FLOOR)] if change["floor"] else [])]
    facts = [incident(f"p{one}", f"2026-02-{day:02d}") for one, day in change["facts"]]
    referrals = [
        {**one, "separation": "yes" if row in change["answers"] else "unknown"}
        for row, one in enumerate(then.referrals)
        if row not in change["gone"]
    ]
    referrals += [
        {"referral_id": f"s{one}", "person_id": f"q{one}", "made_on": "2026-02-01"}
        for one in range(change["new"])
    ]
    model = str(change["weights"])
    now = replace(
        then.with_rules(*rules).and_more(events=facts),
        referrals=tuple(referrals),
        trained=by_points(incidents_365d=change["weights"]),
        model="1" if model == "1.0" else model,
    )
    day = THEN + datetime.timedelta(days=change["days"])
    bundle = two_lists(tmp_path_factory.mktemp("lists"), then, now, day)
    told = moves(bundle)
    assert set(told) >= {one["referral_id"] for one in referrals}
    for row in told.values():
        if row["status"] in ("up", "down", "same"):
            assert sum(row[name] for name in CAUSES) == row["rank_then"] - row["rank_now"]
            assert row["model"] == 0 or change["weights"] != 1.0
            assert row["policy"] == 0 or change["floor"] or change["weights"] != 1.0
            assert row["answers"] == 0 or row["referral_id"] in {
                f"r{one + 1}" for one in change["answers"]
            }
            assert row["facts"] == 0 or row["referral_id"] in {
                f"r{one}" for one, _ in change["facts"]
            }


def test_the_list_before_is_an_input_of_this_one(tmp_path: Path) -> None:
    first = a_world().list_of(tmp_path, THEN)
    alone = a_world().list_of(tmp_path, NOW)
    beside = a_world().list_of(tmp_path, NOW, first)
    assert beside.list_id != alone.list_id
    assert beside.manifest.inputs == {f"lists/{first.list_id}": first.manifest.seal}
    assert beside.manifest.against is not None
    assert beside.manifest.against.list_id == first.list_id


def test_the_latest_list_before_is_taken_unless_another_is_named(tmp_path: Path) -> None:
    days = [THEN - datetime.timedelta(days=days) for days in (10, 5, 0)]
    first, _, last = (a_world().list_of(tmp_path, day) for day in days)
    history = read_history(tmp_path, NOW, None)
    assert history.against is not None
    assert history.against.list_id == last.list_id
    assert [one.manifest.as_of for one in history.earlier] == days[::-1]
    named = read_history(tmp_path, NOW, first.list_id)
    assert named.against is not None
    assert named.against.list_id == first.list_id
    assert read_history(tmp_path, NOW, "none").inputs == {}
    with pytest.raises(NotFoundError, match="compared with one of an earlier as-of date"):
        read_history(tmp_path, days[1], last.list_id)


def test_no_list_is_made_beside_one_that_was_touched(tmp_path: Path) -> None:
    first, second = (
        a_world().list_of(tmp_path, THEN - datetime.timedelta(days=days)) for days in (9, 0)
    )
    for one in (first, second):
        (one.folder / "rules.parquet").write_bytes(b"")
    for against in (None, second.list_id):
        with pytest.raises(TamperedError, match="No list is made beside one") as refused:
            read_history(tmp_path, NOW, against)
        assert [problem.where for problem in refused.value.problems] == [
            f"{one.list_id}/rules.parquet" for one in (second, first)
        ]
    assert read_history(tmp_path, NOW, "none").earlier == ()


def test_a_list_of_another_release_is_passed_over_and_said_to_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = a_world().list_of(tmp_path, THEN)
    monkeypatch.setattr("triage.lists.bundles.FORMAT", 10_000)
    history = read_history(tmp_path, NOW, None)
    assert (history.against, history.passed_over) == (None, (first.list_id,))
