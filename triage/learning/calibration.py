"""A straight line on the log-odds that turns scores into probabilities one may believe."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq
from scipy.special import expit

__all__ = [
    "UNCALIBRATED",
    "Calibration",
    "calibrate",
    "fit_intercepts",
    "fit_line",
    "fit_lines",
    "match_mean",
]

Floats = npt.NDArray[np.float64]
LOWEST_SLOPE = 0.01
SLOPE_PRIOR = 0.5
STEPS = 100
SETTLED = 1e-10
SETTLED_RESAMPLES = 1e-8
ROUNDING = 1e-14
FLAT = 1e-14
HALVINGS = 20


@dataclass(frozen=True)
class Calibration:
    """Calibrated log-odds = ``slope`` · base log-odds + ``intercept``.

    Parameters
    ----------
    slope : float
        Above 0, so that the order of scores, and the shares of their reasons, stay.
    intercept : float
    rows : int
        How many forward predictions the line was fitted on; 0 where there were none.
    """

    slope: float
    intercept: float
    rows: int = 0

    def __call__(self, log_odds: Floats) -> Floats:
        """Return calibrated log-odds."""
        return self.slope * log_odds + self.intercept


UNCALIBRATED = Calibration(1.0, 0.0)
"""The line that changes nothing."""


def calibrate(log_odds: Floats, y: Floats) -> Calibration:
    """Return the line that fits these predictions best, with a slope above 0.

    Parameters
    ----------
    log_odds : ndarray of float64, shape (n,)
        Predictions of rows that the model did not learn from.
    y : ndarray of float64, shape (n,)
        0 or 1, both present.

    Notes
    -----
    Platt's method with his targets (n₊ + 1)/(n₊ + 2) and 1/(n₋ + 2), which keep few rows from
    making the line too steep, and a normal prior on the slope (mean 1, standard deviation 0.5),
    which keeps few rows from bending it far: with many rows neither is felt. Where the best slope
    would be below 0.01, it is 0.01.

    References
    ----------
    Platt, J. (1999). Probabilistic outputs for support vector machines and comparisons to
    regularized likelihood methods.
    """
    positives = float(y.sum())
    negatives = len(y) - positives
    target = np.where(y > 0, (positives + 1) / (positives + 2), 1 / (negatives + 2))
    slope, intercept = fit_line(log_odds, target, prior=SLOPE_PRIOR)
    if not slope >= LOWEST_SLOPE:
        slope = LOWEST_SLOPE
        intercept = match_mean(slope * log_odds, float(target.mean()))
    return Calibration(slope, intercept, len(y))


def fit_line(
    x: Floats, target: Floats, *, prior: float = np.inf, weight: Floats | None = None
) -> tuple[float, float]:
    """Return the slope and intercept of the logistic regression of ``target`` on ``x``.

    Parameters
    ----------
    x, target : ndarray of float64, shape (n,)
        Targets lie within [0, 1].
    prior : float
        Standard deviation of a normal prior of the slope around 1; infinite for none.
    weight : ndarray of float64, shape (n,), optional
        How much each row counts; by default all the same.

    Returns
    -------
    slope, intercept : float
        NaN where no line is best, as when ``x`` parts the targets without error or is constant.
    """
    spread, centre = float(x.std()), float(x.mean())
    if not spread > 0:
        return float("nan"), float("nan")
    design = np.column_stack([(x - centre) / spread, np.ones(len(x))])
    pull = 1 / (prior * prior * len(x) * spread * spread)
    counts = np.ones(len(x)) if weight is None else weight / weight.mean()
    mean = float((counts * target).mean())
    line = np.array([0.0, np.log(mean / (1 - mean))])
    for _ in range(STEPS):
        expected = expit(design @ line)
        slopes = design.T @ (counts * (expected - target)) / len(x)
        slopes[0] += pull * (line[0] - spread)
        if np.abs(slopes).max() < SETTLED:
            slope = float(line[0]) / spread
            return slope, float(line[1]) - slope * centre
        curve = (design.T * (counts * expected * (1 - expected))) @ design / len(x)
        curve[0, 0] += pull
        if not np.linalg.det(curve) > FLAT:
            break
        move = np.linalg.solve(curve, slopes)
        start = _loss(design, target, counts, line, pull, spread) + ROUNDING
        for _ in range(HALVINGS):
            if _loss(design, target, counts, line - move, pull, spread) <= start:
                break
            move = move / 2
        line = line - move
    return float("nan"), float("nan")


def _loss(
    design: Floats, target: Floats, counts: Floats, line: Floats, pull: float, spread: float
) -> float:
    scores = design @ line
    loss = (counts * (np.logaddexp(0.0, scores) - target * scores)).mean()
    return float(loss + pull / 2 * (line[0] - spread) ** 2)


def fit_lines(x: Floats, target: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Return the slopes and intercepts of many logistic regressions that differ in weights alone.

    Parameters
    ----------
    x, target : ndarray of float64, shape (n,)
    weights : ndarray of float64, shape (n_lines, n)
        How much each row counts, 0 or more.

    Returns
    -------
    slopes, intercepts : ndarray of float64, shape (n_lines,)
        NaN where no line is best (see :func:`fit_line`).

    Notes
    -----
    Newton's method on all at once, from the line that is best where all rows count alike; steps are
    shortened where the slope would move by more than 1 spread.
    """
    slope, intercept = fit_line(x, target)
    lines = np.full((len(weights), 2), np.nan)
    if np.isnan(slope):
        return lines[:, 0], lines[:, 1]
    spread, centre = float(x.std()), float(x.mean())
    z = (x - centre) / spread
    lines[:] = slope * spread, intercept + slope * centre
    mass = weights.sum(axis=1)
    settled = np.zeros(len(weights), dtype=bool)
    for _ in range(STEPS):
        expected = expit(lines[:, :1] * z + lines[:, 1:])
        pulls = weights * (expected - target)
        first, second = pulls @ z / mass, pulls.sum(axis=1) / mass
        settled = (np.abs(first) < SETTLED_RESAMPLES) & (np.abs(second) < SETTLED_RESAMPLES)
        if settled.all():
            break
        curve = weights * (expected * (1 - expected))
        a, b, c = curve @ (z * z) / mass, curve @ z / mass, curve.sum(axis=1) / mass
        with np.errstate(invalid="ignore", divide="ignore"):
            step = np.stack([c * first - b * second, a * second - b * first]) / (a * c - b * b)
        lines = lines - np.clip(np.nan_to_num(step.T), -1, 1)
    lines[~settled] = np.nan
    slopes = lines[:, 0] / spread
    return slopes, lines[:, 1] - slopes * centre


