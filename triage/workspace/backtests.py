"""How past lists are replayed: the part ``backtest`` of ``configs/panel.yaml``."""

from __future__ import annotations

from typing import Any

import pydantic

from triage.workspace.documents import Strict

__all__ = ["Backtest", "NoHistory"]


class NoHistory(Strict):
    """Of whom nothing of some kind was on record.

    Parameters
    ----------
    meaning : str
        In plain words, as in "no record with the police".
    when : condition
        On features.
    """

    meaning: str
    when: dict[str, Any]


class Backtest(Strict):
    """How past lists are replayed.

    Parameters
    ----------
    retrain_months : int
        Models are trained anew after so many months of lists; with 1, for each list.
    lately_months : int
        A person listed within so many months before was listed lately.
    resamples : int
        How often people are resampled for intervals.
    no_history : NoHistory, optional
        Of those to whom the outcome came, and who were missed, these are told apart.
    """

    retrain_months: int = pydantic.Field(default=1, ge=1, le=120)
    lately_months: int = pydantic.Field(default=6, ge=1, le=120)
    resamples: int = pydantic.Field(default=1000, ge=50, le=100_000)
    no_history: NoHistory | None = None
