"""``models/*.yaml``."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit.learning.builders import feature
from triage.errors import ConfigurationError
from triage.features import read_pipelines
from triage.learning import read_models
from triage.records import read_vocabulary

ROOT = Path(__file__).parents[3]
FEATURES = (
    feature("incidents_90d", theme="incidents"),
    feature("incidents_365d", theme="incidents"),
    feature("weapon_incidents_90d", theme="violence"),
)
GOOD = """\
name: good
title: Good
purpose: to test
kind: estimator
estimator: logistic
"""
POINTS = """\
name: points
title: Points
purpose: to test
kind: comparator
points:
  - {feature: incidents_90d, weight: 1}
"""


def read(tmp_path, **files):
    folder = tmp_path / "models"
    folder.mkdir()
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text)
    return read_models(folder, FEATURES, root=tmp_path)


def test_the_shipped_models_fit_the_shipped_pipelines():
    features = read_pipelines(ROOT / "pipelines", read_vocabulary(ROOT / "configs/vocabulary.yaml"))
    specs = read_models(ROOT / "models", features)
    assert [spec.name for spec in specs if spec.learns] == [
        "additive_boosting",
        "elastic_net",
        "expected_harm",
        "hazard",
        "hist_gradient_boosting",
        "random_forest",
        "two_features",
    ]
    assert [spec.name for spec in specs if not spec.learns] == [
        "assessment_grade",
        "dara",
        "dash",
        "odara",
        "ppit",
        "rfg",
        "rfgv",
        "rfh",
        "v100",
    ]
    assert all(spec.source for spec in specs if not spec.learns)
    assert [spec.name for spec in specs if spec.search] == ["elastic_net"]


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        ("all", ["incidents_90d", "incidents_365d", "weapon_incidents_90d"]),
        ("[incidents_365d]", ["incidents_365d"]),
        ("['*incidents_90d']", ["incidents_90d", "weapon_incidents_90d"]),
        ("['violence/*']", ["weapon_incidents_90d"]),
        ("[violence/*, incidents_90d]", ["incidents_90d", "weapon_incidents_90d"]),
    ],
)
def test_features_are_chosen_by_name_and_theme(tmp_path, chosen, expected):
    (spec,) = read(tmp_path, good=GOOD + f"features: {chosen}\n")
    assert list(spec.choose(FEATURES)) == expected


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("estimator: logistic", "estimator: logistik", r"line 5: 'logistik' is not .* 'logistic'"),
        (
            "estimator: logistic",
            "estimator: os.system",
            r"'os.system' is not one of the estimators",
        ),
        (
            "estimator: logistic",
            "estimator: neural_network",
            r"line 5: 'neural_network' has no exact SHAP values, .* Use one of logistic,",
        ),
        ("name: good", "name: other", r"a model is named as its file, 'good', not 'other'"),
        ("purpose", "purposse", r"'purposse' is not a key .*'purpose'"),
        ("estimator: logistic", "title_: x", r"an estimator names its 'estimator'|not a key"),
        ("kind: estimator", "kind: comparator", r"a comparator has 'points'"),
    ],
)
def test_what_is_wrong_with_a_model_is_told(tmp_path, old, new, message):
    with pytest.raises(ConfigurationError, match=message):
        read(tmp_path, good=GOOD.replace(old, new))


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        ("parameters: {penalti: 1}\n", r"'penalti' is not a parameter of logistic.* 'penalty'"),
        ("parameters: {penalty: -1}\n", r"'penalty': .*greater than 0"),
        ("features: [incidents_91d]\n", r"'incidents_91d' matches nothing .*'incidents_90d'"),
        ("points: [{feature: incidents_90d, weight: 1}]\n", r"'points' does not belong to a est"),
    ],
)
def test_what_is_wrong_beside_the_name_is_told(tmp_path, extra, message):
    with pytest.raises(ConfigurationError, match=message):
        read(tmp_path, good=GOOD + extra)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("incidents_90d", "incidentz_90d", r"line 6: 'incidentz_90d' is not .*'incidents_90d'"),
        ("weight: 1", "weight: 0", r"greater than 0"),
        ("weight: 1", "bands: [{points: 1}]", r"'at_least', 'at_most' or both"),
        (", weight: 1", "", r"either 'weight' or 'bands'"),
        ("weight: 1", "at_most: 2, bands: [{at_most: 1, points: 1}]", r"a band has its own limits"),
        ("points:", "estimator: logistic\npoints:", r"'estimator' does not belong to a comparator"),
        (
            "points:",
            "requires: {field: incidentz_90d, operator: above, value: 1}\npoints:",
            r"tests 'incidentz_90d', which no feature pipeline makes. Did you mean",
        ),
        (
            "points:",
            "requires: {field: incidents_90d, operator: over}\npoints:",
            r"not an operator",
        ),
    ],
)
def test_what_is_wrong_with_a_comparator_is_told(tmp_path, old, new, message):
    with pytest.raises(ConfigurationError, match=message):
        read(tmp_path, good=GOOD, points=POINTS.replace(old, new, 1))


def test_a_workspace_needs_a_model_that_learns(tmp_path):
    with pytest.raises(ConfigurationError, match="at least one model of the kind 'estimator'"):
        read(tmp_path, points=POINTS)


def test_the_problems_of_all_files_come_at_once(tmp_path):
    with pytest.raises(ConfigurationError, match=r"(?s)good.yaml.*points.yaml"):
        read(
            tmp_path,
            good=GOOD.replace("logistic", "x"),
            points=POINTS.replace("incidents_90d", "x"),
        )


SEARCHES = {
    "an unknown parameter": (
        {"trials": 3, "parameters": {"learning_rates": [0.1]}},
        "'learning_rates' is not a parameter of hist_gradient_boosting. "
        "Did you mean 'learning_rate'?",
    ),
    "an end out of bounds": (
        {"trials": 3, "parameters": {"max_leaf_nodes": {"low": 1, "high": 9}}},
        "'max_leaf_nodes': Input should be greater than or equal to 2",
    ),
    "a value of another kind": (
        {"trials": 3, "parameters": {"max_iter": [50, "many"]}},
        "'max_iter': Input should be a valid integer",
    ),
    "a span that falls": (
        {"trials": 3, "parameters": {"learning_rate": {"low": 0.3, "high": 0.1}}},
        "'low' must be below 'high'",
    ),
    "a logarithm of nothing": (
        {"trials": 3, "parameters": {"learning_rate": {"low": 0, "high": 1, "scale": "log"}}},
        "'low' must be above 0",
    ),
    "words for a number": (
        {"trials": 3, "parameters": {"learning_rate": {"low": "few", "high": 1}}},
        "low': must be a number",
    ),
    "no values": ({"trials": 3, "parameters": {"max_iter": []}}, "'max_iter' has no values"),
    "an unknown method": (
        {"method": "grid", "trials": 3, "parameters": {"max_iter": [50]}},
        "'random' or 'halving'",
    ),
}


@pytest.mark.parametrize(("search", "message"), SEARCHES.values(), ids=SEARCHES)
def test_a_search_that_cannot_be_made_is_refused(search, message, tmp_path) -> None:
    text = GOOD.replace("logistic", "hist_gradient_boosting") + f"search: {json.dumps(search)}\n"
    with pytest.raises(ConfigurationError, match=re.escape(message)) as caught:
        read(tmp_path, good=text)
    assert "models/good.yaml, line " in str(caught.value)


def test_a_search_is_read_and_a_comparator_has_none(tmp_path) -> None:
    text = "search: {method: halving, trials: 9, parameters: {penalty: {low: 1e-4, high: 1.0}}}\n"
    (spec,) = read(tmp_path, good=GOOD + text)
    assert spec.search.method == "halving"
    assert spec.search.parameters["penalty"].high == 1.0
    (tmp_path / "models" / "points.yaml").write_text(POINTS + text)
    with pytest.raises(ConfigurationError, match="'search' does not belong to a comparator"):
        read_models(tmp_path / "models", FEATURES, root=tmp_path)


def test_what_no_model_learns_from_is_left_out_and_not_chosen_by_name(tmp_path):
    told = (*FEATURES, replace(FEATURES[0], name="custody_days", learned=False))
    (spec,) = read(tmp_path, good=GOOD)
    assert "custody_days" not in spec.choose(told)
    file = tmp_path / "models/good.yaml"
    file.write_text(GOOD + "features: [incidents_90d, custody_days]\n")
    with pytest.raises(ConfigurationError, match=r"'custody_days' is not to be learned from"):
        read_models(file.parent, told, root=tmp_path)
