"""How a panel accounts for what it does: parts of ``configs/panel.yaml``."""

from __future__ import annotations

from urllib.parse import urlsplit

import pydantic

from triage.workspace.documents import Strict

__all__ = ["Programme", "RecordKept", "Retention"]


class RecordKept(Strict):
    """Where the record of uses and decisions is kept; by default in the workspace's ``record/``.

    Parameters
    ----------
    url : str, optional
        Of a PostgreSQL database, without a password.
    url_from : str, optional
        The environment variable that holds the URL: the way for every URL with a password.
    """

    url: str | None = None
    url_from: str | None = None

    @pydantic.model_validator(mode="after")
    def _one_url(self) -> RecordKept:
        if self.url is not None and self.url_from is not None:
            raise ValueError("give either 'url' or 'url_from'")
        if self.url is not None and ":" in urlsplit(self.url).netloc.rpartition("@")[0]:
            raise ValueError(
                "'url' holds a password, which no file of a workspace may; put the URL into an "
                "environment variable and name that under 'url_from'"
            )
        return self


class Programme(Strict):
    """The programme that the panel takes people on to.

    Parameters
    ----------
    places_a_year : int
        How many may be taken on within a year.
    year_begins_in : int
        The month with which a year of the programme begins.
    leaving_within_days : int
        Of whom it is told that they are about to leave.
    event : str, optional
        The type of ``configs/vocabulary.yaml`` as which an accepted referral joins the person's
        case history, so that the next list knows who is on the programme; without it, none does.
    agency : str
        On whose word.
    """

    places_a_year: int = pydantic.Field(default=100, ge=1)
    year_begins_in: int = pydantic.Field(default=4, ge=1, le=12)
    leaving_within_days: int = pydantic.Field(default=31, ge=0)
    event: str | None = None
    agency: str = "programme"


class Retention(Strict):
    """How long what is known of a person is kept before somebody reviews whether it must go.

    Parameters
    ----------
    years : int
        After the last record of a person, or after a list.
    longer_years : int
        The same for people of whom a type of event is known that is kept longer.
    longer_for : list of str
        Those types.
    """

    years: int = pydantic.Field(default=6, ge=1)
    longer_years: int = pydantic.Field(default=10, ge=1)
    longer_for: list[str] = []
