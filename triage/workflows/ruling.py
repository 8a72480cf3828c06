"""Asking the rules about referrals: features, their earlier values and the model's output."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from triage.features import FeatureMatrix
from triage.learning import Trained
from triage.ranking import Ranking
from triage.rules import LIST_RANK, Policy, Trace, earlier_features, evaluate_rules, gather_facts
from triage.timeline import Moments, day_of
from triage.workflows.making import made_anew
from triage.workflows.questions import Asked

__all__ = ["ask_rules", "earlier_values", "rules_know_places", "said_by_model"]

Floats = npt.NDArray[np.float64]
NOTHING: Mapping[str, Floats] = MappingProxyType({})


def ask_rules(
    policy: Policy,
    asked: Asked,
    as_of: datetime.date,
    *,
    model: Mapping[str, Floats] = NOTHING,
) -> Trace:
    """Return what becomes of every rule in force on referrals.

    Parameters
    ----------
    policy : Policy
    asked : Asked
        n_rows referrals. Where a rule asks how a feature has changed, it is made again on the
        earlier as-of date.
    as_of : date
        Decides which rules are in force.
    model : mapping of str to ndarray of float64, shape (n_rows,), optional
        See :func:`said_by_model`; without it, what a model says is unknown to the rules.
    """
    earlier = earlier_values(policy, asked, as_of)
    facts = gather_facts(asked.matrix, asked.attributes, earlier=earlier, model=model)
    return evaluate_rules(policy, facts, as_of)


def said_by_model(trained: Trained, X: FeatureMatrix, scores: Floats) -> dict[str, Floats]:
    """Return what rules may ask of the model's output, by the names of the fields.

    Parameters
    ----------
    trained : Trained
    X : FeatureMatrix
        Of n_rows referrals.
    scores : ndarray of float64, shape (n_rows,)
        In log-odds, or in points where it has not learned.
    """
    if not trained.learned:
        return {"model.points": scores}
    return {"model.log_odds": scores, "model.probability": trained.probability(X)}


def rules_know_places(trace: Trace, ranking: Ranking, as_of: datetime.date) -> Trace:
    """Return the trace as it is once places are known to the flags and routes that ask for them.

    Parameters
    ----------
    trace : Trace
        From which the ranking was made. No rule that moves anybody asks for places, so it is the
        same but for such flags and routes.
    ranking : Ranking
    as_of : date
    """
    if not any(LIST_RANK in rule.fields for rule in trace.rules):
        return trace
    ranks = np.full(trace.n_rows, np.nan)
    ranks[ranking.rows] = np.arange(1, len(ranking.rows) + 1)
    return trace.asked_again({LIST_RANK: ranks}, as_of)


def earlier_values(policy: Policy, asked: Asked, as_of: datetime.date) -> dict[str, Floats]:
    """Return the features that rules compare with their earlier values, made on those dates."""
    features = {feature.name: feature for feature in asked.matrix.features}
    found: dict[str, Floats] = {}
    for since, columns in earlier_features(policy, as_of).items():
        days = asked.moments.day
        then = days - since if isinstance(since, int) else np.full_like(days, day_of(since))
        moments = Moments(asked.moments.person, np.minimum(then, days).astype(np.int32))
        wanted = [features[name] for name in columns.values()]
        matrix = made_anew(wanted, asked.timeline, moments, asked.attributes)
        for column, name in columns.items():
            found[column] = np.where(then < days, matrix.column(name), np.nan)
    return found
