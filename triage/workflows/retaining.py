"""Of whom and of which lists it must be reviewed when whether they are kept."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from triage.lists import list_names
from triage.workflows.recording import Actor, open_the_record
from triage.workspace import Retention, ReviewGroup

if TYPE_CHECKING:
    import pandas as pd

    from triage.records import CaseHistories
    from triage.workflows.progress import Progress
    from triage.workflows.project import Project

__all__ = ["Due", "due_for_review"]

Cell = str | int | float | bool | None


@dataclass(frozen=True)
class Due:
    """What must be reviewed, and since when.

    Parameters
    ----------
    rows : list of dict
        One a person or list, the longest due first.
    by_year : mapping of int to int
        How many people come due in each year to come.
    by_group : mapping of int to int
        Review group → how many people are in it, due or not; 0 for those in none.
    groups : sequence of ReviewGroup
    """

    rows: list[dict[str, Cell]]
    by_year: Mapping[int, int]
    by_group: Mapping[int, int]
    groups: Sequence[ReviewGroup]

    columns = (
        "what",
        "name",
        "group",
        "title",
        "last_on_record",
        "kept_years",
        "due_on",
        "keep_until",
        "period_verified",
    )


def due_for_review(project: Project, *, on: datetime.date, actor: Actor, progress: Progress) -> Due:
    """Return of whom and of which lists it must be reviewed on a day whether they are kept.

    A person comes due some years after the last that is on record of them, by their review group; a
    list after its as-of date. Nothing is removed: a person reviews, and then erases.

    Parameters
    ----------
    project : Project
    on : date
    actor : Actor
    progress : Progress

    Raises
    ------
    RejectedRowsError, ExtractError, StorageError
    """
    from triage.workflows.checking import read_accepted

    with open_the_record(project.workspace.root, actor) as record:
        record.append(actor.entry("retention", "done", {"on": str(on)}))
    retention = project.panel.retention
    checked = read_accepted(project, today=actor.clock().date(), progress=progress)
    last = last_on_record(checked.histories)
    harm_days = {name: one.days for name, one in project.scale.classes.items()}
    groups = groups_of(checked.histories, retention.groups, harm_days)
    births = _births(checked.histories)
    dues = [
        _of_person(person, day, groups.get(person), births.get(person), retention)
        for person, day in last.items()
    ]
    by_group = [0 if one["group"] is None else int(str(one["group"])) for one in dues]
    for name in list_names(project.workspace.lists):
        as_of = datetime.date.fromisoformat(name[:10])
        dues.append(_due("list", name, as_of, retention.years))
    rows = sorted((one for one in dues if str(one["due_on"]) <= str(on)), key=_order)
    years = [
        int(str(one["due_on"])[:4])
        for one in dues
        if one["what"] == "person" and str(one["due_on"]) > str(on)
    ]
    return Due(
        rows,
        {year: years.count(year) for year in sorted(set(years))},
        {group: by_group.count(group) for group in sorted(set(by_group))},
        retention.groups,
    )


def _order(one: Mapping[str, Any]) -> tuple[str, str]:
    return str(one["due_on"]), str(one["name"])


def last_on_record(histories: CaseHistories) -> dict[str, datetime.date]:
    """Return person → the last day of anything on record of them, a referral or an event's end."""
    events = histories.events
    days = [
        *_dated(events, ("happened_on", "known_on", "ended_on")),
        *_dated(histories.referrals, ("made_on",)),
    ]
    last: dict[str, datetime.date] = {}
    for person, day in days:
        last[person] = max(day, last.get(person, day))
    return last


def _dated(table: Any, columns: Sequence[str]) -> Iterator[tuple[str, datetime.date]]:
    persons = table["person_id"].to_pylist()
    for column in columns:
        for person, day in zip(persons, table[column].to_pylist(), strict=True):
            if day is not None:
                yield person, day


def groups_of(
    histories: CaseHistories, groups: Sequence[ReviewGroup], harm_days: Mapping[str, float]
) -> dict[str, ReviewGroup]:
    """Return person → the first review group that they meet, by what stands on record of them.

    What was withdrawn counts for no group, and of versions the latest.

    Parameters
    ----------
    histories : CaseHistories
    groups : sequence of ReviewGroup
    harm_days : mapping of str to float
        Harm class → days.
    """
    names = ["person_id", "source", "event_id", "known_on", "type", "kind", "harm_class"]
    events: pd.DataFrame = histories.events.select([*names, "withdrawn"]).to_pandas()
    stands = events.sort_values("known_on", na_position="first", kind="stable")
    stands = stands.drop_duplicates(["source", "event_id"], keep="last")
    stands = stands[~stands["withdrawn"].astype(bool)]
    harm = stands["harm_class"].map(dict(harm_days)).fillna(0.0)
    persons = {*histories.referrals["person_id"].to_pylist(), *events["person_id"]}
    found: dict[str, ReviewGroup] = {}
    for group in groups:
        meets = stands["type"].isin(group.types) | stands["kind"].isin(group.kinds)
        if group.harm_at_least is not None:
            meets |= harm >= group.harm_at_least
        theirs = persons if group.takes_all else set(stands.loc[meets, "person_id"])
        found |= {person: group for person in theirs if person not in found}
    return found


def _births(histories: CaseHistories) -> dict[str, datetime.date]:
    table = histories.people
    born = zip(table["person_id"].to_pylist(), table["birth_date"].to_pylist(), strict=True)
    return {person: day for person, day in born if day is not None}


def _of_person(
    person: str,
    last: datetime.date,
    group: ReviewGroup | None,
    birth: datetime.date | None,
    retention: Retention,
) -> dict[str, Cell]:
    if group is None:
        return _due("person", person, last, retention.years)
    age = group.keep_until_age
    return {
        **_due("person", person, last, group.review_years),
        "group": group.group,
        "title": group.title,
        "keep_until": None
        if age is None
        else f"age {age}"
        if birth is None
        else years_after(birth, age).isoformat(),
        "period_verified": group.verified,
    }


def _due(what: str, name: str, day: datetime.date, years: int) -> dict[str, Cell]:
    return {
        "what": what,
        "name": name,
        "group": None,
        "title": None,
        "last_on_record": day.isoformat(),
        "kept_years": years,
        "due_on": years_after(day, years).isoformat(),
        "keep_until": None,
        "period_verified": None,
    }


def years_after(day: datetime.date, years: int) -> datetime.date:
    """Return the same day so many years later.

    Examples
    --------
    >>> years_after(datetime.date(2020, 2, 29), 6)
    datetime.date(2026, 3, 1)
    """
    try:
        return day.replace(year=day.year + years)
    except ValueError:  # the 29th of February
        return datetime.date(day.year + years, 3, 1)
