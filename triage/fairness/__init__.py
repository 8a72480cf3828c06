"""Fairness: what the cut and the chances do to groups of people, and what may be told of groups.

Groups are made of attributes that are for audit only: no feature, rule or model can see them.
Here, and nowhere else, they meet the scores.

Why this shape: a panel hears sixteen people a month, so what counts is who stands within its
capacity, and of those who went on to do high harm, whom the list would have missed. That is asked
of each group against everybody else, with an interval by people drawn again, since a small group's
figure is mostly chance. Nothing is told of a small group, and counts are told to the nearest 5, so
that a group that is not told cannot be found by subtraction. Small cells are withheld here and
nowhere else (:mod:`triage.fairness.small_cells`; how few are few is the panel's
``smallest_group``), which is why the profile of features over people stands here too.
"""

from triage.fairness.calibrations import GroupCalibration, calibration_by_group, calibration_told
from triage.fairness.groups import by_group
from triage.fairness.profiles import QUANTILES, Bar, Drift, FeatureProfile, Reading, profile
from triage.fairness.small_cells import (
    Share,
    counts_told,
    is_small,
    never_one_alone,
    share_of,
    shares_of,
)

__all__ = [
    "QUANTILES",
    "Bar",
    "Drift",
    "FeatureProfile",
    "GroupCalibration",
    "Reading",
    "Share",
    "by_group",
    "calibration_by_group",
    "calibration_told",
    "counts_told",
    "is_small",
    "never_one_alone",
    "profile",
    "share_of",
    "shares_of",
]
