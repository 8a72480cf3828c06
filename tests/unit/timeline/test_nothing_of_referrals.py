"""What is known of a referral that nobody made."""

from __future__ import annotations

from tests.unit.explain.builders import VOCABULARY, ask
from triage.conditions import Answers, Categories
from triage.timeline import nothing_of_referrals


def test_every_attribute_is_there_of_its_kind_and_unknown():
    columns = nothing_of_referrals(VOCABULARY, 3)
    known = ask().attributes
    assert columns.keys() == {name for name in known if name.startswith("referral.")}
    for name, column in columns.items():
        assert type(column) is type(known[name])
        if isinstance(column, Answers):
            assert column.codes.tolist() == [3, 3, 3]
        elif isinstance(column, Categories):
            assert column.codes.tolist() == [-1, -1, -1]
