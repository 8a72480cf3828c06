"""Reasons in plain words, each with its records."""

from __future__ import annotations

import pytest

from tests.unit.explain.builders import ask, contributions, days_ago, incident, told
from triage.explain import tell_reasons

STRANGLED = [
    incident(20, type="strangulation", event_id="e-new"),
    incident(300, strangulation="yes", event_id="e-old"),
]


def of_model(reasons):
    return [reason for reason in reasons if reason.origin == "model"]


def test_windows_of_one_feature_are_one_reason_in_the_words_of_the_one_that_says_most():
    asked = ask(STRANGLED)
    given = contributions(
        asked,
        strangulation_incidents_90d=0.1,
        strangulation_incidents_365d=0.7,
        strangulation_incidents_ever=-0.2,
    )
    (reason,) = of_model(told(asked, given))
    assert reason.text == "2 incidents with strangulation in the last 12 months"
    assert reason.contribution == pytest.approx(0.6)
    assert reason.name == "strangulation_incidents_365d"
    assert reason.theme == "violence"
    assert reason.direction == "raises"
    assert [record.event_id for record in reason.records] == ["e-old", "e-new"]


def test_of_windows_that_lower_together_the_one_that_lowers_most_speaks():
    asked = ask()
    given = contributions(asked, injury_incidents_365d=0.1, injury_incidents_ever=-0.4)
    (reason,) = of_model(told(asked, given))
    assert reason.direction == "lowers"
    assert reason.text == "no incidents in which a victim was injured on record"
    assert reason.records == ()


def test_some_harm_that_lowers_a_score_is_told_as_less_than_is_usual():
    asked = ask(STRANGLED)
    some = contributions(asked, incidents_365d=-0.3, injury_incidents_365d=-0.2, age=-0.1)
    assert [reason.text for reason in of_model(told(asked, some))] == [
        "2 domestic incidents in the last 12 months (less than is usual among referrals)",
        "no incidents in which a victim was injured in the last 12 months",
        "the person is 35 years old",
    ]
    much = contributions(asked, incidents_365d=0.3)
    (reason,) = of_model(told(asked, much))
    assert reason.text == "2 domestic incidents in the last 12 months"


def test_reasons_and_base_sum_to_the_score_however_few_are_told():
    asked = ask(STRANGLED)
    given = contributions(
        asked,
        strangulation_incidents_365d=0.7,
        incidents_365d=0.3,
        harm_days_365d=0.2,
        injury_incidents_365d=-0.3,
        days_since_last=-0.2,
        separation=-0.1,
    )
    for raising, lowering in ((6, 4), (2, 1), (0, 0)):
        reasons = told(asked, given, raising=raising, lowering=lowering)
        total = given.base + sum(reason.contribution for reason in reasons)
        assert total == pytest.approx(given.scores[0], abs=1e-12)
        raises = [r for r in of_model(reasons) if r.known and r.direction == "raises"]
        lowers = [r for r in of_model(reasons) if r.known and r.direction == "lowers"]
        assert (len(raises), len(lowers)) == (min(raising, 3), min(lowering, 3))
        assert reasons[-1].origin == "rest"


def test_they_are_told_in_the_order_of_a_discussion():
    asked = ask(STRANGLED, separation="unknown")
    given = contributions(
        asked,
        incidents_365d=0.1,
        strangulation_incidents_365d=0.7,
        separation=0.05,
        injury_incidents_365d=-0.9,
    )
    told_so = [(r.origin, r.name, r.direction, r.known) for r in told(asked, given)]
    assert told_so == [
        ("rule", "strangulation", "raises", True),
        ("model", "strangulation_incidents_365d", "raises", True),
        ("model", "incidents_365d", "raises", True),
        ("model", "separation", "raises", False),
        ("model", "injury_incidents_365d", "lowers", True),
        ("rest", "", "none", True),
    ]


def test_what_is_not_known_is_told_as_not_known_even_where_it_moves_nothing():
    asked = ask(pregnancy="not_asked", separation="no")
    reasons = of_model(told(asked, contributions(asked, pregnancy=0.0, separation=-0.1)))
    assert [(r.text, r.known, r.direction) for r in reasons] == [
        ("not known: the referral does not say whether the victim is pregnant", False, "none"),
        ("the victim is not leaving", True, "lowers"),
    ]


def test_what_nobody_knows_is_told_though_the_model_does_not_look_at_it():
    asked = ask(STRANGLED, separation="yes", pregnancy="not_asked")
    reasons = of_model(told(asked, contributions(asked, age=0.1)))
    assert [(r.name, r.known, r.contribution) for r in reasons] == [
        ("age", True, 0.1),
        ("pregnancy", False, 0.0),
    ]


def test_what_is_missing_for_one_reason_is_told_once():
    asked = ask()
    given = contributions(asked, days_since_last=-0.2, days_since_first=-0.1)
    (reason,) = of_model(told(asked, given))
    assert reason.text == "not known: no domestic incident is on record"
    assert reason.contribution == pytest.approx(-0.3)
    assert reason.feature_names == ("days_since_last", "days_since_first")


