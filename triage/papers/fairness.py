"""All that was measured of groups at the cut, as rows, CSV and JSON."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from triage.workspace import Fairness, Panel, csv_text

if TYPE_CHECKING:  # learning takes seconds to import
    from triage.fairness import Finding, GroupCalibration, Proxy, Supposed
    from triage.learning import Figure, Measured

__all__ = [
    "FAIRNESS_COLUMNS",
    "SUMMARY_COLUMNS",
    "FairnessReport",
    "fairness_csv",
    "fairness_json",
    "fairness_rows",
    "fairness_summary",
]

FAIRNESS_COLUMNS = (
    "part",
    "attribute",
    "group",
    "people",
    "measure",
    "subject",
    "standing",
    "value",
    "low",
    "high",
    "less_others",
    "less_others_low",
    "less_others_high",
    "at_most",
    "side",
)
FORMAT = 1
VERSION = "version-"
Cell = str | int | float | None
Row = dict[str, Cell]


@dataclass(frozen=True)
class FairnessReport:
    """All that was measured of groups at the cut.

    Parameters
    ----------
    panel : Panel
    fairness : Fairness
        What was asked, and what is tolerated.
    name : str
        Of what was measured: a list's id, or ``version-3``.
    title : str
        The model's.
    version : int
    lists : int
    first, last : date
        As-of dates of the first list and of the last.
    referrals, people : int
        Ranked on those lists.
    places : int
        Within capacity on all of them.
    known : int
        Referrals whose outcome is known.
    positives : int or None
        People with the outcome, to the nearest 5; None where none is known or they are too few.
    settles_on : date
        From when on the outcome of the last list can be known.
    observed_until : date
        Outcomes are on record where they had settled before it.
    outcome_meaning : str
    horizon_days : int
    sizes : mapping of (attribute, group) to int
        People, to the nearest 5.
    parts : mapping of str to tuple of Finding
        ``cut`` (groups, and intersections of two), ``score`` (the same by the score alone),
        ``places``, ``reasons``, ``recorded`` (whose records), ``otherwise`` (the outcome counted
        from those records alone).
    calibrations : tuple of GroupCalibration
    supposed : tuple of Supposed
        If so much harm is on no record.
    turning : mapping of (attribute, group) to float or None
        The least share on no record at which recall would lie outside its tolerance.
    proxies : tuple of (Finding, Proxy)
    notes : tuple of str
        Sentences on what was measured and what could not be.
    """

    panel: Panel
    fairness: Fairness
    name: str
    title: str
    version: int
    lists: int
    first: datetime.date
    last: datetime.date
    referrals: int
    people: int
    places: int
    known: int
    positives: int | None
    settles_on: datetime.date
    observed_until: datetime.date
    outcome_meaning: str
    horizon_days: int
    sizes: Mapping[tuple[str, str], int]
    parts: Mapping[str, tuple[Finding, ...]]
    calibrations: tuple[GroupCalibration, ...] = ()
    supposed: tuple[Supposed, ...] = ()
    turning: Mapping[tuple[str, str], float | None] = field(default_factory=dict)
    proxies: tuple[tuple[Finding, Proxy], ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def of_a_list(self) -> bool:
        """Whether it was measured on a list that stands, and not on a version's test periods."""
        return not self.name.startswith(VERSION)

    @property
    def settled(self) -> bool:
        """Whether any outcome is known."""
        return self.known > 0

    @property
    def findings(self) -> tuple[tuple[str, Finding], ...]:
        """Every measure that could be judged, with the part that it belongs to.

        Those by the score alone and by some agencies' records alone are told, and judged once: at
        the cut that is used.
        """
        told = ("cut", "places", "reasons", "recorded")
        found = [(name, one) for name in told for one in self.parts.get(name, ())]
        return (*found, *(("proxies", one) for one, _ in self.proxies))

    @property
    def outside(self) -> tuple[tuple[str, Finding], ...]:
        """Those that lie outside a tolerance."""
        return tuple(one for one in self.findings if one[1].standing == "outside")

    def count(self, standing: str) -> int:
        """Return how many measures stand so: ``within``, ``outside``, ``too few to tell``."""
        return sum(one.standing == standing for _, one in self.findings)

    def as_json(self) -> dict[str, Any]:
        """Return it as what JSON can hold: facts, tolerances and every measure as a row."""
        return {
            "format": FORMAT,
            "synthetic": self.panel.synthetic,
            "panel": {"name": self.panel.name, "area": self.panel.area},
            "measured": self.name,
            "model": {"title": self.title, "version": self.version},
            "lists": {
                "number": self.lists,
                "first": self.first.isoformat(),
                "last": self.last.isoformat(),
                "capacity": self.panel.capacity,
            },
            "outcome": {
                "meaning": self.outcome_meaning,
                "horizon_days": self.horizon_days,
                "settled": self.settled,
                "settles_on": self.settles_on.isoformat(),
                "observed_until": self.observed_until.isoformat(),
            },
            "intervals": {
                "share": 0.95,
                "resamples_of_people": self.fairness.resamples,
                "seed": self.fairness.seed,
            },
            "smallest_group": self.panel.smallest_group,
            "standing": {
                "outside": self.count("outside"),
                "within": self.count("within"),
                "too_few_to_tell": self.count("too few to tell"),
            },
            "tolerances": {
                name: one.model_dump(mode="json") for name, one in self.fairness.tolerances.items()
            },
            "attributes": {
                name: one.model_dump(mode="json") for name, one in self.fairness.attributes.items()
            },
            "notes": list(self.notes),
            "measures": fairness_rows(self),
        }


