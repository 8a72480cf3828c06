"""Reading pipelines: what is refused, and in which words."""

from __future__ import annotations

from pathlib import Path

import pytest

from triage.errors import ConfigurationError
from triage.features import read_pipelines
from triage.records import Vocabulary

VOCABULARY = Vocabulary.model_validate(
    {
        "agencies": {"police": "Police"},
        "kinds": {"incident": "incident"},
        "types": {"assault": {"kind": "incident", "meaning": "assault"}},
        "events": {
            "flags": {"weapon": "a weapon"},
            "numbers": {"ticks": {"meaning": "ticks"}},
            "names": {"address_id": "address"},
        },
        "people": {
            "attributes": {
                "ethnicity": {
                    "kind": "category",
                    "values": ["a", "b"],
                    "meaning": "ethnicity",
                    "audit_only": True,
                }
            }
        },
        "referrals": {
            "attributes": {
                "route": {"kind": "category", "values": ["new", "repeat"], "meaning": "route"}
            }
        },
    }
)


def entry(**changes: str) -> str:
    lines = {
        "name": "incidents",
        "measure": "count",
        "where": "{kind: incident}",
        "windows": "[90, ever]",
        "meaning": '"{value} {incident|incidents} {window}"',
        "unit": "incidents",
        "direction": "raises",
        "missing": "none on record",
    } | changes
    body = "\n    ".join(f"{key}: {value}" for key, value in lines.items() if value)
    return f"  - {body}\n"


def write(folder: Path, *entries: str, name: str = "theme.yaml") -> Path:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text("title: Theme\nfeatures:\n" + "".join(entries))
    return folder


def refused(folder: Path) -> str:
    with pytest.raises(ConfigurationError, match="pipelines/theme") as caught:
        read_pipelines(folder, VOCABULARY, root=folder.parent)
    return str(caught.value)


def test_a_definition_makes_a_feature_for_each_window(tmp_path: Path) -> None:
    features = read_pipelines(write(tmp_path / "pipelines", entry()), VOCABULARY)
    assert [feature.name for feature in features] == ["incidents_90d", "incidents_ever"]
    assert [feature.window_days for feature in features] == [90, None]
    assert features[0].describe(2.0) == "2 incidents in the last 3 months"
    assert features[1].describe(1.0) == "1 incident on record"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"measure": "median"}, "line 4: 'features.0.measure': Input should be 'count'"),
        ({"where": "{kind: incidnt}"}, "against 'incidnt', which is not one of its values. Did"),
        (
            {"where": "{weaponn: 'yes'}"},
            "tests 'weaponn', which configs/vocabulary.yaml does not list",
        ),
        ({"where": "{weapon: maybe}"}, "an answer is one of yes, no, unknown, not_asked"),
        ({"where": "{weapon: true}"}, "must be a word, a number or a date"),
        ({"windows": "[365, 90]"}, "windows must rise"),
        ({"windows": "[ever, 90]"}, "windows must rise"),
        ({"windows": "[90, 90]"}, "windows must rise"),
        ({"windows": "[0]"}, "greater than or equal to 1"),
        ({"direction": "up"}, "Input should be 'raises', 'lowers' or 'none'"),
        ({"meaning": '"{value} incidents"'}, "the meaning must say its {window}"),
        ({"meaning": '"{number} {window}"'}, "not {number}"),
        ({"measure": "sum"}, "the measure 'sum' must say what it is 'of'"),
        ({"of": "ticks"}, "the measure 'count' takes no 'of'"),
        ({"measure": "sum", "of": "weapon"}, "measures 'weapon', which is not a number"),
        ({"measure": "sum", "of": "tick"}, "'tick', which does not exist. Did you mean 'ticks'?"),
        ({"measure": "distinct", "of": "ticks"}, "only a name can be counted so"),
        ({"measure": "repeats", "of": "agency"}, "only a name can be counted so"),
        (
            {"linked_by": "agency"},
            "linked by 'agency', but only names link people (victim_id, a",
        ),
        ({"linked_by": "adress_id"}, "address_id). Did you mean 'address_id'?"),
        (
            {"measure": "attribute", "of": "person.age", "linked_by": "victim_id", "windows": ""}
            | {"where": ""},
            "an attribute is not one of events and takes no 'linked_by'",
        ),
        ({"measure": "active"}, "the measure 'active' has no windows"),
        ({"measure": "rate_ratio", "windows": ""}, "needs recent_days, and earlier_days above it"),
        ({"recent_days": "30"}, "only a rate_ratio has recent_days"),
        ({"windws": "[90]"}, "Did you mean 'windows'?"),
        ({"missing": ""}, "the key 'features.0.missing' must be given"),
        (
            {"measure": "attribute", "of": "person.ethnicity", "windows": "", "where": ""},
            "is of 'person.ethnicity', which is for audit only",
        ),
        (
            {"measure": "attribute", "of": "referral.route", "windows": "", "where": ""},
            "'equals' is given for a category",
        ),
        (
            {
                "measure": "attribute",
                "of": "referral.route",
                "equals": "repeet",
                "windows": "",
                "where": "",
            },
            "Did you mean 'repeat'?",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_place(
    tmp_path: Path, changes: dict[str, str], words: str
) -> None:
    assert words in refused(write(tmp_path / "pipelines", entry(**changes)))


def test_a_feature_may_be_of_linked_people(tmp_path: Path) -> None:
    folder = write(tmp_path / "pipelines", entry(linked_by="address_id"))
    assert {one.linked_by for one in read_pipelines(folder, VOCABULARY)} == {"address_id"}


def test_two_features_of_one_name_are_refused(tmp_path: Path) -> None:
    message = refused(write(tmp_path / "pipelines", entry(), entry(windows="[ever]")))
    assert "line 11: a feature's name must be its own: 'incidents_ever'" in message


def test_all_problems_of_all_files_come_at_once(tmp_path: Path) -> None:
    folder = write(tmp_path / "pipelines", entry(measure="median"), entry(direction="up"))
    write(folder, entry(windows="[2, 1]"), name="theme_two.yaml")
    message = refused(folder)
    assert all(words in message for words in ("theme.yaml", "theme_two.yaml", "median", "up"))


def test_among_narrows_every_feature_of_its_file(tmp_path: Path) -> None:
    folder = write(tmp_path / "pipelines", entry(where="{weapon: 'yes'}"))
    path = folder / "theme.yaml"
    path.write_text("among: {kind: incident}\n" + path.read_text())
    (feature, _) = read_pipelines(folder, VOCABULARY)
    assert str(feature.where) == "(kind is incident and weapon is yes)"


def test_an_empty_folder_of_pipelines_is_refused(tmp_path: Path) -> None:
    (tmp_path / "pipelines").mkdir()
    with pytest.raises(ConfigurationError, match="must define at least one feature"):
        read_pipelines(tmp_path / "pipelines", VOCABULARY)


@pytest.mark.parametrize("name", ["referral_id", "person_id", "as_of", "base", "score"])
def test_a_feature_is_not_called_like_a_column_beside_it(tmp_path: Path, name: str) -> None:
    words = {"name": name, "windows": "", "meaning": '"{value} incidents"'}
    told = refused(write(tmp_path / "pipelines", entry(), entry(**words)))
    assert f"got '{name}'" in told
    assert "a feature's name must not be that of a column" in told
    assert told.count("line ") == 1
