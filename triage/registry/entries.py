"""What a training tells mlflow: a run for itself, and one for each setting tried and each model."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from triage.learning import Evaluation, Experiment, Measures, Result, Searched
from triage.registry.model_files import write_model

__all__ = ["EVALUATION", "EVALUATION_FOLDER", "MODEL_FOLDER", "Entry", "entries_of"]

MODEL_FOLDER = "model"
EVALUATION_FOLDER = "evaluation"
EVALUATION = "evaluation.json"


@dataclass(frozen=True)
class Entry:
    """A run that mlflow is to have, and the model version that comes of it, if one does.

    Parameters
    ----------
    name : str
    tags, params : mapping of str to str
    metrics : list of (str, float, int)
        Name, value and step.
    status : str
    purpose : str
        Of the version.
    version : mapping of str to str, optional
        Tags of the version; None where the run registers none.
    """

    name: str
    tags: Mapping[str, str]
    params: Mapping[str, str]
    metrics: list[tuple[str, float, int]]
    status: str = "FINISHED"
    purpose: str = ""
    version: Mapping[str, str] | None = None


def entries_of(
    experiment: Experiment,
    code_version: str,
    evaluations: Mapping[str, Evaluation],
    folder: Path,
) -> list[Entry]:
    """Return the entries of a training, its own first, and write their files.

    Parameters
    ----------
    experiment : Experiment
    code_version : str
    evaluations : mapping of str to Evaluation
        By model.
    folder : Path
        Gets a folder for the files of each entry that has some, named by its place from 0.
    """
    entries = [_of_training(experiment, code_version, folder / "0")]
    for searched in experiment.searches:
        entries += _of_search(searched)
    for result in experiment.results:
        files = folder / str(len(entries))
        evaluation = evaluations.get(result.name)
        entries.append(_of_model(result, experiment, code_version, evaluation, files))
    return entries


def _of_training(experiment: Experiment, code_version: str, files: Path) -> Entry:
    files.mkdir()
    measures = {"measures": _without_nan(experiment.table())}
    (files / "measures.json").write_text(json.dumps(measures, indent=2), encoding="utf-8")
    return Entry(
        name=f"train {experiment.outcome.name}",
        tags={
            **_tags(experiment, code_version),
            "proposed": experiment.proposal.name,
            "reason": experiment.proposal.reason,
        },
        params=_texts(
            {
                "capacity": experiment.capacity,
                "horizon_days": experiment.outcome.horizon_days,
                "settles_in_days": experiment.outcome.settles_in_days,
                **experiment.training.model_dump(),
            }
        ),
        metrics=[],
    )


def _of_search(searched: Searched) -> Iterator[Entry]:
    """Yield an entry for each setting that was tried."""
    measure = searched.search.measure
    for trial in searched.trials if searched.folds else ():
        values = [
            (f"{measure}_period_{period}", value, step)
            for step, one in enumerate(trial.rounds, start=1)
            for period, value in enumerate(one.values, start=1)
        ]
        means = [
            (key, value, step)
            for step, one in enumerate(trial.rounds, start=1)
            for key, value in ((measure, one.mean), ("people_share", one.people_share))
        ]
        yield Entry(
            name=f"{searched.model}, setting {trial.number}",
            tags={
                "model": searched.model,
                "kind": "trial",
                "method": searched.search.method,
                "chosen": str(trial is searched.chosen).lower(),
                "problem": str(trial.problem or ""),
            },
            params=_texts({f"parameter_{key}": value for key, value in trial.parameters.items()}),
            metrics=[*values, *means],
            status="FAILED" if trial.problem else "FINISHED",
        )


def _of_model(
    result: Result,
    experiment: Experiment,
    code_version: str,
    evaluation: Evaluation | None,
    files: Path,
) -> Entry:
    spec = result.trained.spec
    sha256 = write_model(result.trained, files / MODEL_FOLDER)
    evaluation_sha256 = ""
    if evaluation is not None:
        content = evaluation.to_json().encode()
        (files / EVALUATION_FOLDER).mkdir()
        (files / EVALUATION_FOLDER / EVALUATION).write_bytes(content)
        evaluation_sha256 = hashlib.sha256(content).hexdigest()
    about = {**_tags(experiment, code_version), "model": spec.name, "kind": spec.kind}
    measured = [
        ("", result.pooled, 0),
        *(("period_", measures, step) for step, measures in enumerate(result.by_period, start=1)),
    ]
    return Entry(
        name=spec.name,
        tags=about,
        params=_texts(_parameters(result)),
        metrics=[
            (prefix + name, value, step)
            for prefix, measures, step in measured
            for name, value in _numbers(measures).items()
            if value is not None
        ],
        purpose=spec.purpose,
        version={
            **about,
            "title": spec.title,
            "horizon_days": str(experiment.outcome.horizon_days),
            "sha256": sha256,
            "evaluation_sha256": evaluation_sha256,
            "proposed": str(result.name == experiment.proposal.name).lower(),
            "measures": json.dumps(_numbers(result.pooled)),
        },
    )


def _tags(experiment: Experiment, code_version: str) -> dict[str, str]:
    return {
        "fingerprint": experiment.fingerprint,
        "outcome": experiment.outcome.name,
        "code_version": code_version,
    }


def _parameters(result: Result) -> dict[str, Any]:
    trained = result.trained
    return {
        "estimator": trained.spec.estimator or "points",
        "monotonic": trained.spec.monotonic,
        "features": len(trained.feature_names),
        "rows": trained.rows,
        "base_rate": trained.base_rate,
        "ensemble": len(trained.ensemble),
        "calibration_slope": trained.calibration.slope,
        "calibration_intercept": trained.calibration.intercept,
        **{f"parameter_{name}": value for name, value in trained.spec.parameters.items()},
    }


def _texts(params: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(value) for name, value in params.items()}


def _numbers(measures: Measures) -> dict[str, float | None]:
    return {
        name: None if math.isnan(value) else float(value) for name, value in vars(measures).items()
    }


def _without_nan(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {
            name: None if isinstance(value, float) and math.isnan(value) else value
            for name, value in row.items()
        }
        for row in rows
    ]
