"""Whether the cost grows linearly with events + referrals × features: CPU seconds at rising sizes.

Writes ``linearity.csv`` and ``linearity.svg`` beside this file. Run with::

    python tests/benchmarks/bench_linearity.py
"""

from __future__ import annotations

import csv
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER))

SIZES = [
    *((n_events, n_events // 10, 175) for n_events in (500_000, 1_000_000, 2_000_000, 4_000_000)),
    *((1_000_000, n_referrals, 175) for n_referrals in (50_000, 200_000, 400_000)),
    *((1_000_000, 200_000, n_features) for n_features in (35, 70, 140)),
]
"""Events, referrals, features."""


def main() -> None:
    """Print CPU seconds of each size and of the best linear law, and draw both."""
    with tempfile.TemporaryDirectory() as folder:
        seconds = [_seconds(Path(folder) / str(number), *size) for number, size in enumerate(SIZES)]
    events, referrals, features = np.asarray(SIZES, dtype=np.float64).T
    terms = np.column_stack([np.ones(len(SIZES)), events / 1e6, referrals * features / 1e6])
    law, *_ = np.linalg.lstsq(terms, np.asarray(seconds), rcond=None)
    expected = terms @ law
    told = (
        f"{law[0]:.2f} s + {law[1]:.3f} s for a million events + {law[2] * 1000:.1f} ms for a "
        "million values"
    )
    for size, took, by_law in zip(SIZES, seconds, expected, strict=True):
        n_events, n_referrals, n_features = size
        print(
            f"{n_events:10,} events {n_referrals:8,} referrals {n_features:4} features "
            f"{took:6.2f} s CPU, by the law {by_law:6.2f}"
        )
    print(f"the law: {told}")
    with (FOLDER / "linearity.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["events", "referrals", "features", "cpu_seconds", "by_the_law"])
        for size, took, by_law in zip(SIZES, seconds, expected, strict=True):
            writer.writerow([*size, round(took, 3), round(float(by_law), 3)])
    (FOLDER / "linearity.svg").write_text(_drawn(seconds, expected.tolist(), told), "utf-8")


def _seconds(folder: Path, n_events: int, n_referrals: int, n_features: int) -> float:
    """Return the least CPU seconds of three runs, each in a process of its own."""
    from workloads import Workload, write_workload

    write_workload(Workload("linear", folder, n_events // 20, n_events, n_referrals))
    command = [sys.executable, __file__, "--run", str(folder), str(n_features)]
    return min(
        float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        for _ in range(3)
    )


def _run(folder: str, n_features: str) -> None:
    """Make features once and print the CPU seconds that it took."""
    from bench_features import work_of
    from workloads import Workload, read_features

    workload = Workload("linear", Path(folder), 0, 0, 0)
    every = read_features(workload.folder)
    step = len(every) // int(n_features)
    work = work_of(workload, every[::step][: int(n_features)])
    before = resource.getrusage(resource.RUSAGE_SELF)
    work(Path(folder) / "made.parquet")
    after = resource.getrusage(resource.RUSAGE_SELF)
    print(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def _drawn(seconds: list[float], expected: list[float], told: str) -> str:
    """Return measured seconds over those of the law: points on the diagonal are linear."""
    most = max(*seconds, *expected) * 1.1
    place = {"left": 60, "bottom": 330, "size": 300}

    def across(value: float) -> float:
        return place["left"] + place["size"] * value / most

    def up(value: float) -> float:
        return place["bottom"] - place["size"] * value / most

    points = "".join(
        f'<circle cx="{across(by_law):.1f}" cy="{up(took):.1f}" r="4" fill="#1d4e89"/>'
        for took, by_law in zip(seconds, expected, strict=True)
    )
    ticks = "".join(
        f'<text x="{across(tick):.1f}" y="348" text-anchor="middle">{tick:g}</text>'
        f'<text x="52" y="{up(tick) + 4:.1f}" text-anchor="end">{tick:g}</text>'
        for tick in np.arange(0, most, max(0.5, round(most / 6 * 2) / 2)).tolist()
    )
    return f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 480 400" role="img" \
font-family="sans-serif" font-size="12">
<title>CPU seconds measured, over those of a linear law</title>
<desc>Each point is one size; the law is {told}. Numbers stand in linearity.csv.</desc>
<rect width="480" height="400" fill="white"/>
<path d="M60 30V330H360" fill="none" stroke="#444"/>
<path d="M{across(0)} {up(0)}L{across(most):.1f} {up(most):.1f}" stroke="#999" \
stroke-dasharray="4 4"/>
{points}
{ticks}
<text x="210" y="368" text-anchor="middle">CPU seconds by the law</text>
<text x="60" y="20">CPU seconds measured</text>
<text x="60" y="390">{told}</text>
</svg>
"""


if __name__ == "__main__":
    if "--run" in sys.argv:
        _run(*sys.argv[2:])
    else:
        main()
