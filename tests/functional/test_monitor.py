"""`triage monitor`: an unchanged world calls nobody, and each planted change is found."""

from __future__ import annotations

import csv
import datetime
import io
import json
import shutil
import sqlite3
from pathlib import Path

import pandas as pd
import pytest
import yaml

TRAINED = datetime.date(2025, 10, 1)
"""When the version was trained: a new form, which came early that year, is known by then."""

AS_OF = "2026-01-01"


def read(root: Path, name: str) -> tuple[pd.DataFrame, dict]:
    """Return an extract as text, and what its source file says."""
    source = yaml.safe_load((root / "configs" / "sources" / f"{name}.yaml").read_text())
    how = source["read"]
    if "csv" in how:
        text = {"sep": how.get("delimiter", ","), "encoding": how.get("encoding", "utf-8")}
        if text["encoding"] == "utf-8":
            text["encoding"] = "utf-8-sig"
        frame = pd.read_csv(root / how["csv"], dtype=str, keep_default_na=False, **text)
    elif "parquet" in how:
        frame = pd.read_parquet(root / how["parquet"])
    else:
        with sqlite3.connect(database(root, how)) as connection:
            frame = pd.read_sql(f"select * from {table(how)}", connection)
    return frame, source


def write(root: Path, frame: pd.DataFrame, how: dict) -> None:
    """Write an extract where its source file says."""
    if "csv" in how:
        encoding = how.get("encoding", "utf-8")
        frame.to_csv(
            root / how["csv"], sep=how.get("delimiter", ","), encoding=encoding, index=False
        )
    elif "parquet" in how:
        frame.to_parquet(root / how["parquet"], index=False)
    else:
        with sqlite3.connect(database(root, how)) as connection:
            frame.to_sql(table(how), connection, if_exists="replace", index=False)


def database(root: Path, how: dict) -> Path:
    return root / how["sql"]["url"].removeprefix("sqlite:///")


def table(how: dict) -> str:
    return str(how["sql"]["query"].split(" from ")[1].split()[0])


def became_known(frame: pd.DataFrame, source: dict) -> pd.Series | None:
    """Return the day on which each row became known; None where rows have none."""
    columns = source["columns"]
    found = next(
        (columns[one] for one in ("known_on", "happened_on", "made_on") if one in columns), None
    )
    if found is None:
        return None
    column, form = (
        (found["column"], found["date"]) if isinstance(found, dict) else (found, "ISO8601")
    )
    days = pd.to_datetime(frame[column], format=form, errors="coerce")
    return days + pd.Timedelta(days=source.get("known_lag_days") or 0)


def cut(root: Path, date: datetime.date, *, only: str | None = None) -> None:
    """Take from the extracts what became known on a date or later."""
    for path in (root / "configs" / "sources").glob(f"{only or '*'}.yaml"):
        frame, source = read(root, path.stem)
        known = became_known(frame, source)
        if known is not None:
            write(root, frame[~(known >= pd.Timestamp(date))], source["read"])


@pytest.fixture(scope="module")
def watched(program, tmp_path_factory) -> Path:
    """Return a workspace whose champion was trained some months before its extracts end."""
    folder = tmp_path_factory.mktemp("monitor") / "watched"
    program.must("demo", folder, "--people", 4000, "--data-only")
    panel = folder / "configs" / "panel.yaml"
    text = panel.read_text().replace("folds: 3", "folds: 1")
    text = text.replace("fallback: rfg", "fallback:").replace("ensemble: 10", "ensemble: 0")
    panel.write_text(text.replace("minimum_positives: 20", "minimum_positives: 5"))
    for path in (folder / "models").glob("*.yaml"):
        if path.stem != "elastic_net":
            path.unlink()
    data = Path(shutil.copytree(folder / "data", folder.parent / "data"))
    cut(folder, TRAINED)
    program.must("train", "--workspace", folder)
    program.must("promote", 1, "--because", "a test", "--workspace", folder)
    shutil.rmtree(folder / "data")
    shutil.move(data, folder / "data")
    return folder


@pytest.fixture
def world(watched, tmp_path) -> Path:
    """Return a copy of it, the test's own."""
    return Path(shutil.copytree(watched, tmp_path / "world"))


def watch(program, workspace: Path, *more: object):
    done = program("monitor", "--as-of", AS_OF, "--workspace", workspace, "--format", "json", *more)
    return done, {(row["measure"], row["subject"]): row for row in json.loads(done.out or "[]")}


def called(found) -> set[tuple[str, str]]:
    return {key for key, row in found.items() if row["level"] in ("look", "retest", "stop")}


