"""What the panel itself decides: ``configs/panel.yaml``."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Annotated, Literal

import pydantic

from triage.workspace.accounts import Programme, RecordKept, Retention
from triage.workspace.backtests import Backtest
from triage.workspace.documents import Strict, read_document
from triage.workspace.monitors import Monitor
from triage.workspace.papers import Papers

__all__ = [
    "ALARMS",
    "Acknowledged",
    "Cohort",
    "Gates",
    "Leakage",
    "Panel",
    "RankingSettings",
    "Training",
    "read_panel",
]

ALARMS = ("auc_ceiling", "golden_feature", "overlap", "immature_outcomes", "same_dyad")
"""The alarms that stop a training: a model too good to be true, a single feature that is, rows to
learn from among those to test on, outcomes that had not settled, and the same person on both sides
of the split."""

AlarmName = Literal["auc_ceiling", "golden_feature", "overlap", "immature_outcomes", "same_dyad"]


class Cohort(Strict):
    """Which referrals are on a list, and the dates on which past ones would have been.

    Parameters
    ----------
    open_days : int
        A referral is on the list of an as-of date if it was made on that day or in the
        ``open_days`` − 1 days before.
    as_of : {"monthly", "referral"}
        For training: each past referral is seen at the first of the month on or after it was
        made (``monthly``), or on the very day that it was made (``referral``).
    where : dict, optional
        Only referrals whose attributes have these values are asked about.
    """

    open_days: int = pydantic.Field(ge=1)
    as_of: Literal["monthly", "referral"]
    where: dict[str, str] = {}


class Training(Strict):
    """How models are trained and compared.

    Parameters
    ----------
    folds : int
        Test periods, one after another in time.
    test_days : int
        Length of a test period.
    minimum_positives : int
        Fewer known positive outcomes in a training period stop the run.
    seed : int
        Seed of every random choice.
    jobs : int
        Processes that fit at the same time; 0 means one for each core.
    cluster : str, optional
        Address of a Dask scheduler whose workers fit instead, as ``tcp://host:8786``.
    ensemble : int
        How often the proposed model is taught again by resampled people, which tells how sure its
        scores are; with 0, never.
    """

    folds: int = pydantic.Field(ge=1)
    test_days: int = pydantic.Field(ge=1)
    minimum_positives: int = pydantic.Field(default=20, ge=1)
    seed: int = 0
    jobs: int = pydantic.Field(default=0, ge=0)
    cluster: str | None = None
    ensemble: int = pydantic.Field(default=10, ge=0, le=1000)


class RankingSettings(Strict):
    """How places are told.

    Parameters
    ----------
    told_apart : float
        Two places of a tier share a band unless the chance that their order is right is at least
        this.
    reserved_places : int
        How many of the places within capacity are kept for referrals on which a rule of the effect
        ``reserve`` fires.
    provisional_from : float
        A place is marked as provisional where the chance that answers to what is not known would
        change its tier, its band or its side of the line is at least this; with 0, wherever they
        could at all.
    linked_together : bool
        Whether linked cases of one tier on one side of the line are told one after another.
    ask_back_days : int
        Records of so many days before the as-of date may still be asked about.
    audit_sample : int
        How many referrals are drawn by lot from below the line, for the record alone.
    seed : int
        Of that lot; each as-of date has its own draw.
    """

    told_apart: float = pydantic.Field(default=0.8, ge=0.5, le=1)
    reserved_places: int = pydantic.Field(default=0, ge=0)
    provisional_from: float = pydantic.Field(default=0.0, ge=0, le=1)
    linked_together: bool = True
    ask_back_days: int = pydantic.Field(default=365, ge=0)
    audit_sample: int = pydantic.Field(default=0, ge=0)
    seed: int = pydantic.Field(default=0, ge=0)


class Acknowledged(Strict):
    """An alarm that somebody looked into, and why its training may go on.

    Parameters
    ----------
    alarm : str
        One of :data:`ALARMS`.
    subject : str, optional
        The feature, model or test period that it is about; without it, whatever it is about.
    reason : str
        Why the figures may be believed all the same.
    by : str
        Who says so.
    on : date
    """

    alarm: AlarmName
    subject: str | None = None
    reason: str = pydantic.Field(min_length=10)
    by: str = pydantic.Field(min_length=1)
    on: datetime.date


class Leakage(Strict):
    """How the proofs against leakage are made, and which alarms were looked into.

    Parameters
    ----------
    auc_ceiling : float
        A feature that alone ranks later outcomes with a greater AUC is taken for one that knows
        them; where so few had the outcome that chance may have done it, it is named as uncertain.
    as_of_dates : int
        On how many past dates everything later is deleted, shifted and changed.
    shuffles : int
        How often outcomes are dealt out by lot, to see that skill is lost.
    acknowledged : list of Acknowledged
        Alarms that do not stop a training, each with who says so and why.
    """

    auc_ceiling: float = pydantic.Field(default=0.85, gt=0.5, le=1)
    as_of_dates: int = pydantic.Field(default=3, ge=1)
    shuffles: int = pydantic.Field(default=5, ge=1)
    acknowledged: list[Acknowledged] = []


class BetterBy(Strict):
    """By how much a challenger must capture more harm than the ranker that it would replace.

    Parameters
    ----------
    better_by : float
        Share of all harm that followed; the difference must lie above.
    judged_by : {"estimate", "low"}
        Whether the difference itself must, or the low end of its interval of 95%.
    """

    better_by: float = pydantic.Field(default=0.0, ge=-1, le=1)
    judged_by: Literal["estimate", "low"] = "estimate"


class Gates(Strict):
    """What a version must have shown before it may rank.

    Parameters
    ----------
    harm_captured : BetterBy
    calibration_slope : [low, high]
        Bounds of the slope of later outcomes on the score.
    turnover_at_most : float
        Share of the places within capacity that a new champion may give to others.
    alarms_allowed : list of str
        Acknowledged alarms that do not bar a version from ranking.
    fallback : str, optional
        The comparator of ``models/`` that ranks, with the rules, while no version is champion.
    retest_after_days : int
        How long a promotion holds.
    """

    harm_captured: BetterBy = BetterBy()
    calibration_slope: Annotated[
        list[Annotated[float, pydantic.Field(gt=0)]], pydantic.Field(min_length=2, max_length=2)
    ] = [0.7, 1.4]
    turnover_at_most: float = pydantic.Field(default=0.75, ge=0, le=1)
    alarms_allowed: list[AlarmName] = ["same_dyad"]
    fallback: str | None = None
    retest_after_days: int = pydantic.Field(default=365, ge=1)

    @pydantic.model_validator(mode="before")
    @classmethod
    def _has_no_tolerance(cls, given: object) -> object:
        if isinstance(given, dict) and "fairness" in given:
            raise ValueError(
                "'fairness' stands in a file of its own now: take it out of here, and say in "
                "configs/fairness.yaml which attributes are judged and what is tolerated ('triage "
                "init DIR' writes one to copy)"
            )
        return given


class Panel(Strict):
    """What a panel decides without a developer.

    Parameters
    ----------
    name, area : str
        As they stand at the head of the list.
    synthetic : bool
        Whether the data is invented; every page then says so.
    capacity : int
        How many cases the panel can discuss in a meeting; with 0 every referral stands below the
        line, and nothing can be trained or tested, since that is judged at capacity.
    near_misses : int
        How many cases below the line the list tells in full.
    harm_scale : str
        The scale of ``configs/harm/`` in which harm is counted.
    cohort : Cohort
    ranking : RankingSettings
    training : Training
    leakage : Leakage
    gates : Gates
    backtest : Backtest
    monitor : Monitor
    smallest_group : int
        On no page about many people is anything told of a group of fewer people, or of fewer with
        an outcome.
    papers : Papers
    programme : Programme
    retention : Retention
    record : RecordKept
    rows_set_aside : dict of str to int
        Source → how many of its rows may be rejected without stopping a run.
    kept_features_mb : int
        How many megabytes of features are kept in ``cache/`` for the next time; with 0, none.
    tracking_uri : str, optional
        Where mlflow keeps runs and versions; by default a SQLite file in the workspace.
    """

    name: str
    area: str
    synthetic: bool = False
    capacity: int = pydantic.Field(ge=0)
    near_misses: int = pydantic.Field(default=8, ge=0)
    harm_scale: str
    cohort: Cohort
    ranking: RankingSettings = RankingSettings()
    training: Training
    leakage: Leakage = Leakage()
    gates: Gates = Gates()
    backtest: Backtest = Backtest()
    monitor: Monitor = Monitor()
    smallest_group: int = pydantic.Field(default=10, ge=5)
    papers: Papers = Papers()
    programme: Programme = Programme()
    retention: Retention = Retention()
    record: RecordKept = RecordKept()
    rows_set_aside: dict[str, Annotated[int, pydantic.Field(ge=0)]] = {}
    kept_features_mb: int = pydantic.Field(default=2000, ge=0)
    tracking_uri: str | None = None


def read_panel(path: Path, *, root: Path | None = None) -> Panel:
    """Return what the panel decided.

    Parameters
    ----------
    path : Path
        ``configs/panel.yaml``.
    root : Path, optional
        Messages name the file relative to this folder.

    Raises
    ------
    ConfigurationError
        With every problem of the file.
    """
    return read_document(path, Panel, name=str(path.relative_to(root) if root else path))
