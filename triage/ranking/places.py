"""From tiers and scores to places on a list, with nothing lost on the way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from triage.errors import Problem, TriageError
from triage.ranking.line import draw_line
from triage.ranking.tiers import Exclusion, Tier, exclusions_of, tiers_of
from triage.rules import RESERVE, Trace

__all__ = [
    "Ranking",
    "SetAside",
    "assert_nothing_is_lost",
    "order_of",
    "rank",
    "rank_by_score_alone",
]

Floats = npt.NDArray[np.float64]
Positions = npt.NDArray[np.int64]
Ranks = npt.NDArray[np.int32]
Marks = npt.NDArray[np.bool_]

KINDS = ("on_hold", "ineligible", "set_aside")
PLACES = pa.schema(
    [
        pa.field(name, kind, nullable=False)
        for name, kind in (
            ("rank", pa.int32()),
            ("referral_id", pa.string()),
            ("tier", pa.int8()),
            ("tier_name", pa.string()),
            ("score", pa.float64()),
            ("standing", pa.string()),
            ("within_capacity", pa.bool_()),
            ("reserved", pa.bool_()),
            ("raised_by_rules", pa.bool_()),
            ("rules_alone_first", pa.int32()),
            ("rules_alone_last", pa.int32()),
            ("model_alone", pa.int32()),
        )
    ]
)
NOT_FOR_PANEL = pa.schema(
    [
        pa.field("referral_id", pa.string(), nullable=False),
        pa.field("kind", pa.string(), nullable=False),
        pa.field("rule_id", pa.string()),
        pa.field("text", pa.string(), nullable=False),
        pa.field("until", pa.string()),
    ]
)


@dataclass(frozen=True)
class SetAside:
    """A row of a referral that could not be used, as the check of the extracts found it.

    Parameters
    ----------
    referral_id : str
        Where no id could be read: the file and the line.
    reason : str
        Why, in plain words, without a value of the row.
    """

    referral_id: str
    reason: str


@dataclass(frozen=True)
class Ranking:
    """Every referral that came in, once.

    Parameters
    ----------
    places : pyarrow.Table
        One row a ranked referral, in order: ``rank`` (from 1), ``referral_id``, ``tier`` (1
        urgent, 2 must discuss, 3 by score), ``tier_name``, ``score``, ``standing`` (``discuss``,
        ``near_miss`` or ``below``), ``within_capacity``, ``reserved`` (within it only on a place
        that is kept, see :func:`triage.ranking.draw_line`), ``raised_by_rules`` (a floor put it
        above its place by score), ``rules_alone_first`` and ``rules_alone_last`` (the places that
        the rules alone would leave it to share), ``model_alone`` (its place by score alone).
    not_for_panel : pyarrow.Table
        One row a referral that is not ranked: ``referral_id``, ``kind`` (``on_hold``,
        ``ineligible`` or ``set_aside``), ``rule_id`` (null where set aside), ``text`` and
        ``until`` (what has to happen before a referral on hold is heard; else null).
    rows : ndarray of int64, shape (n_ranked,)
        For each place, the row of the referral in what was ranked.
    capacity : int
        How many the panel can discuss.
    """

    places: pa.Table
    not_for_panel: pa.Table
    rows: Positions
    capacity: int

    @property
    def floors_below_the_line(self) -> int:
        """How many referrals that a rule raised are not within the panel's capacity."""
        raised = pc.less(self.places["tier"], int(Tier.SCORED))
        outside = pc.invert(self.places["within_capacity"])
        return int(pc.sum(pc.and_(raised, outside)).as_py() or 0)


def rank(
    referral_ids: Sequence[str],
    scores: Floats,
    trace: Trace,
    *,
    capacity: int,
    near_misses: int = 0,
    reserved_places: int = 0,
    set_aside: Sequence[SetAside] = (),
) -> Ranking:
    """Return every referral's place, or why it has none.

    Parameters
    ----------
    referral_ids : sequence of str, shape (n_rows,)
        Each once.
    scores : ndarray of float64, shape (n_rows,)
        More means more; any unit. A referral that is not for this panel needs none (NaN).
    trace : Trace
        What became of the rules on these rows.
    capacity : int
        How many the panel can discuss; 0 or more than there are is allowed.
    near_misses : int
        How many below the line are told with the same care.
    reserved_places : int
        How many places are kept for those on whom a rule of that effect fires.
    set_aside : sequence of SetAside
        Rows that the check rejected. Several of one referral are told as one; one of a referral
        that also came in whole (a repeated row) is not told here, since that referral has its
        place.

    Raises
    ------
    TriageError
        A referral that is to be ranked has no finite score.
    ValueError
        The arguments do not belong together, or an id stands twice.

    Notes
    -----
    Order: tier, then score from high to low, then ``referral_id`` by code point. The order of the
    rows does not matter.
    """
    _check_arguments(referral_ids, scores, trace, capacity, near_misses)
    excluded = exclusions_of(trace)
    ranked = np.array([row for row in range(len(referral_ids)) if row not in excluded], np.int64)
    ids = np.asarray(referral_ids, dtype=object)
    _check_scores(scores[ranked], ids[ranked])
    tiers = tiers_of(trace)[ranked]
    order = order_of(tiers, scores[ranked], ids[ranked])
    alone = rank_by_score_alone(scores[ranked], ids[ranked])[order]
    rows = ranked[order]
    within, reserved = draw_line(
        tiers[order],
        trace.fires(RESERVE)[rows],
        capacity=capacity,
        reserved_places=reserved_places,
    )
    near = ~within & (np.cumsum(~within) <= near_misses)
    ranking = Ranking(
        places=_places(ids[rows], tiers[order], scores[rows], alone, within, reserved, near),
        not_for_panel=_not_for_panel(referral_ids, excluded, set_aside),
        rows=rows,
        capacity=capacity,
    )
    came_in = {*referral_ids, *(one.referral_id for one in set_aside)}
    assert_nothing_is_lost(came_in, ranking)
    return ranking


