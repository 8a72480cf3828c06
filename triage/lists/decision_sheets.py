"""The decision sheet: the columns in which a panel writes down what it decided on a list.

Whoever draws a sheet (a workbook, a CSV file) and whoever reads it back follow this one layout. A
workbook has a sheet :data:`DECISIONS` whose first row holds the columns' titles, one row a
referral, and a hidden sheet :data:`IDENTITY` with two columns, a name and its value; a CSV file
holds the identity in its first two columns instead.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from triage.lists.bundles import Bundle

__all__ = [
    "CHOICES",
    "COLUMNS",
    "DECISIONS",
    "DECISION_COLUMNS",
    "IDENTITY",
    "OVERRIDE_REASONS",
    "PLANS",
    "SheetColumn",
    "SheetRow",
    "sheet_identity",
    "sheet_rows",
]

DECISIONS = "Decisions"
"""The workbook's sheet."""
IDENTITY = "List"
"""The workbook's hidden sheet, with the rows that :func:`sheet_identity` gives."""

CHOICES: Mapping[str, tuple[str, ...]] = {
    "accept": ("case_manager", "plan", "reason"),
    "defer": ("until", "defer_for", "reason"),
    "route": ("route_to", "reason"),
    "decline": ("reason",),
    "no further action": ("reason",),
    "leave": ("until", "reason"),
}
"""What a panel may decide → the columns that must then be filled. ``leave`` says of somebody who
was accepted on which day they left their place."""

OPTIONAL: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(CHOICES, ("met_on",)),
    "accept": ("met_on", "until"),
}

PLANS = ("support", "disrupt", "support and disrupt")

OVERRIDE_REASONS = (
    "known to the panel, not on record",
    "record is wrong or out of date",
    "already being managed elsewhere",
    "risk to the victim if acted on now",
    "cannot be reached or in custody",
    "no capacity of the right kind",
    "linked to another case",
    "other, as the reason says",
)
"""Why a panel departs from the order of the list: accepts below the line, or does not above it."""


@dataclass(frozen=True)
class SheetColumn:
    """A column of the decision sheet.

    Parameters
    ----------
    name, title : str
        How programs and people call it.
    meaning : str
        What belongs into it, and when.
    kind : {"context", "choice", "text", "date"}
        A context column tells what the list says and may not be changed.
    values : tuple of str
        The choices, where it is one.
    always : bool
        Whether a sheet must have the column; those of before it was there do not.
    """

    name: str
    title: str
    meaning: str
    kind: Literal["context", "choice", "text", "date"]
    values: tuple[str, ...] = ()
    always: bool = True

    def needed_for(self) -> tuple[str, ...]:
        """Return the decisions for which this column must be filled."""
        return tuple(choice for choice, names in CHOICES.items() if self.name in names)

    def allowed_for(self) -> tuple[str, ...]:
        """Return the decisions for which this column may be filled."""
        optional = (choice for choice, names in OPTIONAL.items() if self.name in names)
        return (*self.needed_for(), *optional)


COLUMNS: tuple[SheetColumn, ...] = (
    SheetColumn("rank", "Rank", "Place on the list; empty where it is not ranked.", "context"),
    SheetColumn("referral_id", "Referral", "The referral's id.", "context"),
    SheetColumn("standing", "Standing", "Where the list puts it.", "context"),
    SheetColumn("agency_name", "Came from", "Who referred.", "context"),
    SheetColumn("made_on", "Made on", "When it was referred.", "context"),
    SheetColumn(
        "decision", "Decision", "Empty while nothing is decided.", "choice", tuple(CHOICES)
    ),
    SheetColumn("reason", "Reason", "Why, in a sentence or two: for every decision.", "text"),
    SheetColumn("case_manager", "Case manager", "Who takes the case: to accept.", "text"),
    SheetColumn("plan", "Plan", "What the case manager will do: to accept.", "choice", PLANS),
    SheetColumn(
        "until",
        "Until",
        "To defer: when it is heard again. To accept: when the place is planned to end, if that is "
        "known. To leave: on which day the place ended.",
        "date",
    ),
    SheetColumn("defer_for", "Waiting for", "What has to happen before: to defer.", "text"),
    SheetColumn("route_to", "Routed to", "Which service or panel: to route.", "text"),
    SheetColumn(
        "override_reason",
        "Why not as ranked",
        "Where a referral below the line is accepted, or one above it is not.",
        "choice",
        OVERRIDE_REASONS,
    ),
    SheetColumn(
        "met_on",
        "Met on",
        "When the panel met; where it is empty, the day on which the sheet is recorded.",
        "date",
        always=False,
    ),
)
"""All columns, in order."""

DECISION_COLUMNS = tuple(column.name for column in COLUMNS if column.kind != "context")
"""The names of those that a panel fills."""

SheetRow = Mapping[str, str]
"""What the context columns of a referral hold."""

STANDINGS = {
    "discuss": "to discuss",
    "near_miss": "near miss",
    "below": "below the line",
    "ineligible": "not for this panel",
    "on_hold": "on hold",
    "set_aside": "set aside",
}


def sheet_identity(bundle: Bundle) -> dict[str, str]:
    """Return what ties a sheet to its list: the list's name and its seal."""
    return {"list_id": bundle.list_id, "list_seal": bundle.manifest.seal}


def sheet_rows(bundle: Bundle) -> list[SheetRow]:
    """Return the context cells of every referral that came in, ranked ones first."""
    ranked = bundle.tables.referrals.select(
        ["rank", "referral_id", "standing", "agency_name", "made_on"]
    ).to_pylist()
    aside = bundle.tables.not_for_panel.select(
        ["referral_id", "kind", "agency_name", "made_on"]
    ).to_pylist()
    return [
        *(_row(one, one["standing"]) for one in ranked),
        *(_row({"rank": None, **one}, one["kind"]) for one in aside),
    ]


def _row(one: Mapping[str, object], standing: str) -> SheetRow:
    found = {**one, "standing": STANDINGS[standing]}
    names = [column.name for column in COLUMNS if column.kind == "context"]
    return {name: "" if found[name] is None else str(found[name]) for name in names}
