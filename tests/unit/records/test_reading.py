"""From extracts to case histories, with every row accounted for."""

from __future__ import annotations

import datetime
import hashlib
from pathlib import Path

import pyarrow as pa
import pytest

from tests.unit.records.builders import EVENTS, PEOPLE, REFERRALS, Desk, column, faults
from triage.conditions import Answer
from triage.errors import ConfigurationError, ExtractError
from triage.records import SourceCheck

MARKER = "Quillfeather"


def day(text: str) -> datetime.date:
    return datetime.date.fromisoformat(text)


def source_check(desk: Desk, name: str) -> SourceCheck:
    return next(check for check in desk.read().report.sources if check.source == name)


def test_a_whole_workspace(tmp_path: Path) -> None:
    desk = Desk.at(tmp_path)
    desk.events(
        "REF,WHO,DATE,CODE,KNOWN,WEAPON,VICTIM,TICKS,UPRN\n"
        "e2,p1,2024-01-02,A,2024-01-05,Y,v1,,0071.0\n"
        "e1,p2,2024-01-01,D,,,,14,\n",
        source=EVENTS
        + "  known_on: KNOWN\n"
        + "  weapon: {column: WEAPON, answers: {Y: yes, N: no}}\n"
        + "  victim_id: VICTIM\n"
        + "  address_id: UPRN\n"
        + "  ticks: {column: TICKS, number: true}\n"
        + "known_lag_days: 2\n",
    )
    desk.source("referrals", REFERRALS + "defaults: {route: repeat}\n")
    desk.extract("referrals.csv", "REF,WHO,DATE\nr1,p2,2024-02-01\n")
    checked = desk.read()
    histories = checked.histories
    assert column(histories.people, "person_id") == ["p1", "p2", "p3"]
    assert column(histories.events, "event_id") == ["e1", "e2"]
    assert column(histories.events, "known_on") == [day("2024-01-03"), day("2024-01-05")]
    assert column(histories.events, "kind") == ["assessment", "incident"]
    assert column(histories.events, "harm_class") == [None, "assault"]
    assert column(histories.events, "weapon") == [Answer.UNKNOWN, Answer.YES]
    assert column(histories.events, "children_present") == [Answer.NOT_ASKED] * 2
    assert column(histories.events, "address_id") == [None, "0071"]
    assert column(histories.events, "source") == ["events", "events"]
    assert column(histories.referrals, "route") == ["repeat"]
    assert not len(checked.rejects)
    assert checked.rejects.dtypes.astype(str).to_dict()["line"] == "int64"
    report = checked.report
    assert (report.people, report.events, report.referrals, report.rejected) == (3, 2, 1, 0)
    assert [(s.source, s.read, s.accepted, s.known_by_lag) for s in report.sources] == [
        ("events", 2, 2, 1),
        ("people", 3, 3, 0),
        ("referrals", 1, 1, 0),
    ]
    content = (tmp_path / "data" / "events.csv").read_bytes()
    assert checked.inputs["data/events.csv"] == hashlib.sha256(content).hexdigest()


def test_a_person_without_events_stands(tmp_path: Path) -> None:
    histories = Desk.at(tmp_path).read().histories
    assert histories.people.num_rows == 3
    assert histories.events.num_rows == histories.referrals.num_rows == 0


def test_every_fault_of_a_row_is_told(tmp_path: Path) -> None:
    desk = Desk.at(tmp_path).events("REF,WHO,DATE,CODE\ne1,p9,2024-13-01,X\ne2,p1,2024-01-01,A\n")
    checked = desk.read()
    assert faults(checked) == [
        ("events", 2, "CODE", "the code is not listed for 'type'"),
        ("events", 2, "DATE", "the date cannot be read as 2024-03-31"),
        ("events", 2, "WHO", "the person is not in any people source"),
    ]
    assert checked.rejects["record_id"].tolist() == ["e1"] * 3
    assert checked.rejects["file"].tolist() == ["data/events.csv"] * 3
    check = source_check(desk, "events")
    assert (check.read, check.accepted, check.rejected) == (2, 1, 1)
    assert [fault.rows for fault in check.faults] == [1, 1, 1]


