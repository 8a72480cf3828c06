"""Opening a discussion list that stands."""

from __future__ import annotations

from pathlib import Path

from triage.lists import Bundle, find_list, read_bundle
from triage.workflows.carrying import finish_erasure
from triage.workspace import Workspace

__all__ = ["open_list"]


def open_list(root: Path, name: str) -> Bundle:
    """Return a list of a workspace, every byte checked.

    Parameters
    ----------
    root : Path
        The workspace's folder.
    name : str
        The list's name, its as-of date, or ``latest``.

    Raises
    ------
    NotFoundError
        There is no such list.
    TamperedError
        The list was changed after it was written.
    """
    workspace = Workspace.at(root)
    finish_erasure(workspace)
    return read_bundle(find_list(workspace.lists, name))
