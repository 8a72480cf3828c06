"""The compiled pass: one walk back through a person's events for each as-of date.

The kernel knows nothing of abuse, of columns' names or of windows' meanings. It gets flat arrays
and tables of operations (see :class:`triage.features.plan.Plan`), and is the only place where a
feature made of events gets its value.

The *cells* of a row are all that the walk keeps: for each step that has windows a cell a window,
and for each step that looks at the latest events one, or four. Nothing found is told apart from
zero by the sum of nothing, which is −0: adding anything to −0, even 0, makes it something else.
Rows of one person that follow one another share a walk, each with its own cells.

All that is compiled in stands in this file, since a compiled kernel is kept until its file changes.
"""

from __future__ import annotations

import enum
from typing import Any

import numba
import numpy as np

__all__ = [
    "GRID",
    "LATEST_CELLS",
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


LATEST_CELLS = 4
"""Cells of a step that keeps the latest values: two of them, each with its age."""


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

LANES = np.uint64(32)
"""Bits that say in which rows of a tile a name was seen; the number of a walk stands above them."""


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
    cell_of: Any,
    empty: Any,
    summed: Any,
    greatest: Any,
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
        The moments. Those of one person that follow one another are made in one walk.
    starts, happened, known, replaced, ended : ndarray
        The timeline. ``replaced`` may be empty where nothing is, and ``ended`` where no step asks.
    signature : ndarray of int32, shape (n_events,)
        Which steps an event takes part in: it does the steps
        ``signature_steps[signature_starts[s]:signature_starts[s + 1]]``.
    operation, column : ndarray of int32, shape (n_steps,)
    numbers : ndarray of float64, shape (n_numbers, n_events)
    names : ndarray of int32, shape (n_names, n_events)
        Numbered within each person; −1 where not known.
    edges : ndarray of int32, shape (n_windows,)
        Rising ends of the buckets; one more bucket lies beyond.
    cell_of : ndarray of int32, shape (n_steps, n_windows + 1)
        Where a step keeps what it makes of the events of a bucket.
    empty : ndarray of float64, shape (n_cells,)
        The cells of somebody with no events.
    summed, greatest : ndarray of int32
        The cells of windows that hold the shorter one in the cell before: by adding, and by the
        greatest.
    outputs : ndarray of int32, shape (n_outputs, 7)
        See :class:`triage.features.plan.Plan`; those of the kind ``WINDOW`` stand first.
    when_none : ndarray of float64, shape (n_outputs,)
    seen : ndarray of uint64, shape (n_steps, n_different_names)
        Scratch of this call alone, zero at first.
    first_row, last_row : int
    out : ndarray of float64, shape (n_features, at least out_row + last_row − first_row)
        ``out[:, out_row]`` is that of the first row.
    out_row : int
    """
    cells = np.empty((len(empty), TILE))
    bits, made = cells.view(np.int64), np.empty(TILE)
    bucket, age = np.empty(TILE, np.int64), np.empty(TILE, np.int32)
    asking = np.empty(TILE, np.int64)  # the rows that an event may answer
    n_plain = 0
    while n_plain < len(outputs) and outputs[n_plain, 1] == WINDOW:
        n_plain += 1
    column_of, made_of = outputs[:, 0].copy(), outputs[:, 2].copy()
    replaces, ends, n_edges = len(replaced) > 0, len(ended) > 0, len(edges)
    for tile_start in range(first_row, last_row, TILE):
        for cell in range(len(empty)):
            cells[cell] = empty[cell]
        width, beyond_lane = min(TILE, last_row - tile_start), 0
        while beyond_lane < width:
            first_lane, last_day = beyond_lane, row_day[tile_start + beyond_lane]
            person = row_person[tile_start + first_lane]
            while beyond_lane < width and row_person[tile_start + beyond_lane] == person:
                last_day = max(last_day, row_day[tile_start + beyond_lane])
                bucket[beyond_lane] = 0
                beyond_lane += 1
            walk = np.uint64(tile_start + first_lane + 1) << LANES
            first, beyond = starts[person], starts[person + 1]
            for event in range(
                _first_not_before(happened, first, beyond, last_day) - 1, first - 1, -1
            ):
                n_asking, usable = 0, max(happened[event], known[event])
                for lane in range(first_lane, beyond_lane):
                    day = row_day[tile_start + lane]
                    if usable >= day or (replaces and replaced[event] < day):
                        continue
                    days, its_bucket = day - happened[event], bucket[lane]
                    while its_bucket < n_edges and days > edges[its_bucket]:
                        its_bucket += 1
                    age[lane], bucket[lane], asking[n_asking] = days, its_bucket, lane
                    n_asking += 1
                if n_asking == 0:
                    continue
                its = signature[event]
                for place in range(signature_starts[its], signature_starts[its + 1]):
                    step = signature_steps[place]
                    doing = operation[step]
                    if doing == COUNT:
                        for one in range(n_asking):
                            lane = asking[one]
                            cells[cell_of[step, bucket[lane]], lane] += 1.0
                    elif doing == FIRST_AGE:
                        for one in range(n_asking):
                            lane = asking[one]
                            cells[cell_of[step, bucket[lane]], lane] = age[lane]
                    elif doing == LAST_AGE:
                        for one in range(n_asking):
                            lane = asking[one]
                            if np.isnan(cells[cell_of[step, 0], lane]):
                                cells[cell_of[step, 0], lane] = age[lane]
                    elif doing == SUM:
                        value = numbers[column[step], event]
                        for one in range(0 if np.isnan(value) else n_asking):
                            lane = asking[one]
                            cells[cell_of[step, bucket[lane]], lane] += value
                    elif doing == MAXIMUM:
                        value = numbers[column[step], event]
                        for one in range(n_asking):
                            lane = asking[one]
                            cell = cell_of[step, bucket[lane]]
                            if value > cells[cell, lane]:
                                cells[cell, lane] = value
                    elif doing in (DISTINCT, NAMED):
                        name = names[column[step], event]
                        if name < 0:
                            continue
                        before = seen[step, name]
                        if before >> LANES != walk >> LANES or doing == NAMED:
                            before = walk
                        for one in range(n_asking):
                            lane = asking[one]
                            its_bit = np.uint64(1) << np.uint64(lane)
                            if before & its_bit == 0:
                                before |= its_bit
                                cells[cell_of[step, bucket[lane]], lane] += 1.0
                        seen[step, name] = before
                    elif doing == LATEST:  # the last two values that are known, each with its age
                        value, cell = numbers[column[step], event], cell_of[step, 0]
                        for one in range(0 if np.isnan(value) else n_asking):
                            lane = asking[one]
                            if np.isnan(cells[cell, lane]):
                                cells[cell, lane], cells[cell + 1, lane] = value, age[lane]
                            elif np.isnan(cells[cell + 2, lane]):
                                cells[cell + 2, lane], cells[cell + 3, lane] = value, age[lane]
                    else:  # whether any has not ended, or the last of their ends
                        end = ended[event] if ends else NEVER
                        for one in range(n_asking):
                            lane, cell = asking[one], cell_of[step, 0]
                            left = (
                                np.inf if end == NEVER else float(end) - row_day[tile_start + lane]
                            )
                            value = left if doing != ACTIVE else (1.0 if left >= 0.0 else 0.0)
                            if not cells[cell, lane] >= value:
                                cells[cell, lane] = value
        _cumulate(cells, summed, greatest)
        here = out_row + tile_start - first_row
        for place in range(n_plain):
            values, its_bits = cells[made_of[place]], bits[made_of[place]]
            its_own, none = out[column_of[place], here : here + width], when_none[place]
            for lane in range(width):
                nothing = (its_bits[lane] == SUM_OF_NOTHING) | (
                    its_bits[lane] == GREATEST_OF_NOTHING
                )
                its_own[lane] = none if nothing else values[lane]
        for place in range(n_plain, len(outputs)):
            _make(cells, edges, outputs[place], when_none[place], made)
            out[outputs[place, 0], here : here + width] = made[:width]


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
def _cumulate(cells: Any, summed: Any, greatest: Any) -> None:
    """Turn disjoint buckets into windows that hold all shorter ones."""
    for cell in summed:
        window, shorter = cells[cell], cells[cell - 1]
        for lane in range(TILE):
            window[lane] += shorter[lane]
    for cell in greatest:
        window, shorter = cells[cell], cells[cell - 1]
        for lane in range(TILE):
            window[lane] = shorter[lane] if shorter[lane] > window[lane] else window[lane]


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
