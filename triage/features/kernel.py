"""The compiled pass: one walk back through a person's events for each as-of date.

The kernel knows nothing of abuse, of columns' names or of windows' meanings. It gets flat arrays
and tables of operations (see :class:`triage.features.plan.Plan`), and is the only place where a
feature made of events gets its value.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

from triage.features.plan import Operation, Output

__all__ = ["numbered_within_people", "scan"]

COUNT = int(Operation.COUNT)
SUM = int(Operation.SUM)
MAXIMUM = int(Operation.MAXIMUM)
NUMBERED = int(Operation.LATEST)
DISTINCT = int(Operation.DISTINCT)
NAMED = int(Operation.NAMED)
LAST_AGE = int(Operation.LAST_AGE)
FIRST_AGE = int(Operation.FIRST_AGE)

WINDOW = int(Output.WINDOW)
RECENT_AGE = int(Output.RECENT_AGE)
RECENT_VALUE = int(Output.RECENT_VALUE)
CHANGED = int(Output.CHANGE)
REPEATS = int(Output.REPEATS)
RATIO = int(Output.RATIO)

CELLS = 4
"""The least cells of a step: a change holds two values and their two ages."""


@numba.njit(cache=True, nogil=True)
def scan(
    row_person: Any,
    row_day: Any,
    starts: Any,
    happened: Any,
    known: Any,
    ended: Any,
    signature: Any,
    signature_starts: Any,
    signature_steps: Any,
    operation: Any,
    column: Any,
    numbers: Any,
    names: Any,
    seen: Any,
    edges: Any,
    outputs: Any,
    window_days: Any,
    when_none: Any,
    first_row: int,
    last_row: int,
    out: Any,
) -> None:
    """Fill ``out[:, first_row:last_row]`` with every feature that is made of events.

    Parameters
    ----------
    row_person, row_day : ndarray of int32, shape (n_rows,)
        The moments.
    starts, happened, known, ended : ndarray
        The timeline.
    signature : ndarray of int32, shape (n_events,)
        Which steps an event takes part in: it does the steps
        ``signature_steps[signature_starts[s]:signature_starts[s + 1]]``.
    operation, column : ndarray of int32, shape (n_steps,)
    numbers : ndarray of float64, shape (n_numbers, n_events)
    names : ndarray of int32, shape (n_names, n_events)
        Numbered within each person; −1 where not known.
    seen : ndarray of int64, shape (n_steps, n_different_names)
        Scratch of this call alone, zero at first.
    edges, outputs, window_days, when_none : ndarray
        Of the plan.
    first_row, last_row : int
    out : ndarray of float64, shape (n_features, n_rows)
    """
    last_bucket = len(edges)
    cells = np.empty((len(operation), max(last_bucket + 1, CELLS)))
    for row in range(first_row, last_row):
        day = row_day[row]
        first, beyond = starts[row_person[row]], starts[row_person[row] + 1]
        _clear(cells, operation)
        bucket = 0
        for event in range(_first_not_before(happened, first, beyond, day) - 1, first - 1, -1):
            if known[event] >= day:
                continue
            age = day - happened[event]
            while bucket < last_bucket and age > edges[bucket]:
                bucket += 1
            its = signature[event]
            for place in range(signature_starts[its], signature_starts[its + 1]):
                step = signature_steps[place]
                doing = operation[step]
                if doing <= NUMBERED:
                    value = 0.0 if doing == COUNT else numbers[column[step], event]
                    _take_number(cells[step], doing, value, age, bucket)
                elif doing <= NAMED:
                    name = names[column[step], event]
                    if name >= 0 and (doing == NAMED or seen[step, name] != row + 1):
                        seen[step, name] = row + 1
                        cells[step, bucket] += 1.0
                else:
                    _take_date(cells[step], doing, ended[event] >= day, age, bucket)
        _cumulate(cells, operation, last_bucket)
        for place in range(len(outputs)):
            value = _made(cells, operation, edges, outputs[place], window_days[place])
            out[outputs[place, 0], row] = when_none[place] if np.isnan(value) else value


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
def _clear(cells: Any, operation: Any) -> None:
    """Empty the cells: zero where events are counted, −∞ under a maximum, NaN for nothing yet."""
    for step in range(len(operation)):
        start = np.nan
        if operation[step] in (COUNT, DISTINCT, NAMED):
            start = 0.0
        elif operation[step] in (MAXIMUM, FIRST_AGE):
            start = -np.inf
        for cell in range(cells.shape[1]):
            cells[step, cell] = start


@numba.njit(cache=True, nogil=True)
def _take_number(cells: Any, doing: int, value: float, age: int, bucket: int) -> None:
    if doing == COUNT:
        cells[bucket] += 1.0
    elif np.isnan(value):
        return
    elif doing == SUM:
        cells[bucket] = value if np.isnan(cells[bucket]) else cells[bucket] + value
    elif doing == MAXIMUM:
        cells[bucket] = max(cells[bucket], value)
    elif np.isnan(cells[0]):  # LATEST: the last two values that are known, each with its age
        cells[0], cells[1] = value, age
    elif np.isnan(cells[2]):
        cells[2], cells[3] = value, age


@numba.njit(cache=True, nogil=True)
def _take_date(cells: Any, doing: int, is_active: bool, age: int, bucket: int) -> None:
    if doing == FIRST_AGE:
        cells[bucket] = age
    elif doing == LAST_AGE:
        if np.isnan(cells[0]):
            cells[0] = age
    elif is_active:
        cells[0] = 1.0
    elif np.isnan(cells[0]):
        cells[0] = 0.0


@numba.njit(cache=True, nogil=True)
def _cumulate(cells: Any, operation: Any, last_bucket: int) -> None:
    """Turn disjoint buckets into windows that hold all shorter ones."""
    for step in range(len(operation)):
        doing = operation[step]
        for cell in range(1, last_bucket + 1):
            here, before = cells[step, cell], cells[step, cell - 1]
            if doing in (COUNT, DISTINCT, NAMED):
                cells[step, cell] = here + before
            elif doing in (MAXIMUM, FIRST_AGE):
                cells[step, cell] = max(here, before)
            elif doing == SUM and np.isnan(here):
                cells[step, cell] = before
            elif doing == SUM and not np.isnan(before):
                cells[step, cell] = here + before


@numba.njit(cache=True, nogil=True)
def _made(cells: Any, operation: Any, edges: Any, output: Any, window_days: int) -> float:
    """Return a feature's value from the cumulated cells, NaN where nothing was found."""
    making, step, bucket = output[1], output[2], output[4]
    here = cells[step, bucket]
    if making == WINDOW:
        counted = operation[step] in (COUNT, DISTINCT)
        nothing = here == -np.inf or (counted and here == 0.0)
        return np.nan if nothing else here
    if making == REPEATS:
        return here - cells[output[3], bucket] if here > 0.0 else np.nan
    if making == RATIO:
        return _ratio(here, cells[step, output[5]], edges[bucket], edges[output[5]])
    latest, age, before, age_before = cells[step, 0], cells[step, 1], cells[step, 2], cells[step, 3]
    if making == CHANGED:
        return latest - before if age_before <= window_days else np.nan
    if making == RECENT_VALUE:
        return latest if age <= window_days else np.nan
    if making == RECENT_AGE:
        return latest if latest <= window_days else np.nan
    return float(latest)


