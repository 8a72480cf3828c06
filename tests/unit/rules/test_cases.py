"""The cases beside the rules: read strictly, and able to fail."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest

from tests.invented_rules import a_policy, a_rule
from triage.errors import ConfigurationError
from triage.rules import RuleCase, failing_cases, read_rule_cases

POLICY = a_policy(
    a_rule(),
    a_rule("dead", effect="ineligible", when={"field": "person.died_on", "operator": "is_known"}),
    a_rule("north", effect="flag", when={"person.area": "north"}),
    a_rule("pregnant", when={"referral.pregnancy": "yes"}),
    a_rule("later", in_force_from=datetime.date(2029, 1, 1), when={"weapons": 1}),
)


def case(facts: dict[str, object], **expect: str) -> RuleCase:
    return RuleCase.model_validate({"case": "a case", "facts": facts, "expect": expect})


@pytest.mark.parametrize(
    ("facts", "expect"),
    [
        ({"incidents": 3}, {"a_rule": "yes", "dead": "no", "north": "unknown", "later": "unknown"}),
        ({"incidents": 2.5}, {"a_rule": "no"}),
        ({}, {"a_rule": "unknown", "pregnant": "unknown"}),
        ({"person.died_on": datetime.date(2025, 1, 1)}, {"dead": "yes"}),
        ({"person.area": "north"}, {"north": "yes"}),
        ({"person.area": "south"}, {"north": "no"}),
        ({"referral.pregnancy": "yes"}, {"pregnant": "yes"}),
        ({"referral.pregnancy": "no"}, {"pregnant": "no"}),
        ({"referral.pregnancy": "not_asked"}, {"pregnant": "unknown"}),
        ({"weapons": 1}, {"later": "yes"}),
    ],
)
def test_what_is_not_given_is_unknown(facts: dict[str, object], expect: dict[str, str]) -> None:
    assert failing_cases([case(facts, **expect)], POLICY) == ()


def test_a_case_can_fail() -> None:
    assert failing_cases([case({"incidents": 3}, a_rule="no", dead="yes")], POLICY) == (
        "'a case': the rule 'a_rule' must say no, but it says yes",
        "'a case': the rule 'dead' must say yes, but it says no",
    )


def write(folder: Path, text: str, name: str = "theme.cases.yaml") -> None:
    (folder / name).write_text(text)


def test_cases_are_read_by_theme(tmp_path: Path) -> None:
    write(tmp_path, "cases:\n- {case: one, facts: {incidents: 3}, expect: {a_rule: yes}}\n")
    write(tmp_path, "this: is not read", "theme.yaml")
    (found,) = read_rule_cases(tmp_path, POLICY)["theme"]
    assert (found.case, found.facts, found.expect) == ("one", {"incidents": 3}, {"a_rule": "yes"})


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        (
            "them.cases.yaml",
            "cases:\n- {case: one, facts: {}, expect: {a_rule: yes}}\n",
            "them.cases.yaml: cases stand beside a file of rules named 'them.yaml'.*'theme'",
        ),
        (
            "theme.cases.yaml",
            "cases:\n- {case: one, facts: {}, expect: {a_rul: yes}}\n",
            "line 2: 'theme.yaml' has no rule 'a_rul'. Did you mean 'a_rule'",
        ),
        (
            "theme.cases.yaml",
            "cases:\n- case: one\n  facts:\n    incident: 3\n  expect: {a_rule: yes}\n",
            "line 4: a case gives 'incident', which no feature pipeline makes. Did you mean 'incid",
        ),
        (
            "theme.cases.yaml",
            "cases:\n- {case: one, facts: {incidents: many}, expect: {a_rule: yes}}\n",
            "line 2: a case gives 'incidents' against 'many', but it is a number",
        ),
        (
            "theme.cases.yaml",
            "cases:\n- {case: one, facts: {person.area: east}, expect: {north: yes}}\n",
            "line 2: a case gives 'person.area' against 'east', which is not one of its values",
        ),
        (
            "theme.cases.yaml",
            "cases:\n- {case: one, facts: {}, expect: {a_rule: perhaps}}\n",
            "line 2: 'cases.0.expect.a_rule'",
        ),
        ("theme.cases.yaml", "cases:\n- {case: one, facts: {}, expect: {}}\n", "'cases.0.expect'"),
        ("theme.cases.yaml", "cases: []\n", "'cases'.*at least 1 item"),
    ],
)
def test_cases_that_fit_no_rule_are_told(
    tmp_path: Path, name: str, text: str, expected: str
) -> None:
    write(tmp_path, text, name)
    with pytest.raises(ConfigurationError, match=expected):
        read_rule_cases(tmp_path, POLICY, root=tmp_path)
