"""What a cut does to groups: each measure by hand, and no more told than may be."""

from __future__ import annotations

import numpy as np
import pytest

from triage.conditions import Categories, Numbers
from triage.fairness import (
    AtTheCut,
    Draws,
    Group,
    cells_told,
    crossed,
    group_by,
    groups_of,
    measure_places,
    measure_shares,
    measured_at_the_cut,
    people_in,
    together,
)

SMALLEST = 10


def cut_of(within, y, *, harm=None, known=None, chance=None, person=None) -> AtTheCut:
    """Return a cut of one referral a person, those first on the list who stand first here."""
    n = len(within)
    known = np.ones(n, dtype=bool) if known is None else np.asarray(known, dtype=bool)
    return AtTheCut(
        person=np.arange(n) if person is None else np.asarray(person),
        within=np.asarray(within, dtype=float),
        place=(np.arange(n) + 0.5) / n,
        known=known,
        y=np.asarray(y, dtype=float) * known,
        harm_days=(np.asarray(y, dtype=float) if harm is None else np.asarray(harm)) * known,
        chance=None if chance is None else np.asarray(chance, dtype=float),
    )


def two_groups(counts) -> tuple[AtTheCut, list[Group]]:
    """Return a cut of two groups, from the people of each: (TP, FN, FP, TN)."""
    within, y, codes = [], [], []
    for group, (tp, fn, fp, tn) in enumerate(counts):
        within += [1] * tp + [0] * fn + [1] * fp + [0] * tn
        y += [1] * (tp + fn) + [0] * (fp + tn)
        codes += [group] * (tp + fn + fp + tn)
    cut = cut_of(within, y)
    partition = group_by("area", Categories(np.array(codes, np.int32), ["north", "south"]))
    return cut, groups_of(partition, cut.person, cut.kinds, SMALLEST)


def found_of(cut, groups, *, resamples=200):
    draws = Draws(cut.person, resamples=resamples, seed=1)
    return {(one.group.value, one.measure): one for one in measured_at_the_cut(cut, groups, draws)}


def test_every_measure_is_what_it_is_called() -> None:
    cut, groups = two_groups([(30, 10, 20, 40), (10, 30, 40, 120)])
    found = found_of(cut, groups)
    own = {name: found["north", name].own.value for _, name in found if ("north", name) in found}
    assert own == {
        "referrals": pytest.approx(100 / 300),
        "list": pytest.approx(50 / 100),
        "harm": pytest.approx(40 / 80),
        "list_less_harm": pytest.approx(0.0),
        "recall": pytest.approx(30 / 40),
        "missed_harm": pytest.approx(10 / 40),
        "precision": pytest.approx(30 / 50),
        "false_positive": pytest.approx(20 / 60),
        "false_omission": pytest.approx(10 / 50),
    }
    assert found["north", "recall"].less_others.value == pytest.approx(30 / 40 - 10 / 40)
    assert found["south", "recall"].less_others.value == pytest.approx(10 / 40 - 30 / 40)
    low, high = found["north", "recall"].less_others.low, found["north", "recall"].less_others.high
    assert 0.25 < low < 0.5 < high < 0.75


def test_chances_are_held_against_what_came_where_there_are_chances() -> None:
    cut, groups = two_groups([(30, 10, 20, 40), (10, 30, 40, 120)])
    assert ("north", "came_less_said") not in found_of(cut, groups)
    said = AtTheCut(**{**vars(cut), "chance": np.full(300, 0.3)})
    found = found_of(said, groups)["north", "came_less_said"]
    assert found.own.value == pytest.approx(0.1)
    assert found.less_others.value == pytest.approx(0.1 + 0.1)


def test_a_person_with_many_referrals_is_one_person_to_the_interval_and_to_the_count() -> None:
    cut, groups = two_groups([(30, 10, 20, 40), (10, 30, 40, 120)])
    alone = found_of(cut, groups)["north", "recall"].own
    rows = np.repeat(np.arange(300), 5)
    many = AtTheCut(
        **{name: value if value is None else value[rows] for name, value in vars(cut).items()}
    )
    wide = [
        Group(one.attributes, one.values, one.rows[rows], one.among[rows], one.told)
        for one in groups
    ]
    again = found_of(many, wide)["north", "recall"].own
    assert (again.value, again.low, again.high) == pytest.approx(
        (alone.value, alone.low, alone.high)
    )
    partition = group_by("area", Categories(np.zeros(1500, np.int32), ["north"]))
    assert people_in(partition, many.person).tolist() == [300]


def test_a_share_of_all_or_of_nobody_is_never_certain() -> None:
    cut, groups = two_groups([(12, 0, 20, 40), (10, 30, 40, 120)])
    found = found_of(cut, groups)["north", "recall"]
    assert found.own.value == 1.0
    assert 0.7 < found.own.low < 0.8
    assert found.own.high == 1.0
    assert found.less_others.low < 0.75 < found.less_others.high


def test_nothing_of_outcomes_is_told_of_a_group_with_few() -> None:
    cut, groups = two_groups([(5, 4, 20, 40), (10, 30, 40, 120)])
    found = found_of(cut, groups)
    assert not any(
        found[group, name].told
        for group in ("north", "south")
        for name in ("harm", "recall", "missed_harm", "precision", "false_positive")
    )
    assert found["north", "recall"].own.value is None
    assert found["north", "recall"].less_others.value is None
    assert found["north", "list"].told


