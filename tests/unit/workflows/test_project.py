"""What a workspace says, read once and held against itself."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from triage.errors import ConfigurationError
from triage.workflows.project import code_version, config_hashes, load_project
from triage.workspace import Workspace, file_told, write_workspace

CHICAGO = Path(__file__).resolve().parents[2] / "workspaces" / "chicago"


def shipped(folder: Path) -> Path:
    return write_workspace(folder / "panel").root


def spoil(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_the_shipped_workspace_and_the_test_workspace_are_whole(tmp_path: Path) -> None:
    project = load_project(shipped(tmp_path))
    assert project.scale.name == project.panel.harm_scale == "cambridge"
    assert project.features
    assert project.policy.rules
    assert load_project(CHICAGO).panel.cohort.where == {"route": "annual"}


def test_every_file_is_asked_before_anything_is_said(tmp_path: Path) -> None:
    root = shipped(tmp_path)
    spoil(root / "configs/panel.yaml", "capacity:", "capasity:")
    spoil(root / "configs/outcome.yaml", "primary: ", "primary: no_such_")
    spoil(root / "configs/sources/housing.yaml", "agency: housing", "agency: houses")
    spoil(root / "models/elastic_net.yaml", "features: all", "features: [no_such]")
    with pytest.raises(ConfigurationError, match="capasity") as caught:
        load_project(root)
    files = {problem.where.partition(",")[0] for problem in caught.value.problems}
    assert files == {
        "configs/panel.yaml",
        "configs/outcome.yaml",
        "configs/sources/housing.yaml",
        "models/elastic_net.yaml",
    }


def test_what_hangs_on_a_broken_file_waits_for_it(tmp_path: Path) -> None:
    root = shipped(tmp_path)
    spoil(root / "configs/vocabulary.yaml", "kinds:", "kindz:")
    spoil(root / "configs/panel.yaml", "capacity: 16", "capacity: -1")
    with pytest.raises(ConfigurationError, match="kindz") as caught:
        load_project(root)
    files = {problem.where.partition(",")[0] for problem in caught.value.problems}
    assert files == {"configs/panel.yaml", "configs/vocabulary.yaml"}
    assert "must be whole before anybody can tell" in str(caught.value)


def test_what_needs_no_word_of_a_broken_vocabulary_is_told_with_it(tmp_path: Path) -> None:
    root = shipped(tmp_path)
    spoil(root / "configs/vocabulary.yaml", "kinds:", "kindz:")
    spoil(root / "configs/harm/ons.yaml", "days: ", "days: -")
    spoil(root / "pipelines/violence.yaml", "windows: [90, ", "windows: [900, ")
    spoil(root / "pipelines/violence.yaml", "{weapon: yes}", "{weaponn: yes}")
    spoil(root / "configs/rules/marks.yaml", "author:", "authr:")
    spoil(root / "models/rfg.yaml", "incidents_730d", "incidnts_730d")
    with pytest.raises(ConfigurationError, match="kindz") as caught:
        load_project(root)
    told = [file_told(problem) for problem in caught.value.problems]
    assert told == [
        "configs/vocabulary.yaml",
        "configs/vocabulary.yaml",
        "configs/harm/ons.yaml",
        "pipelines/violence.yaml",
        "configs/rules/marks.yaml",
        "models/rfg.yaml",
    ]


@pytest.mark.parametrize("file", ["violence", "incidents", "assessments"])
@pytest.mark.parametrize("old", ["title: ", "features:\n", "  - name: "])
def test_what_a_broken_pipeline_may_make_is_asked_of_nobody(
    file: str, old: str, tmp_path: Path
) -> None:
    """Many rules and models name its features; none of them is wrong."""
    root = shipped(tmp_path)
    spoil(root / f"pipelines/{file}.yaml", old, f"] {old}")
    spoil(root / "models/rfg.yaml", "victims_1095d", "victims_1059d")
    with pytest.raises(ConfigurationError, match="must be valid YAML") as caught:
        load_project(root)
    told = [file_told(problem) for problem in caught.value.problems]
    assert told == [f"pipelines/{file}.yaml", "models/rfg.yaml"]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("harm_scale: cambridge", "harm_scale: cambridgee", "Did you mean 'cambridge'"),
        ("rows_set_aside: {}", "rows_set_aside: {helth: 3}", "Did you mean 'health'"),
        ("as_of: monthly", "as_of: monthly\n  where: {rout: repeat}", "Did you mean 'route'"),
        ("[order_active, ", "[order_activ, ", "Did you mean 'order_active'"),
        ("as_of: monthly", "as_of: monthly\n  where: {route: repeats}", "Did you mean 'repeat'"),
        ("attempted_murder, rape]", "attempted_murder, rap]", "group 1 names 'rap'.*'rape'"),
        ("kinds: [incident]", "kinds: [incidents]", "Did you mean 'incident'"),
    ],
)
def test_the_panel_names_what_other_files_say(
    old: str, new: str, words: str, tmp_path: Path
) -> None:
    root = shipped(tmp_path)
    spoil(root / "configs/panel.yaml", old, new)
    with pytest.raises(ConfigurationError, match=words) as caught:
        load_project(root)
    assert [problem.where for problem in caught.value.problems] == [
        next(p.where for p in caught.value.problems if p.where.startswith("configs/panel.yaml, l"))
    ]


def test_whoever_is_asked_about_is_not_chosen_by_a_protected_characteristic(tmp_path: Path) -> None:
    root = Path(shutil.copytree(CHICAGO, tmp_path / "chicago"))
    spoil(root / "configs/vocabulary.yaml", "yearly review}", "yearly review, audit_only: true}")
    with pytest.raises(ConfigurationError, match="not for audit only, and 'route' is none"):
        load_project(root)


def test_a_list_depends_on_what_decides_it_and_on_nothing_else(tmp_path: Path) -> None:
    workspace = Workspace.at(shipped(tmp_path))
    before = config_hashes(workspace)
    assert {"configs/panel.yaml", "configs/rules/lethality.yaml"} <= set(before)
    assert not any(path.startswith("models/") or ".cases." in path for path in before)
    spoil(workspace.models / "elastic_net.yaml", "features: all", "features: [no_such]")
    assert config_hashes(workspace) == before
    spoil(workspace.configs / "panel.yaml", "capacity: 16", "capacity: 15")
    after = config_hashes(workspace)
    assert [path for path in before if after[path] != before[path]] == ["configs/panel.yaml"]


def test_the_code_has_one_version_until_it_changes() -> None:
    version, _, digest = code_version().partition("+")
    assert version.count(".") == 2
    assert len(digest) == 8
    assert code_version() == code_version()
