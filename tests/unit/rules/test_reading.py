"""Reading ``configs/rules/``: what a rule must hold, and how each problem is told."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from triage.errors import ConfigurationError
from triage.features import Feature, read_pipelines
from triage.records import Vocabulary
from triage.rules import HOLD, MUST_DISCUSS, URGENT, Policy, read_rules

VOCABULARY = Vocabulary.model_validate(
    {
        "agencies": {"police": "Police"},
        "kinds": {"incident": "incident"},
        "types": {"assault": {"kind": "incident", "meaning": "assault"}},
        "people": {
            "attributes": {
                "died_on": {"kind": "date", "meaning": "date of death"},
                "ethnicity": {
                    "kind": "category",
                    "values": ["asian", "black", "white"],
                    "meaning": "ethnicity",
                    "audit_only": True,
                },
            }
        },
        "referrals": {
            "attributes": {"pregnancy": {"kind": "answer", "meaning": "she is pregnant"}}
        },
    }
)

ABOVE = {"operator": "at_least", "value": 1}


@pytest.fixture(scope="module")
def features(tmp_path_factory: pytest.TempPathFactory) -> tuple[Feature, ...]:
    folder = tmp_path_factory.mktemp("pipelines")
    strangled = {
        "name": "strangulation_incidents",
        "measure": "count",
        "windows": [90, 365],
        "meaning": "{value} {incident|incidents} with strangulation {window}",
        "unit": "incidents",
        "direction": "raises",
        "missing": "none is on record",
    }
    content = {"title": "Violence", "features": [strangled]}
    (folder / "violence.yaml").write_text(yaml.safe_dump(content))
    return read_pipelines(folder, VOCABULARY)


def a_rule(**changes: Any) -> dict[str, Any]:
    content = {
        "id": "strangulation_recent",
        "title": "Strangulation",
        "reason": "Strangled a victim: {strangulation_incidents_90d}.",
        "effect": {"floor": "urgent"},
        "when": {"field": "strangulation_incidents_90d", "operator": "at_least", "value": 1},
        "source": "Glass et al. 2008",
        "source_checked": True,
        "author": "A panel",
        "in_force_from": datetime.date(2025, 1, 1),
        "review_on": datetime.date(2026, 1, 1),
        **changes,
    }
    return {key: value for key, value in content.items() if value is not ...}


def write(root: Path, *rules: dict[str, Any], file: str = "lethality.yaml") -> None:
    folder = root / "configs" / "rules"
    folder.mkdir(parents=True, exist_ok=True)
    content = {"title": "Lethality", "rules": list(rules)}
    (folder / file).write_text(yaml.safe_dump(content, sort_keys=False))


def read(root: Path, features: tuple[Feature, ...]) -> Policy:
    return read_rules(root / "configs" / "rules", features, VOCABULARY, root=root)


def problems(root: Path, features: tuple[Feature, ...]) -> list[str]:
    with pytest.raises(ConfigurationError, match="configs/rules") as caught:
        read(root, features)
    return [str(problem) for problem in caught.value.problems]


def test_a_policy_is_read_in_the_order_of_files_and_of_rules(
    tmp_path: Path, features: tuple[Feature, ...]
) -> None:
    write(tmp_path, a_rule(id="c"), a_rule(id="b"), file="b.yaml")
    write(tmp_path, a_rule(id="a", effect="hold", until="release"), file="a.yaml")
    (tmp_path / "configs" / "rules" / "a.cases.yaml").write_text("not: read\n")
    policy = read(tmp_path, features)
    assert [rule.id for rule in policy.rules] == ["a", "c", "b"]
    assert list(policy.themes) == ["a", "b"]
    assert policy.themes["a"].rules[0].effect == HOLD
    assert policy.themes["a"].rules[0].until == "release"


@pytest.mark.parametrize(
    ("effect", "expected"),
    [({"floor": "urgent"}, URGENT), ({"floor": "must_discuss"}, MUST_DISCUSS)],
)
def test_floors(
    tmp_path: Path, features: tuple[Feature, ...], effect: Any, expected: object
) -> None:
    write(tmp_path, a_rule(effect=effect))
    assert read(tmp_path, features).rules[0].effect == expected


def test_an_unknown_feature_is_told_with_its_line_and_a_close_match(
    tmp_path: Path, features: tuple[Feature, ...]
) -> None:
    when = {
        "all": [
            {"referral.pregnancy": "yes"},
            {"not": {"any": [{"field": "strangulaton", "operator": "at_least", "value": 1}]}},
        ]
    }
    write(tmp_path, a_rule(when=when))
    text = (tmp_path / "configs" / "rules" / "lethality.yaml").read_text().splitlines()
    line = 1 + next(n for n, one in enumerate(text) if "strangulaton" in one)
    assert problems(tmp_path, features) == [
        f"configs/rules/lethality.yaml, line {line}: rule 'strangulation_recent' tests "
        "'strangulaton', which no feature pipeline makes. "
        "Did you mean 'strangulation_incidents_90d'?"
    ]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            {"when": {"zzz": 1}},
            "rule 'strangulation_recent' tests 'zzz', which no feature pipeline makes.",
        ),
        (
            {"when": {"referral.pregnancy": "perhaps"}},
            "against 'perhaps', but an answer is one of yes, no, unknown, not_asked.",
        ),
        (
            {"when": {"person.died_on": "lately"}},
            "tests 'person.died_on' against 'lately', but it is a date.",
        ),
        (
            {"when": {"person.ethnicity": "black"}},
            "tests 'person.ethnicity', which is for audit only.",
        ),
        (
            {"reason": "He is {person.ethnicity}."},
            "names 'person.ethnicity' in its reason, which is for audit only.",
        ),
        (
            {"reason": "On record: {strangulation_incident_90d}."},
            "names '{strangulation_incident_90d}' in its reason, which no feature pipeline makes. "
            "Did you mean 'strangulation_incidents_90d'?",
        ),
    ],
)
def test_a_rule_that_fits_nothing_is_told(
    tmp_path: Path, features: tuple[Feature, ...], changes: dict[str, Any], expected: str
) -> None:
    write(tmp_path, a_rule(**changes))
    (told,) = problems(tmp_path, features)
    assert expected in told


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"id": "Strangulation recent"}, "'rules.0.id'"),
        ({"title": ""}, "'rules.0.title'"),
        ({"source": ...}, "the key 'rules.0.source' must be given"),
        ({"source_checked": "yes"}, "'rules.0.source_checked'"),
        ({"when": ...}, "the key 'rules.0.when' must be given"),
        ({"review_on": ...}, "the key 'rules.0.review_on' must be given"),
        ({"weight": 3}, "'rules.0.weight' is not a key that is known here"),
        (
            {"effect": "urgent"},
            "an effect is ineligible, hold, flag, .*Did you mean 'floor: urgent'",
        ),
        ({"effect": {"floor": "scored"}}, "an effect is ineligible"),
        ({"effect": {"ceiling": "scored"}}, "an effect is ineligible"),
        ({"effect": "lower"}, "an effect is ineligible"),
        ({"effect": {"route": ""}}, "a route names another programme, such as {route: CARA}"),
        ({"effect": {"route": "C" * 41}}, "a route names another programme"),
        ({"effect": {"route": 3}}, "a route names another programme"),
        ({"effect": {"floor": "urgent", "hold": "x"}}, "an effect is ineligible"),
        ({"effect": "hold"}, "'rules.0.until': a hold says until when"),
        ({"until": "release"}, "'rules.0.until': a hold says until when, and no other effect"),
        ({"reason": "Because of {}."}, "'rules.0.reason': a placeholder is the name of a field"),
        ({"reason": "Because of {age!r}."}, "'rules.0.reason': a placeholder"),
        ({"reason": "Because of {age:.2f}."}, "'rules.0.reason': a placeholder"),
        ({"reason": "Because of {age."}, "'rules.0.reason': .*expected '}'"),
        ({"reason": "Because of age}."}, "'rules.0.reason': Single '}'"),
        (
            {"in_force_to": datetime.date(2024, 12, 31)},
            "'rules.0.in_force_to': the date 2024-12-31 lies before in_force_from, 2025-01-01",
        ),
        ({"review_on": datetime.date(2024, 1, 1)}, "'rules.0.review_on': .* lies before"),
        ({"when": {"field": "age", "operator": "at_leest", "value": 1}}, "Did you mean 'at_least'"),
    ],
)
def test_what_a_rule_must_hold(
    tmp_path: Path, features: tuple[Feature, ...], changes: dict[str, Any], expected: str
) -> None:
    write(tmp_path, a_rule(**changes))
    with pytest.raises(ConfigurationError, match=rf"lethality\.yaml, line \d+: .*{expected}"):
        read(tmp_path, features)


def test_an_id_stands_once_in_all_files(tmp_path: Path, features: tuple[Feature, ...]) -> None:
    write(tmp_path, a_rule(), file="a.yaml")
    write(tmp_path, a_rule(id="other"), a_rule(), file="b.yaml")
    (told,) = problems(tmp_path, features)
    text = (tmp_path / "configs" / "rules" / "b.yaml").read_text().splitlines()
    line = 1 + text.index("- id: strangulation_recent")
    assert f"configs/rules/b.yaml, line {line}: the id 'strangulation_recent' must stand" in told
    assert "already stands in configs/rules/a.yaml, line 3" in told


def test_all_problems_come_at_once(tmp_path: Path, features: tuple[Feature, ...]) -> None:
    write(tmp_path, a_rule(when={"zzz": 1}, reason="{yyy}"), file="a.yaml")
    write(tmp_path, a_rule(when={"person.ethnicity": "white"}), file="b.yaml")
    assert len(problems(tmp_path, features)) == 4


def test_an_empty_theme_is_none(tmp_path: Path, features: tuple[Feature, ...]) -> None:
    write(tmp_path)
    with pytest.raises(ConfigurationError, match=r"'rules'.*a rule or a parameter at least"):
        read(tmp_path, features)


def test_no_rules_at_all_are_a_policy(tmp_path: Path, features: tuple[Feature, ...]) -> None:
    (tmp_path / "configs" / "rules").mkdir(parents=True)
    assert read(tmp_path, features).rules == ()


def test_both_ends_of_the_dates_are_in_force(tmp_path: Path, features: tuple[Feature, ...]) -> None:
    write(tmp_path, a_rule(in_force_to=datetime.date(2025, 6, 30)))
    (rule,) = read(tmp_path, features).rules
    days = [(2024, 12, 31), (2025, 1, 1), (2025, 6, 30), (2025, 7, 1)]
    assert [rule.in_force(datetime.date(*day)) for day in days] == [False, True, True, False]


def test_every_word_of_a_rule_is_asked_whatever_its_keys_are(
    tmp_path: Path, features: tuple[Feature, ...]
) -> None:
    """What a rule that is not whole says of itself is told, and not what would follow from it."""
    asks = {"all": [{"rule.b": "yes"}, {"rule.c": "yes"}, {"rule.nobody": "yes"}]}
    many = {
        "field": "strangulation_incidents_90d",
        "operator": "above",
        "value": {"parameter": "n"},
    }
    write(
        tmp_path,
        a_rule(id="a", effect="urgnt", when={"field": "strangulaton_incidents_90d", **ABOVE}),
        a_rule(id="b", wen={"pregnancy": "yes"}, when=..., reason="Because of {no_such}."),
        a_rule(id="c", title=3, when=many),
        a_rule(id="c", when=asks),
    )
    write(tmp_path, a_rule(id="d", when={"rule.torn": "yes"}), file="whole.yaml")
    torn = "title: Torn\nparameters:\n  n: {meaning: many}\nrules:\n  - id: torn\n    [\n"
    (tmp_path / "configs" / "rules" / "torn.yaml").write_text(torn)
    told = problems(tmp_path, features)
    for words in (
        "'rules.0.effect': an effect is",
        "rule 'a' tests 'strangulaton_incidents_90d', which no feature",
        "'rules.1.wen' is not a key that is known here. Did you mean 'when'?",
        "rule 'b' names '{no_such}' in its reason",
        "'rules.2.title'",
        "the id 'c' must stand once",
        "rule 'c' tests 'rule.nobody'",
        "torn.yaml, line 7: must be valid YAML",
    ):
        assert sum(words in one for one in told) == 1, (words, told)
    assert len(told) == 8, "\n".join(told)
