"""Fairness: what the cut and the chances do to groups of people, and what may be told of groups.

Groups are made of attributes that are for audit only: no feature, rule or model can see them.
Here, and nowhere else, they meet the scores.

People are grouped by attributes (:func:`group_by`, :func:`crossed`), measured at the cut
(:func:`measured_at_the_cut`, :func:`measure_places`, :func:`measure_shares`), and judged by the
tolerances of ``configs/fairness.yaml`` (:func:`judge_groups`). The outcome is asked for its own
bias: whose records make it (:func:`measure_recorded`, :func:`measure_otherwise`), and what if
some is on none (:func:`suppose_unrecorded`). :func:`find_proxies` asks what the features tell of
each group.

Why this shape: a panel hears sixteen people a month, so what counts is who stands within its
capacity, and of those who went on to do high harm, whom the list would have missed. That is asked
of each group against everybody else, with an interval by people drawn again, since a small group's
figure is mostly chance. All measures are ratios of sums over rows, so every draw of people is one
product of matrices, and each difference is paired. No measure against recorded outcomes can show
that a group's are recorded more fully; other agencies' records are the yardstick for that. Small
groups are put together with the next smallest before anything is measured, which loses less
than withholding the next as well, and leaves nothing to find by subtraction; those of whom an
attribute is not known are left out where they are few. Counts are told to the nearest 5, shares in
hundredths. Small cells are withheld here and nowhere else (:mod:`triage.fairness.small_cells`; how
few are few is the panel's ``smallest_group``), which is why the profile of features over
people stands here too. Arrays go in and come out, so that each measure is tested by hand.
"""

from triage.fairness.calibrations import GroupCalibration, calibration_by_group, calibration_told
from triage.fairness.cuts import (
    KINDS,
    MEAN,
    MEASURES,
    PLACES,
    AtTheCut,
    Compared,
    Measure,
    measure_places,
    measure_shares,
    measured_at_the_cut,
)
from triage.fairness.draws import Draws
from triage.fairness.findings import Finding, judge_groups
from triage.fairness.grouping import (
    NOT_KNOWN,
    Group,
    Partition,
    crossed,
    group_by,
    groups_of,
    groups_within,
    people_in,
    together,
)
from triage.fairness.groups import by_group
from triage.fairness.profiles import QUANTILES, Bar, Drift, FeatureProfile, Reading, profile
from triage.fairness.proxies import Carrier, Proxy, find_proxies
from triage.fairness.recording import (
    OTHERWISE,
    Supposed,
    measure_otherwise,
    measure_recorded,
    suppose_unrecorded,
    turning_share,
)
from triage.fairness.small_cells import (
    Share,
    cells_told,
    counts_told,
    is_small,
    never_one_alone,
    rounded_count,
    share_of,
    shares_of,
)

__all__ = [
    "KINDS",
    "MEAN",
    "MEASURES",
    "NOT_KNOWN",
    "OTHERWISE",
    "PLACES",
    "QUANTILES",
    "AtTheCut",
    "Bar",
    "Carrier",
    "Compared",
    "Draws",
    "Drift",
    "FeatureProfile",
    "Finding",
    "Group",
    "GroupCalibration",
    "Measure",
    "Partition",
    "Proxy",
    "Reading",
    "Share",
    "Supposed",
    "by_group",
    "calibration_by_group",
    "calibration_told",
    "cells_told",
    "counts_told",
    "crossed",
    "find_proxies",
    "group_by",
    "groups_of",
    "groups_within",
    "is_small",
    "judge_groups",
    "measure_otherwise",
    "measure_places",
    "measure_recorded",
    "measure_shares",
    "measured_at_the_cut",
    "never_one_alone",
    "people_in",
    "profile",
    "rounded_count",
    "share_of",
    "shares_of",
    "suppose_unrecorded",
    "together",
    "turning_share",
]
