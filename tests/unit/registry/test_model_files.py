"""Model files: the same bytes for the same numbers, and nothing that could run."""

from __future__ import annotations

import io
import json
import pickle
import zipfile

import numpy as np
import pytest
import skops.io
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.preprocessing import FunctionTransformer

from tests.unit.learning.builders import (
    TREES,
    boosting,
    by_points,
    invented,
    net,
    of_trees,
    settings,
)
from triage.errors import ConfigurationError, TamperedError
from triage.learning import train
from triage.registry import read_model, write_model
from triage.registry.estimator_files import dump_estimator, load_estimator
from triage.workspace import sha256_of


def models(*specs, **changes):
    specs = specs or (boosting(parameters={"max_iter": 5, "max_features": 0.5}), net(), by_points())
    results = train(specs, invented(), capacity=8, training=settings(**changes)).results
    return [result.trained for result in results]


def rewritten(content, change):
    """Return a model file whose schema was changed."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            text = old.read(name)
            if name == "schema.json":
                schema = json.loads(text)
                change(schema)
                text = json.dumps(schema).encode()
            new.writestr(name, text)
    return out.getvalue()


def test_bytes_do_not_depend_on_where_an_estimator_lies_in_memory():
    for model in models()[:2]:
        copy = pickle.loads(pickle.dumps(model.estimator))
        assert dump_estimator(model.estimator) == dump_estimator(copy)


def test_an_estimator_comes_back_with_the_same_scores():
    values = invented(seed=4).matrix.values
    for model in models(net(), *map(of_trees, TREES)):
        back = load_estimator(dump_estimator(model.estimator), "it")
        values_seen = values[:, : back.n_features_in_]
        assert (
            back.decision_function(values_seen) == model.estimator.decision_function(values_seen)
        ).all()
        assert dump_estimator(back) == dump_estimator(model.estimator)


def test_a_type_that_is_not_ours_is_refused_though_the_library_would_trust_it():
    content = skops.io.dumps(FunctionTransformer(np.log1p))
    assert skops.io.get_untrusted_types(data=content) == []
    with pytest.raises(TamperedError, match=r"only the types .*FunctionTransformer \(ObjectNode\)"):
        load_estimator(content, "it")
    with pytest.raises(TypeError, match="a model file cannot hold"):
        dump_estimator(FunctionTransformer(np.log1p))


def test_a_type_that_a_file_renames_is_refused():
    content = dump_estimator(models()[1].estimator)

    def rename(schema):
        schema["__module__"], schema["__class__"] = "os", "system"

    with pytest.raises(TamperedError, match=r"os\.system"):
        load_estimator(rewritten(content, rename), "it")


def test_a_loader_of_another_kind_is_refused():
    content = dump_estimator(models()[1].estimator)

    def reload(schema):
        schema["__loader__"] = "FunctionNode"

    with pytest.raises(TamperedError, match="FunctionNode"):
        load_estimator(rewritten(content, reload), "it")


@pytest.mark.parametrize("field", ["left", "right", "feature_idx"])
def test_trees_that_point_outside_themselves_are_refused(field):
    X, y = np.random.default_rng(0).normal(size=(200, 2)), np.arange(200) % 2
    wild = HistGradientBoostingClassifier(max_iter=1, categorical_features=None).fit(X, y)
    nodes = wild._predictors[0][0].nodes
    nodes[field][0] = 2**20
    with pytest.raises(TamperedError, match="its trees must point to their own nodes"):
        load_estimator(dump_estimator(wild), "it")


@pytest.mark.parametrize("name", ["averaged_boosting", "expected_harm", "hazard"])
def test_trees_within_another_estimator_are_looked_at_too(name):
    (model,) = models(of_trees(name))
    model.estimator.boosting_._predictors[3][0].nodes["feature_idx"][0] = 99
    with pytest.raises(TamperedError, match="its trees must point to their own nodes"):
        load_estimator(dump_estimator(model.estimator), "it")


@pytest.mark.parametrize(("column", "value"), [(0, 2**20), (0, -1), (1, 0), (2, 99), (2, -1)])
def test_a_forest_that_points_outside_itself_is_refused(column, value):
    (model,) = models(of_trees("random_forest"))
    model.estimator.nodes_[model.estimator.roots_[1], column] = value
    with pytest.raises(TamperedError, match="its trees must point to their own nodes"):
        load_estimator(dump_estimator(model.estimator), "it")


@pytest.mark.parametrize("part", ["nodes_", "roots_", "cuts_", "medians_"])
def test_a_forest_without_a_part_is_refused(part):
    (model,) = models(of_trees("random_forest"))
    setattr(model.estimator, part, getattr(model.estimator, part)[:-1])
    with pytest.raises(TamperedError, match="its trees must point to their own nodes"):
        load_estimator(dump_estimator(model.estimator), "it")


@pytest.mark.parametrize("content", [b"", b"not a zip", pickle.dumps([1])])
def test_what_is_no_model_file_is_told(content):
    with pytest.raises(
        TamperedError, match="it: must be a model file; got one that cannot be read"
    ):
        load_estimator(content, "it")


def test_a_model_of_another_format_or_release_is_told(tmp_path):
    model = models()[0]
    write_model(model, tmp_path)
    path = tmp_path / "model.json"
    about = json.loads(path.read_text())
    for change, message in [
        ({"format": 99}, "got format 99"),
        ({"estimator": {**about["estimator"], "scikit_learn": "0.1.0"}}, "scikit-learn 0.1.0"),
        ({"features": [1]}, "a model file of another form"),
    ]:
        path.write_text(json.dumps({**about, **change}))
        with pytest.raises(ConfigurationError, match=message):
            read_model(tmp_path, sha256_of(path), name="it")


def test_a_model_file_says_what_it_is_in_plain_json(tmp_path):
    model = models()[1]
    write_model(model, tmp_path)
    about = json.loads((tmp_path / "model.json").read_text())
    assert about["spec"]["name"] == "net"
    assert about["features"][0] == {"name": "more", "direction": 1, "recency": False}
    assert about["calibration"]["slope"] == model.calibration.slope


def test_the_ensemble_is_kept_checked_and_read_where_it_is_wanted(tmp_path):
    (model,) = models(net(), ensemble=3)
    sha256 = write_model(model, tmp_path)
    assert sorted(path.name for path in tmp_path.glob("member*")) == [
        f"member_00{number}.skops" for number in (1, 2, 3)
    ]
    assert read_model(tmp_path, sha256, name="it").ensemble == ()
    back = read_model(tmp_path, sha256, name="it", with_ensemble=True)
    X = invented(30).matrix
    assert (back.ensemble_scores(X) == model.ensemble_scores(X)).all()
    (tmp_path / "member_002.skops").write_bytes((tmp_path / "member_001.skops").read_bytes())
    with pytest.raises(TamperedError, match=r"it, member_002\.skops"):
        read_model(tmp_path, sha256, name="it", with_ensemble=True)


def test_a_comparator_is_one_file(tmp_path):
    model = models()[2]
    sha256 = write_model(model, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["model.json"]
    assert read_model(tmp_path, sha256, name="it") == model