@pytest.mark.slow
def test_an_unchanged_world_calls_nobody_and_says_what_it_cannot_tell(program, world) -> None:
    done, found = watch(program, world)
    assert (done.code, called(found)) == (0, set()), done.err
    assert "NOTHING" in done.err
    assert found["calibration_ratio", ""]["level"] in ("nothing", "too few to tell")
    assert "stand within capacity; at training" in found["expected", ""]["told"]
    folder = world / "results" / "monitor" / AS_OF
    page = (folder / "monitor.html").read_text(encoding="utf-8")
    assert "NOTHING calls for anybody." in page
    assert "No decisions on record" in page
    assert "<script" not in page
    assert "SYNTHETIC DATA" in page
    figures = (folder / "monitor.csv").read_text(encoding="utf-8")
    assert len(list(csv.DictReader(io.StringIO(figures)))) == len(found)
    people = read(world, "programme_people")[0].iloc[:, 0]
    text = page + figures + done.err
    assert not any(person in text for person in people)


@pytest.mark.slow
def test_a_field_whose_coding_changed_is_found(program, world) -> None:
    frame, source = read(world, "police_incidents")
    late = became_known(frame, source) >= pd.Timestamp(TRAINED)
    frame.loc[late, "WEAPON"] = frame.loc[late, "WEAPON"].map({"Y": "N", "N": "Y"}).fillna("")
    write(world, frame, source["read"])
    done, found = watch(program, world)
    assert (done.code, called(found)) == (21, {("values", "police_incidents, weapon")})
    row = found["values", "police_incidents, weapon"]
    assert "“yes” went from 1" in row["told"]
    assert row["low"] >= 0.25


@pytest.mark.slow
def test_answers_that_are_no_longer_given_are_found(program, world) -> None:
    frame, source = read(world, "police_incidents")
    late = became_known(frame, source) >= pd.Timestamp(TRAINED)
    frame.loc[late, "WEAPON"] = ""
    write(world, frame, source["read"])
    done, found = watch(program, world)
    assert done.code in (20, 21)
    assert ("unknown", "police_incidents, weapon") in called(found)


@pytest.mark.slow
def test_a_source_that_went_missing_stops(program, world) -> None:
    cut(world, TRAINED - datetime.timedelta(days=120), only="health")
    done, found = watch(program, world)
    assert done.code == 22
    assert found["sources", "health"]["level"] == "stop"
    assert "is the extract still sent" in found["sources", "health"]["told"]
    assert called(found) <= {
        key for key in found if key[0] in ("sources", "inputs", "scores", "values")
    }


@pytest.mark.slow
def test_a_shift_of_scores_is_found(program, world) -> None:
    """Each incident of the last year comes four times more, as other incidents."""
    frame, source = read(world, "police_incidents")
    known = became_known(frame, source)
    copies = [frame]
    for number in range(1, 5):
        again = frame[known >= pd.Timestamp(TRAINED) - pd.Timedelta(days=365)].copy()
        again["CRIME_REF"] = again["CRIME_REF"] + f"-{number}"
        copies.append(again)
    write(world, pd.concat(copies), source["read"])
    done, found = watch(program, world)
    assert done.code == 21
    assert found["scores", ""]["level"] in ("look", "retest")  # as the interval's low end has it
    assert found["scores", ""]["value"] > 0.25
    assert found["sources", "police_incidents"]["level"] == "retest"
    assert found["rules", "Many incidents in a year"]["level"] == "retest"


@pytest.mark.slow
def test_a_retest_that_lapsed_is_loud_and_a_changed_rule_is_not_compared(program, world) -> None:
    database = world / "registry" / "mlflow.db"
    with sqlite3.connect(database) as connection:
        changed = connection.execute(
            "update model_version_tags set value = '2025-12-31' where key = 'retest_on'"
        ).rowcount
    assert changed == 1
    rules = world / "configs" / "rules" / "marks.yaml"
    text = rules.read_text()
    asked = "value: 3\n        reason: Common practice"
    assert asked in text
    rules.write_text(text.replace(asked, asked.replace("value: 3", "value: 4")))
    done, found = watch(program, world)
    assert done.code == 21, done.err
    assert "LAPSED: version 1 should have been tested again by 2025-12-31" in done.err
    assert called(found) == {("retest", "")}
    assert (
        found["rules", "Many incidents in a year"]["told"]
        == "The rule was changed since: not compared."
    )


def test_a_version_without_what_it_was_trained_on_and_a_wrong_level_are_told(
    program, untrained, workspace
) -> None:
    nothing = program("monitor", "--as-of", AS_OF, "--workspace", untrained)
    assert nothing.code == 7
    assert "Run 'triage train', then 'triage promote VERSION'." in nothing.err
    panel = workspace / "configs" / "panel.yaml"
    text = panel.read_text()
    panel.write_text(text.replace("scores: {look: 0.1,", "scores: {look: 0.4,"))
    wrong = program("monitor", "--as-of", AS_OF, "--workspace", workspace)
    assert wrong.code == 3
    assert "'look', 'retest' and 'stop' must rise" in wrong.err
