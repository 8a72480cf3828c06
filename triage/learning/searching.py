"""Searching for parameters, on nothing that the test periods know."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from triage.errors import LearningError, Problem
from triage.learning.examples import Examples, make_folds, search_folds
from triage.learning.fitting import Data, Fit, Job, data_of
from triage.learning.jobs import KeptFits, Progress, run_jobs
from triage.learning.measures import lists_of, measure
from triage.learning.searches import Search, settings_of
from triage.learning.specs import ModelSpec
from triage.timeline import Fold
from triage.workspace import Training

__all__ = ["Round", "Searched", "Trial", "search_models"]

Rows = npt.NDArray[np.int64]
FACTOR = 3
"""Of so many settings one goes on, with so many times as many people."""


@dataclass(frozen=True)
class Round:
    """How a setting did with some of the people to learn from.

    Parameters
    ----------
    people_share : float
        Above 0, at most 1.
    values : tuple of float
        The measure in each period.
    """

    people_share: float
    values: tuple[float, ...]

    @property
    def mean(self) -> float:
        """The mean over the periods."""
        return float(np.mean(self.values))


@dataclass(frozen=True)
class Trial:
    """One setting that was tried.

    Parameters
    ----------
    number : int
        0 is the file's own.
    parameters : mapping
        All that the estimator is given.
    rounds : tuple of Round
    problem : Problem or None
        Why it could not be fitted, if so.
    """

    number: int
    parameters: Mapping[str, Any]
    rounds: tuple[Round, ...] = ()
    problem: Problem | None = None

    @property
    def stands(self) -> tuple[int, float, int]:
        """What orders trials: rounds it went through, the last one's mean, and the earlier draw."""
        last = self.rounds[-1].mean if self.rounds else -math.inf
        return (len(self.rounds) if self.problem is None else -1, last, -self.number)


@dataclass(frozen=True)
class Searched:
    """What came of a search.

    Parameters
    ----------
    model, title : str
        Of its spec.
    search : Search
    folds : tuple of Fold
        Empty where too little had settled before the first test period to try anything on.
    trials : tuple of Trial
        In the order in which they were drawn, the file's own first.
    """

    model: str
    title: str
    search: Search
    folds: tuple[Fold, ...]
    trials: tuple[Trial, ...]

    @property
    def chosen(self) -> Trial:
        """The best of those that learned from most people; of equals the one drawn first."""
        return max(self.trials, key=lambda trial: trial.stands)

    @property
    def told(self) -> str:
        """What was searched and found, as a sentence without its full stop."""
        best, own, search = self.chosen, self.trials[0], self.search
        if not self.folds:
            return (
                f"its parameters were NOT searched but are those of the file: for a search on "
                f"{search.folds} period(s) too little had settled before the first test period"
            )
        first = np.datetime64(self.folds[0].test_from, "D")
        last = np.datetime64(self.folds[-1].test_until - 1, "D")
        measures = {"harm_captured": "harm captured", "auc": "AUC"}
        text = (
            f"parameters chosen among {len(self.trials)} settings ({search.method} search) by "
            f"{measures[search.measure]} from {first} to {last}, before the first test period"
        )
        if best is own:
            text += f": those of the file, with {own.rounds[-1].mean:.3f}"
        else:
            changed = ", ".join(f"{name} {best.parameters[name]}" for name in search.parameters)
            text += f": {changed}, with {best.rounds[-1].mean:.3f}"
            if own.rounds:
                text += f" against {own.rounds[-1].mean:.3f} of the file's own"
        failed = sum(trial.problem is not None for trial in self.trials)
        return text + (f"; {failed} could not be fitted" if failed else "")


def search_models(
    specs: Sequence[ModelSpec],
    examples: Examples,
    *,
    capacity: int,
    training: Training,
    progress: Progress | None = None,
    kept: KeptFits | None = None,
) -> tuple[tuple[ModelSpec, ...], tuple[Searched, ...]]:
    """Return the specs, those with a search with the best parameters that it found.

    Parameters
    ----------
    specs : sequence of ModelSpec
    examples : Examples
    capacity : int
        How many of each month's list the panel hears.
    training : Training
    progress : callable, optional
    kept : KeptFits, optional
        Has the fits of a search that was broken off.

    Returns
    -------
    specs : tuple of ModelSpec
    searches : tuple of Searched
        Of those specs that had one, in their order.

    Raises
    ------
    LearningError
        Nothing can be learned from these outcomes, or no setting of a model could be fitted.

    Notes
    -----
    Settings are judged on folds of those referrals alone whose outcome had settled when the first
    test period began, each fold again forward in time. So no test period had a say in the
    parameters with which it is foretold, and those of the model that is kept are those that were
    tested. Where too little had settled by then, a model keeps the parameters of its file, and says
    so: a file with a search does for a panel with two years of referrals and for one with ten.
    Settings are drawn by scikit-learn's ``ParameterSampler``; the fits are ours, because
    ``RandomizedSearchCV`` cannot be gone on with after a kill, gives a fold's rows to an estimator
    as they are (here features that teach nothing in a fold are left out, with their directions),
    and knows neither lists nor harm; ``HalvingRandomSearchCV``, moreover, draws rows and not
    people, and draws those to be tested too, which leaves lists of another length than the panel's.

    References
    ----------
    Bergstra, J. and Bengio, Y. (2012). Random search for hyper-parameter optimization. JMLR 13.
    Jamieson, K. and Talwalkar, A. (2016). Non-stochastic best arm identification and
    hyperparameter optimization. AISTATS. Cawley, G. and Talbot, N. (2010). On over-fitting in
    model selection and subsequent selection bias in performance evaluation. JMLR 11.
    """
    if not any(spec.search for spec in specs):
        return tuple(specs), ()
    first = make_folds(examples, training)[0]
    data = data_of(examples)
    chosen, searches = [], []
    for spec in specs:
        if spec.search is None:
            chosen.append(spec)
            continue
        where = f"models/{spec.name}.yaml: search"
        try:
            folds = search_folds(examples, first, spec.search, training, where=where)
        except LearningError:
            chosen.append(spec)
            own = Trial(0, dict(spec.parameters))
            searches.append(Searched(spec.name, spec.title, spec.search, (), (own,)))
            continue
        bench = _Bench(spec, spec.search, examples, folds, capacity, training)
        found = bench.run(lambda jobs: run_jobs(jobs, data, training.jobs, progress, kept), data)
        searches.append(found)
        chosen.append(spec.model_copy(update={"parameters": dict(found.chosen.parameters)}))
    return tuple(chosen), tuple(searches)


