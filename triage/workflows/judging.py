"""What followed the lists of a backtest, measured for every ranker."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby

import numpy as np
import numpy.typing as npt
from scipy.stats import spearmanr

from triage.conditions import Categories, Numbers, Truth, evaluate, parse_condition
from triage.fairness import GroupCalibration, calibration_by_group
from triage.learning import (
    Cut,
    Examples,
    Heard,
    Measured,
    ModelSpec,
    calibrated,
    measure_course,
    measure_forecast,
    measure_lists,
    measure_order,
    measured,
    places,
    replay,
    standing_weights,
)
from triage.outcomes import HANDLINGS, Handling, LabelState, find_taken_on, harm_within, outcome_day
from triage.papers import (
    BacktestReport,
    HandlingFigures,
    ListFigures,
    RankerFigures,
)
from triage.records import CaseHistories
from triage.timeline import NEVER, attributes_at
from triage.workflows.project import Project
from triage.workflows.replaying import Every, Listing, Replayed
from triage.workflows.training import answered, date_of

__all__ = ["judge"]

Rows = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
MOST_PERIODS = 8
"""More lists than these are told by the quarter, and more quarters by the year."""

BASELINES = {
    "first_come": (
        "First come, first heard",
        "The oldest referrals first: what happens where nobody ranks.",
    ),
    "random": ("By lot", "What one expects if the places are drawn by lot."),
}


def judge(
    project: Project, histories: CaseHistories, replayed: Replayed, every: Every
) -> BacktestReport:
    """Return all that is to be told of a backtest.

    Parameters
    ----------
    project : Project
    histories : CaseHistories
    replayed : Replayed
    every : {"month", "quarter", "year"}
    """
    panel, at = project.panel, replayed.at
    scales = {panel.harm_scale: "", **dict.fromkeys(project.scales, "")}
    scales = {name: project.scales[name].title for name in scales}
    heard = _heard(project, replayed, replayed.examples, list(scales))
    scores = {name: given[at] for name, given in replayed.scores.items()}
    cuts = _cuts(panel.capacity)
    settings = {"resamples": panel.backtest.resamples, "seed": panel.training.seed}
    samples = {
        name: {key: values for key, values in found.items() if key[1] in {cut.name for cut in cuts}}
        for name, found in measure_lists(scores, heard, cuts, **settings).items()
    }
    for name, found in measure_order(scores, heard, **settings).items():
        samples[name] |= {(measure, ""): values for measure, values in found.items()}
    lately = max(1, panel.backtest.lately_months // {"month": 1, "quarter": 3, "year": 12}[every])
    for name, given in scores.items():
        course = measure_course(given, heard, panel.capacity, lately=lately, **settings)
        samples[name] |= {(measure, ""): values for measure, values in course.items()}
    learned = [spec.name for spec in replayed.specs if spec.learns]
    for name in learned:
        forecast = measure_forecast(scores[name], heard, **settings)
        samples[name] |= {(measure, ""): values for measure, values in forecast.items()}
    periods = _periods(replayed.listings)
    by_period = _by_period(scores, heard, periods, panel.capacity, panel.harm_scale, settings)
    main = f"harm_captured:{panel.harm_scale}", "capacity"
    groups = _groups(
        histories, replayed, heard, scores[replayed.reference], settings, panel.smallest_group
    )
    rankers = [
        RankerFigures(
            name=name,
            title=title,
            kind=kind,
            told=told,
            measures={key: measured(values) for key, values in samples[name].items()},
            differences=_differences(samples[name], samples[replayed.reference])
            if name != replayed.reference
            else {},
            by_period=by_period[name],
            calibrated=calibrated(
                scores[name], heard, resamples=settings["resamples"], seed=settings["seed"]
            )
            if name in learned
            else None,
            groups=tuple(groups) if name == replayed.reference else (),
        )
        for name, title, kind, told in _about(replayed)
    ]
    rankers.sort(key=lambda one: (-np.nan_to_num(one.measures[main].value, nan=-1.0), one.name))
    treatment = project.outcomes.treatment
    return BacktestReport(
        panel=panel,
        first=replayed.listings[0].as_of,
        last=replayed.listings[-1].as_of,
        every=every,
        outcome_meaning=replayed.examples.outcome.meaning,
        horizon_days=replayed.examples.outcome.horizon_days,
        observed_until=date_of(replayed.observed_until),
        scales=scales,
        cuts=tuple(cut.name for cut in cuts),
        lists=tuple(_list(one, replayed.examples) for one in replayed.listings),
        people=heard.n_people,
        periods=tuple(words for words, _ in periods),
        rankers=tuple(rankers),
        reference=replayed.reference,
        retrain_months=panel.backtest.retrain_months,
        resamples=panel.backtest.resamples,
        taken_on=_taken_on(project, replayed),
        treatment_meaning=treatment.meaning if treatment else "",
        handlings=tuple(_handlings(project, histories, replayed, list(scales))),
        no_history=panel.backtest.no_history.meaning if panel.backtest.no_history else "",
        notes=(*replayed.notes, *_silent(replayed)),
    )


def _silent(replayed: Replayed) -> Iterator[str]:
    """Yield which sets of points lack features that tell anybody on the lists apart."""
    at, matrix = replayed.at, replayed.asked.matrix
    for spec in replayed.specs:
        if spec.learns:
            continue
        names = spec.choose(matrix.features)
        blank = [name for name in names if not _tells_apart(matrix.column(name)[at])]
        if not _tells_apart(replayed.scores[spec.name][at]):
            yield (
                f"{spec.title} could not be computed: {', '.join(names)} is known of nobody on "
                "these lists, or the same of everybody. Its figures are those of a lot."
            )
        elif blank:
            yield (
                f"{spec.title} was computed without {len(blank)} of its {len(names)} features, "
                "which are known of nobody on these lists, or the same of everybody: "
                f"{', '.join(blank)}."
            )


def _tells_apart(values: Floats) -> bool:
    known = values[~np.isnan(values)]
    return len(known) > 0 and bool(len(known) < len(values) or np.ptp(known) > 0)


def _cuts(capacity: int) -> tuple[Cut, ...]:
    return (
        Cut("capacity", places=capacity),
        Cut("2 × capacity", places=2 * capacity),
        Cut("1%", share=0.01),
        Cut("5%", share=0.05),
    )


def _heard(
    project: Project, replayed: Replayed, examples: Examples, scales: Sequence[str]
) -> Heard:
    at, asked, outcome = replayed.at, replayed.asked, examples.outcome
    lists = np.repeat(np.arange(len(replayed.listings)), [len(o.rows) for o in replayed.listings])
    came = outcome_day(outcome, asked.timeline, asked.moments)
    lead = np.where(came != NEVER, came.astype(np.float64) - asked.moments.day, np.nan)
    return Heard(
        person=np.unique(asked.moments.person[at], return_inverse=True)[1],
        lists=lists,
        weight=_weights(examples, at),
        y=np.nan_to_num(examples.labels.values[at]),
        harm_days={
            name: harm_within(outcome, project.scales[name], asked.timeline, asked.moments)[at]
            for name in scales
        },
        unseen=_unseen(project, replayed)[at],
        lead_days=lead[at],
    )


def _weights(examples: Examples, at: Rows) -> Floats:
    """Return how much each answer counts: those not known 0, and some for others like them."""
    known = examples.labels.known[at]
    weights = known.astype(np.float64)
    if examples.stood_for is not None:
        gone = at[examples.labels.states[at] == LabelState.TAKEN_ON]
        weights[known] = standing_weights(examples.matrix, at[known], gone)
    return weights


def _unseen(project: Project, replayed: Replayed) -> npt.NDArray[np.bool_]:
    no_history, matrix = project.panel.backtest.no_history, replayed.asked.matrix
    if no_history is None:
        return np.zeros(len(matrix), dtype=bool)
    columns = {name: Numbers(matrix.column(name)) for name in matrix.names}
    return np.asarray(evaluate(parse_condition(no_history.when), columns).truth == Truth.YES)


def _about(replayed: Replayed) -> Iterator[tuple[str, str, str, str]]:
    """Yield each ranker's name, title and kind, and what it is."""
    for spec in replayed.specs:
        kind = "champion" if spec.name == replayed.champion else _kind(spec)
        computed = _tells_apart(replayed.scores[spec.name][replayed.at])
        yield spec.name, spec.title + ("" if computed else " (not computable)"), kind, spec.purpose
    title = next(spec.title for spec in replayed.specs if spec.name == replayed.reference)
    told = "The list as the panel has it: tiers by the rules first, and the score within each."
    yield "with_rules", f"Rules, then {title[0].lower()}{title[1:]}", "with rules", told
    for name, (title, told) in BASELINES.items():
        yield name, title, "baseline", told


