"""The rules that are shipped: each is shown by cases, told in plain words, and documented."""

from __future__ import annotations

import datetime
import re
from pathlib import Path

import pytest

from triage.features import read_pipelines
from triage.records import read_vocabulary
from triage.rules import failing_cases, read_rule_cases, read_rules

CHECKOUT = Path(__file__).resolve().parents[3]
FOLDER = CHECKOUT / "configs" / "rules"
VOCABULARY = read_vocabulary(CHECKOUT / "configs" / "vocabulary.yaml")
FEATURES = read_pipelines(CHECKOUT / "pipelines", VOCABULARY)
POLICY = read_rules(FOLDER, FEATURES, VOCABULARY, root=CHECKOUT)
CASES = read_rule_cases(FOLDER, POLICY, root=CHECKOUT)


@pytest.mark.parametrize("theme", sorted(CASES))
def test_each_case_turns_out_as_it_says(theme: str) -> None:
    assert failing_cases(CASES[theme], POLICY) == ()


@pytest.mark.parametrize("theme", sorted(POLICY.themes))
def test_each_rule_is_shown_firing_and_not_firing(theme: str) -> None:
    shown = {(rule_id, truth) for case in CASES[theme] for rule_id, truth in case.expect.items()}
    for rule in POLICY.themes[theme].rules:
        assert {(rule.id, "yes"), (rule.id, "no")} <= shown


def test_what_a_panel_needs_is_there() -> None:
    effects = {rule.id: str(rule.effect) for rule in POLICY.rules}
    wanted = {
        "under_16": "ineligible",
        "deceased": "ineligible",
        "outside_area": "ineligible",
        "left_area": "ineligible",
        "already_on_programme": "ineligible",
        "in_custody": "hold",
        "strangulation_recent": "floor: urgent",
        "weapon_or_threat_at_separation": "floor: urgent",
        "violence_in_pregnancy": "floor: must_discuss",
        "suicidal_ideation": "floor: must_discuss",
        "breach_of_new_order": "floor: must_discuss",
        "graded_high": "floor: must_discuss",
        "no_police_record": "reserve",
        "serial": "flag",
        "repeat": "flag",
        "escalation": "flag",
        "counter_allegations": "flag",
        "may_not_be_primary_aggressor": "flag",
        "cara": "route: CARA",
        "marac": "route: MARAC",
    }
    assert wanted.items() <= effects.items()


@pytest.mark.parametrize("rule", POLICY.rules, ids=lambda rule: rule.id)
def test_each_reason_is_a_sentence_without_a_name_of_a_column(rule: object) -> None:
    reason = re.sub(r"\{[^}]*\}", "", rule.reason)  # type: ignore[attr-defined]
    assert reason.endswith(".")
    assert "_" not in reason
    assert not re.search(r"\d{2}%|probab", reason)


def test_dates_and_sources() -> None:
    for rule in POLICY.rules:
        assert rule.review_on - rule.in_force_from <= datetime.timedelta(days=6 * 366)
        if rule.source != "Local decision of the panel.":
            assert re.search(r"\b(19|20)\d\d\b|SafeLives|B-SAFER|Northumbria", rule.source)
