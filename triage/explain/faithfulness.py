"""How far reasons can be relied on: measured on each list, against chance."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from scipy.stats import rankdata

from triage.explain.contributions import Contributions, explain
from triage.features import Feature, FeatureMatrix
from triage.learning import Trained

__all__ = ["MEASURED_ON", "faithfulness_table"]

Floats = npt.NDArray[np.float64]
Positions = npt.NDArray[np.int64]

MEASURED_ON = 48
"""How many referrals are looked at, evenly down the list."""

OTHERS, STEPS, ORDERS, TOP, SEED = 6, 10, 5, 3, 20260301
SCHEMA = pa.schema(
    [
        pa.field("measure", pa.string(), nullable=False),
        pa.field("value", pa.float64()),
        pa.field("by_chance", pa.float64()),
        pa.field("referrals", pa.int32(), nullable=False),
        pa.field("text", pa.string(), nullable=False),
    ]
)
TREES = (
    "Path-dependent Shapley values of the trees' own log-odds, times the slope of the calibration: "
    "exact with missing values and numbers of any size, and without other people's rows to be "
    "kept with a model. Interventional values would be exact on 32-bit numbers alone."
)
LINEAR = (
    "Coefficient × (value − mean of what was learned from), times the slope of the calibration: "
    "the exact Shapley values of a sum, path-dependent and interventional alike."
)
POINTS = "The points that people have set for each fact; they are added up and nothing else."
ADDITIVITY = "Largest difference between a score and what its facts and the start sum to."
TEXTS: Mapping[str, str] = {
    "deletion": (
        "Facts are taken from another case one after another, the strongest reason first. Share of "
        "the whole change of score that has come about, mean over all steps: 1 is at once."
    ),
    "insertion": (
        "Another case is given this one's facts, the strongest reason first. Share of the way to "
        "its score that is made, mean over all steps: 1 is at once."
    ),
    "agreement_order": (
        "Rank correlation of what each group of facts adds, with models that were taught on other "
        "draws of the same people."
    ),
    "agreement_top": (f"Share of the {TOP} strongest reasons that those models give too."),
    "stability_order": "The same rank correlation with the reasons a quiet week later.",
    "stability_top": f"Share of the {TOP} strongest reasons that are the same a quiet week later.",
    "stability_score": "Mean change of the score in that week, in the score's own unit.",
}


@dataclass(frozen=True)
class _Found:
    measure: str
    value: float
    by_chance: float = float("nan")


def faithfulness_table(
    trained: Trained,
    contributions: Contributions,
    X: FeatureMatrix,
    rows: Positions,
    later: FeatureMatrix,
) -> pa.Table:
    """Return how faithful, shared and steady the reasons of a list are.

    Parameters
    ----------
    trained : Trained
        With its ensemble, if there is one.
    contributions : Contributions, of n_rows rows
    X : FeatureMatrix, of n_rows rows
    rows : ndarray of int64, shape (n,)
        Those that are looked at; see :data:`MEASURED_ON`.
    later : FeatureMatrix, of n rows
        The same referrals' features after a week in which nothing new came on record.

    Returns
    -------
    pyarrow.Table
        ``measure``, ``value`` (null where it cannot be measured: a list of one, or a model without
        an ensemble), ``by_chance`` (of reasons in random order), ``referrals`` and ``text``. The
        first, ``method``, says which form of Shapley values is used and why; ``additivity`` is the
        largest difference between a score and its contributions.

    References
    ----------
    Petsiuk, V., Das, A. and Saenko, K. (2018). RISE: randomized input sampling for explanation of
    black-box models. BMVC: deletion and insertion. Here a fact is not blanked but taken from other
    cases of the list, so that scores stay those of cases that could be.
    """
    method = POINTS if not trained.learned else LINEAR if trained.is_linear else TREES
    sums = contributions.base + contributions.values.sum(axis=1)
    off = np.abs(sums - contributions.scores).max(initial=0.0)
    found = {
        one.measure: one
        for one in (
            *_curves(trained, contributions, X, rows),
            *_agreement(trained, contributions, X, rows),
            *_stability(trained, contributions, rows, later),
        )
    }
    n_all, n_rows = len(contributions), len(rows)
    table = [
        _row("method", None, None, n_all, method),
        _row("additivity", float(off), None, n_all, ADDITIVITY),
    ]
    for measure, text in TEXTS.items():
        one = found.get(measure, _Found(measure, float("nan")))
        table.append(_row(measure, _known(one.value), _known(one.by_chance), n_rows, text))
    return pa.Table.from_pylist(table, schema=SCHEMA)


def _row(
    measure: str, value: float | None, by_chance: float | None, referrals: int, text: str
) -> dict[str, object]:
    return {
        "measure": measure,
        "value": value,
        "by_chance": by_chance,
        "referrals": referrals,
        "text": text,
    }


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _groups(features: tuple[Feature, ...]) -> tuple[npt.NDArray[np.int64], int]:
    """Return the group of each feature: windows of one feature are one reason."""
    names = [f"{feature.theme} {feature.group}" for feature in features]
    found, codes = np.unique(names, return_inverse=True)
    return codes.astype(np.int64), len(found)


def _by_group(contributions: Contributions, rows: Positions | slice) -> Floats:
    codes, n_groups = _groups(contributions.features)
    sums = np.zeros((len(contributions.values[rows]), n_groups))
    for column, group in enumerate(codes):
        sums[:, group] += contributions.values[rows, column]
    return sums


def _curves(
    trained: Trained, contributions: Contributions, X: FeatureMatrix, rows: Positions
) -> Iterator[_Found]:
    chosen = X.select([feature.name for feature in contributions.features])
    codes, n_groups = _groups(contributions.features)
    others = rows[:: max(1, len(rows) // OTHERS)].tolist()
    pairs = [(row, other) for row in rows.tolist() for other in others if other != row]
    if not pairs or not n_groups:
        return
    here, there = (np.array(side, dtype=np.int64) for side in zip(*pairs, strict=True))
    sums = _by_group(contributions, slice(None))[here]
    chance = np.random.default_rng(SEED)
    orders = [np.argsort(-np.abs(sums), axis=1, kind="stable")]
    orders += [np.argsort(chance.random(sums.shape), axis=1) for _ in range(ORDERS)]
    apart = np.abs(contributions.scores[here] - contributions.scores[there]).sum()
    if not apart > 0:
        return
    areas = np.array(
        [
            _areas(trained, chosen, contributions.scores, here, there, order, codes) / apart
            for order in orders
        ]
    )
    for number, measure in enumerate(("deletion", "insertion")):
        gained = areas[:, number] if number == 0 else 1 - areas[:, number]
        yield _Found(measure, float(gained[0]), float(gained[1:].mean()))


def _areas(
    trained: Trained,
    chosen: FeatureMatrix,
    scores: Floats,
    here: Positions,
    there: Positions,
    order: npt.NDArray[np.int64],
    codes: npt.NDArray[np.int64],
) -> Floats:
    """Return the areas under what is lost by deletion and what is still lacking by insertion."""
    n_groups = order.shape[1]
    turn = np.empty_like(order)
    np.put_along_axis(turn, order, np.broadcast_to(np.arange(n_groups), order.shape), axis=1)
    own, other = chosen.values[here], chosen.values[there]
    curves = []
    for step in range(STEPS + 1):
        first = turn[:, codes] < round(n_groups * step / STEPS)
        mixed = [np.where(first, other, own), np.where(first, own, other)]
        curves.append(
            [
                np.abs(
                    trained.score(FeatureMatrix(np.asfortranarray(values), chosen.features))
                    - scores[here]
                ).sum()
                for values in mixed
            ]
        )
    return np.asarray(np.trapezoid(np.array(curves), dx=1 / STEPS, axis=0))


def _agreement(
    trained: Trained, contributions: Contributions, X: FeatureMatrix, rows: Positions
) -> Iterator[_Found]:
    if not trained.ensemble or not len(rows):
        return
    own = _by_group(contributions, rows)
    part = X.take(rows)
    theirs = [
        _by_group(explain(replace(trained, estimator=member, ensemble=()), part), slice(None))
        for member in trained.ensemble
    ]
    yield from _alike("agreement", own, theirs)


def _stability(
    trained: Trained, contributions: Contributions, rows: Positions, later: FeatureMatrix
) -> Iterator[_Found]:
    if not len(rows):
        return
    found = explain(trained, later)
    yield from _alike("stability", _by_group(contributions, rows), [_by_group(found, slice(None))])
    change = np.abs(found.scores - contributions.scores[rows]).mean()
    yield _Found("stability_score", float(change))


def _alike(name: str, own: Floats, others: list[Floats]) -> Iterator[_Found]:
    """Yield how alike reasons are, in order and at the top, by the sizes of what groups add."""
    n_groups = own.shape[1]
    if n_groups < 2:
        return
    correlations = [_rank_correlation(own, other) for other in others]
    yield _Found(f"{name}_order", float(np.nanmean(np.concatenate(correlations))), 0.0)
    top = min(TOP, n_groups)
    shared = [_shared_top(own, other, top) for other in others]
    yield _Found(f"{name}_top", float(np.mean(shared)), top / n_groups)


def _rank_correlation(own: Floats, other: Floats) -> Floats:
    """Return Spearman's correlation of each row of one with that of another; NaN where all tie."""
    a, b = (rankdata(one, axis=1) for one in (own, other))
    a, b = (one - one.mean(axis=1, keepdims=True) for one in (a, b))
    size = np.sqrt((a**2).sum(axis=1) * (b**2).sum(axis=1))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray((a * b).sum(axis=1) / np.where(size > 0, size, np.nan))


def _shared_top(own: Floats, other: Floats, top: int) -> float:
    firsts = [np.argsort(-np.abs(one), axis=1, kind="stable")[:, :top] for one in (own, other)]
    return float(
        np.mean(
            [
                len(set(a) & set(b)) / top
                for a, b in zip(*map(np.ndarray.tolist, firsts), strict=True)
            ]
        )
    )