def _kind(spec: ModelSpec) -> str:
    return "candidate" if spec.learns else "comparator"


def _differences(
    own: Mapping[tuple[str, str], Floats], reference: Mapping[tuple[str, str], Floats]
) -> dict[tuple[str, str], Measured]:
    return {
        key: measured(values - reference[key])
        for key, values in own.items()
        if key in reference and len(reference[key]) == len(values)
    }


def _periods(listings: Sequence[Listing]) -> list[tuple[str, list[int]]]:
    """Return the words of each period, and the lists within it."""
    days = [one.as_of for one in listings]
    words = [f"{day:%Y-%m}" for day in days]
    for coarser in (
        [f"{day.year} Q{(day.month + 2) // 3}" for day in days],
        [f"{day:%Y}" for day in days],
    ):
        if len(set(words)) > MOST_PERIODS:
            words = coarser
    numbered = enumerate(words)
    return [
        (period, [number for number, _ in among])
        for period, among in groupby(numbered, key=lambda one: one[1])
    ]


def _by_period(
    scores: Mapping[str, Floats],
    heard: Heard,
    periods: Sequence[tuple[str, list[int]]],
    capacity: int,
    scale: str,
    settings: Mapping[str, int],
) -> dict[str, tuple[Measured, ...]]:
    found: dict[str, list[Measured]] = {name: [] for name in scores}
    cut = Cut("capacity", places=capacity)
    for _, numbers in periods:
        rows = np.flatnonzero(np.isin(heard.lists, numbers))
        among = heard.take(rows)
        among = replace(among, person=np.unique(among.person, return_inverse=True)[1])
        part = {name: given[rows] for name, given in scores.items()}
        for name, measures in measure_lists(part, among, [cut], **settings).items():
            found[name].append(measured(measures[f"harm_captured:{scale}", "capacity"]))
    return {name: tuple(measures) for name, measures in found.items()}


