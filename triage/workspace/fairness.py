"""Which groups are looked at, and how far apart they may be: ``configs/fairness.yaml``."""

from __future__ import annotations

import datetime
from typing import Annotated, Literal

import pydantic

from triage.workspace.documents import Strict

__all__ = [
    "Fairness",
    "GroupedBy",
    "MeasureName",
    "RecordedBy",
    "Side",
    "Tolerance",
]

MeasureName = Literal[
    "list_less_harm",
    "recall",
    "missed_harm",
    "precision",
    "false_positive",
    "false_omission",
    "came_less_said",
    "mean_place",
    "reasons",
    "recorded",
    "proxy",
]
"""What a tolerance may be set for; :mod:`triage.fairness` says what each is."""

Side = Literal["below", "above", "either"]
Share = Annotated[float, pydantic.Field(ge=0, lt=1)]


class GroupedBy(Strict):
    """An attribute by which people, or their referrals, are put into groups.

    Parameters
    ----------
    field : str
        ``person.NAME``, ``person.age``, ``referral.NAME`` or ``referral.agency``; for audit only or
        not.
    bands : list of float, optional
        Where the second band of a number and each further one begin, rising.
    judged : bool
        Whether tolerances are asked of its groups; else they are told and no more.
    why : str
        Why it is looked at, and judged or not.
    """

    field: str = pydantic.Field(pattern=r"^(person|referral)\.[a-z_0-9]+$")
    bands: list[float] = []
    judged: bool
    why: str = pydantic.Field(min_length=10)

    @pydantic.model_validator(mode="after")
    def _rise(self) -> GroupedBy:
        if self.bands != sorted(set(self.bands)):
            raise ValueError("'bands' must rise")
        return self


class Tolerance(Strict):
    """How far a group's measure may lie from that of everybody else.

    Parameters
    ----------
    at_most : float
        A difference lies outside where the whole interval of 95% is beyond this.
    side : {"below", "above", "either"}
        Whether a group may be below everybody else by no more, above, or either.
    reason : str
        Why so much and no more.
    source : str
        Who says so.
    on : date
        Since when.
    """

    at_most: float = pydantic.Field(ge=0, le=1)
    side: Side
    reason: str = pydantic.Field(min_length=10)
    source: str = pydantic.Field(min_length=3)
    on: datetime.date

    def exceeded_by(self, low: float, high: float) -> bool:
        """Return whether a whole interval lies beyond what is tolerated.

        Examples
        --------
        >>> one = Tolerance(at_most=0.1, side="below", reason="an example", source="this test",
        ...                 on=datetime.date(2026, 1, 1))
        >>> one.exceeded_by(-0.3, -0.12), one.exceeded_by(-0.3, -0.05), one.exceeded_by(0.2, 0.3)
        (True, False, False)
        """
        below, above = high < -self.at_most, low > self.at_most
        return (below and self.side != "above") or (above and self.side != "below")


class RecordedBy(Strict):
    """Agencies whose records alone are held against those of all.

    Parameters
    ----------
    agencies : list of str
    meaning : str
        What they are called, as in "the police".
    """

    agencies: list[str] = pydantic.Field(min_length=1)
    meaning: str = pydantic.Field(min_length=1)


class Fairness(Strict):
    """Which groups are looked at, and how far apart they may be.

    Parameters
    ----------
    attributes : dict of str to GroupedBy
    tolerances : dict of str to Tolerance
        By measure; one that is left out is told and not judged.
    recorded_by : RecordedBy, optional
        Without it, nobody is asked whose records make the outcome.
    unrecorded : list of float
        Shares of a group's harm that are supposed to be on no record, rising from 0.
    resamples : int
        How often people are drawn again for intervals.
    seed : int
    """

    attributes: dict[str, GroupedBy] = pydantic.Field(min_length=1)
    tolerances: dict[MeasureName, Tolerance] = {}
    recorded_by: RecordedBy | None = None
    unrecorded: list[Share] = [0.0, 0.1, 0.2, 0.3, 0.4, 0.5]
    resamples: int = pydantic.Field(default=500, ge=100, le=100_000)
    seed: int = pydantic.Field(default=0, ge=0)

    @pydantic.field_validator("unrecorded")
    @classmethod
    def _begin_with_nothing(cls, shares: list[float]) -> list[float]:
        if len(shares) < 2 or shares[0] != 0 or shares != sorted(set(shares)):
            raise ValueError("must rise from 0, as in [0, 0.1, 0.2]")
        return shares

    @property
    def judged(self) -> tuple[str, ...]:
        """The attributes of which tolerances are asked."""
        return tuple(name for name, one in self.attributes.items() if one.judged)
