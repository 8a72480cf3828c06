"""Estimators as skops files that are the same for the same numbers, and hold nothing else."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

from triage.errors import Problem, TamperedError
from triage.learning import (
    AveragedBoosting,
    ExpectedHarmBoosting,
    Forest,
    HazardBoosting,
    SignedLogistic,
)

__all__ = ["dump_estimator", "load_estimator"]

SCHEMA = "schema.json"
BEGINNING = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a zip can hold, written in place of the time of day."""

BOOSTING = "sklearn.ensemble._hist_gradient_boosting"
PLAIN = {
    ("DictNode", "builtins.dict"),
    ("JsonNode", "builtins.str"),
    ("ListNode", "builtins.list"),
    ("TupleNode", "builtins.tuple"),
    ("TypeNode", "builtins.str"),
    ("NdArrayNode", "numpy.ndarray"),
    ("NdArrayNode", "numpy.uint64"),
    ("NdArrayNode", "numpy.float64"),
    ("NdArrayNode", "numpy.int64"),
}
ALLOWED = PLAIN | {
    ("ObjectNode", "triage.learning.linear.SignedLogistic"),
    ("ObjectNode", "triage.learning.trees.AveragedBoosting"),
    ("ObjectNode", "triage.learning.trees.ExpectedHarmBoosting"),
    ("ObjectNode", "triage.learning.trees.Forest"),
    ("ObjectNode", "triage.learning.trees.HazardBoosting"),
    ("ObjectNode", f"{BOOSTING}.gradient_boosting.HistGradientBoostingClassifier"),
    ("ObjectNode", f"{BOOSTING}.gradient_boosting.HistGradientBoostingRegressor"),
    ("ObjectNode", f"{BOOSTING}.binning._BinMapper"),
    ("ObjectNode", f"{BOOSTING}.predictor.TreePredictor"),
    ("ObjectNode", "sklearn._loss.link.Interval"),
    ("ObjectNode", "sklearn._loss.link.LogitLink"),
    ("ObjectNode", "sklearn._loss.link.LogLink"),
    ("ObjectNode", "sklearn._loss.loss.HalfBinomialLoss"),
    ("ObjectNode", "sklearn._loss.loss.HalfPoissonLoss"),
    ("ObjectNode", "sklearn.preprocessing._label.LabelEncoder"),
    ("LossNode", "sklearn._loss._loss.CyHalfBinomialLoss"),
    ("LossNode", "sklearn._loss._loss.CyHalfPoissonLoss"),
    ("RandomGeneratorNode", "numpy.random._generator.Generator"),
}
"""Every node that a model file may hold: its loader and its type."""

TRUSTED = sorted(name for _, name in ALLOWED - PLAIN)


def dump_estimator(estimator: BaseEstimator) -> bytes:
    """Return an estimator as the bytes of a skops file, the same for the same estimator.

    Raises
    ------
    TypeError
        The estimator holds a type that :func:`load_estimator` would refuse.
    """
    import skops.io  # takes half a second to import, and listing versions does without

    with zipfile.ZipFile(io.BytesIO(skops.io.dumps(estimator))) as archive:
        schema = json.loads(archive.read(SCHEMA))
        if strange := _strange_types(schema):
            raise TypeError(f"a model file cannot hold {', '.join(strange)}")
        arrays: dict[str, bytes] = {}
        _settle(schema, archive, arrays)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name, content in sorted(arrays.items()):
            archive.writestr(zipfile.ZipInfo(name, BEGINNING), content)
        text = json.dumps(schema, sort_keys=False)
        archive.writestr(zipfile.ZipInfo(SCHEMA, BEGINNING), text)
    return out.getvalue()


