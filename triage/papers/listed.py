"""What stands on the papers of a list: each thing typed, with the words that go with it."""

from __future__ import annotations

import datetime
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from triage.conditions import date_words
from triage.lists import Manifest, ModelFacts
from triage.papers.beside import Beside, Gone
from triage.papers.changing import Changes
from triage.papers.comparing import Comparison, Theme
from triage.papers.places import Sure
from triage.papers.rules_seen import ROUTE, RuleSeen
from triage.papers.wording import (
    dates_words,
    number_of,
    outcome_words,
    short_date,
)

__all__ = [
    "Aside",
    "Brought",
    "Case",
    "Fact",
    "Faithful",
    "ListPage",
    "Note",
    "Reason",
    "Record",
    "Step",
    "latest_first",
    "predicted_outcome",
]

SHOWN_ASKS = 3
MARKS = ("flag", "reserve")
TAKES_OFF = ("ineligible", "hold")


@dataclass(frozen=True)
class Record:
    """A record behind a reason."""

    event_id: str
    source: str
    agency_name: str
    meaning: str
    happened_on: datetime.date
    known_on: datetime.date


@dataclass(frozen=True)
class Reason:
    """A reason, and the records behind it, the latest first.

    ``number`` is how the case's records call it; ``origin`` is ``rule``, ``model`` or ``rest``;
    ``direction`` is ``raises``, ``lowers`` or ``none``; ``contribution`` is what it adds to the
    model's score (0 for a rule), and ``effect`` says so in plain words. Only a rule has a title.
    """

    number: int
    origin: str
    direction: str
    known: bool
    name: str
    title: str
    theme: str
    text: str
    contribution: float
    effect: str
    records: tuple[Record, ...]

    @property
    def dated(self) -> str:
        """Its text with the dates of the records behind it."""
        dates = dates_words(record.happened_on for record in self.records)
        return f"{self.text}: {dates}" if dates else self.text


@dataclass(frozen=True)
class Brought:
    """What one agency has on record of a person."""

    agency: str
    agency_name: str
    records: int
    latest_on: datetime.date | None


@dataclass(frozen=True)
class Fact:
    """A fact that a case sheet tells whatever moved the score."""

    heading: str
    name: str
    text: str
    known: bool


@dataclass(frozen=True)
class Step:
    """One step of the way from the model's start to a score; ``number`` is its row in the table."""

    number: int
    text: str
    contribution: float
    before: float
    after: float
    effect: str
    after_words: str


