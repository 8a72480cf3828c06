"""Where a referral could stand once what is not known of it is known."""

from __future__ import annotations

import datetime
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from triage.conditions import Column, Truth
from triage.features import FeatureMatrix
from triage.ranking.certainty import Certainty
from triage.ranking.places import Ranking
from triage.ranking.tiers import Tier
from triage.ranking.unknowns import Unknown, Unknowns
from triage.rules import (
    HOLD,
    INELIGIBLE,
    MUST_DISCUSS,
    URGENT,
    Effect,
    Policy,
    Trace,
    evaluate_rules,
    gather_facts,
)

__all__ = ["CHANGES", "Judge", "Outlook", "Question", "judge_by", "outlooks"]

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]
Marks = npt.NDArray[np.bool_]
Tiers = npt.NDArray[np.int8]
Ranks = npt.NDArray[np.int64]

CHANGES = ("list", "tier", "line", "band")
"""What an answer could change: whether it is for this panel at all, its tier, the side of the line
on which it stands, its band."""

AT_ONCE = 20_000
"""How many referrals with supposed answers are judged together."""

RANKED_AT_ONCE = 2_000


@dataclass(frozen=True)
class Judged:
    """What rules and model make of n referrals, or of referrals with supposed answers.

    Parameters
    ----------
    tier, best_tier : ndarray of int8, shape (n,)
        By the rules that fire; and by those, too, that may fire for all that is known.
    leaves, may_leave : ndarray of bool, shape (n,)
        Whether an ineligibility or a hold fires, or may fire.
    score : ndarray of float64, shape (n,)
    """

    tier: Tiers
    best_tier: Tiers
    leaves: Marks
    may_leave: Marks
    score: Floats


@dataclass(frozen=True)
class Supposed:
    """Referrals with supposed answers.

    Parameters
    ----------
    rows : ndarray of int64, shape (n,)
        Whose they are, among all that were asked about.
    matrix : FeatureMatrix, of n rows
    attributes : mapping of str to Column, of length n
    records_changed : ndarray of bool, shape (n,)
        Of which some answer is a record's.
    """

    rows: Rows
    matrix: FeatureMatrix
    attributes: Mapping[str, Column]
    records_changed: Marks


Judge = Callable[[Supposed], Judged]
Said = Callable[[FeatureMatrix, Floats], Mapping[str, Floats]]
NOTHING: Mapping[str, Floats] = MappingProxyType({})


def judge_by(
    policy: Policy,
    as_of: datetime.date,
    score: Callable[[FeatureMatrix], Floats],
    *,
    said: Said | None = None,
    earlier: Mapping[str, Floats] = NOTHING,
) -> Judge:
    """Return what judges referrals by a policy and a ranker's score.

    Parameters
    ----------
    policy : Policy
    as_of : date
    score : callable
        Returns a score a row.
    said : callable, optional
        Returns what rules may ask of the model's output, by the names of the fields, from features
        and scores.
    earlier : mapping of str to ndarray of float64, shape (n_rows,), optional
        Features on earlier dates, of all that were asked about. Where a record's answer is
        supposed, what they were then is taken for unknown.
    """

    def judge(supposed: Supposed) -> Judged:
        matrix = supposed.matrix
        scores = np.asarray(score(matrix), dtype=np.float64)
        then = {
            name: np.where(supposed.records_changed, np.nan, values[supposed.rows])
            for name, values in earlier.items()
        }
        facts = gather_facts(
            matrix,
            supposed.attributes,
            earlier=then,
            model=said(matrix, scores) if said else NOTHING,
        )
        trace = evaluate_rules(policy, facts, as_of)
        tier, best = (_tiers(trace, truth) for truth in (Truth.YES, Truth.UNKNOWN))
        leaves, may = (
            _fires(trace, INELIGIBLE, truth) | _fires(trace, HOLD, truth)
            for truth in (Truth.YES, Truth.UNKNOWN)
        )
        return Judged(tier, best, leaves, may, scores)

    return judge


def _tiers(trace: Trace, truth: Truth) -> Tiers:
    tiers = np.full(trace.n_rows, Tier.SCORED, dtype=np.int8)
    tiers[_fires(trace, MUST_DISCUSS, truth)] = Tier.MUST_DISCUSS
    tiers[_fires(trace, URGENT, truth)] = Tier.URGENT
    return tiers


