"""Harm: dated, sourced scales that say how many days of harm an event stands for.

Why this shape: a scale is policy, so it is a YAML file of ``configs/harm/`` that a panel can read
and date, never a number in the code. Scales disagree (one injury can outweigh a year of coercion),
so several are always loaded and each must know every class that the vocabulary names.
"""

from triage.harm.scales import Scale, gather_scales, read_scales

__all__ = ["Scale", "gather_scales", "read_scales"]
