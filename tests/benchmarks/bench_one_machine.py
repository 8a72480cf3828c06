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

import pyarrow.parquet as pq
from workloads import shipped_histories

from triage.records import write_histories as store

ROOT = Path(__file__).resolve().parents[2]
AS_OF = "2026-03-01"


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


if __name__ == "__main__":
    if "--store" in sys.argv:
        store(shipped_histories(int(sys.argv[2])), Path(sys.argv[3]))
    else:
        main(*map(int, sys.argv[1:3]))
