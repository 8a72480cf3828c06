"""How far what comes in now is from what was, with intervals, and what level that reaches."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import norm

from triage.errors import Alert
from triage.learning.forecasts import wilson_interval
from triage.learning.panels import HIGH, LOW, Measured, resampled_people
from triage.learning.resampling import Figure
from triage.workspace import Levels

__all__ = [
    "Drawn",
    "Reading",
    "distance",
    "level_of",
    "share_between",
    "share_shift",
    "shift",
    "times",
    "times_more",
]

Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]
NONE_SEEN = 3.689
"""Where nothing was seen, the mean of a Poisson count is below this with 97.5%."""


@dataclass(frozen=True)
class Reading:
    """One measure of one subject, and what it calls for.

    Parameters
    ----------
    measure : str
        As in ``monitor`` of ``configs/panel.yaml``; beside these, ``retest`` and ``champion``.
    subject : str
    then, now : str
        In words: what was, and what is.
    found : Measured
        How far the two are apart, in the measure's own unit; NaN where it cannot be told.
    alert : Alert
    sure : bool
        Whether there is enough to tell; where there is not, nothing is called out.
    told : str
        A plain sentence.
    """

    measure: str
    subject: str
    then: str
    now: str
    found: Measured
    alert: Alert
    sure: bool
    told: str

    @property
    def level(self) -> str:
        """``nothing``, ``look``, ``retest``, ``stop``, or ``too few to tell``."""
        return self.alert.word if self.sure or self.alert else "too few to tell"


class Drawn:
    """People of now, drawn again: how often each of them is in every draw.

    Parameters
    ----------
    person : ndarray of int, shape (n,)
        Whom each row is about.
    resamples, seed : int
    """

    def __init__(self, person: npt.NDArray[np.integer], *, resamples: int, seed: int) -> None:
        self.person = np.unique(person, return_inverse=True)[1]
        self.n_people = int(self.person.max(initial=-1)) + 1
        self.seed = seed
        drawn = resampled_people(self.n_people, resamples, seed) if self.n_people else ()
        self._times = np.concatenate([part.astype(np.float32) for part in drawn] or [_NOBODY])

    def counts(self, codes: Counts, n_codes: int) -> Floats:
        """Return how many rows have each code, and in every draw, shape (1 + draws, n_codes)."""
        places = self.person * n_codes + codes
        each = np.bincount(places, minlength=self.n_people * n_codes)
        return np.asarray(
            self._times @ each.reshape(self.n_people, n_codes).astype(np.float32), dtype=np.float64
        )


_NOBODY = np.zeros((1, 0), dtype=np.float32)


def shift(now: Floats, then: Floats, *, effective: float, seed: int) -> Measured:
    """Return the population stability index, less what chance alone makes of it.

    Parameters
    ----------
    now : ndarray of float64, shape (1 + draws, n_bars)
        Rows in each bar, and in draws of people (see :class:`Drawn`).
    then : ndarray of float64, shape (n_bars,)
    effective : float
        How many people with one row each the rows of then are worth; they are drawn again too.
    seed : int

    Returns
    -------
    Measured
        0 or above. NaN where there are no rows.

    Notes
    -----
    Σ (p − q) ln(p / q), with half a row more in each bar. Its mean is above 0 where nothing has
    changed, by as much as draws exceed what was drawn from: value and interval are reflected
    (2 θ − draws), which takes that away.

    References
    ----------
    Siddiqi, N. (2006). Credit Risk Scorecards. Wiley. Davison, A. and Hinkley, D. (1997).
    Bootstrap Methods and their Application, section 5.2. (The basic interval.)
    """
    if not now[0].sum() or not then.sum():
        return Measured(math.nan, math.nan, math.nan)
    people = max(1, round(effective))
    again = np.random.default_rng([seed, 1]).multinomial(
        people, then / then.sum(), size=len(now) - 1
    )
    was = then / then.sum() * people
    found = float(_index(now[0], was))
    drawn = _index(now[1:], again.astype(np.float64))
    low, high = np.quantile(drawn, [LOW, HIGH])
    ends = (2 * found - drawn.mean(), 2 * found - high, 2 * found - low)
    return Measured(*(max(0.0, float(end)) for end in ends))


def _index(now: Floats, then: Floats) -> Floats:
    half = now.shape[-1] / 2
    p = (now + 0.5) / (now.sum(axis=-1, keepdims=True) + half)
    q = (then + 0.5) / (then.sum(axis=-1, keepdims=True) + half)
    return np.asarray(((p - q) * np.log(p / q)).sum(axis=-1))


def share_between(part: float, whole: float, effective: float) -> Measured:
    """Return a share with Wilson's interval, of as many rows as there are people in effect."""
    if not whole or not effective:
        return Measured(math.nan, math.nan, math.nan)
    low, high = wilson_interval(part / whole * effective, effective)
    return Measured(part / whole, low, high)


