"""``triage features --describe`` and ``--profile``, as a user has them."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

from triage.features import read_pipelines
from triage.records import read_vocabulary


def names(workspace: Path) -> list[str]:
    vocabulary = read_vocabulary(workspace / "configs" / "vocabulary.yaml")
    return [feature.name for feature in read_pipelines(workspace / "pipelines", vocabulary)]


def test_the_catalogue_tells_every_feature_three_ways(program, untrained) -> None:
    told = {
        form: program.must("features", "--describe", "--workspace", untrained, "--format", form).out
        for form in ("table", "json", "csv")
    }
    rows = json.loads(told["json"])
    assert [row["feature"] for row in rows] == names(untrained)
    assert list(csv.DictReader(io.StringIO(told["csv"]))) == rows
    assert all(row["feature"] in told["table"] for row in rows)
    (weapon,) = (row for row in rows if row["feature"] == "weapon_incidents_365d")
    assert weapon == {
        "feature": "weapon_incidents_365d",
        "theme": "Violence",
        "meaning": "3 incidents with a weapon in the last 12 months",
        "measure": "count",
        "unit": "incidents",
        "direction": "raises",
        "window": "in the last 12 months",
        "looks_at": "kind: incident; the incident is domestic abuse: yes; either (type: possession "
        "of a weapon) or (a weapon was used or shown: yes)",
        "when_nothing_is_found": "none is on record in that time; the value is then 0",
    }


def test_the_catalogue_is_a_page_too(program, untrained, tmp_path) -> None:
    page = tmp_path / "pages" / "catalogue.html"
    done = program.must("features", "--describe", "--output", page, "--workspace", untrained)
    assert done.out == ""
    assert str(page) in done.err
    text = page.read_text(encoding="utf-8").replace("<wbr>", "")
    assert all(f"<code>{name}</code>" in text for name in names(untrained))
    assert "<script" not in text


def test_a_profile_tells_every_feature_and_what_shifted(program, untrained) -> None:
    asked = ("features", "--profile", "--as-of", "2026-01-01", "--workspace", untrained)
    alone = json.loads(program.must(*asked, "--format", "json").out)
    assert [row["feature"] for row in alone] == names(untrained)
    assert all(row["people"] >= 10 and "psi" not in row for row in alone)
    compared = program.must(*asked, "--against", "2025-01-01", "--format", "csv").out
    rows = list(csv.DictReader(io.StringIO(compared)))
    assert [row["feature"] for row in rows] == names(untrained)
    assert all(float(row["psi"]) >= 0 and row["drift"].endswith(".") for row in rows)
    (latest,) = (row for row in alone if row["feature"] == "incidents_ever")
    assert latest["share_known"] == 1.0
    assert latest["quantile_25"] <= latest["quantile_50"] <= latest["quantile_75"]


def test_a_profile_is_a_page_that_says_what_it_is_of(program, untrained, tmp_path) -> None:
    page = tmp_path / "profile.html"
    asked = ("--as-of", "2026-01-01", "--against", "2025-01-01", "--output", page)
    done = program.must("features", "--profile", *asked, "--workspace", untrained)
    assert done.out == ""
    text = page.read_text(encoding="utf-8")
    assert "SYNTHETIC DATA" in text
    assert "heard from 2 January 2025 to 1 January 2026" in text
    assert "heard from 3 January 2024 to 1 January 2025" in text
    assert len(re.findall(r"<svg ", text)) == len(names(untrained))
    assert "<script" not in text


def test_dates_of_too_few_people_are_told_so(program, untrained, tmp_path) -> None:
    page = tmp_path / "profile.html"
    asked = ("--as-of", "2019-01-01", "--output", page)
    done = program("features", "--profile", *asked, "--workspace", untrained)
    assert done.code == 7
    assert "at least 10 people heard from 2018-01-02 to 2019-01-01" in done.err
    assert not page.exists()
