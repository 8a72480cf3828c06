"""What would change each place: changes of fact, asked of the same rules and the same model."""

from __future__ import annotations

import datetime
from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from triage.explain import (
    MEASURED_ON,
    MOST_TOLD,
    Contributions,
    Judged,
    Standing,
    Suppositions,
    changes_table,
    faithfulness_table,
    quiet,
    suppose_changes,
)
from triage.features import Feature
from triage.learning import Trained
from triage.ranking import Certainty, Ranking, tiers_of
from triage.records import Vocabulary
from triage.rules import HOLD, INELIGIBLE
from triage.workflows.project import Project
from triage.workflows.questions import Asked
from triage.workflows.ruling import ask_rules, said_by_model

__all__ = ["changes_of", "faithfulness_of", "open_questions"]

A_WEEK = 7
SAYS = "the referral says that "


def changes_of(
    project: Project,
    trained: Trained,
    asked: Asked,
    as_of: datetime.date,
    ranking: Ranking,
    certain: Certainty,
) -> pa.Table:
    """Return what each change of fact would make of the places at the top of a list.

    Parameters
    ----------
    project : Project
    trained : Trained
        What ordered the list.
    asked : Asked
        The open referrals.
    as_of : date
    ranking : Ranking
    certain : Certainty

    Returns
    -------
    pyarrow.Table
        See :func:`triage.explain.changes_table`.
    """
    supposed = suppose_changes(
        project.possibilities,
        project.possibilities.timeline(project.vocabulary, project.scale),
        asked.matrix,
        asked.timeline,
        asked.moments,
        asked.attributes,
        ranking.rows[:MOST_TOLD],
        open_questions(project.features, project.vocabulary),
    )
    places = ranking.places
    standing = Standing(
        rows=ranking.rows,
        tiers=places["tier"].to_numpy(),
        scores=places["score"].to_numpy(),
        referral_ids=places["referral_id"].to_pylist(),
        band_first=certain.band_first[ranking.rows],
        band_last=certain.band_last[ranking.rows],
        capacity=ranking.capacity,
    )

    def judge(suppositions: Suppositions) -> Judged:
        return _judge(project, trained, asked, as_of, suppositions)

    return changes_table(supposed, judge, standing)


def faithfulness_of(
    trained: Trained, asked: Asked, ranking: Ranking, contributions: Contributions
) -> pa.Table:
    """Return how far the reasons of a list can be relied on.

    Measured on referrals evenly spaced down the list; see
    :func:`triage.explain.faithfulness_table`.
    """
    ranked = ranking.rows
    places = np.linspace(0, len(ranked) - 1, min(MEASURED_ON, len(ranked))).round().astype(np.int64)
    rows = ranked[np.unique(places)] if len(ranked) else ranked
    later = quiet(asked.matrix, asked.timeline, asked.moments, asked.attributes, rows, A_WEEK)
    return faithfulness_table(trained, contributions, asked.matrix, rows, later)


def open_questions(
    features: tuple[Feature, ...], vocabulary: Vocabulary
) -> dict[str, tuple[str, str]]:
    """Return what referrals may say with a yes or a no, and either in plain words.

    A feature that is made of such an answer alone gives its own words.
    """
    told: dict[str, tuple[str, str]] = {}
    for name, attribute in vocabulary.referrals.attributes.items():
        if attribute.kind == "answer" and not attribute.audit_only:
            meaning = attribute.meaning
            told[f"referral.{name}"] = (meaning, f"it is not so that {meaning}")
    for feature in features:
        if feature.measure == "attribute" and feature.equals is None and feature.of in told:
            yes, no = (feature.describe(answer).removeprefix(SAYS) for answer in (1.0, 0.0))
            told[feature.of] = (yes, no)
    return told


def _judge(
    project: Project, trained: Trained, asked: Asked, as_of: datetime.date, supposed: Suppositions
) -> Judged:
    scores = np.asarray(trained.score(supposed.matrix), dtype=np.float64)
    as_if = Asked(
        asked.referrals.take(pa.array(supposed.row)),
        supposed.timeline,
        supposed.moments,
        supposed.attributes,
        supposed.matrix,
    )
    model: Mapping[str, np.ndarray] = said_by_model(trained, as_if.matrix, scores)
    trace = ask_rules(project.policy, as_if, as_of, model=model)
    return Judged(tiers_of(trace), scores, trace.fires(INELIGIBLE) | trace.fires(HOLD))
