"""Who is at the door, and what time it is: asked here and nowhere else."""

from __future__ import annotations

import datetime
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from triage.workflows import Actor

__all__ = ["actor", "now"]

USER = "TRIAGE_USER"
LONGEST = 200


def now() -> datetime.datetime:
    """Return the moment; the only clock of the program."""
    return datetime.datetime.now(datetime.UTC)


def actor(by: str = "") -> Actor:
    """Return who uses the program.

    Parameters
    ----------
    by : str
        As they name themselves; else as ``TRIAGE_USER`` says, else the operating system's user.
    """
    from triage.workflows import Actor

    account = _account()
    named = "".join(letter for letter in by or os.environ.get(USER, "") if letter.isprintable())
    return Actor(named.strip()[:LONGEST] or account, account, now)


def _account() -> str:
    import pwd

    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # a number without a name, as in some containers
        return f"user {os.getuid()}"
