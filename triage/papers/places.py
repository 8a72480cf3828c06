"""How sure a place is, in plain words."""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from triage.lists import Bundle
from triage.papers.wording import number_of, sentence, short_date

__all__ = ["NOT_AVAILABLE", "Ask", "Sure", "astride_words", "sure_words", "sures"]

NOT_AVAILABLE = "not available"
TIERS = {1: "urgent", 2: "must discuss", 3: "by score"}
CHANGES = {
    "list": "it may not be for this panel",
    "tier": "its tier may change",
    "line": "it may cross the line",
    "band": "it may leave its band",
}


@dataclass(frozen=True)
class Ask:
    """A question of which an answer would move a referral.

    ``ranks`` are its places after each of the answers, None where it would no longer be for this
    panel; ``moves`` says how many places lie between them and its place now.
    """

    place: int
    key: str
    text: str
    held_by: tuple[str, ...]
    records: int
    last_on: datetime.date | None
    answers: tuple[str, ...]
    ranks: tuple[int | None, ...]
    tiers: tuple[int, ...]
    moves: int
    changes: tuple[str, ...]
    chance: float = 0.0

    @property
    def whom(self) -> str:
        """Whom to ask."""
        return " or ".join(self.held_by)

    @property
    def what(self) -> str:
        """What to ask."""
        if not self.last_on:
            return f"{sentence(self.text)}?"
        where = (
            f"the record of {short_date(self.last_on)} does not say"
            if self.records == 1
            else f"{number_of(self.records, 'record')} do not say, the last of "
            f"{short_date(self.last_on)}"
        )
        return f"{sentence(self.text)}? ({where})"

    def then(self, rank: int, tier: int) -> str:
        """Return what would follow from the answers that move it from its rank and tier."""
        told = []
        for answer, there, its in zip(self.answers, self.ranks, self.tiers, strict=True):
            if there is None:
                told.append(f"{answer}: not for this panel")
            elif (there, its) != (rank, tier):
                words = f", {TIERS[its]}" if its != tier else ""
                told.append(f"{answer}: place {there}{words}")
        return f"{sentence('; '.join(told))}."


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
    reserved : bool
        Whether it is above the line only on a place that is kept.
    best_rank, worst_rank : int
        How far answers to what is not known could move it.
    changes : tuple of str
        What they could change.
    chance_of_change : float
        How likely that is, if answers come as they do where they are known.
    provisional : bool
        Whether that is likely enough to be marked.
    asks : tuple of Ask
        What moves it most first.
    """

    band_first: int
    band_last: int
    members: int
    score_low: float | None
    score_high: float | None
    chance_within_capacity: float | None
    reserved: bool = False
    best_rank: int = 0
    worst_rank: int = 0
    changes: tuple[str, ...] = ()
    chance_of_change: float = 0.0
    provisional: bool = False
    asks: tuple[Ask, ...] = ()

    @property
    def asks_that_matter(self) -> tuple[Ask, ...]:
        """The questions of which an answer would change more than its order within a band."""
        return tuple(one for one in self.asks if one.changes)

    @property
    def bounds(self) -> str:
        """The places that it could have once everything is known."""
        if self.best_rank == self.worst_rank:
            return str(self.best_rank)
        return f"{self.best_rank}–{self.worst_rank}"

    @property
    def mark(self) -> str:
        """That it is provisional, and where it could stand, in few words; else empty."""
        if not self.provisional:
            return ""
        leaves = "list" in self.changes
        if leaves and self.changes == ("list",):
            return "Provisional: may not be for this panel"
        return f"Provisional: {self.bounds}{', or not for this panel' * leaves}"

    @property
    def outlook(self) -> str:
        """How far what is not known could move it, in a sentence."""
        if not self.changes:
            return (
                "Nothing that is not known would change its tier, its band or its side of the line."
            )
        what = ", ".join(CHANGES[name] for name in self.changes)
        mark = "Provisional: by" if self.provisional else "By"
        told = (
            f"{mark} what is not known it could stand at {self.bounds} ({what}), the others "
            "staying as they are."
        )
        if not self.chance_of_change:
            return f"{told} No single answer would move it."
        return (
            f"{told} So it would in about {100 * self.chance_of_change:.0f} of 100 such cases, if "
            "answers come as they do where they are known."
        )

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
    asks: defaultdict[str, list[Ask]] = defaultdict(list)
    for row in bundle.tables.questions.to_pylist():
        referral_id = row.pop("referral_id")
        asks[referral_id].append(Ask(**{name: _frozen(value) for name, value in row.items()}))
    told = {}
    for row in bundle.tables.places.to_pylist():
        referral_id, _ = row.pop("referral_id"), row.pop("audit_sample")
        about = {name: _frozen(value) for name, value in row.items()}
        told[referral_id] = Sure(**about, asks=tuple(asks[referral_id]))
    return told


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


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
