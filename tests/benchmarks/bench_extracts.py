"""500,000 events from CSV, everyone asked on 12 as-of dates, 120 features: from extract to matrix.

Reading, mapping and checking the extracts are part of what is measured. Run with::

    python tests/benchmarks/bench_extracts.py [EVENTS]
"""

from __future__ import annotations

import datetime
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import yaml

from triage.features import FeatureMatrix, compute, make_plan, read_pipelines
from triage.harm import read_scales
from triage.records import read_histories, read_sources, read_vocabulary
from triage.timeline import build_timeline, moments_of
from triage.workspace import Workspace

N_EVENTS, EVENTS_A_PERSON, N_DATES = 500_000, 33, 12
TODAY = datetime.date(2025, 1, 1)
LAST_DAY = (TODAY - datetime.date(1970, 1, 1)).days - 1
DAYS = (0, 1, 2, 10, 20, 182, 273, 1460)
HARM_DAYS = {f"class_{number}": days for number, days in enumerate(DAYS)}
TYPES = tuple(f"type_{number}" for number in range(8))
FLAGS = ("weapon", "strangulation")
CONFIGS = {
    "vocabulary.yaml": {
        "agencies": {"police": "Police"},
        "kinds": {"incident": "An incident"},
        "types": {
            name: {"kind": "incident", "meaning": name, "harm_class": harm_class}
            for name, harm_class in zip(TYPES, HARM_DAYS, strict=True)
        },
        "events": {
            "flags": {flag: flag for flag in FLAGS},
            "numbers": {"ticks": {"meaning": "ticks"}},
        },
    },
    "harm/invented.yaml": {
        "name": "invented",
        "title": "Invented",
        "source": "invented",
        "in_force_from": datetime.date(2020, 1, 1),
        "classes": {name: {"days": days, "note": "invented"} for name, days in HARM_DAYS.items()},
    },
    "sources/people.yaml": {
        "agency": "police",
        "table": "people",
        "read": {"csv": "data/people.csv"},
        "columns": {"person_id": "PERSON", "birth_date": {"column": "BORN", "date": "%d/%m/%Y"}},
    },
    "sources/events.yaml": {
        "agency": "police",
        "table": "events",
        "read": {"csv": "data/events.csv"},
        "columns": {
            "event_id": "REFERENCE",
            "person_id": "PERSON",
            "happened_on": {"column": "HAPPENED", "date": "%d/%m/%Y"},
            "known_on": {"column": "RECORDED", "date": "%d/%m/%Y"},
            "type": {"column": "TYPE", "codes": {name.upper(): name for name in TYPES}},
            "harm_class": {"column": "HARM", "codes": {name.upper(): name for name in HARM_DAYS}},
            "victim_id": "VICTIM",
            **{
                flag: {"column": flag.upper(), "answers": {"Y": "yes", "N": "no", "U": "unknown"}}
                for flag in FLAGS
            },
            "ticks": {"column": "TICKS", "number": True, "minimum": 0, "maximum": 24},
        },
    },
}


