"""From extracts, rules and the champion to a discussion list."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pyarrow as pa

from triage.explain import (
    MOST_TOLD,
    brought_by_agencies,
    disagreements_table,
    explain,
    rule_records_table,
    tell_reasons,
    weights_table,
)
from triage.learning import Trained
from triage.lists import (
    Bundle,
    ListContent,
    ListTables,
    Manifest,
    ModelFacts,
    PanelFacts,
    gather_tables,
    write_bundle,
)
from triage.papers import make_papers
from triage.ranking import (
    Ranking,
    SetAside,
    Standings,
    audit_sample,
    certainty,
    exclusions_of,
    find_unknowns,
    join_cases,
    judge_by,
    outlooks,
    rank,
    tiers_of,
)
from triage.records import CaseHistories, Checked
from triage.registry import Registry, Version
from triage.rules import Trace
from triage.workflows.against import History, Judged, Now, moves_table, read_history
from triage.workflows.cases import answers_table, heard_table, joined_table, links_table
from triage.workflows.checking import read_accepted
from triage.workflows.earlier import earlier_table
from triage.workflows.making import Make, feature_maker
from triage.workflows.progress import Progress
from triage.workflows.project import Project, code_version, config_hashes, with_capacity
from triage.workflows.questions import Asked, ask_of_open
from triage.workflows.recording import Use
from triage.workflows.ruling import ask_rules, earlier_values, rules_know_places, said_by_model
from triage.workflows.scales import scales_table
from triage.workflows.supposing import changes_of, faithfulness_of
from triage.workflows.versions import Role, ranker_of

__all__ = ["Making", "content_of", "make_list"]


def make_list(
    project: Project,
    *,
    as_of: datetime.date,
    today: datetime.date,
    now: datetime.datetime,
    progress: Progress,
    against: str | None = None,
    capacity: int | None = None,
    keep_features: bool = True,
    use: Use | None = None,
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
    against : str, optional
        The earlier list that it is compared with, ``none`` for no earlier list at all; by default
        the latest before it.
    capacity : int, optional
        How many cases the panel has room for this time; by default as ``configs/panel.yaml`` says.
    keep_features : bool
        Whether features that were kept before are used, and new ones kept.
    use : Use, optional
        Is told of the list before it appears.

    Raises
    ------
    NotFoundError
        No model version may rank: none was promoted, and the fallback is none of them. Or no
        referral is open.
    RejectedRowsError, ExtractError, TamperedError, StorageError
    """
    chosen: Mapping[str, str] = {}
    if capacity is not None:
        project, chosen = with_capacity(project, capacity)
    history = read_history(project.workspace.lists, as_of, against)
    history = history.with_decisions(project.workspace, as_of)
    if history.passed_over:
        names = ", ".join(history.passed_over)
        progress.stage(f"Passing over lists of another release's format: {names}")
    version, role = ranker_of(project)
    registry = Registry(project.workspace, project.panel.tracking_uri)
    trained = registry.load(version.number, with_ensemble=True)
    checked = read_accepted(project, today=today, progress=progress, decided_before=as_of)
    progress.stage("Ranking and explaining")
    made = Making(
        project,
        trained,
        version.sha256,
        as_of,
        {**config_hashes(project.workspace), **chosen},
        code_version(),
    )
    content = content_of(
        made,
        checked,
        history,
        _model_facts(version, trained, role),
        now=now,
        make=feature_maker(project, progress, keep=keep_features),
    )
    progress.stage("Writing the list")

    def announce(manifest: Manifest) -> None:
        if use is not None:
            use.announce(list=manifest.list_id, seal=manifest.seal)

    return write_bundle(project.workspace.lists, content, make_papers, announce)


def content_of(
    made: Making,
    checked: Checked,
    history: History,
    model: ModelFacts,
    *,
    now: datetime.datetime,
    make: Make,
) -> ListContent:
    """Return all that the list of an as-of date is, before it is written.

    Parameters
    ----------
    made : Making
        By what it is made.
    checked : Checked
        What was read.
    history : History
        The lists before.
    model : ModelFacts
        What the list says of the model.
    now : datetime
        Written into the manifest.
    make : callable
        Makes features.

    Raises
    ------
    NotFoundError
        No referral is open.
    """
    project, as_of = made.project, made.as_of
    set_aside = _set_aside(project, checked, as_of)
    asked = ask_of_open(project, checked.histories, as_of, make)
    return ListContent(
        as_of=as_of,
        created_at=now,
        synthetic=project.panel.synthetic,
        panel=_panel_facts(project),
        model=model,
        code_version=made.code_version,
        inputs={**checked.inputs, **history.inputs},
        configs=made.configs,
        referrals_in=len({*asked.referral_ids, *(one.referral_id for one in set_aside)}),
        tables=made.tables(asked, checked.histories, history, set_aside),
        against=history.facts,
    )


