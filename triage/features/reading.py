"""Reading ``pipelines/*.yaml``: every definition as features, or all that is wrong at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import cast

from triage.errors import ConfigurationError, Problem
from triage.features.definitions import Definition, Feature, Measure, Pipeline, PipelineFile, Window
from triage.features.refusals import refusals
from triage.records import Vocabulary
from triage.workspace import gather_documents, line_of, read_entries

__all__ = ["read_pipelines"]

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
    pipelines, problems = _gather(folder, root)
    shown = folder.relative_to(root) if root else folder
    features: list[Feature] = []
    first: dict[str, str] = {}
    for file, pipeline in pipelines.items():
        where = f"{shown}/{file}"
        for keys, text in refusals(pipeline, vocabulary):
            line = line_of(folder / file, keys)
            problems.append(Problem(f"{where}, line {line}", text))
        for position, definition in pipeline.definitions.items():
            for feature in _features(Path(file).stem, pipeline, definition):
                if feature.name in RESERVED:
                    line = line_of(folder / file, ["features", position, "name"])
                    problems.append(
                        Problem(
                            f"{where}, line {line}",
                            "a feature's name must not be that of a column that every table of "
                            f"features or of contributions has: {', '.join(RESERVED)}",
                            f"'{feature.name}'",
                            "Rename it.",
                        )
                    )
                if feature.name in first:
                    line = line_of(folder / file, ["features", position])
                    problems.append(
                        Problem(
                            f"{where}, line {line}",
                            f"a feature's name must be its own: '{feature.name}' is already made "
                            f"by {first[feature.name]}",
                            mend="Rename one of the two.",
                        )
                    )
                first.setdefault(feature.name, where)
                features.append(feature)
    if not problems and not features:
        problems.append(Problem(f"{shown}/", "must define at least one feature", "no file"))
    if problems:
        raise ConfigurationError(problems)
    return tuple(features)


def _gather(folder: Path, root: Path | None) -> tuple[dict[str, Pipeline], list[Problem]]:
    """Return every definition that can be read, and the problems of those that cannot."""
    pipelines = {}
    files, problems = gather_documents(folder, PipelineFile, root=root)
    for file, written in files.items():
        path = folder / file
        name = str(path.relative_to(root) if root else path)
        found, more = read_entries(written.features, Definition, path, "features", name)
        problems.extend(more)
        pipelines[file] = Pipeline(written.title, written.among, found)
    return pipelines, problems


def _features(theme: str, pipeline: Pipeline, definition: Definition) -> Iterator[Feature]:
    measure = cast(Measure, definition.measure)  # the refusals know of others
    windows: Sequence[Window | None] = definition.windows or [None]
    for window in windows:
        ending = {None: "", "ever": "_ever"}.get(window, f"_{window}d")  # type: ignore[arg-type]
        yield Feature(
            name=definition.name + ending,
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


def _when_none(definition: Definition) -> float:
    if definition.when_none == "unknown":
        return float("nan")
    if definition.when_none is not None:
        return definition.when_none
    return WHEN_NONE.get(definition.measure, float("nan"))
