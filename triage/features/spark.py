"""The same plan and kernel inside the workers of a Spark cluster, some people at a time.

This module and :mod:`triage.features.shuffles` alone know PySpark, and import it only where it is
used: whoever has one machine needs neither it nor Java.
"""

from __future__ import annotations

import datetime
import re
import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from triage.conditions import Answer
from triage.errors import ExtractError, NotFoundError, Problem, TriageError
from triage.features.definitions import Feature
from triage.features.engine import compute
from triage.features.matrix import feature_schema, feature_table
from triage.features.plan import make_plan
from triage.features.shuffles import LINKED, needed_by_groups, pairs_by_name, standing, with_links
from triage.harm import Scale
from triage.records import (
    STORED_TYPES,
    Vocabulary,
    canonical_histories,
    check_stored_columns,
    check_stored_known_dates,
    stored_schemas,
)
from triage.timeline import (
    EACH_OTHER,
    NEVER,
    Links,
    attributes_at,
    build_timeline,
    day_of,
    moments_of,
    nothing_known,
    nothing_open,
    open_referrals,
)
from triage.workspace import Cohort, write_folder

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

__all__ = ["PEOPLE_IN_GROUP", "SparkTask", "write_features_on_spark"]

PEOPLE_IN_GROUP = 5_000
"""People who are asked about in a worker at a time: many, so that the kernel is called seldom; not
so many that their events, and those of people linked to them, fill a worker's memory."""

TABLES = ("people", "events", "referrals")
PERSON = "person-"
GROUP = "group-of-people"
"""Names with a hyphen, which no column of a vocabulary may have."""


@dataclass(frozen=True)
class SparkTask:
    """What is asked of the workers; it travels to each of them.

    Parameters
    ----------
    features : tuple of Feature
    vocabulary : Vocabulary
    scale : Scale
        What harm is counted in.
    cohort : Cohort
        Which referrals are open.
    as_of : date
    today : date
        No fact may be later.
    people_in_group : int
        How many people are asked about in a worker at a time, about.
    never_history : frozenset of str
        The sources whose events need no known date, since they are never history.
    """

    features: tuple[Feature, ...]
    vocabulary: Vocabulary
    scale: Scale
    cohort: Cohort
    as_of: datetime.date
    today: datetime.date
    people_in_group: int = PEOPLE_IN_GROUP
    never_history: frozenset[str] = frozenset()


