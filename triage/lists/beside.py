"""What stands beside a place: its case, links, other scales, earlier lists, and how it moved."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence

import pyarrow as pa

from triage.lists.schemas import schema

__all__ = [
    "ANSWERS",
    "BESIDE",
    "CAUSES",
    "EARLIER",
    "HEARD",
    "JOINED",
    "LINKS",
    "MOVES",
    "SCALES",
    "broken_beside",
]

JOINED = schema(
    referral_id=pa.string(),
    case_id=pa.string(),
    person_id=pa.string(),
    made_on=pa.date32(),
    agency_name=pa.string(),
    route=(pa.string(),),
    tier_name=pa.string(),
    reasons=pa.list_(pa.string()),
)
"""Further referrals of people who are ranked: each stands within the place of ``case_id``, another
referral of the same person. ``tier_name`` is where it would stand by itself; ``reasons`` are what
it adds, in plain words: rules that apply to it and not to the other, and other answers."""

LINKS = schema(referral_id=pa.string(), other_id=pa.string(), by=pa.string())
"""Which referrals of this list are of people who are linked, both ways: ``by`` is what they share
("a victim"), and never who or which."""

HEARD = schema(
    referral_id=pa.string(), heard=pa.int32(), beside_id=(pa.string(),), by=(pa.string(),)
)
"""In which order the ranked referrals are told (``heard`` from 1): by their places, but that linked
ones of one tier on one side of the line stand together. Those that do not stand at their own place
name the one beside which they stand and what they share; see
:func:`triage.ranking.stand_together`."""

SCALES = schema(
    referral_id=pa.string(),
    scale=pa.string(),
    title=pa.string(),
    rank=pa.int32(),
    standing=pa.string(),
)
"""Where each ranked referral would stand if harm were counted on another scale of configs/harm/."""

EARLIER = schema(
    referral_id=pa.string(),
    list_id=pa.string(),
    as_of=pa.date32(),
    rank=pa.int32(),
    standing=pa.string(),
    then_id=pa.string(),
    lists=pa.int32(),
    records=pa.int32(),
    changes=pa.list_(pa.string()),
    decision=(pa.string(),),
    met_on=(pa.date32(),),
)
"""Ranked referrals whose person stood on an earlier list: the last on which the panel decided, else
the last on which they were within capacity, else the last on which they stood. ``then_id`` is the
referral under which; ``lists`` on how many earlier lists; ``records`` how many of the person's
records became known since; ``changes`` the facts that have changed, in plain words, those that move
the score most first; ``decision`` and ``met_on`` what the panel decided and when it met, where the
record has that."""

CAUSES = ("model", "policy", "clock", "answers", "facts", "others")
"""Why a place changed, in the order in which it is asked."""

MOVES = schema(
    referral_id=pa.string(),
    person_id=pa.string(),
    status=pa.string(),
    rank_then=(pa.int32(),),
    rank_now=(pa.int32(),),
    standing_then=(pa.string(),),
    model=(pa.int32(),),
    policy=(pa.int32(),),
    clock=(pa.int32(),),
    answers=(pa.int32(),),
    facts=(pa.int32(),),
    others=(pa.int32(),),
    text=pa.string(),
)
"""How each case moved since the list that the manifest names under ``against``. ``status`` is
``new``, ``up``, ``down``, ``same`` or ``gone``. The places that each cause raised it (below 0:
lowered it) sum to ``rank_then`` − ``rank_now``; they are null for what is new or gone. ``text``
says why in plain words. Those that are gone are told under the referral that they had then."""

ANSWERS = schema(referral_id=pa.string(), field=pa.string(), value=pa.string())
"""What was known of each ranked referral and its person themselves: the answers of the form, the
age, the dates. What was not known has no row; free texts are not kept."""

BESIDE = {
    "answers": ANSWERS,
    "joined": JOINED,
    "links": LINKS,
    "heard": HEARD,
    "scales": SCALES,
    "earlier": EARLIER,
    "moves": MOVES,
}


def broken_beside(
    ranked: Sequence[str], aside: Sequence[str], tables: Mapping[str, pa.Table]
) -> Iterator[str]:
    """Yield what must hold of these tables, and does not.

    Parameters
    ----------
    ranked, aside : sequence of str
        The referrals that are ranked, in order, and those not for this panel.
    tables : mapping of str to pyarrow.Table
        Those of :data:`BESIDE`.
    """
    rank = {name: place for place, name in enumerate(ranked, start=1)}
    yield from _loose(tables["joined"]["case_id"].to_pylist(), ranked, "joins a case with no rank")
    for table, what in (
        (tables["earlier"], "stood on a list"),
        (tables["answers"], "gave answers"),
    ):
        yield from _loose(table["referral_id"].to_pylist(), ranked, f"{what} and has no rank")
    here = [*ranked, *aside]
    one, other = (tables["links"][name].to_pylist() for name in ("referral_id", "other_id"))
    pairs = set(zip(one, other, strict=True))
    yield from _loose([name for pair in pairs for name in pair], here, "is linked and not here")
    if any(pair[::-1] not in pairs for pair in pairs):
        yield "a link is told on one side only"
    yield from _wrong_hearing(tables["heard"], ranked, pairs)
    for scale in sorted(set(tables["scales"]["scale"].to_pylist())):
        rows = [row for row in tables["scales"].to_pylist() if row["scale"] == scale]
        if sorted(row["rank"] for row in rows) != list(range(1, len(ranked) + 1)) or {
            row["referral_id"] for row in rows
        } != set(ranked):
            yield f"the places by the scale '{scale}' are not those of the ranked referrals"
    yield from _wrong_moves(tables["moves"], rank)


def _wrong_hearing(
    heard: pa.Table, ranked: Sequence[str], links: Collection[tuple[str, str]]
) -> Iterator[str]:
    rows = heard.to_pylist()
    if not rows:
        return
    if sorted(row["heard"] for row in rows) != list(range(1, len(ranked) + 1)) or {
        row["referral_id"] for row in rows
    } != set(ranked):
        yield "the order in which the list is told does not hold every ranked referral once"
    if any(
        row["beside_id"] and (row["referral_id"], row["beside_id"]) not in links for row in rows
    ):
        yield "a referral stands beside one to which it is not linked"


def _loose(names: Sequence[str], known: Sequence[str], what: str) -> Iterator[str]:
    loose = len(set(names) - set(known))
    if loose:
        yield f"{loose} referral(s): {what}"


def _wrong_moves(moves: pa.Table, rank: dict[str, int]) -> Iterator[str]:
    rows = moves.to_pylist()
    now = Counter(row["referral_id"] for row in rows if row["status"] != "gone")
    if rows and now != dict.fromkeys(rank, 1):
        yield "the moves are not those of every ranked referral, once"
        return
    for row in rows:
        causes = [row[name] for name in CAUSES]
        if row["status"] in ("new", "gone"):
            wrong = any(cause is not None for cause in causes)
        else:
            wrong = None in causes or sum(causes) != row["rank_then"] - row["rank_now"]
        if wrong or (row["status"] != "gone" and row["rank_now"] != rank[row["referral_id"]]):
            yield f"the causes of the move of '{row['referral_id']}' do not sum to it"
