"""A list beside the lists before it: who moved, and why.

Why a place moved is found by ranking again. Between the last list and this one several things
change at once; each is changed alone, in this order, and what it does to the place is what it is
said to have done:

1. *model*: everybody on the last list, as they were known then, by today's model (and, where the
   measures themselves were written anew, as those would have measured them);
2. *policy*: the same people and facts, by today's rules;
3. *clock*: one person at a time, what was on record then, as it reads on this list's date;
4. *answers*: what was not known of the person or on the form, where it is now;
5. *facts*: everything else that has become known of them;
6. *others*: this list as it is: who came, who went, how the others moved.

Why this order: each step needs only what is at hand. The last list holds its facts and its places,
and the workspace holds today's model and rules; so yesterday's model and rules, which may be gone,
are needed for nothing but the places that they gave, and those are on the last list. What moves
everybody comes first, what moves one person comes next, so that each person's own causes are
measured against one and the same field. Another order would share out differently what two causes
do together, as any order would.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from triage.conditions import (
    UNKNOWN_DAY,
    Answer,
    Answers,
    Categories,
    Column,
    Days,
    Numbers,
    date_words,
)
from triage.errors import FormatError, NotFoundError, Problem, TamperedError
from triage.features import FeatureMatrix
from triage.lists import (
    CAUSES,
    MOVES,
    AgainstFacts,
    Bundle,
    ListTables,
    earlier_lists,
    find_list,
    read_bundle,
)
from triage.ranking import Standings, causes_of_moves
from triage.records import NEVER, CaseHistories
from triage.timeline import Moments, Timeline, day_of, moments_of
from triage.workflows.cases import answer_columns
from triage.workflows.deciding import Said, decided_on
from triage.workflows.making import made_anew
from triage.workflows.project import Project
from triage.workflows.questions import Asked
from triage.workspace import Workspace

__all__ = ["NONE", "History", "Judge", "Judged", "Now", "moves_table", "read_history"]

NONE = "none"
REMEMBERED_DAYS = 365
BESIDE_A_TOUCHED_ONE = (
    "No list is made beside one that was touched. Restore its folder, or move it away; "
    "'triage rank --against none' reads no earlier list."
)
TOLD = 3
WORDS = {
    "model": "a new model or new measures",
    "policy": "new rules",
    "clock": "time alone",
    "answers": "answers to what was not known",
    "facts": "new facts",
    "others": "other cases moving",
}
Bools = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Judged:
    """What today's rules and model make of some referrals.

    Parameters
    ----------
    standings : Standings, of n rows
    ranked : ndarray of bool, shape (n,)
        False where a rule takes it off the ranking.
    """

    standings: Standings
    ranked: Bools


Judge = Callable[[Asked], Judged]


@dataclass(frozen=True)
class History:
    """The lists before a list.

    Parameters
    ----------
    against : Bundle or None
        The one that it is compared with.
    earlier : tuple of Bundle
        Those of the year before, the latest first.
    passed_over : tuple of str
        Those of a format that another release reads.
    decided : mapping of (str, str) to Said
        What panels decided on them, by list and referral.
    digests : mapping of str to str
        The hash of that, by its name; empty where nothing was.
    """

    against: Bundle | None
    earlier: tuple[Bundle, ...]
    passed_over: tuple[str, ...]
    decided: Mapping[tuple[str, str], Said] = field(default_factory=dict)
    digests: Mapping[str, str] = field(default_factory=dict)

    @property
    def inputs(self) -> dict[str, str]:
        """What a list is made from besides: each of these lists, by its seal."""
        used = {one.list_id: one for one in (*self.earlier, self.against) if one is not None}
        return {f"lists/{name}": used[name].manifest.seal for name in sorted(used)} | dict(
            self.digests
        )

    def with_decisions(self, workspace: Workspace, as_of: datetime.date) -> History:
        """Return it with what panels had decided on these lists before a day."""
        lists = {one.list_id for one in self.earlier}
        decided, digests = decided_on(workspace, lists, before=as_of)
        return replace(self, decided=decided, digests=digests)

    @property
    def facts(self) -> AgainstFacts | None:
        """What the manifest says of the list that it is compared with."""
        if self.against is None:
            return None
        manifest = self.against.manifest
        return AgainstFacts(
            list_id=manifest.list_id,
            as_of=manifest.as_of,
            model=manifest.model.name,
            model_version=manifest.model.version,
        )


def read_history(lists_folder: Path, as_of: datetime.date, against: str | None) -> History:
    """Return the lists before a list.

    Parameters
    ----------
    lists_folder : Path
        The workspace's ``lists/``.
    as_of : date
        Of the list that is made.
    against : str or None
        The list that it is compared with; by default the latest before it that can be read;
        ``none`` for no earlier list at all.

    Raises
    ------
    NotFoundError
        There is no such list, or it is not of an earlier date.
    TamperedError
        With all that was changed of any of these lists after it was written.
    """
    if against == NONE:
        return History(None, (), ())
    found: list[Bundle] = []
    passed_over: list[str] = []
    touched: list[Problem] = []
    for name in earlier_lists(lists_folder, as_of, within_days=REMEMBERED_DAYS):
        try:
            found.append(read_bundle(lists_folder / name))
        except FormatError:
            passed_over.append(name)
        except TamperedError as error:
            touched += [replace(problem, mend=BESIDE_A_TOUCHED_ONE) for problem in error.problems]
    if touched:
        raise TamperedError(touched)
    if against is None:
        return History(found[0] if found else None, tuple(found), tuple(passed_over))
    named = read_bundle(find_list(lists_folder, against))
    if named.manifest.as_of >= as_of:
        raise NotFoundError(
            Problem(
                f"list '{named.list_id}'",
                "a list is compared with one of an earlier as-of date",
                f"{named.manifest.as_of}, and this list is as of {as_of}",
                "Name an earlier one, or '--against none'.",
            )
        )
    return History(named, tuple(found), tuple(passed_over))


@dataclass(frozen=True)
class Now:
    """The list that is being made.

    Parameters
    ----------
    tables : ListTables
        Its places.
    asked : Asked
        Its referrals that stand for themselves, those not for this panel among them.
    as_of : date
    model_sha256, configs, code_version : str, mapping, str
        By what it is made: to see what is the same as on the earlier list.
    """

    tables: ListTables
    asked: Asked
    as_of: datetime.date
    model_sha256: str
    configs: Mapping[str, str]
    code_version: str


def moves_table(
    project: Project, histories: CaseHistories, then: Bundle, now: Now, judge: Judge
) -> pa.Table:
    """Return how each case moved since an earlier list, and by what.

    Parameters
    ----------
    project : Project
    histories : CaseHistories
        Today's.
    then : Bundle
        The earlier list.
    now : Now
    judge : callable
        Today's rules and model, on this list's date.

    Returns
    -------
    pyarrow.Table
        With the schema :data:`triage.lists.MOVES`: those ranked now in order, then those gone.
    """
    before = then.tables.referrals
    persons = before["person_id"].to_pylist(), now.tables.referrals["person_id"].to_pylist()
    traffic = len(set(persons[1]) - set(persons[0])), len(set(persons[0]) - set(persons[1]))
    stay = _staying(now, before)
    why = _Why({}, [])
    if len(stay.then):
        why = _why(project, then, now, judge, stay)
    number = {int(row): position for position, row in enumerate(stay.now)}
    place = {int(row): int(old) for row, old in zip(stay.now, stay.then, strict=True)}
    rows = [
        _moved(one, before.slice(place[row], 1).to_pylist()[0], why, number[row], traffic)
        if row in place
        else _new(one, then)
        for row, one in enumerate(now.tables.referrals.to_pylist())
    ]
    rows += _gone(project, histories, then, now)
    return pa.Table.from_pylist(rows, schema=MOVES)


@dataclass(frozen=True)
class _Why:
    """Places gained by each cause, and what was answered, of those who are on both lists."""

    gained: Mapping[str, Rows]
    answered: Sequence[tuple[str, ...]]


@dataclass(frozen=True)
class _Stay:
    """Who is on both lists: the row on the old list, on the new one, and among what was asked."""

    then: Rows
    now: Rows
    asked: Rows


def _staying(now: Now, before: pa.Table) -> _Stay:
    place = {person: row for row, person in enumerate(before["person_id"].to_pylist())}
    among = {name: row for row, name in enumerate(now.asked.referral_ids)}
    ids = now.tables.referrals["referral_id"].to_pylist()
    pairs = [
        (place[person], row, among[ids[row]])
        for row, person in enumerate(now.tables.referrals["person_id"].to_pylist())
        if person in place
    ]
    columns = np.array(pairs, dtype=np.int64).reshape(len(pairs), 3).T
    return _Stay(*columns)


@dataclass(frozen=True)
class _Same:
    """What is as it was when the earlier list was made."""

    then: Bundle
    now: Now

    @property
    def model(self) -> bool:
        """Whether the same model ranks, by the same code."""
        return (
            self.then.manifest.model.sha256 == self.now.model_sha256
            and self.then.manifest.code_version == self.now.code_version
        )

    @property
    def measures(self) -> bool:
        """Whether every feature measures what it did."""
        return self.then.manifest.code_version == self.now.code_version and self._are_same(
            "pipelines/", "configs/harm/", "configs/vocabulary.yaml", "configs/panel.yaml"
        )

    @property
    def policy(self) -> bool:
        """Whether the rules are the same files."""
        return self._are_same("configs/rules/", "configs/vocabulary.yaml")

    def _are_same(self, *beginnings: str) -> bool:
        old, new = (
            {name: sha for name, sha in configs.items() if name.startswith(beginnings)}
            for configs in (self.then.manifest.configs, self.now.configs)
        )
        return old == new


def _why(project: Project, then: Bundle, now: Now, judge: Judge, stay: _Stay) -> _Why:
    before, same, as_of = then.tables.referrals, _Same(then, now), now.as_of
    old = _as_it_was(project, then, now.asked, measured_alike=same.measures)
    place = {name: row for row, name in enumerate(old.referral_ids)}
    ids = before["referral_id"].to_pylist()
    kept = np.array([row for row, name in enumerate(ids) if name in place], dtype=np.int64)
    rows = np.array([place[ids[row]] for row in stay.then], dtype=np.int64)
    told = Standings(
        before["tier"].to_numpy()[kept].astype(np.int8), before["score"].to_numpy()[kept]
    )
    everybody = np.ones(len(kept), dtype=bool)
    judged = judge(old)
    unchanged = same.model and same.measures
    scored = told if unchanged else Standings(told.tiers, judged.standings.scores)
    ruled, there = scored, everybody
    if not (unchanged and same.policy and _same_in_force(project, then.manifest.as_of, as_of)):
        ruled, there = Standings(judged.standings.tiers, scored.scores), judged.ranked
    theirs, today = old.take(rows), now.asked.take(stay.asked)
    later = _later(theirs, today, then.manifest.as_of, as_of, judge, ruled.take(rows))
    gained = causes_of_moves(
        ids=old.referral_ids,
        rows=rows,
        rank_then=before["rank"].to_numpy()[stay.then].astype(np.int64),
        rank_now=now.tables.referrals["rank"].to_numpy()[stay.now].astype(np.int64),
        fields={
            "then": (told, everybody),
            "model": (scored, everybody),
            "policy": (ruled, there),
        },
        own=later,
    )
    return _Why(gained, [tuple(_answers(theirs, today, row)) for row in range(len(rows))])


def _answers(old: Asked, new: Asked, row: int) -> Iterator[str]:
    """Yield what is known now, and was not, of a person or a referral itself."""
    for column, feature in enumerate(new.matrix.features):
        before, value = (float(one.matrix.values[row, column]) for one in (old, new))
        if feature.measure == "attribute" and before != before and value == value:
            yield feature.describe(value)


def _same_in_force(project: Project, then: datetime.date, now: datetime.date) -> bool:
    return project.policy.in_force(then) == project.policy.in_force(now)


def _as_it_was(project: Project, then: Bundle, asked: Asked, *, measured_alike: bool) -> Asked:
    """Return the referrals of an earlier list with what it knew of them.

    Those of people who are in no extract any more are left out: they are among what has gone.
    """
    tables, day = then.tables, day_of(then.manifest.as_of)
    here = set(asked.timeline.person_ids.to_pylist())
    persons = tables.referrals["person_id"].to_pylist()
    kept = np.array([row for row, person in enumerate(persons) if person in here], np.int64)
    referrals = tables.referrals.select(["referral_id", "person_id", "made_on", "agency"])
    referrals = referrals.take(pa.array(kept))
    moments = moments_of(asked.timeline, referrals["person_id"].to_pylist(), day)
    answers = answer_columns(
        tables.answers, referrals["referral_id"].to_pylist(), project.vocabulary
    )
    timeline = known_before(asked.timeline, day)
    features = asked.matrix.features
    stored = set(tables.features.column_names)
    if measured_alike and all(feature.name in stored for feature in features):
        columns = [tables.features[feature.name].to_numpy()[kept] for feature in features]
        matrix = FeatureMatrix(
            np.array(columns, dtype=np.float64).reshape(-1, len(kept)).T, features
        )
    else:
        matrix = made_anew(features, timeline, moments, answers)
    return Asked(referrals, timeline, moments, answers, matrix)


def known_before(timeline: Timeline, day: int) -> Timeline:
    """Return timelines in which what became known on a day or after it is never known.

    Parameters
    ----------
    timeline : Timeline
    day : int
        In days since 1970-01-01.
    """
    return replace(
        timeline,
        known=np.where(timeline.known < day, timeline.known, NEVER).astype(np.int32),
        replaced=np.where(timeline.replaced < day, timeline.replaced, NEVER).astype(np.int32),
    )


def _later(
    old: Asked,
    new: Asked,
    then: datetime.date,
    now: datetime.date,
    judge: Judge,
    stood: Standings,
) -> dict[str, Standings]:
    """Return how each would stand when its own facts change, one kind after another."""
    clock = _on_day(old, new, day_of(then), day_of(now))
    answered = _answered(clock, new)
    states = {"clock": clock, "answers": answered, "facts": new}
    standings: dict[str, Standings] = {}
    before, at = old, stood
    for cause, state in states.items():
        moved = judge(state).standings
        # What did not change does not move, whatever a rule or a model makes of the day itself.
        unmoved = _alike(before, state)
        at = Standings(
            np.where(unmoved, at.tiers, moved.tiers).astype(np.int8),
            np.where(unmoved, at.scores, moved.scores),
        )
        standings[cause], before = at, state
    return standings


def _alike(one: Asked, other: Asked) -> Bools:
    """Return of which rows every feature and attribute is the same, shape (n,)."""
    same = ((one.matrix.values == other.matrix.values) | _both_nan(one, other)).all(axis=1)
    for name in other.attributes.keys() & one.attributes.keys():
        same &= _equal(one.attributes[name], other.attributes[name])
    return np.asarray(same)


def _both_nan(one: Asked, other: Asked) -> Bools:
    return np.asarray(np.isnan(one.matrix.values) & np.isnan(other.matrix.values))


def _equal(one: Column, other: Column) -> Bools:
    left, right = _values(one), _values(other)
    return np.asarray((left == right) | ((left != left) & (right != right)))


def _values(column: Column) -> npt.NDArray[np.object_]:
    match column:
        case Categories(codes, names):
            return np.array([names[code] if code >= 0 else "" for code in codes.tolist()], object)
        case Answers(codes):
            return codes.astype(object)
        case Numbers(values) | Days(values):
            return values.astype(object)


def _on_day(old: Asked, new: Asked, then: int, now: int) -> Asked:
    """Return what was on record then, as it reads on a later day.

    A feature is made again only where the passing of the days changes it, so that a correction of
    what was long known is no doing of the clock.
    """
    attributes = dict(old.attributes)
    age, grown = attributes["person.age"], new.attributes["person.age"]
    assert isinstance(age, Numbers) and isinstance(grown, Numbers)  # noqa: S101, PT018
    attributes["person.age"] = Numbers(np.where(np.isnan(age.values), np.nan, grown.values))
    features = old.matrix.features
    at_once, later = (
        made_anew(features, old.timeline, _at(old.moments, day), held)
        for day, held in ((then, dict(old.attributes)), (now, attributes))
    )
    same = (at_once.values == later.values) | (np.isnan(at_once.values) & np.isnan(later.values))
    values = np.where(same, old.matrix.values, later.values)
    return replace(
        old,
        moments=_at(old.moments, now),
        attributes=attributes,
        matrix=FeatureMatrix(np.asfortranarray(values), features),
    )


def _at(moments: Moments, day: int) -> Moments:
    return Moments(moments.person, np.full(len(moments), day, dtype=np.int32))


def _answered(before: Asked, new: Asked) -> Asked:
    """Return the same with what is now known of what nobody knew of the person or the referral."""
    attributes = {
        field: _filled(column, new.attributes[field]) if field in new.attributes else column
        for field, column in before.attributes.items()
    }
    values = np.array(before.matrix.values, order="F")
    for column, feature in enumerate(before.matrix.features):
        if feature.measure == "attribute":
            unknown = np.isnan(values[:, column])
            values[unknown, column] = new.matrix.values[unknown, column]
    return replace(
        before, attributes=attributes, matrix=FeatureMatrix(values, before.matrix.features)
    )


def _filled(old: Column, new: Column) -> Column:
    """Return a column in which what was not known is what is now known."""
    if isinstance(old, Numbers) and isinstance(new, Numbers):
        return Numbers(np.where(np.isnan(old.values), new.values, old.values))
    if isinstance(old, Days) and isinstance(new, Days):
        known = old.values != UNKNOWN_DAY
        return Days(np.where(known, old.values, new.values).astype(np.int32))
    if isinstance(old, Answers) and isinstance(new, Answers):
        answered = (old.codes >= Answer.UNKNOWN) & (new.codes < Answer.UNKNOWN)
        return Answers(np.where(answered, new.codes, old.codes).astype(np.int8))
    if isinstance(old, Categories) and isinstance(new, Categories):
        names = list(dict.fromkeys([*old.names, *new.names]))
        place = {name: code for code, name in enumerate(names)}
        known = _codes(old, place)
        return Categories(np.where(known < 0, _codes(new, place), known).astype(np.int32), names)
    raise TypeError("a column of answers changed its kind between two lists")


def _codes(column: Categories, place: Mapping[str, int]) -> npt.NDArray[np.int32]:
    codes = [*(place[name] for name in column.names), -1]
    return np.array(codes, dtype=np.int32)[column.codes]


def _new(one: Mapping[str, Any], then: Bundle) -> dict[str, object]:
    """Return the row of a case that was not ranked on the earlier list."""
    aside = {row["person_id"]: row["text"] for row in then.tables.not_for_panel.to_pylist()}
    if one["person_id"] in aside:
        text = f"On the last list it was not ranked. {aside[one['person_id']]}"
    elif one["made_on"] > then.manifest.as_of:
        text = "Referred since the last list."
    else:
        text = "Referred before the last list, which did not know of it."
    return {
        "referral_id": one["referral_id"],
        "person_id": one["person_id"],
        "status": "new",
        "rank_now": one["rank"],
        "text": text,
    }


def _moved(
    one: Mapping[str, Any],
    before: Mapping[str, Any],
    why: _Why,
    row: int,
    traffic: tuple[int, int],
) -> dict[str, object]:
    """Return the row of a case that stands on both lists."""
    gained = {name: int(why.gained[name][row]) for name in CAUSES}
    rose = before["rank"] - one["rank"]
    return {
        "referral_id": one["referral_id"],
        "person_id": one["person_id"],
        "status": "up" if rose > 0 else "down" if rose < 0 else "same",
        "rank_then": before["rank"],
        "rank_now": one["rank"],
        "standing_then": before["standing"],
        **gained,
        "text": _told(gained, why.answered[row], traffic),
    }


def _told(gained: Mapping[str, int], answered: Sequence[str], traffic: tuple[int, int]) -> str:
    """Return why a place moved, the strongest cause first."""
    came, went = traffic
    parts = []
    for name in sorted(gained, key=lambda name: (-abs(gained[name]), CAUSES.index(name))):
        if places := gained[name]:
            verb = "raised" if places > 0 else "lowered"
            unit = "place" if abs(places) == 1 else "places"
            more = f" ({came} new, {went} gone)" if name == "others" else ""
            parts.append(f"{verb} {abs(places)} {unit} by {WORDS[name]}{more}")
    text = "; ".join(parts) or "nothing that happened since moves it"
    sentences = [f"{text[:1].upper()}{text[1:]}."]
    if answered:
        sentences.append(f"Known now, and not then: {'; '.join(answered[:TOLD])}.")
    return " ".join(sentences)


def _gone(
    project: Project, histories: CaseHistories, then: Bundle, now: Now
) -> Iterator[dict[str, object]]:
    """Yield the rows of the cases that are not ranked any more."""
    ranked = set(now.tables.referrals["person_id"].to_pylist())
    aside: dict[str, str] = {}
    for row in now.tables.not_for_panel.to_pylist():
        aside[row["referral_id"]] = row["text"]
        if row["person_id"] is not None:
            aside[row["person_id"]] = row["text"]
    here = set(histories.referrals["referral_id"].to_pylist())
    first = now.as_of - datetime.timedelta(days=project.panel.cohort.open_days - 1)
    for row in then.tables.referrals.to_pylist():
        if row["person_id"] in ranked:
            continue
        name = row["referral_id"]
        if found := aside.get(name) or aside.get(row["person_id"]):
            text = f"Now not for this panel. {found}"
        elif name not in here:
            text = "Its referral is in no extract any more."
        elif row["made_on"] < first:
            days = project.panel.cohort.open_days
            text = (
                f"No longer open: it was made on {date_words(row['made_on'])}, and a referral "
                f"stays open for {days} days."
            )
        else:
            text = "The list is no longer about referrals of its kind."
        if row["standing"] != "discuss":
            text += " It was not within capacity on the last list."
        yield {
            "referral_id": name,
            "person_id": row["person_id"],
            "status": "gone",
            "rank_then": row["rank"],
            "standing_then": row["standing"],
            "text": text,
        }
