"""The pages about features: the catalogue of all there are, and their profile over many people."""

from __future__ import annotations

import datetime
import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from markupsafe import Markup

from triage.conditions import date_words
from triage.papers.distribution import distribution
from triage.papers.html_pages import drawn, filled
from triage.papers.wording import number_of
from triage.workspace import Panel

if TYPE_CHECKING:  # features take seconds to import, and a page about a list needs none
    from triage.fairness import FeatureProfile, Reading
    from triage.features import Entry, Feature

__all__ = ["Period", "catalogue_page", "direction_words", "profile_page"]

DIRECTIONS = {
    "raises": "More of it can only raise a score",
    "lowers": "More of it can only lower a score",
    "none": "It may raise or lower a score",
}
READINGS: dict[Reading, str] = {
    "shifted_a_lot": "shifted a lot",
    "shifted": "shifted",
    "little": "a little different",
    "chance": "as before",
}
SELDOM = 0.5
"""A feature that is known of fewer is named at the head of the profile."""

Told = TypeVar("Told")


@dataclass(frozen=True)
class Period:
    """Whom a profile is made of.

    Parameters
    ----------
    first, last : date
        As-of dates from the one to the other.
    people : int
        How many were referred to be heard on one of these, each counted once.
    """

    first: datetime.date
    last: datetime.date
    people: int

    @property
    def words(self) -> str:
        """The people and the dates in plain words."""
        people = number_of(self.people, "person", "people")
        return f"{people} heard from {date_words(self.first)} to {date_words(self.last)}"


@dataclass(frozen=True)
class Described:
    """A measure of the catalogue: the features that differ only by their window."""

    group: str
    entries: tuple[Entry, ...]

    @property
    def first(self) -> Entry:
        """The entry of its shortest window, which says all but the others' windows."""
        return self.entries[0]


@dataclass(frozen=True)
class DescribedTheme:
    """A theme of the catalogue."""

    key: str
    title: str
    measures: tuple[Described, ...]


@dataclass(frozen=True)
class CataloguePage:
    """All that stands on the catalogue."""

    panel: Panel
    features: int
    themes: tuple[DescribedTheme, ...]


@dataclass(frozen=True)
class ProfiledTheme:
    """A theme of the profile."""

    key: str
    title: str
    profiles: tuple[FeatureProfile, ...]


@dataclass(frozen=True)
class ProfilePage:
    """All that stands on the profile."""

    panel: Panel
    now: Period
    earlier: Period | None
    features: int
    themes: tuple[ProfiledTheme, ...]
    readings: tuple[tuple[str, int], ...]
    shifted: tuple[FeatureProfile, ...]
    seldom_known: tuple[FeatureProfile, ...]
    smallest: int


def catalogue_page(entries: Iterable[Entry], panel: Panel) -> bytes:
    """Return the catalogue of features as an HTML page.

    Parameters
    ----------
    entries : iterable of Entry
    panel : Panel
        Whose features they are.
    """
    told = tuple(entries)
    page = CataloguePage(
        panel=panel,
        features=len(told),
        themes=tuple(
            DescribedTheme(key, title, tuple(_measures(among)))
            for key, title, among in _by_theme(told, lambda entry: entry.feature)
        ),
    )
    return filled("catalogue", page=page, direction=direction_words)


def profile_page(
    profiles: Iterable[FeatureProfile], panel: Panel, now: Period, earlier: Period | None = None
) -> bytes:
    """Return the profile of features as an HTML page.

    Parameters
    ----------
    profiles : iterable of FeatureProfile
    panel : Panel
    now : Period
        Whom they are made of.
    earlier : Period, optional
        Whom they are compared with.
    """
    from triage.fairness import QUANTILES

    told = tuple(profiles)
    page = ProfilePage(
        panel=panel,
        now=now,
        earlier=earlier,
        features=len(told),
        themes=tuple(
            ProfiledTheme(key, title, tuple(among))
            for key, title, among in _by_theme(told, lambda one: one.feature)
        ),
        readings=tuple(_readings(told)) if earlier else (),
        shifted=tuple(sorted(filter(_is_shifted, told), key=_least_stable_first)),
        seldom_known=tuple(one for one in told if one.known.least < SELDOM),
        smallest=panel.smallest_group,
    )
    return filled("profile", page=page, drawing=_drawing, median=QUANTILES.index(0.5))


def direction_words(feature: Feature) -> str:
    """Return what a feature's direction means."""
    return DIRECTIONS[feature.direction]


def _by_theme(
    told: Iterable[Told], feature_of: Callable[[Told], Feature]
) -> Iterator[tuple[str, str, list[Told]]]:
    """Yield each theme's key and title, with what is told of its features."""
    for key, among in itertools.groupby(told, lambda one: feature_of(one).theme):
        together = list(among)
        yield key, feature_of(together[0]).theme_title, together


def _measures(entries: Iterable[Entry]) -> Iterator[Described]:
    for group, among in itertools.groupby(entries, lambda entry: entry.feature.group):
        yield Described(group, tuple(among))


def _readings(profiles: Iterable[FeatureProfile]) -> Iterator[tuple[str, int]]:
    found = [one.drift.reading for one in profiles if one.drift]
    for reading, words in READINGS.items():
        yield words, found.count(reading)


def _is_shifted(one: FeatureProfile) -> bool:
    return one.drift is not None and one.drift.reading in ("shifted", "shifted_a_lot")


def _least_stable_first(one: FeatureProfile) -> float:
    return -one.drift.psi if one.drift else 0.0


def _drawing(one: FeatureProfile) -> Markup:
    return drawn("distribution", drawing=distribution(one), key=f"distribution-{one.feature.name}")
