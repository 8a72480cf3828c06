"""Features of stored histories: in pieces, in parts and in threads, always the same file."""

from __future__ import annotations

import datetime
import json
import random
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from triage.errors import ExtractError
from triage.features import compute, feature_table, files, make_plan, read_pipelines
from triage.features.files import write_feature_file
from triage.harm import Scale
from triage.records import (
    UnsortedError,
    Vocabulary,
    build_histories,
    first_known,
    open_stored_histories,
    pieces,
    undated_sources,
    write_histories,
)
from triage.timeline import (
    Moments,
    PartOfPeople,
    build_timeline,
    people_attributes_at,
    timelines_in_parts,
)

WORDS = Vocabulary.model_validate(
    {
        "agencies": {"police": "Police", "health": "Health"},
        "kinds": {"incident": "incident"},
        "types": {
            "assault": {"kind": "incident", "meaning": "assault", "harm_class": "assault"},
            "dispute": {"kind": "incident", "meaning": "dispute"},
        },
        "events": {"flags": {"weapon": "w"}, "numbers": {"ticks": {"meaning": "ticks"}}},
    }
)
SCALE = Scale.model_validate(
    {
        "name": "test",
        "title": "Test",
        "source": "invented",
        "in_force_from": datetime.date(2020, 1, 1),
        "classes": {"assault": {"days": 0.1, "note": "not on the grid"}},
    }
)
SAME = {"unit": "u", "direction": "none", "missing": "none", "meaning": "{value}"}
DEFINITIONS = [
    {"name": "events", "measure": "count"},
    {"name": "of_health", "measure": "count", "where": {"source": "health"}},
    {"name": "harm", "measure": "sum", "of": "harm_days", "where": {"weapon": "yes"}},
    {"name": "ticks", "measure": "latest", "of": "ticks"},
    {"name": "victims", "measure": "distinct", "of": "victim_id"},
    {"name": "active", "measure": "active"},
    {"name": "days_until_end", "measure": "days_until_end"},
    {"name": "new", "measure": "new", "of": "victim_id", "meaning": "{value} {window}"}
    | {"windows": [365]},
    {"name": "last", "measure": "days_since_last", "where": {"type": "assault"}},
    {"name": "age", "measure": "attribute", "of": "person.age"},
]
TODAY = datetime.date(2026, 1, 1)
PEOPLE = [f"p{number:02}" for number in range(23)]


def made_up(seed: int):
    chance = random.Random(seed)
    events = []
    for number in range(400):
        happened = datetime.date(2020, 1, 1) + datetime.timedelta(days=chance.randrange(1500))
        known = happened + datetime.timedelta(days=chance.randrange(40))
        event = {
            "event_id": f"e{number // 2:03}",
            "person_id": chance.choice(PEOPLE[:20]),
            "happened_on": happened,
            "known_on": known,
            "ended_on": chance.choice([None, happened + datetime.timedelta(days=300)]),
            "agency": ["police", "health"][number % 2],
            "type": chance.choice(["assault", "dispute"]),
            "victim_id": chance.choice([None, "v1", "v2", "victim 3"]),
            "weapon": chance.choice(["yes", "no", "unknown", "not_asked"]),
            "ticks": chance.choice([None, 1.5, 7.0]),
        }
        events.append(event)
        if number % 3 == 0:
            later = known + datetime.timedelta(days=chance.randrange(1, 400))
            who = chance.choice([event["person_id"], chance.choice(PEOPLE)])
            again = {"known_on": later, "person_id": who, "withdrawn": number % 2 == 0}
            events.append({**event, **again, "type": "assault"})
    people = [
        {"person_id": who, "birth_date": datetime.date(1980, 1, 1 + number)}
        for number, who in enumerate(PEOPLE)
    ]
    return build_histories(WORDS, people=people, events=events)


def features(folder: Path):
    (folder / "pipelines").mkdir(exist_ok=True)
    content = {"title": "Test", "features": [SAME | one for one in DEFINITIONS]}
    (folder / "pipelines" / "test.yaml").write_text(json.dumps(content))
    return read_pipelines(folder / "pipelines", WORDS)


