"""Cards of model versions: made from what is stored with them, and kept where people look."""

from __future__ import annotations

from collections.abc import Sequence

from triage.errors import NotFoundError, Problem
from triage.learning import Verdict
from triage.papers import Approval, Card, atrs_markdown, card_markdown, card_page
from triage.registry import Promotion, Registry, Version, standing_of
from triage.workflows.project import Project
from triage.workflows.verdicts import registry_of, verdicts_on
from triage.workspace import write_whole

__all__ = ["card_of", "keep_card", "tell_card"]

FOLDER = "cards"


def tell_card(project: Project, number: int | None, *, atrs: bool = False) -> str:
    """Return a version's card, or the fields of its transparency record, as Markdown.

    Parameters
    ----------
    project : Project
    number : int or None
        The version; None is the champion.
    atrs : bool
        Whether the fields of the transparency record are wanted.

    Raises
    ------
    NotFoundError
        There is no such version, or no champion, or nothing is kept from which to make its card.
    TamperedError
        What is kept was changed.
    """
    card = card_of(project, number)
    return atrs_markdown(card) if atrs else card_markdown(card)


def card_of(project: Project, number: int | None) -> Card:
    """Return what a version's card is made from; as for :func:`tell_card`."""
    registry = registry_of(project)
    version = registry.champion() if number is None else registry.version(number)
    if version is None:
        raise NotFoundError(
            Problem(
                "a card",
                "a version must rank, or be named",
                "no champion and no VERSION",
                "'triage models' lists the versions: triage card 3.",
            )
        )
    standing = reversed(standing_of(registry.promotions()))
    promotion = next((one for one in standing if one.version == version.number), None)
    verdicts = verdicts_on(project, registry, version, _ranked_before(registry, promotion))
    return _card(project, registry, version, verdicts, promotion)


def _ranked_before(registry: Registry, promotion: Promotion | None) -> Version | None:
    """Return whom a version replaced, or would replace now."""
    if promotion is None:
        return registry.champion()
    return None if promotion.replaced is None else registry.version(promotion.replaced)


def keep_card(
    project: Project,
    registry: Registry,
    version: Version,
    verdicts: Sequence[Verdict],
    promotion: Promotion,
) -> None:
    """Write the card of a version that is about to be promoted to ``models/cards/`` and mlflow.

    Raises
    ------
    StorageError
        It could not be written.
    """
    if any(one.gate == "card" and one.result == "failed" for one in verdicts):
        return  # overridden: there is nothing to make one from, and the promotion says so
    card = _card(project, registry, version, verdicts, promotion)
    files = {
        "card.md": card_markdown(card).encode(),
        "card.html": card_page(card),
        "atrs.md": atrs_markdown(card).encode(),
    }
    registry.keep_card(version.number, files)
    folder = project.workspace.models / FOLDER / f"version-{version.number}"
    for name, content in files.items():
        write_whole(folder / name, content)


def _card(
    project: Project,
    registry: Registry,
    version: Version,
    verdicts: Sequence[Verdict],
    promotion: Promotion | None,
) -> Card:
    return Card(
        version=version.number,
        sha256=version.sha256,
        panel=project.panel,
        evaluation=registry.evaluation(version.number),
        verdicts=verdicts,
        approval=None
        if promotion is None
        else Approval(
            at=promotion.at,
            by=promotion.by,
            because=promotion.because,
            overridden=promotion.failed,
            retest_on=promotion.retest_on,
        ),
    )
