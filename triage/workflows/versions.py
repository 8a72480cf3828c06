"""Model versions: listing them, and making one the champion."""

from __future__ import annotations

from dataclasses import dataclass

from triage.errors import NotFoundError, Problem
from triage.registry import Registry, Version
from triage.workflows.project import Project
from triage.workflows.training import MEASURES, known

__all__ = ["Versions", "champion_of", "list_versions", "promote_version"]


@dataclass(frozen=True)
class Versions:
    """All model versions of a workspace, the newest first."""

    versions: tuple[Version, ...]

    columns = ("version", "model", "kind", "champion", "proposed", "outcome", *MEASURES, "made_on")

    @property
    def rows(self) -> list[dict[str, str | int | float | bool | None]]:
        """One row a version."""
        return [
            {
                "version": version.number,
                "model": version.name,
                "kind": version.kind,
                "champion": version.is_champion,
                "proposed": version.proposed,
                "outcome": version.outcome,
                **{name: known(version.measures[name]) for name in MEASURES},
                "made_on": version.created_at.date().isoformat(),
            }
            for version in self.versions
        ]

    @property
    def told(self) -> list[str]:
        """What the reader should do next, if there is anything."""
        if not self.versions:
            return ["There is no model yet. Run 'triage train'."]
        if not any(version.is_champion for version in self.versions):
            return ["No version ranks yet. Make one the champion: triage promote VERSION"]
        return []


def list_versions(project: Project) -> Versions:
    """Return every model version of a workspace."""
    return Versions(tuple(_registry(project).list_versions()))


def promote_version(project: Project, number: int) -> Version:
    """Make a version the champion, the one that ranks from now on, and return it.

    Raises
    ------
    NotFoundError
        There is no such version.
    """
    return _registry(project).promote(number)


def champion_of(project: Project) -> Version:
    """Return the version that ranks.

    Raises
    ------
    NotFoundError
        None was promoted yet.
    """
    champion = _registry(project).champion()
    if champion is None:
        versions = _registry(project).list_versions()
        raise NotFoundError(
            Problem(
                "the registry",
                "must have a champion: the model version that ranks",
                f"{len(versions)} version(s), none of them promoted"
                if versions
                else "no model yet",
                "See 'triage models', then run 'triage promote VERSION'."
                if versions
                else "Run 'triage train', then 'triage promote VERSION'.",
            )
        )
    return champion


def _registry(project: Project) -> Registry:
    return Registry(project.workspace, project.panel.tracking_uri)
