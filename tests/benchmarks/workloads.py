"""Case histories of a given size from a seed, and 175 features declared over them in YAML.

Eight types of incident, each counted and summed in seven windows, its greatest harm in three, days
since its last and its first, those with a weapon in a year, its rate ratio; and different victims
in seven windows.
"""

from __future__ import annotations

import datetime
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from triage.features import Feature, read_pipelines
from triage.harm import Scale
from triage.records import (
    CaseHistories,
    Vocabulary,
    events_schema,
    people_schema,
    read_vocabulary,
    referrals_schema,
    single_mark,
    stored_schemas,
)

TYPES = tuple(f"type_{number}" for number in range(8))
HARM_DAYS = (0.0, 1.0, 2.0, 10.0, 20.0, 182.0, 273.75, 1460.0)
WINDOWS = (30, 90, 182, 365, 730, 1825, "ever")
FIRST_DAY, LAST_DAY = 14_000, 20_000
ROOT = Path(__file__).resolve().parents[2]
SHIPPED_LAST_DAY, EVENTS_A_PERSON = 20_513, 20

VOCABULARY = Vocabulary.model_validate(
    {
        "agencies": {"police": "Police"},
        "kinds": {"incident": "incident"},
        "types": {
            name: {"kind": "incident", "meaning": name, "harm_class": name} for name in TYPES
        },
        "events": {"flags": {"weapon": "a weapon"}},
    }
)
SCALE = Scale.model_validate(
    {
        "name": "bench",
        "title": "Bench",
        "source": "invented",
        "in_force_from": datetime.date(2020, 1, 1),
        "classes": {
            name: {"days": days, "note": "invented"}
            for name, days in zip(TYPES, HARM_DAYS, strict=True)
        },
    }
)


@dataclass(frozen=True)
class Workload:
    """Stored case histories, one Parquet file a table, and how many rows they have."""

    name: str
    folder: Path
    n_people: int
    n_events: int
    n_referrals: int

    @property
    def people(self) -> Path:
        return self.folder / "people" / "part-00000.parquet"

    @property
    def events(self) -> Path:
        return self.folder / "events" / "part-00000.parquet"

    @property
    def referrals(self) -> Path:
        return self.folder / "referrals" / "part-00000.parquet"


def write_workload(workload: Workload, *, seed: int = 1, lag: int = 30) -> None:
    """Write the tables of a workload.

    Parameters
    ----------
    workload : Workload
    seed : int
    lag : int
        Events become known up to this many days after they happened.
    """
    random = np.random.default_rng(seed)
    for path in (workload.people, workload.events, workload.referrals):
        path.parent.mkdir(parents=True, exist_ok=True)
    people = np.char.mod("P%07d", np.arange(workload.n_people))
    weight = random.gamma(0.7, 1.0, workload.n_people)
    person = np.sort(random.choice(workload.n_people, workload.n_events, p=weight / weight.sum()))
    person = random.permutation(person)
    happened = random.integers(FIRST_DAY, LAST_DAY, workload.n_events).astype(np.int32)
    known = happened + random.integers(0, lag + 1, workload.n_events).astype(np.int32)
    kind = random.integers(0, len(TYPES), workload.n_events)
    victim = person * 5 + random.integers(0, 5, workload.n_events)
    names = pa.array(TYPES)
    columns = {
        "event_id": _ids("E", np.arange(workload.n_events)),
        "person_id": pa.array(people).take(pa.array(person)),
        "happened_on": _dates(happened),
        "known_on": _dates(known),
        "source": _same("police", workload.n_events),
        "agency": _same("police", workload.n_events),
        "kind": _same("incident", workload.n_events),
        "type": names.take(pa.array(kind)),
        "harm_class": names.take(pa.array(kind)),
        "victim_id": _ids("V", victim),
        "weapon": pa.array(random.integers(0, 4, workload.n_events).astype(np.int8)),
        "withdrawn": pa.array(np.zeros(workload.n_events, dtype=bool)),
    }
    _write(columns, events_schema(VOCABULARY), workload.n_events, workload.events)
    _write({"person_id": pa.array(people)}, people_schema(VOCABULARY), len(people), workload.people)
    asked = random.integers(0, workload.n_people, workload.n_referrals)
    made = random.integers(FIRST_DAY + 3000, LAST_DAY, workload.n_referrals)
    referrals = {
        "referral_id": _ids("R", np.arange(len(asked))),
        "person_id": pa.array(people).take(pa.array(asked)),
        "made_on": _dates(made.astype(np.int32)),
        "agency": _same("police", len(asked)),
    }
    _write(referrals, referrals_schema(VOCABULARY), len(asked), workload.referrals)


def read_features(folder: Path) -> tuple[Feature, ...]:
    """Return the 175 features, through the YAML that declares them."""
    pipelines = folder / "pipelines"
    pipelines.mkdir(parents=True, exist_ok=True)
    (pipelines / "bench.yaml").write_text(
        json.dumps({"title": "Bench", "features": _definitions()}), encoding="utf-8"
    )
    return read_pipelines(pipelines, VOCABULARY)


