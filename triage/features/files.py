"""Features straight to a Parquet file: a few rows are written while the next ones are made."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from triage.conditions import Column, take
from triage.features.engine import Bound, attribute_values, bind, linked_values, processors
from triage.features.matrix import FeatureMatrix, feature_schema, feature_table
from triage.features.plan import Plan
from triage.timeline import Moments, PartOfPeople, of_those_asked

__all__ = ["write_feature_file"]

ROWS_IN_GROUP = 2**14
"""Rows that are made and written at a time: a few such groups are all that is held in memory."""

AS_WRITTEN: Mapping[str, Any] = {
    "compression": "lz4",
    "use_dictionary": False,
    "write_statistics": ["referral_id", "person_id", "as_of"],
}
"""How files are written: in two thirds of the time that dictionaries take to write, and three
quarters to read, for twice the bytes."""

PADDING = 40
"""Numbers between two features of a group, lest all of them fall on the same lines of a cache."""


def write_feature_file(
    path: Path,
    plan: Plan,
    people: Sequence[Callable[[], PartOfPeople]],
    referrals: pa.Table,
    moments: Moments,
    attributes: Mapping[str, Column],
    *,
    threads: int | None = None,
) -> None:
    """Write every feature of every moment as Parquet, without ever holding them all.

    Parameters
    ----------
    path : Path
        A file; or an empty folder, which is filled with a file for each :data:`ROWS_IN_GROUP`
        rows, several written at a time.
    plan : Plan
    people : sequence of callable
        Returns all people's timelines, some people at a time, in the order of their positions; all
        at once where the plan has features of linked people. The next ones are made ahead.
    referrals : pyarrow.Table, shape (n_rows, …)
        The referral of each row; ``referral_id`` and ``person_id`` are written.
    moments : Moments, shape (n_rows,)
    attributes : mapping of str to Column
        See :func:`triage.features.compute`.
    threads : int, optional
        By default, as many as there are processors.

    Notes
    -----
    The columns are those of :func:`triage.features.feature_schema`, the rows stand by person,
    as-of date and then as they were given, and the file is the same however many threads made it
    and in however many parts the people came.
    """
    order = moments.in_order()
    ids = referrals.select(["referral_id", "person_id"])
    sorted_moments = Moments(moments.person[order], moments.day[order])
    n_rows, threads = len(order), threads or processors()
    n_writers = threads if path.is_dir() else 1
    shape = (len(plan.features), min(n_rows, ROWS_IN_GROUP) + PADDING)
    buffers = [np.empty(shape) for _ in range(n_writers + 1)]
    pending: list[Future[None] | None] = [None] * len(buffers)
    with (
        _written(path, feature_schema(plan.features)) as write_group,
        ThreadPoolExecutor(n_writers) as writers,
        ThreadPoolExecutor(threads) as pool,
    ):

        def write(first: int, last: int, buffer: npt.NDArray[np.float64]) -> None:
            rows = order[first:last]
            asked = Moments(sorted_moments.person[first:last], sorted_moments.day[first:last])
            some = {name: take(column, rows) for name, column in attributes.items()}
            values = buffer[:, : last - first]
            for position, value in attribute_values(plan, asked, some):
                values[position] = value
            for position, value in linked.items():
                values[position] = value[first:last]
            matrix = FeatureMatrix(values.T, plan.features)
            table = feature_table(matrix, ids.take(pa.array(rows)), asked.day)
            write_group(table, first // ROWS_IN_GROUP)

        made, linked = 0, {}
        for part, asked, bound in _ahead(pool, people, plan, sorted_moments, threads):
            linked = dict(linked_values(plan, part.timeline, sorted_moments, threads))
            before_part, beyond = made, made + len(asked)
            while made < beyond:
                group, offset = divmod(made, ROWS_IN_GROUP)
                start, last = made - offset, min(beyond, made - offset + ROWS_IN_GROUP)
                here = group % len(buffers)
                if offset == 0 and (before := pending[here]) is not None:
                    before.result()
                some = (made - before_part, last - before_part)
                bound.fill(asked, *some, buffers[here], pool, offset)
                made = last
                if made in (start + ROWS_IN_GROUP, n_rows):
                    pending[here] = writers.submit(write, start, made, buffers[here])
        for before in pending:
            if before is not None:
                before.result()


@contextmanager
def _written(path: Path, schema: pa.Schema) -> Iterator[Callable[[pa.Table, int], None]]:
    """Give what writes a group of rows: each to its own file of a folder, or all to one file."""
    if not path.is_dir():
        with pq.ParquetWriter(path, schema, **AS_WRITTEN) as file:
            yield lambda table, _: file.write_table(table)
        return

    def write_part(table: pa.Table, group: int) -> None:
        pq.write_table(table, path / f"part-{group:05}.parquet", **AS_WRITTEN)

    yield write_part
    if not any(path.iterdir()):
        write_part(schema.empty_table(), 0)


Ready = tuple[PartOfPeople, Moments, Bound]


def _ahead(
    pool: ThreadPoolExecutor,
    people: Sequence[Callable[[], PartOfPeople]],
    plan: Plan,
    moments: Moments,
    n: int,
) -> Iterator[Ready]:
    """Yield parts in order, each with its own of the sorted moments, while the next are made."""

    def ready(make: Callable[[], PartOfPeople]) -> Ready:
        part = make()
        first, beyond = np.searchsorted(moments.person, (part.first, part.beyond))
        its_own = moments.person[first:beyond] - np.int32(part.first)
        asked = Moments(its_own, moments.day[first:beyond])
        few, asked = of_those_asked(part.timeline, asked, plan.fields)
        return part, asked, bind(plan, few)

    made: deque[Future[Ready]] = deque()
    for make in people:
        made.append(pool.submit(ready, make))
        if len(made) > n:
            yield made.popleft().result()
    while made:
        yield made.popleft().result()