def fairness_rows(report: FairnessReport) -> list[Row]:
    """Return every measure as a row, in the order in which the page tells them."""
    return list(_rows(report))


def _rows(report: FairnessReport) -> Iterator[Row]:
    for part in ("cut", "score", "places", "reasons"):
        yield from (_row(report, part, one) for one in report.parts.get(part, ()))
    for told in report.calibrations:
        yield from _of_calibration(told)
    for part in ("recorded", "otherwise"):
        yield from (_row(report, part, one) for one in report.parts.get(part, ()))
    for supposed in report.supposed:
        yield from _of_supposed(supposed)
    for (attribute, group), share in report.turning.items():
        yield _plain("unrecorded", attribute, group, "outside_from", value=share)
    for finding, proxy in report.proxies:
        yield _row(report, "proxies", finding)
        for carrier in proxy.carriers:
            one = finding.compared.group
            yield _plain(
                "proxies",
                one.attribute,
                one.value,
                "auc_lost_without",
                subject=carrier.name,
                value=carrier.lost,
            )


def _row(report: FairnessReport, part: str, finding: Finding) -> Row:
    one, tolerance = finding.compared, finding.tolerance
    own, less = one.own, one.less_others
    standing: str = finding.standing if one.told else "too few to tell"
    if part in ("score", "otherwise"):
        standing = standing if standing == "too few to tell" else "not judged"
    return {
        "part": part,
        "attribute": one.group.attribute,
        "group": one.group.value,
        "people": report.sizes.get((one.group.attribute, one.group.value)),
        "measure": one.measure,
        "subject": one.subject,
        "standing": standing,
        "value": hundredths(own.value),
        "low": hundredths(own.low),
        "high": hundredths(own.high),
        "less_others": hundredths(less.value),
        "less_others_low": hundredths(less.low),
        "less_others_high": hundredths(less.high),
        "at_most": None if tolerance is None else tolerance.at_most,
        "side": "" if tolerance is None else tolerance.side,
    }


def _of_calibration(told: GroupCalibration) -> Iterator[Row]:
    found, observed = told.found, told.observed
    if found is None or observed is None:
        standing = "too few to tell"
        yield _plain("calibration", told.attribute, told.value, "slope", standing=standing)
        return
    for name, one in (("came", observed), ("slope", found.slope), ("intercept", found.intercept)):
        yield _measured(told, name, one)
    yield _plain("calibration", told.attribute, told.value, "said", value=told.expected)


