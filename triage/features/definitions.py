"""What a feature is, and how ``pipelines/*.yaml`` says it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import pydantic

from triage.conditions import All, Condition, ConditionField, Kinds, mismatches
from triage.errors import ConfigurationError, Problem, close_match
from triage.features.words import describe, template_problem
from triage.records import Vocabulary
from triage.workspace import Strict, line_of, read_documents

__all__ = ["Direction", "Feature", "Measure", "read_pipelines"]

Measure = Literal[
    "count",
    "sum",
    "maximum",
    "distinct",
    "repeats",
    "days_since_last",
    "days_since_first",
    "latest",
    "change",
    "active",
    "rate_ratio",
    "attribute",
]
Direction = Literal["raises", "lowers", "none"]
Window = Annotated[int, pydantic.Field(ge=1, le=36525)] | Literal["ever"]

NAME = r"^[a-z][a-z0-9_]*$"
OF_NUMBER = ("sum", "maximum", "latest", "change")
OF_NAME = ("distinct", "repeats")
WITHOUT_WINDOWS = ("active", "rate_ratio", "attribute")
RESERVED = ("referral_id", "person_id", "as_of", "base", "score")
"""What stands beside the features in the tables that are written; no feature may be called so."""
ZERO_WHEN_NONE = ("count", "sum", "distinct", "repeats", "active")


class Meaning(Strict):
    """The words for yes and for no, of a feature that is one or the other."""

    yes: str
    no: str


class Definition(Strict):
    """One entry of a pipeline: a measure, over some events, in some windows.

    Parameters
    ----------
    name : str
        Lower case; each window adds its own ending (``_90d``, ``_ever``).
    measure : str
        ``count`` of events; ``sum`` or ``maximum`` of a number; ``distinct`` values;
        ``repeats``: events whose victim already had an earlier one; ``days_since_last`` and
        ``days_since_first`` event; ``latest`` value of a number and its ``change`` since the one
        before; ``active``: whether an event has not ended; ``rate_ratio``: how frequent (or, with
        ``of``, how harmful) recent days are against earlier ones; ``attribute`` of the person or
        of the referral.
    where : condition, optional
        Which events; added to the file's ``among``.
    of : str, optional
        The number, the category or the attribute that is measured.
    equals : str, optional
        Of an attribute that is a category: the value that counts as yes.
    windows : list of int or "ever", optional
        Days before the as-of date, which is itself outside; without it, all history.
    recent_days, earlier_days : int, optional
        Of a rate ratio: days 1 to ``recent_days`` before the as-of date, against the days after
        those up to ``earlier_days``.
    linked_by : str, optional
        A column of events that holds names, such as ``victim_id``. The measure is then of the
        events of *linked* people, and not of the person's own: of everybody else who on the as-of
        date has an event that names one whom (or what) an event of the person names. Both are
        looked for among all events, and ``where`` and ``among`` are asked of those measured. A
        name that more than 50 people share on that date links nobody: it is a place's.
    when_none : float or "unknown", optional
        The value where no event is found; by default 0 for counts and sums, 1 for ratios, and
        unknown for the rest.
    meaning : str or {yes, no}
        Plain words: ``{value}``, ``{duration}`` (days as months or years), ``{window}``,
        ``{one|many}``.
    unit : str
    direction : {"raises", "lowers", "none"}
        Whether more of it can only raise a score, only lower it, or either.
    missing : str
        What it means that the value is missing, or that nothing was found.
    """

    name: str = pydantic.Field(pattern=NAME)
    measure: Measure
    where: ConditionField | None = None
    of: str | None = None
    equals: str | None = None
    windows: list[Window] = []
    recent_days: int | None = pydantic.Field(default=None, ge=1)
    earlier_days: int | None = pydantic.Field(default=None, ge=2)
    linked_by: str | None = None
    when_none: float | Literal["unknown"] | None = None
    meaning: str | Meaning
    unit: str
    direction: Direction
    missing: str

    @pydantic.model_validator(mode="after")
    def _windows_are_in_order(self) -> Definition:
        days = [window for window in self.windows if window != "ever"]
        if days != sorted(set(days)) or self.windows.count("ever") > 1:
            raise ValueError("windows must rise, each once, with 'ever' last")
        if "ever" in self.windows and self.windows[-1] != "ever":
            raise ValueError("windows must rise, each once, with 'ever' last")
        if self.measure in WITHOUT_WINDOWS and self.windows:
            raise ValueError(f"the measure '{self.measure}' has no windows")
        return self

    @pydantic.model_validator(mode="after")
    def _ratio_has_two_periods(self) -> Definition:
        given = (self.recent_days, self.earlier_days)
        if self.measure != "rate_ratio":
            if given != (None, None):
                raise ValueError("only a rate_ratio has recent_days and earlier_days")
        elif None in given or given[0] >= given[1]:  # type: ignore[operator]
            raise ValueError("a rate_ratio needs recent_days, and earlier_days above it")
        return self

    @pydantic.model_validator(mode="after")
    def _of_is_what_the_measure_takes(self) -> Definition:
        needs = self.measure in (*OF_NUMBER, *OF_NAME, "attribute")
        if needs and self.of is None:
            raise ValueError(f"the measure '{self.measure}' must say what it is 'of'")
        if self.of is not None and not needs and self.measure != "rate_ratio":
            raise ValueError(f"the measure '{self.measure}' takes no 'of'")
        if self.measure == "attribute" and self.where is not None:
            raise ValueError("an attribute is not one of events and takes no 'where'")
        if self.measure == "attribute" and self.linked_by is not None:
            raise ValueError("an attribute is not one of events and takes no 'linked_by'")
        return self

    @pydantic.model_validator(mode="after")
    def _meaning_can_be_filled_in(self) -> Definition:
        texts = (
            [self.meaning]
            if isinstance(self.meaning, str)
            else [
                self.meaning.yes,
                self.meaning.no,
            ]
        )
        for text in texts:
            if problem := template_problem(text, has_window=bool(self.windows)):
                raise ValueError(f"the meaning {problem}")
        return self


class Pipeline(Strict):
    """One file of ``pipelines/``: the features of a theme.

    Parameters
    ----------
    title : str
        The theme in plain words.
    among : condition, optional
        All features of the file look only at these events.
    features : list of Definition
    """

    title: str
    among: ConditionField | None = None
    features: list[Definition] = pydantic.Field(min_length=1)


@dataclass(frozen=True)
class Feature:
    """One column of the feature matrix: a definition with one of its windows.

    Parameters
    ----------
    name : str
        With its window: ``strangulation_incidents_90d``.
    group : str
        Without it: ``strangulation_incidents``.
    theme, theme_title : str
        The pipeline file that defines it, and its title in plain words.
    measure : str
    where : Condition or None
        The events that it looks at; None where it looks at all.
    of, equals : str or None
    window_days : int or None
        None where all history counts.
    recent_days, earlier_days : int or None
        The two periods of a rate ratio.
    when_none : float
        The value where nothing is found; NaN is unknown.
    unit : str
    direction : {"raises", "lowers", "none"}
    meaning : str or Meaning
    missing : str
    linked_by : str or None
        The column whose names link people, if it is the events of linked people that count.
    """

    name: str
    group: str
    theme: str
    theme_title: str
    measure: Measure
    where: Condition | None
    of: str | None
    equals: str | None
    window_days: int | None
    recent_days: int | None
    earlier_days: int | None
    when_none: float
    unit: str
    direction: Direction
    meaning: str | Meaning
    missing: str
    linked_by: str | None = None

    def describe(self, value: float) -> str:
        """Return what a value of this feature says, in plain words.

        Parameters
        ----------
        value : float
            NaN where it is not known.
        """
        if value != value:
            return f"not known: {self.missing}"
        if self.measure == "days_since_first" and value == self.when_none:
            return self.missing  # no event is 0 days old
        if isinstance(self.meaning, Meaning):
            return self.meaning.yes if value else self.meaning.no
        ever = self.group != self.name
        return describe(self.meaning, value, self.window_days, ever=ever)


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
        order, two features of one name, a protected characteristic.
    """
    pipelines = read_documents(folder, Pipeline, root=root)
    shown = folder.relative_to(root) if root else folder
    problems: list[Problem] = []
    features: list[Feature] = []
    first: dict[str, str] = {}
    for file, pipeline in pipelines.items():
        where = f"{shown}/{file}"
        for keys, text in _misfits(pipeline, vocabulary):
            line = line_of(folder / file, keys)
            problems.append(Problem(f"{where}, line {line}", text))
        for position, definition in enumerate(pipeline.features):
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


