"""What models learn from: features of past moments, and what came after them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from triage.errors import LearningError, Problem
from triage.features import FeatureMatrix
from triage.learning.searches import Search
from triage.learning.standing import standing_weights
from triage.outcomes import Labels, Outcome
from triage.timeline import Fold, Moments, check_forward, forward_folds
from triage.workspace import Training

__all__ = ["Examples", "make_folds", "search_folds"]

Rows = npt.NDArray[np.int64]
SETTINGS = "configs/panel.yaml: training"


@dataclass(frozen=True)
class Examples:
    """Past moments, with their features and the answers to one outcome.

    Parameters
    ----------
    matrix : FeatureMatrix, shape (n, n_features)
    moments : Moments, shape (n,)
    labels : Labels, shape (n,)
    outcome : Outcome
        The question that the labels answer.
    stood_for : ndarray of bool, shape (n,), optional
        Moments whose answer is unknown because the person was taken on, and for whom others like
        them count more (see :meth:`learn_from`).
    """

    matrix: FeatureMatrix
    moments: Moments
    labels: Labels
    outcome: Outcome
    stood_for: npt.NDArray[np.bool_] | None = None

    def __post_init__(self) -> None:
        if not len(self.matrix) == len(self.moments) == len(self.labels.values):
            raise ValueError(
                f"{len(self.matrix)} rows of features, {len(self.moments)} moments and "
                f"{len(self.labels.values)} labels"
            )

    def learn_from(self, rows: Rows, until: int, seed: int) -> Rows:
        """Return rows to learn from, some of them several times where they stand for others.

        Parameters
        ----------
        rows : ndarray of int64
            Rows with a known answer.
        until : int
            The day when learning begins: only those taken on are stood for whose answer would
            have settled by then.
        seed : int
            Of the lot that rounds a weight of 1.4 to one or to two rows.
        """
        if self.stood_for is None:
            return rows
        settled = self.moments.day.astype(np.int64) + self.outcome.matures_in_days <= until
        gone = np.flatnonzero(self.stood_for & settled)
        weights = standing_weights(self.matrix, rows, gone)
        lot = np.random.default_rng(seed).random(len(rows))
        whole = np.floor(weights)
        return np.repeat(rows, (whole + (lot < weights - whole)).astype(np.int64))

    def fingerprint(self) -> str:
        """Return a SHA-256 over all values: the same data has the same fingerprint."""
        digest = hashlib.sha256("\n".join(self.matrix.names).encode())
        digest.update(self.outcome.name.encode())
        labels = self.labels
        for values in (self.moments.person, self.moments.day, labels.values, labels.harm_days):
            digest.update(np.ascontiguousarray(values).data)
        for name in self.matrix.names:
            digest.update(np.ascontiguousarray(self.matrix.column(name)).data)
        return digest.hexdigest()


def make_folds(examples: Examples, training: Training) -> tuple[Fold, ...]:
    """Return the folds of those examples whose answers are known.

    Returns
    -------
    tuple of Fold
        Their rows are positions among all examples.

    Raises
    ------
    LearningError
        With everything that stands against learning: no known answers, too few positives, a
        period with nothing to learn from or to test on, or with one class alone.
    """
    _check_answers(examples, training)
    known = np.flatnonzero(examples.labels.known)
    return _folds(
        known,
        examples,
        folds=training.folds,
        test_days=training.test_days,
        minimum_positives=training.minimum_positives,
        where=SETTINGS,
    )


def search_folds(
    examples: Examples, first: Fold, search: Search, training: Training, *, where: str
) -> tuple[Fold, ...]:
    """Return the folds of a search, all of whose outcomes had settled before the first test.

    Parameters
    ----------
    examples : Examples
    first : Fold
        The first test period of the training: the folds are made of what may be learned from there.
    search : Search
    training : Training
    where : str
        What messages call the search.

    Raises
    ------
    LearningError
        Too little had settled by then for so many periods.
    """
    return _folds(
        first.train,
        examples,
        folds=search.folds,
        test_days=search.test_days or training.test_days,
        minimum_positives=training.minimum_positives,
        where=where,
    )


def _folds(
    rows: Rows,
    examples: Examples,
    *,
    folds: int,
    test_days: int,
    minimum_positives: int,
    where: str,
) -> tuple[Fold, ...]:
    """Return the folds of these rows, each looked at for what it lacks."""
    days, matures_in_days = examples.moments.day, examples.outcome.matures_in_days
    made = tuple(
        replace(fold, train=rows[fold.train], test=rows[fold.test])
        for fold in forward_folds(
            days[rows], matures_in_days=matures_in_days, folds=folds, test_days=test_days
        )
    )
    check_forward(made, days, matures_in_days=matures_in_days)
    problems = [
        problem
        for fold in made
        for problem in _shortcomings(
            fold,
            examples,
            minimum_positives,
            f"{where}, test period {fold.number} of {folds} ({_dates(fold)})",
        )
    ]
    if problems:
        raise LearningError(problems)
    return made


def _check_answers(examples: Examples, training: Training) -> None:
    name, labels = examples.outcome.name, examples.labels
    where = f"the outcome '{name}'"
    known = int(labels.known.sum())
    states = ", ".join(f"{count} {words}" for words, count in labels.counts().items() if count)
    if not known:
        raise LearningError(
            Problem(
                where,
                "must be known of past referrals",
                f"{len(labels.values)} referrals ({states})" if states else "no referrals",
                f"An answer settles {examples.outcome.matures_in_days} days after its as-of date: "
                "bring in older referrals, or choose a shorter horizon in configs/outcome.yaml.",
            )
        )
    positives = int(np.nansum(labels.values))
    if positives < training.minimum_positives:
        raise LearningError(
            Problem(
                where,
                f"at least {training.minimum_positives} referrals must have it "
                "(training.minimum_positives in configs/panel.yaml)",
                f"{positives or 'none'} among {known} with a known answer",
                "Check its condition in configs/outcome.yaml against what the extracts record, "
                "or bring in more referrals.",
            )
        )
    if positives == known:
        raise LearningError(
            Problem(
                where,
                "some referrals must be without it",
                f"all {known} with it",
                "Make its condition in configs/outcome.yaml narrower.",
            )
        )


def _shortcomings(
    fold: Fold, examples: Examples, minimum_positives: int, where: str
) -> Iterator[Problem]:
    y = examples.labels.values
    mend = "Lower 'folds' or change 'test_days', or bring in more years of referrals."
    if not len(fold.train):
        matures = examples.outcome.matures_in_days
        yield Problem(
            where,
            f"there must be referrals whose outcome had settled, {matures} days after their as-of "
            "date, when the period began",
            "none",
            mend,
        )
    elif (positives := int(y[fold.train].sum())) < minimum_positives:
        yield Problem(
            where,
            f"at least {minimum_positives} referrals to learn from must have the outcome "
            "(minimum_positives)",
            f"{positives or 'none'} of {len(fold.train)}",
            mend,
        )
    elif positives == len(fold.train):
        yield Problem(
            where, "some to learn from must be without the outcome", f"all {positives} with it"
        )
    if not len(fold.test):
        yield Problem(where, "there must be referrals to test on", "none", mend)
    elif y[fold.test].min() == y[fold.test].max():
        got = f"all {len(fold.test)} {'with' if y[fold.test].all() else 'without'} it"
        yield Problem(
            where, "referrals to test on must be both with and without the outcome", got, mend
        )


def _dates(fold: Fold) -> str:
    first = np.datetime64(fold.test_from, "D")
    return f"{first} to {np.datetime64(fold.test_until - 1, 'D')}"
