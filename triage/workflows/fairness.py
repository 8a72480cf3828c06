"""What the cut that is used does to groups: on a list, or on a version's test periods."""

from __future__ import annotations

import datetime
import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from scipy.special import expit, logit

from triage.conditions import Categories, Truth, evaluate
from triage.errors import OUTSIDE_TOLERANCE, NotFoundError, Problem
from triage.explain import explain
from triage.fairness import (
    AtTheCut,
    Compared,
    Draws,
    Group,
    GroupCalibration,
    Partition,
    Proxy,
    calibration_by_group,
    crossed,
    find_proxies,
    groups_of,
    groups_within,
    is_small,
    judge_groups,
    measure_otherwise,
    measure_places,
    measure_recorded,
    measure_shares,
    measured_at_the_cut,
    rounded_count,
    suppose_unrecorded,
    together,
    turning_share,
)
from triage.features import FeatureMatrix
from triage.learning import Heard, Trained, forward_scores, lists_of, make_folds, places
from triage.lists import Bundle
from triage.outcomes import Labels, follow_up_end, label
from triage.papers import (
    FAIRNESS_COLUMNS,
    SUMMARY_COLUMNS,
    FairnessReport,
    fairness_csv,
    fairness_json,
    fairness_page,
    fairness_rows,
    fairness_summary,
    outside_words,
)
from triage.ranking import join_cases, rank
from triage.records import CaseHistories
from triage.rules import Trace
from triage.timeline import (
    NEVER,
    Moments,
    Timeline,
    build_timeline,
    day_of,
    moments_of,
    training_days,
)
from triage.workflows.checking import read_accepted
from triage.workflows.grouping import grouped_by
from triage.workflows.lists import open_list
from triage.workflows.making import feature_maker, fit_files
from triage.workflows.progress import Progress
from triage.workflows.project import Project
from triage.workflows.questions import Asked, ask_of_all
from triage.workflows.ruling import ask_rules, said_by_model
from triage.workflows.training import answered, date_of, handling_of, labelled
from triage.workflows.verdicts import registry_of
from triage.workflows.versions import ranker_of
from triage.workspace import write_whole

__all__ = [
    "Audited",
    "audit_fairness",
    "fairness_files",
    "measured_on_list",
    "measured_on_model",
    "measured_records",
]

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
CURVES = 200
"""How often people are drawn again for the lines of a calibration."""

MOST_EXPLAINED = 5_000
SCORE_ALONE = ("list", "list_less_harm", "recall", "missed_harm", "false_positive")
GONE = "no longer made"
SURE = 1e-12
"""No chance is nearer to 0 or to 1: its log-odds would be endless."""

OF_OUTCOMES = ("harm", "recall", "missed_harm", "false_positive")


@dataclass(frozen=True)
class Audited:
    """What an audit of groups found, and where it was written.

    Parameters
    ----------
    report : FairnessReport
    page, table, data : Path
        As HTML, as CSV and as JSON.
    chosen : str
        What was measured, and why that.
    """

    report: FairnessReport
    page: Path
    table: Path
    data: Path
    chosen: str

    columns = FAIRNESS_COLUMNS

    @property
    def shown(self) -> tuple[str, ...]:
        """The columns of :attr:`summary`; those of outcomes where any is known."""
        return tuple(
            one for one in SUMMARY_COLUMNS if self.report.settled or one not in OF_OUTCOMES
        )

    @property
    def exit_code(self) -> int:
        """0, or what says that a measure lies outside a tolerance."""
        return OUTSIDE_TOLERANCE if self.report.outside else 0

    @property
    def facts(self) -> dict[str, int | str]:
        """What the record of uses says of it."""
        report = self.report
        return {
            "measured": report.name,
            "version": report.version,
            "outside": len(report.outside),
        }

    @property
    def rows(self) -> list[dict[str, str | int | float | None]]:
        """One row a measure."""
        return fairness_rows(self.report)

    @property
    def summary(self) -> list[dict[str, str | int | float | None]]:
        """One row a group."""
        return fairness_summary(self.report)

    @property
    def outside(self) -> list[str]:
        """What lies outside a tolerance, a sentence each."""
        report = self.report
        return [f"Outside tolerance: {outside_words(report, one)}" for _, one in report.outside]

    @property
    def told(self) -> list[str]:
        """What else the reader should know, a sentence each."""
        report = self.report
        counts = f"{report.count('outside')} outside, {report.count('within')} within tolerance"
        return [
            self.chosen,
            *report.notes,
            *self.outside,
            f"{counts}, {report.count('too few to tell')} of too few to tell ('few' in the table).",
            f"The page: {self.page}",
            f"Every measure: {self.table} and {self.data}",
        ]


