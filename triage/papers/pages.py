"""What stands on the papers, taken from a bundle alone: one typed page behind every format."""

from __future__ import annotations

import datetime
import itertools
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa

from triage.conditions import date_words
from triage.lists import Bundle, Manifest, ModelFacts
from triage.papers.beside import Beside, Gone, besides, gone
from triage.papers.changing import Changes, changes_by_case
from triage.papers.comparing import Comparison, SingleFact, Theme, compare, facts_of, themes_of
from triage.papers.places import Sure, astride_words, sure_words, sures
from triage.papers.rules_seen import ROUTE, RuleSeen, rules_met, rules_seen
from triage.papers.wording import (
    NO_EFFECT,
    chance_words,
    dates_words,
    effect_words,
    horizon_words,
    likely_sentence,
    number_of,
    outcome_words,
    probability_of,
    sentence,
    short_date,
)

__all__ = [
    "Aside",
    "Brought",
    "Case",
    "Fact",
    "ListPage",
    "Note",
    "Reason",
    "Record",
    "Step",
    "comparison",
    "list_page",
    "themes",
]

SHOWN_STEPS = 6
SHOWN_ASKS = 3
FLOORS = {"floor: urgent": 1, "floor: must_discuss": 2}
MARKS = ("flag", "reserve")
TAKES_OFF = ("ineligible", "hold")
KINDS = {
    "ineligible": "Not for this panel",
    "on_hold": "On hold",
    "set_aside": "Set aside: its record could not be used",
}


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
            for record, numbers in sorted(behind.items(), key=lambda item: _latest_first(item[0]))
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
        return _outcome(self.manifest.model)

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


def _outcome(model: ModelFacts) -> str:
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


def _cautions(manifest: Manifest) -> Iterator[str]:
    """Yield what must be said on the face of a list about who ordered it."""
    model = manifest.model
    for erasure in manifest.erasures:
        ranks = f", at {', '.join(map(str, erasure.ranks))}" if erasure.ranks else ""
        yield (
            f"Somebody was erased from this list on {date_words(erasure.on)}{ranks}. Nothing of "
            "them is left here, and the numbers at the head are those of the list as it was."
        )
    if model.role == "fallback":
        yield (
            "No model is approved for this panel. This list is ordered by the panel's rules, "
            f"and among equals by “{model.title}”, a comparator whose points people have set."
        )
    if model.retest_on is not None and manifest.as_of >= model.retest_on:
        yield (
            f"The model's approval has lapsed: it should have been tested again by "
            f"{date_words(model.retest_on)}. Until then do not rely on its order."
        )


def list_page(bundle: Bundle) -> ListPage:
    """Return the page of a list.

    Parameters
    ----------
    bundle : Bundle
        Its manifest's ``created_at`` and ``papers`` are not looked at, so that the papers are
        the same whenever they are made.
    """
    manifest = bundle.manifest
    cases = _beside_the_next(bundle, tuple(_cases(bundle)))
    told = sorted(cases, key=lambda case: case.beside.told_as)
    standing = {
        name: tuple(case for case in told if case.standing == name)
        for name in ("discuss", "near_miss", "below")
    }
    return ListPage(
        manifest=manifest,
        title=f"Discussion list as of {date_words(manifest.as_of)}",
        as_of_words=date_words(manifest.as_of),
        horizon=horizon_words(manifest.model.horizon_days),
        chances=manifest.model.unit == "log_odds",
        base_rate_words=chance_words(manifest.model.base_rate),
        places=number_of(manifest.panel.capacity, "case"),
        opened_words=_opened(manifest),
        discuss=standing["discuss"],
        near_misses=standing["near_miss"],
        below=standing["below"],
        asides=tuple(_asides(bundle)),
        must_below=tuple(case for case in cases if case.standing != "discuss" and case.tier <= 2),
        rules=tuple(rules_met(bundle)),
        cautions=tuple(_cautions(manifest)),
        faithfulness=tuple(Faithful(**row) for row in bundle.tables.faithfulness.to_pylist()),
        gone=tuple(gone(bundle)),
        sure_words=sure_words([case.sure for case in cases]),
        astride=astride_words(
            [case.sure for case in standing["discuss"] if not case.sure.reserved],
            [case.sure for case in cases if case.standing != "discuss"],
        ),
    )


def comparison(bundle: Bundle, case: Case, other: Case) -> Comparison:
    """Return why one case of a list stands above another, or below it.

    Parameters
    ----------
    bundle : Bundle
    case, other : Case
        Of the bundle's :func:`list_page`.
    """
    facts = facts_of(bundle.tables.weights, [case.referral_id, other.referral_id])
    return _compared(case, other, facts, bundle.manifest.model)


def _compared(
    case: Case, other: Case, facts: Mapping[str, tuple[SingleFact, ...]], model: ModelFacts
) -> Comparison:
    here, there = (facts.get(one.referral_id, ()) for one in (case, other))
    return compare(
        case,
        other,
        here,
        there,
        points=model.unit == "points",
        together=case.sure.shared and case.sure.band == other.sure.band,
    )


