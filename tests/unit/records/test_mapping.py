"""Cells to canonical columns."""

from __future__ import annotations

import datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from triage.conditions import UNKNOWN_DAY, Answer, Answers, Days, Numbers
from triage.records.cells import Cells, cells_of
from triage.records.mapping import Mapped, filled, map_cells
from triage.records.sources import CanonicalColumn, ColumnMap

DATE = CanonicalColumn("happened_on", "date")
TYPE = CanonicalColumn("type", "category", ("assault", "rape"), required=True)
CHOICE = CanonicalColumn("relationship", "category", ("partner", "family"))
FLAG = CanonicalColumn("weapon", "answer")
NUMBER = CanonicalColumn("ticks", "number")
ID = CanonicalColumn("person_id", "id", required=True)
TEXT = CanonicalColumn("place", "text")
YNU = {"Y": "yes", "N": "no", "U": "unknown"}


def mapped(canonical: CanonicalColumn, values: list[Any], **options: Any) -> Mapped:
    cells = cells_of(pa.chunked_array([pa.array(values)]), name="C", shown="x")
    column = ColumnMap(column="C", **options)
    return map_cells(canonical, column, cells, source_file="configs/sources/x.yaml")


def plain(result: Mapped) -> list[Any]:
    match result.column:
        case Cells(codes, texts):
            return [texts[code].as_py() if code >= 0 else None for code in codes.tolist()]
        case Days(days):
            start = datetime.date(1970, 1, 1)
            return [
                None if day == UNKNOWN_DAY else str(start + datetime.timedelta(days=day))
                for day in days.tolist()
            ]
        case Numbers(numbers):
            return [None if np.isnan(number) else number for number in numbers.tolist()]
        case Answers(answers):
            return [Answer(answer).word for answer in answers.tolist()]


def told(result: Mapped) -> list[tuple[str, list[int]]]:
    assert all(finding.column == "C" for finding in result.findings)
    return [(finding.reason, finding.rows.tolist()) for finding in result.findings]


@pytest.mark.parametrize(
    ("values", "options", "expected"),
    [
        (["2024-02-29", "2024-02-29T13:45", "2024-02-29 13:45:01.5Z"], {}, ["2024-02-29"] * 3),
        (["2024-02-29 01:00+01:00", None], {}, ["2024-02-29", None]),
        (["29/02/2024", "1/2/2024"], {"date": ["%d/%m/%Y"]}, ["2024-02-29", "2024-02-01"]),
        (["29-Feb-24", "29.02.2024"], {"date": ["%d-%b-%y", "%d.%m.%Y"]}, ["2024-02-29"] * 2),
        (["01/02/2024 23:59", "1/2/2024 0:00"], {"date": ["%d/%m/%Y %H:%M"]}, ["2024-02-01"] * 2),
        (["1 Feb 2024 23:59:01"], {"date": ["%d %b %Y %H:%M:%S"]}, ["2024-02-01"]),
        (["01/02/2024 11:59 PM"], {"date": ["%d/%m/%Y %I:%M %p"]}, ["2024-02-01"]),
        (["1941", None], {"date": ["year"]}, ["1941-07-01", None]),
        ([1941.0, None], {"date": ["year"]}, ["1941-07-01", None]),
        ([datetime.date(1969, 12, 31)], {"date": ["%d/%m/%Y"]}, ["1969-12-31"]),
        (["31/12/9999", "NULL"], {"unknown": ["31/12/9999", "NULL"]}, [None, None]),
    ],
)
def test_dates_that_can_be_read(
    values: list[Any], options: dict[str, Any], expected: list[str | None]
) -> None:
    result = mapped(DATE, values, **options)
    assert plain(result) == expected
    assert not result.findings


