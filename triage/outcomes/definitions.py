"""Outcomes as a panel words them: ``configs/outcome.yaml``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pydantic

from triage.conditions import Condition, ConditionField, mismatches
from triage.errors import ConfigurationError, Problem, close_match
from triage.harm import Scale
from triage.records import Vocabulary
from triage.workspace import Strict, as_far_as_read, gather_document, line_of

__all__ = ["Outcome", "Outcomes", "Treatment", "read_outcomes"]


class Definition(Strict):
    """One outcome in the file.

    Parameters
    ----------
    meaning : str
        Plain words that name the horizon.
    horizon_days : int
        The outcome is looked for on the as-of date and the ``horizon_days`` − 1 days after it.
    any_event : condition, optional
        Yes if any event within the horizon matches.
    harm_at_least : float, optional
        Yes if the harm within the horizon adds up to at least so many days.
    scale : str, optional
        The harm scale of ``harm_days`` here; by default the panel's.
    harm_from : condition, optional
        The events whose harm is added up; by default all.
    """

    meaning: str
    horizon_days: int = pydantic.Field(ge=1, le=36525)
    any_event: ConditionField | None = None
    harm_at_least: float | None = pydantic.Field(default=None, gt=0, allow_inf_nan=False)
    scale: str | None = None
    harm_from: ConditionField | None = None

    @pydantic.model_validator(mode="after")
    def _asks_one_question(self) -> Definition:
        if (self.any_event is None) == (self.harm_at_least is None):
            raise ValueError("an outcome has either 'any_event' or 'harm_at_least'")
        return self


class Treatment(Strict):
    """What the panel does about people, which changes what comes after.

    Parameters
    ----------
    meaning : str
        Plain words, as in "a place on the programme".
    taken_on : condition
        The events that begin it.
    handled : {"as_recorded", "censor", "weight", "exclude"}
        How the outcomes of people who were taken on count; see
        :func:`triage.outcomes.handle_taken_on`.
    """

    meaning: str
    taken_on: ConditionField
    handled: Literal["as_recorded", "censor", "weight", "exclude"] = "censor"


class Document(Strict):
    """The file.

    Parameters
    ----------
    primary : str
        The outcome that models are trained on and judged by.
    settles_in_days : int
        Days after a horizon's end in which its facts become known.
    follow_up_ends : list of str
        Dates of people (``person.deceased_on``) after which nothing can be observed.
    treatment : Treatment, optional
    outcomes : dict of str to Definition
    """

    primary: str
    settles_in_days: int = pydantic.Field(ge=0, le=3653)
    follow_up_ends: list[str] = []
    treatment: Treatment | None = None
    outcomes: dict[str, Definition] = pydantic.Field(min_length=1)


@dataclass(frozen=True)
class Outcome:
    """What may come after a moment.

    Parameters
    ----------
    name, meaning : str
    horizon_days : int
        The window is [as-of date, as-of date + ``horizon_days``).
    settles_in_days : int
        Facts that become known later than so many days after the window do not count.
    any_event : Condition or None
    harm_at_least : float or None
        Days. Either this or ``any_event`` is given.
    scale : Scale or None
        None for the scale in which the timeline counts.
    harm_from : Condition or None
        The events whose harm is added up; None for all.
    """

    name: str
    meaning: str
    horizon_days: int
    settles_in_days: int
    any_event: Condition | None = None
    harm_at_least: float | None = None
    scale: Scale | None = None
    harm_from: Condition | None = None

    @property
    def matures_in_days(self) -> int:
        """Days from the as-of date until the answer is settled."""
        return self.horizon_days + self.settles_in_days


@dataclass(frozen=True)
class Outcomes:
    """All outcomes of a workspace.

    Parameters
    ----------
    primary : Outcome
        The one that models are trained on and judged by.
    by_name : mapping of str to Outcome
        Every outcome, the primary among them, in the order of the file.
    follow_up_ends : tuple of str
        Attributes of people (without ``person.``) that end what can be observed of them.
    treatment : Treatment or None
        What the panel does about people, where the records tell.
    """

    primary: Outcome
    by_name: Mapping[str, Outcome]
    follow_up_ends: tuple[str, ...]
    treatment: Treatment | None = None


def read_outcomes(
    path: Path,
    vocabulary: Vocabulary,
    scales: Mapping[str, Scale],
    *,
    root: Path | None = None,
) -> Outcomes:
    """Return the outcomes of a workspace.

    Parameters
    ----------
    path : Path
        ``configs/outcome.yaml``.
    vocabulary : Vocabulary
        The columns and values that conditions may name.
    scales : mapping of str to Scale
    root : Path, optional
        Messages name the file relative to this folder.

    Raises
    ------
    ConfigurationError
        With every problem of the file.
    """
    where = str(path.relative_to(root) if root else path)
    document, problems = gather_document(path, Document, name=where)
    problems += [
        Problem(f"{where}, line {line_of(path, keys)}", must, mend=mend)
        for keys, must, mend in _contradictions(document, vocabulary, scales)
    ]
    if problems:
        raise ConfigurationError(problems)
    by_name = {
        name: _outcome(name, definition, document.settles_in_days, scales)
        for name, definition in document.outcomes.items()
    }
    ends = tuple(field.removeprefix("person.") for field in document.follow_up_ends)
    return Outcomes(by_name[document.primary], by_name, ends, document.treatment)


def _outcome(
    name: str, definition: Definition, settles_in_days: int, scales: Mapping[str, Scale]
) -> Outcome:
    return Outcome(
        name=name,
        meaning=definition.meaning,
        horizon_days=definition.horizon_days,
        settles_in_days=settles_in_days,
        any_event=definition.any_event,
        harm_at_least=definition.harm_at_least,
        scale=scales[definition.scale] if definition.scale else None,
        harm_from=definition.harm_from,
    )


Contradiction = tuple[list[str | int], str, str]


def _contradictions(
    document: Document, vocabulary: Vocabulary, scales: Mapping[str, Scale]
) -> Iterator[Contradiction]:
    yield from _unknown_primary(document)
    yield from _not_dates(document, vocabulary)
    yield from _unknown_treatment(document, vocabulary)
    yield from _unknown_words(document, vocabulary, scales)


@as_far_as_read
def _unknown_primary(document: Document) -> Iterator[Contradiction]:
    if document.primary not in document.outcomes:
        yield (
            ["primary"],
            f"'primary' must name one of the outcomes below, not '{document.primary}'",
            close_match(document.primary, document.outcomes),
        )


@as_far_as_read
def _not_dates(document: Document, vocabulary: Vocabulary) -> Iterator[Contradiction]:
    attributes = vocabulary.people.attributes
    dates = [f"person.{name}" for name, about in attributes.items() if about.kind == "date"]
    for position, field in enumerate(document.follow_up_ends):
        if field not in dates:
            yield (
                ["follow_up_ends", position],
                f"'{field}' must be a date of a person that configs/vocabulary.yaml lists",
                close_match(field, dates),
            )


@as_far_as_read
def _unknown_treatment(document: Document, vocabulary: Vocabulary) -> Iterator[Contradiction]:
    if document.treatment is not None:
        for text in mismatches(
            document.treatment.taken_on, vocabulary.event_fields(), made_by="is no column of events"
        ):
            yield ["treatment", "taken_on"], f"the treatment {text}".rstrip("."), ""


@as_far_as_read
def _unknown_words(
    document: Document, vocabulary: Vocabulary, scales: Mapping[str, Scale]
) -> Iterator[Contradiction]:
    for name, definition in document.outcomes.items():
        yield from _unknown_scale(name, definition, scales)
        for key in ("any_event", "harm_from"):
            yield from _unknown_events(name, definition, key, vocabulary)


@as_far_as_read
def _unknown_scale(
    name: str, definition: Definition, scales: Mapping[str, Scale]
) -> Iterator[Contradiction]:
    if definition.scale is not None and definition.scale not in scales:
        yield (
            ["outcomes", name, "scale"],
            f"the outcome '{name}' counts in '{definition.scale}', which is no scale of "
            "configs/harm/",
            close_match(definition.scale, scales),
        )


@as_far_as_read
def _unknown_events(
    name: str, definition: Definition, key: str, vocabulary: Vocabulary
) -> Iterator[Contradiction]:
    condition: Condition | None = getattr(definition, key)
    if condition is not None:
        for text in mismatches(
            condition, vocabulary.event_fields(), made_by="is no column of events"
        ):
            yield ["outcomes", name, key], f"the outcome '{name}' {text}".rstrip("."), ""
