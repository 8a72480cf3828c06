"""The profile: how much of each feature is known, how it is distributed, whether it drifts.

It is made of people, each of whom counts once, and tells of no small group.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.special import chdtri

from triage.fairness.small_cells import Share, share_of, shares_of
from triage.features import Feature, FeatureMatrix, bar_counts, bar_edges, bar_words

__all__ = ["QUANTILES", "Bar", "Drift", "FeatureProfile", "Reading", "profile"]

QUANTILES = (0.1, 0.25, 0.5, 0.75, 0.9)
UNLIKELY = 0.01
"""How often a drift above its limit is chance alone."""

SHIFTED, SHIFTED_A_LOT = 0.1, 0.25
"""Population stability index from which a shift is told as one, and as a large one."""

Values = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]
Reading = Literal["chance", "little", "shifted", "shifted_a_lot"]


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
        Of the known values, at :data:`QUANTILES`, to three figures. None where few
        people lie on either side, and for what is either yes or no.
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
    matrix: FeatureMatrix, earlier: FeatureMatrix | None = None, *, smallest: int
) -> tuple[FeatureProfile, ...]:
    """Return the profile of every feature, in their order.

    Parameters
    ----------
    matrix : FeatureMatrix
        One row a person.
    earlier : FeatureMatrix, optional
        The same features of those compared with; one row a person.
    smallest : int
        Nothing is told of fewer people, and there must be as many on both dates.

    Raises
    ------
    ValueError
        There are too few people to tell anything of them.
    """
    if min(len(one) for one in (matrix, earlier) if one is not None) < smallest:
        raise ValueError(f"a profile is made of at least {smallest} people")
    return tuple(
        _of_feature(
            feature,
            matrix.column(feature.name),
            None if earlier is None else earlier.column(feature.name),
            smallest,
        )
        for feature in matrix.features
    )


def _of_feature(
    feature: Feature, values: Values, earlier: Values | None, smallest: int
) -> FeatureProfile:
    pooled = values if earlier is None else np.concatenate([values, earlier])
    edges = bar_edges(pooled[~np.isnan(pooled)], smallest)
    counts = bar_counts(values, edges)
    shares = shares_of(counts, smallest)
    before = None if earlier is None else bar_counts(earlier, edges)
    before_shares = None if before is None else shares_of(before, smallest)
    words = ("not known", *bar_words(feature, edges, pooled))
    bars = tuple(
        Bar(words[place], shares[place], None if before_shares is None else before_shares[place])
        for place in range(len(words))
        if place or counts[0] or (before is not None and before[0])
    )
    return FeatureProfile(
        feature=feature,
        known=_known(counts, shares, smallest),
        zero=_zero(values, edges, shares, smallest),
        quantiles=_quantiles(feature, values[~np.isnan(values)], smallest),
        bars=bars,
        drift=None
        if before is None or before_shares is None
        else _drift(counts, before, words, smallest),
    )


def _known(counts: Counts, shares: Sequence[Share], smallest: int) -> Share:
    people, unknown = int(counts.sum()), int(counts[0])
    if 0 < people - unknown < smallest:
        return Share(None, smallest=smallest)
    if shares[0].value is not None:
        return share_of(people - unknown, people)
    if 0 < unknown < smallest:
        return Share(None, 100 * (people - smallest + 1) // people / 100)
    return Share(None, sum(share.least for share in shares[1:]))


def _zero(values: Values, edges: Sequence[float], shares: Sequence[Share], smallest: int) -> Share:
    """Return the share of zeros: that of their bar, or, where they share one, about how much."""
    zeros, people = int(np.sum(values == 0)), len(values)
    if zeros == 0:
        return Share(0.0)
    if zeros < smallest:
        return Share(None, smallest=smallest)
    if 0.0 in edges:
        place = list(edges).index(0.0)
        if bar_counts(values, edges)[place + 1] == zeros:
            return shares[place + 1]
    return Share(None, 20 * zeros // people / 20)


def _quantiles(feature: Feature, known: Values, smallest: int) -> tuple[float | None, ...]:
    if not len(known) or feature.is_yes_or_no:
        return (None,) * len(QUANTILES)
    found = np.quantile(known, QUANTILES, method="inverted_cdf")
    return tuple(
        float(f"{value:.3g}")
        if min(np.sum(known <= value), np.sum(known >= value)) >= smallest
        else None
        for value in found.tolist()
    )


def _drift(counts: Counts, before: Counts, words: Sequence[str], smallest: int) -> Drift:
    used = np.flatnonzero(counts + before)
    now, then = counts[used], before[used]
    n, m, bars = int(now.sum()), int(then.sum()), len(used)
    p, q = (now + 0.5) / (n + bars / 2), (then + 0.5) / (m + bars / 2)
    parts = (p - q) * np.log(p / q)
    psi = float(parts.sum())
    by_chance = float((1 / n + 1 / m) * chdtri(bars - 1, UNLIKELY)) if bars > 1 else 0.0
    reading = _reading(psi, by_chance)
    place = int(used[np.argmax(parts)])
    then_words, now_words = (shares_of(one, smallest)[place].words for one in (before, counts))
    went = f"from {then_words} to {now_words}"
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
