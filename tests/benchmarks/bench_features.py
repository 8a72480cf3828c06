"""175 features of 200,000 referrals over 2 million events, from Parquet to Parquet, beside peers.

Each contender runs in a process of its own, so that its wall and CPU seconds and its peak memory
are its own, and all must give the same values. Run with::

    python tests/benchmarks/bench_features.py [A|D|SMALL] [CONTENDER ...]
"""

from __future__ import annotations

import importlib.util
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER))

from workloads import TYPES, WINDOWS, Workload, read_features, write_workload  # noqa: E402

SIZES = {"A": (100_000, 2_000_000, 200_000), "SMALL": (5_000, 100_000, 10_000)}
RECENT, EARLIER = 90, 365


def main() -> None:
    """Print a row a contender, and the ratios to ours; fail where the values differ."""
    name = next((word for word in sys.argv[1:] if word in SIZES), "A")
    wanted = [word for word in sys.argv[1:] if word in CONTENDERS] or list(CONTENDERS)
    wanted = [word for word in wanted if word == "ours" or importlib.util.find_spec(word)]
    with tempfile.TemporaryDirectory() as folder:
        n_people, n_events, n_referrals = SIZES[name]
        workload = Workload(name, Path(folder), n_people, n_events, n_referrals)
        write_workload(workload)
        print(f"workload {name}: {n_events:,} events, {n_people:,} people, {n_referrals:,} rows")
        ran = {contender: _best_of_two(contender, name, folder) for contender in wanted}
        for contender, figures in ran.items():
            times = figures["wall"] / ran[wanted[0]]["wall"]
            print(
                f"{contender:8} {figures['wall']:7.2f} s wall {figures['cpu']:7.2f} s CPU "
                f"{figures['peak_mb']:7.0f} MB   {times:5.1f} times {wanted[0]}"
            )
        for contender in wanted[1:]:
            _same_values(
                Path(folder) / f"{wanted[0]}.parquet", Path(folder) / f"{contender}.parquet"
            )
            print(f"{contender} agrees with {wanted[0]} on every value")


def _best_of_two(contender: str, name: str, folder: str) -> dict[str, float]:
    runs = []
    for _ in range(2):
        command = [
            sys.executable,
            str(FOLDER / "bench_features.py"),
            "--run",
            contender,
            name,
            folder,
        ]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        runs.append(json.loads(done.stdout.splitlines()[-1]))
    return min(runs, key=lambda run: float(run["wall"]))


def _run(contender: str, name: str, folder: str) -> None:
    """Run one contender in this process and print its figures."""
    workload = Workload(name, Path(folder), *SIZES[name])
    work = CONTENDERS[contender](workload)
    before, started = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    work(Path(folder) / f"{contender}.parquet")
    wall = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(json.dumps({"wall": wall, "cpu": cpu, "peak_mb": after.ru_maxrss / 1024}))


def _ours(workload: Workload) -> Callable[[Path], None]:
    from workloads import SCALE, VOCABULARY

    from triage.features import make_plan

    plan = make_plan(read_features(workload.folder))

    def work(output: Path) -> None:
        import pyarrow as pa

        from triage.features import compute
        from triage.records import CaseHistories
        from triage.timeline import build_timeline, moments_of

        histories = CaseHistories(
            pq.read_table(workload.people),
            pq.read_table(workload.events),
            pq.read_table(workload.referrals),
            VOCABULARY,
        )
        timeline = build_timeline(histories, SCALE, fields=plan.fields)
        asked = histories.referrals
        days = asked["made_on"].cast(pa.int32()).to_numpy()
        moments = moments_of(timeline, asked["person_id"], days)
        matrix = compute(plan, timeline, moments)
        columns = {name: matrix.column(name) for name in matrix.names}
        pq.write_table(pa.table({"referral_id": asked["referral_id"], **columns}), output)

    return work


def _polars(workload: Workload) -> Callable[[Path], None]:
    import polars as pl
    from workloads import HARM_DAYS

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
        asked = pl.scan_parquet(workload.referrals).select("referral_id", "person_id", "made_on")
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
            .group_by("referral_id")
            .agg(features())
            .collect(engine="streaming")
            .write_parquet(output)
        )

    return work


def _duckdb(workload: Workload) -> Callable[[Path], None]:
    import duckdb
    from workloads import HARM_DAYS

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
        connection.execute(
            f"""
            copy (
                with e as (
                    select person_id, happened_on, known_on, victim_id, weapon, number, harm_days
                    from read_parquet('{workload.events}')
                    join (values {values}) as v(type, number, harm_days) using (type)
                )
                select referral_id, {", ".join(features())}
                from (
                    select r.referral_id, e.*, r.made_on - e.happened_on as age
                    from read_parquet('{workload.referrals}') r join e using (person_id)
                    where e.happened_on < r.made_on and e.known_on < r.made_on
                )
                group by referral_id
            ) to '{output}' (format parquet)
            """
        )

    return work


def _same_values(ours: Path, theirs: Path) -> None:
    """Fail unless every referral that the other has with events has our values."""
    one, other = pq.read_table(ours), pq.read_table(theirs)
    place = {name: row for row, name in enumerate(one["referral_id"].to_pylist())}
    rows = np.asarray([place[name] for name in other["referral_id"].to_pylist()])
    for name in other.column_names:
        if name == "referral_id":
            continue
        mine = one[name].to_numpy()[rows]
        its = other[name].cast("float64").to_numpy().astype(np.float64)
        if not np.allclose(mine, its, rtol=1e-12, atol=0, equal_nan=True):
            raise SystemExit(f"{theirs.stem} gives other values of {name}")


CONTENDERS = {"ours": _ours, "polars": _polars, "duckdb": _duckdb}

if __name__ == "__main__":
    if "--run" in sys.argv:
        _run(*sys.argv[2:])
    else:
        main()
