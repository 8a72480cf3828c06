"""What stands beside a place on the papers: its case, its links, other scales, and how it moved."""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from triage.conditions import date_words
from triage.lists import Bundle
from triage.papers.wording import number_of, sentence

__all__ = ["Beside", "Earlier", "Gone", "Joined", "Link", "Move", "ScalePlace", "besides", "gone"]

CAUSE_WORDS = {
    "model": "new model",
    "policy": "new rules",
    "clock": "time alone",
    "answers": "an answer",
    "facts": "new facts",
    "others": "others moved",
}
"""Each cause of a move, as it stands beside a place."""

DECIDED = {
    "accept": "taken on",
    "defer": "put off",
    "route": "sent to another service",
    "decline": "declined",
    "no further action": "no further action",
    "leave": "taken on, and has left the programme since",
}
"""What a panel decided, as it is told of an earlier meeting."""

STANDINGS = {
    "discuss": "to be discussed",
    "near_miss": "a near miss",
    "below": "further down",
}


@dataclass(frozen=True)
class Joined:
    """A further referral of the same person; ``reasons`` are what it adds."""

    referral_id: str
    made_on: datetime.date
    agency_name: str
    route: str
    tier_name: str
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Link:
    """Another referral of this list whose person shares something; ``rank`` is 0 where it has none.

    ``by`` is what they share, never who or which.
    """

    referral_id: str
    rank: int
    by: str

    @property
    def place_words(self) -> str:
        """Where it stands."""
        return f"place {self.rank}" if self.rank else f"{self.referral_id}, not for this panel"

    @property
    def told(self) -> str:
        """It in a sentence."""
        place = f"place {self.rank}" if self.rank else "not for this panel"
        return f"Referral {self.referral_id} ({place}): the same {self.by} is on record."


@dataclass(frozen=True)
class Together:
    """The linked case beside which a case is told instead of at its own place."""

    referral_id: str
    rank: int
    by: str

    def told(self, rank: int) -> str:
        """Return why it stands where it does, in sentences."""
        return (
            f"Stands here beside place {self.rank} ({self.referral_id}): the same {self.by} is on "
            f"record. By itself it is place {rank}."
        )


@dataclass(frozen=True)
class ScalePlace:
    """The place if harm were counted on another scale."""

    scale: str
    title: str
    rank: int
    standing: str


@dataclass(frozen=True)
class Earlier:
    """The last list on which the person was to be discussed, or else stood."""

    list_id: str
    as_of: datetime.date
    rank: int
    standing: str
    then_id: str
    lists: int
    records: int
    changes: tuple[str, ...]
    decision: str | None = None
    met_on: datetime.date | None = None

    @property
    def heard(self) -> bool:
        """Whether it was within capacity there, or the panel decided on it all the same."""
        return self.standing == "discuss" or self.decision is not None

    @property
    def told(self) -> str:
        """When the person was last within reach of a panel, in a sentence."""
        when = f"on the list of {date_words(self.as_of)}, at place {self.rank}"
        if self.decision and self.met_on:
            what = DECIDED.get(self.decision, self.decision)
            return f"Last heard by the panel of {date_words(self.met_on)}: {what}. It stood {when}."
        if self.heard:
            return f"Last listed to be discussed {when}."
        return f"On no earlier list within capacity; last stood {when}, {STANDINGS[self.standing]}."

    @property
    def since(self) -> str:
        """How much has come to be known since, in a sentence."""
        if not self.records:
            return "No new record since."
        return f"{number_of(self.records, 'new record')} since."


