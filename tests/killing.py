"""Commands that die: a warmed process forks one, and kills it at a moment or before an effect.

Starting the program takes longer than what it does, so one process imports everything once
(:class:`Killer`), and each command is a fork of it: whatever it holds is gone with it, as with any
process that is killed. It dies either after so many seconds, or just before the n-th effect: a call
that changes a file (opening one to write, renaming, removing, making a folder), a statement to a
database, and before and after what those made comes to stand. The clock stands still, so that
whatever is written whole is the same to the byte.
"""

from __future__ import annotations

import datetime
import importlib
import io
import json
import os
import pkgutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

__all__ = ["Death", "Killer", "Ran"]

CHECKOUT = Path(__file__).resolve().parents[1]
STANDS_STILL = datetime.datetime(2026, 3, 2, 9, 30, tzinfo=datetime.UTC)
STATEMENT = "a statement"
CHANGES = {
    STATEMENT,
    "os.rename",
    "os.remove",
    "os.rmdir",
    "os.mkdir",
    "os.chmod",
    "os.link",
    "os.truncate",
    "shutil.rmtree",
    "sqlite3.connect",
}
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC


@dataclass(frozen=True)
class Death:
    """When a command dies.

    Parameters
    ----------
    after : float, optional
        Seconds from its beginning.
    effect : int, optional
        Just before this one, counted from 1.
    """

    after: float | None = None
    effect: int | None = None


@dataclass(frozen=True)
class Ran:
    """What became of a command.

    Parameters
    ----------
    code : int
        Its exit code; that of a signal is negative.
    seconds : float
    effects : int
        How many it had; 0 where it died.
    out, err : str
    """

    code: int
    seconds: float
    effects: int
    out: str
    err: str


class Killer:
    """A process with everything imported, that forks commands. Use it as a context.

    Parameters
    ----------
    folder : Path
        Where what commands say is put.
    warming : sequence of str
        A command that the process does itself first, so that its forks find compiled what it
        needs. None that sets a PDF: that starts threads, which a fork has not.
    **environment
        Further variables.
    """

    def __init__(self, folder: Path, warming: Sequence[object], **environment: str) -> None:
        self._folder = folder
        self._warming = [str(one) for one in warming]
        self._environment = environment

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-c", "from tests.killing import serve; serve()", *self._warming],
            cwd=CHECKOUT,
            env={
                **os.environ,
                "PYTHONPATH": str(CHECKOUT),
                "OMP_NUM_THREADS": "1",
                **self._environment,
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(timeout=60)
        assert self._process.stdout is not None
        self._process.stdout.close()

    def __call__(self, *arguments: object, death: Death | None = None) -> Ran:
        """Run a command, and return what became of it."""
        out, err = self._folder / "killing.out", self._folder / "killing.err"
        asked = {
            "arguments": [str(one) for one in arguments],
            "after": death.after if death else None,
            "effect": death.effect if death else None,
            "out": str(out),
            "err": str(err),
        }
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps(asked), file=self._process.stdin, flush=True)
        told = json.loads(self._process.stdout.readline())
        return Ran(**told, out=out.read_text(), err=err.read_text())

    def must(self, *arguments: object) -> Ran:
        """Run a command that has to do its work."""
        ran = self(*arguments)
        assert ran.code == 0, f"triage {' '.join(map(str, arguments))}\n{ran.err}"
        return ran


def serve() -> None:
    """Fork what is asked for on the standard input, line by line."""
    os.umask(0)  # so that whatever is private is so by the program's own doing
    _import_everything()
    _warm(sys.argv[1:])
    for line in sys.stdin:
        print(json.dumps(_forked(json.loads(line))), flush=True)


def _import_everything() -> None:
    import shap  # noqa: F401
    import sklearn.ensemble  # noqa: F401
    import typst  # noqa: F401
    import xlsxwriter  # noqa: F401

    from triage import cli, workflows

    for name in workflows.__all__:
        getattr(workflows, name)
    for one in pkgutil.iter_modules(cli.__path__):
        module = importlib.import_module(f"triage.cli.{one.name}")
        if hasattr(module, "now"):
            module.now = lambda: STANDS_STILL


def _warm(arguments: Sequence[str]) -> None:
    from triage.cli import application

    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        application(arguments, standalone_mode=False)


def _forked(asked: dict[str, Any]) -> dict[str, Any]:
    counted, counts = os.pipe()
    begun = time.monotonic()
    child = os.fork()
    if child == 0:
        os.close(counted)
        _run(asked, counts)  # never returns
    os.close(counts)
    if asked["after"] is not None:
        _wait(child, begun + asked["after"])
        os.kill(child, signal.SIGKILL)  # nobody else has its number before it is waited for
    _, status = os.waitpid(child, 0)
    seconds = time.monotonic() - begun
    with os.fdopen(counted) as told:
        effects = int(told.read() or 0)
    return {"code": os.waitstatus_to_exitcode(status), "seconds": seconds, "effects": effects}


def _wait(child: int, until: float) -> None:
    while time.monotonic() < until:
        if os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            return
        time.sleep(0.001)


def _watch_databases(watch: Callable[[str], None]) -> None:
    """Count each statement to a database, and the moments before and after it comes to stand."""
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.backends.utils import CursorWrapper

    execute, commit = CursorWrapper.execute, BaseDatabaseWrapper._commit

    def watched_execute(self: Any, *arguments: Any, **named: Any) -> Any:
        watch(STATEMENT)
        return execute(self, *arguments, **named)

    def watched_commit(self: Any) -> Any:
        watch(STATEMENT)
        commit(self)
        watch(STATEMENT)

    CursorWrapper.execute = watched_execute  # type: ignore[method-assign]
    BaseDatabaseWrapper._commit = watched_commit  # type: ignore[method-assign]


def _run(asked: dict[str, Any], counts: int) -> None:
    code = 70
    effects = 0

    def watch(event: str, arguments: Sequence[Any] = ()) -> None:
        nonlocal effects
        if event not in CHANGES and not (event == "open" and arguments[2] & WRITES):
            return
        effects += 1
        if effects == asked["effect"]:
            os.kill(os.getpid(), signal.SIGKILL)

    try:
        for number, name in ((1, "out"), (2, "err")):
            handle = os.open(asked[name], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            os.dup2(handle, number)
        os.close(0)
        sys.argv = ["triage", *asked["arguments"]]
        sys.addaudithook(watch)
        _watch_databases(watch)
        from triage.cli import main

        try:
            main()
            code = 0
        except SystemExit as ending:
            code = ending.code if isinstance(ending.code, int) else int(bool(ending.code))
        sys.stdout.flush()
        sys.stderr.flush()
        os.write(counts, str(effects).encode())
    finally:
        os._exit(code)
