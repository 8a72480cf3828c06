"""Strict YAML: what is refused, on which line, and everything of a file at once."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pydantic
import pytest

from triage.errors import ConfigurationError, Problem
from triage.workspace import (
    Strict,
    UnreadError,
    as_far_as_read,
    gather_document,
    line_of,
    nothing_of,
    read_document,
    read_documents,
    words_of,
)


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
    assert [problem.partition(":")[0] for problem in told] == [
        f"book.yaml, line {line}" for line in (1, 3, 4, 5)
    ]


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


class Checked(Strict):
    first: int
    last: int = 9
    words: str | Part = "x"
    choice: int | Literal["ever"] = 1

    @pydantic.model_validator(mode="after")
    def _in_order(self) -> Checked:
        if self.first > self.last:
            raise ValueError("first must not be above last")
        return self


class Shelf(Strict):
    title: str
    checked: list[Checked] = []
    by_name: dict[str, Checked] = {}


def gathered(folder: Path, text: str) -> tuple[Shelf, list[str]]:
    shelf, found = gather_document(write(folder, text, "shelf.yaml"), Shelf, name="shelf.yaml")
    return shelf, [str(problem) for problem in found]


def test_what_can_be_read_is_gathered_and_the_rest_is_told(tmp_path: Path) -> None:
    shelf, told = gathered(
        tmp_path,
        "title: A\n"
        "checked:\n"
        "- {first: 1, last: 2}\n"
        "- {first: one, last: 2, more: 3}\n"
        "- {first: 3, last: 2}\n"
        "- just words\n"
        "by_name:\n"
        "  a: {first: 1, last: 2026-02-31}\n",
    )
    assert [line.partition(":")[0] for line in told] == [
        f"shelf.yaml, line {line}" for line in (4, 4, 5, 6, 8)
    ]
    assert shelf.title == "A"
    assert shelf.checked[0] == Checked(first=1, last=2)
    assert (shelf.checked[1].unread, shelf.checked[1].last) == ({"first"}, 2)
    assert (shelf.checked[2].first, shelf.checked[2].last) == (3, 2)
    assert shelf.checked[3].unread == set(Checked.model_fields)
    assert (shelf.by_name["a"].unread, shelf.by_name["a"].first) == ({"last"}, 1)
    with pytest.raises(UnreadError, match="first"):
        _ = shelf.checked[1].first


def test_one_mistake_is_one_problem(tmp_path: Path) -> None:
    """Not two for a misspelt key, nor one for each choice, nor one for what a mistake brings on."""
    shelf, told = gathered(
        tmp_path,
        "title: A\n"
        "checked:\n"
        "- {firstt: 1}\n"
        "- {first: 1, choice: always}\n"
        "- {first: 1, words: {name: 3}}\n"
        "- {first: 2026-02-31}\n",
    )
    assert told == [
        "shelf.yaml, line 3: 'checked.0.firstt' is not a key that is known here. "
        "Did you mean 'first'?",
        "shelf.yaml, line 4: 'checked.1.choice': Input should be a valid integer or 'ever'; "
        "got 'always'.",
        "shelf.yaml, line 5: 'checked.2.words.name': Input should be a valid string; got 3.",
        "shelf.yaml, line 6: must hold dates and numbers that exist; got '2026-02-31'.",
    ]
    assert shelf.checked[0].unread == {"first"}


def test_a_key_that_stands_twice_hides_nothing(tmp_path: Path) -> None:
    _, told = gathered(tmp_path, "title: A\ntitle: 3\nchecked: [{first: 1, lst: 2}]\n")
    assert [line.partition(":")[0] for line in told] == [
        f"shelf.yaml, line {line}" for line in (2, 2, 3)
    ]


@pytest.mark.parametrize("text", ["a: [", "- !!python/name:os.system x", "{1: 2}", ""])
def test_nothing_is_left_of_what_is_no_document(tmp_path: Path, text: str) -> None:
    shelf, told = gathered(tmp_path, text)
    assert told
    assert "title" in shelf.unread


def test_a_check_ends_where_it_asks_for_what_could_not_be_read() -> None:
    @as_far_as_read
    def check(part: Part) -> Iterator[str]:
        yield "always"
        yield part.name

    assert [*check(Part(name="a"))] == ["always", "a"]
    assert [*check(nothing_of(Part))] == ["always"]


def test_names_in_a_broken_file_may_be_what_others_name(tmp_path: Path) -> None:
    write(tmp_path, "parts:\n- name: first_part  # of two\n  days: [90, 365]\n  [\n")
    found = words_of([Problem("book.yaml, line 4", "must be YAML")], tmp_path)
    assert {"first_part", "days", "90", "365"} <= found
    assert not words_of([Problem("none.yaml", "must exist")], tmp_path)


def test_json_is_read_as_before() -> None:
    """A date is a text there, and a model in a model is looked at once."""
    book = Book.model_validate_json('{"title": "A", "on": "2026-01-01", "parts": [{"name": "x"}]}')
    assert (book.on, book.parts) == (datetime.date(2026, 1, 1), [Part(name="x")])
    with pytest.raises(pydantic.ValidationError, match="2 validation errors"):
        Book.model_validate_json('{"title": 3, "parts": [{"name": 3}]}')
