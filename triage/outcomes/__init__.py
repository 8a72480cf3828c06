"""Outcomes: what came after a moment, as far as it is known.

An outcome is a question about the horizon that begins on the as-of date: did any event happen that
matches a condition, or did harm of at least so many days? The answer is yes, no or unknown, and
unknown has its reason: the horizon is not over, the person died or moved away within it, or a
record does not say what would decide it.

Why this shape: an outcome is *settled* once its horizon has ended and ``settles_in_days`` more have
passed for facts to become known. Only facts known by then count, so an answer, once given, is the
same whenever it is asked again; a model trained on it knew nothing that came later, and
old referrals have no more time to collect late reports than new ones. Before that day the
answer is unknown for everyone, also for those whose harm is already on record, because counting
early harm alone would make recent referrals look worse than they are. Unknown is never 0.

People whom the panel took on are no evidence of low risk: what did not come may be the panel's own
doing. So their answers are marked, and count as ``configs/outcome.yaml`` says.
"""

from triage.outcomes.definitions import Outcome, Outcomes, Treatment, read_outcomes
from triage.outcomes.labels import (
    Labels,
    LabelState,
    first_day,
    follow_up_end,
    harm_within,
    label,
    outcome_day,
)
from triage.outcomes.treatment import (
    HANDLINGS,
    Handling,
    TakenOn,
    find_taken_on,
    handle_taken_on,
)

__all__ = [
    "HANDLINGS",
    "Handling",
    "LabelState",
    "Labels",
    "Outcome",
    "Outcomes",
    "TakenOn",
    "Treatment",
    "find_taken_on",
    "first_day",
    "follow_up_end",
    "handle_taken_on",
    "harm_within",
    "label",
    "outcome_day",
    "read_outcomes",
]
