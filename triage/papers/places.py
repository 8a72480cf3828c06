"""How sure a place is, in plain words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from triage.lists import Bundle

__all__ = ["NOT_AVAILABLE", "Sure", "astride_words", "sure_words", "sures"]

NOT_AVAILABLE = "not available"


@dataclass(frozen=True)
class Sure:
    """How sure the place of one ranked referral is.

    Parameters
    ----------
    band_first, band_last : int
        The places that cannot be told apart from its own.
    members : int
        How many models that is told from; with 0, only equal scores share a band.
    score_low, score_high, chance_within_capacity : float or None
        None without such models.
    """

    band_first: int
    band_last: int
    members: int
    score_low: float | None
    score_high: float | None
    chance_within_capacity: float | None

    @property
    def band(self) -> str:
        """Its place as the list tells it: ``5``, or ``4–7`` where several cannot be told apart."""
        if self.band_first == self.band_last:
            return str(self.band_first)
        return f"{self.band_first}–{self.band_last}"

    @property
    def shared(self) -> bool:
        """Whether its place cannot be told from others."""
        return self.band_first != self.band_last

    @property
    def line(self) -> str:
        """How often it would be above the line; empty where it always or never would."""
        if self.chance_within_capacity in (None, 0, 1):
            return ""
        return f"above the line on {self._times} trial lists"

    @property
    def told(self) -> str:
        """How sure its place is, in sentences."""
        if not self.members:
            why = f"How sure this place is: {NOT_AVAILABLE}."
            tied = f" Places {self.band} have the same score; their order means nothing."
            return why + tied * self.shared
        placed = (
            f"Places {self.band} cannot be told apart; their order means little."
            if self.shared
            else "Its place can be told from those beside it in its tier."
        )
        return f"{placed} It is above the line on {self._times} trial lists."

    @property
    def _times(self) -> str:
        chance = self.chance_within_capacity
        assert chance is not None  # noqa: S101 - asked only where there are members
        return f"{round(chance * self.members)} of {self.members}"


def sures(bundle: Bundle) -> Mapping[str, Sure]:
    """Return how sure each place of a list is, by referral."""
    told = {}
    for row in bundle.tables.places.to_pylist():
        referral_id = row.pop("referral_id")
        told[referral_id] = Sure(**row)
    return told


def sure_words(places: Sequence[Sure]) -> str:
    """Return how places are told on this list, for its head."""
    members = places[0].members if places else 0
    if not members:
        return (
            f"How sure each place is: {NOT_AVAILABLE}, since the ranker was not taught on other "
            "draws of people. Only places with equal scores are told as one, as in “4–7”."
        )
    return (
        "Places told as one, as in “4–7”, cannot be told apart: it could as well be the other way "
        f"round. This comes from {members} trial lists, each by a model taught on another draw of "
        "past people."
    )


def astride_words(within: Sequence[Sure], beyond: Sequence[Sure]) -> str:
    """Return which places on both sides of the line cannot be told apart; empty where none are.

    Parameters
    ----------
    within, beyond : sequence of Sure
        Above the line and below it, in order.
    """
    bands = {sure.band for sure in within} & {sure.band for sure in beyond}
    told = " and ".join(sorted(bands, key=lambda band: int(band.split("–")[0])))
    if not bands:
        return ""
    return f"Places {told} lie on both sides of this line and cannot be told apart."
