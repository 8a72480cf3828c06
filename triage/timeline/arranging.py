"""Events in the order of their people and days. Compiled, and so whole in one file."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

from triage.records import NEVER

__all__ = ["arranged", "gather", "parted", "usable_until"]


@numba.njit(cache=True, nogil=True)
def arranged(person: Any, happened: Any, known: Any, stands: Any, n_people: int) -> Any:
    """Return the events by person, the day they happened and the day they became known.

    Parameters
    ----------
    person, happened, known : ndarray of int32, shape (n_events,)
    stands : ndarray of bool, shape (n_events,) or (0,)
        Which events are taken; all where it is empty.
    n_people : int

    Returns
    -------
    order : ndarray of int32, shape (n_taken,)
        Events that are alike in all three keep their order.
    starts : ndarray of int64, shape (n_people + 1,)
        Where each person's events begin.

    Notes
    -----
    Three counting sorts, the last key first: linear in events, people and days, whoever has how
    many events.
    """
    taken = np.arange(len(person)).astype(np.int32)
    if len(stands):
        taken = taken[stands]
    order = _by_day(happened, _by_day(known, taken))
    starts = np.zeros(n_people + 1, np.int64)
    for event in order:
        starts[person[event] + 1] += 1
    starts = np.cumsum(starts)
    beyond = starts[:-1].copy()
    for event in order:
        taken[beyond[person[event]]] = event
        beyond[person[event]] += 1
    return taken, starts


@numba.njit(cache=True, nogil=True)
def _by_day(days: Any, order: Any) -> Any:
    """Return events in the order of their days, a missing day last; others keep their order."""
    first, last = NEVER, -NEVER
    for event in order:
        if days[event] != NEVER:
            first, last = min(first, days[event]), max(last, days[event])
    missing = max(last - first + 1, 0)
    places = np.zeros(missing + 2, np.int64)
    for event in order:
        place = days[event] - first if days[event] != NEVER else missing
        places[place + 1] += 1
    places = np.cumsum(places)
    made = np.empty_like(order)
    for event in order:
        place = days[event] - first if days[event] != NEVER else missing
        made[places[place]] = event
        places[place] += 1
    return made


@numba.njit(cache=True, nogil=True)
def gather(values: Any, order: Any, out: Any) -> None:
    """Set ``out[i] = values[order[i]]``."""
    for place in range(len(order)):
        out[place] = values[order[place]]


@numba.njit(cache=True, nogil=True)
def usable_until(person: Any, happened: Any, known: Any, until: Any) -> Any:
    """Return the events that may answer a question about their person.

    Parameters
    ----------
    person, happened, known : ndarray of int32, shape (n_events,)
        −1 where an event is nobody's.
    until : ndarray of int32, shape (n_people,)
        The last day on which each person is asked about.

    Returns
    -------
    ndarray of int32, shape (n_usable,)
        In their order.
    """
    usable, count = np.empty(len(person), np.int32), 0
    for event in range(len(person) if len(until) else 0):  # without a branch that none foresees
        last = until[max(person[event], 0)]
        usable[count] = event
        count += (person[event] >= 0) & (happened[event] < last) & (known[event] < last)
    return usable[:count]


@numba.njit(cache=True, nogil=True)
def parted(person: Any, part_of: Any, n_parts: int) -> Any:
    """Return events by the part that their person is in.

    Parameters
    ----------
    person : ndarray of int32, shape (n_events,)
    part_of : ndarray of int32, shape (n_people,)
    n_parts : int

    Returns
    -------
    order : ndarray of int32, shape (n_events,)
        Events of a part keep their order.
    starts : ndarray of int64, shape (n_parts + 1,)
        Where each part's events begin.
    """
    its_part = np.empty(len(person), np.int32)
    starts = np.zeros(n_parts + 1, np.int64)
    for event in range(len(person)):
        its_part[event] = part_of[person[event]]
        starts[its_part[event] + 1] += 1
    starts = np.cumsum(starts)
    beyond, order = starts[:-1].copy(), np.empty(len(person), np.int32)
    for event in range(len(person)):
        order[beyond[its_part[event]]] = event
        beyond[its_part[event]] += 1
    return order, starts
