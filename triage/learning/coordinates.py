"""The minimum of a quadratic with an elastic-net penalty and weights that may not be negative."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["descend"]

Floats = npt.NDArray[np.float64]
ROUNDS = 1000
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
    One coordinate after another, always in the same order, tells which are not 0; those then go
    to their joint minimum at once, or to where the first of them becomes 0. Either step only goes
    down. Stops unsettled after 1,000 rounds; the caller, which takes this as a direction and
    searches along it, loses a step and not its way.

    References
    ----------
    Lee, H., Battle, A., Raina, R. and Ng, A. (2006). Efficient sparse coding algorithms. NIPS 19.
    """
    weights = start.copy()
    pull = slope.copy()
    diagonal = np.diag(curve) + l2 + TINY
    everyone = np.arange(len(weights))
    for _ in range(ROUNDS):
        if _sweep(everyone, weights, pull, curve, diagonal, l1, l2, at_least_0) < SETTLED:
            break
        settled = _settle(weights, pull, curve, l1, l2)
        pull += curve @ (settled - weights)
        weights = settled
    return weights


def _settle(weights: Floats, pull: Floats, curve: Floats, l1: float, l2: float) -> Floats:
    """Return the joint minimum of the weights that are not 0, none of them changing its sign."""
    settled = weights.copy()
    active = np.flatnonzero(settled)
    while len(active):
        here, signs = settled[active], np.sign(settled[active])
        steep = curve[np.ix_(active, active)] + (l2 + TINY) * np.eye(len(active))
        slopes = pull[active] + curve[active] @ (settled - weights) + l2 * here + l1 * signs
        move = np.linalg.solve(steep, -slopes)
        shrinking = move * signs < 0
        strides = np.full(len(active), np.inf)
        strides[shrinking] = -here[shrinking] / move[shrinking]
        first = int(np.argmin(strides))
        if not strides[first] <= 1:
            settled[active] = here + move
            break
        settled[active] = here + strides[first] * move
        settled[active[first]] = 0.0
        crossed = np.sign(settled[active]) * signs < 0
        settled[active[crossed]] = 0.0
        active = np.flatnonzero(settled)
    return settled


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
