"""What the gates say of a version, if it were to rank now."""

from __future__ import annotations

from triage.errors import NotFoundError
from triage.learning import Standing, Verdict, judge
from triage.registry import Registry, Version
from triage.workflows.project import Project
from triage.workflows.training import known

__all__ = ["registry_of", "verdicts_on"]


def registry_of(project: Project) -> Registry:
    """Return the registry that a workspace's panel names."""
    return Registry(project.workspace, project.panel.tracking_uri)


def verdicts_on(
    project: Project, registry: Registry, version: Version, champion: Version | None
) -> tuple[Verdict, ...]:
    """Return what every gate says of a version, if it were to rank now."""
    standing = Standing(None)
    if champion is not None and champion.number != version.number:
        captured = champion.measures["harm_captured"]
        standing = Standing(champion.number, champion.fingerprint, known(captured))
    try:
        evaluation = registry.evaluation(version.number)
    except NotFoundError as error:
        told = error.problems[0].got
        return judge(None, project.panel.gates, standing, project.fairness, missing=told)
    return judge(evaluation, project.panel.gates, standing, project.fairness)
