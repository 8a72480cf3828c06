"""Fairness: what the cut at the panel's capacity does to groups of people.

Groups are made of attributes that are for audit only: no feature, rule or model can see them.
Here, and nowhere else, they meet the scores.

Why this shape: a panel hears sixteen people a month, so what counts is who stands within its
capacity, and of those who went on to do high harm, whom the list would have missed. That is asked
of each group against everybody else, with an interval by people drawn again, since a small group's
figure is mostly chance. Nothing is told of a small group, and counts are told to the nearest 5, so
that a group that is not told cannot be found by subtraction.
"""

from triage.fairness.groups import by_group

__all__ = ["by_group"]
