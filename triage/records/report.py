"""What became of every row that was read: the report, the rejected rows, and the allowance."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pandas as pd

from triage.errors import ConfigurationError, Problem, RejectedRowsError, close_match
from triage.records.histories import CaseHistories
from triage.records.sources import Source
from triage.workspace import csv_text, write_whole

__all__ = [
    "REJECT_TYPES",
    "CheckReport",
    "Checked",
    "Fault",
    "RejectedReferral",
    "SourceCheck",
    "check_allowance",
    "check_known_dates",
    "write_rejects",
]

REJECT_TYPES: Mapping[str, Literal["str", "int64"]] = {
    "source": "str",
    "file": "str",
    "line": "int64",
    "column": "str",
    "reason": "str",
    "mend": "str",
    "record_id": "str",
}
SHOWN_FAULTS = 4


@dataclass(frozen=True)
class Fault:
    """How many rows of a source were rejected for one reason in one column."""

    column: str
    reason: str
    rows: int


@dataclass(frozen=True)
class SourceCheck:
    """What became of one source's rows.

    Parameters
    ----------
    source, file, table, agency : str
        The source's name, its extract, its canonical table, and who supplied it.
    read : int
        Rows in the extract: the sum of the next three.
    accepted : int
    rejected : int
        Rows with at least one fault.
    not_for_this_source : int
        Rows that ``where`` leaves to others.
    faults : tuple of Fault
        Most frequent first. A row may have several.
    known_by_lag : int
        Accepted events whose known date is the declared lag after they happened.
    never_known : int
        Accepted events without a known date, which cannot be used as history.
    stated_delay_days : int, optional
        Nine in ten of the accepted events that state a known date did so within so many days.
    notes : tuple of str
        What else the reader should know, such as codes that fell to ``otherwise``.
    """

    source: str
    file: str
    table: str
    agency: str
    read: int
    accepted: int
    rejected: int
    not_for_this_source: int = 0
    faults: tuple[Fault, ...] = ()
    known_by_lag: int = 0
    never_known: int = 0
    stated_delay_days: int | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class CheckReport:
    """What became of all rows.

    Parameters
    ----------
    sources : tuple of SourceCheck
        In the order of their file names.
    people, events, referrals : int
        Rows of the canonical tables.
    warnings : tuple of str
        What is odd, but stops nothing.
    """

    sources: tuple[SourceCheck, ...]
    people: int
    events: int
    referrals: int
    warnings: tuple[str, ...] = ()

    @property
    def rejected(self) -> int:
        """Rejected rows of all sources."""
        return sum(source.rejected for source in self.sources)


@dataclass(frozen=True)
class RejectedReferral:
    """A referral whose row could not be used. A list must still show that it came in.

    Parameters
    ----------
    referral_id : str
        The file and the line where no id can be read.
    made_on : date or None
        None where the row does not say it, or says it wrongly.
    reasons : tuple of str
        Why, each with the extract's column where it is one cell.
    """

    referral_id: str
    made_on: datetime.date | None
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Checked:
    """Case histories that were read and checked.

    Parameters
    ----------
    histories : CaseHistories
        Made of the accepted rows alone.
    report : CheckReport
    rejects : DataFrame
        One row for each fault: source, file, line (the physical line on which the row begins; the
        row's number where a file has no lines), column (empty: the whole row), reason, mend, and
        record_id (empty where it cannot be read). It holds no other value of a record.
    inputs : dict of str to str
        Extract, as the source file writes its path (``sql:NAME`` for the query of source NAME) →
        the SHA-256 of what was read.
    rejected_referrals : tuple of RejectedReferral
        In the order of sources and lines.
    """

    histories: CaseHistories
    report: CheckReport
    rejects: pd.DataFrame
    inputs: Mapping[str, str]
    rejected_referrals: tuple[RejectedReferral, ...] = ()


def write_rejects(path: Path, rejects: pd.DataFrame) -> None:
    """Write the rejected rows as CSV, whole or not at all; a header alone where there are none.

    What a spreadsheet program would run as a formula gets an apostrophe in front.

    Parameters
    ----------
    path : Path
    rejects : DataFrame
        Of :attr:`Checked.rejects`.
    """
    columns = (rejects[name].tolist() for name in REJECT_TYPES)
    rows = (dict(zip(REJECT_TYPES, row, strict=True)) for row in zip(*columns, strict=True))
    write_whole(path, csv_text(tuple(REJECT_TYPES), rows))


def check_allowance(
    report: CheckReport,
    rows_set_aside: Mapping[str, int],
    *,
    rejects_file: str = "results/rejects.csv",
) -> None:
    """Raise where more rows were rejected than the panel lets be set aside.

    Parameters
    ----------
    report : CheckReport
    rows_set_aside : mapping of str to int
        Source → how many of its rows may be rejected without stopping a run; otherwise none.
    rejects_file : str
        Where the rejected rows were written.

    Raises
    ------
    ConfigurationError
        A source is named that there is none of.
    RejectedRowsError
        With every source that is over its allowance.
    """
    known = [source.source for source in report.sources]
    unknown = [
        Problem(
            "configs/panel.yaml",
            f"'rows_set_aside' names '{name}', which is not a source",
            mend=close_match(name, known) or f"The sources are {', '.join(known)}.",
        )
        for name in rows_set_aside
        if name not in known
    ]
    if unknown:
        raise ConfigurationError(unknown)
    over = [
        _over(source, rows_set_aside.get(source.source, 0), rejects_file)
        for source in report.sources
        if source.rejected > rows_set_aside.get(source.source, 0)
    ]
    if over:
        raise RejectedRowsError(over)


def check_known_dates(report: CheckReport, sources: Sequence[Source]) -> None:
    """Raise where nothing says when a source's events became known, nor that nothing can.

    Parameters
    ----------
    report : CheckReport
    sources : sequence of Source
        Those that the report is about.

    Raises
    ------
    ConfigurationError
        With every source of events that has neither known dates nor a lag, and whose file does
        not say ``never_history: true``.
    """
    checks = {check.source: check for check in report.sources}
    problems = [
        Problem(
            f"{source.file}",
            "a source of events must say when they became known",
            f"no lag, and no known date in any of {checks[source.name].accepted:,} rows",
            "Map 'known_on', or declare 'known_lag_days'; 'never_history: true' says that neither "
            "can be had and that these events are never history.",
        )
        for source in sources
        if _is_undated(source, checks[source.name])
    ]
    if problems:
        raise ConfigurationError(problems)


def _is_undated(source: Source, check: SourceCheck) -> bool:
    form = source.form
    if form.table != "events" or form.known_lag_days is not None or form.never_history:
        return False
    if "known_on" not in form.columns and "known_on" not in form.defaults:
        return True
    return check.accepted > 0 and check.never_known == check.accepted


def _over(source: SourceCheck, allowed: int, rejects_file: str) -> Problem:
    faults = [f"{fault.rows:,} × {_told(fault)}" for fault in source.faults[:SHOWN_FAULTS]]
    more = len(source.faults) - len(faults)
    if more > 0:
        faults.append(f"{more} more kinds of fault")
    return Problem(
        f"{source.file} (source '{source.source}')",
        f"may have {allowed:,} rejected row(s) set aside",
        f"{source.rejected:,} of {source.read:,} ({'; '.join(faults)})",
        f"Each is in {rejects_file} with its line and mend. Mend them, or let "
        f"'rows_set_aside' of configs/panel.yaml say {source.source}: {source.rejected}.",
    )


def _told(fault: Fault) -> str:
    return f"'{fault.column}': {fault.reason}" if fault.column else fault.reason