@pytest.mark.parametrize(
    ("row", "where", "reason"),
    [
        ("e2,p1,,A,,", "DATE", "the cell is blank"),
        (",p1,2024-01-01,A,,", "REF", "the cell is blank"),
        ("e2,,2024-01-01,A,,", "WHO", "the cell is blank"),
        ("e2,p1,2024-01-01,,,", "CODE", "the cell is blank"),
        ("e1,p1,2024-01-01,A,,", "REF", "the id stands in the extract already"),
        ("e2,p1,2024-06-02,A,,", "DATE", "the date is in the future"),
        ("e2,p1,2024-05-01,A,2024-06-02,", "KNOWN", "the date is in the future"),
        ("e2,p2,1900-01-01,A,,", "DATE", "the date is more than 120 years ago"),
        ("e2,p1,1980-05-16,A,,", "DATE", "the date is before the person's birth"),
        ("e2,p1,2024-01-02,A,2024-01-01,", "KNOWN", "the event was known before it happened"),
        ("e2,p1,2024-01-02,A,,2024-01-01", "END", "the event was over before it happened"),
        ("e2,p9,2024-01-01,A,,", "WHO", "the person is not in any people source"),
        ("e2,p1,2024-01-01,A,", "", "the row has fewer cells than the header"),
        ("e2,p1,2024-01-01,A,,,", "", "the row has more cells than the header"),
    ],
)
def test_what_is_wrong_with_an_event(tmp_path: Path, row: str, where: str, reason: str) -> None:
    desk = Desk.at(tmp_path).events(
        f"REF,WHO,DATE,CODE,KNOWN,END\ne1,p1,2024-01-01,A,,2025-01-01\n{row}\n",
        source=EVENTS + "  known_on: KNOWN\n  ended_on: END\n",
    )
    checked = desk.read()
    assert faults(checked) == [("events", 3, where, reason)]
    assert column(checked.histories.events, "event_id") == ["e1"]
    assert checked.rejects["mend"].str.len().min() > 10


@pytest.mark.parametrize(
    "row",
    [
        "e2,p1,2024-06-01,A,2024-06-01,2030-01-01",  # today, and an end to come
        "e2,p1,1980-05-17,A,1980-05-17,1980-05-17",  # all on the day of birth
        "e2,p2,1950-01-01,A,,",  # nobody knows when the person was born
    ],
)
def test_what_only_just_can_be(tmp_path: Path, row: str) -> None:
    desk = Desk.at(tmp_path).events(
        f"REF,WHO,DATE,CODE,KNOWN,END\n{row}\n",
        source=EVENTS + "  known_on: KNOWN\n  ended_on: END\n",
    )
    assert faults(desk.read()) == []


def test_a_repeated_id_names_the_line_of_the_first(tmp_path: Path) -> None:
    desk = Desk.at(tmp_path).events(
        'REF,WHO,DATE,CODE,NOTE\ne1,p1,2024-01-01,A,"two\nlines"\n\n'
        "e2,p1,2024-01-01,A,\ne1,p2,2024-01-09,R,\ne1,p2,2024-01-09,R,\n"
    )
    checked = desk.read()
    assert checked.rejects["line"].tolist() == [6, 7]
    assert (
        checked.rejects["mend"].tolist()
        == [
            "Line 2 has it first; take one of the two out. "
            "A correction or a withdrawal has a known date of its own."
        ]
        * 2
    )
    assert column(checked.histories.events, "person_id") == ["p1", "p1"]


VERSIONS = EVENTS + "  known_on: KNOWN\n  withdrawn: {column: STATUS, answers: {W: yes, L: no}}\n"
VERSIONS_HEADER = "REF,WHO,DATE,CODE,KNOWN,STATUS\n"


