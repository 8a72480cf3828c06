"""Trying a policy before it is adopted: its cases, what it would change, what its rules do."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from triage.errors import ConfigurationError, Problem
from triage.papers import trial_page
from triage.ranking import (
    Exclusion,
    Standings,
    Tier,
    exclusions_of,
    join_cases,
    places_among,
    rank,
    tiers_of,
)
from triage.registry import Registry
from triage.rules import (
    Policy,
    RuleChange,
    Trace,
    Tried,
    changes_between,
    cover,
    read_rule_cases,
    read_rules,
    try_cases,
)
from triage.workflows.checking import read_accepted
from triage.workflows.feature_papers import Listed
from triage.workflows.making import feature_maker
from triage.workflows.progress import Progress
from triage.workflows.project import Project
from triage.workflows.questions import Asked, ask_of_all, ask_of_open, require_dates
from triage.workflows.ruling import ask_rules, rules_know_places, said_by_model
from triage.workflows.versions import ranker_of
from triage.workspace import write_whole

__all__ = ["CasesTried", "cover_rules", "diff_rules", "try_rules"]

CASE_COLUMNS = ("theme", "case", "rule", "expected", "got", "passed")
DIFF_COLUMNS = (
    "referral",
    "rank_old",
    "rank_new",
    "tier_old",
    "tier_new",
    "moves",
    "by_rules",
    "by_others",
    "why",
)
OTHERS = "others moved"
COVERAGE_COLUMNS = (
    "rule",
    "effect",
    "asked",
    "fires",
    "share",
    "if_known",
    "unknown_most",
    "to_look_at",
)
Row = Mapping[str, str | int | None]
Floats = npt.NDArray[np.float64]
JOINED = "told with another referral"
OFF = {"ineligible": "not for this panel", "on_hold": "on hold"}


@dataclass(frozen=True)
class CasesTried:
    """What rules made of the cases beside them.

    Parameters
    ----------
    folder : str
    tried : sequence of (str, Tried)
        With the theme of each.
    without : tuple of str
        Rules of which no case expects a yes, or none a no.
    """

    folder: str
    tried: Sequence[tuple[str, Tried]]
    without: tuple[str, ...]

    columns = CASE_COLUMNS

    @property
    def rows(self) -> list[dict[str, str | bool]]:
        """One row a rule and case."""
        return [
            {
                "theme": theme,
                "case": one.case.case,
                "rule": one.rule_id,
                "expected": one.expected,
                "got": one.got,
                "passed": one.passed,
            }
            for theme, one in self.tried
        ]

    @property
    def told(self) -> list[str]:
        """How many there are, and which rules are not shown both ways."""
        failing = sum(not one.passed for _, one in self.tried)
        lines = [f"{len(self.tried)} answers of rules to cases: {failing} not as they must be."]
        if self.without:
            lines.append(f"Without a case of yes and one of no: {', '.join(self.without)}.")
        return lines

    def require_passed(self) -> None:
        """Raise where a rule made something else of a case than it must.

        Raises
        ------
        ConfigurationError
            With each such case.
        """
        problems = [
            Problem(
                f"{self.folder}/{theme}.cases.yaml",
                f"'{one.case.case}': the rule '{one.rule_id}' must say {one.expected}",
                one.got,
                "Mend the rule, or the case.",
            )
            for theme, one in self.tried
            if not one.passed
        ]
        if problems:
            raise ConfigurationError(problems)


def try_rules(project: Project, folder: Path | None = None) -> CasesTried:
    """Return what the rules of a folder make of the cases beside them.

    Parameters
    ----------
    project : Project
    folder : Path, optional
        By default the workspace's ``configs/rules/``.

    Raises
    ------
    ConfigurationError
        A file of the folder is not what it must be.
    """
    home = project.workspace.configs / "rules"
    policy = project.policy if folder is None else _policy(project, folder)
    cases = read_rule_cases(folder or home, policy, root=None if folder else project.workspace.root)
    tried = [(theme, one) for theme, its in cases.items() for one in try_cases(its, policy)]
    shown = {(one.rule_id, one.expected) for _, one in tried}
    without = tuple(
        rule.id for rule in policy.rules if not {(rule.id, "yes"), (rule.id, "no")} <= shown
    )
    shown_folder = folder or home.relative_to(project.workspace.root)
    return CasesTried(str(shown_folder), tried, without)


def diff_rules(
    project: Project,
    *,
    old: Path | None,
    new: Path,
    as_of: datetime.date,
    today: datetime.date,
    progress: Progress,
    output: Path | None = None,
) -> Listed:
    """Return who would stand elsewhere on a date's list under another policy, and why.

    Parameters
    ----------
    project : Project
    old, new : Path or None
        Folders of rules; None is the workspace's own.
    as_of : date
        Its open referrals are ranked twice, with the model that ranks now and with the values that
        parameters have on it. Nothing is written but the page.
    today : date
    progress : Progress
    output : Path, optional
        An HTML page to write.

    Raises
    ------
    ConfigurationError, NotFoundError, RejectedRowsError, ExtractError, StorageError
    """
    policies = [project.policy if one is None else _policy(project, one) for one in (old, new)]
    version, _ = ranker_of(project)
    trained = Registry(project.workspace, project.panel.tracking_uri).load(version.number)
    checked = read_accepted(project, today=today, progress=progress)
    progress.stage("Ranking under both policies")
    make = feature_maker(project, progress, keep=True)
    asked = ask_of_open(project, checked.histories, as_of, make)
    scores = trained.score(asked.matrix)
    model = said_by_model(trained, asked.matrix, scores)
    was, becomes = (
        _placed(project, asked, as_of, scores, ask_rules(policy, asked, as_of, model=model))
        for policy in policies
    )
    changes = changes_between(policies[0], policies[1], as_of)
    rows = _moves(asked.referral_ids, scores, was, becomes, project.panel.capacity)
    told = _told(rows, changes, project.panel.capacity, trained.spec.title)
    if output is not None:
        write_whole(output, _diff_page(project, as_of, rows, changes, told[-1]))
    return Listed(rows, DIFF_COLUMNS, DIFF_COLUMNS, told)


def cover_rules(
    project: Project,
    *,
    as_of: Sequence[datetime.date],
    today: datetime.date,
    progress: Progress,
) -> Listed:
    """Return what each rule did on past referrals, and what is to be looked at.

    Parameters
    ----------
    project : Project
    as_of : sequence of date
        The referrals open on each, asked the rules in force on it. Without any: every past referral
        on the date on which it would have been heard, asked the rules of ``today``.
    today : date
    progress : Progress
    """
    checked = read_accepted(project, today=today, progress=progress)
    progress.stage("Asking every rule")
    make = feature_maker(project, progress, keep=True)
    if as_of:
        require_dates(checked.histories, as_of, today, project.panel.cohort)
        asked = [ask_of_open(project, checked.histories, date, make) for date in as_of]
        traces = [
            ask_rules(project.policy, one, date) for one, date in zip(asked, as_of, strict=True)
        ]
    else:
        every = ask_of_all(project, checked.histories, make)
        traces = [ask_rules(project.policy, every, today)]
    covered = cover(project.policy, traces, today)
    rows = [
        {
            "rule": one.rule.id,
            "effect": str(one.rule.effect),
            "asked": one.asked,
            "fires": one.fires,
            "share": one.fires / one.asked if one.asked else None,
            "if_known": one.unknown,
            "unknown_most": one.wanting,
            "to_look_at": "; ".join(one.findings),
        }
        for one in covered
    ]
    told = [
        f"{sum(trace.n_rows for trace in traces):,} referrals; if_known counts those on which a "
        "rule would have fired, or may have, had what is unknown been known.",
        "Where rules contradict each other, ineligible goes before hold, and both before any "
        "floor; the list tells the floors that give way.",
    ]
    if any("model." in field for rule in project.policy.rules for field in rule.fields):
        told.append("What a model says is unknown here, so no rule that asks for it fires.")
    return Listed(rows, COVERAGE_COLUMNS, COVERAGE_COLUMNS, told)


@dataclass(frozen=True)
class _Placed:
    """Where each referral stands under a policy, by row, and its trace."""

    trace: Trace
    ranks: dict[int, int]
    tiers: list[int]
    excluded: dict[int, Exclusion]

    def tier_words(self, row: int) -> str:
        if row in self.excluded:
            return OFF[self.excluded[row].kind]
        return Tier(self.tiers[row]).words if row in self.ranks else JOINED

    def fired(self, row: int) -> dict[str, str]:
        """Return what each rule that fires says and does, by its id."""
        return {
            one.rule.id: f"{one.rule.title} ({one.rule.effect})" for one in self.trace.fired(row)
        }


def _policy(project: Project, folder: Path) -> Policy:
    return read_rules(folder, project.features, project.vocabulary)


def _placed(
    project: Project, asked: Asked, as_of: datetime.date, scores: Floats, trace: Trace
) -> _Placed:
    """Return where referrals stand; several of one person are one case, as on a list."""
    persons = asked.referrals["person_id"].to_pylist()
    rows = np.asarray(join_cases(asked.referral_ids, persons, scores, trace).rows, dtype=np.int64)
    ids = [asked.referral_ids[row] for row in rows.tolist()]
    ranking = rank(ids, scores[rows], trace.take(rows), capacity=project.panel.capacity)
    placed = rows[ranking.rows]
    ranks = {int(row): place for place, row in enumerate(placed, start=1)}
    known = rules_know_places(trace, replace(ranking, rows=placed), as_of)
    return _Placed(known, ranks, tiers_of(trace).tolist(), dict(exclusions_of(trace)))


def _alone(ids: Sequence[str], scores: Floats, was: _Placed, becomes: _Placed) -> dict[int, int]:
    """Return the place of each referral if the new policy reached it alone, by row."""
    field = np.array(sorted(was.ranks), dtype=np.int64)
    both = np.array([row for row in field.tolist() if row in becomes.ranks], dtype=np.int64)
    old, new = (np.array(one.tiers, dtype=np.int8) for one in (was, becomes))
    places = places_among(
        Standings(old[field], scores[field]),
        [ids[row] for row in field.tolist()],
        np.ones(len(field), dtype=bool),
        np.searchsorted(field, both),
        Standings(new[both], scores[both]),
    )
    return dict(zip(both.tolist(), places.tolist(), strict=True))


def _moves(
    ids: Sequence[str], scores: Floats, was: _Placed, becomes: _Placed, capacity: int
) -> list[Row]:
    """Return a row for each referral whose place or whose rules change, by their new places.

    What its own rules do to a place, the others standing as they did, and what the others do then
    sum to its move.
    """
    found = []
    alone = _alone(ids, scores, was, becomes)
    for row, name in enumerate(ids):
        before, after = was.fired(row), becomes.fired(row)
        rank_old, rank_new = was.ranks.get(row), becomes.ranks.get(row)
        if rank_old == rank_new and before == after:
            continue
        why = [f"now: {text}" for rule, text in after.items() if before.get(rule) != text]
        why += [f"no longer: {text}" for rule, text in before.items() if after.get(rule) != text]
        found.append(
            {
                "referral": name,
                "rank_old": rank_old,
                "rank_new": rank_new,
                "tier_old": was.tier_words(row),
                "tier_new": becomes.tier_words(row),
                "moves": _move(rank_old, rank_new, capacity),
                **_shared(rank_old, alone.get(row), rank_new),
                "why": "; ".join(why) or OTHERS,
            }
        )
    return sorted(found, key=lambda one: (one["rank_new"] or len(ids) + 1, one["referral"]))


def _shared(old: int | None, alone: int | None, new: int | None) -> dict[str, int | None]:
    """Return the places gained by its own rules, and by the others' moves; they sum to the move."""
    if old is None or new is None or alone is None:
        return {"by_rules": None, "by_others": None}
    return {"by_rules": old - alone, "by_others": alone - new}


