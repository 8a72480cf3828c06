"""Intervals by drawing people again: what might have been measured had others been referred."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from triage.learning.panels import resampled_people
from triage.workspace import Strict

__all__ = ["Figure", "Resamples"]

Floats = npt.NDArray[np.float64]
DRAWS = 500
SHARE = 0.95


class Figure(Strict):
    """A number that was measured, with the interval around it.

    Parameters
    ----------
    value : float or None
        None where there is none, as a share of nothing.
    low, high : float or None
        Ends of an interval of 95%; None where none could be made.
    """

    value: float | None
    low: float | None = None
    high: float | None = None


class Resamples:
    """How often each person was drawn, in each of many draws of as many people as there are.

    All rows of a person are drawn together, since they are not independent. Two shares that are
    made from one object are compared on the same draws: their difference is paired.

    Parameters
    ----------
    person : ndarray of int, shape (n,)
        Whom each row is about.
    seed : int
    draws : int

    References
    ----------
    Efron, B. and Tibshirani, R. (1993). An Introduction to the Bootstrap. (Percentile intervals,
    and drawing clusters whole.)
    """

    def __init__(self, person: npt.NDArray[np.int32], *, seed: int, draws: int = DRAWS) -> None:
        _, self._person = np.unique(person, return_inverse=True)
        self._n_people = int(self._person.max(initial=-1)) + 1
        drawn = [part.astype(np.float32) for part in resampled_people(self._n_people, draws, seed)]
        self._times = np.concatenate(drawn[1:])

    def share(self, part: Floats, whole: Floats) -> Figure:
        """Return Σ part / Σ whole, with its interval.

        Parameters
        ----------
        part, whole : ndarray of float64, shape (n,)
        """
        return _figure(_ratio(part.sum(), whole.sum()), self._ratios(part, whole))

    def difference(self, one: tuple[Floats, Floats], other: tuple[Floats, Floats]) -> Figure:
        """Return one share less another on the same draws, each given as (part, whole)."""
        value = _ratio(one[0].sum(), one[1].sum()) - _ratio(other[0].sum(), other[1].sum())
        return _figure(value, self._ratios(*one) - self._ratios(*other))

    def _ratios(self, part: Floats, whole: Floats) -> Floats:
        return _ratio(self._totals(part), self._totals(whole))

    def _totals(self, values: Floats) -> Floats:
        by_person = np.bincount(self._person, values, minlength=self._n_people)
        return np.asarray(self._times @ by_person)


def _ratio(part: Floats | float, whole: Floats | float) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.divide(part, whole))


def _figure(value: Floats, draws: Floats) -> Figure:
    drawn = draws[np.isfinite(draws)]
    if not math.isfinite(float(value)):
        return Figure(value=None)
    if len(drawn) < len(draws) / 2:
        return Figure(value=float(value))
    low, high = np.quantile(drawn, [(1 - SHARE) / 2, (1 + SHARE) / 2]).tolist()
    return Figure(value=float(value), low=low, high=high)
