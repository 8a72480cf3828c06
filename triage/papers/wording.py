"""Plain words for dates, chances and horizons."""

from __future__ import annotations

import datetime
import itertools
import math
from collections import Counter
from collections.abc import Iterable

from triage.conditions import month_name

__all__ = [
    "NO_EFFECT",
    "SEEN",
    "chance_words",
    "dates_words",
    "effect_words",
    "horizon_words",
    "likely_sentence",
    "number_of",
    "outcome_words",
    "probability_of",
    "sentence",
    "short_date",
]

DAYS_A_MONTH = 365.25 / 12
NO_EFFECT = "no effect"

# In log-odds: a fifth more or less of the odds is "somewhat", twice or half of them "a lot".
SEEN, SOMEWHAT, A_LOT = 0.005, 0.2, math.log(2)


def short_date(date: datetime.date) -> str:
    """Return a date as it stands in a table.

    Examples
    --------
    >>> short_date(datetime.date(2026, 3, 1))
    '1 Mar 2026'
    """
    return f"{date.day} {month_name(date)[:3]} {date.year}"


def dates_words(dates: Iterable[datetime.date], at_most: int = 5) -> str:
    """Return the latest of some dates, the oldest of them first, each year said once.

    Parameters
    ----------
    dates : iterable of date
        A day stands in it as often as there are records of it.
    at_most : int
        How many days are told; the earlier records are counted.

    Examples
    --------
    >>> days = [datetime.date(2025, 8, 30), datetime.date(2025, 3, 4), datetime.date(2024, 6, 9)]
    >>> dates_words(days)
    '9 Jun 2024, 4 Mar, 30 Aug 2025'
    >>> dates_words([*days, days[0]], at_most=2)
    '4 Mar, 30 Aug (2) 2025 and 1 earlier'
    """
    records = Counter(dates)
    days = sorted(records)[-at_most:]
    told = []
    for day, following in itertools.zip_longest(days, days[1:]):
        year = "" if following and following.year == day.year else f" {day.year}"
        times = f" ({records[day]})" if records[day] > 1 else ""
        told.append(f"{day.day} {month_name(day)[:3]}{times}{year}")
    earlier = records.total() - sum(records[day] for day in days)
    return ", ".join(told) + (f" and {earlier} earlier" if earlier else "")


def horizon_words(days: int) -> str:
    """Return a horizon in months where it is nearly that.

    Examples
    --------
    >>> [horizon_words(days) for days in (365, 90, 730, 28)]
    ['12 months', '3 months', '24 months', '28 days']
    """
    months = round(days / DAYS_A_MONTH)
    if days >= 85 and abs(days - months * DAYS_A_MONTH) <= 3:
        return f"{months} months"
    return number_of(days, "day")


def outcome_words(meaning: str, horizon_days: int) -> str:
    """Return what an outcome means with its horizon as people would say it.

    Only where the meaning says it by its days; any other words are the panel's own, and stay.

    Examples
    --------
    >>> outcome_words("an incident of high harm, within 365 days", 365)
    'an incident of high harm, in the next 12 months'
    >>> outcome_words("a crime within the month", 30)
    'a crime within the month'
    """
    return meaning.replace(
        f"within {horizon_days} days", f"in the next {horizon_words(horizon_days)}"
    )


def number_of(count: int, noun: str, plural: str = "") -> str:
    """Return a count with its noun.

    Examples
    --------
    >>> number_of(1, "referral"), number_of(12, "referral")
    ('1 referral', '12 referrals')
    """
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"


def chance_words(probability: float) -> str:
    """Return a probability as so many in a hundred, no finer than it can be known.

    Two chances stand side by side on the page, so both are told out of the same hundred: "3 in
    10" beside "1 in 12" is misread by many.

    Examples
    --------
    >>> [chance_words(p) for p in (0.083, 0.31, 0.33)]
    ['about 8 in 100', 'about 30 in 100', 'about 35 in 100']
    >>> chance_words(0.004), chance_words(0.97)
    ('fewer than 1 in 100', 'more than 95 in 100')

    References
    ----------
    Gigerenzer, G. et al. (2007). Helping doctors and patients make sense of health statistics.
    Psychological Science in the Public Interest 8(2), 53-96.
    """
    hundredths = 100 * probability
    if hundredths < 1:
        return "fewer than 1 in 100"
    if hundredths > 95:
        return "more than 95 in 100"
    shown = round(hundredths) if hundredths < 20 else 5 * round(hundredths / 5)
    return f"about {shown} in 100"


def likely_sentence(probability: float, base_rate: float, outcome_meaning: str) -> str:
    """Return how likely the outcome is, always with its horizon and beside all referrals.

    Parameters
    ----------
    probability, base_rate : float
    outcome_meaning : str
        Names the horizon.

    Examples
    --------
    >>> for told in likely_sentence(0.31, 0.083, "serious harm in 12 months").split(". "):
    ...     print(told)
    Of cases with this picture, about 30 in 100 had serious harm in 12 months
    Of all referrals, about 8 in 100 did.
    """
    return (
        f"Of cases with this picture, {chance_words(probability)} had {outcome_meaning}. "
        f"Of all referrals, {chance_words(base_rate)} did."
    )


def probability_of(log_odds: float) -> float:
    """Return the probability of some log-odds.

    Examples
    --------
    >>> probability_of(0.0)
    0.5
    """
    if log_odds < 0:
        return math.exp(log_odds) / (1 + math.exp(log_odds))
    return 1 / (1 + math.exp(-log_odds))


def effect_words(log_odds: float) -> str:
    """Return whether a step raises or lowers a score, and how much, in plain words.

    Examples
    --------
    >>> [effect_words(step) for step in (0.9, -0.3, 0.05, 0.001)]
    ['raises a lot', 'lowers somewhat', 'raises a little', 'no effect']
    """
    size = abs(log_odds)
    if size < SEEN:
        return NO_EFFECT
    how_much = "a lot" if size >= A_LOT else "somewhat" if size >= SOMEWHAT else "a little"
    return f"{'raises' if log_odds > 0 else 'lowers'} {how_much}"


def sentence(text: str) -> str:
    """Return a phrase with a capital first letter.

    Examples
    --------
    >>> sentence("not known: whether the victim is pregnant")
    'Not known: whether the victim is pregnant'
    """
    return text[:1].upper() + text[1:]
