"""Strict reading of YAML: every key known and single, every problem told with its line.

What is wrong at one place must not hide what is wrong at another. So a document that is not what it
must be is still gathered, without what could not be read (:func:`gather_document`). A check that
asks for just that ends there (:func:`as_far_as_read`): its problem is told already, and whatever
would follow from it is none.
"""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ParamSpec, TypeVar

import pydantic
import yaml
from pydantic_core import CoreSchema, core_schema

from triage.errors import ConfigurationError, Problem, close_match, closest

__all__ = [
    "Strict",
    "UnreadError",
    "as_far_as_read",
    "file_told",
    "gather_document",
    "gather_documents",
    "line_of",
    "line_told",
    "nothing_of",
    "read_document",
    "read_documents",
    "words_of",
]

IN_PART = "in part"
"""What the context of a validation holds where what cannot be read is to be left out."""

WORD = re.compile(r"""(?<![\w.])([a-z][a-z0-9_]*|\d+)(?=["']?\s*(?:[]:,}#]|$))""", re.MULTILINE)
"""A key, or a value of one word or one whole number."""
MAPPING = re.compile(r"valid dictionary or instance of \w+")
LINE = re.compile(r", line (\d+)$")
Document = TypeVar("Document", bound="Strict")
Given = ParamSpec("Given")
Found = TypeVar("Found")


class UnreadError(Exception):
    """A check asks for what could not be read, whose problem is told already."""


def _whole_or_in_part(model: type[Strict]) -> Any:
    """Return what validates a model: whole, or in part where the context says so."""

    def validate(
        content: Any, handler: pydantic.ValidatorFunctionWrapHandler, info: pydantic.ValidationInfo
    ) -> Any:
        try:
            return handler(content)
        except pydantic.ValidationError as error:
            if not info.context:
                raise
            wrong = {str(details["loc"][0]) for details in error.errors() if details["loc"]}
        except UnreadError:
            wrong = set()  # a check of its own asks for what could not be read inside
        if not isinstance(content, dict):
            return nothing_of(model)
        keys = model.model_fields
        meant = {closest(key, keys.keys() - content.keys()) or key for key in wrong - keys.keys()}
        right = {key: content[key] for key in keys if key in content.keys() - wrong}
        read = _unchecked(model).model_validate(right, context=info.context)
        values = {key: getattr(read, key) for key in right}
        return _without(model.model_construct(**values), wrong | meant)

    return validate


def _as_it_is(document: Document) -> Document:
    return document


@functools.cache
def _unchecked(model: type[Strict]) -> type[pydantic.BaseModel]:
    """Return a model of the same keys, of which none has to be given or to fit the others."""
    keys: dict[str, Any] = {
        key: (Annotated[field.annotation, "", *field.metadata], None)
        for key, field in model.model_fields.items()
    }
    return pydantic.create_model(model.__name__, __config__=model.model_config, **keys)


def _without(document: Document, keys: Iterable[str]) -> Document:
    """Return a document that was just made, without some of its keys."""
    for key in keys:
        document.__dict__.pop(key, None)
    return document


class Strict(pydantic.BaseModel):
    """Base of every document model: no unknown key, no conversion, no change afterwards.

    Of a document that was gathered in part, some keys may be missing; whoever asks for one gets an
    :class:`UnreadError`.
    """

    model_config = pydantic.ConfigDict(extra="forbid", strict=True, frozen=True)

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: Any, handler: pydantic.GetCoreSchemaHandler
    ) -> CoreSchema:
        """Return how it is validated: whole, or from YAML in part where the context says so."""
        whole = handler(source)
        if whole["type"] == "function-after" and whole["schema"]["type"] == "json-or-python":
            return whole  # made before, for a model that holds this one
        in_part = core_schema.with_info_wrap_validator_function(_whole_or_in_part(cls), whole)
        either = core_schema.json_or_python_schema(json_schema=whole, python_schema=in_part)
        # A function must stand outermost, or else pydantic validates a model in a model twice.
        return core_schema.no_info_after_validator_function(_as_it_is, either)

    @property
    def unread(self) -> frozenset[str]:
        """The keys that could not be read."""
        return frozenset(type(self).model_fields.keys() - self.__dict__.keys())

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """Refuse what could not be read."""
            if name in type(self).model_fields:
                raise UnreadError(name)
            return super().__getattr__(name)


