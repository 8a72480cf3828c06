"""Which groups are looked at, and how far apart they may be: ``configs/fairness.yaml``."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from triage.errors import ConfigurationError
from triage.workspace import Fairness, Tolerance, read_document

CHECKOUT = Path(__file__).resolve().parents[3]
AREA = {"field": "person.area", "judged": True, "why": "an example of a reason"}
TOLERANCE = {
    "at_most": 0.1,
    "side": "below",
    "reason": "an example of a reason",
    "source": "this test",
    "on": datetime.date(2026, 1, 1),
}


def write(folder: Path, **changes: Any) -> Path:
    content = {"attributes": {"area": AREA}, "tolerances": {"recall": TOLERANCE}, **changes}
    path = folder / "fairness.yaml"
    path.write_text(yaml.safe_dump(content))
    return path


def test_the_shipped_file_gives_each_tolerance_a_reason_a_source_and_a_date() -> None:
    fairness = read_document(CHECKOUT / "configs" / "fairness.yaml", Fairness)
    assert fairness.judged == ("sex", "ethnicity", "age", "area")
    assert set(fairness.attributes) == {*fairness.judged, "relationship", "agency"}
    assert {"recall", "false_positive", "recorded"} <= set(fairness.tolerances)
    for one in fairness.tolerances.values():
        assert len(one.reason) > 40
        assert one.source
        assert one.on >= datetime.date(2026, 1, 1)


def test_what_may_be_left_out(tmp_path: Path) -> None:
    found = read_document(write(tmp_path), Fairness)
    assert isinstance(found, Fairness)
    assert found.recorded_by is None
    assert found.unrecorded[0] == 0
    assert found.resamples == 500


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"attributes": {}}, "'attributes'.*at least 1 item"),
        ({"attributes": {"area": {**AREA, "field": "area"}}}, "'attributes.area.field'"),
        ({"attributes": {"age": {**AREA, "bands": [25, 18]}}}, "'bands' must rise"),
        ({"attributes": {"area": {**AREA, "why": ""}}}, "'attributes.area.why'"),
        ({"tolerances": {"recall_gap": TOLERANCE}}, "'recall', 'missed_harm'.*got 'recall_gap'"),
        ({"tolerances": {"recall": {**TOLERANCE, "at_most": 15}}}, "less than or equal to 1"),
        ({"tolerances": {"recall": {**TOLERANCE, "side": "under"}}}, "got 'under'"),
        ({"tolerances": {"recall": {**TOLERANCE, "reason": "so"}}}, "recall.reason"),
        ({"unrecorded": [0.1, 0.2]}, "must rise from 0"),
        ({"resamples": 5}, "'resamples'.*greater than or equal to 100"),
        ({"resample": 500}, "Did you mean 'resamples'"),
    ],
)
def test_what_cannot_be_asked(tmp_path: Path, changes: Any, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message) as caught:
        read_document(write(tmp_path, **changes), Fairness)
    assert all("line " in problem.where for problem in caught.value.problems)


@pytest.mark.parametrize(
    ("side", "low", "high", "outside"),
    [
        ("below", -0.3, -0.11, True),
        ("below", -0.3, -0.1, False),
        ("below", 0.2, 0.3, False),
        ("above", 0.11, 0.3, True),
        ("above", -0.3, -0.2, False),
        ("either", 0.11, 0.3, True),
        ("either", -0.3, -0.11, True),
        ("either", -0.3, 0.3, False),
    ],
)
def test_outside_is_where_the_whole_interval_lies_beyond(
    side: str, low: float, high: float, outside: bool
) -> None:
    tolerance = Tolerance.model_validate({**TOLERANCE, "side": side})
    assert tolerance.exceeded_by(low, high) is outside
