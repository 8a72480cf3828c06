"""Features from stored case histories: on this machine and on Spark, the same values."""

from __future__ import annotations

import shutil
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

AS_OF = "2026-01-01"


@pytest.fixture(scope="module")
def stored(program, untrained: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the stored case histories of the small workspace."""
    folder = tmp_path_factory.mktemp("stored") / "histories"
    program.must("check", "--workspace", untrained, "--write-histories", folder)
    return folder


def features(program, workspace: Path, output: Path, *more: object):
    done = program.must(
        *("features", "--workspace", workspace, "--as-of", AS_OF, "--output", output), *more
    )
    return pq.read_table(output).sort_by("referral_id"), done


@pytest.mark.slow
def test_stored_histories_give_the_features_that_the_extracts_give(
    program, untrained, stored, tmp_path
) -> None:
    of_extracts, _ = features(program, untrained, tmp_path / "a.parquet")
    of_stored, _ = features(program, untrained, tmp_path / "b.parquet", "--histories", stored)
    assert len(of_extracts) > 5
    assert of_stored.equals(of_extracts)
    done = program("check", "--workspace", untrained, "--write-histories", stored)
    assert done.code == 8
    assert "could not be written; got File exists" in done.err


def without_known_dates(stored: Path, folder: Path) -> str:
    """Store histories again of which one source has lost its known dates; return its name."""
    shutil.copytree(stored, folder)
    file = folder / "events" / "part-00000.parquet"
    events = pq.read_table(file)
    source = events["source"][0].as_py()
    place = events.schema.get_field_index("known_on")
    lost = pc.if_else(pc.equal(events["source"], source), None, events["known_on"])
    pq.write_table(events.set_column(place, events.schema.field(place), lost), file)
    return source


on_both_engines = pytest.mark.parametrize(
    "engine",
    [
        (),
        pytest.param(
            ("--engine", "spark", "--master", "local[2]"),
            marks=[pytest.mark.spark, pytest.mark.slow],
        ),
    ],
    ids=["local", "spark"],
)


@on_both_engines
def test_stored_sources_without_known_dates_are_refused(
    program, untrained, stored, tmp_path, engine
) -> None:
    source = without_known_dates(stored, tmp_path / "undated")
    done = program(
        *("features", "--workspace", untrained, "--as-of", AS_OF),
        *("--histories", tmp_path / "undated", "--output", tmp_path / "there", *engine),
    )
    assert done.code == 3
    assert f"source '{source}': a source of events must say when they became known" in done.err
    assert not (tmp_path / "there").exists()


@on_both_engines
def test_a_date_before_all_history_is_refused(program, untrained, stored, tmp_path, engine) -> None:
    done = program(
        *("features", "--workspace", untrained, "--as-of", "1990-01-01"),
        *("--histories", stored, "--output", tmp_path / "there", *engine),
    )
    assert done.code == 7
    assert "as-of date 1990-01-01" in done.err
    assert "some event must have happened and been known before it" in done.err
    assert not (tmp_path / "there").exists()


@on_both_engines
def test_a_date_that_lies_ahead_is_refused(program, untrained, stored, tmp_path, engine) -> None:
    done = program(
        *("features", "--workspace", untrained, "--as-of", "2999-01-01"),
        *("--histories", stored, "--output", tmp_path / "there", *engine),
    )
    assert done.code == 7
    assert "as-of date 2999-01-01: must not be after" in done.err
    assert not (tmp_path / "there").exists()


@pytest.mark.spark
@pytest.mark.slow
def test_spark_gives_the_features_that_this_machine_gives(
    program, untrained, stored, tmp_path
) -> None:
    here, _ = features(program, untrained, tmp_path / "a.parquet", "--histories", stored)
    spark = ("--engine", "spark", "--master", "local[2]", "--histories", stored)
    groups = ("--people-in-group", 10)
    there, done = features(program, untrained, tmp_path / "there", *spark, *groups)
    assert len(list((tmp_path / "there").glob("*.parquet"))) > 1
    assert there.equals(here)
    assert f"{len(here)} rows × {here.num_columns - 3} features" in done.err
    assert "FutureWarning" not in done.err


def test_groups_of_people_are_for_spark(program, untrained, tmp_path) -> None:
    done = program(
        *("features", "--workspace", untrained, "--as-of", AS_OF),
        *("--output", tmp_path / "f.parquet", "--people-in-group", 100),
    )
    assert done.code == 2
    assert "--people-in-group is for Spark: add --engine spark" in done.err
    assert list(tmp_path.iterdir()) == []


def test_spark_asks_for_stored_histories(program, untrained, tmp_path) -> None:
    done = program(
        *("features", "--workspace", untrained, "--as-of", AS_OF),
        *("--output", tmp_path / "there", "--engine", "spark"),
    )
    assert done.code == 2
    assert "--write-histories" in done.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.spark
@pytest.mark.slow
def test_a_missing_java_is_told_with_its_mend(program, untrained, stored, tmp_path) -> None:
    done = program(
        *("features", "--workspace", untrained, "--as-of", AS_OF, "--histories", stored),
        *("--output", tmp_path / "there", "--engine", "spark", "--master", "local[2]"),
        env={"JAVA_HOME": str(tmp_path)},
    )
    assert done.code == 1
    assert "the engine 'spark': could not start at 'local[2]'" in done.err
    assert "It needs Java 17 or later" in done.err
    assert "Traceback" not in done.err
    assert list(tmp_path.iterdir()) == []
