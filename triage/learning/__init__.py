"""Learning: models and comparator rankers behind one interface, judged forward in time.

A *spec* (``models/*.yaml``) names an estimator of a closed list, or the points of a comparator. An
*experiment* trains every spec on the same moments: for each test period on what had settled when
the period began, and once more on everything. *Measures* begin with what the panel can act on: how
much of the harm that followed fell on those within its capacity.

Why this shape: a fit is a plain function of a job and the shared arrays, so it runs in any process
and gives the same bytes. Scores are log-odds, and calibration is a straight line on them with a
slope above 0: it mends probabilities, keeps the order, and leaves every exact explanation exact,
since a share of the base score is the same share of the calibrated one. Law 6 is kept inside the
estimators: trees take the features' directions as constraints, and the logistic models are this
room's own (:class:`SignedLogistic`) because no library offers an elastic net with signs. Trees may
send a missing value either way, so a time since the last event of which none is on record counts
as ten years: else a first incident could lower a score, and did, for one history in twenty. Class
weights are not used, for they would spoil the probabilities; ranking does not need them.
Every estimator's score is a sum over features or over trees (:mod:`triage.learning.trees`), so
that it can be explained exactly; where a library's own is not (a forest's mean of shares, hazards
of several intervals), the score here is the nearest that is. The additive model is boosted trees
that may share no two features: scikit-learn has it, with directions, and nothing more to install.
A comparator is YAML alone, so that what panels use today stands in the same table.

A *replay* scores lists as they would have been made, each by a model that learned from what had
settled by then. What came after is measured at the cut first, ties sharing the places that are left
for them; intervals resample people and never rows, for one person is on many lists.

A *baseline* is what came in during the days before a training, counted and kept with each version;
later data is compared with it by *shifts*, each an interval whose nearer end has to reach a level
before anybody is called, since of hundreds of comparisons some always look large by chance.
"""

from triage.learning.alarms import Alarm, data_alarms, score_alarms
from triage.learning.baselines import (
    BarCounts,
    Baseline,
    Expectation,
    RuleRate,
    SourceRate,
    ValueCounts,
    effective_people,
)
from triage.learning.calibration import UNCALIBRATED, Calibration, calibrate
from triage.learning.courses import measure_course
from triage.learning.estimators import ESTIMATORS
from triage.learning.evaluations import (
    AboutData,
    AboutFeature,
    AboutModel,
    AboutOutcome,
    Assessed,
    CalibrationFigures,
    Comparison,
    CurvePoint,
    Evaluation,
    GroupFigures,
    MeasuredFigure,
    Other,
    ToldAlarm,
    figure_of,
)
from triage.learning.examples import Examples, make_folds
from triage.learning.experiments import Experiment, Period, Result, forward_scores, train
from triage.learning.fitting import Fit
from triage.learning.forecasts import (
    Bin,
    Calibrated,
    bins_of,
    calibrated,
    measure_forecast,
    measure_order,
    wilson_interval,
)
from triage.learning.gates import Standing, Verdict, judge, points
from triage.learning.jobs import KeptFits, Progress
from triage.learning.leakage import Skill, shuffled_skill, single_feature_skills
from triage.learning.linear import NotConvergedError, SignedLogistic
from triage.learning.measures import Measures, lists_of, measure, places
from triage.learning.panels import (
    Cut,
    Heard,
    Measured,
    measure_lists,
    measured,
    resampled_people,
)
from triage.learning.proposals import Proposal
from triage.learning.recency import LONG_AGO_DAYS
from triage.learning.replays import Occasion, can_learn, replay
from triage.learning.resampling import Figure, Resamples
from triage.learning.searches import Search, Span, settings_of
from triage.learning.searching import Round, Searched, Trial, search_models
from triage.learning.shapes import FeatureShape, ShapePoint, shapes_of
from triage.learning.shifts import (
    Drawn,
    Reading,
    distance,
    level_of,
    share_between,
    share_shift,
    shift,
    times,
    times_more,
)
from triage.learning.specs import ModelSpec, gather_models, read_models
from triage.learning.standing import standing_weights
from triage.learning.trained import Ranker, Trained, UnexplainedError
from triage.learning.trees import (
    AveragedBoosting,
    ExpectedHarmBoosting,
    Forest,
    HazardBoosting,
    TreeSum,
)

__all__ = [
    "ESTIMATORS",
    "LONG_AGO_DAYS",
    "UNCALIBRATED",
    "AboutData",
    "AboutFeature",
    "AboutModel",
    "AboutOutcome",
    "Alarm",
    "Assessed",
    "AveragedBoosting",
    "BarCounts",
    "Baseline",
    "Bin",
    "Calibrated",
    "Calibration",
    "CalibrationFigures",
    "Comparison",
    "CurvePoint",
    "Cut",
    "Drawn",
    "Evaluation",
    "Examples",
    "Expectation",
    "ExpectedHarmBoosting",
    "Experiment",
    "FeatureShape",
    "Figure",
    "Fit",
    "Forest",
    "GroupFigures",
    "HazardBoosting",
    "Heard",
    "KeptFits",
    "Measured",
    "MeasuredFigure",
    "Measures",
    "ModelSpec",
    "NotConvergedError",
    "Occasion",
    "Other",
    "Period",
    "Progress",
    "Proposal",
    "Ranker",
    "Reading",
    "Resamples",
    "Result",
    "Round",
    "RuleRate",
    "Search",
    "Searched",
    "ShapePoint",
    "SignedLogistic",
    "Skill",
    "SourceRate",
    "Span",
    "Standing",
    "ToldAlarm",
    "Trained",
    "TreeSum",
    "Trial",
    "UnexplainedError",
    "ValueCounts",
    "Verdict",
    "bins_of",
    "calibrate",
    "calibrated",
    "can_learn",
    "data_alarms",
    "distance",
    "effective_people",
    "figure_of",
    "forward_scores",
    "gather_models",
    "judge",
    "level_of",
    "lists_of",
    "make_folds",
    "measure",
    "measure_course",
    "measure_forecast",
    "measure_lists",
    "measure_order",
    "measured",
    "places",
    "points",
    "read_models",
    "replay",
    "resampled_people",
    "score_alarms",
    "search_models",
    "settings_of",
    "shapes_of",
    "share_between",
    "share_shift",
    "shift",
    "shuffled_skill",
    "single_feature_skills",
    "standing_weights",
    "times",
    "times_more",
    "train",
    "wilson_interval",
]
