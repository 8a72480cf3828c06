"""The curves of an additive model are what it does, and make up its score."""

from __future__ import annotations

import numpy as np
import pytest

from tests.unit.learning.builders import by_points, invented, net, of_trees, settings
from triage.features import FeatureMatrix
from triage.learning import shapes_of, train

EXAMPLES = invented(2000)
ADDITIVE = [of_trees("additive_boosting"), net()]


def trained(spec):
    return train([spec], EXAMPLES, capacity=8, training=settings()).results[0].trained


@pytest.mark.parametrize("spec", ADDITIVE, ids=lambda spec: spec.name)
def test_the_curves_of_all_features_make_up_the_difference_of_any_two_scores(spec):
    model, rng = trained(spec), np.random.default_rng(5)
    shapes = shapes_of(model, EXAMPLES.matrix, smallest=10)
    told = {one.feature: {at.value: at.adds for at in one.points} for one in shapes}
    unknown = {one.feature: one.unknown for one in shapes}
    drawn = {name: rng.choice(list(points), 40) for name, points in told.items()}
    if "gappy" in drawn:
        drawn["gappy"][:8] = np.nan
    names = EXAMPLES.matrix.names
    values = np.column_stack([drawn.get(name, np.zeros(40)) for name in names])
    scores = model.score(FeatureMatrix(np.asfortranarray(values), EXAMPLES.matrix.features))
    added = [
        sum(
            unknown[name] if np.isnan(value) else told[name][value]
            for name, value in zip(names, row, strict=True)
            if name in told
        )
        for row in values
    ]
    np.testing.assert_allclose(np.diff(scores), np.diff(added), atol=2e-3)  # told to four digits
    assert np.ptp(scores) > 1


def test_a_curve_rises_where_its_feature_raises_and_the_widest_comes_first():
    shapes = shapes_of(trained(ADDITIVE[0]), EXAMPLES.matrix, smallest=10)
    assert [one.reach for one in shapes] == sorted((one.reach for one in shapes), reverse=True)
    by_name = {one.feature: [at.adds for at in one.points] for one in shapes}
    assert by_name["more"] == sorted(by_name["more"])
    assert by_name["less"] == sorted(by_name["less"], reverse=True)
    assert min(by_name["more"]) < 0 < max(by_name["more"])
    assert {one.feature for one in shapes if one.unknown is not None} == {"gappy"}


def test_each_value_that_is_told_stands_for_enough_people():
    few = EXAMPLES.matrix.take(np.arange(45))
    shapes = shapes_of(trained(ADDITIVE[0]), few, smallest=20)
    assert shapes
    assert all(len(one.points) <= 2 for one in shapes)
    assert all(one.unknown is None for one in shapes)
    assert shapes_of(trained(ADDITIVE[0]), few.take(np.arange(9)), smallest=10) == []


@pytest.mark.parametrize(
    "spec", [of_trees("hist_gradient_boosting"), by_points()], ids=lambda spec: spec.name
)
def test_nothing_is_drawn_of_a_model_that_is_no_sum_of_curves(spec):
    specs = [spec] if spec.learns else [spec, net()]
    made = train(specs, EXAMPLES, capacity=8, training=settings()).results[0].trained
    assert shapes_of(made, EXAMPLES.matrix, smallest=10) == []
