"""What may yet happen is read with every problem told, and fits the shipped vocabulary."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.unit.explain.builders import CHECKOUT, SCALE, VOCABULARY
from triage.errors import ConfigurationError
from triage.explain import Possibilities, read_possibilities


def read(tmp_path: Path, text: str) -> Possibilities:
    path = tmp_path / "changes.yaml"
    path.write_text(text)
    return read_possibilities(path, VOCABULARY, root=tmp_path)


def test_the_shipped_file_can_be_supposed_in_its_own_order():
    found = read_possibilities(CHECKOUT / "configs" / "changes.yaml", VOCABULARY)
    timeline = found.timeline(VOCABULARY, SCALE)
    types = timeline.columns["type"]
    told = [types.names[code] for code in types.codes]
    assert told == [fact.event["type"] for fact in found.new_facts]
    assert len(told) > 5
    assert found.quiet_months == sorted(found.quiet_months)


def test_without_a_file_only_time_may_pass(tmp_path):
    found = read_possibilities(tmp_path / "changes.yaml", VOCABULARY)
    assert found.new_facts == []
    assert found.quiet_months == [3, 6, 12, 24]
    assert found.timeline(VOCABULARY, SCALE).n_events == 0


FACT = "  - {{name: {name}, one: one more, event: {{{event}}}}}\n"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            "new_facts:\n" + FACT.format(name="a", event="type: strangulaton"),
            "changes.yaml, line 2: an event must have a type of the vocabulary; got "
            "'strangulaton'. Did you mean 'strangulation'?",
        ),
        (
            "new_facts:\n" + FACT.format(name="a", event="type: arson, agency: polce"),
            "an event must be of an agency there is; got 'polce'. Did you mean 'police'?",
        ),
        (
            "new_facts:\n" + FACT.format(name="a", event="type: arson, weapn: 'yes'"),
            "'weapn' may not be supposed. Did you mean 'weapon'?",
        ),
        (
            "new_facts:\n" + FACT.format(name="a", event="type: arson, known_on: '2020-01-01'"),
            "'known_on' may not be supposed.",
        ),
        (
            "new_facts:\n" + FACT.format(name="a", event="type: arson, weapon: maybe"),
            "'weapon' must be yes, no, unknown or not_asked; got 'maybe'.",
        ),
        (
            "new_facts:\n" + FACT.format(name="a", event="type: dash, ticks: many"),
            "'ticks' must be a number; got 'many'.",
        ),
        (
            "new_facts:\n" + FACT.format(name="a", event="type: arson, relationship: friend"),
            "'relationship' must be one of partner, former_partner, family, other; got 'friend'.",
        ),
        (
            "new_facts:\n" + 2 * FACT.format(name="a", event="type: arson"),
            "a new fact named 'a' must stand once.",
        ),
        ("quiet_months: [6, 3]\n", "changes.yaml, line 1: 'quiet_months' must rise."),
        ("younger: yes\n", "younger"),
    ],
)
def test_what_cannot_be_supposed_is_refused(tmp_path, text, problem):
    with pytest.raises(ConfigurationError, match=re.escape(problem)):
        read(tmp_path, text)


def test_the_shipped_file_says_of_every_attribute_whether_it_can_change():
    facts = read_possibilities(CHECKOUT / "configs" / "changes.yaml", VOCABULARY).facts
    told = [*facts.can_change, *facts.found_out, *facts.never]
    assert sorted(told) == sorted(set(told))
    assert set(told) == set(VOCABULARY.attribute_fields(audit=True))
    assert {"person.age", "person.sex", "person.ethnicity"} <= set(facts.never)


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        ("{can_change: [referral.separation]}", r"nothing of person.age, .*'can_change'"),
        ("{never: [referral.separated]}", r"'referral.separated' is no .*'referral.separation'"),
        ("{can_change: [person.age]}", r"'person.age' can only be among those that 'never'"),
        ("{can_change: [person.sex]}", r"'person.sex' can only be among those that 'never'"),
        ("{found_out: [person.deceased_on]}", r"is a date or a text"),
        (
            "{never: [person.age], found_out: [person.age]}",
            r"'person.age' must be declared once",
        ),
    ],
)
def test_what_is_declared_wrongly_is_told(tmp_path, facts, message):
    with pytest.raises(ConfigurationError, match=message):
        read(tmp_path, f"facts: {facts}\n")


def test_a_measurement_is_of_a_number(tmp_path):
    measured = "measured: [{name: m, of: tiks, one: 'a {value}', event: {type: dash}}]\n"
    with pytest.raises(ConfigurationError, match=r"'tiks' is no number .*'ticks'"):
        read(tmp_path, measured)
