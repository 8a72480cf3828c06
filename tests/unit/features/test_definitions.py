"""Reading pipelines: what is refused, and in which words."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from triage.errors import ConfigurationError
from triage.features import gather_pipelines, read_pipelines
from triage.features.definitions import Measure
from triage.records import Vocabulary

VOCABULARY = Vocabulary.model_validate(
    {
        "agencies": {"police": "Police"},
        "kinds": {"incident": "incident", "contact": "contact"},
        "types": {
            "assault": {"kind": "incident", "meaning": "assault", "harm_class": "assault"},
            "threat": {"kind": "incident", "meaning": "threat", "harm_class": "threat"},
            "session": {"kind": "contact", "meaning": "a session attended"},
        },
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
        (
            {"measure": "median"},
            "line 4: feature 'incidents' has the measure 'median', which is none of count, sum,",
        ),
        ({"measure": "cuont"}, "Did you mean 'count'?"),
        ({"direction": "up"}, "line 9: 'features.0.direction': Input should be 'raises',"),
        ({"where": "{kind: incidnt}"}, "against 'incidnt', which is not one of its values. Did"),
        (
            {"where": "{weaponn: 'yes'}"},
            "tests 'weaponn', which configs/vocabulary.yaml does not list",
        ),
        ({"where": "{weapon: maybe}"}, "an answer is one of yes, no, unknown, not_asked"),
        ({"where": "{weapon: true}"}, "must be a word, a number or a date"),
        ({"windows": "[365, 90]"}, "line 6: feature 'incidents' has windows that must rise"),
        ({"windows": "[ever, 90]"}, "windows that must rise, each once, with 'ever' last"),
        ({"windows": "[90, 90]"}, "windows that must rise"),
        ({"windows": "[90, ever, ever]"}, "windows that must rise"),
        ({"windows": "[0]"}, "greater than or equal to 1"),
        ({"direction": "up"}, "Input should be 'raises', 'lowers' or 'none'"),
        ({"meaning": '"{value} incidents"'}, "has a meaning that must say its {window}"),
        ({"meaning": '"{value} in {days} days {window}"'}, "says its {days}, but the measure has"),
        ({"meaning": '"{number} {window}"'}, "not {number}"),
        ({"measure": "sum"}, "line 4: feature 'incidents' needs 'of' for the measure 'sum'"),
        ({"of": "ticks"}, "has 'of', which the measure 'count' does not take"),
        ({"measure": "sum", "of": "weapon"}, "measures 'weapon', which is not a number"),
        ({"measure": "sum", "of": "tick"}, "'tick', which does not exist. Did you mean 'ticks'?"),
        ({"measure": "distinct", "of": "ticks"}, "only a name can be counted so"),
        ({"measure": "repeats", "of": "agency"}, "only a name can be counted so"),
        (
            {"linked_by": "agency"},
            "linked by 'agency', but only names link people (victim_id, a",
        ),
        ({"linked_by": "adress_id"}, "each_other). Did you mean 'address_id'?"),
        (
            {"measure": "attribute", "of": "person.age", "linked_by": "victim_id", "windows": ""}
            | {"where": ""},
            "has 'linked_by', which the measure 'attribute' does not take",
        ),
        ({"measure": "active"}, "has 'windows', which the measure 'active' does not take"),
        ({"measure": "rate_ratio", "windows": ""}, "needs 'recent_days' for the measure 'rate_rat"),
        (
            {"measure": "mean_ratio", "of": "ticks", "recent_days": "90", "earlier_days": "90"},
            "must have earlier_days above its recent_days",
        ),
        ({"recent_days": "30"}, "has 'recent_days', which the measure 'count' does not take"),
        ({"measure": "streak"}, "needs 'period_days' for the measure 'streak'"),
        ({"measure": "streak", "period_days": "30"}, "has 'windows', which the measure 'streak'"),
        ({"measure": "streak", "period_days": "0"}, "greater than or equal to 1"),
        ({"measure": "median_gap", "of": "ticks"}, "has 'of', which the measure 'median_gap'"),
        ({"measure": "reached", "of": "ticks"}, "needs 'at_least' for the measure 'reached'"),
        ({"measure": "reached", "of": "victim_id", "at_least": "2.0"}, "which is not a number"),
        ({"measure": "reached", "of": "ticks", "at_least": ".nan"}, "must be a finite number"),
        ({"measure": "maximum", "of": "ticks", "when_none": ".inf"}, "must be a finite number"),
        ({"measure": "new", "of": "victim_id", "windows": ""}, "needs 'windows' for the measure"),
        ({"measure": "new", "of": "victim_id"}, "before 'ever' is nothing"),
        ({"measure": "most_repeated", "of": "weapon"}, "only a name can be counted so"),
        ({"measure": "serial", "of": "victim_id", "at_least": "1.0"}, "whole and not below 2"),
        ({"measure": "serial", "of": "victim_id", "at_least": "2.5"}, "whole and not below 2"),
        ({"measure": "near", "near": "{kind: incident}"}, "needs 'within_days' for the measure"),
        ({"measure": "near", "within_days": "7"}, "needs 'near' for the measure 'near'"),
        (
            {"measure": "near", "near": "{kindd: incident}", "within_days": "7"},
            "tests 'kindd', which configs/vocabulary.yaml does not list. Did you mean 'kind'?",
        ),
        (
            {"measure": "near", "after": "{kind: incident}", "within_days": "7"},
            "has 'after', which the measure 'near' does not take",
        ),
        (
            {"measure": "after", "after": "{kind: incident}", "within_days": "0"},
            "so that must be above 0",
        ),
        (
            {
                "measure": "after",
                "after": "{kind: incident}",
                "within_days": "9",
                "at_least": "0.0",
            },
            "whole and not below 1",
        ),
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
    """What no YAML may be, what no definition may be, and what no vocabulary has, in one go."""
    folder = write(
        tmp_path / "pipelines",
        entry(measure="median"),
        entry(direction="up"),
        entry(name="b", windws="[90]"),
        entry(name="c", windows="[2, 1]", where="{weaponn: 'yes'}", of="ticks"),
        entry(name="d"),
        entry(name="d", direction="lowers"),
    )
    write(folder, entry(name="e", where="{kind: incidnt}"), name="theme_two.yaml")
    (folder / "theme_three.yaml").write_text("titlee: Theme\nfeatures: []\n")
    message = refused(folder)
    for words in (
        "theme.yaml, line 4: feature 'incidents' has the measure 'median'",
        "theme.yaml, line 17: 'features.1.direction'",
        "theme.yaml, line 27: 'features.2.windws' is not a key",
        "theme.yaml, line 30: feature 'c' tests 'weaponn'",
        "theme.yaml, line 31: feature 'c' has windows",
        "theme.yaml, line 36: feature 'c' has 'of'",
        "theme.yaml, line 45: a feature's name must be its own: 'd_90d'",
        "theme.yaml, line 51: feature 'd' cannot have the direction 'lowers'",
        "theme_two.yaml, line 5: feature 'e' tests 'kind' against 'incidnt'",
        "theme_three.yaml, line 1: 'titlee' is not a key",
    ):
        assert words in message, message


HARM_OF = {
    "sum": "harm_days",
    "maximum": "harm_days",
    "latest": "harm_days",
    "change": "harm_days",
    "mean_ratio": "harm_days",
    "reached": "harm_days",
    "distinct": "victim_id",
    "repeats": "victim_id",
    "new": "victim_id",
    "most_repeated": "victim_id",
    "serial": "victim_id",
}
MORE = {
    "rate_ratio": {"recent_days": "30", "earlier_days": "90"},
    "mean_ratio": {"recent_days": "30", "earlier_days": "90"},
    "streak": {"period_days": "30"},
    "reached": {"at_least": "10.0"},
    "near": {"near": "{weapon: 'yes'}", "within_days": "7"},
    "after": {"after": "{weapon: 'yes'}", "within_days": "7"},
}
NO_WINDOWS = ("active", "days_until_end", "rate_ratio", "mean_ratio", "streak")


def measured(measure: str, direction: str, **changes: str) -> str:
    """Return an entry of a measure, of harm where it is of a number."""
    windows = "" if measure in NO_WINDOWS else "[90]"
    more = {"of": HARM_OF.get(measure, ""), **MORE.get(measure, {}), "windows": windows}
    meaning = '"{value} {window}"'
    given = {"measure": measure, "direction": direction, "meaning": meaning, **more, **changes}
    return entry(**given)


FALLING = {"days_since_last", "shortest_gap", "median_gap"}
OF_EVENTS = sorted(set(get_args(Measure)) - {"attribute"})


@pytest.mark.parametrize("measure", OF_EVENTS)
def test_a_direction_in_which_more_harm_lowers_a_score_is_refused(
    tmp_path: Path, measure: str
) -> None:
    """Law 6: of harm, each measure has a way that is impossible, and it alone is refused."""
    right, wrong = ("lowers", "raises") if measure in FALLING else ("raises", "lowers")
    for direction in (right, "none"):
        folder = write(tmp_path / direction, measured(measure, direction))
        assert read_pipelines(folder, VOCABULARY)[0].direction == direction
    message = refused(write(tmp_path / "pipelines", measured(measure, wrong)))
    line = 8 + (measure not in NO_WINDOWS)
    assert f"line {line}: feature 'incidents' cannot have the direction '{wrong}'" in message
    assert f"more harm may never lower a score (law 6). Use '{right}' or 'none'." in message


@pytest.mark.parametrize(
    "where",
    [
        "{kind: contact}",
        "{agency: police}",
        "{not: {type: assault}}",
        "{any: [{kind: incident}, {kind: contact}]}",
        "{field: type, operator: is_not, value: assault}",
    ],
)
def test_what_may_protect_may_go_either_way(tmp_path: Path, where: str) -> None:
    """A session attended may lower a score, and the days since it may raise one."""
    for measure, direction in (("count", "lowers"), ("days_since_last", "raises")):
        folder = write(tmp_path / measure, measured(measure, direction, where=where))
        assert read_pipelines(folder, VOCABULARY)[0].direction == direction
    number = measured("maximum", "lowers", of="ticks", where="{kind: incident}")
    assert read_pipelines(write(tmp_path / "number", number), VOCABULARY)[0].of == "ticks"


@pytest.mark.parametrize(
    "where",
    [
        "{type: assault}",
        "{type: [assault, threat]}",
        "{kind: incident, weapon: 'no'}",
        "{not: {kind: contact}}",
        "{any: [{type: assault}, {type: threat}]}",
        "{not: {any: [{weapon: 'yes'}, {kind: contact}]}}",
        "{field: kind, operator: not_in, value: [contact]}",
    ],
)
def test_what_can_only_be_harm_is_known_for_harm(tmp_path: Path, where: str) -> None:
    message = refused(write(tmp_path / "pipelines", measured("count", "lowers", where=where)))
    assert "its events are all harm, and more harm may never lower a score" in message


def test_serial_means_two_where_no_number_is_given(tmp_path: Path) -> None:
    folder = write(tmp_path / "pipelines", measured("serial", "raises"))
    assert read_pipelines(folder, VOCABULARY)[0].at_least == 2


def test_companions_are_not_among_the_events_of_the_file(tmp_path: Path) -> None:
    """The file's events are incidents; what they follow is a contact."""
    after = measured("after", "none", after="{kind: contact}", where="{weapon: 'yes'}")
    folder = write(tmp_path / "pipelines", after)
    path = folder / "theme.yaml"
    path.write_text("among: {kind: incident}\n" + path.read_text())
    (feature,) = read_pipelines(folder, VOCABULARY)
    assert str(feature.where) == "(kind is incident and weapon is yes)"
    assert str(feature.companion) == "kind is contact"