def audit_fairness(
    project: Project,
    *,
    list_name: str | None = None,
    version: int | None = None,
    today: datetime.date,
    progress: Progress,
    keep_features: bool = True,
) -> Audited:
    """Measure groups at the cut, and write a page, a table and the same as JSON.

    Parameters
    ----------
    project : Project
    list_name : str, optional
        A list; or else ``version``, or else whatever ranks at present.
    version : int, optional
        A model version, on its test periods.
    today : date
        Rows with a date after it are rejected.
    progress : Progress
    keep_features : bool
        Whether features and fits that were kept before are used, and new ones kept.

    Raises
    ------
    NotFoundError
        There is no such list or version, or nothing ranks.
    TamperedError, RejectedRowsError, ExtractError, StorageError, LearningError
    """
    if list_name is not None:
        report = measured_on_list(project, list_name, today=today, progress=progress)
        chosen = f"Measured on the list {report.name}."
    else:
        chosen = "Measured on the test periods of version {}."
        if version is None:
            ranker, role = ranker_of(project)
            version = ranker.number
            chosen = f"Neither --list nor --model was given. {chosen[:-1]}, the {role} that ranks."
        report = measured_on_model(
            project, version, today=today, progress=progress, keep_features=keep_features
        )
        chosen = chosen.format(version)
    folder = project.workspace.results / "fairness" / report.name
    files = fairness_files(report)
    for name, content in files.items():
        write_whole(folder / name, content)
    page, table, data = (folder / name for name in files)
    return Audited(report, page, table, data, chosen)


def fairness_files(report: FairnessReport) -> dict[str, bytes | str]:
    """Return what a report is written as: file name → content, as HTML, CSV and JSON."""
    return {
        "fairness.html": fairness_page(report),
        "fairness.csv": fairness_csv(report),
        "fairness.json": fairness_json(report),
    }


@dataclass(frozen=True)
class _Ranked:
    """Referrals as lists have ranked them; all arrays are of the n that were ranked.

    ``rows`` are those of the histories' referrals. ``log_odds`` is None where points rank;
    ``score_within`` is the cut by the score alone, None where it was not made. ``moved`` is what
    each theme moved a score by, either way.
    """

    rows: Rows
    days: npt.NDArray[np.int32]
    timeline: Timeline
    moments: Moments
    labels: Labels
    until: int
    within: Floats
    place: Floats
    log_odds: Floats | None
    score_within: Floats | None
    moved: Mapping[str, Floats]
    proxies_from: FeatureMatrix
    proxies_of: tuple[Rows, npt.NDArray[np.int32]]

    @property
    def person(self) -> Rows:
        """Whom each is about, from 0."""
        return np.unique(self.moments.person, return_inverse=True)[1].astype(np.int64)

    @property
    def cut(self) -> AtTheCut:
        """The cut that is used, with what came after."""
        known = self.labels.known
        return AtTheCut(
            person=self.person,
            within=self.within,
            place=self.place,
            known=known,
            y=np.where(known, self.labels.values, 0.0),
            harm_days=np.where(known, self.labels.harm_days, 0.0),
            chance=None if self.log_odds is None else expit(self.log_odds),
        )


