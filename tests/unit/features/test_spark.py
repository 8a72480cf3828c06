"""The same features inside Spark's workers, to the last bit; and what is told when that fails."""

from __future__ import annotations

import datetime
import random
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from tests.benchmarks import workloads
from tests.benchmarks.workloads import Workload, read_features, write_workload
from triage.errors import ExtractError, NotFoundError, StorageError, TriageError
from triage.features import (
    SparkTask,
    compute,
    feature_table,
    make_plan,
    read_pipelines,
    write_features_on_spark,
)
from triage.harm import read_scales
from triage.records import (
    CaseHistories,
    Vocabulary,
    build_histories,
    read_stored_histories,
    read_vocabulary,
    write_histories,
)
from triage.timeline import (
    MOST_SHARING,
    attributes_at,
    build_timeline,
    day_of,
    moments_of,
    open_referrals,
)
from triage.workspace import Cohort

CHECKOUT = Path(__file__).resolve().parents[3]
CONFIGS = CHECKOUT / "configs"
AS_OF = datetime.date(2025, 6, 1)
PEOPLE = [
    "007",
    "7",
    "07",
    "O'Brien",
    "٧",
    "-1",
    "9223372036854775808",
    "a b",
    *map(str, range(100, 140)),
]
OUTSIDERS = [f"x{number}" for number in range(30)]
"""People of whom nobody asks; they share victims with those of whom somebody does."""

NOBODY_KNOWS = "no events"
"""A person whom only a referral names."""

STRANGER = "stranger"
"""A person whom only events name: they are linked to nobody."""

VICTIMS = [f"v{number}" for number in range(120)]


def task(vocabulary: Vocabulary, **changes: Any) -> SparkTask:
    return replace(
        SparkTask(
            features=read_pipelines(CHECKOUT / "pipelines", vocabulary),
            vocabulary=vocabulary,
            scale=read_scales(CONFIGS / "harm", vocabulary)["cambridge"],
            cohort=Cohort(open_days=31, as_of="monthly"),
            as_of=AS_OF,
            today=AS_OF + datetime.timedelta(days=200),
            people_in_group=7,
        ),
        **changes,
    )


def vocabulary() -> Vocabulary:
    return read_vocabulary(CONFIGS / "vocabulary.yaml")


def invented(words: Vocabulary, seed: int = 1) -> CaseHistories:
    """Return histories of people whose events lie on both sides of the as-of date."""
    chance = random.Random(seed)
    people = [
        {"person_id": who, "birth_date": datetime.date(1960 + n % 40, 1 + n % 12, 28)}
        for n, who in enumerate([*PEOPLE, *OUTSIDERS, NOBODY_KNOWS])
    ]
    referrals = [
        {"person_id": who, "made_on": AS_OF - datetime.timedelta(days=chance.randrange(-3, 33))}
        for who in [*PEOPLE, *PEOPLE[:9]]
    ]
    referrals.append({"person_id": NOBODY_KNOWS, "made_on": AS_OF})
    histories = build_histories(
        words, people=people, referrals=referrals, events=list(events(words, chance))
    )
    known = pc.not_equal(histories.people["person_id"], STRANGER)
    return replace(histories, people=histories.people.filter(known))


def events(words: Vocabulary, chance: random.Random) -> Iterator[dict[str, Any]]:
    answers = ["yes", "no", "unknown", "not_asked"]
    for number in range(1200):
        happened = AS_OF - datetime.timedelta(days=chance.randrange(-20, 1500))
        known = happened + datetime.timedelta(days=chance.randrange(100, 140))
        event = {
            "event_id": f"{number:05}",
            "person_id": chance.choice([*PEOPLE, *OUTSIDERS, STRANGER]),
            "happened_on": happened,
            "known_on": chance.choice([known, known, known, None]),
            "ended_on": chance.choice([None, happened + datetime.timedelta(days=90)]),
            "agency": chance.choice(list(words.agencies)),
            "type": chance.choice(list(words.types)),
            "victim_id": chance.choice([None, *["everybody's"] * 40, *VICTIMS]),
            **{name: chance.choice(answers) for name in words.events.flags},
            **{name: chance.choice([None, 1.1, 7.0]) for name in words.events.numbers},
        }
        yield event
        if number % 5 == 0 and event["known_on"]:  # a later version, before or after the date
            later = known + datetime.timedelta(days=chance.randrange(1, 80))
            again = {"known_on": later, "withdrawn": number % 2 == 0}
            if chance.random() < 0.5:  # that it was somebody else, or somebody else's victim
                again["person_id"] = chance.choice([*PEOPLE, *OUTSIDERS])
                again["victim_id"] = chance.choice(VICTIMS)
            yield {**event, **again, "type": chance.choice(list(words.types))}


