"""Reading and checking the extracts, with a report of what became of every row."""

from __future__ import annotations

import dataclasses
import datetime
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from triage.records import (
    CaseHistories,
    Checked,
    CheckReport,
    SourceCheck,
    check_allowance,
    check_known_dates,
    read_histories,
    write_histories,
    write_rejects,
)
from triage.workflows.deciding import with_decided_places
from triage.workflows.progress import Progress
from triage.workflows.project import Project
from triage.workspace import Workspace, write_whole

__all__ = ["Found", "check_extracts", "read_accepted"]

REJECTS = "rejects.csv"
REPORT = "report.json"
COLUMNS = (
    "source",
    "table",
    "read",
    "accepted",
    "rejected",
    "not_for_this_source",
    "never_known",
    "reasons",
)


@dataclass(frozen=True)
class Found:
    """What the check found.

    Parameters
    ----------
    folder : Path
        Where the report and the rejected rows were written.
    report : CheckReport
    allowed : mapping of str to int
        Source → how many of its rows may be set aside.
    histories : CaseHistories
        What was accepted.
    """

    folder: Path
    report: CheckReport
    allowed: Mapping[str, int]
    histories: CaseHistories

    columns = COLUMNS

    @property
    def rows(self) -> list[dict[str, str | int]]:
        """One row a source."""
        return [_row(source) for source in self.report.sources]

    @property
    def told(self) -> list[str]:
        """What else the reader should know, a sentence each."""
        return [
            *(
                f"{source.source}: {note}"
                for source in self.report.sources
                for note in source.notes
            ),
            *self.report.warnings,
        ]

    def require_accepted(self) -> None:
        """Raise where more rows were rejected than the panel lets be set aside.

        Raises
        ------
        RejectedRowsError
            With every source that is over its allowance.
        """
        check_allowance(self.report, self.allowed, rejects_file=f"{self.folder / REJECTS}")

    def write_histories(self, folder: Path) -> None:
        """Store what was accepted as a new folder of Parquet, for any engine to read.

        Raises
        ------
        RejectedRowsError
            More rows were rejected than may be set aside: there is no whole history to store.
        StorageError
            Something stands there already, or it cannot be written.
        """
        self.require_accepted()
        write_histories(self.histories, folder)


def check_extracts(project: Project, *, today: datetime.date, progress: Progress) -> Found:
    """Read every extract and write what became of its rows to ``results/check/``.

    Parameters
    ----------
    project : Project
    today : date
        Rows with a date after it are rejected.
    progress : Progress

    Returns
    -------
    Found
        Written and reported also where too many rows were rejected; ask it with
        :meth:`Found.require_accepted`.

    Raises
    ------
    ExtractError
        An extract cannot be read at all.
    """
    return _written(project, _read(project, today, progress))


def read_accepted(
    project: Project,
    *,
    today: datetime.date,
    progress: Progress,
    decided_before: datetime.date | None = None,
) -> Checked:
    """Return the case histories, if no more rows were rejected than the panel lets be set aside.

    Places that the panel's decisions gave are among the events.

    Parameters
    ----------
    project : Project
    today : date
        Rows with a date after it are rejected.
    progress : Progress
    decided_before : date, optional
        Only decisions that were recorded before this day; by default all.

    Raises
    ------
    RejectedRowsError
        Too many were; ``results/check/`` says which.
    ConfigurationError
        Nothing says when a source's events became known.
    ExtractError
        An extract cannot be read at all.
    """
    checked = _read(project, today, progress)
    check_known_dates(checked.report, project.sources)
    if checked.report.rejected:
        _written(project, checked).require_accepted()
    return with_decided_places(project, checked, before=decided_before)


def _read(project: Project, today: datetime.date, progress: Progress) -> Checked:
    progress.stage("Reading and checking the extracts")
    return read_histories(project.workspace, project.vocabulary, project.sources, today)


def _written(project: Project, checked: Checked) -> Found:
    folder = check_folder(project.workspace)
    write_rejects(folder / REJECTS, checked.rejects)
    write_whole(folder / REPORT, json.dumps(_report(checked), indent=2) + "\n")
    return Found(folder, checked.report, project.panel.rows_set_aside, checked.histories)


def check_folder(workspace: Workspace) -> Path:
    """Return where the last check of a workspace is reported."""
    return workspace.results / "check"


def _report(checked: Checked) -> dict[str, object]:
    return {**dataclasses.asdict(checked.report), "inputs": dict(checked.inputs)}


def _row(source: SourceCheck) -> dict[str, str | int]:
    counts = {name: getattr(source, name) for name in COLUMNS[:-1]}
    reasons = (f"{fault.rows} × {fault.column}: {fault.reason}" for fault in source.faults)
    return {**counts, "reasons": "; ".join(reasons)}
