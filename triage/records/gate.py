"""The last gate: canonical tables as typed schemas, which only a mistake of ours can violate."""

from __future__ import annotations

import datetime
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pandas as pd
import pyarrow as pa

from triage.conditions import Answer
from triage.records.histories import CaseHistories
from triage.records.vocabulary import Attribute, Vocabulary


@contextmanager
def _without_spark() -> Iterator[None]:
    """Let pandera find no PySpark, and take back the variables that it sets for it all the same.

    It would import PySpark, which takes longer than the checks of a million rows and warns of
    pandas 3; its variables would keep Spark on this machine.
    """
    before = dict(os.environ)
    modules: dict[str, Any] = sys.modules
    there = {"pyspark": modules["pyspark"]} if "pyspark" in modules else {}
    modules["pyspark"] = None
    try:
        yield
    finally:
        del modules["pyspark"]
        modules.update(there)
        for name in os.environ.keys() - before.keys():
            del os.environ[name]


with _without_spark():
    import pandera.pandas as pandera

__all__ = ["broken_promises", "check_canonical"]


def check_canonical(histories: CaseHistories, today: datetime.date) -> None:
    """Raise unless the three tables hold what their schemas promise.

    Parameters
    ----------
    histories : CaseHistories
    today : date

    Raises
    ------
    RuntimeError
        A mistake of the program, with the checks that failed and no values.
    """
    for name, failed in broken_promises(histories, today).items():
        raise RuntimeError(
            f"the canonical table of {name} breaks its own schema ({failed}); "
            "this is a mistake of the program"
        )


def broken_promises(histories: CaseHistories, today: datetime.date) -> dict[str, str]:
    """Return what fails in each table that breaks its schema: columns and checks, no values.

    Parameters
    ----------
    histories : CaseHistories
    today : date

    Returns
    -------
    dict of str to str
        Nothing of a table that holds what its schema promises.
    """
    words = histories.vocabulary
    tables = {
        "people": (histories.people, _people(words, today)),
        "events": (histories.events, _events(words, today)),
        "referrals": (histories.referrals, _referrals(words, today)),
    }
    broken = {}
    for name, (table, schema) in tables.items():
        try:
            with _without_spark():
                schema.validate(table.to_pandas(types_mapper=pd.ArrowDtype), lazy=True)
        except pandera.errors.SchemaErrors as error:
            failed = sorted(
                {f"{case['column']}: {case['check']}" for _, case in error.failure_cases.iterrows()}
            )
            broken[name] = "; ".join(failed)
    return broken


def _people(words: Vocabulary, today: datetime.date) -> pandera.DataFrameSchema:
    return _schema(
        {
            "person_id": _text(pandera.Check(_ascending, error="sorted and unique")),
            "birth_date": _date(_until(today), nullable=True),
            **_attributes(words.people.attributes),
        }
    )


def _events(words: Vocabulary, today: datetime.date) -> pandera.DataFrameSchema:
    columns = words.events
    return _schema(
        {
            "event_id": _text(),
            "person_id": _text(),
            "happened_on": _date(_until(today)),
            "known_on": _date(nullable=True),
            "ended_on": _date(nullable=True),
            "source": _text(),
            "agency": _text(_among(words.agencies)),
            "kind": _text(_among(words.kinds)),
            "type": _text(_among(words.types)),
            "harm_class": _text(_among(words.harm_classes), nullable=True),
            "victim_id": _text(nullable=True),
            "withdrawn": pandera.Column(pd.ArrowDtype(pa.bool_())),
            **{name: _text(nullable=True) for name in columns.names},
            **{
                name: _text(_among(category.values), nullable=True)
                for name, category in columns.categories.items()
            },
            **dict.fromkeys(columns.flags, _answer()),
            **dict.fromkeys(columns.numbers, _number()),
        },
        pandera.Check(
            _ascending_in_source, error="sorted and unique by source, event_id and known_on"
        ),
        pandera.Check(_in_order("known_on"), error="known_on not before happened_on"),
        pandera.Check(_in_order("ended_on"), error="ended_on not before happened_on"),
    )


def _referrals(words: Vocabulary, today: datetime.date) -> pandera.DataFrameSchema:
    return _schema(
        {
            "referral_id": _text(pandera.Check(_ascending, error="sorted and unique")),
            "person_id": _text(),
            "made_on": _date(_until(today)),
            "agency": _text(_among(words.agencies)),
            **_attributes(words.referrals.attributes),
        }
    )


def _attributes(attributes: Mapping[str, Attribute]) -> dict[str, pandera.Column]:
    return {name: _attribute(attribute) for name, attribute in attributes.items()}


def _attribute(attribute: Attribute) -> pandera.Column:
    match attribute.kind:
        case "answer":
            return _answer()
        case "number":
            return _number()
        case "date":
            return _date(nullable=True)
        case "category":
            return _text(_among(attribute.values), nullable=True)
        case "text":
            return _text(nullable=True)


def _schema(columns: dict[str, pandera.Column], *checks: pandera.Check) -> pandera.DataFrameSchema:
    return pandera.DataFrameSchema(columns, checks=list(checks), strict=True, ordered=True)


def _text(*checks: pandera.Check, nullable: bool = False) -> pandera.Column:
    return pandera.Column(pd.ArrowDtype(pa.string()), list(checks), nullable=nullable)


def _date(*checks: pandera.Check, nullable: bool = False) -> pandera.Column:
    return pandera.Column(pd.ArrowDtype(pa.date32()), list(checks), nullable=nullable)


def _number() -> pandera.Column:
    return pandera.Column(pd.ArrowDtype(pa.float64()), nullable=True)


def _answer() -> pandera.Column:
    codes = pandera.Check.in_range(int(min(Answer)), int(max(Answer)), error="an answer's code")
    return pandera.Column(pd.ArrowDtype(pa.int8()), codes)


def _among(names: Iterable[str]) -> pandera.Check:
    return pandera.Check.isin(list(names), error="a word of the vocabulary")


def _until(today: datetime.date) -> pandera.Check:
    return pandera.Check.le(today, error="not in the future")


def _ascending(ids: pd.Series[str]) -> bool:
    return bool((ids.iloc[1:].reset_index(drop=True) > ids.iloc[:-1].reset_index(drop=True)).all())


def _ascending_in_source(events: pd.DataFrame) -> bool:
    keys = events[["source", "event_id", "known_on"]]
    before, after = keys.iloc[:-1].reset_index(drop=True), keys.iloc[1:].reset_index(drop=True)
    same = after["source"] == before["source"]
    later = after["source"] > before["source"]
    next_id = same & (after["event_id"] > before["event_id"])
    versions = same & (after["event_id"] == before["event_id"])
    later_version = versions & (after["known_on"] > before["known_on"]).fillna(value=False)
    return bool((later | next_id | later_version).all())


def _in_order(name: str) -> Callable[[pd.DataFrame], bool]:
    def check(events: pd.DataFrame) -> bool:
        both = events[name].notna()
        return bool((events.loc[both, name] >= events.loc[both, "happened_on"]).all())

    return check
