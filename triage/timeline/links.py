"""People who are linked because events name the same victim or address, and the events of those.

Two people are linked by a name on every as-of date on which both have an event that names it: one
that happened and was known before that date, and that nothing known before it has replaced. So a
link begins and ends as facts become known, and is held as days: it exists on the as-of dates after
the day on which it ``begins``, up to and with the day on which it ``ends``. Links by several names
are one link, at one remove; nobody is linked to themselves.

Two people are linked as :data:`EACH_OTHER` while an event of each names the other as its victim.
Then only events that name the person count: what the other is said to have done to them.

A name that more than :data:`MOST_SHARING` people share on an as-of date links nobody on it: it is
then the name of a place (a shop, a hostel, a police station) and says nothing about two people.

Cost: a name makes links among at most so many people on a day, and an event stands once in the
timeline of each person who is linked to the one that it is of. So time and memory are linear in the
links times the events of the people linked to, beside those events which name what is named by an
event of somebody who is asked about.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from triage.conditions import Categories, take
from triage.records import Finder
from triage.timeline.moments import ranges
from triage.timeline.timelines import Days, Timeline

__all__ = [
    "EACH_OTHER",
    "MOST_SHARING",
    "Linked",
    "Links",
    "find_links",
    "linked_on",
    "linked_timeline",
    "naming_column",
]

MOST_SHARING = 50
"""A name that more people share than this, on an as-of date, links nobody on it."""

EACH_OTHER = "each_other"
"""Stands for a column: people are linked by events in which each is named as the other's victim."""

VICTIM = "victim_id"

Integers = npt.NDArray[np.int64]

LOWEST = int(np.iinfo(np.int32).min)
DAY_BITS = 32


@dataclass(frozen=True)
class Links:
    """Who is linked to whom, and on which as-of dates; those of two people do not overlap.

    Parameters
    ----------
    person, other : ndarray of int64, shape (n_links,)
        Positions in ``Timeline.person_ids``: who is asked about, and who is linked to them.
    begins, ends : ndarray of int32, shape (n_links,)
        Days since 1970-01-01. The link exists on as-of dates after the first, and not after the
        second; ``NEVER`` where it does not end.
    each_other : bool
        Whether, of the other's events, only those that name the person as victim count.
    """

    person: Integers
    other: Integers
    begins: Days
    ends: Days
    each_other: bool = False


@dataclass(frozen=True)
class Linked:
    """The timelines that some people's linked people have, taken together.

    Parameters
    ----------
    timeline : Timeline
        As many people as were asked for, in their order. The events of each are those of all
        people who are linked to them, usable while they are and the link exists. Events of one
        day stand in the order in which they became known themselves, whenever the link began.
    positions : ndarray of int64, shape (n_events,)
        Where each event stands in the timeline that it is taken from.
    """

    timeline: Timeline
    positions: Integers


@dataclass(frozen=True)
class _Spans:
    """Days on which something is so: ``of`` is a number for it; sorted by it, then by days."""

    of: Integers
    begins: Integers
    ends: Integers


def find_links(
    timeline: Timeline, column: str, people: Integers, *, most_sharing: int = MOST_SHARING
) -> Links:
    """Return the links of some people through the names in a column of events.

    Parameters
    ----------
    timeline : Timeline
        Of all people: anybody may be linked to those who are asked about.
    column : str
        Holds names, such as ``victim_id``; or :data:`EACH_OTHER`.
    people : ndarray of int64
        Positions in ``timeline.person_ids``, rising, each once.
    most_sharing : int
        A name that more people share on an as-of date links nobody on it.
    """
    if column == EACH_OTHER:
        return _each_other(timeline, people)
    naming = _naming(timeline, column, people)
    sharing = _uncrowded(_sharing(timeline, column, naming), timeline.n_people, most_sharing)
    return _links(sharing, people, timeline.n_people)


def naming_column(linked_by: str) -> str:
    """Return the column of events that holds what links people.

    Examples
    --------
    >>> naming_column("victim_id"), naming_column(EACH_OTHER)
    ('victim_id', 'victim_id')
    """
    return VICTIM if linked_by == EACH_OTHER else linked_by


def linked_on(links: Links, day: int) -> frozenset[tuple[int, int]]:
    """Return who is linked to whom on an as-of date, both ways, as positions of people.

    Parameters
    ----------
    links : Links
    day : int
        In days since 1970-01-01.
    """
    there = (links.begins < day) & (links.ends >= day)
    pairs = zip(links.person[there].tolist(), links.other[there].tolist(), strict=True)
    return frozenset(pairs)