def _definitions() -> list[dict[str, object]]:
    same = {"unit": "u", "direction": "none", "missing": "none", "meaning": "{value}"}
    windowed = same | {"meaning": "{value} {window}"}
    made: list[dict[str, object]] = []
    for name in TYPES:
        where = {"type": name}
        every = {"where": where, "windows": list(WINDOWS)}
        harm = {"of": "harm_days"}
        some = {"where": where, "windows": [365, 1825, "ever"], "when_none": "unknown"}
        made += [
            windowed | every | {"name": f"{name}_count", "measure": "count"},
            windowed | every | harm | {"name": f"{name}_sum", "measure": "sum"},
            windowed | some | harm | {"name": f"{name}_max", "measure": "maximum"},
            same | {"name": f"{name}_last", "measure": "days_since_last", "where": where},
            same | {"name": f"{name}_first", "measure": "days_since_first", "where": where},
            windowed
            | {"name": f"{name}_weapon", "measure": "count", "windows": [365]}
            | {"where": where | {"weapon": "yes"}},
            same
            | {"name": f"{name}_ratio", "measure": "rate_ratio", "where": where}
            | {"recent_days": 90, "earlier_days": 365},
        ]
    victims = {"name": "victims", "measure": "distinct", "of": "victim_id"}
    return [*made, windowed | victims | {"windows": list(WINDOWS)}]


def shipped_histories(
    n_events: int, *, n_people: int | None = None, n_open: int | None = None
) -> CaseHistories:
    """Return invented histories in the shipped vocabulary.

    Parameters
    ----------
    n_events : int
    n_people : int, optional
        By default, one for each twenty events.
    n_open : int, optional
        How many referrals are open on 1 March 2026. By default, there is one for each person, and
        half of them are.
    """
    random = np.random.default_rng(1)
    words = read_vocabulary(ROOT / "configs" / "vocabulary.yaml")
    n_people = n_people or n_events // EVENTS_A_PERSON
    people = _numbered("P", np.arange(n_people))
    n_referrals = n_open or n_people
    asked = pa.array(random.integers(0, n_people, n_referrals))
    made = SHIPPED_LAST_DAY - random.integers(0, 31 if n_open else 62, n_referrals)
    return CaseHistories(
        people=_table(words, "people", n_people, {"person_id": people}),
        events=_events(words, people, n_events, random),
        referrals=_table(
            words,
            "referrals",
            n_referrals,
            {
                "referral_id": _numbered("R", np.arange(n_referrals)),
                "person_id": people.take(asked),
                "made_on": _dates(made),
                "agency": _same("police", n_referrals),
            },
        ),
        vocabulary=words,
    )


def _events(
    words: Vocabulary, people: pa.Array, n_events: int, random: np.random.Generator
) -> pa.Table:
    person = random.integers(0, len(people), n_events)
    happened = SHIPPED_LAST_DAY - random.integers(0, 3_650, n_events)
    types = pa.array(random.integers(0, len(words.types), n_events))
    kinds = [one.kind for one in words.types.values()]
    classes = [one.harm_class for one in words.types.values()]
    columns = {
        "event_id": _numbered("E", np.arange(n_events)),
        "person_id": people.take(pa.array(person)),
        "happened_on": _dates(happened),
        "known_on": _dates(
            np.minimum(happened + random.integers(0, 30, n_events), SHIPPED_LAST_DAY)
        ),
        "source": _same("police", n_events),
        "agency": _same("police", n_events),
        "type": pa.array(list(words.types)).take(types),
        "kind": pa.array(kinds).take(types),
        "harm_class": pa.array(classes, pa.string()).take(types),
        "victim_id": _numbered("V", person * 5 + random.integers(0, 5, n_events)),
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


def _numbered(prefix: str, numbers: np.ndarray) -> pa.Array:
    return pa.array(np.char.mod(f"{prefix}%09d", numbers))


def _ids(prefix: str, numbers: np.ndarray) -> pa.Array:
    return pa.array(np.char.mod(f"{prefix}%08d", numbers))


def _dates(days: np.ndarray) -> pa.Array:
    return pa.array(days.astype(np.int32)).cast(pa.date32())


def _same(value: str, n_rows: int) -> pa.Array:
    return pa.array(np.full(n_rows, value))


def _write(columns: dict[str, pa.Array], schema: pa.Schema, n_rows: int, path: Path) -> None:
    full = [
        columns[field.name].cast(field.type)
        if field.name in columns
        else pa.nulls(n_rows, field.type)
        for field in schema
    ]
    table = pa.table(full, schema=schema)
    if path.parent.name == "events":
        # as 'check --write-histories' would say
        table = table.replace_schema_metadata(single_mark(n_rows))
    pq.write_table(table, path)
