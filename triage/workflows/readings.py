"""What a monitor reads: each measure of what comes in, beside what was kept at training."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import expit

from triage.conditions import Truth
from triage.decisions import Decision
from triage.errors import Alert
from triage.fairness import GroupCalibration, calibration_told, shares_of
from triage.features import FeatureMatrix, bar_places, bar_words
from triage.learning import (
    BarCounts,
    Baseline,
    Drawn,
    Evaluation,
    Examples,
    Expectation,
    Figure,
    Heard,
    Measured,
    Reading,
    Resamples,
    Trained,
    distance,
    effective_people,
    level_of,
    share_between,
    share_shift,
    shift,
    times,
    times_more,
    wilson_interval,
)
from triage.registry import Promotion, Version
from triage.timeline import day_of
from triage.workflows.project import Project
from triage.workflows.versions import Role
from triage.workflows.windows import (
    NOT_ASKED,
    REFERRALS,
    UNKNOWN,
    Field,
    Window,
    condition_digest,
    expectation,
)
from triage.workspace import Levels, Monitor

__all__ = ["Watch", "calibration", "readings_of", "score_shares", "score_words", "settled_since"]

Rows = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
NAN = float("nan")
NOT_TOLD = Measured(NAN, NAN, NAN)


@dataclass(frozen=True)
class Watch:
    """All that the readings are made from.

    Parameters
    ----------
    project : Project
    version, role, trained : Version, str, Trained
        What ranks.
    evaluation, baseline : Evaluation, Baseline
        What was kept with it.
    window : Window
        What comes in now.
    scores : ndarray of float64, shape (n,)
        Of the window's referrals.
    promotions : tuple of Promotion
    decisions : tuple of Decision
        Those that stand, of the window's days.
    today : date
        Or the as-of date where that is later.
    """

    project: Project
    version: Version
    role: Role
    trained: Trained
    evaluation: Evaluation
    baseline: Baseline
    window: Window
    scores: Floats
    promotions: tuple[Promotion, ...]
    decisions: tuple[Decision, ...]
    today: datetime.date

    @property
    def settings(self) -> Monitor:
        """The levels, and how much is enough."""
        return self.project.panel.monitor

    @property
    def enough(self) -> bool:
        """Whether there are enough people, then and now."""
        people = min(self.window.people, self.baseline.people)
        return people >= self.settings.fewest_people

    @property
    def seed(self) -> int:
        """Of every draw."""
        return self.project.panel.training.seed


def readings_of(
    watch: Watch,
    told: GroupCalibration | None,
    examples: Examples,
    settled: Rows,
    log_odds: Floats,
) -> Iterator[Reading]:
    """Yield every reading.

    Parameters
    ----------
    watch : Watch
    told : GroupCalibration or None
        See :func:`calibration`.
    examples : Examples
    settled : ndarray of int64
        See :func:`settled_since`.
    log_odds : ndarray of float64, shape (n_settled,)
    """
    yield from _standing(watch)
    yield from _calibration_readings(watch, told, examples, settled, log_odds)
    yield from _score_readings(watch)
    yield from _expected(watch)
    yield from _sources(watch)
    yield from _fields(watch)
    yield from _inputs(watch)
    yield from _rules(watch)
    yield from _overrides(watch)
    yield from _departures(watch)


def _standing(watch: Watch) -> Iterator[Reading]:
    version = watch.version
    if watch.role == "fallback":
        told = f"No version is champion: the rules and {version.title} rank. Train and promote one."
        yield _plain("champion", "", Alert.LOOK, told)
        return
    due = version.retest_on
    if due is not None and due <= watch.today:
        told = (
            f"LAPSED: version {version.number} should have been tested again by {due}. Do not rely "
            "on it until it is: triage train, triage promote."
        )
        yield _plain("retest", "", Alert.RETEST, told)
    elif due is not None:
        told = f"Version {version.number} is to be tested again by {due}."
        yield _plain("retest", "", Alert.NOTHING, told)


def _plain(measure: str, subject: str, alert: Alert, told: str) -> Reading:
    return Reading(measure, subject, "", "", NOT_TOLD, alert, True, told)


def _reading(
    watch: Watch,
    measure: str,
    subject: str,
    found: Measured,
    *,
    then: str,
    now: str,
    told: str,
    enough: bool,
) -> Reading:
    levels: Levels = getattr(watch.settings, measure)
    alert, sure = level_of(found, levels, enough=enough)
    return Reading(measure, subject, then, now, found, alert, sure, told)


def settled_since(watch: Watch, examples: Examples) -> Rows:
    """Return the rows that settled after what the version learned from."""
    ended = day_of(watch.evaluation.data.observed_until)
    days = examples.moments.day.astype(np.int64) + examples.outcome.matures_in_days
    return np.flatnonzero(examples.labels.known & (days > ended))


def calibration(
    watch: Watch, examples: Examples, rows: Rows, log_odds: Floats
) -> GroupCalibration | None:
    """Return what was said of these rows and what came; None where there are none, or of points."""
    if not watch.trained.learned or not len(rows):
        return None
    n = len(rows)
    heard = Heard(
        person=np.unique(examples.moments.person[rows], return_inverse=True)[1],
        lists=np.zeros(n, dtype=np.int64),
        weight=np.ones(n),
        y=examples.labels.values[rows],
        harm_days={},
        unseen=np.zeros(n, dtype=bool),
        lead_days=np.full(n, np.nan),
    )
    return calibration_told(
        log_odds,
        heard,
        smallest=watch.project.panel.smallest_group,
        resamples=watch.settings.resamples,
        seed=watch.seed,
    )


def _calibration_readings(
    watch: Watch,
    told: GroupCalibration | None,
    examples: Examples,
    rows: Rows,
    log_odds: Floats,
) -> Iterator[Reading]:
    if not watch.trained.learned:
        return
    if told is None or told.found is None:
        words = (
            "Whether its chances come true cannot be told yet: too few referrals from which it did "
            "not learn have settled, or too few of them with the outcome."
        )
        yield Reading("calibration_ratio", "", "", "", NOT_TOLD, Alert.NOTHING, False, words)
        return
    person, y = examples.moments.person[rows], examples.labels.values[rows]
    enough = len(np.unique(person)) >= watch.settings.fewest_people
    ratio = _measured(Resamples(person, seed=watch.seed).share(y, expit(log_odds)))
    slope, intercept = told.found.slope, told.found.intercept
    found = {
        "calibration_ratio": (
            ratio,
            times(ratio),
            f"For each that was foretold, {_figure(ratio)} came: 1 is right, above 1 more came.",
        ),
        "calibration_slope": (
            slope,
            distance(slope, 1.0),
            f"Slope {_figure(slope)}: 1 is right, below 1 chances are told too extreme.",
        ),
        "calibration_intercept": (
            intercept,
            distance(intercept, 0.0),
            f"Intercept {_figure(intercept)}: 0 is right, below 0 chances are told too high.",
        ),
    }
    for measure, (value, apart, words) in found.items():
        then = "0.00" if measure == "calibration_intercept" else "1.00"
        now = _figure(value)
        yield _reading(watch, measure, "", apart, then=then, now=now, told=words, enough=enough)


def _measured(figure: Figure) -> Measured:
    return Measured(
        *(NAN if end is None else end for end in (figure.value, figure.low, figure.high))
    )


def _figure(found: Measured) -> str:
    if found.value != found.value:
        return "not told"
    return f"{found.value:.2f} ({found.low:.2f} to {found.high:.2f})".replace("-", "−")


def _percent(found: Measured) -> str:
    if found.value != found.value:
        return "not told"
    return f"{found.value:.0%} ({found.low:.0%} to {found.high:.0%})"


def _score_counts(watch: Watch) -> Floats:
    edges = watch.baseline.scores.edges
    drawn = Drawn(watch.window.person, resamples=watch.settings.resamples, seed=watch.seed)
    return drawn.counts(bar_places(watch.scores, edges), len(edges))


def score_shares(watch: Watch) -> tuple[tuple[Measured, ...], tuple[Measured, ...]]:
    """Return the share of referrals in each bar of the score, at training and now."""
    if not len(watch.scores):
        return (), ()
    then = np.asarray(watch.baseline.scores.counts[1:], dtype=np.float64)
    now = _score_counts(watch)
    shares = now / now.sum(axis=1, keepdims=True)
    low, high = np.quantile(shares[1:], [0.025, 0.975], axis=0)
    return (
        tuple(Measured(float(share), NAN, NAN) for share in then / then.sum()),
        tuple(map(Measured, shares[0].tolist(), low.tolist(), high.tolist())),
    )


def score_words(bars: BarCounts) -> tuple[str, ...]:
    """Return what each bar of the score is called, from the lowest."""
    number = len(bars.edges)
    return tuple(
        "lowest" if place == 0 else "highest" if place == number - 1 else str(place + 1)
        for place in range(number)
    )


def _score_readings(watch: Watch) -> Iterator[Reading]:
    found = NOT_TOLD
    if len(watch.scores):
        then = np.asarray(watch.baseline.scores.counts[1:], dtype=np.float64)
        found = shift(
            _score_counts(watch), then, effective=watch.baseline.effective, seed=watch.seed
        )
    yield _reading(
        watch,
        "scores",
        "",
        found,
        then="0",
        now=_figure(found),
        told=f"Stability index of the score {_figure(found)}: 0 is as at training, 0.25 and more "
        "is another population, or another way of recording.",
        enough=watch.enough,
    )


def _expected(watch: Watch) -> Iterator[Reading]:
    then = watch.baseline.expected
    if then is None:
        return
    panel = watch.project.panel
    now = expectation(watch.window, watch.scores, panel.capacity, watch.seed)
    if now is None:
        told = "Nobody was heard in these days: nothing can be expected of the lists."
        yield Reading("expected", "", "", "", NOT_TOLD, Alert.NOTHING, False, told)
        return
    fall = share_shift(_measured(then.reached), _measured(now.reached))
    found = Measured(*(max(0.0, end) for end in (fall.value, fall.low, fall.high)))
    yield _reading(
        watch,
        "expected",
        "",
        found,
        then=_percent(_measured(then.reached)),
        now=_percent(_measured(now.reached)),
        told=_expected_words(watch, then, now),
        enough=watch.enough,
    )


def _expected_words(watch: Watch, then: Expectation, now: Expectation) -> str:
    tested = watch.evaluation.figure("recall")
    measured = f" Measured when it was tested: {_percent(_measured(tested))}."
    return (
        "By its own chances, of all to whom the outcome will come, "
        f"{_percent(_measured(now.reached))} stand within capacity; at training "
        f"{_percent(_measured(then.reached))}. Of all referrals {_percent(_measured(now.rate))} "
        f"are expected to have it; at training {_percent(_measured(then.rate))}.{measured}"
    )


def _sources(watch: Watch) -> Iterator[Reading]:
    base, window = watch.baseline, watch.window
    then = {one.source: (one.records, one.effective) for one in base.sources}
    then[REFERRALS] = (base.referrals, base.effective)
    people: Mapping[str, npt.NDArray[np.integer]] = {**window.records, REFERRALS: window.person}
    for source in [*then, *(name for name in people if name not in then)]:
        before, worth = then.get(source, (0, 0.0))
        person = people.get(source, np.zeros(0, dtype=np.int64))
        found = times_more(
            len(person), before, effective_now=effective_people(person), effective_then=worth
        )
        if not before and not len(person):
            continue
        enough = max(worth, effective_people(person)) >= watch.settings.fewest_people
        yield _reading(
            watch,
            "sources",
            source,
            times(found),
            then=f"{before:,}",
            now=f"{len(person):,}",
            told=_source_words(len(person), before),
            enough=enough,
        )


def _source_words(now: int, then: int) -> str:
    if not now:
        return (
            f"No record in these days, and {then:,} before: is the extract still sent, and whole?"
        )
    if not then:
        return "No record before training: the version never saw what it says."
    ratio = now / then
    return f"{ratio:.2f} records for each one then."


def _fields(watch: Watch) -> Iterator[Reading]:
    then = {(one.source, one.field): one for one in watch.baseline.values}
    worth = {one.source: one.effective for one in watch.baseline.sources}
    worth[REFERRALS] = watch.baseline.effective
    for field in watch.window.fields:
        before = then.get((field.source, field.name))
        if before is None or not len(field.codes) or not before.counts:
            continue
        if {*field.counts, *before.counts} <= {NOT_ASKED, UNKNOWN}:
            continue  # no column of the source says it
        yield from _field(watch, field, before.counts, set(before.seen), worth[field.source])


def _field(
    watch: Watch, field: Field, then: Mapping[str, int], seen: set[str], worth: float
) -> Iterator[Reading]:
    subject, now = f"{field.source}, {field.name}", field.counts
    blank = (UNKNOWN, NOT_ASKED)
    effective = effective_people(field.person)
    fewest = watch.settings.fewest_people
    enough = min(effective, worth) >= fewest
    totals = sum(now.values()), sum(then.values())
    share_now, share_then = (
        share_between(sum(counts.get(one, 0) for one in blank), total, people)
        for counts, total, people in zip((now, then), totals, (effective, worth), strict=True)
    )
    yield _reading(
        watch,
        "unknown",
        subject,
        distance(share_shift(share_now, share_then), 0.0),
        then=_percent(share_then),
        now=_percent(share_now),
        told=f"Unknown or not asked: {_percent(share_now)} of records, {_percent(share_then)} at "
        "training.",
        enough=enough,
    )
    either = [value for value in dict.fromkeys([*field.values, *then]) if value not in blank]
    known = [value for value in either if now.get(value) or then.get(value)]
    if len(known) < 2:
        return
    told_now = np.isin(
        field.codes, [field.values.index(one) for one in known if one in field.values]
    )
    people = effective_people(field.person[told_now])
    counted = {one: now.get(one, 0) for one in known}
    new = [value for value in known if counted[value] and value not in seen]
    share_new = share_between(sum(counted[one] for one in new), sum(counted.values()), people)
    if new:
        yield _reading(
            watch,
            "new_values",
            subject,
            share_new,
            then="0%",
            now=_percent(share_new),
            told=f"Never seen at training: {', '.join(new)}.",
            enough=people >= fewest,
        )
    before = np.array([then.get(one, 0) for one in known], dtype=np.float64)
    place = np.array([known.index(v) if v in known else -1 for v in field.values])
    drawn = Drawn(field.person[told_now], resamples=watch.settings.resamples, seed=watch.seed)
    found = NOT_TOLD
    if told_now.any() and before.sum():
        found = shift(
            drawn.counts(place[field.codes[told_now]], len(known)),
            before,
            effective=worth * before.sum() / totals[1],
            seed=watch.seed,
        )
    yield _reading(
        watch,
        "values",
        subject,
        found,
        **_most(watch, known, list(counted.values()), before.tolist()),
        enough=enough and min(people, before.sum()) >= fewest,
    )


def _most(watch: Watch, words: list[str], now: list[int], then: list[float]) -> dict[str, str]:
    """Return which value makes the most of a shift: then, now, told; without a word of few."""
    smallest = watch.project.panel.smallest_group
    counts = np.array([now, then], dtype=np.int64)
    if counts.sum(axis=1).min() < smallest:
        return {"then": "", "now": "", "told": "Too few to tell."}
    p, q = (one / one.sum() for one in counts + 0.5)
    place = int(np.argmax((p - q) * np.log(p / q)))
    told_now, told_then = (shares_of(one, smallest)[place].words for one in counts)
    return {
        "then": f"“{words[place]}” {told_then}",
        "now": f"“{words[place]}” {told_now}",
        "told": f"Most of it: “{words[place]}” went from {told_then} to {told_now}.",
    }


def _inputs(watch: Watch) -> Iterator[Reading]:
    matrix, settings = watch.window.matrix, watch.settings
    drawn = Drawn(watch.window.person, resamples=settings.resamples, seed=watch.seed)
    for bars in watch.baseline.inputs:
        values = matrix.column(bars.name)
        codes = _codes(values, bars.edges)
        number = max(2, len(bars.edges) + 1)
        then = np.zeros(number)
        then[: len(bars.counts)] = bars.counts
        now = drawn.counts(codes, number)
        found = NOT_TOLD
        if len(values):
            found = shift(now, then, effective=watch.baseline.effective, seed=watch.seed)
        words = _bar_words(matrix, bars, values)
        yield _reading(
            watch,
            "inputs",
            bars.name,
            found,
            **_most(watch, words, now[0].astype(int).tolist(), then.tolist()),
            enough=watch.enough,
        )


def _codes(values: Floats, edges: list[float]) -> Rows:
    """Return 0 where a value is not known, and else the place of its bar from 1."""
    known = ~np.isnan(values)
    codes = np.zeros(len(values), dtype=np.int64)
    codes[known] = 1 + bar_places(values[known], edges) if edges else 1
    return codes


def _bar_words(matrix: FeatureMatrix, bars: BarCounts, values: Floats) -> list[str]:
    feature = matrix.features[matrix.names.index(bars.name)]
    if not bars.edges:
        return ["not known", "known"]
    return ["not known", *bar_words(feature, bars.edges, values)]


def _rules(watch: Watch) -> Iterator[Reading]:
    trace, base = watch.window.trace, watch.baseline
    then = {one.rule: one for one in base.rules}
    effective = effective_people(watch.window.person)
    for place, rule in enumerate(trace.rules):
        before = then.get(rule.id)
        fired = int((trace.truths[:, place] == Truth.YES).sum())
        now = share_between(fired, trace.n_rows, effective)
        if before is None or before.condition != condition_digest(rule):
            why = "was not in force at training" if before is None else "was changed since"
            told = f"The rule {why}: not compared."
            yield Reading(
                "rules", rule.title, "", _percent(now), NOT_TOLD, Alert.NOTHING, True, told
            )
            continue
        was = share_between(before.fired, base.referrals, base.effective)
        yield _reading(
            watch,
            "rules",
            rule.title,
            distance(share_shift(now, was), 0.0),
            then=_percent(was),
            now=_percent(now),
            told=f"Fires on {_percent(now)} of referrals, on {_percent(was)} at training.",
            enough=watch.enough,
        )


def _overrides(watch: Watch) -> Iterator[Reading]:
    promoted = [one for one in watch.promotions if one.action == "promote"]
    if not promoted:
        return
    over = sum(bool(one.failed) for one in promoted)
    low, high = wilson_interval(over, len(promoted))
    found = Measured(over / len(promoted), low, high)
    yield _reading(
        watch,
        "overrides",
        "",
        found,
        then="",
        now=f"{over} of {len(promoted)}",
        told=f"{over} of {len(promoted)} promotions were made against a gate, with --because.",
        enough=True,
    )


def _departures(watch: Watch) -> Iterator[Reading]:
    of = len(watch.decisions)
    if not of:
        return
    departed = sum(one.wanted.departs for one in watch.decisions)
    found = share_between(departed, of, of)
    yield _reading(
        watch,
        "departures",
        "",
        found,
        then="",
        now=_percent(found),
        told=f"The panel decided otherwise than ranked in {departed} of {of} decisions.",
        enough=of >= watch.settings.fewest_people,
    )
