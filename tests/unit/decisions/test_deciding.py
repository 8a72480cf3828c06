"""A filled sheet: every cell is checked, all that is wrong is told at once, nothing is guessed."""

from __future__ import annotations

import csv
import datetime
import io
from collections.abc import Mapping, Sequence
from pathlib import Path

import openpyxl
import pytest

from triage.decisions import Content, Decision, Wanted, blank_sheet, decide, read_sheet
from triage.errors import DecisionError
from triage.lists import COLUMNS, DECISIONS, IDENTITY, SheetRow

AS_OF = datetime.date(2026, 3, 1)
TODAY = datetime.date(2026, 3, 5)
LIST = {"list_id": "2026-03-01-1a2b3c4d", "list_seal": "5e" * 32}
STANDINGS = ["to discuss", "to discuss", "near miss", "not for this panel"]
PERSONS = {f"R{number}": f"P{number}" for number in range(1, 5)}
ACCEPT = {"decision": "accept", "reason": "rising", "case_manager": "C. W.", "plan": "support"}
OVERRIDE = {"override_reason": "known to the panel, not on record"}


def context() -> list[SheetRow]:
    return [
        {
            "rank": str(number) if number < 4 else "",
            "referral_id": f"R{number}",
            "standing": standing,
            "agency_name": "Police",
            "made_on": "2026-02-20",
        }
        for number, standing in enumerate(STANDINGS, start=1)
    ]


def filled(changes: Mapping[str, Mapping[str, str]]) -> list[dict[str, str]]:
    return [{**row, **changes.get(row["referral_id"], {})} for row in context()]


def as_csv(tmp_path: Path, rows: Sequence[Mapping[str, str]], delimiter: str = ",") -> Path:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter)
    writer.writerow([*LIST, *(column.title for column in COLUMNS)])
    for row in rows:
        writer.writerow([*LIST.values(), *(row.get(column.name, "") for column in COLUMNS)])
    path = tmp_path / "sheet.csv"
    path.write_text(out.getvalue(), encoding="utf-8-sig")
    return path


def as_workbook(tmp_path: Path, rows: Sequence[Mapping[str, object]]) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = DECISIONS
    sheet.append([column.title for column in COLUMNS])
    for row in rows:
        sheet.append([row.get(column.name) for column in COLUMNS])
    identity = book.create_sheet(IDENTITY)
    for pair in LIST.items():
        identity.append(list(pair))
    identity.sheet_state = "hidden"
    path = tmp_path / "sheet.xlsx"
    book.save(path)
    return path


def decided(
    path: Path, earlier: Sequence[Decision] = (), met_on: datetime.date | None = None
) -> tuple[Wanted, ...]:
    return decide(
        read_sheet(path),
        identity=LIST,
        rows=context(),
        persons=PERSONS,
        earlier=earlier,
        as_of=AS_OF,
        today=TODAY,
        met_on=met_on,
    )


def problems(
    path: Path, earlier: Sequence[Decision] = (), met_on: datetime.date | None = None
) -> dict[str, str]:
    with pytest.raises(DecisionError, match=r"must|was recorded|only") as refused:
        decided(path, earlier, met_on)
    return {problem.where: problem.must for problem in refused.value.problems}


def recorded(wanted: Wanted, number: int = 1, *, day: int = 4) -> Decision:
    at = datetime.datetime(2026, 3, day, tzinfo=datetime.UTC)
    return Decision(number, LIST["list_id"], LIST["list_seal"], wanted, at, "A. Chair", number)


@pytest.mark.parametrize("form", ["csv", "semicolons", "workbook"])
def test_each_form_of_a_sheet_says_the_same(tmp_path: Path, form: str) -> None:
    changes = {
        "R1": {**ACCEPT, "decision": " Accept", "plan": "Support and disrupt"},
        "R2": {"decision": "no_further_action", "reason": "moved", **OVERRIDE},
        "R3": {"decision": "Defer", "reason": "?", "until": "31/03/2026", "defer_for": "release"},
    }
    rows: list[dict[str, object]] = list(filled(changes))
    if form == "workbook":
        rows[0]["rank"] = 1
        rows[0]["made_on"] = datetime.date(2026, 2, 20)
        rows[2]["until"] = datetime.datetime(2026, 3, 31)
        path = as_workbook(tmp_path, rows)
    else:
        path = as_csv(tmp_path, rows, ";" if form == "semicolons" else ",")
    found = decided(path)
    assert [(one.referral_id, one.choice, one.rank) for one in found] == [
        ("R1", "accept", 1),
        ("R2", "no further action", 2),
        ("R3", "defer", 3),
    ]
    assert found[0].content == Content("P1", "rising", "C. W.", "support and disrupt")
    assert found[2].content.until == datetime.date(2026, 3, 31)


