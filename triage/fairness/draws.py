"""People drawn again, all at once: what any sum over rows might have been."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from triage.learning import Figure, resampled_people, wilson_interval

__all__ = ["Draws", "figure_from", "ratio", "share_apart"]

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]
SHARE = 0.95
ROWS_A_PART = 2_000_000
"""So many numbers are held at a time: 16 MB."""


class Draws:
    """How often each person was drawn, in each of many draws of as many people as there are.

    All rows of a person are drawn together, since what follows two referrals of one person is not
    independent; and every group and measure meets the same draws, so that differences are paired.

    Parameters
    ----------
    person : ndarray of int64, shape (n,)
        Whom each row is about, from 0.
    resamples, seed : int

    References
    ----------
    Efron, B. and Tibshirani, R. (1993). An Introduction to the Bootstrap. (Percentile intervals,
    and drawing clusters whole.)
    """

    def __init__(self, person: Rows, *, resamples: int, seed: int) -> None:
        self.person = person
        n_people = int(person.max(initial=-1)) + 1
        parts = resampled_people(n_people, resamples, seed)
        self._times = np.concatenate([part.astype(np.float32) for part in parts])

    def __len__(self) -> int:
        return len(self._times) - 1

    def sums(self, values: Floats, rows: npt.NDArray[np.bool_] | None = None) -> Floats:
        """Return what columns add up to, as it is and in every draw.

        Parameters
        ----------
        values : ndarray of float64, shape (n, n_columns)
        rows : ndarray of bool, shape (n,), optional
            Only these rows count.

        Returns
        -------
        ndarray of float64, shape (1 + resamples, n_columns)
            As it is first.
        """
        chosen = values if rows is None else values[rows]
        among, codes = np.unique(
            self.person if rows is None else self.person[rows], return_inverse=True
        )
        by_person = np.column_stack(
            [np.bincount(codes, column, minlength=len(among)) for column in chosen.T]
        )
        found = np.empty((len(self._times), by_person.shape[1]))
        step = max(1, ROWS_A_PART // max(len(among), 1))
        for start in range(0, len(found), step):
            times = self._times[start : start + step, among].astype(np.float64)
            found[start : start + step] = times @ by_person
        found[0] = chosen.sum(axis=0)
        return found

    def quantiles(
        self, values: Floats, shares: npt.ArrayLike, rows: npt.NDArray[np.bool_]
    ) -> Floats:
        """Return quantiles of some rows' values, as they are and in every draw.

        Parameters
        ----------
        values : ndarray of float64, shape (n,)
        shares : array_like of float, shape (n_shares,)
        rows : ndarray of bool, shape (n,)

        Returns
        -------
        ndarray of float64, shape (1 + resamples, n_shares)
            The least value that so many of the rows do not exceed; NaN where a draw has no row.
        """
        places = np.flatnonzero(rows)
        order = places[np.argsort(values[places], kind="stable")]
        asked = np.asarray(shares, dtype=np.float64)
        found = np.full((len(self._times), len(asked)), math.nan)
        step = max(1, ROWS_A_PART // max(len(order), 1))
        for start in range(0, len(found), step):
            upto = np.cumsum(self._times[start : start + step, self.person[order]], axis=1)
            total = upto[:, -1:] if len(order) else np.zeros((len(upto), 1))
            for column, share in enumerate(asked.tolist()):
                at = (upto < share * total - 1e-6).sum(axis=1)
                there = total[:, 0] > 0
                found[start : start + step, column][there] = values[
                    order[np.minimum(at[there], len(order) - 1)]
                ]
        return found


def ratio(part: Floats, whole: Floats) -> Floats:
    """Return part / whole, NaN where there is no whole."""
    with np.errstate(divide="ignore", invalid="ignore"):
        found = np.divide(part, whole)
    return np.where(np.isfinite(found), found, np.nan)


def share_apart(own: Floats, others: Floats, people: tuple[int, int]) -> tuple[Figure, Figure]:
    """Return a share of a group, and how far it lies from that of everybody else.

    Parameters
    ----------
    own, others : ndarray of float64, shape (1 + resamples,)
        As they are first.
    people : (int, int)
        How many people each is a share of.

    Notes
    -----
    Where a share is 0 or 1, every draw has it too, as if it could not be otherwise. There the
    interval is Wilson's, over people, and that of the difference Newcombe's of the two.

    References
    ----------
    Newcombe, R. (1998). Interval estimation for the difference between independent proportions.
    Statistics in Medicine 17, 873-890. (Method 10.)
    """
    mine, theirs = (
        _never_certain(figure_from(one), n) for one, n in zip((own, others), people, strict=True)
    )
    values = own[0], others[0]
    if not any(value in (0.0, 1.0) for value in values):
        return mine, figure_from(own - others)
    ends = (mine.value, mine.low, mine.high, theirs.value, theirs.low, theirs.high)
    if any(end is None for end in ends):
        return mine, Figure(value=None)
    p, low, high, q, least, most = np.array(ends, dtype=np.float64).tolist()
    below, above = math.hypot(p - low, most - q), math.hypot(high - p, q - least)
    return mine, Figure(value=p - q, low=p - q - below, high=p - q + above)


def _never_certain(figure: Figure, people: int) -> Figure:
    if figure.value not in (0.0, 1.0) or not people:
        return figure
    low, high = wilson_interval(figure.value * people, people)
    return Figure(value=figure.value, low=low, high=high)


def figure_from(samples: Floats) -> Figure:
    """Return a measure from itself, which comes first, and its draws.

    Without an interval where half the draws or more have no value.
    """
    value, drawn = float(samples[0]), samples[1:]
    drawn = drawn[~np.isnan(drawn)]
    if math.isnan(value):
        return Figure(value=None)
    if 2 * len(drawn) <= len(samples) - 1:
        return Figure(value=value)
    low, high = np.quantile(drawn, [(1 - SHARE) / 2, (1 + SHARE) / 2]).tolist()
    return Figure(value=value, low=low, high=high)