def test_rows_of_one_id_and_different_known_dates_are_versions(tmp_path: Path) -> None:
    desk = Desk.at(tmp_path).events(
        VERSIONS_HEADER + "e2,p1,2024-01-02,A,2024-01-03,\n"
        "e1,p2,2024-01-01,R,2024-03-01,W\n"
        "e1,p1,2024-01-01,A,2024-01-05,L\n"
        "e1,p2,2024-01-04,R,2024-02-01,\n",
        source=VERSIONS,
    )
    checked = desk.read()
    assert faults(checked) == []
    events = checked.histories.events
    assert column(events, "event_id") == ["e1", "e1", "e1", "e2"]
    assert column(events, "person_id") == ["p1", "p2", "p2", "p1"]
    assert column(events, "known_on") == [
        day("2024-01-05"),
        day("2024-02-01"),
        day("2024-03-01"),
        day("2024-01-03"),
    ]
    assert column(events, "withdrawn") == [False, False, True, False]
    assert source_check(desk, "events").notes == (
        "2 row(s) tell again of an event that another row tells of, with a later known date: "
        "1 correct it and 1 withdraw it",
    )


def test_what_is_no_version_is_a_repeated_id(tmp_path: Path) -> None:
    desk = Desk.at(
        tmp_path
    ).events(
        VERSIONS_HEADER + "e1,p1,2024-01-01,A,2024-01-05,\n"
        "e1,p1,2024-01-01,A,2024-02-01,\n"
        "e1,p1,2024-01-01,A,2024-02-01,\n"  # the very same row
        "e1,p1,2024-01-09,R,2024-02-01,W\n"  # a conflict: which of the two was known then?
        "e1,p1,2024-01-09,R,,\n"  # when was it corrected?
        "e2,p1,2024-01-09,R,,\n"
        "e2,p1,2024-01-09,R,2024-02-01,\n",
        source=VERSIONS + "known_lag_days: 3\n",
    )
    checked = desk.read()
    assert checked.rejects["line"].tolist() == [4, 5, 6, 8]
    told = [mend.split()[1] for mend in checked.rejects["mend"]]
    assert told == ["3", "3", "2", "7"]
    assert column(checked.histories.events, "event_id") == ["e1", "e1", "e2"]


def test_people_and_referrals_have_no_versions(tmp_path: Path) -> None:
    desk = Desk.at(tmp_path).source("referrals", REFERRALS)
    desk.extract("referrals.csv", "REF,WHO,DATE\nr1,p1,2024-01-01\nr1,p1,2024-01-02\n")
    assert faults(desk.read()) == [("referrals", 3, "REF", "the id stands in the extract already")]


def test_without_a_lag_an_event_may_never_be_known(tmp_path: Path) -> None:
    desk = Desk.at(tmp_path).events("REF,WHO,DATE,CODE\ne1,p1,2024-01-01,A\n")
    checked = desk.read()
    assert column(checked.histories.events, "known_on") == [None]
    assert source_check(desk, "events").never_known == 1


def test_a_lag_may_reach_past_today(tmp_path: Path) -> None:
    desk = Desk.at(tmp_path).events(
        "REF,WHO,DATE,CODE\ne1,p1,2024-05-31,A\n", source=EVENTS + "known_lag_days: 30\n"
    )
    checked = desk.read()
    assert column(checked.histories.events, "known_on") == [day("2024-06-30")]
    assert source_check(desk, "events").known_by_lag == 1


def test_rows_that_are_not_for_a_source_are_counted_and_not_looked_at(tmp_path: Path) -> None:
    text = (
        "REF,WHO,DATE,CODE,STATE\n"
        "e1,p1,2024-01-01,A,live\n"
        "e1,p9,never,?,dead\n"
        "e3,p2,2024-01-03,R,\n"
    )
    desk = Desk.at(tmp_path).events(text, source=EVENTS + "where: {STATE: live}\n")
    check = source_check(desk, "events")
    assert (check.read, check.accepted, check.rejected, check.not_for_this_source) == (3, 1, 0, 2)
    desk.events(text, source=EVENTS + "where: {STATE: [gone]}\n")
    assert source_check(desk, "events").notes == ("no row is for this source; check 'where'",)


def test_the_agency_may_be_told_row_by_row(tmp_path: Path) -> None:
    desk = Desk.at(tmp_path).events(
        "REF,WHO,DATE,CODE,BY\ne1,p1,2024-01-01,A,NHS\ne2,p1,2024-01-01,A,\n",
        source=EVENTS + "  agency: {column: BY, codes: {NHS: health}}\n",
    )
    assert column(desk.read().histories.events, "agency") == ["health", "police"]