def test_an_empty_sheet_decides_nothing_and_shows_text_as_text(tmp_path: Path) -> None:
    rows = context()
    path = tmp_path / "blank.csv"
    path.write_text(blank_sheet(LIST, rows))
    assert decided(path) == ()
    risky = [{**rows[0], "agency_name": "=cmd()"}]
    assert ",'=cmd()," in blank_sheet(LIST, risky)


@pytest.mark.parametrize(
    ("choice", "cells", "wrong"),
    [
        ("accept", {"reason": "x"}, {"J2", "K2"}),
        ("accept", {**ACCEPT, "route_to": "CARA"}, {"N2"}),
        ("accept", {**ACCEPT, "until": "2026-03-04"}, {"L2"}),
        ("accept", {**ACCEPT, "plan": "pray"}, {"K2"}),
        ("accept", {**ACCEPT, "met_on": "2026-03-06"}, {"P2"}),
        ("accept", {**ACCEPT, "met_on": "2026-02-28", "plan": "pray"}, {"K2", "P2"}),
        ("accept", {**ACCEPT, "met_on": "yesterday"}, {"P2"}),
        ("", {"met_on": "2026-03-04"}, {"P2"}),
        ("accept", {**ACCEPT, **OVERRIDE}, {"O2"}),
        ("defer", {"reason": "x", "until": "2026-03-05", **OVERRIDE}, {"L2", "M2"}),
        ("defer", {"reason": "x", "until": "soon", "defer_for": "y", **OVERRIDE}, {"L2"}),
        ("route", {"reason": "x", **OVERRIDE}, {"N2"}),
        ("decline", {"reason": "x"}, {"O2"}),
        ("decline", {"reason": "x", "override_reason": "because"}, {"O2"}),
        ("no further action", OVERRIDE, {"I2"}),
        ("leave", {"reason": "x", "until": "2026-03-01"}, {"H2"}),
        ("maybe", {"reason": "x"}, {"H2"}),
        ("", {"reason": "x"}, {"I2"}),
        ("accept", {**ACCEPT, "reason": "=1+1"}, {"I2"}),
        ("accept", {**ACCEPT, "case_manager": "@SUM(A1)"}, {"J2"}),
        ("accept", {**ACCEPT, "reason": "a\x07b"}, {"I2"}),
        ("accept", {**ACCEPT, "reason": "a" * 2001}, {"I2"}),
        ("accept", {**ACCEPT, "standing": "near miss"}, {"E2"}),
        ("accept", {**ACCEPT, "made_on": "2026-02-21"}, {"G2"}),
        ("accept", {**ACCEPT, "referral_id": "R9"}, {"D2"}),
        ("accept", {**ACCEPT, "referral_id": "R2", "rank": "2"}, {"D3"}),
        (
            "accept",
            {"reason": "=1", "plan": "pray", "until": "2026-03-01"},
            {"I2", "J2", "K2", "L2"},
        ),
        ("maybe", {"until": "2026-03-01"}, {"H2"}),
    ],
)
def test_what_is_wrong_is_told_with_its_cell(
    tmp_path: Path, choice: str, cells: dict[str, str], wrong: set[str]
) -> None:
    rows = filled({"R1": {**cells, "decision": choice}})
    assert set(problems(as_csv(tmp_path, rows))) == wrong


def test_all_that_is_wrong_is_told_at_once_and_no_cell_is_shown(tmp_path: Path) -> None:
    rows = filled(
        {
            "R1": {"decision": "planted-marker"},
            "R2": {**ACCEPT, "plan": "planted-marker"},
            "R3": {**ACCEPT, **OVERRIDE, "until": "planted-marker"},
        }
    )
    with pytest.raises(DecisionError, match="H2") as refused:
        decided(as_csv(tmp_path, rows))
    assert [problem.where for problem in refused.value.problems] == ["H2", "K3", "L4"]
    assert "planted-marker" not in str(refused.value)


def test_a_formula_in_a_workbook_is_refused(tmp_path: Path) -> None:
    rows = filled({"R1": {**ACCEPT, "reason": '=HYPERLINK("x")'}})
    assert problems(as_workbook(tmp_path, rows)) == {"G2": "must be text, not a formula"}


