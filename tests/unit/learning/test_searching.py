"""Searching for parameters: what is drawn, what judges it, and what never may."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from tests.unit.learning.builders import boosting, by_points, invented, net, settings
from tests.unit.learning.test_jobs import Kept
from triage.errors import LearningError
from triage.learning import Search, make_folds, search_models, settings_of, train
from triage.learning.jobs import run_jobs
from triage.timeline import check_forward

SPANS = {
    "learning_rate": {"low": 0.02, "high": 0.3, "scale": "log"},
    "max_leaf_nodes": {"low": 2, "high": 8},
}


def searching(**changes):
    given = {"trials": 5, "parameters": SPANS, "test_days": 150, "folds": 2}
    return boosting(search={**given, **changes})


def searched(*specs, examples=None, kept=None, **changes):
    specs = specs or (searching(),)
    return search_models(
        specs,
        invented(3000) if examples is None else examples,
        capacity=8,
        training=settings(**changes),
        kept=kept,
    )


def test_the_files_own_parameters_take_part_and_the_rest_stays():
    ((spec,), (found,)) = searched()
    assert [trial.number for trial in found.trials] == [0, 1, 2, 3, 4, 5]
    assert found.trials[0].parameters == boosting().parameters
    assert all(trial.parameters["max_iter"] == 30 for trial in found.trials)
    assert spec.parameters == found.chosen.parameters
    assert spec.search == searching().search


def test_the_best_mean_over_the_periods_is_chosen():
    ((_, (found,))) = searched(searching(measure="auc"))
    means = [trial.rounds[0].mean for trial in found.trials]
    assert all(len(trial.rounds[0].values) == 2 for trial in found.trials)
    assert len(set(means)) > 3
    assert found.chosen.rounds[0].mean == max(means)


def test_a_search_finds_what_was_planted():
    """Trees that cannot split learn nothing, and steps so small that nothing moves."""
    hopeless = {"max_iter": 1, "learning_rate": 0.001, "max_leaf_nodes": 2}
    spec = boosting(
        parameters=hopeless,
        search={
            "trials": 6,
            "measure": "auc",
            "test_days": 150,
            "parameters": {"max_iter": [40, 60, 80], "max_leaf_nodes": [4, 8]},
        },
    )
    ((chosen,), (found,)) = searched(spec)
    assert chosen.parameters["max_iter"] >= 40
    assert found.chosen.rounds[-1].mean > found.trials[0].rounds[-1].mean + 0.05
    assert f"max_iter {chosen.parameters['max_iter']}" in found.told
    assert "of the file's own" in found.told


def test_no_test_period_has_a_say_in_the_parameters():
    """Whatever comes of those who are tested, and of all that settled later, changes nothing."""
    examples = invented(3000)
    first = make_folds(examples, settings())[0]
    y = examples.labels.values.copy()
    later = np.setdiff1d(np.arange(len(y)), first.train)
    y[later] = 1 - y[later]
    harm = np.where(np.isin(np.arange(len(y)), later), 7.0, examples.labels.harm_days)
    others = dataclasses.replace(examples.labels, values=y, harm_days=harm)
    changed = dataclasses.replace(examples, labels=others)
    ((one,), (before,)) = searched(examples=examples)
    ((other,), (after,)) = searched(examples=changed)
    assert [trial.rounds for trial in before.trials] == [trial.rounds for trial in after.trials]
    assert one == other
    matures = examples.outcome.matures_in_days
    check_forward(before.folds, examples.moments.day, matures_in_days=matures)
    for fold in before.folds:
        rows = np.concatenate([fold.train, fold.test])
        assert (examples.moments.day[rows] + matures <= first.test_from).all()


def test_halving_goes_on_with_the_best_third_and_more_people():
    spec = searching(method="halving", trials=8)
    ((_,), (found,)) = searched(spec, examples=invented(4000))
    rounds = [len(trial.rounds) for trial in found.trials]
    assert len(found.trials) == 9
    assert sum(number == 2 for number in rounds) in (3, 4)
    assert rounds[0] == 2  # the file's own goes on whatever comes of it
    assert len(found.chosen.rounds) == 2
    shares = {tuple(one.people_share for one in trial.rounds) for trial in found.trials}
    assert shares == {(1 / 3,), (1 / 3, 1.0)}
    first = {trial.number: trial.rounds[0].mean for trial in found.trials}
    dropped = [first[trial.number] for trial in found.trials if len(trial.rounds) == 1]
    stayed = [first[n] for n, trial in enumerate(found.trials) if len(trial.rounds) == 2 and n]
    assert max(dropped) <= min(stayed)


def test_halving_begins_with_no_fewer_people_than_can_teach():
    spec = searching(method="halving", trials=26)
    ((_,), (found,)) = searched(spec, examples=invented(3000), minimum_positives=60)
    assert found.trials[0].rounds[0].people_share > 1 / 9


def test_a_smaller_share_of_people_is_part_of_a_larger_and_whole_people_are_drawn():
    from triage.learning.searching import _Bench

    examples = invented(3000)
    twice = dataclasses.replace(
        examples, moments=dataclasses.replace(examples.moments, person=examples.moments.person // 2)
    )
    first = make_folds(twice, settings())[0]
    spec = searching()
    bench = _Bench(spec, spec.search, twice, (), 8, settings())
    few, more = bench._drawn(first.train, 1 / 9), bench._drawn(first.train, 1 / 3)
    assert set(few) < set(more) < set(first.train)
    person = twice.moments.person
    left = np.setdiff1d(first.train, few)
    assert not set(person[few]) & set(person[left])
    assert len(set(person[few])) == pytest.approx(len(set(person[first.train])) / 9, rel=0.2)


def test_a_search_that_was_killed_makes_only_what_is_left(monkeypatch):
    made = []

    def counted(jobs, data, wanted, progress=None, kept=None):
        before = len(kept)
        try:
            return run_jobs(jobs, data, wanted, progress, kept)
        finally:
            made.append(len(kept) - before)

    monkeypatch.setattr("triage.learning.searching.run_jobs", counted)
    killed = Kept(killed_after=5)
    with pytest.raises(KeyboardInterrupt):
        searched(kept=killed)
    killed.killed_after = None
    (one, (again,)), (other, (whole,)) = searched(kept=killed), searched(kept=Kept())
    assert one == other
    assert again.trials == whole.trials
    assert made == [5, 7, 12]


def test_the_seed_decides_what_is_drawn():
    search = searching().search
    one, same, other = (settings_of(search, {}, seed) for seed in (1, 1, 2))
    assert one == same != other
    own = search.model_copy(update={"seed": 2})
    assert settings_of(own, {}, 1) == other


def test_draws_stay_within_their_spans_and_whole_numbers_stay_whole():
    wide = Search(
        trials=300,
        parameters={
            "a": {"low": 1, "high": 3},
            "b": {"low": 0.001, "high": 10.0, "scale": "log"},
            "c": ["x", None],
            "d": {"low": 1, "high": 1000, "scale": "log"},
        },
    )
    drawn = settings_of(wide, {}, 1)[1:]
    assert {one["a"] for one in drawn} == {1, 2, 3}
    assert all(0.001 <= one["b"] <= 10 for one in drawn)
    assert 0.3 < np.mean([one["b"] < 0.1 for one in drawn]) < 0.7
    assert {one["c"] for one in drawn} == {"x", None}
    assert all(isinstance(one["d"], int) and 1 <= one["d"] <= 1000 for one in drawn)


def test_a_setting_is_tried_once():
    few = Search(trials=50, parameters={"max_leaf_nodes": [2, 4], "max_iter": [30]})
    assert len(settings_of(few, {"max_iter": 30, "max_leaf_nodes": 4}, 1)) == 2


def test_a_setting_that_cannot_be_fitted_is_left_out_and_told():
    spec = net(
        search={"trials": 2, "test_days": 150, "parameters": {"max_iter": [1, 100]}},
        parameters={"penalty": 1e-5, "max_iter": 99},
    )
    ((chosen,), (found,)) = searched(spec)
    assert chosen.parameters["max_iter"] in (99, 100)
    assert [trial.problem is not None for trial in found.trials].count(True) == 1
    assert "1 could not be fitted" in found.told


def test_a_search_of_which_nothing_can_be_fitted_is_refused():
    spec = net(
        search={"trials": 1, "test_days": 150, "parameters": {"max_iter": [1]}},
        parameters={"penalty": 1e-5, "max_iter": 2},
    )
    with pytest.raises(LearningError, match="the fit must converge"):
        searched(spec)


def test_without_enough_that_had_settled_the_files_own_parameters_stand_and_that_is_said():
    (spec,), searches = searched(searching(folds=9, test_days=200))
    assert spec == searching(folds=9, test_days=200)
    (found,) = searches
    assert "NOT searched but are those of the file: for a search on 9 period(s)" in found.told
    experiment = train([spec], invented(3000), capacity=8, training=settings(), searches=searches)
    assert found.told in experiment.result("boosting").trained.notes


def test_specs_without_a_search_are_left_alone():
    specs, found = searched(net(), by_points())
    assert specs == (net(), by_points())
    assert found == ()


def test_what_was_chosen_is_trained_and_noted():
    specs, searches = searched(searching(), by_points())
    experiment = train(specs, invented(3000), capacity=8, training=settings(), searches=searches)
    model = experiment.result("boosting").trained
    assert dict(model.spec.parameters) == searches[0].chosen.parameters
    assert any(note.startswith("parameters chosen among 6 settings") for note in model.notes)
    assert experiment.result("points").trained.notes == ()
    assert experiment.searches == searches