def _beside_the_next(bundle: Bundle, cases: tuple[Case, ...]) -> tuple[Case, ...]:
    """Return the cases with what would change them, and those told in full set beside the next."""
    full = [case for case in cases if case.standing != "below"]
    words = _Words(bundle.manifest.model)
    ids = [case.referral_id for case in cases[: len(full) + 1]]
    facts = facts_of(bundle.tables.weights, ids)
    changes = changes_by_case(bundle.tables.changes, {case.referral_id: case for case in cases})
    apart = _disagreements(bundle, words)
    told = []
    for case, following in itertools.zip_longest(cases, cases[1:]):
        changed = changes.get(case.referral_id)
        case = replace(case, disagreements=apart.get(case.referral_id, ()))
        if case.standing == "below":
            told.append(replace(case, changes=changed))
            continue
        themes = themes_of(facts.get(case.referral_id, ()), words.effect)
        next_ = _compared(case, following, facts, bundle.manifest.model) if following else None
        told.append(replace(case, themes=themes, above_next=next_, changes=changed))
    return tuple(told)


def _disagreements(bundle: Bundle, words: _Words) -> Mapping[str, tuple[str, ...]]:
    """Return where rules and model pull different ways, in sentences, by referral."""
    told: defaultdict[str, list[str]] = defaultdict(list)
    for row in bundle.tables.disagreements.to_pylist():
        told[row["referral_id"]].append(
            f"The rule “{row['title']}” raises this case on one fact: {row['text']}. In the "
            f"model the same fact {words.effect(row['contribution']).split()[0]} the score. "
            "The rule decides its tier. The panel should look at the record itself."
        )
    return {referral_id: tuple(texts) for referral_id, texts in told.items()}


def themes(bundle: Bundle, case: Case) -> tuple[Theme, ...]:
    """Return what the model makes of any case of a list, theme by theme.

    Parameters
    ----------
    bundle : Bundle
    case : Case
    """
    facts = facts_of(bundle.tables.weights, [case.referral_id])
    return themes_of(facts.get(case.referral_id, ()), _Words(bundle.manifest.model).effect)


def _opened(manifest: Manifest) -> str:
    first = manifest.as_of - datetime.timedelta(days=manifest.panel.open_days - 1)
    return f"{date_words(first)} to {date_words(manifest.as_of)}"


def _cases(bundle: Bundle) -> Iterator[Case]:
    tables, manifest = bundle.tables, bundle.manifest
    words = _Words(manifest.model)
    reasons = _reasons(bundle, words)
    sure = sures(bundle)
    beside = besides(bundle)
    rules = rules_seen(bundle)
    brought, facts = _by_referral(tables.brought), _by_referral(tables.facts)
    ranked = tables.referrals.num_rows
    for row in tables.referrals.to_pylist():
        told = reasons.get(row["referral_id"], ())
        seen = rules.get(row["referral_id"], ())
        yield Case(
            rank=row["rank"],
            sure=sure[row["referral_id"]],
            beside=beside[row["referral_id"]],
            referral_id=row["referral_id"],
            person_id=row["person_id"],
            made_on=row["made_on"],
            waited_days=(manifest.as_of - row["made_on"]).days,
            agency_name=row["agency_name"],
            route="not known" if row["route"] is None else row["route"],
            tier=row["tier"],
            tier_name=sentence(row["tier_name"]),
            standing=row["standing"],
            score=row["score"],
            probability=row["probability"],
            likely=words.likely(row["score"], row["probability"]),
            likely_sentence=words.sentence(row["score"], row["probability"]),
            why_here=_why_here(row, seen),
            alone=_alone(row, ranked),
            rules_alone_first=row["rules_alone_first"],
            rules_alone_last=row["rules_alone_last"],
            rules_alone=_shared(row["rules_alone_first"], row["rules_alone_last"], ranked),
            model_alone=row["model_alone"],
            reasons=told,
            rules=seen,
            base=row["base"],
            base_words=words.score(row["base"]),
            steps=tuple(_steps(row["base"], told, words)),
            brought=tuple(Brought(**one) for one in brought.get(row["referral_id"], ())),
            facts=tuple(Fact(**one) for one in facts.get(row["referral_id"], ())),
        )


@dataclass(frozen=True)
class _Words:
    """Scores in plain words: chances where the model speaks of them, else points."""

    model: ModelFacts

    def score(self, score: float) -> str:
        if self.model.unit == "points":
            return number_of(round(score), "point")
        return chance_words(probability_of(score))

    def effect(self, contribution: float) -> str:
        words = effect_words(contribution)
        if self.model.unit == "log_odds" or words == NO_EFFECT:
            return words
        return words.split()[0]

    def likely(self, score: float, probability: float | None) -> str:
        return self.score(score) if probability is None else chance_words(probability)

    def sentence(self, score: float, probability: float | None) -> str:
        if probability is None:
            return (
                f"This referral has {self.score(score)}. Points were set by people; they give an "
                "order, and do not say how likely harm is."
            )
        return likely_sentence(probability, self.model.base_rate, _outcome(self.model))


