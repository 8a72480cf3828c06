"""Parameters: named, dated values that conditions and reasons refer to."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.invented_rules import KINDS, a_rule, facts
from tests.unit.rules.test_reading import VOCABULARY
from tests.unit.rules.test_reading import a_rule as written_rule
from triage.errors import ConfigurationError
from triage.features import Feature, read_pipelines
from triage.rules import Policy, RuleCase, Theme, evaluate_rules, failing_cases, read_rules

FIRST, THEN = datetime.date(2025, 1, 1), datetime.date(2026, 1, 1)
DAY = datetime.timedelta(days=1)
MANY = {"field": "incidents", "operator": "at_least", "value": {"parameter": "many"}}


def values(**changes: Any) -> list[dict[str, Any]]:
    return [
        {"value": 3, "reason": "was so", "in_force_from": FIRST, "in_force_to": THEN - DAY},
        {"value": 5, "reason": "too often", "in_force_from": THEN, **changes},
    ]


def many(**changes: Any) -> dict[str, Any]:
    return {
        "meaning": "how many incidents count as many",
        "unit": "incident|incidents",
        "values": values(),
        **changes,
    }


def a_policy() -> Policy:
    rule = a_rule(when=MANY, reason="From {parameter.many} on.", in_force_from=FIRST)
    theme = Theme.model_validate({"title": "T", "parameters": {"many": many()}, "rules": [rule]})
    return Policy({"theme": theme}, KINDS, {})


@pytest.mark.parametrize(
    ("as_of", "fires", "reason"),
    [
        (THEN - DAY, [False, True, True], "From 3 incidents on."),
        (THEN, [False, False, True], "From 5 incidents on."),
    ],
)
def test_a_value_holds_on_its_dates(as_of: datetime.date, fires: list[bool], reason: str) -> None:
    rows = [{"incidents": 2}, {"incidents": 4}, {"incidents": 5}]
    trace = evaluate_rules(a_policy(), facts(rows), as_of)
    assert [bool(trace.fired(row)) for row in range(3)] == fires
    assert trace.fired(2)[0].reason == reason
    assert str(trace.rules[0].when) == f"incidents is at least {3 if as_of < THEN else 5}"


@pytest.mark.parametrize(("as_of", "said"), [(THEN - DAY, "yes"), (THEN, "no"), (None, "no")])
def test_a_case_may_set_the_date(as_of: datetime.date | None, said: str) -> None:
    case = {"case": "four", "as_of": as_of, "facts": {"incidents": 4}, "expect": {"a_rule": said}}
    assert failing_cases([RuleCase.model_validate(case)], a_policy()) == ()


@pytest.fixture(scope="module")
def features(tmp_path_factory: pytest.TempPathFactory) -> tuple[Feature, ...]:
    folder = tmp_path_factory.mktemp("pipelines")
    incidents = {
        "name": "incidents",
        "measure": "count",
        "meaning": "{value} incidents",
        "unit": "incidents",
        "direction": "raises",
        "missing": "none",
    }
    (folder / "p.yaml").write_text(yaml.safe_dump({"title": "P", "features": [incidents]}))
    return read_pipelines(folder, VOCABULARY)


def problems(
    root: Path, features: tuple[Feature, ...], rules: list[Any], **parameters: Any
) -> list[str]:
    folder = root / "configs" / "rules"
    folder.mkdir(parents=True)
    (folder / "parameters.yaml").write_text(
        yaml.safe_dump({"title": "P", "parameters": parameters}, sort_keys=False)
    )
    (folder / "theme.yaml").write_text(
        yaml.safe_dump({"title": "T", "rules": rules}, sort_keys=False)
    )
    try:
        read_rules(folder, features, VOCABULARY, root=root)
    except ConfigurationError as error:
        return [str(problem) for problem in error.problems]
    return []


def uses(**changes: Any) -> dict[str, Any]:
    return written_rule(**{"when": MANY, "reason": "Many.", **changes})


def test_parameters_may_have_a_file_of_their_own(
    tmp_path: Path, features: tuple[Feature, ...]
) -> None:
    assert problems(tmp_path, features, [uses()], many=many()) == []


@pytest.mark.parametrize(
    ("rule", "parameters", "expected"),
    [
        (
            uses(when={**MANY, "value": {"parameter": "mny"}}, reason="{parameter.many}."),
            {"many": many()},
            ": rule 'strangulation_recent' names the parameter 'mny', which no "
            "file of rules declares. Did you mean 'many'?",
        ),
        (
            uses(reason="{parameter.few} and more."),
            {"many": many()},
            "names the parameter 'few', which no file of rules declares",
        ),
        (
            uses(),
            {"many": many(), "few": many()},
            "parameters.yaml, line 14: no rule names the parameter 'few'",
        ),
        (
            uses(),
            {"many": many(values=values(in_force_from=THEN - DAY))},
            "the parameter 'many' must have one value on a date, and the value that began on "
            "2025-01-01 goes on then",
        ),
        (
            uses(in_force_from=FIRST - DAY),
            {"many": many()},
            "is in force on 2024-12-31, when the parameter 'many' has no value",
        ),
        (
            uses(),
            {"many": many(values=values(in_force_from=THEN + DAY))},
            "is in force on 2026-01-01, when the parameter 'many' has no value",
        ),
        (
            uses(),
            {"many": many(values=values(in_force_to=THEN))},
            "is in force on 2026-01-02, when the parameter 'many' has no value",
        ),
        (
            uses(),
            {"many": many(values=values(value="five"))},
            "tests 'incidents' against 'five', but it is a number",
        ),
        (uses(), {"many": many(unit="")}, "'parameters.many.unit'"),
        (uses(), {"many": many(values=[])}, "'parameters.many.values'"),
        (uses(), {"many": many(values=values(value=True))}, "a value is a number, a word or"),
        (
            uses(),
            {"many": many(values=values(in_force_to=FIRST))},
            "the date 2025-01-01 lies before in_force_from, 2026-01-01",
        ),
    ],
)
def test_what_is_wrong_with_parameters(
    tmp_path: Path,
    features: tuple[Feature, ...],
    rule: dict[str, Any],
    parameters: dict[str, Any],
    expected: str,
) -> None:
    told = problems(tmp_path, features, [rule], **parameters)
    assert any(expected in one for one in told), told


def test_a_parameter_stands_once(tmp_path: Path, features: tuple[Feature, ...]) -> None:
    folder = tmp_path / "configs" / "rules"
    folder.mkdir(parents=True)
    again = {"title": "A", "parameters": {"many": many()}}
    (folder / "again.yaml").write_text(yaml.safe_dump(again))
    (folder / "parameters.yaml").write_text(
        yaml.safe_dump({**again, "rules": [uses()]}, sort_keys=False)
    )
    with pytest.raises(ConfigurationError, match="'many' must stand once in all files of rules"):
        read_rules(folder, features, VOCABULARY, root=tmp_path)