@dataclass(frozen=True)
class Move:
    """How a place moved since the list that this one is compared with.

    ``causes`` are the places that each cause raised it, lowered where below 0; they sum to
    ``rank_then − rank_now``. What is new has neither.
    """

    status: str
    rank_then: int | None
    rank_now: int
    causes: Mapping[str, int]
    text: str

    @property
    def places(self) -> int:
        """How many places it rose; below 0, fell."""
        return 0 if self.rank_then is None else self.rank_then - self.rank_now

    @property
    def arrow(self) -> str:
        """A sign for it; never shown without the words."""
        return {"new": "+", "up": "▲", "down": "▼", "same": "="}[self.status]

    @property
    def words(self) -> str:
        """It in few words."""
        if self.status in ("up", "down"):
            return f"{sentence(self.status)} {abs(self.places)}"
        return sentence(self.status)

    @property
    def told(self) -> str:
        """It and why, in sentences."""
        then = "" if self.rank_then is None else f", from place {self.rank_then}"
        return f"{self.words}{then}. {self.text}"

    @property
    def cause(self) -> str:
        """The cause that moved it furthest its way, in few words; empty where none did."""
        way = 1 if self.places > 0 else -1
        names = [name for name, places in self.causes.items() if places * way > 0]
        if not self.places or not names:
            return ""
        return CAUSE_WORDS[max(names, key=lambda name: self.causes[name] * way)]


@dataclass(frozen=True)
class Gone:
    """A case of the earlier list that is not ranked on this one, and why."""

    referral_id: str
    person_id: str
    rank_then: int
    standing_words: str
    text: str


