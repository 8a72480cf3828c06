"""Decisions: what the panel decided on a list, why, and who is on the programme because of it.

A panel fills the sheet of a list (:data:`triage.lists.COLUMNS`), as a workbook or as CSV.
:func:`read_sheet` reads its cells, :func:`decide` checks every one against the list and
what was decided before, and :class:`Decisions` records all of it or nothing, in one
transaction with its row of the ledger.

Why this shape: *a decision is never changed*. A correction is a new row that names the one it
corrects; the database refuses everything else by the ledger's own triggers, and the ledger's row
holds the hash of all rows that were recorded with it, so that ``triage audit verify`` finds a
change here too. *What can be erased lies apart.* The law lets a person have what is held on them
erased, and asks for a record of the decision all the same. So the row that stays says which
referral of which list, what kind of decision, when and by whom, and the SHA-256 of the content; the
content (the person, the reason, the case manager) may be removed, never changed. The
hash is salted, and the salt goes with the content: nobody can guess what was erased. *An old sheet
undoes nothing*: a row that says what stands is passed over, and one that says what was
corrected since is refused. *When the panel met is not when it was written down*: a place begins,
and counts in the year, by the first, and is known from the second on; where nobody says, the two
are one day.

*The next list knows who is on the programme* without a rule of its own: an accepted referral
becomes an event of the person's case history, known after the day on which it was recorded, with
later versions where it was corrected or the person left (:func:`programme_events`). So the second
law holds by what holds it for every event: a list of a past date sees the places that were known
then. Ranking hashes those events among its inputs.

What reads, checks and counts is pure, and loads no Django; only :class:`Decisions` does, when it
is used.
"""

from triage.decisions.capacity import Places, places_of
from triage.decisions.deciding import Content, Decision, Wanted, current_of, decide
from triage.decisions.keeping import APP, GUARDS, Decisions
from triage.decisions.places import programme_events
from triage.decisions.sheets import Cell, Sheet, blank_sheet, read_sheet

__all__ = [
    "APP",
    "GUARDS",
    "Cell",
    "Content",
    "Decision",
    "Decisions",
    "Places",
    "Sheet",
    "Wanted",
    "blank_sheet",
    "current_of",
    "decide",
    "places_of",
    "programme_events",
    "read_sheet",
]