def linked_timeline(
    timeline: Timeline,
    people: Integers,
    links: Links,
    *,
    fields: Collection[str] | None = None,
) -> Linked:
    """Return for each person the events of the people who are linked to them, as one timeline.

    Parameters
    ----------
    timeline : Timeline
    people : ndarray of int64, shape (n,)
        Positions in ``timeline.person_ids``, rising, each once; all of ``links.person`` are there.
    links : Links
    fields : collection of str, optional
        The columns that will be tested or measured; by default, all.
    """
    first = timeline.starts[links.other]
    counts = timeline.starts[links.other + 1] - first
    positions, link = ranges(first, counts), np.repeat(np.arange(len(counts)), counts)
    known = np.maximum(timeline.known[positions], links.begins[link])
    replaced = np.minimum(timeline.replaced[positions], links.ends[link])
    counts_here = np.maximum(timeline.happened[positions], known) < replaced
    if links.each_other:
        counts_here &= _victims(timeline)[positions] == links.person[link]
    usable = np.flatnonzero(counts_here)
    positions, known, replaced = positions[usable], known[usable], replaced[usable]
    row = np.searchsorted(people, links.person[link[usable]])
    happened = timeline.happened[positions]
    order = np.lexsort((timeline.rows[positions], timeline.known[positions], happened, row))
    positions = positions[order]
    names = timeline.columns if fields is None else sorted(fields)
    taken = replace(
        timeline,
        person_ids=timeline.person_ids.take(pa.array(people)),
        starts=np.searchsorted(row[order], np.arange(len(people) + 1)),
        happened=happened[order],
        known=known[order],
        replaced=replaced[order],
        ended=timeline.ended[positions],
        columns={name: take(timeline.columns[name], positions) for name in names},
        rows=timeline.rows[positions],
    )
    return Linked(taken, positions)


def _victims(timeline: Timeline) -> Integers:
    """Return which person each event names as its victim; −1 where that is nobody's id."""
    column = timeline.columns[VICTIM]
    if not isinstance(column, Categories):
        raise TypeError(f"the event column {VICTIM} does not hold names")
    found = Finder(timeline.person_ids).positions(pa.array(column.names, pa.string()))
    return np.append(found, -1).astype(np.int64)[column.codes]