def test_an_id_that_a_sheet_shows_guarded_is_known_again(tmp_path: Path) -> None:
    ids = ["=1+1", "@SUM(1)", "\u202e2", " -3-x"]
    rows = [{**row, "referral_id": name} for row, name in zip(context(), ids, strict=True)]
    path = tmp_path / "blank.csv"
    path.write_text(blank_sheet(LIST, rows), encoding="utf-8")
    with path.open(newline="", encoding="utf-8") as file:
        cells = list(csv.DictReader(file))
    assert [one["Referral"] for one in cells] == ["'=1+1", "'@SUM(1)", "[U+202E]2", "' -3-x"]
    titles = {column.name: column.title for column in COLUMNS}
    for one in cells:
        one |= {titles[name]: text for name, text in {**ACCEPT, **OVERRIDE}.items()}
    for one in cells[:2]:
        one[titles["override_reason"]] = ""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, cells[0])
        writer.writeheader()
        writer.writerows(cells)
    found = decide(
        read_sheet(path),
        identity=LIST,
        rows=rows,
        persons={name: f"P{name}" for name in ids},
        earlier=(),
        as_of=AS_OF,
        today=TODAY,
    )
    assert [(one.referral_id, one.content.person_id) for one in found] == [
        (name, f"P{name}") for name in ids
    ]


def test_departing_from_the_order_wants_a_reason_in_either_direction(tmp_path: Path) -> None:
    below = filled({"R3": ACCEPT, "R4": ACCEPT})
    assert set(problems(as_csv(tmp_path, below))) == {"O4", "O5"}
    above = filled({"R1": {"decision": "decline", "reason": "x"}})
    assert set(problems(as_csv(tmp_path, above))) == {"O2"}
    as_ranked = filled({"R1": ACCEPT, "R3": {"decision": "decline", "reason": "x"}})
    assert [one.choice for one in decided(as_csv(tmp_path, as_ranked))] == ["accept", "decline"]


def test_the_sheet_of_another_list_is_refused(tmp_path: Path) -> None:
    path = as_csv(tmp_path, filled({"R1": ACCEPT}))
    text = path.read_text(encoding="utf-8-sig")
    path.write_text(text.replace("1a2b3c4d", "99999999"))
    assert "must be the one of list" in problems(path)["the sheet"]
    path.write_text(text.replace("5e" * 32, "ff" * 32))
    assert "must be the one of list" in problems(path)["the sheet"]


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ("Case manager", "Case minder", "J1"),
        ("Plan", "Reason", "K1"),
        ("Why not as ranked", "", "the first row"),
    ],
)
def test_columns_are_those_of_the_sheet(tmp_path: Path, old: str, new: str, where: str) -> None:
    path = as_csv(tmp_path, filled({}))
    path.write_text(path.read_text(encoding="utf-8-sig").replace(old, new))
    assert where in problems(path)


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("s.xlsx", b"no workbook", "must be an Excel workbook"),
        ("s.xlsx", b"PK\x03\x04 half", "must be an Excel workbook"),
        ("s.csv", b"\xff\xfe\x00", "must be UTF-8 text"),
        ("s.csv", b'a,"b', "must be a CSV file"),
        ("s.csv", b"", "must hold the columns"),
        ("s.ods", b"", "must end in .xlsx or .csv"),
    ],
)
def test_what_is_no_sheet_is_refused(tmp_path: Path, name: str, content: bytes, told: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DecisionError, match=told):
        read_sheet(tmp_path / name)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(DecisionError, match="must be a file that can be read"):
        read_sheet(tmp_path / "none.csv")


def test_what_stands_is_passed_over_and_what_differs_corrects(tmp_path: Path) -> None:
    path = as_csv(tmp_path, filled({"R1": ACCEPT}))
    (first,) = decided(path)
    assert decided(path, [recorded(first)]) == ()
    path = as_csv(tmp_path, filled({"R1": {**ACCEPT, "case_manager": "D. W."}}))
    (second,) = decided(path, [recorded(first)])
    assert (second.corrects, second.content.case_manager) == (1, "D. W.")


def test_an_old_sheet_does_not_undo_a_correction(tmp_path: Path) -> None:
    old = as_csv(tmp_path, filled({"R1": ACCEPT}))
    (first,) = decided(old)
    then = Wanted("R1", "decline", 1, "to discuss", Content("P1", "new facts"), corrects=1)
    earlier = [recorded(first), recorded(then, 2)]
    assert "recorded as decision 1 and corrected by decision 2" in problems(old, earlier)["H2"]


