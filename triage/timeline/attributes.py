"""What is known of people and referrals themselves, on an as-of date."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from triage.conditions import UNKNOWN_DAY, Answer, Answers, Categories, Column, Numbers
from triage.conditions import Days as DayColumn
from triage.records import Attribute, CaseHistories, StoredHistories, Vocabulary
from triage.timeline.arrays import codes_of, days_of, encoded_of, numbers_of
from triage.timeline.timelines import Days

__all__ = ["attributes_at", "nothing_of_referrals", "people_attributes_at"]


def attributes_at(
    histories: CaseHistories | StoredHistories,
    rows: npt.NDArray[np.int64],
    days: Days,
    *,
    audit: bool = False,
) -> dict[str, Column]:
    """Return the attributes of some referrals and of their people, as known on as-of dates.

    Parameters
    ----------
    histories : CaseHistories
    rows : ndarray of int64, shape (n,)
        Rows of the referrals.
    days : ndarray of int32, shape (n,)
        The as-of date of each, in days since 1970-01-01.
    audit : bool
        Whether protected characteristics are among them. For audits only.

    Returns
    -------
    dict of str to Column
        ``person.NAME``, ``referral.NAME``, ``person.age`` (whole years) and ``referral.agency``.
        A date that does not lie before the as-of date was not known then, and is not here.
    """
    position = histories.whose[rows]
    agencies = histories.vocabulary.agencies
    attributes = histories.vocabulary.referrals.attributes
    agency = histories.referrals["agency"].take(pa.array(rows))
    return {
        **people_attributes_at(histories, position, days, audit=audit),
        "referral.agency": Categories(codes_of(agency, pa.array(agencies)), list(agencies)),
        **_columns("referral", histories.referrals, rows, attributes, days, audit),
    }


def people_attributes_at(
    histories: CaseHistories | StoredHistories,
    position: npt.NDArray[np.int32],
    days: Days,
    *,
    audit: bool = False,
) -> dict[str, Column]:
    """Return the attributes of some people, as known on as-of dates.

    Parameters
    ----------
    histories : CaseHistories or StoredHistories
    position : ndarray of int32, shape (n,)
        Rows of the people.
    days : ndarray of int32, shape (n,)
        The as-of date of each, in days since 1970-01-01.
    audit : bool
        Whether protected characteristics are among them. For audits only.

    Returns
    -------
    dict of str to Column
        ``person.NAME`` and ``person.age`` (whole years), as :func:`attributes_at` has them.
    """
    people, attributes = histories.people, histories.vocabulary.people.attributes
    born = days_of(people["birth_date"], UNKNOWN_DAY)[position]
    return {
        "person.age": Numbers(_age(born, days)),
        **_columns("person", people, position, attributes, days, audit),
    }


def nothing_of_referrals(vocabulary: Vocabulary, n: int) -> dict[str, Column]:
    """Return the attributes of referrals where nobody was referred: nothing is known.

    Parameters
    ----------
    vocabulary : Vocabulary
    n : int
        How many rows.
    """
    columns: dict[str, Column] = {
        "referral.agency": Categories(np.full(n, -1, np.int32), list(vocabulary.agencies))
    }
    for name, attribute in vocabulary.referrals.attributes.items():
        if not attribute.audit_only:
            columns[f"referral.{name}"] = _nothing(attribute, n)
    return columns


def _nothing(attribute: Attribute, n: int) -> Column:
    match attribute.kind:
        case "category" | "text":
            return Categories(np.full(n, -1, np.int32), attribute.values)
        case "number":
            return Numbers(np.full(n, np.nan))
        case "answer":
            return Answers(np.full(n, Answer.NOT_ASKED, np.int8))
        case "date":
            return DayColumn(np.full(n, UNKNOWN_DAY, np.int32))


def _columns(
    prefix: str,
    table: pa.Table,
    rows: npt.NDArray[Any],
    attributes: Mapping[str, Attribute],
    days: Days,
    audit: bool,
) -> dict[str, Column]:
    return {
        f"{prefix}.{name}": _column(table[name].take(pa.array(rows)), attribute, days)
        for name, attribute in attributes.items()
        if audit or not attribute.audit_only
    }


def _column(values: pa.ChunkedArray, attribute: Attribute, days: Days) -> Column:
    match attribute.kind:
        case "category":
            return Categories(codes_of(values, pa.array(attribute.values)), attribute.values)
        case "number":
            return Numbers(numbers_of(values))
        case "answer":
            return Answers(values.to_numpy().astype(np.int8))
        case "text":
            return Categories(*encoded_of(values))
        case "date":
            dates = days_of(values, UNKNOWN_DAY)
            return DayColumn(np.where(dates < days, dates, UNKNOWN_DAY).astype(np.int32))


def _age(born: Days, days: Days) -> npt.NDArray[np.float64]:
    birth, today = born.astype("datetime64[D]"), days.astype("datetime64[D]")
    birth_month, month = birth.astype("datetime64[M]"), today.astype("datetime64[M]")
    months = (month - birth_month).astype(np.int64)
    months -= (today - month) < (birth - birth_month)
    years = np.floor_divide(months, 12).astype(np.float64)
    return np.where(born == UNKNOWN_DAY, np.nan, years)
