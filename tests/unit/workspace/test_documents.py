"""Strict YAML: what is refused, on which line, and everything of a file at once."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Literal

import pydantic
import pytest

from triage.errors import ConfigurationError
from triage.workspace import Strict, line_of, read_document, read_documents


class Part(Strict):
    name: str
    days: int = pydantic.Field(default=1, ge=1)
    answer: Literal["yes", "no"] = "no"


class Book(Strict):
    title: str
    on: datetime.date | None = None
    pair: tuple[int, int] = (1, 2)
    parts: list[Part] = []
    named: dict[str, Part] = {}


def write(folder: Path, text: str | bytes, name: str = "book.yaml") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def problems(path: Path) -> list[str]:
    with pytest.raises(ConfigurationError, match=r"book\.yaml") as caught:
        read_document(path, Book, name="book.yaml")
    return [str(problem) for problem in caught.value.problems]


def test_a_document_is_read(tmp_path: Path) -> None:
    text = "title: A\non: 2025-03-04\nparts:\n- {name: x, answer: yes}\nnamed: {b: {name: on}}\n"
    book = read_document(write(tmp_path, text), Book)
    assert book.on == datetime.date(2025, 3, 4)
    assert book.parts == [Part(name="x", answer="yes")]
    assert book.named == {"b": Part(name="on")}


def test_yes_and_no_stay_words_and_true_and_false_do_not(tmp_path: Path) -> None:
    assert read_document(write(tmp_path, "title: yes"), Book).title == "yes"
    assert read_document(write(tmp_path, "title: 'true'"), Book).title == "true"
    (told,) = problems(write(tmp_path, "title: true"))
    assert "'title'" in told
    assert "string" in told


def test_a_word_or_a_date_may_stand_for_itself_elsewhere(tmp_path: Path) -> None:
    book = read_document(write(tmp_path, "title: &a A\nparts: [{name: *a}]\n"), Book)
    assert book.parts == [Part(name="A")]


def test_a_byte_order_mark_is_passed_over(tmp_path: Path) -> None:
    assert read_document(write(tmp_path, b"\xef\xbb\xbftitle: A"), Book).title == "A"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "must not be empty"),
        ("# only a comment\n", "must not be empty"),
        ("title: [A\n", "line 2: must be valid YAML"),
        ("title: A\n\tparts: []\n", "line 2: must be valid YAML"),
        ("title: A\n---\ntitle: B\n", "must be valid YAML"),
        ("title: \x00\n", "must be valid YAML"),
        ("title: \x1b[31m\n", "must be valid YAML"),
        (b"title: \xff\n", "must be UTF-8 text"),
        ("title: " + 2000 * "[" + 2000 * "]", "must be valid YAML"),
        ("title: !!python/object:os.system {}\n", "line 1: must be plain YAML without tags"),
        ("title: A\non: 2025-02-30\n", "line 2: must hold dates and numbers that exist"),
        ("title: A\ntitle: B\n", "line 2: each key must stand once"),
        ("title: A\nparts:\n- name: x\n  name: y\n", "line 4: each key must stand once"),
        ("title: A\n? [a, b]\n: c\n", "line 2: a key must be a plain word"),
        (
            "title: A\nparts: &all\n- *all\n",
            "line 3: a list or mapping must stand where it is used",
        ),
        ("title: *none\n", "line 1: must be valid YAML; got found undefined alias"),
        ("just a text\n", "line 1"),
        ("null\n", "line 1"),
        ("- title: A\n", "line 1"),
        ("parts: []\n", "the key 'title' must be given"),
        (
            "title: A\ntitlo: B\n",
            "line 2: 'titlo' is not a key that is known here. Did you mean 'title'?",
        ),
        ("title: A\nparts:\n- {name: x, dys: 3}\n", "line 3: 'parts.0.dys' .* Did you mean 'days'"),
        (
            "title: A\nnamed:\n  b: {naam: x, name: y}\n",
            "line 3: 'named.b.naam' .* Did you mean 'name'",
        ),
        ("title: A\nparts:\n- {name: x}\n- {name: y, days: 0}\n", "line 4: 'parts.1.days'.*got 0"),
        ("title: A\nparts:\n- {name: x, days: '3'}\n", "line 3: 'parts.0.days'.*got '3'"),
        ("title: A\nparts:\n- {name: x, answer: maybe}\n", "'parts.0.answer'.*got 'maybe'"),
        ("title: A\npair: [1]\n", "line 2"),
        ("title: A\nnamed: {1: {name: x}}\n", "line 2: 'named"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(
    tmp_path: Path, text: str | bytes, expected: str
) -> None:
    path = write(tmp_path, text)
    with pytest.raises(ConfigurationError, match=f"(?s)book\\.yaml.*{expected}"):
        read_document(path, Book, name="book.yaml")


def test_all_problems_of_a_file_come_at_once(tmp_path: Path) -> None:
    told = problems(
        write(tmp_path, "titlo: A\nparts:\n- {name: 3}\n- {days: 0, name: x}\non: tomorrow\n")
    )
    assert len(told) == 5
    assert all(problem.startswith("book.yaml, line ") for problem in told)


def test_aliases_that_multiply_are_refused_at_once(tmp_path: Path) -> None:
    lines = ["title: A", "parts:", "- &a0 {name: x}"]
    lines += [f"- &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 30)]
    told = problems(write(tmp_path, "\n".join(lines)))
    assert "a list or mapping must stand where it is used" in told[0]


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"book\.yaml: must exist; got no such file"):
        read_document(tmp_path / "none.yaml", Book, name="book.yaml")
    with pytest.raises(ConfigurationError, match="must be readable"):
        read_document(tmp_path, Book, name="book.yaml")


def test_a_document_cannot_be_changed(tmp_path: Path) -> None:
    book = read_document(write(tmp_path, "title: A"), Book)
    with pytest.raises(pydantic.ValidationError, match="frozen"):
        book.title = "B"  # type: ignore[misc]


def test_lines_of_values(tmp_path: Path) -> None:
    path = write(tmp_path, "title: A\nparts:\n- name: x\n  days: 2\n-\n  name: y\nnamed: {b: {}}\n")
    assert line_of(path, []) == 1
    assert line_of(path, ["parts", 0, "days"]) == 4
    assert line_of(path, ["parts", 1, "name"]) == 6
    assert line_of(path, ["parts", 0, "gone"]) == 3
    assert line_of(path, ["parts", 7]) == 2
    assert line_of(path, ["named", "b"]) == 7


def test_a_folder_of_documents_is_read_in_the_order_of_names(tmp_path: Path) -> None:
    for name in ("b.yaml", "a.yaml", "a.cases.yaml", "notes.txt"):
        write(tmp_path, f"title: {name}", name)
    read = read_documents(tmp_path, Book)
    assert [(name, book.title) for name, book in read.items()] == [
        ("a.yaml", "a.yaml"),
        ("b.yaml", "b.yaml"),
    ]


def test_all_problems_of_a_folder_come_at_once(tmp_path: Path) -> None:
    folder = tmp_path / "configs"
    folder.mkdir()
    write(folder, "title: 1", "a.yaml")
    write(folder, "title: A\nx: 1", "b.yaml")
    with pytest.raises(ConfigurationError, match=r"configs/a\.yaml") as caught:
        read_documents(folder, Book, root=tmp_path)
    assert [problem.where for problem in caught.value.problems] == [
        "configs/a.yaml, line 1",
        "configs/b.yaml, line 2",
    ]


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="none/: must be a folder of YAML files"):
        read_documents(tmp_path / "none", Book, root=tmp_path)


@pytest.mark.parametrize("name", ["a.yml", "a.YAML", "a.Yml"])
def test_a_file_that_would_be_passed_over_is_told(tmp_path: Path, name: str) -> None:
    write(tmp_path, "title: A", name)
    with pytest.raises(ConfigurationError, match=rf"{name}: .* must end in '\.yaml'"):
        read_documents(tmp_path, Book, root=tmp_path)


def test_what_an_editor_leaves_behind_is_passed_over(tmp_path: Path) -> None:
    for name in (".a.yaml.swp", ".#a.yaml", "a.yaml~"):
        write(tmp_path, "no: [", name)
    assert read_documents(tmp_path, Book) == {}
