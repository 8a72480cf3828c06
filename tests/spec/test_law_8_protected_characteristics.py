"""Law 8. Protected characteristics are for audit only: no feature, rule or model can use them.

A vocabulary marks them ``audit_only``. These tests try to name each of them wherever something
is named, and to make a feature move by changing them.
"""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from triage.errors import ConfigurationError
from triage.features import compute, make_plan, read_pipelines
from triage.harm import read_scales
from triage.outcomes import read_outcomes
from triage.records import Vocabulary, build_histories, read_vocabulary
from triage.rules import read_rules
from triage.timeline import attributes_at, build_timeline, day_of, moments_of

CHECKOUT = Path(__file__).resolve().parents[2]
VOCABULARY = read_vocabulary(CHECKOUT / "configs" / "vocabulary.yaml")
PROTECTED = sorted(VOCABULARY.audit_only())
AS_OF = datetime.date(2026, 3, 1)


def test_the_shipped_vocabulary_marks_them() -> None:
    assert {"person.sex", "person.ethnicity"} <= set(PROTECTED)


def write(path: Path, content: dict[str, Any]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(content))
    return path.parent


def values_of(name: str) -> list[str]:
    table, _, attribute = name.partition(".")
    attributes = VOCABULARY.people if table == "person" else VOCABULARY.referrals
    return attributes.attributes[attribute].values


@pytest.mark.parametrize("name", PROTECTED)
def test_no_feature_can_name_one(name: str, tmp_path: Path) -> None:
    feature = {
        "name": "tried",
        "measure": "attribute",
        "of": name,
        "equals": values_of(name)[0],
        "meaning": "tried",
        "unit": "yes or no",
        "direction": "none",
        "missing": "not recorded",
    }
    folder = write(tmp_path / "tried.yaml", {"title": "Tried", "features": [feature]})
    with pytest.raises(ConfigurationError, match=f"{name}.*audit only"):
        read_pipelines(folder, VOCABULARY)


@pytest.mark.parametrize("name", PROTECTED)
def test_no_filter_of_events_can_name_one(name: str, tmp_path: Path) -> None:
    feature = {
        "name": "tried",
        "measure": "count",
        "where": {"field": name, "operator": "is", "value": values_of(name)[0]},
        "windows": ["ever"],
        "meaning": "{value} tried {window}",
        "unit": "events",
        "direction": "none",
        "missing": "none",
    }
    folder = write(tmp_path / "tried.yaml", {"title": "Tried", "features": [feature]})
    with pytest.raises(ConfigurationError, match=f"tests '{name}'"):
        read_pipelines(folder, VOCABULARY)


@pytest.mark.parametrize("name", PROTECTED)
@pytest.mark.parametrize("place", ["when", "reason"])
def test_no_rule_can_name_one(name: str, place: str, tmp_path: Path) -> None:
    tested = {"field": name, "operator": "is", "value": values_of(name)[0]}
    harmless = {"field": "person.age", "operator": "at_least", "value": 18}
    rule = {
        "id": "tried",
        "title": "Tried",
        "reason": f"Because of {{{name}}}" if place == "reason" else "Because",
        "effect": "flag",
        "when": tested if place == "when" else harmless,
        "source": "none",
        "source_checked": False,
        "author": "a test",
        "in_force_from": AS_OF,
        "review_on": AS_OF,
    }
    folder = write(tmp_path / "tried.yaml", {"title": "Tried", "rules": [rule]})
    with pytest.raises(ConfigurationError, match=f"{name}.*audit only"):
        read_rules(folder, (), VOCABULARY)


@pytest.mark.parametrize("name", PROTECTED)
def test_no_outcome_can_name_one(name: str, tmp_path: Path) -> None:
    outcome = {
        "meaning": "tried within a year",
        "horizon_days": 365,
        "any_event": {"field": name, "operator": "is", "value": values_of(name)[0]},
    }
    content = {"primary": "tried", "settles_in_days": 0, "outcomes": {"tried": outcome}}
    folder = write(tmp_path / "outcome.yaml", content)
    scales = read_scales(CHECKOUT / "configs" / "harm", VOCABULARY)
    with pytest.raises(ConfigurationError, match=name):
        read_outcomes(folder / "outcome.yaml", VOCABULARY, scales)


def people_with(vocabulary: Vocabulary, shift: int) -> list[dict[str, object]]:
    """Return people whose protected characteristics are turned by ``shift`` places."""
    return [
        {"person_id": f"P{number}", "birth_date": datetime.date(1980, 1, 1)}
        | {
            name.partition(".")[2]: values_of(name)[(number + shift) % len(values_of(name))]
            for name in vocabulary.audit_only()
            if name.startswith("person.")
        }
        for number in range(6)
    ]


def features_of(shift: int) -> np.ndarray:
    histories = build_histories(
        VOCABULARY,
        people=people_with(VOCABULARY, shift),
        events=[
            {
                "event_id": f"E{number}",
                "person_id": f"P{number}",
                "happened_on": datetime.date(2025, 6, 1 + number),
                "known_on": datetime.date(2025, 6, 10),
                "source": "police",
                "type": "assault_with_injury",
                "domestic": "yes",
            }
            for number in range(6)
        ],
        referrals=[
            {"referral_id": f"R{number}", "person_id": f"P{number}", "made_on": AS_OF}
            for number in range(6)
        ],
    )
    scales = read_scales(CHECKOUT / "configs" / "harm", VOCABULARY)
    timeline = build_timeline(histories, scales["cambridge"])
    rows = np.arange(6)
    moments = moments_of(timeline, [f"P{number}" for number in range(6)], day_of(AS_OF))
    attributes = attributes_at(histories, rows, moments.day)
    assert not set(attributes) & VOCABULARY.audit_only()
    plan = make_plan(read_pipelines(CHECKOUT / "pipelines", VOCABULARY))
    return compute(plan, timeline, moments, attributes).values


def test_changing_them_changes_no_feature() -> None:
    first, second = features_of(shift=0), features_of(shift=1)
    assert first.size
    np.testing.assert_array_equal(first, second)
