"""From extracts, rules and the champion to a discussion list."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

from triage.explain import (
    MOST_TOLD,
    brought_by_agencies,
    explain,
    tell_reasons,
    weights_table,
)
from triage.learning import Trained
from triage.lists import (
    Bundle,
    ListContent,
    ListTables,
    ModelFacts,
    PanelFacts,
    gather_tables,
    write_bundle,
)
from triage.papers import make_papers
from triage.ranking import SetAside, certainty, rank
from triage.records import Checked
from triage.registry import Registry, Version
from triage.workflows.checking import read_accepted
from triage.workflows.making import feature_maker
from triage.workflows.progress import Progress
from triage.workflows.project import Project, code_version, config_hashes
from triage.workflows.questions import Asked, ask_of_open
from triage.workflows.ruling import ask_rules, rules_know_places, said_by_model
from triage.workflows.versions import Role, ranker_of

__all__ = ["make_list"]


def make_list(
    project: Project,
    *,
    as_of: datetime.date,
    today: datetime.date,
    now: datetime.datetime,
    progress: Progress,
    keep_features: bool = True,
) -> Bundle:
    """Write the discussion list of an as-of date, or find that it already stands just so.

    Parameters
    ----------
    project : Project
    as_of : date
        Only what was known before it is used.
    today : date
        Rows with a date after it are rejected.
    now : datetime
        Written into the manifest, and nowhere else.
    progress : Progress
    keep_features : bool
        Whether features that were kept before are used, and new ones kept.

    Raises
    ------
    NotFoundError
        No model version may rank: none was promoted, and the fallback is none of them. Or no
        referral is open.
    RejectedRowsError, ExtractError, TamperedError, StorageError
    """
    version, role = ranker_of(project)
    registry = Registry(project.workspace, project.panel.tracking_uri)
    trained = registry.load(version.number, with_ensemble=True)
    checked = read_accepted(project, today=today, progress=progress, decided_before=as_of)
    progress.stage("Ranking and explaining")
    set_aside = _set_aside(project, checked, as_of)
    make = feature_maker(project, progress, keep=keep_features)
    asked = ask_of_open(project, checked.histories, as_of, make)
    content = ListContent(
        as_of=as_of,
        created_at=now,
        synthetic=project.panel.synthetic,
        panel=_panel_facts(project),
        model=_model_facts(version, trained, role),
        code_version=code_version(),
        inputs=checked.inputs,
        configs=config_hashes(project.workspace),
        referrals_in=len({*asked.referral_ids, *(one.referral_id for one in set_aside)}),
        tables=_tables(project, trained, asked, set_aside, as_of),
    )
    progress.stage("Writing the list")
    return write_bundle(project.workspace.lists, content, make_papers)


def _tables(
    project: Project,
    trained: Trained,
    asked: Asked,
    set_aside: Sequence[SetAside],
    as_of: datetime.date,
) -> ListTables:
    contributions = explain(trained, asked.matrix)
    model = said_by_model(trained, asked, contributions.scores)
    trace = ask_rules(project.policy, asked, as_of, model=model)
    ranking = rank(
        asked.referral_ids,
        contributions.scores,
        trace,
        capacity=project.panel.capacity,
        near_misses=project.panel.near_misses,
        set_aside=set_aside,
    )
    certain = certainty(
        asked.referral_ids,
        contributions.scores,
        trained.ensemble_scores(asked.matrix),
        trace,
        capacity=project.panel.capacity,
        told_apart=project.panel.ranking.told_apart,
    )
    trace = rules_know_places(trace, ranking, as_of)
    return gather_tables(
        ranking,
        certain=certain,
        referrals=asked.referrals,
        probabilities=trained.probability(asked.matrix) if trained.learned else None,
        contributions=contributions,
        reasons=tell_reasons(
            contributions, asked.matrix, trace, asked.timeline, asked.moments, project.vocabulary
        ),
        weights=weights_table(
            contributions, asked.matrix, ranking.rows[:MOST_TOLD], asked.referral_ids
        ),
        features=asked.matrix,
        trace=trace,
        vocabulary=project.vocabulary,
        brought=[
            brought_by_agencies(asked.timeline, person, day, project.vocabulary)
            for person, day in zip(
                asked.moments.person.tolist(), asked.moments.day.tolist(), strict=True
            )
        ],
        case_sheet=project.panel.papers.case_sheet,
    )


def _set_aside(project: Project, checked: Checked, as_of: datetime.date) -> tuple[SetAside, ...]:
    """Return the rejected referrals that are open, or for all that their rows say may be.

    One whose id also came in whole, as a repeated row does, has its place there.
    """
    whole = set(checked.histories.referrals["referral_id"].to_pylist())
    first = as_of - datetime.timedelta(days=project.panel.cohort.open_days - 1)
    return tuple(
        SetAside(one.referral_id, f"Its row was rejected: {'; '.join(one.reasons)}.")
        for one in checked.rejected_referrals
        if one.referral_id not in whole and (one.made_on is None or first <= one.made_on <= as_of)
    )


def _panel_facts(project: Project) -> PanelFacts:
    panel = project.panel
    return PanelFacts(
        name=panel.name,
        area=panel.area,
        capacity=panel.capacity,
        near_misses=panel.near_misses,
        open_days=panel.cohort.open_days,
        papers=panel.papers,
        smallest_group=panel.smallest_group,
    )


def _model_facts(version: Version, trained: Trained, role: Role) -> ModelFacts:
    return ModelFacts(
        name=trained.name,
        title=trained.spec.title,
        version=str(version.number),
        unit="log_odds" if trained.learned else "points",
        sha256=version.sha256,
        outcome=trained.outcome,
        outcome_meaning=trained.meaning,
        horizon_days=trained.horizon_days,
        base_rate=trained.base_rate,
        trained_on=trained.rows,
        role=role,
        retest_on=version.retest_on,
    )