def moved(histories: CaseHistories) -> list[str]:
    """Return the events that a correction made another person's."""
    people = histories.events.group_by("event_id").aggregate([("person_id", "count_distinct")])
    return people.filter(pc.greater(people["person_id_count_distinct"], 1))["event_id"].to_pylist()


def crowded(histories: CaseHistories) -> list[str]:
    """Return the victims whom too many people share to be linked by them."""
    named = histories.events.filter(pc.is_valid(histories.events["victim_id"]))
    people = named.group_by("victim_id").aggregate([("person_id", "count_distinct")])
    many = pc.greater(people["person_id_count_distinct"], MOST_SHARING)
    return people.filter(many)["victim_id"].to_pylist()


def made_here(asked: SparkTask, histories: CaseHistories) -> pa.Table:
    rows = open_referrals(histories.referrals, asked.cohort, day_of(asked.as_of))
    referrals = histories.referrals.take(pa.array(rows))
    days = np.full(len(rows), day_of(asked.as_of), dtype=np.int32)
    timeline = build_timeline(histories, asked.scale)
    moments = moments_of(timeline, referrals["person_id"].to_pylist(), days)
    attributes = attributes_at(histories, rows, days)
    matrix = compute(make_plan(asked.features), timeline, moments, attributes)
    return feature_table(matrix, referrals, days)


def made_there(asked: SparkTask, folder: Path, stored: Path | None = None) -> pa.Table:
    output = folder / "features"
    n_rows = write_features_on_spark(
        asked,
        master="local[2]",
        histories=str(stored or folder / "histories"),
        output=str(output),
    )
    made = pq.read_table(output)
    assert len(made) == n_rows
    return made


def bits(table: pa.Table) -> dict[str, bytes]:
    """Return each column's values, bit by bit, in the order of the referrals."""
    ordered = table.sort_by("referral_id").combine_chunks()
    return {
        name: repr(column.to_pylist()).encode()
        if not pa.types.is_floating(column.type)
        else pc.is_null(column).to_numpy().tobytes() + pc.fill_null(column, 0).to_numpy().tobytes()
        for name, column in zip(ordered.column_names, ordered.columns, strict=True)
    }


@pytest.mark.spark
@pytest.mark.slow
def test_workers_make_the_same_features_to_the_last_bit(tmp_path: Path) -> None:
    words = vocabulary()
    asked, histories = task(words), invented(words)
    assert len(moved(histories)) > 50
    assert crowded(histories) == ["everybody's"]
    write_histories(histories, tmp_path / "histories")
    here, there = made_here(asked, histories), made_there(asked, tmp_path)
    assert len(here) > 30
    assert NOBODY_KNOWS in here["person_id"].to_pylist()
    assert {"007", "7", "07"} <= set(here["person_id"].to_pylist())
    assert there.schema.equals(here.schema)
    assert bits(there) == bits(here)
    assert 5 < pc.sum(pc.greater(here["linked_incidents_365d"], 0)).as_py() < len(here)
    parts = sorted((tmp_path / "features").glob("*.parquet"))
    people = [set(pq.read_table(part)["person_id"].to_pylist()) for part in parts]
    assert len(parts) > 1
    assert sum(map(len, people)) == len(set.union(*people))  # each person in one file


@pytest.mark.spark
@pytest.mark.slow
def test_stored_tables_may_lie_in_partitions_of_any_rows(tmp_path: Path) -> None:
    words = vocabulary()
    asked, histories = task(words), invented(words, seed=2)
    stored = tmp_path / "histories"
    for name in ("people", "events", "referrals"):
        table = getattr(histories, name)
        for part, remainder in enumerate((1, 0, 2)):
            rows = pa.array(range(remainder, len(table), 3))
            place = stored / name / f"loaded_in={2020 + part}"
            place.mkdir(parents=True)
            pq.write_table(table.take(rows), place / "part.parquet")
    assert bits(made_there(asked, tmp_path)) == bits(made_here(asked, histories))