@pytest.mark.parametrize(
    ("value", "options", "shown"),
    [
        ("2023-02-29", {}, "2024-03-31"),
        ("20240301", {}, "2024-03-31"),
        ("2024-3-1", {}, "2024-03-31"),
        ("2024-03-01x", {}, "2024-03-31"),
        ("03/13/2024", {"date": ["%d/%m/%Y"]}, "%d/%m/%Y"),
        ("01/02/24", {"date": ["%d/%m/%Y"]}, "%d/%m/%Y"),
        ("01/02/2024 10:00", {"date": ["%d/%m/%Y"]}, "%d/%m/%Y"),
        ("01/02/2024 10:00", {"date": ["%d/%m/%Y %H:%M:%S"]}, "%d/%m/%Y %H:%M:%S"),
        ("01/02/2024 24:00", {"date": ["%d/%m/%Y %H:%M"]}, "%d/%m/%Y %H:%M"),
        ("01/02/2024 ", {"date": ["%d/%m/%Y %H:%M"]}, "%d/%m/%Y %H:%M"),
        ("01/02/2024", {"date": ["%d/%m/%Y %H:%M"]}, "%d/%m/%Y %H:%M"),
        ("32/02/2024 10:00", {"date": ["%d/%m/%Y %H:%M"]}, "%d/%m/%Y %H:%M"),
        ("41", {"date": ["year", "%d/%m/%Y"]}, "year or %d/%m/%Y"),
    ],
)
def test_dates_that_cannot(value: str, options: dict[str, Any], shown: str) -> None:
    result = mapped(DATE, ["", value], **options)
    assert plain(result) == [None, None]
    assert told(result) == [(f"the date cannot be read as {shown}", [1])]


def test_codes_become_words() -> None:
    result = mapped(TYPE, ["8N", "8L", "8N"], codes={"8N": "assault", "8L": "rape"})
    assert plain(result) == ["assault", "rape", "assault"]
    assert not result.findings


def test_without_codes_the_words_themselves_are_wanted() -> None:
    result = mapped(CHOICE, ["partner", "Partner", None])
    assert plain(result) == ["partner", None, None]
    assert told(result) == [("the code is not listed for 'relationship'", [1])]
    assert result.findings[0].mend.startswith("Did you mean 'partner'?")


def test_a_code_may_mean_unknown() -> None:
    result = mapped(CHOICE, ["9", "P"], codes={"9": "unknown", "P": "partner"})
    assert plain(result) == [None, "partner"]


def test_an_unlisted_code_is_told_by_the_listed_one_that_is_near() -> None:
    codes = {"STRANGLED": "assault", "8N": "rape"}
    result = mapped(TYPE, ["STRANGLD", "8n", "Quillfeather", "8N"], codes=codes)
    assert {finding.rows.tolist()[0]: finding.mend for finding in result.findings} == {
        0: "Did you mean 'STRANGLED'? List the code under 'codes' in configs/sources/x.yaml.",
        1: "Did you mean '8N'? List the code under 'codes' in configs/sources/x.yaml.",
        2: "List the code under 'codes' in configs/sources/x.yaml.",
    }


def test_thousands_of_unlisted_codes_are_told_in_no_time() -> None:
    result = mapped(TYPE, [f"free text {number}" for number in range(20_000)], codes={"A": "rape"})
    assert sum(len(finding.rows) for finding in result.findings) == 20_000


def test_otherwise_takes_what_is_not_listed_and_says_so() -> None:
    result = mapped(TYPE, ["8N", "x", "y"], codes={"8N": "assault"}, otherwise="rape")
    assert plain(result) == ["assault", "rape", "rape"]
    assert not result.findings
    assert result.notes == (
        "'C' holds codes in 2 rows that are not listed; 'otherwise' made them 'rape'",
    )


def test_yes_no_unknown_and_not_asked_stay_apart() -> None:
    assert plain(mapped(FLAG, ["Y", "N", "U", None], answers=YNU)) == [
        "yes",
        "no",
        "unknown",
        "unknown",
    ]
    assert plain(mapped(FLAG, ["Y", None], answers=YNU, blank="not_asked")) == ["yes", "not_asked"]
    assert plain(mapped(FLAG, ["Y", "NA"], answers=YNU, unknown=["NA"])) == ["yes", "unknown"]