def _list(one: Listing, examples: Examples) -> ListFigures:
    known = examples.labels.known[one.rows]
    return ListFigures(
        as_of=one.as_of,
        heard=len(one.rows),
        not_for_panel=one.not_for_panel,
        known=int(known.sum()),
        positives=int(examples.labels.values[one.rows][known].sum()),
        trained_on=one.trained_on,
    )


def _groups(
    histories: CaseHistories,
    replayed: Replayed,
    heard: Heard,
    log_odds: Floats,
    settings: Mapping[str, int],
    smallest: int,
) -> Iterator[GroupCalibration]:
    """Yield what was said of each group, and what came; too few are not told."""
    at = replayed.at
    rows, days = replayed.referral_rows[at], replayed.asked.moments.day[at]
    attributes = attributes_at(histories, rows, days, audit=True)
    for name, about in histories.vocabulary.people.attributes.items():
        column = attributes[f"person.{name}"]
        if not about.audit_only or not isinstance(column, Categories):
            continue
        names = [*column.names, None]
        groups = [names[code] for code in column.codes.tolist()]
        yield from calibration_by_group(
            log_odds, heard, groups, attribute=name, smallest=smallest, **settings
        )


def _taken_on(project: Project, replayed: Replayed) -> int:
    treatment, asked = project.outcomes.treatment, replayed.asked
    if treatment is None:
        return 0
    outcome = replayed.examples.outcome
    found = find_taken_on(treatment, outcome, asked.timeline, asked.moments)
    return int(found.within_horizon[replayed.at].sum())


