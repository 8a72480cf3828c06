"""Model versions: listing them, and making one the champion."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from triage.errors import GateError, NotFoundError, Problem
from triage.learning import Verdict
from triage.registry import Promotion, Version, standing_of
from triage.workflows.cards import keep_card
from triage.workflows.project import Project
from triage.workflows.training import MEASURES, known, sent_words
from triage.workflows.verdicts import registry_of, verdicts_on

__all__ = [
    "Promoted",
    "Role",
    "Versions",
    "list_versions",
    "promote_version",
    "ranker_of",
    "rollback_version",
]

Role = Literal["champion", "fallback"]


@dataclass(frozen=True)
class Versions:
    """All model versions of a workspace, the newest first, as they stand on a day.

    Parameters
    ----------
    versions : tuple of Version
    today : date
    sent : tuple of int
        Versions that had waited for the tracking server and are registered now.
    waiting : int
        How many trainings still wait.
    """

    versions: tuple[Version, ...]
    today: datetime.date
    sent: tuple[int, ...] = ()
    waiting: int = 0

    columns = (
        "version",
        "model",
        "kind",
        "champion",
        "proposed",
        "outcome",
        *MEASURES,
        "made_on",
        "retest_on",
    )

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
        return [*self._of_waiting(), *self._of_champion()]

    def _of_waiting(self) -> Iterator[str]:
        if self.sent:
            yield sent_words(self.sent)
        if self.waiting:
            yield (
                f"{self.waiting} training(s) wait in registry/waiting/, as the tracking server "
                "failed or the program was killed: triage models --send"
            )

    def _of_champion(self) -> Iterator[str]:
        if not self.versions:
            yield "There is no model yet. Run 'triage train'."
            return
        for version in self.versions:
            if version.is_champion:
                yield from retest_words(version, self.today)
                return
        yield "No version ranks yet. Make one the champion: triage promote VERSION"


def retest_words(version: Version, today: datetime.date) -> Iterator[str]:
    """Yield by when a champion has to be tested again, loudly where that has passed."""
    if version.retest_on is None:
        return
    if version.retest_on <= today:
        yield (
            f"LAPSED: version {version.number} ({version.title}) should have been tested again by "
            f"{version.retest_on}. Do not rely on it until it is: triage train, triage promote."
        )
    else:
        yield (
            f"Version {version.number} ({version.title}) ranks; to be tested again by "
            f"{version.retest_on}."
        )


def list_versions(project: Project, *, today: datetime.date, send: bool = False) -> Versions:
    """Return every model version of a workspace.

    Parameters
    ----------
    project : Project
    today : date
    send : bool
        Whether trainings that wait for the tracking server are registered first.

    Raises
    ------
    StorageError
        The registry could not be read, or a training not be registered.
    """
    registry = registry_of(project)
    sent = registry.send_waiting() if send else []
    return Versions(
        tuple(registry.list_versions()),
        today,
        tuple(version.number for version in sent),
        len(registry.waiting),
    )


@dataclass(frozen=True)
class Promoted:
    """What came of promoting a version.

    Parameters
    ----------
    version : Version
    verdicts : tuple of Verdict
        What every gate said.
    overridden : tuple of str
        The gates that it did not pass.
    """

    version: Version
    verdicts: tuple[Verdict, ...]
    overridden: tuple[str, ...] = ()

    columns = ("gate", "result", "found")

    @property
    def rows(self) -> list[dict[str, str | int | float | bool | None]]:
        """One row a gate."""
        return [
            {"gate": one.gate, "result": one.result, "found": one.told} for one in self.verdicts
        ]


def promote_version(
    project: Project, number: int, *, now: datetime.datetime, by: str = "", because: str = ""
) -> Promoted:
    """Make a version the champion, the one that ranks from now on, where every gate lets it.

    Parameters
    ----------
    project : Project
    number : int
    now : datetime
    by : str
        Who approved it.
    because : str
        Why it is promoted although it does not pass a gate.

    Raises
    ------
    GateError
        With every gate that it does not pass, where no reason is given.
    NotFoundError
        There is no such version.
    TamperedError
        Its model or its evaluation is not what it was when it was written.
    """
    registry = registry_of(project)
    champion = registry.champion()
    version = registry.version(number)
    registry.load(number)  # a tampered file is refused before anything is decided
    verdicts = verdicts_on(project, registry, version, champion)
    failed = [one for one in verdicts if one.result == "failed"]
    if failed and not because.strip():
        raise GateError(
            Problem(
                f"version {number} ({version.title}), gate '{one.gate}'",
                one.told,
                mend="Mend what it found and train again, or override all gates on record: "
                f"triage promote {number} --because 'REASON'.",
            )
            for one in failed
        )
    gates = project.panel.gates
    promotion = Promotion(
        action="promote",
        version=number,
        replaced=champion.number if champion else None,
        at=now,
        by=by,
        because=because,
        failed=[f"{one.gate}: {one.told}" for one in failed],
        retest_on=now.date() + datetime.timedelta(days=gates.retest_after_days),
    )
    keep_card(project, registry, version, verdicts, promotion)
    promoted = registry.promote(number, promotion)
    return Promoted(promoted, verdicts, tuple(one.gate for one in failed))


def rollback_version(project: Project, *, now: datetime.datetime, by: str, because: str) -> Version:
    """Make the version that ranked before the champion again, and return it.

    Raises
    ------
    NotFoundError
        No version was promoted before the one that ranks.
    """
    registry = registry_of(project)
    standing = standing_of(registry.promotions())
    if len(standing) < 2:
        raise NotFoundError(
            Problem(
                "the registry",
                "must hold an earlier champion to go back to",
                f"{len(standing)} promotion(s) that still stand",
                "See 'triage models', and promote another version instead.",
            )
        )
    before = standing[-2]
    return registry.promote(
        before.version,
        Promotion(
            action="rollback",
            version=before.version,
            replaced=standing[-1].version,
            at=now,
            by=by,
            because=because,
            retest_on=before.retest_on,
        ),
    )


def ranker_of(project: Project) -> tuple[Version, Role]:
    """Return the version that ranks: the champion, or the newest one of the fallback.

    Raises
    ------
    NotFoundError
        There is neither.
    """
    versions = registry_of(project).list_versions()
    for version in versions:
        if version.is_champion:
            return version, "champion"
    fallback = project.panel.gates.fallback
    for version in versions:
        if version.name == fallback and version.kind == "comparator":
            return version, "fallback"
    raise NotFoundError(
        Problem(
            "the registry",
            "must have a champion: the model version that ranks",
            f"{len(versions)} version(s), none of them promoted" if versions else "no model yet",
            "See 'triage models', then run 'triage promote VERSION'."
            if versions
            else "Run 'triage train', then 'triage promote VERSION'.",
        )
    )
