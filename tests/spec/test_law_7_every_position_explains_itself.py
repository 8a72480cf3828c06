"""Law 7. Every position explains itself: rule or model, the reasons, and the records behind each.

The chapter follows invented referrals through rules, a model that learned, ranking, reasons and
the list, and holds what a panel would read against what ranked them.
"""

from __future__ import annotations

import dataclasses
import itertools
import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.invented_lists import invented_content
from tests.unit.explain.builders import AS_OF, POLICY, VOCABULARY, Asked, ask, days_ago, incident
from tests.unit.learning.builders import OUTCOME, boosting, labels, net
from tests.unit.learning.builders import settings as training
from tests.unit.ranking.builders import unknowns_of
from triage.conditions import Truth
from triage.explain import Contributions, NotAdditiveError, explain, tell_reasons, weights_table
from triage.features import evidence
from triage.learning import Examples, ModelSpec, Trained, train
from triage.lists import (
    CHANGES,
    Bundle,
    IncompleteListError,
    ListTables,
    gather_tables,
    write_bundle,
)
from triage.papers import comparison, list_page, make_papers
from triage.ranking import Ranking, certainty, judge_by, outlooks, rank
from triage.timeline import Moments, day_of

PEOPLE = [f"p{number:03}" for number in range(120)]
MODELS = [boosting(), net(), net(name="plain", estimator="logistic")]


def history(seed: int) -> list[dict[str, Any]]:
    """Return incidents of 120 people, a few of whom have many."""
    chance = np.random.default_rng(seed)
    return [
        incident(
            int(chance.integers(1, 900)),
            person_id=person,
            type=str(chance.choice(["harassment", "strangulation"], p=[0.93, 0.07])),
            injury=str(chance.choice(["yes", "no", "unknown"])),
        )
        for person in PEOPLE
        for _ in range(int(chance.negative_binomial(1, 0.3)))
    ]


def referrals(seed: int = 1) -> Asked:
    return ask(history(seed), *PEOPLE, separation="yes", pregnancy="not_asked")


ASKED = referrals()


def learned(spec: ModelSpec) -> Trained:
    chance = np.random.default_rng(4)
    log_odds = ASKED.matrix.column("incidents_365d") - 2
    y = (chance.random(len(PEOPLE)) < 1 / (1 + np.exp(-log_odds))).astype(float)
    days = np.linspace(19000, 20500, len(PEOPLE)).astype(np.int32)
    examples = Examples(ASKED.matrix, Moments(ASKED.moments.person, days), labels(y), OUTCOME)
    return train([spec], examples, capacity=8, training=training()).results[0].trained


@dataclasses.dataclass(frozen=True)
class Heard:
    """Referrals as a model and the rules ranked them."""

    model: Trained
    contributions: Contributions
    ranking: Ranking
    tables: ListTables


def hear(spec: ModelSpec) -> Heard:
    model = learned(spec)
    contributions = explain(model, ASKED.matrix)
    ids = ASKED.histories.referrals["referral_id"].to_pylist()
    ranking = rank(ids, contributions.scores, ASKED.trace, capacity=16, near_misses=8)
    members = model.ensemble_scores(ASKED.matrix)
    certain = certainty(ids, contributions.scores, members, ASKED.trace, capacity=16)
    tables = gather_tables(
        ranking,
        certain=certain,
        outlooks=outlooks(
            ranking, certain, unknowns_of(ASKED), judge_by(POLICY, AS_OF, model.score)
        ),
        audit_sample=np.zeros(len(ranking.rows), dtype=bool),
        referrals=ASKED.histories.referrals,
        probabilities=model.probability(ASKED.matrix),
        contributions=contributions,
        reasons=tell_reasons(
            contributions, ASKED.matrix, ASKED.trace, ASKED.timeline, ASKED.moments, VOCABULARY
        ),
        changes=CHANGES.empty_table(),
        weights=weights_table(contributions, ASKED.matrix, ranking.rows, ids),
        features=ASKED.matrix,
        brought=[()] * len(PEOPLE),
        case_sheet={},
        trace=ASKED.trace,
        vocabulary=VOCABULARY,
    )
    return Heard(model, contributions, ranking, tables)