def measured_on_model(
    project: Project,
    number: int,
    *,
    today: datetime.date,
    progress: Progress,
    keep_features: bool = True,
) -> FairnessReport:
    """Return what lists by a version would have done to groups in its test periods.

    Each test period is foretold by a model of the same kind that learned only from what had settled
    before it; rules, joined cases and reserved places make the cut, as on a list.

    Parameters
    ----------
    project : Project
    number : int
        Of the version.
    today : date
        Rows with a date after it are rejected.
    progress : Progress
    keep_features : bool
        Whether features and fits that were kept before are used, and new ones kept.

    Raises
    ------
    NotFoundError, TamperedError, RejectedRowsError, ExtractError, LearningError, ConfigurationError
    """
    registry = registry_of(project)
    version, trained = registry.version(number), registry.load(number)
    histories = read_accepted(project, today=today, progress=progress).histories
    progress.stage("Making features of past referrals")
    asked = ask_of_all(project, histories, feature_maker(project, progress, keep=keep_features))
    examples, until = answered(project, histories, asked, handling_of(project))
    progress.stage("Foretelling each test period from what had settled before it")
    trained.select(asked.matrix)  # refuses where features are gone
    tested = np.concatenate([fold.test for fold in make_folds(examples, project.panel.training)])
    scores = (
        forward_scores(
            trained.spec,
            examples,
            training=project.panel.training,
            kept=fit_files(project, keep=keep_features),
        )
        if trained.learned
        else trained.score(asked.matrix.take(tested))
    )
    rows, days = training_days(histories.referrals, project.panel.cohort)
    kept, within, place = _as_listed(project, trained, asked, tested, scores)
    at, its = tested[kept], scores[kept]
    last = _last_of_each(asked.moments, np.flatnonzero(days <= days[at].max()))
    ranked = _Ranked(
        rows=rows[at],
        days=days[at],
        timeline=asked.timeline,
        moments=Moments(asked.moments.person[at], asked.moments.day[at]),
        labels=_labels_at(examples.labels, at),
        until=until,
        within=within,
        place=place,
        log_odds=its if trained.learned else None,
        score_within=places(its, lists_of(days[at]), project.panel.capacity),
        moved=_moved(trained, asked.matrix.take(at), project.fairness.seed),
        proxies_from=asked.matrix.take(last).select(trained.feature_names),
        proxies_of=(rows[last], days[last]),
    )
    notes = [
        "Each test period was foretold by a model that learned only from what had settled before "
        "it. Referrals whose outcome is not known are on none of these lists.",
    ]
    if examples.fingerprint() != version.fingerprint:
        notes.append(
            "The extracts, the pipelines or the outcome have changed since this version was "
            "trained: this is measured on what they say now."
        )
    return _measured(
        project,
        histories,
        ranked,
        name=f"version-{number}",
        title=version.title,
        version=number,
        notes=notes,
        progress=progress,
    )


def measured_on_list(
    project: Project, name: str, *, today: datetime.date, progress: Progress
) -> FairnessReport:
    """Return what a list that stands does to groups, with what followed as far as it is known.

    Parameters
    ----------
    project : Project
    name : str
        The list's name, its as-of date, or ``latest``.
    today : date
        Rows with a date after it are rejected.
    progress : Progress

    Raises
    ------
    NotFoundError, TamperedError, RejectedRowsError, ExtractError, ConfigurationError
    """
    bundle = open_list(project.workspace.root, name)
    histories = read_accepted(project, today=today, progress=progress).histories
    ranked, missing = _of_bundle(project, histories, bundle)
    if not len(ranked.rows):
        raise NotFoundError(
            Problem(
                f"list {bundle.list_id}",
                "must have referrals that the extracts still hold",
                f"{missing} that they do not",
                "Bring back the extracts that it was made from.",
            )
        )
    model = bundle.manifest.model
    notes = list(_about_settling(project, bundle, ranked))
    if missing:
        notes.append(f"{missing} of its referrals are not in the extracts any more: not measured.")
    return _measured(
        project,
        histories,
        ranked,
        name=bundle.list_id,
        title=model.title,
        version=int(model.version),
        notes=notes,
        progress=progress,
    )


def _about_settling(project: Project, bundle: Bundle, ranked: _Ranked) -> Iterator[str]:
    outcome = project.outcomes.primary
    known, n = int(ranked.labels.known.sum()), len(ranked.rows)
    settles = bundle.manifest.as_of + datetime.timedelta(days=outcome.matures_in_days)
    if not known:
        yield (
            f"What followed this list has not settled; it can be known from {settles} on. What can "
            "be said now: shares of the list where there are enough people, where on it groups "
            "stand, what moves their scores, whose records they have, and what the features "
            "tell of them. What cannot be said: who was missed, who was heard without cause, and "
            "whether chances came true. 'triage audit fairness --model' says that of "
            "earlier lists."
        )
    elif known < n:
        yield f"The outcome of {known} of {n} referrals is known: measures of it are of these."
    yield (
        f"This is one list with {project.panel.capacity} places: shares of so few places are "
        "mostly not told, since they would tell of single people."
    )


