"""200 rules on 200,000 referrals, and the ratio to pandas answering them in two values.

pandas is asked the easier question: its answer to an unknown is no, it keeps no leaf's truth, and
cannot say what decided.

Run with: python tests/benchmarks/bench_rules.py [RULES] [REFERRALS]
"""

from __future__ import annotations

import datetime
import sys
import time
from collections.abc import Callable
from typing import TypeVar

import numpy as np
import pandas as pd

from triage.conditions import Answers, Categories, Column, Numbers
from triage.rules import URGENT, Policy, Rule, Theme, evaluate_rules

T = TypeVar("T")
AREAS = ["north", "south"]
AS_OF = datetime.date(2026, 3, 1)
FIELDS = ("incidents", "weapons", "asked", "area")


def main(n_rules: int = 200, n_rows: int = 200_000) -> None:
    """Print seconds and ratio, and fail where the two disagree on what fires."""
    facts = _facts(n_rows)
    policy = Policy({"bench": Theme(title="Bench", rules=_rules(n_rules))}, {}, {})
    seconds, trace = _timed(lambda: evaluate_rules(policy, facts, AS_OF))
    plain_seconds, fired = _timed(lambda: _by_pandas(_frame(facts), n_rules))
    if not np.array_equal(trace.truths == 2, fired):
        raise SystemExit("the rules and pandas disagree on what fires")
    print(
        f"{n_rules} rules ({trace.leaves.shape[1]} leaves) on {n_rows:,} referrals in "
        f"{seconds:.2f} CPU-s, {trace.leaves.nbytes / 1e6:.0f} MB of leaves kept; "
        f"pandas without unknowns and leaves {plain_seconds:.2f}; "
        f"ratio {seconds / plain_seconds:.1f}; {trace.fires(URGENT).mean():.0%} raised"
    )


def _facts(n_rows: int) -> dict[str, Column]:
    random = np.random.default_rng(1)
    weapons = random.integers(0, 3, n_rows).astype(float)
    weapons[random.random(n_rows) < 0.3] = np.nan
    return {
        "incidents": Numbers(random.integers(0, 300, n_rows).astype(float)),
        "weapons": Numbers(weapons),
        "asked": Answers(random.integers(0, 4, n_rows).astype(np.int8)),
        "area": Categories(random.integers(-1, 2, n_rows).astype(np.int32), AREAS),
    }


def _rules(n_rules: int) -> list[Rule]:
    return [
        Rule.model_validate(
            {
                "id": f"rule_{number}",
                "title": "A rule",
                "reason": "Because.",
                "effect": {"floor": "urgent"},
                "when": {
                    "all": [
                        {"field": "incidents", "operator": "at_least", "value": number},
                        {
                            "any": [
                                {"field": "weapons", "operator": "above", "value": 1},
                                {"asked": "yes"},
                                {"area": ["north"]},
                            ]
                        },
                    ]
                },
                "source": "invented",
                "source_checked": True,
                "author": "nobody",
                "in_force_from": datetime.date(2020, 1, 1),
                "review_on": datetime.date(2030, 1, 1),
            }
        )
        for number in range(n_rules)
    ]


def _frame(facts: dict[str, Column]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            name: getattr(facts[name], "values", getattr(facts[name], "codes", None))
            for name in FIELDS
        }
    )


def _by_pandas(frame: pd.DataFrame, n_rules: int) -> np.ndarray:
    fired = np.empty((len(frame), n_rules), dtype=bool, order="F")
    for number in range(n_rules):
        part = (frame["weapons"] > 1) | (frame["asked"] == 1) | (frame["area"] == 0)
        fired[:, number] = (frame["incidents"] >= number) & part
    return fired


def _timed(work: Callable[[], T]) -> tuple[float, T]:
    start = time.process_time()
    made = work()
    return time.process_time() - start, made


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
