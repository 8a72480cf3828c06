"""From a filled sheet to decisions that may be recorded, or everything that is wrong with it."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from triage.decisions.sheets import Cell, Sheet
from triage.errors import DecisionError, Problem, close_match
from triage.lists import COLUMNS, SheetRow
from triage.workspace import unguarded

__all__ = ["Content", "Decision", "Wanted", "current_of", "decide"]

LONGEST = 2000
ABOVE = "to discuss"
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
BRITISH = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")
NO_CELL = Cell("", "")
FILLED = tuple(column for column in COLUMNS if column.kind != "context")


@dataclass(frozen=True)
class Content:
    """What a panel wrote down of a person: the part of a decision that can be erased.

    Parameters
    ----------
    person_id : str
    reason, case_manager, plan, defer_for, route_to, override_reason : str
        Empty where the decision asks for none.
    until : date or None
    """

    person_id: str
    reason: str
    case_manager: str = ""
    plan: str = ""
    until: datetime.date | None = None
    defer_for: str = ""
    route_to: str = ""
    override_reason: str = ""


@dataclass(frozen=True)
class Wanted:
    """A decision that is to be recorded.

    Parameters
    ----------
    referral_id : str
    choice : str
        Of :data:`triage.lists.CHOICES`.
    rank : int or None
    standing : str
        Where the list had put it.
    content : Content
    corrects : int or None
        The decision that it takes the place of.
    met_on : date or None
        When the panel met; None where it was recorded before that was asked.
    """

    referral_id: str
    choice: str
    rank: int | None
    standing: str
    content: Content
    corrects: int | None = None
    met_on: datetime.date | None = None

    @property
    def departs(self) -> bool:
        """Whether it is not as ranked: taken on from below the line, or not from above it."""
        return self.choice != "leave" and (self.choice == "accept") != (self.standing == ABOVE)


@dataclass(frozen=True)
class Decision:
    """A decision as it was recorded.

    Parameters
    ----------
    number : int
    list_id, seal : str
        The list on which it was made, as it was then.
    wanted : Wanted
        Its content is empty where it was erased.
    recorded_at : datetime
    recorded_by : str
    ledger_row : int
        The row of the ledger that was written with it.
    erased : bool
    """

    number: int
    list_id: str
    seal: str
    wanted: Wanted
    recorded_at: datetime.datetime
    recorded_by: str
    ledger_row: int
    erased: bool = False

    @property
    def met_on(self) -> datetime.date:
        """When the panel met; the day of recording where nobody said."""
        return self.wanted.met_on or self.recorded_at.date()


def current_of(decisions: Sequence[Decision]) -> dict[tuple[str, str], Decision]:
    """Return the decision that stands of each list and referral, the last of each."""
    return {(one.list_id, one.wanted.referral_id): one for one in decisions}


def decide(
    sheet: Sheet,
    *,
    identity: Mapping[str, str],
    rows: Sequence[SheetRow],
    persons: Mapping[str, str],
    earlier: Sequence[Decision],
    as_of: datetime.date,
    today: datetime.date,
    met_on: datetime.date | None = None,
) -> tuple[Wanted, ...]:
    """Return what a sheet decides anew, each cell checked.

    Parameters
    ----------
    sheet : Sheet
    identity : mapping of str to str
        Of the list, as :func:`triage.lists.sheet_identity` gives it.
    rows : sequence of mapping
        Of the list, as :func:`triage.lists.sheet_rows` gives them.
    persons : mapping of str to str
        Referral → person.
    earlier : sequence of Decision
        All that was recorded on this list, in order.
    as_of : date
        The list's.
    today : date
    met_on : date, optional
        When the panel met, for rows that do not say so themselves; by default today.

    Returns
    -------
    tuple of Wanted
        A row that says what stands already is left out. One that does not say when the panel met
        says nothing against the day that stands.

    Raises
    ------
    DecisionError
        With every problem of every cell; then nothing may be recorded.
    """
    if dict(sheet.identity) != dict(identity):
        raise DecisionError(_of_another(sheet.identity, identity))
    on_list = {unguarded(row["referral_id"]): row for row in rows}
    current = {one.wanted.referral_id: one for one in earlier}
    meeting = _Meeting(as_of, today, met_on)
    problems = list(meeting.problems)
    wanted: list[Wanted] = []
    seen: set[str] = set()
    for cells in sheet.rows:
        referral_id = unguarded(cells["referral_id"].text)
        found = [*_of_context(cells, on_list, seen), *_of_cells(cells)]
        seen.add(referral_id)
        if cells["decision"].text and referral_id in on_list:
            row = on_list[referral_id]
            one = _wanted(cells, row, persons.get(row["referral_id"], ""), meeting)
            standing = current.get(one.referral_id)
            stated = meeting.is_stated(cells)
            if not found and standing is not None and _same(standing, one, stated=stated):
                continue
            more = [*_of_choice(cells, one, standing, today), *meeting.of_row(cells, one)]
            if not found:
                more += _of_stale(cells, one, earlier, standing, stated=stated)
            found += _of_others(more, found, cells["decision"].address)
            wanted.append(one if standing is None else replace(one, corrects=standing.number))
        problems += found
    if problems:
        raise DecisionError(problems)
    return tuple(wanted)


def _of_others(more: Sequence[Problem], found: Sequence[Problem], choice: str) -> Iterator[Problem]:
    """Yield what is wrong with further cells; nothing where it is not known what was decided."""
    wrong = {problem.where for problem in found}
    if choice not in wrong:
        yield from (problem for problem in more if problem.where not in wrong)


@dataclass(frozen=True)
class _Meeting:
    """When the panel met: by a row itself, else by what was given for the sheet, else today."""

    as_of: datetime.date
    today: datetime.date
    given: datetime.date | None

    @property
    def problems(self) -> list[Problem]:
        """What is wrong with the day that was given."""
        if self.given is None:
            return []
        return list(self._of_day("the day that was given for the whole sheet", self.given))

    def is_stated(self, cells: Mapping[str, Cell]) -> bool:
        """Whether anybody says when it was."""
        return self.given is not None or bool(cells.get("met_on", NO_CELL).text)

    def of_row(self, cells: Mapping[str, Cell], one: Wanted) -> Iterator[Problem]:
        cell = cells.get("met_on", NO_CELL)
        if one.met_on is not None and (cell.text or self.given is None):
            yield from self._of_day(cell.address or cells["decision"].address, one.met_on)

    def _of_day(self, where: str, met_on: datetime.date) -> Iterator[Problem]:
        must = (
            f"the panel must have met on or after {self.as_of}, the list's as-of date, and by "
            f"{self.today}"
        )
        if met_on > self.today:
            yield Problem(where, must, "a day to come", "Record what it decided once it has met.")
        if met_on < self.as_of:
            yield Problem(where, must, "an earlier day", "Is this the sheet of that meeting?")


def _of_another(stated: Mapping[str, str], identity: Mapping[str, str]) -> Problem:
    same_list = stated.get("list_id") == identity["list_id"]
    return Problem(
        "the sheet",
        f"must be the one of list {identity['list_id']} as it stands now",
        "one of this list as it was before somebody was erased, or that was changed"
        if same_list
        else "one of another list",
        "Take a new sheet from the list, and copy what was decided into it.",
    )


def _of_context(
    cells: Mapping[str, Cell], on_list: Mapping[str, SheetRow], seen: set[str]
) -> Iterator[Problem]:
    referral = cells["referral_id"]
    referral_id = unguarded(referral.text)
    if referral_id not in on_list:
        yield Problem(
            referral.address,
            "must be a referral of this list",
            "another id" if referral.text else "nothing",
            close_match(referral.text, on_list),
        )
        return
    if referral_id in seen:
        yield Problem(referral.address, "each referral must have one row", "a second one")
    for name, value in on_list[referral_id].items():
        cell = cells.get(name, NO_CELL)
        given = _iso(cell.text) if name == "made_on" else cell.text
        if given is None or unguarded(given) != unguarded(value):
            yield Problem(
                cell.address or referral.address,
                f"'{name}' must be what the list says",
                "something else",
                "This column is not for changes: take it from the list again.",
            )


def _of_cells(cells: Mapping[str, Cell]) -> Iterator[Problem]:
    choice = _plain(cells["decision"].text)
    for column in FILLED:
        cell = cells.get(column.name, NO_CELL)
        if not cell.text:
            continue
        if cell.formula:
            yield Problem(
                cell.address,
                "must be text, not a formula",
                "a formula, or text that begins with = + - or @",
                "Write the words themselves.",
            )
        elif len(cell.text) > LONGEST:
            yield Problem(cell.address, f"must have at most {LONGEST} letters", "more")
        elif CONTROL.search(cell.text):
            yield Problem(cell.address, "must be plain text", "control characters")
        elif column.kind == "choice" and _plain(cell.text) not in column.values:
            yield Problem(
                cell.address,
                f"must be one of: {', '.join(column.values)}",
                "something else",
                close_match(_plain(cell.text), column.values),
            )
        elif column.kind == "date" and _iso(cell.text) is None:
            yield Problem(cell.address, "must be a date, as 2026-03-31 or 31/03/2026", "no date")
        elif column.name != "decision" and not choice:
            yield Problem(
                cell.address,
                "must be empty where nothing is decided",
                "something",
                f"Fill in {cells['decision'].address} too.",
            )


def _of_choice(
    cells: Mapping[str, Cell], one: Wanted, standing: Decision | None, today: datetime.date
) -> Iterator[Problem]:
    for column in FILLED:
        cell = cells.get(column.name, NO_CELL)
        if column.name in ("decision", "override_reason"):
            continue
        if one.choice in column.needed_for() and not cell.text:
            yield Problem(
                cell.address, f"'{column.title}' must be given to {one.choice}", "nothing"
            )
        elif cell.text and one.choice not in column.allowed_for():
            yield Problem(
                cell.address, f"'{column.title}' must be empty to {one.choice}", "something"
            )
    override = cells.get("override_reason", NO_CELL)
    if one.departs and not override.text:
        side = (
            "below the line is accepted" if one.choice == "accept" else "above it is not accepted"
        )
        yield Problem(
            override.address,
            f"'Why not as ranked' must be given where a referral {side}",
            "nothing",
        )
    elif override.text and not one.departs:
        yield Problem(
            override.address, "'Why not as ranked' must be empty: this is as ranked", "something"
        )
    yield from _of_until(cells.get("until", NO_CELL), one, standing, today)
    accepted = standing is not None and standing.wanted.choice in ("accept", "leave")
    if one.choice == "leave" and not accepted:
        yield Problem(
            cells["decision"].address, "only somebody who was accepted can leave", "another"
        )


def _of_until(
    cell: Cell, one: Wanted, standing: Decision | None, today: datetime.date
) -> Iterator[Problem]:
    until, met_on = one.content.until, one.met_on or today
    if until is None:
        return
    if one.choice == "defer" and until <= met_on:
        yield Problem(
            cell.address,
            "must be a day after the panel met",
            "that day, or one before",
            "Where it is entered late, say in 'Met on' when the panel met.",
        )
    if one.choice == "accept" and until < met_on:
        yield Problem(cell.address, "must not be a day before the place begins", "an earlier one")
    if one.choice == "leave" and until > today:
        yield Problem(cell.address, "must be the day on which the place ended", "one to come")
    if one.choice == "leave" and standing is not None and until < standing.met_on:
        begun = standing.wanted.choice == "accept"
        if begun:
            yield Problem(cell.address, "must not be before the place began", "an earlier day")


def _of_stale(
    cells: Mapping[str, Cell],
    one: Wanted,
    earlier: Sequence[Decision],
    standing: Decision | None,
    *,
    stated: bool,
) -> Iterator[Problem]:
    """Yield a problem where a row says what was recorded once and corrected since."""
    for before in earlier:
        if before is not standing and not before.erased and _same(before, one, stated=stated):
            last = standing.number if standing is not None else before.number
            yield Problem(
                cells["decision"].address,
                f"this was recorded as decision {before.number} and corrected by decision {last}: "
                "an old sheet must not undo it",
                mend="To return to it, say so in the reason.",
            )
            return


def _same(decision: Decision, one: Wanted, *, stated: bool) -> bool:
    before = decision.wanted
    met = not stated or decision.met_on == one.met_on
    return met and before.choice == one.choice and before.content == one.content


def _wanted(cells: Mapping[str, Cell], row: SheetRow, person_id: str, meeting: _Meeting) -> Wanted:
    text = {
        column.name: _plain(cell.text) if column.kind == "choice" else cell.text
        for column in FILLED
        if (cell := cells.get(column.name, NO_CELL))
    }
    until, met_on = (_day(text.pop(name)) for name in ("until", "met_on"))
    choice = text.pop("decision")
    return Wanted(
        referral_id=row["referral_id"],
        choice=choice,
        rank=int(row["rank"]) if row["rank"] else None,
        standing=row["standing"],
        content=Content(person_id=person_id, until=until, **text),
        met_on=met_on or meeting.given or meeting.today,
    )


def _day(text: str) -> datetime.date | None:
    iso = _iso(text)
    return datetime.date.fromisoformat(iso) if iso else None


def _plain(text: str) -> str:
    return " ".join(text.lower().replace("_", " ").split())


def _iso(text: str) -> str | None:
    """Return a date as ISO 8601, nothing for nothing, None where it is none.

    Examples
    --------
    >>> _iso("31/03/2026"), _iso("2026-03-31"), _iso(""), _iso("soon")
    ('2026-03-31', '2026-03-31', '', None)
    """
    if not text:
        return ""
    if found := BRITISH.fullmatch(text):
        text = f"{found[3]}-{int(found[2]):02}-{int(found[1]):02}"
    try:
        return datetime.date.fromisoformat(text).isoformat()
    except ValueError:
        return None
