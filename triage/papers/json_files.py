"""The list and its cases as JSON, for other programs."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from triage.papers.beside import Beside
from triage.papers.comparing import Comparison
from triage.papers.listed import Aside, Case, ListPage, Reason
from triage.papers.places import Sure
from triage.papers.rules_seen import RuleRecord, RuleSeen

__all__ = ["aside_json", "case_json", "list_json"]

LEFT_OUT = {"created_at", "papers", "seal"}


def list_json(page: ListPage) -> str:
    """Return ``list.json``: all that the papers say, with every reason and record.

    Parameters
    ----------
    page : ListPage
    """
    return _text(
        {
            **_head(page),
            "referrals": [_case(case) for case in page.cases],
            "not_for_panel": [_aside(one) for one in page.asides],
            "faithfulness": [asdict(one) for one in page.faithfulness],
            "gone": [asdict(one) for one in page.gone],
        }
    )


def case_json(page: ListPage, case: Case, against: Comparison | None = None) -> str:
    """Return one case as it stands in ``list.json``, with its facts by theme and the list's head.

    Parameters
    ----------
    page : ListPage
    case : Case
    against : Comparison, optional
        With another case than the next.
    """
    told = _case(case) | {"themes": [asdict(theme) for theme in case.themes]}
    if against:
        told["against"] = asdict(against)
    return _text({**_head(page), "referral": told})


def aside_json(page: ListPage, aside: Aside) -> str:
    """Return one referral that is not ranked, with the list's head.

    Parameters
    ----------
    page : ListPage
    aside : Aside
    """
    return _text({**_head(page), "not_for_panel": _aside(aside)})


def _head(page: ListPage) -> dict[str, Any]:
    return {
        "standing_line": "A person decides. This list orders a discussion; it does not decide.",
        "list": page.manifest.model_dump(mode="json", exclude=LEFT_OUT),
    }


def _case(case: Case) -> dict[str, Any]:
    return {
        "rank": case.rank,
        "place": case.sure.band,
        "how_sure": _sure(case.sure),
        "beside": _beside(case.beside),
        "standing": case.standing,
        "referral_id": case.referral_id,
        "person_id": case.person_id,
        "made_on": case.made_on.isoformat(),
        "agency": case.agency_name,
        "route": case.route,
        "tier": case.tier,
        "tier_name": case.tier_name,
        "how_likely": case.likely_sentence,
        "probability": case.probability,
        "base": case.base,
        "score": case.score,
        "why_here": case.why_here,
        "alone": case.alone,
        "rules_alone": case.rules_alone,
        "rules_alone_first": case.rules_alone_first,
        "rules_alone_last": case.rules_alone_last,
        "model_alone": case.model_alone,
        "reasons": [_reason(reason) for reason in case.reasons],
        "rules": [_rule(rule) for rule in case.rules],
        "brought": [
            asdict(one) | {"latest_on": one.latest_on.isoformat() if one.latest_on else None}
            for one in case.brought
        ],
        "facts": [asdict(fact) for fact in case.facts],
        "disagreements": list(case.disagreements),
        "changes": asdict(case.changes) if case.changes else None,
        "above_next": asdict(case.above_next) if case.above_next else None,
    }


def _beside(beside: Beside) -> dict[str, Any]:
    told = asdict(beside) | {
        "places_over_all_scales": beside.range_words,
        "depends_on_scale": beside.depends_on_scale,
    }
    for one in told["joined"]:
        one["made_on"] = one["made_on"].isoformat()
    if beside.earlier is not None:
        told["earlier"]["as_of"] = beside.earlier.as_of.isoformat()
        told["earlier"]["heard"] = beside.earlier.heard
        met_on = beside.earlier.met_on
        told["earlier"]["met_on"] = met_on.isoformat() if met_on else None
    return told


def _sure(sure: Sure) -> dict[str, Any]:
    told = asdict(sure) | {"told": sure.told, "outlook": sure.outlook}
    for one in told["asks"]:
        one["last_on"] = one["last_on"].isoformat() if one["last_on"] else None
    return told


def _reason(reason: Reason) -> dict[str, Any]:
    told = asdict(reason)
    for record in told["records"]:
        record["happened_on"] = record["happened_on"].isoformat()
        record["known_on"] = record["known_on"].isoformat()
    return told


def _rule(rule: RuleSeen) -> dict[str, Any]:
    told = asdict(rule) | {"records": [_rule_record(one) for one in rule.records]}
    for leaf, seen in zip(told["leaves"], rule.leaves, strict=True):
        leaf["records"] = [one.record_id for one in seen.records]
    return told


def _rule_record(record: RuleRecord) -> dict[str, Any]:
    dates = {"happened_on": record.happened_on, "known_on": record.known_on}
    return asdict(record) | {name: day and day.isoformat() for name, day in dates.items()}


def _aside(one: Aside) -> dict[str, Any]:
    return asdict(one) | {
        "made_on": one.made_on.isoformat() if one.made_on else None,
        "rules": [_rule(rule) for rule in one.rules],
    }


def _text(content: dict[str, Any]) -> str:
    return json.dumps(content, indent=1, ensure_ascii=True, allow_nan=False) + "\n"