@pytest.mark.spark
@pytest.mark.slow
def test_the_workload_of_the_benchmarks_has_the_same_175_features_and_looks_for_no_links(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr("triage.features.spark.pairs_by_name")
    folder = tmp_path / "histories"
    workload = Workload("a copy of A, a fiftieth of it", folder, 2_000, 40_000, 4_000)
    write_workload(workload)
    first = datetime.date(1970, 1, 1)
    asked = SparkTask(
        features=read_features(tmp_path),
        vocabulary=workloads.VOCABULARY,
        scale=workloads.SCALE,
        cohort=Cohort(open_days=3650, as_of="monthly"),
        as_of=first + datetime.timedelta(days=workloads.LAST_DAY - 400),
        today=first + datetime.timedelta(days=workloads.LAST_DAY + 100),
        people_in_group=700,
    )
    stored = read_stored_histories(tmp_path / "histories", asked.vocabulary, asked.today)
    here, there = made_here(asked, stored), made_there(asked, tmp_path)
    assert (len(here) > 3_000, here.num_columns) == (True, 3 + 175)
    assert bits(there) == bits(here)


def with_word_of_no_vocabulary(tables: dict[str, pa.Table]) -> None:
    events = tables["events"]
    place = events.column_names.index("agency")
    words = pa.array(["smithy"] * len(events))
    tables["events"] = events.set_column(place, events.schema.field("agency"), words)


def without_a_column(tables: dict[str, pa.Table]) -> None:
    tables["events"] = tables["events"].drop_columns(["known_on"])


def with_a_stranger(tables: dict[str, pa.Table]) -> None:
    tables["people"] = tables["people"].slice(3)


def with_a_person_twice(tables: dict[str, pa.Table]) -> None:
    tables["people"] = pa.concat_tables([tables["people"], tables["people"]])


def with_ids_as_numbers(tables: dict[str, pa.Table]) -> None:
    people = tables["people"]
    numbers = pa.array(range(len(people)), pa.int64())
    tables["people"] = people.set_column(0, pa.field("person_id", pa.int64()), numbers)


FAULTS = [
    (with_word_of_no_vocabulary, "events/: does not hold what is promised.*agency: a word of"),
    (without_a_column, r"events/: must have the column 'known_on' \(date\)"),
    (with_a_stranger, "referrals/: must be of people who are in people/; got 6 open ones"),
    (with_a_person_twice, "must hold each referral once, and people/ each person"),
    (with_ids_as_numbers, "people/: the column 'person_id' must be of the type string; got bigint"),
]


@pytest.mark.spark
@pytest.mark.slow
@pytest.mark.parametrize(("spoil", "told"), FAULTS, ids=[spoil.__name__ for spoil, _ in FAULTS])
def test_what_is_wrong_with_stored_histories_is_told(spoil: Any, told: str, tmp_path: Path) -> None:
    words = vocabulary()
    histories = invented(words)
    tables = {name: getattr(histories, name) for name in ("people", "events", "referrals")}
    spoil(tables)
    for name, table in tables.items():
        (tmp_path / "histories" / name).mkdir(parents=True)
        pq.write_table(table, tmp_path / "histories" / name / "part.parquet")
    with pytest.raises(ExtractError, match=told) as raised:
        made_there(task(words, cohort=Cohort(open_days=3650, as_of="monthly")), tmp_path)
    assert "smithy" not in str(raised.value)
    assert not (tmp_path / "features").exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["histories"]


@pytest.mark.spark
@pytest.mark.slow
def test_a_date_without_open_referrals_missing_tables_and_a_taken_place_are_told(
    tmp_path: Path,
) -> None:
    words = vocabulary()
    write_histories(invented(words), tmp_path / "histories")
    with pytest.raises(NotFoundError, match=r"at least one referral must be open.*made from 2025"):
        made_there(task(words, as_of=datetime.date(2022, 1, 1)), tmp_path)
    with pytest.raises(ExtractError, match=r"people/: must be a folder of Parquet files"):
        made_there(task(words), tmp_path, tmp_path / "elsewhere")
    (tmp_path / "features").mkdir()
    with pytest.raises(StorageError, match="could not be written; got File exists"):
        made_there(task(words), tmp_path)


@pytest.mark.spark
@pytest.mark.slow
def test_a_master_that_is_none_is_told(tmp_path: Path) -> None:
    with pytest.raises(TriageError, match=r"start at 'nonsense'.*Java 17.*--master must be"):
        write_features_on_spark(
            task(vocabulary()), master="nonsense", histories="h", output=str(tmp_path / "features")
        )


def test_a_missing_pyspark_is_told_with_its_mend(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyspark.sql", None)
    with pytest.raises(TriageError, match=r"needs PySpark 4, which is not installed.*'make spark'"):
        write_features_on_spark(
            task(vocabulary()), master="local[2]", histories="h", output=str(tmp_path / "features")
        )
