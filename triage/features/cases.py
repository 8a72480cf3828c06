"""Cases beside a pipeline: invented people, and the values that their features must have."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from triage.workspace import Strict, read_document

__all__ = ["Case", "read_cases"]


class Case(Strict):
    """One invented person.

    Parameters
    ----------
    case : str
        What it shows.
    as_of : datetime.date
    birth_date : datetime.date, optional
    events : list of dict
        Canonical columns of each event; what is not given is not asked, unknown or none. One that
        names no ``person_id`` is the person's own.
    referral : dict
        Attributes of the referral.
    expect : dict of str to float or None
        Feature → its value; None (``null``) where it must be unknown.
    """

    case: str
    as_of: datetime.date
    birth_date: datetime.date | None = None
    events: list[dict[str, Any]] = []
    referral: dict[str, Any] = {}
    expect: dict[str, float | int | None]


class Cases(Strict):
    """A file of cases."""

    cases: list[Case]


def read_cases(folder: Path, *, root: Path | None = None) -> Iterator[tuple[str, Case]]:
    """Yield every case of the ``*.cases.yaml`` files of a folder, with its file's name.

    Raises
    ------
    ConfigurationError
        A file is not one of cases.
    """
    files: Mapping[str, Cases] = {
        path.name: read_document(path, Cases, name=str(path.relative_to(root) if root else path))
        for path in sorted(folder.glob("*.cases.yaml"))
    }
    for name, document in files.items():
        for case in document.cases:
            yield name, case
