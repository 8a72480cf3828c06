"""Errors that a user can mend, one exit code for each kind, and what a watch may call out.

Every error carries all the problems that were found, and each problem says four things:
where it is, what must hold there, what was got, and how to mend it. No problem holds a
value of a person's record; columns, counts, line numbers and opaque ids only. What it does hold may
come from a hostile file, so each is shown by :func:`visible`, as is all that people read.
"""

from __future__ import annotations

import difflib
import enum
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

__all__ = [
    "OUTSIDE_TOLERANCE",
    "Alert",
    "ConfigurationError",
    "DecisionError",
    "ExtractError",
    "FormatError",
    "GateError",
    "LeakageError",
    "LearningError",
    "NotFoundError",
    "Problem",
    "RejectedRowsError",
    "ReplayError",
    "StorageError",
    "TamperedError",
    "TriageError",
    "close_match",
    "closest",
    "visible",
]

HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff\ufff9-\ufffb\U000e0000-\U000e007f]"
)


OUTSIDE_TOLERANCE = 23
"""The exit code of ``triage audit fairness`` where a group's measure lies outside a tolerance of
``configs/fairness.yaml``: the work was done, and found this."""


class Alert(enum.IntEnum):
    """What ``triage monitor`` calls out, which is its exit code: the work was done, and found this.

    ``LOOK``: somebody should find out why. ``RETEST``: the version should be trained and tested
    again. ``STOP``: no list should be made with it until it was.
    """

    NOTHING = 0
    LOOK = 20
    RETEST = 21
    STOP = 22

    @property
    def word(self) -> str:
        """It as it stands in YAML and in tables.

        Examples
        --------
        >>> Alert.STOP.word, int(Alert.STOP)
        ('stop', 22)
        """
        return self.name.lower()


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong, told so that it can be mended.

    Parameters
    ----------
    where : str
        File, and the line, column, rule or key in it.
    must : str
        What must hold there, or what is wrong, as a plain sentence without its full stop.
    got : str, optional
        What was found instead. Never a value of a person's record.
    mend : str, optional
        What the reader can do about it.
    """

    where: str
    must: str
    got: str = ""
    mend: str = ""

    def __str__(self) -> str:
        text = f"{self.where}: {self.must}"
        if self.got:
            text += f"; got {self.got}"
        if not text.endswith("?"):  # where it asks what was meant
            text += "."
        return visible(f"{text} {self.mend}" if self.mend else text)


class TriageError(Exception):
    """The work could not be done, and its user can mend the cause.

    Parameters
    ----------
    problems : Problem or iterable of Problem
        Everything that was found, at least one.
    """

    exit_code = 1
    title = "The work could not be done"

    def __init__(self, problems: Problem | Iterable[Problem]) -> None:
        self.problems: Sequence[Problem] = (
            (problems,) if isinstance(problems, Problem) else tuple(problems)
        )
        super().__init__("\n".join(str(problem) for problem in self.problems))


class ConfigurationError(TriageError):
    """A YAML file of the workspace is missing, malformed or contradicts another."""

    exit_code = 3
    title = "The workspace's configuration has to be mended"


class ExtractError(TriageError):
    """An extract cannot be read at all: missing, empty, wrong encoding, missing column."""

    exit_code = 4
    title = "An extract cannot be read"


class RejectedRowsError(TriageError):
    """More rows were rejected than the panel's configuration allows to be set aside."""

    exit_code = 5
    title = "Rows were rejected"


class LearningError(TriageError):
    """Nothing can be learned from these outcomes: none matured, no positives, one class."""

    exit_code = 6
    title = "A model cannot be trained on this"


class LeakageError(TriageError):
    """A proof against leakage failed: something from after an as-of date may be in a feature."""

    exit_code = 10
    title = "A proof against leakage failed"


class GateError(TriageError):
    """A model version did not pass a gate of ``configs/panel.yaml`` and may not rank."""

    exit_code = 11
    title = "This version may not rank"


class DecisionError(TriageError):
    """A sheet of decisions holds something that cannot be recorded; nothing of it was."""

    exit_code = 12
    title = "No decision was recorded"


class ReplayError(TriageError):
    """A list could not be made again byte for byte."""

    exit_code = 13
    title = "This list does not replay"


class NotFoundError(TriageError):
    """The list, referral or model version that was named does not exist."""

    exit_code = 7
    title = "Not found"


class StorageError(TriageError):
    """A result could not be written: disk full, folder read-only, already there."""

    exit_code = 8
    title = "A result could not be written"


class TamperedError(TriageError):
    """A stored file is not what its recorded hash says it was."""

    exit_code = 9
    title = "A stored file was changed after it was written"


class FormatError(TriageError):
    """A list was not touched, but written by another version of the program, in another format."""

    exit_code = 14
    title = "This list is of another format"


def close_match(name: str, known: Iterable[str]) -> str:
    """Return a "Did you mean …?" sentence, or nothing where no known name is close.

    Examples
    --------
    >>> close_match("strangulaton", ["strangulation", "weapon"])
    "Did you mean 'strangulation'?"
    >>> close_match("zzz", ["strangulation", "weapon"])
    ''
    """
    found = closest(name, known)
    return "" if found is None else f"Did you mean '{found}'?"


def closest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that a name was probably meant as; None where none is close.

    Examples
    --------
    >>> closest("windws", ["where", "windows"])
    'windows'
    """
    found = difflib.get_close_matches(name, sorted(known), n=1, cutoff=0.6)
    return found[0] if found else None


def visible(text: str) -> str:
    r"""Return a text in which nothing can hide: control and direction characters are spelled out.

    Examples
    --------
    >>> visible("safe \u202egnp.exe")
    'safe [U+202E]gnp.exe'
    >>> visible("\x1b[31mred")
    '[U+001B][31mred'
    """
    return HIDDEN.sub(lambda found: f"[U+{ord(found.group()):04X}]", text)
