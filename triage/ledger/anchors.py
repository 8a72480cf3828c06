"""Anchors: the last row's number and hash, to be kept where the ledger's keeper cannot reach."""

from __future__ import annotations

from pathlib import Path

import pydantic

from triage.errors import NotFoundError, Problem
from triage.workspace import Strict, write_whole

__all__ = ["Anchor", "read_anchor", "write_anchor"]


class Anchor(Strict):
    """The end of a ledger at some moment.

    Parameters
    ----------
    sequence : int
        How many rows there were.
    sha256 : str
        The last row's hash, which depends on every row before.
    at : str
        When that row was written.
    """

    sequence: int = pydantic.Field(ge=0)
    sha256: str = pydantic.Field(pattern="^[0-9a-f]{64}$")
    at: str

    @property
    def pair(self) -> tuple[int, str]:
        """Number and hash."""
        return self.sequence, self.sha256

    def to_json(self) -> str:
        """Return the text of an anchor's file."""
        return self.model_dump_json(indent=2) + "\n"


def write_anchor(path: Path, anchor: Anchor) -> None:
    """Write an anchor, for instance on to another machine's disk or to be printed.

    Raises
    ------
    StorageError
        It could not be written.
    """
    write_whole(path, anchor.to_json())


def read_anchor(path: Path) -> Anchor:
    """Return an anchor that was written earlier.

    Raises
    ------
    NotFoundError
        There is none, or it is none of this program's.
    """
    try:
        return Anchor.model_validate_json(path.read_bytes())
    except (OSError, pydantic.ValidationError) as error:
        raise NotFoundError(
            Problem(
                path.name,
                "must be a file that 'triage audit anchor' wrote",
                "nothing that can be read" if isinstance(error, OSError) else "something else",
            )
        ) from None