def _fires(trace: Trace, effect: Effect, truth: Truth) -> Marks:
    of_effect = [rule.effect == effect for rule in trace.rules]
    return np.asarray((trace.truths[:, of_effect] >= truth).any(axis=1))


@dataclass(frozen=True)
class Question:
    """One question about a referral, and where each answer would put it.

    Parameters
    ----------
    key, text, held_by : str, str, tuple of str
        See :class:`triage.ranking.Unknown`.
    records : int
        How many records leave it open; 0 where it is not a record's to say.
    last_on : date or None
        The last of these.
    answers : tuple of str
    ranks : tuple of (int or None)
        Its place after each answer, all else and all others staying as they are; None where it
        would no longer be for this panel.
    tiers : tuple of int
    moves : int
        How many places lie between the answers, and its place now; to leave counts as the last.
    changes : tuple of str
        Which of :data:`CHANGES` an answer would bring.
    chance : float
        How likely an answer is that brings any; see :meth:`triage.ranking.Unknown.chance`.
    """

    key: str
    text: str
    held_by: tuple[str, ...]
    records: int
    last_on: datetime.date | None
    answers: tuple[str, ...]
    ranks: tuple[int | None, ...]
    tiers: tuple[int, ...]
    moves: int
    changes: tuple[str, ...]
    chance: float = 0.0


@dataclass(frozen=True)
class Outlook:
    """Where one referral could stand.

    Parameters
    ----------
    best_rank, worst_rank : int
        No answers to what is not known of it can bring it above the one, or below the other, the
        others staying as they are.
    changes : tuple of str
        Which of :data:`CHANGES` answers could bring.
    questions : tuple of Question
        Those of which an answer would move it, what moves it most first.
    chance : float
        How likely it is that some answer brings any of these, each question asked alone and the
        answers independent of one another.
    provisional : bool
        Whether there are any changes, and they are likely enough to be told.
    """

    best_rank: int
    worst_rank: int
    changes: tuple[str, ...]
    questions: tuple[Question, ...]
    chance: float = 0.0
    provisional: bool = False


def outlooks(
    ranking: Ranking,
    certain: Certainty,
    unknowns: Unknowns,
    judge: Judge,
    *,
    provisional_from: float = 0.0,
) -> tuple[Outlook, ...]:
    """Return where each ranked referral could stand, from the top of the list to its end.

    Parameters
    ----------
    ranking : Ranking
    certain : Certainty
        Of the same referrals.
    unknowns : Unknowns
        Of the same referrals.
    judge : Judge
    provisional_from : float
        How likely changes must be for a place to be provisional; with 0, whatever could be.

    Notes
    -----
    Every question is answered alone, in each way; then all at once, each in the way that alone
    brought the referral highest, and lowest; and then so, with each question about an attribute
    answered otherwise. The best place is that of the best tier and the best score of all these,
    whether or not one of them has both; and a rule that is unknown there, by Kleene's logic, is
    taken for one that fires. So the bounds hold for any answers where a model is held to the
    directions of its features, or adds its features up; where attributes without a direction act
    together in a model of trees, they are searched for and not proven.

    An answer may also be that nobody knows, so that the place as it stands lies within its bounds.

    References
    ----------
    Kleene, S. C. (1952). Introduction to Metamathematics, §64.
    """
    search = _Search(ranking, unknowns, judge)
    questions = search.questions(certain)
    best, worst = (
        search.places(search.best_tier, search.best_score),
        search.places(search.worst_tier, search.worst_score),
    )
    told = []
    for position, row in enumerate(ranking.rows.tolist()):
        here = search.here(position, certain)
        reached = [(int(rank), here.tier) for rank in (best[position], worst[position])]
        tiers = int(search.best_tier[row]), int(search.worst_tier[row])
        reached += [(here.rank, tier) for tier in tiers]
        ends = [*reached, *([None] if search.may_leave[row] else [])]
        changes, its = here.changes(ends), questions.get(row, ())
        chance = 1.0 - math.prod(1.0 - one.chance for one in its)
        told.append(
            Outlook(
                best_rank=min(here.rank, int(best[position])),
                worst_rank=max(here.rank, int(worst[position])),
                changes=changes,
                questions=tuple(sorted(its, key=_most_first)),
                chance=chance,
                provisional=bool(changes) and chance >= provisional_from,
            )
        )
    return tuple(told)


def _most_first(question: Question) -> tuple[int, str]:
    return -question.moves, question.key


