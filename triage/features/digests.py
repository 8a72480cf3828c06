"""What the values of features depend on, as digests.

A value depends on its definition (not on its words), on the moment that it answers, and on what
the events that it looks at say. Digests are of *values*, never of codes, which depend on who else
is there, and of no more than a feature can see: events that its filter lets through and that were
known before the last moment asked of their person, their dates, and the one column that is
measured. A feature of linked people may see anybody's events; so may one of a measure of which
nothing is said here. All events of everybody are then in the digest.
"""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from triage.conditions import Answers, Categories, Column, Condition, Days, Numbers, fields_of, take
from triage.features.definitions import Feature
from triage.features.filters import filters_passed
from triage.timeline import NEVER, Timeline

__all__ = ["SeenEvents", "events_seen", "feature_digests"]

Rows = npt.NDArray[np.int64]

WORDS = frozenset(
    (
        "name",
        "group",
        "theme",
        "theme_title",
        "unit",
        "direction",
        "meaning",
        "missing",
        "learned",
    )
)
"""What a definition says that moves no value."""

ENDS = "ended_on"
"""Not a column that conditions may test: the day on which an event ended."""

LAST_ENDS = "ended_on, also later"
"""The same, also where that day is still to come."""

READS: Mapping[str, tuple[str, ...]] = {
    "count": (),
    "sum": ("of",),
    "maximum": ("of",),
    "distinct": ("of",),
    "repeats": ("of",),
    "days_since_last": (),
    "days_since_first": (),
    "latest": ("of",),
    "change": ("of",),
    "active": (ENDS,),
    "days_until_end": (LAST_ENDS,),
    "rate_ratio": ("of",),
    "median_gap": (),
    "shortest_gap": (),
    "streak": (),
    "mean_ratio": ("of",),
    "reached": ("of",),
    "new": ("of",),
    "most_repeated": ("of",),
    "serial": ("of",),
    "near": (),
    "after": (),
}
"""What each measure reads of the events that pass its filter, beside when they happened and were
known; ``of`` is the column that the definition names. Any other measure reads everything."""

DEFINES = frozenset(
    (
        "measure",
        "where",
        "of",
        "equals",
        "window_days",
        "recent_days",
        "earlier_days",
        "when_none",
        "period_days",
        "at_least",
        "companion",
        "within_days",
    )
)
"""What moves a value. A definition that says more reads everything too, until it is told here
what that is."""


@dataclass(frozen=True)
class SeenEvents:
    """The events that moments can see: those of block b stand from ``bounds[b]`` on.

    Parameters
    ----------
    places : ndarray of int64, shape (n,)
        Where they stand in the timeline.
    facts : ndarray of int32, shape (n, 4)
        The person's number in the block; the days on which it happened, became known and was
        replaced.
    ended : ndarray of int32, shape (n,)
    bounds : ndarray of int64, shape (n_blocks + 1,)
    """

    places: Rows
    facts: npt.NDArray[np.int32]
    ended: npt.NDArray[np.int32]
    bounds: Rows


def events_seen(
    timeline: Timeline, people: Rows, block_of: Rows, last_day: npt.NDArray[np.int32], n_blocks: int
) -> SeenEvents:
    """Return the events of people, who are sorted by block, up to the last day asked of each.

    An end or a replacement on that day or later is seen by no moment, so it is the same as none.
    """
    counts = timeline.starts[people + 1] - timeline.starts[people]
    owner = np.repeat(np.arange(len(people)), counts)
    ahead = timeline.starts[people] - (np.cumsum(counts) - counts)
    places = np.arange(len(owner)) + ahead[owner]
    day = last_day[owner]
    is_seen = (timeline.happened[places] < day) & (timeline.known[places] < day)
    places, owner, day = places[is_seen], owner[is_seen], day[is_seen]
    replaced, ended = timeline.replaced[places], timeline.ended[places]
    first = np.searchsorted(block_of, block_of, "left")
    facts = (
        (np.arange(len(people)) - first)[owner],
        timeline.happened[places],
        timeline.known[places],
        np.where(replaced < day, replaced, NEVER),
    )
    return SeenEvents(
        places,
        np.column_stack(facts).astype(np.int32),
        np.where(ended < day, ended, NEVER).astype(np.int32),
        np.searchsorted(block_of[owner], np.arange(n_blocks + 1)),
    )


