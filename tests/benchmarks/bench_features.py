"""175 features from Parquet to Parquet, beside the peers that are installed.

A: 2 million events, 100,000 people, 200,000 referrals, each on the date it was made.
B: 20 million events, 1 million people, 500,000 referrals; ours also within 1 GB.
D: A's events, everybody on 12 dates; peers also by as-of joins over running totals, which cannot
make greatest values, different victims, days since or flags: 120 of the 175 features.
SAMPLE and SAMPLE_D: 40,000 events of 2,000 people; 500 referrals, and everybody on 12 dates. These
are small for the sake of featuretools, which takes its time for each day that anybody is asked on.
It runs in an environment of its own, which ``make bench`` builds (see featuretools_peer.py).

Each contender runs in a process of its own, so that its wall and CPU seconds and its peak memory
are its own; libraries are imported before the clock starts, and the better of two runs counts, or
the best of five while they take less than a second together. All must give the same values.
``ours`` writes a folder of files, ``ours_file`` one file. ``io`` only reads what ours reads and
writes what ours writes, on one processor: what ``ours_alone``, ours on one processor, takes beyond
it is the engine's own. (Two that share a memory each take longer.) A peer that is not installed is
left out, and said to be. Run with::

    python tests/benchmarks/bench_features.py [A|B|D|SAMPLE|SAMPLE_D|SMALL ...] [CONTENDER ...]
"""

from __future__ import annotations

import datetime
import importlib.util
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER))

from workloads import (  # noqa: E402
    HARM_DAYS,
    LAST_DAY,
    SCALE,
    TYPES,
    VOCABULARY,
    WINDOWS,
    Workload,
    read_features,
    write_workload,
)

from triage.features import Feature  # noqa: E402
from triage.features.files import AS_WRITTEN, ROWS_IN_GROUP  # noqa: E402
from triage.records.pieces import ROWS_IN_BATCH  # noqa: E402

SIZES = {
    "A": (100_000, 2_000_000, 200_000),
    "B": (1_000_000, 20_000_000, 500_000),
    "D": (100_000, 2_000_000, 1),
    "SAMPLE": (2_000, 40_000, 500),
    "SAMPLE_D": (2_000, 40_000, 1),
    "SMALL": (5_000, 100_000, 10_000),
}
ON_DATES = ("D", "SAMPLE_D")
RECENT, EARLIER = 90, 365
FOLDERS = ("ours", "ours_alone")
EPOCH = datetime.date(1970, 1, 1)
DATES = [EPOCH + datetime.timedelta(days=LAST_DAY - 31 * number) for number in range(12)]
GIGABYTE = 2**30
ELSEWHERE = {"featuretools": Path(sys.prefix) / "featuretools"}


def main() -> None:
    """Print a row a contender, and the ratios to ours; fail where the values differ."""
    named = [word for word in sys.argv[1:] if word in SIZES]
    for name in named or [name for name in SIZES if name != "SMALL"]:
        wanted = [word for word in sys.argv[1:] if word in {*CONTENDERS, *ELSEWHERE}]
        others = [word for word in wanted or USUAL[name] if word != "ours"]
        _bench(name, ["ours", *filter(_is_there, others)])


def _is_there(contender: str) -> bool:
    """Whether a contender can run; where it cannot, say so."""
    if contender in ELSEWHERE:
        there = (ELSEWHERE[contender] / ".installed").exists()
        why = f"'make bench' builds an environment for it, and there is none in {sys.prefix}"
    else:
        library = contender.partition("_")[0]
        there = library in ("ours", "io") or importlib.util.find_spec(library) is not None
        why = f"{library} is not installed"
    if not there:
        print(f"{contender} is left out: {why}.")
    return there


