"""The compiled pass: one walk back through a person's events for each as-of date.

The kernel knows nothing of abuse, of columns' names or of windows' meanings. It gets flat arrays
and tables of operations (see :class:`triage.features.plan.Plan`), and is the only place where a
feature made of events gets its value.

A person's *cells* are all that the walk keeps: for each step that has windows a cell a bucket, and
for each step that looks at the latest events four more. Nothing found is told apart from zero by
the sum of nothing, which is −0: adding anything to −0, even 0, makes it something else.

All that is compiled in stands in this file, since a compiled kernel is kept until its file changes.
"""

from __future__ import annotations

import enum
from typing import Any

import numba
import numpy as np

__all__ = [
    "GRID",
    "RECENT_CELLS",
    "Operation",
    "Output",
    "grid_sum",
    "numbered_within_people",
    "scan",
]


class Operation(enum.IntEnum):
    """What the kernel does with each event of a filter.

    The first four leave sums in buckets, the next two the greatest value in each; the last four
    look at the latest events, or at their ends, alone and have no buckets.
    """

    COUNT = 0
    SUM = 1
    DISTINCT = 2
    NAMED = 3
    MAXIMUM = 4
    FIRST_AGE = 5
    LAST_AGE = 6
    LATEST = 7
    ACTIVE = 8
    DAYS_LEFT = 9


class Output(enum.IntEnum):
    """How the kernel makes a feature of what its operations left."""

    WINDOW = 0
    RECENT_AGE = 1
    RECENT_VALUE = 2
    CHANGE = 3
    FLAG = 4
    REPEATS = 5
    RATIO = 6
    DAYS_LEFT = 7


RECENT_CELLS = 4
"""Cells of a step that looks at the latest events: two values, each with its age."""


COUNT = int(Operation.COUNT)
SUM = int(Operation.SUM)
DISTINCT = int(Operation.DISTINCT)
NAMED = int(Operation.NAMED)
MAXIMUM = int(Operation.MAXIMUM)
FIRST_AGE = int(Operation.FIRST_AGE)
LAST_AGE = int(Operation.LAST_AGE)
LATEST = int(Operation.LATEST)
ACTIVE = int(Operation.ACTIVE)

WINDOW = int(Output.WINDOW)
REPEATS = int(Output.REPEATS)
RATIO = int(Output.RATIO)
RECENT_AGE = int(Output.RECENT_AGE)
RECENT_VALUE = int(Output.RECENT_VALUE)
CHANGED = int(Output.CHANGE)
DAYS_UNTIL_END = int(Output.DAYS_LEFT)

NEVER = int(np.iinfo(np.int32).max)
"""The day on which an event ends that has no end."""

GRID = 2.0**20
"""Numbers are summed in units of 1/GRID, so that sums are exact in any order."""

SUM_OF_NOTHING, GREATEST_OF_NOTHING = -(2**63), -(2**52)
"""The bits of −0 and of −∞, read as integers."""

TILE = 32
"""Rows whose cells are kept at a time, side by side, so that all are cumulated and written in one
go; few enough for the nearest cache."""


