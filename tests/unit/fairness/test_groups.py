"""What the cut does to groups, and what is not told of small ones."""

from __future__ import annotations

import numpy as np
import pytest

from tests.unit.learning.builders import boosting, invented, settings
from triage.fairness import by_group
from triage.learning import Assessed, train


@pytest.fixture(scope="module")
def tested():
    examples = invented()
    experiment = train([boosting()], examples, capacity=8, training=settings())
    return Assessed(experiment, examples.moments, examples.labels), experiment


def test_a_group_that_is_held_back_has_a_gap_and_a_small_one_is_not_told(tested) -> None:
    rows, experiment = tested
    n = len(rows.y)
    groups = np.where(np.arange(n) % 2 == 0, "even", "odd").astype(object)
    groups[:5] = "few"
    groups[5:9] = None
    scores = experiment.results[0].scores - 10.0 * (groups == "odd")
    found = {
        one.group: one
        for one in by_group(
            rows, scores, groups.tolist(), attribute="turn", smallest_group=10, learned=True
        )
    }
    assert set(found) == {"even", "few", "odd"}
    assert found["odd"].gap.low > 0.3
    assert found["even"].gap.high < -0.3
    assert found["even"].excess.low > 0
    assert found["odd"].rows % 5 == found["odd"].positives % 5 == 0
    few = found["few"]
    assert not few.told
    assert (few.rows, few.positives, few.reached, few.gap, few.observed) == (None,) * 5
