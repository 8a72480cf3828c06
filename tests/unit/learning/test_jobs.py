"""Fits by several workers: shared values, and none made twice."""

from __future__ import annotations

import dataclasses
import os

import numpy as np
import pytest

from tests.unit.learning.builders import boosting, invented, net, of_trees, settings
from triage.learning import Examples, Fit, train
from triage.learning.calibration import Calibration
from triage.learning.experiments import data_of
from triage.learning.fitting import Job
from triage.learning.jobs import names_of, run_jobs
from triage.registry.estimator_files import dump_estimator


class Kept(dict):
    """Fits kept in memory; the process is killed when so many were made."""

    def __init__(self, killed_after=None):
        super().__init__()
        self.killed_after = killed_after
        self.taken = []

    def read(self, name):
        if name in self:
            self.taken.append(name)
        return self.get(name)

    def write(self, name, fit):
        self[name] = fit
        if len(self) == self.killed_after:
            raise KeyboardInterrupt


def job(**changes):
    given = {
        "spec": boosting(),
        "columns": (0, 1, 2),
        "where": "here",
        "train": np.arange(1000),
        "test": np.arange(1000, 1200),
        "rehearsal": (np.arange(500), np.arange(500, 1000)),
        "seed": 3,
        "keep": True,
    }
    return Job(**{**given, **changes})


def test_workers_read_one_copy_of_the_values_and_cannot_write_to_it(monkeypatch):
    """A process that had a copy of its own would have no file under its values."""
    monkeypatch.setattr("triage.learning.jobs.VALUES_A_PROCESS", 1)
    monkeypatch.setattr("joblib.cpu_count", lambda: 2)

    def look(job, data):
        values = data.values
        try:
            values[0, 0] = 1.0
            told = "written"
        except ValueError:
            told = "read-only"
        file = f"{values.filename} {values.mode}" if isinstance(values, np.memmap) else "no file"
        notes = (told, file, str(os.getpid()), str(values.sum()))
        return Fit(None, (), np.empty(0), Calibration(1.0, 0.0), notes)

    data = data_of(invented(40_000))
    assert data.values.nbytes > 2**20
    one, other = run_jobs([job(), job(where="there")], data, 2, do=look)
    assert one.notes[0] == other.notes[0] == "read-only"
    assert one.notes[1].endswith(" r")
    assert one.notes[1] == other.notes[1]
    assert str(os.getpid()) not in (one.notes[2], other.notes[2])
    assert one.notes[3] == str(data.values.sum())
    assert data.values.flags.writeable


def test_a_training_that_was_killed_makes_only_what_is_left():
    specs = [net(), boosting(), of_trees("random_forest"), of_trees("hazard")]

    def run(kept):
        return train(specs, invented(), capacity=8, training=settings(ensemble=2), kept=kept)

    killed = Kept(killed_after=5)
    with pytest.raises(KeyboardInterrupt):
        run(killed)
    killed.killed_after, before = None, set(killed)
    again, whole = run(killed), run(None)
    assert len(before) == 5
    assert set(killed.taken) == before
    assert len(killed) == 4 * 3 + 2
    for one, other in zip(again.results, whole.results, strict=True):
        assert (one.scores == other.scores).all()
        assert one.trained.calibration == other.trained.calibration
        assert one.trained.notes == other.trained.notes
        assert dump_estimator(one.trained.estimator) == dump_estimator(other.trained.estimator)
        members = zip(one.trained.ensemble, other.trained.ensemble, strict=True)
        assert all(dump_estimator(here) == dump_estimator(there) for here, there in members)


def test_a_fit_that_failed_is_made_again():
    kept = Kept()
    impatient = job(spec=net(parameters={"max_iter": 1, "penalty": 1e-6}))
    (failed,) = run_jobs([impatient], data_of(invented()), 1, kept=kept)
    assert failed.problem is not None
    assert not kept


CHANGES = {
    "another parameter": {"spec": boosting(parameters={"max_iter": 31})},
    "another estimator": {"spec": net()},
    "directions let go": {"spec": boosting(monotonic=False)},
    "another feature": {"columns": (0, 1, 3)},
    "other rows": {"train": np.arange(999)},
    "other rows to foretell": {"test": np.arange(1000, 1201)},
    "another rehearsal": {"rehearsal": (np.arange(400), np.arange(500, 1000))},
    "no rehearsal": {"rehearsal": None},
    "another seed": {"seed": 4},
    "the estimator is not wanted": {"keep": False},
    "every column": {"all_columns": True},
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_other_work_has_another_name(change):
    data = data_of(invented())
    one, other = names_of([job(), job(**change)], data)
    assert one != other


@pytest.mark.parametrize(
    "change", [{"spec": boosting(name="a", title="b", purpose="c")}, {"where": "elsewhere"}]
)
def test_the_same_work_under_other_words_has_the_same_name(change):
    one, other = names_of([job(), job(**change)], data_of(invented()))
    assert one == other


def changed(examples: Examples, **changes):
    (name,) = names_of([job()], dataclasses.replace(data_of(examples), **changes))
    return name


def test_the_name_follows_every_value_that_the_fit_looks_at():
    examples = invented()
    data = data_of(examples)
    other = data.values.copy(order="F")
    other[7, 1] += 1
    elsewhere = data.values.copy(order="F")
    elsewhere[7, 3] = 9
    y = data.y.copy()
    y[7] = 1 - y[7]
    names = [
        changed(examples),
        changed(examples, values=other),
        changed(examples, y=y),
        changed(examples, harm_days=data.harm_days + 1),
        changed(examples, days_until=data.days_until + 1),
        changed(examples, horizon_days=91),
        changed(examples, directions=(0, 0, 0, 0)),
        changed(examples, recency=(True, False, False, False)),
        changed(examples, names=("a", "b", "c", "d")),
    ]
    assert len(set(names)) == len(names)
    assert changed(examples, values=elsewhere) == names[0]  # of a feature that it does not use
