"""How far the work is: stages and bars on the standard error, which is never data."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn

from triage.errors import visible

__all__ = ["Shown"]


class Shown:
    """Progress as a person at a terminal wants it, or as plain lines where there is none.

    Use it as a context: what moves on the screen is cleared away at the end.
    """

    def __init__(self) -> None:
        self._bars = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        self._moves = sys.stderr.isatty()

    def __enter__(self) -> Self:
        if self._moves:
            self._bars.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._moves:
            self._bars.stop()

    def stage(self, text: str, total: int = 1) -> None:
        """Begin a stage of ``total`` parts; the one before is done."""
        if not self._moves:
            print(visible(f"{text} …"), file=sys.stderr, flush=True)
            return
        self._finish()
        self._bars.add_task(escape(visible(text)), total=total)

    def advance(self, done: int = 1) -> None:
        """Note that ``done`` more parts of the stage are done."""
        if self._moves and self._bars.task_ids:
            self._bars.advance(self._bars.task_ids[-1], done)

    def _finish(self) -> None:
        for task in self._bars.tasks:
            self._bars.update(task.id, completed=task.total)
