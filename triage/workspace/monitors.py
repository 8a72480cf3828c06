"""When a watched measure says look, retest or stop: the part ``monitor`` of ``panel.yaml``."""

from __future__ import annotations

from collections.abc import Iterator

import pydantic

from triage.errors import Alert
from triage.workspace.documents import Strict

__all__ = ["Levels", "Monitor"]


class Levels(Strict):
    """From where on a measure says what; one that is left out is never said.

    Parameters
    ----------
    look, retest, stop : float, optional
        Rising: somebody should find out why; the version should be trained and tested again; no
        list should be made with it until it was.
    """

    look: float | None = pydantic.Field(default=None, gt=0)
    retest: float | None = pydantic.Field(default=None, gt=0)
    stop: float | None = pydantic.Field(default=None, gt=0)

    @pydantic.model_validator(mode="after")
    def _rise(self) -> Levels:
        limits = [limit for _, limit in self.limits]
        if not limits or limits != sorted(limits):
            raise ValueError("'look', 'retest' and 'stop' must rise, and one at least be there")
        return self

    @property
    def limits(self) -> tuple[tuple[Alert, float], ...]:
        """The levels that there are, the mildest first, each with its limit."""
        return tuple(self._given())

    def _given(self) -> Iterator[tuple[Alert, float]]:
        for alert in (Alert.LOOK, Alert.RETEST, Alert.STOP):
            limit = getattr(self, alert.word)
            if limit is not None:
                yield alert, limit


class Monitor(Strict):
    """How `triage monitor` compares what comes in now with what a version was trained on.

    Parameters
    ----------
    window_days : int
        Of how many days before a date referrals and records are looked at, then and now.
    fewest_people : int
        Of fewer, shares and distributions are too few to tell.
    resamples : int
        How often people are drawn again.
    inputs, scores, values : Levels
        Population stability index of a feature, of the score, and of the values of a field.
    unknown : Levels
        Change in the share of a field that is unknown or was not asked.
    new_values : Levels
        Share of values that were never seen at training.
    sources : Levels
        How many times fewer, or more, records a source makes known.
    rules : Levels
        Change in the share of referrals on which a rule fires.
    calibration_slope, calibration_intercept : Levels
        How far from 1, and from 0.
    calibration_ratio : Levels
        How many times fewer, or more, had the outcome than was foretold.
    expected : Levels
        Fall of the share of those with the outcome who are expected within capacity.
    overrides : Levels
        Share of promotions for which a gate was overridden.
    departures : Levels
        Share of the panel's decisions that were not as ranked.
    """

    window_days: int = pydantic.Field(default=182, ge=28)
    fewest_people: int = pydantic.Field(default=50, ge=10)
    resamples: int = pydantic.Field(default=200, ge=50, le=10_000)
    inputs: Levels = Levels(look=0.1, retest=0.25)
    scores: Levels = Levels(look=0.1, retest=0.25, stop=0.5)
    values: Levels = Levels(look=0.1, retest=0.25)
    unknown: Levels = Levels(look=0.1, retest=0.25)
    new_values: Levels = Levels(look=0.01, retest=0.1)
    sources: Levels = Levels(look=1.5, retest=3.0, stop=10.0)
    rules: Levels = Levels(look=0.1, retest=0.2)
    calibration_slope: Levels = Levels(look=0.3, retest=0.5, stop=0.8)
    calibration_intercept: Levels = Levels(look=0.3, retest=0.6, stop=1.0)
    calibration_ratio: Levels = Levels(look=1.25, retest=1.5, stop=2.0)
    expected: Levels = Levels(look=0.1, retest=0.2, stop=0.35)
    overrides: Levels = Levels(look=0.34, retest=0.5)
    departures: Levels = Levels(look=0.5, retest=0.75)