def test_a_yes_or_no_says_its_window_and_its_days(tmp_path: Path) -> None:
    yes_or_no = '{yes: "within {days} days {window}", no: "not so {window}"}'
    folder = write(tmp_path / "pipelines", measured("near", "raises", meaning=yes_or_no))
    (feature,) = read_pipelines(folder, VOCABULARY)
    assert feature.describe(3.0) == "within 7 days in the last 3 months"
    assert feature.describe(0.0) == "not so in the last 3 months"


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


def test_every_word_of_a_definition_is_asked_whatever_its_keys_are(tmp_path: Path) -> None:
    """Keys, words, windows and direction of one definition, each told once."""
    folder = write(
        tmp_path / "pipelines",
        entry(measure="cuont", where="{weaponn: 'yes'}", windows="[9, 3]", colour="red"),
        entry(name="b", measure="sum", of="tick", windws="[90]", windows="", direction="up"),
        entry(name="c", where="{kind: incidnt}", linked_by="adress_id", when_none=".nan", unit=""),
    )
    told = refused(folder).splitlines()
    for words in (
        "feature 'incidents' has the measure 'cuont'",
        "feature 'incidents' tests 'weaponn'",
        "feature 'incidents' has windows that must rise",
        "'features.0.colour' is not a key",
        "feature 'b' is of 'tick', which does not exist",
        "'features.1.windws' is not a key",
        "'features.1.direction'",
        "feature 'c' tests 'kind' against 'incidnt'",
        "feature 'c' is linked by 'adress_id'",
        "feature 'c' has 'when_none', which must be a finite number",
        "the key 'features.2.unit' must be given",
    ):
        assert sum(words in one for one in told) == 1, words
    assert len(told) == 11, told