@pytest.mark.parametrize(
    "values", [["yes", "no", "unknown", "not_asked"], [True, False, None], ["true", "false"]]
)
def test_answers_without_a_list_are_the_words(values: list[Any]) -> None:
    expected = ["yes", "no", "unknown", "not_asked"][: len(values)]
    result = mapped(FLAG, values)
    assert plain(result) == expected
    assert not result.findings


def test_an_answer_that_is_not_listed_is_rejected_and_not_no() -> None:
    result = mapped(FLAG, ["Y", "J"], answers=YNU)
    assert told(result) == [("the code is not listed for 'weapon'", [1])]
    assert "under 'answers'" in result.findings[0].mend


def test_numbers() -> None:
    result = mapped(NUMBER, ["14", "3.5", None, "1e1"], number=True)
    assert plain(result) == [14.0, 3.5, None, 10.0]
    assert not result.findings


@pytest.mark.parametrize("value", ["many", "1,000", "inf", "nan", "0x10", "1_0"])
def test_what_is_no_number(value: str) -> None:
    assert told(mapped(NUMBER, ["1", value])) == [("the cell is not a number", [1])]


def test_numbers_outside_their_bounds() -> None:
    result = mapped(NUMBER, ["-1", "0", "24", "25", None], minimum=0, maximum=24)
    assert told(result) == [
        ("the number is below the minimum of 0", [0]),
        ("the number is above the maximum of 24", [3]),
    ]


def test_numbers_by_code() -> None:
    grades = {"S": 1, "H": 3}
    strict = mapped(NUMBER, ["S", "H", "9"], codes=grades)
    assert plain(strict)[:2] == [1.0, 3.0]
    assert told(strict) == [("the code is not listed for 'ticks'", [2])]
    loose = mapped(NUMBER, ["S", "H", "9"], codes=grades, number=True)
    assert plain(loose) == [1.0, 3.0, 9.0]
    assert plain(mapped(NUMBER, ["S", None], codes=grades, blank=0)) == [1.0, 0.0]


def test_a_required_cell_may_not_be_blank() -> None:
    assert told(mapped(ID, ["a", " ", "b"])) == [("the cell is blank", [1])]
    assert told(mapped(TYPE, ["8N", None], codes={"8N": "rape"})) == [("the cell is blank", [1])]
    assert plain(mapped(TYPE, [None], codes={"8N": "rape"}, blank="assault")) == ["assault"]


def test_ids_are_texts_without_a_decimal_point() -> None:
    assert plain(mapped(ID, [100005, 2**40])) == ["100005", str(2**40)]
    assert plain(mapped(ID, [100005.0, 7.0])) == ["100005", "7"]
    floats = mapped(ID, ["100005.0", "7.0", "7.00"])
    assert plain(floats) == ["100005", "7", "7"]
    assert floats.notes == ("'C' holds ids with '.0' at their ends, which was taken off",)


def test_ids_that_only_look_like_floats_stand() -> None:
    assert plain(mapped(ID, ["12.0", "A7"])) == ["12.0", "A7"]
    assert plain(mapped(ID, ["007", "7"])) == ["007", "7"]


def test_ids_that_a_spreadsheet_rounded_are_rejected() -> None:
    result = mapped(ID, ["1.23457E+11", "5"])
    assert told(result) == [("the id is in scientific notation, so its last digits are lost", [0])]


def test_texts_stand() -> None:
    assert plain(mapped(TEXT, [" x ", None, "?"], unknown=["?"])) == ["x", None, None]


@pytest.mark.parametrize(
    ("canonical", "value", "expected"),
    [
        (FLAG, None, "not_asked"),
        (FLAG, "yes", "yes"),
        (NUMBER, None, None),
        (NUMBER, 3, 3.0),
        (DATE, None, None),
        (DATE, datetime.date(2024, 1, 2), "2024-01-02"),
        (CHOICE, None, None),
        (CHOICE, "unknown", None),
        (CHOICE, "partner", "partner"),
        (TEXT, "unknown", "unknown"),
    ],
)
def test_what_no_column_gives(canonical: CanonicalColumn, value: Any, expected: Any) -> None:
    assert plain(Mapped(filled(canonical, value, 2))) == [expected, expected]
