"""Seconds and memory of a monthly list and of a yearly review, of a force's history.

The list is of 500 referrals, out of 3 million events: features, rules, places with bands and
bounds, reasons, and what would change each, from case histories that lie in memory and a model
that is loaded. The review is of 200,000 people, by the command itself.

Run with: python tests/benchmarks/bench_rank.py [EVENTS REFERRALS PEOPLE]
"""

from __future__ import annotations

import cProfile
import datetime
import os
import pstats
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from workloads import shipped_histories

from triage.records import write_histories as store

AS_OF = datetime.date(2026, 3, 1)
SLOWEST = 12


class Quiet:
    """A progress that tells nobody."""

    def stage(self, name: str, total: int | None = None) -> None:
        """Say nothing."""

    def advance(self, by: int = 1) -> None:
        """Say nothing."""


def main(n_events: int = 3_000_000, n_open: int = 500, n_people: int = 200_000) -> None:
    """Print seconds of the wall and of processors, and the most memory, of both."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _run(["demo", folder / "demo", "--people", 6000], "A trained workspace")
        for size in ((n_open, n_people), (n_open, n_events // 20)):
            stored = folder / f"stored-{size[1]}"
            arguments = [sys.executable, __file__, "--store", n_events, size[1], size[0], stored]
            subprocess.run([str(one) for one in arguments], check=True)
            if size[1] == n_people:
                output = folder / "review.csv"
                review = ["review", "--workspace", folder / "demo", "--as-of", AS_OF]
                told = f"A review of {n_people:,} people, {n_events:,} events"
                _run([*review, "--histories", stored, "--output", output], told)
            else:
                command = [sys.executable, __file__, "--list", folder / "demo", stored]
                subprocess.run([str(one) for one in command], check=True)


def _run(arguments: list[object], told: str) -> None:
    program = Path(sys.executable).with_name("triage")
    start = time.perf_counter()
    child = os.posix_spawn(program, [str(one) for one in (program, *arguments)], os.environ)
    _, status, used = os.wait4(child, 0)
    if status:
        raise SystemExit(f"{told}: it failed")
    _tell(told, time.perf_counter() - start, used)


def _tell(told: str, seconds: float, used: resource.struct_rusage) -> None:
    cpu = used.ru_utime + used.ru_stime
    print(f"{told}: {seconds:.0f} s, {cpu:.0f} s of CPU, {used.ru_maxrss / 1024**2:.2f} GB")


def _list(workspace: Path, stored: Path) -> None:
    """Make the tables of a list, and tell what took longest."""
    from triage.records import read_stored_histories
    from triage.registry import Registry
    from triage.workflows.against import read_history
    from triage.workflows.making import made_anew
    from triage.workflows.project import load_project
    from triage.workflows.questions import ask_of_open
    from triage.workflows.ranking import Making
    from triage.workflows.versions import ranker_of

    project = load_project(workspace)
    version, _ = ranker_of(project)
    trained = Registry(project.workspace, project.panel.tracking_uri).load(
        version.number, with_ensemble=True
    )
    histories = read_stored_histories(stored, project.vocabulary, AS_OF)
    making = Making(project, trained, version.sha256, AS_OF, {}, "bench")
    history = read_history(project.workspace.lists, AS_OF, "none")
    before, start = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    profile = cProfile.Profile()
    profile.enable()
    asked = ask_of_open(project, histories, AS_OF, made_anew)
    made = time.perf_counter() - start
    making.tables(asked, histories, history)
    profile.disable()
    used = resource.getrusage(resource.RUSAGE_SELF)
    cpu = used.ru_utime + used.ru_stime - before.ru_utime - before.ru_stime
    print(
        f"A list of {len(asked.referral_ids)} referrals, {histories.events.num_rows:,} events: "
        f"{time.perf_counter() - start:.0f} s (features {made:.0f} s), {cpu:.0f} s of CPU, "
        f"{used.ru_maxrss / 1024**2:.2f} GB"
    )
    pstats.Stats(profile).sort_stats("cumulative").print_stats("triage", SLOWEST)


if __name__ == "__main__":
    if "--store" in sys.argv:
        events, people, referrals = map(int, sys.argv[2:5])
        store(shipped_histories(events, n_people=people, n_open=referrals), Path(sys.argv[5]))
    elif "--list" in sys.argv:
        _list(Path(sys.argv[2]), Path(sys.argv[3]))
    else:
        main(*map(int, sys.argv[1:4]))
