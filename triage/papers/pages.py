"""The page behind every format of a list's papers, taken from a bundle alone."""

from __future__ import annotations

import datetime
import itertools
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa

from triage.conditions import date_words
from triage.lists import Bundle, Manifest, ModelFacts
from triage.papers.beside import besides, gone
from triage.papers.changing import changes_by_case
from triage.papers.comparing import Comparison, SingleFact, Theme, compare, facts_of, themes_of
from triage.papers.listed import (
    Aside,
    Brought,
    Case,
    Fact,
    Faithful,
    ListPage,
    Reason,
    Record,
    Step,
    latest_first,
    predicted_outcome,
)
from triage.papers.places import astride_words, sure_words, sures
from triage.papers.rules_seen import RuleSeen, rules_met, rules_seen
from triage.papers.wording import (
    NO_EFFECT,
    chance_words,
    effect_words,
    horizon_words,
    likely_sentence,
    number_of,
    probability_of,
    sentence,
)

__all__ = ["comparison", "list_page", "themes"]

SHOWN_STEPS = 6
FLOORS = {"floor: urgent": 1, "floor: must_discuss": 2}
KINDS = {
    "ineligible": "Not for this panel",
    "on_hold": "On hold",
    "set_aside": "Set aside: its record could not be used",
}


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
        return likely_sentence(probability, self.model.base_rate, predicted_outcome(self.model))


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
        behind = sorted(records[referral_id, place], key=latest_first)
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
