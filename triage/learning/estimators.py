"""The estimators that a model may name: a closed list, with their parameters."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, Any

import pydantic
from sklearn.base import BaseEstimator
from sklearn.ensemble import HistGradientBoostingClassifier

from triage.learning.linear import SignedLogistic
from triage.learning.trees import AveragedBoosting, ExpectedHarmBoosting, Forest, HazardBoosting
from triage.workspace import Strict

__all__ = ["ESTIMATORS", "UNEXPLAINED", "Recipe", "make_estimator"]


class HistGradientBoostingParameters(Strict):
    """Shallow trees, each mending the last; see scikit-learn's HistGradientBoostingClassifier.

    ``max_features`` is the share of features that each split may choose from.
    """

    learning_rate: float = pydantic.Field(default=0.05, gt=0, le=1)
    max_iter: int = pydantic.Field(default=200, ge=1, le=5000)
    max_leaf_nodes: int = pydantic.Field(default=8, ge=2, le=1024)
    max_depth: int | None = pydantic.Field(default=None, ge=1, le=64)
    min_samples_leaf: int = pydantic.Field(default=30, ge=1)
    l2_regularization: float = pydantic.Field(default=1.0, ge=0)
    max_features: float = pydantic.Field(default=1.0, gt=0, le=1)
    max_bins: int = pydantic.Field(default=255, ge=2, le=255)


class AveragedBoostingParameters(HistGradientBoostingParameters):
    """Boosted trees with and without interplay, averaged; see :class:`AveragedBoosting`.

    ``additive`` holds the parameters of the trees without.
    """

    additive: HistGradientBoostingParameters = HistGradientBoostingParameters()


class ExpectedHarmParameters(HistGradientBoostingParameters):
    """Boosted trees for expected harm; see :class:`ExpectedHarmBoosting`."""

    cap_days: float | None = pydantic.Field(default=None, gt=0)


class HazardParameters(HistGradientBoostingParameters):
    """Boosted trees for when the outcome comes; see :class:`HazardBoosting`."""

    horizons: list[Annotated[int, pydantic.Field(ge=1)]] = pydantic.Field(
        default=[30, 90], min_length=1
    )


class ForestParameters(Strict):
    """Deep trees, averaged; see :class:`Forest`. Deeper ones take too long to explain."""

    n_estimators: int = pydantic.Field(default=100, ge=1, le=2000)
    max_depth: int = pydantic.Field(default=8, ge=1, le=8)
    min_samples_leaf: int = pydantic.Field(default=20, ge=1)
    max_features: float = pydantic.Field(default=0.2, gt=0, le=1)


class LogisticParameters(Strict):
    """Logistic regression with a slight ridge penalty, so that it always has one answer."""

    penalty: float = pydantic.Field(default=1e-4, gt=0)
    compress: bool = True
    max_iter: int = pydantic.Field(default=100, ge=1)


class ElasticNetParameters(LogisticParameters):
    """Logistic regression with an elastic-net penalty; see :class:`SignedLogistic`."""

    penalty: float = pydantic.Field(default=1e-3, gt=0)
    l1_ratio: float = pydantic.Field(default=0.5, ge=0, le=1)


@dataclass(frozen=True)
class Recipe:
    """How an estimator of one name is made.

    Parameters
    ----------
    parameters : type of Strict
        The parameters that a spec may give, with their defaults and bounds.
    make : callable
        From parameters, directions (or None) and seed to an unfitted estimator.
    simplicity : int
        Lower is simpler: of two that do equally well the simpler is proposed.
    needs : tuple of str
        What its ``fit`` is told beside the answers: ``harm_days``, ``days_until``,
        ``horizon_days``.
    """

    parameters: type[Strict]
    make: Callable[[Any, Sequence[int] | None, int], BaseEstimator]
    simplicity: int
    needs: tuple[str, ...] = ()


def _boosted(
    parameters: HistGradientBoostingParameters, directions: Sequence[int] | None, seed: int
) -> dict[str, Any]:
    """Return what scikit-learn's boosting is given: nothing native that SHAP gets wrong."""
    return {
        **parameters.model_dump(include=set(HistGradientBoostingParameters.model_fields)),
        "monotonic_cst": None if directions is None else list(directions),
        "categorical_features": None,
        "early_stopping": False,
        "random_state": seed,
    }


