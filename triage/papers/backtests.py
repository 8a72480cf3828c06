"""What a backtest found, as one structure from which its page, its CSV and its table are made."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from triage.workspace import Panel, csv_text

if TYPE_CHECKING:  # learning takes seconds to import, and a page about a list needs none
    from triage.fairness import GroupCalibration
    from triage.learning import Calibrated, Measured

__all__ = [
    "BacktestReport",
    "HandlingFigures",
    "ListFigures",
    "RankerFigures",
    "backtest_csv",
]

Key = tuple[str, str]
CSV_COLUMNS = (
    "ranker",
    "kind",
    "measure",
    "cut",
    "period",
    "group",
    "value",
    "low",
    "high",
    "difference",
    "difference_low",
    "difference_high",
)


@dataclass(frozen=True)
class ListFigures:
    """One list that was replayed.

    Parameters
    ----------
    as_of : date
    heard : int
        Referrals that were ranked.
    not_for_panel : int
        Referrals that rules took off the ranking.
    known : int
        Of those ranked, how many answers count.
    positives : int
        To how many of those the outcome came.
    trained_on : date
        When its models were trained.
    """

    as_of: datetime.date
    heard: int
    not_for_panel: int
    known: int
    positives: int
    trained_on: datetime.date


@dataclass(frozen=True)
class RankerFigures:
    """One ranker, over all lists.

    Parameters
    ----------
    name, title : str
    kind : str
        ``champion``, ``candidate``, ``comparator``, ``baseline`` or ``with rules``.
    told : str
        What it is, in a sentence.
    measures : mapping of (measure, cut) to Measured
        The cut is empty where a measure has none.
    differences : mapping of (measure, cut) to Measured
        Its measure less that of the reference, on the same resamples.
    by_period : tuple of Measured
        Harm captured at capacity on the panel's scale, a period each.
    calibrated : Calibrated or None
        Only of what speaks of probability.
    groups : tuple of GroupCalibration
    """

    name: str
    title: str
    kind: str
    told: str
    measures: Mapping[Key, Measured]
    differences: Mapping[Key, Measured]
    by_period: tuple[Measured, ...]
    calibrated: Calibrated | None
    groups: tuple[GroupCalibration, ...]


@dataclass(frozen=True)
class HandlingFigures:
    """What becomes of the ranking when people who were taken on are handled otherwise.

    Parameters
    ----------
    handling : str
    in_force : bool
        Whether ``configs/outcome.yaml`` says so.
    known : int
        Answers on the lists that count.
    changed_share : float
        Share of the places within capacity that go to somebody else than as configured.
    order_kept : float
        Rank correlation with the order as configured, mean over lists.
    harm_captured, auc : Measured
    """

    handling: str
    in_force: bool
    known: int
    changed_share: float
    order_kept: float
    harm_captured: Measured
    auc: Measured


@dataclass(frozen=True)
class BacktestReport:
    """All that a backtest found.

    Parameters
    ----------
    panel : Panel
    first, last : date
        Of the lists that are measured.
    every : str
        ``month``, ``quarter`` or ``year``.
    outcome_meaning : str
    horizon_days : int
    observed_until : date
    scales : mapping of str to str
        Harm scales and their titles, that of the panel first.
    cuts : tuple of str
        From the narrowest.
    lists : tuple of ListFigures
    people : int
        How many there are on all lists.
    periods : tuple of str
    rankers : tuple of RankerFigures
        The one that captured most harm first.
    reference : str
        The ranker with which the others are compared.
    retrain_months, resamples : int
    taken_on : int
        Of how many on the lists an intervention began within the horizon.
    treatment_meaning : str
        Empty where the workspace does not say what an intervention is.
    handlings : tuple of HandlingFigures
    no_history : str
        Empty where nobody is told apart.
    notes : tuple of str
        What else the reader should know, a sentence each.
    """

    panel: Panel
    first: datetime.date
    last: datetime.date
    every: str
    outcome_meaning: str
    horizon_days: int
    observed_until: datetime.date
    scales: Mapping[str, str]
    cuts: tuple[str, ...]
    lists: tuple[ListFigures, ...]
    people: int
    periods: tuple[str, ...]
    rankers: tuple[RankerFigures, ...]
    reference: str
    retrain_months: int
    resamples: int
    taken_on: int
    treatment_meaning: str
    handlings: tuple[HandlingFigures, ...]
    no_history: str
    notes: tuple[str, ...]

    @property
    def main(self) -> Key:
        """Harm captured at capacity on the panel's scale."""
        return f"harm_captured:{next(iter(self.scales))}", "capacity"

    def ranker(self, name: str) -> RankerFigures:
        """Return the ranker of this name."""
        return next(one for one in self.rankers if one.name == name)


def backtest_csv(report: BacktestReport) -> str:
    """Return every figure of a backtest, one a line.

    Parameters
    ----------
    report : BacktestReport
    """
    return csv_text(CSV_COLUMNS, _rows(report))


def _rows(report: BacktestReport) -> Iterator[Mapping[str, str | int]]:
    for ranker in report.rankers:
        about = {"ranker": ranker.name, "kind": ranker.kind}
        yield from ({**about, **line} for line in _lines(ranker, report))
    for one in report.handlings:
        about = {"ranker": report.reference, "group": f"taken on: {one.handling}"}
        yield {**about, "measure": "known", "value": one.known}
        yield {**about, "measure": "changed_share", "value": _told(one.changed_share)}
        yield {**about, "measure": "order_kept", "value": _told(one.order_kept)}
        yield {**about, "measure": "auc", **_figures(one.auc)}
        measure, cut = report.main
        yield {**about, "measure": measure, "cut": cut, **_figures(one.harm_captured)}


def _lines(ranker: RankerFigures, report: BacktestReport) -> Iterator[dict[str, str]]:
    for (measure, cut), found in ranker.measures.items():
        line = {"measure": measure, "cut": cut, "period": "all", **_figures(found)}
        if (difference := ranker.differences.get((measure, cut))) is not None:
            line |= {f"difference{end}": text for end, text in _ends(difference).items()}
        yield line
    measure, cut = report.main
    for period, found in zip(report.periods, ranker.by_period, strict=True):
        yield {"measure": measure, "cut": cut, "period": period, **_figures(found)}
    if ranker.calibrated is not None:
        yield from _calibrated_lines(ranker.calibrated)
    for group in ranker.groups:
        about = {"group": f"{group.attribute}: {group.value}"}
        if group.observed is not None:
            said = {"measure": "observed", "cut": f"expected {group.expected:.6f}"}
            yield {**about, **said, **_figures(group.observed)}
        if group.found is not None:
            for line in _calibrated_lines(group.found):
                bin_name = f", {line['group']}" if "group" in line else ""
                yield {**line, "group": about["group"] + bin_name}


def _calibrated_lines(found: Calibrated) -> Iterator[dict[str, str]]:
    yield {"measure": "calibration_slope", **_figures(found.slope)}
    yield {"measure": "calibration_intercept", **_figures(found.intercept)}
    for number, one in enumerate(found.bins, 1):
        about = {"measure": "calibration_curve", "group": f"bin {number}"}
        yield {**about, "cut": f"expected {one.expected:.6f}", **_figures(one.observed)}


def _figures(found: Measured) -> dict[str, str]:
    return {"value": _told(found.value), "low": _told(found.low), "high": _told(found.high)}


def _ends(found: Measured) -> dict[str, str]:
    return {"": _told(found.value), "_low": _told(found.low), "_high": _told(found.high)}


def _told(value: float) -> str:
    return "" if value != value else f"{value:.6g}"
