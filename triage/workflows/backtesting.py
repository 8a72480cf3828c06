"""Replaying the panel list by list: what each ranker would have listed, and what followed."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, replace
from pathlib import Path

from triage.papers import BacktestReport, backtest_csv, backtest_page
from triage.workflows.checking import read_accepted
from triage.workflows.judging import judge
from triage.workflows.making import feature_maker
from triage.workflows.progress import Progress
from triage.workflows.project import Project, require_capacity
from triage.workflows.replaying import Every, list_dates, replay_lists
from triage.workflows.training import known
from triage.workspace import write_whole

__all__ = ["Backtested", "backtest"]


@dataclass(frozen=True)
class Backtested:
    """What a backtest found, and where it was written.

    Parameters
    ----------
    report : BacktestReport
    page, table : Path
    """

    report: BacktestReport
    page: Path
    table: Path

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the table for the terminal."""
        return (
            "ranker",
            "kind",
            "harm_captured",
            "low",
            "high",
            *(f"harm_{scale}" for scale in list(self.report.scales)[1:]),
            "recall",
            "precision",
            "people_reached",
            *(["unseen_people_missed"] if self.report.no_history else []),
            "lead_days",
            "turnover",
            "listed_lately",
            "auc",
        )

    @property
    def rows(self) -> list[dict[str, str | float | None]]:
        """One row a ranker, the one that captured most harm first."""
        main = self.report.main
        rows: list[dict[str, str | float | None]] = []
        for one in self.report.rankers:
            captured = one.measures[main]
            at_capacity = {
                measure: known(found.value)
                for (measure, cut), found in one.measures.items()
                if cut in ("capacity", "")
            }
            harm = {
                f"harm_{scale}": at_capacity[f"harm_captured:{scale}"]
                for scale in self.report.scales
            }
            rows.append(
                {
                    "ranker": one.name,
                    "kind": one.kind,
                    "harm_captured": known(captured.value),
                    "low": known(captured.low),
                    "high": known(captured.high),
                    **harm,
                    **at_capacity,
                }
            )
        return rows

    @property
    def told(self) -> list[str]:
        """What else the reader should know, a sentence each."""
        return list(self.report.notes)


def backtest(
    project: Project,
    *,
    first: datetime.date,
    last: datetime.date,
    every: Every = "month",
    retrain_months: int | None = None,
    resamples: int | None = None,
    today: datetime.date,
    progress: Progress,
    keep_features: bool = True,
    against: str | None = None,
) -> Backtested:
    """Replay the lists from one date to another, and write what each ranker would have done.

    Parameters
    ----------
    project : Project
    first, last : date
        As-of dates of the first list, and of the last that there may be.
    every : {"month", "quarter", "year"}
    retrain_months, resamples : int, optional
        By default as ``backtest`` in ``configs/panel.yaml`` says.
    today : date
        Rows with a date after it are rejected.
    progress : Progress
    keep_features : bool
        Whether features that were kept before are used, and new ones kept.
    against : str, optional
        The model that the others are compared with; by default the champion.

    Raises
    ------
    NotFoundError
        No list of these dates has referrals and settled outcomes, or there is no such model.
    LearningError
        Nothing can be learned before any of the lists.
    ConfigurationError, RejectedRowsError, ExtractError, StorageError, TamperedError
    """
    require_capacity(project)
    given = {"retrain_months": retrain_months, "resamples": resamples}
    changes = {name: value for name, value in given.items() if value is not None}
    panel = project.panel
    panel = panel.model_copy(update={"backtest": panel.backtest.model_copy(update=changes)})
    project = replace(project, panel=panel)
    checked = read_accepted(project, today=today, progress=progress)
    progress.stage("Making features of every list and of all there is to learn from")
    dates = list_dates(first, last, every)
    maker = feature_maker(project, progress, keep=keep_features)
    replayed = replay_lists(project, checked.histories, dates, maker, progress, against)
    progress.stage("Measuring what followed")
    report = judge(project, checked.histories, replayed, every)
    folder = panel_folder(project, first, last, every)
    page, table = folder / "backtest.html", folder / "backtest.csv"
    write_whole(page, backtest_page(report))
    write_whole(table, backtest_csv(report))
    return Backtested(report, page, table)


def panel_folder(project: Project, first: datetime.date, last: datetime.date, every: Every) -> Path:
    """Return where the backtest of these dates is reported."""
    return project.workspace.results / "backtest" / f"{first}_{last}_{every}"
