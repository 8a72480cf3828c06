"""Measures of order: what each is to the day, and that none takes more steps than it has events."""

from __future__ import annotations

import datetime
import itertools
from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from triage.conditions import parse_condition
from triage.features import Feature, compute, engine, evidence, kernel, make_plan, walks
from triage.harm import Scale
from triage.records import Vocabulary, build_histories
from triage.timeline import Timeline, build_timeline, day_of, moments_of

VOCABULARY = Vocabulary.model_validate(
    {
        "agencies": {"police": "Police"},
        "kinds": {"incident": "incident", "order": "order"},
        "types": {
            "threat": {"kind": "incident", "meaning": "threat", "harm_class": "threat"},
            "order": {"kind": "order", "meaning": "order"},
        },
        "events": {"numbers": {"ticks": {"meaning": "ticks"}}},
    }
)
SCALE = Scale.model_validate(
    {
        "name": "test",
        "title": "Test",
        "source": "invented",
        "in_force_from": datetime.date(2020, 1, 1),
        "classes": {"threat": {"days": 2, "note": "invented"}},
    }
)
AS_OF = datetime.date(2024, 6, 1)
THREATS, ORDERS = (parse_condition({"type": name}) for name in ("threat", "order"))


def measured(measure: Any, **changes: Any) -> Feature:
    plain = Feature(
        name=measure,
        group=measure,
        theme="",
        theme_title="",
        measure=measure,
        where=THREATS,
        of=None,
        equals=None,
        window_days=None,
        recent_days=None,
        earlier_days=None,
        when_none=float("nan"),
        unit="",
        direction="none",
        meaning="",
        missing="",
    )
    return replace(plain, **changes)


def timeline_of(*events: tuple[int, dict[str, Any]]) -> Timeline:
    """Return the timeline of one person's events, each given by its age in days."""
    made = [
        {
            "event_id": f"e{number:05}",
            "person_id": "ann",
            "happened_on": AS_OF - datetime.timedelta(days=age),
            "type": "threat",
        }
        | more
        for number, (age, more) in enumerate(events)
    ]
    people = [{"person_id": "ann"}]
    return build_timeline(build_histories(VOCABULARY, people=people, events=made), SCALE)


def value(feature: Feature, timeline: Timeline) -> float:
    moments = moments_of(timeline, ["ann"], day_of(AS_OF))
    return float(compute(make_plan([feature]), timeline, moments, threads=1).values[0, 0])


def ages_behind(feature: Feature, timeline: Timeline) -> list[int]:
    behind = evidence(feature, timeline, 0, day_of(AS_OF))
    return (day_of(AS_OF) - timeline.happened[behind]).tolist()


NEAR = measured("near", companion=ORDERS, within_days=7)
AFTER = measured("after", companion=ORDERS, within_days=7)
AN_ORDER = {"type": "order"}


@pytest.mark.parametrize(
    ("age_of_order", "near", "after"),
    [(38, 0, 0), (37, 1, 1), (31, 1, 1), (30, 1, 0), (29, 1, 0), (23, 1, 0), (22, 0, 0)],
)
def test_near_looks_both_ways_and_after_only_back(age_of_order: int, near: int, after: int) -> None:
    timeline = timeline_of((30, {}), (age_of_order, AN_ORDER))
    assert np.nan_to_num([value(NEAR, timeline), value(AFTER, timeline)]).tolist() == [near, after]


def test_an_event_is_not_its_own_companion_but_another_of_that_day_is() -> None:
    alone = replace(NEAR, companion=THREATS, within_days=0)
    assert np.isnan(value(alone, timeline_of((30, {}), (29, {}))))
    assert value(alone, timeline_of((30, {}), (30, {}))) == 2


def test_a_companion_may_lie_before_the_window_but_must_be_known() -> None:
    timeline = timeline_of((10, {}), (12, AN_ORDER), (13, {}))
    assert value(replace(AFTER, window_days=10), timeline) == 1
    unknown = timeline_of((10, {}), (12, AN_ORDER | {"known_on": AS_OF}))
    assert np.isnan(value(AFTER, unknown))


def test_what_is_behind_a_pair_is_the_event_and_the_nearest_that_it_lies_near() -> None:
    timeline = timeline_of((30, {}), (36, AN_ORDER), (32, AN_ORDER), (28, AN_ORDER), (60, {}))
    assert ages_behind(AFTER, timeline) == [32, 30]
    assert ages_behind(NEAR, timeline) == [32, 30]  # of two as near, the earlier


def test_a_sequence_is_yes_from_as_many_as_are_asked_for() -> None:
    twice = timeline_of((40, AN_ORDER), (39, {}), (38, {}))
    asked = [value(replace(AFTER, at_least=least), twice) for least in (1.0, 2.0, 3.0)]
    assert asked == [1, 1, 0]