def stored(folder: Path, histories, monkeypatch: pytest.MonkeyPatch):
    """Store histories, and read them back seven rows at a time from many small pieces."""
    monkeypatch.setattr(pieces, "ROWS_IN_BATCH", 7)
    monkeypatch.setattr("triage.records.stored.ROWS_IN_A_FILE", 101)
    write_histories(histories, folder / "stored")
    for file in (folder / "stored" / "events").iterdir():
        pq.write_table(pq.read_table(file), file, row_group_size=37)
    return open_stored_histories(folder / "stored", WORDS, TODAY)


WAYS = [
    (1, 1, False),
    (3, 1, False),
    (1, 4, True),
    (2, 23, True),
    (1, 5, False),
    (3, 23, False),
]
"""Threads, parts, and whether the parts lie on disk."""


@pytest.mark.parametrize("seed", range(3))
def test_one_file_whatever_the_parts_and_the_threads(tmp_path, monkeypatch, seed) -> None:
    monkeypatch.setattr(files, "ROWS_IN_GROUP", 16)
    histories = made_up(seed)
    plan = make_plan(features(tmp_path))
    position = np.repeat(np.arange(len(PEOPLE), dtype=np.int32), 4)
    days = np.tile(np.asarray([18300, 18700, 19000, 19600], np.int32), len(PEOPLE))
    moments = Moments(position, days)
    attributes = people_attributes_at(histories, position, days)
    ids = pa.table(
        {
            "referral_id": [f"r{row}" for row in range(len(days))],
            "person_id": [PEOPLE[who] for who in position],
        }
    )
    whole = build_timeline(histories, SCALE)
    expected = feature_table(compute(plan, whole, moments, attributes), ids, days)
    assert expected["events"].to_numpy().max() > 5
    assert expected["new_365d"].to_numpy().max() > 1

    there = stored(tmp_path, histories, monkeypatch)
    wanted = {"fields": plan.fields, "fingerprinted": plan.fingerprinted}
    made = []
    for threads, n_parts, on_disk in WAYS:
        if n_parts == 1:
            whole = PartOfPeople(0, build_timeline(there, SCALE, threads=threads, **wanted))
            people = [lambda whole=whole: whole]
        else:
            folder = tmp_path / f"parts{n_parts}" if on_disk else None
            if folder:
                folder.mkdir()
            people = timelines_in_parts(
                there, SCALE, moments, n_parts=n_parts, folder=folder, threads=threads, **wanted
            )
        output = tmp_path / f"{threads}-{n_parts}-{on_disk}.parquet"
        write_feature_file(output, plan, people, ids, moments, attributes, threads=threads)
        made.append(output.read_bytes())
        if on_disk:
            assert list(folder.iterdir()) == [], "each part is removed once it was read"
    assert set(made) == {made[0]}
    assert pq.read_table(tmp_path / "1-1-False.parquet").equals(expected)


def test_events_that_answer_no_question_are_not_held(tmp_path, monkeypatch) -> None:
    histories = made_up(3)
    there = stored(tmp_path, histories, monkeypatch)
    plan = make_plan(features(tmp_path))
    asked = Moments(np.asarray([2, 7, 7], np.int32), np.asarray([18400, 18300, 18900], np.int32))
    wanted = {"fields": plan.fields, "fingerprinted": plan.fingerprinted}
    made = timelines_in_parts(there, SCALE, asked, n_parts=3, threads=2, **wanted)
    parts = [make() for make in made]
    whole = build_timeline(histories, SCALE, **wanted)
    until = {2: 18400, 7: 18900}
    usable = [
        sum(
            whole.happened[event] < until[who] and whole.known[event] < until[who]
            for event in range(*whole.starts[who : who + 2])
        )
        for who in until
    ]
    assert min(usable) > 1
    assert sum(part.timeline.n_events for part in parts) == sum(usable) < whole.n_events / 4
    for row, who in enumerate(asked.person):
        (part,) = (one for one in parts if one.first <= who < one.beyond)
        of_part = Moments(asked.person[[row]] - np.int32(part.first), asked.day[[row]])
        of_whole = Moments(asked.person[[row]], asked.day[[row]])
        values = compute(plan, part.timeline, of_part).values
        np.testing.assert_array_equal(values, compute(plan, whole, of_whole).values)


