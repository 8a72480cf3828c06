"""Which referrals a list is about, and the dates on which past ones would have been heard."""

from __future__ import annotations

import datetime

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from triage.errors import Problem
from triage.timeline.timelines import Days
from triage.workspace import Cohort

__all__ = ["not_yet", "nothing_known", "nothing_open", "open_referrals", "training_days"]


def open_referrals(referrals: pa.Table, cohort: Cohort, day: int) -> npt.NDArray[np.int64]:
    """Return the rows of the referrals that are open on an as-of date.

    Parameters
    ----------
    referrals : pyarrow.Table
        The referrals of the case histories.
    cohort : Cohort
        A referral is open if it was made on the day or in the ``open_days`` − 1 days before.
    day : int
        The as-of date, in days since 1970-01-01.
    """
    made = _made(referrals)
    is_open = (made <= day) & (made > day - cohort.open_days) & _asked_about(referrals, cohort)
    return np.flatnonzero(is_open)


def nothing_open(
    cohort: Cohort, as_of: datetime.date, made: tuple[datetime.date, datetime.date] | None
) -> Problem:
    """Return how to tell that no referral is open on an as-of date.

    Parameters
    ----------
    cohort : Cohort
    as_of : date
    made : (date, date) or None
        When the first and the last of all referrals were made; None where there are none.
    """
    return Problem(
        f"as-of date {as_of}",
        f"at least one referral must be open: made on that day or in the {cohort.open_days - 1} "
        "days before (cohort.open_days in configs/panel.yaml)",
        f"referrals made from {made[0]} to {made[1]}" if made else "no referrals at all",
        "Choose another date, or bring in newer extracts.",
    )


def nothing_known(first: datetime.date | None, as_of: datetime.date) -> Problem | None:
    """Return how to tell that an as-of date lies before all history; None where it does not.

    Every feature would then say that nothing is on record, which is true of the extracts and not
    of the people. Where there are no events at all, there is no history to lie before.

    Parameters
    ----------
    first : date or None
        The first day on which an event had happened and was known; None where there is none.
    as_of : date
    """
    if first is None or first < as_of:
        return None
    return Problem(
        f"as-of date {as_of}",
        "some event must have happened and been known before it",
        f"a history of which the first is known on {first}",
        "Choose a later date, or bring in older extracts.",
    )


def not_yet(as_of: datetime.date, today: datetime.date) -> Problem | None:
    """Return how to tell that an as-of date lies ahead; None where it does not.

    An as-of date takes what is known before it: tomorrow's takes all that is on record today. Of
    what becomes known between now and a later one nothing is on record, and every feature would
    say that nothing happened.

    Parameters
    ----------
    as_of, today : date
    """
    tomorrow = today + datetime.timedelta(days=1)
    if as_of <= tomorrow:
        return None
    return Problem(
        f"as-of date {as_of}",
        f"must not be after {tomorrow}, tomorrow: nothing is on record yet of the days between",
        mend="Choose an earlier date, or ask again on that day.",
    )


def training_days(referrals: pa.Table, cohort: Cohort) -> tuple[npt.NDArray[np.int64], Days]:
    """Return the rows of all referrals ever asked about, and the as-of date of each.

    Returns
    -------
    rows : ndarray of int64, shape (n,)
    days : ndarray of int32, shape (n,)
        The first of the month on or after the referral was made (``as_of: monthly``), or the day
        it was made (``as_of: referral``), in days since 1970-01-01.
    """
    rows = np.flatnonzero(_asked_about(referrals, cohort))
    made = _made(referrals)[rows]
    if cohort.as_of == "referral":
        return rows, made
    dates = made.astype("datetime64[D]")
    month = dates.astype("datetime64[M]")
    first = np.where(month.astype("datetime64[D]") == dates, month, month + 1)
    return rows, first.astype("datetime64[D]").astype(np.int32)


def _made(referrals: pa.Table) -> Days:
    return np.asarray(referrals["made_on"].cast(pa.int32()).to_numpy(), dtype=np.int32)


def _asked_about(referrals: pa.Table, cohort: Cohort) -> npt.NDArray[np.bool_]:
    asked = np.ones(len(referrals), dtype=bool)
    for name, value in cohort.where.items():
        asked &= pc.fill_null(pc.equal(referrals[name], value), False).to_numpy()
    return asked
