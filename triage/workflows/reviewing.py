"""Everybody on record, ranked for a yearly review."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from triage.conditions import Truth
from triage.features import compute, make_plan, processors
from triage.learning import Trained
from triage.papers import review_csv
from triage.ranking import Ranking, rank
from triage.registry import Registry
from triage.rules import MUST_DISCUSS, URGENT, Trace
from triage.timeline import (
    Moments,
    build_timeline,
    day_of,
    nothing_of_referrals,
    people_attributes_at,
)
from triage.workflows.feature_files import histories_of
from triage.workflows.progress import Progress
from triage.workflows.project import Project
from triage.workflows.questions import Asked, require_history
from triage.workflows.ruling import ask_rules, said_by_model
from triage.workflows.versions import ranker_of
from triage.workspace import write_whole

__all__ = ["Reviewed", "review_people"]


@dataclass(frozen=True)
class Reviewed:
    """How many people were ranked, how many are not for this panel, and by which ranker."""

    ranked: int
    not_for_panel: int
    ranker: str


def review_people(
    project: Project,
    *,
    as_of: datetime.date,
    output: Path,
    today: datetime.date,
    progress: Progress,
    histories: Path | None = None,
) -> Reviewed:
    """Write the place of everybody on record, by the same rules and model as a list.

    Parameters
    ----------
    project : Project
    as_of : date
        Only what was known before it is used.
    output : Path
        A CSV file; one that stands there is replaced whole.
    today : date
        Rows with a date after it are rejected.
    progress : Progress
    histories : Path, optional
        A folder of stored case histories, to be read instead of the extracts.

    Raises
    ------
    NotFoundError
        No version may rank, or the date lies before all history.
    RejectedRowsError, ExtractError, TamperedError, StorageError

    Notes
    -----
    Nobody referred these people: whatever a referral would say is unknown, and no reasons are
    told. It finds whom to look at; who is to be discussed is referred, and stands on a list.
    """
    version, _ = ranker_of(project)
    trained = Registry(project.workspace, project.panel.tracking_uri).load(version.number)
    asked = _everybody(project, as_of, today, progress, histories)
    progress.stage("Ranking everybody")
    scores = np.asarray(trained.score(asked.matrix), dtype=np.float64)
    model = said_by_model(trained, asked.matrix, scores)
    trace = ask_rules(project.policy, asked, as_of, model=model)
    ranking = rank(asked.referral_ids, scores, trace, capacity=project.panel.capacity)
    table = _table(asked, trained, trace, ranking)
    progress.stage("Writing the review")
    not_for_panel = ranking.not_for_panel
    write_whole(output, review_csv(table, not_for_panel, as_of, project.panel.synthetic))
    return Reviewed(len(ranking.rows), not_for_panel.num_rows, trained.spec.title)


def _everybody(
    project: Project,
    as_of: datetime.date,
    today: datetime.date,
    progress: Progress,
    stored: Path | None,
) -> Asked:
    known = histories_of(project, stored, today, progress)
    require_history(known, [as_of])
    progress.stage("Making features of everybody")
    plan = make_plan(project.features)
    timeline = build_timeline(
        known,
        project.scale,
        fields=plan.fields,
        fingerprinted=plan.fingerprinted,
        threads=processors(),
    )
    n_people = len(known.people)
    position = np.arange(n_people, dtype=np.int32)
    moments = Moments(position, np.full(n_people, day_of(as_of), dtype=np.int32))
    attributes = {
        **people_attributes_at(known, position, moments.day),
        **nothing_of_referrals(project.vocabulary, n_people),
    }
    ids = known.people["person_id"]
    return Asked(
        pa.table({"referral_id": ids, "person_id": ids}),
        timeline,
        moments,
        attributes,
        compute(plan, timeline, moments, attributes),
    )


def _table(asked: Asked, trained: Trained, trace: Trace, ranking: Ranking) -> pa.Table:
    places = ranking.places
    table = pa.table(
        {
            "rank": places["rank"],
            "person_id": places["referral_id"],
            "tier": places["tier_name"],
            "rules": list(_raised_by(trace, ranking.rows)),
            "score": places["score"],
        }
    )
    if not trained.learned:
        return table.append_column("probability", pa.nulls(table.num_rows, pa.float64()))
    probability = trained.probability(asked.matrix)[ranking.rows]
    return table.append_column("probability", pa.array(probability))


def _raised_by(trace: Trace, rows: npt.NDArray[np.int64]) -> Iterator[str]:
    """Yield the titles of the rules that raised each of these rows."""
    floors = [n for n, one in enumerate(trace.rules) if one.effect in (URGENT, MUST_DISCUSS)]
    fired = trace.truths[np.ix_(rows, np.asarray(floors, np.int64))] == Truth.YES
    for row in fired:
        yield "; ".join(trace.rules[floors[n]].title for n in np.flatnonzero(row))
