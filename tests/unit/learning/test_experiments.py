"""Training forward in time, and what stands against it."""

from __future__ import annotations

import dataclasses
import re

import numpy as np
import pytest

from tests.unit.learning.builders import (
    OUTCOME,
    TREES,
    boosting,
    by_points,
    feature,
    invented,
    labels,
    net,
    of_trees,
    settings,
)
from triage.errors import ConfigurationError, LearningError
from triage.features import FeatureMatrix
from triage.learning import LONG_AGO_DAYS, Examples, make_folds, train
from triage.outcomes import LabelState
from triage.registry.estimator_files import dump_estimator
from triage.timeline import Moments


def trained(examples=None, specs=None, **changes):
    specs = specs or [boosting(), net(), by_points()]
    given = invented() if examples is None else examples
    return train(specs, given, capacity=8, training=settings(**changes))


def relabelled(examples, y, states=None):
    return dataclasses.replace(examples, labels=labels(y, states=states))


def test_every_spec_is_tested_on_the_same_moments():
    experiment = trained()
    assert [result.name for result in experiment.results] == ["boosting", "net", "points"]
    assert len({(r.pooled.rows, r.pooled.positives) for r in experiment.results}) == 1
    assert experiment.results[0].pooled.rows == len(experiment.tested)
    assert [len(result.by_period) for result in experiment.results] == [2, 2, 2]


def test_models_find_what_was_planted_and_beat_one_count():
    experiment = trained(invented(3000))
    auc = {result.name: result.pooled.auc for result in experiment.results}
    assert auc["net"] > auc["points"]
    assert 0.65 < auc["boosting"] < 0.9


def test_scores_of_learned_models_are_calibrated_log_odds():
    examples = invented(4000)
    for name in ("boosting", "net"):
        model = trained(examples).result(name).trained
        log_odds = model.log_odds(examples.matrix)
        line = model.calibration
        np.testing.assert_allclose(
            log_odds, line.slope * model.base_log_odds(examples.matrix) + line.intercept
        )
        np.testing.assert_allclose(model.score(examples.matrix), log_odds)
        probability = model.probability(examples.matrix)
        assert probability.mean() == pytest.approx(model.base_rate, rel=0.15)


def test_linear_terms_sum_to_the_base_log_odds():
    examples = invented()
    experiment = trained(examples)
    model = experiment.result("net").trained
    contributions, intercept = model.linear_terms(examples.matrix)
    assert contributions.shape == (len(examples.matrix), len(model.feature_names))
    np.testing.assert_allclose(
        contributions.sum(axis=1) + intercept, model.base_log_odds(examples.matrix), atol=1e-12
    )
    assert not experiment.result("boosting").trained.is_linear
    with pytest.raises(TypeError, match="'boosting' is not linear"):
        experiment.result("boosting").trained.linear_terms(examples.matrix)


def test_a_comparator_has_points_and_no_log_odds():
    model = trained().result("points").trained
    assert not model.learned
    with pytest.raises(TypeError, match="'points' is a comparator"):
        model.log_odds(invented().matrix)


def test_what_came_later_changes_nothing_in_an_earlier_period():
    examples = invented()
    first, second = make_folds(examples, settings())
    changed = examples.labels.values.copy()
    later = np.setdiff1d(np.arange(len(changed)), np.concatenate([first.train, first.test]))
    changed[later] = 1 - changed[later]
    before, after = trained(examples), trained(relabelled(examples, changed))
    cut = len(first.test)
    for one, other in zip(before.results, after.results, strict=True):
        assert (one.scores[:cut] == other.scores[:cut]).all()
    assert len(second.test) == len(before.results[0].scores) - cut


def test_unknown_outcomes_are_neither_learned_nor_tested():
    examples = invented()
    y = examples.labels.values.copy()
    unknown = np.arange(0, len(y), 7)
    hidden = relabelled(examples, np.where(np.isin(np.arange(len(y)), unknown), np.nan, y))
    experiment = trained(hidden)
    assert not np.isin(experiment.tested, unknown).any()
    assert experiment.results[0].trained.rows == len(y) - len(unknown)


