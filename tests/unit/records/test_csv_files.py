"""CSV extracts: encodings, headers, quotes, lines, and rows that do not fit."""

from __future__ import annotations

from pathlib import Path

import pytest

from triage.errors import ExtractError
from triage.records import csv_files
from triage.records.cells import Extract
from triage.records.csv_files import read_csv_file
from triage.records.sources import Read


def read(folder: Path, data: bytes, *wanted: str, **options: str) -> Extract:
    path = folder / "x.csv"
    path.write_bytes(data)
    return read_csv_file(
        path,
        Read(csv="x.csv", **options),
        wanted or ("a", "b"),
        (),
        shown="data/x.csv",
        source_file="configs/sources/x.yaml",
    )


def values(extract: Extract, name: str) -> list[str | None]:
    cells = extract.cells[name]
    return [cells.texts[code].as_py() if code >= 0 else None for code in cells.codes.tolist()]


def refused(folder: Path, data: bytes, *wanted: str, **options: str) -> str:
    with pytest.raises(ExtractError, match=r"^data/x\.csv") as told:
        read(folder, data, *wanted, **options)
    return str(told.value)


@pytest.mark.parametrize(
    ("data", "options"),
    [
        (b"a,b\n1,\xc3\xa9\n", {}),
        (b"a,b\r\n1,\xc3\xa9\r\n", {}),
        (b"a,b\r1,\xc3\xa9\r", {}),
        (b"a,b\n1,\xc3\xa9", {}),
        (b"\xef\xbb\xbfa,b\n1,\xc3\xa9\n", {}),
        (b"\xef\xbb\xbfa,b\n1,\xc3\xa9\n", {"encoding": "cp1252"}),
        (b"a,b\n1,\xe9\n", {"encoding": "cp1252"}),
        (b"a,b\n1,\xc3\xa9\n", {"encoding": "UTF8"}),
        ("a,b\n1,é\n".encode("utf-16"), {"encoding": "utf-16"}),
        (b"a;b\n1;\xc3\xa9\n", {"delimiter": ";"}),
        (b"a\tb\n1\t\xc3\xa9\n", {"delimiter": "\t"}),
        (b"\n a ,b,c\n1, \xc3\xa9 ,x\n", {}),
        (b'"a","b"\n"1","\xc3\xa9"\n', {}),
    ],
)
def test_one_row_is_read_however_it_is_written(
    tmp_path: Path, data: bytes, options: dict[str, str]
) -> None:
    extract = read(tmp_path, data, **options)
    assert (values(extract, "a"), values(extract, "b")) == (["1"], ["é"])


def test_blank_cells_are_blank_and_the_rest_is_trimmed(tmp_path: Path) -> None:
    extract = read(tmp_path, b'a,b\n1,\n2,"  "\n3, x \n4,"x"\n')
    assert values(extract, "b") == [None, None, "x", "x"]
    assert len(extract.cells["b"].texts) == 1


def test_words_of_pandas_for_nothing_are_words(tmp_path: Path) -> None:
    assert values(read(tmp_path, b"a,b\nNA,null\n"), "b") == ["null"]


@pytest.mark.parametrize("stretch", [1, 2, 3, 5, 1 << 20])
def test_lines_are_physical_where_cells_hold_newlines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stretch: int
) -> None:
    """Also where the search begins anew, as it does once a stretch, within quotes or between."""
    monkeypatch.setattr(csv_files, "STRETCH", stretch)
    monkeypatch.delattr(csv_files, "_record_lines_by_reader")
    data = b'a,b\n1,"x\ny\n"\n\n2,"say ""a\r\n"""\n3,z\n'
    extract = read(tmp_path, data)
    assert extract.lines.tolist() == [2, 6, 8]
    assert values(extract, "b") == ["x\ny", 'say "a\r\n"', "z"]


def test_lines_count_a_header_of_several(tmp_path: Path) -> None:
    extract = read(tmp_path, b'\n"a\nbig",b\n1,2\n\n3,4\n', "a\nbig", "b")
    assert extract.lines.tolist() == [4, 6]


def test_rows_of_another_length_are_told_and_shift_nothing(tmp_path: Path) -> None:
    extract = read(tmp_path, b'a,b\n1,2\n3,4,5\n6,"7\n8"\n9\n\n10,11\n')
    assert extract.broken == [
        (3, "the row has more cells than the header"),
        (6, "the row has fewer cells than the header"),
    ]
    assert values(extract, "a") == ["1", "6", "10"]
    assert extract.lines.tolist() == [2, 4, 8]


