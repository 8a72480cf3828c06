"""Features that are kept in a workspace between one command and the next."""

from __future__ import annotations

import datetime
import os
from pathlib import Path

import pytest

from triage.workflows import load_project, make_list, read_accepted
from triage.workflows import making as making_room
from triage.workflows.making import feature_maker
from triage.workflows.questions import ask_of_open
from triage.workflows.training import past_examples

TODAY = datetime.date(2026, 11, 1)
AS_OF = datetime.date(2026, 1, 1)


class Told:
    """Remembers each stage."""

    def __init__(self) -> None:
        self.stages: list[str] = []

    def stage(self, text: str, total: int = 1) -> None:
        self.stages.append(text)

    def advance(self, done: int = 1) -> None:
        assert done > 0

    @property
    def kept(self) -> list[str]:
        return [text for text in self.stages if "kept from before" in text]


def features(workspace: Path, *, keep: bool = True) -> tuple[bytes, list[str]]:
    """Return the features of a date, and what is told of those kept."""
    told, project = Told(), load_project(workspace)
    histories = read_accepted(project, today=TODAY, progress=told).histories
    make = feature_maker(project, told, keep=keep)
    return ask_of_open(project, histories, AS_OF, make).matrix.values.tobytes("F"), told.kept


def test_features_are_kept_until_what_they_depend_on_is_different(workspace: Path) -> None:
    made, (first,) = features(workspace)
    n = int(first.split(" of ")[1].split()[0])
    assert f"Making features: 0 of {n} kept from before; {n} made, " in first
    all_kept = [f"Making features: {n} of {n} kept from before"]

    for path in (workspace / "data").rglob("*"):
        os.utime(path, (0, 0))
    assert features(workspace) == (made, all_kept), "the times of files are not asked"

    source = workspace / "configs" / "sources" / "housing.yaml"
    text = source.read_text()
    assert "housing.csv" in text
    source.write_text(text.replace("housing.csv", "other.csv"))
    (workspace / "data" / "housing.csv").rename(workspace / "data" / "other.csv")
    assert features(workspace) == (made, all_kept), "nor their names"

    assert features(workspace, keep=False) == (made, [])

    for path in (workspace / "cache" / "features").iterdir():
        path.write_bytes(path.read_bytes()[:-1])
    assert features(workspace) == (made, [first]), "what is damaged is made again"
    assert features(workspace) == (made, all_kept)


def test_training_uses_all_features_again(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = load_project(workspace)
    histories = read_accepted(project, today=TODAY, progress=Told()).histories
    anew, until = past_examples(project, histories)
    kept = []
    for version in ("one", "one", "another"):
        monkeypatch.setattr(making_room, "code_digest", lambda version=version: version)
        told = Told()
        make = feature_maker(project, told, keep=True)
        examples, also_until = past_examples(project, histories, make)
        kept += told.kept
        assert also_until == until
        assert examples.matrix.features == anew.matrix.features
        assert examples.matrix.values.tobytes("F") == anew.matrix.values.tobytes("F")
    assert [" 0 of " in line for line in kept] == [True, False, True], "each version has its own"
    assert ";" not in kept[1]
    assert (workspace / "cache" / ".gitignore").read_text() == "*\n"


def test_a_list_is_the_same_with_kept_features_and_without(ranked: Path) -> None:
    told = Told()
    now = datetime.datetime(2026, 11, 1, tzinfo=datetime.UTC)
    made = [
        make_list(
            load_project(ranked),
            as_of=AS_OF,
            today=TODAY,
            now=now,
            progress=told,
            keep_features=keep,
        ).list_id
        for keep in (True, True, False)
    ]
    assert len(set(made)) == 1
    assert len(told.kept) == 2
