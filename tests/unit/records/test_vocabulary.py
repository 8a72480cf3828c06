"""The words of a workspace."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.records.builders import WORDS, words
from triage.errors import ConfigurationError
from triage.records import read_vocabulary


def written(folder: Path, text: str) -> Path:
    path = folder / "configs" / "vocabulary.yaml"
    path.parent.mkdir()
    path.write_text(text)
    return path


def test_harm_classes_stand_in_order_of_first_mention() -> None:
    assert words().harm_classes == ("assault", "rape")


def test_fields_of_events_are_those_that_every_event_has_and_those_of_the_file() -> None:
    fields = words().event_fields()
    assert fields["type"] == ["assault", "rape", "dash"]
    assert fields["harm_class"] == ("assault", "rape")
    assert fields["weapon"] == "answer"
    assert fields["ticks"] == "number"
    assert fields["relationship"] == ["partner", "family"]
    assert fields["address_id"] == "text"
    assert words().names_of_events() == {"victim_id": "victim", "address_id": "address"}


def test_what_is_for_audit_only_is_no_field() -> None:
    assert words().audit_only() == {"person.sex"}
    assert "person.sex" not in words().attribute_fields()
    assert words().attribute_fields(audit=True)["person.sex"] == ["female", "male"]
    assert words().attribute_fields()["person.age"] == "number"


def test_a_good_file_is_read(tmp_path: Path) -> None:
    assert read_vocabulary(written(tmp_path, WORDS), root=tmp_path) == words()


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "kind: assessment, meaning: DASH",
            "kind: assezzment, meaning: DASH",
            "Did you mean 'assess",
        ),
        ("weapon: a weapon", "ticks: a weapon", "'ticks' is declared twice"),
        ("address_id: address", "ticks: address", "'ticks' is declared twice"),
        ("address_id: address", "address-id: x", "the name 'address-id' must be of a-z, 0-9 and _"),
        ("weapon: a weapon", "victim_id: a weapon", "'victim_id' is declared twice or is one that"),
        ("weapon: a weapon", "Weapon: a weapon", "the name 'Weapon' must be of a-z, 0-9 and _"),
        ("values: [escalation, repeat], ", "", "a category lists its values"),
        ("meaning: ticks", "held_by: [polize], meaning: ticks", "'held_by' names 'polize', which"),
    ],
)
def test_a_contradiction_is_told_with_its_line(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    path = written(tmp_path, WORDS.replace(old, new))
    with pytest.raises(ConfigurationError, match=message) as told:
        read_vocabulary(path, root=tmp_path)
    assert str(told.value).startswith("configs/vocabulary.yaml, line ")


def test_all_problems_come_at_once_keys_and_words(tmp_path: Path) -> None:
    text = WORDS
    for old, new in (
        ("kind: assessment, meaning: DASH", "kind: assezzment, meaning: DASH"),
        ("weapon: a weapon", "Weapon: a weapon"),
        ("meaning: ticks", "meanig: ticks"),
        ("address_id: address", "address_id: 3"),
    ):
        assert old in text
        text = text.replace(old, new)
    with pytest.raises(ConfigurationError, match="configs/vocabulary") as caught:
        read_vocabulary(written(tmp_path, text), root=tmp_path)
    told = [str(problem) for problem in caught.value.problems]
    for words_told in ("'assezzment'", "'Weapon' must be", "meanig", "address_id'"):
        assert sum(words_told in one for one in told) == 1, told
    assert len(told) == 4, told
