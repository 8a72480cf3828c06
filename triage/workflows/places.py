"""Where a workspace keeps its record, and looking at it as it is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from triage.decisions import APP
from triage.errors import ConfigurationError, Problem
from triage.ledger import Place, Record, open_record
from triage.workspace import Workspace, read_panel

__all__ = ["APPS", "look_at_the_record", "named_place", "record_place"]

APPS = (APP,)
"""The rooms above the ledger that keep tables in the record."""


def record_place(workspace: Workspace) -> Place:
    """Return where a workspace keeps its record, as its panel says.

    Raises
    ------
    ConfigurationError
        It names a database, and there is a file too: a record must not go on in two places.
    """
    place = named_place(workspace)
    if place.is_elsewhere and place.file.is_file():
        raise ConfigurationError(
            Problem(
                "configs/panel.yaml, 'record'",
                "must name the one place of the record",
                f"a database, and {workspace.record.name}/{place.file.name} stands too",
                "Move the record there: triage audit move. Or leave the database out again.",
            )
        )
    return place


def named_place(workspace: Workspace) -> Place:
    """Return the place that the panel names."""
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