@dataclass(frozen=True)
class _Bench:
    """All that the trials of one search share."""

    spec: ModelSpec
    search: Search
    examples: Examples
    folds: tuple[Fold, ...]
    capacity: int
    training: Training

    def run(self, work: Callable[[Sequence[Job]], list[Fit]], data: Data) -> Searched:
        settings = settings_of(self.search, self.spec.parameters, self.training.seed)
        trials = [Trial(number, setting) for number, setting in enumerate(settings)]
        shares = self._shares(len(trials))
        going = list(range(len(trials)))
        for number, share in enumerate(shares):
            jobs = [job for one in going for job in self._jobs(trials[one], share, data)]
            fits = iter(work(jobs))
            for one in going:
                trials[one] = self._judged(trials[one], share, [next(fits) for _ in self.folds])
            if number + 1 < len(shares):
                going = _best(trials, going)
        found = Searched(self.spec.name, self.spec.title, self.search, self.folds, tuple(trials))
        if (problem := found.chosen.problem) is not None:
            raise LearningError(problem)
        return found

    def _shares(self, n_trials: int) -> list[float]:
        """Return the share of people that each round learns from, the last one from all."""
        if self.search.method == "random":
            return [1.0]
        rounds = max(1, math.ceil(math.log(n_trials, FACTOR)))
        shares = [FACTOR**-number for number in range(rounds)]
        return [float(share) for share in reversed(shares) if self._teaches(share)]

    def _teaches(self, share: float) -> bool:
        """Whether this share of people is enough to learn from in every fold."""
        y, least = self.examples.labels.values, self.training.minimum_positives
        return share == 1 or all(
            least <= y[rows].sum() < len(rows)
            for rows in (self._drawn(fold.train, share) for fold in self.folds)
        )

    def _drawn(self, rows: Rows, share: float) -> Rows:
        """Return the rows of a share of people; those of a smaller share are among them."""
        if share == 1:
            return rows
        person = self.examples.moments.person
        order = np.random.default_rng(self.training.seed).permutation(int(person.max()) + 1)
        return rows[order[person[rows]] < share * len(order)]

    def _jobs(self, trial: Trial, share: float, data: Data) -> list[Job]:
        spec = self.spec.model_copy(update={"parameters": dict(trial.parameters)})
        chosen = set(spec.choose(self.examples.matrix.features))
        columns = tuple(n for n, name in enumerate(data.names) if name in chosen)
        seed = self.training.seed
        return [
            Job(
                spec,
                columns,
                f"setting {trial.number}, search period {fold.number}",
                self.examples.learn_from(self._drawn(fold.train, share), fold.test_from, seed),
                fold.test,
                None,
                seed,
            )
            for fold in self.folds
        ]

    def _judged(self, trial: Trial, share: float, fits: Sequence[Fit]) -> Trial:
        problem = next((one.problem for one in fits if one.problem is not None), None)
        if problem is not None:
            return dataclasses.replace(trial, problem=problem)
        values = tuple(self._value(fold, one) for fold, one in zip(self.folds, fits, strict=True))
        return dataclasses.replace(trial, rounds=(*trial.rounds, Round(share, values)))

    def _value(self, fold: Fold, one: Fit) -> float:
        labels, days = self.examples.labels, self.examples.moments.day
        found = measure(
            one.base_log_odds,
            labels.values[fold.test],
            labels.harm_days[fold.test],
            lists_of(days[fold.test]),
            capacity=self.capacity,
            log_odds=False,
        )
        return found.auc if self.search.measure == "auc" else found.caught


def _best(trials: Sequence[Trial], going: Sequence[int]) -> list[int]:
    """Return those that go on: the best third, and the file's own, to be compared with."""
    fitted = [one for one in going if trials[one].problem is None]
    ordered = sorted(fitted, key=lambda one: trials[one].stands, reverse=True)
    best = ordered[: math.ceil(len(going) / FACTOR)]
    return sorted({*best, *(one for one in fitted if one == 0)})
