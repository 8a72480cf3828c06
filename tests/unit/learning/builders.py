"""Invented examples to learn from."""

from __future__ import annotations

import numpy as np

from triage.features import Feature, FeatureMatrix
from triage.learning import Examples, ModelSpec
from triage.outcomes import Labels, LabelState, Outcome
from triage.timeline import Moments
from triage.workspace import Training


def feature(name, direction="none", theme="invented", measure="count"):
    return Feature(
        name=name,
        group=name,
        theme=theme,
        theme_title=theme,
        measure=measure,
        where=None,
        of=None,
        equals=None,
        window_days=None,
        recent_days=None,
        earlier_days=None,
        when_none=0.0,
        unit="",
        direction=direction,
        meaning="{value}",
        missing="",
    )


def matrix(directions=None, **columns):
    directions = directions or {}
    values = np.asfortranarray(np.column_stack([np.asarray(v, float) for v in columns.values()]))
    return FeatureMatrix(
        values, tuple(feature(name, directions.get(name, "none")) for name in columns)
    )


def labels(y, harm=None, states=None, until=None):
    y = np.asarray(y, dtype=np.float64)
    harm = y * 100 if harm is None else np.asarray(harm, dtype=np.float64)
    states = (
        np.where(np.isnan(y), LabelState.IMMATURE, LabelState.KNOWN) if states is None else states
    )
    days_until = np.where(y > 0, np.arange(len(y)) * 7 % 90, np.nan) if until is None else until
    return Labels(y, harm, np.asarray(states, dtype=np.int8), days_until)


OUTCOME = Outcome("harm", "harm within 90 days", horizon_days=90, settles_in_days=10)


def invented(n=1500, seed=1, days=1500):
    """Harm rises with `more`, falls with `less`; `noise` is noise; some of `gappy` is missing."""
    rng = np.random.default_rng(seed)
    more, less = rng.poisson(2.0, n).astype(float), rng.exponential(100.0, n)
    noise, gappy = rng.normal(size=n), rng.poisson(1.0, n).astype(float)
    log_odds = -2.5 + 0.5 * more - 0.01 * less + 0.4 * gappy
    gappy[rng.random(n) < 0.3] = np.nan
    y = (rng.random(n) < 1 / (1 + np.exp(-log_odds))).astype(float)
    day = np.sort(rng.integers(19000, 19000 + days, n)).astype(np.int32)
    harm = y * np.round(rng.exponential(300.0, n))
    return Examples(
        matrix(
            {"more": "raises", "less": "lowers", "gappy": "raises"},
            more=more,
            less=less,
            noise=noise,
            gappy=gappy,
        ),
        Moments(np.arange(n, dtype=np.int32), day),
        labels(y, harm),
        OUTCOME,
    )


def settings(**changes):
    given = {
        "folds": 2,
        "test_days": 200,
        "minimum_positives": 5,
        "seed": 3,
        "jobs": 1,
        "ensemble": 0,
    }
    return Training(**{**given, **changes})


def boosting(**changes):
    given = {
        "name": "boosting",
        "title": "Boosting",
        "purpose": "to test",
        "kind": "estimator",
        "estimator": "hist_gradient_boosting",
        "parameters": {"max_iter": 30, "max_leaf_nodes": 4},
    }
    return ModelSpec.model_validate({**given, **changes})


def net(**changes):
    given = {
        "name": "net",
        "title": "Elastic net",
        "purpose": "to test",
        "kind": "estimator",
        "estimator": "logistic_elastic_net",
    }
    return ModelSpec.model_validate({**given, **changes})


QUICK = {"max_iter": 30, "max_leaf_nodes": 4}
TREES = {
    "additive_boosting": QUICK,
    "averaged_boosting": {**QUICK, "additive": {**QUICK, "max_features": 0.5}},
    "hist_gradient_boosting": QUICK,
    "random_forest": {"n_estimators": 30, "max_features": 0.5},
    "expected_harm": QUICK,
    "hazard": {**QUICK, "horizons": [30, 60]},
}


def of_trees(estimator, **changes):
    """Return a quick spec of an estimator that is made of trees, under its own name."""
    return boosting(
        **{"name": estimator, "estimator": estimator, "parameters": TREES[estimator], **changes}
    )


def by_points(**changes):
    given = {
        "name": "points",
        "title": "Points",
        "purpose": "to test",
        "kind": "comparator",
        "points": [{"feature": "more", "weight": 1}],
    }
    return ModelSpec.model_validate({**given, **changes})
