"""How two policies differ on a date."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from tests.invented_rules import AS_OF, a_policy, a_rule
from triage.rules import changes_between

ARMED = {"field": "weapons", "operator": "at_least", "value": 1}


def many(number: int) -> dict[str, Any]:
    return {"field": "incidents", "operator": "at_least", "value": number}


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ([a_rule("a")], [a_rule("a")], []),
        (
            [a_rule("a", when={"any": [ARMED, many(3)]})],
            [a_rule("a", when={"any": [ARMED, many(2)]})],
            ["The rule a (a): incidents is at least 3 → incidents is at least 2"],
        ),
        (
            [a_rule("a", when={"any": [ARMED, many(3)]})],
            [a_rule("a", when={"all": [ARMED, many(3)]})],
            [
                "The rule a (a): floor: urgent where (weapons is at least 1 or incidents is at "
                "least 3) → floor: urgent where (weapons is at least 1 and incidents is at least 3)"
            ],
        ),
        (
            [a_rule("a", when={"at_least": 1, "of": [ARMED, many(3)]})],
            [a_rule("a", when={"at_least": 2, "of": [ARMED, many(3)]})],
            [
                "The rule a (a): floor: urgent where at least 1 of (weapons is at least 1; "
                "incidents is at least 3) → floor: urgent where at least 2 of (weapons is at least "
                "1; incidents is at least 3)"
            ],
        ),
        (
            [a_rule("a", when={"not": ARMED})],
            [a_rule("a", when={"not": ARMED}, effect="flag")],
            [
                "The rule a (a): floor: urgent where not weapons is at least 1 → flag where not "
                "weapons is at least 1"
            ],
        ),
        (
            [a_rule("a")],
            [a_rule("a", reason="For it.")],
            ["The rule a (a): The rule a. Because of a. → The rule a. For it."],
        ),
        (
            [a_rule("a"), a_rule("b")],
            [a_rule("b"), a_rule("c", when=ARMED)],
            [
                "The rule a (a) is gone: floor: urgent where incidents is at least 3",
                "The rule c (c) is new: floor: urgent where weapons is at least 1",
            ],
        ),
        ([a_rule("a")], [a_rule("a", source="another", author="another")], []),
        (
            [a_rule("a")],
            [a_rule("a", in_force_to=AS_OF - datetime.timedelta(days=1))],
            ["The rule a (a) is gone: floor: urgent where incidents is at least 3"],
        ),
        ([a_rule("a")], [a_rule("a", in_force_to=AS_OF)], []),
    ],
)
def test_what_differs_is_told_and_nothing_else(
    old: list[Any], new: list[Any], told: list[str]
) -> None:
    changes = changes_between(a_policy(*old), a_policy(*new), AS_OF)
    assert [one.told for one in changes] == told
