"""Harm scales: ``configs/harm/*.yaml``."""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pydantic

from triage.conditions import Categories
from triage.errors import ConfigurationError, Problem, close_match
from triage.records import Vocabulary
from triage.workspace import Strict, read_documents

__all__ = ["Scale", "read_scales"]


class HarmClass(Strict):
    """The harm of one class of offence, in days."""

    days: float
    note: str
    verified: bool = True

    @pydantic.field_validator("days")
    @classmethod
    def _days_are_finite(cls, days: float) -> float:
        if not math.isfinite(days) or days < 0:
            raise ValueError("days of harm must be a finite number and not below 0")
        return days


class Scale(Strict):
    """One harm scale.

    Parameters
    ----------
    name, title, source : str
        ``source`` says where the figures were published.
    in_force_from : datetime.date
    classes : dict of str to HarmClass
        Harm class → days, with a note on where the figure comes from.
    """

    name: str
    title: str
    source: str
    in_force_from: datetime.date
    classes: dict[str, HarmClass]

    def harm_days(self, harm_class: Categories) -> npt.NDArray[np.float64]:
        """Return the days of harm of each event, 0 where an event has no harm class.

        Parameters
        ----------
        harm_class : Categories
            The events' harm classes, shape (n_events,).

        Returns
        -------
        ndarray of float64, shape (n_events,)
            Days, at least 0.
        """
        days = [self.classes[name].days for name in harm_class.names]
        return np.asarray([*days, 0.0], dtype=np.float64)[harm_class.codes]


def read_scales(
    folder: Path, vocabulary: Vocabulary, *, root: Path | None = None
) -> Mapping[str, Scale]:
    """Return the harm scales of a workspace, by name.

    Parameters
    ----------
    folder : Path
        ``configs/harm/``.
    vocabulary : Vocabulary
        Every scale must give the days of each of its harm classes, and of no other.
    root : Path, optional
        Messages name files relative to this folder.

    Raises
    ------
    ConfigurationError
        With every problem of every file.
    """
    documents = read_documents(folder, Scale, root=root)
    where = str(folder.relative_to(root) if root else folder)
    problems = [
        problem
        for file, scale in documents.items()
        for problem in _misfits(f"{where}/{file}", scale, vocabulary)
    ]
    if problems:
        raise ConfigurationError(problems)
    return {scale.name: scale for scale in documents.values()}


def _misfits(where: str, scale: Scale, vocabulary: Vocabulary) -> Iterator[Problem]:
    wanted = set(vocabulary.harm_classes)
    if Path(where).stem != scale.name:
        yield Problem(where, "a scale is named as its file", f"the name '{scale.name}'")
    for name in sorted(wanted - set(scale.classes)):
        yield Problem(where, f"must give the days of the harm class '{name}'", "nothing")
    for name in sorted(set(scale.classes) - wanted):
        yield Problem(
            where,
            f"the harm class '{name}' is one that no type of configs/vocabulary.yaml names",
            mend=close_match(name, wanted) or "Remove it, or name it in a type.",
        )