def _as_listed(
    project: Project, trained: Trained, asked: Asked, tested: Rows, scores: Floats
) -> tuple[Rows, Floats, Floats]:
    """Return which of the tested rows lists would have ranked, who was within capacity, and places.

    The places are shares of their list.
    """
    months = lists_of(asked.moments.day[tested])
    found = [
        _one_list(project, trained, asked, tested, scores, np.flatnonzero(months == month))
        for month in np.unique(months)
    ]
    kept, within, place = (np.concatenate(part) for part in zip(*found, strict=True))
    return kept, within, place


def _one_list(
    project: Project, trained: Trained, asked: Asked, tested: Rows, scores: Floats, among: Rows
) -> tuple[Rows, Floats, Floats]:
    """Return the same of the tested rows of one month."""
    theirs, own = asked.take(tested[among]), scores[among]
    as_of = date_of(int(theirs.moments.day.max()))
    persons = theirs.referrals["person_id"].to_pylist()
    trace = _trace(project, trained, theirs, own, as_of)
    cases = join_cases(theirs.referral_ids, persons, own, trace).rows
    alone = theirs.take(cases)
    ranking = rank(
        alone.referral_ids,
        own[cases],
        _trace(project, trained, alone, own[cases], as_of),
        capacity=project.panel.capacity,
        reserved_places=project.panel.ranking.reserved_places,
    )
    on_list = ranking.places["within_capacity"].to_numpy(zero_copy_only=False)
    place = (np.arange(len(on_list)) + 0.5) / max(len(on_list), 1)
    return among[cases[ranking.rows]], on_list.astype(np.float64), place


def _trace(
    project: Project, trained: Trained, asked: Asked, scores: Floats, as_of: datetime.date
) -> Trace:
    """Return what becomes of the rules, to whom the model says what it said in its test period."""
    said = said_by_model(trained, asked.matrix, scores)
    if trained.learned:
        said["model.probability"] = expit(scores)
    return ask_rules(project.policy, asked, as_of, model=said)


def _last_of_each(moments: Moments, among: Rows) -> Rows:
    """Return the last row of each person among some rows."""
    order = among[np.lexsort((among, moments.day[among], moments.person[among]))]
    person = moments.person[order]
    last = np.append(person[1:] != person[:-1], True) if len(order) else np.empty(0, dtype=bool)
    return np.sort(order[last])


def _labels_at(labels: Labels, rows: Rows) -> Labels:
    return Labels(
        labels.values[rows], labels.harm_days[rows], labels.states[rows], labels.days_until[rows]
    )


def _moved(trained: Trained, matrix: FeatureMatrix, seed: int) -> dict[str, Floats]:
    """Return by how much each theme moves each score, of at most so many drawn by lot."""
    rows = np.arange(len(matrix))
    if len(rows) > MOST_EXPLAINED:
        lot = np.random.default_rng(seed)
        rows = np.sort(lot.choice(rows, MOST_EXPLAINED, replace=False))
    told = explain(trained, matrix.take(rows))
    moved: dict[str, Floats] = {}
    for feature, values in zip(told.features, np.abs(told.values).T, strict=True):
        moved.setdefault(feature.theme_title, np.zeros(len(matrix)))[rows] += values
    return moved


