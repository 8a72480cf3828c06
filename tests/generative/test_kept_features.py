"""Features that were kept are those that would be made, whatever was changed between."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.generative.test_kernel_and_referee import AS_OF, FEATURES, SCALE, events, named
from triage.features import Part, compute, keeping, make_plan, recompute
from triage.records import build_histories
from triage.timeline import build_timeline, day_of, moments_of

from tests.generative.test_kernel_and_referee import VOCABULARY  # isort: skip

SOME = FEATURES[::3]
PLAN = make_plan(SOME)
DAYS = (day_of(AS_OF), day_of(AS_OF) - 30)
edits = st.lists(st.tuples(st.integers(0, 30), st.one_of(st.none(), events)), max_size=3)


class Shelf(dict[str, Part]):
    def read(self, name: str) -> Part | None:
        return self.get(name)

    def write(self, name: str, part: Part) -> None:
        self[name] = part


def edited(drawn: list[dict[str, Any]], changes: list[Any]) -> list[dict[str, Any]]:
    """Return events of which some are removed, changed or new."""
    made = list(drawn)
    for position, event in changes:
        if event is None:
            del made[position : position + 1]
        else:
            made[position : position + 1] = [event]
    return made


@pytest.fixture(autouse=True, scope="module")
def _small_blocks() -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keeping, "ROWS_A_BLOCK", 1)
        yield


@settings(max_examples=30)
@given(
    st.lists(events, min_size=5, max_size=25),
    st.lists(edits, min_size=1, max_size=3),
    st.lists(st.booleans(), min_size=3, max_size=3),
)
def test_kept_values_are_those_that_would_be_made(
    drawn: list[dict[str, Any]], rounds: list[Any], asks_less: list[bool]
) -> None:
    shelf = Shelf()
    for changes, less in zip([[], *rounds], [False, *asks_less], strict=False):
        drawn = edited(drawn, changes)
        people = [{"person_id": "a"}, {"person_id": "b"}]
        histories = build_histories(VOCABULARY, people=people, events=named(drawn))
        timeline = build_timeline(histories, SCALE)
        asked = list(itertools.product("ab", DAYS))[: 3 if less else 4]
        days = np.asarray([day for _, day in asked], dtype=np.int32)
        moments = moments_of(timeline, [who for who, _ in asked], days)
        kept = recompute(SOME, timeline, moments, shelf=shelf, version="1").matrix.values
        assert kept.tobytes("F") == compute(PLAN, timeline, moments, threads=1).values.tobytes("F")
