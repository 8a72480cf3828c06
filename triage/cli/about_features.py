"""What ``triage features`` is asked: options that fit together, or a word about the others."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from pathlib import PurePath

from triage.cli.output import Format

__all__ = ["contradiction"]


def contradiction(
    *,
    describe: bool,
    profile: bool,
    as_of: Sequence[datetime.date],
    against: datetime.date | None,
    output: str | None,
    form: Format | None,
    of: str = "open",
    written: bool = False,
) -> str | None:
    """Return what is wrong with the options together, and how to mend it; None if they fit.

    Parameters
    ----------
    describe, profile : bool
    as_of : sequence of date
    against : date or None
    output : str or None
    form : Format or None
        None where it was not given.
    of : {"open", "people", "referrals"}
        Whom features are written of.
    written : bool
        Whether anything was given that only writing features takes.

    Examples
    --------
    >>> contradiction(
    ...     describe=True, profile=True, as_of=[], against=None, output=None, form=None
    ... )
    '--describe and --profile are two questions: ask one of them at a time.'
    """
    if describe and profile:
        return "--describe and --profile are two questions: ask one of them at a time."
    if against and not profile:
        return "--against is a date to compare with, and belongs to --profile."
    if not describe and not profile:
        return _of_writing(as_of, output, form, of)
    if written or of != "open":
        return (
            "--engine, --histories, --people-in-group, --of, --threads and --memory are for "
            "writing features, not for telling about them."
        )
    return _of_dates(profile, as_of, against) or _of_page(output, form)


def _of_writing(
    as_of: Sequence[datetime.date], output: str | None, form: Format | None, of: str
) -> str | None:
    if of == "referrals" and as_of:
        return "--of referrals takes each on its own date: leave out --as-of."
    if of != "referrals" and not as_of:
        return "Missing option '--as-of'."
    if len(set(as_of)) < len(as_of):
        return "--as-of gives one date twice."
    if output is None:
        return "Missing option '--output'."
    if _is_page(output):
        return "Features are written as Parquet. For an HTML page, add --describe or --profile."
    if form:
        return "--format is for what --describe and --profile print."
    return None


def _of_dates(
    profile: bool, as_of: Sequence[datetime.date], against: datetime.date | None
) -> str | None:
    if not profile:
        return "--describe tells what features mean, on no date: leave out --as-of." * bool(as_of)
    if not as_of:
        return "Missing option '--as-of': --profile is of the people heard up to that date."
    if len(as_of) > 1:
        return "--profile is of the people heard up to one date: give a single --as-of."
    if against and against >= as_of[0]:
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
