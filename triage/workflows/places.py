"""Where a workspace keeps its record, and looking at it as it is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from triage.decisions import APP
from triage.ledger import Place, Record, open_record
from triage.workspace import Workspace, read_panel

__all__ = ["APPS", "look_at_the_record", "record_place"]

APPS = (APP,)
"""The rooms above the ledger that keep tables in the record."""


def record_place(workspace: Workspace) -> Place:
    """Return where a workspace keeps its record, as its panel says."""
    kept = read_panel(workspace.configs / "panel.yaml", root=workspace.root).record
    return Place(workspace.record, kept.url or "", kept.url_from or "")


@contextmanager
def look_at_the_record(workspace: Workspace) -> Iterator[Record | None]:
    """Give a workspace's record as it is, nothing added; None where there is none."""
    place = record_place(workspace)
    if not place.stands:
        yield None
        return
    with open_record(place, APPS) as record:
        yield record