@dataclass(frozen=True)
class Case:
    """All that the papers say of one ranked referral."""

    rank: int
    sure: Sure
    beside: Beside
    referral_id: str
    person_id: str
    made_on: datetime.date
    waited_days: int
    agency_name: str
    route: str
    tier: int
    tier_name: str
    standing: str
    score: float
    probability: float | None
    likely: str
    likely_sentence: str
    why_here: str
    alone: str
    rules_alone: str
    rules_alone_first: int
    rules_alone_last: int
    model_alone: int
    reasons: tuple[Reason, ...]
    rules: tuple[RuleSeen, ...]
    base: float
    base_words: str
    steps: tuple[Step, ...]
    brought: tuple[Brought, ...]
    facts: tuple[Fact, ...]
    themes: tuple[Theme, ...] = ()
    above_next: Comparison | None = None
    changes: Changes | None = None
    disagreements: tuple[str, ...] = ()

    @property
    def sheet(self) -> Mapping[str, tuple[Fact, ...]]:
        """What the case sheet tells, by heading."""
        headings = dict.fromkeys(fact.heading for fact in self.facts)
        return {
            heading: tuple(fact for fact in self.facts if fact.heading == heading)
            for heading in headings
        }

    @property
    def brought_words(self) -> tuple[str, ...]:
        """Who has brought records, the most first; then, in a sentence of its own, who has not."""
        with_records = sorted(
            (one for one in self.brought if one.latest_on), key=lambda one: -one.records
        )
        told = [
            f"{one.agency_name}: {number_of(one.records, 'record')}, the latest of "
            f"{short_date(one.latest_on)}"
            for one in with_records
            if one.latest_on
        ]
        without = [one.agency_name for one in self.brought if not one.latest_on]
        nothing = [f"Nothing brought: {'; '.join(without)}"] if without else []
        return (*told, *nothing)

    @property
    def ask_first(self) -> str:
        """The one question to ask first, of whom, and what would follow; empty where none is."""
        return next(iter(self.asks), "")

    @property
    def asks(self) -> tuple[str, ...]:
        """Questions of which an answer would change its tier, side or band, the most first."""
        return tuple(
            f"{one.whom}: {one.what} {one.then(self.rank, self.tier)}"
            for one in self.sure.asks_that_matter[:SHOWN_ASKS]
        )

    @property
    def raising(self) -> tuple[Reason, ...]:
        """Known facts that raise concern: rules first, then the model's, the strongest first."""
        return tuple(one for one in self.reasons if one.direction == "raises" and one.known)

    @property
    def protective(self) -> tuple[Reason, ...]:
        """Facts that lower concern, the strongest first."""
        return tuple(one for one in self.reasons if one.direction == "lowers" and one.known)

    @property
    def unknown(self) -> tuple[Reason, ...]:
        """Facts that are not known, those that move the score most first."""
        return tuple(one for one in self.reasons if not one.known)

    @property
    def records(self) -> tuple[tuple[Record, tuple[int, ...]], ...]:
        """Each record behind some reason once, the latest first, and those reasons' numbers."""
        behind: defaultdict[Record, list[int]] = defaultdict(list)
        for reason in self.raising + self.protective:
            for record in reason.records:
                behind[record].append(reason.number)
        return tuple(
            (record, tuple(numbers))
            for record, numbers in sorted(behind.items(), key=lambda item: latest_first(item[0]))
        )

    @property
    def fired(self) -> tuple[RuleSeen, ...]:
        """Rules that fired."""
        return tuple(one for one in self.rules if one.truth == "yes")

    @property
    def would_fire(self) -> tuple[RuleSeen, ...]:
        """Rules that may fire once what is not known is known."""
        return tuple(one for one in self.rules if one.truth == "unknown")

    @property
    def flags(self) -> tuple[RuleSeen, ...]:
        """What rules say of the referral without raising it: marks, routes, reserved places."""
        return tuple(
            one for one in self.fired if one.effect in MARKS or one.effect.startswith(ROUTE)
        )

    def main_reasons(self, number: int = 3) -> tuple[str, ...]:
        """Return the first reasons in few words: all rules as one, then the strongest facts."""
        titles = [one.title for one in self.raising if one.origin == "rule"]
        facts = [one.text for one in self.raising if one.origin == "model"]
        return tuple([*(["; ".join(titles)] if titles else []), *facts][:number])


@dataclass(frozen=True)
class Aside:
    """A referral that came in and is not ranked, and why."""

    referral_id: str
    person_id: str
    made_on: datetime.date | None
    agency_name: str
    kind: str
    kind_words: str
    rule_id: str
    text: str
    until: str
    rules: tuple[RuleSeen, ...] = ()

    @property
    def rests_on(self) -> str:
        """The records behind the rules that take it off the ranking, in sentences."""
        told = [one for one in self.rules if one.truth == "yes" and one.effect in TAKES_OFF]
        return " ".join(dict.fromkeys(one.rests_on for one in told if one.rests_on))


@dataclass(frozen=True)
class Note:
    """A thing to know, and its name."""

    title: str
    text: str


@dataclass(frozen=True)
class Faithful:
    """One measure of how far a list's reasons can be relied on; ``text`` says what it is."""

    measure: str
    value: float | None
    by_chance: float | None
    referrals: int
    text: str


