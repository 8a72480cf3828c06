"""The records behind a reason, as a reader can find them again."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from triage.conditions import Categories
from triage.features import Feature, evidence
from triage.records import Vocabulary
from triage.timeline import Timeline

__all__ = ["Brought", "Record", "brought_by_agencies", "records_behind"]

EPOCH = datetime.date(1970, 1, 1)
OWN, OF_ANOTHER = "", " (of a linked person)"


@dataclass(frozen=True)
class Record:
    """An event by its names and dates, and nothing else of what it says.

    Parameters
    ----------
    event_id, source : str
        Which record of which extract.
    agency_name : str
        Who recorded it, in plain words.
    meaning : str
        What kind of event it is, in plain words, and whether it is of a linked person; who that is
        is not told, nor by whom or what they are linked.
    happened_on, known_on : date
    """

    event_id: str
    source: str
    agency_name: str
    meaning: str
    happened_on: datetime.date
    known_on: datetime.date


@dataclass(frozen=True)
class Brought:
    """What one agency has on record of a person.

    Parameters
    ----------
    agency, agency_name : str
    records : int
        How many of its records may be used.
    latest_on : date or None
        When the latest of them happened; None where there is none.
    """

    agency: str
    agency_name: str
    records: int
    latest_on: datetime.date | None


def brought_by_agencies(
    timeline: Timeline, person: int, day: int, vocabulary: Vocabulary
) -> tuple[Brought, ...]:
    """Return what each agency of the vocabulary has brought on a person, also if nothing.

    Parameters
    ----------
    timeline : Timeline
    person : int
        Position of the person in ``timeline.person_ids``.
    day : int
        As-of date, in days since 1970-01-01.
    vocabulary : Vocabulary
    """
    usable = timeline.usable(person, day)
    of = [_name(timeline, "agency", event) for event in usable.tolist()]
    days = dict(zip(of, timeline.happened[usable].tolist(), strict=True))  # the latest stays
    return tuple(
        Brought(agency, name, of.count(agency), _date(days[agency]) if agency in days else None)
        for agency, name in vocabulary.agencies.items()
    )


def _date(day: int) -> datetime.date:
    return EPOCH + datetime.timedelta(days=day)


def records_behind(
    features: Iterable[Feature], timeline: Timeline, person: int, day: int, vocabulary: Vocabulary
) -> tuple[Record, ...]:
    """Return the records that the values of some features were made of, each once.

    Parameters
    ----------
    features : iterable of Feature
    timeline : Timeline
    person : int
        Position of the person in ``timeline.person_ids``.
    day : int
        As-of date, in days since 1970-01-01.
    vocabulary : Vocabulary
        Gives the words for agencies and types.

    Returns
    -------
    tuple of Record
        Oldest first. Empty where nothing on record is behind the values.
    """
    found = [evidence(feature, timeline, person, day) for feature in features]
    events: npt.NDArray[np.int64] = (
        np.unique(np.concatenate(found)) if found else np.empty(0, dtype=np.int64)
    )
    order = np.lexsort((events, timeline.known[events], timeline.happened[events]))
    own = range(int(timeline.starts[person]), int(timeline.starts[person + 1]))
    return tuple(
        _record(timeline, event, vocabulary, OWN if event in own else OF_ANOTHER)
        for event in events[order].tolist()
    )


def _record(timeline: Timeline, event: int, vocabulary: Vocabulary, whose: str) -> Record:
    return Record(
        event_id=timeline.records["event_id"][event].as_py(),
        source=timeline.records["source"][event].as_py(),
        agency_name=vocabulary.agencies[_name(timeline, "agency", event)],
        meaning=vocabulary.types[_name(timeline, "type", event)].meaning + whose,
        happened_on=_date(int(timeline.happened[event])),
        known_on=_date(int(timeline.known[event])),
    )


def _name(timeline: Timeline, column: str, event: int) -> str:
    values = timeline.columns[column]
    assert isinstance(values, Categories)  # noqa: S101 - every event has an agency and a type
    return str(values.names[values.codes[event]])
