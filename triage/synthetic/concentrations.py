"""How concentrated harm is in case histories, beside what studies have published."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from triage.conditions import Answer, Categories
from triage.harm import Scale
from triage.records import CaseHistories

__all__ = ["FIGURES", "Concentration", "Figure", "concentrations"]

HIGH_HARM_DAYS = 180.0
BACK_WITHIN_DAYS = 730


class Figure(NamedTuple):
    """A published figure, and how far synthetic histories may lie from it.

    Parameters
    ----------
    name : str
    meaning : str
        What is measured, in plain words.
    published : str
        The figure and its source.
    lowest, highest : float
        The tolerance.
    """

    name: str
    meaning: str
    published: str
    lowest: float
    highest: float


FIGURES = (
    Figure(
        "people_with_90_share_of_harm",
        "share of people who carry 90% of harm",
        "3%, Barnham et al. 2017",
        0.02,
        0.06,
    ),
    Figure(
        "dyads_with_80_share_of_harm",
        "share of dyads that carry 80% of harm",
        "under 2%, Bland & Ariel 2015",
        0.005,
        0.038,
    ),
    Figure(
        "not_back_within_two_years",
        "share of people without a second incident within two years of the first",
        "76–78%, Barnham et al. 2017",
        0.71,
        0.83,
    ),
    Figure(
        "back_within_three_months",
        "share of returns within a year that come within three months",
        "56.5% of recidivism, López-Ossorio et al.",
        0.5,
        0.68,
    ),
    Figure(
        "highest_harm_without_earlier_police_contact",
        "share of the people with 90% of harm who had no earlier domestic contact with the police "
        "when they first did high harm",
        "over half, Bland & Ariel 2015; 55% of deadly cases",
        0.5,
        0.7,
    ),
    Figure(
        "grade_auc",
        "AUC of officers' grades for high harm within a year",
        "about .5 to .56",
        0.48,
        0.6,
    ),
    Figure(
        "repeat_referrals",
        "share of referrals that follow another of the same person within a year",
        "31%, MARAC to September 2024",
        0.24,
        0.42,
    ),
    Figure(
        "ideation_beyond_police",
        "share of people with recorded suicidal ideation whom police records do not show with it",
        "often known only to health or to the family, Bridger et al. 2017",
        0.5,
        0.98,
    ),
)
"""What is published, in the order in which it is shown. Check a source before quoting it."""


@dataclass(frozen=True)
class Concentration:
    """One published figure, and the same figure in some histories.

    Parameters
    ----------
    figure : Figure
    found : float
        The figure in these histories; NaN where it cannot be measured.
    """

    figure: Figure
    found: float

    @property
    def holds(self) -> bool:
        """Whether the figure lies within the tolerance."""
        return bool(self.figure.lowest <= self.found <= self.figure.highest)

    def __str__(self) -> str:
        sign = "holds" if self.holds else "DOES NOT HOLD"
        figure = self.figure
        return (
            f"{self.found:.3f} in [{figure.lowest:.3f}, {figure.highest:.3f}] {sign}: "
            f"{figure.meaning} (published: {figure.published})"
        )


def concentrations(histories: CaseHistories, scale: Scale) -> tuple[Concentration, ...]:
    """Return what is published on the concentration of harm, and the same in the histories.

    Parameters
    ----------
    histories : CaseHistories
        Domestic incidents are events of the kind ``incident`` with the flag ``domestic``.
    scale : Scale
        In which harm is counted.

    Returns
    -------
    tuple of Concentration
        One for each of :data:`FIGURES`, in their order.

    References
    ----------
    Bland, M., & Ariel, B. (2015). Targeting escalation in reported domestic abuse. International
    Criminal Justice Review 25(1).
    Barnham, L., Barnes, G. C., & Sherman, L. W. (2017). Targeting escalation of intimate partner
    violence. Cambridge Journal of Evidence-Based Policing 1.
    """
    incidents = _domestic_incidents(histories, scale)
    by_person = incidents.groupby("person_id")["harm_days"].sum()
    dyads = incidents.dropna(subset="victim_id")
    by_dyad = dyads.groupby(["person_id", "victim_id"])["harm_days"].sum()
    back = _days_until_back(incidents)
    found = {
        "people_with_90_share_of_harm": _share_that_carries(by_person, 0.9),
        "dyads_with_80_share_of_harm": _share_that_carries(by_dyad, 0.8),
        "not_back_within_two_years": _share(~(back <= BACK_WITHIN_DAYS)),
        "back_within_three_months": _share(back[back <= 365] <= 91),
        "highest_harm_without_earlier_police_contact": _without_earlier_police_contact(
            incidents, by_person
        ),
        "grade_auc": _grade_auc(histories, incidents),
        "repeat_referrals": _repeat_share(histories),
        "ideation_beyond_police": _ideation_beyond_police(histories),
    }
    return tuple(Concentration(figure, found[figure.name]) for figure in FIGURES)


def _domestic_incidents(histories: CaseHistories, scale: Scale) -> pd.DataFrame:
    columns = ["person_id", "happened_on", "agency", "kind", "harm_class", "victim_id", "domestic"]
    events = histories.events.select(columns).to_pandas()
    domestic = (events["kind"] == "incident") & (events["domestic"] == Answer.YES)
    incidents: pd.DataFrame = events[domestic].reset_index(drop=True)
    classes = list(scale.classes)
    codes = incidents["harm_class"].map({name: code for code, name in enumerate(classes)})
    coded = Categories(np.asarray(codes.fillna(-1), dtype=np.int32), classes)
    incidents["harm_days"] = scale.harm_days(coded)
    incidents["day"] = _days(incidents["happened_on"])
    return incidents.sort_values(["person_id", "day"], kind="stable", ignore_index=True)


def _days(dates: pd.Series[Any]) -> npt.NDArray[np.int64]:
    return dates.to_numpy(dtype="datetime64[D]").astype(np.int64)


def _share(truth: pd.Series[bool]) -> float:
    return float(truth.mean()) if len(truth) else float("nan")


def _carriers(harm_days: pd.Series[float], share: float) -> pd.Series[float]:
    """Return the fewest that together carry a share of all harm, the most harmful first."""
    most = harm_days.sort_values(ascending=False, kind="stable")
    before = most.cumsum() - most
    return most[before < share * most.sum()]


def _share_that_carries(harm_days: pd.Series[float], share: float) -> float:
    return len(_carriers(harm_days, share)) / len(harm_days) if len(harm_days) else float("nan")


def _days_until_back(incidents: pd.DataFrame) -> pd.Series[float]:
    """Return the days from each person's first incident to the second, NaN where none came.

    Records of one day are one incident, which several agencies wrote up. Only people whose first
    incident lies two years or more before the last one on record.
    """
    days = incidents.drop_duplicates(["person_id", "day"])
    firsts = days.groupby("person_id")["day"].nth(0)
    following = days.groupby("person_id")["day"].shift(-1).loc[firsts.index]
    followed = firsts <= days["day"].max() - BACK_WITHIN_DAYS
    gaps: pd.Series[float] = (following - firsts)[followed]
    return gaps


def _without_earlier_police_contact(incidents: pd.DataFrame, by_person: pd.Series[float]) -> float:
    highest = _carriers(by_person, 0.9).index
    high = incidents[incidents["harm_days"] >= HIGH_HARM_DAYS]
    first_high = high.groupby("person_id")["day"].min().reindex(highest).dropna()
    police = incidents[incidents["agency"] == "police"]
    first_police = police.groupby("person_id")["day"].min().reindex(first_high.index)
    return _share(~(first_police < first_high))


def _grade_auc(histories: CaseHistories, incidents: pd.DataFrame) -> float:
    events = histories.events.select(["person_id", "happened_on", "kind", "risk_grade"]).to_pandas()
    graded = events[(events["kind"] == "assessment") & events["risk_grade"].notna()]
    graded = graded.assign(day=_days(graded["happened_on"])).reset_index(drop=True)
    graded = graded[graded["day"] <= incidents["day"].max() - 365]
    high = incidents[incidents["harm_days"] >= HIGH_HARM_DAYS][["person_id", "day"]]
    pairs = graded.reset_index().merge(high, on="person_id", suffixes=("", "_high"))
    after = pairs["day_high"] - pairs["day"]
    came = graded.index.isin(pairs["index"][(after > 0) & (after <= 365)])
    return _auc(graded["risk_grade"].to_numpy(dtype=np.float64), came)


def _auc(score: npt.NDArray[np.float64], truth: npt.NDArray[np.bool_]) -> float:
    """Return the chance that a yes scores above a no, ties counted half; NaN without both."""
    n_yes, n_no = int(truth.sum()), int((~truth).sum())
    if not n_yes or not n_no:
        return float("nan")
    ranks = pd.Series(score).rank().to_numpy()
    return float((ranks[truth].sum() - n_yes * (n_yes + 1) / 2) / (n_yes * n_no))


def _repeat_share(histories: CaseHistories) -> float:
    made = histories.referrals.select(["person_id", "made_on"]).to_pandas()
    made = made.assign(day=_days(made["made_on"])).sort_values(["person_id", "day"], kind="stable")
    since = made["day"] - made.groupby("person_id")["day"].shift(1)
    return _share((since <= 365)[made["day"] >= made["day"].min() + 365])


def _ideation_beyond_police(histories: CaseHistories) -> float:
    events = histories.events.select(["person_id", "agency", "suicidal_ideation"]).to_pandas()
    shown = events[events["suicidal_ideation"] == Answer.YES]
    to_police = shown["person_id"][shown["agency"] == "police"].unique()
    return _share(~pd.Series(shown["person_id"].unique()).isin(to_police))
