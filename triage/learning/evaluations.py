"""An evaluation: all that a training found out about one model, as it is stored with it.

Gates judge it and cards tell it. It holds no row of anybody.
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.special import expit

from triage.learning.experiments import Experiment, Result
from triage.learning.leakage import skill_of
from triage.learning.measures import lists_of, places
from triage.learning.resampling import Figure, Resamples
from triage.outcomes import Labels
from triage.timeline import Moments
from triage.workspace import Strict

__all__ = [
    "AboutData",
    "AboutFeature",
    "AboutModel",
    "AboutOutcome",
    "Assessed",
    "Comparison",
    "CurvePoint",
    "Evaluation",
    "GroupFigures",
    "MeasuredFigure",
    "Other",
    "ToldAlarm",
    "curve_of",
    "wilson",
]

Floats = npt.NDArray[np.float64]
FORMAT = 1
BINS = 10
Z = 1.959964
MEANINGS = {
    "harm_captured": "share of all harm that followed, of those within the panel's capacity",
    "recall": "share of those with the outcome who were within capacity",
    "precision": "share of those within capacity who had the outcome",
    "auc": "chance that somebody with the outcome stands above somebody without",
    "average_precision": "mean precision over the ranks at which one with the outcome stands",
    "brier": "mean squared error of the probability",
    "calibration_slope": "slope of the outcome on the score: 1 is right, below 1 too extreme",
}


class MeasuredFigure(Strict):
    """A measure over all test periods."""

    name: str
    meaning: str
    figure: Figure


class AboutModel(Strict):
    """What the model is."""

    name: str
    title: str
    purpose: str
    kind: str
    source: str
    estimator: str
    parameters: dict[str, str]
    monotonic: bool


class AboutOutcome(Strict):
    """What is foretold."""

    name: str
    meaning: str
    horizon_days: int
    settles_in_days: int
    base_rate: float


class AboutData(Strict):
    """What was learned from and tested on.

    ``tested`` and ``learned`` count referrals whose outcome is known; ``first`` and ``last`` are
    as-of dates; outcomes are on record where they had settled before ``observed_until``.
    """

    fingerprint: str
    inputs: dict[str, str]
    referrals: int
    learned: int
    people: int
    positives: int
    tested: int
    tested_positives: int
    first: datetime.date
    last: datetime.date
    observed_until: datetime.date
    periods: list[tuple[datetime.date, datetime.date]]


class AboutFeature(Strict):
    """One feature: in words, with a made-up value, and the direction that bound the model."""

    name: str
    theme: str
    words: str
    direction: str


class CurvePoint(Strict):
    """Referrals of like probability: what was foretold, and the share that had the outcome."""

    rows: int
    foretold: float
    observed: Figure


class GroupFigures(Strict):
    """One group at the cut.

    Parameters
    ----------
    attribute, group : str
    told : bool
        Whether there were enough people, with and without the outcome, to tell anything.
    rows, positives : int or None
        To the nearest 5.
    reached : Figure or None
        Share of those of the group with the outcome who were within capacity.
    gap : Figure or None
        The same share of everybody else less that of the group: above 0, the group is reached
        less.
    mistaken : Figure or None
        Share of those of the group without the outcome who were within capacity.
    excess : Figure or None
        That share less the same share of everybody else: above 0, the group is heard more often
        without cause.
    foretold, observed : float or None
        Mean probability, and share with the outcome.
    """

    attribute: str
    group: str
    told: bool
    rows: int | None = None
    positives: int | None = None
    reached: Figure | None = None
    gap: Figure | None = None
    mistaken: Figure | None = None
    excess: Figure | None = None
    foretold: float | None = None
    observed: float | None = None


class Other(Strict):
    """Another ranker of the same training."""

    title: str
    kind: str
    harm_captured: Figure
    auc: float | None


class Comparison(Strict):
    """The model against the one that ranks now, on the same test periods.

    Parameters
    ----------
    role : {"champion", "fallback"}
    version : int or None
        Of the champion.
    title : str
    better_by : Figure
        Harm captured, this less the other, in shares; the interval is paired.
    turnover : float
        Share of the places within capacity that would be somebody else's.
    """

    role: str
    version: int | None
    title: str
    better_by: Figure
    turnover: float


class ToldAlarm(Strict):
    """An alarm that went off, and who said why it may."""

    name: str
    subject: str
    told: str
    reason: str
    by: str
    on: datetime.date


class Evaluation(Strict):
    """All that a training found out about one model."""

    format: int = FORMAT
    synthetic: bool
    code_version: str
    capacity: int
    lists: int
    harm_scale: str
    model: AboutModel
    outcome: AboutOutcome
    data: AboutData
    features: list[AboutFeature]
    measures: list[MeasuredFigure]
    curve: list[CurvePoint]
    groups: list[GroupFigures]
    others: list[Other]
    against: Comparison | None
    alarms: list[ToldAlarm]
    notes: list[str]

    def figure(self, name: str) -> Figure:
        """Return a measure of this name; one without a value where there is none."""
        found = (one.figure for one in self.measures if one.name == name)
        return next(found, Figure(value=None))

    def to_json(self) -> str:
        """Return it as a text that :meth:`from_json` reads."""
        return self.model_dump_json(indent=1) + "\n"

    @classmethod
    def from_json(cls, text: str | bytes) -> Evaluation:
        """Return the evaluation that stands in a text.

        Raises
        ------
        ValueError
            It is none, or one of another form.
        """
        found = cls.model_validate_json(text)
        if found.format != FORMAT:
            raise ValueError(f"an evaluation of the form {found.format}")
        return found


class Assessed:
    """The rows that an experiment tested, with what came after and draws of their people.

    Parameters
    ----------
    experiment : Experiment
    moments : Moments
    labels : Labels
        Of all examples.
    """

    def __init__(self, experiment: Experiment, moments: Moments, labels: Labels) -> None:
        rows = experiment.tested
        self.capacity = experiment.capacity
        self.rows = rows
        self.y = labels.values[rows]
        self.harm_days = labels.harm_days[rows]
        self.lists = lists_of(moments.day[rows])
        self.person = moments.person[rows]
        self.draws = Resamples(self.person, seed=experiment.training.seed)

    def within(self, scores: Floats) -> Floats:
        """Return each row's chance of a place within its list's capacity, shape (n,)."""
        return places(scores, self.lists, self.capacity)

    def harm_captured(self, scores: Floats) -> Figure:
        """Return the share of all harm that followed those within capacity."""
        return self.draws.share(self.within(scores) * self.harm_days, self.harm_days)

    def better_by(self, one: Floats, other: Floats) -> Figure:
        """Return by how much more harm one ranker captured than another, paired."""
        return self.draws.difference(
            (self.within(one) * self.harm_days, self.harm_days),
            (self.within(other) * self.harm_days, self.harm_days),
        )

    def turnover(self, one: Floats, other: Floats) -> float:
        """Return the share of places within capacity that go to others, 0 to 1.

        Lists that are no longer than the capacity do not count: there everybody is heard.
        """
        first, second = self.within(one), self.within(other)
        sizes = np.bincount(self.lists - self.lists.min())[self.lists - self.lists.min()]
        contested = sizes > self.capacity
        whole = float(first[contested].sum())
        same = float(np.minimum(first, second)[contested].sum())
        return 0.0 if whole == 0 else max(0.0, 1 - same / whole)

    def measures(self, result: Result) -> list[MeasuredFigure]:
        """Return the measures of a result, with intervals where people were drawn again."""
        within = self.within(result.scores)
        chance = expit(result.scores)
        ones = np.ones(len(self.y))
        auc = skill_of(self.y, result.scores, z=Z)
        found = {
            "harm_captured": self.harm_captured(result.scores),
            "recall": self.draws.share(within * self.y, self.y),
            "precision": self.draws.share(within * self.y, within),
            "auc": Figure(value=auc.auc, low=auc.low, high=auc.high),
            "average_precision": _plain(result.pooled.average_precision),
        }
        if result.trained.learned:
            found |= {
                "brier": self.draws.share((chance - self.y) ** 2, ones),
                "calibration_slope": _plain(result.pooled.calibration_slope),
            }
        return [
            MeasuredFigure(name=name, meaning=MEANINGS[name], figure=one)
            for name, one in found.items()
        ]

    def curve(self, result: Result) -> list[CurvePoint]:
        """Return up to ten groups of like size from the least likely to the likeliest.

        References
        ----------
        Wilson, E. (1927). Probable inference, the law of succession, and statistical inference.
        """
        if not result.trained.learned:
            return []
        return curve_of(expit(result.scores), self.y)


def curve_of(probabilities: Floats, y: Floats) -> list[CurvePoint]:
    """Return groups of like probability, ten or fewer, each with Wilson's interval of 95%."""
    order = np.argsort(probabilities, kind="stable")
    parts: Sequence[npt.NDArray[np.int64]] = np.array_split(order, min(BINS, max(1, len(y) // 20)))
    return [
        CurvePoint(
            rows=len(part),
            foretold=float(probabilities[part].mean()),
            observed=wilson(float(y[part].sum()), len(part)),
        )
        for part in parts
        if len(part)
    ]


def wilson(positives: float, rows: int) -> Figure:
    """Return a share with Wilson's interval of 95%."""
    share = positives / rows
    centre = (share + Z * Z / (2 * rows)) / (1 + Z * Z / rows)
    half = (
        Z / (1 + Z * Z / rows) * math.sqrt(share * (1 - share) / rows + Z * Z / (4 * rows * rows))
    )
    return Figure(value=share, low=max(0.0, centre - half), high=min(1.0, centre + half))


def _plain(value: float) -> Figure:
    return Figure(value=None if math.isnan(value) else float(value))