def _each_other(timeline: Timeline, people: Integers) -> Links:
    victims, n = _victims(timeline), timeline.n_people
    events = np.flatnonzero(victims >= 0)
    person = np.searchsorted(timeline.starts, events, side="right") - 1
    begins = np.maximum(timeline.happened[events], timeline.known[events]).astype(np.int64)
    ends = timeline.replaced[events].astype(np.int64)
    there = (begins < ends) & (person != victims[events])
    pairs = np.column_stack([person[there], victims[events][there]])
    every = np.unique(pairs @ [n, 1]) if len(pairs) else np.empty(0, np.int64)
    spans = _united(np.searchsorted(every, pairs @ [n, 1]), begins[there], ends[there])
    theirs = every[spans.of] % n * n + every[spans.of] // n
    back = np.searchsorted(every, theirs)
    back[~np.isin(theirs, every)] = len(every)
    first = np.searchsorted(_keyed(spans.of, spans.ends), _keyed(back, spans.begins), side="right")
    beyond = np.searchsorted(_keyed(spans.of, spans.begins), _keyed(back, spans.ends))
    one = np.repeat(np.arange(len(first)), beyond - first)
    other = ranges(first, beyond - first)
    asked = np.isin(every[spans.of[one]] // n, people)
    one, other = one[asked], other[asked]
    united = _united(
        every[spans.of[one]],
        np.maximum(spans.begins[one], spans.begins[other]),
        np.minimum(spans.ends[one], spans.ends[other]),
    )
    return Links(
        person=united.of // n,
        other=united.of % n,
        begins=united.begins.astype(np.int32),
        ends=united.ends.astype(np.int32),
        each_other=True,
    )


def _naming(timeline: Timeline, column: str, people: Integers) -> Integers:
    """Return the events that name anything which these people's events name."""
    codes, by_name, first = timeline.naming(column)
    theirs = ranges(timeline.starts[people], timeline.starts[people + 1] - timeline.starts[people])
    names = np.unique(codes[theirs])
    names = names[names >= 0]
    return by_name[ranges(first[names], first[names + 1] - first[names])]


def _sharing(timeline: Timeline, column: str, events: Integers) -> _Spans:
    """Return when each person has an event that names each name; ``of`` is name × person."""
    codes, _, _ = timeline.naming(column)
    person = np.searchsorted(timeline.starts, events, side="right") - 1
    begins = np.maximum(timeline.happened[events], timeline.known[events]).astype(np.int64)
    ends = timeline.replaced[events].astype(np.int64)
    there = (begins < ends) & (person >= 0)
    name = codes[events[there]].astype(np.int64)
    return _united(name * timeline.n_people + person[there], begins[there], ends[there])


def _uncrowded(sharing: _Spans, n_people: int, most: int) -> _Spans:
    """Return the parts of spans on which their name is shared by several, and not by too many.

    ``of`` is then a stretch of days of one name × person.
    """
    stretches = _stretches(_Spans(sharing.of // n_people, sharing.begins, sharing.ends), most)
    name = sharing.of // n_people
    first = np.searchsorted(
        _keyed(stretches.of, stretches.ends), _keyed(name, sharing.begins), side="right"
    )
    beyond = np.searchsorted(_keyed(stretches.of, stretches.begins), _keyed(name, sharing.ends))
    stretch = ranges(first, beyond - first)
    span = np.repeat(np.arange(len(first)), beyond - first)
    return _Spans(
        stretch * n_people + sharing.of[span] % n_people,
        np.maximum(sharing.begins[span], stretches.begins[stretch]),
        np.minimum(sharing.ends[span], stretches.ends[stretch]),
    )


def _stretches(spans: _Spans, most: int) -> _Spans:
    """Return the days on which from two to ``most`` spans of one ``of`` are there together."""
    of = np.concatenate([spans.of, spans.of])
    day = np.concatenate([spans.begins, spans.ends])
    change = np.repeat([1, -1], len(spans.of))
    order = np.lexsort((day, of))
    of, day, together = of[order], day[order], np.cumsum(change[order])
    is_one = (of[1:] == of[:-1]) & (day[1:] > day[:-1])
    some = np.flatnonzero(is_one & (together[:-1] >= 2) & (together[:-1] <= most))
    return _united(of[some], day[some], day[some + 1])


def _links(sharing: _Spans, people: Integers, n_people: int) -> Links:
    """Return the links between those who share a name on the same days."""
    stretch, person = sharing.of // n_people, sharing.of % n_people
    order = np.lexsort((sharing.begins, stretch))
    stretch, person = stretch[order], person[order]
    begins, ends = sharing.begins[order], sharing.ends[order]
    beyond = np.searchsorted(_keyed(stretch, begins), _keyed(stretch, ends))
    later_than = np.arange(len(order)) + 1
    one = np.repeat(np.arange(len(order)), beyond - later_than)
    other = ranges(later_than, beyond - later_than)
    begun, ended = begins[other], np.minimum(ends[one], ends[other])
    pair = np.concatenate(
        [person[one] * n_people + person[other], person[other] * n_people + person[one]]
    )
    begun, ended = np.concatenate([begun, begun]), np.concatenate([ended, ended])
    asked = np.isin(pair // n_people, people)
    united = _united(pair[asked], begun[asked], ended[asked])
    return Links(
        person=united.of // n_people,
        other=united.of % n_people,
        begins=united.begins.astype(np.int32),
        ends=united.ends.astype(np.int32),
    )


def _united(of: Integers, begins: Integers, ends: Integers) -> _Spans:
    """Return spans in which those of one ``of`` that touch or overlap are one."""
    order = np.lexsort((begins, of))
    of, begins, ends = of[order], begins[order], ends[order]
    is_new = np.ones(len(order), dtype=bool)
    is_new[1:] = of[1:] != of[:-1]
    group = np.cumsum(is_new)
    reached = np.maximum.accumulate(_keyed(group, ends))
    is_new[1:] |= _keyed(group, begins)[1:] > reached[:-1]
    first = np.flatnonzero(is_new)
    last = np.maximum.reduceat(ends, first) if len(first) else ends
    return _Spans(of[first], begins[first], last)


def _keyed(of: Integers, days: Integers) -> Integers:
    """Return one number that sorts as both do."""
    return (of << DAY_BITS) + (days - LOWEST)