def _features(theme: str, pipeline: Pipeline, definition: Definition) -> Iterator[Feature]:
    windows: Sequence[Window | None] = definition.windows or [None]
    for window in windows:
        ending = {None: "", "ever": "_ever"}.get(window, f"_{window}d")  # type: ignore[arg-type]
        yield Feature(
            name=definition.name + ending,
            group=definition.name,
            theme=theme,
            theme_title=pipeline.title,
            measure=definition.measure,
            where=_both(pipeline.among, definition.where)
            if definition.measure != "attribute"
            else None,
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
        )


def _both(among: Condition | None, where: Condition | None) -> Condition | None:
    if among is None or where is None:
        return where or among
    return All((among, where))


def _when_none(definition: Definition) -> float:
    if definition.when_none == "unknown":
        return float("nan")
    if definition.when_none is not None:
        return definition.when_none
    if definition.measure in ZERO_WHEN_NONE:
        return 0.0
    return 1.0 if definition.measure == "rate_ratio" else float("nan")


def _misfits(pipeline: Pipeline, vocabulary: Vocabulary) -> Iterator[tuple[list[Any], str]]:
    fields = vocabulary.event_fields()
    nobody = "which configs/vocabulary.yaml does not list"
    if pipeline.among is not None:
        for text in mismatches(pipeline.among, fields, made_by=nobody.removeprefix("which ")):
            yield ["among"], f"'among' {text}"
    for position, definition in enumerate(pipeline.features):
        if definition.where is not None:
            for text in mismatches(definition.where, fields, made_by=nobody.removeprefix("which ")):
                yield ["features", position, "where"], f"feature '{definition.name}' {text}"
        yield from (
            (["features", position, "of"], f"feature '{definition.name}' {text}")
            for text in _of_misfits(definition, fields, vocabulary)
        )
        by, names = definition.linked_by, vocabulary.names_of_events()
        if by is not None and by not in names:
            text = f"is linked by '{by}', but only names link people ({', '.join(names)})."
            text = f"feature '{definition.name}' {text} {close_match(by, names)}".strip()
            yield ["features", position, "linked_by"], text


def _of_misfits(definition: Definition, fields: Kinds, vocabulary: Vocabulary) -> Iterator[str]:
    of, measure = definition.of, definition.measure
    if of is None:
        return
    if of in vocabulary.audit_only():
        yield f"is of '{of}', which is for audit only: no feature may use it"
        return
    known = vocabulary.attribute_fields() if measure == "attribute" else fields
    if of not in known:
        yield f"is of '{of}', which does not exist. {close_match(of, known)}".strip()
        return
    kind = known[of]
    if measure == "attribute":
        if (kind in ("number", "answer", "date")) == (definition.equals is not None):
            yield f"is of '{of}': 'equals' is given for a category, and for nothing else"
        elif definition.equals is not None and kind != "text" and definition.equals not in kind:
            yield (
                f"asks whether '{of}' equals '{definition.equals}', which is not one of its "
                f"values. {close_match(definition.equals, kind)}"
            ).strip()
    elif measure in OF_NAME:
        if kind in ("number", "answer", "date") or (measure == "repeats" and of != "victim_id"):
            yield f"counts '{of}', but only a name can be counted so (victim_id, agency, type, …)"
    elif kind != "number":
        yield f"measures '{of}', which is not a number"