def test_the_same_seed_gives_the_same_bytes_and_another_does_not():
    random = [boosting(parameters={"max_iter": 5, "max_features": 0.5})]
    first, again, other = (
        dump_estimator(trained(specs=random, seed=seed).results[0].trained.estimator)
        for seed in (1, 1, 2)
    )
    assert first == again
    assert first != other


@pytest.mark.slow
def test_the_number_of_processes_changes_no_byte(monkeypatch):
    monkeypatch.setattr("triage.learning.jobs.VALUES_A_PROCESS", 1)
    monkeypatch.setattr("joblib.cpu_count", lambda: 2)
    specs = [*map(of_trees, TREES), net(), by_points()]
    alone, together = (trained(specs=specs, jobs=jobs, ensemble=2) for jobs in (1, 2))
    for one, other in zip(alone.results, together.results, strict=True):
        assert (one.scores == other.scores).all()
        assert one.trained.calibration == other.trained.calibration
        if one.trained.learned:
            assert dump_estimator(one.trained.estimator) == dump_estimator(other.trained.estimator)
        members = zip(one.trained.ensemble, other.trained.ensemble, strict=True)
        assert all(dump_estimator(here) == dump_estimator(there) for here, there in members)
    assert any(result.trained.ensemble for result in together.results)


def test_processes_never_outnumber_cores_or_what_the_work_is_worth(monkeypatch):
    from triage.learning.fitting import Job
    from triage.learning.jobs import _workers

    job = Job(net(), (0, 1), "here", np.arange(1000), np.arange(0), None, 0)
    monkeypatch.setattr("joblib.cpu_count", lambda: 4)
    assert _workers([job] * 8, wanted=0) == 1
    monkeypatch.setattr("triage.learning.jobs.VALUES_A_PROCESS", 1)
    assert _workers([job] * 8, wanted=0) == 4
    assert _workers([job] * 8, wanted=3) == 3
    assert _workers([job] * 8, wanted=99) == 4
    assert _workers([job] * 2, wanted=0) == 2


def test_progress_is_told_fit_by_fit():
    told = []
    train(
        [net(), by_points()],
        invented(),
        capacity=8,
        training=settings(),
        progress=lambda done, of, what: told.append((done, of, what)),
    )
    assert told == [
        (1, 3, "net, test period 1"),
        (2, 3, "net, test period 2"),
        (3, 3, "net, all periods"),
    ]


def test_progress_goes_on_through_the_ensemble():
    told = []
    train(
        [net()],
        invented(),
        capacity=8,
        training=settings(ensemble=2),
        progress=lambda done, of, what: told.append((done, of, what)),
    )
    assert [(done, of) for done, of, _ in told] == [(n, 5) for n in range(1, 6)]
    assert told[-1][2] == "net, draw 2 of people"


def test_the_table_has_a_row_a_model_and_period_and_one_pooled():
    table = trained().table()
    assert [(row["model"], row["period"]) for row in table[:3]] == [
        ("boosting", "1"),
        ("boosting", "2"),
        ("boosting", "pooled"),
    ]
    assert sum(row["proposed"] for row in table) == 3


def test_constant_and_never_known_features_are_left_out_and_named():
    examples = invented()
    matrix = examples.matrix
    matrix.values[:, matrix.names.index("noise")] = 5.0
    matrix.values[:, matrix.names.index("less")] = np.nan
    model = trained(examples).result("net").trained
    assert model.feature_names == ("more", "gappy")
    assert "2 of 4 features were left out" in model.notes[0]
    assert "less, noise" in model.notes[0]


def test_a_period_without_a_rehearsal_is_noted():
    notes = trained(invented(days=560), test_days=200).result("net").trained.notes
    assert any("without calibration in period 1" in note for note in notes)


def test_the_fingerprint_is_that_of_the_data():
    one, same, other = invented(), invented(), invented()
    other.matrix.values[3, 0] += 1
    assert one.fingerprint() == same.fingerprint() != other.fingerprint()


