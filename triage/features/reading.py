"""Reading ``pipelines/*.yaml``: every definition as features, or all that is wrong at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from triage.errors import ConfigurationError, Problem
from triage.features.definitions import Definition, Feature, Measure, Pipeline, Window
from triage.features.refusals import refusals
from triage.records import Vocabulary
from triage.workspace import as_far_as_read, gather_documents, line_of, words_of

__all__ = ["gather_pipelines", "read_pipelines"]

RESERVED = ("referral_id", "person_id", "as_of", "base", "score")
"""What stands beside the features in the tables that are written; no feature may be called so."""

WHEN_NONE: dict[str, float] = {
    "count": 0.0,
    "sum": 0.0,
    "distinct": 0.0,
    "repeats": 0.0,
    "active": 0.0,
    "rate_ratio": 1.0,
    "streak": 0.0,
    "mean_ratio": 1.0,
    "reached": 0.0,
    "new": 0.0,
    "most_repeated": 0.0,
    "serial": 0.0,
    "near": 0.0,
    "after": 0.0,
}
"""The value where nothing is found, of the measures where it is not unknown."""

SEVERAL = 2.0
"""So many names are serial, where a definition does not say how many."""


def read_pipelines(
    folder: Path, vocabulary: Vocabulary, *, root: Path | None = None
) -> tuple[Feature, ...]:
    """Return every feature that the pipelines of a workspace define, in order.

    Parameters
    ----------
    folder : Path
        ``pipelines/``.
    vocabulary : Vocabulary
        The columns and values that they may name.
    root : Path, optional
        Messages name files relative to this folder.

    Raises
    ------
    ConfigurationError
        With every problem of every file: an unknown key, column, value or measure, windows out of
        order, two features of one name, a direction that the measure cannot have, a protected
        characteristic.
    """
    features, problems = gather_pipelines(folder, vocabulary, root=root)
    if problems:
        raise ConfigurationError(problems)
    return features


def gather_pipelines(
    folder: Path, vocabulary: Vocabulary, *, root: Path | None = None
) -> tuple[tuple[Feature, ...], list[Problem]]:
    """Return the features that the pipelines define, or may, and every problem of every file.

    For a reader who asks of features no more than whether there are any of a name. The parameters
    are those of :func:`read_pipelines`.

    Returns
    -------
    features : tuple of Feature
        Those of definitions that are whole. After them, a stand-in for each name that a file which
        could not be read whole may make.
    problems : list of Problem

    Raises
    ------
    ConfigurationError
        The folder does not exist, or holds no pipeline.
    """
    pipelines, problems = gather_documents(folder, Pipeline, root=root)
    shown = folder.relative_to(root) if root else folder
    words = words_of(problems, root)
    places = [
        _Place(folder / file, f"{shown}/{file}", pipeline, position, definition)
        for file, pipeline in pipelines.items()
        for position, definition in _entries(pipeline)
    ]
    for file, pipeline in pipelines.items():
        for keys, text in refusals(pipeline, vocabulary):
            line = line_of(folder / file, keys)
            problems.append(Problem(f"{shown}/{file}, line {line}", text))
    problems += [*_taken_names(places), *_repeated_names(places)]
    whole = [place for place in places if not place.pipeline.unread | place.definition.unread]
    made = [feature for place in whole for feature in place.features()]
    if not problems and not made:
        raise ConfigurationError(
            Problem(f"{shown}/", "must define at least one feature", "no file")
        )
    known = {feature.name for feature in made}
    made += [_stand_in(name) for name in _may_be_made(words) if name not in known]
    return tuple(made), problems


@dataclass(frozen=True)
class _Place:
    """A definition, and where it stands."""

    path: Path
    shown: str
    pipeline: Pipeline
    position: int
    definition: Definition

    @property
    def names(self) -> list[str]:
        """The names of its features."""
        windows: Sequence[Window | None] = self.definition.windows or [None]
        return [self.definition.name + _ending(window) for window in dict.fromkeys(windows)]

    def features(self) -> Iterator[Feature]:
        return _features(self.path.stem, self.pipeline, self.definition)

    def line(self, *keys: str) -> str:
        return f"{self.shown}, line {line_of(self.path, ['features', self.position, *keys])}"


@as_far_as_read
def _entries(pipeline: Pipeline) -> Iterator[tuple[int, Definition]]:
    yield from enumerate(pipeline.features)


@as_far_as_read
def _names(place: _Place) -> Iterator[str]:
    yield from place.names


def _taken_names(places: Sequence[_Place]) -> Iterator[Problem]:
    for place in places:
        for name in _names(place):
            if name in RESERVED:
                yield Problem(
                    place.line("name"),
                    "a feature's name must not be that of a column that every table of "
                    f"features or of contributions has: {', '.join(RESERVED)}",
                    f"'{name}'",
                    "Rename it.",
                )


def _repeated_names(places: Sequence[_Place]) -> Iterator[Problem]:
    first: dict[str, _Place] = {}
    for place in places:
        names = [*_names(place)]
        if taken := [name for name in names if name in first]:
            told = ", ".join(f"'{name}'" for name in taken) + (" is" if len(taken) == 1 else " are")
            others = " and ".join(dict.fromkeys(first[name].line("name") for name in taken))
            yield Problem(
                place.line("name"),
                f"a feature's name must be its own: {told} already made in {others}",
                mend="Rename one of the two.",
            )
        for name in names:
            first.setdefault(name, place)


def _may_be_made(words: frozenset[str]) -> Iterator[str]:
    """Yield each name that some words may be of features, with the windows that stand there."""
    windows = sorted(int(word) for word in words if word.isdecimal() and len(word) < len("36525 "))
    for word in sorted(words):
        if not word.isdecimal():
            yield from (word, f"{word}_ever", *(f"{word}_{days}d" for days in windows))


def _stand_in(name: str) -> Feature:
    return Feature(
        name=name,
        group=name,
        theme="",
        theme_title="",
        measure="count",
        where=None,
        of=None,
        equals=None,
        window_days=None,
        recent_days=None,
        earlier_days=None,
        when_none=0.0,
        unit="",
        direction="none",
        meaning="",
        missing="",
    )


def _features(theme: str, pipeline: Pipeline, definition: Definition) -> Iterator[Feature]:
    measure = cast(Measure, definition.measure)  # the refusals know of others
    windows: Sequence[Window | None] = definition.windows or [None]
    for window in windows:
        yield Feature(
            name=definition.name + _ending(window),
            group=definition.name,
            theme=theme,
            theme_title=pipeline.title,
            measure=measure,
            where=None if measure == "attribute" else pipeline.looks_at(definition),
            of=definition.of,
            equals=definition.equals,
            window_days=window if isinstance(window, int) else None,
            recent_days=definition.recent_days,
            earlier_days=definition.earlier_days,
            when_none=_when_none(definition),
            unit=definition.unit,
            direction=definition.direction,
            meaning=definition.meaning,
            missing=definition.missing,
            linked_by=definition.linked_by,
            period_days=definition.period_days,
            companion=definition.near or definition.after,
            within_days=definition.within_days,
            at_least=SEVERAL
            if measure == "serial" and definition.at_least is None
            else definition.at_least,
            learned=definition.learned,
        )


def _ending(window: Window | None) -> str:
    """Return what a window adds to a name."""
    if window is None:
        return ""
    return "_ever" if window == "ever" else f"_{window}d"


def _when_none(definition: Definition) -> float:
    if definition.when_none == "unknown":
        return float("nan")
    if definition.when_none is not None:
        return definition.when_none
    return WHEN_NONE.get(definition.measure, float("nan"))
