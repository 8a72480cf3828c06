"""What may yet happen or be found out, as ``configs/changes.yaml`` says it."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import pydantic

from triage.errors import ConfigurationError, Problem, close_match
from triage.harm import Scale
from triage.records import Vocabulary, build_histories
from triage.timeline import Timeline, build_timeline
from triage.workspace import Strict, as_far_as_read, gather_document, line_of

__all__ = ["Declared", "Measured", "NewFact", "Possibilities", "read_possibilities"]

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


class Measured(Strict):
    """A measurement that may yet be made anew, such as an assessment.

    Parameters
    ----------
    name : str
    of : str
        The number that it tells. Values that are on record of this list's people are tried.
    one : str
        Plain words, with ``{value}`` in them.
    event : dict
        As of a :class:`NewFact`, without the number.
    """

    name: str = pydantic.Field(pattern=r"^[a-z][a-z0-9_]*$")
    of: str
    one: str = pydantic.Field(pattern=r"\{value\}")
    event: dict[str, str | int | float]

    def told(self, value: float) -> str:
        """Return it with its value."""
        return self.one.replace("{value}", f"{value:g}")


class Declared(Strict):
    """Which attributes of people and referrals may be supposed to be otherwise.

    Parameters
    ----------
    can_change : list of str
        May come to be otherwise, also where they are known.
    found_out : list of str
        Do not change, but where they are not known somebody may find out.
    never : list of str
        Are never supposed: nobody gets younger, and nobody becomes somebody else.
    """

    can_change: list[str] = []
    found_out: list[str] = []
    never: list[str] = []


class Possibilities(Strict):
    """What is tried on every case: new records from the smallest to the gravest, and quiet time.

    What is on record of the past is never taken back: there is no way to say that it is.

    Parameters
    ----------
    facts : Declared, optional
        Each attribute of the vocabulary and the person's age once. Without it, open questions with
        a yes or a no may be found out, and nothing else changes.
    measured : list of Measured
    new_facts : list of NewFact
    quiet_months : list of int
        How long nothing new comes on record, rising.
    """

    facts: Declared | None = None
    measured: list[Measured] = []
    new_facts: list[NewFact] = []
    quiet_months: list[pydantic.PositiveInt] = [3, 6, 12, 24]

    def timeline(
        self,
        vocabulary: Vocabulary,
        scale: Scale,
        values: Mapping[str, Sequence[float]] = MappingProxyType({}),
    ) -> Timeline:
        """Return the new records as a timeline, in the order of ``new_facts``.

        After them stand the measurements in their order, each with each of its ``values``.
        """
        new = [fact.event for fact in self.new_facts]
        new += [
            {**one.event, one.of: value}
            for one in self.measured
            for value in values.get(one.name, ())
        ]
        events = [
            {
                "event_id": f"{place:06}",
                "person_id": "anybody",
                "source": "supposed",
                "happened_on": SOME_DAY + datetime.timedelta(days=place),
                **event,
            }
            for place, event in enumerate(new)
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
    found, problems = gather_document(path, Possibilities, name=name)
    problems += _wrong_declarations(found, path, name, vocabulary)
    problems += _wrong_facts(found, path, name, vocabulary)
    problems += _falling_months(found, path, name)
    if problems:
        raise ConfigurationError(problems)
    return found


@as_far_as_read
def _wrong_facts(
    found: Possibilities, path: Path, name: str, vocabulary: Vocabulary
) -> Iterator[Problem]:
    every: list[tuple[str, int, NewFact | Measured]] = [
        *(("new_facts", place, fact) for place, fact in enumerate(found.new_facts)),
        *(("measured", place, fact) for place, fact in enumerate(found.measured)),
    ]
    names = [None if "name" in fact.unread else fact.name for _, _, fact in every]
    for number, (key, place, fact) in enumerate(every):
        line = line_of(path, [key, place, "event"])
        where = f"{name}, line {line}"
        if names[number] is not None and names[number] in names[:number]:
            yield Problem(where, f"a new fact named '{names[number]}' must stand once")
        yield from _wrong_number(fact, where, vocabulary)
        yield from _wrong_event(fact, where, vocabulary)


@as_far_as_read
def _wrong_number(
    fact: NewFact | Measured, where: str, vocabulary: Vocabulary
) -> Iterator[Problem]:
    numbers = vocabulary.events.numbers
    if isinstance(fact, Measured) and fact.of not in numbers:
        yield Problem(
            where, f"'{fact.of}' is no number of events", mend=close_match(fact.of, numbers)
        )


@as_far_as_read
def _wrong_event(fact: NewFact | Measured, where: str, vocabulary: Vocabulary) -> Iterator[Problem]:
    for key, known, must in (
        ("type", vocabulary.types, "an event must have a type of the vocabulary"),
        ("agency", vocabulary.agencies, "an event must be of an agency there is"),
    ):
        if (key in fact.event or key == "type") and fact.event.get(key) not in known:
            given = str(fact.event.get(key))
            yield Problem(where, must, f"'{given}'", close_match(given, known))
    allowed = {"type", "agency", *_facts_of_events(vocabulary)}
    for key in sorted(fact.event.keys() - allowed):
        yield Problem(where, f"'{key}' may not be supposed", mend=close_match(key, allowed))
    yield from _wrong_values(fact, where, vocabulary)


@as_far_as_read
def _falling_months(found: Possibilities, path: Path, name: str) -> Iterator[Problem]:
    if found.quiet_months != sorted(set(found.quiet_months)):
        line = line_of(path, ["quiet_months"])
        yield Problem(f"{name}, line {line}", "'quiet_months' must rise")


@as_far_as_read
def _wrong_declarations(
    found: Possibilities, path: Path, name: str, vocabulary: Vocabulary
) -> Iterator[Problem]:
    """Yield what is declared twice, or not at all, or may not be supposed."""
    if found.facts is None:
        return
    where = f"{name}, line {line_of(path, ['facts'])}"
    known = dict(vocabulary.attribute_fields())
    audit = vocabulary.audit_only()
    told = [*found.facts.can_change, *found.facts.found_out, *found.facts.never]
    for field in dict.fromkeys(told):
        if field not in known and field not in audit:
            mend = close_match(field, [*known, *audit])
            yield Problem(where, f"'{field}' is no attribute of a person or a referral", mend=mend)
        elif told.count(field) > 1:
            yield Problem(where, f"'{field}' must be declared once", f"{told.count(field)} times")
    missing = [field for field in known if field not in told]
    if missing:
        yield Problem(
            where,
            "says of each attribute whether it can change, can be found out, or neither",
            f"nothing of {', '.join(missing)}",
            "Add each to 'can_change', 'found_out' or 'never'.",
        )
    for field in (*found.facts.can_change, *found.facts.found_out):
        if field in audit or field == "person.age":
            yield Problem(where, f"'{field}' can only be among those that 'never' change")
        elif known.get(field) in ("date", "text"):
            yield Problem(
                where, f"'{field}' is a date or a text, of which no other value can be tried"
            )


def _facts_of_events(vocabulary: Vocabulary) -> set[str]:
    events = vocabulary.events
    return {*events.flags, *events.numbers, *events.categories}


def _wrong_values(
    fact: NewFact | Measured, where: str, vocabulary: Vocabulary
) -> Iterator[Problem]:
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
