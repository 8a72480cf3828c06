"""Every command as the program itself registers it, so that no test can forget a new one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import typer.main

from triage.cli import application

__all__ = ["registered"]


def registered() -> set[str]:
    """Return the name of each command, those of a group with the group's before it."""
    return set(_within(typer.main.get_command(application), ()))


def _within(command: Any, names: tuple[str, ...]) -> Iterator[str]:
    commands = getattr(command, "commands", None)  # a group has some
    if commands is None:
        yield " ".join(names)
        return
    for name, one in commands.items():
        yield from _within(one, (*names, name))