@numba.njit(cache=True, nogil=True)
def _ratio(recent: float, both: float, recent_days: int, both_days: int) -> float:
    """Return the rate of recent days over the rate of earlier ones, damped by one unit.

    One event (or one day of harm) is spread evenly over both periods, so that a first event is an
    escalation, not an infinite one. NaN where neither period has any.
    """
    if np.isnan(both) or both == 0.0:
        return np.nan
    if np.isnan(recent):
        recent = 0.0
    earlier_days = both_days - recent_days
    rate = (recent + recent_days / both_days) / recent_days
    earlier_rate = (both - recent + earlier_days / both_days) / earlier_days
    return float(rate / earlier_rate)


@numba.njit(cache=True, nogil=True)
def numbered_within_people(starts: Any, codes: Any, n_codes: int) -> Any:
    """Return codes numbered from 0 within each person, in order of first appearance.

    Parameters
    ----------
    starts : ndarray of int64, shape (n_people + 1,)
    codes : ndarray of int32, shape (n_events,)
        −1 where not known.
    n_codes : int
        All codes lie below it.

    Returns
    -------
    ndarray of int32, shape (n_events,)
    """
    person_of = np.full(n_codes, -1, np.int64)
    number_of = np.empty(n_codes, np.int32)
    numbered = np.full(len(codes), -1, np.int32)
    for person in range(len(starts) - 1):
        count = 0
        for event in range(starts[person], starts[person + 1]):
            code = codes[event]
            if code < 0:
                continue
            if person_of[code] != person:
                person_of[code] = person
                number_of[code] = count
                count += 1
            numbered[event] = number_of[code]
    return numbered