def test_a_mapped_harm_class_stands_in_place_of_the_types(tmp_path: Path) -> None:
    desk = Desk.at(tmp_path).events(
        "REF,WHO,DATE,CODE,HARM\ne1,p1,2024-01-01,A,rape\ne2,p1,2024-01-01,A,\ne3,p1,2024-01-01,D,\n",
        source=EVENTS + "  harm_class: HARM\n",
    )
    assert column(desk.read().histories.events, "harm_class") == ["rape", "assault", None]


def test_people_are_joined_column_by_column_and_disagreements_told(tmp_path: Path) -> None:
    desk = Desk.at(tmp_path)
    both = (
        "  sex: {column: SEX, codes: {F: female, M: male}}\n"
        "  deaf: {column: DEAF, answers: {Y: yes, N: no}}\n"
    )
    desk.source(
        "people",
        PEOPLE.replace(
            "{person_id: ID, birth_date: BORN}", "\n  person_id: ID\n  birth_date: BORN\n" + both
        ),
    )
    desk.extract("people.csv", "ID,BORN,SEX,DEAF\np2,,F,\np1,1980-05-17,,N\n")
    desk.source(
        "people_2",
        (tmp_path / "configs/sources/people.yaml")
        .read_text()
        .replace("people.csv", "more.csv")
        .replace("police", "health"),
    )
    desk.extract("more.csv", "ID,BORN,SEX,DEAF\np4,,,\np1,1980-05-18,M,Y\np2,1975-01-01,F,Y\n")
    checked = desk.read()
    people = checked.histories.people
    assert column(people, "person_id") == ["p1", "p2", "p4"]
    assert column(people, "birth_date") == [day("1980-05-17"), day("1975-01-01"), None]
    assert column(people, "sex") == ["male", "female", None]
    assert column(people, "deaf") == [Answer.NO, Answer.YES, Answer.UNKNOWN]
    assert column(people, "height") == [None] * 3
    assert checked.report.warnings == (
        "'birth_date' of 1 person(s) differs in the source 'people_2' from an earlier one, whose "
        "value is kept",
        "'deaf' of 1 person(s) differs in the source 'people_2' from an earlier one, whose value "
        "is kept",
    )


def test_a_question_that_no_source_of_people_asks_is_not_asked(tmp_path: Path) -> None:
    desk = Desk.at(tmp_path)
    desk.source("people_2", PEOPLE)
    assert column(desk.read().histories.people, "deaf") == [Answer.NOT_ASKED] * 3


def test_rows_of_a_rejected_person_say_so(tmp_path: Path) -> None:
    desk = Desk.at(tmp_path).extract("people.csv", "ID,BORN\np1,2025-01-01\np2,\n")
    desk.events("REF,WHO,DATE,CODE\ne1,p1,2024-01-01,A\ne2,p2,2024-01-01,A\n")
    assert faults(desk.read()) == [
        ("events", 2, "WHO", "the person's own row was rejected"),
        ("people", 2, "BORN", "the date is in the future"),
    ]


def test_a_fact_of_a_person_may_not_be_before_the_birth(tmp_path: Path) -> None:
    desk = Desk.at(tmp_path)
    desk.source("people", PEOPLE.replace("birth_date: BORN", "birth_date: BORN, deceased_on: DIED"))
    desk.extract("people.csv", "ID,BORN,DIED\np1,1980-05-17,1980-05-16\np2,,1970-01-01\n")
    assert faults(desk.read()) == [("people", 2, "DIED", "the date is before the person's birth")]