def _handlings(
    project: Project, histories: CaseHistories, replayed: Replayed, scales: Sequence[str]
) -> Iterator[HandlingFigures]:
    """Yield what becomes of the reference's lists under each handling of those taken on."""
    treatment = project.outcomes.treatment
    if treatment is None or not _taken_on(project, replayed):
        return
    spec = next(spec for spec in replayed.specs if spec.name == replayed.reference)
    configured = replayed.scores[spec.name]
    for handling in HANDLINGS:
        examples, scores = replayed.examples, configured
        if handling != treatment.handled:
            examples = _otherwise(project, histories, replayed, handling)
            scores = _retrained(project, replayed, spec, examples)
        yield _handled(project, replayed, scales, handling, examples, scores)


def _otherwise(
    project: Project, histories: CaseHistories, replayed: Replayed, handling: Handling
) -> Examples:
    examples, _ = answered(project, histories, replayed.asked, handling)
    if examples.stood_for is None:
        return examples
    return replace(examples, stood_for=examples.stood_for & replayed.teaches)


def _retrained(project: Project, replayed: Replayed, spec: ModelSpec, examples: Examples) -> Floats:
    """Return the scores of a spec that was trained on the same days on other answers."""
    lessons = np.flatnonzero(replayed.teaches & examples.labels.known)
    matured = examples.moments.day[lessons].astype(np.int64) + examples.outcome.matures_in_days
    occasions = [replace(one, learn_from=lessons[matured <= one.day]) for one in replayed.occasions]
    return replay([spec], examples, occasions, project.panel.training)[spec.name]


def _handled(
    project: Project,
    replayed: Replayed,
    scales: Sequence[str],
    handling: Handling,
    examples: Examples,
    scores: Floats,
) -> HandlingFigures:
    panel, at = project.panel, replayed.at
    treatment = project.outcomes.treatment
    heard = _heard(project, replayed, examples, scales[:1])
    settings = {"resamples": panel.backtest.resamples, "seed": panel.training.seed}
    configured, own = replayed.scores[replayed.reference][at], scores[at]
    before, after = (places(given, heard.lists, panel.capacity) for given in (configured, own))
    given = {"own": own}
    captured = measure_lists(given, heard, _cuts(panel.capacity)[:1], **settings)["own"]
    return HandlingFigures(
        handling=handling,
        in_force=treatment is not None and handling == treatment.handled,
        known=int((heard.weight > 0).sum()),
        changed_share=float(np.maximum(after - before, 0).sum() / after.sum()),
        order_kept=_order_kept(configured, own, heard.lists),
        harm_captured=measured(captured[f"harm_captured:{panel.harm_scale}", "capacity"]),
        auc=measured(measure_order(given, heard, **settings)["own"]["auc"]),
    )


def _order_kept(one: Floats, other: Floats, lists: Rows) -> float:
    """Return the mean rank correlation over lists of at least three who do not all tie."""
    found = []
    for number in np.unique(lists):
        rows = lists == number
        if rows.sum() > 2 and np.ptp(one[rows]) > 0 and np.ptp(other[rows]) > 0:
            found.append(float(spearmanr(one[rows], other[rows]).statistic))
    return float(np.mean(found)) if found else float("nan")