ENDINGS = (".yaml", ".yml")


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
    document, problems = gather_document(path, model, name=name)
    if problems:
        raise ConfigurationError(problems)
    return document


def gather_document(
    path: Path, model: type[Document], *, name: str | None = None
) -> tuple[Document, list[Problem]]:
    """Return what can be read of a YAML file, and every problem of the rest.

    For a reader who has more to ask of what can be read, and tells all at once. The parameters are
    those of :func:`read_document`.

    Returns
    -------
    document : model
        Without the keys that could not be read; without any where the file is not YAML.
    problems : list of Problem
    """
    where = name or str(path)
    try:
        node = _compose(path, where)
    except ConfigurationError as error:
        return nothing_of(model), [*error.problems]
    impossible = list(_impossible_values(node, _Loader("")))
    problems = [*_unusable_keys(node, where), *(_not_there(one, where) for one in impossible)]
    try:
        content = _Loader("").construct_document(node)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        tag = Problem(f"{where}{line}", "must be plain YAML without tags", "a tag or a bad value")
        return nothing_of(model), problems or [tag]
    try:
        return model.model_validate(content), problems
    except pydantic.ValidationError as error:
        problems += _problems(error.errors(), node, model, where, impossible)
        problems.sort(key=line_told)
        return model.model_validate(content, context={IN_PART: True}), problems


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
    """Return what can be read of every file of a folder, and every problem of the rest.

    The parameters are those of :func:`read_documents`; see :func:`gather_document`.

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
        documents[path.name], more = gather_document(path, model, name=str(shown))
        if path.suffix != ".yaml":
            problems.append(
                Problem(
                    str(shown), "the name of a YAML file must end in '.yaml'", mend="Rename it."
                )
            )
        problems += more
    return documents, problems


def as_far_as_read(check: Callable[Given, Iterator[Found]]) -> Callable[Given, Iterator[Found]]:
    """Return a check that ends, without a word, where it asks for what could not be read.

    Examples
    --------
    >>> class Person(Strict):
    ...     age: int
    >>> @as_far_as_read
    ... def too_young(person):
    ...     if person.age < 18:
    ...         yield "must be 18"
    >>> [*too_young(Person(age=16))], [*too_young(nothing_of(Person))]
    (['must be 18'], [])
    """

    @functools.wraps(check)
    def ending_there(*args: Given.args, **kwargs: Given.kwargs) -> Iterator[Found]:
        with suppress(UnreadError):
            yield from check(*args, **kwargs)

    return ending_there


def nothing_of(model: type[Document]) -> Document:
    """Return a document of which nothing could be read."""
    return _without(model.model_construct(), model.model_fields)


def file_told(problem: Problem) -> str:
    """Return the file that a problem says it is in."""
    return LINE.sub("", problem.where)


def line_told(problem: Problem) -> float:
    """Return the line that a problem says it is on; infinity where it is of the whole file."""
    found = LINE.search(problem.where)
    return int(found[1]) if found else math.inf


def words_of(problems: Iterable[Problem], root: Path | None = None) -> frozenset[str]:
    """Return the names and whole numbers that stand in the files that problems lie in.

    Whatever such a file defines that could not be read is among them, so that nobody who names it
    is told that it does not exist.

    Parameters
    ----------
    problems : iterable of Problem
        As :func:`gather_documents` returns them.
    root : Path, optional
        The folder that messages name files relative to.
    """
    names: set[str] = set()
    for file in {file_told(problem) for problem in problems}:
        with suppress(OSError):
            text = ((root or Path()) / file).read_text(encoding="utf-8", errors="replace")
            names.update(WORD.findall(text))
    return frozenset(names)


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


def _impossible_values(node: yaml.Node, loader: _Loader) -> Iterator[yaml.Node]:
    """Yield dates and numbers that do not exist, each of which is taken for a text from then on."""
    if isinstance(node, yaml.MappingNode):
        for pair in node.value:
            for part in pair:
                yield from _impossible_values(part, loader)
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            yield from _impossible_values(value, loader)
    else:
        try:
            loader.construct_object(node)
        except (ValueError, OverflowError):
            node.tag = "tag:yaml.org,2002:str"
            yield node
        except yaml.YAMLError:
            return  # a tag, which is told when the whole document is made


def _not_there(node: yaml.Node, where: str) -> Problem:
    return Problem(
        f"{where}, line {node.start_mark.line + 1}",
        "must hold dates and numbers that exist",
        repr(node.value),
    )


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
            line, node = found[-1][0].start_mark.line + 1, found[-1][1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(key, int) and key < len(node.value):
            node = node.value[key]
            line = node.start_mark.line + 1
    return int(line)


Keys = tuple[str | int, ...]


def _problems(
    errors: Sequence[Any],
    node: yaml.Node,
    model: type[pydantic.BaseModel],
    where: str,
    impossible: Sequence[yaml.Node],
) -> Iterator[Problem]:
    """Yield pydantic's complaints, one for each place and none that only follows from another."""
    places: dict[Keys, list[Any]] = {}
    for details in errors:
        keys, there = _place(node, details["loc"], model)
        if there not in impossible:
            places.setdefault(keys, []).append(details)
    inner = {keys[:depth] for keys in places for depth in range(1, len(keys))}
    unknown = [keys for keys, found in places.items() if found[0]["type"] == "extra_forbidden"]
    missing = {keys for keys, found in places.items() if found[0]["type"] == "missing"}
    for keys in unknown:
        beside = {str(other[-1]): other for other in missing if other[:-1] == keys[:-1]}
        missing.discard(beside.get(closest(str(keys[-1]), beside) or "", ()))
    for keys, found in places.items():
        if keys in inner or (found[0]["type"] == "missing" and keys not in missing):
            continue  # a choice that was not taken, or a key that is there under another name
        yield _problem(keys, found, f"{where}, line {_line(node, keys)}", model)


