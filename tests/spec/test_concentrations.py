"""Chapter: the synthetic area is as concentrated as studies say real ones are.

The area is invented, and no figure here says anything about real people. But a ranking of data
in which harm were spread evenly would test nothing, so what is published is held against the
case histories that the shipped source files read from the demo's own extracts.
"""

import datetime
import functools
import tempfile
from pathlib import Path

import pytest

from triage.harm import read_scales
from triage.records import CaseHistories, read_histories, read_sources, read_vocabulary
from triage.synthetic import concentrations, write_extracts
from triage.workspace import Workspace

ROOT = Path(__file__).parents[2]
VOCABULARY = read_vocabulary(ROOT / "configs/vocabulary.yaml")
SCALE = read_scales(ROOT / "configs/harm", VOCABULARY)["cambridge"]
DEMO_SEED = 20260101


@functools.cache
def histories(seed: int) -> CaseHistories:
    with tempfile.TemporaryDirectory() as folder:
        made = write_extracts(Path(folder) / "data", seed=seed)
        checked = read_histories(
            Workspace(Path(folder)),
            VOCABULARY,
            read_sources(ROOT / "configs/sources", VOCABULARY),
            made.until + datetime.timedelta(days=1),
        )
    assert checked.rejects.empty
    return checked.histories


@pytest.mark.parametrize("seed", [DEMO_SEED, 7])
def test_harm_is_concentrated_as_published(seed):
    found = concentrations(histories(seed), SCALE)
    table = "\n".join(map(str, found))
    print(f"\nSynthetic data, seed {seed}; no figure says anything about real people.\n{table}")
    assert all(one.holds for one in found), table


def test_the_area_is_of_the_size_that_is_promised():
    demo = histories(DEMO_SEED)
    assert 5_700 <= demo.people.num_rows <= 6_300
    assert 3_000 <= demo.referrals.num_rows <= 4_000
    referred = set(demo.referrals["person_id"].to_pylist())
    police = demo.events.to_pandas().query("agency == 'police' and kind == 'incident'")
    without_police = referred - set(police["person_id"])
    assert 0.05 < len(without_police) / len(referred) < 0.3


def test_high_harm_follows_six_to_twelve_in_a_hundred_referrals():
    """High harm within 365 days of the first of the month after the referral was made."""
    demo = histories(DEMO_SEED)
    events = demo.events.to_pandas()
    days_of = {name: one.days for name, one in SCALE.classes.items()}
    high = events[(events["domestic"] == 1) & (events["harm_class"].map(days_of) >= 180)]
    last = max(demo.referrals["made_on"].to_pylist())
    came = []
    when = high.groupby("person_id")["happened_on"].agg(list)
    for referral in demo.referrals.to_pylist():
        as_of = (referral["made_on"] + datetime.timedelta(days=30)).replace(day=1)
        end = as_of + datetime.timedelta(days=365)
        if end <= last:
            days = when.get(referral["person_id"], [])
            came.append(any(as_of <= day < end for day in days))
    share = sum(came) / len(came)
    print(f"\nHigh harm within a year of {share:.1%} of {len(came)} referrals (synthetic).")
    assert 0.06 <= share <= 0.12