def _move(old: int | None, new: int | None, capacity: int) -> str:
    inside = old is not None and old <= capacity
    if new is None or old is None:
        if new == old:
            return "stays off the ranking"
        return "leaves the ranking" if new is None else "joins the ranking"
    if inside != (new <= capacity):
        return "leaves the top" if inside else "enters the top"
    return "stays" if new == old else "up" if new < old else "down"


def _told(
    rows: Sequence[Row],
    changes: Sequence[RuleChange],
    capacity: int,
    model: str,
) -> list[str]:
    if not changes:
        first = "No rule in force on this date differs."
    else:
        first = f"{len(changes)} rule{'s' * (len(changes) > 1)} differ{'s' * (len(changes) == 1)}:"
    by_rule = sum(one["why"] != OTHERS for one in rows)
    enter = sum(one["rank_new"] is not None and _enters(one, capacity) for one in rows)
    leave = sum(one["rank_old"] is not None and _leaves(one, capacity) for one in rows)
    return [
        first,
        *(f"  {change.told}" for change in changes),
        f"Ranked twice by {model}: {enter} would enter the top {capacity} and {leave} leave it; "
        f"rules themselves reach {by_rule} referrals, and {len(rows) - by_rule} more move only "
        "because others moved. by_rules and by_others are places gained (below 0: lost), and sum "
        "to the move.",
    ]


def _enters(row: Row, capacity: int) -> bool:
    old, new = row["rank_old"], row["rank_new"]
    return (
        isinstance(new, int) and new <= capacity and not (isinstance(old, int) and old <= capacity)
    )


def _leaves(row: Row, capacity: int) -> bool:
    return _enters({**row, "rank_old": row["rank_new"], "rank_new": row["rank_old"]}, capacity)


def _diff_page(
    project: Project,
    as_of: datetime.date,
    rows: Sequence[Row],
    changes: Sequence[RuleChange],
    standing: str,
) -> bytes:
    return trial_page(
        project.panel,
        as_of,
        standing=standing,
        rules=[(one.title, one.kind, one.was, one.becomes) for one in changes],
        referrals=[
            ["" if row[name] is None else str(row[name]) for name in DIFF_COLUMNS] for row in rows
        ],
    )