def test_where_no_outcome_is_known_shares_are_told_and_outcomes_are_not() -> None:
    cut, groups = two_groups([(30, 10, 20, 40), (10, 30, 40, 120)])
    unsettled = cut_of(cut.within, cut.y, known=np.zeros(300))
    groups = groups_of(
        group_by("area", Categories(np.repeat([0, 1], [100, 200]).astype(np.int32), ["n", "s"])),
        unsettled.person,
        unsettled.kinds,
        SMALLEST,
    )
    found = found_of(unsettled, groups)
    assert not unsettled.settled
    assert found["n", "list"].own.value == pytest.approx(0.5)
    assert {name for (_, name), one in found.items() if one.told} == {"referrals", "list"}


def test_places_are_told_where_enough_stand_on_either_side() -> None:
    cut = cut_of(np.zeros(100), np.zeros(100))
    column = Categories((np.arange(100) >= 30).astype(np.int32), ["first", "last"])
    groups = groups_of(group_by("area", column), cut.person, cut.kinds, SMALLEST)
    draws = Draws(cut.person, resamples=200, seed=1)
    found = {
        (one.group.value, one.subject): one
        for one in measure_places(cut, groups, draws, smallest=SMALLEST)
    }
    assert found["first", "0.5"].own.value == pytest.approx(0.145)
    assert found["last", "0.5"].own.value == pytest.approx(0.645)
    assert found["first", "0.5"].less_others.value == pytest.approx(-0.5)
    assert found["first", "0.5"].less_others.high < 0
    assert not found["first", "0.1"].told  # 3 of 30 stand above it


def test_reasons_are_shares_of_all_that_moves_a_groups_scores() -> None:
    cut = cut_of(np.zeros(40), np.zeros(40))
    column = Categories(np.repeat([0, 1], 20).astype(np.int32), ["north", "south"])
    groups = groups_of(group_by("area", column), cut.person, cut.kinds, SMALLEST)
    draws = Draws(cut.person, resamples=100, seed=1)
    parts = {"violence": np.repeat([3.0, 1.0], 20), "needs": np.repeat([1.0, 1.0], 20)}
    found = {
        (one.group.value, one.subject): one
        for one in measure_shares("reasons", parts, groups, draws)
    }
    assert found["north", "violence"].own.value == pytest.approx(0.75)
    assert found["north", "violence"].less_others.value == pytest.approx(0.25)
    assert found["south", "needs"].own.value == pytest.approx(0.5)


def test_the_same_seed_gives_the_same_intervals_and_another_another() -> None:
    cut, groups = two_groups([(30, 10, 20, 40), (10, 30, 40, 120)])
    one, same, other = (
        measured_at_the_cut(cut, groups, Draws(cut.person, resamples=200, seed=seed))
        for seed in (1, 1, 2)
    )
    assert [found.own for found in one] == [found.own for found in same]
    assert [found.own for found in one] != [found.own for found in other]


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    """Of 200 samples of a known recall, about 95% of the intervals hold it."""
    lot, held = np.random.default_rng(3), 0
    for _ in range(200):
        caught = lot.random(80) < 0.6
        cut = cut_of(np.concatenate([caught, np.zeros(80)]), np.ones(160))
        column = Categories(np.repeat([0, 1], 80).astype(np.int32), ["north", "south"])
        (north, _) = groups_of(group_by("area", column), cut.person, {"with": cut.y > 0}, 10)
        draws = Draws(cut.person, resamples=100, seed=5)
        (found,) = measured_at_the_cut(cut, [north], draws, only=["recall"])
        held += found.own.low <= 0.6 <= found.own.high
    assert 180 <= held <= 199


def test_small_groups_are_told_together_and_few_not_known_are_left_out() -> None:
    codes = np.repeat([0, 1, 2, 3, -1], [40, 30, 6, 5, 3]).astype(np.int32)
    one = group_by("ethnicity", Categories(codes, ["white", "asian", "black", "mixed"]))
    wide = together(one, np.arange(len(codes)), [], SMALLEST)
    assert wide.words == ("white", "asian", "black or mixed")
    assert (wide.codes == -1).sum() == 3
    assert (wide.codes == 2).sum() == 11


def test_a_band_that_is_small_joins_a_neighbour_and_is_called_by_its_ends() -> None:
    ages = np.repeat([17.0, 20, 30, 60, 80, np.nan], [4, 30, 40, 20, 3, 12])
    one = group_by("age", Numbers(ages), [18, 25, 50, 65])
    wide = together(one, np.arange(len(ages)), [], SMALLEST)
    assert wide.words == ("under 25", "25 to 49", "50 or over", "not known")


def test_no_intersection_can_be_found_by_subtraction() -> None:
    """Whatever the counts: what is withheld of a row or a column is never one cell, nor few."""
    lot = np.random.default_rng(7)
    for _ in range(300):
        counts = lot.integers(0, 40, size=(lot.integers(2, 5), lot.integers(2, 6)))
        told = cells_told(counts, smallest=SMALLEST)
        assert (counts[told] >= SMALLEST).all()
        for lines, may in ((counts, told), (counts.T, told.T)):
            for line, its in zip(lines, may, strict=True):
                gone = line[~its & (line > 0)]
                assert len(gone) != 1 or not its.any()
                assert not len(gone) or gone.sum() >= SMALLEST or not its.any()


def test_intersections_are_of_those_with_enough_people() -> None:
    sexes = np.repeat([0, 1], [60, 60]).astype(np.int32)
    areas = np.tile(np.repeat([0, 1, 2], 20), 2).astype(np.int32)
    areas[60:75] = 1  # of the women in the north but few are left
    sex, area = (
        group_by("sex", Categories(sexes, ["male", "female"])),
        group_by("area", Categories(areas, ["north", "east", "south"])),
    )
    person = np.arange(120)
    kinds = {"people": np.ones(120, dtype=bool)}
    found = {one.value for one in crossed(sex, area, person, kinds, SMALLEST)}
    assert found == {"male × east", "female × east"}  # all else would tell of 5 women
    assert len(crossed(sex, area, person, kinds, 1)) == 6
