"""Make a workload's features with featuretools; ``bench_features.py`` runs this.

featuretools cannot be installed beside us, so this runs in an environment of its own, isolated, and
knows nothing of ours but the Parquet files of the workload and, as its one argument, a JSON object
with ``events``, ``people``, ``referrals`` and ``output`` (paths), ``dates`` (on which everybody is
asked; null for each referral on its own), ``harm_days`` (by type), ``windows``, ``recent`` and
``earlier`` (days). It prints what it took as JSON.

The day it happened is an event's time index and the cutoff day is left out; the day it became known
is its secondary time index, before which featuretools hides all that the event says; windows are
``use_previous``. That makes all 175 features. A column for each type, so that one grouping serves
all types of a window, takes half the time that ``where`` takes with a condition a type, and is what
runs here. It works through one cutoff day after another at 80 ms and more for each, so 500 people
on days of their own take it far longer than 2,000 people on 12 days. It runs in one process: more
need Dask, and save no CPU seconds.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path
from typing import Any

import featuretools as ft
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from featuretools.primitives import Max, Min, NumUnique, Sum, TimeSince
from woodwork.logical_types import Categorical, Datetime, Double

READ = ["event_id", "person_id", "happened_on", "known_on", "type", "victim_id", "weapon"]


class Different(NumUnique):
    """How many different values there are; none where there are no events."""

    default_value = 0


def main() -> None:
    """Do the work and print its wall and CPU seconds and peak memory."""
    asked = json.loads(sys.argv[1])
    start = _peak_mb()
    before, started = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    _work(asked)
    wall = time.perf_counter() - started
    after, peak = resource.getrusage(resource.RUSAGE_SELF), _peak_mb()
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(json.dumps({"wall": wall, "cpu": cpu, "peak_mb": peak, "start_mb": start}))


def _peak_mb() -> float:
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return next(float(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


def _work(asked: dict[str, Any]) -> None:
    people = pq.read_table(asked["people"], columns=["person_id"]).to_pandas()
    entities = _entities(people, _events(asked))
    rows = _rows(asked, people)
    cutoffs = rows[["instance_id", "time"]].drop_duplicates()
    matrix = ft.calculate_feature_matrix(
        _features(asked, entities),
        entities,
        cutoff_time=cutoffs,
        cutoff_time_in_index=True,
        include_cutoff_time=False,
    )
    at = pd.MultiIndex.from_frame(rows[["instance_id", "time"]])
    made = matrix.astype("float64").set_axis(
        pd.MultiIndex.from_frame(cutoffs[["instance_id", "time"]])
    )
    table = pa.Table.from_pandas(made.reindex(at), preserve_index=False)
    for name, values in _keys(asked, rows).items():
        table = table.append_column(name, values)
    pq.write_table(table, asked["output"])


def _rows(asked: dict[str, Any], people: pd.DataFrame) -> pd.DataFrame:
    """Return who is asked about and when, in the columns that featuretools looks for."""
    if asked["dates"] is None:
        rows = pq.read_table(asked["referrals"], columns=["referral_id", "person_id", "made_on"])
        rows = rows.to_pandas().rename(columns={"made_on": "time"})
    else:
        rows = people.merge(pd.DataFrame({"time": asked["dates"]}), how="cross")
    rows["time"] = pd.to_datetime(rows["time"])
    return rows.rename(columns={"person_id": "instance_id"})


def _keys(asked: dict[str, Any], rows: pd.DataFrame) -> dict[str, pa.Array]:
    if asked["dates"] is None:
        return {"referral_id": pa.array(rows["referral_id"], pa.string())}
    return {
        "person_id": pa.array(rows["instance_id"], pa.string()),
        "as_of": pa.array(rows["time"].dt.date, pa.date32()),
    }


def _events(asked: dict[str, Any]) -> pd.DataFrame:
    """Return the events with four columns a type, which say nothing of events of other types."""
    events = pq.read_table(asked["events"], columns=READ).to_pandas()
    for name in ("happened_on", "known_on"):
        events[name] = pd.to_datetime(events[name])
    for name, days in asked["harm_days"].items():
        its = events["type"] == name
        events[f"{name}_there"] = its.astype("float64")
        events[f"{name}_armed"] = (its & (events["weapon"] == 1)).astype("float64")
        events[f"{name}_harm"] = pd.Series(days, index=events.index).where(its)
        events[f"{name}_on"] = events["happened_on"].where(its)
    return events.drop(columns=["type", "weapon"])


def _entities(people: pd.DataFrame, events: pd.DataFrame) -> ft.EntitySet:
    """Return people and their events, of which nothing is known until the day it is known."""
    ids, days = ("event_id", "person_id", "victim_id"), ("happened_on", "known_on")
    kinds = {
        name: Categorical if name in ids else Datetime if name.endswith("_on") else Double
        for name in events.columns
    }
    told = [name for name in events.columns if name not in ("event_id", "person_id", *days)]
    entities = ft.EntitySet("histories")
    entities.add_dataframe(
        people, "people", index="person_id", logical_types={"person_id": Categorical}
    )
    entities.add_dataframe(
        events,
        "events",
        index="event_id",
        time_index="happened_on",
        secondary_time_index={"known_on": told},
        logical_types=kinds,
    )
    return entities.add_relationship("people", "person_id", "events", "person_id")


def _features(asked: dict[str, Any], entities: ft.EntitySet) -> list[ft.Feature]:
    events = entities["events"].ww
    made = []

    def make(what: ft.Feature, how: type, name: str, days: int | str = "ever") -> ft.Feature:
        window = None if days == "ever" else f"{days} days"
        feature = ft.Feature(
            what, parent_dataframe_name="people", primitive=how, use_previous=window
        )
        made.append(feature.rename(name))
        return made[-1]

    recent, earlier = asked["recent"], asked["earlier"]
    rest = earlier - recent
    endings = {days: days if days == "ever" else f"{days}d" for days in asked["windows"]}
    for name in asked["harm_days"]:
        there, harm = ft.Feature(events[f"{name}_there"]), ft.Feature(events[f"{name}_harm"])
        count = {
            days: make(there, Sum, f"{name}_count_{ending}", days)
            for days, ending in endings.items()
        }
        for days, ending in endings.items():
            make(harm, Sum, f"{name}_sum_{ending}", days)
        for days in (365, 1825, "ever"):
            make(harm, Max, f"{name}_max_{endings[days]}", days)
        make(ft.Feature(events[f"{name}_armed"]), Sum, f"{name}_weapon_365d", 365)
        age = ft.Feature(events[f"{name}_on"], primitive=TimeSince(unit="days"))
        make(age, Min, f"{name}_last")
        make(age, Max, f"{name}_first")
        before = count[earlier] - count[recent]
        ratio = ((count[recent] + recent / earlier) / recent) / ((before + rest / earlier) / rest)
        made.append(ratio.rename(f"{name}_ratio"))
    for days, ending in endings.items():
        make(ft.Feature(events["victim_id"]), Different, f"victims_{ending}", days)
    return made


if __name__ == "__main__":
    main()
