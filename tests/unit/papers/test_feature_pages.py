"""The catalogue and the profile as pages: whole, without script, and open to every reader."""

from __future__ import annotations

import base64
import dataclasses
import datetime
import hashlib
import math
import re
from pathlib import Path

import numpy as np
import pytest

from tests.unit.papers.test_html import read
from triage.fairness import profile
from triage.features import Feature, FeatureMatrix, catalogue, read_pipelines
from triage.papers import Period, catalogue_page, profile_page, sparkline
from triage.papers.distribution import distribution
from triage.papers.html_pages import drawn
from triage.records import Vocabulary
from triage.workspace import Panel

GOLDEN = Path(__file__).resolve().parents[2] / "golden"
VOCABULARY = Vocabulary.model_validate(
    {
        "agencies": {"police": "Police"},
        "kinds": {"incident": "incident"},
        "types": {"assault": {"kind": "incident", "meaning": "assault"}},
        "events": {"flags": {"weapon": "a weapon was used or shown"}},
    }
)
PIPELINE = """
title: Violence & harm
among: {kind: incident}
features:
  - name: weapon_incidents
    measure: count
    where: {weapon: yes}
    windows: [90, ever]
    meaning: "{value} {incident|incidents} with a weapon {window}"
    unit: incidents
    direction: raises
    missing: none is on record
  - name: days_since_last
    measure: days_since_last
    meaning: "the last was {duration} ago"
    unit: days
    direction: lowers
    missing: none is on record
"""
PANEL = Panel.model_validate(
    {
        "name": "North panel",
        "area": "North",
        "capacity": 16,
        "harm_scale": "scale",
        "cohort": {"open_days": 31, "as_of": "monthly"},
        "training": {"folds": 1, "test_days": 90},
    }
)
NOW = Period(datetime.date(2025, 1, 2), datetime.date(2026, 1, 1), 100)
THEN = Period(datetime.date(2024, 1, 3), datetime.date(2025, 1, 1), 100)


@pytest.fixture
def features(tmp_path: Path) -> tuple[Feature, ...]:
    (tmp_path / "violence.yaml").write_text(PIPELINE)
    return read_pipelines(tmp_path, VOCABULARY)


def people(features: tuple[Feature, ...], *zeros: int) -> FeatureMatrix:
    """Return 100 people, of whom so many have 0 of each feature; the others' values differ."""
    columns = [
        [math.nan] * 8 + [0.0] * zero + [float(1 + n % 3) for n in range(92 - zero)]
        for zero in zeros
    ]
    return FeatureMatrix(np.asarray(columns).T, features)


def catalogue_html(features: tuple[Feature, ...], panel: Panel = PANEL) -> str:
    return catalogue_page(catalogue(features, VOCABULARY), panel).decode()


def profile_html(
    features: tuple[Feature, ...], *, compared: bool = True, panel: Panel = PANEL
) -> str:
    then = people(features, 20, 40, 60) if compared else None
    told = profile(people(features, 60, 40, 60), then, smallest=10)
    return profile_page(told, panel, NOW, THEN if compared else None).decode()


@pytest.mark.parametrize("page", [catalogue_html, profile_html])
def test_it_is_one_file_that_asks_for_nothing_else(features, page) -> None:
    text = page(features)
    reader = read(text)
    assert text.startswith("<!doctype html>")
    assert not {"script", "link", "img", "iframe", "object", "form", "base"} & set(reader.tags)
    assert reader.values("style") == []
    assert all(value.startswith("#") for value in reader.values("href"))
    assert set(re.findall(r"[a-z]+://[^\s\"'<>)]+", text)) <= {"http://www.w3.org/2000/svg"}
    (style,) = re.findall(r"<style>(.*?)</style>", text, flags=re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'sha256-{digest}'" in text


@pytest.mark.parametrize("page", [catalogue_html, profile_html])
def test_it_can_be_read_without_being_seen(features, page) -> None:
    reader = read(page(features))
    assert reader.headings[0] == 1
    assert all(
        after - before <= 1
        for before, after in zip(reader.headings, reader.headings[1:], strict=False)
    )
    ids = reader.values("id")
    assert len(ids) == len(set(ids))
    assert {value[1:] for value in reader.values("href")} <= set(ids)
    labels = {name for value in reader.values("aria-labelledby") for name in value.split()}
    assert labels <= set(ids)
    assert reader.tags["svg"] == reader.tags["desc"] == reader.tags["title"] - 1
    assert "scope" in {name for tag, name, _ in reader.attributes if tag == "th"}


def test_the_catalogue_tells_windows_of_one_measure_together(features) -> None:
    reader = read(catalogue_html(features))
    assert "3 incidents with a weapon in the last 3 months" in reader.words
    assert "weapon_incidents_90d" in reader.words
    assert "weapon_incidents_ever" in reader.words
    assert "Kind: incident; a weapon was used or shown: yes" in reader.words
    assert "More of it can only raise a score" in reader.words
    assert "None is on record; the value is then unknown" in reader.words
    assert reader.tags["tr"] == 1 + 2
    assert "Violence & harm" in reader.words


def test_the_profile_tells_what_shifted_first_and_why_not_to_rely_on_it(features) -> None:
    words = read(profile_html(features)).words
    assert "100 people heard from 2 January 2025 to 1 January 2026" in words
    assert "compared with 100 people heard from 3 January 2024 to 1 January 2025" in words
    shifted = words[words.index("What shifted") : words.index("Themes")]
    assert "weapon_incidents_90d" in shifted
    assert "“0” went from 20% to at least 59%" in shifted
    assert "weapon_incidents_ever" not in shifted
    assert "find out why before relying on it" in words


def test_a_profile_of_one_date_says_nothing_of_drift(features) -> None:
    words = read(profile_html(features, compared=False)).words
    assert "Drift" not in words
    assert "shift" not in words


def test_synthetic_data_is_told_as_such(features) -> None:
    invented = PANEL.model_copy(update={"synthetic": True})
    assert "SYNTHETIC DATA" in read(profile_html(features, panel=invented)).words
    assert "SYNTHETIC DATA" not in profile_html(features)


def test_text_of_a_workspace_is_never_markup(features) -> None:
    hostile = '</style><script>alert(1)</script>" onload="x'
    panel = PANEL.model_copy(update={"name": hostile, "area": hostile})
    bad = tuple(
        dataclasses.replace(one, unit=hostile, missing=hostile, theme_title=hostile)
        for one in features
    )
    for text in (catalogue_html(bad, panel), profile_html(bad, panel=panel)):
        reader = read(text)
        assert not reader.tags["script"]
        assert not [name for _, name, _ in reader.attributes if name.startswith("on")]
        assert "alert(1)" in reader.words


def test_the_drawing_says_in_words_what_its_bars_show(features) -> None:
    (one, *_) = profile(people(features, 60, 40, 60), people(features, 20, 40, 60), smallest=10)
    assert distribution(one).description == (
        "not known: fewer than 10 people, earlier fewer than 10 people. "
        "0: at least 59%, earlier 20%. 1: 11%, earlier at least 23%. 2: 11%, earlier 24%. "
        "3: 10%, earlier 24%"
    )
    assert sparkline(one) == "·▅▁▁▁"


def test_the_drawing_is_as_it_was(features) -> None:
    (one, *_) = profile(people(features, 60, 40, 60), people(features, 20, 40, 60), smallest=10)
    text = str(drawn("distribution", drawing=distribution(one), key="figure"))
    assert text == (GOLDEN / "distribution.svg").read_text(encoding="utf-8")
