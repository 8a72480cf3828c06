"""What Spark has to bring together from all over before workers can see some people alone.

Workers hold a few thousand people each, and two things concern more than one person: a correction
that says that an event is somebody else's, and the events of linked people. Each is found from a
few narrow columns, so that the wide table of events is sent once, to those who need it.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from functools import reduce
from typing import TYPE_CHECKING

from triage.timeline import EACH_OTHER, MOST_SHARING, naming_column

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

__all__ = ["LINKED", "needed_by_groups", "pairs_by_name", "standing", "with_links"]

LINKED = "linked-by-"
"""Before the name of a column that links people; no column of a vocabulary has a hyphen."""

LAST_PERSON, OTHER, SHARING = "last-person", "other", "sharing"
EVENT = ("source", "event_id")


def standing(events: DataFrame, as_of: datetime.date) -> DataFrame:
    """Return what was known of events before a date, but for what was then known as another's.

    Parameters
    ----------
    events : DataFrame
        Every version of every event.
    as_of : date

    Returns
    -------
    DataFrame
        The same columns. Costs one shuffle of ids, persons and known dates; events that went from
        one person to another are seldom, and are sent to every worker.
    """
    from pyspark.sql import functions as sql

    known = events.where(sql.col("known_on") < sql.lit(as_of))
    moved = (
        known.groupBy(*EVENT)
        .agg(
            sql.max_by("person_id", "known_on").alias(LAST_PERSON),
            sql.min("person_id").alias("first-name"),
            sql.max("person_id").alias("last-name"),
        )
        .where(sql.col("first-name") != sql.col("last-name"))
        .select(*EVENT, LAST_PERSON)
    )
    is_theirs = sql.col(LAST_PERSON).isNull() | (sql.col(LAST_PERSON) == sql.col("person_id"))
    return known.join(sql.broadcast(moved), list(EVENT), "left").where(is_theirs).drop(LAST_PERSON)


def pairs_by_name(
    events: DataFrame,
    people: DataFrame,
    asked: DataFrame,
    columns: Sequence[str],
    as_of: datetime.date,
) -> dict[str, DataFrame]:
    """Return who is linked to each person asked about on a date, by the column that links them.

    Parameters
    ----------
    events : DataFrame
        Every version of every event.
    people : DataFrame
        Its ``person_id`` is everybody.
    asked : DataFrame
        Its ``person_id`` are those asked about, each once.
    columns : sequence of str
        Columns of events that hold names.
    as_of : date

    Returns
    -------
    dict of str to DataFrame
        Column → ``person_id`` and ``other``, each pair once. As of one date a link is there or it
        is not. Costs a shuffle of the ids of events with whom and what they name, and for each
        column a few of people and names, and of pairs.
    """
    in_force = _in_force(events, sorted(set(map(naming_column, columns))), as_of)
    known = in_force.join(people.select("person_id"), "person_id", "left_semi").persist()
    return {column: _pairs(known, asked, column).persist() for column in columns}


def _in_force(events: DataFrame, columns: Sequence[str], as_of: datetime.date) -> DataFrame:
    """Return whom and what each event names that may answer a question of the date."""
    from pyspark.sql import functions as sql

    told = sql.struct("person_id", "happened_on", "withdrawn", *columns)
    last = (
        events.where(sql.col("known_on") < sql.lit(as_of))
        .groupBy(*EVENT)
        .agg(sql.max_by(told, sql.col("known_on")).alias("last"))
        .select("last.*")
    )
    return last.where(~sql.col("withdrawn") & (sql.col("happened_on") < sql.lit(as_of)))


def _pairs(in_force: DataFrame, asked: DataFrame, column: str) -> DataFrame:
    from pyspark.sql import Window
    from pyspark.sql import functions as sql

    if column == EACH_OTHER:
        return _each_other(in_force, asked)
    named = in_force.select("person_id", column).where(sql.col(column).isNotNull()).distinct()
    sharing = sql.count("*").over(Window.partitionBy(column))
    shared = named.withColumn(SHARING, sharing).where(sql.col(SHARING).between(2, MOST_SHARING))
    others = shared.select(column, sql.col("person_id").alias(OTHER))
    return (
        shared.join(asked.select("person_id"), "person_id", "left_semi")
        .join(others, column)
        .where(sql.col("person_id") != sql.col(OTHER))
        .select("person_id", OTHER)
        .distinct()
    )


def _each_other(in_force: DataFrame, asked: DataFrame) -> DataFrame:
    from pyspark.sql import functions as sql

    victim = naming_column(EACH_OTHER)
    named = in_force.select("person_id", sql.col(victim).alias(OTHER))
    named = named.where(sql.col("person_id") != sql.col(OTHER)).distinct()
    back = named.select(sql.col(OTHER).alias("person_id"), sql.col("person_id").alias(OTHER))
    theirs = named.join(asked.select("person_id"), "person_id", "left_semi")
    return theirs.join(back, ["person_id", OTHER])


def with_links(asked: DataFrame, pairs: Mapping[str, DataFrame]) -> DataFrame:
    """Return what is asked, with the ids of those linked to each person in a list a column."""
    from pyspark.sql import functions as sql

    for column, linked in pairs.items():
        listed = linked.groupBy("person_id").agg(sql.collect_list(OTHER).alias(LINKED + column))
        asked = asked.join(listed, "person_id", "left")
    return asked


def needed_by_groups(
    asked: DataFrame, pairs: Mapping[str, DataFrame], group: Column, name: str
) -> DataFrame:
    """Return whose events each group of people needs: their own and those of people linked to them.

    Parameters
    ----------
    asked : DataFrame
        Its ``person_id`` are those asked about, each once.
    pairs : mapping of str to DataFrame
    group : Column
        A person's group, made of ``person_id``.
    name : str
        What the group is called.

    Returns
    -------
    DataFrame
        ``person_id`` and the group, each pair once.
    """
    from pyspark.sql import functions as sql

    own = asked.select("person_id", group.alias(name))
    others = [linked.select(sql.col(OTHER), group.alias(name)) for linked in pairs.values()]
    return reduce(lambda some, more: some.union(more), others, own).distinct()
