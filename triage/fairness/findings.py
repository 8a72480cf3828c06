"""What lies outside a tolerance of ``configs/fairness.yaml``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from triage.fairness.cuts import MEAN, Compared
from triage.workspace import Fairness, Tolerance

__all__ = ["Finding", "Standing", "judge_groups"]

Standing = Literal["outside", "within", "too few to tell", "not judged"]


@dataclass(frozen=True)
class Finding:
    """A measure of a group, and where it stands.

    Parameters
    ----------
    compared : Compared
    standing : {"outside", "within", "too few to tell", "not judged"}
        Not judged: no tolerance is set for the measure, or for the group's attribute.
    tolerance : Tolerance or None
    """

    compared: Compared
    standing: Standing
    tolerance: Tolerance | None = None


def judge_groups(found: Sequence[Compared], fairness: Fairness) -> list[Finding]:
    """Return each measure with where it stands.

    Outside is where the whole interval of its difference from everybody else lies beyond the
    tolerance, so that what may be chance is not called out.

    Parameters
    ----------
    found : sequence of Compared
    fairness : Fairness
    """
    return [_judged(one, fairness) for one in found]


def _judged(one: Compared, fairness: Fairness) -> Finding:
    tolerance = fairness.tolerances.get(_asked(one))  # type: ignore[call-overload]
    judged = all(fairness.attributes[name].judged for name in one.group.attributes)
    if tolerance is None or not judged:
        return Finding(one, "not judged")
    apart = one.less_others
    if apart.low is None or apart.high is None:
        return Finding(one, "too few to tell", tolerance)
    outside = tolerance.exceeded_by(apart.low, apart.high)
    return Finding(one, "outside" if outside else "within", tolerance)


def _asked(one: Compared) -> str:
    """Return the name under which a tolerance is set for a measure."""
    if one.measure == "place":
        return "mean_place" if one.subject == MEAN else ""
    return "" if one.measure != "reasons" and one.subject else one.measure
