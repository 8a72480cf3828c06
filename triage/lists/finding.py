"""Finding a list by its name, by its as-of date, or as the latest one."""

from __future__ import annotations

import datetime
import json
import re
from pathlib import Path

from triage.errors import NotFoundError, Problem, close_match

__all__ = ["earlier_lists", "find_list", "list_names"]

NAME = re.compile(r"\d{4}-\d{2}-\d{2}-[0-9a-f]{8}")
DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


def list_names(lists_folder: Path) -> tuple[str, ...]:
    """Return the names of all lists, oldest as-of date first; what is half written is no list."""
    if not lists_folder.is_dir():
        return ()
    return tuple(
        sorted(
            folder.name
            for folder in lists_folder.iterdir()
            if NAME.fullmatch(folder.name) and folder.is_dir()
        )
    )


def earlier_lists(lists_folder: Path, as_of: datetime.date, *, within_days: int) -> tuple[str, ...]:
    """Return the names of the lists before a date, the latest first, one for each as-of date.

    Parameters
    ----------
    lists_folder : Path
        The workspace's ``lists/``.
    as_of : date
    within_days : int
        No list is older than this.

    Returns
    -------
    tuple of str
        Of several lists of one date, the one that was made last.
    """
    first = (as_of - datetime.timedelta(days=within_days)).isoformat()
    names = [one for one in list_names(lists_folder) if first <= one[:10] < as_of.isoformat()]
    dates = sorted({one[:10] for one in names}, reverse=True)
    return tuple(
        max(
            (one for one in names if one.startswith(date)),
            key=lambda one: (_created_at(lists_folder / one), one),
        )
        for date in dates
    )


def find_list(lists_folder: Path, name: str) -> Path:
    """Return the folder of a list.

    Parameters
    ----------
    lists_folder : Path
        The workspace's ``lists/``.
    name : str
        The list's full name, its folder, its as-of date where that has one list only, or
        ``latest``: the one with the latest as-of date, and of those the last that was made.

    Raises
    ------
    NotFoundError
        No list, or several of that date.
    """
    known = list_names(lists_folder)
    if not known:
        raise _not_found(name, "no list yet", "Make one with 'triage rank --as-of DATE'.")
    wanted = Path(name).name
    if wanted in known:
        return lists_folder / wanted
    if wanted == "latest":
        newest = [one for one in known if one[:10] == known[-1][:10]]
        return lists_folder / max(newest, key=lambda one: (_created_at(lists_folder / one), one))
    if not DATE.fullmatch(wanted):
        raise _not_found(name, f"{len(known)} other list(s)", _nearest(wanted, known))
    found = [one for one in known if one.startswith(wanted)]
    if not found:
        dates = sorted({one[:10] for one in known})
        raise _not_found(name, "lists as of " + ", ".join(dates[-5:]), _nearest(wanted, dates))
    if len(found) > 1:
        raise _not_found(
            name, f"{len(found)} lists of that date: {', '.join(found)}", "Name one in full."
        )
    return lists_folder / found[0]


def _nearest(wanted: str, known: tuple[str, ...] | list[str]) -> str:
    return close_match(wanted, known) or f"The latest is '{known[-1]}'."


def _created_at(folder: Path) -> str:
    try:
        manifest = json.loads((folder / "manifest.json").read_bytes())
    except (OSError, ValueError):
        return ""
    return str(manifest.get("created_at", "")) if isinstance(manifest, dict) else ""


def _not_found(name: str, got: str, mend: str) -> NotFoundError:
    return NotFoundError(
        Problem(f"list '{name}'", "must be one list's name, its as-of date, or 'latest'", got, mend)
    )