def load_estimator(content: bytes, where: str) -> BaseEstimator:
    """Return the estimator of a skops file.

    Parameters
    ----------
    content : bytes
        Of the file, its hash already checked.
    where : str
        What messages call it.

    Raises
    ------
    TamperedError
        It holds a type that is not one of ours, or trees that point outside themselves.
    """
    import skops.io

    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            schema = json.loads(archive.read(SCHEMA))
        strange = _strange_types(schema)
        if not strange:
            estimator = skops.io.loads(content, trusted=TRUSTED)
    except Exception as error:
        raise TamperedError(
            Problem(
                where, "must be a model file", f"one that cannot be read ({type(error).__name__})"
            )
        ) from None
    if strange:
        raise TamperedError(
            Problem(
                where,
                "must hold only the types of this engine's models",
                ", ".join(strange),
                "Do not use it; train again.",
            )
        )
    if not _is_sound(estimator):
        raise TamperedError(Problem(where, "its trees must point to their own nodes", "others"))
    return estimator


def _settle(node: Any, archive: zipfile.ZipFile, arrays: dict[str, bytes]) -> None:
    """Drop memory addresses from a schema, and name its arrays by what they hold."""
    for part in _nodes(node):
        part.pop("__id__", None)
        if "file" in part:
            content = archive.read(part["file"])
            part["file"] = hashlib.sha256(content).hexdigest()[:32] + ".npy"
            arrays[part["file"]] = content


def _strange_types(schema: Any) -> list[str]:
    found = {
        (str(node.get("__loader__")), f"{node.get('__module__')}.{node.get('__class__')}")
        for node in _nodes(schema)
    }
    return sorted(f"{name} ({loader})" for loader, name in found - ALLOWED)


def _nodes(node: Any) -> Iterator[dict[str, Any]]:
    """Yield every node of a schema: whatever says its loader or its class."""
    if isinstance(node, dict):
        if "__loader__" in node or "__class__" in node or "__module__" in node:
            yield node
        for part in node.values():
            yield from _nodes(part)
    elif isinstance(node, list):
        for part in node:
            yield from _nodes(part)


def _is_sound(estimator: BaseEstimator) -> bool:
    """Whether trees stay within their arrays, which nobody asks any more when they predict."""
    try:
        if isinstance(estimator, Forest):
            return _is_sound_forest(estimator)
        if isinstance(estimator, SignedLogistic):
            return True
        wrapped = isinstance(estimator, (AveragedBoosting, ExpectedHarmBoosting, HazardBoosting))
        boosting = estimator.boosting_ if wrapped else estimator
        columns = estimator.n_features_in_ + isinstance(estimator, HazardBoosting)
        return (
            isinstance(boosting, (HistGradientBoostingClassifier, HistGradientBoostingRegressor))
            and boosting.n_features_in_ == columns
            and all(_is_sound_tree(tree.nodes, columns) for (tree,) in boosting._predictors)
        )
    except (AttributeError, IndexError, KeyError, TypeError, ValueError):
        return False


def _is_sound_tree(nodes: npt.NDArray[np.void], columns: int) -> bool:
    inner = nodes[nodes["is_leaf"] == 0]
    forward = np.flatnonzero(nodes["is_leaf"] == 0)
    return len(nodes) > 0 and not (
        bool(nodes["is_categorical"].any())
        or bool((inner["feature_idx"] < 0).any())
        or bool((inner["feature_idx"] >= columns).any())
        or bool((inner["left"] <= forward).any() or (inner["left"] >= len(nodes)).any())
        or bool((inner["right"] <= forward).any() or (inner["right"] >= len(nodes)).any())
    )


def _is_sound_forest(forest: Forest) -> bool:
    nodes, roots, n_features = forest.nodes_, forest.roots_, int(forest.n_features_in_)
    sizes = np.diff(roots)
    here = np.arange(len(nodes)) - np.repeat(roots[:-1], sizes)
    size = np.repeat(sizes, sizes)
    left, right, column = nodes[:, 0], nodes[:, 1], nodes[:, 2]
    inner = (left > 0) | (right > 0)
    return bool(
        roots[0] == 0
        and (sizes > 0).all()
        and len(nodes) == roots[-1] == len(forest.cuts_) == len(forest.leaves_)
        and len(forest.medians_) == n_features
        and ((forest.gaps_ >= 0) & (forest.gaps_ < n_features)).all()
        and ((left > here) & (left < size) & (right > here) & (right < size))[inner].all()
        and ((left == 0) & (right == 0))[~inner].all()
        and ((column >= 0) & (column < n_features + len(forest.gaps_))).all()
    )
