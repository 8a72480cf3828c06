"""Rules that ask about other rules, or about places on the list: what has to be known first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from graphlib import CycleError, TopologicalSorter

__all__ = ["LIST_RANK", "MODEL_FIELDS", "RULE", "asking_order", "find_cycle", "rules_asked"]

RULE = "rule."
"""Begins the field that says whether another rule fires, as in ``rule.serial``."""

LIST_RANK = "list.rank"
"""The field that holds a referral's place on the list."""

MODEL_FIELDS: Mapping[str, str] = {
    "model.probability": "the model's chance of the outcome, within its horizon (0 to 1)",
    "model.log_odds": "the model's score, in log-odds",
    "model.points": "the score of a ranker that gives points",
}
"""What the model or ranker in use says; unknown where it says no such thing, or none ranks."""


def rules_asked(fields: Set[str]) -> list[str]:
    """Return the ids of the rules that some fields ask about.

    Examples
    --------
    >>> rules_asked({"rule.serial", "incidents_365d"})
    ['serial']
    """
    return sorted(field.removeprefix(RULE) for field in fields if field.startswith(RULE))


def find_cycle(fields: Mapping[str, Set[str]], moving: Set[str]) -> tuple[str, ...]:
    """Return a chain of rules, and ``list.rank``, of which each asks about the next.

    Parameters
    ----------
    fields : mapping of str to set of str
        What each rule asks about, by its id.
    moving : set of str
        The rules that decide places: a place on the list asks about all of these.

    Returns
    -------
    tuple of str
        Its first is also its last; empty where there is no cycle.

    Examples
    --------
    >>> find_cycle({"a": {"rule.b"}, "b": {"rule.a", "incidents"}}, set())
    ('a', 'b', 'a')
    >>> find_cycle({"a": {"list.rank"}}, {"a"})
    ('a', 'list.rank', 'a')
    """
    asked = {
        name: [*rules_asked(its), *[LIST_RANK] * (LIST_RANK in its)] for name, its in fields.items()
    }
    try:
        TopologicalSorter({**asked, LIST_RANK: sorted(moving)}).prepare()
    except CycleError as error:
        return tuple(reversed(error.args[1]))
    return ()


def asking_order(fields: Sequence[Set[str]], ids: Sequence[str]) -> list[int]:
    """Return the positions of rules so that each comes after those that it asks about.

    Examples
    --------
    >>> asking_order([{"rule.b"}, {"incidents"}], ["a", "b"])
    [1, 0]
    """
    place = {name: position for position, name in enumerate(ids)}
    asked = {
        position: [place[name] for name in rules_asked(its) if name in place]
        for position, its in enumerate(fields)
    }
    return list(TopologicalSorter(asked).static_order())
