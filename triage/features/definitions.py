"""What a feature is, and how ``pipelines/*.yaml`` says it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

import pydantic

from triage.conditions import All, Condition, ConditionField, fields_of
from triage.features.words import describe
from triage.workspace import Strict

__all__ = [
    "Definition",
    "Direction",
    "Feature",
    "Meaning",
    "Measure",
    "Pipeline",
    "Window",
]

Measure = Literal[
    "count",
    "sum",
    "maximum",
    "distinct",
    "repeats",
    "days_since_last",
    "days_since_first",
    "latest",
    "change",
    "active",
    "days_until_end",
    "rate_ratio",
    "median_gap",
    "shortest_gap",
    "streak",
    "mean_ratio",
    "reached",
    "new",
    "most_repeated",
    "serial",
    "near",
    "after",
    "attribute",
]
Direction = Literal["raises", "lowers", "none"]
Window = Annotated[int, pydantic.Field(ge=1, le=36525)] | Literal["ever"]

NAME = r"^[a-z][a-z0-9_]*$"


class Meaning(Strict):
    """The words for yes and for no, of a feature that is one or the other."""

    yes: str
    no: str


class Definition(Strict):
    """One entry of a pipeline: a measure, over some events, in some windows.

    Parameters
    ----------
    name : str
        Lower case; each window adds its own ending (``_90d``, ``_ever``).
    measure : str
        ``count`` of events; ``sum`` or ``maximum`` of a number; ``distinct`` values;
        ``repeats``: events whose victim already had an earlier one; ``days_since_last`` and
        ``days_since_first`` event; ``latest`` value of a number and its ``change`` since the one
        before; ``active``: whether an event has not ended; ``days_until_end``: days from the as-of
        date until the last of those that have not ended will, as far as its record says (unknown
        where one has no end, or none is open); ``rate_ratio``: how frequent (or, with
        ``of``, how harmful) recent days are against earlier ones; ``attribute`` of the person or
        of the referral.

        Of the order of events, as :func:`triage.features.walks.walk` defines them to the day:
        ``median_gap`` and ``shortest_gap`` between one event and the next, in days; ``streak``:
        how many periods running, up to now, hold an event each; ``mean_ratio``: how large a number
        recent events have, each, against earlier ones; ``reached``: whether a number was ever at
        least so large; ``new``: names in the window that were not seen before it;
        ``most_repeated``: the most events that share one name; ``serial``: whether there are
        several names; ``near``: events that have another at most so many days before or after
        them; ``after``: events that follow another by 1 to so many days. With ``at_least: 1``
        either of the last two says whether there was such a sequence at all.
    where : condition, optional
        Which events; added to the file's ``among``.
    of : str, optional
        The number, the name or the attribute that is measured.
    equals : str, optional
        Of an attribute that is a category: the value that counts as yes.
    windows : list of int or "ever", optional
        Days before the as-of date, which is itself outside; without it, all history.
    recent_days, earlier_days : int, optional
        Of a ratio: days 1 to ``recent_days`` before the as-of date, against the days after
        those up to ``earlier_days``.
    linked_by : str, optional
        A column of events that holds names, such as ``victim_id``. The measure is then of the
        events of *linked* people, and not of the person's own: of everybody else who on the as-of
        date has an event that names one whom (or what) an event of the person names. Both are
        looked for among all events, and ``where`` and ``among`` are asked of those measured. A
        name that more than 50 people share on that date links nobody: it is a place's. With
        ``each_other`` it is of the events of those whom an event of the person names as victim,
        and of these only the events that name the person as victim: what is alleged the other way
        round. It takes sources whose victims bear the ids of people.
    period_days : int, optional
        Of a streak: how long each period is.
    near, after : condition, optional
        Of the measure of that name: which events are companions. The file's ``among`` says nothing
        of these, and they may lie outside the window.
    within_days : int, optional
        How many days may lie between an event and its companion.
    at_least : float, optional
        The number that is ``reached``; how many names are ``serial`` (by default 2); how many
        events ``near`` or ``after`` another make a yes.
    when_none : float or "unknown", optional
        The value where nothing is found; by default 0 for counts, sums, streaks and flags, 1 for
        ratios, and unknown for the rest. It must be finite.
    meaning : str or {yes, no}
        Plain words: ``{value}``, ``{duration}`` (days as months or years), ``{window}``, ``{days}``
        (``period_days`` or ``within_days``), ``{one|many}``.
    unit : str
    direction : {"raises", "lowers", "none"}
        Whether more of it can only raise a score, only lower it, or either. Where all its events
        are harm, it may not say that more harm lowers a score.
    missing : str
        What it means that the value is missing, or that nothing was found.
    learned : bool
        Whether models may learn from it. Rules, comparators and papers may use it either way.
    """

    name: str = pydantic.Field(pattern=NAME)
    measure: str
    where: ConditionField | None = None
    of: str | None = None
    equals: str | None = None
    windows: list[Window] = []
    recent_days: int | None = pydantic.Field(default=None, ge=1)
    earlier_days: int | None = pydantic.Field(default=None, ge=2)
    linked_by: str | None = None
    period_days: int | None = pydantic.Field(default=None, ge=1, le=36525)
    near: ConditionField | None = None
    after: ConditionField | None = None
    within_days: int | None = pydantic.Field(default=None, ge=0, le=36525)
    at_least: float | None = None
    when_none: float | Literal["unknown"] | None = None
    meaning: str | Meaning
    unit: str
    direction: Direction
    missing: str
    learned: bool = True


class Pipeline(Strict):
    """The features of a theme: one file of ``pipelines/``.

    Parameters
    ----------
    title : str
        The theme in plain words.
    among : condition, optional
        All features of the file look only at these events, whatever they lie near or after.
    features : list of Definition
    """

    title: str
    among: ConditionField | None = None
    features: list[Definition] = pydantic.Field(min_length=1)

    def looks_at(self, definition: Definition) -> Condition | None:
        """Return which events a definition of this file looks at; None where at all."""
        if self.among is None or definition.where is None:
            return definition.where or self.among
        return All((self.among, definition.where))


@dataclass(frozen=True)
class Feature:
    """One column of the feature matrix: a definition with one of its windows.

    Parameters
    ----------
    name : str
        With its window: ``strangulation_incidents_90d``.
    group : str
        Without it: ``strangulation_incidents``.
    theme, theme_title : str
        The pipeline file that defines it, and its title in plain words.
    measure : str
    where : Condition or None
        The events that it looks at; None where it looks at all.
    of, equals : str or None
    window_days : int or None
        None where all history counts.
    recent_days, earlier_days : int or None
        The two periods of a ratio.
    when_none : float
        The value where nothing is found; NaN is unknown.
    unit : str
    direction : {"raises", "lowers", "none"}
    meaning : str or Meaning
    missing : str
    linked_by : str or None
        The column whose names link people, if it is the events of linked people that count.
    period_days : int or None
        How long each period of a streak is.
    companion : Condition or None
        The events that those it looks at lie near or after.
    within_days : int or None
        How many days may lie between an event and its companion.
    at_least : float or None
        What a flag must reach.
    learned : bool
        Whether models may learn from it.
    """

    name: str
    group: str
    theme: str
    theme_title: str
    measure: Measure
    where: Condition | None
    of: str | None
    equals: str | None
    window_days: int | None
    recent_days: int | None
    earlier_days: int | None
    when_none: float
    unit: str
    direction: Direction
    meaning: str | Meaning
    missing: str
    linked_by: str | None = None
    period_days: int | None = None
    companion: Condition | None = None
    within_days: int | None = None
    at_least: float | None = None
    learned: bool = True

    def looks_at(self, column: str) -> bool:
        """Return whether a column of events is measured, tested or counted by it."""
        tested = [fields_of(one) for one in (self.where, self.companion) if one is not None]
        return column in frozenset[str]().union({self.of, self.linked_by}, *tested)

    @property
    def may_be_unknown(self) -> bool:
        """Whether a value can be missing."""
        return self.measure == "attribute" or self.when_none != self.when_none

    @property
    def is_yes_or_no(self) -> bool:
        """Whether a value is either yes (1) or no (0)."""
        return isinstance(self.meaning, Meaning)

    def describe(self, value: float) -> str:
        """Return what a value of this feature says, in plain words.

        Parameters
        ----------
        value : float
            NaN where it is not known.
        """
        if value != value:
            return f"not known: {self.missing}"
        if self.measure == "days_since_first" and value == self.when_none:
            return self.missing  # no event is 0 days old
        text = self.meaning
        if isinstance(text, Meaning):
            text = text.yes if value else text.no
        days = self.period_days or self.within_days
        return describe(text, value, self.window_days, ever=self.group != self.name, days=days)
