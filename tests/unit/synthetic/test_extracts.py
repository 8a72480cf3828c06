"""The extracts are what the shipped source files say they are, and the same for the same seed."""

import collections
import datetime
import functools
import io
import sqlite3
import tempfile
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from triage.conditions import Answer
from triage.errors import StorageError
from triage.records import Checked, Source, read_histories, read_sources, read_vocabulary
from triage.synthetic import Area, make_area, write_extracts
from triage.workspace import Workspace

ROOT = Path(__file__).parents[3]
VOCABULARY = read_vocabulary(ROOT / "configs/vocabulary.yaml")
SOURCES = read_sources(ROOT / "configs/sources", VOCABULARY)
UNTIL = datetime.date(2024, 2, 29)
SMALL = {"people": 500, "years": 2, "until": UNTIL, "seed": 11}


@functools.cache
def small_area() -> Area:
    return make_area(**SMALL)


@functools.cache
def contents() -> Mapping[str, bytes]:
    """File → its bytes; written once, and never changed by a test."""
    with tempfile.TemporaryDirectory() as folder:
        write_extracts(Path(folder), **SMALL)
        return {path.name: path.read_bytes() for path in sorted(Path(folder).iterdir())}


@functools.cache
def checked() -> Checked:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "data").mkdir()
        for name, content in contents().items():
            (Path(folder) / "data" / name).write_bytes(content)
        return read_histories(
            Workspace(Path(folder)), VOCABULARY, SOURCES, UNTIL + datetime.timedelta(days=1)
        )


def events() -> pd.DataFrame:
    return checked().histories.events.to_pandas()


def test_the_shipped_sources_reject_no_row():
    assert checked().rejects.empty
    assert all(source.accepted == source.read > 0 for source in checked().report.sources)


def test_every_agency_of_the_vocabulary_supplies_something():
    histories = checked().histories
    assert set(histories.events["agency"].to_pylist()) == set(VOCABULARY.agencies)
    assert "programme" not in histories.referrals["agency"].to_pylist()


def test_the_same_seed_gives_the_same_bytes_over_what_was_there(tmp_path):
    for name in contents():
        (tmp_path / name).write_bytes(b"what an earlier run left")
    told: list[float] = []
    made = write_extracts(tmp_path, **SMALL, progress=lambda share, _doing: told.append(share))
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == contents()
    report = checked().report
    assert (made.people, made.events, made.referrals) == (
        report.people,
        report.events,
        report.referrals,
    )
    assert sum(made.rows.values()) == made.people + made.events + made.referrals
    assert (made.first_date, made.until) == (datetime.date(2022, 3, 1), UNTIL)
    assert told == sorted(told)
    assert (told[0], told[-1]) == (0.0, 1.0)


def test_another_seed_gives_other_bytes_in_every_file(tmp_path):
    write_extracts(tmp_path, **{**SMALL, "seed": 12})
    assert {path.name for path in tmp_path.iterdir()} == set(contents())
    for path in tmp_path.iterdir():
        assert path.read_bytes() != contents()[path.name], path.name


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "data").write_text("a file stands here")
    with pytest.raises(StorageError, match="could not be written"):
        write_extracts(tmp_path / "data", people=100, years=1)


@pytest.mark.parametrize(
    "source", [s for s in SOURCES if s.form.table == "events"], ids=lambda s: s.name
)
def test_types_and_answers_come_back_as_they_were_recorded(source):
    recorded = small_area().records.events[source.name]
    read = events()
    read = read[read["source"] == source.name]
    assert collections.Counter(read["type"]) == collections.Counter(recorded["type"])
    questions = set(VOCABULARY.events.flags) & set(recorded.columns) & set(source.form.columns)
    for name in questions:
        assert collections.Counter(read[name]) == collections.Counter(recorded[name]), name


@pytest.mark.parametrize(
    "source", [s for s in SOURCES if s.form.table == "events"], ids=lambda s: s.name
)
def test_people_and_dates_come_back_as_they_were_recorded(source):
    area = small_area()
    recorded = area.records.events[source.name]
    read = events()
    read = read[read["source"] == source.name]
    expected = zip(
        area.person_ids[recorded["person"]],
        area.dates(recorded["day"]).astype(object),
        area.dates(recorded["known"]).astype(object),
        strict=True,
    )
    assert collections.Counter(
        zip(read["person_id"], read["happened_on"], read["known_on"], strict=True)
    ) == collections.Counter(expected)


def test_nothing_happened_before_the_first_day_or_was_known_after_the_last():
    read = events()
    assert read["happened_on"].min() >= datetime.date(2022, 3, 1)
    assert read["known_on"].max() <= UNTIL
    assert (read["known_on"] >= read["happened_on"]).all()
    made_on = checked().histories.referrals["made_on"].to_pylist()
    assert datetime.date(2022, 3, 1) <= min(made_on) <= max(made_on) <= UNTIL


def test_answers_keep_unknown_and_not_asked_apart():
    police = events().query("source == 'police_incidents' and domestic == 1")
    for name in ("strangulation", "separation", "mental_health"):
        assert set(police[name]) == set(Answer), name
    referrals = checked().histories.referrals.to_pandas()
    assert set(referrals["lives_with_victim"]) == set(Answer)


def test_extracts_come_in_the_dialects_that_newcomers_meet():
    files = contents()
    assert files["police_incidents.csv"].startswith(b"\xef\xbb\xbf")
    with pytest.raises(UnicodeDecodeError, match="utf-8"):
        files["social_care.csv"].decode("utf-8")
    assert "Disclosure – " in files["social_care.csv"].decode("cp1252")
    assert files["probation.db"].startswith(b"SQLite format 3")
    schema = pq.read_schema(pa.BufferReader(files["substance_use.parquet"]))
    assert schema.field("record").type == pa.int64()
    assert schema.field("activity_date").type == pa.date32()


def test_ids_are_texts_and_some_are_numbers_beyond_32_bits():
    read = events()
    assert read["person_id"].str.fullmatch(r"P-\d{6}").all()
    for source in ("housing", "probation_custody", "probation_supervision", "substance_use"):
        numbers = read["event_id"][read["source"] == source].astype(np.int64)
        assert (numbers > 2**31).all()


def table_of(source: Source) -> pd.DataFrame:
    """Return the extract of a source as it stands in its file."""
    read = source.form.read
    if read.csv:
        text = contents()[Path(read.csv).name].decode(read.encoding).removeprefix("\ufeff")
        return pd.read_csv(io.StringIO(text), dtype=str, sep=read.delimiter)
    if read.parquet:
        content = contents()[Path(read.parquet).name]
        return pq.read_table(pa.BufferReader(content)).to_pandas().astype(str)
    with closing(sqlite3.connect(":memory:")) as database:
        database.deserialize(contents()["probation.db"])
        return pd.read_sql_query(read.sql.query, database).astype(str)


@pytest.mark.parametrize("source", SOURCES, ids=lambda s: s.name)
def test_no_extract_holds_free_text(source):
    """Every column holds ids, dates, numbers or a short list of codes."""
    plain = r"[A-Z]{0,4}[-/]?\d{4,}|\d\d/\d{6}|[\d./-]{8,10}|None|NaT|nan"
    table = table_of(source)
    assert len(table) > 0
    for name in table:
        cells = table[name].dropna()
        assert cells.nunique() <= 32 or cells.str.fullmatch(plain).all(), name


def test_a_leap_day_can_be_the_last_day():
    assert small_area().first_date == datetime.date(2022, 3, 1)
    assert small_area().dates(small_area().n_days - 1) == np.datetime64(UNTIL)
