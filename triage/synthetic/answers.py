"""How a truth becomes an answer on a record: seen or missed, unknown, never asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from triage.conditions import Answer

__all__ = ["Asking", "answer", "answer_all"]

Bools = npt.NDArray[np.bool_]
Codes8 = npt.NDArray[np.int8]


class Asking(NamedTuple):
    """How well an agency's record answers one question.

    Parameters
    ----------
    sees : float
        Share of true yeses that are recorded as yes, where the question is answered at all.
    mistakes : float
        Share of those that are truly a no which are recorded as yes.
    unknown, not_asked : float
        Shares of all records that say so.
    """

    sees: float
    mistakes: float = 0.01
    unknown: float = 0.05
    not_asked: float = 0.0


def answer(truth: Bools, asking: Asking, rng: np.random.Generator) -> Codes8:
    """Return the answers on record, as codes of :class:`triage.conditions.Answer`."""
    chance, seen = rng.random(len(truth)), rng.random(len(truth))
    said = np.where(truth, seen < asking.sees, seen < asking.mistakes)
    answers = np.where(said, Answer.YES, Answer.NO).astype(np.int8)
    answers[chance < asking.unknown] = Answer.UNKNOWN
    answers[chance > 1 - asking.not_asked] = Answer.NOT_ASKED
    return answers


def answer_all(
    facts: pd.DataFrame,
    askings: Mapping[str, Asking],
    rng: np.random.Generator,
    *,
    skipped: float = 0.0,
) -> dict[str, Codes8]:
    """Return the answers to several questions, with whole forms skipped now and then.

    Parameters
    ----------
    facts : DataFrame
        A column of truths for each question.
    askings : mapping of str to Asking
    rng : numpy.random.Generator
    skipped : float
        Share of records on which none of the questions was asked.
    """
    skips = rng.random(len(facts)) < skipped
    answers = {}
    for name, asking in askings.items():
        given = answer(facts[name].to_numpy(dtype=bool), asking, rng)
        given[skips] = Answer.NOT_ASKED
        answers[name] = given
    return answers
