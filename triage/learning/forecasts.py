"""How good scores are over everyone, and probabilities as probabilities, with intervals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import expit
from scipy.stats import norm

from triage.learning.calibration import fit_line
from triage.learning.panels import HIGH, Heard, Measured, measured, resampled_people

__all__ = ["Bin", "Calibrated", "brier_parts", "calibrated", "measure_forecast", "measure_order"]

Floats = npt.NDArray[np.float64]
BINS = 10
SMALLEST_PROBABILITY = 1e-15


@dataclass(frozen=True)
class Bin:
    """Those whose probabilities were alike.

    Parameters
    ----------
    people : int
    expected : float
        Their mean probability.
    observed : Measured
        The share to whom the outcome came.
    """

    people: int
    expected: float
    observed: Measured


@dataclass(frozen=True)
class Calibrated:
    """Whether what was said came true as often as was said.

    Parameters
    ----------
    slope : Measured
        Of the outcome on log-odds: 1 is right, below 1 too extreme, above 1 too timid.
    intercept : Measured
        At a slope of 1: 0 is right, below 0 the probabilities are too high, above 0 too low.
    bins : tuple of Bin
        From low probabilities to high ones.
    """

    slope: Measured
    intercept: Measured
    bins: tuple[Bin, ...]


def measure_order(
    scores: Mapping[str, Floats], heard: Heard, *, resamples: int, seed: int
) -> Mapping[str, Mapping[str, Floats]]:
    """Return the AUC and the average precision over all lists together, and their resamples.

    Parameters
    ----------
    scores : mapping of str to ndarray of float64, shape (n,)
        By ranker.
    heard : Heard, shape (n,)
    resamples, seed : int

    Returns
    -------
    mapping of str to mapping of str to ndarray of float64, shape (1 + resamples,)
        By ranker: ``auc`` and ``average_precision``.

    Notes
    -----
    Ties count half in the AUC. Those who tie share one precision, that at the end of the tie.
    """
    known = np.flatnonzero(heard.weight > 0)
    y, weight, person = heard.y[known], heard.weight[known], heard.person[known]
    orders = {name: np.argsort(-given[known], kind="stable") for name, given in scores.items()}
    found: dict[str, list[tuple[Floats, Floats]]] = {name: [] for name in scores}
    for drawn in resampled_people(heard.n_people, resamples, seed):
        for name, order in orders.items():
            counts = drawn[:, person[order]] * weight[order]
            tied = np.flatnonzero(np.diff(scores[name][known][order], prepend=np.inf) != 0)
            with_it = np.add.reduceat(counts * y[order], tied, axis=1)
            everyone = np.add.reduceat(counts, tied, axis=1)
            found[name].append(_order(with_it, everyone))
    return {
        name: {
            "auc": np.concatenate([auc for auc, _ in parts]),
            "average_precision": np.concatenate([precision for _, precision in parts]),
        }
        for name, parts in found.items()
    }


def _order(with_it: Floats, everyone: Floats) -> tuple[Floats, Floats]:
    without = everyone - with_it
    positives, negatives = with_it.sum(axis=1), without.sum(axis=1)
    below = negatives[:, None] - np.cumsum(without, axis=1)
    auc = (with_it * (below + without / 2)).sum(axis=1)
    upto, all_upto = np.cumsum(with_it, axis=1), np.cumsum(everyone, axis=1)
    precision = np.divide(upto, all_upto, out=np.zeros_like(upto), where=all_upto > 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return (
            np.where(positives * negatives > 0, auc / (positives * negatives), np.nan),
            np.where(positives > 0, (with_it * precision).sum(axis=1) / positives, np.nan),
        )


def brier_parts(probability: Floats, y: Floats, weight: Floats) -> dict[str, float]:
    """Return the Brier score and what it is made of.

    Parameters
    ----------
    probability, y, weight : ndarray of float64, shape (n,)

    Returns
    -------
    dict of str to float
        ``brier`` = ``reliability`` − ``resolution`` + ``uncertainty`` + ``within_bins``, the last
        being what the ten bins of like probability hide. Reliability is 0 where what is said
        comes true as often as said; resolution is 0 where everyone is told the same.

    References
    ----------
    Murphy, A. (1973). A new vector partition of the probability score. Journal of Applied
    Meteorology 12, 595–600. Stephenson, D. et al. (2008). Two extra components in the Brier score
    decomposition. Weather and Forecasting 23, 752–757.
    """
    mass = float(weight.sum())
    base = float(weight @ y) / mass
    bins = bins_of(probability)
    size = np.bincount(bins, weight)
    filled = size > 0
    said = np.bincount(bins, weight * probability)[filled] / size[filled]
    came = np.bincount(bins, weight * y)[filled] / size[filled]
    share = size[filled] / mass
    brier = float(weight @ (probability - y) ** 2) / mass
    reliability = float(share @ (said - came) ** 2)
    resolution = float(share @ (came - base) ** 2)
    uncertainty = base * (1 - base)
    return {
        "brier": brier,
        "reliability": reliability,
        "resolution": resolution,
        "uncertainty": uncertainty,
        "within_bins": brier - (reliability - resolution + uncertainty),
    }


def bins_of(probability: Floats) -> npt.NDArray[np.int64]:
    """Return the bin of each: ten of like size, and those of one probability in one bin."""
    edges = np.unique(np.quantile(probability, np.linspace(0, 1, BINS + 1)[1:-1]))
    return np.searchsorted(edges, probability, side="right").astype(np.int64)


def measure_forecast(
    log_odds: Floats, heard: Heard, *, resamples: int, seed: int
) -> Mapping[str, Floats]:
    """Return the Brier score, its parts and the log loss; resamples of Brier score and log loss.

    Returns
    -------
    mapping of str to ndarray of float64
        Shape (1 + resamples,), or (1,) for the parts of the Brier score, which sum to it.

    References
    ----------
    Brier, G. (1950). Verification of forecasts expressed in terms of probability.
    """
    known = heard.take(np.flatnonzero(heard.weight > 0))
    probability = expit(log_odds[heard.weight > 0])
    parts = brier_parts(probability, known.y, known.weight)
    said = np.clip(probability, SMALLEST_PROBABILITY, 1 - SMALLEST_PROBABILITY)
    losses = {
        "brier": (probability - known.y) ** 2,
        "log_loss": -np.where(known.y > 0, np.log(said), np.log1p(-said)),
    }
    size = heard.n_people
    sums = np.stack(
        [np.bincount(known.person, known.weight * loss, minlength=size) for loss in losses.values()]
        + [np.bincount(known.person, known.weight, minlength=size)]
    )
    totals = np.concatenate(
        [sums @ drawn.T for drawn in resampled_people(size, resamples, seed)], axis=1
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        means = dict(zip(losses, totals[:-1] / totals[-1], strict=True))
    return {**{name: np.array([value]) for name, value in parts.items()}, **means}


def calibrated(log_odds: Floats, heard: Heard, *, resamples: int, seed: int) -> Calibrated | None:
    """Return whether probabilities came true; None where all had the outcome, or none.

    Notes
    -----
    Intervals of slope and intercept are normal, with a variance that holds when the rows of one
    person are not independent (the sandwich, summed by person). Those of the curve come from
    resampling people.

    References
    ----------
    Cox, D. (1958). Two further applications of a model for binary regression. Van Calster, B. et
    al. (2019). Calibration: the Achilles heel of predictive analytics. BMC Medicine 17, 230.
    Liang, K. and Zeger, S. (1986). Longitudinal data analysis using generalized linear models.
    """
    rows = np.flatnonzero(heard.weight > 0)
    known, x = heard.take(rows), log_odds[rows]
    if not 0 < known.weight @ known.y < known.weight.sum():
        return None
    bins = bins_of(expit(x))
    return Calibrated(
        slope=_slope(x, known),
        intercept=_intercept(x, known),
        bins=tuple(
            _bin(expit(x[among]), known.take(among), resamples, seed)
            for among in (np.flatnonzero(bins == one) for one in np.unique(bins))
        ),
    )


def _bin(probability: Floats, heard: Heard, resamples: int, seed: int) -> Bin:
    codes = np.unique(heard.person, return_inverse=True)[1]
    came = np.bincount(codes, heard.weight * heard.y)
    everyone = np.bincount(codes, heard.weight)
    drawn = np.concatenate(list(resampled_people(len(came), resamples, seed)))
    return Bin(
        people=len(came),
        expected=float(heard.weight @ probability / heard.weight.sum()),
        observed=measured((drawn @ came) / (drawn @ everyone)),
    )


def _slope(x: Floats, heard: Heard) -> Measured:
    slope, intercept = fit_line(x, heard.y, weight=heard.weight)
    if np.isnan(slope):
        return Measured(slope, slope, slope)
    design = np.column_stack([x, np.ones(len(x))])
    return _interval(slope, design, expit(slope * x + intercept), heard)


def _intercept(x: Floats, heard: Heard) -> Measured:
    """Return the intercept under which the mean is right, by Newton's method; it is concave."""
    intercept = 0.0
    for _ in range(100):
        said = expit(x + intercept)
        move = heard.weight @ (heard.y - said) / (heard.weight @ (said * (1 - said)))
        intercept += float(np.clip(move, -1, 1))
        if abs(move) < 1e-10:
            break
    return _interval(intercept, np.ones((len(x), 1)), expit(x + intercept), heard)


def _interval(value: float, design: Floats, said: Floats, heard: Heard) -> Measured:
    """Return the first coefficient with its interval by the sandwich."""
    pulls = design * (heard.weight * (heard.y - said))[:, None]
    by_person = np.stack(
        [np.bincount(heard.person, pulls[:, column]) for column in range(design.shape[1])]
    )
    bread = np.linalg.inv((design.T * (heard.weight * said * (1 - said))) @ design)
    error = float(np.sqrt((bread @ (by_person @ by_person.T) @ bread)[0, 0])) * norm.ppf(HIGH)
    return Measured(value, value - error, value + error)
