"""From a truth to an answer on record."""

import numpy as np
import pandas as pd

from triage.conditions import Answer
from triage.synthetic.answers import Asking, answer, answer_all


def shares(answers: np.ndarray) -> dict[str, float]:
    return {a.word: float((answers == a).mean()) for a in Answer}


def test_a_perfect_record_answers_the_truth():
    truth = np.array([True, False, True])
    given = answer(truth, Asking(1.0, 0.0, 0.0, 0.0), np.random.default_rng(1))
    assert given.tolist() == [Answer.YES, Answer.NO, Answer.YES]
    assert given.dtype == np.int8


def test_answers_follow_the_shares_asked_for():
    truth = np.arange(40_000) % 2 == 0
    given = answer(truth, Asking(0.8, 0.1, 0.2, 0.3), np.random.default_rng(1))
    told = shares(given)
    assert abs(told["unknown"] - 0.2) < 0.01
    assert abs(told["not_asked"] - 0.3) < 0.01
    known = given <= Answer.YES
    assert abs((given[known & truth] == Answer.YES).mean() - 0.8) < 0.02
    assert abs((given[known & ~truth] == Answer.YES).mean() - 0.1) < 0.02


def test_a_skipped_form_asks_none_of_its_questions():
    facts = pd.DataFrame({"weapon": np.ones(4000, dtype=bool), "injury": np.ones(4000, dtype=bool)})
    asking = Asking(1.0, 0.0, 0.0, 0.0)
    given = answer_all(
        facts, {"weapon": asking, "injury": asking}, np.random.default_rng(2), skipped=0.25
    )
    skipped = given["weapon"] == Answer.NOT_ASKED
    assert (skipped == (given["injury"] == Answer.NOT_ASKED)).all()
    assert 0.2 < skipped.mean() < 0.3
