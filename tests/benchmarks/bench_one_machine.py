"""Memory that ``triage features`` takes for each million events, so where one machine is too small.

Where the extra ``spark`` and Java are there, the largest is also made by Spark's workers on this
machine, which shows what their detour costs, and whether the values are the same.

Run with: python tests/benchmarks/bench_one_machine.py [EVENTS ...]
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from triage.records import CaseHistories, Vocabulary, read_vocabulary, stored_schemas
from triage.records import write_histories as store

ROOT = Path(__file__).resolve().parents[2]
AS_OF, LAST_DAY = "2026-03-01", 20_513
EVENTS_A_PERSON = 20


class Run(NamedTuple):
    """What one command took: seconds, and the most memory that it held at a time."""

    seconds: float
    gigabytes: float


def main(*sizes: int) -> None:
    """Print memory at two sizes and what lies between them; fail where Spark's values differ."""
    small, large = sizes or (1_000_000, 3_000_000)
    with tempfile.TemporaryDirectory() as name:
        folder, runs = Path(name), {}
        for n_events in (small, large):
            stored = folder / f"{n_events}"
            command = [sys.executable, __file__, "--store", str(n_events), str(stored)]
            subprocess.run(command, check=True)  # its memory would be counted as the commands'
            runs[n_events] = _features(stored, folder / f"{n_events}.parquet")
            print(f"{n_events:,} events: {_told(runs[n_events])}")
        each = (runs[large].gigabytes - runs[small].gigabytes) / (large - small) * 1e6
        print(f"{each:.2f} GB for each further million events: {1 / each:.1f} million in a GB")
        if importlib.util.find_spec("pyspark") and shutil.which("java"):
            spark = ("--engine", "spark", "--master", "local[2]")
            there = _features(stored, folder / "there", *spark)
            print(
                f"{large:,} events by two workers of Spark: {there.seconds:.0f} s, "
                f"{there.seconds / runs[large].seconds:.1f} times as long"
            )
            tables = (pq.read_table(folder / one) for one in (f"{large}.parquet", "there"))
            here, far = (table.sort_by("referral_id") for table in tables)
            if not here.equals(far):
                raise SystemExit("the two engines made different values")


def _told(run: Run) -> str:
    return f"{run.seconds:.1f} s, {run.gigabytes:.2f} GB"


def _features(stored: Path, output: Path, *more: str) -> Run:
    program = Path(sys.executable).with_name("triage")
    arguments = ("features", "--workspace", ROOT, "--histories", stored, "--as-of", AS_OF)
    command = [str(part) for part in (program, *arguments, "--output", output, *more)]
    start = time.perf_counter()
    child = os.posix_spawn(program, command, os.environ)
    _, status, used = os.wait4(child, 0)
    if status:
        raise SystemExit("triage features failed")
    return Run(time.perf_counter() - start, used.ru_maxrss / 1024**2)


def _histories(n_events: int) -> CaseHistories:
    """Return invented histories in the shipped vocabulary; half of the people are asked about."""
    random = np.random.default_rng(1)
    words = read_vocabulary(ROOT / "configs" / "vocabulary.yaml")
    n_people = n_events // EVENTS_A_PERSON
    people = _ids("P", np.arange(n_people))
    asked = pa.array(random.integers(0, n_people, n_people))
    made = LAST_DAY - random.integers(0, 62, n_people)
    return CaseHistories(
        people=_table(words, "people", n_people, {"person_id": people}),
        events=_events(words, people, n_events, random),
        referrals=_table(
            words,
            "referrals",
            n_people,
            {
                "referral_id": _ids("R", np.arange(n_people)),
                "person_id": people.take(asked),
                "made_on": _dates(made),
                "agency": _same("police", n_people),
            },
        ),
        vocabulary=words,
    )


def _events(
    words: Vocabulary, people: pa.Array, n_events: int, random: np.random.Generator
) -> pa.Table:
    person = random.integers(0, len(people), n_events)
    happened = LAST_DAY - random.integers(0, 3_650, n_events)
    types = pa.array(random.integers(0, len(words.types), n_events))
    kinds = [one.kind for one in words.types.values()]
    classes = [one.harm_class for one in words.types.values()]
    columns = {
        "event_id": _ids("E", np.arange(n_events)),
        "person_id": people.take(pa.array(person)),
        "happened_on": _dates(happened),
        "known_on": _dates(np.minimum(happened + random.integers(0, 30, n_events), LAST_DAY)),
        "source": _same("police", n_events),
        "agency": _same("police", n_events),
        "type": pa.array(list(words.types)).take(types),
        "kind": pa.array(kinds).take(types),
        "harm_class": pa.array(classes, pa.string()).take(types),
        "victim_id": _ids("V", person * 5 + random.integers(0, 5, n_events)),
        **{name: pa.array(random.integers(0, 4, n_events)) for name in words.events.flags},
        **{name: pa.array(random.integers(0, 25, n_events)) for name in words.events.numbers},
    }
    return _table(words, "events", n_events, columns)


def _table(words: Vocabulary, name: str, n_rows: int, columns: dict[str, pa.Array]) -> pa.Table:
    """Return a canonical table in which nothing else is known."""
    nothing = {pa.int8(): 3, pa.bool_(): False}
    schema = stored_schemas(words)[name]
    full = [
        columns[field.name].cast(field.type)
        if field.name in columns
        else pa.array([nothing.get(field.type)] * n_rows, field.type)
        for field in schema
    ]
    return pa.table(full, schema=schema)


def _ids(prefix: str, numbers: np.ndarray) -> pa.Array:
    return pa.array(np.char.mod(f"{prefix}%09d", numbers))


def _dates(days: np.ndarray) -> pa.Array:
    return pa.array(days.astype(np.int32)).cast(pa.date32())


def _same(value: str, n_rows: int) -> pa.Array:
    return pa.array(np.full(n_rows, value))


if __name__ == "__main__":
    if "--store" in sys.argv:
        store(_histories(int(sys.argv[2])), Path(sys.argv[3]))
    else:
        main(*map(int, sys.argv[1:3]))