def test_referrals_of_unknown_persons_and_of_two_sources(tmp_path: Path) -> None:
    desk = Desk.at(tmp_path)
    desk.source("ask_a", REFERRALS).source("ask_b", REFERRALS.replace("referrals.csv", "b.csv"))
    desk.extract(
        "referrals.csv", "REF,WHO,DATE\nr9,p2,2024-02-01\nr1,p1,1980-01-01\nr2,p7,2024-02-01\n"
    )
    desk.extract("b.csv", "REF,WHO,DATE\nr9,p2,2024-02-01\nr0,p2,2024-02-01\n")
    checked = desk.read()
    assert faults(checked) == [
        ("ask_a", 3, "DATE", "the date is before the person's birth"),
        ("ask_a", 4, "WHO", "the person is not in any people source"),
        ("ask_b", 2, "REF", "the id stands in another source already"),
    ]
    assert checked.rejects["mend"].iloc[2] == "The source 'ask_a' has it; take one of the two out."
    assert column(checked.histories.referrals, "referral_id") == ["r0", "r9"]


def test_rejected_referrals_stay_in_sight(tmp_path: Path) -> None:
    desk = Desk.at(tmp_path).source("ask", REFERRALS)
    desk.extract(
        "referrals.csv", "REF,WHO,DATE\nr1,p1,2024-02-01\nr2,p7,2024-02-01\n,p1,soon\nr4,p1\n"
    )
    checked = desk.read()
    assert [(one.referral_id, one.made_on) for one in checked.rejected_referrals] == [
        ("r2", day("2024-02-01")),
        ("data/referrals.csv, line 4", None),
        ("data/referrals.csv, line 5", None),
    ]
    assert checked.rejected_referrals[1].reasons == (
        "'REF': the cell is blank",
        "'DATE': the date cannot be read as 2024-03-31",
    )


def test_two_sources_may_share_an_extract(tmp_path: Path) -> None:
    text = REFERRALS.replace("columns:", "where: {KIND: KIND}\ncolumns:")
    desk = Desk.at(tmp_path)
    desk.source("ask_a", text.replace("{KIND: KIND}", "{KIND: a}"))
    desk.source("ask_b", text.replace("{KIND: KIND}", "{KIND: b}"))
    desk.extract("referrals.csv", "REF,WHO,DATE,KIND\nr1,p1,2024-02-01,a\nr2,p1,2024-02-01,b\n")
    checked = desk.read()
    assert faults(checked) == []
    assert column(checked.histories.referrals, "referral_id") == ["r1", "r2"]


def test_event_ids_may_repeat_between_sources(tmp_path: Path) -> None:
    desk = Desk.at(tmp_path).events("REF,WHO,DATE,CODE\n1,p1,2024-01-01,A\n")
    desk.source("another", EVENTS)
    histories = desk.read().histories
    assert column(histories.events, "source") == ["another", "events"]


def test_parquet_brings_its_types(tmp_path: Path) -> None:
    people = pa.table({"ID": pa.array([2**40, 7]), "BORN": pa.array([1941.0, None])})
    events = pa.table(
        {
            "REF": pa.array([10, 9]),
            "WHO": pa.array([2.0**40, 7.0]),
            "DATE": pa.array([day("2024-01-02"), day("2024-01-01")]).cast(pa.timestamp("ns")),
            "CODE": pa.array(["A", "D"]).dictionary_encode(),
            "WEAPON": pa.array([True, None]),
        }
    )
    desk = Desk.at(tmp_path)
    desk.source(
        "people",
        PEOPLE.replace("csv: data/people.csv", "parquet: data/p.parquet").replace(
            "birth_date: BORN", "birth_date: {column: BORN, date: year}"
        ),
    )
    desk.source(
        "events",
        EVENTS.replace("csv: data/events.csv", "parquet: data/e.parquet") + "  weapon: WEAPON\n",
    )
    desk.extract("p.parquet", people).extract("e.parquet", events)
    histories = desk.read().histories
    assert column(histories.people, "person_id") == [str(2**40), "7"]
    assert column(histories.people, "birth_date") == [day("1941-07-01"), None]
    assert column(histories.events, "event_id") == ["10", "9"]
    assert column(histories.events, "person_id") == [str(2**40), "7"]
    assert column(histories.events, "happened_on") == [day("2024-01-02"), day("2024-01-01")]
    assert column(histories.events, "weapon") == [Answer.YES, Answer.UNKNOWN]