@numba.njit(cache=True, nogil=True)
def scan(  # noqa: C901 - one walk, told in order
    row_person: Any,
    row_day: Any,
    starts: Any,
    happened: Any,
    known: Any,
    replaced: Any,
    ended: Any,
    signature: Any,
    signature_starts: Any,
    signature_steps: Any,
    operation: Any,
    column: Any,
    numbers: Any,
    names: Any,
    edges: Any,
    empty: Any,
    n_summed: int,
    n_windowed: int,
    outputs: Any,
    when_none: Any,
    seen: Any,
    first_row: int,
    last_row: int,
    out: Any,
    out_row: int,
) -> None:
    """Make every feature of some rows that is made of events.

    Parameters
    ----------
    row_person, row_day : ndarray of int32, shape (n_rows,)
        The moments.
    starts, happened, known, replaced, ended : ndarray
        The timeline. ``replaced`` may be empty where nothing is, and ``ended`` where no step asks.
    signature : ndarray of int32, shape (n_events,)
        Which steps an event takes part in: it does the steps
        ``signature_steps[signature_starts[s]:signature_starts[s + 1]]``.
    operation, column : ndarray of int32, shape (n_steps,)
        Steps that are cumulated by adding stand first, then those by the greatest, then those
        that look at the latest events.
    numbers : ndarray of float64, shape (n_numbers, n_events)
    names : ndarray of int32, shape (n_names, n_events)
        Numbered within each person; −1 where not known.
    edges : ndarray of int32, shape (n_windows,)
        Rising ends of the buckets; one more bucket lies beyond.
    empty : ndarray of float64, shape (n_cells,)
        The cells of somebody with no events.
    n_summed, n_windowed : int
        Where the second and the third kind of steps begin.
    outputs : ndarray of int32, shape (n_outputs, 7)
        See :class:`triage.features.plan.Plan`; those of the kind ``WINDOW`` stand first.
    when_none : ndarray of float64, shape (n_outputs,)
    seen : ndarray of int64, shape (n_steps, n_different_names)
        Scratch of this call alone, zero at first.
    first_row, last_row : int
    out : ndarray of float64, shape (n_features, at least out_row + last_row − first_row)
        ``out[:, out_row]`` is that of the first row.
    out_row : int
    """
    cells = np.empty((len(empty), TILE))
    bits, made = cells.view(np.int64), np.empty(TILE)
    n_plain = 0
    while n_plain < len(outputs) and outputs[n_plain, 1] == WINDOW:
        n_plain += 1
    column_of, cell_of = outputs[:, 0].copy(), outputs[:, 2].copy()
    replaces, ends = len(replaced) > 0, len(ended) > 0
    for tile_start in range(first_row, last_row, TILE):
        for cell in range(len(empty)):
            cells[cell] = empty[cell]
        width = min(TILE, last_row - tile_start)
        for lane in range(width):
            row = tile_start + lane
            day = row_day[row]
            first, beyond = starts[row_person[row]], starts[row_person[row] + 1]
            bucket = 0
            for event in range(_first_not_before(happened, first, beyond, day) - 1, first - 1, -1):
                if known[event] >= day or (replaces and replaced[event] < day):
                    continue
                age = day - happened[event]
                while bucket < len(edges) and age > edges[bucket]:
                    bucket += 1
                its = signature[event]
                for place in range(signature_starts[its], signature_starts[its + 1]):
                    step = signature_steps[place]
                    doing = operation[step]
                    cell = bucket * n_windowed + step
                    if doing == COUNT:
                        cells[cell, lane] += 1.0
                    elif doing == SUM:
                        value = numbers[column[step], event]
                        if not np.isnan(value):
                            cells[cell, lane] += value
                    elif doing == FIRST_AGE:
                        cells[cell, lane] = age
                    elif doing == MAXIMUM:
                        value = numbers[column[step], event]
                        if value > cells[cell, lane]:
                            cells[cell, lane] = value
                    elif doing in (DISTINCT, NAMED):
                        name = names[column[step], event]
                        if name >= 0 and (doing == NAMED or seen[step, name] != row + 1):
                            seen[step, name] = row + 1
                            cells[cell, lane] += 1.0
                    else:
                        value = np.nan
                        if doing == LATEST:
                            value = numbers[column[step], event]
                        elif doing == ACTIVE:
                            value = 1.0 if not ends or ended[event] >= day else 0.0
                        elif doing != LAST_AGE:
                            left = NEVER if not ends else ended[event]
                            value = np.inf if left == NEVER else float(left - day)
                        where = (len(edges) + 1) * n_windowed + (step - n_windowed) * RECENT_CELLS
                        _take_latest(cells[:, lane], where, doing, value, age)
        _cumulate(cells, len(edges), n_summed, n_windowed)
        here = out_row + tile_start - first_row
        for place in range(n_plain):
            there, target, none = cell_of[place], column_of[place], when_none[place]
            for lane in range(width):
                its = bits[there, lane]
                nothing = (its == SUM_OF_NOTHING) | (its == GREATEST_OF_NOTHING)
                out[target, here + lane] = none if nothing else cells[there, lane]
        for place in range(n_plain, len(outputs)):
            _make(cells, edges, outputs[place], when_none[place], made)
            for lane in range(width):
                out[outputs[place, 0], here + lane] = made[lane]


@numba.njit(cache=True, nogil=True)
def _first_not_before(happened: Any, low: int, high: int, day: int) -> int:
    while low < high:
        middle = (low + high) // 2
        if happened[middle] < day:
            low = middle + 1
        else:
            high = middle
    return low


@numba.njit(cache=True, nogil=True)
def _take_latest(cells: Any, where: int, doing: int, value: float, age: int) -> None:
    if doing == LAST_AGE:
        if np.isnan(cells[where]):
            cells[where] = age
    elif doing != LATEST:  # whether any has not ended, or the last of their ends
        if not cells[where] >= value:
            cells[where] = value
    elif np.isnan(value):
        return
    elif np.isnan(cells[where]):  # the last two values that are known, each with its age
        cells[where], cells[where + 1] = value, age
    elif np.isnan(cells[where + 2]):
        cells[where + 2], cells[where + 3] = value, age


