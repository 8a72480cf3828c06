"""The options of ``triage features``: which fit together, and what is said of the others."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from triage.cli.about_features import contradiction
from triage.cli.output import Format

NOW, THEN = [datetime.date(2026, 1, 1)], datetime.date(2025, 1, 1)


def of(**options: Any) -> str | None:
    nothing: dict[str, Any] = {"as_of": [], **dict.fromkeys(("against", "output", "form"))}
    return contradiction(**({"describe": False, "profile": False} | nothing | options))


@pytest.mark.parametrize(
    "options",
    [
        {"as_of": NOW, "output": "f.parquet"},
        {"as_of": NOW, "output": "s3://there/folder", "written": True},
        {"as_of": [*NOW, THEN], "of": "people", "output": "f.parquet"},
        {"of": "referrals", "output": "f.parquet"},
        {"describe": True},
        {"describe": True, "form": Format.JSON},
        {"describe": True, "output": "catalogue.html"},
        {"profile": True, "as_of": NOW, "form": Format.CSV},
        {"profile": True, "as_of": NOW, "against": THEN, "output": "p.HTML"},
    ],
)
def test_options_that_fit_are_taken(options) -> None:
    assert of(**options) is None


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({}, "Missing option '--as-of'"),
        ({"as_of": NOW}, "Missing option '--output'"),
        ({"as_of": NOW, "output": "f.html"}, "add --describe or --profile"),
        ({"as_of": NOW, "output": "f.parquet", "form": Format.CSV}, "--format is for what"),
        ({"as_of": NOW, "output": "f.parquet", "against": THEN}, "belongs to --profile"),
        ({"describe": True, "profile": True}, "one of them at a time"),
        ({"describe": True, "against": THEN}, "belongs to --profile"),
        ({"describe": True, "as_of": NOW}, "leave out --as-of"),
        ({"describe": True, "written": True}, "are for writing features"),
        ({"describe": True, "output": "f.parquet"}, "write an HTML page"),
        ({"describe": True, "output": "f.html", "form": Format.TABLE}, "give one of them"),
        ({"profile": True}, "Missing option '--as-of'"),
        ({"profile": True, "as_of": [THEN], "against": NOW[0]}, "must be a date before"),
        ({"profile": True, "as_of": NOW, "against": NOW[0]}, "must be a date before"),
        ({"profile": True, "as_of": [*NOW, THEN]}, "a single --as-of"),
        ({"describe": True, "of": "people"}, "are for writing features"),
        ({"of": "people", "output": "f.parquet"}, "Missing option '--as-of'"),
        ({"of": "referrals", "as_of": NOW, "output": "f.parquet"}, "leave out --as-of"),
        ({"as_of": NOW * 2, "output": "f.parquet"}, "one date twice"),
    ],
)
def test_options_that_contradict_are_told_apart(options, told) -> None:
    assert told in str(of(**options))
