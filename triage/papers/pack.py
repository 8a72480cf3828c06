"""The panel's pack as a tagged PDF: a cover, the list, a sheet a case, and how to read it."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from triage.conditions import date_words
from triage.papers.listed import Aside, Case, ListPage, Reason
from triage.papers.typesetting import typeset
from triage.papers.wording import number_of, sentence, short_date

__all__ = ["list_pdf"]

FACTS_SHOWN, UNKNOWN_SHOWN, RECORDS_SHOWN = 5, 5, 6
NARROWEST = 0.004
UNBROKEN = "\u00a0"  # between a sign and its word


def list_pdf(page: ListPage) -> bytes:
    """Return the pack of a list as PDF/UA-1, the same bytes for the same page.

    Parameters
    ----------
    page : ListPage
    """
    return typeset("pack", _pack(page), page.manifest.as_of)


def _pack(page: ListPage) -> dict[str, Any]:
    manifest = page.manifest
    return {
        "title": page.title,
        "panel": manifest.panel.name,
        "area": manifest.panel.area,
        "handling": manifest.panel.papers.handling,
        "synthetic": manifest.synthetic,
        "list_id": manifest.list_id,
        "cautions": page.cautions,
        "about": list(_about(page)),
        "opening": list(_opening(page)),
        "likely_head": f"Within {page.horizon}" if page.chances else "Score",
        "line": page.line_words,
        "discuss": [_row(case, page.common_marks) for case in page.discuss],
        "near_misses": [_row(case, page.common_marks) for case in page.near_misses],
        "sheets": [_sheet(case) for case in page.told_in_full],
        "gone": [
            {
                "place": str(one.rank_then),
                "referral_id": one.referral_id,
                "person": f"Person {one.person_id}",
                "text": one.text,
            }
            for one in page.gone
        ],
        "asides": [_aside(one) for one in page.asides],
        "reading": [{"title": note.title, "text": note.text} for note in page.reading],
    }


def _about(page: ListPage) -> Iterator[tuple[str, str]]:
    manifest, model = page.manifest, page.manifest.model
    counts = manifest.counts
    yield "As of", f"{page.as_of_words}: only what was on record before that day is used"
    yield "Referrals", f"made from {page.opened_words}: {counts.referrals_in} came in"
    yield (
        "Where they are",
        f"{len(page.discuss)} to discuss, {len(page.near_misses)} near misses, {len(page.below)} "
        f"further down, {counts.not_for_panel} not for this panel, {counts.set_aside} set aside",
    )
    yield "Capacity", f"room for {page.places}"
    yield "Ordered by", f"the panel's rules, then “{model.title}”, version {model.version}"
    if model.retest_on is not None:
        yield "Test again by", date_words(model.retest_on)
    if page.chances:
        yield "“How likely”", f"{page.outcome}; {page.base_rate_words} of all referrals"
    yield "Policy", f"configuration {_digest(manifest.configs)}, code {manifest.code_version}"


def _digest(hashes: Mapping[str, str]) -> str:
    """Return one short name for many files' hashes."""
    together = "".join(f"{name}{sha256}" for name, sha256 in sorted(hashes.items()))
    return hashlib.sha256(together.encode()).hexdigest()[:12]


def _opening(page: ListPage) -> Iterator[str]:
    if page.must_below:
        places = ", ".join(str(case.rank) for case in page.must_below)
        count = len(page.must_below)
        yield (
            f"Room is short. {number_of(count, 'referral')} that a rule raises "
            f"{'stands' if count == 1 else 'stand'} below the line: {places}."
        )
    if not page.cases:
        yield "No referral is ranked on this list."
    yield from filter(None, (page.sure_words, page.common_words, page.moved_words))


