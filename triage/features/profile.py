"""The profile: how much of each feature is known, how it is distributed, whether it drifts.

It is made of people, each of whom counts once, and tells of no group smaller than
:data:`SMALLEST`. What could be found by subtracting what is told is not told either.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.special import chdtri

from triage.features.definitions import Feature, Meaning
from triage.features.matrix import FeatureMatrix

__all__ = ["QUANTILES", "SMALLEST", "Bar", "Drift", "FeatureProfile", "Reading", "Share", "profile"]

SMALLEST = 10
"""A group of fewer people is not told."""

QUANTILES = (0.1, 0.25, 0.5, 0.75, 0.9)
MOST_BARS = 7
UNLIKELY = 0.01
"""How often a drift above its limit is chance alone."""

HARDLY = 1e-300
"""No number that is measured lies between 0 and this."""

SHIFTED, SHIFTED_A_LOT = 0.1, 0.25
"""Population stability index from which a shift is told as one, and as a large one."""

Values = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]
Reading = Literal["chance", "little", "shifted", "shifted_a_lot"]


@dataclass(frozen=True)
class Share:
    """A share of all people, as far as it may be told.

    Parameters
    ----------
    value : float or None
        In whole hundredths; None where telling it would tell of fewer than :data:`SMALLEST`.
    at_least : float or None
        What it is at least, where the value itself is not told. Neither: it is of fewer than
        :data:`SMALLEST` people.
    """

    value: float | None
    at_least: float | None = None

    @property
    def words(self) -> str:
        """The share in plain words.

        Examples
        --------
        >>> Share(0.25).words, Share(None, 0.97).words, Share(None).words
        ('25%', 'at least 97%', 'fewer than 10 people')
        """
        if self.value is not None:
            return f"{self.value:.0%}"
        if self.at_least is not None:
            return f"at least {self.at_least:.0%}"
        return f"fewer than {SMALLEST} people"

    @property
    def least(self) -> float:
        """The length of its bar: the value, or what it is at least, or nothing."""
        return self.value or self.at_least or 0.0


@dataclass(frozen=True)
class Bar:
    """Some values, and the shares of people who have them.

    Parameters
    ----------
    words : str
        The values: ``not known``, ``0``, ``2 to 3``, ``90 or more``, ``yes``.
    share : Share
    earlier : Share or None
        The share at the date compared with.
    """

    words: str
    share: Share
    earlier: Share | None = None


@dataclass(frozen=True)
class Drift:
    """How far the distribution of a feature is from what it was.

    Parameters
    ----------
    psi : float
        The population stability index, 0 or above, of the bars of both dates (before any is
        withheld): Σ (p − q) ln(p / q), where p and q are the shares of people in a bar now and
        then, each counted with half a person more so that neither is 0.
    by_chance : float
        What the index exceeds in 1 of 100 comparisons of groups of these sizes that differ by
        chance alone: (1/n + 1/m) times the 99th percentile of χ² with one degree of freedom
        fewer than there are bars.
    reading : {"chance", "little", "shifted", "shifted_a_lot"}
        Within chance; above it and below 0.1; below 0.25; from there on.
    most : str
        Which values make the most of it, as in "“0” went from 74% to 40%".
    words : str
        What it means, as a plain sentence.

    References
    ----------
    Siddiqi, N. (2006). Credit Risk Scorecards. Wiley. (The index, and 0.1 and 0.25.)
    Yurdakul, B. and Naranjo, J. (2020). Statistical properties of the population stability index.
    Journal of Risk Model Validation 14(4). (How it is distributed where nothing has changed.)
    """

    psi: float
    by_chance: float
    reading: Reading
    most: str
    words: str


@dataclass(frozen=True)
class FeatureProfile:
    """One feature over many people.

    Parameters
    ----------
    feature : Feature
    known, zero : Share
        Of all people: those of whom the value is known, and those of whom it is 0 (or "no").
    quantiles : tuple of float or None
        Of the known values, at :data:`QUANTILES`, to three figures. None where fewer than
        :data:`SMALLEST` people lie on either side, and for what is either yes or no.
    bars : tuple of Bar
        The distribution; not known comes first, where it occurs.
    drift : Drift or None
        None where no other date is compared with.
    """

    feature: Feature
    known: Share
    zero: Share
    quantiles: tuple[float | None, ...]
    bars: tuple[Bar, ...]
    drift: Drift | None

    @property
    def distribution(self) -> str:
        """The bars in words, which is what the drawing says."""
        return "; ".join(f"{bar.words}: {bar.share.words}" for bar in self.bars)


def profile(
    matrix: FeatureMatrix, earlier: FeatureMatrix | None = None
) -> tuple[FeatureProfile, ...]:
    """Return the profile of every feature, in their order.

    Parameters
    ----------
    matrix : FeatureMatrix
        One row a person, at least :data:`SMALLEST`.
    earlier : FeatureMatrix, optional
        The same features of those compared with; one row a person, at least :data:`SMALLEST`.

    Raises
    ------
    ValueError
        There are too few people to tell anything of them.
    """
    if min(len(one) for one in (matrix, earlier) if one is not None) < SMALLEST:
        raise ValueError(f"a profile is made of at least {SMALLEST} people")
    return tuple(
        _of_feature(
            feature,
            matrix.column(feature.name),
            None if earlier is None else earlier.column(feature.name),
        )
        for feature in matrix.features
    )


def _of_feature(feature: Feature, values: Values, earlier: Values | None) -> FeatureProfile:
    pooled = values if earlier is None else np.concatenate([values, earlier])
    edges = _edges(pooled[~np.isnan(pooled)])
    counts = _counts(values, edges)
    shares = _shares(counts)
    before = None if earlier is None else _counts(earlier, edges)
    before_shares = None if before is None else _shares(before)
    words = ("not known", *_words(feature, edges, pooled))
    bars = tuple(
        Bar(words[place], shares[place], None if before_shares is None else before_shares[place])
        for place in range(len(words))
        if place or counts[0] or (before is not None and before[0])
    )
    return FeatureProfile(
        feature=feature,
        known=_known(counts, shares),
        zero=_zero(values, edges, shares),
        quantiles=_quantiles(feature, values[~np.isnan(values)]),
        bars=bars,
        drift=None if before is None or before_shares is None else _drift(counts, before, words),
    )


def _edges(known: Values) -> list[float]:
    """Return where the bars begin; each has :data:`SMALLEST` values or more, if there are any.

    Zero has a bar of its own where it can, since it mostly means that nothing is on record.
    """
    different = np.unique(known)
    if not len(different):
        return []
    if len(different) <= MOST_BARS:
        edges = [float(value) for value in different]
    else:
        others = known[known != 0]
        at = np.quantile(others, np.arange(MOST_BARS - 1) / (MOST_BARS - 1), method="inverted_cdf")
        edges = [float(f"{edge:.2g}") for edge in at]
        if len(others) < len(known):
            edges = (
                [edge for edge in edges if edge < 0]
                + [0.0, _after_zero(known)]
                + [edge for edge in edges if edge > _after_zero(known)]
            )
        edges = sorted(set(edges))
    while len(edges) > 1 and (counts := _counts(known, edges)[1:]).min() < SMALLEST:
        del edges[_needless(edges, counts)]
    return edges


def _after_zero(known: Values) -> float:
    return 1.0 if _whole(known) else float(np.nextafter(0.0, 1.0))


def _whole(known: Values) -> bool:
    return bool(np.all(known == np.rint(known)))


def _needless(edges: Sequence[float], counts: Counts) -> int:
    """Return the edge between the smallest bar and its smaller neighbour, zero's bar last."""
    smallest = int(np.argmin(counts))
    neighbours = [place for place in (smallest - 1, smallest + 1) if 0 <= place < len(edges)]
    joined = min(neighbours, key=lambda place: (edges[place] == 0, counts[place]))
    return max(smallest, joined)