def write_workload(root: Path, n_events: int = N_EVENTS, seed: int = 3) -> None:
    """Write a workspace of invented extracts, with source files and 120 features in YAML."""
    random = np.random.default_rng(seed)
    n_people = max(n_events // EVENTS_A_PERSON, 1)
    weight = random.gamma(0.7, 1.0, n_people)
    person = random.choice(n_people, n_events, p=weight / weight.sum())
    happened = LAST_DAY - random.integers(0, 3_650, n_events)
    people = _ids("P", np.arange(n_people))
    events = {
        "REFERENCE": _ids("E", random.permutation(n_events)),
        "PERSON": people.take(pa.array(person)),
        "HAPPENED": _dates(happened),
        "RECORDED": _dates(np.minimum(happened + random.integers(0, 30, n_events), LAST_DAY)),
        "TYPE": _codes(random, [name.upper() for name in TYPES], n_events),
        "HARM": _codes(random, [name.upper() for name in HARM_DAYS], n_events),
        "VICTIM": _ids("V", person * 5 + random.integers(0, 5, n_events)),
        **{flag.upper(): _codes(random, ["Y", "N", "U", None], n_events) for flag in FLAGS},
        "TICKS": pa.array(random.integers(0, 25, n_events)),
    }
    born = {"PERSON": people, "BORN": _dates(random.integers(-3_650, 3_650, n_people))}
    (root / "data").mkdir(parents=True)
    pa.csv.write_csv(pa.table(events), root / "data" / "events.csv")
    pa.csv.write_csv(pa.table(born), root / "data" / "people.csv")
    for file, document in CONFIGS.items():
        _write(root / "configs" / file, document)
    _write(root / "pipelines" / "bench.yaml", {"title": "Bench", "features": _definitions()})


def check_and_ask(root: Path) -> tuple[FeatureMatrix, Mapping[str, float]]:
    """Return 120 features of everyone on 12 dates, a month apart, and CPU seconds by stage."""
    clock, marks = time.process_time, [time.process_time()]
    workspace = Workspace(root)
    vocabulary = read_vocabulary(workspace.configs / "vocabulary.yaml")
    sources = read_sources(workspace.configs / "sources", vocabulary, root=root)
    scale = read_scales(workspace.configs / "harm", vocabulary)["invented"]
    plan = make_plan(read_pipelines(workspace.pipelines, vocabulary))
    marks.append(clock())
    checked = read_histories(workspace, vocabulary, sources, TODAY)
    marks.append(clock())
    if checked.report.rejected or checked.report.people + checked.report.events == 0:
        raise SystemExit(f"rows were lost: {checked.report}")
    timeline = build_timeline(checked.histories, scale, fields=plan.fields)
    marks.append(clock())
    ids = checked.histories.people["person_id"]
    days = np.tile((LAST_DAY - 31 * np.arange(N_DATES)).astype(np.int32), len(ids))
    asked = ids.take(pa.array(np.repeat(np.arange(len(ids)), N_DATES)))
    matrix = compute(plan, timeline, moments_of(timeline, asked, days))
    marks.append(clock())
    stages = ("configuration", "reading and checking", "timeline", "features")
    return matrix, dict(zip(stages, np.diff(marks).tolist(), strict=True))


def main(n_events: int = N_EVENTS) -> None:
    """Print CPU seconds by stage and peak memory, of a process of its own with a warm cache."""
    with tempfile.TemporaryDirectory() as folder:
        write_workload(Path(folder), n_events)
        for _ in range(2):  # the first may compile
            subprocess.run([sys.executable, __file__, "--run", folder], check=True)


def _run(folder: str) -> None:
    matrix, seconds = check_and_ask(Path(folder))
    rows, columns = matrix.values.shape
    stages = ", ".join(f"{stage} {spent:.2f}" for stage, spent in seconds.items())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    print(
        f"workload C: {rows:,} rows of {columns} features in {sum(seconds.values()):.2f} s of CPU "
        f"({stages}), peak {peak:.2f} GB",
        flush=True,
    )


def _definitions() -> list[dict[str, object]]:
    same = {"unit": "u", "direction": "none", "missing": "none", "meaning": "{value}"}
    windowed = same | {"meaning": "{value} {window}", "windows": [90, 365, 1095, "ever"]}
    made: list[dict[str, object]] = []
    for name in TYPES:
        its = {"where": {"type": name}}
        greatest = {"measure": "maximum", "of": "harm_days", "when_none": "unknown"}
        made += [
            windowed | its | {"name": f"{name}_count", "measure": "count"},
            windowed | its | {"name": f"{name}_sum", "measure": "sum", "of": "harm_days"},
            windowed | its | greatest | {"name": f"{name}_max", "windows": [365, "ever"]},
            same | its | {"name": f"{name}_last", "measure": "days_since_last"},
            same | its | {"name": f"{name}_first", "measure": "days_since_first"},
            same
            | its
            | {"name": f"{name}_ratio", "measure": "rate_ratio"}
            | {"recent_days": 90, "earlier_days": 365},
        ]
    greatest = {"measure": "maximum", "of": "ticks", "when_none": "unknown"}
    return [
        *made,
        *(windowed | {"name": flag, "measure": "count", "where": {flag: "yes"}} for flag in FLAGS),
        windowed | {"name": "victims", "measure": "distinct", "of": "victim_id"},
        windowed | greatest | {"name": "ticks"},
    ]


class _Plain(yaml.SafeDumper):
    """Writes everything out: the loaders refuse aliases."""

    def ignore_aliases(self, data: object) -> bool:
        return True


def _write(path: Path, document: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.dump(document, Dumper=_Plain, sort_keys=False), encoding="utf-8")


def _ids(prefix: str, numbers: np.ndarray) -> pa.Array:
    return pa.array(np.char.mod(f"{prefix}%08d", numbers))


def _dates(days: np.ndarray) -> pa.Array:
    return pc.strftime(pa.array(days.astype(np.int32)).cast(pa.date32()), "%d/%m/%Y")


def _codes(random: np.random.Generator, codes: list[str | None], n_rows: int) -> pa.Array:
    return pa.array(codes).take(pa.array(random.integers(0, len(codes), n_rows)))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--run"]:
        _run(*sys.argv[2:])
    else:
        main(*map(int, sys.argv[1:2]))
