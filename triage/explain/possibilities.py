"""What may yet happen or be found out, as ``configs/changes.yaml`` says it."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from pathlib import Path

import pydantic

from triage.errors import ConfigurationError, Problem, close_match
from triage.harm import Scale
from triage.records import Vocabulary, build_histories
from triage.timeline import Timeline, build_timeline
from triage.workspace import Strict, line_of, read_document

__all__ = ["NewFact", "Possibilities", "read_possibilities"]

SOME_DAY = datetime.date(2020, 1, 1)


class NewFact(Strict):
    """A record that may yet be made.

    Parameters
    ----------
    name : str
    one, two : str
        Plain words for one of it; for two of it, a week apart, which are then tried as well.
    event : dict
        Its type, and what else is on record of it: agency, answers, categories and numbers.
    new_victim : bool
        Whether the victim is in no record of the person yet; else it is the latest one.
    """

    name: str = pydantic.Field(pattern=r"^[a-z][a-z0-9_]*$")
    one: str = pydantic.Field(min_length=1)
    two: str | None = pydantic.Field(default=None, min_length=1)
    event: dict[str, str | int | float]
    new_victim: bool = False


class Possibilities(Strict):
    """What is tried on every case: new records from the smallest to the gravest, and quiet time.

    Parameters
    ----------
    new_facts : list of NewFact
    quiet_months : list of int
        How long nothing new comes on record, rising.
    """

    new_facts: list[NewFact] = []
    quiet_months: list[pydantic.PositiveInt] = [3, 6, 12, 24]

    def timeline(self, vocabulary: Vocabulary, scale: Scale) -> Timeline:
        """Return the new records as a timeline, in the order of ``new_facts``."""
        events = [
            {
                "event_id": f"{place:06}",
                "person_id": "anybody",
                "source": "supposed",
                "happened_on": SOME_DAY + datetime.timedelta(days=place),
                **fact.event,
            }
            for place, fact in enumerate(self.new_facts)
        ]
        return build_timeline(build_histories(vocabulary, events=events), scale)


def read_possibilities(
    path: Path, vocabulary: Vocabulary, *, root: Path | None = None
) -> Possibilities:
    """Return what may yet happen; only quiet time where there is no such file.

    Parameters
    ----------
    path : Path
        ``configs/changes.yaml``.
    vocabulary : Vocabulary
    root : Path, optional
        Messages name the file relative to this folder.

    Raises
    ------
    ConfigurationError
        With every problem of the file: an event that the vocabulary does not know, a name that
        stands twice, months that do not rise.
    """
    if not path.exists():
        return Possibilities()
    name = str(path.relative_to(root) if root else path)
    found = read_document(path, Possibilities, name=name)
    if problems := list(_misfits(found, path, name, vocabulary)):
        raise ConfigurationError(problems)
    return found


def _misfits(
    found: Possibilities, path: Path, name: str, vocabulary: Vocabulary
) -> Iterator[Problem]:
    names = [fact.name for fact in found.new_facts]
    for place, fact in enumerate(found.new_facts):
        line = line_of(path, ["new_facts", place, "event"])
        where = f"{name}, line {line}"
        if fact.name in names[:place]:
            yield Problem(where, f"a new fact named '{fact.name}' must stand once")
        if fact.event.get("type") not in vocabulary.types:
            given = str(fact.event.get("type"))
            mend = close_match(given, vocabulary.types)
            yield Problem(where, "an event must have a type of the vocabulary", f"'{given}'", mend)
            continue
        if fact.event.get("agency", next(iter(vocabulary.agencies))) not in vocabulary.agencies:
            given = str(fact.event["agency"])
            mend = close_match(given, vocabulary.agencies)
            yield Problem(where, "an event must be of an agency there is", f"'{given}'", mend)
        allowed = {"type", "agency", *_facts_of_events(vocabulary)}
        for key in fact.event.keys() - allowed:
            yield Problem(where, f"'{key}' may not be supposed", mend=close_match(key, allowed))
            return
        yield from _wrong_values(fact, where, vocabulary)
    if found.quiet_months != sorted(set(found.quiet_months)):
        line = line_of(path, ["quiet_months"])
        yield Problem(f"{name}, line {line}", "'quiet_months' must rise")


def _facts_of_events(vocabulary: Vocabulary) -> set[str]:
    events = vocabulary.events
    return {*events.flags, *events.numbers, *events.categories}


def _wrong_values(fact: NewFact, where: str, vocabulary: Vocabulary) -> Iterator[Problem]:
    events = vocabulary.events
    for key, value in fact.event.items():
        if key in events.flags and value not in ("yes", "no", "unknown", "not_asked"):
            yield Problem(where, f"'{key}' must be yes, no, unknown or not_asked", f"'{value}'")
        if key in events.numbers and isinstance(value, str):
            yield Problem(where, f"'{key}' must be a number", f"'{value}'")
        if key in events.categories and value not in events.categories[key].values:
            known = events.categories[key].values
            mend = close_match(str(value), known)
            yield Problem(where, f"'{key}' must be one of {', '.join(known)}", f"'{value}'", mend)