def fit_intercepts(x: Floats, target: Floats, weights: Floats) -> Floats:
    """Return the intercepts under which the mean of expit(x + intercept) is that of the targets.

    Parameters
    ----------
    x, target : ndarray of float64, shape (n,)
    weights : ndarray of float64, shape (n_lines, n)

    Returns
    -------
    ndarray of float64, shape (n_lines,)
        NaN where all targets that count are 0, or 1.
    """
    mass = weights.sum(axis=1)
    mean = weights @ target / mass
    found = np.zeros(len(weights))
    for _ in range(STEPS):
        said = expit(x + found[:, None])
        rate = (weights * (said * (1 - said))).sum(axis=1) / mass
        short = mean - (weights * said).sum(axis=1) / mass
        if np.abs(short).max() < SETTLED_RESAMPLES:
            break
        with np.errstate(invalid="ignore", divide="ignore"):
            found = found + np.clip(np.nan_to_num(short / rate), -1, 1)
    return np.where((mean > 0) & (mean < 1), found, np.nan)


def match_mean(x: Floats, mean: float) -> float:
    """Return the intercept under which the mean of expit(x + intercept) is ``mean``.

    Parameters
    ----------
    x : ndarray of float64, shape (n,)
    mean : float
        Above 0 and below 1.
    """
    reach = float(np.abs(x).max()) + abs(float(np.log(mean / (1 - mean)))) + 1

    def excess(intercept: float) -> float:
        return float(expit(x + intercept).mean()) - mean

    return float(brentq(excess, -reach, reach, xtol=1e-13))
