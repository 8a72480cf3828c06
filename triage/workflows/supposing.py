"""What would change each place: changes of fact, asked of the same rules and the same model."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from functools import partial

import numpy as np
import pyarrow as pa

from triage.explain import (
    MEASURED_ON,
    MOST_TOLD,
    Contributions,
    Declared,
    Judged,
    Possibilities,
    Standing,
    Suppositions,
    Words,
    changes_table,
    faithfulness_table,
    observed_values,
    quiet,
    suppose_changes,
    supposed_of,
)
from triage.features import Feature
from triage.learning import Trained
from triage.ranking import Certainty, Ranking, tiers_of
from triage.records import Vocabulary
from triage.rules import HOLD, INELIGIBLE
from triage.workflows.project import Project
from triage.workflows.questions import Asked
from triage.workflows.ruling import ask_rules, said_by_model

__all__ = ["changes_of", "faithfulness_of", "words_of"]

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
    rows, possibilities = ranking.rows[:MOST_TOLD], project.possibilities
    values = observed_values(possibilities, asked.timeline, asked.moments, rows)
    addable = possibilities.timeline(project.vocabulary, project.scale, values)
    things = (
        possibilities,
        addable,
        asked.matrix,
        asked.timeline,
        asked.moments,
        asked.attributes,
    )
    words = words_of(project.features, project.vocabulary, possibilities)
    supposed = suppose_changes(*things, rows, words, values)
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

    return changes_table(supposed, judge, standing, partial(supposed_of, *things))


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


def words_of(
    features: tuple[Feature, ...], vocabulary: Vocabulary, possibilities: Possibilities
) -> Words:
    """Return which attributes may be found out or change, and what either would be in plain words.

    As ``configs/changes.yaml`` declares it; where it declares nothing, open questions of referrals
    with a yes or a no may be found out. A feature that is made of such an answer alone gives its
    own words.
    """
    kinds = vocabulary.attribute_fields()
    declared = possibilities.facts
    if declared is None:
        questions = [
            name
            for name, kind in kinds.items()
            if kind == "answer" and name.startswith("referral.")
        ]
        declared = Declared(found_out=questions)
    answers: dict[str, tuple[str, str]] = {}
    values: dict[str, tuple[str, str]] = {}
    for name in (*declared.can_change, *declared.found_out):
        table, _, attribute = name.partition(".")
        about = (vocabulary.people if table == "person" else vocabulary.referrals).attributes
        meaning = about[attribute].meaning if attribute in about else attribute.replace("_", " ")
        if kinds[name] == "answer":
            answers[name] = meaning, f"it is not so that {meaning}"
        else:
            values[name] = meaning, about[attribute].unit if attribute in about else ""
    for feature in features:
        if feature.measure == "attribute" and feature.equals is None and feature.of in answers:
            yes, no = (feature.describe(answer).removeprefix(SAYS) for answer in (1.0, 0.0))
            answers[feature.of] = (yes, no)
    return Words(answers, values, frozenset(declared.can_change))


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
