"""The profile: shares, quantiles and drift, and no word of a small group."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.fairness import FeatureProfile, Share, profile
from triage.features import Feature, FeatureMatrix
from triage.features.definitions import Meaning


def a_feature(*, yes_or_no: bool = False) -> Feature:
    return Feature(
        name="things_90d",
        group="things",
        theme="theme",
        theme_title="Theme",
        measure="count",
        where=None,
        of=None,
        equals=None,
        window_days=90,
        recent_days=None,
        earlier_days=None,
        when_none=0.0,
        unit="things",
        direction="raises",
        meaning=Meaning(yes="so", no="not so") if yes_or_no else "{value} {thing|things} {window}",
        missing="none",
    )


def values(*groups: tuple[float, int]) -> list[float]:
    return [value for value, count in groups for _ in range(count)]


def matrix(numbers: list[float], **options: bool) -> FeatureMatrix:
    return FeatureMatrix(np.asarray(numbers, dtype=float)[:, None], (a_feature(**options),))


def of(*groups: tuple[float, int], **options: bool) -> FeatureProfile:
    (one,) = profile(matrix(values(*groups), **options), smallest=SMALLEST)
    return one


def against(now: list[float], then: list[float], **options: bool) -> FeatureProfile:
    (one,) = profile(matrix(now, **options), matrix(then, **options), smallest=SMALLEST)
    return one


UNKNOWN = math.nan
SMALLEST = 10


def test_shares_of_known_and_of_zero_are_of_all_people() -> None:
    one = of((UNKNOWN, 20), (0, 50), (2, 30))
    assert (one.known.value, one.zero.value) == (0.8, 0.5)
    assert one.distribution == "not known: 20%; 0: 50%; 2: 30%"
    assert one.drift is None


def test_quantiles_are_values_that_people_have() -> None:
    one = of(*((float(n), 2) for n in range(1, 101)))
    assert one.quantiles == (10.0, 25.0, 50.0, 75.0, 90.0)


def test_a_quantile_that_few_lie_beyond_is_not_told() -> None:
    one = of(*((float(n), 1) for n in range(1, 31)))
    assert one.quantiles == (None, None, 15.0, None, None)


def test_the_lowest_and_the_highest_values_are_told_in_no_bar() -> None:
    one = of(*((float(n), 1) for n in range(37, 237)))
    words = [bar.words for bar in one.bars]
    assert words[0] == "69 or fewer"
    assert words[-1].endswith("or more")
    assert not {"37", "236"} & set(re.findall(r"\d+", one.distribution))


def test_yes_and_no_are_told_as_such_and_have_no_quantiles() -> None:
    one = of((UNKNOWN, 10), (0, 30), (1, 60), yes_or_no=True)
    assert one.distribution == "not known: 10%; no: 30%; yes: 60%"
    assert set(one.quantiles) == {None}


def test_a_small_group_is_withheld_and_cannot_be_found_by_subtracting() -> None:
    one = of((0, 60), (1, 33), (UNKNOWN, 7))
    assert one.bars[0].share == Share(None)
    assert one.bars[1].share == Share(None, 0.58)  # 60 + 7 - 9 are certainly there
    assert one.bars[2].share == Share(0.33)
    assert one.zero == Share(None, 0.58)
    assert one.known == Share(None, 0.91)
    assert one.known.words == "at least 91%"


def test_two_small_groups_that_make_a_larger_one_hide_one_another() -> None:
    earlier = values((0, 100), (1, 50), (2, 50))
    one = against(values((0, 80), (1, 6), (2, 8)), earlier)
    assert [bar.share.words for bar in one.bars] == [
        "85%",
        "fewer than 10 people",
        "fewer than 10 people",
    ]


def test_values_that_few_have_share_a_bar() -> None:
    one = of((0, 70), (1, 20), (2, 6), (3, 3), (8, 1))
    assert one.distribution == "0: 70%; 1: 20%; 2 or more: 10%"


def test_a_share_is_none_or_all_only_where_it_is_so() -> None:
    one = of((0, 9990), (1, 10))
    assert one.distribution == "0: 99%; 1: 1%"


@given(
    st.lists(st.sampled_from([UNKNOWN, 0.0, 0.0, 0.5, 1.0, 2.0, 3.0, 17.0]), min_size=10),
    st.lists(st.sampled_from([UNKNOWN, 0.0, 1.0, 2.0, -3.0, 250.0]), min_size=10),
)
def test_whatever_the_values_no_bar_tells_of_a_small_group(now, then) -> None:
    one = against(now, then)
    people = len(now)
    for bar in one.bars:
        if bar.share.value:
            assert round(bar.share.value * people + people / 200) >= SMALLEST
    told = [bar.share for bar in one.bars if bar.share.value is not None]
    assert len(told) == len(one.bars) or len(one.bars) - len(told) >= 2
    for count, share in (
        (sum(value == value for value in now), one.known),
        (sum(value == 0 for value in now), one.zero),
    ):
        if share.at_least is not None:
            assert share.at_least <= count / people
        elif share.value is not None:
            assert share.value == pytest.approx(count / people, abs=0.01)
        else:
            assert count < SMALLEST
    assert one.drift is not None
    assert one.drift.psi >= 0


def test_the_index_is_the_formula_of_its_docstring() -> None:
    one = against(values((0, 60), (1, 40)), values((0, 80), (1, 20)))
    p, q = (60.5 / 101, 40.5 / 101), (80.5 / 101, 20.5 / 101)
    psi = sum((a - b) * math.log(a / b) for a, b in zip(p, q, strict=True))
    assert one.drift is not None
    assert one.drift.psi == round(psi, 3) == 0.191
    assert one.drift.by_chance == round(2 / 100 * 6.6349, 3)
    assert one.drift.reading == "shifted"
    assert one.drift.words == (
        "Shifted: find out why before relying on it. Most of it: “1” went from 20% to 40%."
    )


def test_the_same_people_have_not_drifted() -> None:
    people = values((UNKNOWN, 30), (0, 300), (4, 200))
    one = against(people, people)
    assert one.drift is not None
    assert (one.drift.psi, one.drift.reading) == (0.0, "chance")


def test_an_extract_that_lost_a_column_is_told_as_such() -> None:
    one = against(values((UNKNOWN, 400)), values((UNKNOWN, 12), (0, 200), (2, 188)))
    assert one.drift is not None
    assert one.drift.reading == "shifted_a_lot"
    assert one.drift.most == "“not known” went from 3% to 100%"
    assert one.known == Share(0.0)


@pytest.mark.parametrize(
    ("now", "reading"),
    [((560, 440), "chance"), ((600, 400), "little"), ((800, 200), "shifted_a_lot")],
)
def test_how_a_drift_is_read_depends_on_its_size_and_on_chance(now, reading) -> None:
    one = against(values((0, now[0]), (1, now[1])), values((0, 520), (1, 480)))
    assert one.drift is not None
    assert one.drift.reading == reading


def test_too_few_people_are_not_profiled() -> None:
    with pytest.raises(ValueError, match="at least 10 people"):
        profile(matrix([1.0] * 9), smallest=10)
    with pytest.raises(ValueError, match="at least 10 people"):
        profile(matrix([1.0] * 20), matrix([1.0] * 9), smallest=10)


def test_a_feature_of_which_nothing_is_known_is_told_so() -> None:
    one = of((UNKNOWN, 20))
    assert one.distribution == "not known: 100%"
    assert one.known.value == 0.0
    assert set(one.quantiles) == {None}
