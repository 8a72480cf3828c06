"""How good scores are over everyone, and probabilities as probabilities, with intervals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import expit
from scipy.stats import norm

from triage.learning.calibration import fit_intercepts, fit_lines
from triage.learning.panels import HIGH, Heard, Measured, measured, resampled_people

__all__ = [
    "Bin",
    "Calibrated",
    "bins_of",
    "calibrated",
    "measure_forecast",
    "measure_order",
    "wilson_interval",
]

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


def bins_of(probability: Floats) -> npt.NDArray[np.int64]:
    """Return the bin of each: ten of like size, and those of one probability in one bin."""
    edges = np.unique(np.quantile(probability, np.linspace(0, 1, BINS + 1)[1:-1]))
    return np.searchsorted(edges, probability, side="right").astype(np.int64)


def measure_forecast(
    log_odds: Floats, heard: Heard, *, resamples: int, seed: int
) -> Mapping[str, Floats]:
    """Return the Brier score, its parts and the log loss, each with its resamples of people.

    Returns
    -------
    mapping of str to ndarray of float64, shape (1 + resamples,)
        ``brier`` = ``reliability`` − ``resolution`` + ``uncertainty`` + ``within_bins``, the last
        being what the ten bins of like probability hide; and ``log_loss``. Reliability is 0 where
        what is said comes true as often as said; resolution is 0 where everyone is told the same.
        The bins are those of the sample itself in every resample.

    References
    ----------
    Brier, G. (1950). Verification of forecasts expressed in terms of probability. Murphy, A.
    (1973). A new vector partition of the probability score. Journal of Applied Meteorology 12,
    595–600. Stephenson, D. et al. (2008). Two extra components in the Brier score decomposition.
    Weather and Forecasting 23, 752–757.
    """
    known = heard.take(np.flatnonzero(heard.weight > 0))
    probability = expit(log_odds[heard.weight > 0])
    said = np.clip(probability, SMALLEST_PROBABILITY, 1 - SMALLEST_PROBABILITY)
    loss = -np.where(known.y > 0, np.log(said), np.log1p(-said))
    size = heard.n_people
    bins = bins_of(probability)
    n_bins = int(bins.max(initial=-1)) + 1
    columns = [known.weight * loss, known.weight * (probability - known.y) ** 2]
    sums = [np.bincount(known.person, values, minlength=size) for values in columns]
    for values in (known.weight, known.weight * probability, known.weight * known.y):
        sums += list(_by_bin(known.person, bins, values, (size, n_bins)).T)
    of_people = np.stack(sums)
    parts = [
        _brier_samples(of_people @ drawn.T, n_bins)
        for drawn in resampled_people(size, resamples, seed)
    ]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _by_bin(
    person: npt.NDArray[np.int64],
    bins: npt.NDArray[np.int64],
    values: Floats,
    shape: tuple[int, int],
) -> Floats:
    places = person * shape[1] + bins
    counts = np.bincount(places, values, minlength=shape[0] * shape[1])
    return counts.reshape(shape).astype(np.float64)


def _brier_samples(totals: Floats, n_bins: int) -> dict[str, Floats]:
    """Return the parts of the Brier score and the log loss, a value a resample."""
    loss, squares = totals[:2]
    size, said, came = np.split(totals[2:], [n_bins, 2 * n_bins])
    mass = size.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        base = came.sum(axis=0) / mass
        share = size / mass
        said, came = (np.where(size > 0, one / size, 0.0) for one in (said, came))
        brier = squares / mass
        found = {
            "brier": brier,
            "reliability": (share * (said - came) ** 2).sum(axis=0),
            "resolution": (share * (came - base) ** 2).sum(axis=0),
            "uncertainty": base * (1 - base),
        }
        within = brier - (found["reliability"] - found["resolution"] + found["uncertainty"])
        return {**found, "within_bins": within, "log_loss": loss / mass}


def calibrated(
    log_odds: Floats,
    heard: Heard,
    *,
    resamples: int,
    seed: int,
    bins: npt.NDArray[np.int64] | None = None,
) -> Calibrated | None:
    """Return whether probabilities came true; None where all had the outcome, or none.

    Parameters
    ----------
    log_odds : ndarray of float64, shape (n,)
    heard : Heard, shape (n,)
    resamples, seed : int
    bins : ndarray of int64, shape (n,), optional
        In which bin of the curve each is, from 0; by default ten of like size.

    Notes
    -----
    All intervals come from resampling people, and each resample has lines of its own. Where a bin
    holds nobody with the outcome, or nobody without it, resampling would say that it could not
    be otherwise: there the interval is Wilson's, over people.

    References
    ----------
    Cox, D. (1958). Two further applications of a model for binary regression. Van Calster, B. et
    al. (2019). Calibration: the Achilles heel of predictive analytics. BMC Medicine 17, 230.
    """
    rows = np.flatnonzero(heard.weight > 0)
    known, x = heard.take(rows), log_odds[rows]
    if not 0 < known.weight @ known.y < known.weight.sum():
        return None
    codes = bins_of(expit(x)) if bins is None else bins[rows]
    slope, intercept = _lines(x, known, resamples, seed)
    return Calibrated(
        slope=slope,
        intercept=intercept,
        bins=tuple(
            _bin(expit(x[among]), known.take(among), resamples, seed)
            for among in (np.flatnonzero(codes == one) for one in np.unique(codes))
        ),
    )


def _bin(probability: Floats, heard: Heard, resamples: int, seed: int) -> Bin:
    codes = np.unique(heard.person, return_inverse=True)[1]
    came = np.bincount(codes, heard.weight * heard.y)
    everyone = np.bincount(codes, heard.weight)
    share = came.sum() / everyone.sum()
    if 0 < share < 1:
        drawn = np.concatenate(list(resampled_people(len(came), resamples, seed)))
        observed = measured((drawn @ came) / (drawn @ everyone))
    else:
        low, high = wilson_interval(share * len(came), len(came))
        observed = Measured(share, low, high)
    return Bin(
        people=len(came),
        expected=float(heard.weight @ probability / heard.weight.sum()),
        observed=observed,
    )


def wilson_interval(positives: float, rows: float) -> tuple[float, float]:
    """Return the ends of Wilson's interval of 95% around a share.

    Examples
    --------
    >>> [round(end, 3) for end in wilson_interval(0, 50)]
    [0.0, 0.071]

    References
    ----------
    Wilson, E. (1927). Probable inference, the law of succession, and statistical inference.
    """
    z = float(norm.ppf(HIGH))
    share = positives / rows
    centre = (share + z * z / (2 * rows)) / (1 + z * z / rows)
    half = z / (1 + z * z / rows) * np.sqrt(share * (1 - share) / rows + z * z / (4 * rows * rows))
    return max(0.0, float(centre - half)), min(1.0, float(centre + half))


def _lines(x: Floats, heard: Heard, resamples: int, seed: int) -> tuple[Measured, Measured]:
    """Return the slope, and the intercept at a slope of 1, each with its interval."""
    codes = np.unique(heard.person, return_inverse=True)[1]
    drawn = resampled_people(int(codes.max()) + 1, resamples, seed)
    slopes, intercepts = [], []
    for part in drawn:
        weight = part[:, codes] * heard.weight
        slopes.append(fit_lines(x, heard.y, weight)[0])
        intercepts.append(fit_intercepts(x, heard.y, weight))
    return measured(np.concatenate(slopes)), measured(np.concatenate(intercepts))
