"""A feature's value in plain words."""

from __future__ import annotations

import re

__all__ = ["describe", "duration", "template_problem", "window_words"]

PLACE = re.compile(r"\{([^{}]*)\}")
NAMED = ("value", "duration", "window", "days")
DAYS_A_MONTH = 365.25 / 12


def describe(
    template: str, value: float, window_days: int | None, *, ever: bool, days: int | None = None
) -> str:
    """Return a meaning with its value and its window filled in.

    Parameters
    ----------
    template : str
        With ``{value}``, ``{duration}``, ``{window}``, ``{days}`` and ``{one|many}``.
    value : float
    window_days : int or None
        None where all history counts.
    ever : bool
        Whether a missing window is said ("on record").
    days : int, optional
        How long a period is, or how near is near.

    Examples
    --------
    >>> words = "{value} {incident|incidents} with a weapon {window}"
    >>> describe(words, 3.0, 365, ever=True)
    '3 incidents with a weapon in the last 12 months'
    >>> describe(words, 1.0, None, ever=True)
    '1 incident with a weapon on record'
    >>> describe(words, 0.0, 90, ever=True)
    'no incidents with a weapon in the last 3 months'
    >>> describe("{value} {breach|breaches} within {days} days", 1.0, None, ever=False, days=28)
    '1 breach within 28 days'
    """

    def fill(place: re.Match[str]) -> str:
        match place.group(1):
            case "value":
                return number(value)
            case "duration":
                return duration(value)
            case "window":
                return window_words(window_days) if window_days or ever else ""
            case "days":
                return str(days)
            case forms:
                one, many = forms.split("|")
                return one if value == 1 else many

    return PLACE.sub(fill, template).strip()


def template_problem(template: str, *, has_window: bool, has_days: bool) -> str | None:
    """Return what is wrong with a meaning, or None."""
    places = PLACE.findall(template)
    for place in places:
        if place not in NAMED and place.count("|") != 1:
            return (
                "may hold {value}, {duration}, {window}, {days} or {one|many}, "
                f"not {{{place}}}"
            )
    if "days" in places and not has_days:
        return "says its {days}, but the measure has neither period_days nor within_days"
    if has_window and "window" not in places:
        return "must say its {window}"
    return None


def window_words(days: int | None) -> str:
    """Return a window in plain words.

    Examples
    --------
    >>> [window_words(days) for days in (30, 365, None)]
    ['in the last 30 days', 'in the last 12 months', 'on record']
    >>> [window_words(days) for days in (90, 730)]
    ['in the last 3 months', 'in the last 2 years']
    """
    if days is None:
        return "on record"
    if days > 365 and days % 365 == 0:
        return f"in the last {days // 365} years"
    months = round(days / DAYS_A_MONTH)
    if days >= 90 and abs(days - months * DAYS_A_MONTH) <= 2:
        return f"in the last {months} months"
    return f"in the last {days} {'day' if days == 1 else 'days'}"


def duration(days: float) -> str:
    """Return a number of days in the unit in which people would say it.

    Examples
    --------
    >>> [duration(days) for days in (1, 45, 100, 800)]
    ['1 day', '45 days', '3 months', '2 years']
    """
    if days < 90:
        return f"{number(days) if days else '0'} {'day' if days == 1 else 'days'}"
    if days < 730:
        return f"{round(days / DAYS_A_MONTH)} months"
    return f"{round(days / 365.25)} years"


def number(value: float) -> str:
    """Return a number as people would write it; "no" for none."""
    if value == 0:
        return "no"
    return f"{value:,.0f}" if value == round(value) else f"{value:,.1f}"