def _of_bundle(project: Project, histories: CaseHistories, bundle: Bundle) -> tuple[_Ranked, int]:
    """Return a list as it was ranked, and how many of it are not in the extracts any more."""
    tables, day = bundle.tables, day_of(bundle.manifest.as_of)
    ids = tables.referrals["referral_id"]
    found = pc.index_in(ids, value_set=histories.referrals["referral_id"].combine_chunks())
    there = np.flatnonzero(found.is_valid().to_numpy())
    rows = found.drop_null().to_numpy().astype(np.int64)
    days = np.full(len(rows), day, dtype=np.int32)
    timeline = build_timeline(histories, project.scale)
    persons = histories.referrals.take(pa.array(rows))["person_id"].to_pylist()
    moments = moments_of(timeline, persons, days)
    labels, until = labelled(project, histories, timeline, moments, handling_of(project))
    probability = tables.referrals["probability"].to_numpy(zero_copy_only=False)[there]
    learned = bundle.manifest.model.unit == "log_odds"
    standing = np.asarray(tables.referrals["standing"].to_pylist(), dtype=object)
    made = {feature.name: feature for feature in project.features}
    looked_at = [name for name in tables.contributions.column_names[3:] if name in made]
    return _Ranked(
        rows=rows,
        days=days,
        timeline=timeline,
        moments=moments,
        labels=labels,
        until=until,
        within=(standing[there] == "discuss").astype(np.float64),
        place=((np.arange(len(ids)) + 0.5) / max(len(ids), 1))[there],
        log_odds=logit(np.clip(probability, SURE, 1 - SURE)) if learned else None,
        score_within=None,
        moved=_moved_on(project, bundle, there),
        proxies_from=FeatureMatrix(
            np.column_stack(
                [
                    tables.features[name].cast(pa.float64()).to_numpy(zero_copy_only=False)[there]
                    for name in looked_at
                ]
            )
            if looked_at
            else np.empty((len(there), 0)),
            tuple(made[name] for name in looked_at),
        ),
        proxies_of=(rows, days),
    ), len(ids) - len(there)


def _moved_on(project: Project, bundle: Bundle, there: Rows) -> dict[str, Floats]:
    themes = {feature.name: feature.theme_title for feature in project.features}
    table = bundle.tables.contributions
    moved: dict[str, Floats] = {}
    for name in table.column_names[3:]:
        values = np.abs(table[name].to_numpy()[there])
        theme = themes.get(name, GONE)
        moved[theme] = moved.get(theme, 0.0) + values
    return moved


def _measured(
    project: Project,
    histories: CaseHistories,
    ranked: _Ranked,
    *,
    name: str,
    title: str,
    version: int,
    notes: Sequence[str],
    progress: Progress,
) -> FairnessReport:
    """Return all measures of what was ranked."""
    progress.stage("Measuring groups at the cut")
    fairness, smallest = project.fairness, project.panel.smallest_group
    cut = ranked.cut
    draws = Draws(cut.person, resamples=fairness.resamples, seed=fairness.seed)
    partitions = grouped_by(project, histories, ranked.rows, ranked.days)
    coarse, groups = _groups(partitions, cut, smallest)
    pairs = [
        group
        for one, other in itertools.combinations(coarse, 2)
        for group in crossed(one, other, cut.person, cut.kinds, smallest)
    ]
    own = [group for group in groups if "with" in group.told]
    parts: dict[str, list[Compared]] = {
        "cut": measured_at_the_cut(cut, [*groups, *pairs], draws),
        "places": measure_places(cut, groups, draws, smallest=smallest),
    }
    if ranked.moved:
        parts["reasons"] = measure_shares("reasons", ranked.moved, groups, draws)
    if ranked.score_within is not None:
        alone = replace(cut, within=ranked.score_within)
        by_score = [
            group for one in coarse for group in groups_of(one, alone.person, alone.kinds, smallest)
        ]
        parts["score"] = measured_at_the_cut(alone, by_score, draws, only=SCORE_ALONE)
    recall = fairness.tolerances.get("recall")
    sizes = {
        (group.attribute, group.value): rounded_count(len(np.unique(cut.person[group.rows])))
        for group in (*groups, *pairs)
    }
    parts["recorded"] = measured_records(
        project, histories, ranked.timeline, int(ranked.days.max())
    )
    if fairness.recorded_by is not None and cut.settled:
        parts["otherwise"] = _otherwise(project, histories, ranked, coarse, draws)
    progress.stage("Asking what the features tell of each group")
    outcome = project.outcomes.primary
    with_it = people_of(cut.person, cut.kinds["with"])
    first, last = (date_of(int(day)) for day in (ranked.days.min(), ranked.days.max()))
    proxies = _proxies(project, histories, ranked)
    return FairnessReport(
        panel=project.panel,
        fairness=fairness,
        name=name,
        title=title,
        version=version,
        lists=len(np.unique(lists_of(ranked.days))),
        first=first,
        last=last,
        referrals=len(ranked.rows),
        people=int(cut.person.max(initial=-1)) + 1,
        places=round(float(cut.within.sum())),
        known=int(cut.known.sum()),
        positives=None if is_small(with_it, smallest=smallest) else rounded_count(with_it),
        settles_on=last + datetime.timedelta(days=outcome.matures_in_days),
        observed_until=date_of(ranked.until),
        outcome_meaning=outcome.meaning,
        horizon_days=outcome.horizon_days,
        sizes=sizes,
        parts={part: tuple(judge_groups(found, fairness)) for part, found in parts.items()},
        calibrations=tuple(_calibrations(project, ranked, coarse)),
        supposed=tuple(suppose_unrecorded(cut, own, draws, fairness.unrecorded))
        if cut.settled
        else (),
        turning={
            (group.attribute, group.value): turning_share(cut, group, draws, recall)
            for group in own
            if recall is not None
        },
        proxies=tuple((judge_groups([one.found], fairness)[0], one) for one in proxies),
        notes=tuple(notes),
    )


