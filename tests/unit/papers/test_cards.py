"""A card says all that its evaluation does, in Markdown and in HTML, and hides no override."""

from __future__ import annotations

import datetime
import re

from tests.unit.learning.test_gates import alarm, evaluation, group, tolerated
from triage.learning import (
    AboutFeature,
    CalibrationFigures,
    CurvePoint,
    FeatureShape,
    Figure,
    GroupFigures,
    ShapePoint,
    Standing,
    judge,
    wilson_interval,
)
from triage.papers import Approval, Card, atrs_markdown, card_markdown, card_page
from triage.workspace import Cohort, Gates, Panel, Training

PANEL = Panel(
    name="North panel",
    area="North",
    capacity=8,
    harm_scale="days",
    cohort=Cohort(open_days=31, as_of="monthly"),
    training=Training(folds=2, test_days=100),
)


def share(positives: int, people: int) -> Figure:
    low, high = wilson_interval(positives, people)
    return Figure(value=positives / people, low=low, high=high)


CURVE = [
    CurvePoint(rows=100, foretold=0.02, observed=share(3, 100)),
    CurvePoint(rows=100, foretold=0.31, observed=share(28, 100)),
]
BY_GROUP = [
    CalibrationFigures(
        attribute="sex",
        group="female",
        told=True,
        people=120,
        foretold=0.21,
        observed=share(30, 120),
        slope=Figure(value=0.9, low=0.6, high=1.2),
        intercept=Figure(value=0.2, low=-0.1, high=0.5),
        curve=CURVE,
    ),
    CalibrationFigures(attribute="sex", group="other", told=False),
]
APPROVAL = Approval(
    at=datetime.datetime(2026, 3, 1, tzinfo=datetime.UTC),
    by="A. Chair",
    because="the old one reads a retired source",
    overridden=["turnover: 90% of the places"],
    retest_on=datetime.date(2027, 3, 1),
)


def card(approval=APPROVAL, **changes) -> Card:
    small = GroupFigures(attribute="sex", group="other", told=False)
    features = [
        AboutFeature(
            name="more_365d", theme="Invented", words="3 incidents | <b>", direction="raises"
        )
    ]
    given = {
        "groups": [group(), small],
        "curve": CURVE,
        "calibration_by_group": BY_GROUP,
        "features": features,
    }
    made = evaluation(**{**given, "alarms": [alarm("same_dyad")], **changes})
    return Card(4, "5e" * 32, PANEL, made, judge(made, Gates(), Standing(1), tolerated()), approval)


def test_the_card_has_every_part_that_was_promised():
    text = card_markdown(card())
    assert re.findall(r"^## (.*)$", text, flags=re.MULTILINE) == [
        "What it is for",
        "What it is not for",
        "What is foretold",
        "How well it did",
        "Against other rankers",
        "By group at the cut",
        "Calibration",
        "Calibration by group",
        "Gates",
        "Alarms",
        "Data",
        "Features and directions",
        "Limits",
        "Approval and retest",
    ]
    assert "| sex: other | too few to tell |  |  |  |  |" in text
    assert "Acknowledged by me on 1 January 2026: because" in text
    assert "to be tested again by 1 March 2027" in text
    assert "SYNTHETIC DATA" in text


def test_an_additive_models_card_draws_the_curve_of_each_feature():
    points = {0: -0.1, 1: -0.102, 3650: 0.6931}
    curve = [ShapePoint(value=value, adds=adds) for value, adds in points.items()]
    shapes = [FeatureShape(feature="more_365d", points=curve, unknown=0.25)]
    text = card_markdown(card(shapes=shapes))
    assert "## What each feature does" in text
    assert "| more_365d | ×1.28 | 0 to 1: ×0.9; 3,650: ×2 |" in text
    page = card_page(card(shapes=shapes)).decode()
    drawn = page.split('<section id="shapes"')[1].split("</section>")[0]
    assert "more_365d: from ×0.9 at 0 to ×2 at 3,650" in drawn
    assert drawn.count("<circle") == 3
    assert ">?</text>" in drawn


def test_an_override_stands_on_the_card_and_nobody_named_is_said():
    text = card_markdown(card())
    assert "OVERRIDDEN, because: the old one reads a retired source" in text
    assert "1 March 2027. AGAINST 1 gate that it did not pass." in text
    assert "Gate not passed: turnover: 90% of the places" in text
    assert "Nobody has approved this version" in card_markdown(card(approval=None))


def test_text_of_the_workspace_stays_text():
    assert "3 incidents \\| <b>" in card_markdown(card())
    page = card_page(card()).decode()
    assert "3 incidents | &lt;b&gt;" in page
    assert "<script" not in page


def test_the_plot_shows_each_point_and_its_table_says_the_same():
    page = card_page(card()).decode()
    assert page.count("<circle") == len(CURVE) + 1  # one group is told
    assert "foretold 31%, happened 28%" in page
    assert 'data-label="Happened">28.0%' in page
    assert "<circle" not in card_page(card(curve=[], calibration_by_group=[])).decode()


def test_calibration_is_told_of_each_group_that_is_large_enough():
    text = card_markdown(card())
    assert "| sex: female | about 120 | 21.0% | 25% (18% to 33%) | 0.90 (0.60 to 1.20) | " in text
    assert text.count("| sex: other | too few to tell |") == 2
    assert "sex: female, foretold 21%" in card_page(card()).decode()


def test_atrs_fields_come_from_the_same_source_and_say_what_is_missing():
    text = atrs_markdown(card())
    assert "**Senior responsible owner**: A. Chair" in text
    assert "**Model name and version**: new, version 4" in text
    assert "**Website**: To be filled in by the panel." in text
    assert "**Senior responsible owner**: To be filled in" in atrs_markdown(card(approval=None))
