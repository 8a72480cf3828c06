"""The last gate lets nothing through that the schemas do not promise."""

from __future__ import annotations

import dataclasses
import datetime
import subprocess
import sys
from collections.abc import Callable

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from tests.unit.records.builders import TODAY, words
from triage.records import CaseHistories, build_histories
from triage.records.gate import check_canonical

DAY = datetime.date(2024, 3, 1)


def histories() -> CaseHistories:
    return build_histories(
        words(),
        people=[{"person_id": "a", "birth_date": DAY, "sex": "female"}, {"person_id": "b"}],
        events=[
            {"person_id": "a", "happened_on": DAY, "type": "rape", "weapon": "yes", "ticks": 3},
            {"person_id": "b", "happened_on": DAY, "known_on": None, "type": "dash"},
            {"person_id": "b", "happened_on": DAY, "type": "dash", "agency": "health"},
        ],
        referrals=[{"person_id": "a", "made_on": DAY}, {"person_id": "b", "made_on": DAY}],
    )


def test_good_histories_pass() -> None:
    check_canonical(histories(), TODAY)
    check_canonical(build_histories(words()), TODAY)


def test_checking_moves_nothing_that_spark_would_look_at() -> None:
    lines = [
        "import os, sys, datetime",
        "before = dict(os.environ)",
        "from triage.records import Vocabulary, build_histories",
        "from triage.records.gate import check_canonical",
        "words = Vocabulary.model_validate(",
        "    {'agencies': {'police': 'Police'}, 'kinds': {}, 'types': {}})",
        "check_canonical(build_histories(words), datetime.date(2024, 1, 1))",
        "assert dict(os.environ) == before",
        "assert 'pyspark' not in sys.modules",
    ]
    subprocess.run([sys.executable, "-c", "\n".join(lines)], check=True)


def put(name: str, value: object) -> Callable[[pa.Table], pa.Table]:
    def change(table: pa.Table) -> pa.Table:
        field = table.schema.field(name)
        values = [value, *table.column(name).to_pylist()[1:]]
        position = table.schema.get_field_index(name)
        return table.set_column(position, field, pa.array(values, field.type))

    return change


def turned(table: pa.Table) -> pa.Table:
    return table.take(pc.sort_indices(pa.array(range(table.num_rows)), [("", "descending")]))


def doubled(table: pa.Table) -> pa.Table:
    return pa.concat_tables([table.slice(0, 1), table])


@pytest.mark.parametrize(
    ("table", "change", "told"),
    [
        ("people", turned, "person_id: sorted and unique"),
        ("people", doubled, "person_id: sorted and unique"),
        ("people", put("sex", "f"), "sex: a word of the vocabulary"),
        ("people", put("deaf", 4), "deaf: an answer's code"),
        ("people", put("birth_date", datetime.date(2024, 6, 2)), "birth_date: not in the future"),
        ("referrals", turned, "referral_id: sorted and unique"),
        ("referrals", put("agency", "x"), "agency: a word of the vocabulary"),
        ("events", turned, "sorted and unique by source, event_id and known_on"),
        ("events", doubled, "sorted and unique by source, event_id and known_on"),
        ("events", put("kind", "x"), "kind: a word of the vocabulary"),
        ("events", put("type", None), "type: not_nullable"),
        ("events", put("weapon", None), "weapon: not_nullable"),
        ("events", put("known_on", datetime.date(2024, 2, 29)), "known_on not before happened_on"),
        ("events", put("ended_on", datetime.date(2024, 2, 29)), "ended_on not before happened_on"),
    ],
)
def test_a_broken_table_is_stopped(
    table: str, change: Callable[[pa.Table], pa.Table], told: str
) -> None:
    good = histories()
    broken = dataclasses.replace(good, **{table: change(getattr(good, table))})
    with pytest.raises(RuntimeError, match=f"the canonical table of {table} breaks") as error:
        check_canonical(broken, TODAY)
    assert told in str(error.value)
