"""What a whole experiment costs beside the bare fits that it contains, in CPU seconds of one run.

20,000 people with 500,000 events are asked about on 12 as-of dates; 4 models are trained and tested
on 6 splits that run forward in time. A bare fit is scikit-learn's own ``fit`` of arrays that are
ready. Trees are watched as they are fitted within the experiment. The logistic models are ours, for
scikit-learn has none with signs: in their place its ``LogisticRegression`` is fitted to the same
rows, made ready, with the same penalty and at its own tolerance of 1e-4 (ours: 1e-7), between
fits and taken off what the experiment took. Also told is the ratio with our own logistic fits in
the denominator, and with none. Run with::

    python tests/benchmarks/bench_learning.py [PEOPLE]
"""

from __future__ import annotations

import os
import resource
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import bench_extracts
import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression

from triage.features import FeatureMatrix
from triage.learning import Examples, ModelSpec, SignedLogistic, train
from triage.outcomes import Labels, Outcome
from triage.timeline import Moments
from triage.workspace import Training

N_PEOPLE, EVENTS_A_PERSON, N_DATES, DAYS_APART, N_SPLITS = 20_000, 25, 12, 31, 6
OUTCOME = Outcome("harm", "invented harm within 30 days", horizon_days=30, settles_in_days=0)
TRAINING = Training(folds=N_SPLITS, test_days=DAYS_APART, minimum_positives=20, jobs=1, ensemble=0)
MODELS = {
    "logistic": {},
    "logistic_elastic_net": {"penalty": 0.01},
    "hist_gradient_boosting": {"max_leaf_nodes": 6, "max_iter": 100, "max_features": 0.3},
    "random_forest": {"n_estimators": 50, "max_depth": 6, "max_features": 0.1},
}
OURS = SignedLogistic
BARE = (OURS, HistGradientBoostingClassifier, RandomForestClassifier)
MOST_ROUNDS = 1000
READY = "making its rows ready"


def main(n_people: int = N_PEOPLE) -> None:
    """Print how many times its bare fits a whole experiment costs, and the most memory held."""
    matrix, stages = _features(n_people)
    before = _memory()
    specs = [_spec(name, parameters) for name, parameters in MODELS.items()]
    examples = _examples(matrix)
    with _watched() as (seconds, fits, logistic):
        begin = time.process_time()
        train(specs, examples, capacity=100, training=TRAINING)
        whole = time.process_time() - begin
    whole -= sum(logistic.values())
    del logistic[READY]
    instead, own = sum(logistic.values()), seconds[OURS.__name__]
    trees = sum(seconds.values()) - own
    made = stages["timeline"] + stages["features"]
    bare = trees + instead
    print(
        f"{len(matrix):,} rows of {len(matrix.names)} features, {len(MODELS)} models, {N_SPLITS} "
        f"splits: {whole:.0f} s of CPU. The same {fits.total()} fits by scikit-learn alone "
        f"{bare:.0f} s: {whole / bare:.2f} times as much; with making features ({made:.1f} s) "
        f"{(whole + made) / bare:.2f}, from CSV on {(whole + sum(stages.values())) / bare:.2f}.\n"
        f"With our own logistic fits as bare ones {whole / (trees + own):.2f}; were they free "
        f"{whole / trees:.2f}."
    )
    for name in logistic:
        print(f"  LogisticRegression, {name}, in place of ours: {logistic[name]:.1f} s")
    for name in seconds:
        print(f"  {name}: {fits[name]} fits, {seconds[name]:.1f} s")
    held = matrix.values.nbytes / 1024**3
    print(f"peak {_memory():.2f} GB, {before:.2f} GB before; the matrix is {held:.2f} GB")


def _features(n_people: int) -> tuple[FeatureMatrix, dict[str, float]]:
    bench_extracts.EVENTS_A_PERSON, bench_extracts.N_DATES = EVENTS_A_PERSON, N_DATES
    with tempfile.TemporaryDirectory() as folder:
        bench_extracts.write_workload(Path(folder), n_people * EVENTS_A_PERSON)
        matrix, stages = bench_extracts.check_and_ask(Path(folder))
    return matrix, dict(stages)


def _examples(matrix: FeatureMatrix) -> Examples:
    """Return examples of everyone on every date; harm follows those with most events more often."""
    random = np.random.default_rng(1)
    n = len(matrix)
    person = np.repeat(np.arange(n // N_DATES, dtype=np.int32), N_DATES)
    day = np.tile(20_000 - DAYS_APART * np.arange(N_DATES), n // N_DATES).astype(np.int32)
    counts = [name for name in matrix.names if name.endswith("_count_365d")]
    events = sum(matrix.column(name) for name in counts)
    log_odds = -4.5 + 0.8 * np.log1p(np.asarray(events))
    y = (random.random(n) < 1 / (1 + np.exp(-log_odds))).astype(np.float64)
    until = np.where(y > 0, random.integers(0, 30, n), np.nan)
    labels = Labels(y, y * 100, np.zeros(n, dtype=np.int8), until)
    return Examples(matrix, Moments(person, day), labels, OUTCOME)


def _spec(name: str, parameters: dict[str, float]) -> ModelSpec:
    return ModelSpec(
        name=name, title=name, purpose="", kind="estimator", estimator=name, parameters=parameters
    )


@contextmanager
def _watched() -> Iterator[tuple[dict[str, float], Counter[str], dict[str, float]]]:
    """Yield CPU seconds and numbers of the bare fits that are made meanwhile, by estimator.

    The third are the seconds of scikit-learn's logistic fits that stand in for ours, by solver;
    they are spent meanwhile too.
    """
    seconds: dict[str, float] = {}
    logistic: dict[str, float] = {}
    fits: Counter[str] = Counter()
    plain = {one: one.fit for one in BARE}

    def watch(one: type) -> None:
        def fit(self: object, *arguments: object) -> object:
            begin = time.process_time()
            fitted = plain[one](self, *arguments)
            seconds[one.__name__] = seconds.get(one.__name__, 0) + time.process_time() - begin
            fits[one.__name__] += 1
            if isinstance(fitted, OURS):
                _fit_instead(fitted, *arguments, logistic)
            return fitted

        one.fit = fit  # type: ignore[attr-defined]

    for one in BARE:
        watch(one)
    try:
        yield seconds, fits, logistic
    finally:
        for one in BARE:
            one.fit = plain[one]


def _fit_instead(ours: OURS, X: np.ndarray, y: np.ndarray, seconds: dict[str, float]) -> None:
    """Fit scikit-learn's logistic regression with the same penalty; add what the fit alone took.

    What makes the rows ready is taken off ``seconds`` as well, under its own name, for it is not
    the experiment's either.
    """
    begin = time.process_time()
    known = np.flatnonzero(ours.varies_)
    gaps = np.flatnonzero((ours.missing_means_ > 0) & (ours.missing_means_ < 1))
    signs = np.zeros(X.shape[1], dtype=np.int64)
    ready = ours._design(ours._compressed(X), known, gaps, signs)
    solver = "lbfgs" if ours.l1_ratio == 0 else "saga"
    ready = ready if solver == "lbfgs" else np.ascontiguousarray(ready)
    one = LogisticRegression(
        C=1 / (ours.penalty * len(y)), l1_ratio=ours.l1_ratio, solver=solver, max_iter=MOST_ROUNDS
    )
    middle = time.process_time()
    one.fit(ready, y)
    end = time.process_time()
    seconds[solver] = seconds.get(solver, 0) + end - middle
    seconds[READY] = seconds.get(READY, 0) + middle - begin


def _memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