def order_of(
    tiers: npt.NDArray[np.int8],
    scores: Floats,
    referral_ids: Sequence[str] | npt.NDArray[np.object_],
) -> Positions:
    """Return the positions of referrals from the top of a list to its end.

    Tier first, then score from high to low, then id.

    Examples
    --------
    >>> tiers, scores = np.array([3, 3, 1], dtype=np.int8), np.array([0.5, 0.5, 0.1])
    >>> order_of(tiers, scores, ["b", "a", "c"]).tolist()
    [2, 1, 0]
    """
    by_id = np.argsort(np.asarray(referral_ids, dtype=object), kind="stable")
    return np.asarray(by_id[np.lexsort((-scores[by_id], tiers[by_id]))])


def rank_by_score_alone(
    scores: Floats, referral_ids: Sequence[str] | npt.NDArray[np.object_]
) -> Ranks:
    """Return the place that each referral would have if no rule raised any.

    Examples
    --------
    >>> rank_by_score_alone(np.array([0.1, 0.9, 0.1]), ["b", "c", "a"]).tolist()
    [3, 1, 2]
    """
    order = order_of(np.zeros(len(scores), dtype=np.int8), scores, referral_ids)
    ranks = np.empty(len(scores), dtype=np.int32)
    ranks[order] = np.arange(1, len(scores) + 1)
    return ranks


def assert_nothing_is_lost(came_in: Iterable[str], ranking: Ranking) -> None:
    """Make sure that every referral that came in stands on the ranking once.

    Parameters
    ----------
    came_in : iterable of str
        The ids of all referrals, each once.
    ranking : Ranking

    Raises
    ------
    AssertionError
        Naming how many are lost, told twice, or came from nowhere. It is an error of the engine.
    """
    told = Counter(
        ranking.places["referral_id"].to_pylist() + ranking.not_for_panel["referral_id"].to_pylist()
    )
    expected = Counter(list(came_in))
    lost, extra = expected - told, told - expected
    if lost or extra:
        raise AssertionError(
            f"a ranking must hold every referral once: {lost.total()} lost, "
            f"{extra.total()} too many (first: {min([*lost, *extra])})"
        )


def _check_arguments(
    referral_ids: Sequence[str], scores: Floats, trace: Trace, capacity: int, near_misses: int
) -> None:
    if not len(referral_ids) == len(scores) == trace.n_rows:
        raise ValueError(
            f"{len(referral_ids)} referrals, {len(scores)} scores and {trace.n_rows} rows of rules "
            "do not belong together"
        )
    if len(set(referral_ids)) < len(referral_ids):
        raise ValueError("a referral stands twice in what is to be ranked")
    if capacity < 0 or near_misses < 0:
        raise ValueError("capacity and near_misses must not be below 0")


def _check_scores(scores: Floats, ids: npt.NDArray[np.object_]) -> None:
    without = ids[~np.isfinite(scores)]
    if len(without):
        raise TriageError(
            Problem(
                "ranking",
                "every referral that is ranked must have a score that is a number",
                f"{len(without)} of {len(ids)} without one (first: referral '{min(without)}')",
                "The model in use cannot score these; promote another with 'triage promote'.",
            )
        )


def _places(
    ids: npt.NDArray[np.object_],
    tiers: npt.NDArray[np.int8],
    scores: Floats,
    alone: Ranks,
    within: Marks,
    reserved: Marks,
    near: Marks,
) -> pa.Table:
    ranks = np.arange(1, len(ids) + 1, dtype=np.int32)
    names = {int(tier): tier.words for tier in Tier}
    columns = {
        "rank": ranks,
        "referral_id": ids,
        "tier": tiers,
        "tier_name": [names[tier] for tier in tiers.tolist()],
        "score": scores,
        "standing": np.where(within, "discuss", np.where(near, "near_miss", "below")).tolist(),
        "within_capacity": within,
        "reserved": reserved,
        "raised_by_rules": ranks < alone,
        "rules_alone_first": np.searchsorted(tiers, tiers, side="left") + 1,
        "rules_alone_last": np.searchsorted(tiers, tiers, side="right"),
        "model_alone": alone,
    }
    return pa.table(
        {name: pa.array(columns[name], PLACES.field(name).type) for name in columns}, PLACES
    )


def _not_for_panel(
    referral_ids: Sequence[str],
    excluded: Mapping[int, Exclusion],
    set_aside: Sequence[SetAside],
) -> pa.Table:
    whole = set(referral_ids)
    told: dict[str, dict[str, None]] = {}
    for one in set_aside:
        if one.referral_id not in whole:
            told.setdefault(one.referral_id, {})[one.reason] = None
    rows = [
        *(
            (exclusion.kind, referral_ids[row], exclusion.rule_id, exclusion.text, exclusion.until)
            for row, exclusion in excluded.items()
        ),
        *(("set_aside", name, "", " ".join(reasons), "") for name, reasons in told.items()),
    ]
    rows.sort(key=lambda row: (KINDS.index(row[0]), row[1]))
    return pa.Table.from_pylist(
        [
            {
                "referral_id": referral_id,
                "kind": kind,
                "rule_id": rule_id or None,
                "text": text,
                "until": until or None,
            }
            for kind, referral_id, rule_id, text, until in rows
        ],
        schema=NOT_FOR_PANEL,
    )