def _counts(values: Values, edges: Sequence[float]) -> Counts:
    """Return how many are not known, and how many lie in each bar."""
    known = values[~np.isnan(values)]
    inside = np.bincount(_places(known, edges), minlength=len(edges))
    return np.concatenate([[len(values) - len(known)], inside]).astype(np.int64)


def _places(known: Values, edges: Sequence[float]) -> Counts:
    """Return in which bar each value lies; the first bar holds also what is below it."""
    return np.maximum(np.searchsorted(np.asarray(edges), known, side="right") - 1, 0)


def _words(feature: Feature, edges: Sequence[float], pooled: Values) -> list[str]:
    known = pooled[~np.isnan(pooled)]
    place, whole = _places(known, edges), _whole(known)
    words = []
    for bar, (edge, end) in enumerate(zip(edges, [*edges, math.inf][1:], strict=True)):
        different = np.unique(known[place == bar])
        if isinstance(feature.meaning, Meaning):
            words.append(" or ".join("yes" if value else "no" for value in different))
        elif len(different) == 1:
            words.append(_said(float(different[0])))
        else:  # the smallest value of all is some person's, and is not told
            words.append(_bar_words(edge, end, first=bar == 0 and edge != 0, whole=whole))
    return words


def _bar_words(edge: float, end: float, *, first: bool, whole: bool) -> str:
    if first and math.isinf(end):
        return "any value"
    if first:
        return f"{_said(end - 1)} or fewer" if whole else f"under {_said(end)}"
    start = "above 0" if 0 < edge < HARDLY else _said(edge)
    if math.isinf(end):
        return start if start == "above 0" else f"{start} or more"
    return f"{start} to {_said(end - 1)}" if whole else f"{start} to under {_said(end)}"