def test_a_reject_of_a_parquet_file_is_told_by_the_row(tmp_path: Path) -> None:
    desk = Desk.at(tmp_path).extract("p.parquet", pa.table({"ID": ["a", None]}))
    desk.source(
        "people",
        PEOPLE.replace("csv: data/people.csv", "parquet: data/p.parquet").replace(
            ", birth_date: BORN", ""
        ),
    )
    checked = desk.read()
    assert faults(checked) == [("people", 2, "ID", "the cell is blank")]
    assert checked.rejects["record_id"].tolist() == [""]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "data/p.parquet: must be a Parquet file; got an empty file"),
        (b"PAR1 and then nothing", "data/p.parquet: must be a whole Parquet file"),
        (pa.table({"ID": [], "BORN": []}), "data/p.parquet: must hold rows"),
        (pa.table({"ID": ["a"], "x": [1]}), "got -BORN +x"),
    ],
)
def test_bad_parquet_files(tmp_path: Path, content: bytes | pa.Table, told: str) -> None:
    desk = Desk.at(tmp_path).extract("p.parquet", content)
    desk.source("people", PEOPLE.replace("csv: data/people.csv", "parquet: data/p.parquet"))
    with pytest.raises(ExtractError, match=r"data/p\.parquet") as error:
        desk.read()
    assert told in str(error.value)


def test_a_parquet_file_cut_short_is_refused(tmp_path: Path) -> None:
    desk = Desk.at(tmp_path).extract("p.parquet", pa.table({"ID": [f"p{n}" for n in range(999)]}))
    desk.source("people", PEOPLE.replace("csv: data/people.csv", "parquet: data/p.parquet"))
    whole = (tmp_path / "data" / "p.parquet").read_bytes()
    desk.extract("p.parquet", whole[: len(whole) // 2])
    with pytest.raises(ExtractError, match="must be a whole Parquet file"):
        desk.read()


def test_the_problems_of_all_extracts_come_at_once(tmp_path: Path) -> None:
    desk = Desk.at(tmp_path).source("events", EVENTS).extract("people.csv", "")
    desk.source("referrals", REFERRALS).extract("referrals.csv", "REF,WHO\n1,2\n")
    with pytest.raises(
        ExtractError, match=r"data/events\.csv: must be a file that can be read"
    ) as e:
        desk.read()
    assert [problem.where for problem in e.value.problems] == [
        "data/events.csv",
        "data/people.csv",
        "data/referrals.csv",
    ]


def test_a_path_may_come_from_the_environment(tmp_path: Path) -> None:
    desk = Desk.at(tmp_path)
    desk.source(
        "people", PEOPLE.replace("csv: data/people.csv", 'csv: "${PLACE:-data}/people.csv"')
    )
    assert desk.read().report.people == 3
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "data" / "people.csv").rename(tmp_path / "elsewhere" / "people.csv")
    checked = desk.read(environment={"PLACE": str(tmp_path / "elsewhere")})
    assert checked.report.people == 3
    assert list(checked.inputs) == ["${PLACE:-data}/people.csv"]
    desk.source("people", PEOPLE.replace("csv: data/people.csv", 'csv: "${PLACE}/people.csv"'))
    with pytest.raises(ConfigurationError, match="names the environment variable PLACE"):
        desk.read()


def test_no_cell_is_ever_told(tmp_path: Path) -> None:
    """Plant a name in every cell that is no id, in every way that is wrong, and look for it."""
    desk = Desk.at(tmp_path).events(
        "REF,WHO,DATE,CODE,TICKS,WEAPON\n"
        f"e1,p1,{MARKER},{MARKER},{MARKER},{MARKER}\n"
        f"e2,p1,2024-01-01,A,1,Y,{MARKER}\n",
        source=EVENTS
        + "  ticks: TICKS\n  weapon: {column: WEAPON, answers: {Quillfeathers: yes}}\n",
    )
    checked = desk.read()
    assert len(checked.rejects) == 5
    shown = checked.rejects.replace("'Quillfeathers'", "", regex=True).to_csv()
    assert MARKER not in shown + str(checked.report)
    desk.events(f"{MARKER},x\n{MARKER},y\n")
    with pytest.raises(ExtractError, match="none of them called so") as told:
        desk.read()
    assert MARKER not in str(told.value)
