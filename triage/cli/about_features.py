"""What ``triage features`` is asked: options that fit together, or a word about the others."""

from __future__ import annotations

import datetime
from pathlib import PurePath

from triage.cli.output import Format

__all__ = ["contradiction"]


def contradiction(
    *,
    describe: bool,
    profile: bool,
    as_of: datetime.datetime | None,
    against: datetime.datetime | None,
    output: str | None,
    form: Format | None,
    where_from: bool = False,
) -> str | None:
    """Return what is wrong with the options together, and how to mend it; None if they fit.

    Parameters
    ----------
    describe, profile : bool
    as_of, against : datetime or None
    output : str or None
    form : Format or None
        None where it was not given.
    where_from : bool
        Whether an engine or stored histories were named, which only writing features takes.

    Examples
    --------
    >>> contradiction(
    ...     describe=True, profile=True, as_of=None, against=None, output=None, form=None
    ... )
    '--describe and --profile are two questions: ask one of them at a time.'
    """
    if describe and profile:
        return "--describe and --profile are two questions: ask one of them at a time."
    if against and not profile:
        return "--against is a date to compare with, and belongs to --profile."
    if not describe and not profile:
        return _of_writing(as_of, output, form)
    if where_from:
        return (
            "--engine, --histories and --people-in-group are for writing features, not for "
            "telling about them."
        )
    return _of_dates(profile, as_of, against) or _of_page(output, form)


def _of_writing(
    as_of: datetime.datetime | None, output: str | None, form: Format | None
) -> str | None:
    if as_of is None:
        return "Missing option '--as-of'."
    if output is None:
        return "Missing option '--output'."
    if _is_page(output):
        return "Features are written as Parquet. For an HTML page, add --describe or --profile."
    if form:
        return "--format is for what --describe and --profile print."
    return None


def _of_dates(
    profile: bool, as_of: datetime.datetime | None, against: datetime.datetime | None
) -> str | None:
    if not profile:
        return "--describe tells what features mean, on no date: leave out --as-of." * bool(as_of)
    if as_of is None:
        return "Missing option '--as-of': --profile is of the people heard up to that date."
    if against and against >= as_of:
        return "--against must be a date before --as-of."
    return None


def _of_page(output: str | None, form: Format | None) -> str | None:
    if output is None:
        return None
    if not _is_page(output):
        return (
            "--describe and --profile write an HTML page: give --output FILE.html, or leave it "
            "out and choose --format table, json or csv."
        )
    if form:
        return "--output writes a page and --format is for what is printed: give one of them."
    return None


def _is_page(output: str) -> bool:
    return PurePath(output).suffix.lower() in (".html", ".htm")