@dataclass(frozen=True)
class _Here:
    """Where a referral stands now, and the last place above the line that order alone gives."""

    rank: int
    tier: int
    band: tuple[int, int]
    within: bool
    line: int

    def changes(self, reached: Sequence[tuple[int, int] | None]) -> tuple[str, ...]:
        """Return what places and tiers that may be reached would change; None is off the list."""
        there = [one for one in reached if one is not None]
        change = {
            "list": len(there) < len(reached),
            "tier": any(tier != self.tier for _, tier in there),
            "line": any(self._crosses(rank) for rank, _ in there),
            "band": any(not self.band[0] <= rank <= self.band[1] for rank, _ in there),
        }
        return tuple(name for name in CHANGES if change[name])

    def _crosses(self, rank: int) -> bool:
        return rank > max(self.line, self.rank) if self.within else rank <= self.line


class _Search:
    """Referrals with supposed answers, each judged, and how far they reach."""

    def __init__(self, ranking: Ranking, unknowns: Unknowns, judge: Judge) -> None:
        self._unknowns, self._judge = unknowns, judge
        within, reserved = (
            ranking.places[name].to_numpy(zero_copy_only=False)
            for name in ("within_capacity", "reserved")
        )
        self._within, self._line = within, int((within & ~reserved).sum())
        self._rows = ranking.rows
        self._position = np.full(len(unknowns.matrix), -1, dtype=np.int64)
        self._position[self._rows] = np.arange(len(self._rows))
        self._tiers = ranking.places["tier"].to_numpy()
        self._scores = ranking.places["score"].to_numpy()
        ids = np.asarray(ranking.places["referral_id"].to_pylist(), dtype=object)
        self._by_id = np.empty(len(ids), dtype=np.int64)
        self._by_id[np.argsort(ids, kind="stable")] = np.arange(len(ids))
        n = len(unknowns.matrix)
        self.best_tier, self.worst_tier = np.full(n, Tier.SCORED, np.int8), np.zeros(n, np.int8)
        self.best_score, self.worst_score = np.full(n, -np.inf), np.full(n, np.inf)
        self.may_leave = np.zeros(n, dtype=bool)
        self._look(self._rows, unknowns.nothing_answered(len(self._rows)))
        self._alone = self._each_alone()
        self._together()

    def places(self, tiers: Tiers, scores: Floats) -> Ranks:
        """Return the place of each ranked referral with a tier and a score of its own."""
        return self._rank(self._rows, tiers[self._rows], scores[self._rows])

    def here(self, position: int, certain: Certainty) -> _Here:
        """Return where a referral stands now."""
        row = int(self._rows[position])
        return _Here(
            rank=position + 1,
            tier=int(self._tiers[position]),
            band=(int(certain.band_first[row]), int(certain.band_last[row])),
            within=bool(self._within[position]),
            line=self._line,
        )

    def questions(self, certain: Certainty) -> dict[int, list[Question]]:
        """Return by row the questions of which an answer would move a referral."""
        told: dict[int, list[Question]] = {}
        for one, (rows, at, ranks, tiers, leaves) in zip(
            self._unknowns.each, self._alone, strict=True
        ):
            for column, (row, number) in enumerate(zip(rows.tolist(), at.tolist(), strict=True)):
                here = self.here(int(self._position[row]), certain)
                reached = [
                    None if leaves[answer, column] else (int(rank), int(tiers[answer, column]))
                    for answer, rank in enumerate(ranks[:, column])
                ]
                last = len(self._rows) + 1
                places = [here.rank, *(last if end is None else end[0] for end in reached)]
                if max(places) > min(places):
                    told.setdefault(row, []).append(
                        _question(one, number, here, reached, max(places) - min(places))
                    )
        return told

    def _each_alone(self) -> list[tuple[Rows, Rows, Ranks, Tiers, Marks]]:
        """Return what each answer to each question alone makes of those it is asked of.

        For each unknown: the ranked rows, where these stand among its own, and arrays of shape
        (n_answers, n_rows) of places, tiers, and whether they leave the list.
        """
        asked, rows, states = [], [], []
        for which, one in enumerate(self._unknowns.each):
            at = np.flatnonzero(self._position[one.rows] >= 0)
            asked.append((one.rows[at], at))
            for answer in range(len(one.answers)):
                state = self._unknowns.nothing_answered(len(at))
                state[:, which] = answer
                rows.append(one.rows[at])
                states.append(state)
        if not rows:
            return []
        every = np.concatenate(rows)
        judged = self._look(every, np.concatenate(states))
        ranks = self._rank(every, judged.tier, judged.score)
        found, start = [], 0
        for (own, at), one in zip(asked, self._unknowns.each, strict=True):
            shape = len(one.answers), len(own)
            end = start + shape[0] * shape[1]
            part = slice(start, end)
            found.append(
                (
                    own,
                    at,
                    ranks[part].reshape(shape),
                    judged.tier[part].reshape(shape),
                    judged.leaves[part].reshape(shape),
                )
            )
            start = end
        return found

    def _together(self) -> None:
        """Answer all questions at once, and then each about an attribute otherwise."""
        n = len(self._rows)
        high, low = (self._unknowns.nothing_answered(n) for _ in range(2))
        for which, (own, _, ranks, _, leaves) in enumerate(self._alone):
            if not ranks.size:
                continue
            position = self._position[own]
            last = len(ranks) - 1
            up = np.where(leaves, n + 1, ranks)
            down = np.where(leaves, -1, ranks)
            highest = last - np.argmin(up[::-1], axis=0)
            lowest = np.argmax(down, axis=0)
            now = position + 1
            high[position, which] = np.where(up.min(axis=0) <= now, highest, -1)
            low[position, which] = np.where(down.max(axis=0) >= now, lowest, -1)
        rows, states = [self._rows, self._rows], [high, low]
        for which, one in enumerate(self._unknowns.each):
            if one.key not in self._unknowns.attributes:
                continue
            position = self._position[one.rows]
            position = position[position >= 0]
            for answer in range(len(one.answers)):
                for state in (high, low):
                    other = state[position]
                    other[:, which] = answer
                    rows.append(self._rows[position])
                    states.append(other)
        self._look(np.concatenate(rows), np.concatenate(states))

    def _look(self, rows: Rows, states: npt.NDArray[np.int8]) -> Judged:
        """Judge referrals with supposed answers, and keep how far they reach."""
        parts = []
        for start in range(0, max(len(rows), 1), AT_ONCE):
            some = slice(start, start + AT_ONCE)
            matrix, attributes = self._unknowns.answered(rows[some], states[some])
            changed = self._unknowns.records_changed(states[some])
            parts.append(self._judge(Supposed(rows[some], matrix, attributes, changed)))
        judged = Judged(
            *(np.concatenate(column) for column in zip(*map(_columns, parts), strict=True))
        )
        np.minimum.at(self.best_tier, rows, judged.best_tier)
        np.maximum.at(self.worst_tier, rows, judged.tier)
        np.maximum.at(self.best_score, rows, judged.score)
        np.minimum.at(self.worst_score, rows, judged.score)
        np.logical_or.at(self.may_leave, rows, judged.may_leave)
        return judged

    def _rank(self, rows: Rows, tiers: Tiers, scores: Floats) -> Ranks:
        """Return the place of each referral among the others as they are."""
        ranks = np.empty(len(rows), dtype=np.int64)
        own = self._position[rows]
        for start in range(0, len(rows), RANKED_AT_ONCE):
            some = slice(start, start + RANKED_AT_ONCE)
            tier, score, by_id = tiers[some, None], scores[some, None], self._by_id[own[some], None]
            ahead = (self._scores > score) | ((self._scores == score) & (self._by_id < by_id))
            above = (self._tiers < tier) | ((self._tiers == tier) & ahead)
            above[np.arange(len(above)), own[some]] = False
            ranks[some] = above.sum(axis=1) + 1
        return ranks


def _columns(judged: Judged) -> tuple[npt.NDArray[np.generic], ...]:
    return judged.tier, judged.best_tier, judged.leaves, judged.may_leave, judged.score


def _question(
    one: Unknown,
    number: int,
    here: _Here,
    reached: Sequence[tuple[int, int] | None],
    moves: int,
) -> Question:
    records, last_on = one.records[number]
    chances = [one.chance(number, answer) for answer in range(len(reached))]
    return Question(
        key=one.key,
        text=one.text,
        held_by=one.held_by[number],
        records=records,
        last_on=last_on,
        answers=one.answers,
        ranks=tuple(None if end is None else end[0] for end in reached),
        tiers=tuple(here.tier if end is None else end[1] for end in reached),
        moves=moves,
        changes=here.changes(reached),
        chance=min(
            1.0,
            sum(
                chance for chance, end in zip(chances, reached, strict=True) if here.changes([end])
            ),
        ),
    )
