"""What a workflow tells of how far it is."""

from __future__ import annotations

from typing import Protocol

__all__ = ["Progress"]


class Progress(Protocol):
    """Someone who is told how far the work is; what they make of it is theirs."""

    def stage(self, text: str, total: int = 1) -> None:
        """Begin a stage of ``total`` parts; the one before is done."""

    def advance(self, done: int = 1) -> None:
        """Note that ``done`` more parts of the stage are done."""