def _hist_gradient_boosting(
    parameters: HistGradientBoostingParameters, directions: Sequence[int] | None, seed: int
) -> BaseEstimator:
    return HistGradientBoostingClassifier(**_boosted(parameters, directions, seed))


def _additive(
    parameters: HistGradientBoostingParameters, directions: Sequence[int] | None, seed: int
) -> BaseEstimator:
    given = _boosted(parameters, directions, seed)
    return HistGradientBoostingClassifier(**given, interaction_cst="no_interactions")


def _expected_harm(
    parameters: ExpectedHarmParameters, directions: Sequence[int] | None, seed: int
) -> BaseEstimator:
    return ExpectedHarmBoosting(_boosted(parameters, directions, seed), parameters.cap_days)


def _averaged(
    parameters: AveragedBoostingParameters, directions: Sequence[int] | None, seed: int
) -> BaseEstimator:
    return AveragedBoosting(
        _boosted(parameters, directions, seed), _boosted(parameters.additive, directions, seed)
    )


def _hazard(
    parameters: HazardParameters, directions: Sequence[int] | None, seed: int
) -> BaseEstimator:
    return HazardBoosting(_boosted(parameters, directions, seed), parameters.horizons)


def _forest(
    parameters: ForestParameters, directions: Sequence[int] | None, seed: int
) -> BaseEstimator:
    signs = None if directions is None else list(directions)
    return Forest(**parameters.model_dump(), monotonic_cst=signs, random_state=seed)


def _logistic(
    parameters: LogisticParameters,
    directions: Sequence[int] | None,
    seed: int,  # noqa: ARG001 - nothing here is random
) -> BaseEstimator:
    signs = None if directions is None else list(directions)
    return SignedLogistic(**{"l1_ratio": 0.0, **parameters.model_dump()}, monotonic_cst=signs)


ESTIMATORS: Mapping[str, Recipe] = MappingProxyType(
    {
        "logistic": Recipe(LogisticParameters, _logistic, simplicity=0),
        "logistic_elastic_net": Recipe(ElasticNetParameters, _logistic, simplicity=1),
        "additive_boosting": Recipe(HistGradientBoostingParameters, _additive, simplicity=2),
        "hist_gradient_boosting": Recipe(
            HistGradientBoostingParameters, _hist_gradient_boosting, simplicity=3
        ),
        "averaged_boosting": Recipe(AveragedBoostingParameters, _averaged, simplicity=4),
        "random_forest": Recipe(ForestParameters, _forest, simplicity=5),
        "expected_harm": Recipe(
            ExpectedHarmParameters, _expected_harm, simplicity=6, needs=("harm_days",)
        ),
        "hazard": Recipe(
            HazardParameters, _hazard, simplicity=7, needs=("days_until", "horizon_days")
        ),
    }
)
"""Estimators by the names that ``models/*.yaml`` uses."""

UNEXPLAINED = (
    "bagging",
    "gaussian_naive_bayes",
    "gaussian_process",
    "k_neighbors",
    "neural_network",
    "stacking",
    "support_vector_machine",
    "voting",
)
"""Estimators that people ask for, of which nobody can say exactly what moved a score."""


def make_estimator(
    name: str, parameters: Mapping[str, Any], directions: Sequence[int] | None, seed: int
) -> BaseEstimator:
    """Return an unfitted estimator.

    Parameters
    ----------
    name : str
        One of :data:`ESTIMATORS`.
    parameters : mapping
        Already checked by the reader of models.
    directions : sequence of {-1, 0, 1} or None
        Each feature's direction; None leaves all of them to the data.
    seed : int
    """
    recipe = ESTIMATORS[name]
    return recipe.make(recipe.parameters.model_validate(dict(parameters)), directions, seed)
