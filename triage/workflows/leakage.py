"""Proofs that no feature knows what was not known on its as-of date."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from functools import partial

import numpy as np

from triage.errors import LeakageError, LearningError, Problem
from triage.features import FeatureMatrix, compute, make_plan
from triage.learning import Examples, Skill, make_folds, shuffled_skill, single_feature_skills
from triage.records import CaseHistories, Checked
from triage.timeline import (
    OTHER_FUTURES,
    attributes_at,
    build_timeline,
    moments_of,
    not_yet_known,
    training_days,
)
from triage.workflows.checking import check_folder, read_accepted
from triage.workflows.progress import Progress
from triage.workflows.project import Project
from triage.workflows.training import date_of, past_examples
from triage.workspace import Leakage, csv_text, write_whole

__all__ = ["Proof", "Proofs", "prove_no_leakage"]

ASKED_DAYS = 365
"""Features are compared for the referrals made in so many days before each as-of date."""

AHEAD, ENDS_ALTERED = "days_until_end", frozenset({"deleted", "shifted"})
"""The measure that reads ends that lie ahead, and the futures in which those are different."""

REPORT = "leakage.csv"
MENDS = {
    "future": "A feature reads what was not known then; do not use any list until it is mended.",
    "single feature": "Find out how its records can know what follows: a date written back, or a "
    "lag that is too short. If it is honest, raise 'leakage.auc_ceiling' in configs/panel.yaml.",
    "shuffled outcomes": "Rows to test on reach the rows to learn from; no measure can be trusted.",
    "declared lag": "Declare a lag that the extract's own dates bear out, or say "
    "'never_history: true' in the source file.",
}

Make = Callable[[CaseHistories, int], FeatureMatrix]


@dataclass(frozen=True)
class Proof:
    """One thing that must hold, and what was found.

    Parameters
    ----------
    proof : str
        "future deleted", "future shifted", "future changed", "declared lag", "shuffled outcomes"
        or "single feature".
    subject : str
        What it is about: an as-of date, a feature, a source.
    value, low, high : float, optional
        What was measured and its interval: features that moved, days, or an AUC.
    limit : float, optional
        What it must not pass.
    result : {"passed", "failed", "uncertain", "not possible"}
        Uncertain: it passes the limit, and its interval does not.
    told : str
        In words.
    """

    proof: str
    subject: str
    value: float | None
    low: float | None
    high: float | None
    limit: float | None
    result: str
    told: str


@dataclass(frozen=True)
class Proofs:
    """All proofs of a workspace."""

    proofs: tuple[Proof, ...]

    columns = tuple(field.name for field in fields(Proof))

    @property
    def rows(self) -> list[dict[str, str | float | None]]:
        """One row a proof."""
        return [asdict(proof) for proof in self.proofs]

    def require_passed(self) -> None:
        """Raise where a proof failed.

        Raises
        ------
        LeakageError
            With every proof that did.
        """
        failed = [proof for proof in self.proofs if proof.result == "failed"]
        if failed:
            raise LeakageError(
                Problem(
                    f"proof '{one.proof}', {one.subject}",
                    one.told,
                    mend=MENDS.get(one.proof, MENDS["future"]),
                )
                for one in failed
            )


def prove_no_leakage(project: Project, *, today: datetime.date, progress: Progress) -> Proofs:
    """Try every proof, and write them to ``results/check/leakage.csv``.

    Parameters
    ----------
    project : Project
    today : date
        Rows with a date after it are rejected.
    progress : Progress

    Returns
    -------
    Proofs
        Written also where one failed; ask with :meth:`Proofs.require_passed`.

    Raises
    ------
    RejectedRowsError, ExtractError, StorageError
    """
    checked = read_accepted(project, today=today, progress=progress)
    settings = project.panel.leakage
    progress.stage("Changing what was not known yet")
    proofs = [*_lags(project, checked)]
    for day in as_of_days(project, checked.histories, settings.as_of_dates):
        proofs += futures(checked.histories, day, partial(_made, project))
    progress.stage("Looking for skill that should not be there")
    examples, _ = past_examples(project, checked.histories)
    proofs += skills(project, examples, settings)
    _write(project, proofs)
    return Proofs(tuple(proofs))


def as_of_days(project: Project, histories: CaseHistories, wanted: int) -> list[int]:
    """Return past as-of dates that are spread over the middle half of all, with history to lose."""
    _, days = training_days(histories.referrals, project.panel.cohort)
    if not len(days):
        return []
    chosen = np.quantile(days, np.linspace(0.25, 0.75, wanted), method="lower")
    return [int(day) for day in np.unique(chosen)]


def _made(project: Project, histories: CaseHistories, day: int) -> FeatureMatrix:
    """Return the features of the referrals of a year, all asked about on one day."""
    made = histories.referrals["made_on"].cast("int32").to_numpy()
    rows = np.flatnonzero((made <= day) & (made > day - ASKED_DAYS))
    days = np.full(len(rows), day, dtype=np.int32)
    timeline = build_timeline(histories, project.scale)
    people = histories.referrals["person_id"].take(rows).to_pylist()
    moments = moments_of(timeline, people, days)
    attributes = attributes_at(histories, rows, days)
    return compute(make_plan(project.features), timeline, moments, attributes)


def futures(histories: CaseHistories, day: int, make: Make) -> Iterator[Proof]:
    """Yield whether any feature of a day moves when all that was not known then is different.

    Parameters
    ----------
    histories : CaseHistories
    day : int
        The as-of date.
    make : callable
        The engine: features of some referrals, from histories and the day.

    Notes
    -----
    An end that lies ahead may have been planned and known: nothing in the extracts tells. A feature
    that reads it is left out where such ends are altered, if no model learns from it, and the proof
    says so; of a model's features none may move.
    """
    date = str(date_of(day))
    before = make(histories, day)
    planned = [one.name for one in before.features if one.measure == AHEAD and not one.learned]
    altered = int(not_yet_known(histories.events, day).sum())
    for name, alter in OTHER_FUTURES.items():
        proof = f"future {name}"
        after = make(alter(histories, day), day)
        left_out = planned if name in ENDS_ALTERED else []
        moved = _moved(before, after, left_out)
        told = (
            f"{altered:,} rows {name}, {len(moved)} of {len(before.names) - len(left_out)} "
            f"features moved, {len(before):,} referrals"
        )
        if left_out:
            told += (
                "; left out, since no model learns from it and it reads ends that lie ahead, "
                f"which must have been planned and known: {', '.join(left_out)}"
            )
        if not altered or not len(before):
            yield Proof(proof, date, None, None, None, 0, "not possible", f"as of {date}: {told}")
            continue
        result = "failed" if moved else "passed"
        yield Proof(proof, date, len(moved), None, None, 0, result, f"as of {date}: {told}")
        for feature, count in moved.items():
            told = f"as of {date}: it moved for {count:,} of {len(before):,} referrals"
            yield Proof(proof, feature, count, None, None, 0, "failed", told)


def _moved(
    before: FeatureMatrix, after: FeatureMatrix, left_out: Collection[str]
) -> dict[str, int]:
    moved = {}
    for name in (name for name in before.names if name not in left_out):
        one, other = before.column(name), after.column(name)
        if count := int((~((one == other) | (np.isnan(one) & np.isnan(other)))).sum()):
            moved[name] = count
    return moved


def _lags(project: Project, checked: Checked) -> Iterator[Proof]:
    """Yield whether each lag that fills blanks in a column of known dates is long enough."""
    checks = {check.source: check for check in checked.report.sources}
    for source in project.sources:
        check, lag = checks[source.name], source.form.known_lag_days
        if lag is None or "known_on" not in source.form.columns or not check.known_by_lag:
            continue
        stated = check.stated_delay_days
        if stated is None:
            told = (
                f"{check.known_by_lag:,} events count as known {lag} days after they happened, and "
                "the extract's column of known dates is blank for all of them"
            )
        else:
            told = (
                f"{check.known_by_lag:,} events count as known {lag} days after they happened; of "
                f"those that state it, nine in ten were known within {stated} days"
            )
        result = "passed" if stated is not None and stated <= lag else "failed"
        yield Proof("declared lag", source.name, lag, None, None, stated, result, told)


def skills(project: Project, examples: Examples, settings: Leakage) -> Iterator[Proof]:
    """Yield whether outcomes dealt out by lot can be foretold, and which features foretell alone.

    Parameters
    ----------
    project : Project
        Its panel's training says how the examples are split in time.
    examples : Examples
    settings : Leakage
    """
    training, ceiling = project.panel.training, settings.auc_ceiling
    try:
        folds = make_folds(examples, training)
    except LearningError as error:
        for name, limit in (("shuffled outcomes", 0.5), ("single feature", ceiling)):
            told = str(error.problems[0])
            yield Proof(name, examples.outcome.name, None, None, None, limit, "not possible", told)
        return
    dealt = shuffled_skill(examples, folds, shuffles=settings.shuffles, seed=training.seed)
    yield Proof(
        "shuffled outcomes",
        examples.outcome.name,
        dealt.auc,
        dealt.low,
        dealt.high,
        0.5,
        "passed" if dealt.low <= 0.5 <= dealt.high else "failed",
        f"outcomes dealt out by lot are foretold with an AUC of {dealt.auc:.3f} "
        f"({dealt.low:.3f} to {dealt.high:.3f}); chance is 0.5",
    )
    found = single_feature_skills(examples, folds)
    yield from single_feature_proofs(examples.outcome.name, found, ceiling)


def single_feature_proofs(
    outcome: str, found: Mapping[str, Skill], ceiling: float
) -> Iterator[Proof]:
    """Yield the feature that foretells an outcome best alone, and all that do so too well."""
    ranked = sorted(found.items(), key=lambda item: (-item[1].auc, item[0]))
    for place, (name, skill) in enumerate(ranked):
        above = skill.auc > ceiling
        if above or place == 0:
            told = (
                f"alone it foretells '{outcome}' with an AUC of {skill.auc:.3f} "
                f"({skill.low:.3f} to {skill.high:.3f}); the ceiling is {ceiling:g}"
            )
            result = "failed" if skill.low > ceiling else "uncertain" if above else "passed"
            yield Proof(
                "single feature", name, skill.auc, skill.low, skill.high, ceiling, result, told
            )


def _write(project: Project, proofs: list[Proof]) -> None:
    text = csv_text(Proofs.columns, map(asdict, proofs))
    write_whole(check_folder(project.workspace) / REPORT, text)