def feature_digests(
    features: Sequence[Feature], timeline: Timeline, seen: SeenEvents
) -> list[tuple[str, ...]]:
    """Return for each feature the digest of each block's definition and data."""
    filters = list(dict.fromkeys(one for feature in features for one in _filters(feature)))
    tested = {name for where in filters if where is not None for name in fields_of(where)}
    columns = {name: take(timeline.columns[name], seen.places) for name in tested}
    likeness, passed = filters_passed(filters, columns, len(seen.places))
    data: dict[object, list[bytes]] = {}
    digests = []
    for feature in features:
        reads = _reads(feature)
        key = (_filters(feature), reads)
        if key not in data and reads is None:
            data[key] = [_of_everything(timeline)] * (len(seen.bounds) - 1)
        elif key not in data:
            places = [filters.index(one) for one in _filters(feature)]
            passes = passed[places].T[likeness]
            data[key] = list(_of_events(timeline, seen, passes, reads or ()))
        definition = _definition(feature)
        digests.append(
            tuple(hashlib.sha256(definition + digest).hexdigest() for digest in data[key])
        )
    return digests


def _filters(feature: Feature) -> tuple[Condition | None, ...]:
    """Return what a feature asks of events; None is asked of none, and passed by all."""
    if feature.companion is None:
        return (feature.where,)
    return feature.where, feature.companion


def _reads(feature: Feature) -> tuple[str, ...] | None:
    """Return the columns of events that a feature reads; None where it may read any of anybody."""
    more = {field.name for field in fields(feature)} - WORDS - DEFINES
    if feature.measure not in READS or any(getattr(feature, name) is not None for name in more):
        return None
    wanted = (feature.of if name == "of" else name for name in READS[feature.measure])
    return tuple(name for name in wanted if name is not None)


def _definition(feature: Feature) -> bytes:
    """Return all of a definition that moves a value."""
    said = [(field.name, getattr(feature, field.name)) for field in fields(feature)]
    return repr([(name, value) for name, value in said if name not in WORDS]).encode() + b"\0"


def _of_events(
    timeline: Timeline, seen: SeenEvents, passes: npt.NDArray[np.bool_], reads: Sequence[str]
) -> Iterator[bytes]:
    """Yield for each block the digest of what its events say that pass any of some filters.

    Which of several they pass is in it too: one event that passes both is not two.
    """
    events = np.flatnonzero(passes.any(axis=1))
    passes = passes[events]
    facts, ended = seen.facts[events], seen.ended[events]
    named = [name for name in reads if name not in (ENDS, LAST_ENDS)]
    columns = [take(timeline.columns[name], seen.places[events]) for name in named]
    for first, last in itertools.pairwise(np.searchsorted(events, seen.bounds)):
        digest = hashlib.sha256(b"%d\0" % (last - first))
        digest.update(facts[first:last].tobytes())
        if passes.shape[1] > 1:
            digest.update(passes[first:last].tobytes())
        if ENDS in reads:
            digest.update(ended[first:last].tobytes())
        if LAST_ENDS in reads:
            digest.update(timeline.ended[seen.places[events[first:last]]].tobytes())
        for column in columns:
            digest.update(_values(take(column, np.arange(first, last))))
        yield digest.digest()


def _of_everything(timeline: Timeline) -> bytes:
    """Return the digest of all events of all people."""
    digest = hashlib.sha256(json.dumps(timeline.person_ids.to_pylist()).encode())
    dates = (timeline.happened, timeline.known, timeline.replaced, timeline.ended)
    for array in (timeline.starts, timeline.rows, *dates):
        digest.update(array.tobytes())
    for name, column in sorted(timeline.columns.items()):
        digest.update(name.encode() + b"\0")
        digest.update(_values(column))
    return digest.digest()


def _values(column: Column) -> bytes:
    """Return the values of a column: the same bytes for the same values, whatever their codes."""
    match column:
        case Numbers(values):
            return (values + 0.0).tobytes()  # −0 is 0
        case Answers(codes):
            return codes.tobytes()
        case Days(days):
            return days.tobytes()
        case Categories(codes, names):
            used, place = np.unique(codes, return_inverse=True)
            words = [names[code] if code >= 0 else None for code in used.tolist()]
            order = sorted(range(len(words)), key=lambda at: (words[at] is not None, words[at]))
            rank = np.empty(len(words), dtype=np.int32)
            rank[order] = np.arange(len(words))
            return json.dumps([words[at] for at in order]).encode() + rank[place].tobytes()
