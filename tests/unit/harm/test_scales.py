"""Harm scales: days by class, and what a scale may not be."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from triage.conditions import Categories
from triage.errors import ConfigurationError
from triage.harm import gather_scales, read_scales
from triage.records import Vocabulary

VOCABULARY = Vocabulary.model_validate(
    {
        "agencies": {"police": "Police"},
        "kinds": {"incident": "incident"},
        "types": {
            "rape": {"kind": "incident", "meaning": "rape", "harm_class": "rape"},
            "stalking": {"kind": "incident", "meaning": "stalking", "harm_class": "stalking"},
        },
    }
)
HEAD = "name: mild\ntitle: Mild\nsource: invented\nin_force_from: 2024-01-01\nclasses:\n"
RAPE = "  rape: {days: 2555, note: invented}\n"
STALKING = "  stalking: {days: 10.5, note: invented, verified: false}\n"


def write(folder: Path, text: str, name: str = "mild.yaml") -> Path:
    folder.mkdir()
    (folder / name).write_text(text)
    return folder


def test_events_have_the_days_of_their_class_and_none_without_one(tmp_path: Path) -> None:
    scale = read_scales(write(tmp_path / "harm", HEAD + RAPE + STALKING), VOCABULARY)["mild"]
    events = Categories(np.asarray([1, -1, 0], dtype=np.int32), ["rape", "stalking"])
    assert scale.harm_days(events).tolist() == [10.5, 0.0, 2555.0]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (HEAD + RAPE, "must give the days of the harm class 'stalking'"),
        (HEAD + RAPE + STALKING + "  stalkin: {days: 1, note: x}\n", "Did you mean 'stalking'?"),
        (HEAD + STALKING + "  rape: {days: .nan, note: x}\n", "must be a finite number"),
        (HEAD + STALKING + "  rape: {days: -1, note: x}\n", "not below 0"),
        (HEAD + STALKING + "  rape: {days: .inf, note: x}\n", "must be a finite number"),
        (HEAD.replace("mild", "wild") + RAPE + STALKING, "a scale is named as its file"),
    ],
)
def test_what_is_no_scale_is_refused(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words.replace("?", r"\?")):
        read_scales(write(tmp_path / "harm", text), VOCABULARY)


def test_all_problems_of_all_scales_come_at_once_each_on_its_line(tmp_path: Path) -> None:
    """A misspelt class is one problem: that it is missing follows from it."""
    folder = write(tmp_path / "harm", HEAD + RAPE + "  stalkin: {days: .nan, note: x}\n")
    (folder / "wild.yaml").write_text(HEAD + "  rape: {days: -1, note: x, more: 1}\n")
    (folder / "torn.yaml").write_text("name: [")
    scales, problems = gather_scales(folder, VOCABULARY, root=tmp_path)
    assert [*scales] == ["mild", "torn", "wild"]
    assert sorted(str(problem).partition(" (")[0][:64] for problem in problems) == [
        "harm/mild.yaml, line 7: 'classes.stalkin.days': days of harm mus",
        "harm/mild.yaml, line 7: the harm class 'stalkin' is one that no ",
        "harm/torn.yaml, line 1: must be valid YAML; got expected the nod",
        "harm/wild.yaml, line 1: a scale is named as its file, 'wild', no",
        "harm/wild.yaml, line 5: must give the days of the harm class 'st",
        "harm/wild.yaml, line 6: 'classes.rape.days': days of harm must b",
        "harm/wild.yaml, line 6: 'classes.rape.more' is not a key that is",
    ]
