"""Several referrals of one person share the place of the most serious."""

from __future__ import annotations

import numpy as np

from tests.invented_rules import a_rule, a_trace
from triage.ranking import join_cases


def cases(rules, rows, scores, persons):
    ids = [f"r{number}" for number in range(len(rows))]
    found = join_cases(ids, persons, np.array(scores, float), a_trace(rules, rows))
    return found.rows.tolist(), found.joined


def test_the_referral_with_the_highest_score_leads():
    assert cases([], [{}] * 3, [0.1, 0.9, 0.5], ["p", "p", "q"]) == ([1, 2], {0: 1})


def test_a_rule_goes_before_a_score():
    rows = [{"incidents": 3}, {"incidents": 0}]
    assert cases([a_rule()], rows, [0.1, 0.9], ["p", "p"]) == ([0], {1: 0})


def test_of_equals_the_first_id_leads():
    assert cases([], [{}] * 3, [1, 1, 1], ["p", "p", "p"]) == ([0], {1: 0, 2: 0})


def test_a_referral_that_is_not_for_this_panel_joins_no_case():
    away = a_rule(
        effect="ineligible", when={"field": "weapons", "operator": "at_least", "value": 1}
    )
    rows = [{"weapons": 1}, {"weapons": 0}, {"weapons": 0}]
    assert cases([away], rows, [0.9, 0.5, 0.1], ["p", "p", "p"]) == ([0, 1], {2: 1})