def test_a_model_says_which_features_are_no_longer_made():
    examples = invented()
    model = trained(examples).result("net").trained
    with pytest.raises(ConfigurationError, match="got none for less, noise"):
        model.score(examples.matrix.select(["more", "gappy"]))


def refused(message, examples, **changes):
    with pytest.raises(LearningError, match=message):
        trained(examples, **changes)


def test_no_positives_are_refused():
    examples = invented()
    refused(
        "at least 5 referrals must have it .* got none among", relabelled(examples, np.zeros(1500))
    )


def test_too_few_positives_are_refused():
    y = np.zeros(1500)
    y[:4] = 1
    refused("got 4 among 1500", relabelled(invented(), y))


def test_nothing_but_positives_is_refused():
    refused("some referrals must be without it", relabelled(invented(), np.ones(1500)))


def test_nothing_matured_is_refused_with_the_reasons():
    examples = relabelled(
        invented(),
        np.full(1500, np.nan),
        states=np.repeat([LabelState.IMMATURE, LabelState.UNKNOWN], [1400, 100]),
    )
    refused(
        r"1500 referrals \(1400 not settled yet, 100 not said by the records\)\. An answer settles "
        "100 days",
        examples,
    )


def test_no_referrals_are_refused():
    empty = Examples(
        invented().matrix.take(np.arange(0)),
        Moments(np.arange(0, dtype=np.int32), np.arange(0, dtype=np.int32)),
        labels([]),
        OUTCOME,
    )
    refused("must be known of past referrals; got no referrals", empty)


def test_one_class_in_a_test_period_is_refused():
    examples = invented()
    _, second = make_folds(examples, settings())
    y = examples.labels.values.copy()
    y[second.test] = 0
    refused(
        r"test period 2 of 2 \(20\d\d-\d\d-\d\d to .* got all \d+ without it",
        relabelled(examples, y),
    )


def test_a_period_with_nothing_to_learn_from_is_refused():
    refused(
        "test period 1 of 5 .* there must be referrals whose outcome had settled, 100 days",
        invented(days=900),
        folds=5,
    )


def test_too_few_positives_in_a_period_are_refused():
    refused(
        "test period 1 of 2 .* at least 400 referrals to learn from",
        invented(3000),
        minimum_positives=400,
    )


def test_every_shortcoming_comes_at_once():
    with pytest.raises(LearningError) as caught:
        trained(invented(days=900), folds=6)
    assert len(re.findall("test period", str(caught.value))) > 1


def test_fits_that_do_not_converge_are_told_together():
    impatient = [net(name=name, parameters={"max_iter": 1, "penalty": 1e-6}) for name in ("a", "b")]
    with pytest.raises(LearningError, match=r"(?s)the model 'a'.*the model 'b'.*Raise 'penalty'"):
        trained(specs=impatient)


def test_a_model_without_a_feature_that_differs_is_refused():
    examples = invented()
    examples.matrix.values[:] = 1.0
    refused("some feature must differ", examples)


def test_rows_that_do_not_fit_together_are_a_mistake():
    examples = invented()
    with pytest.raises(ValueError, match="1500 rows of features, 1500 moments and 2 labels"):
        dataclasses.replace(examples, labels=labels([0, 1]))


def test_none_on_record_counts_as_long_ago_in_training_and_after():
    examples = invented()
    features = (
        feature("since", "lowers", measure="days_since_last"),
        *examples.matrix.features[1:],
    )
    values = examples.matrix.values.copy(order="F")
    values[::3, 0] = np.nan
    recent = dataclasses.replace(examples, matrix=FeatureMatrix(values, features))
    model = trained(recent, specs=[net()]).results[0].trained
    assert model.recency == (True, False, False, False)
    assert model.estimator.missing_means_[0] == 0
    filled = values.copy(order="F")
    filled[::3, 0] = LONG_AGO_DAYS
    assert (model.score(recent.matrix) == model.score(FeatureMatrix(filled, features))).all()
    filled[::3, 0] = 2 * LONG_AGO_DAYS
    assert (model.score(recent.matrix) == model.score(FeatureMatrix(filled, features))).all()
    assert np.isnan(recent.matrix.values[0, 0])
