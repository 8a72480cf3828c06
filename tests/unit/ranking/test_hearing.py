"""Linked cases are told together, and nobody's place, tier or side of the line changes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from triage.ranking import stand_together

PLACES = 8
groups = st.lists(st.sampled_from("abc"), min_size=PLACES, max_size=PLACES).map(sorted)
links = st.lists(st.tuples(st.integers(0, PLACES - 1), st.integers(0, PLACES - 1)), max_size=10)


def test_without_links_all_are_told_by_their_places() -> None:
    told = stand_together("aaab", [])
    assert told.order == (0, 1, 2, 3)
    assert not told.beside


def test_a_linked_case_follows_the_one_that_stands_higher() -> None:
    told = stand_together("aaaaa", [(3, 1)])
    assert told.order == (0, 1, 3, 2, 4)
    assert told.beside == {3: 1}


def test_links_of_links_stand_together_each_beside_the_one_it_is_linked_to() -> None:
    told = stand_together("aaaaaa", [(0, 4), (4, 2)])
    assert told.order == (0, 2, 4, 1, 3, 5)
    assert told.beside == {4: 0, 2: 4}


def test_no_link_reaches_across_a_tier_or_the_line() -> None:
    assert stand_together("aabb", [(0, 2), (1, 3)]).order == (0, 1, 2, 3)


@given(groups, links)
def test_every_case_is_told_once_within_its_own_group(
    groups: list[str], links: list[tuple[int, int]]
) -> None:
    told = stand_together(groups, links)
    assert sorted(told.order) == list(range(PLACES))
    assert [groups[place] for place in told.order] == groups


@given(groups, links)
def test_who_stands_beside_another_is_linked_to_it_and_told_after_the_first_of_them(
    groups: list[str], links: list[tuple[int, int]]
) -> None:
    told = stand_together(groups, links)
    pairs = {frozenset(pair) for pair in links}
    for place, other in told.beside.items():
        assert frozenset((place, other)) in pairs
        leads = [one for one in told.order[: told.order.index(place)] if one not in told.beside]
        assert leads[-1] < place
    alone = [place for place in told.order if place not in told.beside]
    assert alone == sorted(alone)


@given(groups, links)
def test_the_way_round_of_a_link_does_not_matter(
    groups: list[str], links: list[tuple[int, int]]
) -> None:
    turned = [(other, one) for one, other in reversed(links)]
    assert stand_together(groups, links) == stand_together(groups, turned)
