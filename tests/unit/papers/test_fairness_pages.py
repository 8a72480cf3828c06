"""The page about groups: what lies outside a tolerance first, and no more told than may be."""

from __future__ import annotations

import csv
import datetime
import io
import json
from functools import cache

import numpy as np
import pytest

from triage.conditions import Categories
from triage.fairness import (
    AtTheCut,
    Compared,
    Draws,
    Proxy,
    Supposed,
    crossed,
    group_by,
    groups_of,
    judge_groups,
    measure_places,
    measure_recorded,
    measure_shares,
    measured_at_the_cut,
    suppose_unrecorded,
    turning_share,
)
from triage.fairness.proxies import Carrier
from triage.learning import Figure
from triage.papers import (
    FAIRNESS_COLUMNS,
    FairnessReport,
    fairness_csv,
    fairness_json,
    fairness_page,
    fairness_rows,
    fairness_summary,
    outside_words,
)
from triage.workspace import Cohort, Fairness, Panel, Training

DAY = datetime.date(2026, 1, 1)
WHY = {"reason": "an example <of> a reason", "source": "this test", "on": DAY}
PANEL = Panel(
    name="North panel",
    area="North <b>",
    capacity=8,
    harm_scale="days",
    cohort=Cohort(open_days=31, as_of="monthly"),
    training=Training(folds=2, test_days=100),
)
FAIRNESS = Fairness.model_validate(
    {
        "attributes": {
            "area": {"field": "person.area", "judged": True, "why": "an example of a reason"},
            "sex": {"field": "person.sex", "judged": False, "why": "an example of a reason"},
        },
        "tolerances": {
            "recall": {"at_most": 0.2, "side": "below", **WHY},
            "recorded": {"at_most": 0.9, "side": "above", **WHY},
            "proxy": {"at_most": 0.25, "side": "above", **WHY},
        },
        "recorded_by": {"agencies": ["police"], "meaning": "the police"},
        "unrecorded": [0.0, 0.25, 0.5],
        "resamples": 100,
    }
)


def invented_cut(*, settled: bool = True) -> tuple[AtTheCut, list, list]:
    """Return a cut of 400 people that misses those of the south, with its groups and pairs."""
    lot = np.random.default_rng(4)
    area, sex = np.repeat([0, 1], 200), np.tile([0, 1], 200)
    y = lot.random(400) < 0.5
    within = lot.random(400) < np.where(area == 0, 0.9, 0.2)
    known = np.full(400, settled)
    cut = AtTheCut(
        person=np.arange(400),
        within=within.astype(float),
        place=lot.permutation(400) / 400,
        known=known,
        y=y * known * 1.0,
        harm_days=y * known * 100.0,
        chance=np.full(400, 0.4),
    )
    areas = group_by("area", Categories(area.astype(np.int32), ["north", "south"]))
    sexes = group_by("sex", Categories(sex.astype(np.int32), ["female", "male"]))
    groups = [
        group
        for one in (areas, sexes)
        for group in groups_of(one, cut.person, cut.kinds, PANEL.smallest_group)
    ]
    return cut, groups, crossed(areas, sexes, cut.person, cut.kinds, PANEL.smallest_group)


@cache
def report(*, settled: bool = True) -> FairnessReport:
    cut, groups, pairs = invented_cut(settled=settled)
    draws = Draws(cut.person, resamples=100, seed=1)
    counts = np.ones(400)
    parts = {
        "cut": measured_at_the_cut(cut, [*groups, *pairs], draws),
        "score": measured_at_the_cut(cut, groups, draws, only=("list", "recall", "false_positive")),
        "places": measure_places(cut, groups, draws, smallest=10),
        "reasons": measure_shares("reasons", {"Violence": counts, "Needs": counts}, groups, draws),
        "recorded": measure_recorded("recorded", counts / 2, counts, groups, draws, needs="people"),
    }
    if not settled:  # lists have no cut by the score alone
        del parts["score"]
    auc = Compared(
        groups[0], "proxy", "", True, Figure(value=0.7, low=0.6, high=0.8), Figure(value=0.2)
    )
    tolerance = FAIRNESS.tolerances["recall"]
    supposed: list[Supposed] = (
        suppose_unrecorded(cut, groups, draws, FAIRNESS.unrecorded) if settled else []
    )
    return FairnessReport(
        panel=PANEL,
        fairness=FAIRNESS,
        name="version-3" if settled else "2026-01-01-0123abcd",
        title="Elastic net",
        version=3,
        lists=4 if settled else 1,
        first=DAY,
        last=DAY,
        referrals=400,
        people=400,
        places=220,
        known=400 if settled else 0,
        positives=200 if settled else None,
        settles_on=DAY,
        observed_until=DAY,
        outcome_meaning="high harm within 365 days",
        horizon_days=365,
        sizes={(one.attribute, one.value): 100 for one in (*groups, *pairs)},
        parts={name: tuple(judge_groups(found, FAIRNESS)) for name, found in parts.items()},
        supposed=tuple(supposed),
        turning={
            (one.attribute, one.value): turning_share(cut, one, draws, tolerance) for one in groups
        },
        proxies=(
            (
                judge_groups([auc], FAIRNESS)[0],
                Proxy(auc, (Carrier("age", 0.1), Carrier("idle", 0.001))),
            ),
        ),
        notes=("A note.",),
    )


