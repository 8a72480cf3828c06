"""Ranking: the one place where the panel's rules and a model's scores meet.

Rules give each referral a tier: *urgent*, *must discuss*, or *by score*. Within a tier the model's
score decides, highest first, and equal scores stand in the order of their referral ids, so that the
same facts always give the same list. An ineligibility or a hold takes a referral off the ranking;
it then stands under "not for this panel" with its reason, as does a referral whose row was set
aside when the extracts were checked.

Why this shape: tiers before scores, and never a sum of points and a score, since a chair can
follow "this rule lifted it" and nobody can follow a weighted mixture; and since a floor then cannot
lower anybody by arithmetic. Ranking is pure and knows no model: it takes any score in which more
means more. The place by rules alone and the place by score alone are kept beside the place here, so
that what each did can be seen. That no referral is lost or told twice is asserted on every ranking.

How sure a place is: an ensemble of the same model, taught by other draws of the same people, gives
every list again. Places that it cannot tell apart share a *band*, which is what papers show: a
chair who reads "4–7" does not argue over 5 and 6. The exact place stays in the record, since a list
needs an order. Without an ensemble nothing is said of it, but that equal scores are equal.

What is not known is not "no": :func:`outlooks` writes each answer that could be given into the
records, makes every feature anew and ranks again, so that a list says how far a place could move
and which one question would move it most. Making features anew, and not only asking the rules what
they lack, shows what a feature hides: an incident of which nobody recorded whether there was a
strangulation counts as none until somebody says so.

Some places may be kept for those without a history with the police (:func:`draw_line`): more than
half of deadly cases had none, and a score made of records can say little of them. The order stays
as it is; only the line moves.

Linked cases (a shared victim, a household) are told together (:func:`stand_together`), each with
its own place and no other. To give a linked case the place below another would push those between
them down, for a reason that is neither a rule's nor the model's and that has nothing to do with
them (laws 4 and 7); bands would join places that can be told apart, and an answer about one person
could move another beyond their bounds. So the ranking stays as it is, and only the order in which
it is told brings together what a panel should hear together, within one tier and one side of the
line.

Where rules disagree: ineligible goes before hold, and both go before any floor, since a panel can
do nothing for somebody who has died or lives elsewhere, however urgent. The floors that such a
referral would have had are told beside it.
"""

from triage.ranking.bands import bands, chance_of_order
from triage.ranking.bounds import CHANGES, Judge, Outlook, Question, judge_by, outlooks
from triage.ranking.cases import Cases, join_cases
from triage.ranking.certainty import Certainty, certainty
from triage.ranking.hearing import Hearing, stand_together
from triage.ranking.line import audit_sample, draw_line
from triage.ranking.moves import Standings, causes_of_moves, places_among
from triage.ranking.places import (
    Ranking,
    SetAside,
    assert_nothing_is_lost,
    order_of,
    rank,
    rank_by_score_alone,
)
from triage.ranking.tiers import Exclusion, Tier, exclusions_of, tiers_of
from triage.ranking.unknowns import Unknown, Unknowns, find_unknowns

__all__ = [
    "CHANGES",
    "Cases",
    "Certainty",
    "Exclusion",
    "Hearing",
    "Judge",
    "Outlook",
    "Question",
    "Ranking",
    "SetAside",
    "Standings",
    "Tier",
    "Unknown",
    "Unknowns",
    "assert_nothing_is_lost",
    "audit_sample",
    "bands",
    "causes_of_moves",
    "certainty",
    "chance_of_order",
    "draw_line",
    "exclusions_of",
    "find_unknowns",
    "join_cases",
    "judge_by",
    "order_of",
    "outlooks",
    "places_among",
    "rank",
    "rank_by_score_alone",
    "stand_together",
    "tiers_of",
]