@numba.njit(cache=True, nogil=True)
def _cumulate(cells: Any, n_edges: int, n_summed: int, n_windowed: int) -> None:
    """Turn disjoint buckets into windows that hold all shorter ones."""
    for bucket in range(1, n_edges + 1):
        first = bucket * n_windowed
        window = cells[first : first + n_windowed].ravel()
        shorter = cells[first - n_windowed : first].ravel()
        n_added = n_summed * cells.shape[1]
        for place in range(n_added):
            window[place] += shorter[place]
        for place in range(n_added, len(window)):
            window[place] = shorter[place] if shorter[place] > window[place] else window[place]


@numba.njit(cache=True, nogil=True)
def _make(  # noqa: C901 - one branch a kind
    cells: Any, edges: Any, output: Any, when_none: float, made: Any
) -> None:
    """Make a feature of a tile of rows that is more than a cell."""
    making, window_days = output[1], output[4]
    here, other = cells[output[2]], cells[output[3]]
    if making == RATIO:
        _ratio(here, other, edges[output[5]], edges[output[6]], made)
    elif making == REPEATS:
        for lane in range(len(made)):
            made[lane] = here[lane] - other[lane] if here[lane] > 0.0 else np.nan
    elif making == CHANGED:
        before, its_age = cells[output[2] + 2], cells[output[2] + 3]
        for lane in range(len(made)):
            made[lane] = here[lane] - before[lane] if its_age[lane] <= window_days else np.nan
    elif making == RECENT_VALUE:
        its_age = cells[output[2] + 1]
        for lane in range(len(made)):
            made[lane] = here[lane] if its_age[lane] <= window_days else np.nan
    elif making == RECENT_AGE:
        for lane in range(len(made)):
            made[lane] = here[lane] if here[lane] <= window_days else np.nan
    elif making == DAYS_UNTIL_END:
        for lane in range(len(made)):
            made[lane] = here[lane] if 0.0 <= here[lane] < np.inf else np.nan
    else:
        made[:] = here
    for lane in range(len(made)):
        made[lane] = when_none if np.isnan(made[lane]) else made[lane]


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _ratio(recent: Any, both: Any, recent_days: int, both_days: int, made: Any) -> None:
    """Make rates of recent days over the rates of earlier ones, damped by one unit.

    One event (or one day of harm) is spread evenly over both periods, so that a first event is an
    escalation, not an infinite one. NaN where neither period has any.
    """
    earlier_days = both_days - recent_days
    recent_share, earlier_share = recent_days / both_days, earlier_days / both_days
    for lane in range(len(made)):
        rate = (recent[lane] + recent_share) / recent_days
        earlier_rate = (both[lane] - recent[lane] + earlier_share) / earlier_days
        made[lane] = np.nan if both[lane] == 0.0 else rate / earlier_rate


@numba.njit(cache=True, nogil=True)
def grid_sum(values: Any) -> Any:
    """Return the sum of the values' sizes, and whether all stand on the grid, none of them −0."""
    total, stands_there = 0.0, True
    for value in values:
        if not np.isnan(value):
            total += abs(value)
            on_grid = np.rint(value * GRID) / GRID
            stands_there &= on_grid == value and not (value == 0.0 and np.signbit(value))
    return total, stands_there


@numba.njit(cache=True, nogil=True)
def numbered_within_people(starts: Any, keys: Any) -> Any:
    """Return different keys numbered from 0 within each person, in order of first appearance.

    Parameters
    ----------
    starts : ndarray of int64, shape (n_people + 1,)
    keys : ndarray of uint64, shape (n_events,)
        0 where not known.

    Returns
    -------
    ndarray of int32, shape (n_events,)
        −1 where not known.
    """
    numbered = np.full(len(keys), -1, np.int32)
    most = 1
    for person in range(len(starts) - 1):
        most = max(most, starts[person + 1] - starts[person])
    n_slots = 1
    while n_slots < 2 * most:
        n_slots *= 2
    owner = np.full(n_slots, -1, np.int64)
    key_of, number_of = np.empty(n_slots, np.uint64), np.empty(n_slots, np.int32)
    for person in range(len(starts) - 1):
        count = 0
        for event in range(starts[person], starts[person + 1]):
            key = keys[event]
            if key == 0:
                continue
            slot = np.int64((key ^ (key >> np.uint64(32))) & np.uint64(n_slots - 1))
            while owner[slot] == person and key_of[slot] != key:
                slot = (slot + 1) & (n_slots - 1)
            if owner[slot] != person:
                owner[slot], key_of[slot], number_of[slot] = person, key, count
                count += 1
            numbered[event] = number_of[slot]
    return numbered
