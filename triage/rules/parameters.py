"""Values that a panel tunes: each has a name, a unit, a reason and the dates on which it holds."""

from __future__ import annotations

import datetime
import itertools
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any

import pydantic

from triage.conditions import date_words
from triage.workspace import Strict

__all__ = ["DatedValue", "Parameter", "first_gap", "overlaps", "values_on"]

Plain = int | float | str | datetime.date
ONE_DAY = datetime.timedelta(days=1)


def _value(value: Any) -> Plain:
    is_plain = isinstance(value, int | float | str) or type(value) is datetime.date
    if not is_plain or isinstance(value, bool) or value != value:
        raise ValueError("a value is a number, a word or a date")
    plain: Plain = value
    return plain


class DatedValue(Strict):
    """One value of a parameter.

    Parameters
    ----------
    value : number, str or date
    reason : str
        Why it is this, and not more or less.
    in_force_from, in_force_to : date
        The first and the last as-of date on which it holds. Without a last one it goes on.
    """

    value: Annotated[Plain, pydantic.PlainValidator(_value)]
    reason: str = pydantic.Field(min_length=1)
    in_force_from: datetime.date
    in_force_to: datetime.date | None = None

    @pydantic.field_validator("in_force_to")
    @classmethod
    def _ends_after_it_begins(
        cls, date: datetime.date | None, info: pydantic.ValidationInfo
    ) -> datetime.date | None:
        begins = info.data.get("in_force_from")
        if date is not None and begins is not None and date < begins:
            raise ValueError(f"the date {date} lies before in_force_from, {begins}")
        return date

    @property
    def last_day(self) -> datetime.date:
        """The last as-of date on which it holds."""
        return self.in_force_to or datetime.date.max


class Parameter(Strict):
    """A value that a panel tunes, with all that it was and will be.

    Parameters
    ----------
    meaning : str
        What it decides.
    unit : str
        As it is told after the value; ``incident|incidents`` gives the word for one and for many.
    values : list of DatedValue
        Of which at most one holds on a date.
    """

    meaning: str = pydantic.Field(min_length=1)
    unit: str = pydantic.Field(min_length=1)
    values: list[DatedValue] = pydantic.Field(min_length=1)

    def on(self, as_of: datetime.date) -> DatedValue | None:
        """Return the value that holds on an as-of date; None where none does."""
        for one in self.values:
            if one.in_force_from <= as_of <= one.last_day:
                return one
        return None

    @property
    def last(self) -> DatedValue:
        """The value that begins last."""
        return max(self.values, key=lambda one: one.in_force_from)

    def told(self, value: Plain) -> str:
        """Return a value with its unit, in words.

        Examples
        --------
        >>> held = DatedValue(value=1, reason="-", in_force_from=datetime.date(2026, 1, 1))
        >>> Parameter(meaning="-", unit="incident|incidents", values=[held]).told(1)
        '1 incident'
        """
        if isinstance(value, datetime.date):
            return date_words(value)
        one, _, many = self.unit.partition("|")
        shown = value if isinstance(value, str) else f"{value:g}"
        return f"{shown} {one if value == 1 or not many else many}"


def values_on(parameters: Mapping[str, Parameter], as_of: datetime.date) -> dict[str, Plain]:
    """Return the value of each parameter that has one on an as-of date, by its name."""
    held = {name: one.on(as_of) for name, one in parameters.items()}
    return {name: one.value for name, one in held.items() if one is not None}


def overlaps(parameter: Parameter) -> Iterator[tuple[int, DatedValue]]:
    """Yield each value that begins before an earlier one has ended: its place, and that other."""
    order = sorted(enumerate(parameter.values), key=lambda item: item[1].in_force_from)
    for (_, before), (place, after) in itertools.pairwise(order):
        if after.in_force_from <= before.last_day:
            yield place, before


def first_gap(
    values: Iterable[DatedValue], first: datetime.date, last: datetime.date
) -> datetime.date | None:
    """Return the first day of a period on which no value holds; None where one always does."""
    day = first
    for one in sorted(values, key=lambda value: value.in_force_from):
        if one.in_force_from > day:
            break
        if one.last_day >= day:
            if one.last_day >= last:
                return None
            day = one.last_day + ONE_DAY
    return day