def people_of(person: Rows, among: Flags) -> int:
    """Return how many people some rows are about."""
    return len(np.unique(person[among]))


def _groups(
    partitions: Sequence[Partition], cut: AtTheCut, smallest: int
) -> tuple[list[Partition], list[Group]]:
    """Return each attribute with groups large enough for outcomes, and all groups that are told.

    Groups that are large enough as people and too small for outcomes are told besides, of what
    needs none.
    """
    kinds = cut.kinds
    needed = [kinds["with"], kinds["without"]] if cut.settled else []
    without_outcomes = {name: kinds[name] for name in ("people", "on", "off")}
    coarse, groups = [], []
    for one in partitions:
        wide = together(one, cut.person, needed, smallest)
        fine = together(one, cut.person, [], smallest)
        coarse.append(wide)
        groups += groups_of(wide, cut.person, kinds, smallest)
        groups += groups_within(fine, wide, cut.person, without_outcomes, smallest)
    return coarse, groups


def _calibrations(
    project: Project, ranked: _Ranked, coarse: Sequence[Partition]
) -> Iterator[GroupCalibration]:
    """Yield whether chances came true, by group; nothing where there are none or none settled."""
    cut = ranked.cut
    if ranked.log_odds is None or not cut.settled:
        return
    nothing = np.zeros(len(cut.person))
    heard = Heard(
        person=cut.person,
        lists=np.zeros(len(cut.person), dtype=np.int64),
        weight=cut.known.astype(np.float64),
        y=cut.y,
        harm_days={},
        unseen=nothing > 0,
        lead_days=nothing,
    )
    for one in coarse:
        rows = np.flatnonzero(one.codes >= 0)
        if len(one.words) < 2:
            continue
        yield from calibration_by_group(
            ranked.log_odds[rows],
            heard.take(rows),
            [one.words[code] for code in one.codes[rows].tolist()],
            attribute=one.attribute,
            smallest=project.panel.smallest_group,
            resamples=min(CURVES, project.fairness.resamples),
            seed=project.fairness.seed,
        )


def measured_records(
    project: Project, histories: CaseHistories, timeline: Timeline, last_day: int
) -> list[Compared]:
    """Return whose records the known incidents of everybody referred are, by group.

    Parameters
    ----------
    project : Project
    histories : CaseHistories
    timeline : Timeline
    last_day : int
        Only people heard on it or before, each as of their last referral until then.

    Returns
    -------
    list of Compared
        Of the measure ``recorded``; empty where no agencies are asked about.
    """
    fairness, smallest = project.fairness, project.panel.smallest_group
    if fairness.recorded_by is None:
        return []
    rows, days = training_days(histories.referrals, project.panel.cohort)
    persons = histories.referrals.take(pa.array(rows))["person_id"].to_pylist()
    moments = moments_of(timeline, persons, days)
    last = _last_of_each(moments, np.flatnonzero(days <= last_day))
    part, whole = _records(project, timeline, moments, last)
    person, has = np.arange(len(last)), whole > 0
    groups = [
        group
        for one in grouped_by(project, histories, rows[last], days[last])
        for group in groups_of(
            together(one, person, [has], smallest), person, {"recorded": has}, smallest
        )
    ]
    draws = Draws(person, resamples=fairness.resamples, seed=fairness.seed)
    return measure_recorded("recorded", part, whole, groups, draws, needs="recorded")


