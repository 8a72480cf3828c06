"""Extracts of every shape: no row is lost, lines are right, and order does not matter."""

from __future__ import annotations

import csv
import io
import random
import tempfile
from pathlib import Path

import hypothesis.strategies as st
from hypothesis import given, settings

from tests.unit.records.builders import EVENTS, Desk
from triage.records.csv_files import read_csv_file
from triage.records.sources import Read

CELLS = st.text(alphabet='ab ,"\n\r;é', max_size=6)
ROWS = st.lists(st.lists(CELLS, min_size=1, max_size=4), min_size=1, max_size=8)
FEWER = settings(max_examples=settings.default.max_examples // 4)
"""For properties that read a whole workspace in each example."""

ENDS = st.sampled_from(["\n", "\r\n"])


@given(ROWS, ENDS, st.booleans(), st.sampled_from(",;"))
def test_a_written_file_is_read_back_with_its_lines(
    rows: list[list[str]], end: str, all_quoted: bool, delimiter: str
) -> None:
    """The slow reader of the standard library says what must come out."""
    text = io.StringIO()
    quoting = csv.QUOTE_ALL if all_quoted else csv.QUOTE_MINIMAL
    writer = csv.writer(text, lineterminator=end, quoting=quoting, delimiter=delimiter)
    writer.writerows([["x", "y"], ["begin", "1"], *rows])
    whole, broken = [], []
    reader = csv.reader(io.StringIO(text.getvalue(), newline=""), delimiter=delimiter)
    line = next(reader) and reader.line_num + 1
    for row in reader:
        if len(row) == 2:
            whole.append((line, *(cell.strip() or None for cell in row)))
        elif row:
            broken.append(line)
        line = reader.line_num + 1
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.csv"
        path.write_bytes(text.getvalue().encode())
        extract = read_csv_file(
            path, Read(csv="x", delimiter=delimiter), ["x", "y"], (), shown="x", source_file="y"
        )
    columns = [
        [cells.texts[code].as_py() if code >= 0 else None for code in cells.codes.tolist()]
        for cells in extract.cells.values()
    ]
    assert list(zip(extract.lines.tolist(), *columns, strict=True)) == whole
    assert [line for line, _ in extract.broken] == broken


EVENT_ROWS = st.lists(
    st.tuples(
        st.sampled_from(["e1", "e2", "e3", "e4", "e5", "e6", ""]),
        st.sampled_from(["p1", "p2", "p3", "p9", ""]),
        st.sampled_from(["2024-01-01", "2024-05-01", "1970-01-01", "2025-01-01", "soon", ""]),
        st.sampled_from(["A", "R", "D", "X", ""]),
        st.sampled_from(["", "2024-02-01", "2024-07-01"]),
    ),
    min_size=1,
    max_size=12,
)


def extract_of(rows: list[tuple[str, ...]]) -> str:
    return "".join(",".join(row) + "\n" for row in [("REF", "WHO", "DATE", "CODE", "KNOWN"), *rows])


@FEWER
@given(EVENT_ROWS)
def test_every_row_is_accepted_or_rejected_with_a_reason(rows: list[tuple[str, ...]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        desk = Desk.at(Path(folder)).events(extract_of(rows), source=EVENTS + "  known_on: KNOWN\n")
        checked = desk.read()
    (check,) = (source for source in checked.report.sources if source.source == "events")
    assert check.read == len(rows) == check.accepted + check.rejected
    assert checked.histories.events.num_rows == check.accepted
    assert set(checked.rejects["line"]) <= set(range(2, len(rows) + 2))
    assert checked.rejects["line"].nunique() == check.rejected
    assert sum(fault.rows for fault in check.faults) == len(checked.rejects)


@FEWER
@given(EVENT_ROWS, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(
    rows: list[tuple[str, ...]], shuffler: random.Random
) -> None:
    single = list({row[0]: row for row in rows}.values())
    shuffled = shuffler.sample(single, len(single))
    tables = []
    for order in (single, shuffled):
        with tempfile.TemporaryDirectory() as folder:
            tables.append(Desk.at(Path(folder)).events(extract_of(order)).read().histories.events)
    assert tables[0].equals(tables[1])
