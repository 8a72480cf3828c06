"""How a panel accounts for what it does: parts of ``configs/panel.yaml``."""

from __future__ import annotations

import datetime
from urllib.parse import urlsplit

import pydantic

from triage.workspace.documents import Strict

__all__ = ["Programme", "RecordKept", "Retention", "ReviewGroup"]


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


class ReviewGroup(Strict):
    """One review group: of whom it is, and when it is reviewed whether they are kept.

    A person is in the first group of which they meet any condition; one without conditions takes
    all who are left.

    Parameters
    ----------
    group : int
        Its number.
    title : str
    review_years : int
        How many years after the last record of a person.
    keep_until_age : int, optional
        Reviews ask whether to keep them until they would be so old.
    types, kinds : list of str
        Somebody is in it of whom an event of such a type or kind is on record.
    harm_at_least : float, optional
        Or one event that counts so many days of harm on the panel's scale.
    source : str
        Where the periods come from.
    verified : bool
        Whether somebody has checked them against that. If not, they are a local parameter.
    """

    group: int = pydantic.Field(ge=1)
    title: str = pydantic.Field(min_length=1)
    review_years: int = pydantic.Field(ge=1, le=100)
    keep_until_age: int | None = pydantic.Field(default=None, ge=1, le=130)
    types: list[str] = []
    kinds: list[str] = []
    harm_at_least: float | None = pydantic.Field(default=None, gt=0, allow_inf_nan=False)
    source: str = pydantic.Field(min_length=1)
    verified: bool = False

    @property
    def takes_all(self) -> bool:
        """Whether it asks for nothing."""
        return not self.types and not self.kinds and self.harm_at_least is None

    @property
    def rule(self) -> str:
        """Of whom it is, in words."""
        asked = [
            f"a record of {', '.join(self.types)}" if self.types else "",
            f"one record of {self.harm_at_least:g} days of harm or more"
            if self.harm_at_least is not None
            else "",
            f"any record of the kind {', '.join(self.kinds)}" if self.kinds else "",
        ]
        return "; or ".join(one for one in asked if one) or "all others"

    @property
    def told(self) -> str:
        """It in a sentence."""
        age = f", kept until the age of {self.keep_until_age}" if self.keep_until_age else ""
        checked = "" if self.verified else " LOCAL PARAMETER: not checked against its source."
        return (
            f"Group {self.group}, {self.title}: {self.rule}. Reviewed {self.review_years} years "
            f"after the last record{age}.{checked}"
        )


class Retention(Strict):
    """How long what is known is kept before somebody reviews whether it must go.

    Parameters
    ----------
    in_force_from : date, optional
        Since when the panel holds to it.
    years : int
        After a list, and after the last record of a person who is in no group.
    groups : list of ReviewGroup
        By their numbers; only the last may take all who are left.
    """

    in_force_from: datetime.date | None = None
    years: int = pydantic.Field(default=6, ge=1, le=100)
    groups: list[ReviewGroup] = []

    @pydantic.model_validator(mode="after")
    def _in_order(self) -> Retention:
        numbers = [one.group for one in self.groups]
        if numbers != sorted(set(numbers)):
            raise ValueError("'groups' must stand by their numbers, each once")
        if any(one.takes_all for one in self.groups[:-1]):
            raise ValueError(
                "only the last of 'groups' may be without 'types', 'kinds' and 'harm_at_least', "
                "since it takes all who are left"
            )
        return self
