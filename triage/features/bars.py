"""Bars: where the values of a feature are parted, so that their spread can be counted."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from triage.features.definitions import Feature

__all__ = ["bar_counts", "bar_edges", "bar_places", "bar_words"]

MOST_BARS = 7
HARDLY = 1e-300
"""No number that is measured lies between 0 and this."""

Values = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]


def bar_edges(known: Values, smallest: int) -> list[float]:
    """Return where the bars begin; each has so many values or more, if there are any.

    Parameters
    ----------
    known : ndarray of float64, shape (n,)
        No NaN among them.
    smallest : int

    Returns
    -------
    list of float
        Rising, at most eight. Zero has a bar of its own where it can, since it mostly means that
        nothing is on record. The first bar holds also what is below it.

    Examples
    --------
    >>> bar_edges(np.repeat([0.0, 1.0, 2.0, 9.0], [20, 12, 6, 6]), 10)
    [0.0, 1.0, 2.0]
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
    while len(edges) > 1 and (counts := bar_counts(known, edges)[1:]).min() < smallest:
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


def bar_counts(values: Values, edges: Sequence[float]) -> Counts:
    """Return how many are not known, and then how many lie in each bar, shape (1 + n_edges,).

    Parameters
    ----------
    values : ndarray of float64, shape (n,)
        NaN where not known.
    edges : sequence of float
        See :func:`bar_edges`; with none, whatever is known has no bar.

    Examples
    --------
    >>> bar_counts(np.array([np.nan, 0.0, 3.0, 7.0]), [0.0, 2.0])
    array([1, 1, 2])
    """
    known = values[~np.isnan(values)]
    inside = np.bincount(bar_places(known, edges), minlength=len(edges))
    return np.concatenate([[len(values) - len(known)], inside]).astype(np.int64)


def bar_places(known: Values, edges: Sequence[float]) -> Counts:
    """Return in which bar each value lies, from 0; the first bar holds also what is below it."""
    return np.maximum(np.searchsorted(np.asarray(edges), known, side="right") - 1, 0)


def bar_words(feature: Feature, edges: Sequence[float], pooled: Values) -> list[str]:
    """Return what each bar holds in plain words, given all values that lie in them."""
    known = pooled[~np.isnan(pooled)]
    place, whole = bar_places(known, edges), _whole(known)
    words = []
    for bar, (edge, end) in enumerate(zip(edges, [*edges, math.inf][1:], strict=True)):
        different = np.unique(known[place == bar])
        if feature.is_yes_or_no:
            words.append(" or ".join("yes" if value else "no" for value in different))
        elif len(different) == 1:
            words.append(_said(float(different[0])))
        else:  # the smallest value of all is some person's, and is not told
            words.append(_range_words(edge, end, first=bar == 0 and edge != 0, whole=whole))
    return words


def _range_words(edge: float, end: float, *, first: bool, whole: bool) -> str:
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
