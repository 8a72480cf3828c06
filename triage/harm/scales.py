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
from triage.errors import ConfigurationError, Problem, close_match, closest
from triage.records import Vocabulary
from triage.workspace import Strict, as_far_as_read, gather_documents, line_of

__all__ = ["Scale", "gather_scales", "read_scales"]


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
    scales, problems = gather_scales(folder, vocabulary, root=root)
    if problems:
        raise ConfigurationError(problems)
    return scales


def gather_scales(
    folder: Path, vocabulary: Vocabulary, *, root: Path | None = None
) -> tuple[Mapping[str, Scale], list[Problem]]:
    """Return what can be read of the harm scales, by the names of their files, and every problem.

    The parameters are those of :func:`read_scales`.

    Raises
    ------
    ConfigurationError
        The folder does not exist.
    """
    scales, problems = gather_documents(folder, Scale, root=root)
    shown = folder.relative_to(root) if root else folder
    for file, scale in scales.items():
        for keys, must, mend in (*_misnamed(file, scale), *_misfits(scale, vocabulary)):
            where = f"{shown}/{file}, line {line_of(folder / file, keys)}"
            problems.append(Problem(where, must, mend=mend))
    return {Path(file).stem: scale for file, scale in scales.items()}, problems


Misfit = tuple[list[str], str, str]


@as_far_as_read
def _misnamed(file: str, scale: Scale) -> Iterator[Misfit]:
    stem = Path(file).stem
    if scale.name != stem:
        must = f"a scale is named as its file, '{stem}', not '{scale.name}'"
        yield ["name"], must, "Rename one of the two."


@as_far_as_read
def _misfits(scale: Scale, vocabulary: Vocabulary) -> Iterator[Misfit]:
    wanted = set(vocabulary.harm_classes)
    foreign = sorted(set(scale.classes) - wanted)
    missing = wanted - set(scale.classes)
    for name in foreign:
        must = f"the harm class '{name}' is one that no type of configs/vocabulary.yaml names"
        mend = close_match(name, missing or wanted) or "Remove it, or name it in a type."
        yield ["classes", name], must, mend
    for name in sorted(missing - {closest(name, missing) for name in foreign}):
        must = f"must give the days of the harm class '{name}'"
        yield ["classes"], must, f"Add '{name}: {{days: …, note: …}}'."