@dataclass(frozen=True)
class Beside:
    """All that stands beside one place."""

    rank: int
    standing: str
    joined: tuple[Joined, ...] = ()
    links: tuple[Link, ...] = ()
    told_as: int = 0
    together: Together | None = None
    scales: tuple[ScalePlace, ...] = ()
    earlier: Earlier | None = None
    move: Move | None = None

    @property
    def also(self) -> tuple[str, ...]:
        """The person's further referrals, in few words."""
        return tuple(f"+ {one.referral_id}" for one in self.joined)

    @property
    def marks(self) -> tuple[str, ...]:
        """What a reader should see beside the place: its move, then its links and its scale."""
        move = self.move
        told = [f"{move.arrow} {move.words}" if move else ""]
        if self.together:
            told.append(f"stands beside place {self.together.rank}; by itself place {self.rank}")
        told += [f"linked to {one.place_words}" for one in self.links_apart]
        if self.depends_on_scale:
            told.append(f"depends on the scale of harm: {self.range_words}")
        return tuple(told)

    @property
    def stands(self) -> str:
        """Why it does not stand at its own place, in sentences; empty where it does."""
        return self.together.told(self.rank) if self.together else ""

    @property
    def links_apart(self) -> tuple[Link, ...]:
        """The links that no sentence tells yet."""
        beside = self.together.referral_id if self.together else ""
        return tuple(one for one in self.links if one.referral_id != beside)

    @property
    def sections(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """All of it as titles with sentences; what there is nothing to tell of is left out."""
        told = (
            ("Further referrals of this person", tuple(_of_joined(self.joined))),
            (
                "Linked cases on this list",
                (
                    *((self.stands,) * bool(self.stands)),
                    *(one.told for one in self.links_apart),
                ),
            ),
            ("Since the last list", tuple(_since(self.move, self.earlier))),
            ("If harm were counted otherwise", (self.scale_words,) * bool(self.scale_words)),
        )
        return tuple((title, texts) for title, texts in told if texts)

    @property
    def range_words(self) -> str:
        """The places that the shipped scales of harm leave it, as "3–9" or "3"."""
        places = [self.rank, *(one.rank for one in self.scales)]
        first, last = min(places), max(places)
        return f"{first}–{last}" if first < last else f"{first}"

    @property
    def depends_on_scale(self) -> bool:
        """Whether on another scale of harm it would be on the other side of the line."""
        inside = self.standing == "discuss"
        return any((one.standing == "discuss") != inside for one in self.scales)

    @property
    def scale_words(self) -> str:
        """How the choice of scale matters to its place; empty where there is one scale alone."""
        if not self.scales:
            return ""
        if self.depends_on_scale:
            other = [one for one in self.scales if (one.standing == "discuss") != self._inside]
            side = "below the line" if self._inside else "within capacity"
            titles = " and ".join(f"{one.title} (place {one.rank})" for one in other)
            return (
                f"This place depends on the scale of harm: {side} by {titles}. "
                f"Places over all scales: {self.range_words}."
            )
        return f"On the same side of the line by every scale of harm: {self._places}."

    @property
    def _inside(self) -> bool:
        return self.standing == "discuss"

    @property
    def _places(self) -> str:
        several = "–" in self.range_words
        return f"{'places' if several else 'place'} {self.range_words}"


def _of_joined(joined: tuple[Joined, ...]) -> Iterator[str]:
    for one in joined:
        yield (
            f"{one.referral_id}, by {one.agency_name} on {date_words(one.made_on)}; by itself: "
            f"{one.tier_name.lower()}."
        )
        yield from one.reasons


def _since(move: Move | None, earlier: Earlier | None) -> Iterator[str]:
    if move is not None:
        yield move.told
    if earlier is not None:
        yield f"{earlier.told} {earlier.since}"
        yield from earlier.changes


def besides(bundle: Bundle) -> Mapping[str, Beside]:
    """Return what stands beside each ranked referral, by its id."""
    tables = bundle.tables
    ranks = dict(
        zip(
            tables.referrals["referral_id"].to_pylist(),
            tables.referrals["rank"].to_pylist(),
            strict=True,
        )
    )
    joined: defaultdict[str, list[Joined]] = defaultdict(list)
    for row in tables.joined.to_pylist():
        joined[row["case_id"]].append(_joined(row))
    links: defaultdict[str, list[Link]] = defaultdict(list)
    for row in tables.links.to_pylist():
        other = row["other_id"]
        links[row["referral_id"]].append(Link(other, ranks.get(other, 0), row["by"]))
    scales: defaultdict[str, list[ScalePlace]] = defaultdict(list)
    for row in tables.scales.to_pylist():
        scales[row.pop("referral_id")].append(ScalePlace(**row))
    heard = {row["referral_id"]: row for row in tables.heard.to_pylist()}
    earlier = {row.pop("referral_id"): _earlier(row) for row in tables.earlier.to_pylist()}
    moves = {
        row["referral_id"]: _move(row)
        for row in tables.moves.to_pylist()
        if row["status"] != "gone"
    }
    return {
        row["referral_id"]: Beside(
            rank=row["rank"],
            standing=row["standing"],
            joined=tuple(joined[row["referral_id"]]),
            links=tuple(sorted(links[row["referral_id"]], key=_by_place)),
            told_as=heard[row["referral_id"]]["heard"]
            if row["referral_id"] in heard
            else row["rank"],
            together=_together(heard.get(row["referral_id"]), ranks),
            scales=tuple(scales[row["referral_id"]]),
            earlier=earlier.get(row["referral_id"]),
            move=moves.get(row["referral_id"]),
        )
        for row in tables.referrals.select(["referral_id", "rank", "standing"]).to_pylist()
    }


def gone(bundle: Bundle) -> Iterator[Gone]:
    """Yield the cases that have gone since the list that this one is compared with."""
    for row in bundle.tables.moves.to_pylist():
        if row["status"] == "gone":
            yield Gone(
                referral_id=row["referral_id"],
                person_id=row["person_id"],
                rank_then=row["rank_then"],
                standing_words=STANDINGS[row["standing_then"]],
                text=row["text"],
            )


def _joined(row: Mapping[str, Any]) -> Joined:
    return Joined(
        referral_id=row["referral_id"],
        made_on=row["made_on"],
        agency_name=row["agency_name"],
        route=row["route"] or "not known",
        tier_name=sentence(row["tier_name"]),
        reasons=tuple(sentence(one) for one in row["reasons"]),
    )


def _earlier(row: Mapping[str, Any]) -> Earlier:
    return Earlier(**{**row, "changes": tuple(sentence(one) for one in row["changes"])})


def _move(row: Mapping[str, Any]) -> Move:
    causes = {} if row["model"] is None else {name: row[name] for name in CAUSE_WORDS}
    return Move(row["status"], row["rank_then"], row["rank_now"], causes, row["text"])


def _together(row: Mapping[str, Any] | None, ranks: Mapping[str, int]) -> Together | None:
    if row is None or row["beside_id"] is None:
        return None
    return Together(row["beside_id"], ranks[row["beside_id"]], row["by"])


def _by_place(link: Link) -> tuple[bool, int, str]:
    return not link.rank, link.rank, link.referral_id
