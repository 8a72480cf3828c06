"""How a ranker's lists would have served a panel, with intervals from resampling people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["Cut", "Heard", "Measured", "measure_lists", "measured", "resampled_people"]

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]
CHUNK = 50
"""Resamples that are measured together."""

LOW, HIGH = 0.025, 0.975
MARGIN = 3
"""Rows looked at are so many times those within the widest cut, unless a resample needs more."""


@dataclass(frozen=True)
class Cut:
    """How much of each list is heard.

    Parameters
    ----------
    name : str
    places : float, optional
        So many of each list.
    share : float, optional
        This share of each list; a fraction of a place is drawn by lot.
    """

    name: str
    places: float | None = None
    share: float | None = None

    def of(self, mass: Floats) -> Floats:
        """Return how many places a list of so many has."""
        if self.places is not None:
            return np.full(mass.shape, self.places)
        return mass * float(self.share or 0.0)


@dataclass(frozen=True)
class Measured:
    """A measure and its interval.

    Parameters
    ----------
    value, low, high : float
        NaN where there is nothing to measure; the interval holds 95% of the resamples.
    """

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Heard:
    """Everyone on a number of lists, and what came after.

    Parameters
    ----------
    person : ndarray of int64, shape (n,)
        Codes from 0.
    lists : ndarray of int64, shape (n,)
        Codes of the lists, from 0, in their order.
    weight : ndarray of float64, shape (n,)
        How much each answer counts: 1, or 0 where it is not known. They have their places on the
        lists all the same.
    y : ndarray of float64, shape (n,)
        1 where the outcome came, else 0; anything where the weight is 0.
    harm_days : mapping of str to ndarray of float64, shape (n,)
        By scale.
    unseen : ndarray of bool, shape (n,)
        Whether no history of the configured kind was on record.
    lead_days : ndarray of float64, shape (n,)
        Days from the list to the first event of the outcome; NaN where it did not come.
    """

    person: Rows
    lists: Rows
    weight: Floats
    y: Floats
    harm_days: Mapping[str, Floats]
    unseen: npt.NDArray[np.bool_]
    lead_days: Floats

    @property
    def n_people(self) -> int:
        """How many people there are."""
        return int(self.person.max(initial=-1)) + 1

    @property
    def columns(self) -> Mapping[str, Floats]:
        """What is summed over those who are heard, by name."""
        caught = self.weight * self.y
        return {
            "known": self.weight,
            "caught": caught,
            "unseen": caught * self.unseen,
            **{f"harm {name}": self.weight * days for name, days in self.harm_days.items()},
        }

    def take(self, rows: Rows) -> Heard:
        """Return some of the rows; people and lists keep their codes."""
        return Heard(
            self.person[rows],
            self.lists[rows],
            self.weight[rows],
            self.y[rows],
            {name: days[rows] for name, days in self.harm_days.items()},
            self.unseen[rows],
            self.lead_days[rows],
        )


def measured(samples: Floats) -> Measured:
    """Return a measure from itself, which comes first, and its resamples."""
    value, rest = float(samples[0]), samples[1:]
    rest = rest[~np.isnan(rest)]
    if np.isnan(value) or not len(rest):
        return Measured(value, float("nan"), float("nan"))
    low, high = np.quantile(rest, [LOW, HIGH])
    return Measured(value, float(low), float(high))


def resampled_people(n_people: int, resamples: int, seed: int) -> Iterator[Floats]:
    """Yield how often each person is drawn, some resamples at a time.

    Yields
    ------
    ndarray of float64, shape (n_chunk, n_people)
        The very first row is everyone once: the sample itself. The others are draws of as many
        people with replacement.
    """
    random = np.random.default_rng(seed)
    yield np.ones((1, n_people))
    for start in range(0, resamples, CHUNK):
        size = min(CHUNK, resamples - start)
        drawn = random.integers(n_people, size=(size, n_people))
        drawn += np.arange(size)[:, None] * n_people
        counts = np.bincount(drawn.ravel(), minlength=size * n_people)
        yield counts.reshape(size, n_people).astype(np.float64)


def measure_lists(
    scores: Mapping[str, Floats],
    heard: Heard,
    cuts: Sequence[Cut],
    *,
    resamples: int,
    seed: int,
) -> Mapping[str, Mapping[tuple[str, str], Floats]]:
    """Return measures at every cut, of the lists themselves and of every resample of people.

    Parameters
    ----------
    scores : mapping of str to ndarray of float64, shape (n,)
        By ranker; higher is heard sooner.
    heard : Heard, shape (n,)
    cuts : sequence of Cut
    resamples, seed : int

    Returns
    -------
    mapping of str to mapping of (measure, cut) to ndarray of float64, shape (1 + resamples,)
        By ranker. The first is the measure, the others its resamples, in which all rankers
        meet the same people, so that differences between rankers may be taken one by one. The
        measures: ``harm_captured:SCALE``, ``recall``, ``precision``, ``unseen_missed`` (how many
        with the outcome and no history were not heard) and ``unseen_missed_share`` (of all such).

    Notes
    -----
    Each resample is ranked and cut anew. Those of equal score share the places that are left for
    them, which is what one expects if ties are broken by lot. A person has the same weight on
    every list, since what follows two referrals of one person is not independent.

    References
    ----------
    Efron, B. and Tibshirani, R. (1993). An Introduction to the Bootstrap, chapter 8.
    """
    columns = heard.columns
    by_list = _by_list(heard.lists)
    orders = {
        name: [rows[np.argsort(-given[rows], kind="stable")] for rows in by_list]
        for name, given in scores.items()
    }
    found: dict[str, list[dict[tuple[str, str], Floats]]] = {name: [] for name in scores}
    for drawn in resampled_people(heard.n_people, resamples, seed):
        totals = {
            name: _per_person(values, heard) @ drawn.T if drawn.shape[1] else np.zeros(len(drawn))
            for name, values in columns.items()
        }
        for name, given in scores.items():
            sums = np.zeros((len(cuts), len(columns), len(drawn)))
            for rows in orders[name]:
                sums += _list_sums(given, rows, heard.person, drawn, columns, cuts)
            found[name].append(_ratios(sums, totals, list(columns), cuts))
    return {
        name: {key: np.concatenate([part[key] for part in parts]) for key in parts[0]}
        for name, parts in found.items()
    }


def _by_list(lists: Rows) -> list[Rows]:
    order = np.argsort(lists, kind="stable")
    starts = np.flatnonzero(np.diff(lists[order])) + 1
    return np.split(order, starts) if len(order) else []


def _per_person(values: Floats, heard: Heard) -> Floats:
    return np.bincount(heard.person, values, minlength=heard.n_people).astype(np.float64)


def _list_sums(
    scores: Floats,
    rows: Rows,
    person: Rows,
    drawn: Floats,
    columns: Mapping[str, Floats],
    cuts: Sequence[Cut],
) -> Floats:
    """Return what those within each cut of one list add up to, shape (n_cuts, n_columns, n)."""
    mass = drawn[:, person[rows]].sum(axis=1)
    within = np.array([cut.of(mass) for cut in cuts])
    top = rows[: _enough(scores, rows, int(within.max(initial=0.0)) * MARGIN + CHUNK)]
    taken = drawn[:, person[top]]
    if len(top) < len(rows) and (taken.sum(axis=1) < within.max(axis=0)).any():
        top, taken = rows, drawn[:, person[rows]]
    tied = np.flatnonzero(np.diff(scores[top], prepend=np.inf) != 0)
    groups = np.add.reduceat(taken, tied, axis=1)
    before = np.cumsum(groups, axis=1) - groups
    room = np.clip(within[:, :, None] - before, 0, groups)
    shares = np.divide(room, groups, out=np.zeros_like(room), where=groups > 0)
    sums = [
        np.einsum("cng,ng->cn", shares, np.add.reduceat(taken * values[top], tied, axis=1))
        for values in columns.values()
    ]
    return np.stack(sums, axis=1)


def _enough(scores: Floats, rows: Rows, wanted: int) -> int:
    """Return how many of the first rows hold so many, and all that tie with the last of them."""
    if wanted >= len(rows):
        return len(rows)
    return int(np.searchsorted(-scores[rows], -scores[rows[wanted]], side="right"))


def _ratios(
    sums: Floats, totals: Mapping[str, Floats], names: list[str], cuts: Sequence[Cut]
) -> dict[tuple[str, str], Floats]:
    found = {}
    for position, cut in enumerate(cuts):
        inside = dict(zip(names, sums[position], strict=True))
        for name in names:
            if name.startswith("harm "):
                key = (f"harm_captured:{name.removeprefix('harm ')}", cut.name)
                found[key] = _share(inside[name], totals[name])
        found["recall", cut.name] = _share(inside["caught"], totals["caught"])
        found["precision", cut.name] = _share(inside["caught"], inside["known"])
        missed = totals["unseen"] - inside["unseen"]
        found["unseen_missed", cut.name] = missed
        found["unseen_missed_share", cut.name] = _share(missed, totals["unseen"])
    return found


def _share(part: Floats, whole: Floats) -> Floats:
    return np.asarray(np.divide(part, whole, out=np.full(len(part), np.nan), where=whole > 0))
