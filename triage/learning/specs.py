"""Models as people write them: ``models/*.yaml``."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import pydantic

from triage.conditions import Condition, fields_of, mismatches, parse_condition
from triage.errors import ConfigurationError, Problem, close_match
from triage.features import Feature
from triage.learning.estimators import ESTIMATORS, UNEXPLAINED, Recipe
from triage.learning.searches import Search
from triage.workspace import Strict, as_far_as_read, gather_documents, line_of

__all__ = ["Band", "ModelSpec", "Term", "gather_models", "read_models"]


class Band(Strict):
    """Points for values between two limits, both included; either may be left out."""

    at_least: float | None = None
    at_most: float | None = None
    points: float

    @pydantic.model_validator(mode="after")
    def _has_a_limit(self) -> Band:
        if self.at_least is None and self.at_most is None:
            raise ValueError("a band has 'at_least', 'at_most' or both")
        return self


class Term(Strict):
    """What one feature adds to a comparator's points.

    Parameters
    ----------
    feature : str
    weight : float, optional
        Points for each unit of the feature. A value that is not known adds nothing.
    at_most : float, optional
        With ``weight``: values above count as this.
    bands : list of Band, optional
        The first band that holds the value gives its points, and 0 where none does. A value
        that is not known gets the lowest points of the term.
    """

    feature: str
    weight: float | None = pydantic.Field(default=None, gt=0)
    at_most: float | None = None
    bands: list[Band] | None = pydantic.Field(default=None, min_length=1)

    @pydantic.model_validator(mode="after")
    def _weight_or_bands(self) -> Term:
        if (self.weight is None) == (self.bands is None):
            raise ValueError("a term has either 'weight' or 'bands'")
        if self.at_most is not None and self.bands is not None:
            raise ValueError("'at_most' stands beside 'weight'; a band has its own limits")
        return self


class ModelSpec(Strict):
    """One candidate model or comparator ranker.

    Parameters
    ----------
    name, title, purpose : str
        ``name`` is the file's. ``purpose`` says in a sentence what it is there for.
    kind : {"estimator", "comparator"}
        An estimator learns from outcomes; a comparator adds up points that people have set.
    source : str
        Where a comparator's points come from.
    estimator : str, optional
        A name of the closed list :data:`triage.learning.ESTIMATORS`.
    parameters : dict
        The estimator's own.
    search : Search, optional
        Which other parameters to try whenever it is trained.
    monotonic : bool
        Whether the features' directions bind the estimator.
    features : "all" or list of str
        Names of features, with ``*`` and ``?`` as wildcards; with a slash, a theme and a name:
        ``violence/*``. Those that a pipeline says are not learned from are left out.
    points : list of Term, optional
        A comparator's terms.
    requires : condition, optional
        On features; a row for which a comparator does not know it to hold gets its lowest points.
    """

    name: str = pydantic.Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: str
    purpose: str
    kind: Literal["estimator", "comparator"]
    source: str = ""
    estimator: str | None = None
    parameters: dict[str, Any] = {}
    search: Search | None = None
    monotonic: bool = True
    features: Literal["all"] | list[str] = "all"
    points: list[Term] | None = pydantic.Field(default=None, min_length=1)
    requires: dict[str, Any] | None = None

    @pydantic.field_validator("requires")
    @classmethod
    def _requires_is_a_condition(cls, content: dict[str, Any] | None) -> dict[str, Any] | None:
        if content is not None:
            parse_condition(content)
        return content

    @pydantic.model_validator(mode="after")
    def _kinds_are_not_mixed(self) -> ModelSpec:
        given = self.model_fields_set
        if self.kind == "estimator":
            if self.estimator is None:
                raise ValueError("an estimator names its 'estimator'")
            foreign = given & {"points", "requires"}
        else:
            if self.points is None:
                raise ValueError("a comparator has 'points'")
            foreign = given & {"estimator", "parameters", "search", "monotonic", "features"}
        if foreign:
            raise ValueError(f"'{min(foreign)}' does not belong to a {self.kind}")
        return self

    @property
    def condition(self) -> Condition | None:
        """What ``requires`` asks."""
        return None if self.requires is None else parse_condition(self.requires)

    @property
    def learns(self) -> bool:
        """Whether this is an estimator."""
        return self.kind == "estimator"

    def choose(self, features: Sequence[Feature]) -> tuple[str, ...]:
        """Return the names of the features it uses, in their order."""
        if self.kind == "comparator":
            wanted = {term.feature for term in self.points or ()}
            if self.condition is not None:
                wanted |= fields_of(self.condition)
            return tuple(feature.name for feature in features if feature.name in wanted)
        return tuple(
            feature.name
            for feature in features
            if feature.learned
            and (
                self.features == "all"
                or any(_matches(feature, pattern) for pattern in self.features)
            )
        )


def _matches(feature: Feature, pattern: str) -> bool:
    theme, slash, name = pattern.rpartition("/")
    return fnmatch.fnmatchcase(feature.name, name) and (
        not slash or fnmatch.fnmatchcase(feature.theme, theme)
    )


def read_models(
    folder: Path, features: Sequence[Feature], *, root: Path | None = None
) -> tuple[ModelSpec, ...]:
    """Return the candidate models and comparators of a workspace, in the order of their files.

    Parameters
    ----------
    folder : Path
        ``models/``.
    features : sequence of Feature
        What the workspace's pipelines make.
    root : Path, optional
        Messages name files relative to this folder.

    Raises
    ------
    ConfigurationError
        With every problem of every file: an unknown key, estimator, parameter or feature.
    """
    specs, problems = gather_models(folder, features, root=root)
    if problems:
        raise ConfigurationError(problems)
    return tuple(specs.values())


def gather_models(
    folder: Path, features: Sequence[Feature], *, root: Path | None = None
) -> tuple[dict[str, ModelSpec], list[Problem]]:
    """Return what can be read of the models of a workspace, and every problem.

    The parameters are those of :func:`read_models`.

    Returns
    -------
    specs : dict of str to ModelSpec
        By the names of their files.
    problems : list of Problem

    Raises
    ------
    ConfigurationError
        The folder does not exist.
    """
    documents, problems = gather_documents(folder, ModelSpec, root=root)
    shown = folder.relative_to(root) if root else folder
    problems += [
        Problem(f"{shown}/{file}, line {line_of(folder / file, keys)}", must, mend=mend)
        for file, spec in documents.items()
        for keys, must, mend in _contradictions(Path(file).stem, spec, features)
    ]
    if not problems and not any(spec.learns for spec in documents.values()):
        problems.append(
            Problem(f"{shown}/", "must hold at least one model of the kind 'estimator'", "none")
        )
    return {Path(file).stem: spec for file, spec in documents.items()}, problems


Contradiction = tuple[list[str | int], str, str]


def _contradictions(
    stem: str, spec: ModelSpec, features: Sequence[Feature]
) -> Iterator[Contradiction]:
    yield from _misnamed(stem, spec)
    yield from _unknown_parameters(spec)
    yield from _unknown_patterns(spec, features)
    for position, term in enumerate(() if "points" in spec.unread else spec.points or ()):
        yield from _unknown_term(position, term, features)
    yield from _unknown_requirements(spec, features)


@as_far_as_read
def _misnamed(stem: str, spec: ModelSpec) -> Iterator[Contradiction]:
    if spec.name != stem:
        yield (
            ["name"],
            f"a model is named as its file, '{stem}', not '{spec.name}'",
            "Rename one of the two.",
        )


@as_far_as_read
def _unknown_parameters(spec: ModelSpec) -> Iterator[Contradiction]:
    if spec.estimator is None:
        return
    recipe = ESTIMATORS.get(str(spec.estimator))
    if spec.estimator in UNEXPLAINED:
        yield (
            ["estimator"],
            f"'{spec.estimator}' has no exact SHAP values, and nobody is ranked without reasons",
            f"Use one of {', '.join(ESTIMATORS)}.",
        )
        return
    if recipe is None:
        yield (
            ["estimator"],
            f"'{spec.estimator}' is not one of the estimators ({', '.join(ESTIMATORS)})",
            close_match(str(spec.estimator), ESTIMATORS),
        )
        return
    yield from _refused(recipe, str(spec.estimator), ["parameters"], spec.parameters)
    for name, values in (spec.search.ends() if spec.search else {}).items():
        for value in values:
            refused = list(
                _refused(recipe, str(spec.estimator), ["search", "parameters"], {name: value})
            )
            yield from refused[:1]
            if refused:
                break


def _refused(
    recipe: Recipe, estimator: str, keys: list[str | int], parameters: Mapping[str, Any]
) -> Iterator[Contradiction]:
    try:
        recipe.parameters.model_validate(dict(parameters))
    except pydantic.ValidationError as error:
        for details in error.errors():
            name = str(details["loc"][0])
            if details["type"] == "extra_forbidden":
                must = f"'{name}' is not a parameter of {estimator}"
                mend = close_match(name, recipe.parameters.model_fields)
            else:
                must, mend = f"'{name}': {details['msg']}", ""
            yield [*keys, name], must, mend


@as_far_as_read
def _unknown_patterns(spec: ModelSpec, features: Sequence[Feature]) -> Iterator[Contradiction]:
    if spec.features == "all":
        return
    names = [feature.name for feature in features]
    for position, pattern in enumerate(spec.features):
        if any(feature.name == pattern and not feature.learned for feature in features):
            yield (
                ["features", position],
                f"'{pattern}' is not to be learned from: its pipeline says 'learned: false'",
                "Leave it out, or let its pipeline say otherwise.",
            )
        elif not any(_matches(feature, pattern) for feature in features):
            yield (
                ["features", position],
                f"'{pattern}' matches nothing that a feature pipeline makes",
                close_match(pattern.rpartition("/")[2], names),
            )


@as_far_as_read
def _unknown_term(
    position: int, term: Term, features: Sequence[Feature]
) -> Iterator[Contradiction]:
    names = [feature.name for feature in features]
    if term.feature not in names:
        yield (
            ["points", position, "feature"],
            f"'{term.feature}' is not a feature that a pipeline makes",
            close_match(term.feature, names),
        )


@as_far_as_read
def _unknown_requirements(spec: ModelSpec, features: Sequence[Feature]) -> Iterator[Contradiction]:
    names = [feature.name for feature in features]
    if spec.condition is not None:
        made_by = "no feature pipeline makes"
        for text in mismatches(spec.condition, dict.fromkeys(names, "number"), made_by=made_by):
            yield ["requires"], f"the comparator '{spec.name}' {text}".rstrip("."), ""
