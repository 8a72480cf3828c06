"""Who promoted which version, when and why: kept for good, one entry after another."""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from triage.errors import NotFoundError, Problem, TamperedError
from triage.learning import Evaluation
from triage.workspace import Strict

if TYPE_CHECKING:
    from mlflow import MlflowClient

__all__ = ["Promotion", "read_evaluation", "record", "recorded", "standing_of"]

PREFIX = "promotion_"


class Promotion(Strict):
    """One change of the champion.

    Parameters
    ----------
    action : {"promote", "rollback"}
    version : int
        Who ranks from now on.
    replaced : int or None
        Who ranked before.
    at : datetime
        UTC.
    by : str
        Who approved it; empty where nobody was named.
    because : str
        Why, where gates were overridden or a version was rolled back.
    failed : list of str
        The gates that it did not pass, each with what was found.
    retest_on : date or None
    """

    action: Literal["promote", "rollback"]
    version: int
    replaced: int | None
    at: datetime.datetime
    by: str = ""
    because: str = ""
    failed: list[str] = []
    retest_on: datetime.date | None = None


def record(client: MlflowClient, name: str, promotion: Promotion) -> None:
    """Keep a promotion after all that were kept before."""
    number = len(recorded(client, name)) + 1
    client.set_registered_model_tag(name, f"{PREFIX}{number:06d}", promotion.model_dump_json())


def recorded(client: MlflowClient, name: str) -> tuple[Promotion, ...]:
    """Return every promotion and rollback of a registered model, the first one first."""
    found = client.search_registered_models(f"name='{name}'")
    tags = found[0].tags if found else {}
    return tuple(
        Promotion.model_validate_json(tags[key]) for key in sorted(tags) if key.startswith(PREFIX)
    )


def standing_of(promotions: Sequence[Promotion]) -> list[Promotion]:
    """Return the promotions that were not rolled back, the one that stands last.

    Examples
    --------
    >>> now = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    >>> first = Promotion(action="promote", version=1, replaced=None, at=now)
    >>> second = Promotion(action="promote", version=2, replaced=1, at=now)
    >>> back = Promotion(action="rollback", version=1, replaced=2, at=now)
    >>> [one.version for one in standing_of([first, second, back])]
    [1]
    """
    standing: list[Promotion] = []
    for one in promotions:
        if one.action == "promote":
            standing.append(one)
        else:
            del standing[-1:]
    return standing


def read_evaluation(path: Path, sha256: str, name: str) -> Evaluation:
    """Return an evaluation, once it is what it was when it was written.

    Raises
    ------
    NotFoundError
        There is none, or one of another release.
    TamperedError
        It was changed.
    """
    try:
        content = path.read_bytes()
    except OSError:
        raise NotFoundError(_without(name, "none")) from None
    if hashlib.sha256(content).hexdigest() != sha256:
        raise TamperedError(
            Problem(
                name,
                "must have the hash that was recorded when it was written",
                "another",
                "It was changed since. Do not use it: train again.",
            )
        )
    try:
        return Evaluation.from_json(content)
    except ValueError:
        raise NotFoundError(_without(name, "one of another release")) from None


def _without(name: str, got: str) -> Problem:
    return Problem(
        name, "must be in the registry beside the model", got, "Run 'triage train' again."
    )