def test_a_stray_quote_is_a_character(tmp_path: Path) -> None:
    extract = read(tmp_path, b'a,b\n1,a 5" pipe\n\n2,x\n')
    assert values(extract, "b") == ['a 5" pipe', "x"]
    assert extract.lines.tolist() == [2, 4]


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (b'a,b\n1,2\n3,"4\n5,6\n', 3),  # never closed
        (b'a,b\n1,"x\n2,"y"\n3,4\n', 2),  # closed by the next row's opening quote
        (b'a,b\n"1"x,2\n', 2),
    ],
)
def test_a_quote_that_may_swallow_rows_stops_the_file(
    tmp_path: Path, data: bytes, line: int
) -> None:
    told = refused(tmp_path, data)
    assert told.startswith(f"data/x.csv, line {line}: must have its quotes in order")


def test_a_very_long_cell_is_read(tmp_path: Path) -> None:
    extract = read(tmp_path, b'a,b\n"' + b"x" * 200_000 + b'",5" pipe\n')
    assert len(extract.cells["a"].texts[0].as_py()) == 200_000


@pytest.mark.parametrize("data", [b"", b"\n\n", b"  \n"])
def test_an_empty_file_is_refused(tmp_path: Path, data: bytes) -> None:
    assert "must hold a header and rows; got an empty file" in refused(tmp_path, data)


@pytest.mark.parametrize("data", [b"a,b", b"a,b\n", b"a,b\n\n \n"])
def test_a_header_without_rows_is_refused(tmp_path: Path, data: bytes) -> None:
    assert "must hold rows; got a header without rows" in refused(tmp_path, data)


def test_a_wrong_encoding_is_told_with_line_and_byte(tmp_path: Path) -> None:
    told = refused(tmp_path, b"a,b\n1,2\n3,\xe9\n")
    assert told.startswith("data/x.csv, line 3, byte 3: must be text in the encoding utf-8")
    assert "Set 'encoding: cp1252' under 'read'" in told


def test_an_unnamed_utf_16_file_is_recognised(tmp_path: Path) -> None:
    assert "got a utf-16 byte-order mark. Set 'encoding: utf-16'" in refused(
        tmp_path, "a,b\n1,2\n".encode("utf-16")
    )


def test_a_likely_wrong_encoding_is_a_warning(tmp_path: Path) -> None:
    extract = read(tmp_path, "a,b\n1,é\n".encode(), encoding="cp1252")
    (warning,) = extract.warnings
    assert read(tmp_path, b"a,b\n1,e\n", encoding="cp1252").warnings == ()
    assert read(tmp_path, b"a,b\n1,\xe9\n", encoding="cp1252").warnings == ()
    assert "is read as cp1252, but all of it is valid UTF-8 too" in warning


def test_missing_columns_are_shown_as_a_diff(tmp_path: Path) -> None:
    told = refused(tmp_path, b"a,CRIME_NO,c\n1,2,3\n", "a", "CRIME_REF", "z")
    assert "got -CRIME_REF -z +CRIME_NO +c. 'CRIME_REF': Did you mean 'CRIME_NO'?" in told
    assert "configs/sources/x.yaml" in told


def test_a_first_line_that_may_be_a_record_is_not_shown(tmp_path: Path) -> None:
    told = refused(tmp_path, b"Quillfeather,Jo\nx,y\n")
    assert "2 column(s), none of them called so" in told
    assert "Quillfeather" not in told


def test_a_wrong_delimiter_is_guessed(tmp_path: Path) -> None:
    assert "has a semicolon in it: set 'delimiter'" in refused(tmp_path, b"a;b\n1;2\n")


def test_two_columns_of_one_name_are_refused(tmp_path: Path) -> None:
    assert "'a' stands 2 times" in refused(tmp_path, b"a,b,a\n1,2,3\n")


def test_nameless_columns_may_be_many(tmp_path: Path) -> None:
    assert values(read(tmp_path, b"a,b,,\n1,2,,\n"), "b") == ["2"]


def test_a_first_line_of_nothing_is_no_header(tmp_path: Path) -> None:
    assert "must begin with a header" in refused(tmp_path, b" ,\n1,2\n")


def test_one_other_column_is_no_matter_of_delimiters(tmp_path: Path) -> None:
    assert "Check that this is the right extract" in refused(tmp_path, b"c\n1\n")


def test_a_row_that_no_memory_would_hold_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_files, "BLOCK_BYTES", 64)
    assert "must be a CSV file" in refused(tmp_path, b"a,b\n1,2\n3," + b"x" * 999 + b"\n")
