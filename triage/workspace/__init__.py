"""A workspace: the folder that holds all a panel decides, and what the engine makes of it.

Three folders hold YAML (``pipelines/``, ``models/``, ``configs/``), ``data/`` holds the
agencies' extracts, and the engine writes ``results/``, ``lists/``, ``registry/`` and ``cache/``. A
checkout of the project is itself a workspace.

Why this shape: every room reads its YAML through one strict reader
(:func:`read_document`), so that unknown keys, duplicated keys and wrong types are found
everywhere in the same way, with their line numbers, all at once. What a mistake makes
unreadable is left out, and the rest is still asked for every other mistake
(:func:`gather_document`, :func:`as_far_as_read`). And everything is written through one
writer (:func:`write_whole`), so that a kill or a full disk leaves the old file or the new
one, never a half. The room stands below ``records`` because every other room's loader needs
it.
"""

from triage.workspace.accounts import Programme, RecordKept, Retention, ReviewGroup
from triage.workspace.backtests import Backtest, NoHistory
from triage.workspace.csv_text import csv_text, guarded, unguarded
from triage.workspace.documents import (
    Strict,
    UnreadError,
    as_far_as_read,
    file_told,
    gather_document,
    gather_documents,
    line_of,
    line_told,
    nothing_of,
    read_document,
    read_documents,
    words_of,
)
from triage.workspace.fairness import (
    Fairness,
    GroupedBy,
    MeasureName,
    RecordedBy,
    Tolerance,
)
from triage.workspace.folders import Workspace, write_workspace
from triage.workspace.monitors import Levels, Monitor
from triage.workspace.panel import (
    ALARMS,
    Acknowledged,
    Cohort,
    Gates,
    Leakage,
    Panel,
    RankingSettings,
    Training,
    read_panel,
)
from triage.workspace.papers import AgencyPapers, Papers
from triage.workspace.writing import (
    FILE_MODE,
    FOLDER_MODE,
    scratch_folder,
    sha256_of,
    sweep,
    write_files,
    write_folder,
    write_whole,
)

__all__ = [
    "ALARMS",
    "FILE_MODE",
    "FOLDER_MODE",
    "Acknowledged",
    "AgencyPapers",
    "Backtest",
    "Cohort",
    "Fairness",
    "Gates",
    "GroupedBy",
    "Leakage",
    "Levels",
    "MeasureName",
    "Monitor",
    "NoHistory",
    "Panel",
    "Papers",
    "Programme",
    "RankingSettings",
    "RecordKept",
    "RecordedBy",
    "Retention",
    "ReviewGroup",
    "Strict",
    "Tolerance",
    "Training",
    "UnreadError",
    "Workspace",
    "as_far_as_read",
    "csv_text",
    "file_told",
    "gather_document",
    "gather_documents",
    "guarded",
    "line_of",
    "line_told",
    "nothing_of",
    "read_document",
    "read_documents",
    "read_panel",
    "scratch_folder",
    "sha256_of",
    "sweep",
    "unguarded",
    "words_of",
    "write_files",
    "write_folder",
    "write_whole",
    "write_workspace",
]