def test_rows_that_share_a_walk_do_not_touch_one_another(tmp_path) -> None:
    plan, timeline = make_plan(features(tmp_path)), build_timeline(made_up(4), SCALE)
    chance = np.random.default_rng(1)
    person = np.repeat(np.asarray([4, 9, 11], np.int32), [70, 5, 31])
    day = chance.integers(18300, 19800, len(person)).astype(np.int32)
    together = compute(plan, timeline, Moments(person, day)).values
    shuffled = chance.permutation(len(person))
    apart = compute(plan, timeline, Moments(person[shuffled], day[shuffled])).values
    np.testing.assert_array_equal(together[shuffled], apart)
    alone = [
        compute(plan, timeline, Moments(person[[row]], day[[row]])).values[0]
        for row in range(len(person))
    ]
    np.testing.assert_array_equal(together, alone)
    assert len(np.unique(together[:, plan_column(plan, "victims")])) > 2


def plan_column(plan, name: str) -> int:
    return [feature.name for feature in plan.features].index(name)


@pytest.mark.parametrize("n_rows", [0, 1, 40])
def test_a_folder_of_files_holds_the_rows_of_one_file(tmp_path, monkeypatch, n_rows) -> None:
    monkeypatch.setattr(files, "ROWS_IN_GROUP", 16)
    plan = make_plan(features(tmp_path))
    whole = PartOfPeople(0, build_timeline(made_up(2), SCALE))
    position = (np.arange(n_rows) % len(PEOPLE)).astype(np.int32)
    moments = Moments(position, np.full(n_rows, 19000, np.int32))
    ids = {"referral_id": position.astype(str), "person_id": [PEOPLE[who] for who in position]}
    table = pa.table({name: pa.array(values, pa.string()) for name, values in ids.items()})
    (tmp_path / "folder").mkdir()
    for output in (tmp_path / "folder", tmp_path / "file"):
        write_feature_file(output, plan, [lambda: whole], table, moments, {}, threads=3)
    assert len(list((tmp_path / "folder").iterdir())) == max(1, -(-n_rows // 16))
    assert pq.read_table(tmp_path / "folder").equals(pq.read_table(tmp_path / "file"))


def test_what_tells_versions_apart_is_not_read_where_there_are_none(tmp_path) -> None:
    happened = [datetime.date(2024, 1, 1 + number) for number in range(9)]
    events = [{"person_id": "a", "happened_on": day, "type": "assault"} for day in happened]
    write_histories(build_histories(WORDS, events=events), tmp_path / "single")
    there = open_stored_histories(tmp_path / "single", WORDS, TODAY)
    (piece,) = there.event_pieces(["happened_on"])
    assert [batch.rows.schema.names for batch in piece.batches()] == [["happened_on"]]
    part = tmp_path / "single" / "events" / "part-00000.parquet"
    pq.write_table(pq.read_table(part).slice(0, 3), part)
    (piece,) = there.event_pieces(["happened_on"])
    assert "event_id" in next(piece.batches()).rows.schema.names, "it is not what was stored"
    corrected = [*events, {**events[0], "event_id": "e1", "known_on": datetime.date(2024, 3, 1)}]
    write_histories(build_histories(WORDS, events=corrected), tmp_path / "several")
    there = open_stored_histories(tmp_path / "several", WORDS, TODAY)
    (piece,) = there.event_pieces(["happened_on"])
    assert [batch.replaced[0] for batch in piece.batches()] == [19783]
    withdrawn = [{**event, "withdrawn": True} for event in events]
    write_histories(build_histories(WORDS, events=withdrawn), tmp_path / "withdrawn")
    there = open_stored_histories(tmp_path / "withdrawn", WORDS, TODAY)
    assert build_timeline(there, SCALE).n_events == 0


def test_files_of_several_exports_are_not_taken_for_one(tmp_path) -> None:
    event = {"event_id": "e0", "person_id": "a", "happened_on": "2024-01-01", "type": "assault"}
    for name, known in (("first", "2024-02-01"), ("second", "2024-03-01")):
        write_histories(
            build_histories(WORDS, events=[event | {"known_on": known}]), tmp_path / name
        )
    later = tmp_path / "second" / "events" / "part-00000.parquet"
    later.rename(tmp_path / "first" / "events" / "part-00001.parquet")
    there = open_stored_histories(tmp_path / "first", WORDS, TODAY)
    one, other = (next(piece.batches()) for piece in there.event_pieces(["happened_on"]))
    assert one.replaced is not None, "the second export corrects the first"
    assert one.replaced.tolist() == [(datetime.date(2024, 3, 1) - datetime.date(1970, 1, 1)).days]
    assert other.replaced is None


def test_rows_stand_by_person_and_date(tmp_path) -> None:
    plan = make_plan(features(tmp_path)[:1])
    timeline = build_timeline(made_up(1), SCALE)
    moments = Moments(np.asarray([4, 1, 4], np.int32), np.asarray([19000, 18000, 18500], np.int32))
    ids = pa.table({"referral_id": ["a", "b", "c"], "person_id": ["p04", "p01", "p04"]})
    output = tmp_path / "made.parquet"
    write_feature_file(output, plan, [lambda: PartOfPeople(0, timeline)], ids, moments, {})
    assert pq.read_table(output)["referral_id"].to_pylist() == ["b", "c", "a"]


def test_nobody_asked_about_makes_a_file_without_rows(tmp_path) -> None:
    plan = make_plan(features(tmp_path))
    timeline = build_timeline(made_up(1), SCALE)
    nobody = Moments(np.zeros(0, np.int32), np.zeros(0, np.int32))
    ids = pa.table(
        {"referral_id": pa.array([], pa.string()), "person_id": pa.array([], pa.string())}
    )
    whole = PartOfPeople(0, timeline)
    write_feature_file(tmp_path / "made", plan, [lambda: whole], ids, nobody, {})
    assert pq.read_table(tmp_path / "made").num_rows == 0


def changed(folder: Path, change) -> None:
    """Write the one file of stored events again with its table changed."""
    (file,) = (folder / "stored" / "events").iterdir()
    pq.write_table(change(pq.read_table(file)), file)


def with_column(name: str, value):
    def change(events: pa.Table) -> pa.Table:
        values = events[name].to_pylist()
        values[5] = value
        place = events.schema.get_field_index(name)
        return events.set_column(
            place, events.schema.field(name), pa.array(values, events.schema.field(name).type)
        )

    return change


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (with_column("type", "murder"), "'type' must hold words of configs/vocabulary.yaml"),
        (with_column("weapon", 4), "'weapon' must hold words .* answers"),
        (with_column("ticks", float("inf")), "'ticks' must hold .* finite numbers"),
        (with_column("happened_on", datetime.date(2026, 2, 1)), "'happened_on' must not be after"),
        (with_column("known_on", datetime.date(1999, 1, 1)), "'known_on' must not be before"),
    ],
)
def test_stored_events_that_are_not_canonical_are_refused(tmp_path, change, told) -> None:
    write_histories(made_up(0), tmp_path / "stored")
    changed(tmp_path, change)
    there = open_stored_histories(tmp_path / "stored", WORDS, TODAY)
    with pytest.raises(ExtractError, match=told):
        build_timeline(there, SCALE)