def _measured(told: GroupCalibration, name: str, one: Measured) -> Row:
    ends = {key: value for key, value in vars(one).items() if value == value}
    return _plain("calibration", told.attribute, told.value, name, **ends)


def _of_supposed(one: Supposed) -> Iterator[Row]:
    subject = f"{one.share:g}"
    figures: dict[str, Figure | float | None] = {
        "recall": one.recall,
        "missed_harm": one.missed_harm,
        "recall_at_least": one.recall_at_least,
        "recall_at_most": one.recall_at_most,
    }
    for name, figure in figures.items():
        ends: dict[str, float | None]
        if figure is None or isinstance(figure, float):
            ends = {"value": figure}
        else:
            ends = {"value": figure.value, "low": figure.low, "high": figure.high}
        if name == "recall":
            less = one.less_others
            ends |= {
                "less_others": less.value,
                "less_others_low": less.low,
                "less_others_high": less.high,
            }
        group = one.group
        row = _plain("unrecorded", group.attribute, group.value, name, subject=subject)
        yield row | {key: hundredths(value) for key, value in ends.items()}


def _plain(
    part: str,
    attribute: str,
    group: str,
    measure: str,
    *,
    subject: str = "",
    standing: str = "not judged",
    **ends: float | None,
) -> Row:
    return {
        **dict.fromkeys(FAIRNESS_COLUMNS),
        "part": part,
        "attribute": attribute,
        "group": group,
        "measure": measure,
        "subject": subject,
        "standing": standing,
        "side": "",
        **{name: hundredths(value) for name, value in ends.items()},
    }


def hundredths(value: float | None) -> float | None:
    """Return a measure so rounded that it does not give away the count that it was made of.

    Examples
    --------
    >>> hundredths(1 / 3), hundredths(None), hundredths(-0.001)
    (0.33, None, 0.0)
    """
    return None if value is None else round(value, 2) + 0.0


def fairness_csv(report: FairnessReport) -> str:
    """Return every measure as CSV."""
    return csv_text(FAIRNESS_COLUMNS, fairness_rows(report))


def fairness_json(report: FairnessReport) -> str:
    """Return a report as JSON."""
    return json.dumps(report.as_json(), indent=1, ensure_ascii=True) + "\n"


def fairness_summary(report: FairnessReport) -> list[Row]:
    """Return a row a group of one attribute, in words, for a terminal."""
    found: dict[tuple[str, str], Row] = {}
    outside: dict[tuple[str, str], list[str]] = {}
    for _, finding in report.outside:
        one = finding.compared
        key = (one.group.attribute, one.group.value)
        outside.setdefault(key, []).append(" ".join(filter(None, [one.measure, one.subject])))
    for finding in report.parts["cut"]:
        one = finding.compared
        if len(one.group.attributes) > 1:
            continue
        key = (one.group.attribute, one.group.value)
        row = found.setdefault(
            key, {"attribute": key[0], "group": key[1], "people": report.sizes.get(key)}
        )
        if one.measure in SUMMARY:
            row[one.measure] = share_words(finding)
    for key, row in found.items():
        row["outside"] = ", ".join(outside.pop(key, []))
    for (attribute, group), names in outside.items():
        found[attribute, group] = {
            "attribute": attribute,
            "group": group,
            "people": report.sizes.get((attribute, group)),
            "outside": ", ".join(names),
        }
    return list(found.values())


SUMMARY = ("referrals", "list", "harm", "recall", "missed_harm", "false_positive")
SUMMARY_COLUMNS = ("attribute", "group", "people", *SUMMARY, "outside")


def share_words(finding: Finding) -> str:
    """Return a share in words, or that it is not told."""
    one = finding.compared
    if not one.told:
        return "few"
    return "–" if one.own.value is None else f"{one.own.value:.0%}"
