"""Which model is proposed, and the reason."""

from __future__ import annotations

import dataclasses

from tests.unit.learning.builders import boosting, by_points, net
from triage.learning import Measures, SignedLogistic, Trained
from triage.learning.proposals import propose

MEASURES = Measures(
    rows=100,
    positives=10,
    lists=3,
    harm_captured=0.4,
    recall=0.3,
    precision=0.2,
    auc=0.7,
    average_precision=0.3,
)


def candidate(spec, n_features=3, **measures):
    trained = Trained(
        spec,
        tuple(f"f{n}" for n in range(n_features)),
        "harm",
        90,
        "harm within 90 days",
        base_rate=0.1,
        rows=10,
        estimator=SignedLogistic() if spec.learns else None,
    )
    return trained, dataclasses.replace(MEASURES, **measures)


def proposed(*candidates):
    return propose(candidates, capacity=16)


def test_most_harm_captured_is_proposed_with_its_figures():
    proposal = proposed(candidate(net()), candidate(boosting(), harm_captured=0.5))
    assert proposal.name == "boosting"
    assert proposal.reason == (
        "Boosting caught 50.0% of the harm that followed, with 16 places on each of 3 monthly "
        "lists; next was Elastic net with 40.0%."
    )


def test_of_equals_the_simpler_estimator_is_proposed():
    proposal = proposed(candidate(boosting(), 1), candidate(net(), 9))
    assert proposal.name == "net"
    assert "it is the simplest" in proposal.reason


def test_of_equals_of_a_kind_the_one_with_fewer_features_is_proposed():
    assert proposed(candidate(net(), 9), candidate(net(name="small"), 2)).name == "small"


def test_a_comparator_is_never_proposed_but_is_named_where_it_did_better():
    proposal = proposed(candidate(net()), candidate(by_points(), harm_captured=0.6))
    assert proposal.name == "net"
    assert "BUT no model that learned did better than Points with 60.0%" in proposal.reason


def test_without_harm_recall_decides():
    nan = float("nan")
    proposal = proposed(
        candidate(net(), harm_captured=nan),
        candidate(boosting(), harm_captured=nan, recall=0.9),
    )
    assert proposal.name == "boosting"
    assert "90.0% of the referrals with the outcome" in proposal.reason
