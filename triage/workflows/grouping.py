"""The groups of `configs/fairness.yaml`: whom referrals are about, and who made them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from triage.fairness import Partition, group_by
from triage.records import CaseHistories
from triage.timeline import attributes_at
from triage.workflows.project import Project

__all__ = ["grouped_by"]


def grouped_by(
    project: Project,
    histories: CaseHistories,
    rows: npt.NDArray[np.int64],
    days: npt.NDArray[np.int32],
) -> list[Partition]:
    """Return some referrals by each attribute, in the order of the configuration.

    Parameters
    ----------
    project : Project
    histories : CaseHistories
    rows : ndarray of int64, shape (n,)
        Rows of the referrals.
    days : ndarray of int32, shape (n,)
        The as-of date of each: age is that of the day.
    """
    columns = attributes_at(histories, rows, days, audit=True)
    return [
        group_by(name, columns[one.field], one.bands)
        for name, one in project.fairness.attributes.items()
    ]
