"""What the model makes of one case theme by theme, and what sets two cases apart."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import pyarrow as pa
import pyarrow.compute as pc

from triage.papers.wording import SEEN, effect_words, number_of, sentence

__all__ = ["Comparison", "Difference", "SingleFact", "Theme", "compare", "facts_of", "themes_of"]

SHOWN_DIFFERENCES = 4
TOGETHER = " Their places cannot be told apart, so their order means little."
SAME = "The same, but it counts for more or less beside the other facts"


@dataclass(frozen=True)
class SingleFact:
    """One feature of one case: its words, and what it adds to the score."""

    theme: str
    group: str
    name: str
    text: str
    known: bool
    contribution: float


@dataclass(frozen=True)
class Theme:
    """Facts of one theme, the strongest first, and what they add together."""

    title: str
    contribution: float
    effect: str
    facts: tuple[SingleFact, ...]


@dataclass(frozen=True)
class Difference:
    """One reason why a case's score is not another's.

    ``here`` and ``there`` tell the same fact of the two; ``contribution`` is what it adds here
    beyond what it adds there.
    """

    theme: str
    name: str
    here: str
    there: str
    contribution: float
    effect: str


@dataclass(frozen=True)
class Comparison:
    """Why one case stands above another, or below it.

    ``differences`` are those that set the scores apart most, ``rest`` is the sum of all others;
    together they are ``total``, the difference of the two scores.
    """

    rank: int
    referral_id: str
    title: str
    why: str
    differences: tuple[Difference, ...]
    rest: float
    total: float


class Placed(Protocol):
    """What is asked of a case on the list."""

    @property
    def rank(self) -> int:
        """Its place."""

    @property
    def referral_id(self) -> str:
        """Its name."""

    @property
    def tier(self) -> int:
        """Its tier."""

    @property
    def tier_name(self) -> str:
        """That in words."""

    @property
    def score(self) -> float:
        """What it is ordered by within its tier."""

    @property
    def likely(self) -> str:
        """That in words."""


def facts_of(table: pa.Table, referral_ids: Sequence[str]) -> Mapping[str, tuple[SingleFact, ...]]:
    """Return every single fact of some referrals, as far as the list keeps them.

    Parameters
    ----------
    table : pyarrow.Table
        A list's ``weights``.
    referral_ids : sequence of str
    """
    wanted = pc.is_in(table["referral_id"], value_set=pa.array(referral_ids, pa.string()))
    facts: defaultdict[str, list[SingleFact]] = defaultdict(list)
    for row in table.filter(wanted).to_pylist():
        facts[row["referral_id"]].append(
            SingleFact(
                row["theme_title"],
                f"{row['theme']} {row['group']}",
                row["name"],
                sentence(row["text"]),
                row["known"],
                row["contribution"],
            )
        )
    return {referral_id: tuple(theirs) for referral_id, theirs in facts.items()}


def themes_of(facts: Iterable[SingleFact], effect: Callable[[float], str]) -> tuple[Theme, ...]:
    """Return facts by theme: themes that move the score most first, and so within each.

    Parameters
    ----------
    facts : iterable of SingleFact
    effect : callable
        Says in words what a contribution does.
    """
    by_theme: defaultdict[str, list[SingleFact]] = defaultdict(list)
    for fact in facts:
        by_theme[fact.theme].append(fact)
    themes = []
    for title, theirs in by_theme.items():
        total = sum(fact.contribution for fact in theirs)
        strongest = sorted(theirs, key=lambda fact: (-abs(fact.contribution), fact.name))
        themes.append(Theme(title, total, effect(total), tuple(strongest)))
    return tuple(sorted(themes, key=lambda theme: (-abs(theme.contribution), theme.title)))


def compare(
    case: Placed,
    other: Placed,
    facts: Iterable[SingleFact],
    others: Iterable[SingleFact],
    *,
    points: bool,
    together: bool = False,
    shown: int = SHOWN_DIFFERENCES,
) -> Comparison:
    """Return why a case stands above another, or below it: tiers first, then the scores.

    Parameters
    ----------
    case, other : Placed
    facts, others : iterable of SingleFact
        Every fact of each; of a case whose facts are not kept none, and then no difference is
        told by itself.
    points : bool
        Whether scores are points, of which no step is large or small by itself.
    together : bool
        Whether their places cannot be told apart.
    shown : int
        How many differences are told by themselves.
    """
    total = case.score - other.score
    told = _differences(tuple(facts), tuple(others), points)
    apart = tuple(one for one in told if abs(one.contribution) >= SEEN)[:shown]
    place = f"place {other.rank}, {other.referral_id}"
    return Comparison(
        rank=other.rank,
        referral_id=other.referral_id,
        title=f"Why {'above' if case.rank < other.rank else 'below'} {place}",
        why=_why(case, other) + (TOGETHER if together else ""),
        differences=apart,
        rest=total - sum(one.contribution for one in apart),
        total=total,
    )


def _why(case: Placed, other: Placed) -> str:
    first, second = sorted((case, other), key=lambda one: one.rank)
    if first.tier != second.tier:
        why = (
            f"Rules decide between these two. One is in the tier “{first.tier_name}”, the other in "
            f"“{second.tier_name}”. Tiers come before scores."
        )
        lower = first.score < second.score
        return why + (" By the score alone they would stand the other way round." if lower else "")
    if first.score == second.score:
        return "Rules and scores treat these two alike. The order of their numbers decides."
    if first.score < second.score:
        return "The score does not decide between these two: the other way round by score alone."
    same = "Both are in the same tier, so the score decides."
    if case.likely == other.likely:
        return f"{same} The two scores are close: both are {case.likely}."
    return f"{same} It is {case.likely} here and {other.likely} there."


def _differences(
    facts: tuple[SingleFact, ...], others: tuple[SingleFact, ...], points: bool
) -> tuple[Difference, ...]:
    """Return the differences of two cases by group of facts, the greatest first."""
    theirs = {fact.name: fact for fact in others}
    groups: defaultdict[str, list[tuple[SingleFact, SingleFact]]] = defaultdict(list)
    for fact in facts:
        if fact.name in theirs:
            groups[fact.group].append((fact, theirs[fact.name]))
    found = [_difference(pairs, points) for pairs in groups.values()]
    return tuple(sorted(found, key=lambda one: (-abs(one.contribution), one.name)))


def _difference(pairs: list[tuple[SingleFact, SingleFact]], points: bool) -> Difference:
    """Return windows of one feature as one, in the words of the one that says most."""
    total = sum(here.contribution - there.contribution for here, there in pairs)
    way = 1.0 if total >= 0 else -1.0
    here, there = max(pairs, key=lambda pair: way * (pair[0].contribution - pair[1].contribution))
    return Difference(
        theme=here.theme,
        name=here.name,
        here=here.text,
        there=SAME if here.text == there.text else there.text,
        contribution=total,
        effect=_effect(total, points),
    )


def _effect(contribution: float, points: bool) -> str:
    """Return which of two cases a difference puts first, and how much."""
    first = "this one" if contribution > 0 else "the other"
    if points:
        return f"{first}, by {number_of(round(abs(contribution)), 'point')}"
    return f"{first}, {effect_words(contribution).split(' ', 1)[1]}"
