"""Strict reading of YAML: every key known and single, every problem told with its line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import pydantic
import yaml

from triage.errors import ConfigurationError, Problem, close_match

__all__ = [
    "Strict",
    "gather_documents",
    "line_of",
    "read_document",
    "read_documents",
    "read_entries",
]


class Strict(pydantic.BaseModel):
    """Base of every document model: no unknown key, no conversion, no change afterwards."""

    model_config = pydantic.ConfigDict(extra="forbid", strict=True, frozen=True)


ENDINGS = (".yaml", ".yml")
Document = TypeVar("Document", bound=Strict)


class _AliasError(Exception):
    """A value stands somewhere else than where it is used: on this line."""

    def __init__(self, line: int) -> None:
        super().__init__(line)
        self.line = line


class _Loader(yaml.SafeLoader):
    """Safe YAML with the booleans of YAML 1.2 only, so that ``yes`` and ``no`` stay words.

    Aliases of lists and mappings are refused: a few lines of them can stand for more than any
    machine holds, or hold themselves.
    """

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            event = self.peek_event()  # type: ignore[no-untyped-call]
            if isinstance(self.anchors.get(event.anchor), yaml.CollectionNode):
                raise _AliasError(event.start_mark.line + 1)
        return super().compose_node(parent, index)


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:bool"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), list("tf"))


def read_document(path: Path, model: type[Document], *, name: str | None = None) -> Document:
    """Return the YAML file as its model.

    Parameters
    ----------
    path : Path
        The file.
    model : type of Strict
        What the file must be.
    name : str, optional
        How messages call the file; by default its path.

    Raises
    ------
    ConfigurationError
        With every problem of the file: not readable, not YAML, a duplicated or unknown key,
        a missing key, a value of the wrong type or out of range.
    """
    where = name or str(path)
    node = _compose(path, where)
    loader = _Loader("")
    problems = [*_unusable_keys(node, where), *_impossible_values(node, loader, where)]
    if problems:
        raise ConfigurationError(problems)
    try:
        content = loader.construct_document(node)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        raise ConfigurationError(
            Problem(f"{where}{line}", "must be plain YAML without tags", "a tag or a bad value")
        ) from None
    try:
        return model.model_validate(content)
    except pydantic.ValidationError as error:
        raise ConfigurationError(
            [_problem(details, node, model, where) for details in error.errors()]
        ) from None


def read_documents(
    folder: Path, model: type[Document], *, root: Path | None = None, skip: str = ".cases.yaml"
) -> dict[str, Document]:
    """Return every ``*.yaml`` file of a folder as its model, keyed by file name, in order.

    Parameters
    ----------
    folder : Path
        The folder; it must exist.
    model : type of Strict
        What each file must be.
    root : Path, optional
        Messages call the files by their path relative to this folder.
    skip : str, optional
        Files whose names end so are not read.

    Raises
    ------
    ConfigurationError
        With every problem of every file, and for a file that another ending would hide.
    """
    documents, problems = gather_documents(folder, model, root=root, skip=skip)
    if problems:
        raise ConfigurationError(problems)
    return documents


def gather_documents(
    folder: Path, model: type[Document], *, root: Path | None = None, skip: str = ".cases.yaml"
) -> tuple[dict[str, Document], list[Problem]]:
    """Return the files of a folder that are what they must be, and the problems of the others.

    For a reader who has more to ask of those that can be read, and tells all at once. The
    parameters are those of :func:`read_documents`.

    Raises
    ------
    ConfigurationError
        The folder does not exist.
    """
    if not folder.is_dir():
        shown = folder.relative_to(root) if root else folder
        raise ConfigurationError(
            Problem(f"{shown}/", "must be a folder of YAML files", "nothing", "Run 'triage init'.")
        )
    documents: dict[str, Document] = {}
    problems: list[Problem] = []
    for path in sorted(folder.iterdir()):
        shown = path.relative_to(root) if root else path
        ending = path.suffix.lower()
        if path.name.startswith(".") or path.name.endswith(skip) or ending not in ENDINGS:
            continue
        if path.suffix != ".yaml":
            problems.append(
                Problem(
                    str(shown), "the name of a YAML file must end in '.yaml'", mend="Rename it."
                )
            )
            continue
        try:
            documents[path.name] = read_document(path, model, name=str(shown))
        except ConfigurationError as error:
            problems.extend(error.problems)
    return documents, problems


def read_entries(
    entries: Sequence[Mapping[str, Any]], model: type[Document], path: Path, key: str, name: str
) -> tuple[dict[int, Document], list[Problem]]:
    """Return the entries of a list that are what they must be, and the problems of the others.

    Parameters
    ----------
    entries : sequence of mapping
        What the file holds under ``key``.
    model : type of Strict
        What each entry must be.
    path : Path
        The file, which has already been read once without an error.
    key : str
    name : str
        How messages call the file.

    Returns
    -------
    found : dict of int to model
        By their places in the list.
    problems : list of Problem
    """
    found: dict[int, Document] = {}
    problems: list[Problem] = []
    for place, entry in enumerate(entries):
        try:
            found[place] = model.model_validate(entry)
        except pydantic.ValidationError as error:
            node = _compose(path, name)
            problems.extend(
                _problem(details, node, model, name, (key, place)) for details in error.errors()
            )
    return found, problems


def line_of(path: Path, keys: Sequence[str | int]) -> int | None:
    """Return the line (from 1) on which a value stands in a YAML file, or None.

    Parameters
    ----------
    path : Path
        The file, which has already been read once without an error.
    keys : sequence of str or int
        The way to the value: mapping keys and list positions.
    """
    return _line(_compose(path, str(path)), keys)


def _compose(path: Path, where: str) -> yaml.Node:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise ConfigurationError(
            Problem(where, "must exist", "no such file", "Run 'triage init' to see a full example.")
        ) from None
    except UnicodeDecodeError:
        raise ConfigurationError(
            Problem(where, "must be UTF-8 text", "other bytes", "Save the file as UTF-8.")
        ) from None
    except OSError as error:
        raise ConfigurationError(
            Problem(where, "must be readable", error.strerror or "an error")
        ) from None
    try:
        node = _Loader(text).get_single_node()
    except _AliasError as error:
        raise ConfigurationError(
            Problem(
                f"{where}, line {error.line}",
                "a list or mapping must stand where it is used",
                "an alias (*)",
                "Write it out.",
            )
        ) from None
    except RecursionError:
        raise ConfigurationError(
            Problem(where, "must be valid YAML", "hundreds of lists inside one another")
        ) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        what = getattr(error, "problem", None) or getattr(error, "reason", None)
        raise ConfigurationError(
            Problem(
                f"{where}{line}",
                "must be valid YAML",
                what or "a syntax error",
                "Check the indentation there.",
            )
        ) from None
    if node is None:
        raise ConfigurationError(Problem(where, "must not be empty", "an empty file"))
    return node


def _impossible_values(node: yaml.Node, loader: _Loader, where: str) -> Iterator[Problem]:
    if isinstance(node, yaml.MappingNode):
        for pair in node.value:
            for part in pair:
                yield from _impossible_values(part, loader, where)
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            yield from _impossible_values(value, loader, where)
    else:
        try:
            loader.construct_object(node)
        except (ValueError, OverflowError):
            yield Problem(
                f"{where}, line {node.start_mark.line + 1}",
                "must hold dates and numbers that exist",
                repr(node.value),
            )
        except yaml.YAMLError:
            return  # a tag, which is told when the whole document is made


def _unusable_keys(node: yaml.Node, where: str) -> Iterator[Problem]:
    if isinstance(node, yaml.MappingNode):
        seen: dict[str, int] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                yield Problem(f"{where}, line {line}", "a key must be a plain word", "a list")
                continue
            if key.value in seen:
                yield Problem(
                    f"{where}, line {line}",
                    f"each key must stand once in its mapping: '{key.value}' already stands "
                    f"on line {seen[key.value]}",
                    mend="Remove or rename one of the two.",
                )
            seen.setdefault(key.value, line)
            yield from _unusable_keys(value, where)
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            yield from _unusable_keys(value, where)


def _line(node: yaml.Node, keys: Sequence[str | int]) -> int | None:
    line = node.start_mark.line + 1
    for key in keys:
        if isinstance(node, yaml.MappingNode):
            found = [pair for pair in node.value if pair[0].value == str(key)]
            if not found:
                continue  # a tag of a union, not a key of the file
            line, node = found[0][0].start_mark.line + 1, found[0][1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(key, int) and key < len(node.value):
            node = node.value[key]
            line = node.start_mark.line + 1
    return int(line)


def _problem(
    details: Any,
    node: yaml.Node,
    model: type[pydantic.BaseModel],
    where: str,
    inside: tuple[str | int, ...] = (),
) -> Problem:
    """Return one of pydantic's complaints; the model is what must stand ``inside`` the document."""
    keys = (*inside, *details["loc"])
    path = ".".join(str(key) for key in keys)
    place = f"{where}, line {_line(node, keys)}"
    if details["type"] == "extra_forbidden":
        return Problem(
            place,
            f"'{path}' is not a key that is known here",
            mend=close_match(str(keys[-1]), _known_keys(model, details["loc"][:-1]))
            or "Remove it, or check its spelling and indentation.",
        )
    if details["type"] == "missing":
        return Problem(place, f"the key '{path}' must be given", "nothing")
    message = str(details["msg"]).removeprefix("Value error, ").rstrip(".")
    given = details["input"]
    got = repr(given) if isinstance(given, str | int | float | bool) else ""
    return Problem(place, f"'{path}': {message}" if path else message, got)


def _known_keys(model: type[pydantic.BaseModel], keys: Sequence[str | int]) -> set[str]:
    known: set[str] = set()
    models: list[Any] = [model]
    for key in keys:
        models = [
            nested
            for one in models
            for nested in _nested_models(
                one.model_fields[key].annotation if key in one.model_fields else None
            )
        ] or models
    for one in models:
        known.update(field.alias or name for name, field in one.model_fields.items())
    return known


def _nested_models(annotation: Any) -> list[type[pydantic.BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, pydantic.BaseModel):
        return [annotation]
    return [
        nested
        for argument in getattr(annotation, "__args__", ())
        for nested in _nested_models(argument)
    ]