def _place(
    node: yaml.Node, loc: Keys, model: type[pydantic.BaseModel]
) -> tuple[Keys, yaml.Node | None]:
    """Return the way to what pydantic complains of as the file has it, and what stands there."""
    keys: list[str | int] = []
    for key in loc[:-1]:
        found = _under(node, key)
        if found is not None:
            keys.append(key)
            node = found
    last = _under(node, loc[-1]) if loc else node
    if not loc or (last is None and loc[-1] not in _known_keys(model, loc[:-1])):
        return tuple(keys), node  # it is of all that stands there, or a choice of what may
    return (*keys, loc[-1]), last


def _under(node: yaml.Node, key: str | int) -> yaml.Node | None:
    """Return what stands under a key; None where it is none of the file, but of a union's."""
    if isinstance(node, yaml.MappingNode):
        values = [value for name, value in node.value if name.value == str(key)]
        return values[-1] if values else None
    if isinstance(node, yaml.SequenceNode) and isinstance(key, int) and key < len(node.value):
        found: yaml.Node = node.value[key]
        return found
    return None


def _problem(
    keys: Keys, found: Sequence[Any], place: str, model: type[pydantic.BaseModel]
) -> Problem:
    """Return the complaints of one place as a problem; several are about each of some choices."""
    path, first = ".".join(str(key) for key in keys), found[0]
    if first["type"] == "extra_forbidden":
        return Problem(
            place,
            f"'{path}' is not a key that is known here",
            mend=close_match(str(keys[-1]), _known_keys(model, first["loc"][:-1]))
            or "Remove it, or check its spelling and indentation.",
        )
    if first["type"] == "missing":
        return Problem(place, f"the key '{path}' must be given", "nothing")
    told = [
        MAPPING.sub("mapping of keys", str(details["msg"]))
        .removeprefix("Value error, ")
        .rstrip(".")
        for details in found
    ]
    message = " or ".join([told[0], *(one.removeprefix("Input should be ") for one in told[1:])])
    given = first["input"]
    got = repr(given) if isinstance(given, str | int | float | bool) else ""
    choices = [one for details in found for one in _choices(details)]
    mend = close_match(given, choices) if isinstance(given, str) else ""
    return Problem(place, f"'{path}': {message}" if path else message, got, mend)


def _choices(details: Any) -> list[str]:
    """Return the words that may stand there, where only some may."""
    if details["type"] != "literal_error":
        return []
    return re.findall(r"'([^']*)'", details["ctx"]["expected"])


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