@dataclass(frozen=True)
class ListPage:
    """All that the papers say of one list."""

    manifest: Manifest
    title: str
    as_of_words: str
    horizon: str
    chances: bool
    base_rate_words: str
    places: str
    opened_words: str
    discuss: tuple[Case, ...]
    near_misses: tuple[Case, ...]
    below: tuple[Case, ...]
    asides: tuple[Aside, ...]
    must_below: tuple[Case, ...]
    rules: tuple[RuleSeen, ...]
    cautions: tuple[str, ...] = ()
    sure_words: str = ""
    astride: str = ""
    gone: tuple[Gone, ...] = ()
    faithfulness: tuple[Faithful, ...] = ()

    @property
    def common_marks(self) -> Mapping[str, int]:
        """Marks that most cases bear, so that they set none apart, and how many bear each."""
        counts = Counter(flag.mark for case in self.cases for flag in case.flags)
        most = len(self.cases) / 2
        return {mark: count for mark, count in counts.items() if count > most}

    @property
    def common_words(self) -> str:
        """What marks most cases bear, in a sentence; empty where there are none."""
        told = "; ".join(f"“{mark}” ({count})" for mark, count in self.common_marks.items())
        if not told:
            return ""
        return (
            f"Most of the {number_of(len(self.cases), 'ranked case')} are marked alike, which is "
            f"told on their own pages and not here: {told}."
        )

    @property
    def faithful_words(self) -> tuple[str, ...]:
        """How far the reasons of this list can be relied on, in sentences."""
        return tuple(_faithful(self.faithfulness))

    @property
    def outcome(self) -> str:
        """What is foretold, with its horizon."""
        return predicted_outcome(self.manifest.model)

    @property
    def moved_words(self) -> str:
        """How many are new, up, down and gone since the list that this one is compared with."""
        against = self.manifest.against
        if against is None:
            return ""
        moves = [case.beside.move.status for case in self.cases if case.beside.move is not None]
        counts = {status: moves.count(status) for status in ("new", "up", "down", "same")}
        return (
            f"Since the list of {date_words(against.as_of)}: {counts['new']} new, {counts['up']} "
            f"up, {counts['down']} down, {counts['same']} in the same place, {len(self.gone)} gone."
        )

    @property
    def cases(self) -> tuple[Case, ...]:
        """Every ranked referral as it is told: by places, but linked ones beside one another."""
        return self.discuss + self.near_misses + self.below

    @property
    def line_words(self) -> str:
        """What stands at the line at capacity."""
        if self.cases and not self.manifest.panel.capacity:
            return "There is no room this time: every referral stands below the line."
        if len(self.cases) > len(self.discuss):
            return " ".join(
                words
                for words in (
                    f"Line at capacity: room for {self.places}.",
                    self.astride,
                    "The panel may take any case from below it instead.",
                )
                if words
            )
        return f"Every ranked referral is within capacity: room for {self.places}."

    @property
    def reading(self) -> tuple[Note, ...]:
        """How to read the list, and its limits."""
        return tuple(_reading(self))

    @property
    def told_in_full(self) -> tuple[Case, ...]:
        """Those that have a section of their own: to discuss, and near misses."""
        return self.discuss + self.near_misses


FAITHFUL = {
    "deletion": (
        "If reasons are taken away, the strongest first, {} of 100 parts of what sets a score "
        "apart are undone on average{}."
    ),
    "insertion": (
        "If another case is given these reasons, the strongest first, it makes {} of 100 parts of "
        "the way to this score on average{}."
    ),
    "agreement_top": (
        "Models taught on other draws of people give {} of 100 of the three strongest reasons "
        "too{}."
    ),
    "stability_top": (
        "After a week in which nothing happens, {} of 100 of the three strongest reasons are the "
        "same{}."
    ),
}
"""What each measure of a list's reasons says, with its value and what chance alone would give."""


def _faithful(measures: Iterable[Faithful]) -> Iterator[str]:
    found = {one.measure: one for one in measures if one.value is not None}
    if "additivity" in found:
        yield "The reasons of each case add up to its score: this was checked for every case."
    for name, template in FAITHFUL.items():
        if name in found:
            value, by_chance = found[name].value, found[name].by_chance
            chance = "" if by_chance is None else f" (in random order: {100 * by_chance:.0f})"
            yield template.format(f"{100 * (value or 0.0):.0f}", chance)