def _row(case: Case, common: Collection[str] = ()) -> dict[str, Any]:
    return {
        "rank": case.rank,
        "place": case.sure.band,
        "referral_id": case.referral_id,
        "person": f"Person {case.person_id}",
        "tier": case.tier,
        "tier_name": case.tier_name,
        "marks": [
            *(["Reserved place"] if case.sure.reserved else []),
            *([case.sure.mark] if case.sure.provisional else []),
            *(flag.mark for flag in case.flags if flag.mark not in common),
            *(mark.replace(" ", UNBROKEN, 1) for mark in case.beside.marks if mark),
        ],
        "agency": case.agency_name,
        "made": f"made {short_date(case.made_on)}",
        "why": case.main_reasons() or ("Nothing on record raises it",),
        "likely": sentence(case.likely),
        "line": sentence(case.sure.line),
    }


def _sheet(case: Case) -> dict[str, Any]:
    raising, protective, unknown = case.raising, case.protective, case.unknown
    return _row(case) | {
        "place_words": f"Place {case.sure.band}",
        "facts": (
            f"Person {case.person_id} · referred by {case.agency_name} on "
            f"{date_words(case.made_on)} ({number_of(case.waited_days, 'day')} before this list)"
            + (f" · route: {case.route}" if case.route else "")
        ),
        "likely_sentence": case.likely_sentence,
        "notes": [{"title": one.title, "text": one.text} for one in case.flags],
        "raising": [_reason(one) for one in raising[:FACTS_SHOWN]],
        "raising_left": max(len(raising) - FACTS_SHOWN, 0),
        "protective": [_reason(one) for one in protective[:FACTS_SHOWN]],
        "protective_left": max(len(protective) - FACTS_SHOWN, 0),
        "unknown": [
            sentence(one.text.removeprefix("Not known: ")) for one in unknown[:UNKNOWN_SHOWN]
        ],
        "unknown_left": max(len(unknown) - UNKNOWN_SHOWN, 0),
        "ask": list(case.asks),
        "sheet": [
            {"heading": heading, "facts": [sentence(fact.text) for fact in facts]}
            for heading, facts in case.sheet.items()
        ],
        "beside": [{"heading": title, "facts": texts} for title, texts in case.beside.sections],
        "why_here": " ".join(
            [
                case.why_here,
                case.alone,
                case.sure.told,
                case.sure.outlook,
                *([f"{one.title}: {one.why}"] if (one := case.above_next) else []),
            ]
        ),
        "changes": [one.text for one in case.changes.told] if case.changes else [],
        "base_words": case.base_words,
        "steps": list(_steps(case)),
        "brought": case.brought_words,
        "records": [
            {
                "date": short_date(record.happened_on),
                "meaning": sentence(record.meaning),
                "agency": record.agency_name,
                "record": f"{record.event_id} ({record.source})",
                "reasons": ", ".join(str(number) for number in numbers),
            }
            for record, numbers in case.records[:RECORDS_SHOWN]
        ],
        "records_left": max(len(case.records) - RECORDS_SHOWN, 0),
    }


def _reason(reason: Reason) -> dict[str, Any]:
    return {
        "number": reason.number,
        "title": reason.title,
        "text": reason.dated,
        "origin": reason.origin,
    }


def _steps(case: Case) -> Iterator[dict[str, Any]]:
    """Yield the steps of a score, each bar as shares of the drawing's width."""
    ends = [case.base, *(step.after for step in case.steps)]
    low, width = min(ends), max(max(ends) - min(ends), 0.1)
    for step in case.steps:
        left = min(step.before, step.after)
        yield {
            "text": step.text,
            "effect": step.effect,
            "after": step.after_words,
            "raises": step.contribution >= 0,
            "left": (left - low) / width,
            "width": max(abs(step.contribution) / width, NARROWEST),
            "zero": (case.base - low) / width,
        }


def _aside(one: Aside) -> dict[str, Any]:
    made = f" on {short_date(one.made_on)}" if one.made_on else ""
    return {
        "referral_id": one.referral_id,
        "person": f"Person {one.person_id}",
        "agency": f"{one.agency_name}{made}",
        "kind": f"{one.kind_words}.",
        "text": " ".join(
            filter(None, (one.text, f"Until: {one.until}." if one.until else "", one.rests_on))
        ),
    }