@dataclass(frozen=True)
class Making:
    """What a list is made by.

    Parameters
    ----------
    project : Project
    trained : Trained
        The model that ranks.
    model_sha256 : str
        Of its file.
    as_of : date
    configs : mapping of str to str
        See :func:`triage.workflows.project.config_hashes`.
    code_version : str
    """

    project: Project
    trained: Trained
    model_sha256: str
    as_of: datetime.date
    configs: Mapping[str, str]
    code_version: str

    def tables(
        self,
        asked: Asked,
        histories: CaseHistories,
        history: History,
        set_aside: Sequence[SetAside] = (),
    ) -> ListTables:
        """Return the tables of a list of these referrals.

        Parameters
        ----------
        asked : Asked
            All that are open on the as-of date.
        histories : CaseHistories
        history : History
            The lists before.
        set_aside : sequence of SetAside
        """
        project, trained = self.project, self.trained
        trace = self.trace(asked)
        persons = asked.referrals["person_id"].to_pylist()
        cases = join_cases(asked.referral_ids, persons, trained.score(asked.matrix), trace)
        alone = asked.take(cases.rows)
        ranked = alone.take(self.rank(alone).rows)
        tables = _tables(project, trained, alone, set_aside, self.as_of)
        at = np.array(list(cases.joined), dtype=np.int64)
        joined, within = asked.take(at), trace.take(at)
        links = links_table(asked, cases, project.vocabulary)
        tables = replace(
            tables,
            answers=answers_table(ranked, project.vocabulary),
            rules=pa.concat_tables([tables.rules, within.to_table(joined.referral_ids)]),
            rule_records=pa.concat_tables(
                [tables.rule_records, rule_records_of(project, joined, within)]
            ),
            joined=joined_table(asked, cases, trace, project.vocabulary),
            links=links,
            heard=heard_table(
                tables.referrals, links, linked_together=project.panel.ranking.linked_together
            ),
            earlier=earlier_table(trained, ranked, history.earlier, history.decided),
            scales=scales_table(project, alone, self.rank),
        )
        if history.against is None:
            return tables
        now = Now(tables, alone, self.as_of, self.model_sha256, self.configs, self.code_version)
        return replace(
            tables, moves=moves_table(project, histories, history.against, now, self.judge)
        )

    def trace(self, asked: Asked) -> Trace:
        """Return what becomes of today's rules."""
        model = said_by_model(self.trained, asked.matrix, self.trained.score(asked.matrix))
        return ask_rules(self.project.policy, asked, self.as_of, model=model)

    def judge(self, asked: Asked) -> Judged:
        """Return what today's rules and model make of any referrals."""
        trace = self.trace(asked)
        ranked = np.ones(len(asked.moments), dtype=bool)
        ranked[list(exclusions_of(trace))] = False
        return Judged(Standings(tiers_of(trace), self.trained.score(asked.matrix)), ranked)

    def rank(self, asked: Asked) -> Ranking:
        """Return the places of referrals of which each stands for itself."""
        return rank(
            asked.referral_ids,
            self.trained.score(asked.matrix),
            self.trace(asked),
            capacity=self.project.panel.capacity,
            near_misses=self.project.panel.near_misses,
        )


def _tables(
    project: Project,
    trained: Trained,
    asked: Asked,
    set_aside: Sequence[SetAside],
    as_of: datetime.date,
) -> ListTables:
    contributions = explain(trained, asked.matrix)
    model = said_by_model(trained, asked.matrix, contributions.scores)
    trace = ask_rules(project.policy, asked, as_of, model=model)
    settings = project.panel.ranking
    ranking = rank(
        asked.referral_ids,
        contributions.scores,
        trace,
        capacity=project.panel.capacity,
        near_misses=project.panel.near_misses,
        reserved_places=settings.reserved_places,
        set_aside=set_aside,
    )
    certain = certainty(
        asked.referral_ids,
        contributions.scores,
        trained.ensemble_scores(asked.matrix),
        trace,
        capacity=project.panel.capacity,
        reserved_places=settings.reserved_places,
        told_apart=settings.told_apart,
    )
    unknowns = find_unknowns(
        asked.matrix,
        asked.attributes,
        asked.timeline,
        asked.moments,
        asked.referrals["agency"].to_pylist(),
        project.vocabulary,
        ask_back_days=settings.ask_back_days,
    )
    trace = rules_know_places(trace, ranking, as_of)
    return gather_tables(
        ranking,
        certain=certain,
        outlooks=outlooks(
            ranking,
            certain,
            unknowns,
            judge_by(
                project.policy,
                as_of,
                trained.score,
                said=partial(said_by_model, trained),
                earlier=earlier_values(project.policy, asked, as_of),
            ),
            provisional_from=settings.provisional_from,
        ),
        audit_sample=audit_sample(
            ranking.places["referral_id"].to_pylist(),
            ranking.places["within_capacity"].to_numpy(zero_copy_only=False),
            size=settings.audit_sample,
            seed=[settings.seed, as_of.toordinal()],
        ),
        referrals=asked.referrals,
        probabilities=trained.probability(asked.matrix) if trained.learned else None,
        contributions=contributions,
        reasons=tell_reasons(
            contributions, asked.matrix, trace, asked.timeline, asked.moments, project.vocabulary
        ),
        weights=weights_table(
            contributions, asked.matrix, ranking.rows[:MOST_TOLD], asked.referral_ids
        ),
        changes=changes_of(project, trained, asked, as_of, ranking, certain),
        rule_records=rule_records_of(project, asked, trace),
        disagreements=disagreements_table(
            contributions, asked.matrix, trace, ranking.rows, asked.referral_ids
        ),
        faithfulness=faithfulness_of(trained, asked, ranking, contributions),
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


def rule_records_of(project: Project, asked: Asked, trace: Trace) -> pa.Table:
    """Return the records behind what rules ask of referrals."""
    return rule_records_table(
        trace, project.features, asked.timeline, asked.moments, asked.referrals, project.vocabulary
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
        reserved_places=panel.ranking.reserved_places,
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