def test_that_nothing_is_on_record_is_told_only_where_something_follows_from_it():
    asked = ask()
    (told_so,) = of_model(told(asked, contributions(asked, days_since_last=-0.2)))
    assert (told_so.name, told_so.known) == ("days_since_last", False)
    assert of_model(told(asked, contributions(asked, days_since_last=-0.001))) == []


def test_facts_that_move_next_to_nothing_go_with_the_rest():
    asked = ask(STRANGLED)
    given = contributions(asked, incidents_365d=0.004, incidents_90d=0.0, age=-0.3)
    *others, rest = told(asked, given)
    assert "incidents_365d" not in [reason.name for reason in others]
    assert rest.contribution == pytest.approx(0.004)
    assert rest.feature_names == ("incidents_365d", "incidents_90d")


def test_a_rule_is_told_with_the_records_that_its_facts_were_made_of():
    asked = ask(STRANGLED)
    rule = told(asked, contributions(asked, incidents_365d=0.1))[0]
    assert rule.text == (
        "Strangled a victim: 2 incidents with strangulation in the last 12 months."
    )
    assert rule.contribution == 0
    assert rule.theme == "lethality"
    assert rule.feature_names == ("strangulation_incidents_365d",)
    assert [record.event_id for record in rule.records] == ["e-old", "e-new"]


def test_urgent_rules_come_before_those_that_ask_for_a_discussion():
    asked = ask(STRANGLED, suicidal_ideation="yes")
    names = [r.name for r in told(asked, contributions(asked, age=0.0)) if r.origin == "rule"]
    assert names == ["strangulation", "suicidal"]


def test_a_rule_that_decides_on_the_referral_alone_has_no_records():
    asked = ask(suicidal_ideation="yes")
    rule = told(asked, contributions(asked, age=0.0))[0]
    assert (rule.name, rule.feature_names) == ("suicidal", ("referral.suicidal_ideation",))
    assert rule.records == ()


def test_marks_are_no_reasons():
    asked = ask([incident(day, agency="health") for day in (5, 6, 7)])
    assert {finding.rule.id for finding in asked.trace.fired(0)} == {"often"}
    assert [r for r in told(asked, contributions(asked, age=0.0)) if r.origin == "rule"] == []


def test_a_record_says_what_it_is_and_nothing_of_the_victim():
    asked = ask([incident(20, type="strangulation", event_id="e1", victim_id="v-secret")])
    given = contributions(asked, strangulation_incidents_365d=0.5)
    (record,) = told(asked, given)[0].records
    assert vars(record) == {
        "event_id": "e1",
        "source": "police",
        "agency_name": "Police",
        "meaning": "non-fatal strangulation or suffocation",
        "happened_on": days_ago(20),
        "known_on": days_ago(20),
    }


def test_a_record_of_a_linked_person_says_so_and_not_whose_it_is():
    asked = ask(
        [
            incident(40, event_id="own", victim_id="v-secret"),
            incident(30, event_id="e2", victim_id="v-secret", person_id="a-secret"),
            incident(60, event_id="e1", person_id="a-secret", type="rape", agency="health"),
            incident(50, event_id="e3", person_id="z-secret", victim_id="v-secret"),
        ]
    )
    both = told(asked, contributions(asked, linked_incidents_365d=0.5, incidents_365d=0.2))
    linked, own = both[0], both[1]
    assert [record.event_id for record in own.records] == ["own"]
    assert [(record.event_id, record.meaning) for record in linked.records] == [
        ("e1", "rape (of a linked person)"),
        ("e3", "harassment (of a linked person)"),
        ("e2", "harassment (of a linked person)"),
    ]
    assert linked.text == "3 incidents in the last 12 months, of others who share a victim"
    assert "secret" not in repr(both)


def test_what_happened_or_became_known_later_is_no_record():
    later = [
        incident(20, type="strangulation", known_on=days_ago(0), event_id="known too late"),
        incident(-1, type="strangulation", event_id="happened later"),
        incident(30, type="strangulation", event_id="in time"),
    ]
    asked = ask(later)
    (reason,) = of_model(told(asked, contributions(asked, strangulation_incidents_365d=0.5)))
    assert [record.event_id for record in reason.records] == ["in time"]


def test_each_referral_has_its_own_reasons():
    asked = ask(
        [incident(20, type="strangulation"), incident(9, person_id="p2", event_id="e2")], "p1", "p2"
    )
    given = contributions(asked, incidents_365d=0.5)
    first, second = tell_reasons(
        given, asked.matrix, asked.trace, asked.timeline, asked.moments, asked.histories.vocabulary
    )
    assert {record.event_id for reason in first for record in reason.records} == {"e1"}
    assert {record.event_id for reason in second for record in reason.records} == {"e2"}


def test_rows_that_do_not_belong_together_are_refused():
    asked, two = ask(), ask([], "p1", "p2")
    with pytest.raises(ValueError, match="2 explained rows, 1 rows of features, 1 rows of rules"):
        told(asked, contributions(two, age=0.0))