def _reasons(bundle: Bundle, words: _Words) -> Mapping[str, tuple[Reason, ...]]:
    records: defaultdict[tuple[str, int], list[Record]] = defaultdict(list)
    for row in bundle.tables.evidence.to_pylist():
        key = row.pop("referral_id"), row.pop("place")
        records[key].append(Record(**row))
    rules = bundle.tables.rules
    titles = dict(zip(rules["rule_id"].to_pylist(), rules["title"].to_pylist(), strict=True))
    told: defaultdict[str, list[Reason]] = defaultdict(list)
    for row in sorted(bundle.tables.reasons.to_pylist(), key=lambda row: row["place"]):
        referral_id, place = row.pop("referral_id"), row.pop("place")
        row.pop("feature_names")
        behind = sorted(records[referral_id, place], key=_latest_first)
        row["text"] = sentence(row["text"]).removesuffix(".")
        row["title"] = titles[row["name"]] if row["origin"] == "rule" else ""
        row["effect"] = words.effect(row["contribution"])
        told[referral_id].append(Reason(number=0, records=tuple(behind), **row))
    return {referral_id: tuple(_numbered(reasons)) for referral_id, reasons in told.items()}


def _numbered(reasons: Iterable[Reason]) -> Iterator[Reason]:
    """Yield reasons as they are told: what raises concern, what lowers it, and the others."""
    order = {"raises": 0, "lowers": 1, "none": 2}
    told = sorted(reasons, key=lambda one: 2 if not one.known else order[one.direction])
    return (replace(one, number=number) for number, one in enumerate(told, start=1))


def _latest_first(record: Record) -> tuple[int, str, str]:
    return -record.happened_on.toordinal(), record.source, record.event_id


def _why_here(row: Mapping[str, Any], rules: tuple[RuleSeen, ...]) -> str:
    floors = [one for one in rules if one.truth == "yes" and FLOORS.get(one.effect) == row["tier"]]
    if not floors:
        return (
            "No rule raises this referral. Its place comes from the model's score, "
            "below all those that a rule raises."
        )
    titles = "; ".join(dict.fromkeys(one.title for one in floors))
    tier = sentence(row["tier_name"])
    return (
        f"{'A rule puts' if len(floors) == 1 else 'Rules put'} this referral in the tier "
        f"“{tier}”: {titles}. Its place within that tier comes from the model's score."
    )


def _alone(row: Mapping[str, Any], ranked: int) -> str:
    """Return in one sentence what the rules alone, the model alone and both make of a place."""
    first, last = row["rules_alone_first"], row["rules_alone_last"]
    rules = f"place {first}" if first == last else f"any of the places {first} to {last}"
    if (first, last) == (1, ranked) and ranked > 1:
        rules = "any place at all"
    return (
        f"The rules alone would give it {rules}, the model alone place {row['model_alone']}; "
        f"both together give it place {row['rank']}."
    )


def _shared(first: int, last: int, ranked: int) -> str:
    if first == last:
        return f"place {first}"
    if (first, last) == (1, ranked):
        return "no order: no rule sets any referral apart"
    return f"any place from {first} to {last}; the rules do not order these"


def _steps(base: float, reasons: Iterable[Reason], words: _Words) -> Iterator[Step]:
    """Yield the strongest steps one by one, and all others as one, which sum to the score."""
    model = sorted(
        (one for one in reasons if one.origin == "model" and one.contribution),
        key=lambda one: -abs(one.contribution),
    )
    others = sum(one.contribution for one in reasons if one.origin == "rest")
    others += sum(one.contribution for one in model[SHOWN_STEPS:])
    told = [(one.text, one.contribution) for one in model[:SHOWN_STEPS]]
    told.append(("All other facts together", others))
    for number, (text, contribution) in enumerate(told, start=1):
        after = base + contribution
        yield Step(
            number=number,
            text=text,
            contribution=contribution,
            before=base,
            after=after,
            effect=words.effect(contribution),
            after_words=words.score(after),
        )
        base = after


def _asides(bundle: Bundle) -> Iterator[Aside]:
    rules = rules_seen(bundle)
    for row in bundle.tables.not_for_panel.to_pylist():
        yield Aside(
            referral_id=row["referral_id"],
            person_id=row["person_id"] or "not known",
            made_on=row["made_on"],
            agency_name=row["agency_name"] or "not known",
            kind=row["kind"],
            kind_words=KINDS.get(row["kind"], row["kind"]),
            rule_id=row["rule_id"] or "",
            text=sentence(row["text"]),
            until=row["until"] or "",
            rules=rules.get(row["referral_id"], ()),
        )


def _by_referral(table: pa.Table) -> Mapping[str, list[dict[str, Any]]]:
    rows: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in table.to_pylist():
        rows[row.pop("referral_id")].append(row)
    return rows
