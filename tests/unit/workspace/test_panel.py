"""What a panel decides for itself: ``configs/panel.yaml``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from triage.errors import ConfigurationError
from triage.workspace import Panel, read_panel

CHECKOUT = Path(__file__).resolve().parents[3]


def write(folder: Path, **changes: Any) -> Path:
    content = {
        "name": "A panel",
        "area": "An area",
        "capacity": 16,
        "harm_scale": "cambridge",
        "cohort": {"open_days": 31, "as_of": "monthly"},
        "training": {"folds": 3, "test_days": 182},
        **changes,
    }
    path = folder / "panel.yaml"
    path.write_text(yaml.safe_dump({key: value for key, value in content.items() if value != ...}))
    return path


def test_the_shipped_panel_is_one() -> None:
    panel = read_panel(CHECKOUT / "configs" / "panel.yaml", root=CHECKOUT)
    assert panel.capacity == 16
    assert panel.rows_set_aside == {}


def test_what_may_be_left_out(tmp_path: Path) -> None:
    panel = read_panel(write(tmp_path))
    assert isinstance(panel, Panel)
    assert not panel.synthetic
    assert panel.near_misses == 8
    assert panel.cohort.where == {}
    assert panel.training.minimum_positives == 20
    assert panel.tracking_uri is None


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"capacity": -1}, "'capacity'.*greater than or equal to 0; got -1"),
        ({"capacity": "16"}, "'capacity'.*got '16'"),
        ({"capacity": 16.0}, "'capacity'.*got 16.0"),
        ({"capacity": ...}, "the key 'capacity' must be given"),
        ({"capacty": 3}, "Did you mean 'capacity'"),
        ({"near_misses": -1}, "'near_misses'"),
        ({"cohort": {"open_days": 0, "as_of": "monthly"}}, "'cohort.open_days'"),
        (
            {"cohort": {"open_days": 31, "as_of": "weekly"}},
            "'cohort.as_of'.*'monthly' or 'referral'",
        ),
        ({"training": {"folds": 0, "test_days": 182}}, "'training.folds'"),
        ({"rows_set_aside": {"police": "all"}}, "'rows_set_aside.police'"),
        ({"rows_set_aside": {"police": -1}}, "'rows_set_aside.police'"),
    ],
)
def test_what_a_panel_cannot_decide(tmp_path: Path, changes: Any, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        read_panel(write(tmp_path, **changes))
