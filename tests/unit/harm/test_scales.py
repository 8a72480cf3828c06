"""Harm scales: days by class, and what a scale may not be."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from triage.conditions import Categories
from triage.errors import ConfigurationError
from triage.harm import read_scales
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
