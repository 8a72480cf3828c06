"""What sets two cases apart, fact by fact, and themes."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from triage.papers.comparing import SAME, SingleFact, compare, themes_of
from triage.papers.wording import effect_words


@dataclass(frozen=True)
class At:
    """A case at a place."""

    rank: int
    score: float
    tier: int = 3
    likely: str = "about 8 in 100"

    @property
    def referral_id(self) -> str:
        """A name of its own."""
        return f"r{self.rank}"

    @property
    def tier_name(self) -> str:
        """The tier's name."""
        return {1: "Urgent", 3: "By score"}[self.tier]


def fact(name: str, contribution: float, text: str = "some", group: str = "") -> SingleFact:
    return SingleFact("Violence", group or name, name, text, True, contribution)


def test_differences_and_the_rest_sum_to_the_difference_of_the_scores():
    here = [fact(f"f{n}", 0.1 * n) for n in range(8)]
    there = [fact(f"f{n}", 0.05, "none") for n in range(8)]
    total = sum(one.contribution for one in here) - sum(one.contribution for one in there)
    found = compare(At(2, total), At(3, 0.0), here, there, points=False)
    assert len(found.differences) == 4
    assert sum(one.contribution for one in found.differences) + found.rest == pytest.approx(total)
    assert found.total == pytest.approx(total)
    sizes = [abs(one.contribution) for one in found.differences]
    assert sizes == sorted(sizes, reverse=True)
    assert (found.differences[0].here, found.differences[0].there) == ("some", "none")


def test_windows_of_one_feature_are_one_difference_told_by_the_same_window_of_both():
    here = [fact("a_90d", 0.5, "2 lately", "a"), fact("a_365d", 0.1, "3 in a year", "a")]
    there = [fact("a_90d", -0.2, "none lately", "a"), fact("a_365d", 0.2, "4 in a year", "a")]
    (one,) = compare(At(1, 0.6), At(2, 0.0), here, there, points=False).differences
    assert (one.here, one.there) == ("2 lately", "none lately")
    assert one.contribution == pytest.approx(0.6)
    assert one.effect == "this one, somewhat"


def test_a_fact_that_is_the_same_of_both_says_so():
    (one,) = compare(
        At(1, 0.3), At(2, 0.0), [fact("a", 0.1)], [fact("a", 0.4)], points=False
    ).differences
    assert one.there == SAME
    assert one.effect == "the other, somewhat"


@pytest.mark.parametrize(
    ("case", "other", "why"),
    [
        (At(1, -1.0, tier=1), At(9, 1.0), "By the score alone they would stand the other way"),
        (At(9, 0.5), At(1, 1.0, tier=1), "Rules decide between these two."),
        (At(3, 1.0), At(4, 1.0), "The order of their numbers decides."),
        (At(3, 1.0), At(4, 0.9), "The two scores are close: both are about 8 in 100."),
        (At(3, 2.0, likely="about 30 in 100"), At(4, 0.9), "about 30 in 100 here and about 8"),
    ],
)
def test_rules_come_first_and_then_the_score(case, other, why):
    found = compare(case, other, [], [], points=False)
    assert why in found.why
    assert found.title.startswith("Why above" if case.rank < other.rank else "Why below")
    assert found.differences == ()
    assert found.rest == found.total == case.score - other.score


def test_places_of_one_band_are_not_told_as_if_they_were_apart():
    near = compare(At(3, 1.0), At(4, 0.9), [], [], points=False, together=True)
    assert near.why.endswith("Their places cannot be told apart, so their order means little.")


def test_points_are_told_as_points():
    (one,) = compare(
        At(1, 3.0), At(2, 0.0), [fact("a", 3)], [fact("a", 0)], points=True
    ).differences
    assert one.effect == "this one, by 3 points"


def test_themes_hold_every_fact_the_strongest_first():
    facts = [fact("a", 0.1), fact("b", -0.4), SingleFact("Orders", "c", "c", "x", True, 0.9)]
    themes = themes_of(facts, effect_words)
    assert [theme.title for theme in themes] == ["Orders", "Violence"]
    assert [one.name for one in themes[1].facts] == ["b", "a"]
    assert themes[1].contribution == pytest.approx(-0.3)
    assert themes[1].effect == "lowers somewhat"
