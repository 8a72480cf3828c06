"""All that a workspace says, read once, with every problem of every file told together."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import triage
from triage.conditions import mismatches, parse_condition
from triage.errors import ConfigurationError, Problem, close_match
from triage.explain import Possibilities, read_possibilities
from triage.features import Feature, gather_pipelines
from triage.harm import Scale, gather_scales
from triage.learning import ModelSpec, gather_models
from triage.outcomes import Outcomes, read_outcomes
from triage.records import Source, Vocabulary, gather_sources, read_vocabulary
from triage.rules import Policy, read_rules
from triage.workspace import (
    Fairness,
    Panel,
    Strict,
    UnreadError,
    Workspace,
    as_far_as_read,
    file_told,
    gather_document,
    line_of,
    line_told,
    nothing_of,
    sha256_of,
)

__all__ = [
    "GIVEN_CAPACITY",
    "Project",
    "code_version",
    "config_hashes",
    "load_project",
    "require_capacity",
    "with_capacity",
]

GIVEN_CAPACITY = "triage rank --capacity"
"""Stands among a list's files of configuration where its capacity was given instead of read."""

Read = TypeVar("Read")
Document = TypeVar("Document", bound=Strict)


@dataclass(frozen=True)
class Project:
    """What a workspace says, each part fitting the others.

    Parameters
    ----------
    workspace : Workspace
    panel : Panel
    vocabulary : Vocabulary
    sources : tuple of Source
    scales : mapping of str to Scale
    features : tuple of Feature
    outcomes : Outcomes
    policy : Policy
    models : tuple of ModelSpec
    possibilities : Possibilities
    fairness : Fairness
    """

    workspace: Workspace
    panel: Panel
    vocabulary: Vocabulary
    sources: tuple[Source, ...]
    scales: Mapping[str, Scale]
    features: tuple[Feature, ...]
    outcomes: Outcomes
    policy: Policy
    models: tuple[ModelSpec, ...]
    possibilities: Possibilities
    fairness: Fairness

    @property
    def scale(self) -> Scale:
        """The scale in which the panel counts harm."""
        return self.scales[self.panel.harm_scale]


def load_project(root: Path) -> Project:
    """Return what the workspace in a folder says.

    Parameters
    ----------
    root : Path

    Raises
    ------
    ConfigurationError
        With the problems of all files that could be asked about: a file that depends on a
        broken one waits until that one is mended.
    """
    workspace = Workspace.at(root)
    configs, tries = workspace.configs, _Tries()
    panel = tries.document(configs / "panel.yaml", Panel, root)
    fairness = tries.document(configs / "fairness.yaml", Fairness, root)
    vocabulary = tries.read(lambda: read_vocabulary(configs / "vocabulary.yaml", root=root))
    if vocabulary is None:
        tries.problems.append(WAITING)
        vocabulary = nothing_of(Vocabulary)
    words = vocabulary
    sources = tries.gather(lambda: gather_sources(configs / "sources", words, root=root))
    scales = tries.gather(lambda: gather_scales(configs / "harm", words, root=root))
    features = tries.gather(lambda: gather_pipelines(workspace.pipelines, words, root=root))
    possibilities = tries.read(
        lambda: read_possibilities(configs / "changes.yaml", words, root=root)
    )
    outcomes = policy = models = None
    if scales is not None:
        outcomes = tries.read(
            lambda: read_outcomes(configs / "outcome.yaml", words, scales, root=root)
        )
    if features is not None:
        policy = tries.read(lambda: read_rules(configs / "rules", features, words, root=root))
        models = tries.gather(lambda: gather_models(workspace.models, features, root=root))
    tries.problems += _unknown_scale(panel, configs, root, scales)
    tries.problems += _unknown_sources(panel, configs, root, sources)
    tries.problems += _backtest_misfits(panel, configs, root, features)
    tries.problems += _papers_misfits(panel, configs, root, features)
    tries.problems += _cohort_misfits(panel, configs, root, words)
    tries.problems += _retention_misfits(panel, configs, root, words)
    tries.problems += _fallback_misfits(panel, configs, root, models)
    tries.problems += _slope_misfits(panel, configs, root)
    tries.problems += _fairness_misfits(fairness, configs, root, words)
    tries.problems += _unknown_agencies(fairness, configs, root, words)
    if (
        tries.problems
        or sources is None
        or scales is None
        or features is None
        or outcomes is None
        or policy is None
        or models is None
        or possibilities is None
    ):
        raise ConfigurationError(_by_file(tries.problems))
    return Project(
        workspace,
        panel,
        vocabulary,
        sources,
        scales,
        features,
        outcomes,
        policy,
        tuple(models.values()),
        possibilities,
        fairness,
    )