def write_features_on_spark(task: SparkTask, *, master: str, histories: str, output: str) -> int:
    """Write every feature of the referrals that are open on an as-of date, as a folder of Parquet.

    Parameters
    ----------
    task : SparkTask
    master : str
        The cluster's URL, or ``local[2]`` for two workers on this machine.
    histories : str
        The folder, or the URL of one, that holds stored case histories. Every worker must see it.
    output : str
        A new folder, or the URL of one, that every worker may write to.

    Returns
    -------
    int
        How many referrals. Each file holds all of some people, with the columns of
        :func:`triage.features.feature_table`; the values are those of
        :func:`triage.features.compute` to the last bit.

    Raises
    ------
    NotFoundError
        No referral is open on that date, or it lies before all history.
    ConfigurationError
        Nothing says when a source's events became known.
    ExtractError
        The stored histories cannot be read, or are not what they have to be.
    StorageError
        Something stands where the output should be, or it cannot be written.
    TriageError
        PySpark or Java is missing, or the cluster cannot be reached.
    """
    with _warnings_of_pandas_left_out(), _session(master) as session, _failures_told():
        found = _tables(session, histories)
        check_stored_columns({name: dict(found[name].dtypes) for name in found}, task.vocabulary)
        undated, first = _known(found["events"])
        check_stored_known_dates(undated, task.never_history)
        if (problem := nothing_known(first, task.as_of)) is not None:
            raise NotFoundError(problem)
        asked = _asked(found, task).persist()
        n_referrals, n_people = _counted(asked, found["referrals"], task)
        groups = -(-n_people // task.people_in_group)
        session.conf.set("spark.sql.shuffle.partitions", str(groups))
        session.conf.set("spark.sql.adaptive.coalescePartitions.enabled", "false")
        made = _made(found, asked, task, groups)
        with _written(output) as url:
            made.write.mode("errorifexists" if url == output else "append").parquet(url)
        return n_referrals


@contextmanager
def _warnings_of_pandas_left_out() -> Iterator[None]:
    """Leave out that PySpark's pandas interface, which nothing here uses, awaits pandas 3."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas")
        yield


@contextmanager
def _session(master: str) -> Iterator[SparkSession]:
    """Give a session that is stopped at the end; a local one is bound to this machine alone."""
    try:
        from pyspark.sql import SparkSession
    except ImportError:
        raise TriageError(
            Problem(
                "the engine 'spark'",
                "needs PySpark 4, which is not installed",
                mend="Install the extra with 'make spark' or pip install 'referral-triage[spark]', "
                "or use '--engine local'.",
            )
        ) from None
    is_local = re.fullmatch(r"local(\[.*\])?", master) is not None
    settings = {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.log.level": "OFF",  # what Spark logs of a failure may hold values
        "spark.executorEnv.OMP_NUM_THREADS": "1",
        "spark.sql.session.timeZone": "UTC",
    }
    if is_local:
        settings |= {"spark.driver.bindAddress": "127.0.0.1", "spark.driver.host": "127.0.0.1"}
    builder = SparkSession.builder.appName("triage features").master(master)
    try:
        session = builder.config(map=settings).getOrCreate()
    except Exception as error:
        raise TriageError(_cannot_start(error, master)) from None
    try:
        if is_local:
            session.sparkContext.pythonExec = sys.executable
        yield session
    finally:
        session.stop()


def _cannot_start(error: Exception, master: str) -> Problem:
    """Return how to tell that there is no session: Spark ends alike for Java and for its URL."""
    return Problem(
        "the engine 'spark'",
        f"could not start at '{master}'",
        type(error).__name__,
        "It needs Java 17 or later (JAVA_HOME names its folder where it is not on the path), and "
        "--master must be a cluster's URL that can be reached, or local[2] for two workers on this "
        "machine; or use '--engine local'.",
    )


@contextmanager
def _failures_told() -> Iterator[None]:
    """Raise anew what a worker found wrong in its part of the histories."""
    from pyspark.errors import PySparkException

    try:
        yield
    except PySparkException as error:
        raised = re.search(r"^triage\.errors\.ExtractError: ((?:.+\n?)+)", str(error), re.MULTILINE)
        if raised is None:
            raise
        told = (line.partition(": ") for line in raised[1].splitlines())
        raise ExtractError(Problem(where, text.rstrip(".")) for where, _, text in told) from None


def _tables(session: SparkSession, histories: str) -> dict[str, DataFrame]:
    from pyspark.errors import AnalysisException

    url, tables = _url(histories), {}
    problems = []
    for name in TABLES:
        try:
            tables[name] = session.read.parquet(f"{url}/{name}")
        except AnalysisException:
            problems.append(
                Problem(
                    f"{name}/",
                    "must be a folder of Parquet files that all workers see",
                    "nothing that can be read as such",
                    "Write the folder with 'triage check --write-histories'.",
                )
            )
    if problems:
        raise ExtractError(problems)
    return tables


def _known(events: DataFrame) -> tuple[list[str], datetime.date | None]:
    """Return the sources without known dates, and the first day on which an event was known."""
    from pyspark.sql import functions as sql

    known_on = sql.col("known_on")
    usable_from = sql.when(known_on.isNotNull(), sql.greatest("happened_on", known_on))
    firsts = dict(events.groupBy("source").agg(sql.min(usable_from)).collect())
    dated = [first for first in firsts.values() if first is not None]
    return [source for source, first in firsts.items() if first is None], min(dated, default=None)


def _asked(found: Mapping[str, DataFrame], task: SparkTask) -> DataFrame:
    """Return the open referrals, each with what is known of its person, null if nobody is."""
    schemas = stored_schemas(task.vocabulary)
    referrals = found["referrals"].select(schemas["referrals"].names)
    people = found["people"].select(schemas["people"].names)
    people = people.toDF(*(PERSON + name for name in people.columns))
    keep = partial(_open_only, cohort=task.cohort, day=day_of(task.as_of))
    is_open = referrals.mapInArrow(keep, _columns(schemas["referrals"]))
    who = is_open["person_id"] == people[f"{PERSON}person_id"]
    return is_open.join(people, who, "left")


def _open_only(
    batches: Iterator[pa.RecordBatch], cohort: Cohort, day: int
) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        referrals = pa.Table.from_batches([batch])
        rows = open_referrals(referrals, cohort, day)
        yield from referrals.take(pa.array(rows)).to_batches()


def _counted(asked: DataFrame, referrals: DataFrame, task: SparkTask) -> tuple[int, int]:
    """Return how many referrals and how many people are asked about, each once."""
    from pyspark.sql import functions as sql

    counts = asked.agg(
        sql.count("*"),
        sql.count_distinct("referral_id"),
        sql.count_distinct("person_id"),
        sql.count(f"{PERSON}person_id"),
    ).first()
    assert counts is not None  # noqa: S101 - a count has always a row
    rows, different, people, found = counts
    if not rows:
        made = referrals.agg(sql.min("made_on"), sql.max("made_on")).first()
        assert made is not None  # noqa: S101
        known = None if made[0] is None else (made[0], made[1])
        raise NotFoundError(nothing_open(task.cohort, task.as_of, known))
    problems = []
    if found < rows:
        must = "must be of people who are in people/"
        problems.append(Problem("referrals/", must, f"{rows - found} open ones of others"))
    if different < rows:
        must = "must hold each referral once, and people/ each person"
        problems.append(Problem("referrals/", must, f"{rows} rows of {different} open referrals"))
    if problems:
        raise ExtractError(problems)
    return rows, people


def _made(found: Mapping[str, DataFrame], asked: DataFrame, task: SparkTask, n: int) -> DataFrame:
    """Return the features of all that is asked, made by workers that hold one of n groups each."""
    from pyspark.sql import functions as sql

    events = found["events"].select(stored_schemas(task.vocabulary)["events"].names)
    wanted = asked.select("person_id").distinct()
    columns = [part.linked_by for part in make_plan(task.features).linked]
    pairs = pairs_by_name(events, found["people"], wanted, columns, task.as_of) if columns else {}
    group = sql.pmod(sql.xxhash64("person_id"), sql.lit(n))
    needed = needed_by_groups(wanted, pairs, group, GROUP)
    theirs = standing(events, task.as_of).join(needed, "person_id")
    return (
        theirs.groupBy(GROUP)
        .cogroup(with_links(asked, pairs).withColumn(GROUP, group).groupBy(GROUP))
        .applyInArrow(partial(_features_of, task), _columns(feature_schema(task.features)))
    )


def _features_of(task: SparkTask, events: pa.Table, asked: pa.Table) -> pa.Table:
    """Return the features of one group's referrals; this is what runs inside a worker."""
    schemas = stored_schemas(task.vocabulary)
    plan = make_plan(task.features)
    columns = [part.linked_by for part in plan.linked]
    people = asked.select([PERSON + name for name in schemas["people"].names])
    people = _each_once(people.rename_columns(schemas["people"].names))
    tables = {
        "people": _with_others(people, asked, columns),
        "events": events.select(schemas["events"].names),
        "referrals": asked.select(schemas["referrals"].names),
    }
    histories = canonical_histories(tables, task.vocabulary, task.today)
    timeline = build_timeline(histories, task.scale)
    days = np.full(len(histories.referrals), day_of(task.as_of), dtype=np.int32)
    moments = moments_of(timeline, histories.referrals["person_id"].to_pylist(), days)
    attributes = attributes_at(histories, np.arange(len(days)), days)
    links = {name: _links(histories.people, asked, name) for name in columns}
    matrix = compute(plan, timeline, moments, attributes, links=links, threads=1)
    return feature_table(matrix, histories.referrals, days)


def _with_others(people: pa.Table, asked: pa.Table, columns: Sequence[str]) -> pa.Table:
    """Return people with those linked to them, of whom nothing is told but their ids."""
    linked = [asked[LINKED + name].combine_chunks().flatten().to_pylist() for name in columns]
    others = set().union(*linked) - set(people["person_id"].to_pylist())
    ids = pa.array(sorted(others), pa.string())
    told = [
        ids
        if field.name == "person_id"
        else pa.nulls(len(ids), field.type)
        if not pa.types.is_int8(field.type)
        else pa.array(np.full(len(ids), Answer.NOT_ASKED), field.type)
        for field in people.schema
    ]
    return pa.concat_tables([people, pa.table(told, schema=people.schema)])


def _links(people: pa.Table, asked: pa.Table, column: str) -> Links:
    """Return the links that Spark found, which are there on the as-of date."""
    place = {who: position for position, who in enumerate(people["person_id"].to_pylist())}
    linked = dict(
        zip(asked["person_id"].to_pylist(), asked[LINKED + column].to_pylist(), strict=True)
    )
    pairs = [(place[who], place[one]) for who, others in linked.items() for one in others or ()]
    person, other = np.asarray(pairs, dtype=np.int64).reshape(len(pairs), 2).T
    begins = np.full(len(pairs), np.iinfo(np.int32).min, dtype=np.int32)
    ends = np.full(len(pairs), NEVER, dtype=np.int32)
    return Links(person, other, begins, ends, each_other=column == EACH_OTHER)


def _each_once(people: pa.Table) -> pa.Table:
    """Return the rows of different people."""
    _, first = np.unique(people["person_id"].to_numpy(), return_index=True)
    return people.take(pa.array(first))


@contextmanager
def _written(output: str) -> Iterator[str]:
    """Give the URL to write to; a folder of this machine is then there whole or not at all."""
    if "://" in output:
        yield output
        return
    with write_folder(Path(output)) as part:
        yield _url(str(part))


def _url(place: str) -> str:
    return place.rstrip("/") if "://" in place else Path(place).resolve().as_uri()


def _columns(schema: pa.Schema) -> str:
    """Return a schema in the words of SQL."""
    return ", ".join(f"`{field.name}` {STORED_TYPES[field.type]}" for field in schema)
