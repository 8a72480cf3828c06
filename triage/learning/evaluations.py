"""An evaluation: all that a training found out about one model, as it is stored with it.

Gates judge it and cards tell it. It holds no row of anybody.
"""

from __future__ import annotations

import datetime
import math

import numpy as np
import numpy.typing as npt

from triage.learning.baselines import Baseline
from triage.learning.experiments import Experiment, Result
from triage.learning.forecasts import calibrated, measure_forecast, measure_order
from triage.learning.measures import lists_of, places
from triage.learning.panels import Heard, Measured, measured
from triage.learning.resampling import DRAWS, Figure, Resamples
from triage.learning.shapes import FeatureShape
from triage.outcomes import Labels
from triage.timeline import Moments
from triage.workspace import Strict

__all__ = [
    "AboutData",
    "AboutFeature",
    "AboutModel",
    "AboutOutcome",
    "Assessed",
    "CalibrationFigures",
    "Comparison",
    "CurvePoint",
    "Evaluation",
    "GroupFigures",
    "MeasuredFigure",
    "Other",
    "ToldAlarm",
    "figure_of",
]

Floats = npt.NDArray[np.float64]
FORMAT = 1
MEANINGS = {
    "harm_captured": "share of all harm that followed, of those within the panel's capacity",
    "recall": "share of those with the outcome who were within capacity",
    "precision": "share of those within capacity who had the outcome",
    "auc": "chance that somebody with the outcome stands above somebody without; ties count half",
    "average_precision": "mean precision over the ranks at which one with the outcome stands",
    "calibration_slope": "slope of the outcome on the score: 1 is right, below 1 too extreme",
    "calibration_intercept": "at a slope of 1: 0 is right, below 0 chances are told too high",
    "brier": "mean squared error of the probability; it is the sum of the next four",
    "reliability": "how far what is said lies from what comes: 0 is right",
    "resolution": "how far those of like chance differ from all: more is better; it counts minus",
    "uncertainty": "what the outcome's frequency alone makes of the Brier score",
    "within_bins": "what putting like chances together hides",
    "log_loss": "mean surprise at what came, in natural logarithms: less is better",
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
    """People of like probability: what was foretold, and the share that had the outcome.

    ``rows`` is how many people they are.
    """

    rows: int
    foretold: float
    observed: Figure


class CalibrationFigures(Strict):
    """Whether what was said of a group came true.

    Parameters
    ----------
    attribute, group : str
    told : bool
        Whether there were enough people, with and without the outcome, to tell anything.
    people : int or None
        To the nearest 5.
    foretold : float or None
        Mean probability.
    observed : Figure or None
        Share that had the outcome.
    slope, intercept : Figure or None
        See :class:`triage.learning.Calibrated`.
    curve : list of CurvePoint
    """

    attribute: str
    group: str
    told: bool
    people: int | None = None
    foretold: float | None = None
    observed: Figure | None = None
    slope: Figure | None = None
    intercept: Figure | None = None
    curve: list[CurvePoint] = []


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
    calibration_by_group: list[CalibrationFigures] = []
    shapes: list[FeatureShape] = []
    others: list[Other]
    against: Comparison | None
    alarms: list[ToldAlarm]
    notes: list[str]
    baseline: Baseline | None = None

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
        self.seed = experiment.training.seed
        self.draws = Resamples(self.person, seed=self.seed)

    @property
    def heard(self) -> Heard:
        """The same rows as what is measured over lists; of no harm, no history and no lead."""
        return Heard(
            person=np.unique(self.person, return_inverse=True)[1],
            lists=np.unique(self.lists, return_inverse=True)[1],
            weight=np.ones(len(self.y)),
            y=self.y,
            harm_days={},
            unseen=np.zeros(len(self.y), dtype=bool),
            lead_days=np.full(len(self.y), np.nan),
        )

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
        within, heard = self.within(result.scores), self.heard
        settings = {"resamples": DRAWS, "seed": self.seed}
        order = measure_order({"": result.scores}, heard, **settings)[""]
        found = {
            "harm_captured": self.harm_captured(result.scores),
            "recall": self.draws.share(within * self.y, self.y),
            "precision": self.draws.share(within * self.y, within),
            **{name: figure_of(measured(values)) for name, values in order.items()},
        }
        if result.trained.learned:
            one_bin = np.zeros(len(self.y), dtype=np.int64)
            lines = calibrated(result.scores, heard, bins=one_bin, **settings)
            if lines is not None:
                found["calibration_slope"] = figure_of(lines.slope)
                found["calibration_intercept"] = figure_of(lines.intercept)
            parts = measure_forecast(result.scores, heard, **settings)
            found |= {name: figure_of(measured(values)) for name, values in parts.items()}
        return [
            MeasuredFigure(name=name, meaning=meaning, figure=found[name])
            for name, meaning in MEANINGS.items()
            if name in found
        ]


def figure_of(found: Measured) -> Figure:
    """Return a measure as it is stored: None where there is none."""
    ends = {"value": found.value, "low": found.low, "high": found.high}
    return Figure(
        **{name: None if math.isnan(value) else float(value) for name, value in ends.items()}
    )