def test_names_repeat_across_files_whatever_else_is_wrong_there(tmp_path: Path) -> None:
    folder = write(tmp_path / "pipelines", entry(name="a", windows="[90, 365]", direction="up"))
    write(folder, entry(name="a", windows="[90, 365]"), entry(name="b"), name="two.yaml")
    path = folder / "two.yaml"
    path.write_text(path.read_text().replace("title:", "titlo:"))
    told = refused(folder).splitlines()
    assert len(told) == 3, told
    assert "two.yaml, line 3: a feature's name must be its own: 'a_90d', 'a_365d' are" in told[-1]
    assert "already made in" in told[-1]
    assert "theme.yaml, line 3" in told[-1]


def test_what_a_broken_file_may_make_is_not_missed(tmp_path: Path) -> None:
    """Neither a rule nor a model that names it is wrong; what nothing may make still is."""
    folder = write(tmp_path / "pipelines", entry(name="a"), entry(name="b", windws="[30]"))
    (folder / "torn.yaml").write_text("features:\n  - name: torn\n    windows: [45, ever]\n  [")
    features, problems = gather_pipelines(folder, VOCABULARY)
    names = {feature.name for feature in features}
    assert len(problems) == 2
    assert {"a_90d", "b_30d", "torn_45d", "torn_ever"} <= names
    assert not {"torn_46d", "tron_45d"} & names
