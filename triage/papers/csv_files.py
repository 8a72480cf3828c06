"""The list as comma-separated text: one row a referral that came in, safe to open in a workbook."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping

from triage.papers.beside import Beside, Gone, Joined
from triage.papers.fields import COLUMNS
from triage.papers.listed import Aside, Case, ListPage
from triage.workspace import guarded

__all__ = ["case_csv", "list_csv"]

CASE_COLUMNS = (
    "list_id",
    "referral_id",
    "origin",
    "direction",
    "known",
    "text",
    "adds_to_score",
    "event_id",
    "source",
    "agency",
    "meaning",
    "happened_on",
    "known_on",
)


def list_csv(page: ListPage, *, only: str | None = None) -> str:
    """Return ``list.csv``: every referral that came in, and those gone since the last list.

    The ranked ones come first, in order, then those within their places and those not for this
    panel.

    Parameters
    ----------
    page : ListPage
    only : str, optional
        The id of the one referral that is wanted.
    """
    manifest = page.manifest
    shared = {
        "horizon_days": manifest.model.horizon_days,
        "base_rate": _number(manifest.model.base_rate),
        "list_id": manifest.list_id,
        "as_of": manifest.as_of.isoformat(),
        "synthetic": "yes" if manifest.synthetic else "no",
    }
    rows = [
        *(_case(one) for one in page.cases if only in (None, one.referral_id)),
        *(_joined(case, one) for case in page.cases for one in case.beside.joined if only is None),
        *(_aside(one) for one in page.asides if only in (None, one.referral_id)),
        *(_gone(one) for one in page.gone if only is None),
    ]
    columns = tuple(column.name for column in COLUMNS)
    return _text(columns, ({**row, **shared} for row in rows))


def case_csv(page: ListPage, case: Case) -> str:
    """Return the reasons of one case, one row a record behind a reason.

    Parameters
    ----------
    page : ListPage
    case : Case
    """
    rows: list[dict[str, object]] = []
    for reason in case.reasons:
        told: dict[str, object] = {
            "list_id": page.manifest.list_id,
            "referral_id": guarded(case.referral_id),
            "origin": reason.origin,
            "direction": reason.direction,
            "known": "yes" if reason.known else "no",
            "text": guarded(reason.text),
            "adds_to_score": _number(reason.contribution),
        }
        rows.extend(
            {
                **told,
                "event_id": guarded(record.event_id),
                "source": guarded(record.source),
                "agency": guarded(record.agency_name),
                "meaning": guarded(record.meaning),
                "happened_on": record.happened_on.isoformat(),
                "known_on": record.known_on.isoformat(),
            }
            for record in reason.records
        )
        if not reason.records:
            rows.append(told)
    return _text(CASE_COLUMNS, rows)


def _case(case: Case) -> dict[str, object]:
    reasons = [guarded(text) for text in case.main_reasons()]
    first = next(iter(case.sure.asks_that_matter), None)
    return {
        "standing": case.standing,
        "rank": case.rank,
        "place": case.sure.band,
        "referral_id": guarded(case.referral_id),
        "person_id": guarded(case.person_id),
        "made_on": case.made_on.isoformat(),
        "agency": guarded(case.agency_name),
        "route": guarded(case.route),
        "tier": guarded(case.tier_name),
        **{f"reason_{number}": text for number, text in enumerate(reasons, start=1)},
        "not_known": len(case.unknown),
        "provisional": "yes" if case.sure.provisional else "no",
        "best_rank": case.sure.best_rank,
        "worst_rank": case.sure.worst_rank,
        "ask_whom": guarded(first.whom) if first else "",
        "ask_first": guarded(f"{first.what} {first.then(case.rank, case.tier)}") if first else "",
        "reserved": "yes" if case.sure.reserved else "no",
        "how_likely": case.likely,
        "score": _number(case.score),
        "probability": _known(case.probability),
        **{
            name: _known(getattr(case.sure, name))
            for name in ("score_low", "score_high", "chance_within_capacity")
        },
        **_beside(case.beside),
    }


def _beside(beside: Beside) -> dict[str, object]:
    move, earlier = beside.move, beside.earlier
    return {
        "also_referred_as": guarded(" ".join(one.referral_id for one in beside.joined)),
        "linked_to": guarded(" ".join(one.referral_id for one in beside.links)),
        "told_as": beside.told_as,
        "stands_beside": guarded(beside.together.referral_id if beside.together else ""),
        "places_on_other_scales": "; ".join(f"{one.scale} {one.rank}" for one in beside.scales),
        "depends_on_scale": "yes" if beside.depends_on_scale else "no",
        "last_to_be_discussed": earlier.as_of.isoformat() if earlier and earlier.heard else "",
        "moved": move.status if move else "",
        "rank_then": move.rank_then if move and move.rank_then is not None else "",
        "why_moved": guarded(move.text) if move else "",
    }


def _joined(case: Case, one: Joined) -> dict[str, object]:
    return {
        "standing": f"joined to {guarded(case.referral_id)}",
        "rank": case.rank,
        "referral_id": guarded(one.referral_id),
        "person_id": guarded(case.person_id),
        "made_on": one.made_on.isoformat(),
        "agency": guarded(one.agency_name),
        "route": guarded(one.route),
        "tier": guarded(one.tier_name),
        **{
            f"reason_{number}": guarded(text)
            for number, text in enumerate(one.reasons[:3], start=1)
        },
    }


def _gone(one: Gone) -> dict[str, object]:
    return {
        "standing": "gone",
        "referral_id": guarded(one.referral_id),
        "person_id": guarded(one.person_id),
        "moved": "gone",
        "rank_then": one.rank_then,
        "why_moved": guarded(one.text),
    }


def _aside(one: Aside) -> dict[str, object]:
    return {
        "standing": one.kind,
        "referral_id": guarded(one.referral_id),
        "person_id": guarded(one.person_id),
        "made_on": one.made_on.isoformat() if one.made_on else "",
        "agency": guarded(one.agency_name),
        "reason_1": guarded(one.text),
    }


def _known(value: float | None) -> str:
    return "" if value is None else _number(value)


def _number(value: float) -> str:
    return f"{value:.6f}"


def _text(columns: tuple[str, ...], rows: Iterable[Mapping[str, object]]) -> str:
    sink = io.StringIO()
    writer = csv.DictWriter(sink, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return sink.getvalue()