def predicted_outcome(model: ModelFacts) -> str:
    """Return what a model's probabilities are of, in words."""
    return outcome_words(model.outcome_meaning, model.horizon_days)


def _reading(page: ListPage) -> Iterator[Note]:
    yield Note(
        "Order",
        "Rules that the panel has adopted come first: they can raise a referral, never lower it. "
        "Within a tier the model's score decides. Places told as one, as in “4–7”, cannot be told "
        "apart; the last of them and the first of the next may still be close. Read the reasons, "
        "not the number.",
    )
    if page.chances:
        yield Note(
            "How likely",
            "It tells how many of 100 past cases with a like picture had "
            f"{page.outcome}. Of all referrals it was {page.base_rate_words}. It does not "
            "say what this person will do.",
        )
    yield Note(
        "Reasons",
        "Each says what moved the score or which rule applies, and names the records behind it. "
        "A reason is not a cause. What lowers a score is not proof of safety.",
    )
    if page.manifest.against is not None:
        yield Note(
            "Moves",
            f"Places are compared with those of {date_words(page.manifest.against.as_of)}. Why one "
            "moved is found by ranking that list again and changing one thing at a time: the "
            "model, the rules, the date, what was answered, what else became known, and last the "
            "other cases. To rise is no verdict; to fall is no all-clear, since time alone lowers "
            "many scores.",
        )
    if any(case.beside.together for case in page.cases):
        yield Note(
            "Linked cases",
            "Cases that share a victim or the like are told one after another, so that they can be "
            "heard together. Each keeps its own place, which is what decides who stands above the "
            "line.",
        )
    if any(case.beside.scales for case in page.cases):
        yield Note(
            "Scales of harm",
            "How grave an event is can be counted in several ways. Each place was found again by "
            "every other scale, with the same rules and the same model; where that moves it "
            "across the line, it is marked.",
        )
    yield Note(
        "What is not known is not “no”",
        "Facts that nobody recorded or asked about are listed as such; the list works with what "
        "is there.",
    )
    yield Note(
        "Provisional",
        "Answers to what is not known would change the tier, the band or the side of the line, and "
        "often enough to be marked. How often is taken from cases of which the answer is known; "
        "those nobody asked may differ, so each case page tells how far its place could move and "
        "what to ask first.",
    )
    if page.manifest.panel.reserved_places and page.manifest.panel.capacity:
        yield Note(
            "Reserved places",
            f"Of {page.places}, {page.manifest.panel.reserved_places} may be kept for referrals "
            "that a rule names, such as those of whom the police have no record: one that does "
            "not stand above the line by its order is brought there. Nobody whom a rule has "
            "raised gives way.",
        )
    yield Note(
        "No history with the police is not low risk",
        "Many of the gravest cases had none. Where little is on record, the score says little.",
    )
    yield Note(
        "Records are not the whole truth",
        "They show what was reported and written down. Agencies record in different ways. "
        "Some harm is never reported. A victim may stand in a record as a suspect.",
    )
    yield Note(
        "Scores are for referrals to this panel",
        f"They are as of {page.as_of_words}, and do not hold for other people, other dates or "
        "other purposes.",
    )
    yield Note(
        "What would change it",
        "Each change was tried by itself, and pairs of them where none alone crosses the line, "
        "with the same rules and the same model, while all other cases stay as they are. It is no "
        "forecast. Nobody is asked to wait for it.",
    )
    scale = "the model's own scale" if page.chances else "its scale of points"
    yield Note(
        "The drawing",
        "It starts where the model stands before it looks at a referral's facts. Filled bars "
        "raise the score, outlined bars lower it; numbers are those of the table beside it. "
        f"Weights (*) add up exactly to the score, on {scale}.",
    )
    if page.manifest.synthetic:
        yield Note(
            "Synthetic data",
            "Every person and record here is invented. Nothing on this page says how well the "
            "tool works on real referrals.",
        )


def latest_first(record: Record) -> tuple[int, str, str]:
    """Return what records are sorted by."""
    return -record.happened_on.toordinal(), record.source, record.event_id