def test_who_was_accepted_can_leave_on_a_day_that_has_come(tmp_path: Path) -> None:
    (first,) = decided(as_csv(tmp_path, filled({"R1": ACCEPT})))
    leave = {"decision": "leave", "reason": "completed", "until": "2026-03-05"}
    (left,) = decided(as_csv(tmp_path, filled({"R1": leave})), [recorded(first)])
    assert (left.choice, left.corrects) == ("leave", 1)
    for day in ("2026-03-06", "2026-03-03"):
        path = as_csv(tmp_path, filled({"R1": {**leave, "until": day}}))
        assert set(problems(path, [recorded(first)])) == {"L2"}


def test_the_panel_met_when_the_row_says_else_the_sheet_else_today(tmp_path: Path) -> None:
    rows = filled({"R1": {**ACCEPT, "met_on": "02/03/2026"}, "R2": ACCEPT})
    path = as_csv(tmp_path, rows)
    given = datetime.date(2026, 3, 3)
    assert [one.met_on for one in decided(path)] == [datetime.date(2026, 3, 2), TODAY]
    assert [one.met_on for one in decided(path, met_on=given)] == [datetime.date(2026, 3, 2), given]
    dates: list[dict[str, object]] = [{**row} for row in rows]
    dates[0]["met_on"] = datetime.datetime(2026, 3, 2)
    assert decided(as_workbook(tmp_path, dates)) == decided(path)


@pytest.mark.parametrize("given", [datetime.date(2026, 3, 6), datetime.date(2026, 2, 28)])
def test_a_day_for_the_whole_sheet_is_refused_once_beside_all_that_is_wrong(
    tmp_path: Path, given: datetime.date
) -> None:
    rows = filled({"R1": ACCEPT, "R2": {**ACCEPT, "plan": "pray"}, "R3": {"met_on": "x"}})
    found = problems(as_csv(tmp_path, rows), met_on=given)
    assert set(found) == {"the day that was given for the whole sheet", "K3", "P4"}
    assert "on or after 2026-03-01" in found["the day that was given for the whole sheet"]


def test_a_sheet_of_before_the_day_was_asked_is_read(tmp_path: Path) -> None:
    path = as_csv(tmp_path, filled({"R1": ACCEPT}))
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    path.write_text("\n".join(line.rpartition(",")[0] for line in lines))
    (found,) = decided(path)
    assert found.met_on == TODAY
    assert set(problems(path, met_on=datetime.date(2026, 3, 9))) == {
        "the day that was given for the whole sheet"
    }


def test_another_day_of_meeting_corrects_and_none_says_nothing_against_it(tmp_path: Path) -> None:
    silent = as_csv(tmp_path, filled({"R1": ACCEPT}))
    (first,) = decided(silent, met_on=datetime.date(2026, 3, 2))
    assert decided(silent, [recorded(first)]) == ()
    assert decided(silent, [recorded(first)], datetime.date(2026, 3, 2)) == ()
    (second,) = decided(silent, [recorded(first)], datetime.date(2026, 3, 3))
    assert (second.corrects, second.met_on) == (1, datetime.date(2026, 3, 3))
    both = [recorded(first), recorded(second, 2)]
    assert decided(silent, both) == ()
    assert "corrected by decision 2" in problems(silent, both, datetime.date(2026, 3, 2))["H2"]
    (third,) = decided(silent, both, datetime.date(2026, 3, 4))
    assert third.corrects == 2


def test_a_row_that_is_cut_short_is_told_by_what_it_lacks(tmp_path: Path) -> None:
    path = as_csv(tmp_path, filled({"R1": {"decision": "accept"}}))
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    lines[1] = ",".join(lines[1].split(",")[:8])
    path.write_text("\n".join(lines))
    assert set(problems(path)) == {"I2", "J2", "K2"}


def test_what_is_entered_late_counts_from_the_meeting(tmp_path: Path) -> None:
    defer = {"decision": "defer", "reason": "x", "defer_for": "y", "until": "2026-03-04"}
    late = filled({"R1": {**defer, **OVERRIDE, "met_on": "2026-03-02"}})
    assert [one.choice for one in decided(as_csv(tmp_path, late))] == ["defer"]
    (first,) = decided(as_csv(tmp_path, filled({"R1": {**ACCEPT, "met_on": "2026-03-02"}})))
    left = {"decision": "leave", "reason": "moved", "until": "2026-03-03"}
    (gone,) = decided(as_csv(tmp_path, filled({"R1": left})), [recorded(first)])
    assert gone.content.until == datetime.date(2026, 3, 3)
