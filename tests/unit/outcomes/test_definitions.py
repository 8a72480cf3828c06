"""``configs/outcome.yaml``."""

from __future__ import annotations

from pathlib import Path

import pytest

from triage.errors import ConfigurationError
from triage.harm import read_scales
from triage.outcomes import read_outcomes
from triage.records import read_vocabulary

ROOT = Path(__file__).parents[3]
VOCABULARY = read_vocabulary(ROOT / "configs/vocabulary.yaml")
SCALES = read_scales(ROOT / "configs/harm", VOCABULARY)

GOOD = """\
primary: harm
settles_in_days: 30
follow_up_ends: [person.deceased_on]
outcomes:
  harm:
    meaning: harm within 90 days
    horizon_days: 90
    harm_at_least: 100
    scale: ons
"""


def read(tmp_path, text):
    path = tmp_path / "outcome.yaml"
    path.write_text(text)
    return read_outcomes(path, VOCABULARY, SCALES, root=tmp_path)


def test_the_shipped_outcomes_are_high_harm_in_a_year_and_in_90_days():
    outcomes = read_outcomes(ROOT / "configs/outcome.yaml", VOCABULARY, SCALES)
    assert outcomes.primary.name == "high_harm_365"
    assert [o.horizon_days for o in outcomes.by_name.values()] == [365, 90]
    assert outcomes.follow_up_ends == ("deceased_on", "left_area_on")
    assert outcomes.primary.matures_in_days == 395


def test_a_file_says_scale_horizon_and_settling(tmp_path):
    outcome = read(tmp_path, GOOD).primary
    assert (outcome.scale.name, outcome.harm_at_least, outcome.settles_in_days) == ("ons", 100, 30)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("primary: harm", "primary: harn", r"line 1: 'primary' must name .* mean 'harm'"),
        ("deceased_on", "deceased", r"line 3: 'person.deceased' must be a date of a person"),
        ("scale: ons", "scale: onz", r"line 9: .* no scale of configs/harm/. Did you mean 'ons'"),
        ("    harm_at_least: 100\n", "", r"either 'any_event' or 'harm_at_least'"),
        ("harm_at_least: 100", "any_event: {domestik: yes}", r"'domestik', which is no column"),
        ("harm_at_least: 100", "harm_at_least: 0", r"greater than 0"),
        ("horizon_days: 90", "horizon_days: 0", r"greater than or equal to 1"),
        ("horizon_days", "horizon", r"Did you mean 'horizon_days'"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(tmp_path, old, new, message):
    with pytest.raises(ConfigurationError, match=message):
        read(tmp_path, GOOD.replace(old, new, 1))


def test_all_problems_come_at_once(tmp_path):
    text = GOOD.replace("primary: harm", "primary: x").replace("ons", "x")
    with pytest.raises(ConfigurationError, match=r"(?s)'primary'.*no scale"):
        read(tmp_path, text)
