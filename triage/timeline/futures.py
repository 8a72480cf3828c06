"""Case histories in which only what was not yet known on a day is different."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from triage.conditions import UNKNOWN_DAY, Answer
from triage.records import NEVER, CaseHistories
from triage.timeline.arrays import days_of

__all__ = ["OTHER_FUTURES", "not_yet_known"]

Bools = npt.NDArray[np.bool_]
LATER_DAYS, EARLIER_DAYS = 30, 400


def not_yet_known(events: pa.Table, day: int) -> Bools:
    """Return which rows of events were not known before a day, those never known among them.

    Examples
    --------
    >>> known = pa.array([10, 11, None], pa.int32()).view(pa.date32())
    >>> not_yet_known(pa.table({"known_on": known}), 11)
    array([False,  True,  True])
    """
    return np.asarray(days_of(events["known_on"], NEVER) >= day)


def deleted(histories: CaseHistories, day: int) -> CaseHistories:
    """Return the histories without what was not yet known."""
    kept = histories.events.filter(pa.array(~not_yet_known(histories.events, day)))
    return replace(
        histories,
        events=_with_dates(kept, day, ["ended_on"], None),
        people=_with_dates(histories.people, day, _dates(histories.people), None),
        referrals=_with_dates(histories.referrals, day, _dates(histories.referrals), None),
    )


def shifted(histories: CaseHistories, day: int) -> CaseHistories:
    """Return the histories with what was not yet known happening long before, known still later."""
    events = histories.events
    late = not_yet_known(events, day)
    for name, by in (("happened_on", -EARLIER_DAYS), ("known_on", LATER_DAYS)):
        moved = _moved(events[name], by)
        events = _put(events, name, pc.if_else(pa.array(late), moved, events[name]))
    return replace(
        histories,
        events=_with_dates(events, day, ["ended_on"], LATER_DAYS),
        people=_with_dates(histories.people, day, _dates(histories.people), LATER_DAYS),
        referrals=_with_dates(histories.referrals, day, _dates(histories.referrals), LATER_DAYS),
    )


def changed(histories: CaseHistories, day: int) -> CaseHistories:
    """Return the histories with what was not yet known saying other things of other people.

    Each such row keeps its id and its known date, and says what another said; then every answer
    is a yes, every number one more, and what was withdrawn stands.
    """
    events = histories.events
    rows = np.arange(len(events))
    late = np.flatnonzero(not_yet_known(events, day))
    rows[late] = late[::-1]
    is_late = pa.array(np.isin(np.arange(len(events)), late))
    for name in events.column_names:
        if name in ("source", "event_id", "known_on"):
            continue
        values = events[name].take(pa.array(rows))
        if pa.types.is_int8(values.type):
            other = pa.scalar(int(Answer.YES), pa.int8())
        elif pa.types.is_floating(values.type):
            other = pc.add(pc.fill_null(values, 0.0), 1.0)
        elif pa.types.is_boolean(values.type):
            other = pc.invert(values)
        else:
            other = values
        events = _put(events, name, pc.if_else(is_late, other, values))
    return replace(histories, events=events)


OTHER_FUTURES: Mapping[str, Callable[[CaseHistories, int], CaseHistories]] = MappingProxyType(
    {"deleted": deleted, "shifted": shifted, "changed": changed}
)
"""Ways to make everything different that was not known before a day, and nothing else."""


def _dates(table: pa.Table) -> list[str]:
    dates = [field.name for field in table.schema if pa.types.is_date32(field.type)]
    return [name for name in dates if name != "made_on"]  # that is whom the question is about


def _with_dates(table: pa.Table, day: int, names: list[str], by: int | None) -> pa.Table:
    """Return a table in which dates on or after the day are moved, or gone where ``by`` is None."""
    for name in names:
        dates = table[name]
        other = pa.scalar(None, pa.date32()) if by is None else _moved(dates, by)
        later = pa.array(days_of(dates, UNKNOWN_DAY) >= day)
        table = _put(table, name, pc.if_else(later, other, dates))
    return table


def _moved(dates: pa.ChunkedArray, by: int) -> pa.ChunkedArray:
    return pc.add(dates.cast(pa.int32()), pa.scalar(by, pa.int32())).cast(pa.date32())


def _put(table: pa.Table, name: str, values: pa.ChunkedArray) -> pa.Table:
    place = table.schema.get_field_index(name)
    return table.set_column(place, table.schema.field(place), values)
