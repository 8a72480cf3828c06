"""How sure a score is: the same model, taught by other draws of the same people."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from tests.unit.learning.builders import TREES, boosting, invented, net, of_trees, settings
from triage.learning import train
from triage.learning.ensembles import draws, with_ensemble
from triage.learning.experiments import data_of
from triage.learning.fitting import Job
from triage.learning.jobs import run_jobs
from triage.registry.estimator_files import dump_estimator
from triage.timeline import Moments


def trained(*specs, examples=None, **changes):
    given = invented() if examples is None else examples
    experiment = train(
        specs or [net()], given, capacity=8, training=settings(**{"ensemble": 4, **changes})
    )
    return experiment.result(experiment.proposal.name).trained


def test_a_draw_holds_as_many_people_and_all_rows_of_each():
    person = np.repeat(np.arange(50, dtype=np.int32), 3)
    rows = np.arange(150)[person != 7]
    (drawn,) = draws(rows, person, count=1, seed=5)
    assert len(drawn) == len(rows)
    who, times = np.unique(person[drawn], return_counts=True)
    assert 7 not in who
    assert len(who) < 49
    for one, number in zip(who, times, strict=True):
        assert (np.unique(drawn[person[drawn] == one], return_counts=True)[1] == number // 3).all()


def test_a_draw_does_not_depend_on_how_many_there_are():
    person = np.arange(40, dtype=np.int32)
    few, more = (draws(np.arange(40), person, count=n, seed=5) for n in (2, 4))
    assert all((one == other).all() for one, other in zip(few, more, strict=False))
    assert (more[2] != more[3]).any()


@pytest.mark.parametrize("name", TREES)
def test_members_are_the_same_model_from_other_people(name):
    examples = invented()
    model = trained(of_trees(name), examples=examples)
    scores = model.ensemble_scores(examples.matrix)
    assert scores.shape == (4, 1500)
    assert np.isfinite(scores).all()
    for member in scores:
        assert 0.6 < np.corrcoef(member, model.score(examples.matrix))[0, 1] < 1


def test_more_people_make_scores_surer():
    X = invented(200, seed=9).matrix
    spread = [
        trained(examples=invented(n), ensemble=8).ensemble_scores(X).std(axis=0).mean()
        for n in (600, 6000)
    ]
    assert spread[1] < spread[0] / 2


def test_rows_of_one_person_make_scores_less_sure_than_as_many_people():
    X = invented(200, seed=9).matrix
    examples = invented()
    ten_each = np.tile(np.arange(150), 10)
    alike = dataclasses.replace(
        examples,
        matrix=examples.matrix.take(ten_each),
        moments=Moments((np.arange(1500) % 150).astype(np.int32), examples.moments.day),
        labels=dataclasses.replace(
            examples.labels,
            **{
                name: getattr(examples.labels, name)[ten_each]
                for name in ("values", "harm_days", "states", "days_until")
            },
        ),
    )
    apart = dataclasses.replace(
        alike, moments=Moments(np.arange(1500, dtype=np.int32), examples.moments.day)
    )
    spread = [
        trained(examples=one, ensemble=8).ensemble_scores(X).std(axis=0).mean()
        for one in (alike, apart)
    ]
    assert spread[0] > 2 * spread[1]


def test_only_the_proposed_model_has_one():
    experiment = train([net(), boosting()], invented(), capacity=8, training=settings(ensemble=3))
    sizes = {one.name: len(one.trained.ensemble) for one in experiment.results}
    assert sizes.pop(experiment.proposal.name) == 3
    assert set(sizes.values()) == {0}


def test_without_members_there_are_no_scores_of_them():
    assert trained(ensemble=0).ensemble_scores(invented(5).matrix).shape == (0, 5)
    assert trained().ensemble_scores(invented(5).matrix.take(np.arange(0))).shape == (4, 0)


def test_members_look_at_what_the_model_looks_at_also_where_a_draw_has_it_constant():
    examples = invented()
    rare = examples.matrix.names.index("noise")
    examples.matrix.values[:, rare] = 0
    examples.matrix.values[700, rare] = 1
    for spec in (net(), boosting()):
        model = trained(spec, examples=examples, ensemble=6)
        assert "noise" in model.feature_names
        assert model.ensemble_scores(examples.matrix).shape == (6, 1500)


def test_draws_that_teach_nothing_are_left_out_and_noted():
    examples = invented()
    model = trained(examples=examples, ensemble=0)
    everyone = np.arange(4, 1500)
    one = int(np.flatnonzero(examples.labels.values)[-1])
    lucky = np.append(np.flatnonzero(examples.labels.values[:200] == 0), one)
    without = sum(
        one not in drawn for drawn in draws(lucky, examples.moments.person, count=8, seed=1)
    )
    assert 0 < without < 8
    for rows, missing in ((everyone, 0), (lucky, without)):
        kept = Job(model.spec, (0, 1), "all periods", rows, rows[:0], None, 1, keep=True)
        again = with_ensemble(
            model,
            kept,
            (0, 1),
            examples.moments.person,
            count=8,
            work=lambda jobs: run_jobs(jobs, data_of(examples), 1, None),
        )
        assert len(again.ensemble) == 8 - missing
        said = f"{missing} of 8 draws of people could not be learned from"
        assert any(said in note for note in again.notes) == bool(missing)


def test_the_same_seed_gives_the_same_members():
    one, same = (trained(boosting()) for _ in range(2))
    assert [dump_estimator(member) for member in one.ensemble] == [
        dump_estimator(member) for member in same.ensemble
    ]
    assert len({dump_estimator(member) for member in one.ensemble}) == 4
