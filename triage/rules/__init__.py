"""Rules: policy as data. Who is not for this panel, who must be heard, and on which facts.

One YAML file of ``configs/rules/`` is one theme. A rule has a condition over features, the person
and the referral, and an effect: it raises a referral to a tier (a *floor*), holds it, says that it
is not eligible, says that it may have one of the panel's kept places (*reserve*) or may belong at
another programme as well (*route*), or marks it (a *flag*). Its reason, its source, its author and
its dates stand beside the values that a panel may tune.

Why this shape: a panel's chair must be able to read a rule, and an auditor to see afterwards which
facts decided it. So a rule is data that is compiled to vector operations, and the :class:`Trace`
keeps the truth of every rule *and of every leaf under it* for every referral, with unknown as a
third value. Only a yes fires. An unknown is kept and told ("would fire if this were known"), and
never read as a no. There is no effect that lowers a referral: the only way off the ranking is an
ineligibility or a hold, and both stay visible. What is said of a referral is worded by the
features' own descriptions, so that rule and model never tell the same fact in two ways.
"""

from triage.rules.cases import RuleCase, Tried, failing_cases, read_rule_cases, try_cases
from triage.rules.comparing import RuleChange, changes_between
from triage.rules.covering import Coverage, cover
from triage.rules.dependencies import LIST_RANK, MODEL_FIELDS, RULE
from triage.rules.effects import (
    FLAG,
    HOLD,
    INELIGIBLE,
    MUST_DISCUSS,
    RESERVE,
    ROUTE,
    URGENT,
    Effect,
)
from triage.rules.parameters import DatedValue, Parameter
from triage.rules.policy import Policy, Rule, Theme, read_rules
from triage.rules.trace import (
    Finding,
    Trace,
    earlier_features,
    evaluate_rules,
    gather_facts,
)
from triage.rules.wording import Wording, wordings_of

__all__ = [
    "FLAG",
    "HOLD",
    "INELIGIBLE",
    "LIST_RANK",
    "MODEL_FIELDS",
    "MUST_DISCUSS",
    "RESERVE",
    "ROUTE",
    "RULE",
    "URGENT",
    "Coverage",
    "DatedValue",
    "Effect",
    "Finding",
    "Parameter",
    "Policy",
    "Rule",
    "RuleCase",
    "RuleChange",
    "Theme",
    "Trace",
    "Tried",
    "Wording",
    "changes_between",
    "cover",
    "earlier_features",
    "evaluate_rules",
    "failing_cases",
    "gather_facts",
    "read_rule_cases",
    "read_rules",
    "try_cases",
    "wordings_of",
]
