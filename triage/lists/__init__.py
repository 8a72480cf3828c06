"""Lists: a discussion list as an immutable folder, with all that it is and all it was made from.

A bundle ``lists/<as-of>-<id>/`` holds tables (the referrals in their order, how sure each place is,
what to ask first, those that are not for this panel, reasons, contributions, rules, evidence,
features, what each fact weighs, what would change a place, where rules and model disagree, how far
reasons can be relied on, what each agency has brought, what the case sheets tell; and beside each
place what joins its case, what it is linked to, other scales, earlier lists and how it moved), the
papers made from them, and ``manifest.json`` with the hash of every file and of everything that went
in.

Why this shape: a list is argued over months after it was printed, so what was printed, why, and
from what must lie together and must not change. The name is derived from the inputs, the
configuration, the model, the code and the as-of date, so that the same question has one folder;
asking it again compares every byte with what stands, which makes a replay a comparison of bytes.
The papers are functions from a bundle to bytes, made before the folder appears: a folder that
can be seen is whole. Whatever a table must satisfy (each referral once, contributions that sum
to the score) is checked here on every write, since here is the last place before a person reads
it. What a panel writes down on a list is laid out here too
(:data:`COLUMNS`), since those who draw the sheet and those who read it back both stand above.
The room knows tables and not how they were computed, so reading a list loads no model and
compiles no kernel.
"""

from triage.lists.beside import ANSWERS, CAUSES, EARLIER, HEARD, JOINED, LINKS, MOVES, SCALES
from triage.lists.bundles import (
    MANIFEST,
    Bundle,
    ListContent,
    Papers,
    differing_files,
    read_bundle,
    read_seal,
    write_bundle,
)
from triage.lists.decision_sheets import (
    CHOICES,
    COLUMNS,
    DECISION_COLUMNS,
    DECISIONS,
    IDENTITY,
    OVERRIDE_REASONS,
    PLANS,
    SheetColumn,
    SheetRow,
    sheet_identity,
    sheet_rows,
)
from triage.lists.erasing import erased_from, persons_of
from triage.lists.finding import earlier_lists, find_list, list_names
from triage.lists.gathering import gather_tables
from triage.lists.manifest import (
    FORMAT,
    AgainstFacts,
    Counts,
    Erasure,
    Manifest,
    ModelFacts,
    PanelFacts,
)
from triage.lists.tables import (
    BROUGHT,
    CHANGES,
    DISAGREEMENTS,
    EVIDENCE,
    FACTS,
    FAITHFULNESS,
    NOT_FOR_PANEL,
    PLACES,
    QUESTIONS,
    REASONS,
    REFERRALS,
    RULES,
    WEIGHTS,
    IncompleteListError,
    ListTables,
)

__all__ = [
    "ANSWERS",
    "BROUGHT",
    "CAUSES",
    "CHANGES",
    "CHOICES",
    "COLUMNS",
    "DECISIONS",
    "DECISION_COLUMNS",
    "DISAGREEMENTS",
    "EARLIER",
    "EVIDENCE",
    "FACTS",
    "FAITHFULNESS",
    "FORMAT",
    "HEARD",
    "IDENTITY",
    "JOINED",
    "LINKS",
    "MANIFEST",
    "MOVES",
    "NOT_FOR_PANEL",
    "OVERRIDE_REASONS",
    "PLACES",
    "PLANS",
    "QUESTIONS",
    "REASONS",
    "REFERRALS",
    "RULES",
    "SCALES",
    "WEIGHTS",
    "AgainstFacts",
    "Bundle",
    "Counts",
    "Erasure",
    "IncompleteListError",
    "ListContent",
    "ListTables",
    "Manifest",
    "ModelFacts",
    "PanelFacts",
    "Papers",
    "SheetColumn",
    "SheetRow",
    "differing_files",
    "earlier_lists",
    "erased_from",
    "find_list",
    "gather_tables",
    "list_names",
    "persons_of",
    "read_bundle",
    "read_seal",
    "sheet_identity",
    "sheet_rows",
    "write_bundle",
]
