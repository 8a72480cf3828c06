"""The minimum of a quadratic with an elastic-net penalty and weights that may not be negative."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["descend"]

Floats = npt.NDArray[np.float64]
SWEEPS = 1000
SETTLED = 1e-10
TINY = 1e-12


def descend(
    curve: Floats,
    slope: Floats,
    start: Floats,
    *,
    l1: float,
    l2: float,
    at_least_0: npt.NDArray[np.bool_],
) -> Floats:
    """Return the w that minimises ½(w−s)ᵀH(w−s) + gᵀ(w−s) + l1‖w‖₁ + l2/2 ‖w‖₂².

    Parameters
    ----------
    curve : ndarray of float64, shape (n, n)
        H, symmetric and positive semidefinite.
    slope, start : ndarray of float64, shape (n,)
        g and s.
    l1, l2 : float
    at_least_0 : ndarray of bool, shape (n,)
        Which weights may not fall below 0.

    Notes
    -----
    One coordinate after another, always in the same order. After each sweep over all, only those
    that are not 0 are swept until they settle. Stops unsettled after 1,000 sweeps; the caller,
    which takes this as a direction and searches along it, loses a step and not its way.
    """
    weights = start.copy()
    pull = slope.copy()
    diagonal = np.diag(curve) + l2 + TINY
    everyone = np.arange(len(weights))
    sweeps = 0
    while sweeps < SWEEPS:
        largest = _sweep(everyone, weights, pull, curve, diagonal, l1, l2, at_least_0)
        sweeps += 1
        if largest < SETTLED:
            break
        active = np.flatnonzero(weights)
        while sweeps < SWEEPS:
            largest = _sweep(active, weights, pull, curve, diagonal, l1, l2, at_least_0)
            sweeps += 1
            if largest < SETTLED:
                break
    return weights


def _sweep(
    which: npt.NDArray[np.int64],
    weights: Floats,
    pull: Floats,
    curve: Floats,
    diagonal: Floats,
    l1: float,
    l2: float,
    at_least_0: npt.NDArray[np.bool_],
) -> float:
    """Move each of these weights to its own minimum; return the largest move, in slope's units."""
    largest = 0.0
    for position in which.tolist():
        old = float(weights[position])
        steep = float(diagonal[position])
        aim = steep * old - float(pull[position]) - l2 * old
        new = max(aim - l1, 0.0) / steep
        if aim < -l1 and not at_least_0[position]:
            new = (aim + l1) / steep
        if new != old:
            weights[position] = new
            pull += curve[:, position] * (new - old)
            largest = max(largest, abs(new - old) * steep)
    return largest
