"""Making ready what is compiled: once for each installation, and loaded once in each process."""

from __future__ import annotations

import datetime
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any

from triage.features.definitions import Feature
from triage.features.engine import compute
from triage.features.kernel import scan
from triage.features.plan import make_plan
from triage.features.walks import walk
from triage.harm import Scale
from triage.records import Vocabulary, build_histories
from triage.timeline import build_timeline, moments_of, timelines_in_parts

__all__ = ["is_compiled", "make_ready"]


def is_compiled() -> bool:
    """Return whether what makes features was compiled before, here and for this Python."""
    python = f"py{sys.version_info[0]}{sys.version_info[1]}"
    return all(
        any(Path(one.stats.cache_path or ".").glob(f"{name}-*.{python}.nbi"))
        for name, one in (("kernel.scan", scan), ("walks.walk", walk))
    )


def make_ready() -> None:
    """Load all that is compiled, or compile it: some seconds once, then half a second.

    What is compiled is kept beside the code, or in the user's cache folder where the code cannot
    be written (the environment variable ``NUMBA_CACHE_DIR`` names another).
    """
    words = Vocabulary.model_validate(
        {
            "agencies": {"a": "a"},
            "kinds": {"k": "k"},
            "types": {"t": {"kind": "k", "meaning": "t", "harm_class": "t"}},
        }
    )
    first = datetime.date(2000, 1, 1)
    scale = Scale.model_validate(
        {
            "name": "s",
            "title": "s",
            "source": "s",
            "in_force_from": first,
            "classes": {"t": {"days": 1, "note": ""}},
        }
    )
    event = {"person_id": "p", "happened_on": first, "type": "t", "victim_id": "v"}
    histories = build_histories(words, events=[event])
    made = [("sum", "harm_days"), ("distinct", "victim_id"), ("most_repeated", "victim_id")]
    plan = make_plan(_feature(measure, of) for measure, of in made)
    wanted: dict[str, Any] = {"fields": plan.fields, "fingerprinted": plan.fingerprinted}
    timeline = build_timeline(histories, scale, **wanted)
    moments = moments_of(timeline, ["p"], 11_000)
    compute(plan, timeline, moments)
    timelines_in_parts(histories, scale, moments, n_parts=1, threads=1, **wanted)[0]()


def _feature(measure: str, of: str) -> Feature:
    values: dict[str, Any] = dict.fromkeys(field.name for field in fields(Feature))
    return Feature(**values | {"name": of, "measure": measure, "of": of, "when_none": 0.0})
