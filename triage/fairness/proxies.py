"""How well a protected characteristic can be told from the features, and which features tell it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata

from triage.fairness.cuts import Compared
from triage.fairness.draws import figure_from
from triage.fairness.grouping import Group
from triage.features import FeatureMatrix
from triage.learning import Figure, Heard, NotConvergedError, SignedLogistic, measure_order

__all__ = ["Carrier", "Proxy", "find_proxies"]

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]
FOLDS = 5
PENALTY, L1_RATIO, TOLERANCE = 0.01, 0.5, 1e-4
MOST_PEOPLE = 20_000
MOST_CARRIERS = 5
CHANCE = 0.5


@dataclass(frozen=True)
class Carrier:
    """Features that tell a group: those of one name, whatever their window.

    Parameters
    ----------
    name : str
        Without the window.
    lost : float
        By how much the AUC falls where their values are dealt out by lot.
    """

    name: str
    lost: float


@dataclass(frozen=True)
class Proxy:
    """How well a group can be told from the features.

    Parameters
    ----------
    found : Compared
        Its ``own`` is the AUC: 0.5 where the features tell nothing, 1 where they tell all; its
        ``less_others`` is the AUC less 0.5.
    carriers : tuple of Carrier
        The features that tell it most, the first most of all; those that tell nothing are not here.
    """

    found: Compared
    carriers: tuple[Carrier, ...] = ()


def find_proxies(
    matrix: FeatureMatrix, groups: Sequence[Group], *, resamples: int, seed: int
) -> list[Proxy]:
    """Return how well each group can be told from everybody else by the features.

    Parameters
    ----------
    matrix : FeatureMatrix, shape (n, n_features)
        One row a person.
    groups : sequence of Group
    resamples, seed : int

    Notes
    -----
    An elastic-net logistic regression is fitted on four fifths of the people and asked about the
    others, five times over; the AUC is of what it said of those that it had not seen. Another
    model may tell more: this is the least that can be told. Above 20,000 people, so many are drawn
    by lot. The interval draws people again, and not the fits.

    References
    ----------
    Breiman, L. (2001). Random forests. Machine Learning 45, 5-32. (What is lost by dealing values
    out by lot.)
    """
    lot = np.random.default_rng(seed)
    rows = np.arange(len(matrix))
    if len(rows) > MOST_PEOPLE:
        rows = np.sort(lot.choice(rows, MOST_PEOPLE, replace=False))
    X = np.asarray(matrix.take(rows).values)
    columns: dict[str, list[int]] = {}
    for place, feature in enumerate(matrix.features):
        columns.setdefault(feature.group, []).append(place)
    return [
        _proxy(
            X[group.among[rows]],
            columns,
            group,
            group.rows[rows][group.among[rows]],
            resamples,
            [seed, place],
        )
        for place, group in enumerate(groups)
    ]


def _proxy(
    X: Floats,
    columns: Mapping[str, list[int]],
    group: Group,
    member: npt.NDArray[np.bool_],
    resamples: int,
    seed: list[int],
) -> Proxy:
    fewest = min(int(member.sum()), int((~member).sum()))
    told = "people" in group.told and fewest >= FOLDS
    nothing = Compared(group, "proxy", "", False, Figure(value=None), Figure(value=None))
    if not told:
        return Proxy(nothing)
    lot = np.random.default_rng(seed)
    y = member.astype(np.float64)
    scores = np.zeros(len(y))
    otherwise = {name: np.zeros(len(y)) for name in columns}
    for fold in _folds(member, lot):
        out = np.flatnonzero(fold)
        try:
            fitted = _fitted(X[~fold], y[~fold])
        except NotConvergedError:
            return Proxy(nothing)
        parts = fitted.contributions(X[out])
        whole = parts.sum(axis=1)
        scores[out] = _placed(whole)
        shuffled = lot.permutation(len(out))
        for name, places in columns.items():
            part = parts[:, places].sum(axis=1)
            otherwise[name][out] = _placed(whole - part + part[shuffled])
    samples = measure_order({"": scores}, _heard(y), resamples=resamples, seed=seed[0])[""]["auc"]
    lost = {name: _auc(scores, y) - _auc(given, y) for name, given in otherwise.items()}
    carriers = sorted((Carrier(name, by) for name, by in lost.items()), key=lambda one: -one.lost)
    return Proxy(
        Compared(group, "proxy", "", True, figure_from(samples), figure_from(samples - CHANCE)),
        tuple(one for one in carriers[:MOST_CARRIERS] if one.lost > 0),
    )


def _fitted(X: Floats, y: Floats) -> SignedLogistic:
    return SignedLogistic(penalty=PENALTY, l1_ratio=L1_RATIO, tol=TOLERANCE).fit(X, y)


def _folds(member: npt.NDArray[np.bool_], lot: np.random.Generator) -> list[npt.NDArray[np.bool_]]:
    """Return which are held out in each fold: of members and of others alike."""
    fold = np.empty(len(member), dtype=np.int64)
    for among in (member, ~member):
        places = lot.permutation(np.flatnonzero(among))
        fold[places] = np.arange(len(places)) % FOLDS
    return [fold == number for number in range(FOLDS)]


def _placed(scores: Floats) -> Floats:
    """Return scores by their rank, so that those of several fits can stand together."""
    return np.asarray(rankdata(scores) / len(scores))


def _auc(scores: Floats, y: Floats) -> float:
    ranks, positives = rankdata(scores), float(y.sum())
    negatives = len(y) - positives
    return float((ranks[y > 0].sum() - positives * (positives + 1) / 2) / (positives * negatives))


def _heard(y: Floats) -> Heard:
    each = np.arange(len(y))
    nobody = np.zeros(len(y))
    return Heard(each, np.zeros_like(each), np.ones(len(y)), y, {}, nobody > 0, nobody)
