"""Seconds that reading, mapping and checking a million events takes, and the ratio to pandas.

Run with: python tests/benchmarks/bench_check.py [ROWS]
"""

from __future__ import annotations

import datetime
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np
import pandas as pd

from triage.records import Checked, read_histories, read_sources, read_vocabulary
from triage.workspace import Workspace

Made = TypeVar("Made")

ROOT = Path(__file__).resolve().parents[2]
TODAY = datetime.date(2025, 1, 1)
FLAGS = {
    "domestic": "DA",
    "strangulation": "NFS",
    "weapon": "WEAPON",
    "threat_to_kill": "TTK",
    "injury": "INJURY",
    "children_present": "CHILDREN",
    "pregnancy": "PREGNANT",
    "separation": "SEPARATION",
    "stalking": "STALKING",
    "coercive_control": "CCB",
    "alcohol": "ALCOHOL",
    "drugs": "DRUGS",
}
EVENTS = """\
agency: police
table: events
read: {csv: data/events.csv}
columns:
  event_id: CRIME_REF
  person_id: NOMINAL
  happened_on: {column: DATE_FROM, date: "%d/%m/%Y"}
  known_on: {column: RECORDED, date: "%d/%m/%Y %H:%M"}
  victim_id: VICTIM
  type:
    column: OFFENCE
    codes: {"8N": assault_with_injury, "8L": harassment}
    otherwise: other_crime
  ticks: {column: TICKS, number: true, minimum: 0, maximum: 24}
  risk_grade: {column: GRADE, codes: {S: 1, M: 2, H: 3}}
"""
PEOPLE = """\
agency: police
table: people
read: {csv: data/people.csv}
columns: {person_id: NOMINAL, birth_date: BORN}
"""
REFERRALS = """\
agency: police
table: referrals
read: {csv: data/referrals.csv}
columns: {referral_id: REF, person_id: NOMINAL, made_on: DATE}
"""


def main(n_events: int = 1_000_000) -> None:
    """Print seconds and ratio, and fail where a row was lost."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        _write_extracts(root, n_events)
        plain, _ = _timed(lambda: pd.read_csv(root / "data" / "events.csv", dtype="str"))
        ours, checked = _timed(lambda: _check(root))
    (events,) = (s for s in checked.report.sources if s.table == "events")
    if events.read != n_events or events.accepted + events.rejected != n_events:
        raise SystemExit(f"rows were lost: {events}")
    print(
        f"{n_events:,} events checked in {ours.seconds:.2f} s ({ours.cpu_seconds:.2f} s of CPU), "
        f"{events.rejected:,} rejected; pandas reads the same file unchecked in "
        f"{plain.seconds:.2f} s ({plain.cpu_seconds:.2f} s of CPU); "
        f"ratio {ours.cpu_seconds / plain.cpu_seconds:.1f}"
    )


class Spent(NamedTuple):
    """Seconds by the clock, and of all cores: the second alone is steady on a busy machine."""

    seconds: float
    cpu_seconds: float


def _check(root: Path) -> Checked:
    vocabulary = read_vocabulary(ROOT / "configs" / "vocabulary.yaml")
    sources = read_sources(root / "configs" / "sources", vocabulary, root=root)
    return read_histories(Workspace(root), vocabulary, sources, TODAY)


def _timed(work: Callable[[], Made]) -> tuple[Spent, Made]:
    start, cpu_start = time.perf_counter(), time.process_time()
    made = work()
    return Spent(time.perf_counter() - start, time.process_time() - cpu_start), made


def _write_extracts(root: Path, n_events: int) -> None:
    random = np.random.default_rng(1)
    n_people = max(n_events // 5, 1)
    nominals = np.arange(100_000, 100_000 + n_people)
    happened = np.datetime64("2015-01-01") + random.integers(0, 3_000, n_events)
    recorded = happened + random.integers(0, 30, n_events)
    minutes = random.integers(0, 1_440, n_events)
    events = pd.DataFrame(
        {
            "CRIME_REF": [f"C{number:08d}" for number in random.permutation(n_events)],
            "NOMINAL": random.choice(nominals, n_events),
            "DATE_FROM": pd.Series(happened).dt.strftime("%d/%m/%Y"),
            "RECORDED": pd.Series(
                recorded.astype("datetime64[m]") + minutes.astype("timedelta64[m]")
            ).dt.strftime("%d/%m/%Y %H:%M"),
            "OFFENCE": random.choice(["8N", "105A", "8L"], n_events),
            "VICTIM": [f"V{number}" for number in random.integers(0, n_people * 2, n_events)],
            "NARRATIVE": "what was written, with a comma\nand a second line",
            **{column: random.choice(["Y", "N", "U", ""], n_events) for column in FLAGS.values()},
            "TICKS": random.integers(0, 25, n_events),
            "GRADE": random.choice(["S", "M", "H", "X"], n_events, p=[0.5, 0.3, 0.199, 0.001]),
        }
    )
    people = pd.DataFrame({"NOMINAL": nominals, "BORN": "1980-05-17"})
    referrals = pd.DataFrame(
        {"REF": nominals[::10], "NOMINAL": nominals[::10], "DATE": "2024-06-01"}
    )
    flags = "".join(
        f"  {flag}: {{column: {column}, answers: {{Y: yes, N: no, U: unknown}}}}\n"
        for flag, column in FLAGS.items()
    )
    (root / "data").mkdir()
    (root / "configs" / "sources").mkdir(parents=True)
    for name, rows, source in (
        ("events", events, EVENTS + flags),
        ("people", people, PEOPLE),
        ("referrals", referrals, REFERRALS),
    ):
        rows.to_csv(root / "data" / f"{name}.csv", index=False)
        (root / "configs" / "sources" / f"{name}.yaml").write_text(source)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
