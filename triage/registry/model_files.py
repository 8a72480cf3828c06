"""A model as a folder of two files: what it is, and the numbers that it learned."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pydantic
import sklearn
from sklearn.base import BaseEstimator

from triage.errors import ConfigurationError, NotFoundError, Problem, TamperedError
from triage.learning import Calibration, ModelSpec, Trained
from triage.registry.estimator_files import dump_estimator, load_estimator
from triage.workspace import write_whole

__all__ = ["read_model", "write_model"]

MODEL = "model.json"
ESTIMATOR = "estimator.skops"
MEMBER = "member_{:03}.skops"
FORMAT = 2


def write_model(trained: Trained, folder: Path) -> str:
    """Write a model and return its SHA-256, from which every byte of it can be checked.

    Parameters
    ----------
    trained : Trained
    folder : Path
        Gets ``model.json`` and, of a model that learned, ``estimator.skops`` and a file for each
        member of its ensemble.

    Raises
    ------
    StorageError
        A file could not be written.
    """
    estimator = None
    if trained.estimator is not None:
        estimator = {
            **_written(trained.estimator, folder / ESTIMATOR),
            "scikit_learn": sklearn.__version__,
        }
    members = [
        _written(member, folder / MEMBER.format(number))
        for number, member in enumerate(trained.ensemble, start=1)
    ]
    about = {**_about(trained), "estimator": estimator, "ensemble": members}
    text = json.dumps(about, indent=1, ensure_ascii=False)
    write_whole(folder / MODEL, text + "\n")
    return hashlib.sha256((text + "\n").encode()).hexdigest()


def _written(estimator: BaseEstimator, path: Path) -> dict[str, str]:
    content = dump_estimator(estimator)
    write_whole(path, content)
    return {"file": path.name, "sha256": hashlib.sha256(content).hexdigest()}


def _about(trained: Trained) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "spec": trained.spec.model_dump(mode="json", exclude_unset=True),
        "outcome": trained.outcome,
        "horizon_days": trained.horizon_days,
        "meaning": trained.meaning,
        "base_rate": trained.base_rate,
        "rows": trained.rows,
        "calibration": vars(trained.calibration),
        "features": [
            {"name": name, "direction": direction, "recency": recency}
            for name, direction, recency in zip(
                trained.feature_names, trained.directions, trained.recency, strict=True
            )
        ],
        "notes": list(trained.notes),
    }


def read_model(folder: Path, sha256: str, *, name: str, with_ensemble: bool = False) -> Trained:
    """Return a model, once every byte that is read of it is what it was when it was written.

    Parameters
    ----------
    folder : Path
    sha256 : str
        As :func:`write_model` returned it, from a place other than this folder.
    name : str
        What messages call the model.
    with_ensemble : bool
        Whether the members of its ensemble are read too; they take as long again each.

    Raises
    ------
    NotFoundError
        A file is missing.
    TamperedError
        A file was changed, or holds a type that no model of ours does.
    ConfigurationError
        It was written by another release of this engine or of scikit-learn.
    """
    text = _checked(folder / MODEL, sha256, name)
    try:
        about = json.loads(text)
        about_estimator = about["estimator"]
        _check_releases(about, about_estimator, name)
        estimator = None
        if about_estimator is not None:
            estimator = _read(folder, about_estimator, ESTIMATOR, name)
        members = about["ensemble"] if with_ensemble else []
        return Trained(
            spec=ModelSpec.model_validate(about["spec"]),
            feature_names=tuple(feature["name"] for feature in about["features"]),
            outcome=about["outcome"],
            horizon_days=about["horizon_days"],
            meaning=about["meaning"],
            base_rate=about["base_rate"],
            rows=about["rows"],
            estimator=estimator,
            calibration=Calibration(**about["calibration"]),
            directions=tuple(feature["direction"] for feature in about["features"]),
            recency=tuple(feature["recency"] for feature in about["features"]),
            notes=tuple(about["notes"]),
            ensemble=tuple(
                _read(folder, member, MEMBER.format(number), name)
                for number, member in enumerate(members, start=1)
            ),
        )
    except (KeyError, TypeError, ValueError, pydantic.ValidationError):
        raise ConfigurationError(_other_release(name, "a model file of another form")) from None


def _read(folder: Path, about: dict[str, Any], file: str, name: str) -> BaseEstimator:
    content = _checked(folder / file, about["sha256"], name)
    return load_estimator(content, f"{name}, {file}")


def _checked(path: Path, sha256: str, name: str) -> bytes:
    try:
        content = path.read_bytes()
    except OSError:
        raise NotFoundError(
            Problem(
                f"{name}, {path.name}",
                "must be in the registry",
                "no such file",
                "Put the registry's artifacts back from a backup, or run 'triage train' again.",
            )
        ) from None
    if hashlib.sha256(content).hexdigest() != sha256:
        raise TamperedError(
            Problem(
                f"{name}, {path.name}",
                "must have the hash that was recorded when it was written",
                "another",
                "It was changed since. Do not use it: promote another version, or train again.",
            )
        )
    return content


def _check_releases(about: dict[str, Any], about_estimator: Any, name: str) -> None:
    if about["format"] != FORMAT:
        raise ConfigurationError(_other_release(name, f"format {about['format']}"))
    if about_estimator is None:
        return
    written, here = about_estimator["scikit_learn"], sklearn.__version__
    if written.split(".")[:2] != here.split(".")[:2]:
        got = f"one written with scikit-learn {written}, and {here} here"
        raise ConfigurationError(_other_release(name, got))


def _other_release(name: str, got: str) -> Problem:
    return Problem(
        name,
        "a model is read by the release that wrote it",
        got,
        "Run 'triage train' again, or install that release.",
    )