def _records(
    project: Project, timeline: Timeline, moments: Moments, last: Rows
) -> tuple[Floats, Floats]:
    """Return of each person how many incidents some agencies have on record, and how many all."""
    outcome, recorded_by = project.outcomes.primary, project.fairness.recorded_by
    asked = outcome.harm_from if outcome.harm_from is not None else outcome.any_event
    day = np.full(timeline.n_people, -NEVER, dtype=np.int64)
    day[moments.person[last]] = moments.day[last]
    whose = np.repeat(np.arange(timeline.n_people), np.diff(timeline.starts))
    counts = (timeline.happened < day[whose]) & (timeline.known < day[whose])
    counts &= timeline.replaced >= day[whose]
    if asked is not None:
        counts &= evaluate(asked, timeline.columns).truth == Truth.YES
    agency = timeline.columns["agency"]
    assert isinstance(agency, Categories)  # noqa: S101 - a column of every timeline
    names = [*agency.names, ""]
    named = [one in (recorded_by.agencies if recorded_by else ()) for one in names]
    theirs = counts & np.asarray(named)[agency.codes]
    part, whole = (np.bincount(whose[one], minlength=timeline.n_people) for one in (theirs, counts))
    chosen = moments.person[last]
    return part[chosen].astype(np.float64), whole[chosen].astype(np.float64)


def _otherwise(
    project: Project,
    histories: CaseHistories,
    ranked: _Ranked,
    coarse: Sequence[Partition],
    draws: Draws,
) -> list[Compared]:
    """Return the measures with the outcome counted from some agencies' records alone."""
    recorded_by, outcome = project.fairness.recorded_by, project.outcomes.primary
    wanted = pa.array(recorded_by.agencies if recorded_by else [])
    events = histories.events
    theirs = replace(histories, events=events.filter(pc.is_in(events["agency"], value_set=wanted)))
    timeline = build_timeline(theirs, project.scale)
    persons = ranked.timeline.person_ids.take(pa.array(ranked.moments.person)).to_pylist()
    moments = moments_of(timeline, persons, ranked.days)
    labels = label(
        outcome,
        timeline,
        moments,
        observed_until=ranked.until,
        follow_up_end=follow_up_end(project.outcomes, theirs, timeline, moments),
    )
    cut = ranked.cut
    known = cut.known & labels.known
    otherwise = cut.recorded_otherwise(np.nan_to_num(labels.values), known)
    smallest = project.panel.smallest_group
    kinds = otherwise.kinds
    wide = [
        together(one, cut.person, [kinds["with"], kinds["without"]], smallest) for one in coarse
    ]
    groups = [group for one in wide for group in groups_of(one, cut.person, kinds, smallest)]
    found = measure_otherwise(cut, otherwise, groups, draws)
    as_all = measured_at_the_cut(cut, groups, draws, only=("recall", "false_positive"))
    return [*found, *(replace(one, subject="any agency") for one in as_all)]


def _proxies(project: Project, histories: CaseHistories, ranked: _Ranked) -> list[Proxy]:
    """Return how well each group can be told from the features that the model looks at.

    Where the attribute itself is one of them, from the others.
    """
    if not len(ranked.proxies_from) or not ranked.proxies_from.features:
        return []
    fairness, smallest = project.fairness, project.panel.smallest_group
    person = np.arange(len(ranked.proxies_from))
    everybody = np.ones(len(person), dtype=bool)
    found: list[Proxy] = []
    for one in grouped_by(project, histories, *ranked.proxies_of):
        field = fairness.attributes[one.attribute].field
        others = [one.name for one in ranked.proxies_from.features if one.of != field]
        groups = groups_of(
            together(one, person, [], smallest), person, {"people": everybody}, smallest
        )
        found += find_proxies(
            ranked.proxies_from.select(others),
            groups,
            resamples=fairness.resamples,
            seed=fairness.seed,
        )
    return found
