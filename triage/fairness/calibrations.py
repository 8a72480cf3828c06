"""Whether chances came true, of everybody and of each group, with small cells withheld."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.special import expit

from triage.fairness.small_cells import is_small, never_one_alone, rounded_count
from triage.learning import (
    Calibrated,
    Heard,
    Measured,
    bins_of,
    calibrated,
    measured,
    resampled_people,
)

__all__ = ["GroupCalibration", "calibration_by_group", "calibration_told"]

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]
NAN = float("nan")


@dataclass(frozen=True)
class GroupCalibration:
    """What was said of a group, and what came.

    Parameters
    ----------
    attribute, value : str
    people : int or None
        To the nearest 5; None where they are too few to be told.
    expected : float
        Mean probability; NaN where they are too few.
    observed : Measured or None
        The share to whom the outcome came. None where they, or those with the outcome or without
        it, are too few, or where it could be found by subtraction.
    found : Calibrated or None
        Slope, intercept and curve; None where ``observed`` is. Each bin of the curve holds enough
        people with the outcome and without it.
    """

    attribute: str
    value: str
    people: int | None
    expected: float = NAN
    observed: Measured | None = None
    found: Calibrated | None = None


def calibration_by_group(
    log_odds: Floats,
    heard: Heard,
    groups: Sequence[str | None],
    *,
    attribute: str,
    smallest: int,
    resamples: int,
    seed: int,
) -> list[GroupCalibration]:
    """Return of each group whether what was said of it came true, in the order of their names.

    Parameters
    ----------
    log_odds : ndarray of float64, shape (n,)
    heard : Heard, shape (n,)
    groups : sequence of str or None, shape (n,)
        None where it is not known; those are a group too, the last.
    attribute : str
    smallest, resamples, seed : int
    """
    names = np.array([group or "" for group in groups])
    found = []
    for name in sorted(set(names.tolist()), key=lambda one: (not one, one)):
        rows = np.flatnonzero((names == name) & (heard.weight > 0))
        if len(rows):
            one = calibration_told(
                log_odds[rows], heard.take(rows), smallest=smallest, resamples=resamples, seed=seed
            )
            found.append(replace(one, attribute=attribute, value=name or "not known"))
    told = [one.observed is not None for one in found]
    may = never_one_alone(told, [one.people or 0 for one in found])
    return [
        one if is_told else replace(one, observed=None, found=None)
        for one, is_told in zip(found, may, strict=True)
    ]


def calibration_told(
    log_odds: Floats, heard: Heard, *, smallest: int, resamples: int, seed: int
) -> GroupCalibration:
    """Return of everybody here whether what was said of them came true.

    Parameters
    ----------
    log_odds : ndarray of float64, shape (n,)
    heard : Heard, shape (n,)
    smallest, resamples, seed : int
    """
    codes = np.unique(heard.person, return_inverse=True)[1]
    people = int(codes.max(initial=-1)) + 1
    if is_small(people, smallest=smallest):
        return GroupCalibration("", "everybody", None)
    expected = float(heard.weight @ expit(log_odds) / heard.weight.sum())
    came = np.bincount(codes, heard.weight * heard.y) > 0
    if is_small(came.sum(), people - came.sum(), smallest=smallest):
        return GroupCalibration("", "everybody", rounded_count(people), round(expected, 2))
    bins = _joined(log_odds, heard, smallest)
    found = calibrated(log_odds, heard, bins=bins, resamples=resamples, seed=seed)
    assert found is not None  # noqa: S101 - there are some with the outcome, and some without it
    with_it = np.bincount(codes, heard.weight * heard.y)
    everyone = np.bincount(codes, heard.weight)
    drawn = np.concatenate(list(resampled_people(people, resamples, seed)))
    observed = measured((drawn @ with_it) / (drawn @ everyone))
    return GroupCalibration("", "everybody", rounded_count(people), expected, observed, found)


def _joined(log_odds: Floats, heard: Heard, smallest: int) -> Codes:
    """Return bins from low to high, each with enough people with the outcome and without it."""
    fine = bins_of(expit(log_odds))
    joined, number = np.zeros(len(fine), dtype=np.int64), 0
    begun = 0
    for one in np.unique(fine):
        among = (fine >= begun) & (fine <= one)
        joined[among] = number
        if not _is_small(heard, among, smallest):
            begun, number = int(one) + 1, number + 1
    if number and _is_small(heard, joined == number, smallest):
        joined[joined == number] = number - 1
    return joined


def _is_small(heard: Heard, among: npt.NDArray[np.bool_], smallest: int) -> bool:
    with_it = len(np.unique(heard.person[among & (heard.y > 0)]))
    without = len(np.unique(heard.person[among & (heard.y == 0)]))
    return is_small(with_it, without, smallest=smallest)