WAITING = Problem(
    "configs/vocabulary.yaml",
    "must be whole before anybody can tell whether the other files use its words rightly",
    mend="Mend it first, and run the command again.",
)


def _by_file(problems: Sequence[Problem]) -> list[Problem]:
    """Return problems file by file, and within a file in the order of its lines."""
    files = list(dict.fromkeys(file_told(problem) for problem in problems))
    return sorted(problems, key=lambda one: (files.index(file_told(one)), line_told(one)))


class _Tries:
    """Readings that were tried, and all that was wrong with them."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def read(self, reading: Callable[[], Read]) -> Read | None:
        """Return what is read, or None after keeping its problems.

        It is None as well where the reading asks for what could not be read, which is told already.
        """
        try:
            return reading()
        except ConfigurationError as error:
            self.problems.extend(error.problems)
        except UnreadError:
            pass
        return None

    def gather(self, gathering: Callable[[], tuple[Read, Sequence[Problem]]]) -> Read | None:
        """Return what can be read, after keeping the problems of the rest."""
        found = self.read(gathering)
        if found is None:
            return None
        self.problems.extend(found[1])
        return found[0]

    def document(self, path: Path, model: type[Document], root: Path) -> Document:
        """Return what can be read of a document, after keeping the problems of the rest."""
        document, problems = gather_document(path, model, name=str(path.relative_to(root)))
        self.problems.extend(problems)
        return document


@as_far_as_read
def _unknown_scale(
    panel: Panel, configs: Path, root: Path, scales: Mapping[str, Scale] | None
) -> Iterator[Problem]:
    path = configs / "panel.yaml"
    if scales is not None and panel.harm_scale not in scales:
        yield Problem(
            f"{path.relative_to(root)}, line {line_of(path, ['harm_scale'])}",
            f"'harm_scale' must be a scale of configs/harm/: {', '.join(scales)}",
            f"'{panel.harm_scale}'",
            close_match(panel.harm_scale, scales),
        )


@as_far_as_read
def _unknown_sources(
    panel: Panel, configs: Path, root: Path, sources: Sequence[Source] | None
) -> Iterator[Problem]:
    path = configs / "panel.yaml"
    names = {source.name for source in sources or ()}
    for name in panel.rows_set_aside:
        if sources is not None and name not in names:
            yield Problem(
                f"{path.relative_to(root)}, line {line_of(path, ['rows_set_aside', name])}",
                f"'rows_set_aside' names '{name}', which is no source of configs/sources/",
                mend=close_match(name, names),
            )


@as_far_as_read
def _backtest_misfits(
    panel: Panel, configs: Path, root: Path, features: tuple[Feature, ...] | None
) -> Iterator[Problem]:
    no_history, path = panel.backtest.no_history, configs / "panel.yaml"
    if no_history is None or features is None:
        return
    line = line_of(path, ["backtest", "no_history", "when"])
    where = f"{path.relative_to(root)}, line {line}"
    try:
        condition = parse_condition(no_history.when)
    except ValueError as error:
        yield Problem(where, f"'when' must be a condition: {error}")
        return
    kinds = dict.fromkeys((feature.name for feature in features), "number")
    for text in mismatches(condition, kinds, made_by="no feature pipeline makes"):
        yield Problem(where, f"'backtest.no_history' {text}".rstrip("."))


@as_far_as_read
def _papers_misfits(
    panel: Panel, configs: Path, root: Path, features: tuple[Feature, ...] | None
) -> Iterator[Problem]:
    path = configs / "panel.yaml"
    made = [feature.name for feature in features or ()]
    for heading, names in panel.papers.case_sheet.items():
        for position, name in enumerate(names):
            if features is not None and name not in made:
                line = line_of(path, ["papers", "case_sheet", heading, position])
                yield Problem(
                    f"{path.relative_to(root)}, line {line}",
                    f"'case_sheet' names '{name}', which no feature pipeline makes",
                    mend=close_match(name, made),
                )


@as_far_as_read
def _cohort_misfits(
    panel: Panel, configs: Path, root: Path, vocabulary: Vocabulary
) -> Iterator[Problem]:
    path = configs / "panel.yaml"
    attributes = {
        name: attribute.values
        for name, attribute in vocabulary.referrals.attributes.items()
        if attribute.kind == "category" and not attribute.audit_only
    }
    for name, value in panel.cohort.where.items():
        line = line_of(path, ["cohort", "where", name])
        where = f"{path.relative_to(root)}, line {line}"
        if name not in attributes:
            yield Problem(
                where,
                f"'where' may name a category of referrals that is not for audit only, and "
                f"'{name}' is none",
                mend=close_match(name, attributes),
            )
        elif value not in attributes[name]:
            yield Problem(
                where,
                f"'{value}' is not one of the values of '{name}': {', '.join(attributes[name])}",
                mend=close_match(value, attributes[name]),
            )


@as_far_as_read
def _retention_misfits(
    panel: Panel, configs: Path, root: Path, vocabulary: Vocabulary
) -> Iterator[Problem]:
    path = configs / "panel.yaml"
    for place, group in enumerate(panel.retention.groups):
        for key, named, known in (
            ("types", group.types, vocabulary.types),
            ("kinds", group.kinds, vocabulary.kinds),
        ):
            for position, name in enumerate(named):
                if name not in known:
                    line = line_of(path, ["retention", "groups", place, key, position])
                    yield Problem(
                        f"{path.relative_to(root)}, line {line}",
                        f"'{key}' of group {group.group} names '{name}', which "
                        "configs/vocabulary.yaml does not know",
                        mend=close_match(name, known),
                    )


@as_far_as_read
def _fallback_misfits(
    panel: Panel, configs: Path, root: Path, models: Mapping[str, ModelSpec] | None
) -> Iterator[Problem]:
    path, fallback = configs / "panel.yaml", panel.gates.fallback
    comparators = [
        name for name, one in (models or {}).items() if "kind" in one.unread or not one.learns
    ]
    if models is not None and fallback is not None and fallback not in comparators:
        yield Problem(
            f"{path.relative_to(root)}, line {line_of(path, ['gates', 'fallback'])}",
            "'fallback' must be a comparator of models/",
            f"'{fallback}'",
            close_match(fallback, comparators) or "Leave it out to have none.",
        )


@as_far_as_read
def _slope_misfits(panel: Panel, configs: Path, root: Path) -> Iterator[Problem]:
    path, slope = configs / "panel.yaml", panel.gates.calibration_slope
    if slope[0] >= slope[1]:
        yield Problem(
            f"{path.relative_to(root)}, line {line_of(path, ['gates', 'calibration_slope'])}",
            "'calibration_slope' must be a lower bound and a higher one",
        )


@as_far_as_read
def _fairness_misfits(
    fairness: Fairness, configs: Path, root: Path, vocabulary: Vocabulary
) -> Iterator[Problem]:
    path = configs / "fairness.yaml"

    def where(*keys: str | int) -> str:
        return f"{path.relative_to(root)}, line {line_of(path, keys)}"

    kinds = {"person.age": "number", "referral.agency": "category"}
    for prefix, its in (("person", vocabulary.people), ("referral", vocabulary.referrals)):
        kinds |= {f"{prefix}.{name}": one.kind for name, one in its.attributes.items()}
    grouped = {name: kind for name, kind in kinds.items() if kind in ("category", "number")}
    for name, one in fairness.attributes.items():
        if one.field not in grouped:
            yield Problem(
                where("attributes", name, "field"),
                "'field' must be a category or a number of people or referrals, which "
                f"'{one.field}' is not",
                mend=close_match(one.field, grouped),
            )
        elif grouped[one.field] == "number" and not one.bands:
            yield Problem(
                where("attributes", name),
                f"'{one.field}' is a number, so 'bands' must say where its groups begin",
                mend="As in bands: [18, 25, 35].",
            )
        elif grouped[one.field] == "category" and one.bands:
            yield Problem(
                where("attributes", name, "bands"),
                f"'{one.field}' is a category, which has no bands",
                mend="Remove them.",
            )


@as_far_as_read
def _unknown_agencies(
    fairness: Fairness, configs: Path, root: Path, vocabulary: Vocabulary
) -> Iterator[Problem]:
    path = configs / "fairness.yaml"
    for position, agency in enumerate(
        fairness.recorded_by.agencies if fairness.recorded_by else ()
    ):
        if agency not in vocabulary.agencies:
            line = line_of(path, ["recorded_by", "agencies", position])
            yield Problem(
                f"{path.relative_to(root)}, line {line}",
                f"'{agency}' is no agency of configs/vocabulary.yaml",
                mend=close_match(agency, vocabulary.agencies),
            )


def config_hashes(workspace: Workspace) -> dict[str, str]:
    """Return the SHA-256 of each YAML file that decides what a list looks like, by its path.

    The files of ``models/`` are not among them: the model itself is hashed.
    """
    return {
        str(path.relative_to(workspace.root)): sha256_of(path)
        for folder in (workspace.configs, workspace.pipelines)
        for path in sorted(folder.rglob("*.yaml"))
        if not path.name.endswith(".cases.yaml")
    }


def with_capacity(project: Project, capacity: int) -> tuple[Project, dict[str, str]]:
    """Return the project with room for so many cases, and the hash of this choice by its name.

    Where the panel has just this capacity anyway, nothing was chosen and there is no hash.
    """
    if capacity == project.panel.capacity:
        return project, {}
    panel = project.panel.model_copy(update={"capacity": capacity})
    digest = hashlib.sha256(str(capacity).encode()).hexdigest()
    return replace(project, panel=panel), {GIVEN_CAPACITY: digest}


def require_capacity(project: Project) -> None:
    """Make sure that models can be judged by whom they would have put before the panel.

    Raises
    ------
    ConfigurationError
        The panel has no room.
    """
    if project.panel.capacity == 0:
        raise ConfigurationError(
            Problem(
                "configs/panel.yaml: 'capacity'",
                "must be at least 1 to train or test models, which are judged by the harm that "
                "followed those within capacity",
                "0",
                "Give the room of a usual meeting there; for a list without room use "
                "'triage rank --capacity 0'.",
            )
        )


def code_version() -> str:
    """Return the version of this program with a digest of its files, as in ``0.1.0+1a2b3c4d``."""
    return f"{triage.__version__}+{code_digest()[:8]}"


def code_digest() -> str:
    """Return the SHA-256 of all files of this program as 64 hexadecimal digits."""
    package = Path(triage.__file__).parent
    files = sorted(
        path
        for path in package.rglob("*")
        if path.is_file() and not {"__pycache__", "_shipped"} & set(path.parts)
    )
    digest = hashlib.sha256()
    for path in files:
        digest.update(path.relative_to(package).as_posix().encode() + b"\0")
        digest.update(path.read_bytes() + b"\0")
    return digest.hexdigest()