def test_what_lies_outside_is_named_first_with_its_tolerance() -> None:
    made = report()
    (outside,) = {one.compared.group.value for _, one in made.outside if one.compared.group}
    assert outside == "south"
    page = fairness_page(made).decode()
    assert "OUTSIDE TOLERANCE: 1 of " in page
    assert "(area: south)" in page
    assert "20 points below" in page
    assert page.index("20 points below") < page.index("At the cut, by area</h2>")
    (_, finding) = made.outside[0]
    assert outside_words(made, finding).startswith("area: south: recall ")
    assert outside_words(made, finding).endswith("20 points below is tolerated.")


def test_an_attribute_that_is_not_judged_is_told_and_never_outside() -> None:
    standings = {
        one.standing for one in report().parts["cut"] if one.compared.group.attributes == ("sex",)
    }
    assert standings == {"not judged"}
    assert "Told, and not judged: an example of a reason." in fairness_page(report()).decode()


def test_the_csv_the_json_and_the_page_tell_the_same_in_whole_hundredths() -> None:
    made = report()
    rows = fairness_rows(made)
    read = list(csv.DictReader(io.StringIO(fairness_csv(made))))
    assert len(read) == len(rows)
    assert tuple(read[0]) == FAIRNESS_COLUMNS
    told = json.loads(fairness_json(made))
    assert told["measures"] == rows
    assert told["standing"]["outside"] == 1
    numbers = [row[name] for row in rows for name in ("value", "low", "high", "less_others")]
    assert all(one is None or one == round(float(one), 2) for one in numbers)
    assert {row["part"] for row in rows} == {
        "cut",
        "score",
        "places",
        "reasons",
        "recorded",
        "unrecorded",
        "proxies",
    }
    south = next(
        row
        for row in rows
        if (row["part"], row["group"], row["measure"]) == ("cut", "south", "recall")
    )
    assert south["standing"] == "outside"
    assert (south["at_most"], south["side"]) == (0.2, "below")
    assert float(str(south["less_others_high"])) < -0.2


def test_each_plot_has_a_title_a_table_beside_it_and_a_key_of_its_own() -> None:
    page = fairness_page(report()).decode()
    assert page.count("<svg") == page.count("<desc")
    keys = [part.split('"')[0] for part in page.split('<title id="')[1:]]
    assert len(set(keys)) == len(keys) >= 6
    assert "<script" not in page
    assert "style=" not in page


def test_what_follows_if_harm_is_on_no_record_and_from_where_it_lies_outside() -> None:
    made = report()
    page = fairness_page(made).decode()
    assert "If some harm is on no record, by area" in page
    assert made.turning["area", "south"] == 0.0
    assert "as recorded" in page
    north = made.turning["area", "north"]
    assert north is None or 0 < north <= 0.9


def test_the_features_that_carry_it_are_named_where_they_carry_anything() -> None:
    page = fairness_page(report()).decode()
    assert "age 0.10" in page
    assert "idle" not in page


def test_without_outcomes_none_of_their_measures_stands_on_the_page() -> None:
    page = fairness_page(report(settled=False)).decode()
    for gone in ("Recall</th>", "If some harm is on no record", "Did the chances come true"):
        assert gone not in page.partition('id="how"')[0]
    assert "Share of list" in page
    assert "within tolerance" not in page.lower() or "Within tolerance: each of" in page


def test_the_summary_has_a_row_a_group_and_names_what_lies_outside() -> None:
    rows = {(row["attribute"], row["group"]): row for row in fairness_summary(report())}
    assert rows["area", "south"]["outside"] == "recall"
    assert not rows["area", "north"]["outside"]
    assert str(rows["sex", "female"]["recall"]).endswith("%")
    assert ("area × sex", "north × female") not in rows


def test_text_of_the_workspace_stays_text_and_synthetic_data_is_called_so() -> None:
    page = fairness_page(report()).decode()
    assert "North &lt;b&gt;" in page
    assert "an example &lt;of&gt; a reason" in page
    assert "SYNTHETIC" not in page


@pytest.mark.parametrize("word", ["unbiased", "debias", "is fair", "fair list", "fair score"])
def test_no_measure_is_told_as_a_verdict(word: str) -> None:
    assert word not in fairness_page(report()).decode().lower()
