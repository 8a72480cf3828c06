"""What a version was trained on, counted so that later data can be compared with it.

It is kept with the version. It holds counts and shares of many, and no row of anybody.
"""

from __future__ import annotations

import datetime

import numpy as np
import numpy.typing as npt

from triage.learning.resampling import Figure
from triage.workspace import Strict

__all__ = [
    "BarCounts",
    "Baseline",
    "Expectation",
    "RuleRate",
    "SourceRate",
    "ValueCounts",
    "effective_people",
]

Floats = npt.NDArray[np.float64]


class BarCounts(Strict):
    """How the values of a feature, or the scores, were spread over referrals.

    Parameters
    ----------
    name : str
    edges : list of float
        Where bars begin, frozen at training.
    counts : list of int
        Those not known, and then those in each bar.
    """

    name: str
    edges: list[float]
    counts: list[int]


class ValueCounts(Strict):
    """How often each value stood in a field of a source's records, ``unknown`` among them.

    ``counts`` are of the window, ``seen`` are the values that any record ever held before.
    """

    source: str
    field: str
    counts: dict[str, int]
    seen: list[str]


class SourceRate(Strict):
    """How many records a source made known, and of how many people they are worth.

    Parameters
    ----------
    source : str
    records : int
    effective : float
        See :func:`effective_people`.
    """

    source: str
    records: int
    effective: float


class RuleRate(Strict):
    """On how many referrals a rule fired.

    Parameters
    ----------
    rule, title : str
    condition : str
        A digest: where it differs, the rule itself was changed.
    fired, unknown : int
        Referrals on which it fired, and on which it might, were more known.
    """

    rule: str
    title: str
    condition: str
    fired: int
    unknown: int


class Expectation(Strict):
    """What the chances themselves say of the lists.

    Parameters
    ----------
    reached : Figure
        Share of those with the outcome who are expected to stand within capacity.
    precision : Figure
        Share of those within capacity who are expected to have the outcome.
    rate : Figure
        Share of all who are expected to have it.
    """

    reached: Figure
    precision: Figure
    rate: Figure


class Baseline(Strict):
    """What came in during the last days before a training, as far as it is compared with later.

    Parameters
    ----------
    until : date
        The last as-of date.
    window_days : int
    referrals, people : int
    effective : float
        See :func:`effective_people`.
    inputs : list of BarCounts
        Of the features that the version looks at.
    scores : BarCounts
    expected : Expectation or None
        None of what has points alone.
    rules : list of RuleRate
    sources : list of SourceRate
    values : list of ValueCounts
    """

    until: datetime.date
    window_days: int
    referrals: int
    people: int
    effective: float
    inputs: list[BarCounts]
    scores: BarCounts
    expected: Expectation | None
    rules: list[RuleRate]
    sources: list[SourceRate]
    values: list[ValueCounts]


def effective_people(person: npt.NDArray[np.integer]) -> float:
    """Return how many people with one row each tell as much as these rows.

    Parameters
    ----------
    person : ndarray of int, shape (n,)
        Whom each row is about.

    Examples
    --------
    >>> effective_people(np.array([1, 2, 3])), effective_people(np.array([1, 1, 1, 2]))
    (3.0, 1.6)

    References
    ----------
    Kish, L. (1965). Survey Sampling, section 11.7. (n² / Σ n_i².)
    """
    rows = np.unique(person, return_counts=True)[1].astype(np.float64)
    return float(rows.sum() ** 2 / (rows**2).sum()) if len(rows) else 0.0
