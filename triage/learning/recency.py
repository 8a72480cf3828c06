"""Times since the last event and between events, so that an event more is never good news."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from triage.features import Feature

__all__ = ["LONG_AGO_DAYS", "is_recency", "never_as_long_ago"]

DAYS_APART = ("days_since_last", "median_gap", "shortest_gap")

LONG_AGO_DAYS = 3652.0
"""Ten years: an event longer ago, or none on record, counts as one of that age."""


def is_recency(feature: Feature) -> bool:
    """Return whether a feature is the days since or between events whose passing lowers a score.

    No model may learn that "none on record" stands above "one, of long ago": a first event would
    then lower a score. Nor may a second one, where the days are those between two.
    """
    return feature.measure in DAYS_APART and feature.direction == "lowers"


def never_as_long_ago(days: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return days with more than ten years, and none on record (NaN), as ten years.

    Examples
    --------
    >>> never_as_long_ago(np.array([3.0, np.nan, 9000.0])).tolist()
    [3.0, 3652.0, 3652.0]
    """
    return np.fmin(days, LONG_AGO_DAYS)
