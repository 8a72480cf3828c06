"""Explain: what moved each score, in plain words, and the records behind every reason.

:func:`explain` takes a score apart into one contribution a feature, which sum to it exactly.
:func:`tell_reasons` turns contributions and rules into reasons, in the order in which a panel
should hear them: the rules that raised the referral, what raises the model's score, what is not
known, what lowers it, and everything else as one. Each reason names its records.

:func:`weights_table` keeps every single fact in words, so that any two cases can be set beside each
other. :func:`suppose_changes` and :func:`changes_table` find what would change a place.
:func:`rule_records_table` names the records behind every leaf of every rule.
:func:`faithfulness_table` measures how far the reasons of a list can be relied on, and
:func:`disagreements_table` finds the facts on which a rule and the model pull different ways.

Why this shape: a reason is told only if it is so, so every row is held against the score that
ranked it, and a difference stops the list. Contributions are Shapley values of the base model's
log-odds, because there they are exact for trees and for sums alike; calibration is a straight
line on log-odds, which scales them and keeps them exact. Probabilities do not add up and are
never taken apart. Windows of one feature tell one fact (a strangulation last month is also one
last year), so their contributions are summed and the window that says most describes them. Facts
that are not known are told as not known, also where the model is moved by their being missing.
What would change a place is not read from contributions, which say what moved a score and not what
would move it: each change is put into the case history, and features, rules and model are asked
again. Only what can come about is tried, so nobody is told to be younger.
The library that walks the trees is imported when trees are explained, for it takes seconds to
load.
"""

from triage.explain.changes import (
    Judged,
    Standing,
    Suppositions,
    changeable,
    changes_table,
    quiet,
    suppose_changes,
    supposed_of,
)
from triage.explain.contributions import Contributions, NotAdditiveError, explain
from triage.explain.disagreements import disagreements_table
from triage.explain.faithfulness import MEASURED_ON, faithfulness_table
from triage.explain.possibilities import (
    Declared,
    Measured,
    NewFact,
    Possibilities,
    read_possibilities,
)
from triage.explain.records import Brought, Record, brought_by_agencies, records_behind
from triage.explain.rule_records import rule_records_table
from triage.explain.steps import Step, Words, observed_values
from triage.explain.telling import Reason, tell_reasons
from triage.explain.weights import MOST_TOLD, weights_table

__all__ = [
    "MEASURED_ON",
    "MOST_TOLD",
    "Brought",
    "Contributions",
    "Declared",
    "Judged",
    "Measured",
    "NewFact",
    "NotAdditiveError",
    "Possibilities",
    "Reason",
    "Record",
    "Standing",
    "Step",
    "Suppositions",
    "Words",
    "brought_by_agencies",
    "changeable",
    "changes_table",
    "disagreements_table",
    "explain",
    "faithfulness_table",
    "observed_values",
    "quiet",
    "read_possibilities",
    "records_behind",
    "rule_records_table",
    "suppose_changes",
    "supposed_of",
    "tell_reasons",
    "weights_table",
]
