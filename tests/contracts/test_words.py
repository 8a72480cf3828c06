"""Every public name is explained, every room is a chapter, and some words are not used."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import triage

PACKAGE = Path(triage.__file__).parent
CHECKOUT = PACKAGE.parent
ROOMS = sorted(path.parent.name for path in PACKAGE.glob("*/__init__.py"))
BANNED = re.compile(r"\b(offenders?|debias\w*|unbiased|fair scores?)\b", re.IGNORECASE)
ALLOWED = re.compile(
    r"never [\"“*]*(offender|debias|fair score)"  # where it is said that the word is not used
    r"|evidence from 52,000 offenders",  # the title of a work that is cited
    re.IGNORECASE,
)


def public_names(room: str) -> Iterator[tuple[str, object]]:
    module = importlib.import_module(f"triage.{room}")
    for name in module.__all__:
        yield f"{room}.{name}", getattr(module, name)


def explained(thing: object) -> bool:
    """Whether a class or function has words of its own, and its public methods too."""
    if not inspect.getdoc(thing):
        return False
    if not inspect.isclass(thing):
        return True
    if (thing.__doc__ or "").startswith(f"{thing.__name__}("):  # what a dataclass writes itself
        return False
    own = (member for name, member in vars(thing).items() if not name.startswith("_"))
    return all(
        inspect.getdoc(member)
        for member in own
        if inspect.isfunction(member) or isinstance(member, property | classmethod | staticmethod)
    )


@pytest.mark.parametrize("room", ROOMS)
def test_each_room_is_a_chapter(room: str) -> None:
    module = importlib.import_module(f"triage.{room}")
    assert module.__doc__, f"triage/{room}/__init__.py has no docstring"
    assert "Why this shape" in module.__doc__
    assert sorted(module.__all__) == sorted(set(module.__all__))


@pytest.mark.parametrize("room", ROOMS)
def test_each_public_name_is_explained(room: str) -> None:
    unexplained = [
        name
        for name, thing in public_names(room)
        if (inspect.isclass(thing) or inspect.isfunction(thing)) and not explained(thing)
    ]
    assert unexplained == []


def sources() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def test_each_module_says_what_it_is() -> None:
    silent = [
        str(path.relative_to(CHECKOUT))
        for path in sources()
        if not ast.get_docstring(ast.parse(path.read_text()))
    ]
    assert silent == []


def test_rooms_are_entered_by_their_door() -> None:
    """A room imports another room's package, never a module inside it."""
    broken = []
    for path in sources():
        room = path.relative_to(PACKAGE).parts[0]
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("triage."):
                parts = str(node.module).split(".")
                if parts[1] != room and len(parts) > 2:
                    broken.append(f"{path.relative_to(CHECKOUT)}:{node.lineno} {node.module}")
    assert broken == []


def test_words_that_are_not_used() -> None:
    """Nobody is an offender before a finding, and no score is fair or free of bias."""
    folders = ("triage", "pipelines", "models", "configs")
    found = []
    for folder in folders:
        for path in sorted((CHECKOUT / folder).rglob("*")):
            if path.suffix not in (".py", ".yaml", ".html", ".css", ".md"):
                continue
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
                if BANNED.search(line) and not ALLOWED.search(line):
                    found.append(f"{path.relative_to(CHECKOUT)}:{number}: {line.strip()}")
    assert found == []