def test_the_median_is_that_of_the_gaps_in_the_window() -> None:
    gaps = (1, 2, 2, 9, 50, 3, 7)
    ages = [1 + sum(gaps[:place]) for place in range(len(gaps) + 1)]
    timeline = timeline_of(*((age, {}) for age in ages))
    for window, (median, shortest) in {
        None: (3, 1),
        ages[-2]: (2.5, 1),
        ages[4]: (2, 1),
        ages[1]: (1, 1),
    }.items():
        asked = [measured(name, window_days=window) for name in ("median_gap", "shortest_gap")]
        assert [value(one, timeline) for one in asked] == [median, shortest]
    assert np.isnan(value(measured("median_gap", window_days=1), timeline))
    assert ages_behind(measured("shortest_gap"), timeline) == [2, 1]


@pytest.mark.parametrize("n_events", [2, 3, 10, 101])
def test_the_median_is_that_of_any_gaps(n_events: int) -> None:
    rng = np.random.default_rng(n_events)
    for _ in range(20):
        ages = np.sort(rng.integers(1, 5 * n_events, n_events))
        timeline = timeline_of(*((int(age), {}) for age in ages))
        assert value(measured("median_gap"), timeline) == np.median(np.diff(ages))


def test_a_ratio_of_means_is_finite_whatever_is_zero() -> None:
    ratio = measured("mean_ratio", of="ticks", recent_days=30, earlier_days=90)

    def of(recent: list[float], earlier: list[float]) -> float:
        events = [(10, ticks) for ticks in recent] + [(60, ticks) for ticks in earlier]
        return value(ratio, timeline_of(*((age, {"ticks": ticks}) for age, ticks in events)))

    assert of([6.0], [6.0]) == 1
    assert of([8.0], [0.0]) == 3
    assert of([0.0], [8.0]) == pytest.approx(1 / 3)
    assert np.isnan([of([0.0], [0.0]), of([8.0], []), of([], [8.0])]).all()
    assert np.isnan(of([-9.0], [-1.0]))  # a ratio of what is below zero says nothing


ONE_OF_EACH = [
    measured("count"),
    measured("sum", of="harm_days"),
    measured("maximum", of="ticks"),
    measured("distinct", of="victim_id"),
    measured("repeats", of="victim_id"),
    measured("latest", of="ticks"),
    measured("active"),
    measured("days_until_end"),
    measured("rate_ratio", recent_days=500, earlier_days=1000),
    measured("median_gap"),
    measured("shortest_gap"),
    measured("streak", period_days=1),
    measured("mean_ratio", of="harm_days", recent_days=500, earlier_days=10_000),
    measured("reached", of="ticks", at_least=99.0),
    measured("new", of="victim_id", window_days=500),
    measured("most_repeated", of="victim_id"),
    measured("serial", of="victim_id", at_least=2.0),
    replace(NEAR, within_days=0),
    replace(NEAR, companion=THREATS, within_days=10_000),
    replace(AFTER, within_days=1),
    replace(AFTER, companion=THREATS, within_days=10_000),
]


class Counted:
    """An array that adds to a count whenever one of its values is looked at."""

    def __init__(self, values: np.ndarray, looks: Counter[str]) -> None:
        self.values, self.looks = values, looks

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, place: int) -> Any:
        self.looks["all"] += 1
        return self.values[place]


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Run what is compiled as the Python that it is written in, and count how often it looks.

    At the dates of events, and at the events that pass a filter: no loop does without.
    """
    counted: Counter[str] = Counter()
    for module in (kernel, walks):
        for name, function in list(vars(module).items()):
            if hasattr(function, "py_func"):
                monkeypatch.setattr(module, name, function.py_func)
                if hasattr(engine, name):
                    monkeypatch.setattr(engine, name, function.py_func)
    monkeypatch.setattr(
        engine, "Passing", lambda events, starts: walks.Passing(Counted(events, counted), starts)
    )
    return counted


def made_of(n_events: int) -> Timeline:
    """Return one person's timeline: ten events a day, of many victims, orders among threats.

    Half of all are versions that a later one has replaced.
    """
    kinds = itertools.cycle([{}, {}, AN_ORDER])
    events = []
    for place, more in zip(range(n_events // 2), kinds, strict=False):
        age = 2 + place // 10
        known = AS_OF - datetime.timedelta(days=age)
        its = {"event_id": f"e{place}", "victim_id": f"v{place % 997}", "ticks": 3.0, **more}
        events += [(age, its | {"known_on": known + datetime.timedelta(days=n)}) for n in (0, 1)]
    timeline = timeline_of(*events)
    assert timeline.n_events == n_events
    return timeline


@pytest.mark.parametrize("feature", ONE_OF_EACH, ids=lambda one: one.name)
def test_many_events_of_one_person_take_no_more_than_their_share(
    feature: Feature, looks: Counter[str]
) -> None:
    """Twice the events, twice the steps: 10,000 on one person are no trouble."""
    taken = []
    for n_events in (1000, 2000):
        timeline = made_of(n_events)
        dates = {name: Counted(getattr(timeline, name), looks) for name in ("happened", "known")}
        moments = moments_of(timeline, ["ann"], day_of(AS_OF))
        looks.clear()
        compute(make_plan([feature]), replace(timeline, **dates), moments, threads=1)
        taken.append(looks["all"])
    few, many = taken
    assert 0 < few <= 12 * 1000
    assert many <= 2 * few + 100