def _said(value: float) -> str:
    return f"{value:,.0f}" if value == round(value) else f"{value:,.3g}"


def _shares(counts: Counts) -> list[Share]:
    """Return the share of each count, withholding what tells of a small group.

    Where all that is withheld adds up to a small group, or is one alone, the largest other
    is told as "at least" so that nobody can subtract.
    """
    people = int(counts.sum())
    small = (counts > 0) & (counts < SMALLEST)
    blurred = -1
    if small.any() and (small.sum() == 1 or counts[small].sum() < SMALLEST):
        blurred = int(np.argmax(counts))
    least = int(counts[blurred] + counts[small].sum() - (SMALLEST - 1) * small.sum())
    return [
        Share(None, 100 * max(least, SMALLEST) // people / 100)
        if place == blurred
        else Share(None)
        if small[place]
        else Share(_hundredths(count, people))
        for place, count in enumerate(counts.tolist())
    ]


def _hundredths(count: int, people: int) -> float:
    """Return a share in whole hundredths, that is 0 or 1 only where it is nobody or everybody."""
    if count in (0, people):
        return count / people
    return min(max(round(count / people, 2), 0.01), 0.99)


def _known(counts: Counts, shares: Sequence[Share]) -> Share:
    people, unknown = int(counts.sum()), int(counts[0])
    if 0 < people - unknown < SMALLEST:
        return Share(None)
    if shares[0].value is not None:
        return Share(_hundredths(people - unknown, people))
    if 0 < unknown < SMALLEST:
        return Share(None, 100 * (people - SMALLEST + 1) // people / 100)
    return Share(None, sum(share.least for share in shares[1:]))


def _zero(values: Values, edges: Sequence[float], shares: Sequence[Share]) -> Share:
    """Return the share of zeros: that of their bar, or, where they share one, about how much."""
    zeros, people = int(np.sum(values == 0)), len(values)
    if zeros == 0:
        return Share(0.0)
    if zeros < SMALLEST:
        return Share(None)
    if 0.0 in edges:
        place = list(edges).index(0.0)
        if _counts(values, edges)[place + 1] == zeros:
            return shares[place + 1]
    return Share(None, 20 * zeros // people / 20)


def _quantiles(feature: Feature, known: Values) -> tuple[float | None, ...]:
    if not len(known) or isinstance(feature.meaning, Meaning):
        return (None,) * len(QUANTILES)
    found = np.quantile(known, QUANTILES, method="inverted_cdf")
    return tuple(
        float(f"{value:.3g}")
        if min(np.sum(known <= value), np.sum(known >= value)) >= SMALLEST
        else None
        for value in found.tolist()
    )


def _drift(counts: Counts, before: Counts, words: Sequence[str]) -> Drift:
    used = np.flatnonzero(counts + before)
    now, then = counts[used], before[used]
    n, m, bars = int(now.sum()), int(then.sum()), len(used)
    p, q = (now + 0.5) / (n + bars / 2), (then + 0.5) / (m + bars / 2)
    parts = (p - q) * np.log(p / q)
    psi = float(parts.sum())
    by_chance = float((1 / n + 1 / m) * chdtri(bars - 1, UNLIKELY)) if bars > 1 else 0.0
    reading = _reading(psi, by_chance)
    place = int(used[np.argmax(parts)])
    went = f"from {_shares(before)[place].words} to {_shares(counts)[place].words}"
    most = f"“{words[place]}” went {went}"
    return Drift(round(psi, 3), round(by_chance, 3), reading, most, _sentence(reading, most))


def _reading(psi: float, by_chance: float) -> Reading:
    if psi <= by_chance:
        return "chance"
    if psi < SHIFTED:
        return "little"
    return "shifted" if psi < SHIFTED_A_LOT else "shifted_a_lot"


def _sentence(reading: Reading, most: str) -> str:
    if reading == "chance":
        return "As before: no more different than chance alone would make it."
    opening = {
        "little": "A little different, by more than chance",
        "shifted": "Shifted: find out why before relying on it",
        "shifted_a_lot": "Shifted a lot: find out why before relying on it",
    }[reading]
    return f"{opening}. Most of it: {most}."