def test_stored_events_in_another_order_are_noticed(tmp_path) -> None:
    write_histories(made_up(0), tmp_path / "stored")
    changed(tmp_path, lambda events: events.take(list(range(len(events) - 1, -1, -1))))
    there = open_stored_histories(tmp_path / "stored", WORDS, TODAY)
    with pytest.raises(UnsortedError, match="by source, event id and known date"):
        build_timeline(there, SCALE)


def test_known_dates_are_told(tmp_path) -> None:
    events = [
        {"person_id": "a", "happened_on": "2024-01-03", "known_on": None, "agency": "health"},
        {"person_id": "a", "happened_on": "2024-01-02", "known_on": "2024-02-01"},
    ]
    histories = build_histories(WORDS, events=[{"type": "assault"} | one for one in events])
    write_histories(histories, tmp_path / "stored")
    for some in (histories, open_stored_histories(tmp_path / "stored", WORDS, TODAY)):
        assert undated_sources(some) == ("health",)
        assert min(first_known(some)) == datetime.date(2024, 2, 1)


@pytest.mark.parametrize("known", ["2024-02-01", None])
def test_stored_sources_are_not_read_where_all_known_dates_are_there(
    tmp_path, monkeypatch, known
) -> None:
    event = {"person_id": "a", "happened_on": "2024-01-03", "known_on": known, "type": "assault"}
    write_histories(build_histories(WORDS, events=[event]), tmp_path / "stored")
    there = open_stored_histories(tmp_path / "stored", WORDS, TODAY)
    monkeypatch.setattr(pieces, "_read_group", lambda *_: pytest.fail("was read"))
    if known:
        assert undated_sources(there) == ()
    else:
        with pytest.raises(pytest.fail.Exception, match="was read"):
            undated_sources(there)
