"""What another policy would change, as a page to read before it is adopted."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

from triage.conditions import date_words
from triage.papers.told import Section, Table, ToldPage, told_page
from triage.workspace import Panel

__all__ = ["trial_page"]

RULES = ("Rule", "What became of it", "Was", "Becomes")
REFERRALS = (
    "Referral",
    "Place now",
    "Place then",
    "Tier now",
    "Tier then",
    "Move",
    "Places by its own rules",
    "Places by others",
    "Why",
)


def trial_page(
    panel: Panel,
    as_of: datetime.date,
    *,
    standing: str,
    rules: Sequence[Sequence[str]],
    referrals: Sequence[Sequence[str]],
) -> bytes:
    """Return the trial of a policy as an HTML page.

    Parameters
    ----------
    panel : Panel
    as_of : date
    standing : str
        What matters most, in a sentence.
    rules : sequence of rows
        Those that differ: title, what became of the rule, what it was and what it becomes.
    referrals : sequence of rows
        Those that would stand elsewhere: id, places and tiers now and then, move, the places gained
        by its own rules and by others, why.
    """
    return told_page(
        ToldPage(
            kind="Trial of a policy",
            title=f"What another policy would change on {date_words(as_of)}",
            panel=panel,
            synthetic=panel.synthetic,
            standing=standing,
            sections=[
                Section(
                    "rules",
                    "Rules that differ",
                    () if rules else ["No rule in force on this date differs."],
                    Table("Rules that differ", RULES, rules) if rules else None,
                ),
                Section(
                    "referrals",
                    "Who would stand elsewhere",
                    ["This is a trial: nothing was adopted, and no list was written."]
                    + ["Nobody would stand elsewhere."] * (not referrals),
                    Table("Referrals, by their new places", REFERRALS, referrals)
                    if referrals
                    else None,
                ),
            ],
        )
    )