def _bench(name: str, wanted: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        n_people, n_events, n_referrals = SIZES[name]
        _in_a_process("--write", name, folder)  # whose memory is not that of the contenders
        asked = (
            f"{n_people:,} people on {len(DATES)} dates" if name in ON_DATES else f"{n_referrals:,}"
        )
        print(f"workload {name}: {n_events:,} events, {n_people:,} people, asked: {asked}")
        ran = {contender: _best(contender, name, folder) for contender in wanted}
        ours = ran["ours"]
        for contender, figures in ran.items():
            times = [f"{figures[clock] / ours[clock]:6.2f}" for clock in ("wall", "cpu")]
            print(
                f"{contender:12} {figures['wall']:7.2f} s wall {figures['cpu']:7.2f} s CPU "
                f"{figures['peak_mb']:7.0f} MB ({figures['start_mb']:.0f} before the work) "
                f"{times[0]} times the wall time of ours, {times[1]} times its CPU time",
                flush=True,
            )
        if {"io", "ours_alone"} <= ran.keys():
            own = ran["ours_alone"]["cpu"] - ran["io"]["cpu"]
            print(f"the engine's own: {own:.2f} s CPU; reading and writing {ran['io']['cpu']:.2f}")
        for contender in wanted:
            if contender not in ("ours", "ours_alone", "io"):
                keys = ["person_id", "as_of"] if name in ON_DATES else ["referral_id"]
                made = _same_values(_output(folder, "ours"), _output(folder, contender), keys)
                print(f"{contender} agrees with ours on every value that it makes: {made}")


def _best(contender: str, name: str, folder: str) -> dict[str, float]:
    runs: list[dict[str, float]] = []
    while len(runs) < 2 or (len(runs) < 5 and sum(run["wall"] for run in runs) < 1):
        told = _told_by(contender, name, folder)
        runs.append(json.loads(told.splitlines()[-1]))
    return min(runs, key=lambda run: float(run["wall"]))


def _told_by(contender: str, name: str, folder: str) -> str:
    """Return what a contender's own process prints when it has run."""
    if contender not in ELSEWHERE:
        return _in_a_process("--run", contender, name, folder)
    workload = Workload(name, Path(folder), *SIZES[name])
    asked = {
        "events": str(workload.events),
        "people": str(workload.people),
        "referrals": str(workload.referrals),
        "output": str(_output(folder, contender)),
        "dates": [date.isoformat() for date in DATES] if name in ON_DATES else None,
        "harm_days": dict(zip(TYPES, HARM_DAYS, strict=True)),
        "windows": WINDOWS,
        "recent": RECENT,
        "earlier": EARLIER,
    }
    program = str(FOLDER / f"{contender}_peer.py")
    python = str(ELSEWHERE[contender] / "bin" / "python")
    # isolated, so that nothing of ours can be imported; it warns of what it uses being deprecated
    return _printed([python, "-I", "-W", "ignore", program, json.dumps(asked)])


def _in_a_process(*words: str) -> str:
    return _printed([sys.executable, str(FOLDER / "bench_features.py"), *words])


def _printed(command: list[str]) -> str:
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def _write(name: str, folder: str) -> None:
    workload = Workload(name, Path(folder), *SIZES[name])
    write_workload(workload, lag=0 if name == "D" else 30)


def _run(contender: str, name: str, folder: str) -> None:
    """Run one contender in this process and print its figures."""
    workload = Workload(name, Path(folder), *SIZES[name])
    if contender in ("ours_alone", "io"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    work = CONTENDERS[contender](workload)
    output = _output(folder, contender)
    shutil.rmtree(output, ignore_errors=True)
    start = _peak_mb()
    before, started = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    work(output)
    wall = time.perf_counter() - started
    after, peak = resource.getrusage(resource.RUSAGE_SELF), _peak_mb()
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(json.dumps({"wall": wall, "cpu": cpu, "peak_mb": peak, "start_mb": start}))


def _peak_mb() -> float:
    """Return the most memory that this program held; ``ru_maxrss`` tells of who started it too."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return next(float(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


def _output(folder: str, contender: str) -> Path:
    """Return where a contender writes: ours a folder of files, all others one file."""
    return Path(folder) / (contender if contender in FOLDERS else f"{contender}.parquet")


class _Silent:
    """Progress that nobody sees."""

    def stage(self, text: str, total: int = 1) -> None:
        """Say nothing."""

    def advance(self, done: int = 1) -> None:
        """Say nothing."""


def _ours(workload: Workload) -> Callable[[Path], None]:
    return work_of(workload, read_features(workload.folder))


def work_of(
    workload: Workload, features: Sequence[Feature], memory: int | None = None
) -> Callable[[Path], None]:
    """Return what writes these features of a workload, as ``triage features`` does."""
    from triage.features import make_ready
    from triage.workflows import write_features
    from triage.workspace import Cohort

    make_ready()
    project = SimpleNamespace(
        features=features,
        vocabulary=VOCABULARY,
        scale=SCALE,
        sources=(),
        panel=SimpleNamespace(cohort=Cohort(open_days=1, as_of="referral")),
    )

    def work(output: Path) -> None:
        write_features(
            project,
            as_of=DATES if workload.name in ON_DATES else [],
            of="people" if workload.name in ON_DATES else "referrals",
            output=output,
            today=EPOCH + datetime.timedelta(days=LAST_DAY + 100),
            progress=_Silent(),
            histories=workload.folder,
            memory=memory,
        )

    return work


def _ours_file(workload: Workload) -> Callable[[Path], None]:
    return _ours(workload)


def _ours_1gb(workload: Workload) -> Callable[[Path], None]:
    return work_of(workload, read_features(workload.folder), GIGABYTE)


def _io(workload: Workload) -> Callable[[Path], None]:
    """Read what ours reads and write what ours wrote."""
    columns = ["person_id", "happened_on", "known_on", "ended_on", "withdrawn"]
    few = ["type", "harm_class"]
    made = pq.read_table(workload.folder / "ours")

    def work(output: Path) -> None:
        for path in (workload.people, workload.referrals):
            pq.read_table(path)
        events = pq.ParquetFile(workload.events, read_dictionary=few, memory_map=True)
        wanted = [*columns, *few, "victim_id", "weapon"]
        for _ in events.iter_batches(ROWS_IN_BATCH, columns=wanted, use_threads=False):
            pass
        with pq.ParquetWriter(output, made.schema, **AS_WRITTEN) as file:
            for first in range(0, len(made), ROWS_IN_GROUP):
                file.write_table(made.slice(first, ROWS_IN_GROUP))

    return work


def _polars(workload: Workload) -> Callable[[Path], None]:
    import polars as pl

    age = pl.col("age")

    def within(days: int | str) -> pl.Expr:
        return pl.lit(True) if days == "ever" else age <= days

    def features() -> list[pl.Expr]:
        made = []
        for name in TYPES:
            its = pl.col("type") == name
            harm = pl.col("harm_days").filter
            for days in WINDOWS:
                ending = days if days == "ever" else f"{days}d"
                mask = its & within(days)
                made += [
                    mask.sum().cast(pl.Float64).alias(f"{name}_count_{ending}"),
                    harm(mask).sum().alias(f"{name}_sum_{ending}"),
                ]
            for days in (365, 1825, "ever"):
                ending = days if days == "ever" else f"{days}d"
                made.append(harm(its & within(days)).max().alias(f"{name}_max_{ending}"))
            recent = (its & (age <= RECENT)).sum()
            both = (its & (age <= EARLIER)).sum()
            rest = EARLIER - RECENT
            ratio = ((recent + RECENT / EARLIER) / RECENT) / (
                (both - recent + rest / EARLIER) / rest
            )
            armed = its & (pl.col("weapon") == 1) & (age <= 365)
            made += [
                age.filter(its).min().cast(pl.Float64).alias(f"{name}_last"),
                age.filter(its).max().cast(pl.Float64).alias(f"{name}_first"),
                armed.sum().cast(pl.Float64).alias(f"{name}_weapon_365d"),
                pl.when(both == 0).then(1.0).otherwise(ratio).alias(f"{name}_ratio"),
            ]
        for days in WINDOWS:
            ending = days if days == "ever" else f"{days}d"
            victims = pl.col("victim_id").filter(within(days)).n_unique()
            made.append(victims.cast(pl.Float64).alias(f"victims_{ending}"))
        return made

    def work(output: Path) -> None:
        columns = ["person_id", "happened_on", "known_on", "type", "victim_id", "weapon"]
        types = pl.Enum(list(TYPES))
        events = (
            pl.scan_parquet(workload.events)
            .select(columns)
            .with_columns(
                pl.col("type").cast(types),
                pl.col("type").replace_strict(list(TYPES), list(HARM_DAYS)).alias("harm_days"),
            )
        )
        if workload.name in ON_DATES:
            dates = pl.LazyFrame({"made_on": DATES})
            asked = pl.scan_parquet(workload.people).select("person_id").join(dates, how="cross")
            keys = ["person_id", "made_on"]
        else:
            asked = pl.scan_parquet(workload.referrals)
            asked = asked.select("referral_id", "person_id", "made_on")
            keys = ["referral_id"]
        (
            asked.join(events, on="person_id", how="inner")
            .filter(
                (pl.col("happened_on") < pl.col("made_on"))
                & (pl.col("known_on") < pl.col("made_on"))
            )
            .with_columns(
                (pl.col("made_on") - pl.col("happened_on"))
                .dt.total_days()
                .cast(pl.Int32)
                .alias("age")
            )
            .group_by(keys)
            .agg(features())
            .rename({"made_on": "as_of"}, strict=False)
            .collect(engine="streaming")
            .write_parquet(output)
        )

    return work


def _duckdb(workload: Workload) -> Callable[[Path], None]:
    import duckdb

    def within(days: int | str) -> str:
        return "true" if days == "ever" else f"age <= {days}"

    def features() -> list[str]:
        made = []
        for number, name in enumerate(TYPES):
            its = f"number = {number}"
            for days in WINDOWS:
                ending = days if days == "ever" else f"{days}d"
                where = f"filter (where {its} and {within(days)})"
                made += [
                    f"(count(*) {where})::double as {name}_count_{ending}",
                    f"(coalesce(sum(harm_days) {where}, 0))::double as {name}_sum_{ending}",
                ]
            for days in (365, 1825, "ever"):
                ending = days if days == "ever" else f"{days}d"
                where = f"filter (where {its} and {within(days)})"
                made.append(f"(max(harm_days) {where})::double as {name}_max_{ending}")
            recent = f"count(*) filter (where {its} and age <= {RECENT})"
            both = f"count(*) filter (where {its} and age <= {EARLIER})"
            rest = EARLIER - RECENT
            made += [
                f"(min(age) filter (where {its}))::double as {name}_last",
                f"(max(age) filter (where {its}))::double as {name}_first",
                f"(count(*) filter (where {its} and weapon = 1 and age <= 365))::double "
                f"as {name}_weapon_365d",
                f"case when {both} = 0 then 1.0::double else "
                f"(({recent} + {RECENT}::double / {EARLIER}) / {RECENT}) / "
                f"(({both} - {recent} + {rest}::double / {EARLIER}) / {rest}) end as {name}_ratio",
            ]
        for days in WINDOWS:
            ending = days if days == "ever" else f"{days}d"
            made.append(
                f"(count(distinct victim_id) filter (where {within(days)}))::double "
                f"as victims_{ending}"
            )
        return made

    def work(output: Path) -> None:
        values = ", ".join(
            f"('{name}', {number}, {days}::double)"
            for number, (name, days) in enumerate(zip(TYPES, HARM_DAYS, strict=True))
        )
        connection = duckdb.connect()
        connection.execute("set preserve_insertion_order = false")
        asked, keys = f"read_parquet('{workload.referrals}')", "referral_id"
        if workload.name in ON_DATES:
            dates = ", ".join(f"(date '{date}')" for date in DATES)
            people = f"read_parquet('{workload.people}')"
            asked = f"(select person_id, made_on from {people}, (values {dates}) as d(made_on))"
            keys = "person_id, made_on as as_of"
        connection.execute(
            f"""
            copy (
                with e as (
                    select person_id, happened_on, known_on, victim_id, weapon, number, harm_days
                    from read_parquet('{workload.events}')
                    join (values {values}) as v(type, number, harm_days) using (type)
                )
                select {keys}, {", ".join(features())}
                from (
                    select r.* exclude (person_id), e.*, r.made_on - e.happened_on as age
                    from {asked} r join e using (person_id)
                    where e.happened_on < r.made_on and e.known_on < r.made_on
                )
                group by {keys.replace(" as as_of", "")}
            ) to '{output}' (format parquet)
            """
        )

    return work


def _polars_asof(workload: Workload) -> Callable[[Path], None]:
    """Running totals of each type, joined as of the day and as of each window's first day."""
    import polars as pl

    def work(output: Path) -> None:
        is_type = {name: pl.col("type") == name for name in TYPES}
        days = dict(zip(TYPES, HARM_DAYS, strict=True))
        totals = (
            pl.scan_parquet(workload.events)
            .select("person_id", pl.col("happened_on").cast(pl.Int32).alias("day"), "type")
            .sort("person_id", "day")
            .select(
                "person_id",
                "day",
                *(is_type[name].cum_sum().over("person_id").alias(name) for name in TYPES),
            )
            .group_by("person_id", "day", maintain_order=True)
            .last()
            .sort("day")
            .collect(engine="streaming")
        )
        people = pl.read_parquet(workload.people).select("person_id")
        dates = pl.DataFrame({"as_of": DATES})
        rows = people.join(dates, how="cross").with_columns(pl.col("as_of").cast(pl.Int32))
        rows = rows.rename({"as_of": "asked"}).with_row_index("row")

        def total_before(back: int) -> pl.DataFrame:
            edge = rows.select("row", "person_id", (pl.col("asked") - back - 1).alias("day"))
            found = edge.sort("day").join_asof(totals, on="day", by="person_id")
            return found.sort("row").select(pl.col(name).fill_null(0) for name in TYPES)

        now = total_before(0)
        made = {}
        counted = {}
        for window in WINDOWS:
            ending = window if window == "ever" else f"{window}d"
            then = None if window == "ever" else total_before(window)
            for name in TYPES:
                count = now[name] if then is None else now[name] - then[name]
                counted[name, window] = count = count.cast(pl.Float64)
                made[f"{name}_count_{ending}"] = count
                made[f"{name}_sum_{ending}"] = count * days[name]
        rest = EARLIER - RECENT
        for name in TYPES:
            recent, both = counted[name, RECENT], counted[name, EARLIER]
            ratio = ((recent + RECENT / EARLIER) / RECENT) / (
                (both - recent + rest / EARLIER) / rest
            )
            made[f"{name}_ratio"] = pl.select(
                pl.when(both == 0).then(1.0).otherwise(ratio)
            ).to_series()
        as_of = rows["asked"].cast(pl.Date).alias("as_of")
        pl.DataFrame({"person_id": rows["person_id"], "as_of": as_of, **made}).write_parquet(output)

    return work


def _same_values(ours: Path, theirs: Path, keys: list[str]) -> str:
    """Fail unless every row that the other has with events has our values; say how many it has."""
    one, other = pq.read_table(ours), pq.read_table(theirs)
    every, names = _features_in(one), _features_in(other)
    place = {key: row for row, key in enumerate(_keys(one, keys))}
    rows = np.asarray([place[key] for key in _keys(other, keys)])
    for name in names:
        mine = one[name].to_numpy()[rows]
        its = other[name].cast("float64").to_numpy().astype(np.float64)
        if not np.allclose(mine, its, rtol=1e-12, atol=0, equal_nan=True):
            raise SystemExit(f"{theirs.stem} gives other values of {name}")
    return f"{len(names)} of {len(every)} features, {len(rows):,} of {len(one):,} rows"


def _features_in(table: pa.Table) -> list[str]:
    keys = ("referral_id", "person_id", "as_of")
    return [name for name in table.column_names if name not in keys]


def _keys(table: pa.Table, names: list[str]) -> Iterator[tuple[object, ...]]:
    return zip(*(table[name].to_pylist() for name in names), strict=True)


CONTENDERS = {
    "ours": _ours,
    "ours_file": _ours_file,
    "ours_1gb": _ours_1gb,
    "ours_alone": _ours,
    "io": _io,
    "polars": _polars,
    "polars_asof": _polars_asof,
    "duckdb": _duckdb,
}
USUAL = {
    "A": ["ours", "ours_file", "ours_alone", "io", "polars", "duckdb"],
    "B": ["ours", "ours_1gb", "ours_alone", "io", "polars", "duckdb"],
    "D": ["ours", "ours_file", "ours_alone", "io", "polars_asof", "polars", "duckdb"],
    "SAMPLE": ["ours", "polars", "duckdb", "featuretools"],
    "SAMPLE_D": ["ours", "polars", "duckdb", "featuretools"],
    "SMALL": ["ours", "ours_1gb", "ours_alone", "io", "polars", "duckdb"],
}

if __name__ == "__main__":
    if "--run" in sys.argv:
        _run(*sys.argv[2:])
    elif "--write" in sys.argv:
        _write(*sys.argv[2:])
    else:
        main()