def share_shift(now: Measured, then: Measured) -> Measured:
    """Return one share less another, each from people of its own.

    Examples
    --------
    >>> found = share_shift(share_between(30, 100, 100), share_between(10, 100, 100))
    >>> round(found.value, 2), round(found.low, 2), round(found.high, 2)
    (0.2, 0.09, 0.31)

    References
    ----------
    Newcombe, R. (1998). Interval estimation for the difference between independent proportions.
    Statistics in Medicine 17, 873-890. (Method 10.)
    """
    value = now.value - then.value
    below = math.hypot(now.value - now.low, then.high - then.value)
    above = math.hypot(now.high - now.value, then.value - then.low)
    return Measured(value, value - below, value + above)


def distance(found: Measured, target: float) -> Measured:
    """Return how far a measure is from where it should be, whichever way.

    Examples
    --------
    >>> distance(Measured(0.5, 0.25, 1.25), 1.0)
    Measured(value=0.5, low=0.0, high=0.75)
    """
    ends = sorted((abs(found.low - target), abs(found.high - target)))
    low = 0.0 if found.low <= target <= found.high else ends[0]
    return Measured(abs(found.value - target), low, ends[1])


def times(found: Measured) -> Measured:
    """Return how many times more or fewer a ratio says, 1 where it may be neither.

    Examples
    --------
    >>> times(Measured(0.5, 0.25, 0.8))
    Measured(value=2.0, low=1.25, high=4.0)
    """
    ends = (max(end, 1 / end) if end > 0 else math.inf for end in (found.low, found.high))
    low, high = sorted(ends)
    value = max(found.value, 1 / found.value) if found.value > 0 else math.inf
    return Measured(value, 1.0 if found.low <= 1 <= found.high else low, high)


def times_more(now: int, then: int, *, effective_now: float, effective_then: float) -> Measured:
    """Return how many records there are for each that there was, from counts of events of people.

    Parameters
    ----------
    now, then : int
    effective_now, effective_then : float
        How many people with one record each these are worth.

    Notes
    -----
    A normal interval of the logarithm; of none, what a Poisson count may be of which none was seen.

    Examples
    --------
    >>> found = times_more(0, 200, effective_now=0, effective_then=100)
    >>> found.value, round(found.high, 3)
    (0.0, 0.037)
    """
    if not now and not then:
        return Measured(math.nan, math.nan, math.nan)
    if not now or not then:
        many, worth = (then, effective_then) if then else (now, effective_now)
        most = NONE_SEEN * many / worth / many
        return Measured(0.0, 0.0, most) if then else Measured(math.inf, 1 / most, math.inf)
    ratio = now / then
    wide = math.exp(float(norm.ppf(HIGH)) * math.sqrt(1 / effective_now + 1 / effective_then))
    return Measured(ratio, ratio / wide, ratio * wide)


def level_of(found: Measured | Figure, levels: Levels, *, enough: bool) -> tuple[Alert, bool]:
    """Return what a distance calls for, and whether there is enough to tell.

    Parameters
    ----------
    found : Measured
        A distance: the low end decides.
    levels : Levels
    enough : bool
        Whether there are enough people at all.

    Examples
    --------
    >>> levels = Levels(look=0.1, retest=0.3)
    >>> level_of(Measured(0.5, 0.2, 0.8), levels, enough=True)
    (<Alert.LOOK: 20>, True)
    >>> level_of(Measured(0.5, 0.05, 0.9), levels, enough=True)
    (<Alert.NOTHING: 0>, False)
    >>> level_of(Measured(0.02, 0.0, 0.05), levels, enough=True)
    (<Alert.NOTHING: 0>, True)
    """
    if not enough or found.value is None or found.low is None or math.isnan(found.value):
        return Alert.NOTHING, False
    reached = [alert for alert, limit in levels.limits if found.low >= limit]
    if reached:
        return reached[-1], True
    return Alert.NOTHING, found.value < levels.limits[0][1]