@pytest.fixture(scope="module", params=MODELS, ids=lambda spec: spec.name)
def heard(request: pytest.FixtureRequest) -> Heard:
    return hear(request.param)


@pytest.fixture(scope="module")
def bundle(heard: Heard, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    content = invented_content(heard.tables, referrals_in=len(PEOPLE))
    return write_bundle(tmp_path_factory.mktemp("lists"), content, make_papers)


def test_contributions_sum_to_the_very_score_that_ranked(heard: Heard) -> None:
    scores = heard.model.log_odds(ASKED.matrix)
    found = heard.contributions
    assert np.abs(found.base + found.values.sum(axis=1) - scores).max() < 1e-6
    assert heard.ranking.places["score"].to_pylist() == scores[heard.ranking.rows].tolist()


def test_reasons_sum_to_it_too_and_so_do_those_on_the_page(heard: Heard, bundle: Bundle) -> None:
    for case in list_page(bundle).cases:
        told = case.base + sum(reason.contribution for reason in case.reasons)
        assert told == pytest.approx(case.score, abs=1e-6)
        assert case.steps[-1].after == pytest.approx(case.score, abs=1e-6)
        row = heard.model.log_odds(ASKED.matrix)[PEOPLE.index(case.person_id)]
        assert case.score == pytest.approx(row, abs=1e-6)


def test_single_facts_sum_to_it_too_by_theme(heard: Heard, bundle: Bundle) -> None:
    for case in list_page(bundle).told_in_full:
        assert case.themes
        told = case.base + sum(theme.contribution for theme in case.themes)
        assert told == pytest.approx(case.score, abs=1e-6)
        for theme in case.themes:
            assert theme.contribution == pytest.approx(sum(f.contribution for f in theme.facts))
    facts = {fact.name for theme in case.themes for fact in theme.facts}
    assert facts == {feature.name for feature in heard.contributions.features}


def test_the_difference_of_any_two_is_told_exactly_and_rules_first(bundle: Bundle) -> None:
    cases = list_page(bundle).cases
    for case, other in [
        *itertools.pairwise(cases),
        (cases[9], cases[2]),
        cases[::40][:2],
    ]:
        found = comparison(bundle, case, other)
        total = sum(one.contribution for one in found.differences) + found.rest
        assert total == pytest.approx(case.score - other.score, abs=1e-9)
        assert ("Rules decide" in found.why) == (case.tier != other.tier)
        for one in found.differences:
            assert one.effect.startswith("this one" if one.contribution > 0 else "the other")


def test_every_position_has_a_reason_and_says_whose(bundle: Bundle) -> None:
    cases = list_page(bundle).cases
    assert len(cases) == len(PEOPLE)
    for case in cases:
        assert case.reasons
        origins = {reason.origin for reason in case.raising}
        assert ("rule" in origins) == (case.tier < 3)
        assert ("puts this referral" in case.why_here) == (case.tier < 3)
        assert case.model_alone >= 1
        assert case.rules_alone


def test_the_records_behind_a_reason_are_those_that_its_value_was_made_of(bundle: Bundle) -> None:
    features = {feature.name: feature for feature in ASKED.matrix.features}
    checked = 0
    for case in list_page(bundle).cases:
        person = PEOPLE.index(case.person_id)
        for reason in case.reasons:
            if reason.origin != "model" or not reason.known:
                continue
            feature = features[reason.name]
            events = evidence(feature, ASKED.timeline, person, day_of(AS_OF))
            expected = {ASKED.timeline.records["event_id"][int(e)].as_py() for e in events}
            assert {record.event_id for record in reason.records} == expected
            value = ASKED.matrix.column(reason.name)[person]
            if feature.measure == "count":
                assert len(reason.records) == value
            checked += 1
    assert checked > 200


def test_every_record_was_known_and_had_happened(bundle: Bundle) -> None:
    records = [
        record
        for case in list_page(bundle).cases
        for reason in case.reasons
        for record in reason.records
    ]
    assert records
    assert all(record.happened_on < AS_OF and record.known_on < AS_OF for record in records)


def test_every_rule_that_fired_is_told_with_the_facts_that_decided(bundle: Bundle) -> None:
    fired = {
        (PEOPLE[row], finding.rule.id)
        for row in range(ASKED.trace.n_rows)
        for finding in ASKED.trace.fired(row)
    }
    cases = list_page(bundle).cases
    assert {(case.person_id, rule.rule_id) for case in cases for rule in case.fired} == fired
    for case in cases:
        for reason in case.raising:
            if reason.origin == "rule":
                assert reason.text
                assert reason.title
                assert reason.records


def test_every_leaf_under_every_rule_is_kept(bundle: Bundle) -> None:
    for row in bundle.tables.rules.to_pylist():
        person = PEOPLE.index(row["referral_id"].removeprefix("r-"))
        position = [rule.id for rule in ASKED.trace.rules].index(row["rule_id"])
        start, end = ASKED.trace.starts[position : position + 2]
        leaves = ASKED.trace.leaves[person, start:end]
        assert row["truths"] == [Truth(int(leaf)).name.lower() for leaf in leaves]


def test_an_unknown_fact_is_told_as_unknown_and_never_as_no(bundle: Bundle) -> None:
    for case in list_page(bundle).cases:
        told = [reason.text for reason in case.unknown]
        assert "Not known: the referral does not say whether the victim is pregnant" in told
        assert "The victim is not pregnant" not in [reason.text for reason in case.reasons]


def test_the_page_and_its_data_tell_the_same_reasons(bundle: Bundle) -> None:
    told = json.loads((bundle.folder / "list.json").read_text())
    page = (bundle.folder / "list.html").read_text()
    for row, case in zip(told["referrals"], list_page(bundle).cases, strict=True):
        assert [r["text"] for r in row["reasons"]] == [reason.text for reason in case.reasons]
    for case in list_page(bundle).told_in_full:
        section = page[page.index(f'id="case-{case.rank}"') :].split("</section>")[0]
        for reason in (*case.raising, *case.protective):
            assert reason.text in section


def test_a_list_whose_reasons_do_not_add_up_is_never_written(heard: Heard, tmp_path: Any) -> None:
    off = heard.contributions.values.copy()
    off[0, 0] += 1e-5
    with pytest.raises(NotAdditiveError, match=f"on 1 of {len(PEOPLE)} rows"):
        dataclasses.replace(heard.contributions, values=off)
    fewer = dataclasses.replace(heard.tables, reasons=heard.tables.reasons.slice(1))
    first = heard.tables.reasons.slice(0, 1).to_pylist()[0]
    if first["contribution"]:
        with pytest.raises(IncompleteListError, match="do not sum to the score"):
            write_bundle(tmp_path, invented_content(fewer, referrals_in=len(PEOPLE)), make_papers)


histories = st.lists(
    st.builds(
        incident,
        st.integers(1, 800),
        type=st.sampled_from(["harassment", "strangulation", "assault_with_injury"]),
        injury=st.sampled_from(["yes", "no", "unknown", "not_asked"]),
        known_on=st.one_of(st.none(), st.integers(-5, 400).map(days_ago)),
    ),
    max_size=6,
)
BOOSTED = learned(MODELS[0])


@settings(max_examples=10)
@given(histories, st.sampled_from(["yes", "no", "unknown", "not_asked"]))
def test_whatever_the_history_the_score_is_explained(
    events: list[dict[str, Any]], separation: str
) -> None:
    events = [
        {**event, "known_on": max(event["known_on"], event["happened_on"])}
        if event["known_on"] is not None
        else event
        for event in events
    ]
    asked = ask(events, separation=separation)
    found = explain(BOOSTED, asked.matrix)
    (reasons,) = tell_reasons(
        found, asked.matrix, asked.trace, asked.timeline, asked.moments, VOCABULARY
    )
    total = found.base + sum(reason.contribution for reason in reasons)
    assert total == pytest.approx(BOOSTED.log_odds(asked.matrix)[0], abs=1e-6)
    names = [name for reason in reasons if reason.origin != "rule" for name in reason.feature_names]
    assert len(names) == len(set(names))
    assert {feature.name for feature in found.features} <= set(names)
    beside = set(names) - {feature.name for feature in found.features}
    assert all(np.isnan(asked.matrix.column(name)[0]) for name in beside)
