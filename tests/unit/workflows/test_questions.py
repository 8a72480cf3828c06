"""Asking about the open referrals of a date that no history reaches back to."""

from __future__ import annotations

import datetime
from types import SimpleNamespace
from typing import Any

import pytest

from triage.errors import NotFoundError
from triage.features import Feature
from triage.harm import Scale
from triage.records import Vocabulary, build_histories
from triage.workflows.questions import ask_of_open
from triage.workspace import Cohort

VOCABULARY = Vocabulary.model_validate(
    {
        "agencies": {"police": "Police"},
        "kinds": {"incident": "incident"},
        "types": {"assault": {"kind": "incident", "meaning": "assault", "harm_class": "assault"}},
    }
)
SCALE = Scale.model_validate(
    {
        "name": "test",
        "title": "Test",
        "source": "invented",
        "in_force_from": datetime.date(2020, 1, 1),
        "classes": {"assault": {"days": 2, "note": "invented"}},
    }
)
COUNT = Feature(
    name="assaults",
    group="assaults",
    theme="",
    theme_title="",
    measure="count",
    where=None,
    of=None,
    equals=None,
    window_days=None,
    recent_days=None,
    earlier_days=None,
    when_none=0.0,
    unit="",
    direction="none",
    meaning="",
    missing="",
)


def asked(as_of: str, *events: tuple[str, str | None]) -> list[float]:
    """Return the assaults of a person referred that day, of events as they happened, were known."""
    project: Any = SimpleNamespace(
        features=(COUNT,),
        scale=SCALE,
        panel=SimpleNamespace(cohort=Cohort(open_days=31, as_of="referral")),
    )
    histories = build_histories(
        VOCABULARY,
        people=[{"person_id": "ann"}],
        events=[
            {"person_id": "ann", "type": "assault", "happened_on": happened, "known_on": known}
            for happened, known in events
        ],
        referrals=[{"person_id": "ann", "made_on": as_of}],
    )
    day = datetime.date.fromisoformat(as_of)
    return ask_of_open(project, histories, day).matrix.values[:, 0].tolist()


def test_a_date_before_all_history_is_told_and_not_taken_for_a_clean_record() -> None:
    events = [("2024-03-01", "2024-03-10"), ("2024-01-01", "2024-05-01"), ("2020-01-01", None)]
    for as_of in ("2019-01-01", "2024-03-01", "2024-03-10"):
        with pytest.raises(NotFoundError, match=r"the first is known on 2024-03-10\. Choose"):
            asked(as_of, *events)
    assert asked("2024-03-11", *events) == [1]


def test_an_event_of_the_very_day_is_not_in_it() -> None:
    assert asked("2024-03-11", ("2024-03-10", "2024-03-10"), ("2024-03-11", "2024-03-11")) == [1]


def test_without_any_events_nothing_is_on_record() -> None:
    assert asked("2024-03-11") == [0]
